/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fragment: joining the fragments of IP datagrams, within bounds that hold
 * whatever comes. Where fragments overlap, IPv4 keeps the bytes that came
 * first, and IPv6 drops the datagram (RFC 5722 section 4).
 */
#ifndef CAPTURES_FRAGMENT_H
#define CAPTURES_FRAGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"

/* Datagrams waited for at once; the oldest makes room. Searched in a row. */
#define FRAGMENT_DATAGRAMS_MAX 256

/* Memory of all waiting datagrams together; the oldest makes room. */
#define FRAGMENT_BYTES_MAX (8u << 20)

/* How long the rest of a datagram is waited for, as Linux does. */
#define FRAGMENT_AGE_US UINT64_C(30000000)

/* Separate stretches of one datagram; in order there is only ever one. */
#define FRAGMENT_PIECES_MAX 64

/* Headers in front of the fragmented part; IPv4 has at most 60 bytes. */
#define FRAGMENT_HEADER_MAX 256

struct fragment_key {
	struct addr src, dst;
	uint8_t proto;		/* IPv4 (RFC 791 section 3.2); 0 with IPv6 */
	uint16_t vlan;
	uint32_t id;
};

struct fragment {
	struct fragment_key key;
	const uint8_t *header;	/* IP header with what stays unfragmented */
	size_t header_len;
	size_t next_at;		/* IPv6: where in the header `next` belongs */
	uint8_t next;		/* IPv6: protocol of the fragmented part */
	const uint8_t *data;
	size_t len, offset;	/* in bytes */
	bool more;		/* not the last fragment */
	uint64_t time_us;
};

enum fragment_result {
	FRAGMENT_HELD,
	FRAGMENT_WHOLE,		/* the datagram is complete */
	FRAGMENT_REFUSED	/* impossible, or of a datagram given up */
};

struct fragments;

struct fragments *fragments_new(void);

/*
 * Takes one fragment in (its bytes are copied). With FRAGMENT_WHOLE, *ip is
 * the datagram as if it had never been fragmented, valid until
 * fragments_release(); its IPv4 header checksum is not renewed.
 */
enum fragment_result fragment_add(struct fragments *fragments,
    const struct fragment *fragment, const uint8_t **ip, size_t *ip_len);

/* Frees the datagrams that fragment_add() has handed out. */
void fragments_release(struct fragments *fragments);

/* Gives all waiting datagrams up. */
void fragments_drop(struct fragments *fragments);

/* Fragments that were held and then given up. */
uint64_t fragments_lost(const struct fragments *fragments);

void fragments_free(struct fragments *fragments);

#endif
