/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode: what the layers of the packet decoder share. Only packet.c, ip.c,
 * link.c, wlan.c and tunnel.c include it.
 *
 * Each layer gets a reader over the bytes that its carrier gave it, and
 * answers for the whole frame. Two counters in `decode` bound how far layers
 * can call each other, whatever the bytes say.
 */
#ifndef CAPTURES_DECODE_H
#define CAPTURES_DECODE_H

#include "captures/fragment.h"
#include "captures/packet.h"
#include "core/buf.h"

struct decode {
	struct packet *packet;
	struct fragments *fragments;
	uint64_t time_us;
	size_t cut;		/* bytes on the wire behind the reader's end */
	unsigned depth;		/* tunnels and joins so far */
	unsigned tags;		/* link headers and tags so far */
};

typedef enum packet_result layer(struct decode *decode, struct buf *b);

/* Numbers of the IEEE (EtherType). */
#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define ETHERTYPE_BRIDGED 0x6558	/* an Ethernet frame (RFC 1701) */

/*
 * Cuts the reader to len bytes, because a header says that its content is
 * that long. Of a longer length only what was on the wire is believed.
 */
static inline void
decode_trim(struct decode *decode, struct buf *b, size_t len)
{
	size_t left = buf_left(b);

	if (len <= left) {
		b->end = b->at + len;
		decode->cut = 0;
	} else if (len - left < decode->cut) {
		decode->cut = len - left;
	}
}

/* link.c: by link type, or NULL; by EtherType; and layers tunnels carry. */
layer *link_layer(uint16_t link);
enum packet_result link_ethertype(struct decode *decode, struct buf *b,
    unsigned type);
layer link_ethernet, link_llc, link_ppp;

/* wlan.c */
layer wlan_frame, wlan_radiotap, wlan_ppi;

/* ip.c: one packet of version 4 or 6; any tells them apart by itself. */
layer ip_v4, ip_v6, ip_any;

/*
 * tunnel.c: the layer above IP when it may be a tunnel. True: *result is
 * the answer. False: no tunnel, or one that stays closed; nothing changed.
 */
bool tunnel_gre(struct decode *decode, const struct buf *b,
    enum packet_result *result);
bool tunnel_udp(struct decode *decode, const struct buf *b,
    enum packet_result *result);

#endif
