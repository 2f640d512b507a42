/* SPDX-License-Identifier: Apache-2.0 */
/* The WebSocket engine: frames pass untouched, messages are held until judged. */
#include "websocket_scene.h"

static const size_t pieces[] = { 1, 2, 3, 7, 100, 4096, 1 << 20 };
#define PIECES (sizeof(pieces) / sizeof(pieces[0]))

/* ---- what passes --------------------------------------------------------------------------- */

static void
harmless_passes(void **state)
{
	char *text = letter(70000, 3);

	(void)state;
	for (size_t i = 0; i < PIECES; i++)
		for (unsigned wants = 0; wants <= WANT_PLAIN; wants += WANT_PLAIN) {
			struct bytes up = { 0 }, down = { 0 };
			struct scene scene;

			begin_with(&scene, wants, "");
			frame(&up, DIR_UP, FIN | 1, "hello", 5);
			frame(&up, DIR_UP, 2, text, 200);
			frame(&up, DIR_UP, 0, text, 70000);
			frame(&up, DIR_UP, FIN, "", 0);
			frame(&up, DIR_UP, FIN | 9, "ping", 4);
			frame(&up, DIR_UP, FIN | 8, "\x03\xe8", 2);
			frame(&down, DIR_DOWN, FIN | 2, text, 70000);
			frame(&down, DIR_DOWN, FIN | 10, "ping", 4);
			frame(&down, DIR_DOWN, FIN | 8, "\x03\xe8", 2);
			scene_say(&scene, DIR_UP, up.data, up.len, pieces[i]);
			scene_say(&scene, DIR_DOWN, down.data, down.len, pieces[i]);
			same(&scene.out[DIR_UP], &up);
			same(&scene.out[DIR_DOWN], &down);
			assert_int_equal(asked.heard[DIR_UP], wants ? up.len : 0);
			assert_int_equal(asked.heard[DIR_DOWN], wants ? down.len : 0);
			scene_end(&scene, DIR_UP, false);
			scene_end(&scene, DIR_DOWN, false);
			assert_true(scene.dialog.finish[DIR_UP] && scene.dialog.finish[DIR_DOWN]);
			assert_false(scene.dialog.cut[DIR_UP] || scene.dialog.cut[DIR_DOWN]);
			scene_close(&scene);
			free(up.data);
			free(down.data);
		}
	free(text);
}

/* A control frame between fragments does not wait for them. */
static void
ping_overtakes(void **state)
{
	struct bytes up = { 0 }, wanted = { 0 };
	struct scene scene;

	(void)state;
	begin(&scene);
	frame(&up, DIR_UP, 1, "part", 4);
	frame(&up, DIR_UP, FIN | 9, "ping", 4);
	frame(&wanted, DIR_UP, FIN | 9, "ping", 4);
	scene_say(&scene, DIR_UP, up.data, up.len, 1);
	same(&scene.out[DIR_UP], &wanted);
	up.len = 0;
	frame(&up, DIR_UP, FIN, "end", 3);
	scene_say(&scene, DIR_UP, up.data, up.len, 1);
	frame(&wanted, DIR_UP, 1, "part", 4);
	frame(&wanted, DIR_UP, FIN, "end", 3);
	same(&scene.out[DIR_UP], &wanted);
	scene_close(&scene);
	free(up.data);
	free(wanted.data);
}

/* ---- what does not ----------------------------------------------------------------------------- */

static void
blocked_never_leaves(void **state)
{
	static const char reason[] =
	    "Gestopt: deze upload is in strijd met het beleid van de organisatie.";
	char *text = letter(50000, 20);

	(void)state;
	for (size_t i = 0; i < PIECES; i++) {
		struct bytes up = { 0 }, sent = { 0 }, told = { 0 };
		struct scene scene;

		begin(&scene);
		frame(&sent, DIR_UP, FIN | 1, "before", 6);
		bytes_add(&up, sent.data, sent.len);
		frame(&up, DIR_UP, 1, text, 25000);
		frame(&up, DIR_UP, 0, text + 25000, 20000);
		frame(&up, DIR_UP, FIN, text + 45000, 5000);
		frame(&up, DIR_UP, FIN | 1, "after", 5);
		scene_say(&scene, DIR_UP, up.data, up.len, pieces[i]);
		bytes_add(&sent, CLOSE_UP "\x03\xe9", 8);
		same(&scene.out[DIR_UP], &sent);
		bytes_add(&told, "\x88", 1);
		bytes_add(&told, (uint8_t[]){ sizeof(reason) - 1 + 2, 0x03, 0xf0 }, 3);
		bytes_add(&told, reason, sizeof(reason) - 1);
		same(&scene.out[DIR_DOWN], &told);
		assert_true(scene.dialog.finish[DIR_UP] && scene.dialog.finish[DIR_DOWN]);
		assert_int_equal(scene.counts.blocked, 1);
		assert_int_equal(scene.counts.faults, 0);
		assert_int_equal(asked.forwarded, 0);
		scene_close(&scene);
		free(up.data);
		free(sent.data);
		free(told.data);
	}
	free(text);
}

/* The goodbye waits for the end of a frame that the client is reading. */
static void
goodbye_between_frames(void **state)
{
	char *text = letter(100, 30);
	struct bytes up = { 0 }, down = { 0 };
	struct scene scene;

	(void)state;
	begin(&scene);
	frame(&down, DIR_DOWN, FIN | 1, text, 100);
	scene_say(&scene, DIR_DOWN, down.data, 50, 50);
	frame(&up, DIR_UP, FIN | 1, text, 100);
	scene_say(&scene, DIR_UP, up.data, up.len, 10);
	assert_int_equal(scene.out[DIR_DOWN].len, 50);
	assert_false(scene.dialog.finish[DIR_DOWN]);
	scene_say(&scene, DIR_DOWN, down.data + 50, down.len - 50, 10);
	assert_memory_equal(scene.out[DIR_DOWN].data, down.data, down.len);
	assert_int_equal((uint8_t)scene.out[DIR_DOWN].data[down.len], 0x88);
	assert_true(scene.dialog.finish[DIR_DOWN]);
	assert_false(scene.dialog.cut[DIR_DOWN]);
	scene_close(&scene);

	begin(&scene);
	scene_say(&scene, DIR_DOWN, down.data, 50, 50);
	scene_say(&scene, DIR_UP, up.data, up.len, 10);
	scene_wait(&scene, DIALOG_HOLD_IDLE_US);
	assert_true(scene.dialog.cut[DIR_DOWN]);
	scene_close(&scene);
	free(up.data);
	free(down.data);
	free(text);
}

/* ---- beyond the limit ---------------------------------------------------------------------------- */

#define LONG ((size_t)2 << 20)

static void
long_message(void **state)
{
	static const size_t marks[] = { 19, 24 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char *text = letter(LONG, marks[i]);
		struct bytes up = { 0 };
		struct scene scene;
		unsigned gone = 0;

		begin(&scene);
		scene.settings.hold = 1 << 20;
		frame(&up, DIR_UP, 2, text, LONG / 2);
		frame(&up, DIR_UP, FIN | 9, "ping", 4);
		frame(&up, DIR_UP, FIN, text + LONG / 2, LONG / 2);
		scene_say(&scene, DIR_UP, up.data, up.len - 10, 5000);
		assert_in_range(scene.out[DIR_UP].len, LONG / 2, LONG - DIALOG_HOLD_LAG + 100);
		scene_say(&scene, DIR_UP, up.data + up.len - 10, 10, 10);
		for (size_t at = 0; at < scene.out[DIR_UP].len; at++)
			gone += scene.out[DIR_UP].data[at] == '#';
		if (i == 0) {
			same(&scene.out[DIR_UP], &up);
		} else {
			/* In the middle of a frame nobody can say goodbye. */
			assert_true(scene.dialog.cut[DIR_UP]);
			assert_in_range(gone, 0, JUDGE_MANY - 1);
			assert_memory_equal(scene.out[DIR_UP].data, up.data, scene.out[DIR_UP].len);
			assert_int_equal(asked.forwarded, scene.out[DIR_UP].len);
			assert_int_equal((uint8_t)scene.out[DIR_DOWN].data[0], 0x88);
		}
		scene_close(&scene);
		free(up.data);
		free(text);
	}
}

/* A message that stands still goes as far as it was harmless. */
static void
silent_released(void **state)
{
	struct bytes up = { 0 };
	struct scene scene;

	(void)state;
	begin(&scene);
	frame(&up, DIR_UP, 1, "part", 4);
	scene_say(&scene, DIR_UP, up.data, up.len, 3);
	assert_int_equal(scene.out[DIR_UP].len, 0);
	scene_wait(&scene, DIALOG_HOLD_IDLE_US);
	same(&scene.out[DIR_UP], &up);
	frame(&up, DIR_UP, FIN, "end", 3);
	scene_say(&scene, DIR_UP, up.data + 10, up.len - 10, 3);
	same(&scene.out[DIR_UP], &up);
	scene_close(&scene);
	free(up.data);
}

/* An origin that takes nothing: what was judged waits, in order, and comes later. */
static void
slow_origin(void **state)
{
	char *text = letter(60000, 1);
	struct bytes up = { 0 };
	struct scene scene;

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		frame(&up, DIR_UP, FIN | 2, text, 60000);
	frame(&up, DIR_UP, FIN | 9, "ping", 4);
	for (int truncated = 0; truncated < 2; truncated++) {
		begin(&scene);
		scene.stuck[DIR_UP] = true;
		scene_say(&scene, DIR_UP, up.data, up.len, 16384);
		assert_in_range(evbuffer_get_length(scene.dialog.queue[DIR_UP]), 1,
		    DIALOG_QUEUE_HIGH);
		scene_end(&scene, DIR_UP, truncated);
		assert_false(scene.dialog.finish[DIR_UP]);
		scene.stuck[DIR_UP] = false;
		scene_drain(&scene);
		same(&scene.out[DIR_UP], &up);
		assert_true(scene.dialog.finish[DIR_UP]);
		assert_int_equal(scene.dialog.cut[DIR_UP], truncated);
		scene_close(&scene);
	}
	free(up.data);
	free(text);
}

/* Nothing that cannot be kept passes. */
static void
full_pool(void **state)
{
	char *text = letter(60000, 1);
	struct bytes up = { 0 };
	struct scene scene;

	(void)state;
	begin(&scene);
	hold_pool_free(scene.home.holds);
	scene.home.holds = hold_pool_new(20000, -1);
	frame(&up, DIR_UP, FIN | 2, text, 60000);
	scene_say(&scene, DIR_UP, up.data, up.len, 1000);
	assert_int_equal(scene.out[DIR_UP].len, 8);
	assert_memory_equal(scene.out[DIR_UP].data, CLOSE_UP "\x03\xe9", 8);
	assert_memory_equal(scene.out[DIR_DOWN].data, "\x88\x02\x03\xf5", 4);
	scene_close(&scene);
	free(up.data);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(harmless_passes),
		cmocka_unit_test(ping_overtakes),
		cmocka_unit_test(blocked_never_leaves),
		cmocka_unit_test(goodbye_between_frames),
		cmocka_unit_test(long_message),
		cmocka_unit_test(silent_released),
		cmocka_unit_test(slow_origin),
		cmocka_unit_test(full_pool),
	};

	return cmocka_run_group_tests_name("engine_websocket", tests, NULL, NULL);
}
