/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the packet decoder share: a packet, and what is expected. */
#ifndef TESTS_UNIT_DECODING_H
#define TESTS_UNIT_DECODING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "captures/packet.h"
#include "unit/bytes.h"

#define TEXT "the payload"
#define TEXT_LEN (sizeof(TEXT) - 1)

/* The block is exactly as long as the frame, so that ASan sees each overrun. */
static inline enum packet_result
decode_cut(unsigned link, const struct bytes *b, size_t caplen,
    struct packet *packet)
{
	struct decoder *decoder = decoder_new();
	uint8_t *exact = malloc(caplen > 0 ? caplen : 1);
	struct frame frame = { exact, caplen, b->len, 0, 0, (uint16_t)link };
	enum packet_result result;

	assert_non_null(exact);
	if (caplen > 0)
		memcpy(exact, b->data, caplen);
	result = decoder_decode(decoder, &frame, packet);
	assert_int_equal(decoder_unreadable(decoder), 0);
	if (result == PACKET_IP) {
		assert_true(packet->payload_wire >= packet->payload_len);
		assert_true(packet->payload + packet->payload_len <=
		    exact + caplen);
	}
	decoder_free(decoder);
	free(exact);
	return result;
}

/* Decodes and frees what was built. Pointers in packet are not to be followed. */
static inline enum packet_result
decode_all(unsigned link, struct bytes *b, struct packet *packet)
{
	enum packet_result result = decode_cut(link, b, b->len, packet);

	/* However short it is cut, no byte beyond is read. */
	for (size_t caplen = 0; caplen < b->len; caplen++) {
		struct packet cut;

		decode_cut(link, b, caplen, &cut);
	}
	bytes_fini(b);
	return result;
}

static inline void
expect_result(unsigned link, struct bytes *b, enum packet_result want)
{
	struct packet packet;

	assert_int_equal(decode_all(link, b, &packet), want);
}

/* UDP port 1000 to 53 with the payload, in IP of that version. */
static inline void
expect_udp(unsigned link, struct bytes *b, unsigned family)
{
	struct packet packet;

	assert_int_equal(decode_all(link, b, &packet), PACKET_IP);
	assert_int_equal(packet.family, family);
	assert_int_equal(packet.proto, 17);
	assert_int_equal(packet.src_port, 1000);
	assert_int_equal(packet.dst_port, 53);
	assert_int_equal(packet.payload_len, TEXT_LEN);
	assert_int_equal(packet.payload_wire, TEXT_LEN);
	assert_int_equal(packet.src.family, family);
	assert_int_equal(packet.dst.bytes[family == 4 ? 3 : 15], 2);
}

static inline struct bytes
udp_text(void)
{
	struct bytes b = { 0 };

	bytes_put(&b, TEXT, TEXT_LEN);
	wrap_udp(&b, 1000, 53);
	return b;
}

static inline struct bytes
udp_v4(void)
{
	struct bytes b = udp_text();

	wrap_ipv4(&b, 17);
	return b;
}

static inline struct bytes
udp_v6(void)
{
	struct bytes b = udp_text();

	wrap_ipv6(&b, 17);
	return b;
}

static inline struct bytes
tcp_v4(void)
{
	struct bytes b = { 0 };

	bytes_put(&b, TEXT, TEXT_LEN);
	wrap_tcp(&b, 40000, 443);
	wrap_ipv4(&b, 6);
	return b;
}

#endif
