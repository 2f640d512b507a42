/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.1 between two ends: what passes passes byte for byte, however it is
 * cut; answers belong to requests; protocols are switched.
 */
#include "http1_kit.h"

static void
plain_get(void **state)
{
	static const struct said said[] = {
		{ DIR_UP, "GET /a?b=c HTTP/1.1\r\nhOsT:  a.example \r\nX-Odd:\t\x81\r\n\r\n", 0 },
		{ DIR_DOWN, "HTTP/1.1 200 OK\r\nContent-length: 5\r\nX: y\r\n\r\nhello", 0 },
		{ DIR_UP, "HEAD / HTTP/1.1\r\n" HOST "\r\n", 0 },
		{ DIR_DOWN, "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\n", 0 },
		{ DIR_UP, "GET / HTTP/1.1\r\n" HOST "\r\n", 0 },
		{ DIR_DOWN, "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 0 },
		{ DIR_UP, "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 0 },
		{ DIR_DOWN, "HTTP/1.1 204 No Content\r\n\r\n", 0 },
	};
	struct outcome outcome = TALK(said);

	(void)state;
	assert_int_equal(outcome.out[DIR_UP].len, said_len(&said[0]) + said_len(&said[2]) +
	    said_len(&said[4]) + said_len(&said[6]));
	assert_memory_equal(outcome.out[DIR_UP].data, said[0].text, said_len(&said[0]));
	assert_int_equal(outcome.out[DIR_DOWN].len, said_len(&said[1]) + said_len(&said[3]) +
	    said_len(&said[5]) + said_len(&said[7]));
	assert_false(outcome.finish[DIR_UP] || outcome.finish[DIR_DOWN] || outcome.abort);
	assert_int_equal(outcome.counts.requests, 4);
	assert_non_null(strstr(outcome.log.data, "told GET /a?b=c host=a.example"));
	outcome_free(&outcome);
}

#define CHUNKS "5;ext=\"a;b\"\r\nhello\r\n00A \r\n0123456789\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\n"
#define UP_CHUNKS "5;ext=\"a;b\"\r\nhe#lo\r\n00a\r\n0123456789\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\n"

/* Chunk framing, extensions and trailers are kept; the judge gets the body alone. */
static void
chunks(void **state)
{
	static const struct said said[] = {
		{ DIR_UP, "PUT /x HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip , Chunked\r\n"
		    "Content-Type: text/vcard\r\nContent-Encoding: br\r\n\r\n" UP_CHUNKS, 0 },
		{ DIR_DOWN, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" CHUNKS, 0 },
		{ DIR_UP, "POST /y HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", 0 },
		{ DIR_DOWN, OK_EMPTY, 0 },
	};
	struct outcome outcome = TALK(said);
	struct bytes up = { 0 }, down = { 0 };

	(void)state;
	bytes_print(&up, "%s%s", said[0].text, said[2].text);
	bytes_print(&down, "%s%s", said[1].text, said[3].text);
	bytes_same(&outcome.out[DIR_UP], &up);
	bytes_same(&outcome.out[DIR_DOWN], &down);
	arrived(&outcome, DIR_UP, up.data);
	assert_string_equal(outcome.heard.data, "he#lo0123456789abc");
	assert_non_null(strstr(outcome.log.data, "type=text/vcard coding=br,gzip\n"
	    "end log people=1 fed=15\nfree forwarded=15 answer="));
	free(up.data);
	free(down.data);
	outcome_free(&outcome);
}

/* Requests come before the answers to earlier ones; blank lines between them pass. */
static void
pipelined(void **state)
{
	static const struct said said[] = {
		{ DIR_UP, "POST /1 HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nab"
		    "\r\nHEAD /2 HTTP/1.1\r\n" HOST "\r\nGET /3 HTTP/1.1\r\n" HOST "\r\n", 0 },
		{ DIR_DOWN, OK_EMPTY "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", 0 },
		{ DIR_DOWN, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nxyz", 0 },
		{ DIR_UP, "GET /4 HTTP/1.1\r\n" HOST "\r\n", 0 },
		{ DIR_DOWN, OK_EMPTY, 0 },
	};
	struct outcome outcome = TALK(said);

	(void)state;
	assert_int_equal(outcome.out[DIR_UP].len, said_len(&said[0]) + said_len(&said[3]));
	assert_int_equal(outcome.out[DIR_DOWN].len,
	    said_len(&said[1]) + said_len(&said[2]) + said_len(&said[4]));
	assert_int_equal(outcome.counts.requests, 4);
	assert_false(outcome.finish[DIR_DOWN]);
	outcome_free(&outcome);
}

/* More requests than may wait: the rest is read when answers come. */
static void
pipeline_limit(void **state)
{
	static const char get[] = "GET / HTTP/1.1\r\n" HOST "\r\n";
	struct bytes many = { 0 };
	struct scene scene;

	(void)state;
	for (int i = 0; i < 100; i++)
		bytes_print(&many, "%s", get);
	scene_init(&scene, &engine_http1);
	scene_say(&scene, DIR_UP, many.data, many.len, SIZE_MAX);
	assert_int_equal(scene.counts.requests, 32);
	assert_true(scene.dialog.paused[DIR_UP]);
	for (int i = 0; i < 100; i++)
		scene_say(&scene, DIR_DOWN, OK_EMPTY, strlen(OK_EMPTY), SIZE_MAX);
	assert_false(scene.dialog.paused[DIR_UP]);
	bytes_same(&scene.out[DIR_UP], &many);
	assert_int_equal(scene.out[DIR_DOWN].len, 100 * strlen(OK_EMPTY));
	scene_fini(&scene);
	free(many.data);
}

/* An answer without a length ends when its origin says so. */
static void
until_close(void **state)
{
	static const struct said said[] = {
		{ DIR_UP, "GET / HTTP/1.0\r\n\r\n", 0 },
		{ DIR_DOWN, "HTTP/1.0 200 OK\r\n\r\nall of it", 0 },
		{ DIR_DOWN, NULL, 0 },
	};
	struct outcome outcome = TALK(said);
	struct scene scene;

	(void)state;
	arrived(&outcome, DIR_DOWN, said[1].text);
	assert_true(outcome.finish[DIR_DOWN] && !outcome.cut[DIR_DOWN]);
	outcome_free(&outcome);
	/* Without a goodbye the client must see that something may be missing. */
	scene_init(&scene, &engine_http1);
	scene_say(&scene, DIR_UP, said[0].text, strlen(said[0].text), SIZE_MAX);
	scene_say(&scene, DIR_DOWN, said[1].text, strlen(said[1].text), SIZE_MAX);
	scene_end(&scene, DIR_DOWN, true);
	assert_true(scene.dialog.finish[DIR_DOWN] && scene.dialog.cut[DIR_DOWN]);
	scene_fini(&scene);
}

static void
cut_answer(void **state)
{
	static const struct said said[] = {
		{ DIR_UP, "GET / HTTP/1.1\r\n" HOST "\r\n", 0 },
		{ DIR_DOWN, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", 0 },
		{ DIR_DOWN, NULL, 0 },
	};
	struct outcome outcome = TALK(said);

	(void)state;
	arrived(&outcome, DIR_DOWN, said[1].text);
	assert_true(outcome.finish[DIR_DOWN] && outcome.cut[DIR_DOWN]);
	outcome_free(&outcome);
}

/* The client has said all and still listens. */
static void
half_close(void **state)
{
	static const struct said said[] = {
		{ DIR_UP, "POST / HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nab", 0 },
		{ DIR_UP, NULL, 0 },
		{ DIR_DOWN, OK_EMPTY, 0 },
	};
	struct outcome outcome = TALK(said);

	(void)state;
	arrived(&outcome, DIR_DOWN, OK_EMPTY);
	assert_true(outcome.finish[DIR_UP]);
	assert_false(outcome.finish[DIR_DOWN] || outcome.cut[DIR_UP]);
	outcome_free(&outcome);
}

/* A client that leaves in the middle of its body: the origin must not think it whole. */
static void
client_leaves(void **state)
{
	static const struct said said[] = {
		{ DIR_UP, "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nab", 0 },
		{ DIR_UP, NULL, 0 },
	};
	struct outcome outcome = TALK(said);

	(void)state;
	assert_true(outcome.finish[DIR_UP] && outcome.cut[DIR_UP]);
	assert_non_null(strstr(outcome.log.data, "cut log people=0 fed=2\n"));
	outcome_free(&outcome);
}

/* The origin closes a connection that nobody uses. */
static void
idle_close(void **state)
{
	static const struct said said[] = {
		{ DIR_UP, "GET / HTTP/1.1\r\n" HOST "\r\n", 0 },
		{ DIR_DOWN, OK_EMPTY, 0 },
		{ DIR_DOWN, NULL, 0 },
	};
	struct outcome outcome = TALK(said);

	(void)state;
	assert_true(outcome.finish[DIR_UP] && outcome.finish[DIR_DOWN]);
	assert_false(outcome.cut[DIR_DOWN] || outcome.abort);
	outcome_free(&outcome);
}

/* What the origin says unasked must not become the next request's answer. */
static void
unasked(void **state)
{
	static const struct said said[] = {
		{ DIR_UP, "GET / HTTP/1.1\r\n" HOST "\r\n", 0 },
		{ DIR_DOWN, OK_EMPTY "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", 0 },
		{ DIR_UP, "GET /next HTTP/1.1\r\n" HOST "\r\n", 0 },
	};
	struct outcome outcome = TALK(said);

	(void)state;
	arrived(&outcome, DIR_DOWN, OK_EMPTY);
	arrived(&outcome, DIR_UP, said[0].text);
	assert_true(outcome.finish[DIR_UP] && outcome.finish[DIR_DOWN]);
	outcome_free(&outcome);
}

/* 100 comes from the origin where nothing is held, and 103 before what follows. */
static void
interim_answers(void **state)
{
	static const struct said said[] = {
		{ DIR_UP, "POST / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n"
		    "Content-Length: 3\r\n\r\n", 0 },
		{ DIR_DOWN, "HTTP/1.1 100 Continue\r\n\r\n", 0 },
		{ DIR_UP, "abc", 0 },
		{ DIR_DOWN, "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" OK_EMPTY, 0 },
	};
	struct outcome outcome = TALK(said);

	(void)state;
	assert_int_equal(outcome.out[DIR_DOWN].len, said_len(&said[1]) + said_len(&said[3]));
	assert_int_equal(outcome.out[DIR_UP].len, said_len(&said[0]) + 3);
	outcome_free(&outcome);
}

/* The origin answers before it has read the body, and both go on. */
static void
early_answer(void **state)
{
	static const struct said said[] = {
		{ DIR_UP, "POST / HTTP/1.1\r\n" HOST "Content-Length: 6\r\n\r\nabc", 0 },
		{ DIR_DOWN, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno", 0 },
		{ DIR_UP, "defGET / HTTP/1.1\r\n" HOST "\r\n", 0 },
		{ DIR_DOWN, OK_EMPTY, 0 },
	};
	struct outcome outcome = TALK(said);

	(void)state;
	assert_int_equal(outcome.out[DIR_UP].len, said_len(&said[0]) + said_len(&said[2]));
	assert_int_equal(outcome.out[DIR_DOWN].len, said_len(&said[1]) + said_len(&said[3]));
	assert_non_null(strstr(outcome.log.data, "end log people=0 fed=6\n"
	    "free forwarded=6 answer=50\n"));
	outcome_free(&outcome);
}

static void
early_answer_and_close(void **state)
{
	static const struct said said[] = {
		{ DIR_UP, "POST / HTTP/1.1\r\n" HOST "Content-Length: 60\r\n\r\nabc", 0 },
		{ DIR_DOWN, "HTTP/1.1 413 Large\r\nConnection: close\r\n\r\nno", 0 },
		{ DIR_DOWN, NULL, 0 },
		{ DIR_UP, "def", 0 },
	};
	struct outcome outcome = TALK(said);

	(void)state;
	arrived(&outcome, DIR_DOWN, said[1].text);
	assert_true(outcome.finish[DIR_DOWN] && !outcome.cut[DIR_DOWN]);
	outcome_free(&outcome);
}

static void
switch_to_websocket(void **state)
{
	static const struct said said[] = {
		{ DIR_UP, "GET /chat HTTP/1.1\r\n" HOST "Connection: keep-alive, Upgrade\r\n"
		    "Upgrade: websocket\r\n\r\n", 0 },
		{ DIR_DOWN, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n"
		    "Sec-WebSocket-Extensions: permessage-deflate; a=1\r\n\r\n", 0 },
		{ DIR_DOWN, "frames down", 0 },
		{ DIR_UP, "GET / frames up", 0 },
	};
	struct outcome outcome = talk_hold(said, 4, 0, 5, SIZE_MAX);

	(void)state;
	assert_non_null(strstr(outcome.log.data, "switch GET /chat host=a.example"));
	assert_non_null(strstr(outcome.log.data, "extensions 'permessage-deflate; a=1'\n"));
	assert_non_null(strstr(outcome.log.data, "websocket down 11\nwebsocket up 15\n"));
	assert_int_equal(outcome.out[DIR_UP].len, said_len(&said[0]) + 15);
	assert_int_equal(outcome.out[DIR_DOWN].len, said_len(&said[1]) + 11);
	outcome_free(&outcome);
}

/* The client did not wait; its bytes belong to the protocol that comes. */
static void
switch_with_haste(void **state)
{
	static const struct said said[] = {
		{ DIR_UP, "GET /chat HTTP/1.1\r\n" HOST "Connection: upgrade\r\n"
		    "Upgrade: odd/1, other\r\n\r\nGET /not-http", 0 },
		{ DIR_DOWN, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 Ok\r\nUpgrade: other\r\n"
		    "\r\nbytes \x01", 0 },
		{ DIR_UP, "more", 0 },
		{ DIR_UP, NULL, 0 },
	};
	struct outcome outcome = TALK(said);

	(void)state;
	assert_int_equal(outcome.out[DIR_UP].len, said_len(&said[0]) + 4);
	assert_int_equal(outcome.out[DIR_DOWN].len, said_len(&said[1]));
	assert_int_equal(outcome.counts.requests, 1);
	assert_true(outcome.finish[DIR_UP]);
	outcome_free(&outcome);
}

/* The origin does not want to: it goes on in HTTP. */
static void
switch_declined(void **state)
{
	static const struct said said[] = {
		{ DIR_UP, "GET /chat HTTP/1.1\r\n" HOST "Upgrade: websocket\r\n\r\n"
		    "GET /next HTTP/1.1\r\n" HOST "\r\n", 0 },
		{ DIR_DOWN, OK_EMPTY, 0 },
		{ DIR_DOWN, OK_EMPTY, 0 },
	};
	struct outcome outcome = TALK(said);

	(void)state;
	arrived(&outcome, DIR_UP, said[0].text);
	arrived(&outcome, DIR_DOWN, OK_EMPTY OK_EMPTY);
	assert_int_equal(outcome.counts.requests, 2);
	outcome_free(&outcome);
}

static void
switch_unasked(void **state)
{
	static const struct said said[] = {
		{ DIR_UP, "GET /chat HTTP/1.1\r\n" HOST "Upgrade: websocket\r\n\r\n", 0 },
		{ DIR_DOWN, "HTTP/1.1 101 Ok\r\nUpgrade: h2c\r\n\r\nbytes", 0 },
	};
	struct outcome outcome = TALK(said);

	(void)state;
	assert_true(outcome.abort);
	assert_int_equal(outcome.out[DIR_DOWN].len, 0);
	outcome_free(&outcome);
}

static void
connect_tunnel(void **state)
{
	static const struct said said[] = {
		{ DIR_UP, "CONNECT a.example:443 HTTP/1.1\r\n" HOST "\r\n\x16\x03\x01", 0 },
		{ DIR_DOWN, "HTTP/1.1 200 Fine\r\nContent-Length: 3\r\n\r\nbytes", 0 },
		{ DIR_UP, "more", 0 },
	};
	struct outcome outcome = TALK(said);

	(void)state;
	assert_int_equal(outcome.out[DIR_UP].len, said_len(&said[0]) + 4);
	assert_int_equal(outcome.out[DIR_DOWN].len, said_len(&said[1]));
	outcome_free(&outcome);
}

/* Where an answer ends must be certain. */
static void
answers_refused(void **state)
{
	static const char *const bad[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\n",
		"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n",
		"HTTP/1.1 200 OK\nContent-Length: 1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nX: a\r\n folded\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\n",
		"HTTP/1.1 099 OK\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "ICY 200 OK\r\n\r\n",
		"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct said said[] = {
			{ DIR_UP, "GET / HTTP/1.1\r\n" HOST "\r\n", 0 },
			{ DIR_DOWN, bad[i], 0 },
		};
		struct outcome outcome = TALK(said);

		assert_true(outcome.abort);
		outcome_free(&outcome);
	}
}

/* Nothing of a connection between requests is kept but its state. */
static void
idle_memory(void **state)
{
	(void)state;
	assert_true(engine_http1.size < 400);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_get),
		cmocka_unit_test(chunks),
		cmocka_unit_test(pipelined),
		cmocka_unit_test(pipeline_limit),
		cmocka_unit_test(until_close),
		cmocka_unit_test(cut_answer),
		cmocka_unit_test(half_close),
		cmocka_unit_test(client_leaves),
		cmocka_unit_test(idle_close),
		cmocka_unit_test(unasked),
		cmocka_unit_test(interim_answers),
		cmocka_unit_test(early_answer),
		cmocka_unit_test(early_answer_and_close),
		cmocka_unit_test(switch_to_websocket),
		cmocka_unit_test(switch_with_haste),
		cmocka_unit_test(switch_declined),
		cmocka_unit_test(switch_unasked),
		cmocka_unit_test(connect_tunnel),
		cmocka_unit_test(answers_refused),
		cmocka_unit_test(idle_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
