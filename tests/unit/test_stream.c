/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCP order and the flow table, against a judge that writes down what it is
 * given. The functions below stand in for the judge's at link time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "captures/flows.h"
#include "captures/stream.h"

#define STREAM_LEN 20000

static struct {
	uint8_t bytes[2][STREAM_LEN + 1000];
	size_t len[2];
	size_t gaps, gap_bytes, unknown;
	unsigned opened, closed, packets;
	unsigned wants;
	struct flow last;
	char closed_ports[64];		/* client ports in the order of closing, as text */
} heard;

enum action
judge_open(struct judge *judge, struct flow *flow)
{
	(void)judge;
	heard.opened++;
	heard.last = *flow;
	flow->wants = (uint8_t)heard.wants;
	return ACTION_ALLOW;
}

void
judge_packet(struct judge *judge, struct flow *flow, const uint8_t *packet, size_t len,
    uint64_t time_us, enum dir dir)
{
	(void)judge, (void)flow, (void)packet, (void)len, (void)time_us, (void)dir;
	heard.packets++;
}

enum action
judge_feed(struct judge *judge, struct flow *flow, const struct chunk *chunk)
{
	size_t at = heard.len[chunk->dir];

	(void)judge, (void)flow;
	if (chunk->gap == GAP_UNKNOWN) {
		heard.unknown++;
	} else if (chunk->gap != 0) {
		heard.gaps++;
		heard.gap_bytes += chunk->gap;
	}
	assert_true(at + chunk->len <= sizeof(heard.bytes[0]));
	memcpy(heard.bytes[chunk->dir] + at, chunk->data, chunk->len);
	heard.len[chunk->dir] += chunk->len;
	return ACTION_ALLOW;
}

void
judge_close(struct judge *judge, struct flow *flow)
{
	size_t used = strlen(heard.closed_ports);

	(void)judge;
	heard.closed++;
	heard.last = *flow;
	snprintf(heard.closed_ports + used, sizeof(heard.closed_ports) - used, "%u ", flow->client_port);
}

/* Nobody gives keys here, so nothing is opened. */
void
judge_opened(struct judge *judge, struct flow *flow)
{
	(void)judge, (void)flow;
	abort();
}

enum action
judge_plain(struct judge *judge, struct flow *flow, const struct chunk *chunk)
{
	(void)judge, (void)flow, (void)chunk;
	abort();
}

/* ---- packets ---- */

static uint8_t source[STREAM_LEN];
static uint64_t now;

static struct packet
packet_of(uint16_t src, uint16_t dst, uint8_t flags, uint32_t seq, const uint8_t *data, size_t len)
{
	static const uint8_t low[4] = { 192, 0, 2, 1 }, high[4] = { 198, 51, 100, 1 };
	bool up = dst < 1024;
	struct packet packet = { .family = 4, .proto = 6, .src_port = src, .dst_port = dst,
		.src = addr_v4(up ? low : high), .dst = addr_v4(up ? high : low),
		.tcp_flags = flags, .seq = seq, .payload = data, .payload_len = len, .payload_wire = len };

	return packet;
}

static void
send(struct flows *flows, struct packet packet)
{
	flows_packet(flows, &packet, now += 1000);
}

static void
up(struct flows *flows, uint8_t flags, uint32_t isn, size_t at, size_t len)
{
	send(flows, packet_of(40000, 443, flags, isn + 1 + (uint32_t)at, source + at, len));
}

static struct flows *
begin(unsigned wants)
{
	memset(&heard, 0, sizeof(heard));
	heard.wants = wants;
	now = UINT64_C(1700000000) * USEC_PER_SEC;
	srandom(7);
	for (size_t i = 0; i < STREAM_LEN; i++)
		source[i] = (uint8_t)random();
	return flows_new(NULL);
}

static void
assert_heard(size_t len)
{
	assert_int_equal(heard.len[DIR_UP], len);
	assert_memory_equal(heard.bytes[DIR_UP], source, len);
}

/* ---- order ---- */

static void
in_order_is_handed_on(void **state)
{
	struct flows *flows = begin(WANT_BYTES);

	(void)state;
	send(flows, packet_of(40000, 443, TCP_SYN, 99, NULL, 0));
	for (size_t at = 0; at < STREAM_LEN; at += 1000)
		up(flows, TCP_ACK, 99, at, 1000);
	assert_heard(STREAM_LEN);
	flows_free(flows);
	assert_int_equal(heard.gaps + heard.unknown, 0);
	assert_int_equal(heard.closed, 1);
}

/* Any order within a window, with copies and overlaps, gives the same bytes. */
static void
any_order_gives_the_same(void **state)
{
	static const uint32_t isns[] = { 0, 99, 0x7fffff00, 0xffffff00 };

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct flows *flows = begin(WANT_BYTES);
		uint32_t isn = isns[round % 4];
		size_t order[200], n = 0;

		srandom((unsigned)round);
		for (size_t at = 0; at < STREAM_LEN; at += 200)
			order[n++] = at;
		for (size_t i = 0; i < n; i++) {
			size_t j = i + (size_t)random() % 8, swap = order[i];

			j = j < n ? j : n - 1;
			order[i] = order[j];
			order[j] = swap;
		}
		send(flows, packet_of(40000, 443, TCP_SYN, isn, NULL, 0));
		for (size_t i = 0; i < n; i++) {
			size_t before = (size_t)random() % 150, at = order[i];

			before = before < at ? before : 0;
			up(flows, TCP_ACK, isn, at - before, 200 + before);
			if (random() % 4 == 0)
				up(flows, TCP_ACK, isn, at, 200);
		}
		assert_heard(STREAM_LEN);
		flows_free(flows);
		assert_int_equal(heard.gaps + heard.unknown, 0);
	}
}

static void
the_syn_may_come_late(void **state)
{
	struct flows *flows = begin(WANT_BYTES);

	(void)state;
	up(flows, TCP_ACK, 99, 500, 500);
	up(flows, TCP_ACK, 99, 0, 500);
	assert_heard(0);
	send(flows, packet_of(40000, 443, TCP_SYN, 99, NULL, 0));
	assert_heard(1000);
	flows_free(flows);
	assert_int_equal(heard.unknown, 0);
}

static void
loss_is_told(void **state)
{
	struct flows *flows = begin(WANT_BYTES);

	(void)state;
	send(flows, packet_of(40000, 443, TCP_SYN, 99, NULL, 0));
	up(flows, TCP_ACK, 99, 0, 1000);
	up(flows, TCP_ACK, 99, 1300, 700);
	assert_heard(1000);
	now += STREAM_GAP_AGE_US;
	up(flows, TCP_ACK, 99, 2000, 1000);
	flows_free(flows);
	assert_int_equal(heard.gaps, 1);
	assert_int_equal(heard.gap_bytes, 300);
	assert_int_equal(heard.len[DIR_UP], 2700);
	assert_memory_equal(heard.bytes[DIR_UP] + 1000, source + 1300, 1700);
}

static void
a_stream_joined_midway_says_so(void **state)
{
	struct flows *flows = begin(WANT_BYTES);

	(void)state;
	for (size_t at = 0; at < 20; at++)
		up(flows, TCP_ACK, 5000, at * 100, 100);
	assert_heard(2000);
	flows_free(flows);
	assert_int_equal(heard.unknown, 1);
	assert_int_equal(heard.gaps, 0);
}

static void
one_direction_is_enough(void **state)
{
	struct flows *flows = begin(WANT_BYTES);

	(void)state;
	send(flows, packet_of(443, 40000, TCP_SYN | TCP_ACK, 7, NULL, 0));
	send(flows, packet_of(443, 40000, TCP_ACK, 8, source, 300));
	assert_int_equal(heard.len[DIR_DOWN], 300);
	assert_int_equal(heard.last.server_port, 443);
	flows_free(flows);
}

/* A snap length cuts segments; what the cut left out is a gap of known size. */
static void
cut_segments_leave_known_gaps(void **state)
{
	struct flows *flows = begin(WANT_BYTES);

	(void)state;
	send(flows, packet_of(40000, 443, TCP_SYN, 99, NULL, 0));
	for (size_t i = 0; i < 3; i++) {
		struct packet packet = packet_of(40000, 443, TCP_ACK, (uint32_t)(100 + i * 1000), source, 60);

		packet.payload_wire = 1000;
		send(flows, packet);
	}
	assert_int_equal(heard.len[DIR_UP], 180);
	assert_int_equal(heard.gap_bytes, 2 * 940);
	flows_free(flows);
}

static void
held_bytes_are_bounded(void **state)
{
	struct flows *flows = begin(WANT_BYTES);

	(void)state;
	send(flows, packet_of(40000, 443, TCP_SYN, 99, NULL, 0));
	for (size_t i = 0; i < STREAM_HELD_SEGMENTS_MAX + 2; i++)
		send(flows, packet_of(40000, 443, TCP_ACK, (uint32_t)(200 + 20 * i), source, 10));
	assert_true(heard.len[DIR_UP] > 0);
	flows_free(flows);
	assert_true(heard.gaps > 0);
}

/* ---- flows ---- */

static void
the_client_is_known_by_syn_and_port(void **state)
{
	struct flows *flows = begin(0);

	(void)state;
	send(flows, packet_of(40001, 443, TCP_SYN, 1, NULL, 0));
	assert_int_equal(heard.last.client_port, 40001);
	send(flows, packet_of(443, 40002, TCP_ACK, 1, NULL, 0));
	assert_int_equal(heard.last.client_port, 40002);
	send(flows, packet_of(40003, 443, TCP_ACK, 1, NULL, 0));
	assert_int_equal(heard.last.client_port, 40003);
	assert_int_equal(heard.opened, 3);
	assert_int_equal(flows_free(flows), 3);
	assert_string_equal(heard.closed_ports, "40001 40002 40003 ");
}

static void
ports_may_be_used_again(void **state)
{
	struct flows *flows = begin(0);

	(void)state;
	send(flows, packet_of(40000, 443, TCP_SYN, 1, NULL, 0));
	send(flows, packet_of(40000, 443, TCP_SYN, 1, NULL, 0));	/* sent again: the same flow */
	send(flows, packet_of(40000, 443, TCP_FIN | TCP_ACK, 2, NULL, 0));
	send(flows, packet_of(443, 40000, TCP_FIN | TCP_ACK, 2, NULL, 0));
	send(flows, packet_of(40000, 443, TCP_ACK, 3, NULL, 0));	/* late: still the old flow */
	assert_int_equal(heard.opened, 1);
	send(flows, packet_of(40000, 443, TCP_SYN, 77, NULL, 0));
	assert_int_equal(heard.opened, 2);
	assert_int_equal(heard.closed, 1);
	flows_free(flows);
}

static void
idle_flows_end(void **state)
{
	struct flows *flows = begin(0);

	(void)state;
	send(flows, packet_of(40000, 443, TCP_SYN, 1, NULL, 0));
	now += (FLOW_IDLE_TCP - 10) * USEC_PER_SEC;
	send(flows, packet_of(40000, 443, TCP_ACK, 2, NULL, 0));
	now += (FLOW_IDLE_TCP - 10) * USEC_PER_SEC;
	send(flows, packet_of(40001, 443, TCP_SYN, 1, NULL, 0));
	assert_int_equal(heard.closed, 0);
	now += 20 * USEC_PER_SEC;
	send(flows, packet_of(40001, 443, TCP_ACK, 2, NULL, 0));
	assert_string_equal(heard.closed_ports, "40000 ");
	now += 1000 * (uint64_t)FLOW_IDLE_TCP * USEC_PER_SEC;	/* a leap of the clock */
	send(flows, packet_of(40002, 443, TCP_SYN, 1, NULL, 0));
	assert_int_equal(heard.closed, 2);
	now -= 5000 * USEC_PER_SEC;				/* and back */
	send(flows, packet_of(40002, 443, TCP_ACK, 2, NULL, 0));
	assert_int_equal(heard.opened, 3);
	flows_free(flows);
}

static void
vlans_keep_flows_apart(void **state)
{
	struct flows *flows = begin(0);
	struct packet packet = packet_of(40000, 443, TCP_SYN, 1, NULL, 0);

	(void)state;
	send(flows, packet);
	packet.vlan = 7;
	send(flows, packet);
	assert_int_equal(flows_free(flows), 2);
}

static void
many_flows_are_all_found_again(void **state)
{
	struct flows *flows = begin(WANT_PACKETS);

	(void)state;
	for (int round = 0; round < 2; round++)
		for (unsigned port = 1024; port < 50000; port++) {
			struct packet packet = packet_of((uint16_t)port, 443, TCP_ACK, 1, NULL, 0);

			flows_packet(flows, &packet, now);
		}
	assert_int_equal(heard.opened, 50000 - 1024);
	assert_int_equal(heard.packets, 2 * (50000 - 1024));
	heard.closed_ports[0] = '\0';
	flows_free(flows);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order_is_handed_on),
		cmocka_unit_test(any_order_gives_the_same),
		cmocka_unit_test(the_syn_may_come_late),
		cmocka_unit_test(loss_is_told),
		cmocka_unit_test(a_stream_joined_midway_says_so),
		cmocka_unit_test(one_direction_is_enough),
		cmocka_unit_test(cut_segments_leave_known_gaps),
		cmocka_unit_test(held_bytes_are_bounded),
		cmocka_unit_test(the_client_is_known_by_syn_and_port),
		cmocka_unit_test(ports_may_be_used_again),
		cmocka_unit_test(idle_flows_end),
		cmocka_unit_test(vlans_keep_flows_apart),
		cmocka_unit_test(many_flows_are_all_found_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
