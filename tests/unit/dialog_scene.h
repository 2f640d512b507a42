/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A dialog driven from memory, for tests and fuzzers of engines: two ends that
 * speak, a network that takes what is queued or does not, and time.
 */
#ifndef TESTS_UNIT_DIALOG_SCENE_H
#define TESTS_UNIT_DIALOG_SCENE_H

#include <event2/buffer.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/dialog.h"
#include "proxy/proxy.h"

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
scene_open(struct scene *scene, const struct engine *engine)
{
	memset(scene, 0, sizeof(*scene));
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
scene_close(struct scene *scene)
{
	dialog_stop(&scene->dialog);
	/* Whatever happened, nothing is held for nobody. */
	if (hold_pool_memory(scene->home.holds) != 0)
		abort();
	hold_pool_free(scene->home.holds);
	for (int dir = 0; dir < 2; dir++) {
		evbuffer_free(scene->dialog.queue[dir]);
		free(scene->out[dir].data);
	}
}

#endif
