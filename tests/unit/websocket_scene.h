/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of the WebSocket engine: its judge counts '#' in what the client
 * says; JUDGE_MANY are too many.
 */
#ifndef TESTS_UNIT_WEBSOCKET_SCENE_H
#define TESTS_UNIT_WEBSOCKET_SCENE_H

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

static inline void
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

static inline void
begin(struct scene *scene)
{
	begin_with(scene, WANT_PLAIN, "");
}

/* A frame; a client's is masked with zeros, so that the judge can read it. */
static inline void
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

static inline char *
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

static inline void
same(const struct bytes *got, const struct bytes *wanted)
{
	assert_int_equal(got->len, wanted->len);
	if (wanted->len > 0)
		assert_memory_equal(got->data, wanted->data, wanted->len);
}

#endif
