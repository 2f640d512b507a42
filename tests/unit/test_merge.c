/* SPDX-License-Identifier: Apache-2.0 */
/* What two bodies hold together: exact while small, within bounds when large. */
#include "body_kit.h"

static struct body *
book_body(int first, int count)
{
	static const struct body_facts facts = { "application/json", "", "" };
	static const struct body_facts none = { "", "", "" };
	struct body *body = body_new(&facts, BULK_THRESHOLD);
	struct text_kit kit = { 0 };

	kit_add(&kit, "{\"contacts\":[");
	for (int i = 0; i < count; i++)
		kit_add(&kit, "%s{\"name\":\"A\",\"phone\":\"" KIT_PHONE "\"}", i ? "," : "",
		    first + i);
	kit_add(&kit, "]}");
	body_feed(body, (const uint8_t *)kit.data, kit.len);
	body_next(body, &none);
	kit_free(&kit);
	return body;
}

static void
merge_check(int a, int b, int both)
{
	struct body *body = book_body(0, a);
	struct body_result result;

	body_merge(body, book_body(a - both, b));
	body_end(body, &result);
	if (a + b < 8000) {
		assert_int_equal(result.contacts.low, a + b - both);
		assert_int_equal(result.contacts.best, a + b - both);
		assert_int_equal(result.contacts.high, a + b - both);
	}
	/* Ten standard errors of the sample at its coarsest here, and more. */
	assert_in_range(result.contacts.best, (a + b - both) * 9 / 10,
	    (a + b - both) * 11 / 10);
	assert_int_equal(result.format, FORMAT_JSON);
	assert_int_equal(result.unscanned, -1);
}

static void
merged(void **state)
{
	static const struct { int a, b, both; } cases[] = {
		{ 1, 1, 0 }, { 1, 1, 1 }, { 10, 15, 5 }, { 30, 500, 0 }, { 600, 30, 30 },
		{ 3000, 4000, 2000 }, { 9000, 9000, 0 }, { 9000, 9000, 9000 },
		{ 40000, 20, 10 }, { 20, 40000, 10 }, { 15000, 40000, 5000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		merge_check(cases[i].a, cases[i].b, cases[i].both);
}

/* A gap or a fault in one is one in both. */
static void
merged_faults(void **state)
{
	struct body *body = book_body(0, 30), *other = book_body(50, 30);
	struct body_result result;

	(void)state;
	body_gap(other);
	body_merge(body, other);
	body_end(body, &result);
	assert_int_equal(result.contacts.best, 60);
	assert_int_equal(result.contacts.high, CONTACTS_UNKNOWN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(merged),
		cmocka_unit_test(merged_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
