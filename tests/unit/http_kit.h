/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of carriers: a client and a server that talk to the classifier,
 * HTTP/1.1 unless another is named, and a listener that remembers what it
 * heard.
 */
#ifndef TESTS_UNIT_HTTP_KIT_H
#define TESTS_UNIT_HTTP_KIT_H

#include "body_kit.h"
#include "classifiers/table.h"

#define SEEN_MAX 64
#define SECOND UINT64_C(1000000)

/* What a listener heard. */
struct ear {
	struct listener listener;
	unsigned requests, hosts, uploads, unscanned;
	char host[64];
	uint64_t reason;
	struct upload upload[SEEN_MAX];
	char line[SEEN_MAX][64];	/* request lines of the uploads */
};

static inline void
ear_observe(struct listener *listener, const struct observation *seen)
{
	struct ear *ear = (struct ear *)listener;

	switch (seen->kind) {
	case OBSERVED_REQUEST:
		ear->requests++;
		break;
	case OBSERVED_HOST:
		ear->hosts++;
		assert_int_equal(seen->source, HOST_HTTP);
		snprintf(ear->host, sizeof(ear->host), "%.*s", (int)seen->text_len,
		    seen->text);
		break;
	case OBSERVED_UPLOAD:
		assert_in_range(ear->uploads, 0, SEEN_MAX - 1);
		snprintf(ear->line[ear->uploads], sizeof(ear->line[0]), "%.*s",
		    (int)seen->text_len, seen->text);
		ear->upload[ear->uploads++] = *seen->upload;
		break;
	case OBSERVED_UNSCANNED:
		ear->unscanned++;
		ear->reason = seen->number;
		break;
	default:
		fail();
	}
}

struct talk {
	const struct classifier *row;
	struct ear ear;
	struct flow flow;
	struct task task;
	void *slot;
	unsigned wants;
	uint64_t time_us;
};

static inline void
talk_init_as(struct talk *talk, const struct classifier *row)
{
	memset(talk, 0, sizeof(*talk));
	talk->row = row;
	talk->ear.listener.observe = ear_observe;
	talk->task = (struct task){ &talk->flow, &talk->ear.listener, false, "DE", NULL };
	talk->slot = calloc(1, row->slot_size);
	talk->wants = MORE_BOTH;
	talk->time_us = 1000 * SECOND;
}

static inline void
talk_init(struct talk *talk)
{
	talk_init_as(talk, &classifier_http1);
}

static inline void
talk_say(struct talk *talk, enum dir dir, const void *data, size_t len, uint32_t gap)
{
	struct chunk chunk = { data, len, talk->time_us, dir, gap };

	if (talk->wants & (dir == DIR_UP ? MORE_UP : MORE_DOWN))
		talk->wants = talk->row->feed(&talk->task, talk->slot, &chunk);
}

static inline void
talk_up(struct talk *talk, const char *text)
{
	talk_say(talk, DIR_UP, text, strlen(text), 0);
}

static inline void
talk_down(struct talk *talk, const char *text)
{
	talk_say(talk, DIR_DOWN, text, strlen(text), 0);
}

static inline void
talk_end(struct talk *talk)
{
	talk->row->close(&talk->task, talk->slot);
	free(talk->slot);
	talk->slot = NULL;
}

/* Says all of a text in pieces of `step` bytes, then ends. */
static inline struct ear
talk_steps_as(const struct classifier *row, const char *text, size_t len, size_t step)
{
	struct talk talk;

	talk_init_as(&talk, row);
	for (size_t at = 0; at < len; at += step)
		talk_say(&talk, DIR_UP, text + at, len - at < step ? len - at : step, 0);
	talk_end(&talk);
	return talk.ear;
}

/* What is heard must not depend on how the bytes were cut. */
static inline struct ear
talk_all_as(const struct classifier *row, struct text_kit *kit)
{
	static const size_t steps[] = { 1, 2, 3, 7, 61, 1460 };
	struct ear whole = talk_steps_as(row, kit->data, kit->len, kit->len), other;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		other = talk_steps_as(row, kit->data, kit->len, steps[i]);
		assert_memory_equal(&whole, &other, sizeof(whole));
	}
	kit_free(kit);
	return whole;
}

static inline struct ear
talk_all(struct text_kit *kit)
{
	return talk_all_as(&classifier_http1, kit);
}

/* The same for two pieces cut at every place. */
static inline void
talk_cuts(const struct classifier *row, const struct text_kit *kit)
{
	struct ear whole = talk_steps_as(row, kit->data, kit->len, kit->len);

	for (size_t cut = 1; cut < kit->len; cut++) {
		struct talk talk;

		talk_init_as(&talk, row);
		talk_say(&talk, DIR_UP, kit->data, cut, 0);
		talk_say(&talk, DIR_UP, kit->data + cut, kit->len - cut, 0);
		talk_end(&talk);
		assert_memory_equal(&whole, &talk.ear, sizeof(whole));
	}
}

/* A JSON book of `count` people whose numbers begin at `first`. */
static inline struct text_kit
json_book(int first, int count)
{
	struct text_kit kit = { 0 };

	kit_add(&kit, "{\"contacts\":[");
	for (int i = 0; i < count; i++)
		kit_add(&kit, "%s\"" KIT_PHONE "\"", i ? "," : "", first + i);
	kit_add(&kit, "]}");
	return kit;
}

static inline void
post_json(struct text_kit *kit, int count)
{
	struct text_kit body = json_book(0, count);

	kit_add(kit, "POST /v1/contacts HTTP/1.1\r\nHost: API.example.org:8080\r\n"
	    "Content-Type: application/JSON; charset=utf-8\r\n"
	    "Content-Length: %zu\r\n\r\n", body.len);
	kit_bytes(kit, body.data, body.len);
	kit_free(&body);
}

#endif
