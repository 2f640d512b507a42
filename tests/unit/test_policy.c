/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy over cases made by hand: every condition, what is not known, and
 * which rules cover which.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "rules/policy.h"

#define WORDS(...) { (const char *[]){ __VA_ARGS__ }, \
	sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *) }

static const struct contact_bounds from_20 = { true, 20, CONTACTS_MANY, ">=20" };
static const struct contact_bounds over_100 = { true, 101, CONTACTS_MANY, ">100" };
static const struct contact_bounds under_20 = { true, 0, 19, "<20" };
static const struct contact_bounds between = { true, 20, 500, "20..500" };

static struct policy_case
case_of(int64_t low, int64_t best, int64_t high)
{
	return (struct policy_case){
		.group = "managed", .service = "facebook", .call = "friend-finder",
		.recipient = "facebook", .country = "IE",
		.host = "graph.facebook.com", .class = 'B',
		.contacts = { low, best, high, METHOD_SIZE, CONFIDENCE_MEDIUM },
		.transfer = TRANSFER_ENDED, .managed = -1, .minute = -1,
	};
}

/* Does a single rule hold for the case? */
static bool
holds(struct rule rule, struct policy_case asked)
{
	struct policy policy = { &rule, 1 };

	rule.name = "the-rule";
	rule.action = ACTION_BLOCK;
	return policy_decide(&policy, &asked).action == ACTION_BLOCK;
}

static void
test_words(void **state)
{
	struct policy_case asked = case_of(50, 50, 50);
	struct rule rule = { .managed = -1, .groups = WORDS("guests", "managed"),
		.services = WORDS("facebook") };

	(void)state;
	assert_true(holds(rule, asked));
	asked.group = "guests";
	assert_true(holds(rule, asked));
	asked.group = NULL;
	assert_false(holds(rule, asked));
	asked.group = "other";
	assert_false(holds(rule, asked));
}

static void
test_each_condition(void **state)
{
	const struct rule rules[] = {
		{ .managed = -1, .calls = WORDS("friend-finder") },
		{ .managed = -1, .recipients = WORDS("facebook") },
		{ .managed = -1, .countries = WORDS("US", "IE") },
		{ .managed = -1, .classes = 1u << 1 },
		{ .managed = -1, .transfers = 1u << TRANSFER_ENDED },
		{ .managed = -1, .methods = 1u << METHOD_SIZE },
		{ .managed = -1, .confidences = 1u << CONFIDENCE_MEDIUM },
		{ .managed = -1, .hosts = WORDS("facebook.com") },
	};
	struct policy_case asked = case_of(50, 50, 50), other = {
		.class = 'A', .transfer = TRANSFER_NONE, .managed = -1, .minute = -1 };

	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		assert_true(holds(rules[i], asked));
		assert_false(holds(rules[i], other));
	}
}

static const struct {
	const struct contact_bounds *bounds;
	int64_t low, best, high;
	bool want;
} numbers[] = {
	{ &from_20, 5, 20, 90, true }, { &from_20, 5, 19, 90, false },
	{ &over_100, 0, 101, 900, true }, { &over_100, 0, 100, 900, false },
	{ &under_20, 0, 19, 90, true }, { &under_20, 0, 20, 90, false },
	{ &between, 0, 20, 900, true }, { &between, 0, 500, 900, true },
	{ &between, 0, 501, 900, false }, { &between, 0, 19, 900, false },
	/* best unknown: "at least" may be so, "under" must be so */
	{ &from_20, 5, -1, 20, true }, { &from_20, 5, -1, 19, false },
	{ &from_20, -1, -1, -1, true }, { &over_100, -1, -1, -1, true },
	{ &under_20, 0, -1, 19, true }, { &under_20, 0, -1, 20, false },
	{ &under_20, -1, -1, -1, false }, { &under_20, 3, -1, -1, false },
	{ &between, 501, -1, -1, false }, { &between, 400, -1, -1, true },
	{ &between, -1, -1, -1, true },
};

static void
test_contacts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct rule rule = { .managed = -1, .contacts = *numbers[i].bounds };

		if (holds(rule, case_of(numbers[i].low, numbers[i].best,
		    numbers[i].high)) != numbers[i].want)
			fail_msg("row %zu", i);
	}
}

static void
test_managed(void **state)
{
	struct policy_case asked = case_of(50, 50, 50);

	(void)state;
	assert_false(holds((struct rule){ .managed = 1 }, asked));
	assert_false(holds((struct rule){ .managed = 0 }, asked));
	asked.managed = 1;
	assert_true(holds((struct rule){ .managed = 1 }, asked));
	assert_false(holds((struct rule){ .managed = 0 }, asked));
	asked.managed = 0;
	assert_true(holds((struct rule){ .managed = 0 }, asked));
}

static void
test_hours(void **state)
{
	static const struct { int from, to, minute; bool want; } rows[] = {
		{ 480, 1080, 480, true }, { 480, 1080, 479, false },
		{ 480, 1080, 1079, true }, { 480, 1080, 1080, false },
		{ 480, 1080, -1, false }, { 0, 1440, 1439, true },
		{ 1320, 360, 1320, true }, { 1320, 360, 0, true },
		{ 1320, 360, 359, true }, { 1320, 360, 360, false },
		{ 1320, 360, 1319, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rule rule = { .managed = -1,
			.hours = { true, rows[i].from, rows[i].to, "x" } };
		struct policy_case asked = case_of(50, 50, 50);

		asked.minute = rows[i].minute;
		if (holds(rule, asked) != rows[i].want)
			fail_msg("row %zu", i);
	}
}

static void
test_host_patterns(void **state)
{
	static const struct { const char *pattern, *host; bool want; } rows[] = {
		{ "signal.org", "signal.org", true },
		{ "signal.org", "cdsi.Signal.org", true },
		{ "signal.org", "notsignal.org", false },
		{ "signal.org", "org", false },
		{ "=signal.org", "signal.org", true },
		{ "=signal.org", "cdsi.signal.org", false },
		{ "signal.org", NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(host_pattern_fits(rows[i].pattern, rows[i].host),
		    rows[i].want);
}

static void
test_first_match(void **state)
{
	struct rule rules[] = {
		{ .name = "few", .action = ACTION_ALLOW, .managed = -1, .contacts = under_20 },
		{ .name = "many", .action = ACTION_BLOCK, .managed = -1, .contacts = from_20,
		    .transfers = 1u << TRANSFER_ENDED },
		{ .name = "rest", .action = ACTION_LOG, .managed = -1 },
	};
	struct policy policy = { rules, 3 };
	struct policy_case asked = case_of(5, 5, 5);

	(void)state;
	assert_string_equal(policy_decide(&policy, &asked).rule, "few");
	asked = case_of(50, 50, 50);
	assert_string_equal(policy_decide(&policy, &asked).rule, "many");
	asked.transfer = TRANSFER_IN_FORCE;
	assert_string_equal(policy_decide(&policy, &asked).rule, "rest");
	assert_int_equal(policy_rule_count(&policy), 3);
}

static void
test_reasons(void **state)
{
	struct rule rules[] = {
		{ .name = "many", .action = ACTION_BLOCK, .managed = -1,
		    .contacts = from_20, .transfers = 1u << TRANSFER_ENDED,
		    .groups = WORDS("managed") },
		{ .name = "rest", .action = ACTION_LOG, .managed = -1 },
	};
	struct policy policy = { rules, 2 };
	struct policy_case asked = case_of(200, 250, 300);

	(void)state;
	assert_string_equal(policy_decide(&policy, &asked).reason,
	    "group managed; contacts 250 (>=20); transfer ended");
	asked = case_of(5, -1, 30);
	assert_string_equal(policy_decide(&policy, &asked).reason,
	    "group managed; contacts 5 to 30 (may be >=20); transfer ended");
	asked = case_of(-1, -1, -1);
	assert_string_equal(policy_decide(&policy, &asked).reason,
	    "group managed; number of contacts unknown (may be >=20); transfer ended");
	asked.group = NULL;
	assert_non_null(strstr(policy_decide(&policy, &asked).reason, "no condition"));
}

static void
test_default(void **state)
{
	struct rule never = { .name = "never", .action = ACTION_BLOCK, .managed = 1 };
	struct policy policy = { &never, 1 };
	struct policy_case asked = case_of(50, 50, 50);
	struct verdict verdict = policy_decide(NULL, &asked);

	(void)state;
	assert_int_equal(verdict.action, ACTION_LOG);
	assert_string_equal(verdict.rule, "(default)");
	assert_false(verdict.enforced);
	verdict = policy_decide(&policy, &asked);
	assert_int_equal(verdict.action, ACTION_LOG);
	assert_string_equal(verdict.rule, "(default)");
	assert_int_equal(policy_rule_count(NULL), 0);
}

/* A reason longer than its room stays whole characters. */
static void
test_long_reason(void **state)
{
	char host[256];
	struct rule rule = { .name = "r", .action = ACTION_BLOCK, .managed = -1,
		.groups = WORDS("gr\xc3\xbcppe"), .hosts = WORDS("org") };
	struct policy policy = { &rule, 1 };
	struct policy_case asked = case_of(50, 50, 50);
	struct verdict verdict;

	(void)state;
	memset(host, 'a', sizeof(host));
	memcpy(host + 251, ".org", 5);
	asked.host = host;
	asked.group = "gr\xc3\xbcppe";
	verdict = policy_decide(&policy, &asked);
	assert_int_equal(verdict.action, ACTION_BLOCK);
	assert_int_equal(strlen(verdict.reason), REASON_MAX - 1);
}

static const struct { struct rule earlier, later; bool want; } covers[] = {
	{ { .managed = -1 }, { .managed = 1, .groups = WORDS("a") }, true },
	{ { .managed = -1, .groups = WORDS("a") }, { .managed = -1 }, false },
	{ { .managed = -1, .groups = WORDS("a", "b") },
	  { .managed = -1, .groups = WORDS("b"), .services = WORDS("s") }, true },
	{ { .managed = -1, .groups = WORDS("a") },
	  { .managed = -1, .groups = WORDS("a", "b") }, false },
	{ { .managed = -1, .hosts = WORDS("x.org") },
	  { .managed = -1, .hosts = WORDS("a.x.org", "=x.org") }, true },
	{ { .managed = -1, .hosts = WORDS("=x.org") },
	  { .managed = -1, .hosts = WORDS("x.org") }, false },
	{ { .managed = -1, .transfers = 3 }, { .managed = -1, .transfers = 1 }, true },
	{ { .managed = -1, .transfers = 1 }, { .managed = -1, .transfers = 3 }, false },
	{ { .managed = 1 }, { .managed = 1 }, true },
	{ { .managed = 1 }, { .managed = 0 }, false },
	{ { .managed = -1, .contacts = { true, 20, CONTACTS_MANY, "" } },
	  { .managed = -1, .contacts = { true, 100, 200, "" } }, true },
	{ { .managed = -1, .contacts = { true, 20, CONTACTS_MANY, "" } },
	  { .managed = -1, .contacts = { true, 0, 200, "" } }, false },
	/* unknown numbers may reach the second of these, never the first */
	{ { .managed = -1, .contacts = { true, 0, 300, "" } },
	  { .managed = -1, .contacts = { true, 100, 200, "" } }, false },
	{ { .managed = -1, .contacts = { true, 0, 300, "" } },
	  { .managed = -1, .contacts = { true, 0, 200, "" } }, true },
	{ { .managed = -1, .hours = { true, 1, 2, "" } },
	  { .managed = -1, .hours = { true, 1, 2, "" } }, true },
	{ { .managed = -1, .hours = { true, 1, 2, "" } }, { .managed = -1 }, false },
};

static void
test_covers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(covers) / sizeof(covers[0]); i++) {
		if (rule_covers(&covers[i].earlier, &covers[i].later) !=
		    covers[i].want)
			fail_msg("row %zu", i);
	}
	assert_true(rule_is_empty(&covers[0].earlier));
	assert_false(rule_is_empty(&covers[1].earlier));
}

/*
 * Covering is a promise about all cases: over a grid of numbers, no case may
 * reach a covered rule.
 */
static void
test_covers_is_sound(void **state)
{
	static const int64_t ends[] = { 0, 5, 20, 100, CONTACTS_MANY };
	static const int64_t values[] = { -1, 0, 4, 5, 6, 20, 50, 100, 101 };

	(void)state;
	for (unsigned n = 0; n < 5 * 5 * 5 * 5; n++) {
		struct rule a = { .managed = -1, .contacts = { true, ends[n % 5],
			ends[n / 5 % 5], "" } };
		struct rule b = { .managed = -1, .contacts = { true,
			ends[n / 25 % 5], ends[n / 125 % 5], "" } };

		if (a.contacts.low > a.contacts.high ||
		    b.contacts.low > b.contacts.high || !rule_covers(&a, &b))
			continue;
		for (unsigned v = 0; v < 9 * 9; v++) {
			struct policy_case asked = case_of(values[v % 9], -1,
			    values[v / 9]);

			assert_false(holds(b, asked) && !holds(a, asked));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_each_condition),
		cmocka_unit_test(test_contacts),
		cmocka_unit_test(test_managed),
		cmocka_unit_test(test_hours),
		cmocka_unit_test(test_host_patterns),
		cmocka_unit_test(test_first_match),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_long_reason),
		cmocka_unit_test(test_covers),
		cmocka_unit_test(test_covers_is_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
