/* SPDX-License-Identifier: Apache-2.0 */
/* Joining fragments: in any order, and against known attacks. */
#include "unit/joining.h"

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

/* One sender's first or second half, with or without a VLAN tag. */
static enum packet_result
feed_half(struct joiner *joiner, const struct bytes *whole, unsigned second,
    unsigned sender, unsigned vlan)
{
	struct bytes b = { 0 };

	bytes_put(&b, whole->data + second * 8, second ? 16 : 8);
	wrap_ipv4(&b, 17);
	set_u16(b.data + 6, second ? 1 : 0x2000);
	b.data[15] = (uint8_t)sender;
	if (vlan == 0)
		return joiner_frame(joiner, 228, &b);
	wrap_hex(&b, "00 00 08 00");
	b.data[1] = (uint8_t)vlan;
	wrap_ethernet(&b, 0x8100);
	return joiner_frame(joiner, 1, &b);
}

/* Two senders' datagrams with one id are kept apart; so are VLANs. */
static void
test_keys_differ(void **state)
{
	struct joiner joiner = { .decoder = decoder_new() };
	struct bytes whole = datagram_whole();

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(feed_half(&joiner, &whole, i & 1, i + 1, 0),
		    PACKET_FRAGMENT);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(feed_half(&joiner, &whole, i, 1, i + 1),
		    PACKET_FRAGMENT);
	assert_int_equal(feed_half(&joiner, &whole, 1, 1, 1), PACKET_IP);
	decoder_finish(joiner.decoder);
	assert_int_equal(decoder_unreadable(joiner.decoder), 5);
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
		cmocka_unit_test(test_v6_unfragmented_part),
		cmocka_unit_test(test_fragments_within_fragments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
