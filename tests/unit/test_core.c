/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/addr.h"
#include "core/buf.h"
#include "core/date.h"
#include "core/digest.h"
#include "core/event.h"
#include "core/flow.h"
#include "core/mem.h"

static struct addr
address(const char *text)
{
	struct addr addr;

	assert_true(addr_parse(text, &addr));
	return addr;
}

static void
addr_reads_what_it_writes(void **state)
{
	static const char *const texts[] = {
		"192.0.2.1", "0.0.0.0", "255.255.255.255", "2001:db8::1", "::", "ff02::1:2"
	};
	char text[ADDR_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct addr addr = address(texts[i]);

		assert_string_equal(addr_text(&addr, text), texts[i]);
	}
	assert_false(addr_parse("192.0.2", &(struct addr){ 0 }));
	assert_false(addr_parse("192.0.2.1/32", &(struct addr){ 0 }));
}

static void
prefix_holds_its_addresses(void **state)
{
	static const struct {
		const char *prefix, *addr;
		bool has;
	} cases[] = {
		{ "192.0.2.0/24", "192.0.2.255", true },
		{ "192.0.2.0/24", "192.0.3.0", false },
		{ "192.0.2.128/25", "192.0.2.127", false },
		{ "0.0.0.0/0", "203.0.113.9", true },
		{ "0.0.0.0/0", "2001:db8::1", false },
		{ "2001:db8::/33", "2001:db8:7fff::1", true },
		{ "2001:db8::/33", "2001:db8:8000::1", false },
		{ "192.0.2.7", "192.0.2.7", true },
	};
	struct prefix prefix;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct addr addr = address(cases[i].addr);

		assert_true(prefix_parse(cases[i].prefix, &prefix));
		assert_int_equal(prefix_has(&prefix, &addr), cases[i].has);
	}
	assert_false(prefix_parse("192.0.2.1/24", &prefix));	/* host bits */
	assert_false(prefix_parse("192.0.2.0/33", &prefix));
	assert_false(prefix_parse("192.0.2.0/", &prefix));
	assert_false(prefix_parse("192.0.2.0/-1", &prefix));
}

static void
special_addresses_name_nobody(void **state)
{
	static const char *const special[] = {
		"10.1.2.3", "127.0.0.1", "169.254.1.1", "172.31.0.1", "192.168.1.1",
		"224.0.0.251", "100.64.0.1", "::1", "fe80::1", "fd00::1", "ff02::fb"
	};
	static const char *const ordinary[] = { "8.8.8.8", "172.32.0.1", "2a00:1450::1" };

	(void)state;
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		assert_true(addr_is_special(&(struct addr){ .family = 0 }) &&
		    addr_is_special((struct addr[]){ address(special[i]) }));
	for (size_t i = 0; i < sizeof(ordinary) / sizeof(ordinary[0]); i++)
		assert_false(addr_is_special((struct addr[]){ address(ordinary[i]) }));
}

static void
buf_fails_once_and_for_all(void **state)
{
	static const uint8_t bytes[] = { 1, 2, 3, 4, 5 };
	struct buf b = buf_of(bytes, sizeof(bytes)), part;

	(void)state;
	assert_int_equal(buf_u16(&b), 0x0102);
	part = buf_sub(&b, 2);
	assert_int_equal(buf_u16(&part), 0x0304);
	assert_int_equal(buf_u16(&b), 0);	/* one byte is left */
	assert_false(buf_ok(&b));
	assert_int_equal(buf_u8(&b), 0);	/* still failed */
	assert_int_equal(buf_left(&b), 0);
}

static void
days_follow_the_calendar(void **state)
{
	static const char *const good[] = { "1970-01-01", "2000-02-29", "2026-11-21", "1998-10-24", "2031-12-27" };
	static const char *const bad[] = { "2001-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "2026-01-32", "", "2026-01-01x" };
	char text[DAY_TEXT_MAX];
	day_t day;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(day_parse(good[i], &day));
		assert_string_equal(day_text(day, text), good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(day_parse(bad[i], &day));
	assert_int_equal(day_of(1970, 1, 1), 0);
	assert_int_equal(day_of(2000, 3, 1) - day_of(2000, 2, 28), 2);
	assert_string_equal(day_text(DAY_NONE, text), "");
}

static void
moments_print_in_utc(void **state)
{
	char text[MOMENT_TEXT_MAX];

	(void)state;
	assert_string_equal(moment_text(UINT64_C(1431969642444123), text), "2015-05-18T17:20:42.444123Z");
	assert_int_equal(day_of_moment(USEC_PER_DAY - 1), 0);
	assert_int_equal(day_of_moment(USEC_PER_DAY), 1);
}

/* RFC 2202/4231 case 2 and the well-known digests of "abc". */
static void
digests_match_their_standards(void **state)
{
	uint8_t out[SHA256_LEN];
	char hex[65];

	(void)state;
	digest_md5("abc", 3, out);
	assert_string_equal(hex_text(out, MD5_LEN, hex), "900150983cd24fb0d6963f7d28e17f72");
	digest_sha1("abc", 3, out);
	assert_string_equal(hex_text(out, SHA1_LEN, hex), "a9993e364706816aba3e25717850c26c9cd0d89d");
	digest_sha256("abc", 3, out);
	assert_string_equal(hex_text(out, SHA256_LEN, hex),
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	digest_hmac("Jefe", 4, "what do ya want for nothing?", 28, out);
	assert_string_equal(hex_text(out, SHA256_LEN, hex),
	    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static struct flow
flow_of(const char *client, uint16_t client_port, const char *server, uint16_t server_port, uint8_t proto)
{
	return (struct flow){ .client = address(client), .server = address(server),
	    .client_port = client_port, .server_port = server_port, .proto = proto };
}

/* The baseline of the specification's own captures; both directions give the same. */
static void
community_id_matches_the_specification(void **state)
{
	struct flow tcp = flow_of("128.232.110.120", 34855, "66.35.250.204", 80, 6);
	struct flow back = flow_of("66.35.250.204", 80, "128.232.110.120", 34855, 6);
	struct flow udp = flow_of("192.168.1.52", 54585, "8.8.8.8", 53, 17);
	char text[COMMUNITY_ID_MAX];

	(void)state;
	assert_string_equal(flow_community_id(&tcp, text), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
	assert_string_equal(flow_community_id(&back, text), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
	assert_string_equal(flow_community_id(&udp, text), "1:d/FP5EW3wiY1vCndhwleRRKHowQ=");
}

static void
flow_id_is_steady_and_keyed(void **state)
{
	struct flow flow = flow_of("192.0.2.1", 1, "192.0.2.2", 2, 6);
	uint8_t key[32] = { 1 };
	uint64_t id = flow_id(&flow, NULL);

	(void)state;
	assert_int_equal(id, flow_id(&flow, NULL));
	assert_true(id < UINT64_C(1) << 53);
	assert_int_not_equal(id, flow_id(&flow, key));
	flow.begin_us = 1;
	assert_int_not_equal(id, flow_id(&flow, NULL));
}

static void
host_names_are_checked_and_trusted_in_order(void **state)
{
	struct flow flow = { 0 };

	(void)state;
	assert_true(flow_host_set(&flow, "CDSI.Signal.Org.", 16, HOST_DNS));
	assert_string_equal(flow.host, "cdsi.signal.org");
	assert_true(flow_host_set(&flow, "chat.signal.org", 15, HOST_SNI));
	assert_false(flow_host_set(&flow, "other.example", 13, HOST_DNS));
	assert_string_equal(flow.host, "chat.signal.org");
	assert_false(flow_host_set(&flow, "a b.example", 11, HOST_SNI));
	assert_false(flow_host_set(&flow, "a..example", 10, HOST_SNI));
	assert_false(flow_host_set(&flow, "<script>", 8, HOST_SNI));
	assert_false(flow_host_set(&flow, "", 0, HOST_SNI));
	flow_fini(&flow);
}

/* RFC 9562 section 5.7: version 7, variant 10, and the moment's milliseconds in front. */
static void
event_ids_are_uuids_of_their_moment(void **state)
{
	char id[EVENT_ID_MAX], other[EVENT_ID_MAX];

	(void)state;
	event_id_make(id, 7, UINT64_C(1431969642444123), 1);
	assert_int_equal(strlen(id), 36);
	assert_int_equal(strtoull((char[]){ id[0], id[1], id[2], id[3], id[4], id[5], id[6], id[7],
	    id[9], id[10], id[11], id[12], 0 }, NULL, 16), UINT64_C(1431969642444));
	assert_int_equal(id[14], '7');
	assert_non_null(strchr("89ab", id[19]));
	event_id_make(other, 7, UINT64_C(1431969642444123), 1);
	assert_string_equal(id, other);
	event_id_make(other, 7, UINT64_C(1431969642444123), 2);
	assert_string_not_equal(id, other);
}

static void
json_escapes_and_keeps_order(void **state)
{
	struct event_upload event = { .door = "replay", .class = 'A' };
	char *line;

	(void)state;
	strcpy(event.flow.event_id, "x");
	strcpy(event.flow.host, "a\"b");
	strcpy(event.recipient, "signal");
	event.upload.contacts = (struct contacts){ 1, CONTACTS_UNKNOWN, 3, METHOD_SIZE, CONFIDENCE_LOW };
	event.flow.src = address("192.0.2.1");
	event.transfer = (struct transfer){ .outside = OUTSIDE_UNKNOWN, .from = DAY_NONE, .to = DAY_NONE };
	line = event_upload_json(&event);
	assert_non_null(line);
	assert_non_null(strstr(line, "\"host\":\"a\\\"b\""));
	assert_non_null(strstr(line, "{\"low\":1,\"best\":null,\"high\":3,\"method\":\"size\",\"confidence\":\"low\"}"));
	assert_non_null(strstr(line, "\"outside_eea\":true"));	/* unknown is never inside */
	assert_null(strstr(line, "identifiers"));
	assert_true(strstr(line, "\"timestamp\"") < strstr(line, "\"event_type\""));
	free(line);
	strcpy(event.flow.device, "d-000000000001");
	line = event_upload_json(&event);
	assert_null(strstr(line, "192.0.2.1"));
	assert_null(strstr(line, "src_ip"));
	free(line);
}

static void
pools_reuse_and_zero(void **state)
{
	struct pool pool;
	char *a, *b;

	(void)state;
	pool_init(&pool, 100);
	a = pool_get(&pool);
	memset(a, 0xff, 100);
	pool_put(&pool, a);
	b = pool_get(&pool);
	assert_ptr_equal(a, b);
	for (int i = 0; i < 100; i++)
		assert_int_equal(b[i], 0);
	for (int i = 0; i < 100000; i++)
		assert_non_null(pool_get(&pool));
	assert_int_equal(pool.used, 100001);
	pool_fini(&pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addr_reads_what_it_writes),
		cmocka_unit_test(prefix_holds_its_addresses),
		cmocka_unit_test(special_addresses_name_nobody),
		cmocka_unit_test(buf_fails_once_and_for_all),
		cmocka_unit_test(days_follow_the_calendar),
		cmocka_unit_test(moments_print_in_utc),
		cmocka_unit_test(digests_match_their_standards),
		cmocka_unit_test(community_id_matches_the_specification),
		cmocka_unit_test(flow_id_is_steady_and_keyed),
		cmocka_unit_test(host_names_are_checked_and_trusted_in_order),
		cmocka_unit_test(event_ids_are_uuids_of_their_moment),
		cmocka_unit_test(json_escapes_and_keeps_order),
		cmocka_unit_test(pools_reuse_and_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
