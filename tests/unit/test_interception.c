/* SPDX-License-Identifier: Apache-2.0 */
/*
 * interception: of the configuration, its defaults, and the gate before it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/settings_kit.h"

static const char noticed[] =
"interception: {dpia: D-1, works_council: W-1, notice_since: 2026-09-01}\n"
"groups:\n"
"  managed: {networks: 192.0.2.0/24}\n"
"  guests: {networks: 198.51.100.0/24}\n"
"inspect: [{groups: managed, services: facebook}]\n";

static const struct wrong wrong[] = {
	{ "interception: {divert: nat}\n", "1:24: 'divert' must be one of: redirect, tproxy, none; not 'nat'" },
	{ "interception: {ports: [443, https]}\n",
	    "1:29: 'https' is no port: a number from 1 to 65535 was expected" },
	{ "interception: {ports: [443, 65536]}\n", "1:29: '65536' is no port: a number from 1 to 65535 was expected" },
	{ "interception: {ports: [443, 44x]}\n", "1:29: '44x' is no port: a number from 1 to 65535 was expected" },
	{ "interception: {ports: [443, 443]}\n",
	    "1:29: the port 443 stands here a second time" },
	{ "interception: {ports: []}\n", "1:23: a list of 1 to 64 ports was expected here" },
	{ "interception: {hold: 8 apples}\n",
	    "1:22: '8 apples' is no size like 8MiB, 512KiB or a number of bytes" },
	{ "interception: {hold: 0}\n", "1:22: '0' is no size like 8MiB, 512KiB or a number of bytes" },
	{ "interception: {hold_total: 2000000000GiB}\n",
	    "1:28: '2000000000GiB' is no size like 8MiB, 512KiB or a number of bytes" },
	{ "interception: {hold_total: 99999999999999999999}\n",
	    "1:28: '99999999999999999999' is no size like 8MiB, 512KiB or a number of bytes" },
	{ "interception: {hold: [1]}\n", "1:22: '' is no size like 8MiB, 512KiB or a number of bytes" },
	{ "interception: {workers: 65}\n",
	    "1:25: 'workers' must be from 1 to 64" },
	{ "interception: {workers: 0}\n",
	    "1:25: 'workers' must be from 1 to 64" },
	{ "interception: {control: /a-folder-with-a-very-long-name/"
	    "a-folder-with-a-very-long-name/a-folder-with-a-very-long-name/"
	    "a-folder-with-a-very-long-name}\n",
	    "1:25: the path of a socket is at most 107 bytes long" },
};

static void
test_wrong(void **state)
{
	(void)state;
	wrong_try(wrong, sizeof(wrong) / sizeof(wrong[0]));
}

/* Opened on the very day of the notice, and not the day before. */
static void
test_opens_from_the_day(void **state)
{
	struct settings *s = load_good(noticed);
	const struct service *facebook = rules_service_by_id(rules, "facebook");
	const day_t day = day_of(2026, 9, 1);
	char reason[REASON_MAX];

	(void)state;
	assert_null(settings_gate(s, day));
	assert_true(settings_opens(s, rules, "managed", facebook,
	    "graph.facebook.com", day, reason));
	assert_string_equal(settings_gate(s, day - 1),
	    "the notice to the staff holds only since 2026-09-01 (notice_since)");
	assert_false(settings_opens(s, rules, "managed", facebook,
	    "graph.facebook.com", day - 1, reason));
	assert_string_equal(reason, "not opened: the notice to the staff holds "
	    "only since 2026-09-01 (notice_since)");
	settings_free(s);
}

static void
test_gate(void **state)
{
	static const struct { const char *text, *gate; } cases[] = {
		{ "bulk: 20\n", "not configured: the DPIA (dpia), the works council's "
		    "reference (works_council), the day of the notice to the staff "
		    "(notice_since)" },
		{ "interception: {dpia: a, notice_since: 2026-01-01}\n",
		    "not configured: the works council's reference (works_council)" },
		{ "interception: {works_council: a, notice_since: 2026-01-01}\n",
		    "not configured: the DPIA (dpia)" },
		{ "interception: {dpia: a, works_council: a}\n", "not configured: the "
		    "day of the notice to the staff (notice_since)" },
		/* An empty pair of quotes refers to no document. */
		{ "interception: {dpia: '', works_council: a, notice_since: 2026-01-01}\n",
		    "not configured: the DPIA (dpia)" },
		{ "interception: {dpia: a, works_council: \" \\t\", notice_since: 2026-01-01}\n",
		    "not configured: the works council's reference (works_council)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct settings *s = load_good(cases[i].text);

		assert_string_equal(settings_gate(s, day_of(2026, 11, 21)), cases[i].gate);
		settings_free(s);
	}
}

static void
test_inspects(void **state)
{
	struct settings *s = load_good(noticed);

	(void)state;
	assert_true(settings_inspects(s, "managed"));
	assert_false(settings_inspects(s, "guests"));
	assert_false(settings_inspects(s, NULL));
	settings_free(s);
}

static void
test_interception(void **state)
{
	struct settings *s = load_good("interception:\n  divert: tproxy\n"
	    "  listen: 9443\n  ports: [443, 5223]\n  control: /run/b.sock\n"
	    "  ca: /etc/b/ca\n  trust: roots.pem\n  workers: 3\n"
	    "  hold: 512KiB\n  hold_total: 1048576\n  spool: /srv\n");

	(void)state;
	assert_int_equal(s->divert, DIVERT_TPROXY);
	assert_int_equal(s->port_count, 2);
	assert_int_equal(s->ports[1], 5223);
	assert_string_equal(s->control, "/run/b.sock");
	assert_string_equal(s->ca, "/etc/b/ca");
	assert_string_equal(s->trust, "roots.pem");
	assert_int_equal(s->workers, 3);
	assert_int_equal(s->hold, 512 << 10);
	assert_int_equal(s->hold_total, 1 << 20);
	assert_string_equal(s->spool, "/srv");
	settings_free(s);
}

/* What the manual says of each. */
static void
test_interception_defaults(void **state)
{
	static const struct { const char *text, *control, *ca; } stores[] = {
		{ "store: /var/lib/b/x.db\n", "/var/lib/b/bookgate.sock", "/var/lib/b/ca" },
		{ "interception: {dpia: D}\n", "bookgate.sock", "ca" },
		{ "interception: {ports: 443, hold: 8 MiB, hold_total: ~}\n", "bookgate.sock", "ca" },
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct settings *s = load_good(stores[i].text);

		assert_string_equal(s->control, stores[i].control);
		assert_string_equal(s->ca, stores[i].ca);
		assert_int_equal(s->divert, DIVERT_REDIRECT);
		assert_int_equal(s->port_count, i == 2 ? 1 : 2);
		assert_int_equal(s->ports[0], 443);
		assert_true(i == 2 || s->ports[1] == 5222);
		assert_string_equal(s->trust, "/etc/ssl/certs/ca-certificates.crt");
		assert_string_equal(s->spool, "/var/tmp");
		assert_true(s->workers >= 1 && s->workers <= 64);
		assert_int_equal(s->hold, 8 << 20);
		assert_int_equal(s->hold_total, 64 << 20);
		assert_int_equal(s->listen, 0);
		settings_free(s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_opens_from_the_day),
		cmocka_unit_test(test_gate),
		cmocka_unit_test(test_inspects),
		cmocka_unit_test(test_interception),
		cmocka_unit_test(test_interception_defaults),
	};

	return cmocka_run_group_tests(tests, rules_setup, rules_teardown);
}
