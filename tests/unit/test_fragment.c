/* SPDX-License-Identifier: Apache-2.0 */
/* Joining fragments: in any order, within bounds, and against known attacks. */
#include "unit/decoding.h"

#include "captures/fragment.h"

#define SECOND UINT64_C(1000000)

struct joiner {
	struct decoder *decoder;
	struct packet packet;
	uint64_t time_us;
	unsigned id;
};

/* 24 bytes: a UDP header and 16 of payload. */
static struct bytes
datagram_whole(void)
{
	struct bytes b = { 0 };

	bytes_put(&b, "0123456789abcdef", 16);
	wrap_udp(&b, 1000, 53);
	return b;
}

static enum packet_result
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
static enum packet_result
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

static enum packet_result
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

static void
expect_joined(const struct joiner *joiner)
{
	const struct packet *packet = &joiner->packet;

	assert_true(packet->reassembled);
	assert_int_equal(packet->proto, 17);
	assert_int_equal(packet->src_port, 1000);
	assert_int_equal(packet->dst_port, 53);
	assert_int_equal(packet->payload_len, 16);
	assert_int_equal(packet->payload_wire, 16);
	assert_memory_equal(packet->payload, "0123456789abcdef", 16);
	assert_int_equal(packet->ip_len, (packet->family == 4 ? 20 : 40) + 24);
	assert_int_equal(decoder_unreadable(joiner->decoder), 0);
}

/* Three pieces of eight bytes, in all six orders, for both versions. */
static void
test_any_order(void **state)
{
	static const uint8_t orders[6][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 },
		{ 2, 1, 0 },
	};
	feeder *const feeders[] = { feed_v4, feed_v6 };
	struct joiner joiner = { .decoder = decoder_new() };
	struct bytes whole = datagram_whole();

	(void)state;
	for (unsigned i = 0; i < 12; i++) {
		const uint8_t *order = orders[i % 6];
		enum packet_result result = PACKET_FRAGMENT;

		for (unsigned k = 0; k < 3; k++) {
			assert_int_equal(result, PACKET_FRAGMENT);
			result = feeders[i / 6](&joiner, whole.data +
			    order[k] * 8, 8, order[k] * 8u, order[k] < 2);
		}
		assert_int_equal(result, PACKET_IP);
		expect_joined(&joiner);
	}
	bytes_fini(&whole);
	decoder_free(joiner.decoder);
}

/* Two senders' datagrams with one id are kept apart; so are VLANs. */
static void
test_keys_differ(void **state)
{
	struct joiner joiner = { .decoder = decoder_new() };
	struct bytes whole = datagram_whole();

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct bytes b = { 0 };

		bytes_put(&b, whole.data + (i & 1) * 8, i & 1 ? 16 : 8);
		wrap_ipv4(&b, 17);
		b.data[6] = i & 1 ? 0 : 0x20;
		b.data[7] = (uint8_t)(i & 1);
		b.data[15] = (uint8_t)(i + 1);
		assert_int_equal(joiner_frame(&joiner, 228, &b),
		    PACKET_FRAGMENT);
	}
	for (unsigned i = 0; i < 2; i++) {
		struct bytes b = { 0 };

		bytes_put(&b, whole.data + i * 8, i ? 16 : 8);
		wrap_ipv4(&b, 17);
		b.data[6] = i ? 0 : 0x20;
		b.data[7] = (uint8_t)i;
		wrap_hex(&b, i ? "00 02 08 00" : "00 01 08 00");
		wrap_ethernet(&b, 0x8100);
		assert_int_equal(joiner_frame(&joiner, 1, &b), PACKET_FRAGMENT);
	}
	decoder_finish(joiner.decoder);
	assert_int_equal(decoder_unreadable(joiner.decoder), 6);
	bytes_fini(&whole);
	decoder_free(joiner.decoder);
}

static void
test_same_packet_twice(void **state)
{
	feeder *const feeders[] = { feed_v4, feed_v6 };
	struct joiner joiner = { .decoder = decoder_new() };
	struct bytes whole = datagram_whole();

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(feeders[i](&joiner, whole.data, 16, 0, true),
		    PACKET_FRAGMENT);
		assert_int_equal(feeders[i](&joiner, whole.data, 16, 0, true),
		    PACKET_FRAGMENT);
		assert_int_equal(feeders[i](&joiner, whole.data + 16, 8, 16,
		    false), PACKET_IP);
		expect_joined(&joiner);
	}
	bytes_fini(&whole);
	decoder_free(joiner.decoder);
}

/* IPv4: what came first stays, whatever a later fragment says of it. */
static void
test_overlap_v4(void **state)
{
	struct joiner joiner = { .decoder = decoder_new() };
	struct bytes whole = datagram_whole();
	uint8_t forged[16];

	(void)state;
	memset(forged, 'X', sizeof(forged));
	memcpy(forged, whole.data, 8);
	assert_int_equal(feed_v4(&joiner, whole.data + 8, 8, 8, true),
	    PACKET_FRAGMENT);
	assert_int_equal(feed_v4(&joiner, forged, 16, 0, true), PACKET_FRAGMENT);
	assert_int_equal(feed_v4(&joiner, whole.data + 16, 8, 16, false),
	    PACKET_IP);
	expect_joined(&joiner);
	bytes_fini(&whole);
	decoder_free(joiner.decoder);
}

/* IPv6: the datagram goes, and its other fragments too (RFC 5722). */
static void
test_overlap_v6(void **state)
{
	struct joiner joiner = { .decoder = decoder_new() };
	struct bytes whole = datagram_whole();

	(void)state;
	assert_int_equal(feed_v6(&joiner, whole.data, 16, 0, true),
	    PACKET_FRAGMENT);
	assert_int_equal(feed_v6(&joiner, whole.data, 16, 8, false),
	    PACKET_UNREADABLE);
	assert_int_equal(feed_v6(&joiner, whole.data, 16, 0, true),
	    PACKET_UNREADABLE);
	assert_int_equal(feed_v6(&joiner, whole.data + 16, 8, 16, false),
	    PACKET_UNREADABLE);
	assert_int_equal(decoder_unreadable(joiner.decoder), 1);
	bytes_fini(&whole);
	decoder_free(joiner.decoder);
}

/* "Teardrop": a last fragment that lies inside the first one. */
static void
test_teardrop(void **state)
{
	struct joiner joiner = { .decoder = decoder_new() };
	uint8_t data[64] = { 0 };

	(void)state;
	assert_int_equal(feed_v4(&joiner, data, 40, 0, true), PACKET_FRAGMENT);
	assert_int_equal(feed_v4(&joiner, data, 4, 24, false),
	    PACKET_UNREADABLE);
	assert_int_equal(feed_v4(&joiner, data, 8, 40, false),
	    PACKET_UNREADABLE);
	assert_int_equal(decoder_unreadable(joiner.decoder), 1);
	decoder_free(joiner.decoder);
}

/* Two ends, and data behind the end. */
static void
test_ends_contradict(void **state)
{
	struct joiner joiner = { .decoder = decoder_new() };
	uint8_t data[64] = { 0 };

	(void)state;
	assert_int_equal(feed_v4(&joiner, data, 8, 24, false), PACKET_FRAGMENT);
	assert_int_equal(feed_v4(&joiner, data, 8, 32, false),
	    PACKET_UNREADABLE);
	joiner.id = 1;
	assert_int_equal(feed_v4(&joiner, data, 8, 24, false), PACKET_FRAGMENT);
	assert_int_equal(feed_v4(&joiner, data, 8, 32, true),
	    PACKET_UNREADABLE);
	decoder_free(joiner.decoder);
}

/* The "ping of death", an odd length, and no length. */
static void
test_impossible_fragments(void **state)
{
	struct joiner joiner = { .decoder = decoder_new() };
	uint8_t data[64] = { 0 };

	(void)state;
	assert_int_equal(feed_v4(&joiner, data, 64, 65528, false),
	    PACKET_UNREADABLE);
	assert_int_equal(feed_v6(&joiner, data, 64, 65528, false),
	    PACKET_UNREADABLE);
	assert_int_equal(feed_v4(&joiner, data, 7, 0, true), PACKET_UNREADABLE);
	assert_int_equal(feed_v4(&joiner, data, 0, 8, false),
	    PACKET_UNREADABLE);
	decoder_finish(joiner.decoder);
	assert_int_equal(decoder_unreadable(joiner.decoder), 0);
	decoder_free(joiner.decoder);
}

/* A fragment that the snapshot length cut cannot be joined. */
static void
test_cut_fragment(void **state)
{
	struct joiner joiner = { .decoder = decoder_new() };
	struct bytes b = datagram_whole();
	struct frame frame;

	(void)state;
	wrap_ipv4(&b, 17);
	b.data[6] = 0x20;
	frame = (struct frame){ b.data, b.len - 8, b.len, 0, 0, 228 };
	assert_int_equal(decoder_decode(joiner.decoder, &frame, &joiner.packet),
	    PACKET_UNREADABLE);
	bytes_fini(&b);
	decoder_free(joiner.decoder);
}

static void
test_age(void **state)
{
	struct joiner joiner = { .decoder = decoder_new() };
	struct bytes whole = datagram_whole();

	(void)state;
	joiner.time_us = 100 * SECOND;
	feed_v4(&joiner, whole.data, 16, 0, true);
	joiner.time_us = 90 * SECOND;		/* time may run backwards */
	joiner.id = 1;
	feed_v4(&joiner, whole.data, 16, 0, true);
	joiner.time_us = 130 * SECOND;
	joiner.id = 0;
	assert_int_equal(feed_v4(&joiner, whole.data + 16, 8, 16, false),
	    PACKET_IP);
	joiner.id = 1;
	assert_int_equal(feed_v4(&joiner, whole.data + 16, 8, 16, false),
	    PACKET_FRAGMENT);
	assert_int_equal(decoder_unreadable(joiner.decoder), 1);
	decoder_finish(joiner.decoder);
	assert_int_equal(decoder_unreadable(joiner.decoder), 2);
	bytes_fini(&whole);
	decoder_free(joiner.decoder);
}

/* One more than can wait: the oldest goes, the newest is completed. */
static void
test_count_is_bounded(void **state)
{
	struct joiner joiner = { .decoder = decoder_new() };
	struct bytes whole = datagram_whole();

	(void)state;
	for (joiner.id = 0; joiner.id <= FRAGMENT_DATAGRAMS_MAX; joiner.id++)
		feed_v4(&joiner, whole.data, 16, 0, true);
	assert_int_equal(decoder_unreadable(joiner.decoder), 1);
	joiner.id = FRAGMENT_DATAGRAMS_MAX;
	assert_int_equal(feed_v4(&joiner, whole.data + 16, 8, 16, false),
	    PACKET_IP);
	joiner.id = 1;
	assert_int_equal(feed_v4(&joiner, whole.data + 16, 8, 16, false),
	    PACKET_IP);
	joiner.id = 0;
	assert_int_equal(feed_v4(&joiner, whole.data + 16, 8, 16, false),
	    PACKET_FRAGMENT);
	bytes_fini(&whole);
	decoder_free(joiner.decoder);
}

/* Datagrams that are all far end: their memory is bounded together. */
static void
test_bytes_are_bounded(void **state)
{
	struct joiner joiner = { .decoder = decoder_new() };
	uint8_t data[8] = { 0 };
	unsigned fed = 200;

	(void)state;
	for (joiner.id = 0; joiner.id < fed; joiner.id++)
		assert_int_equal(feed_v4(&joiner, data, 8, 60000, true),
		    PACKET_FRAGMENT);
	/* Each needs 96 KiB of room, so at most 85 of them may wait. */
	assert_int_equal(decoder_unreadable(joiner.decoder), fed - 85);
	decoder_free(joiner.decoder);
}

/* The oldest datagram needs more room than is left: the next one makes it. */
static void
test_oldest_grows(void **state)
{
	struct joiner joiner = { .decoder = decoder_new() };
	uint8_t data[8] = { 0 };

	(void)state;
	for (joiner.id = 0; joiner.id <= 85; joiner.id++)
		assert_int_equal(feed_v4(&joiner, data, 8,
		    joiner.id == 0 ? 0 : 60000, true), PACKET_FRAGMENT);
	assert_int_equal(decoder_unreadable(joiner.decoder), 0);
	joiner.id = 0;
	assert_int_equal(feed_v4(&joiner, data, 8, 60000, true),
	    PACKET_FRAGMENT);
	assert_int_equal(decoder_unreadable(joiner.decoder), 1);
	decoder_free(joiner.decoder);
}

/* Every other piece: more stretches than one datagram may have. */
static void
test_pieces_are_bounded(void **state)
{
	struct joiner joiner = { .decoder = decoder_new() };
	uint8_t data[8] = { 0 };

	(void)state;
	for (size_t i = 0; i < FRAGMENT_PIECES_MAX; i++)
		assert_int_equal(feed_v4(&joiner, data, 8, i * 16, true),
		    PACKET_FRAGMENT);
	/* One that joins two stretches is welcome, one more stretch is not. */
	assert_int_equal(feed_v4(&joiner, data, 8, 8, true), PACKET_FRAGMENT);
	assert_int_equal(feed_v4(&joiner, data, 8, FRAGMENT_PIECES_MAX * 16,
	    true), PACKET_FRAGMENT);
	assert_int_equal(feed_v4(&joiner, data, 8, 2000, true),
	    PACKET_UNREADABLE);
	assert_int_equal(decoder_unreadable(joiner.decoder),
	    FRAGMENT_PIECES_MAX + 2);
	decoder_free(joiner.decoder);
}

/* The longest datagram there is, in fragments of 1480 bytes. */
static void
test_longest(void **state)
{
	struct joiner joiner = { .decoder = decoder_new() };
	size_t len = 65535 - 20, at = 0, step = 1480;
	uint8_t *data = calloc(1, len);
	enum packet_result result = PACKET_FRAGMENT;

	(void)state;
	assert_non_null(data);
	for (size_t i = 8; i < len; i++)
		data[i] = (uint8_t)(i * 7);
	for (; at < len; at += step) {
		assert_int_equal(result, PACKET_FRAGMENT);
		if (step > len - at)
			step = len - at;
		result = feed_v4(&joiner, data + at, step, at, at + step < len);
	}
	assert_int_equal(result, PACKET_IP);
	assert_int_equal(joiner.packet.ip_len, 65535);
	assert_int_equal(joiner.packet.payload_len, len - 8);
	assert_memory_equal(joiner.packet.payload, data + 8, len - 8);
	free(data);
	decoder_free(joiner.decoder);
}

/* IPv6 headers before the fragment header stay; the chain is mended. */
static void
test_v6_unfragmented_part(void **state)
{
	struct joiner joiner = { .decoder = decoder_new() };
	struct bytes whole = datagram_whole();

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct bytes b = { 0 };

		bytes_put(&b, whole.data + i * 16, i ? 8 : 16);
		wrap_hex(&b, i ? "11 00 00 10 00 00 00 09" :
		    "11 00 00 01 00 00 00 09");
		wrap_hex(&b, "2c 00 01 04 00 00 00 00");
		wrap_ipv6(&b, 60);
		assert_int_equal(joiner_frame(&joiner, 229, &b),
		    i ? PACKET_IP : PACKET_FRAGMENT);
	}
	assert_int_equal(joiner.packet.proto, 17);
	assert_int_equal(joiner.packet.ip_len, 40 + 8 + 24);
	assert_int_equal(joiner.packet.ip[6], 60);
	assert_int_equal(joiner.packet.ip[40], 17);
	assert_memory_equal(joiner.packet.payload, "0123456789abcdef", 16);
	bytes_fini(&whole);
	decoder_free(joiner.decoder);
}

/* A tunnel whose outer packets are fragments, with a fragment inside. */
static void
test_fragments_within_fragments(void **state)
{
	struct joiner joiner = { .decoder = decoder_new() };
	struct bytes whole = datagram_whole();
	enum packet_result result = PACKET_FRAGMENT;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct bytes inner = { 0 }, b = { 0 };

		bytes_put(&inner, whole.data + i / 2 * 16, i < 2 ? 16 : 8);
		wrap_ipv4(&inner, 17);
		set_u16(inner.data + 6, i < 2 ? 0x2000 : 2);
		bytes_put(&b, inner.data + (i % 2) * 16,
		    i % 2 ? inner.len - 16 : 16);
		wrap_ipv4(&b, 4);
		set_u16(b.data + 4, 7 + i / 2);
		set_u16(b.data + 6, i % 2 ? 2 : 0x2000);
		bytes_fini(&inner);
		assert_int_equal(result, PACKET_FRAGMENT);
		result = joiner_frame(&joiner, 228, &b);
	}
	assert_int_equal(result, PACKET_IP);
	expect_joined(&joiner);
	bytes_fini(&whole);
	decoder_free(joiner.decoder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_keys_differ),
		cmocka_unit_test(test_same_packet_twice),
		cmocka_unit_test(test_overlap_v4),
		cmocka_unit_test(test_overlap_v6),
		cmocka_unit_test(test_teardrop),
		cmocka_unit_test(test_ends_contradict),
		cmocka_unit_test(test_impossible_fragments),
		cmocka_unit_test(test_cut_fragment),
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_count_is_bounded),
		cmocka_unit_test(test_bytes_are_bounded),
		cmocka_unit_test(test_oldest_grows),
		cmocka_unit_test(test_pieces_are_bounded),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_v6_unfragmented_part),
		cmocka_unit_test(test_fragments_within_fragments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
