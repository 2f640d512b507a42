/* SPDX-License-Identifier: Apache-2.0 */
/* What the nDPI adapter reads in packets by itself, cut at every length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "classifiers/app_packet.h"

#define ROOM 2048

static void
put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* IP and TCP headers before a payload that is in place; returns the whole length. */
static size_t
packet_finish(uint8_t *p, size_t ip, size_t options, size_t payload)
{
	size_t tcp = 20 + options;

	memset(p, 0, ip + tcp);
	p[0] = ip == 20 ? 0x45 : 0x60;
	put16(p + (ip == 20 ? 2 : 4), (ip == 20 ? ip : 0) + tcp + payload);
	p[ip == 20 ? 9 : 6] = IPPROTO_TCP;
	put16(p + ip, 50123);
	put16(p + ip + 2, 443);
	p[ip + 12] = (uint8_t)(tcp / 4 << 4);
	return ip + tcp + payload;
}

static size_t
extension_put(uint8_t *at, unsigned type, const void *body, size_t len)
{
	put16(at, type);
	put16(at + 2, len);
	memcpy(at + 4, body, len);
	return 4 + len;
}

/* A handshake record of this type around a body; returns its length. */
static size_t
record_put(uint8_t *at, uint8_t type, const uint8_t *body, size_t len)
{
	at[0] = 22;
	put16(at + 1, 0x0301);
	put16(at + 3, len + 4);
	at[5] = type;
	at[6] = 0;
	put16(at + 7, len);
	memcpy(at + 9, body, len);
	return 9 + len;
}

/* A hello with a session id, many suites, padding, and a name among it. */
static size_t
client_hello_put(uint8_t *at)
{
	static const uint8_t name[] = "\0\x12\0\0\x0f" "chat.signal.org";
	static const uint8_t alpn[] = "\0\x03\x02h2", versions[] = "\x04\x03\x04\x03\x03";
	uint8_t body[1024] = { 3, 3 }, *p = body + 34, *extensions;
	uint8_t padding[300] = { 0 };

	*p++ = 32;
	p += 32;
	put16(p, 40);
	put16(p + 2, 0x1301);
	p += 42;
	*p++ = 1;
	*p++ = 0;
	extensions = p;
	p += 2;
	p += extension_put(p, 21, padding, sizeof(padding));
	p += extension_put(p, 0, name, sizeof(name) - 1);
	p += extension_put(p, 16, alpn, sizeof(alpn) - 1);
	p += extension_put(p, 51, padding, 38);
	p += extension_put(p, 43, versions, sizeof(versions) - 1);
	put16(extensions, (size_t)(p - extensions) - 2);
	return record_put(at, 1, body, (size_t)(p - body));
}

/* A ServerHello; with the extension that says 1.3, or without. */
static size_t
server_hello_put(uint8_t *at, bool is_13)
{
	uint8_t body[128] = { 3, 3 }, *p = body + 34, *extensions;

	*p++ = 0;
	put16(p, is_13 ? 0x1301 : 0xc02f);
	p += 3;
	extensions = p;
	p += 2;
	p += extension_put(p, 23, "", 0);
	if (is_13)
		p += extension_put(p, 43, "\x03\x04", 2);
	put16(extensions, (size_t)(p - extensions) - 2);
	return record_put(at, 2, body, (size_t)(p - body));
}

static struct app_segment
segment_of(const uint8_t *packet, size_t len)
{
	struct app_segment segment;

	assert_true(app_segment_of(packet, len, &segment));
	return segment;
}

static void
test_short_hello_keeps_the_name(void **unused)
{
	static const size_t ips[] = { 20, 40 };

	(void)unused;
	for (int i = 0; i < 2; i++) {
		uint8_t packet[ROOM], out[APP_HELLO_MAX];
		size_t len = client_hello_put(packet + ips[i] + 32), short_len;
		struct app_segment segment, again;

		len = packet_finish(packet, ips[i], 12, len);
		segment = segment_of(packet, len);
		short_len = app_hello_shorten(&segment, out);
		assert_in_range(short_len, 100, 200);
		again = segment_of(out, short_len);
		assert_int_equal(again.payload_len, short_len - ips[i] - 20);
		assert_non_null(memmem(out, short_len, "chat.signal.org", 15));
		assert_non_null(memmem(out, short_len, "h2", 2));
		assert_null(memmem(out, short_len, "\0\x15\x01", 3));
		/* What is short already stays as it is. */
		assert_int_equal(app_hello_shorten(&again, packet), short_len);
		assert_memory_equal(out, packet, short_len);
	}
}

static void
test_only_a_whole_hello_is_shortened(void **unused)
{
	uint8_t packet[ROOM], out[APP_HELLO_MAX];
	size_t hello = client_hello_put(packet + 40), len;
	struct app_segment segment;

	(void)unused;
	packet[40 + hello] = 0;		/* one byte of another record */
	len = packet_finish(packet, 20, 0, hello + 1);
	segment = segment_of(packet, len);
	assert_int_equal(app_hello_shorten(&segment, out), 0);
	for (size_t cut = 40; cut < 40 + hello; cut++) {
		uint8_t *exact = malloc(cut);

		memcpy(exact, packet, cut);
		segment = segment_of(exact, cut);
		assert_int_equal(app_hello_shorten(&segment, out), 0);
		free(exact);
	}
}

static void
test_wrong_lengths_inside_are_refused(void **unused)
{
	uint8_t packet[ROOM], out[APP_HELLO_MAX];
	size_t hello = client_hello_put(packet + 40), len = packet_finish(packet, 20, 0, hello);
	struct app_segment segment = segment_of(packet, len);
	static const size_t lengths[] = { 44, 48, 83, 116, 160, 162 };

	(void)unused;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		packet[lengths[i]] ^= 0x7f;
		assert_true(app_hello_shorten(&segment, out) <= APP_HELLO_MAX);
		packet[lengths[i]] ^= 0x7f;
	}
	packet[44]++;
	assert_int_equal(app_hello_shorten(&segment, out), 0);
}

static void
test_oversized_name_is_left_alone(void **unused)
{
	static uint8_t packet[8192], body[6000], name[4000];
	uint8_t out[APP_HELLO_MAX], *p = body + 34;
	struct app_segment segment;
	size_t len;

	(void)unused;
	*p++ = 0;
	put16(p, 2);
	p += 4;
	*p++ = 1;
	*p++ = 0;
	put16(p, sizeof(name) + 4);
	p += 2;
	p += extension_put(p, 0, name, sizeof(name));
	len = record_put(packet + 40, 1, body, (size_t)(p - body));
	len = packet_finish(packet, 20, 0, len);
	segment = segment_of(packet, len);
	assert_int_equal(app_hello_shorten(&segment, out), 0);
}

static void
test_answers(void **unused)
{
	uint8_t packet[ROOM];
	struct app_segment segment;
	size_t len;

	(void)unused;
	len = packet_finish(packet, 20, 0, server_hello_put(packet + 40, true));
	segment = segment_of(packet, len);
	assert_int_equal(app_answer_of(&segment), ANSWER_HIDDEN);
	len = packet_finish(packet, 20, 0, server_hello_put(packet + 40, false));
	segment = segment_of(packet, len);
	assert_int_equal(app_answer_of(&segment), ANSWER_READABLE);
	len = packet_finish(packet, 20, 0, client_hello_put(packet + 40));
	segment = segment_of(packet, len);
	assert_int_equal(app_answer_of(&segment), ANSWER_NOT_YET);
	memcpy(packet + 40, "\x15\x03\x03\x00\x02\x02\x28", 7);
	segment = segment_of(packet, packet_finish(packet, 20, 0, 7));
	assert_int_equal(app_answer_of(&segment), ANSWER_HIDDEN);
	memcpy(packet + 40, "HTTP/1.1", 8);
	segment = segment_of(packet, packet_finish(packet, 20, 0, 8));
	assert_int_equal(app_answer_of(&segment), ANSWER_NOT_YET);
}

/* Without its end nobody knows that it is 1.3: the certificate is looked for. */
static void
test_cut_answer_is_not_final(void **unused)
{
	uint8_t packet[ROOM];
	size_t len = packet_finish(packet, 20, 0, server_hello_put(packet + 40, true));

	(void)unused;
	for (size_t cut = 46; cut < len; cut++) {
		uint8_t *exact = malloc(cut);
		struct app_segment segment;

		memcpy(exact, packet, cut);
		segment = segment_of(exact, cut);
		assert_int_equal(app_answer_of(&segment), ANSWER_READABLE);
		free(exact);
	}
}

static void
test_odd_headers_are_left_to_ndpi(void **unused)
{
	uint8_t packet[ROOM];
	struct app_segment segment;
	size_t len = packet_finish(packet, 20, 0, 8);

	(void)unused;
	for (size_t cut = 0; cut < 40; cut++)
		assert_false(app_segment_of(packet, cut, &segment));
	packet[6] = 0x20;		/* more fragments */
	assert_false(app_segment_of(packet, len, &segment));
	packet[6] = 0x40;		/* do not fragment */
	assert_true(app_segment_of(packet, len, &segment));
	packet[9] = IPPROTO_UDP;
	assert_false(app_segment_of(packet, len, &segment));
	packet[9] = IPPROTO_TCP;
	packet[0] = 0x44;		/* header shorter than a header */
	assert_false(app_segment_of(packet, len, &segment));
	packet[0] = 0x45;
	packet[32] = 0xf0;		/* TCP header beyond the packet */
	segment = segment_of(packet, len);
	assert_int_equal(segment.payload_len, 0);
	len = packet_finish(packet, 40, 0, 8);
	packet[6] = 0;			/* hop-by-hop options first */
	assert_false(app_segment_of(packet, len, &segment));
}

static void
test_cut_packets_are_told(void **unused)
{
	uint8_t packet[ROOM];
	static const size_t ips[] = { 20, 40 };

	(void)unused;
	for (int i = 0; i < 2; i++) {
		size_t len = packet_finish(packet, ips[i], 0, 8);

		assert_false(app_packet_is_cut(packet, len));
		assert_false(app_packet_is_cut(packet, len + 6));	/* padding */
		for (size_t cut = 0; cut < len; cut++)
			assert_true(app_packet_is_cut(packet, cut));
	}
}

static void
test_opening_has_the_flow_s_ends(void **unused)
{
	uint8_t out[APP_OPENING_MAX];
	struct flow flow = { .client_port = 50123, .server_port = 443, .proto = IPPROTO_TCP };
	struct app_segment segment;

	(void)unused;
	addr_parse("192.0.2.7", &flow.client);
	addr_parse("203.0.113.9", &flow.server);
	segment = segment_of(out, app_opening_make(&flow, out));
	assert_int_equal(segment.payload_len, 0);
	assert_memory_equal(out + 16, flow.server.bytes, 4);
	addr_parse("2001:db8::7", &flow.client);
	addr_parse("2001:db8::9", &flow.server);
	segment = segment_of(out, app_opening_make(&flow, out));
	assert_memory_equal(out + 8, flow.client.bytes, 16);
	assert_memory_equal(out + 40, "\xc3\xcb\x01\xbb", 4);
	flow.proto = IPPROTO_UDP;
	assert_int_equal(app_opening_make(&flow, out), 48);
	assert_memory_equal(out + 40, "\xc3\xcb\x01\xbb\x00\x08\x00\x00", 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_short_hello_keeps_the_name),
		cmocka_unit_test(test_only_a_whole_hello_is_shortened),
		cmocka_unit_test(test_wrong_lengths_inside_are_refused),
		cmocka_unit_test(test_oversized_name_is_left_alone),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_cut_answer_is_not_final),
		cmocka_unit_test(test_odd_headers_are_left_to_ndpi),
		cmocka_unit_test(test_cut_packets_are_told),
		cmocka_unit_test(test_opening_has_the_flow_s_ends),
	};

	return cmocka_run_group_tests_name("app_packet", tests, NULL, NULL);
}
