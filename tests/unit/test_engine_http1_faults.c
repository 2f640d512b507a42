/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of HTTP/1.1 that two readers could read in two ways, or that are
 * too much: 400, counted, closed, and the origin gets nothing of them.
 */
#include "http1_kit.h"

/* One such head is answered so; the next request is not read. */
static void
refused(const char *head)
{
	const struct said said[] = {
		{ DIR_UP, head, 0 },
		{ DIR_UP, "GET /smuggled HTTP/1.1\r\n" HOST "\r\n", 0 },
	};
	struct outcome outcome = TALK(said);

	if (outcome.out[DIR_UP].len != 0 || outcome.counts.faults != 1)
		fail_msg("passed: %s", head);
	assert_int_equal(strncmp(outcome.out[DIR_DOWN].data, "HTTP/1.1 400 Bad Request\r\n", 26), 0);
	assert_non_null(strstr(outcome.out[DIR_DOWN].data, "\r\nConnection: close\r\n"));
	assert_true(outcome.finish[DIR_UP] && outcome.finish[DIR_DOWN] && !outcome.abort);
	assert_int_equal(outcome.counts.requests, 0);
	assert_int_equal(outcome.log.len, 0);
	outcome_free(&outcome);
}

#define POST "POST / HTTP/1.1\r\n" HOST
#define GET "GET / HTTP/1.1\r\n"

static void
lengths(void **state)
{
	static const char *const bad[] = {
		POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
		POST "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
		POST "Content-Length: 3\r\nContent-Length: 4\r\n\r\n",
		POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\n",
		POST "Content-Length: 3, 3\r\n\r\n",
		POST "Content-Length: +3\r\n\r\n",
		POST "Content-Length: -1\r\n\r\n",
		POST "Content-Length: 0x3\r\n\r\n",
		POST "Content-Length: 3 3\r\n\r\n",
		POST "Content-Length: 3;\r\n\r\n",
		POST "Content-Length:\r\n\r\n",
		POST "Content-Length: 1000000000000000000\r\n\r\n",
		POST "Content-Length: 18446744073709551619\r\n\r\n",
		POST "Transfer-Encoding: identity\r\n\r\n",
		POST "Transfer-Encoding: gzip\r\n\r\n",
		POST "Transfer-Encoding: chunked, gzip\r\n\r\n",
		POST "Transfer-Encoding: chunked, chunked\r\n\r\n",
		POST "Transfer-Encoding: gzip, gzip, chunked\r\n\r\n",
		POST "Transfer-Encoding: xchunked\r\n\r\n",
		POST "Transfer-Encoding: chunked;q=1\r\n\r\n",
		POST "Transfer-Encoding: \"chunked\"\r\n\r\n",
		POST "Transfer-Encoding: ,chunked\r\n\r\n",
		POST "Transfer-Encoding: chunked,\r\n\r\n",
		POST "Transfer-Encoding: other, chunked\r\n\r\n",
		POST "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
		POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
		POST "Transfer-Encoding: \x0b" "chunked\r\n\r\n",
		"POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n",
		"CONNECT a.example:443 HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused(bad[i]);
}

static void
lines(void **state)
{
	static const char *const bad[] = {
		"GET / HTTP/1.1\n" HOST "\r\n",
		GET "Host: a.example\n\r\n",
		GET HOST "\n",
		GET HOST "X: a\rb\r\n\r\n",
		GET HOST "X: a\r\r\n\r\n",
		GET HOST "X\r: a\r\n\r\n",
		GET HOST " folded\r\n\r\n",
		GET HOST "X: a\r\n\tfolded\r\n\r\n",
		GET HOST "X : a\r\n\r\n",
		GET HOST "X\t: a\r\n\r\n",
		GET HOST ": a\r\n\r\n",
		GET HOST "no colon\r\n\r\n",
		GET HOST "X(: a\r\n\r\n",
		GET HOST "X\x80: a\r\n\r\n",
		GET HOST "X: \x01\r\n\r\n",
		GET HOST "X: \x7f\r\n\r\n",
		GET " Host: a.example\r\n\r\n",
		"\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused(bad[i]);
}

static void
first_lines(void **state)
{
	static const char *const bad[] = {
		"GET  / HTTP/1.1\r\n" HOST "\r\n",
		"GET /  HTTP/1.1\r\n" HOST "\r\n",
		"GET / HTTP/1.1 \r\n" HOST "\r\n",
		" GET / HTTP/1.1\r\n" HOST "\r\n",
		"GET\t/ HTTP/1.1\r\n" HOST "\r\n",
		"GET / a HTTP/1.1\r\n" HOST "\r\n",
		"GET /\r\n" HOST "\r\n",
		"GET /a\x7f HTTP/1.1\r\n" HOST "\r\n",
		"GET / HTTP/1.2\r\n" HOST "\r\n",
		"GET / HTTP/1.11\r\n" HOST "\r\n",
		"GET / http/1.1\r\n" HOST "\r\n",
		"PRI * HTTP/2.0\r\n\r\n",
		"G(T / HTTP/1.1\r\n" HOST "\r\n",
		" / HTTP/1.1\r\n" HOST "\r\n",
		"GET * HTTP/1.1\r\n" HOST "\r\n",
		"GET a.example HTTP/1.1\r\n" HOST "\r\n",
		"GET ftp://a.example/ HTTP/1.1\r\n" HOST "\r\n",
		"CONNECT a.example HTTP/1.1\r\n" HOST "\r\n",
		"CONNECT /a:1 HTTP/1.1\r\n" HOST "\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused(bad[i]);
}

static void
hosts(void **state)
{
	static const char *const bad[] = {
		GET "\r\n",
		GET HOST HOST "\r\n",
		"GET / HTTP/1.0\r\n" HOST HOST "\r\n",
		GET "Host: a.example, b.example\r\n\r\n",
		GET "Host: a.example/x\r\n\r\n",
		GET "Host: user@a.example\r\n\r\n",
		GET "Host: a b\r\n\r\n",
		"GET https://b.example/ HTTP/1.1\r\n" HOST "\r\n",
		"GET http://a.example@b.example/ HTTP/1.1\r\n" HOST "\r\n",
		"GET https://a.example:444/ HTTP/1.1\r\n" HOST "\r\n",
		"GET https:// HTTP/1.1\r\n" HOST "\r\n",
		"GET http://a.example/ HTTP/1.0\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused(bad[i]);
}

static void
hosts_that_agree(void **state)
{
	static const char *const good[] = {
		"GET https://A.example/ HTTP/1.1\r\n" HOST "\r\n",
		"GET HTTPS://a.example:443 HTTP/1.1\r\n" HOST "\r\n",
		"GET https://a.example?x HTTP/1.1\r\nHost: a.example:443\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n\r\n",
		"GET / HTTP/1.0\r\n\r\n",
		"M-SEARCH /x://y HTTP/1.1\r\n" HOST "\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const struct said said[] = { { DIR_UP, good[i], 0 } };
		struct outcome outcome = TALK(said);

		arrived(&outcome, DIR_UP, good[i]);
		assert_int_equal(outcome.counts.faults, 0);
		outcome_free(&outcome);
	}
}

/* NUL, which no text above can hold. */
static void
nul(void **state)
{
	static const char head[] = "GET / HTTP/1.1\r\nHost: a.example\r\nX: \0\r\n\r\n";
	const struct said said[] = { { DIR_UP, head, sizeof(head) - 1 } };
	struct outcome outcome = TALK(said);

	(void)state;
	assert_int_equal(outcome.out[DIR_UP].len, 0);
	assert_int_equal(outcome.counts.faults, 1);
	outcome_free(&outcome);
}

/* A head of so many fields of so many bytes each, whole or byte by byte. */
static bool
head_passes(size_t fields, size_t each, size_t piece)
{
	struct bytes head = { 0 };
	struct scene scene;
	bool passed;

	bytes_print(&head, GET HOST);
	for (size_t i = 0; i < fields; i++)
		bytes_print(&head, "X: %0*d\r\n", (int)each - 5, 0);
	bytes_print(&head, "\r\n");
	scene_init(&scene, &engine_http1);
	scene_say(&scene, DIR_UP, head.data, head.len, piece);
	passed = scene.out[DIR_UP].len == head.len && scene.counts.faults == 0;
	assert_true(passed || (scene.out[DIR_UP].len == 0 && scene.counts.faults == 1));
	scene_fini(&scene);
	free(head.data);
	return passed;
}

static void
too_much(void **state)
{
	static const size_t pieces[] = { SIZE_MAX, 1, 1000 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_true(head_passes(1, 16384 + 2, pieces[i]));
		assert_false(head_passes(1, 16384 + 3, pieces[i]));
		assert_true(head_passes(199, 100, pieces[i]));
		assert_false(head_passes(200, 100, pieces[i]));
		assert_true(head_passes(6, 10900, pieces[i]));
		assert_false(head_passes(6, 10960, pieces[i]));
	}
}

#define CHUNKED "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
#define HELD "POST /watched HTTP/1.1\r\n" HOST "Accept: application/json\r\n" \
	"Transfer-Encoding: chunked\r\n\r\n"

static const char *const bad_chunks[] = {
	"x\r\n", "\r\n", ";a\r\n", " 1\r\na\r\n", "1 \r\na\r\n", "1\t;a\r\na\r\n", "0x1\r\na\r\n",
	"-1\r\na\r\n", "1\na\r\n", "1\r\nab\r\n", "1\r\na\n0\r\n\r\n", "1\r\na\r0\r\n\r\n",
	"1;a\nb\r\na\r\n", "1;a\rb\r\na\r\n", "1;a\x01\r\na\r\n", "1000000000000000\r\n",
	"0\r\nX: a\n\r\n", "0\r\n folded\r\n\r\n", "0\r\nX : a\r\n\r\n", "0\r\nX: \x02\r\n\r\n",
	"0\r\nno colon\r\n\r\n", "0\r\n\n", "1\r\na\r\n\r\n",
};

/* A held request with such a chunk has never been; another is cut short. */
static void
chunks(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_chunks) / sizeof(bad_chunks[0]); i++) {
		const struct said held[] = {
			{ DIR_UP, HELD, 0 }, { DIR_UP, bad_chunks[i], 0 }
		}, passed[] = {
			{ DIR_UP, CHUNKED, 0 }, { DIR_UP, bad_chunks[i], 0 }
		};
		struct outcome outcome = TALK(held);

		assert_int_equal(outcome.out[DIR_UP].len, 0);
		assert_int_equal(outcome.counts.faults, 1);
		assert_non_null(strstr(outcome.out[DIR_DOWN].data, "{\"error\":\"bad_request\""));
		assert_true(outcome.finish[DIR_UP] && outcome.finish[DIR_DOWN]);
		assert_non_null(strstr(outcome.log.data, "cut log"));
		outcome_free(&outcome);
		outcome = talk_hold(passed, 2, 2, 0, 1);
		assert_int_equal(outcome.counts.faults, 1);
		assert_non_null(strstr(outcome.out[DIR_DOWN].data, "HTTP/1.1 400 "));
		assert_null(strstr(outcome.out[DIR_UP].data, "\r\n0\r\n\r\n"));
		assert_true(outcome.finish[DIR_UP] && outcome.cut[DIR_UP]);
		outcome_free(&outcome);
	}
}

/* Lines of chunks and trailers have their limits too. */
static void
chunk_limits(void **state)
{
	struct bytes text = { 0 };

	(void)state;
	bytes_print(&text, CHUNKED "1;%05000d\r\na\r\n0\r\n\r\n", 0);
	for (int turn = 0; turn < 3; turn++) {
		struct scene scene;

		scene_init(&scene, &engine_http1);
		scene_say(&scene, DIR_UP, text.data, text.len, turn == 0 ? SIZE_MAX : 100);
		assert_int_equal(scene.counts.faults, 1);
		scene_fini(&scene);
		text.len = 0;
		bytes_print(&text, CHUNKED "0\r\n");
		for (int i = 0; i < (turn == 0 ? 201 : 5); i++)
			bytes_print(&text, "X: %0*d\r\n", turn == 0 ? 1 : 16000, 0);
		bytes_print(&text, "\r\n");
	}
	free(text.data);
}

/* The 400 comes after the answers to the requests before it. */
static void
in_its_turn(void **state)
{
	static const struct said said[] = {
		{ DIR_UP, GET HOST "\r\n" "GET / HTTP/1.1\r\n\r\n" GET HOST "\r\n", 0 },
		{ DIR_DOWN, OK_EMPTY, 0 },
	};
	struct outcome outcome = TALK(said);

	(void)state;
	arrived(&outcome, DIR_UP, GET HOST "\r\n");
	assert_memory_equal(outcome.out[DIR_DOWN].data, OK_EMPTY "HTTP/1.1 400 ",
	    strlen(OK_EMPTY) + 13);
	assert_int_equal(outcome.counts.requests, 1);
	outcome_free(&outcome);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths),
		cmocka_unit_test(lines),
		cmocka_unit_test(first_lines),
		cmocka_unit_test(hosts),
		cmocka_unit_test(hosts_that_agree),
		cmocka_unit_test(nul),
		cmocka_unit_test(too_much),
		cmocka_unit_test(chunks),
		cmocka_unit_test(chunk_limits),
		cmocka_unit_test(in_its_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
