/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A dialog driven from memory, for tests and fuzzers of engines: two ends, and
 * a judge that counts '#' in bodies and stops uploads to /watched that have
 * too many. Its functions replace the library's at link time, and so does an
 * engine that writes down what a switch to WebSocket brings it.
 */
#ifndef TESTS_UNIT_DIALOG_KIT_H
#define TESTS_UNIT_DIALOG_KIT_H

#include <event2/buffer.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/dialog.h"
#include "proxy/proxy.h"
#include "proxy/websocket.h"

#define KIT_BEGIN_US (UINT64_C(1767225600) * 1000000)

/* Bytes that grow. */
struct bytes {
	char *data;
	size_t len;
};

static inline void
bytes_add(struct bytes *bytes, const void *data, size_t len)
{
	bytes->data = realloc(bytes->data, bytes->len + len + 1);
	if (bytes->data == NULL)
		abort();
	if (len > 0)
		memcpy(bytes->data + bytes->len, data, len);
	bytes->len += len;
	bytes->data[bytes->len] = '\0';
}

__attribute__((format(printf, 2, 3))) static inline void
bytes_print(struct bytes *bytes, const char *format, ...)
{
	char *text;
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		abort();
	bytes_add(bytes, text, (size_t)len);
	free(text);
}

/* ---- the judge --------------------------------------------------------------- */

struct judged {
	size_t people;
	size_t fed, forwarded, answer;
	bool watched, ended;
};

/* What the judge does and has heard. */
static struct {
	size_t threshold;		/* so many '#' are too many */
	bool out_of_memory;		/* the next request finds none */
	unsigned open;			/* requests not freed */
	struct bytes heard;		/* bodies, as they were fed */
	struct bytes log;		/* all else, a line each */
} fake;

static inline void
fake_line(const char *what, const struct request_words *words)
{
	bytes_print(&fake.log, "%s %s %s host=%s type=%s coding=%s%s%s\n", what, words->method,
	    words->target, words->host, words->media_type, words->encoding,
	    words->transfer[0] ? "," : "", words->transfer);
}

void
judge_request_told(struct judge *judge, struct flow *flow,
    const struct request_words *words, uint64_t now_us)
{
	(void)judge, (void)flow, (void)now_us;
	fake_line("told", words);
}

struct judged *
judge_request(struct judge *judge, struct flow *flow,
    const struct request_words *words, uint64_t now_us)
{
	struct judged *judged = calloc(1, sizeof(*judged));

	(void)judge, (void)flow, (void)now_us;
	if (fake.out_of_memory || judged == NULL) {
		free(judged);
		return NULL;
	}
	judged->watched = strncmp(words->target, "/watched", 8) == 0;
	fake.open++;
	fake_line("request", words);
	return judged;
}

bool
judged_may_block(const struct judged *judged)
{
	return judged->watched;
}

void
judged_feed(struct judged *judged, const uint8_t *data, size_t len, uint64_t now_us)
{
	(void)now_us;
	if (judged->ended || len == 0)
		abort();
	for (size_t i = 0; i < len; i++)
		judged->people += data[i] == '#';
	judged->fed += len;
	bytes_add(&fake.heard, data, len);
}

struct verdict
judged_peek(struct judged *judged)
{
	struct verdict verdict = { .action = ACTION_LOG };

	if (judged->ended)
		abort();
	if (judged->watched && judged->people >= fake.threshold) {
		verdict.action = ACTION_BLOCK;
		snprintf(verdict.rule, sizeof(verdict.rule), "no-books");
	}
	return verdict;
}

static inline struct verdict
fake_end(struct judged *judged, const char *how)
{
	struct verdict verdict = judged_peek(judged);

	judged->ended = true;
	bytes_print(&fake.log, "%s %s people=%zu fed=%zu\n", how,
	    verdict.action == ACTION_BLOCK ? "block" : "log", judged->people, judged->fed);
	if (judged->forwarded > judged->fed)
		abort();
	return verdict;
}

struct verdict
judged_end(struct judged *judged, uint64_t now_us)
{
	(void)now_us;
	return fake_end(judged, "end");
}

struct verdict
judged_cut(struct judged *judged, uint64_t now_us)
{
	(void)now_us;
	return fake_end(judged, "cut");
}

void
judged_forwarded(struct judged *judged, uint64_t bytes)
{
	if (judged->ended || bytes < judged->forwarded)
		abort();
	judged->forwarded = (size_t)bytes;
}

void
judged_answer(struct judged *judged, uint64_t bytes)
{
	if (!judged->ended)
		abort();
	judged->answer += bytes;
}

void
judged_free(struct judged *judged)
{
	if (judged == NULL)
		return;
	if (!judged->ended)
		fake_end(judged, "lost");
	bytes_print(&fake.log, "free forwarded=%zu answer=%zu\n", judged->forwarded,
	    judged->answer);
	fake.open--;
	free(judged);
}

void
judge_websocket(struct judge *judge, struct flow *flow,
    const struct request_words *words, uint64_t now_us)
{
	(void)judge, (void)flow, (void)words, (void)now_us;
	abort();
}

/* ---- the engine behind a switch ---------------------------------------------------- */

static inline void
fake_websocket_feed(struct dialog *dialog, enum dir dir, const uint8_t *data, size_t len)
{
	bytes_print(&fake.log, "websocket %s %zu\n", dir == DIR_UP ? "up" : "down", len);
	dialog_send(dialog, dir, data, len);
}

static inline void
fake_websocket_end(struct dialog *dialog, enum dir dir, bool truncated)
{
	(void)truncated;
	dialog_finish(dialog, dir);
}

const struct engine engine_websocket = {
	.name = "websocket",
	.alpn = "",
	.size = 1,
	.feed = fake_websocket_feed,
	.end = fake_websocket_end,
};

void
websocket_switch_init(void *state, const void *arg)
{
	const struct websocket_switch *begin = arg;

	(void)state;
	fake_line("switch", &begin->words);
	bytes_print(&fake.log, "extensions '%s'\n", begin->extensions);
}

/* ---- two ends -------------------------------------------------------------------------- */

struct scene {
	struct dialog dialog;
	struct dialog_home home;
	struct flow flow;
	struct settings settings;
	struct proxy_counts counts;
	struct bytes out[2];		/* what has arrived, by direction */
	bool stuck[2];			/* that way nothing is taken off the queue */
};

static inline void
scene_init(struct scene *scene, const struct engine *engine)
{
	memset(scene, 0, sizeof(*scene));
	memset(&fake, 0, sizeof(fake));
	fake.threshold = 20;
	scene->settings.organisation = (struct organisation){
		"Gemeente Voorbeeld", "NL", "nl", "fg@voorbeeld.example"
	};
	scene->settings.hold = INT64_C(8) << 20;
	scene->home = (struct dialog_home){
		.settings = &scene->settings, .counts = &scene->counts,
		.holds = hold_pool_new((size_t)32 << 20, -1), .now_us = KIT_BEGIN_US,
	};
	scene->dialog.home = &scene->home;
	scene->dialog.flow = &scene->flow;
	scene->dialog.queue[DIR_UP] = evbuffer_new();
	scene->dialog.queue[DIR_DOWN] = evbuffer_new();
	if (!dialog_start(&scene->dialog, engine))
		abort();
}

/* The network takes what is queued, and the engine is told of the room. */
static inline void
scene_drain(struct scene *scene)
{
	bool moved = true;

	while (moved) {
		moved = false;
		for (int dir = 0; dir < 2; dir++) {
			struct evbuffer *queue = scene->dialog.queue[dir];
			size_t len = scene->stuck[dir] ? 0 : evbuffer_get_length(queue);

			if (len == 0)
				continue;
			bytes_add(&scene->out[dir], evbuffer_pullup(queue, -1), len);
			evbuffer_drain(queue, len);
			dialog_pump(&scene->dialog, (enum dir)dir);
			moved = true;
		}
	}
}

/* An end speaks, in pieces of at most `piece` bytes. */
static inline void
scene_say(struct scene *scene, enum dir dir, const void *data, size_t len, size_t piece)
{
	const uint8_t *at = data;

	while (len > 0) {
		size_t n = len < piece ? len : piece;
		/* An exact block, so that a sanitiser sees one byte read too far. */
		uint8_t *copy = malloc(n);

		memcpy(copy, at, n);
		if (!scene->dialog.finish[dir])
			dialog_feed(&scene->dialog, dir, copy, n);
		free(copy);
		scene_drain(scene);
		at += n;
		len -= n;
	}
}

static inline void
scene_text(struct scene *scene, enum dir dir, const char *text)
{
	scene_say(scene, dir, text, strlen(text), SIZE_MAX);
}

static inline void
scene_end(struct scene *scene, enum dir dir, bool truncated)
{
	dialog_end(&scene->dialog, dir, truncated);
	scene_drain(scene);
}

/* Time goes by; the engine is woken if it asked for it. */
static inline void
scene_wait(struct scene *scene, uint64_t us)
{
	scene->home.now_us += us;
	if (scene->dialog.wake && scene->dialog.wake_us <= scene->home.now_us)
		dialog_pump(&scene->dialog, DIR_UP);
	scene_drain(scene);
}

static inline void
scene_fini(struct scene *scene)
{
	dialog_stop(&scene->dialog);
	/* Whatever happened, nothing is held for nobody, and every request was freed. */
	if (fake.open != 0 || hold_pool_memory(scene->home.holds) != 0)
		abort();
	hold_pool_free(scene->home.holds);
	for (int dir = 0; dir < 2; dir++) {
		evbuffer_free(scene->dialog.queue[dir]);
		free(scene->out[dir].data);
	}
	free(fake.heard.data);
	free(fake.log.data);
	memset(&fake, 0, sizeof(fake));
}

#endif
