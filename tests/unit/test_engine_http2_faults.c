/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP/2 engine and ends that break rules, give up, or send too much. */
#include "h2_ends.h"

/* ---- resets ------------------------------------------------------------------------- */

static uint32_t reset_code;

static void
origin_resets(struct peer *origin, struct seen *seen)
{
	nghttp2_submit_rst_stream(origin->session, NGHTTP2_FLAG_NONE, seen->id, reset_code);
}

static void
codes_down(void **state)
{
	(void)state;
	for (reset_code = NGHTTP2_PROTOCOL_ERROR; reset_code <= NGHTTP2_HTTP_1_1_REQUIRED; reset_code++) {
		struct ends ends;
		struct seen *asks;

		ends_init(&ends, 4);
		ends.origin.answer = origin_resets;
		asks = client_ask(&ends.client, "/reset", "body", 4);
		ends_run(&ends);
		assert_true(asks->closed);
		assert_int_equal(asks->code, reset_code);
		ends_fini(&ends);
	}
}

static void
codes_up(void **state)
{
	(void)state;
	for (uint32_t code = NGHTTP2_PROTOCOL_ERROR; code <= NGHTTP2_HTTP_1_1_REQUIRED; code++) {
		struct ends ends;
		struct seen *asks;

		ends_init(&ends, 4);
		asks = client_ask(&ends.client, "/reset", "body", 4);
		asks->wait = true;
		ends_run(&ends);
		nghttp2_submit_rst_stream(ends.client.session, NGHTTP2_FLAG_NONE, asks->id, code);
		ends_run(&ends);
		assert_true(ends.origin.streams[0].closed);
		assert_int_equal(ends.origin.streams[0].code, code);
		assert_int_equal(asked.cut, 1);
		ends_fini(&ends);
	}
}

static void
origin_enough(struct peer *origin, struct seen *seen)
{
	if (seen->say == NULL)
		origin_answer_with(origin, seen, "200", "complete", 8);
	else if (seen->said == seen->say_len)
		nghttp2_submit_rst_stream(origin->session, NGHTTP2_FLAG_NONE, seen->id,
		    NGHTTP2_NO_ERROR);
}

/* A reset after a complete answer takes nothing of the answer (mitmproxy#3470). */
static void
reset_after_answer(void **state)
{
	static const uint8_t body[400000];
	struct ends ends;
	struct seen *asks;

	(void)state;
	ends_init(&ends, 1000);
	ends.origin.answer = origin_enough;
	asks = client_ask(&ends.client, "/enough", body, sizeof(body));
	ends_run(&ends);
	assert_true(asks->ended && asks->closed);
	assert_int_equal(asks->code, NGHTTP2_NO_ERROR);
	assert_int_equal(asks->len, 8);
	assert_int_equal(ends.client.resets, 1);
	assert_true(ends.origin.streams[0].len < sizeof(body));
	ends_fini(&ends);
}

/* Data before a reset arrive before it. */
static void
data_before_reset(void **state)
{
	struct ends ends;
	struct seen *asks, *says;

	(void)state;
	ends_init(&ends, 100000);
	asks = client_ask(&ends.client, "/part", NULL, 0);
	ends.origin.answer = NULL;
	ends_run(&ends);
	says = &ends.origin.streams[0];
	says->wait = true;
	origin_answer_with(&ends.origin, says, "200", "partial", 7);
	ends.stuck[DIR_DOWN] = true;
	ends_run(&ends);
	nghttp2_submit_rst_stream(ends.origin.session, NGHTTP2_FLAG_NONE, says->id,
	    NGHTTP2_INTERNAL_ERROR);
	ends_run(&ends);
	ends.stuck[DIR_DOWN] = false;
	ends_run(&ends);
	assert_int_equal(asks->len, 7);
	assert_int_equal(asks->code, NGHTTP2_INTERNAL_ERROR);
	ends_fini(&ends);
}

/* ---- floods --------------------------------------------------------------------------- */

/* Asking and taking back without end (CVE-2023-44487). */
static void
rapid_reset(void **state)
{
	struct ends ends;
	unsigned i;

	(void)state;
	ends_init(&ends, 4096);
	ends.origin.answer = NULL;
	for (i = 0; i < 390 && !ends.dialog.finish[DIR_DOWN]; i++) {
		struct seen *asks = client_ask(&ends.client, "/rapid", NULL, 0);

		ends_run(&ends);
		nghttp2_submit_rst_stream(ends.client.session, NGHTTP2_FLAG_NONE, asks->id,
		    NGHTTP2_CANCEL);
		ends_run(&ends);
	}
	assert_in_range(i, 150, 250);
	assert_int_equal(ends.client.goaway, NGHTTP2_ENHANCE_YOUR_CALM);
	assert_true(ends.dialog.finish[DIR_UP]);
	assert_int_equal(ends.counts.faults, 1);
	ends_fini(&ends);
}

static void
slow_resets_are_fine(void **state)
{
	struct ends ends;

	(void)state;
	ends_init(&ends, 4096);
	ends.origin.answer = NULL;
	for (unsigned i = 0; i < 390; i++) {
		struct seen *asks = client_ask(&ends.client, "/slow", NULL, 0);

		ends_run(&ends);
		nghttp2_submit_rst_stream(ends.client.session, NGHTTP2_FLAG_NONE, asks->id,
		    NGHTTP2_CANCEL);
		ends_run(&ends);
		ends.home.now_us += 60000;
	}
	assert_false(ends.dialog.finish[DIR_DOWN]);
	assert_false(ends.client.left);
	ends_fini(&ends);
}

static void
ping_flood(void **state)
{
	(void)state;
	for (enum dir dir = DIR_UP; dir <= DIR_DOWN; dir++) {
		struct ends ends;
		struct peer *peer;
		unsigned i;

		ends_init(&ends, 16384);
		peer = dir == DIR_UP ? &ends.client : &ends.origin;
		client_ask(&ends.client, "/x", NULL, 0);
		ends_run(&ends);
		for (i = 0; i < 3000 && !ends.dialog.finish[DIR_DOWN] && !ends.dialog.abort; i++) {
			nghttp2_submit_ping(peer->session, NGHTTP2_FLAG_NONE, NULL);
			ends_run(&ends);
		}
		assert_in_range(i, 900, 1100);
		assert_true(ends.client.left);
		assert_true(ends.origin.left);
		ends_fini(&ends);
	}
}

/* ---- raw frames ---------------------------------------------------------------------------- */

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"

static void
frame_feed(struct ends *ends, uint8_t type, uint8_t flags, uint32_t stream, const void *data,
    size_t len)
{
	uint8_t head[9] = { (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len, type, flags,
		(uint8_t)(stream >> 24), (uint8_t)(stream >> 16), (uint8_t)(stream >> 8),
		(uint8_t)stream };

	dialog_feed(&ends->dialog, DIR_UP, head, sizeof(head));
	dialog_feed(&ends->dialog, DIR_UP, data, len);
}

/* A request's section: static indexes and literals without indexing (RFC 7541 section 6). */
#define REQUEST "\x83\x87\x84\x01\x0b" "example.org"

static void
raw_init(struct ends *ends)
{
	ends_init(ends, 4096);
	dialog_feed(&ends->dialog, DIR_UP, (const uint8_t *)PREFACE, sizeof(PREFACE) - 1);
}

/* The code of the last RST_STREAM or GOAWAY that is queued for the client. */
static uint32_t
code_queued(struct ends *ends, uint8_t type)
{
	size_t n = evbuffer_get_length(ends->dialog.queue[DIR_DOWN]);
	const uint8_t *p = evbuffer_pullup(ends->dialog.queue[DIR_DOWN], -1);
	uint32_t code = 0xffffffff;

	for (size_t at = 0; at + 9 <= n;) {
		size_t len = (size_t)p[at] << 16 | (size_t)p[at + 1] << 8 | p[at + 2];
		const uint8_t *payload = p + at + 9 + (type == NGHTTP2_GOAWAY ? 4 : 0);

		if (p[at + 3] == type)
			code = (uint32_t)payload[0] << 24 | (uint32_t)payload[1] << 16 |
			    (uint32_t)payload[2] << 8 | payload[3];
		at += 9 + len;
	}
	return code;
}

struct bad {
	const char *what, *section;
	size_t len;
};

#define BAD(what, more) { what, REQUEST more, sizeof(REQUEST more) - 1 }

/* No field that breaks RFC 9113 section 8 passes. */
static void
bad_fields(void **state)
{
	static const struct bad rows[] = {
		BAD("upper case", "\0\1X\1a"),
		BAD("line feed in a value", "\0\1x\3a\nb"),
		BAD("NUL in a value", "\0\1x\3a\0b"),
		BAD("space around a value", "\0\1x\2 a"),
		BAD("space in a name", "\0\3x y\1a"),
		BAD("connection", "\0\x0a" "connection\5close"),
		BAD("transfer-encoding", "\0\x11" "transfer-encoding\7chunked"),
		BAD("late pseudo field", "\0\1x\1a\x84"),
		BAD("two methods", "\x83"),
		BAD("unknown pseudo field", "\0\2:x\1a"),
		BAD("another host", "\0\4host\x0b" "example.com"),
		BAD("two lengths", "\0\x0e" "content-length\1" "1\0\x0e" "content-length\1" "2"),
		BAD("too many codings", "\0\x10" "content-encoding\x22" "gzip, gzip, gzip, gzip, gzip, gzip"
		    "\0\x10" "content-encoding\x22" "gzip, gzip, gzip, gzip, gzip, gzip"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ends ends;

		raw_init(&ends);
		frame_feed(&ends, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, rows[i].section,
		    rows[i].len);
		if (code_queued(&ends, NGHTTP2_RST_STREAM) != NGHTTP2_PROTOCOL_ERROR)
			fail_msg("%s", rows[i].what);
		assert_int_equal(ends.counts.faults, 1);
		/* Another stream is served, the first never asked for. */
		frame_feed(&ends, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS |
		    NGHTTP2_FLAG_END_STREAM, 3, REQUEST, sizeof(REQUEST) - 1);
		ends_listen(&ends, DIR_UP);
		assert_int_equal(ends.origin.count, 1);
		assert_true(ends.origin.streams[0].ended);
		ends_fini(&ends);
	}
}

/* A body that is not as long as it says is reset, and the origin told. */
static void
wrong_length(void **state)
{
	static const char section[] = REQUEST "\0\x0e" "content-length\1" "5";

	(void)state;
	for (size_t len = 4; len <= 6; len++) {
		struct ends ends;

		raw_init(&ends);
		frame_feed(&ends, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, section,
		    sizeof(section) - 1);
		frame_feed(&ends, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, "123456", len);
		ends_listen(&ends, DIR_UP);
		assert_int_equal(ends.origin.streams[0].ended, len == 5);
		assert_int_equal(ends.origin.streams[0].closed, len != 5);
		assert_int_equal(ends.counts.faults, len != 5);
		ends_fini(&ends);
	}
}

static void
no_preface(void **state)
{
	struct ends ends;

	(void)state;
	ends_init(&ends, 4096);
	dialog_feed(&ends.dialog, DIR_UP, (const uint8_t *)"GET / HTTP/1.1\r\n\r\nand so on", 27);
	assert_true(ends.dialog.abort);
	assert_int_equal(evbuffer_get_length(ends.dialog.queue[DIR_UP]), 0);
	ends_fini(&ends);
}

/* CONTINUATION without end (CVE-2024-30255). */
static void
continuation_flood(void **state)
{
	struct ends ends;
	unsigned i;

	(void)state;
	raw_init(&ends);
	frame_feed(&ends, NGHTTP2_HEADERS, 0, 1, REQUEST, sizeof(REQUEST) - 1);
	for (i = 0; i < 100 && !ends.dialog.abort && !ends.dialog.finish[DIR_DOWN]; i++)
		frame_feed(&ends, NGHTTP2_CONTINUATION, 0, 1, "\0\1x\1y", 5);
	assert_in_range(i, 1, 20);
	assert_int_equal(ends.origin.count, 0);
	ends_fini(&ends);
}

/* Few bytes that name one long field many times. */
static void
section_bomb(void **state)
{
	static uint8_t section[6000];
	struct ends ends;
	size_t n = sizeof(REQUEST) - 1;

	(void)state;
	memcpy(section, REQUEST, n);
	/* Literal with indexing, "x": 3000 bytes; then its index, 62, again and again. */
	memcpy(section + n, "\x40\1x\x7f\xb9\x16", 6);
	n += 6;
	memset(section + n, 'v', 3000);
	n += 3000;
	while (n < sizeof(section))
		section[n++] = 0xbe;
	raw_init(&ends);
	frame_feed(&ends, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, section, n);
	assert_int_equal(code_queued(&ends, NGHTTP2_RST_STREAM), NGHTTP2_ENHANCE_YOUR_CALM);
	ends_listen(&ends, DIR_UP);
	assert_int_equal(ends.origin.count, 0);
	ends_fini(&ends);
}

/* More streams at once than it was told. */
static void
too_many_streams(void **state)
{
	struct ends ends;

	(void)state;
	raw_init(&ends);
	for (uint32_t i = 0; i < 150; i++)
		frame_feed(&ends, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, i * 2 + 1, REQUEST,
		    sizeof(REQUEST) - 1);
	assert_int_equal(code_queued(&ends, NGHTTP2_RST_STREAM), NGHTTP2_REFUSED_STREAM);
	assert_int_equal(ends.counts.requests, 100);
	ends_fini(&ends);
}

/* A client that shrinks its windows under way loses the stream, not our memory. */
static void
shrunk_window(void **state)
{
	static const nghttp2_settings_entry wide[] = {
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 8 << 20 } };
	static const nghttp2_settings_entry shut[] = { { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0 } };
	static const uint8_t body[2 << 20];
	struct ends ends;
	struct seen *asks, *says;

	(void)state;
	ends_init_with(&ends, 16384, wide, 1, NULL, 0);
	nghttp2_session_set_local_window_size(ends.client.session, NGHTTP2_FLAG_NONE, 0, 8 << 20);
	ends.origin.answer = NULL;
	asks = client_ask(&ends.client, "/shrink", NULL, 0);
	ends_run(&ends);
	/* The client's word reaches us, ours not the origin. */
	ends.stuck[DIR_UP] = true;
	nghttp2_submit_settings(ends.client.session, NGHTTP2_FLAG_NONE, shut, 1);
	ends_run(&ends);
	says = &ends.origin.streams[0];
	origin_answer_with(&ends.origin, says, "200", body, sizeof(body));
	ends_run(&ends);
	ends.stuck[DIR_UP] = false;
	ends_run(&ends);
	assert_true(asks->closed);
	assert_int_equal(asks->code, NGHTTP2_FLOW_CONTROL_ERROR);
	assert_int_equal(ends.counts.faults, 1);
	asks = client_ask(&ends.client, "/alive", NULL, 0);
	ends_run(&ends);
	assert_int_equal(ends.origin.count, 2);
	ends_fini(&ends);
}

/* An origin that breaks the protocol: the client's streams are reset, nothing crashes. */
static void
origin_breaks(void **state)
{
	struct ends ends;
	struct seen *asks;

	(void)state;
	ends_init(&ends, 4096);
	ends.origin.answer = NULL;
	asks = client_ask(&ends.client, "/x", NULL, 0);
	ends_run(&ends);
	dialog_feed(&ends.dialog, DIR_DOWN, (const uint8_t *)"\0\0\1\5\4\0\0\0\1x", 10);
	ends_run(&ends);
	assert_true(asks->closed);
	assert_int_equal(asks->code, NGHTTP2_INTERNAL_ERROR);
	assert_true(ends.client.left);
	assert_true(ends.dialog.finish[DIR_DOWN] || ends.dialog.abort);
	ends_fini(&ends);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_down),
		cmocka_unit_test(codes_up),
		cmocka_unit_test(reset_after_answer),
		cmocka_unit_test(data_before_reset),
		cmocka_unit_test(rapid_reset),
		cmocka_unit_test(slow_resets_are_fine),
		cmocka_unit_test(ping_flood),
		cmocka_unit_test(bad_fields),
		cmocka_unit_test(wrong_length),
		cmocka_unit_test(no_preface),
		cmocka_unit_test(continuation_flood),
		cmocka_unit_test(section_bomb),
		cmocka_unit_test(too_many_streams),
		cmocka_unit_test(shrunk_window),
		cmocka_unit_test(origin_breaks),
	};

	return cmocka_run_group_tests_name("engine_http2_faults", tests, NULL, NULL);
}
