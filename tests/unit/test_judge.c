/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judge with rows and an nDPI that the test commands, and with the rules
 * as they are shipped. The definitions below replace the library's at link
 * time.
 */
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

static enum interest
row_sniff_yes(const struct flow *flow, const struct chunk *chunk)
{
	(void)flow, (void)chunk;
	return INTEREST_YES;
}

static enum interest
row_sniff_no(const struct flow *flow, const struct chunk *chunk)
{
	(void)flow, (void)chunk;
	return INTEREST_NO;
}

static unsigned
speaker_feed(struct task *task, void *slot, const struct chunk *chunk)
{
	(void)slot, (void)chunk;
	script.fed[CLASSIFIER_HELLO]++;
	if (script.speak)
		task->listener->observe(task->listener, &script.say);
	script.speak = false;
	return script.finish ? 0 : MORE_UP;
}

static void
speaker_close(struct task *task, void *slot)
{
	(void)task, (void)slot;
	script.closed[CLASSIFIER_HELLO]++;
}

static unsigned
volume_feed(struct task *task, void *slot, const struct chunk *chunk)
{
	(void)task, (void)slot, (void)chunk;
	script.fed[CLASSIFIER_VOLUME]++;
	return MORE_BOTH;
}

static void
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

static unsigned
inside_feed(struct task *task, void *slot, const struct chunk *chunk)
{
	struct observation seen = { .kind = OBSERVED_REQUEST };

	(void)slot, (void)chunk;
	script.fed[CLASSIFIER_HTTP1]++;
	task->listener->observe(task->listener, &seen);
	return MORE_UP;
}

static const struct classifier inside = { "inside", ON_PLAIN, 16, row_sniff_yes, inside_feed, NULL };
static const struct classifier speaker = { "speaker", ON_TCP | ON_UDP, 16, row_sniff_yes, speaker_feed, speaker_close };
static const struct classifier silent = { "silent", ON_TCP | ON_UDP, 16, row_sniff_no, NULL, NULL };
static const struct classifier volume = { "volume", ON_TCP | ON_UDP, 16, row_sniff_yes, volume_feed, volume_close };

const struct classifier *const classifier_table[CLASSIFIERS] = {
	&speaker, &silent, &silent, &silent, &inside, &silent, &volume
};

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

static void
hear_upload(struct event_sink *sink, struct event_upload *event)
{
	(void)sink;
	heard.upload = *event;
	heard.uploads++;
}

static void
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

static int
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

static int
rules_down(void **state)
{
	(void)state;
	settings_free(settings);
	rules_free(rules);
	return 0;
}

static int
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

static int
judge_down(void **state)
{
	(void)state;
	judge_free(judge);
	return 0;
}

static struct flow
flow_to(const char *server)
{
	struct flow flow = { .proto = 6, .client_port = 40000, .server_port = 443,
		.begin_us = UINT64_C(1700000000) * USEC_PER_SEC };

	flow.end_us = flow.begin_us;
	assert_true(addr_parse("192.0.2.9", &flow.client));
	assert_true(addr_parse(server, &flow.server));
	return flow;
}

static void
feed(struct flow *flow)
{
	struct chunk chunk = { (const uint8_t *)"x", 1, flow->begin_us, DIR_UP, 0 };

	judge_feed(judge, flow, &chunk);
}

static void
say_host(struct flow *flow, const char *name, enum host_source source)
{
	script.say = (struct observation){ .kind = OBSERVED_HOST, .text = name,
		.text_len = strlen(name), .source = source };
	script.speak = true;
	feed(flow);
}

static const char *
service_of(const struct flow *flow)
{
	return flow->service ? rules_service(rules, flow->service - 1u)->id : "";
}

static void
end(struct flow *flow)
{
	judge_close(judge, flow);
	assert_null(flow->work);
	flow_fini(flow);
}

/* ---- tests ---- */

static void
a_name_settles_the_service_and_its_models(void **state)
{
	struct flow flow = flow_to("203.0.113.1");

	(void)state;
	judge_open(judge, &flow);
	assert_int_equal(flow.wants, WANT_PACKETS | WANT_BYTES);
	say_host(&flow, "cdsi.signal.org", HOST_SNI);
	assert_string_equal(service_of(&flow), "signal");
	assert_true(script.models >= 1);
	assert_int_equal(script.fed[CLASSIFIER_VOLUME], 1);	/* the same chunk */
	end(&flow);
	assert_int_equal(script.closed[CLASSIFIER_HELLO], 1);
	assert_int_equal(script.closed[CLASSIFIER_VOLUME], 1);
}

static void
a_settled_flow_wants_nothing(void **state)
{
	struct flow flow = flow_to("203.0.113.1");

	(void)state;
	judge_open(judge, &flow);
	script.finish = true;
	say_host(&flow, "www.example.org", HOST_SNI);
	assert_int_equal(flow.wants, WANT_PACKETS);		/* only nDPI still looks */
	script.app_done = true;
	judge_packet(judge, &flow, NULL, 0, 0, DIR_UP);
	assert_int_equal(flow.wants, 0);
	assert_null(flow.work);
	end(&flow);
	assert_int_equal(heard.ends, 1);
	assert_string_equal(heard.flow_end.flow.host, "www.example.org");
}

static void
a_dns_answer_names_later_flows_of_that_client(void **state)
{
	struct flow asked = flow_to("203.0.113.53"), later = flow_to("203.0.113.7"), other = later;
	struct addr answer = later.server;

	(void)state;
	judge_open(judge, &asked);
	script.say = (struct observation){ .kind = OBSERVED_ANSWER, .text = "g.whatsapp.net",
		.text_len = 14, .addr = &answer, .number = 60 };
	script.speak = true;
	feed(&asked);
	end(&asked);
	judge_open(judge, &later);
	assert_string_equal(later.host, "g.whatsapp.net");
	assert_int_equal(later.host_source, HOST_DNS);
	assert_string_equal(service_of(&later), "whatsapp");
	assert_true(addr_parse("192.0.2.77", &other.client));
	judge_open(judge, &other);
	assert_null(other.host);
	end(&later);
	end(&other);
}

static void
answers_grow_old(void **state)
{
	struct flow asked = flow_to("203.0.113.53"), later = flow_to("203.0.113.7");
	struct addr answer = later.server;

	(void)state;
	judge_open(judge, &asked);
	script.say = (struct observation){ .kind = OBSERVED_ANSWER, .text = "g.whatsapp.net",
		.text_len = 14, .addr = &answer, .number = 60 };
	script.speak = true;
	feed(&asked);
	end(&asked);
	later.begin_us += (NAME_LIFE_MIN + 1) * USEC_PER_SEC;
	judge_open(judge, &later);
	assert_null(later.host);
	end(&later);
}

static void
a_trusted_name_takes_back_an_older_one(void **state)
{
	struct flow flow = flow_to("149.154.167.51");		/* Telegram's network */

	(void)state;
	judge_open(judge, &flow);
	assert_string_equal(service_of(&flow), "telegram");
	say_host(&flow, "www.example.org", HOST_SNI);
	assert_string_equal(service_of(&flow), "");
	end(&flow);
}

static void
an_opening_beats_the_label_alone(void **state)
{
	struct flow flow = flow_to("203.0.113.1");

	(void)state;
	script.app_name = "TLS.Facebook";
	script.app_done = true;
	judge_open(judge, &flow);
	judge_packet(judge, &flow, NULL, 0, 0, DIR_UP);
	assert_string_equal(service_of(&flow), "facebook");
	script.say = (struct observation){ .kind = OBSERVED_PREFACE, .text = "whatsapp", .text_len = 8 };
	script.speak = true;
	feed(&flow);
	assert_string_equal(service_of(&flow), "whatsapp");
	end(&flow);
}

static struct upload
upload_of(int64_t low, int64_t best, int64_t high, enum method method)
{
	struct upload upload = { .begin_us = UINT64_C(1700000000) * USEC_PER_SEC, .bytes_up = 1000,
		.contacts = { low, best, high, method, CONFIDENCE_MEDIUM } };

	return upload;
}

static void
an_upload_becomes_an_event(void **state)
{
	struct flow flow = flow_to("203.0.113.1");
	struct upload upload = upload_of(20, 25, 30, METHOD_SIZE);

	(void)state;
	judge_open(judge, &flow);
	say_host(&flow, "cdsi.signal.org", HOST_SNI);
	script.volume_upload = &upload;
	end(&flow);
	assert_int_equal(heard.uploads, 1);
	assert_string_equal(heard.upload.flow.service, "signal");
	assert_string_equal(heard.upload.call, "contact-discovery");
	assert_string_equal(heard.upload.recipient, "signal");
	assert_int_equal(heard.upload.class, 'A');
	assert_int_equal(heard.upload.transfer.status, TRANSFER_NONE);
	assert_int_equal(heard.upload.verdict.action, ACTION_LOG);
	assert_false(heard.upload.verdict.enforced);
	assert_int_equal(heard.upload.bytes_forwarded, 1000);
	assert_true(heard.upload.flow.community_id[0] != '\0');
}

static void
small_uploads_are_counted_and_unknown_ones_reported(void **state)
{
	static const struct {
		int64_t best;
		unsigned events, below;
	} cases[] = { { 19, 0, 1 }, { 20, 1, 0 }, { CONTACTS_UNKNOWN, 1, 0 } };

	for (size_t i = 0; i < 3; i++) {
		struct flow flow = flow_to("203.0.113.1");
		struct upload upload = upload_of(1, cases[i].best, 30, METHOD_SIZE);
		struct stats stats = { 0 };

		judge_down(state);
		judge_up(state);
		judge_open(judge, &flow);
		say_host(&flow, "cdsi.signal.org", HOST_SNI);
		script.volume_upload = &upload;
		end(&flow);
		judge_stats(judge, &stats);
		assert_int_equal(heard.uploads, cases[i].events);
		assert_int_equal(stats.below_threshold, cases[i].below);
	}
}

static void
pseudonyms_hide_the_address_and_its_digests(void **state)
{
	static const uint8_t key[32] = { 9 };
	struct judge_options options = { .rules = rules, .settings = settings, .door = "replay",
		.gateway = "test", .sink = &heard.sink, .identity_key = key };
	struct flow flow = flow_to("203.0.113.1");
	uint64_t plain = flow_id(&flow, NULL);

	(void)state;
	judge_free(judge);
	judge = judge_new(&options);
	judge_open(judge, &flow);
	end(&flow);
	assert_true(heard.flow_end.flow.device[0] != '\0');
	assert_string_equal(heard.flow_end.flow.community_id, "");
	assert_int_not_equal(heard.flow_end.flow.flow_id, plain);
}

static void
a_clear_request_ends_size_models(void **state)
{
	struct flow flow = flow_to("203.0.113.1");

	(void)state;
	judge_open(judge, &flow);
	script.say = (struct observation){ .kind = OBSERVED_REQUEST };
	script.speak = true;
	feed(&flow);
	assert_int_equal(script.closed[CLASSIFIER_VOLUME], 1);
	assert_int_equal(flow.requests, 1);
	end(&flow);
}

/* What TLS hid goes to the rows that read plain bytes, and sizes fall silent. */
static void
opened_flows_are_read_inside(void **state)
{
	struct flow flow = flow_to("203.0.113.1");
	struct upload upload = upload_of(20, 25, 30, METHOD_SIZE);
	struct chunk chunk = { (const uint8_t *)"x", 1, flow.begin_us, DIR_UP, 0 };

	(void)state;
	judge_open(judge, &flow);
	say_host(&flow, "cdsi.signal.org", HOST_SNI);
	script.volume_upload = &upload;
	assert_int_equal(flow.wants & WANT_PLAIN, 0);
	judge_opened(judge, &flow);
	assert_int_equal(flow.wants & WANT_PLAIN, WANT_PLAIN);
	assert_int_equal(script.fed[CLASSIFIER_HTTP1], 0);
	judge_plain(judge, &flow, &chunk);
	assert_int_equal(script.fed[CLASSIFIER_HTTP1], 1);
	assert_int_equal(flow.wants & WANT_PLAIN, WANT_PLAIN_UP);
	assert_int_equal(script.models, 0);
	end(&flow);
	assert_true(heard.flow_end.opened);
	assert_int_equal(heard.flow_end.requests, 1);
}

static void
a_settled_flow_can_still_be_opened(void **state)
{
	struct flow flow = flow_to("203.0.113.1");

	(void)state;
	judge_open(judge, &flow);
	script.finish = script.app_done = true;
	say_host(&flow, "www.example.org", HOST_SNI);
	judge_packet(judge, &flow, NULL, 0, 0, DIR_UP);
	assert_int_equal(flow.wants, 0);
	judge_opened(judge, &flow);
	assert_int_equal(flow.wants, WANT_PLAIN);
	end(&flow);
}

static void
flows_of_other_protocols_are_labelled_only(void **state)
{
	struct flow flow = flow_to("203.0.113.1");

	(void)state;
	flow.proto = 1;
	judge_open(judge, &flow);
	assert_int_equal(flow.wants, WANT_PACKETS);
	judge_packet(judge, &flow, NULL, 0, 0, DIR_UP);
	end(&flow);
	assert_int_equal(script.app_finished, 1);
	assert_int_equal(heard.ends, 1);
}

#define JUDGE_TEST(name) cmocka_unit_test_setup_teardown(name, judge_up, judge_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		JUDGE_TEST(a_name_settles_the_service_and_its_models),
		JUDGE_TEST(a_settled_flow_wants_nothing),
		JUDGE_TEST(a_dns_answer_names_later_flows_of_that_client),
		JUDGE_TEST(answers_grow_old),
		JUDGE_TEST(a_trusted_name_takes_back_an_older_one),
		JUDGE_TEST(an_opening_beats_the_label_alone),
		JUDGE_TEST(an_upload_becomes_an_event),
		JUDGE_TEST(small_uploads_are_counted_and_unknown_ones_reported),
		JUDGE_TEST(pseudonyms_hide_the_address_and_its_digests),
		JUDGE_TEST(a_clear_request_ends_size_models),
		JUDGE_TEST(opened_flows_are_read_inside),
		JUDGE_TEST(a_settled_flow_can_still_be_opened),
		JUDGE_TEST(flows_of_other_protocols_are_labelled_only),
	};

	return cmocka_run_group_tests(tests, rules_up, rules_down);
}
