/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WebSocket before the judge as it is: a message with an address book is stopped
 * before its first byte leaves, plain or compressed, in fragments or whole.
 */
#include "unit/asked_kit.h"
#include "unit/dialog_scene.h"
#include "unit/websocket_kit.h"

#include "proxy/websocket.h"

struct door {
	struct bench bench;
	struct scene scene;
};

static void
door_open(struct door *door, const char *extensions)
{
	const struct websocket_switch begin = {
		{ .method = "GET", .target = "/ws", .host = ASKED_HOST, .media_type = "",
		  .encoding = "", .transfer = "", .messages = "" }, extensions
	};

	bench_init(&door->bench, ASKED_POLICY, true, ASKED_HOST);
	judge_opened(door->bench.judge, &door->bench.flow);
	scene_open(&door->scene, &engine_bytes);
	door->scene.home.judge = door->bench.judge;
	door->scene.home.now_us = door->bench.now_us;
	door->scene.dialog.flow = &door->bench.flow;
	assert_true(dialog_switch(&door->scene.dialog, &engine_websocket, websocket_switch_init,
	    &begin));
}

static void
door_close(struct door *door)
{
	scene_close(&door->scene);
	bench_end(&door->bench);
}

/* One message between two harmless ones. */
static void
one_message(int count, bool packed, size_t fragment, size_t piece)
{
	struct text_kit book = json_book(1, count), up = { 0 };
	struct ws_packer packer;
	struct door door;
	size_t before;

	if (packed) {
		struct text_kit small;

		ws_packer_init(&packer, 15, false);
		small = ws_pack(&packer, book.data, book.len);
		kit_free(&book);
		book = small;
		deflateEnd(&packer.stream);
	}
	ws_frame(&up, WS_FIN | WS_TEXT, "hello", 5);
	before = up.len;
	ws_message(&up, (uint8_t)(WS_TEXT | (packed ? WS_DEFLATED : 0)), book.data, book.len,
	    fragment);
	door_open(&door, packed ? "permessage-deflate" : "");
	scene_say(&door.scene, DIR_UP, up.data, up.len, piece);
	assert_memory_equal(door.scene.out[DIR_UP].data, up.data, before);
	if (count < 20) {
		/* Pings overtake fragments, so all has arrived, if in another order. */
		assert_int_equal(door.scene.out[DIR_UP].len, up.len);
		assert_int_equal(door.scene.counts.blocked, 0);
	} else {
		size_t at = before;

		/* Pings, then goodbye. */
		while ((uint8_t)door.scene.out[DIR_UP].data[at] == (WS_FIN | WS_PING))
			at += 2 + 4 + 4;
		assert_int_equal((uint8_t)door.scene.out[DIR_UP].data[at], WS_FIN | WS_CLOSE);
		assert_int_equal(door.scene.out[DIR_UP].len, at + 8);
		assert_int_equal((uint8_t)door.scene.out[DIR_DOWN].data[0], WS_FIN | WS_CLOSE);
		assert_int_equal(door.scene.counts.blocked, 1);
	}
	door_close(&door);
	assert_int_equal(door.bench.told.count, count >= 20);
	if (count >= 20) {
		assert_int_equal(door.bench.told.events[0].verdict.action, ACTION_BLOCK);
		assert_true(door.bench.told.events[0].verdict.enforced);
		assert_int_equal(door.bench.told.events[0].bytes_forwarded, 0);
	}
	bench_fini(&door.bench);
	kit_free(&book);
	kit_free(&up);
}

static void
books_are_stopped(void **state)
{
	static const int counts[] = { 5, 20, 60, 500 };
	static const size_t cuts[] = { 9, 100, 100000 };

	(void)state;
	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++)
		for (size_t k = 0; k < 9; k++)
			for (int packed = 0; packed < 2; packed++)
				one_message(counts[c], packed, cuts[k / 3], cuts[k % 3]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(books_are_stopped) };

	return cmocka_run_group_tests_name("engine_websocket_judge", tests, rules_up, rules_down);
}
