/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies of HTTP/1.1 that are longer than what is held, slower than we wait,
 * or without an end: what leaves was harmless, and memory stays bounded.
 */
#include "http1_kit.h"

/* Feeds an upload of len bytes whose people begin at `from`, 16 KiB at a time. */
static void
long_upload(struct scene *scene, size_t len, size_t from, size_t people)
{
	struct bytes text = { 0 };
	char *body = malloc(len + 1);

	memset(body, 'x', len);
	body[len] = '\0';
	for (size_t i = 0; i < people; i++)
		body[from + i * 10] = '#';
	bytes_print(&text, WATCHED "Content-Length: %zu\r\n\r\n%s", len, body);
	scene_say(scene, DIR_UP, text.data, text.len, 16 * KIB);
	/* What has left is the front of it. */
	assert_true(scene->out[DIR_UP].len <= text.len);
	if (scene->out[DIR_UP].len > 0)
		assert_memory_equal(scene->out[DIR_UP].data, text.data, scene->out[DIR_UP].len);
	free(body);
	free(text.data);
}

static size_t
people_out(const struct scene *scene)
{
	size_t people = 0;

	for (size_t i = 0; i < scene->out[DIR_UP].len; i++)
		people += scene->out[DIR_UP].data[i] == '#';
	return people;
}

/* Beyond the limit the front leaves while it is harmless, and the last part stays back. */
static void
over_the_limit(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene, &engine_http1);
	scene.settings.hold = 256 * 1024;
	long_upload(&scene, 1024 * KIB, 1000, 19);
	assert_int_equal(people_out(&scene), 19);
	assert_true(scene.out[DIR_UP].len > 1024 * KIB);
	assert_non_null(strstr(fake.log.data, "end log people=19 fed=1048576\n"));
	scene_text(&scene, DIR_DOWN, OK_EMPTY);
	assert_string_equal(scene.out[DIR_DOWN].data, OK_EMPTY);
	assert_false(scene.dialog.finish[DIR_DOWN]);
	scene_fini(&scene);
}

static void
over_the_limit_and_stopped(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene, &engine_http1);
	scene.settings.hold = 256 * 1024;
	long_upload(&scene, 1024 * KIB, 700 * KIB, 40);
	assert_int_equal(people_out(&scene), 0);
	assert_true(scene.out[DIR_UP].len > 100 * KIB);
	assert_true(scene.out[DIR_UP].len < 720 * KIB - DIALOG_HOLD_LAG);
	assert_memory_equal(scene.out[DIR_DOWN].data, "HTTP/1.1 403 ", 13);
	assert_non_null(strstr(scene.out[DIR_DOWN].data, "\r\nConnection: close\r\n"));
	/* The client hears a goodbye; the origin must see that something is missing. */
	assert_true(scene.dialog.finish[DIR_DOWN] && !scene.dialog.cut[DIR_DOWN]);
	assert_true(scene.dialog.finish[DIR_UP] && scene.dialog.cut[DIR_UP]);
	assert_non_null(strstr(fake.log.data, "cut block people="));
	assert_null(strstr(fake.log.data, "forwarded=0"));
	assert_int_equal(scene.counts.blocked, 1);
	scene_fini(&scene);
}

/* An origin that does not read makes the client wait, and memory stays bounded. */
static void
slow_origin(void **state)
{
	char *body = book(3, 900 * KIB);
	struct bytes text = { 0 };
	struct scene scene;
	size_t said = 0, most = 0;

	(void)state;
	bytes_print(&text, WATCHED "Content-Length: %zu\r\n\r\n%s", 900 * KIB, body);
	scene_init(&scene, &engine_http1);
	scene.settings.hold = 256 * 1024;
	scene.stuck[DIR_UP] = true;
	for (int turn = 0; said < text.len && turn < 10000; turn++) {
		size_t n = text.len - said < 16 * KIB ? text.len - said : 16 * KIB;

		if (scene.dialog.paused[DIR_UP]) {
			/* It reads a little now and then. */
			scene.home.now_us += 4 * 1000000;
			scene.stuck[DIR_UP] = false;
			scene_wait(&scene, 0);
			scene.stuck[DIR_UP] = true;
			continue;
		}
		scene_say(&scene, DIR_UP, text.data + said, n, n);
		said += n;
		if (hold_pool_memory(scene.home.holds) > most)
			most = hold_pool_memory(scene.home.holds);
		assert_true(evbuffer_get_length(scene.dialog.queue[DIR_UP]) <= DIALOG_QUEUE_HIGH);
	}
	assert_true(most <= 320 * KIB);
	scene.stuck[DIR_UP] = false;
	scene_drain(&scene);
	bytes_same(&scene.out[DIR_UP], &text);
	scene_fini(&scene);
	free(text.data);
	free(body);
}

/* A judged body that does not fit the queue goes on as there is room; the next request waits. */
static void
freed_by_and_by(void **state)
{
	char *good = upload("/watched", 3, 300 * KIB, "");
	struct bytes text = { 0 };
	struct scene scene;

	(void)state;
	bytes_print(&text, "%sGET /next HTTP/1.1\r\n" HOST "\r\n", good);
	scene_init(&scene, &engine_http1);
	scene.stuck[DIR_UP] = true;
	scene_say(&scene, DIR_UP, text.data, text.len, text.len);
	assert_true(evbuffer_get_length(scene.dialog.queue[DIR_UP]) == DIALOG_QUEUE_HIGH);
	assert_true(scene.dialog.paused[DIR_UP]);
	assert_int_equal(scene.counts.requests, 1);
	scene_end(&scene, DIR_UP, false);
	assert_false(scene.dialog.finish[DIR_UP]);
	scene.stuck[DIR_UP] = false;
	scene_drain(&scene);
	bytes_same(&scene.out[DIR_UP], &text);
	assert_int_equal(scene.counts.requests, 2);
	assert_true(scene.dialog.finish[DIR_UP] && !scene.dialog.cut[DIR_UP]);
	scene_fini(&scene);
	free(text.data);
	free(good);
}

/* A stream whose client waits for a word is let go as far as it was harmless. */
static void
silence(void **state)
{
	static const char head[] = WATCHED "Transfer-Encoding: chunked\r\n\r\n";
	struct scene scene;

	(void)state;
	scene_init(&scene, &engine_http1);
	scene_text(&scene, DIR_UP, head);
	scene_text(&scene, DIR_UP, "3\r\na#b\r\n");
	scene_wait(&scene, DIALOG_HOLD_IDLE_US / 2);
	scene_text(&scene, DIR_UP, "1\r\nc\r\n");
	scene_wait(&scene, DIALOG_HOLD_IDLE_US / 2);
	assert_int_equal(scene.out[DIR_UP].len, 0);
	scene_wait(&scene, DIALOG_HOLD_IDLE_US / 2);
	assert_int_equal(scene.out[DIR_UP].len, sizeof(head) - 1 + 14);
	/* The origin answers early, and the stream goes on, still judged. */
	scene_text(&scene, DIR_DOWN, "HTTP/1.1 103 Go on\r\n\r\n");
	assert_int_equal(scene.out[DIR_DOWN].len, 22);
	scene_text(&scene, DIR_UP, "4\r\nefgh\r\n");
	assert_int_equal(scene.out[DIR_UP].len, sizeof(head) - 1 + 14);
	scene_wait(&scene, DIALOG_HOLD_IDLE_US);
	assert_int_equal(scene.out[DIR_UP].len, sizeof(head) - 1 + 23);
	scene_text(&scene, DIR_UP, "14\r\n####################\r\n");
	scene_text(&scene, DIR_UP, "0\r\n\r\n");
	assert_memory_equal(scene.out[DIR_DOWN].data + 22, "HTTP/1.1 403 ", 13);
	assert_int_equal(scene.out[DIR_UP].len, sizeof(head) - 1 + 23);
	assert_true(scene.dialog.cut[DIR_UP]);
	scene_fini(&scene);
}

/* Whose length was told leaves whole or not at all, however slowly it comes. */
static void
silence_before_all(void **state)
{
	static const char head[] = WATCHED "Content-Length: 6\r\n\r\n";
	struct scene scene;

	(void)state;
	scene_init(&scene, &engine_http1);
	scene_text(&scene, DIR_UP, head);
	scene_text(&scene, DIR_UP, "a#b");
	for (int i = 0; i < 4; i++)
		scene_wait(&scene, DIALOG_HOLD_IDLE_US);
	assert_int_equal(scene.out[DIR_UP].len, 0);
	scene_text(&scene, DIR_UP, "#cd");
	assert_int_equal(scene.out[DIR_UP].len, sizeof(head) - 1 + 6);
	scene_fini(&scene);
}

static void
silence_after_too_many(void **state)
{
	char *bad = upload("/watched", 25, 400, "");
	struct scene scene;

	(void)state;
	scene_init(&scene, &engine_http1);
	scene_say(&scene, DIR_UP, bad, strlen(bad) - 10, SIZE_MAX);
	scene_wait(&scene, DIALOG_HOLD_IDLE_US);
	assert_int_equal(scene.out[DIR_UP].len, 0);
	assert_memory_equal(scene.out[DIR_DOWN].data, "HTTP/1.1 403 ", 13);
	/* The rest is dropped, and the connection lives on. */
	scene_text(&scene, DIR_UP, "xxxxxxxxxxGET / HTTP/1.1\r\n" HOST "\r\n");
	assert_string_equal(scene.out[DIR_UP].data, "GET / HTTP/1.1\r\n" HOST "\r\n");
	assert_false(scene.dialog.finish[DIR_DOWN]);
	scene_fini(&scene);
	free(bad);
}

/* A refused body that has no end ends the connection. */
static void
endless(void **state)
{
	static char more[1 << 20];
	struct scene scene;
	size_t drained = 0;

	(void)state;
	memset(more, 'x', sizeof(more));
	scene_init(&scene, &engine_http1);
	scene.settings.hold = 300 * 1024;
	scene_text(&scene, DIR_UP, "POST /watched HTTP/1.1\r\n" HOST
	    "Content-Length: 999999999999\r\n\r\n####################");
	/* Judged, refused, and still coming. */
	scene_wait(&scene, DIALOG_HOLD_IDLE_US);
	assert_memory_equal(scene.out[DIR_DOWN].data, "HTTP/1.1 403 ", 13);
	assert_false(scene.dialog.finish[DIR_DOWN]);
	for (; !scene.dialog.finish[DIR_DOWN] && drained < 100 << 20; drained += sizeof(more))
		scene_say(&scene, DIR_UP, more, sizeof(more), SIZE_MAX);
	assert_true(drained >= DIALOG_DRAIN_MAX && drained <= DIALOG_DRAIN_MAX + (2 << 20));
	assert_int_equal(scene.out[DIR_UP].len, 0);
	scene_fini(&scene);
}

/* The origin was quicker than the judge: its answer stands, and the rest does not go. */
static void
early_answer_then_stopped(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene, &engine_http1);
	scene_text(&scene, DIR_UP, WATCHED "Transfer-Encoding: chunked\r\n\r\n5a\r\nabc");
	scene_wait(&scene, DIALOG_HOLD_IDLE_US);
	assert_true(scene.out[DIR_UP].len > 0);
	scene_text(&scene, DIR_DOWN, OK_EMPTY);
	for (int i = 0; i < 87; i++)
		scene_say(&scene, DIR_UP, "#", 1, 1);
	scene_text(&scene, DIR_UP, "\r\n0\r\n\r\n");
	assert_string_equal(scene.out[DIR_DOWN].data, OK_EMPTY);
	assert_null(strchr(scene.out[DIR_UP].data, '#'));
	assert_true(scene.dialog.finish[DIR_UP] && scene.dialog.cut[DIR_UP]);
	assert_int_equal(scene.counts.blocked, 1);
	scene_fini(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(over_the_limit),
		cmocka_unit_test(over_the_limit_and_stopped),
		cmocka_unit_test(slow_origin),
		cmocka_unit_test(freed_by_and_by),
		cmocka_unit_test(silence),
		cmocka_unit_test(silence_before_all),
		cmocka_unit_test(silence_after_too_many),
		cmocka_unit_test(endless),
		cmocka_unit_test(early_answer_then_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
