/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packet: what a frame carries, found by peeling off link layers and tunnels
 * and joining IP fragments. Nothing is copied but fragments. Checksums are not
 * verified: cards fill them in after the capture point.
 */
#ifndef CAPTURES_PACKET_H
#define CAPTURES_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "captures/source.h"
#include "core/addr.h"

/*
 * Encapsulations (tunnels, joined fragments) opened in one frame. What lies
 * deeper is delivered as the tunnel's own packet.
 */
#define PACKET_DEPTH_MAX 8

/* VLAN tags, MPLS labels and the like between a link header and IP. */
#define PACKET_TAGS_MAX 16

/* IPv6 extension headers of one packet; real traffic has at most a few. */
#define PACKET_EXTENSIONS_MAX 16

enum tcp_flag {
	TCP_FIN = 0x01, TCP_SYN = 0x02, TCP_RST = 0x04, TCP_PSH = 0x08,
	TCP_ACK = 0x10, TCP_URG = 0x20
};

/*
 * The innermost IP packet of a frame. Pointers stay valid until the next
 * decode, and no longer than the frame's data.
 */
struct packet {
	const uint8_t *ip;	/* IP header */
	size_t ip_len;		/* captured from there, cut to the IP length */
	const uint8_t *payload;	/* of the transport; of IP where it has no ports */
	size_t payload_len;	/* captured */
	size_t payload_wire;	/* on the wire; never less than payload_len */
	uint32_t seq, ack;	/* TCP */
	struct addr src, dst;
	uint16_t src_port, dst_port;	/* 0 without ports */
	uint16_t vlan;		/* outermost VLAN id of the frame; 0 none */
	uint8_t family;		/* 4 or 6 */
	uint8_t proto;		/* after all IPv6 extension headers */
	uint8_t tcp_flags;	/* enum tcp_flag */
	bool reassembled;	/* joined from the fragments of several frames */
};

enum packet_result {
	PACKET_IP,		/* packet is filled */
	PACKET_OTHER,		/* understood, but no IP inside: ARP, LLDP, ... */
	PACKET_FRAGMENT,	/* held until the rest comes */
	PACKET_UNREADABLE	/* unknown link type, impossible or cut header */
};

struct decoder;

struct decoder *decoder_new(void);

/*
 * Decodes one frame. packet is meaningful with PACKET_IP only. Times should
 * rise, but need not: fragments age by them.
 */
enum packet_result decoder_decode(struct decoder *decoder,
    const struct frame *frame, struct packet *packet);

/* Gives up the fragments still held, at the end of a capture. */
void decoder_finish(struct decoder *decoder);

/*
 * Frames that were answered with PACKET_FRAGMENT and whose datagram was then
 * given up: expired, contradictory, crowded out, or held at decoder_finish().
 * Add them to those answered with PACKET_UNREADABLE.
 */
uint64_t decoder_unreadable(const struct decoder *decoder);

/* Whether frames of this link type can be decoded at all. */
bool decoder_knows(uint16_t link);

void decoder_free(struct decoder *decoder);	/* NULL is allowed */

#endif
