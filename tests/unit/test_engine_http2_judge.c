/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/2 before the judge as it is: address books in several forms, cut in many
 * ways, are stopped before the origin hears of them; smaller ones arrive whole.
 */
#include "unit/asked_kit.h"
#include "unit/dialog_scene.h"

/* A frame that goes to the origin, by type; NULL after the last. */
static const uint8_t *
frame_next(const struct bytes *out, size_t *at, size_t *len)
{
	const uint8_t *frame = (const uint8_t *)out->data + *at;

	if (out->len - *at < 9)
		return NULL;
	*len = (size_t)frame[0] << 16 | (size_t)frame[1] << 8 | frame[2];
	*at += 9 + *len;
	assert_in_range(*at, 0, out->len);
	return frame;
}

/* What the origin heard of streams: bytes of DATA; HEADERS are counted. */
static struct text_kit
origin_hears(const struct bytes *out, unsigned *requests)
{
	struct text_kit body = { 0 };
	size_t at = 24, len;
	const uint8_t *frame;

	*requests = 0;
	if (out->len < at)
		return body;
	while ((frame = frame_next(out, &at, &len)) != NULL) {
		*requests += frame[3] == H2_HEADERS;
		if (frame[3] == H2_DATA)
			kit_bytes(&body, frame + 9, len);
	}
	return body;
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
	{ book_json, "application/json", NULL },
	{ book_vcard, "text/vcard", NULL },
	{ book_form, "application/x-www-form-urlencoded", NULL },
	{ book_gzip, "application/json; charset=utf-8", "gzip" },
};
#define FORMS (sizeof(forms) / sizeof(forms[0]))

struct door {
	struct bench bench;
	struct scene scene;
};

static void
door_open(struct door *door)
{
	bench_init(&door->bench, ASKED_POLICY, true, ASKED_HOST);
	judge_opened(door->bench.judge, &door->bench.flow);
	scene_open(&door->scene, &engine_http2);
	door->scene.home.judge = door->bench.judge;
	door->scene.home.now_us = door->bench.now_us;
	door->scene.dialog.flow = &door->bench.flow;
	/* The origin's preface. */
	scene_say(&door->scene, DIR_DOWN, "\0\0\0\4\0\0\0\0\0", 9, 9);
}

static void
door_close(struct door *door)
{
	scene_close(&door->scene);
	bench_end(&door->bench);
	bench_fini(&door->bench);
}

static void
one_upload(const struct form *form, int count, size_t frame, size_t piece)
{
	const struct h2_request request = { .path = "/sync", .host = ASKED_HOST,
		.type = form->type, .encoding = form->encoding };
	struct text_kit body = form->make(1, count), arrived;
	struct door door;
	unsigned requests;
	struct h2 h2;

	h2_init(&h2);
	h2_headers(&h2, 1, 0, &request);
	h2_body(&h2, 1, body.data, body.len, frame);
	door_open(&door);
	scene_say(&door.scene, DIR_UP, h2.up.data, h2.up.len, piece);
	arrived = origin_hears(&door.scene.out[DIR_UP], &requests);
	assert_int_equal(requests, count < 20);
	assert_int_equal(arrived.len, count < 20 ? body.len : 0);
	if (count < 20)
		assert_memory_equal(arrived.data, body.data, body.len);
	assert_int_equal(door.scene.counts.blocked, count >= 20);
	scene_end(&door.scene, DIR_UP, false);
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
	kit_free(&arrived);
	kit_free(&body);
	h2_fini(&h2);
}

static void
books_are_stopped(void **state)
{
	static const int counts[] = { 2, 5, 20, 60, 500 };
	static const size_t cuts[] = { 7, 100, 16384 };

	(void)state;
	for (size_t f = 0; f < FORMS; f++)
		for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++)
			for (size_t k = 0; k < 3; k++)
				one_upload(&forms[f], counts[c], cuts[k], cuts[2 - k]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(books_are_stopped) };

	return cmocka_run_group_tests_name("engine_http2_judge", tests, rules_up, rules_down);
}
