/* SPDX-License-Identifier: Apache-2.0 */
/* How the judge settles what a flow is. */
#include "unit/judge_kit.h"

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

/* A name server tells that client where g.whatsapp.net is, for a minute. */
static void
answer_is(struct flow *asked, const struct addr *server)
{
	judge_open(judge, asked);
	script.say = (struct observation){ .kind = OBSERVED_ANSWER, .text = "g.whatsapp.net",
		.text_len = 14, .addr = server, .number = 60 };
	script.speak = true;
	feed(asked);
	end(asked);
}

static void
a_dns_answer_names_later_flows_of_that_client(void **state)
{
	struct flow asked = flow_to("203.0.113.53"), later = flow_to("203.0.113.7"), other = later;

	(void)state;
	answer_is(&asked, &later.server);
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

	(void)state;
	answer_is(&asked, &later.server);
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
	};

	return cmocka_run_group_tests(tests, rules_up, rules_down);
}
