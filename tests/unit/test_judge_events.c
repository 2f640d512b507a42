/* SPDX-License-Identifier: Apache-2.0 */
/* What the judge tells: uploads, ends of flows, and what is inside TLS. */
#include "unit/judge_kit.h"

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


int
main(void)
{
	const struct CMUnitTest tests[] = {
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
