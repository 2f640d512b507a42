/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that a door reads itself: verdicts, events, and what a replay says of the same. */
#include "unit/asked_kit.h"

#define JSON "application/json"

/* ---- parity with the rows ---- */

/* The same requests, one after the other, by both doors. */
static void
assert_parity(struct shot *shots, size_t count, size_t piece)
{
	struct bench asked, wire;
	struct stats one = { 0 }, other = { 0 };

	bench_init(&asked, ASKED_POLICY, true, ASKED_HOST);
	bench_init(&wire, ASKED_POLICY, false, ASKED_HOST);
	judge_opened(asked.judge, &asked.flow);
	judge_opened(wire.judge, &wire.flow);
	for (size_t i = 0; i < count; i++) {
		asked.now_us += (uint64_t)(shots[i].pause * (double)SECOND) + 1000;
		wire.now_us = asked.now_us;
		bench_ask(&asked, &shots[i], ASKED_HOST, piece);
		bench_http1(&wire, &shots[i], ASKED_HOST);
	}
	assert_int_equal(asked.flow.requests, wire.flow.requests);
	bench_end(&asked);
	bench_end(&wire);
	assert_true(wire.told.count >= 5);
	assert_same_told(&asked.told, &wire.told);
	judge_stats(asked.judge, &one);
	judge_stats(wire.judge, &other);
	assert_int_equal(one.uploads, other.uploads);
	assert_int_equal(one.below_threshold, other.below_threshold);
	assert_memory_equal(one.unscanned, other.unscanned, sizeof(one.unscanned));
	bench_fini(&asked);
	bench_fini(&wire);
}

static void
shots_free(struct shot *shots, size_t count)
{
	for (size_t i = 0; i < count; i++)
		kit_free(&shots[i].body);
}

static void
a_replay_says_the_same(void **state)
{
	struct shot shots[] = {
		{ "GET", "/v1/me", NULL, NULL, { 0 }, 300, 0 },
		{ "POST", "/v1/contacts", JSON, NULL, book_json(0, 240), 512, 1 },
		{ "POST", "/v1/contacts", JSON, "gzip", kit_gzip(book_json(300, 50)), 100, 1 },
		{ "GET", "/v1/me", NULL, NULL, { 0 }, 900, 1 },
		{ "POST", "/v1/vcf", "text/vcard", NULL, book_vcard(0, 30), 20, 1 },
		{ "POST", "/v1/form", "application/x-www-form-urlencoded", NULL,
		    book_form(0, 25), 40, 1 },
		{ "POST", "/v1/few", JSON, NULL, book_json(0, 5), 40, 1 },
		{ "POST", "/v1/none", JSON, NULL, book_json(0, 0), 40, 1 },
		{ "POST", "/v1/broken", JSON, "gzip", book_json(0, 30), 40, 1 },
		{ "PUT", "/card/1", "text/vcard", NULL, book_vcard(50, 1), 40, 1 },
		{ "PUT", "/card/2", "text/vcard", NULL, book_vcard(51, 1), 40, 1 },
		{ "PROPFIND", "/card/", NULL, NULL, { 0 }, 700, 1 },
		{ "PUT", "/cards", "text/vcard", NULL, book_vcard(60, 22), 40, 1 },
		{ "PUT", "/card/3", "text/vcard", NULL, book_vcard(90, 1), 40, 100 },
	};
	size_t count = sizeof(shots) / sizeof(shots[0]);

	(void)state;
	assert_parity(shots, count, 100000);
	assert_parity(shots, count, 77);
	shots_free(shots, count);
}

/* Two streams at once, and small ones that are one upload together. */
static void
a_replay_of_streams_says_the_same(void **state)
{
	static const struct h2_request request = { .method = "PUT", .path = "/card",
		.host = ASKED_HOST, .type = "text/vcard" };
	struct shot shot = { .method = "PUT", .target = "/card", .type = "text/vcard" };
	struct request_words words = shot_words(&shot, ASKED_HOST);
	struct bench asked, wire;
	struct judged *judged[24];
	struct h2 h2;

	(void)state;
	bench_init(&asked, ASKED_POLICY, true, ASKED_HOST);
	bench_init(&wire, ASKED_POLICY, false, ASKED_HOST);
	judge_opened(asked.judge, &asked.flow);
	judge_opened(wire.judge, &wire.flow);
	h2_init(&h2);
	words.side_by_side = true;
	for (int i = 0; i < 24; i++) {
		h2_headers(&h2, (uint32_t)(2 * i + 1), 0, &request);
		judged[i] = judge_request(asked.judge, &asked.flow, &words, asked.now_us);
	}
	for (int i = 23; i >= 0; i--) {
		struct text_kit body = book_vcard(i, 1);

		h2_frame(&h2.up, H2_DATA, 0, (uint32_t)(2 * i + 1), body.data, body.len / 2);
		judged_feed(judged[i], (uint8_t *)body.data, body.len / 2, asked.now_us);
		kit_free(&body);
	}
	for (int i = 0; i < 24; i++) {
		struct text_kit body = book_vcard(i, 1);
		size_t half = body.len / 2;

		h2_frame(&h2.up, H2_DATA, H2_END, (uint32_t)(2 * i + 1), body.data + half,
		    body.len - half);
		judged_feed(judged[i], (uint8_t *)body.data + half, body.len - half, asked.now_us);
		assert_int_equal(judged_end(judged[i], asked.now_us).action,
		    i < 19 ? ACTION_ALLOW : ACTION_BLOCK);
		kit_free(&body);
	}
	bench_say(&wire, DIR_UP, h2.up.data, h2.up.len);
	for (int i = 0; i < 24; i++) {
		uint8_t frame[9 + 40] = { 0, 0, 40, H2_DATA, H2_END, 0, 0, 0, (uint8_t)(2 * i + 1) };

		bench_say(&wire, DIR_DOWN, frame, sizeof(frame));
		judged_answer(judged[i], 40);
		judged_free(judged[i]);
	}
	bench_end(&asked);
	bench_end(&wire);
	assert_int_equal(asked.told.count, 1);
	assert_int_equal(asked.told.events[0].upload.contacts.best, 24);
	assert_int_equal(asked.told.events[0].upload.bytes_down, 24 * 40);
	assert_true(asked.told.events[0].verdict.enforced);
	assert_same_told(&asked.told, &wire.told);
	h2_fini(&h2);
	bench_fini(&asked);
	bench_fini(&wire);
}

/* ---- one request ---- */

static struct judged *
ask(struct bench *bench, const char *host, const struct text_kit *body, size_t len)
{
	struct shot shot = { .method = "POST", .target = "/v1/contacts", .type = JSON };
	struct request_words words = shot_words(&shot, host);
	struct judged *judged = judge_request(bench->judge, &bench->flow, &words, bench->now_us);

	assert_non_null(judged);
	judged_feed(judged, (const uint8_t *)body->data, len, bench->now_us);
	return judged;
}

static void
a_held_body_is_stopped_whole(void **state)
{
	struct text_kit body = book_json(0, 240);
	struct bench bench;
	struct judged *judged;
	struct verdict verdict;

	(void)state;
	bench_init(&bench, ASKED_POLICY, true, ASKED_HOST);
	judged = ask(&bench, ASKED_HOST, &body, body.len);
	assert_true(judged_may_block(judged));
	judged_forwarded(judged, 0);
	verdict = judged_end(judged, bench.now_us);
	assert_int_equal(verdict.action, ACTION_BLOCK);
	assert_true(verdict.enforced);
	assert_string_equal(verdict.rule, "stop");
	judged_free(judged);
	assert_int_equal(bench.told.count, 1);
	assert_string_equal(bench.told.events[0].door, "proxy");
	assert_memory_equal(&bench.told.events[0].verdict, &verdict, sizeof(verdict));
	assert_int_equal(bench.told.events[0].bytes_forwarded, 0);
	assert_int_equal(bench.told.events[0].upload.bytes_up, body.len);
	/* The connection lives on: nothing else of it is stopped. */
	kit_free(&body);
	body = book_json(0, 3);
	judged = ask(&bench, ASKED_HOST, &body, body.len);
	assert_int_equal(judged_end(judged, bench.now_us).action, ACTION_ALLOW);
	judged_free(judged);
	bench_end(&bench);
	bench_fini(&bench);
	kit_free(&body);
}

/* Long bodies are released bit by bit: the door stops at the first block. */
static void
a_released_body_is_cut(void **state)
{
	struct text_kit body = book_json(0, 240);
	struct bench bench;
	struct judged *judged;
	struct verdict verdict;
	size_t at = 0;

	(void)state;
	bench_init(&bench, ASKED_POLICY, true, ASKED_HOST);
	judged = ask(&bench, ASKED_HOST, &body, 0);
	do
		judged_feed(judged, (const uint8_t *)body.data + at, 10, bench.now_us);
	while (judged_peek(judged).action != ACTION_BLOCK && (at += 10) < body.len);
	/* Twenty records of at most 44 bytes and what stands around them. */
	assert_in_range(at, 19 * 38, 20 * 44 + 30);
	judged_forwarded(judged, at);
	verdict = judged_cut(judged, bench.now_us);
	assert_int_equal(verdict.action, ACTION_BLOCK);
	judged_free(judged);
	assert_int_equal(bench.told.count, 1);
	assert_int_equal(bench.told.events[0].verdict.action, ACTION_BLOCK);
	assert_true(bench.told.events[0].verdict.enforced);
	assert_int_equal(bench.told.events[0].bytes_forwarded, at);
	assert_int_equal(bench.told.events[0].upload.contacts.best, 20);
	bench_end(&bench);
	bench_fini(&bench);
	kit_free(&body);
}

/* A rule that asks for certainty stopped it; that the rest never came changes nothing. */
static void
what_was_decided_stays(void **state)
{
	struct text_kit body = book_json(0, 240);
	struct bench bench;
	struct judged *judged;

	(void)state;
	bench_init(&bench, "policy:\n"
	    "  - {name: sure, when: {contacts: \">=20\", confidence: [high]}, then: block}\n",
	    true, ASKED_HOST);
	judged = ask(&bench, ASKED_HOST, &body, 4000);
	assert_int_equal(judged_peek(judged).action, ACTION_BLOCK);
	assert_int_equal(judged_cut(judged, bench.now_us).action, ACTION_BLOCK);
	judged_free(judged);
	assert_int_equal(bench.told.count, 1);
	assert_string_equal(bench.told.events[0].verdict.rule, "sure");
	assert_true(bench.told.events[0].verdict.enforced);
	/* Who had not been told so goes by what was read in the end. */
	judged = ask(&bench, ASKED_HOST, &body, 4000);
	assert_int_equal(judged_cut(judged, bench.now_us).action, ACTION_LOG);
	judged_free(judged);
	assert_int_equal(bench.told.count, 2);
	assert_false(bench.told.events[1].verdict.enforced);
	bench_end(&bench);
	bench_fini(&bench);
	kit_free(&body);
}

static void
what_is_not_stopped_has_passed(void **state)
{
	struct text_kit body = book_json(0, 240);
	struct bench bench;
	struct judged *judged;

	(void)state;
	bench_init(&bench, ASKED_POLICY, true, "api.example.org");
	judged = ask(&bench, "api.example.org", &body, body.len);
	assert_false(judged_may_block(judged));
	assert_int_equal(judged_peek(judged).action, ACTION_LOG);
	assert_int_equal(judged_end(judged, bench.now_us).action, ACTION_LOG);
	judged_free(judged);
	assert_int_equal(bench.told.count, 1);
	assert_false(bench.told.events[0].verdict.enforced);
	assert_int_equal(bench.told.events[0].bytes_forwarded, body.len);
	bench_end(&bench);
	bench_fini(&bench);
	kit_free(&body);
}

/* ---- who may be stopped at all ---- */

static bool
may_block(const char *policy, const char *host, const char *target)
{
	struct shot shot = { .method = "POST", .target = target, .type = JSON };
	struct request_words words = shot_words(&shot, host);
	struct bench bench;
	struct judged *judged;
	bool may;

	bench_init(&bench, policy, true, host);
	judged = judge_request(bench.judge, &bench.flow, &words, bench.now_us);
	may = judged_may_block(judged);
	judged_free(judged);
	bench_end(&bench);
	bench_fini(&bench);
	return may;
}

static void
a_policy_may_stop_some(void **state)
{
#define RULE(text) "policy:\n  - {name: a, " text "}\n"
#define THEN "  - {name: b, then: block}\n"
	static const struct {
		const char *policy;
		bool threema, other;
	} cases[] = {
		{ RULE("then: log"), false, false },
		{ RULE("then: block"), true, true },
		{ RULE("when: {services: [threema]}, then: block"), true, false },
		{ RULE("when: {calls: [identity-match]}, then: block"), true, false },
		{ RULE("when: {contacts: \">=5000\"}, then: block"), true, true },
		{ RULE("when: {contacts: \"<20\"}, then: block"), false, false },
		{ RULE("when: {contacts: \"<=20\"}, then: block"), true, true },
		{ RULE("when: {contacts: \">=20\"}, then: allow") THEN, false, false },
		{ RULE("when: {contacts: \"<500\"}, then: allow") THEN, true, true },
		{ RULE("when: {confidence: [high]}, then: allow") THEN, true, true },
		{ RULE("when: {method: size}, then: block"), false, false },
		{ RULE("when: {method: content}, then: block"), true, true },
		{ RULE("when: {services: [threema]}, then: allow") THEN, false, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(may_block(cases[i].policy, "apip.threema.ch",
		    "/identity/match"), cases[i].threema);
		assert_int_equal(may_block(cases[i].policy, "api.example.org", "/x"),
		    cases[i].other);
	}
}

/* ---- the flow's memory ---- */

static void
an_idle_connection_costs_no_work(void **state)
{
	struct shot get = { .method = "GET", .target = "/" };
	struct text_kit none = book_json(0, 0), book = book_json(0, 40);
	struct bench bench;
	struct judged *judged;

	(void)state;
	bench_init(&bench, ASKED_POLICY, true, ASKED_HOST);
	assert_non_null(bench.flow.work);
	judge_opened(bench.judge, &bench.flow);
	assert_true(bench.flow.opened);
	assert_null(bench.flow.work);
	assert_int_equal(bench.flow.wants, 0);
	bench_ask(&bench, &get, ASKED_HOST, 1);
	assert_null(bench.flow.work);
	assert_int_equal(bench.flow.requests, 1);
	judged = ask(&bench, ASKED_HOST, &none, none.len);
	assert_non_null(bench.flow.work);
	assert_int_equal(judged_end(judged, bench.now_us).action, ACTION_ALLOW);
	judged_free(judged);
	assert_null(bench.flow.work);
	/* Work that was made anew knows what the flow is. */
	judged = ask(&bench, ASKED_HOST, &book, book.len);
	judged_free(judged);
	bench_end(&bench);
	assert_int_equal(bench.told.count, 1);
	assert_string_equal(bench.told.events[0].flow.service, "icloud");
	bench_fini(&bench);
	kit_free(&none);
	kit_free(&book);
}

static void
a_name_is_taken_from_the_request(void **state)
{
	struct shot get = { .method = "GET", .target = "/" };
	struct text_kit book = book_json(0, 40);
	struct bench bench;

	(void)state;
	bench_init(&bench, ASKED_POLICY, true, NULL);
	judge_opened(bench.judge, &bench.flow);
	bench_ask(&bench, &get, "Contacts.iCloud.com:443", 1);
	assert_string_equal(bench.flow.host, ASKED_HOST);
	assert_true(bench.flow.service > 0);
	judged_free(ask(&bench, "", &book, book.len));
	assert_int_equal(bench.told.count, 1);
	assert_string_equal(bench.told.events[0].flow.service, "icloud");
	bench_end(&bench);
	bench_fini(&bench);
	kit_free(&book);
}

/* The client goes in the middle of it, or the whole flow does. */
static void
what_never_ends_is_cut(void **state)
{
	struct text_kit book = book_json(0, 40);
	struct bench bench;
	struct judged *judged;

	(void)state;
	bench_init(&bench, ASKED_POLICY, true, ASKED_HOST);
	judged_free(NULL);
	judged_free(ask(&bench, ASKED_HOST, &book, book.len - 1));
	assert_int_equal(bench.told.count, 1);
	assert_int_equal(bench.told.events[0].upload.contacts.high, CONTACTS_UNKNOWN);
	judged = ask(&bench, ASKED_HOST, &book, book.len - 1);
	bench_end(&bench);
	assert_int_equal(bench.told.count, 2);
	assert_int_equal(judged_end(judged, bench.now_us).action, ACTION_BLOCK);
	judged_feed(judged, (const uint8_t *)"x", 1, bench.now_us);
	judged_answer(judged, 10);
	assert_false(judged_may_block(judged));
	judged_free(judged);
	bench_fini(&bench);
	kit_free(&book);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_replay_says_the_same),
		cmocka_unit_test(a_replay_of_streams_says_the_same),
		cmocka_unit_test(a_held_body_is_stopped_whole),
		cmocka_unit_test(a_released_body_is_cut),
		cmocka_unit_test(what_was_decided_stays),
		cmocka_unit_test(what_is_not_stopped_has_passed),
		cmocka_unit_test(a_policy_may_stop_some),
		cmocka_unit_test(an_idle_connection_costs_no_work),
		cmocka_unit_test(a_name_is_taken_from_the_request),
		cmocka_unit_test(what_never_ends_is_cut),
	};

	return cmocka_run_group_tests(tests, rules_up, rules_down);
}
