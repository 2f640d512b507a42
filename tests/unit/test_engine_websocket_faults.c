/* SPDX-License-Identifier: Apache-2.0 */
/* The WebSocket engine and ends that break the rules, or go. */
#include "websocket_scene.h"

struct bad {
	const char *what;
	enum dir dir;
	const char *bytes;
	size_t len;
	const char *extensions;
};

#define BAD(what, dir, bytes) { what, dir, bytes, sizeof(bytes) - 1, "" }

static void
faults_close_both(void **state)
{
	static const struct bad rows[] = {
		BAD("no mask", DIR_UP, "\x81\x01x"),
		BAD("a server's mask", DIR_DOWN, "\x81\x81\1\2\3\4x"),
		BAD("reserved bit", DIR_UP, "\xc1\x80\1\2\3\4"),
		BAD("reserved bit down", DIR_DOWN, "\xa1\x00"),
		BAD("unknown opcode", DIR_UP, "\x83\x80\1\2\3\4"),
		BAD("unknown control", DIR_UP, "\x8b\x80\1\2\3\4"),
		BAD("fragmented control", DIR_UP, "\x09\x80\1\2\3\4"),
		BAD("long control", DIR_UP, "\x89\xfe\0\x7e\1\2\3\4"),
		BAD("close of one byte", DIR_UP, "\x88\x81\1\2\3\4x"),
		BAD("long length of 16 bits", DIR_UP, "\x81\xfe\0\x7d\1\2\3\4"),
		BAD("long length of 64 bits", DIR_UP, "\x81\xff\0\0\0\0\0\0\xff\xff\1\2\3\4"),
		BAD("negative length", DIR_UP, "\x81\xff\x80\0\0\0\0\0\0\0\1\2\3\4"),
		BAD("negative length down", DIR_DOWN, "\x81\x7f\x80\0\0\0\0\0\0\0"),
		BAD("continuation of nothing", DIR_UP, "\x80\x80\1\2\3\4"),
		BAD("message within a message", DIR_UP, "\x01\x80\0\0\0\0\x81\x80\1\2\3\4"),
		{ "deflated continuation", DIR_UP, "\x41\x80\0\0\0\0\xc0\x80\1\2\3\4", 12,
		  "permessage-deflate; server_max_window_bits=10" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t piece = 1; piece < 20; piece += 6) {
			struct scene scene;

			begin_with(&scene, WANT_PLAIN, rows[i].extensions);
			scene_say(&scene, rows[i].dir, rows[i].bytes, rows[i].len, piece);
			if (scene.counts.faults != 1)
				fail_msg("%s", rows[i].what);
			assert_int_equal(scene.out[DIR_UP].len, 8);
			assert_memory_equal(scene.out[DIR_UP].data, "\x88\x82", 2);
			assert_int_equal(scene.out[DIR_DOWN].len, 4);
			assert_memory_equal(scene.out[DIR_DOWN].data, "\x88\x02\x03\xea", 4);
			assert_true(scene.dialog.finish[DIR_UP] && scene.dialog.finish[DIR_DOWN]);
			scene_close(&scene);
		}
}

static void
extensions_allow(void **state)
{
	static const struct {
		const char *extensions;
		uint8_t first;
		unsigned faults;
	} rows[] = {
		{ "permessage-deflate", 0xc1, 0 },
		{ "Permessage-Deflate; client_no_context_takeover", 0xc1, 0 },
		{ "permessage-deflate", 0xa1, 1 },
		{ "x-other, permessage-deflate", 0xf1, 0 },
		{ "", 0xc1, 1 },
		{ " , ", 0xc1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes up = { 0 };
		struct scene scene;

		begin_with(&scene, WANT_PLAIN, rows[i].extensions);
		frame(&up, DIR_UP, rows[i].first, "text", 4);
		scene_say(&scene, DIR_UP, up.data, up.len, 4);
		assert_int_equal(scene.counts.faults, rows[i].faults);
		if (rows[i].faults == 0)
			same(&scene.out[DIR_UP], &up);
		scene_close(&scene);
		free(up.data);
	}
}

/* A server's fault while the client's frame is half passed: no goodbye inside it. */
static void
fault_within_frame(void **state)
{
	struct bytes up = { 0 };
	struct scene scene;

	(void)state;
	begin_with(&scene, 0, "");
	frame(&up, DIR_UP, FIN | 1, "long text", 9);
	scene_say(&scene, DIR_UP, up.data, 10, 10);
	assert_int_equal(scene.out[DIR_UP].len, 10);
	scene_text(&scene, DIR_DOWN, "\x83\x01x");
	assert_int_equal(scene.out[DIR_UP].len, 10);
	assert_true(scene.dialog.cut[DIR_UP]);
	scene_close(&scene);
	free(up.data);
}

/* A client that goes in the middle of a held message: nothing of it leaves. */
static void
gone_within_message(void **state)
{
	struct bytes up = { 0 };
	struct scene scene;

	(void)state;
	for (int truncated = 0; truncated < 2; truncated++) {
		begin(&scene);
		frame(&up, DIR_UP, FIN | 1, "long text", 9);
		scene_say(&scene, DIR_UP, up.data, 10, 10);
		scene_end(&scene, DIR_UP, truncated);
		assert_int_equal(scene.out[DIR_UP].len, 0);
		assert_true(scene.dialog.finish[DIR_UP]);
		assert_int_equal(scene.dialog.cut[DIR_UP], truncated);
		scene_close(&scene);
	}
	free(up.data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faults_close_both),
		cmocka_unit_test(extensions_allow),
		cmocka_unit_test(fault_within_frame),
		cmocka_unit_test(gone_within_message),
	};

	return cmocka_run_group_tests_name("engine_websocket_faults", tests, NULL, NULL);
}
