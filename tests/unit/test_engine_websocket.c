/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The WebSocket engine: frames pass untouched, messages are held until judged.
 * The judge counts '#' in what the client says; JUDGE_MANY are too many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dialog_scene.h"
#include "proxy/websocket.h"

#define JUDGE_MANY 20

static struct {
	unsigned marks;
	size_t heard[2];
	uint64_t forwarded;
	unsigned wants;
	char words[256];
} asked;

void
judge_websocket(struct judge *judge, struct flow *flow, const struct request_words *words,
    uint64_t now_us)
{
	(void)judge, (void)now_us;
	flow->wants = (uint8_t)asked.wants;
	snprintf(asked.words, sizeof(asked.words), "%s|%s|%s|%s|%s|%s|%s", words->method,
	    words->target, words->host, words->media_type, words->encoding, words->transfer,
	    words->messages);
}

enum action
judge_plain(struct judge *judge, struct flow *flow, const struct chunk *chunk)
{
	(void)judge, (void)flow;
	asked.heard[chunk->dir] += chunk->len;
	for (size_t i = 0; i < chunk->len && chunk->dir == DIR_UP; i++)
		asked.marks += chunk->data[i] == '#';
	return asked.marks >= JUDGE_MANY ? ACTION_BLOCK : ACTION_ALLOW;
}

void
judge_forwarded(struct judge *judge, struct flow *flow, uint64_t bytes)
{
	(void)judge, (void)flow;
	asked.forwarded = bytes;
}

/* ---- a scene --------------------------------------------------------------------------- */

static const char *const nothing = "";

static void
begin_with(struct scene *scene, unsigned wants, const char *extensions)
{
	char target[] = "/ws?x=1";
	struct websocket_switch begin = {
		{ .method = "GET", .target = target, .host = "chat.example.org",
		  .media_type = nothing, .encoding = nothing, .transfer = nothing,
		  .messages = nothing }, extensions
	};

	memset(&asked, 0, sizeof(asked));
	asked.wants = wants;
	scene_open(scene, &engine_bytes);
	assert_true(dialog_switch(&scene->dialog, &engine_websocket, websocket_switch_init, &begin));
	memset(target, 'x', sizeof(target));
	assert_string_equal(asked.words, "GET|/ws?x=1|chat.example.org||||");
}

static void
begin(struct scene *scene)
{
	begin_with(scene, WANT_PLAIN, "");
}

/* A frame; a client's is masked with zeros, so that the judge can read it. */
static void
frame(struct bytes *to, enum dir dir, uint8_t first, const void *data, size_t len)
{
	uint8_t head[14] = { first, dir == DIR_UP ? 0x80 : 0 };
	size_t n = 2;

	if (len < 126) {
		head[1] |= (uint8_t)len;
	} else if (len < 65536) {
		head[1] |= 126;
		head[n++] = (uint8_t)(len >> 8);
		head[n++] = (uint8_t)len;
	} else {
		head[1] |= 127;
		for (int shift = 56; shift >= 0; shift -= 8)
			head[n++] = (uint8_t)((uint64_t)len >> shift);
	}
	bytes_add(to, head, n + (dir == DIR_UP ? 4 : 0));
	bytes_add(to, data, len);
}

static char *
letter(size_t len, size_t marks)
{
	char *text = malloc(len + 1);

	memset(text, 'x', len);
	for (size_t i = 0; i < marks; i++)
		text[len * i / marks] = '#';
	return text;
}

#define CLOSE_UP "\x88\x82\0\0\0\0"
#define FIN 0x80

static const size_t pieces[] = { 1, 2, 3, 7, 100, 4096, 1 << 20 };
#define PIECES (sizeof(pieces) / sizeof(pieces[0]))

static void
same(const struct bytes *got, const struct bytes *wanted)
{
	assert_int_equal(got->len, wanted->len);
	if (wanted->len > 0)
		assert_memory_equal(got->data, wanted->data, wanted->len);
}

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
	begin(&scene);
	scene.stuck[DIR_UP] = true;
	for (unsigned i = 0; i < 4; i++)
		frame(&up, DIR_UP, FIN | 2, text, 60000);
	frame(&up, DIR_UP, FIN | 9, "ping", 4);
	scene_say(&scene, DIR_UP, up.data, up.len, 16384);
	assert_in_range(evbuffer_get_length(scene.dialog.queue[DIR_UP]), 1, DIALOG_QUEUE_HIGH);
	scene_end(&scene, DIR_UP, false);
	assert_false(scene.dialog.finish[DIR_UP]);
	scene.stuck[DIR_UP] = false;
	scene_drain(&scene);
	same(&scene.out[DIR_UP], &up);
	assert_true(scene.dialog.finish[DIR_UP]);
	scene_close(&scene);
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

/* ---- rules ----------------------------------------------------------------------------------------- */

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
		cmocka_unit_test(harmless_passes),
		cmocka_unit_test(ping_overtakes),
		cmocka_unit_test(blocked_never_leaves),
		cmocka_unit_test(goodbye_between_frames),
		cmocka_unit_test(long_message),
		cmocka_unit_test(silent_released),
		cmocka_unit_test(slow_origin),
		cmocka_unit_test(full_pool),
		cmocka_unit_test(faults_close_both),
		cmocka_unit_test(extensions_allow),
		cmocka_unit_test(fault_within_frame),
		cmocka_unit_test(gone_within_message),
	};

	return cmocka_run_group_tests_name("engine_websocket", tests, NULL, NULL);
}
