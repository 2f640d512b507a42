/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of the HTTP/2 engine: a judge that counts '#' in bodies of requests
 * under /watched; JUDGE_MANY of them are to be stopped. Its functions replace
 * the library's at link time.
 */
#ifndef TESTS_UNIT_H2_JUDGING_H
#define TESTS_UNIT_H2_JUDGING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <event2/buffer.h>

#include "proxy/dialog.h"
#include "proxy/proxy.h"
#include "proxy/refusal.h"

#define JUDGE_MANY 20

static struct {
	unsigned told, begun, ended, cut, freed, blocked;
	uint64_t forwarded, answer, fed;
	char words[512];
	bool no_memory;
} asked;

struct judged {
	bool may, done;
	unsigned count;
};

static inline void
words_note(const struct request_words *w)
{
	snprintf(asked.words, sizeof(asked.words), "%s %s %s %s %s %s", w->method, w->target,
	    w->host, w->media_type, w->encoding, w->messages);
}

void
judge_request_told(struct judge *judge, struct flow *flow, const struct request_words *words,
    uint64_t now_us)
{
	(void)judge, (void)flow, (void)now_us;
	words_note(words);
	asked.told++;
}

struct judged *
judge_request(struct judge *judge, struct flow *flow, const struct request_words *words,
    uint64_t now_us)
{
	struct judged *judged = asked.no_memory ? NULL : calloc(1, sizeof(*judged));

	(void)judge, (void)flow, (void)now_us;
	if (judged == NULL)
		return NULL;
	words_note(words);
	assert_true(words->side_by_side);
	asked.begun++;
	judged->may = strncmp(words->target, "/watched", 8) == 0;
	return judged;
}

bool
judged_may_block(const struct judged *judged)
{
	return judged->may;
}

void
judged_feed(struct judged *judged, const uint8_t *data, size_t len, uint64_t now_us)
{
	(void)now_us;
	assert_false(judged->done);
	asked.fed += len;
	for (size_t i = 0; i < len; i++)
		judged->count += data[i] == '#';
}

struct verdict
judged_peek(struct judged *judged)
{
	struct verdict verdict = { .action = ACTION_LOG, .rule = "many" };

	assert_false(judged->done);
	if (judged->may && judged->count >= JUDGE_MANY)
		verdict.action = ACTION_BLOCK;
	return verdict;
}

static inline struct verdict
judged_done(struct judged *judged, unsigned *count)
{
	struct verdict verdict = judged_peek(judged);

	judged->done = true;
	++*count;
	asked.blocked += verdict.action == ACTION_BLOCK;
	return verdict;
}

struct verdict
judged_end(struct judged *judged, uint64_t now_us)
{
	(void)now_us;
	return judged_done(judged, &asked.ended);
}

struct verdict
judged_cut(struct judged *judged, uint64_t now_us)
{
	(void)now_us;
	return judged_done(judged, &asked.cut);
}

void
judged_forwarded(struct judged *judged, uint64_t bytes)
{
	assert_false(judged->done);
	if (judged->may)
		asked.forwarded = bytes;
}

void
judged_answer(struct judged *judged, uint64_t bytes)
{
	assert_true(judged->done);
	asked.answer += bytes;
}

void
judged_free(struct judged *judged)
{
	asked.freed += judged != NULL;
	free(judged);
}

struct refusal
refusal_make(const struct settings *settings, const char *accept, const struct verdict *verdict)
{
	struct refusal refusal = { .media_type = "text/plain" };

	(void)settings;
	refusal.len = (size_t)asprintf(&refusal.body, "refused by %s for %s\n", verdict->rule, accept);
	return refusal;
}

#endif
