/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP/2 engine holds a body until it is judged; a blocked one never leaves. */
#include "h2_ends.h"

/* A harmless letter, and so many of what the judge counts, spread over it. */
static uint8_t *
letter(size_t len, size_t marks)
{
	uint8_t *data = malloc(len + 1);

	memset(data, 'x', len);
	for (size_t i = 0; i < marks; i++)
		data[len * i / marks] = '#';
	return data;
}

static const size_t pieces[] = { 7, 100, 1000, 16384 };
#define PIECES (sizeof(pieces) / sizeof(pieces[0]))

static void
blocked_never_leaves(void **state)
{
	static const size_t lens[] = { 20, 1000, 65535, 65536, 400000, 1 << 20 };
	struct ends ends;

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]) * PIECES; i++) {
		size_t len = lens[i / PIECES];
		uint8_t *body = letter(len, 20);
		const nghttp2_nv accept[] = { NV("accept", "text/plain") };
		struct seen *asks, *other;

		ends_init(&ends, pieces[i % PIECES]);
		/* Small ones byte by byte too. */
		ends.piece = len < 100000 && i % PIECES == 0 ? 1 : ends.piece;
		asks = client_ask_with(&ends.client, "/watched/a", body, len, accept, 1);
		other = client_ask(&ends.client, "/other", "abc", 3);
		ends_run(&ends);
		/* The origin knows of the other stream alone. */
		assert_int_equal(ends.origin.count, 1);
		assert_non_null(strstr(ends.origin.streams[0].text, ":path=/other"));
		assert_int_equal(other->len, 3);
		assert_string_equal(asks->text, ":status=403\ncontent-type=text/plain\n"
		    "content-length=31\ncontent-language=nl\ncache-control=no-store\n--\n");
		assert_int_equal(asks->len, 31);
		assert_memory_equal(asks->body, "refused by many for text/plain\n", 31);
		assert_true(asks->ended && asks->closed);
		assert_int_equal(asks->code, NGHTTP2_NO_ERROR);
		assert_int_equal(ends.client.resets, 0);
		assert_int_equal(ends.counts.blocked, 1);
		assert_int_equal(asked.forwarded, 0);
		assert_int_equal(asked.blocked, 1);
		/* The connection lives on. */
		other = client_ask(&ends.client, "/later", NULL, 0);
		ends_run(&ends);
		assert_true(other->ended);
		ends_fini(&ends);
		free(body);
	}
}

static void
harmless_arrives(void **state)
{
	static const size_t lens[] = { 0, 1, 65536, 300000, 1 << 20 };
	struct ends ends;

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]) * PIECES; i++) {
		size_t len = lens[i / PIECES];
		uint8_t *body = letter(len, len > 19 ? 19 : 0);
		struct seen *asks;

		ends_init(&ends, pieces[i % PIECES]);
		ends.piece = len < 100000 && i % PIECES == 0 ? 1 : ends.piece;
		asks = client_ask(&ends.client, "/watched/b", body, len);
		asks->trails = true;
		asks->trailer[0] = (nghttp2_nv)NV("x-check", "sum");
		ends_run(&ends);
		assert_int_equal(ends.origin.streams[0].len, len);
		assert_true(len == 0 || memcmp(ends.origin.streams[0].body, body, len) == 0);
		assert_non_null(strstr(ends.origin.streams[0].text, "x-check=sum"));
		assert_int_equal(asks->len, len);
		assert_int_equal(asked.answer, len);
		assert_true(asks->ended);
		assert_int_equal(ends.counts.blocked, 0);
		ends_fini(&ends);
		free(body);
	}
}

/* While it is held the origin sees nothing at all. */
static void
held_is_silent(void **state)
{
	uint8_t *body = letter(500000, 0);
	struct ends ends;
	struct seen *asks;

	(void)state;
	ends_init(&ends, 1000);
	asks = client_ask(&ends.client, "/watched/c", body, 500000);
	asks->wait = true;
	ends_run(&ends);
	assert_int_equal(asks->said, 500000);
	assert_int_equal(ends.origin.count, 0);
	assert_in_range(hold_pool_memory(ends.home.holds), 500000, 1 << 20);
	asks->wait = false;
	nghttp2_session_resume_data(ends.client.session, asks->id);
	ends_run(&ends);
	assert_int_equal(ends.origin.streams[0].len, 500000);
	assert_true(asks->ended);
	ends_fini(&ends);
	free(body);
}

/* ---- beyond the limit --------------------------------------------------------------- */

#define LONG ((size_t)3 << 20)

static void
long_harmless(void **state)
{
	uint8_t *body = letter(LONG, 19);
	struct ends ends;
	struct seen *asks;

	(void)state;
	ends_init(&ends, 16384);
	asks = client_ask(&ends.client, "/watched/d", body, LONG);
	asks->wait = true;
	ends_run(&ends);
	/* All but the lag has gone; no more is held than the limit allowed. */
	assert_in_range(ends.origin.streams[0].len, LONG - DIALOG_HOLD_LAG - 8192,
	    LONG - DIALOG_HOLD_LAG);
	asks->wait = false;
	nghttp2_session_resume_data(ends.client.session, asks->id);
	ends_run(&ends);
	assert_int_equal(ends.origin.streams[0].len, LONG);
	assert_memory_equal(ends.origin.streams[0].body, body, LONG);
	assert_int_equal(asks->len, LONG);
	ends_fini(&ends);
	free(body);
}

/* What is too many comes late: part is gone, fewer than too many of them. */
static void
long_blocked(void **state)
{
	uint8_t *body = letter(LONG, 24);
	struct ends ends;
	struct seen *asks;
	size_t marks = 0;

	(void)state;
	ends_init(&ends, 1000);
	asks = client_ask(&ends.client, "/watched/e", body, LONG);
	ends_run(&ends);
	assert_non_null(strstr(asks->text, ":status=403"));
	assert_true(asks->closed);
	assert_int_equal(asks->code, NGHTTP2_NO_ERROR);
	assert_true(ends.origin.streams[0].closed);
	assert_false(ends.origin.streams[0].ended);
	assert_int_equal(ends.origin.streams[0].code, NGHTTP2_CANCEL);
	assert_in_range(ends.origin.streams[0].len, 1, LONG * 20 / 24);
	for (size_t i = 0; i < ends.origin.streams[0].len; i++)
		marks += ends.origin.streams[0].body[i] == '#';
	assert_in_range(marks, 0, JUDGE_MANY - 1);
	assert_int_equal(asked.forwarded, ends.origin.streams[0].len);
	assert_int_equal(asked.cut, 1);
	ends_fini(&ends);
	free(body);
}

/* An origin that reads nothing of a long body stops the client; little is held. */
static void
long_shut(void **state)
{
	uint8_t *body = letter(LONG, 3);
	struct ends ends;
	struct seen *asks;

	(void)state;
	ends_init(&ends, 16384);
	ends.origin.consume = false;
	asks = client_ask(&ends.client, "/watched/f", body, LONG);
	ends_run(&ends);
	assert_int_equal(ends.origin.streams[0].len, 65535);
	/* The limit, the window that was open then. */
	assert_in_range(asks->said, 1 << 20, (1 << 20) + (512 << 10));
	for (size_t i = 0; i < 8; i++) {
		ends.origin.consume = true;
		nghttp2_session_consume(ends.origin.session, ends.origin.streams[0].id, 65535);
		ends_run(&ends);
	}
	assert_true(asks->ended);
	assert_int_equal(ends.origin.streams[0].len, LONG);
	ends_fini(&ends);
	free(body);
}

/* ---- silence -------------------------------------------------------------------------- */

static void
silence_pass(struct ends *ends)
{
	assert_true(ends->dialog.wake);
	ends->home.now_us = ends->dialog.wake_us;
	dialog_pump(&ends->dialog, DIR_UP);
	ends_run(ends);
}

/* Both ends speak in turns (gRPC): what was harmless goes when the client falls silent. */
static void
silent_released(void **state)
{
	struct ends ends;
	struct seen *asks;

	(void)state;
	ends_init(&ends, 7);
	asks = client_ask(&ends.client, "/watched/g", "hello", 5);
	asks->wait = true;
	ends_run(&ends);
	assert_int_equal(ends.origin.count, 0);
	silence_pass(&ends);
	assert_int_equal(ends.origin.streams[0].len, 5);
	seen_say(asks, "world!", 6);
	nghttp2_session_resume_data(ends.client.session, asks->id);
	ends_run(&ends);
	assert_int_equal(ends.origin.streams[0].len, 5);
	silence_pass(&ends);
	assert_int_equal(ends.origin.streams[0].len, 11);
	asks->wait = false;
	nghttp2_session_resume_data(ends.client.session, asks->id);
	ends_run(&ends);
	assert_true(asks->ended);
	assert_int_equal(asks->len, 11);
	assert_false(ends.dialog.wake);
	ends_fini(&ends);
}

/* Whose length was told leaves whole or not at all, however slowly it comes. */
static void
silent_before_all(void **state)
{
	const nghttp2_nv told = NV("content-length", "11");
	struct ends ends;
	struct seen *asks;

	(void)state;
	ends_init(&ends, 7);
	asks = client_ask_with(&ends.client, "/watched/w", "hello", 5, &told, 1);
	asks->wait = true;
	ends_run(&ends);
	for (int i = 0; i < 3; i++)
		silence_pass(&ends);
	assert_int_equal(ends.origin.count, 0);
	seen_say(asks, "world!", 6);
	asks->wait = false;
	nghttp2_session_resume_data(ends.client.session, asks->id);
	ends_run(&ends);
	assert_int_equal(ends.origin.streams[0].len, 11);
	ends_fini(&ends);
}

static void
silent_blocked(void **state)
{
	uint8_t *body = letter(100, 30);
	struct ends ends;
	struct seen *asks;

	(void)state;
	ends_init(&ends, 7);
	asks = client_ask(&ends.client, "/watched/h", body, 100);
	asks->wait = true;
	ends_run(&ends);
	silence_pass(&ends);
	assert_int_equal(ends.origin.count, 0);
	assert_non_null(strstr(asks->text, ":status=403"));
	assert_int_equal(asks->code, NGHTTP2_NO_ERROR);
	assert_int_equal(ends.client.resets, 1);
	ends_fini(&ends);
	free(body);
}

/* Time that passed since the last byte counts, not since the first. */
static void
slow_is_not_silent(void **state)
{
	struct ends ends;
	struct seen *asks;

	(void)state;
	ends_init(&ends, 100);
	asks = client_ask(&ends.client, "/watched/i", "a", 1);
	asks->wait = true;
	ends_run(&ends);
	for (unsigned i = 0; i < 5; i++) {
		ends.home.now_us += DIALOG_HOLD_IDLE_US * 2 / 3;
		seen_say(asks, "b", 1);
		nghttp2_session_resume_data(ends.client.session, asks->id);
		ends_run(&ends);
		dialog_pump(&ends.dialog, DIR_UP);
		assert_int_equal(ends.origin.count, 0);
	}
	ends_fini(&ends);
}

/* ---- and what else may happen -------------------------------------------------------------- */

/* Who waits for "100 Continue" gets it here, once (mitmproxy#553). */
static void
continued_once(void **state)
{
	const nghttp2_nv expect[] = { NV("expect", "100-continue") };
	struct ends ends;
	struct seen *asks;

	(void)state;
	ends_init(&ends, 100);
	asks = client_ask_with(&ends.client, "/watched/j", "", 0, expect, 1);
	asks->wait = true;
	ends_run(&ends);
	assert_string_equal(asks->text, ":status=100\n--\n");
	seen_say(asks, "body", 4);
	asks->wait = false;
	nghttp2_session_resume_data(ends.client.session, asks->id);
	ends_run(&ends);
	assert_int_equal(asks->len, 4);
	assert_non_null(strstr(ends.origin.streams[0].text, "expect=100-continue"));
	ends_fini(&ends);
}

/* Nothing that cannot be kept passes. */
static void
full_pool_503(void **state)
{
	uint8_t *body = letter(300000, 0);
	struct ends ends;
	struct seen *asks;

	(void)state;
	ends_init(&ends, 1000);
	hold_pool_free(ends.home.holds);
	ends.home.holds = hold_pool_new(100000, -1);
	asks = client_ask(&ends.client, "/watched/k", body, 300000);
	ends_run(&ends);
	assert_non_null(strstr(asks->text, ":status=503"));
	assert_int_equal(ends.origin.count, 0);
	assert_int_equal(asked.cut, 1);
	asked.no_memory = true;
	asks = client_ask(&ends.client, "/watched/l", body, 10);
	ends_run(&ends);
	assert_non_null(strstr(asks->text, ":status=503"));
	assert_int_equal(ends.origin.count, 0);
	ends_fini(&ends);
	free(body);
}

/* The client gives a held request up: it is cut, the origin never knew. */
static void
held_reset(void **state)
{
	struct ends ends;
	struct seen *asks;

	(void)state;
	ends_init(&ends, 50);
	asks = client_ask(&ends.client, "/watched/m", "abc", 3);
	asks->wait = true;
	ends_run(&ends);
	nghttp2_submit_rst_stream(ends.client.session, NGHTTP2_FLAG_NONE, asks->id, NGHTTP2_CANCEL);
	ends_run(&ends);
	assert_int_equal(ends.origin.count, 0);
	assert_int_equal(asked.cut, 1);
	assert_int_equal(asked.freed, 1);
	ends_fini(&ends);
}

/* The origin goes while a request is held: it may be asked elsewhere. */
static void
held_refused(void **state)
{
	struct ends ends;
	struct seen *asks;

	(void)state;
	for (int gone = 0; gone < 2; gone++) {
		ends_init(&ends, 50);
		asks = client_ask(&ends.client, "/watched/n", "abc", 3);
		asks->wait = true;
		ends_run(&ends);
		if (gone)
			dialog_end(&ends.dialog, DIR_DOWN, false);
		else
			nghttp2_submit_goaway(ends.origin.session, NGHTTP2_FLAG_NONE, 0,
			    NGHTTP2_NO_ERROR, NULL, 0);
		ends_run(&ends);
		assert_true(asks->closed);
		assert_int_equal(asks->code, NGHTTP2_REFUSED_STREAM);
		assert_true(ends.client.left);
		assert_true(ends.dialog.finish[DIR_DOWN]);
		ends_fini(&ends);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocked_never_leaves),
		cmocka_unit_test(harmless_arrives),
		cmocka_unit_test(held_is_silent),
		cmocka_unit_test(long_harmless),
		cmocka_unit_test(long_blocked),
		cmocka_unit_test(long_shut),
		cmocka_unit_test(silent_released),
		cmocka_unit_test(silent_before_all),
		cmocka_unit_test(silent_blocked),
		cmocka_unit_test(slow_is_not_silent),
		cmocka_unit_test(continued_once),
		cmocka_unit_test(full_pool_503),
		cmocka_unit_test(held_reset),
		cmocka_unit_test(held_refused),
	};

	return cmocka_run_group_tests_name("engine_http2_hold", tests, NULL, NULL);
}
