/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scene with a judge that counts '#' in bodies and stops uploads to /watched
 * that have too many. Its functions replace the library's at link time, and so
 * does an engine that writes down what a switch to WebSocket brings it.
 */
#ifndef TESTS_UNIT_DIALOG_KIT_H
#define TESTS_UNIT_DIALOG_KIT_H

#include "dialog_scene.h"
#include "proxy/websocket.h"

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

/* ---- a scene ----------------------------------------------------------------- */

static inline void
scene_init(struct scene *scene, const struct engine *engine)
{
	memset(&fake, 0, sizeof(fake));
	fake.threshold = 20;
	scene_open(scene, engine);
}

static inline void
scene_fini(struct scene *scene)
{
	scene_close(scene);
	/* Every request was freed. */
	if (fake.open != 0)
		abort();
	free(fake.heard.data);
	free(fake.log.data);
	memset(&fake, 0, sizeof(fake));
}

#endif
