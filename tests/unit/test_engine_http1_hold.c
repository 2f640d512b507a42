/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hold until judged, over HTTP/1.1: a stopped upload leaves not one byte at
 * the origin, a harmless one arrives as it was, and the connection lives on.
 */
#include "http1_kit.h"

static void
stopped(void **state)
{
	char *bad = upload("/watched", 20, 300, "Accept: text/html\r\n");
	const struct said said[] = {
		{ DIR_UP, bad, 0 },
		{ DIR_UP, "GET /next HTTP/1.1\r\n" HOST "\r\n", 0 },
		{ DIR_DOWN, OK_EMPTY, 0 },
	};
	struct outcome outcome = TALK(said);
	const char *down = outcome.out[DIR_DOWN].data;

	(void)state;
	/* The origin sees the next request alone, the client both answers. */
	arrived(&outcome, DIR_UP, said[1].text);
	assert_int_equal(strncmp(down, "HTTP/1.1 403 Forbidden\r\n"
	    "Content-Type: text/html; charset=utf-8\r\nContent-Language: nl\r\n"
	    "Content-Length: ", 96), 0);
	assert_non_null(strstr(down, "\r\nCache-Control: no-store\r\n\r\n<!doctype html>"));
	assert_non_null(strstr(down, "no-books"));
	assert_null(strstr(down, "Connection: close"));
	assert_string_equal(down + outcome.out[DIR_DOWN].len - strlen(OK_EMPTY), OK_EMPTY);
	assert_int_equal(outcome.counts.requests, 2);
	assert_int_equal(outcome.counts.blocked, 1);
	assert_non_null(strstr(outcome.log.data, "end block people=20 fed=300\n"
	    "free forwarded=0 answer=0\n"));
	assert_false(outcome.finish[DIR_UP] || outcome.finish[DIR_DOWN]);
	outcome_free(&outcome);
	free(bad);
}

static void
harmless(void **state)
{
	static const struct said said[] = {
		{ DIR_UP, WATCHED "Transfer-Encoding: chunked\r\n\r\n"
		    "3;x\r\na#b\r\n1\r\n#\r\n0\r\nT: r\r\n\r\n", 0 },
		{ DIR_DOWN, OK_EMPTY, 0 },
		{ DIR_UP, "HEAD / HTTP/1.1\r\n" HOST "\r\n", 0 },
	};
	struct outcome outcome = TALK(said);
	struct bytes up = { 0 };

	(void)state;
	bytes_print(&up, "%s%s", said[0].text, said[2].text);
	bytes_same(&outcome.out[DIR_UP], &up);
	assert_non_null(strstr(outcome.log.data, "end log people=2 fed=4\n"
	    "free forwarded=0 answer=38\n"));
	assert_int_equal(outcome.counts.blocked, 0);
	free(up.data);
	outcome_free(&outcome);
}

/* Not one byte leaves before the last one has come. */
static void
nothing_early(void **state)
{
	char *good = upload("/watched", 3, 5000, "");
	struct scene scene;

	(void)state;
	scene_init(&scene, &engine_http1);
	scene_say(&scene, DIR_UP, good, strlen(good) - 1, 700);
	assert_int_equal(scene.out[DIR_UP].len, 0);
	assert_true(hold_pool_memory(scene.home.holds) >= 5000);
	scene_say(&scene, DIR_UP, good + strlen(good) - 1, 1, 1);
	assert_string_equal(scene.out[DIR_UP].data, good);
	assert_int_equal(hold_pool_memory(scene.home.holds), 0);
	scene_fini(&scene);
	free(good);
}

/* A 403 waits for the answers to requests before it; what follows goes on. */
static void
in_its_turn(void **state)
{
	char *bad = upload("/watched", 20, 40, "");
	struct bytes up = { 0 };
	struct outcome outcome;

	(void)state;
	bytes_print(&up, "GET /1 HTTP/1.1\r\n" HOST "\r\n%sGET /2 HTTP/1.1\r\n" HOST "\r\n", bad);
	{
		const struct said said[] = {
			{ DIR_UP, up.data, 0 },
			{ DIR_DOWN, "HTTP/1.1 200 One\r\nContent-Length: 0\r\n\r\n", 0 },
			{ DIR_DOWN, "HTTP/1.1 200 Two\r\nContent-Length: 0\r\n\r\n", 0 },
		};

		outcome = TALK(said);
		arrived(&outcome, DIR_UP, "GET /1 HTTP/1.1\r\n" HOST "\r\n"
		    "GET /2 HTTP/1.1\r\n" HOST "\r\n");
		assert_memory_equal(outcome.out[DIR_DOWN].data, said[1].text, said_len(&said[1]));
		assert_memory_equal(outcome.out[DIR_DOWN].data + said_len(&said[1]),
		    "HTTP/1.1 403 ", 13);
		assert_non_null(strstr(outcome.out[DIR_DOWN].data, "HTTP/1.1 200 Two"));
	}
	outcome_free(&outcome);
	free(up.data);
	free(bad);
}

/* A client that will not go on, or is of version 1.0, is told that we close. */
static void
stopped_and_closed(void **state)
{
	char *bad = upload("/watched", 20, 40, "Connection: close\r\n");
	const struct said said[] = { { DIR_UP, bad, 0 }, { DIR_UP, "GET", 0 } };
	struct outcome outcome = TALK(said);

	(void)state;
	assert_int_equal(outcome.out[DIR_UP].len, 0);
	assert_non_null(strstr(outcome.out[DIR_DOWN].data, "\r\nConnection: close\r\n"));
	assert_true(outcome.finish[DIR_UP] && outcome.finish[DIR_DOWN]);
	outcome_free(&outcome);
	free(bad);
}

/* We ask for a held body ourselves, and the origin's 100 is one too many. */
static void
expect_continue(void **state)
{
	static const struct said said[] = {
		{ DIR_UP, "GET /1 HTTP/1.1\r\n" HOST "\r\n" WATCHED
		    "Expect: 100-Continue\r\nContent-Length: 3\r\n\r\n", 0 },
		{ DIR_DOWN, OK_EMPTY, 0 },
		{ DIR_UP, "abc", 0 },
		{ DIR_DOWN, "HTTP/1.1 100 Continue\r\nX: origin\r\n\r\n"
		    "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 100 Again\r\n\r\n" OK_EMPTY, 0 },
	};
	struct outcome outcome = TALK(said);

	(void)state;
	arrived(&outcome, DIR_DOWN, OK_EMPTY "HTTP/1.1 100 Continue\r\n\r\n"
	    "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 100 Again\r\n\r\n" OK_EMPTY);
	assert_non_null(strstr(outcome.out[DIR_UP].data, "Expect: 100-Continue\r\n"));
	outcome_free(&outcome);
}

/* An origin that will not have the body gets none of it. */
static void
expect_declined(void **state)
{
	static const char declined[] = "HTTP/1.1 417 Too much\r\nContent-Length: 2\r\n\r\nno";
	static const struct said said[] = {
		{ DIR_UP, WATCHED "Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc"
		    "GET /2 HTTP/1.1\r\n" HOST "\r\n", 0 },
		{ DIR_DOWN, declined, 0 },
	};
	struct outcome outcome = TALK(said);

	(void)state;
	arrived(&outcome, DIR_UP, WATCHED "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
	assert_string_equal(outcome.out[DIR_DOWN].data + 25, declined);
	assert_true(outcome.finish[DIR_UP] && outcome.cut[DIR_UP]);
	assert_true(outcome.finish[DIR_DOWN] && !outcome.cut[DIR_DOWN]);
	outcome_free(&outcome);
}

/* One that says nothing is not waited for long. */
static void
expect_silence(void **state)
{
	static const char text[] = WATCHED "Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc"
	    "GET /2 HTTP/1.1\r\n" HOST "\r\n";
	struct scene scene;

	(void)state;
	scene_init(&scene, &engine_http1);
	scene_text(&scene, DIR_UP, text);
	assert_null(strstr(scene.out[DIR_UP].data, "abc"));
	assert_true(scene.dialog.paused[DIR_UP]);
	scene_wait(&scene, 900000);
	assert_null(strstr(scene.out[DIR_UP].data, "abc"));
	scene_wait(&scene, 200000);
	assert_string_equal(scene.out[DIR_UP].data, text);
	assert_false(scene.dialog.paused[DIR_UP]);
	/* Its 100 comes late, and is still one too many. */
	scene_text(&scene, DIR_DOWN, "HTTP/1.1 100 Late\r\n\r\n" OK_EMPTY OK_EMPTY);
	assert_string_equal(scene.out[DIR_DOWN].data,
	    "HTTP/1.1 100 Continue\r\n\r\n" OK_EMPTY OK_EMPTY);
	scene_fini(&scene);
}

static void
expect_and_stopped(void **state)
{
	char *bad = upload("/watched", 20, 40, "Expect: 100-continue\r\n");
	const struct said said[] = { { DIR_UP, bad, 0 } };
	struct outcome outcome = TALK(said);

	(void)state;
	assert_memory_equal(outcome.out[DIR_DOWN].data,
	    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 ", 38);
	assert_int_equal(outcome.out[DIR_UP].len, 0);
	outcome_free(&outcome);
	free(bad);
}

/* No memory to hold it: nothing leaves, and the client may come again. */
static void
no_memory(void **state)
{
	char *good = upload("/watched", 3, 40 * KIB, "");

	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		struct scene scene;

		scene_init(&scene, &engine_http1);
		hold_pool_free(scene.home.holds);
		scene.home.holds = hold_pool_new(20 * KIB, -1);
		fake.out_of_memory = turn == 1;
		scene_say(&scene, DIR_UP, good, strlen(good), 5000);
		assert_int_equal(scene.out[DIR_UP].len, 0);
		assert_memory_equal(scene.out[DIR_DOWN].data, "HTTP/1.1 503 ", 13);
		assert_non_null(strstr(scene.out[DIR_DOWN].data, "\r\nRetry-After: 30\r\n"));
		assert_true(scene.dialog.finish[DIR_UP] && scene.dialog.finish[DIR_DOWN]);
		assert_int_equal(scene.counts.refused, 1);
		scene_fini(&scene);
	}
	free(good);
}

/* The client leaves while its body is held: nothing of it goes. */
static void
client_leaves(void **state)
{
	char *bad = upload("/watched", 20, 100, "");
	struct scene scene;

	(void)state;
	for (size_t before = 0; before < 2; before++) {
		scene_init(&scene, &engine_http1);
		if (before)
			scene_text(&scene, DIR_UP, "GET / HTTP/1.1\r\n" HOST "\r\n");
		scene_say(&scene, DIR_UP, bad, strlen(bad) - 1, SIZE_MAX);
		scene_end(&scene, DIR_UP, false);
		assert_int_equal(scene.out[DIR_UP].len, before ? 35 : 0);
		assert_true(scene.dialog.finish[DIR_UP]);
		assert_int_equal(scene.dialog.finish[DIR_DOWN], !before);
		assert_non_null(strstr(fake.log.data, "cut "));
		scene_fini(&scene);
	}
	free(bad);
}

/* The origin closes while a body is held: the client must come again. */
static void
origin_leaves(void **state)
{
	char *good = upload("/watched", 3, 100, "");
	struct scene scene;

	(void)state;
	scene_init(&scene, &engine_http1);
	scene_say(&scene, DIR_UP, good, strlen(good) - 1, SIZE_MAX);
	scene_end(&scene, DIR_DOWN, false);
	assert_true(scene.dialog.finish[DIR_DOWN] && scene.dialog.finish[DIR_UP]);
	assert_int_equal(scene.out[DIR_DOWN].len, 0);
	assert_int_equal(hold_pool_memory(scene.home.holds), 0);
	scene_fini(&scene);
	free(good);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stopped),
		cmocka_unit_test(harmless),
		cmocka_unit_test(nothing_early),
		cmocka_unit_test(in_its_turn),
		cmocka_unit_test(stopped_and_closed),
		cmocka_unit_test(expect_continue),
		cmocka_unit_test(expect_declined),
		cmocka_unit_test(expect_silence),
		cmocka_unit_test(expect_and_stopped),
		cmocka_unit_test(no_memory),
		cmocka_unit_test(client_leaves),
		cmocka_unit_test(origin_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
