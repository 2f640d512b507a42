/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP/2 engine mirrors: fields, bodies, trailers, windows, ends. */
#include "h2_ends.h"

static uint8_t *
pattern(size_t len)
{
	uint8_t *data = malloc(len + 1);

	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)('a' + (i * 7 + i / 251) % 26);
	return data;
}

#define ASKED(method, path) ":method=" method "\n:scheme=https\n:authority=api.example.org\n" \
	":path=" path "\nx-first=1\n!authorization=secret\n"
#define ANSWERED ":status=200\ncontent-type=text/plain\nx-origin=yes\n!set-cookie=a=b\n"

static void
get_passes(void **state)
{
	static const size_t pieces[] = { 1, 2, 3, 9, 10, 61, 1000, 16384 };
	struct ends ends;

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct seen *asks, *hears;

		ends_init(&ends, pieces[i]);
		asks = client_ask(&ends.client, "/plain?x=1", NULL, 0);
		ends_run(&ends);
		assert_int_equal(ends.origin.count, 1);
		hears = &ends.origin.streams[0];
		assert_string_equal(hears->text, ASKED("GET", "/plain?x=1") "--\n");
		assert_true(hears->ended);
		assert_string_equal(asks->text, ANSWERED "--\n");
		assert_true(asks->ended && asks->closed);
		assert_int_equal(asks->code, NGHTTP2_NO_ERROR);
		assert_int_equal(ends.client.resets + ends.origin.resets, 0);
		assert_string_equal(asked.words, "GET /plain?x=1 api.example.org   ");
		assert_int_equal(asked.told, 1);
		assert_int_equal(ends.counts.requests, 1);
		ends_fini(&ends);
	}
}

/* A long body both ways, with fields that the judge is told. */
static void
body_passes(void **state)
{
	static const size_t pieces[] = { 1, 7, 1000, 16384, 100000 };
	const nghttp2_nv more[] = { NV("content-type", "application/grpc"),
		NV("content-encoding", "gzip"), NV("content-encoding", "br"),
		NV("grpc-encoding", "deflate"), NV("content-length", "300000") };
	uint8_t *body = pattern(300000);
	struct ends ends;

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct seen *asks;

		ends_init(&ends, pieces[i]);
		asks = client_ask_with(&ends.client, "/up", body, 300000, more, 5);
		ends_run(&ends);
		assert_int_equal(ends.origin.streams[0].len, 300000);
		assert_memory_equal(ends.origin.streams[0].body, body, 300000);
		assert_int_equal(asks->len, 300000);
		assert_memory_equal(asks->body, body, 300000);
		assert_true(asks->ended);
		assert_string_equal(asked.words,
		    "POST /up api.example.org application/grpc gzip, br deflate");
		assert_int_equal(asked.fed, 300000);
		assert_int_equal(asked.answer, 300000);
		assert_int_equal(asked.ended, 1);
		ends_fini(&ends);
	}
	free(body);
}

static void
origin_trails(struct peer *origin, struct seen *seen)
{
	if (!seen->ended)
		return;
	seen->trails = true;
	seen->trailer[0] = (nghttp2_nv)NV("grpc-status", "0");
	origin_echo(origin, seen);
}

/* Trailers come after the data, however slow (mitmproxy#5430). */
static void
trailers_follow(void **state)
{
	uint8_t *body = pattern(200000);
	static const size_t lens[] = { 0, 1, 16384, 65535, 200000 };
	struct ends ends;

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct seen *asks;

		ends_init(&ends, 1000);
		ends.origin.answer = origin_trails;
		asks = client_ask(&ends.client, "/trailers", body, lens[i]);
		asks->trails = true;
		asks->trailer[0] = (nghttp2_nv)NV("x-check", "sum");
		ends_run(&ends);
		assert_string_equal(ends.origin.streams[0].text,
		    ASKED("POST", "/trailers") "--\nx-check=sum\n--\n");
		assert_string_equal(asks->text, ANSWERED "--\ngrpc-status=0\n--\n");
		assert_int_equal(asks->len, lens[i]);
		assert_true(asks->ended);
		assert_int_equal(asks->code, NGHTTP2_NO_ERROR);
		ends_fini(&ends);
	}
	free(body);
}

static void
origin_informs(struct peer *origin, struct seen *seen)
{
	const nghttp2_nv hints[] = { NV(":status", "103"), NV("link", "</a.css>; rel=preload") };

	nghttp2_submit_headers(origin->session, NGHTTP2_FLAG_NONE, seen->id, NULL, hints, 2, NULL);
	origin_answer_with(origin, seen, "404", "gone", 4);
}

static void
informed_twice(void **state)
{
	struct ends ends;
	struct seen *asks;

	(void)state;
	ends_init(&ends, 3);
	ends.origin.answer = origin_informs;
	asks = client_ask(&ends.client, "/hints", NULL, 0);
	ends_run(&ends);
	assert_string_equal(asks->text, ":status=103\nlink=</a.css>; rel=preload\n--\n"
	    ":status=404\ncontent-type=text/plain\nx-origin=yes\n!set-cookie=a=b\n--\n");
	assert_int_equal(asks->len, 4);
	ends_fini(&ends);
}

static void
many_at_once(void **state)
{
	uint8_t *body = pattern(3000);
	struct seen *asks[300];
	struct ends ends;

	(void)state;
	ends_init(&ends, 777);
	for (size_t i = 0; i < 300; i++)
		asks[i] = client_ask(&ends.client, "/many", i % 3 ? body : NULL, 10 * i);
	ends_run(&ends);
	for (size_t i = 0; i < 300; i++) {
		assert_true(asks[i]->ended);
		assert_int_equal(asks[i]->code, NGHTTP2_NO_ERROR);
		assert_int_equal(asks[i]->len, i % 3 ? 10 * i : 0);
	}
	assert_int_equal(ends.counts.requests, 300);
	ends_fini(&ends);
	free(body);
}

/* An origin that allows few: the others wait. */
static void
few_allowed(void **state)
{
	static const nghttp2_settings_entry few[] = { { NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 3 } };
	struct seen *asks[50];
	struct ends ends;
	unsigned passed = 0;

	(void)state;
	ends_init_with(&ends, 4096, NULL, 0, few, 1);
	ends.stuck[DIR_DOWN] = true;	/* the client is told late */
	ends_run(&ends);
	for (size_t i = 0; i < 50; i++)
		asks[i] = client_ask(&ends.client, "/few", "body", 4);
	ends_run(&ends);
	ends.stuck[DIR_DOWN] = false;
	ends_run(&ends);
	assert_int_equal(nghttp2_session_get_remote_settings(ends.client.session,
	    NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS), 3);
	/* More than it knew of may be refused, to be asked again; never by the origin. */
	for (size_t i = 0; i < 50; i++) {
		assert_true(asks[i]->closed);
		if (asks[i]->code == NGHTTP2_NO_ERROR)
			passed += asks[i]->len == 4;
		else
			assert_int_equal(asks[i]->code, NGHTTP2_REFUSED_STREAM);
	}
	assert_in_range(passed, 3, 50);
	for (size_t i = 0; i < 50; i++)
		asks[i] = client_ask(&ends.client, "/few", "body", 4);
	ends_run(&ends);
	for (size_t i = 0; i < 50; i++)
		assert_int_equal(asks[i]->len, 4);
	for (size_t i = 0; i < ends.origin.count; i++)
		assert_int_equal(ends.origin.streams[i].code, NGHTTP2_NO_ERROR);
	ends_fini(&ends);
}

/* ---- windows ---------------------------------------------------------------------- */

/* An end that reads nothing: what is between stays small; when it reads, all comes. */
static void
slow_end(enum dir dir)
{
	static const nghttp2_settings_entry wide[] = {
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 4 << 20 } };
	uint8_t *body = pattern(3 << 20);
	struct ends ends;
	struct seen *asks;
	struct peer *slow;

	ends_init_with(&ends, 16384, wide, 1, wide, 1);
	slow = dir == DIR_UP ? &ends.origin : &ends.client;
	nghttp2_session_set_local_window_size(slow->session, NGHTTP2_FLAG_NONE, 0, 4 << 20);
	ends_run(&ends);
	ends.stuck[dir] = true;
	asks = client_ask(&ends.client, "/slow", body, 3 << 20);
	ends_run(&ends);
	assert_in_range(ends.most[dir], 0, DIALOG_QUEUE_HIGH + 32768);
	ends.stuck[dir] = false;
	dialog_pump(&ends.dialog, dir);
	ends_run(&ends);
	assert_int_equal(asks->len, 3 << 20);
	assert_memory_equal(asks->body, body, 3 << 20);
	assert_in_range(ends.most[DIR_UP], 0, 256 << 10);
	assert_in_range(ends.most[DIR_DOWN], 0, 256 << 10);
	ends_fini(&ends);
	free(body);
}

static void
slow_origin(void **state)
{
	(void)state;
	slow_end(DIR_UP);
}

static void
slow_client(void **state)
{
	(void)state;
	slow_end(DIR_DOWN);
}

/* An end whose windows stay shut: the speaker is stopped by its own window. */
static void
shut_windows(void **state)
{
	uint8_t *body = pattern(1 << 20);
	struct ends ends;
	struct seen *asks;

	(void)state;
	ends_init(&ends, 16384);
	ends.origin.consume = false;
	asks = client_ask(&ends.client, "/shut", body, 1 << 20);
	client_ask(&ends.client, "/shut", body, 1 << 20);
	ends_run(&ends);
	assert_int_equal(ends.origin.streams[0].len + ends.origin.streams[1].len, 65535);
	/* What waits in between is bounded by the connection's least window. */
	assert_in_range(asks->said + ends.client.streams[1].said, 65535, 65535 + (256 << 10));
	/* Another stream can still be asked for and answered. */
	asks = client_ask(&ends.client, "/other", NULL, 0);
	ends_run(&ends);
	assert_true(asks->ended);
	ends_fini(&ends);
	free(body);
}

/* Windows are as large as the ends choose: one round trip carries them (mitmproxy#7317). */
static void
wide_windows(void **state)
{
	static const nghttp2_settings_entry wide[] = {
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 2 << 20 } };
	struct ends ends;

	(void)state;
	ends_init_with(&ends, 16384, wide, 1, NULL, 0);
	nghttp2_session_set_local_window_size(ends.client.session, NGHTTP2_FLAG_NONE, 0, 8 << 20);
	ends_run(&ends);
	assert_int_equal(nghttp2_session_get_remote_settings(ends.origin.session,
	    NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE), 2 << 20);
	assert_int_equal(nghttp2_session_get_remote_window_size(ends.origin.session), 8 << 20);
	assert_int_equal(nghttp2_session_get_remote_settings(ends.origin.session,
	    NGHTTP2_SETTINGS_ENABLE_PUSH), 0);
	assert_int_equal(nghttp2_session_get_remote_settings(ends.client.session,
	    NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL), 0);
	ends_fini(&ends);
}

/* ---- ends ----------------------------------------------------------------------------- */

static void
origin_early(struct peer *origin, struct seen *seen)
{
	if (seen->say != NULL)
		return;
	origin_answer_with(origin, seen, "413", "enough", 6);
}

/* An answer before the request is complete; the request goes on. */
static void
early_answer(void **state)
{
	uint8_t *body = pattern(500000);
	struct ends ends;
	struct seen *asks;

	(void)state;
	ends_init(&ends, 5000);
	ends.origin.answer = origin_early;
	asks = client_ask(&ends.client, "/early", body, 500000);
	ends_run(&ends);
	assert_int_equal(asks->len, 6);
	assert_true(asks->ended);
	assert_int_equal(ends.origin.streams[0].len, 500000);
	assert_int_equal(asks->code, NGHTTP2_NO_ERROR);
	ends_fini(&ends);
	free(body);
}

static void
origin_hangs_up(struct peer *origin, struct seen *seen)
{
	if (seen->say == NULL)
		origin_answer_with(origin, seen, "200", "well", 4);
	nghttp2_submit_goaway(origin->session, NGHTTP2_FLAG_NONE, seen->id, NGHTTP2_NO_ERROR,
	    (const uint8_t *)"bye", 3);
}

/* GOAWAY: what it covers is answered, then the connection ends on both sides. */
static void
goaway_passes(void **state)
{
	struct ends ends;
	struct seen *asks;

	(void)state;
	ends_init(&ends, 11);
	ends.origin.answer = origin_hangs_up;
	asks = client_ask(&ends.client, "/last", NULL, 0);
	ends_run(&ends);
	assert_true(asks->ended);
	assert_int_equal(asks->len, 4);
	assert_true(ends.client.left);
	assert_int_equal(ends.client.goaway, NGHTTP2_NO_ERROR);
	assert_int_equal(ends.client.goaway_last, asks->id);
	assert_true(ends.dialog.finish[DIR_UP] && ends.dialog.finish[DIR_DOWN]);
	assert_false(ends.dialog.abort);
	ends_fini(&ends);
}

/* The origin's connection ends: what is complete arrives, the rest is reset. */
static void
origin_gone(void **state)
{
	struct ends ends;
	struct seen *done, *open;

	(void)state;
	ends_init(&ends, 4096);
	done = client_ask(&ends.client, "/done", "x", 1);
	ends_run(&ends);
	open = client_ask(&ends.client, "/open", "y", 1);
	open->wait = true;
	ends_run(&ends);
	dialog_end(&ends.dialog, DIR_DOWN, true);
	ends_run(&ends);
	assert_int_equal(done->code, NGHTTP2_NO_ERROR);
	assert_true(open->closed);
	assert_int_equal(open->code, NGHTTP2_INTERNAL_ERROR);
	assert_true(ends.client.left);
	assert_true(ends.dialog.finish[DIR_DOWN]);
	assert_int_equal(asked.cut, 1);
	ends_fini(&ends);
}

static void
client_gone(void **state)
{
	struct ends ends;
	struct seen *open;

	(void)state;
	ends_init(&ends, 4096);
	open = client_ask(&ends.client, "/open", "y", 1);
	open->wait = true;
	ends_run(&ends);
	assert_int_equal(ends.origin.streams[0].len, 1);
	dialog_end(&ends.dialog, DIR_UP, false);
	ends_run(&ends);
	assert_true(ends.origin.streams[0].closed);
	assert_int_equal(ends.origin.streams[0].code, NGHTTP2_CANCEL);
	assert_true(ends.origin.left);
	assert_true(ends.dialog.finish[DIR_UP] && ends.dialog.finish[DIR_DOWN]);
	ends_fini(&ends);
}

static void
client_leaves(void **state)
{
	struct ends ends;
	struct seen *asks;

	(void)state;
	ends_init(&ends, 4096);
	asks = client_ask(&ends.client, "/last", "abc", 3);
	asks->wait = true;
	ends_run(&ends);
	asks->wait = false;
	nghttp2_session_resume_data(ends.client.session, asks->id);
	nghttp2_submit_goaway(ends.client.session, NGHTTP2_FLAG_NONE, 0, NGHTTP2_NO_ERROR, NULL, 0);
	ends_run(&ends);
	assert_true(asks->ended);
	assert_true(ends.origin.left);
	assert_true(ends.dialog.finish[DIR_UP] && ends.dialog.finish[DIR_DOWN]);
	ends_fini(&ends);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(get_passes),
		cmocka_unit_test(body_passes),
		cmocka_unit_test(trailers_follow),
		cmocka_unit_test(informed_twice),
		cmocka_unit_test(many_at_once),
		cmocka_unit_test(few_allowed),
		cmocka_unit_test(slow_origin),
		cmocka_unit_test(slow_client),
		cmocka_unit_test(shut_windows),
		cmocka_unit_test(wide_windows),
		cmocka_unit_test(early_answer),
		cmocka_unit_test(goaway_passes),
		cmocka_unit_test(origin_gone),
		cmocka_unit_test(client_gone),
		cmocka_unit_test(client_leaves),
	};

	return cmocka_run_group_tests_name("engine_http2", tests, NULL, NULL);
}
