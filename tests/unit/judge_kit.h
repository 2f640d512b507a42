/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of the judge: rows and an nDPI that the test commands, a sink that
 * keeps what it hears, and the rules as they are shipped. The definitions
 * replace the library's at link time.
 */
#ifndef TESTS_JUDGE_KIT_H
#define TESTS_JUDGE_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rules/judge.h"

/* ---- what the rows are told to do ---- */

static struct {
	/* The observation row 0 makes at its next chunk. */
	struct observation say;
	bool speak, finish;
	unsigned fed[CLASSIFIERS], closed[CLASSIFIERS];
	/* Volume: the models it was given, and an upload to report at close. */
	size_t models;
	const struct upload *volume_upload;
	/* nDPI: wants more until told. */
	bool app_done;
	const char *app_name;
	unsigned app_fed, app_finished;
} script;

#ifndef JUDGE_KIT_REAL_ROWS		/* with it, only nDPI is the test's */
static inline enum interest
row_sniff_yes(const struct flow *flow, const struct chunk *chunk)
{
	(void)flow, (void)chunk;
	return INTEREST_YES;
}

static inline enum interest
row_sniff_no(const struct flow *flow, const struct chunk *chunk)
{
	(void)flow, (void)chunk;
	return INTEREST_NO;
}

static inline unsigned
speaker_feed(struct task *task, void *slot, const struct chunk *chunk)
{
	(void)slot, (void)chunk;
	script.fed[CLASSIFIER_HELLO]++;
	if (script.speak)
		task->listener->observe(task->listener, &script.say);
	script.speak = false;
	return script.finish ? 0 : MORE_UP;
}

static inline void
speaker_close(struct task *task, void *slot)
{
	(void)task, (void)slot;
	script.closed[CLASSIFIER_HELLO]++;
}

static inline unsigned
volume_feed(struct task *task, void *slot, const struct chunk *chunk)
{
	(void)task, (void)slot, (void)chunk;
	script.fed[CLASSIFIER_VOLUME]++;
	return MORE_BOTH;
}

static inline void
volume_close(struct task *task, void *slot)
{
	struct observation seen = { .kind = OBSERVED_UPLOAD, .upload = script.volume_upload };

	(void)slot;
	script.closed[CLASSIFIER_VOLUME]++;
	if (script.volume_upload != NULL)
		task->listener->observe(task->listener, &seen);
}

void
volume_models_set(void *slot, const struct size_model *const *models, size_t count)
{
	(void)slot, (void)models;
	script.models = count;
}

static inline unsigned
inside_feed(struct task *task, void *slot, const struct chunk *chunk)
{
	struct observation seen = { .kind = OBSERVED_REQUEST };

	(void)slot, (void)chunk;
	script.fed[CLASSIFIER_HTTP1]++;
	task->listener->observe(task->listener, &seen);
	return MORE_UP;
}

static const struct classifier inside = { "inside", ON_PLAIN, 16, row_sniff_yes, inside_feed, NULL, NULL };
static const struct classifier speaker = { "speaker", ON_TCP | ON_UDP, 16, row_sniff_yes, speaker_feed, speaker_close, NULL };
static const struct classifier silent = { "silent", ON_TCP | ON_UDP, 16, row_sniff_no, NULL, NULL, NULL };
static const struct classifier volume = { "volume", ON_TCP | ON_UDP, 16, row_sniff_yes, volume_feed, volume_close, NULL };

const struct classifier *const classifier_table[CLASSIFIERS] = {
	&speaker, &silent, &silent, &silent, &inside, &silent, &volume
};

#endif

struct app *
app_new(void)
{
	return (struct app *)&script;
}

void
app_free(struct app *app)
{
	(void)app;
}

bool
app_feed(struct app *app, struct app_flow **state, struct flow *flow, const uint8_t *packet,
    size_t len, uint64_t time_us, enum dir dir)
{
	(void)app, (void)state, (void)packet, (void)len, (void)time_us, (void)dir;
	script.app_fed++;
	flow->app = script.app_name ? 7 : 0;
	flow->app_confidence = script.app_name ? APP_DPI : APP_NONE;
	return !script.app_done;
}

void
app_finish(struct app *app, struct app_flow **state, struct flow *flow)
{
	(void)app, (void)state, (void)flow;
	script.app_finished++;
}

const char *
app_name(const struct app *app, const struct flow *flow, char *text)
{
	(void)app;
	strcpy(text, flow->app ? script.app_name : "Unknown");
	return text;
}

/* ---- the sink ---- */

static struct {
	struct event_sink sink;
	struct event_upload upload;
	struct event_flow_end flow_end;
	unsigned uploads, ends;
} heard;

static inline void
hear_upload(struct event_sink *sink, struct event_upload *event)
{
	(void)sink;
	heard.upload = *event;
	heard.uploads++;
}

static inline void
hear_end(struct event_sink *sink, struct event_flow_end *event)
{
	(void)sink;
	heard.flow_end = *event;
	heard.ends++;
}

/* ---- set-up ---- */

static struct rules *rules;
static struct settings *settings;
static struct judge *judge;

static inline int
rules_up(void **state)
{
	struct problems problems = { 0 };

	(void)state;
	rules = rules_load("rules", &problems);
	settings = rules ? settings_load(NULL, rules, &problems) : NULL;
	problems_print(&problems);
	problems_fini(&problems);
	return settings ? 0 : -1;
}

static inline int
rules_down(void **state)
{
	(void)state;
	settings_free(settings);
	rules_free(rules);
	return 0;
}

static inline int
judge_up(void **state)
{
	struct judge_options options = { .rules = rules, .settings = settings, .door = "replay",
		.gateway = "test", .sink = &heard.sink };

	(void)state;
	memset(&script, 0, sizeof(script));
	memset(&heard, 0, sizeof(heard));
	heard.sink.upload = hear_upload;
	heard.sink.flow_end = hear_end;
	judge = judge_new(&options);
	return judge ? 0 : -1;
}

static inline int
judge_down(void **state)
{
	(void)state;
	judge_free(judge);
	return 0;
}

static inline struct flow
flow_to(const char *server)
{
	struct flow flow = { .proto = 6, .client_port = 40000, .server_port = 443,
		.begin_us = UINT64_C(1700000000) * USEC_PER_SEC };

	flow.end_us = flow.begin_us;
	assert_true(addr_parse("192.0.2.9", &flow.client));
	assert_true(addr_parse(server, &flow.server));
	return flow;
}

static inline void
feed(struct flow *flow)
{
	struct chunk chunk = { (const uint8_t *)"x", 1, flow->begin_us, DIR_UP, 0 };

	judge_feed(judge, flow, &chunk);
}

static inline void
say_host(struct flow *flow, const char *name, enum host_source source)
{
	script.say = (struct observation){ .kind = OBSERVED_HOST, .text = name,
		.text_len = strlen(name), .source = source };
	script.speak = true;
	feed(flow);
}

static inline const char *
service_of(const struct flow *flow)
{
	return flow->service ? rules_service(rules, flow->service - 1u)->id : "";
}

static inline void
end(struct flow *flow)
{
	judge_close(judge, flow);
	assert_null(flow->work);
	flow_fini(flow);
}

static inline struct upload
upload_of(int64_t low, int64_t best, int64_t high, enum method method)
{
	struct upload upload = { .begin_us = UINT64_C(1700000000) * USEC_PER_SEC, .bytes_up = 1000,
		.contacts = { low, best, high, method, CONFIDENCE_MEDIUM } };

	return upload;
}

#define JUDGE_TEST(name) cmocka_unit_test_setup_teardown(name, judge_up, judge_down)

#endif
