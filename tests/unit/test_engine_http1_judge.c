/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.1 before the judge as it is: address books in several forms are
 * stopped before their first byte leaves, and what passes gives the same event
 * as a capture of the same bytes.
 */
#include "unit/asked_kit.h"
#include "unit/dialog_scene.h"

#include "proxy/websocket.h"

#define OK "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok"

/* No connection here becomes a WebSocket. */
const struct engine engine_websocket = { .name = "websocket" };

void
websocket_switch_init(void *state, const void *arg)
{
	(void)state, (void)arg;
	abort();
}

struct door {
	struct bench bench;
	struct scene scene;
};

static void
door_open(struct door *door, const char *host)
{
	bench_init(&door->bench, ASKED_POLICY, true, host);
	judge_opened(door->bench.judge, &door->bench.flow);
	scene_open(&door->scene, &engine_http1);
	door->scene.home.judge = door->bench.judge;
	door->scene.home.now_us = door->bench.now_us;
	door->scene.dialog.flow = &door->bench.flow;
}

static void
door_close(struct door *door)
{
	scene_close(&door->scene);
	bench_end(&door->bench);
	bench_fini(&door->bench);
}

static struct text_kit
book_gzip(int first, int count)
{
	return kit_gzip(book_json(first, count));
}

static const struct form {
	struct text_kit (*make)(int first, int count);
	const char *type, *encoding;
} forms[] = {
	{ book_json, "application/json", "" },
	{ book_vcard, "text/vcard", "" },
	{ book_form, "application/x-www-form-urlencoded", "" },
	{ book_gzip, "application/json", "Content-Encoding: gzip\r\n" },
};

/* A request with such a body: with its length, or in chunks of so many bytes. */
static struct text_kit
request_of(const struct form *form, int count, size_t chunk, const char *host)
{
	struct text_kit body = form->make(1, count), kit = { 0 };

	kit_add(&kit, "POST /sync HTTP/1.1\r\nHost: %s\r\nContent-Type: %s; charset=utf-8\r\n%s",
	    host, form->type, form->encoding);
	if (chunk == 0) {
		kit_add(&kit, "Content-Length: %zu\r\n\r\n", body.len);
		kit_bytes(&kit, body.data, body.len);
	} else {
		kit_add(&kit, "Transfer-Encoding: chunked\r\n\r\n");
		for (size_t at = 0; at < body.len; at += chunk) {
			size_t n = body.len - at < chunk ? body.len - at : chunk;

			kit_add(&kit, "%zx;x\r\n", n);
			kit_bytes(&kit, body.data + at, n);
			kit_add(&kit, "\r\n");
		}
		kit_add(&kit, "0\r\nX-End: 1\r\n\r\n");
	}
	kit_free(&body);
	return kit;
}

static void
one_upload(const struct form *form, int count, size_t chunk, size_t piece)
{
	struct text_kit request = request_of(form, count, chunk, ASKED_HOST);
	struct door door;

	door_open(&door, ASKED_HOST);
	scene_say(&door.scene, DIR_UP, request.data, request.len, piece);
	if (count >= 20) {
		assert_int_equal(door.scene.out[DIR_UP].len, 0);
		assert_memory_equal(door.scene.out[DIR_DOWN].data, "HTTP/1.1 403 ", 13);
		assert_int_equal(door.scene.counts.blocked, 1);
	} else {
		assert_int_equal(door.scene.out[DIR_UP].len, request.len);
		assert_memory_equal(door.scene.out[DIR_UP].data, request.data, request.len);
		scene_say(&door.scene, DIR_DOWN, OK, strlen(OK), piece);
	}
	judge_tick(door.bench.judge, &door.bench.flow, door.bench.now_us + 70 * SECOND);
	assert_int_equal(door.bench.told.count, count >= 20);
	if (count >= 20) {
		const struct event_upload *event = &door.bench.told.events[0];

		assert_int_equal(event->upload.contacts.best, count);
		assert_int_equal(event->verdict.action, ACTION_BLOCK);
		assert_true(event->verdict.enforced);
		assert_string_equal(event->verdict.rule, "stop");
		assert_int_equal(event->bytes_forwarded, 0);
	}
	door_close(&door);
	kit_free(&request);
}

static void
stopped_or_passed(void **state)
{
	static const int counts[] = { 1, 19, 20, 240 };
	static const size_t chunks[] = { 0, 7, 1000 }, pieces[] = { SIZE_MAX, 1, 1200 };

	(void)state;
	for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++)
		for (size_t i = 0; i < 4; i++)
			for (size_t c = 0; c < 9; c++)
				one_upload(&forms[f], counts[i], chunks[c / 3], pieces[c % 3]);
}

/* The same bytes, replayed from a capture of what the origin saw. */
static void
parity(void **state)
{
	(void)state;
	for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
		struct text_kit request = request_of(&forms[f], 60, f % 2 ? 100 : 0,
		    "sync.example.org");
		struct bench wire;
		struct door door;

		door_open(&door, "sync.example.org");
		scene_say(&door.scene, DIR_UP, request.data, request.len, 1000);
		scene_say(&door.scene, DIR_DOWN, OK, strlen(OK), SIZE_MAX);
		bench_init(&wire, ASKED_POLICY, false, "sync.example.org");
		judge_opened(wire.judge, &wire.flow);
		bench_say(&wire, DIR_UP, door.scene.out[DIR_UP].data,
		    door.scene.out[DIR_UP].len);
		bench_say(&wire, DIR_DOWN, OK, strlen(OK));
		bench_end(&wire);
		scene_close(&door.scene);
		bench_end(&door.bench);
		assert_int_equal(door.bench.told.count, 1);
		assert_int_equal(wire.told.count, 1);
		assert_same_event(&door.bench.told.events[0], &wire.told.events[0]);
		assert_int_equal(door.bench.told.events[0].upload.contacts.best, 60);
		bench_fini(&door.bench);
		bench_fini(&wire);
		kit_free(&request);
	}
}

/* Cards put one by one: the twentieth stays here, and the connection lives on. */
static void
card_by_card(void **state)
{
	struct door door;

	(void)state;
	door_open(&door, ASKED_HOST);
	for (int i = 1; i <= 25; i++) {
		struct text_kit card = book_vcard(i, 1), request = { 0 };
		size_t before = door.scene.out[DIR_UP].len;

		kit_add(&request, "PUT /dav/%d.vcf HTTP/1.1\r\nHost: " ASKED_HOST "\r\n"
		    "Content-Type: text/vcard\r\nContent-Length: %zu\r\n\r\n", i, card.len);
		kit_bytes(&request, card.data, card.len);
		scene_say(&door.scene, DIR_UP, request.data, request.len, 50);
		assert_int_equal(door.scene.out[DIR_UP].len - before, i < 20 ? request.len : 0);
		if (i < 20)
			scene_say(&door.scene, DIR_DOWN, OK, strlen(OK), SIZE_MAX);
		kit_free(&card);
		kit_free(&request);
	}
	assert_int_equal(door.scene.counts.blocked, 6);
	assert_false(door.scene.dialog.finish[DIR_DOWN]);
	door_close(&door);
}

/* Beyond the limit: what leaves has fewer people than the rule allows. */
static void
over_the_limit(void **state)
{
	(void)state;
	for (int filler = 0; filler < 2; filler++) {
		struct text_kit body = { 0 }, cards = book_vcard(1, 5000), request = { 0 };
		struct door door;
		size_t people = 0;

		while (filler && body.len < (size_t)600 << 10)
			kit_add(&body, "X-NOTE:nothing that tells of anybody\r\n");
		kit_bytes(&body, cards.data, cards.len);
		kit_add(&request, "POST /sync HTTP/1.1\r\nHost: " ASKED_HOST "\r\n"
		    "Content-Type: text/vcard\r\nContent-Length: %zu\r\n\r\n", body.len);
		kit_bytes(&request, body.data, body.len);
		door_open(&door, ASKED_HOST);
		door.scene.settings.hold = 300 << 10;
		scene_say(&door.scene, DIR_UP, request.data, request.len, 16384);
		for (size_t at = 0; at + 4 < door.scene.out[DIR_UP].len; at++)
			people += memcmp(door.scene.out[DIR_UP].data + at, "TEL;", 4) == 0;
		assert_true(people < 20);
		assert_int_equal(door.scene.out[DIR_UP].len > 0, filler);
		assert_memory_equal(door.scene.out[DIR_DOWN].data, "HTTP/1.1 403 ", 13);
		assert_true(door.scene.dialog.finish[DIR_UP] == filler);
		scene_close(&door.scene);
		bench_end(&door.bench);
		assert_int_equal(door.bench.told.count, 1);
		assert_int_equal(door.bench.told.events[0].bytes_forwarded > 0, filler);
		bench_fini(&door.bench);
		kit_free(&body);
		kit_free(&cards);
		kit_free(&request);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stopped_or_passed),
		cmocka_unit_test(parity),
		cmocka_unit_test(card_by_card),
		cmocka_unit_test(over_the_limit),
	};

	return cmocka_run_group_tests(tests, rules_up, rules_down);
}
