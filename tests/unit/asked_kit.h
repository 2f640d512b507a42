/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of doors that read requests themselves: exchanges, told to a judge
 * one request at a time, or as the bytes of a connection to one that reads
 * them with its rows; and the events of both, side by side.
 */
#ifndef TESTS_ASKED_KIT_H
#define TESTS_ASKED_KIT_H

#define JUDGE_KIT_REAL_ROWS
#include "unit/judge_kit.h"
#include "unit/http2_kit.h"
#include "unit/pack_kit.h"

#include <unistd.h>

#define EVENTS_MAX 32
#define ASKED_HOST "contacts.icloud.com"
#define ASKED_US (UINT64_C(1700000000) * SECOND)

/* Blocks what goes to iCloud; a service nobody stops is anything else. */
#define ASKED_POLICY "policy:\n" \
	"  - {name: stop, when: {services: [icloud], contacts: \">=20\"}, then: block}\n" \
	"  - {name: rest, then: log}\n"

struct told {
	struct event_sink sink;
	struct event_upload events[EVENTS_MAX];
	unsigned count;
};

/* One judge, its flow and what it told. */
struct bench {
	struct told told;
	struct settings *settings;
	struct judge *judge;
	struct flow flow;
	uint64_t now_us;
};

static inline void
told_upload(struct event_sink *sink, struct event_upload *event)
{
	struct told *told = (struct told *)sink;

	assert_in_range(told->count, 0, EVENTS_MAX - 1);
	told->events[told->count++] = *event;
}

static inline struct settings *
bench_settings(const char *text)
{
	char file[] = P_tmpdir "/asked-" "XX" "XX" "XX";	/* as mkstemp() wants it */
	struct problems problems = { 0 };
	struct settings *made;
	int fd = mkstemp(file);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	made = settings_load(file, rules, &problems);
	problems_print(&problems);
	problems_fini(&problems);
	unlink(file);
	assert_non_null(made);
	return made;
}

static inline void
bench_init(struct bench *bench, const char *policy, bool enforces, const char *host)
{
	struct judge_options options = { .rules = rules, .door = enforces ? "proxy" : "replay",
		.gateway = "test", .sink = &bench->told.sink, .enforces = enforces };

	memset(bench, 0, sizeof(*bench));
	memset(&script, 0, sizeof(script));
	script.app_done = true;
	bench->told.sink.upload = told_upload;
	bench->settings = bench_settings(policy);
	options.settings = bench->settings;
	bench->judge = judge_new(&options);
	assert_non_null(bench->judge);
	bench->flow = flow_to("203.0.113.1");
	bench->now_us = ASKED_US;
	if (host != NULL)
		flow_host_set(&bench->flow, host, strlen(host), HOST_SNI);
	judge_open(bench->judge, &bench->flow);
	judge_packet(bench->judge, &bench->flow, (const uint8_t *)"x", 1, ASKED_US, DIR_UP);
}

static inline void
bench_end(struct bench *bench)
{
	judge_close(bench->judge, &bench->flow);
	assert_null(bench->flow.work);
	flow_fini(&bench->flow);
}

static inline void
bench_fini(struct bench *bench)
{
	judge_free(bench->judge);
	settings_free(bench->settings);
}

static inline void
bench_say(struct bench *bench, enum dir dir, const void *data, size_t len)
{
	struct chunk chunk = { data, len, bench->now_us, dir, 0 };

	if (bench->flow.wants & (dir == DIR_UP ? WANT_PLAIN_UP : WANT_PLAIN_DOWN))
		judge_plain(bench->judge, &bench->flow, &chunk);
}

/* ---- requests ---- */

struct shot {
	const char *method, *target, *type, *encoding;
	struct text_kit body;
	size_t answer;			/* bytes of it */
	double pause;			/* seconds before it */
};

static inline struct request_words
shot_words(const struct shot *shot, const char *host)
{
	return (struct request_words){
		.method = shot->method, .target = shot->target, .host = host,
		.media_type = shot->type ? shot->type : "",
		.encoding = shot->encoding ? shot->encoding : "", .transfer = "",
		.messages = ""
	};
}

/* As the door does it: body in pieces of `piece`, answered, over. */
static inline struct verdict
bench_ask(struct bench *bench, const struct shot *shot, const char *host, size_t piece)
{
	struct request_words words = shot_words(shot, host);
	const uint8_t *body = (const uint8_t *)shot->body.data;
	struct verdict verdict = { .action = ACTION_NONE };
	struct judged *judged;

	if (shot->body.len == 0) {
		judge_request_told(bench->judge, &bench->flow, &words, bench->now_us);
		return verdict;
	}
	judged = judge_request(bench->judge, &bench->flow, &words, bench->now_us);
	assert_non_null(judged);
	for (size_t at = 0; at < shot->body.len; at += piece)
		judged_feed(judged, body + at, shot->body.len - at < piece ?
		    shot->body.len - at : piece, bench->now_us);
	verdict = judged_end(judged, bench->now_us);
	judged_answer(judged, shot->answer);
	judged_free(judged);
	return verdict;
}

/* As the wire has it. */
static inline void
bench_http1(struct bench *bench, const struct shot *shot, const char *host)
{
	char *answer = calloc(1, shot->answer + 1);
	struct text_kit kit = { 0 };

	kit_add(&kit, "%s %s HTTP/1.1\r\nHost: %s\r\n", shot->method, shot->target, host);
	if (shot->type != NULL)
		kit_add(&kit, "Content-Type: %s; charset=utf-8\r\n", shot->type);
	if (shot->encoding != NULL)
		kit_add(&kit, "Content-Encoding: %s\r\n", shot->encoding);
	kit_add(&kit, "Content-Length: %zu\r\n\r\n", shot->body.len);
	kit_bytes(&kit, shot->body.data, shot->body.len);
	bench_say(bench, DIR_UP, kit.data, kit.len);
	bench_say(bench, DIR_DOWN, answer, shot->answer);
	kit_free(&kit);
	free(answer);
}

/* ---- bodies ---- */

static inline struct text_kit
book_json(int first, int count)
{
	struct text_kit kit = { 0 };

	kit_add(&kit, "{\"contacts\":[");
	for (int i = 0; i < count; i++)
		kit_add(&kit, "%s{\"name\":\"Anna %d\",\"phone\":\"" KIT_PHONE "\"}", i ? "," : "",
		    first + i, first + i);
	kit_add(&kit, "]}");
	return kit;
}

static inline struct text_kit
book_vcard(int first, int count)
{
	struct text_kit kit = { 0 };

	for (int i = first; i < first + count; i++)
		kit_add(&kit, "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Anna %d\r\nTEL;TYPE=CELL:"
		    KIT_PHONE "\r\nEMAIL:anna%d@example.org\r\nEND:VCARD\r\n", i, i, i);
	return kit;
}

static inline struct text_kit
book_form(int first, int count)
{
	struct text_kit kit = { 0 };

	for (int i = first; i < first + count; i++)
		kit_add(&kit, "contacts[%d][phone]=%%2B4915%09d&", i, i);
	return kit;
}

static inline struct text_kit
kit_gzip(struct text_kit plain)
{
	struct text_kit out = kit_pack(&plain, PACK_GZIP);

	kit_free(&plain);
	return out;
}

/* ---- side by side ---- */

static inline void
assert_same_upload(const struct upload *a, const struct upload *b)
{
	assert_int_equal(a->begin_us, b->begin_us);
	assert_int_equal(a->end_us, b->end_us);
	assert_int_equal(a->bytes_up, b->bytes_up);
	assert_int_equal(a->bytes_down, b->bytes_down);
	assert_memory_equal(&a->contacts, &b->contacts, sizeof(a->contacts));
	assert_memory_equal(&a->identifiers, &b->identifiers, sizeof(a->identifiers));
	assert_string_equal(a->media_type, b->media_type);
	assert_string_equal(a->encoding, b->encoding);
	assert_int_equal(a->format, b->format);
}

/* All but the door, what it did and what it let go. */
static inline void
assert_same_event(const struct event_upload *a, const struct event_upload *b)
{
	assert_string_equal(a->flow.event_id, b->flow.event_id);
	assert_int_equal(a->flow.moment_us, b->flow.moment_us);
	assert_int_equal(a->flow.flow_id, b->flow.flow_id);
	assert_string_equal(a->flow.community_id, b->flow.community_id);
	assert_string_equal(a->flow.host, b->flow.host);
	assert_int_equal(a->flow.host_source, b->flow.host_source);
	assert_string_equal(a->flow.service, b->flow.service);
	assert_string_equal(a->call, b->call);
	assert_string_equal(a->recipient, b->recipient);
	assert_string_equal(a->country, b->country);
	assert_same_upload(&a->upload, &b->upload);
	assert_int_equal(a->transfer.status, b->transfer.status);
	assert_int_equal(a->verdict.action, b->verdict.action);
	assert_string_equal(a->verdict.rule, b->verdict.rule);
	assert_string_equal(a->verdict.reason, b->verdict.reason);
}

static inline void
assert_same_told(const struct told *a, const struct told *b)
{
	assert_int_equal(a->count, b->count);
	for (unsigned i = 0; i < a->count; i++)
		assert_same_event(&a->events[i], &b->events[i]);
}

#endif
