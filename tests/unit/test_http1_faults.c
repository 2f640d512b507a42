/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/1.1 that is ambiguous, broken, incomplete, or ends in another protocol. */
#include "http_kit.h"

/* RFC 9112 section 6.3: lengths two readers could read in two ways. */
static void
ambiguous_lengths(void **state)
{
	static const char *const heads[] = {
		"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
		"Content-Length: 4\r\nContent-Length: 5\r\n",
		"Content-Length: 4, 4\r\n", "Content-Length: +4\r\n",
		"Content-Length: 0x4\r\n", "Content-Length:\r\n",
		"Content-Length: 99999999999999999999\r\n",
		"Transfer-Encoding: chunked, identity\r\n",
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
		"Content-Length : 4\r\n", " folded: 4\r\n", "no colon\r\n", ": 4\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct text_kit kit = { 0 };
		struct ear ear;

		kit_add(&kit, "POST / HTTP/1.1\r\nHost: a.example\r\n%s\r\n"
		    "\"+4915123456789\"", heads[i]);
		post_json(&kit, 30);
		ear = talk_all(&kit);
		assert_int_equal(ear.uploads, 0);
		assert_int_equal(ear.unscanned, 1);
		assert_int_equal(ear.reason, UNSCANNED_CORRUPT);
	}
}

static void
bad_chunks(void **state)
{
	static const char *const bodies[] = {
		"xyz\r\n", "5\r\nhello!\r\n", "\r\n", "-1\r\n", "0x5\r\n",
		"ffffffffffffffff\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct text_kit kit = { 0 };
		struct ear ear;

		kit_add(&kit, "POST / HTTP/1.1\r\nHost: a.example\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n%s", bodies[i]);
		post_json(&kit, 30);
		ear = talk_all(&kit);
		assert_int_equal(ear.requests, 1);
		assert_int_equal(ear.uploads, 0);
	}
}

static void
head_limits(void **state)
{
	struct text_kit kit = { 0 };
	struct ear ear;

	(void)state;
	kit_add(&kit, "GET / HTTP/1.1\r\n");
	for (int i = 0; i < 300; i++)
		kit_add(&kit, "X-%d: y\r\n", i);
	kit_add(&kit, "\r\n");
	ear = talk_all(&kit);
	assert_int_equal(ear.requests, 0);
	assert_int_equal(ear.unscanned, 1);
	kit_add(&kit, "GET / HTTP/1.1\r\nCookie: ");
	for (int i = 0; i < 300; i++)
		kit_add(&kit, "%0250d", i);
	kit_add(&kit, "\r\n\r\n");
	ear = talk_all(&kit);
	assert_int_equal(ear.requests, 0);
	assert_int_equal(ear.unscanned, 1);
}

static void
not_http(void **state)
{
	static const char *const openings[] = {
		"\x16\x03\x01", "SSH-2.0-x", "GETX / HTTP/1.1", "EHLO mail",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "{\"a\":1}", " GET / HTTP/1.1",
	};
	struct talk talk;

	(void)state;
	talk_init(&talk);
	for (size_t i = 0; i < sizeof(openings) / sizeof(openings[0]); i++) {
		struct chunk chunk = { (const uint8_t *)openings[i],
		    strlen(openings[i]), 0, DIR_UP, 0 };

		assert_int_equal(classifier_http1.sniff(&talk.flow, &chunk),
		    INTEREST_NO);
	}
	talk_up(&talk, "OPTIONS sip:a@example.org SIP/2.0\r\n");
	assert_int_equal(talk.wants, 0);
	talk_end(&talk);
}

static void
sniffed(void **state)
{
	struct chunk chunk = { (const uint8_t *)"PROPFIND /", 10, 0, DIR_UP, 0 };
	struct flow flow = { 0 };

	(void)state;
	assert_int_equal(classifier_http1.sniff(&flow, &chunk), INTEREST_YES);
	/* A client may send its first byte alone. */
	chunk.len = 1;
	assert_int_equal(classifier_http1.sniff(&flow, &chunk), INTEREST_YES);
	chunk.dir = DIR_DOWN;
	assert_int_equal(classifier_http1.sniff(&flow, &chunk), INTEREST_LATER);
}

static void
gap_in_body(void **state)
{
	struct text_kit kit = { 0 };
	struct talk talk;

	(void)state;
	post_json(&kit, 100);
	post_json(&kit, 20);
	talk_init(&talk);
	talk_say(&talk, DIR_UP, kit.data, 500, 0);
	talk_say(&talk, DIR_UP, kit.data + 600, kit.len - 600, 100);
	talk_end(&talk);
	kit_free(&kit);
	assert_int_equal(talk.ear.requests, 2);
	assert_int_equal(talk.ear.uploads, 2);
	assert_in_range(talk.ear.upload[0].contacts.best, 90, 95);
	assert_int_equal(talk.ear.upload[0].contacts.high, CONTACTS_UNKNOWN);
	assert_int_equal(talk.ear.upload[1].contacts.best, 20);
	assert_int_equal(talk.ear.unscanned, 0);
}

static void
gap_elsewhere(void **state)
{
	struct text_kit kit = { 0 };
	struct talk talk;

	(void)state;
	post_json(&kit, 30);
	for (int i = 0; i < 2; i++) {
		talk_init(&talk);
		talk_say(&talk, DIR_UP, kit.data, i ? 500 : 50, 0);
		talk_say(&talk, DIR_UP, kit.data + 200, 10, i ? GAP_UNKNOWN : 20);
		assert_int_equal(talk.wants, 0);
		talk_end(&talk);
		assert_int_equal(talk.ear.unscanned, 1);
		assert_int_equal(talk.ear.reason, UNSCANNED_GAP);
	}
	kit_free(&kit);
}

/* What came before the connection broke off counts, as far as it went. */
static void
cut_off(void **state)
{
	struct text_kit kit = { 0 };
	struct ear ear;

	(void)state;
	post_json(&kit, 100);
	kit.len -= 200;
	ear = talk_all(&kit);
	assert_int_equal(ear.uploads, 1);
	assert_in_range(ear.upload[0].contacts.best, 80, 90);
	assert_int_equal(ear.upload[0].contacts.high, CONTACTS_UNKNOWN);
}

static void
switched(void **state)
{
	static const char ask[] = "GET /chat HTTP/1.1\r\nHost: a.example\r\n"
	    "Connection: Upgrade\r\nUpgrade: chat/2\r\n\r\n";
	struct talk talk;

	(void)state;
	talk_init(&talk);
	talk_up(&talk, ask);
	assert_int_equal(talk.wants, MORE_BOTH);
	talk_down(&talk, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 1");
	assert_int_equal(talk.wants, MORE_BOTH);
	talk_down(&talk, "01 Switching Protocols\r\n\r\n");
	assert_int_equal(talk.wants, 0);
	talk_end(&talk);

	talk_init(&talk);
	talk_up(&talk, ask);
	talk_down(&talk, "HTTP/1.1 426 Upgrade Required\r\n\r\n");
	assert_int_equal(talk.wants, MORE_UP);
	talk_up(&talk, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n");
	assert_int_equal(talk.ear.requests, 2);
	talk_end(&talk);
}

static void
connect_tunnel(void **state)
{
	struct talk talk;

	(void)state;
	talk_init(&talk);
	talk_up(&talk, "CONNECT far.example:443 HTTP/1.1\r\nHost: near.example\r\n\r\n");
	assert_string_equal(talk.ear.host, "far.example");
	talk_down(&talk, "HTTP/1.1 200 OK\r\n\r\n");
	assert_int_equal(talk.wants, 0);
	talk_end(&talk);
}

static void
continue_first(void **state)
{
	struct text_kit body = { 0 };
	struct talk talk;
	char head[160];

	(void)state;
	body = json_book(0, 20);
	snprintf(head, sizeof(head), "POST / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n"
	    "Expect: 100-continue\r\nContent-Length: %zu\r\n\r\n", body.len);
	talk_init(&talk);
	talk_up(&talk, head);
	talk_down(&talk, "HTTP/1.1 100 Continue\r\n\r\n");
	talk_say(&talk, DIR_UP, body.data, body.len, 0);
	talk_down(&talk, "HTTP/1.1 204 No Content\r\n\r\n");
	talk_end(&talk);
	kit_free(&body);
	assert_string_equal(talk.ear.host, "[2001:db8::1]");
	assert_int_equal(talk.ear.uploads, 1);
	assert_int_equal(talk.ear.upload[0].contacts.best, 20);
	assert_int_equal(talk.ear.upload[0].bytes_down, 27);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ambiguous_lengths),
		cmocka_unit_test(bad_chunks),
		cmocka_unit_test(head_limits),
		cmocka_unit_test(not_http),
		cmocka_unit_test(sniffed),
		cmocka_unit_test(gap_in_body),
		cmocka_unit_test(gap_elsewhere),
		cmocka_unit_test(cut_off),
		cmocka_unit_test(switched),
		cmocka_unit_test(connect_tunnel),
		cmocka_unit_test(continue_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
