/* SPDX-License-Identifier: Apache-2.0 */
/* The bounds of joining: lengths, age, number and memory. */
#include "unit/joining.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_impossible_fragments),
		cmocka_unit_test(test_cut_fragment),
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_count_is_bounded),
		cmocka_unit_test(test_bytes_are_bounded),
		cmocka_unit_test(test_oldest_grows),
		cmocka_unit_test(test_pieces_are_bounded),
		cmocka_unit_test(test_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
