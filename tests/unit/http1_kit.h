/* SPDX-License-Identifier: Apache-2.0 */
/* Conversations of HTTP/1.1 for tests of its engine: as one, and cut anywhere. */
#ifndef TESTS_UNIT_HTTP1_KIT_H
#define TESTS_UNIT_HTTP1_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dialog_kit.h"

#define OK_EMPTY "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define HOST "Host: a.example\r\n"

/* What one end says; text NULL: it ends. */
struct said {
	enum dir dir;
	const char *text;
	size_t len;			/* 0: the text's own */
};

static inline size_t
said_len(const struct said *said)
{
	return said->len ? said->len : strlen(said->text);
}

/* Everything that a conversation came to. */
struct outcome {
	struct bytes out[2], heard, log;
	bool finish[2], cut[2], abort;
	struct proxy_counts counts;
};

/* Holds it; the step `at` is cut after `before` bytes; piece 1: all in single bytes. */
static inline struct outcome
talk_hold(const struct said *said, size_t count, size_t at, size_t before, size_t piece)
{
	struct scene scene;
	struct outcome outcome = { 0 };

	scene_init(&scene, &engine_http1);
	for (size_t i = 0; i < count; i++) {
		if (said[i].text == NULL) {
			scene_end(&scene, said[i].dir, false);
		} else if (i == at) {
			scene_say(&scene, said[i].dir, said[i].text, before, before);
			scene_say(&scene, said[i].dir, said[i].text + before,
			    said_len(&said[i]) - before, SIZE_MAX);
		} else {
			scene_say(&scene, said[i].dir, said[i].text, said_len(&said[i]),
			    piece);
		}
	}
	for (int dir = 0; dir < 2; dir++) {
		bytes_add(&outcome.out[dir], scene.out[dir].data, scene.out[dir].len);
		outcome.finish[dir] = scene.dialog.finish[dir];
		outcome.cut[dir] = scene.dialog.cut[dir];
	}
	bytes_add(&outcome.heard, fake.heard.data, fake.heard.len);
	bytes_add(&outcome.log, fake.log.data, fake.log.len);
	outcome.abort = scene.dialog.abort;
	outcome.counts = scene.counts;
	scene_fini(&scene);
	return outcome;
}

static inline void
outcome_free(struct outcome *outcome)
{
	free(outcome->out[DIR_UP].data);
	free(outcome->out[DIR_DOWN].data);
	free(outcome->heard.data);
	free(outcome->log.data);
}

static inline void
bytes_same(const struct bytes *a, const struct bytes *b)
{
	assert_int_equal(a->len, b->len);
	assert_memory_equal(a->data, b->data, a->len);
}

static inline void
outcome_same(const struct outcome *a, struct outcome *b)
{
	bytes_same(&a->out[DIR_UP], &b->out[DIR_UP]);
	bytes_same(&a->out[DIR_DOWN], &b->out[DIR_DOWN]);
	bytes_same(&a->heard, &b->heard);
	assert_string_equal(a->log.data, b->log.data);
	assert_memory_equal(a->finish, b->finish, sizeof(a->finish));
	assert_memory_equal(a->cut, b->cut, sizeof(a->cut));
	assert_int_equal(a->abort, b->abort);
	assert_memory_equal(&a->counts, &b->counts, sizeof(a->counts));
	outcome_free(b);
}

/* Whole, in single bytes, and cut at every place: always the same. */
static inline struct outcome
talk_cut(const struct said *said, size_t count)
{
	struct outcome whole = talk_hold(said, count, count, 0, SIZE_MAX);
	struct outcome other = talk_hold(said, count, count, 0, 1);

	outcome_same(&whole, &other);
	for (size_t i = 0; i < count; i++)
		for (size_t at = 1; said[i].text && at < said_len(&said[i]); at++) {
			other = talk_hold(said, count, i, at, SIZE_MAX);
			outcome_same(&whole, &other);
		}
	return whole;
}

#define TALK(said) talk_cut(said, sizeof(said) / sizeof((said)[0]))

static inline void
arrived(const struct outcome *outcome, enum dir dir, const char *text)
{
	assert_string_equal(outcome->out[dir].data, text);
}

/* A body of so many people, and bytes in all. The caller frees. */
static inline char *
book(size_t people, size_t len)
{
	char *text = malloc(len + 1);

	memset(text, 'x', len);
	text[len] = '\0';
	for (size_t i = 0; i < people; i++)
		text[i * (len / (people + 1))] = '#';
	return text;
}

/* The beginning of a request that is held. */
#define WATCHED "POST /watched HTTP/1.1\r\n" HOST "aCCept: text/html, */*;q=0.1\r\n"
#define KIB ((size_t)1024)

/* A request with a body of so many people. The caller frees. */
static inline char *
upload(const char *target, size_t people, size_t len, const char *more)
{
	struct bytes text = { 0 };
	char *body = book(people, len);

	bytes_print(&text, "POST %s HTTP/1.1\r\n" HOST "%sContent-Length: %zu\r\n\r\n%s",
	    target, more, len, body);
	free(body);
	return text.data;
}

#endif
