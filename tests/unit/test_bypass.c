/* SPDX-License-Identifier: Apache-2.0 */
/* bypass: what is learnt of clients that do not accept our certificate. Pitfall 25. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "proxy/bypass.h"

#define NOW (UINT64_C(1790000000) * 1000000)

static struct addr phone, other;

static int
begin(void **state)
{
	addr_parse("192.0.2.7", &phone);
	addr_parse("2001:db8::7", &other);
	*state = proxy_shared_new();
	return *state ? 0 : -1;
}

static int
end(void **state)
{
	proxy_shared_free(*state);
	return 0;
}

static void
nothing_is_learnt_of_a_device_without_the_ca(void **state)
{
	struct proxy_shared *shared = *state;
	uint64_t until;

	for (int i = 0; i < 10; i++)
		assert_false(bypass_sign(shared, &phone, "pinned.example.org", BYPASS_ALERT,
		    NOW + (uint64_t)i, &until));
	assert_false(bypass_has(shared, &phone, "pinned.example.org", NOW, &until));
	assert_int_equal(proxy_shared_bypasses(shared, NOW), 0);
}

static void
an_alert_after_a_success_elsewhere_is_enough(void **state)
{
	struct proxy_shared *shared = *state;
	uint64_t until;

	bypass_succeeded(shared, &phone, "ok.example.org", NOW);
	assert_true(bypass_sign(shared, &phone, "pinned.example.org", BYPASS_ALERT, NOW, &until));
	assert_true(until == NOW + BYPASS_KEEP_US);
	assert_true(bypass_has(shared, &phone, "pinned.example.org", NOW + 1, &until));
	/* Of this pair only. */
	assert_false(bypass_has(shared, &phone, "www.example.org", NOW + 1, &until));
	assert_false(bypass_has(shared, &other, "pinned.example.org", NOW + 1, &until));
	assert_int_equal(proxy_shared_bypasses(shared, NOW), 1);
	/* And it is tried again. */
	assert_false(bypass_has(shared, &phone, "pinned.example.org", NOW + BYPASS_KEEP_US, &until));
	assert_int_equal(proxy_shared_bypasses(shared, NOW + BYPASS_KEEP_US), 0);
}

static void
going_away_once_is_a_browser(void **state)
{
	struct proxy_shared *shared = *state;
	uint64_t until;

	bypass_succeeded(shared, &phone, "ok.example.org", NOW);
	assert_false(bypass_sign(shared, &phone, "a.example.org", BYPASS_GONE, NOW, &until));
	/* Long after, it counts from the start. */
	assert_false(bypass_sign(shared, &phone, "a.example.org", BYPASS_GONE,
	    NOW + BYPASS_SIGN_US + 1, &until));
	assert_true(bypass_sign(shared, &phone, "a.example.org", BYPASS_GONE,
	    NOW + BYPASS_SIGN_US + 2, &until));
}

/* What was accepted once is not pinned, however many connections are dropped. */
static void
who_accepted_the_name_does_not_pin_it(void **state)
{
	struct proxy_shared *shared = *state;
	uint64_t until;

	bypass_succeeded(shared, &phone, "a.example.org", NOW);
	for (unsigned i = 0; i < 50; i++)
		assert_false(bypass_sign(shared, &phone, "a.example.org", BYPASS_GONE, NOW + i, &until));
	assert_true(bypass_sign(shared, &phone, "a.example.org", BYPASS_ALERT, NOW, &until));
}

static void
a_success_of_long_ago_proves_nothing(void **state)
{
	struct proxy_shared *shared = *state;
	uint64_t until;

	bypass_succeeded(shared, &phone, "ok.example.org", NOW);
	assert_false(bypass_sign(shared, &phone, "a.example.org", BYPASS_ALERT,
	    NOW + BYPASS_KEEP_US, &until));
}

static void
told_once(void **state)
{
	struct proxy_shared *shared = *state;
	uint64_t until, first;

	assert_true(bypass_set(shared, &phone, "cert.example.org", NOW, &first));
	assert_false(bypass_set(shared, &phone, "cert.example.org", NOW + 5, &until));
	assert_true(until == first);
}

/* A table that is full forgets; it never grows, and never mistakes one pair for another. */
static void
many_pairs_forget_but_do_not_mix(void **state)
{
	struct proxy_shared *shared = *state;
	uint64_t until;
	char host[64];

	for (unsigned i = 0; i < 4 * BYPASS_ROWS; i++) {
		snprintf(host, sizeof(host), "h%u.example.org", i);
		bypass_set(shared, &phone, host, NOW + i, &until);
		assert_true(bypass_has(shared, &phone, host, NOW + i, &until));
	}
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(host, sizeof(host), "never%u.example.org", i);
		assert_false(bypass_has(shared, &phone, host, NOW, &until));
	}
	assert_true(proxy_shared_bypasses(shared, NOW) > BYPASS_ROWS / 2);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_learnt_of_a_device_without_the_ca),
		TEST(an_alert_after_a_success_elsewhere_is_enough),
		TEST(going_away_once_is_a_browser),
		TEST(who_accepted_the_name_does_not_pin_it),
		TEST(a_success_of_long_ago_proves_nothing),
		TEST(told_once),
		TEST(many_pairs_forget_but_do_not_mix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
