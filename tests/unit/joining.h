/* SPDX-License-Identifier: Apache-2.0 */
/* Feeding fragments to a decoder, for tests. */
#ifndef TESTS_UNIT_JOINING_H
#define TESTS_UNIT_JOINING_H

#include "captures/fragment.h"
#include "unit/decoding.h"

#define SECOND UINT64_C(1000000)

struct joiner {
	struct decoder *decoder;
	struct packet packet;
	uint64_t time_us;
	unsigned id;
};

/* 24 bytes: a UDP header and 16 of payload. */
static inline struct bytes
datagram_whole(void)
{
	struct bytes b = { 0 };

	bytes_put(&b, "0123456789abcdef", 16);
	wrap_udp(&b, 1000, 53);
	return b;
}

static inline enum packet_result
joiner_frame(struct joiner *joiner, unsigned link, struct bytes *b)
{
	struct frame frame = { b->data, b->len, b->len, joiner->time_us, 0,
	    (uint16_t)link };
	enum packet_result result;

	result = decoder_decode(joiner->decoder, &frame, &joiner->packet);
	bytes_fini(b);
	return result;
}

/* Feeds data as an IPv4 fragment. offset in bytes. */
static inline enum packet_result
feed_v4(struct joiner *joiner, const void *data, size_t len, size_t offset,
    bool more)
{
	struct bytes b = { 0 };

	bytes_put(&b, data, len);
	wrap_ipv4(&b, 17);
	set_u16(b.data + 4, joiner->id);
	set_u16(b.data + 6, (more ? 0x2000u : 0) | offset / 8);
	return joiner_frame(joiner, 228, &b);
}

static inline enum packet_result
feed_v6(struct joiner *joiner, const void *data, size_t len, size_t offset,
    bool more)
{
	struct bytes b = { 0 };
	uint8_t *head;

	bytes_put(&b, data, len);
	head = bytes_front(&b, 8);
	head[0] = 17;
	set_u16(head + 2, offset | more);
	set_u16(head + 6, joiner->id);
	wrap_ipv6(&b, 44);
	return joiner_frame(joiner, 229, &b);
}

typedef enum packet_result feeder(struct joiner *joiner, const void *data,
    size_t len, size_t offset, bool more);

#endif
