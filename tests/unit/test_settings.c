/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration against the shipped rules: every key, every mistake at its
 * own position, and what is opened.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/addr.h"
#include "rules/policy.h"
#include "tests/unit/settings_kit.h"

static const char whole[] =
"organisation: {name: Gemeente Voorbeeld, country: NL, language: nl, dpo: fg@voorbeeld.example}\n"
"capture: {interfaces: [br0, br1]}\n"
"interception:\n"
"  dpia: DPIA-2026-014\n"
"  works_council: OR-2026-03\n"
"  notice_since: 2026-09-01\n"
"  listen: 8443\n"
"devices: {leases: dnsmasq.leases, inventory: devices.csv}\n"
"groups:\n"
"  managed: {networks: [192.0.2.0/24, \"2001:db8:1::/64\"]}\n"
"  guests:  {networks: [198.51.100.0/24, 192.0.2.128/25]}\n"
"inspect:\n"
"  - {groups: [managed], services: [facebook, instagram, discord, matrix, carddav]}\n"
"policy:\n"
"  - name: no-contact-books-without-a-basis\n"
"    when: {groups: [managed], contacts: \">=20\", transfer: [none, ended]}\n"
"    then: block\n"
"  - name: signal-for-guests\n"
"    when: {groups: [guests], services: [signal]}\n"
"    then: allow\n"
"  - name: all-conditions\n"
"    when: {calls: contact-discovery, recipients: [facebook], classes: [A, B],\n"
"           countries: [US, IE], contacts: 20..500, confidence: [high, medium],\n"
"           method: [content, size, endpoint], managed: yes, hours: \"08:00-18:00\",\n"
"           host: [facebook.com, =graph.facebook.com]}\n"
"    then: log\n"
"  - name: otherwise\n"
"    then: log\n"
"identity: pseudonym\n"
"retention: {events: 30d, totals: 24m}\n"
"store: bookgate.db\n"
"console: {listen: 127.0.0.1:8600}\n"
"on_failure: closed\n"
"gateway: gw-1\n"
"bulk: 50\n";

static void
test_whole(void **state)
{
	struct settings *s = load_good(whole);

	(void)state;
	assert_string_equal(s->organisation.name, "Gemeente Voorbeeld");
	assert_string_equal(s->organisation.country, "NL");
	assert_string_equal(s->organisation.language, "nl");
	assert_string_equal(s->organisation.dpo, "fg@voorbeeld.example");
	assert_string_equal(s->interfaces[1], "br1");
	assert_null(s->interfaces[2]);
	assert_string_equal(s->dpia, "DPIA-2026-014");
	assert_string_equal(s->works_council, "OR-2026-03");
	assert_int_equal(s->notice_since, day_of(2026, 9, 1));
	assert_int_equal(s->listen, 8443);
	assert_string_equal(s->inventory, "devices.csv");
	assert_int_equal(s->group_count, 2);
	assert_int_equal(s->inspect_count, 1);
	assert_int_equal(policy_rule_count(s->policy), 4);
	assert_int_equal(s->identity, 1);
	assert_int_equal(s->keep_events, INT64_C(30) * 86400);
	assert_string_equal(s->console, "127.0.0.1:8600");
	assert_int_equal(s->on_failure, 1);
	assert_string_equal(s->gateway, "gw-1");
	assert_int_equal(s->bulk, 50);
	settings_free(s);
}

static void
test_conditions_compiled(void **state)
{
	struct settings *s = load_good(whole);
	const struct rule *rule = &s->policy->rules[2];

	(void)state;
	assert_int_equal(rule->action, ACTION_LOG);
	assert_int_equal(rule->calls.count, 1);
	assert_int_equal(rule->classes, 3);
	assert_int_equal(rule->confidences,
	    1u << CONFIDENCE_HIGH | 1u << CONFIDENCE_MEDIUM);
	assert_int_equal(rule->methods,
	    1u << METHOD_CONTENT | 1u << METHOD_SIZE | 1u << METHOD_ENDPOINT);
	assert_int_equal(rule->contacts.low, 20);
	assert_int_equal(rule->contacts.high, 500);
	assert_int_equal(rule->managed, 1);
	assert_int_equal(rule->hours.from, 480);
	assert_int_equal(rule->hours.to, 1080);
	assert_int_equal(rule->hosts.count, 2);
	assert_int_equal(s->policy->rules[0].transfers,
	    1u << TRANSFER_NONE | 1u << TRANSFER_ENDED);
	settings_free(s);
}

static void
test_defaults(void **state)
{
	static const char *const empty[] = { NULL, "", "policy:\n", "# nothing\n" };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct problems problems = { 0 };
		struct settings *s = empty[i] ? load_good(empty[i]) :
		    settings_load(NULL, rules, &problems);

		assert_non_null(s);
		assert_string_equal(s->organisation.language, "en");
		assert_string_equal(s->organisation.name, "");
		assert_string_equal(s->store, "bookgate.db");
		assert_int_equal(s->bulk, BULK_THRESHOLD);
		assert_int_equal(s->identity, -1);
		assert_int_equal(s->on_failure, 0);
		assert_int_equal(s->keep_totals, INT64_C(24) * 30 * 86400);
		assert_true(s->notice_since == DAY_NONE);
		assert_null(s->rules);
		assert_int_equal(policy_rule_count(s->policy), 0);
		settings_free(s);
	}
}

/* A text, and the problem it must give, without the file's name. */
static const struct wrong wrong[] = {
	{ "polcy: []\n", "1:1: unknown key 'polcy'; did you mean 'policy'?" },
	{ "capture: {interface: [br0]}\n",
	    "1:11: unknown key 'interface'; did you mean 'interfaces'?" },
	{ "organisation: {language: fr}\n",
	    "1:26: 'language' must be one of: en, nl, de, pl; not 'fr'" },
	{ "organisation: {country: nl}\n", "1:25: 'nl' is no country code: two "
	    "capital letters of ISO 3166-1 were expected" },
	{ "organisation: {country: EU}\n", "1:25: 'EU' is no country code: two "
	    "capital letters of ISO 3166-1 were expected" },
	{ "organisation: {dpo: nobody}\n", "1:21: 'nobody' is no mail address" },
	{ "organisation: {dpo: a@b@c.example}\n",
	    "1:21: 'a@b@c.example' is no mail address" },
	{ "interception: {listen: 70000}\n", "1:24: 'listen' must be from 1 to 65535" },
	{ "interception: {notice_since: soon}\n",
	    "1:30: 'notice_since' must be a day like 2026-09-01, not 'soon'" },
	{ "interception: {dpai: x}\n", "1:16: unknown key 'dpai'; did you mean 'dpia'?" },
	{ "retention: {events: 30}\n", "1:21: 'events' must be a span like 12h, "
	    "30d or 24m (months), not '30'" },
	{ "console: {listen: localhost}\n",
	    "1:19: 'localhost' is no address and port like 127.0.0.1:8600" },
	{ "identity: name\n",
	    "1:11: 'identity' must be one of: address, pseudonym; not 'name'" },
	{ "on_failure: shut\n",
	    "1:13: 'on_failure' must be one of: open, closed; not 'shut'" },
	{ "bulk: 0\n", "1:7: 'bulk' must be from 1 to 1000000" },
	{ "groups: [a]\n", "1:9: a map of group names was expected here" },
	{ "groups: {a: {}}\n", "1:13: the key 'networks' is missing here" },
	{ "groups: {a: {networks: [192.0.2.1/24]}}\n", "1:25: '192.0.2.1/24' is no "
	    "network like 192.0.2.0/24 or 2001:db8::/32 (bits behind the prefix "
	    "must be zero)" },
	{ "groups:\n  a: {networks: [192.0.2.0/24]}\n  b: {networks: [192.0.2.0/24]}\n",
	    "3:18: the network 192.0.2.0/24 belongs to the group 'a' already" },
	{ "inspect:\n  - {groups: [a], services: [facebook]}\n",
	    "2:15: there is no group 'a'" },
	{ "inspect:\n  - {services: [facebook]}\n",
	    "2:5: the key 'groups' is missing here" },
	{ "policy: {a: b}\n", "1:9: a list of rules was expected here: "
	    "- {name: ..., when: {...}, then: log}" },
	{ "policy:\n  - name: a\n", "2:5: the key 'then' is missing here" },
	{ "policy:\n  - then: log\n", "2:5: the key 'name' is missing here" },
	{ "policy:\n  - {name: a, then: deny}\n",
	    "2:21: 'then' must be one of: allow, log, block; not 'deny'" },
	{ "policy:\n  - {name: a, when: {services: [singal]}, then: log}\n",
	    "2:33: there is no service 'singal'; did you mean 'signal'?" },
	{ "policy:\n  - {name: a, when: {recipients: facebok}, then: log}\n",
	    "2:34: there is no recipient 'facebok'; did you mean 'facebook'?" },
	{ "policy:\n  - {name: a, when: {calls: contact-discovry}, then: log}\n",
	    "2:29: there is no call 'contact-discovry'; did you mean 'contact-discovery'?" },
	{ "policy:\n  - {name: a, when: {groups: staff}, then: log}\n",
	    "2:30: there is no group 'staff'" },
	{ "policy:\n  - {name: a, when: {countries: [USA]}, then: log}\n",
	    "2:34: 'USA' is no country code: two capital letters of ISO 3166-1 were expected" },
	{ "policy:\n  - {name: a, when: {classes: E}, then: log}\n",
	    "2:31: 'E' is none of: A, B, C, D" },
	{ "policy:\n  - {name: a, when: {method: [sizes]}, then: log}\n",
	    "2:31: 'sizes' is none of: endpoint, size, content" },
	{ "policy:\n  - {name: a, when: {contacts: many}, then: log}\n",
	    "2:32: 'many' is no number of contacts: write \">=20\", \"<20\" or \"20..500\"" },
	{ "policy:\n  - {name: a, when: {contacts: 9..5}, then: log}\n",
	    "2:32: '9..5' is no number of contacts: write \">=20\", \"<20\" or \"20..500\"" },
	{ "policy:\n  - {name: a, when: {hours: 8-18}, then: log}\n",
	    "2:29: '8-18' are no hours like \"08:00-18:00\"" },
	{ "policy:\n  - {name: a, when: {hours: '08:00-24:01'}, then: log}\n",
	    "2:29: '08:00-24:01' are no hours like \"08:00-18:00\"" },
	{ "policy:\n  - {name: a, when: {managed: maybe}, then: log}\n",
	    "2:31: 'managed' must be yes or no, not 'maybe'" },
	{ "policy:\n  - {name: a, when: {host: '*.x.org'}, then: log}\n",
	    "2:28: '*.x.org' is no host: write example.org for it and all names "
	    "below, \"=example.org\" for it alone" },
	{ "policy:\n  - {name: a, when: {service: signal}, then: log}\n",
	    "2:22: unknown key 'service'; did you mean 'services'?" },
	{ "policy:\n  - {name: a, when: {services: []}, then: log}\n",
	    "2:32: a word or a list of words was expected here" },
	{ "policy:\n  - {name: a, when: {services: signal}, then: log}\n"
	    "  - {name: a, then: log}\n", "3:12: the rule in line 2 is called 'a' too" },
	{ "policy:\n  - {name: a, then: log}\n  - {name: b, then: block}\n",
	    "3:5: the rule 'b' is never reached: 'a' in line 2 decides everything" },
	{ "policy:\n  - {name: a, when: {services: [signal, facebook]}, then: log}\n"
	    "  - {name: b, when: {services: signal, managed: yes}, then: block}\n",
	    "3:5: the rule 'b' is never reached: 'a' in line 2 decides all that it could" },
	{ "policy:\n  - {name: '', then: log}\n", "2:12: a rule needs a name" },
	{ "policy:\n  - {name: 0123456789012345678901234567890123456789012345678901234567890123, then: log}\n",
	    "2:12: a rule's name is at most 63 bytes long" },
	{ "[a]\n", "1:1: a map of keys was expected here, not a list" },
};

static void
test_wrong(void **state)
{
	(void)state;
	wrong_try(wrong, sizeof(wrong) / sizeof(wrong[0]));
}

static void
test_many_problems(void **state)
{
	struct problems problems = { 0 };
	char path[32];

	(void)state;
	assert_null(load("bulk: x\nstor: y\npolicy:\n  - {name: a, then: b}\n",
	    path, &problems));
	assert_int_equal(problems.count, 3);
	problems_fini(&problems);
}

static const char *
group_of(const struct settings *settings, const char *text)
{
	struct addr addr;

	assert_true(addr_parse(text, &addr));
	return settings_group(settings, &addr);
}

static void
test_groups(void **state)
{
	struct settings *s = load_good(whole);

	(void)state;
	assert_string_equal(group_of(s, "192.0.2.7"), "managed");
	/* in both: the first group that has it */
	assert_string_equal(group_of(s, "192.0.2.200"), "managed");
	assert_string_equal(group_of(s, "198.51.100.9"), "guests");
	assert_string_equal(group_of(s, "2001:db8:1::5"), "managed");
	assert_null(group_of(s, "2001:db8:2::5"));
	assert_null(group_of(s, "203.0.113.1"));
	settings_free(s);
}

static bool
opens(const struct settings *settings, const char *group, const char *service,
    const char *host, const char *part)
{
	char reason[REASON_MAX] = "";
	bool open = settings_opens(settings, rules, group,
	    service ? rules_service_by_id(rules, service) : NULL, host,
	    day_of(2026, 11, 21), reason);

	if (strstr(reason, part) == NULL)
		fail_msg("no \"%s\" in \"%s\"", part, reason);
	return open;
}

static void
test_opens(void **state)
{
	struct settings *s = load_good(whole);

	(void)state;
	assert_true(opens(s, "managed", "facebook", "graph.facebook.com", "opened: inspect lists"));
	assert_false(opens(s, "guests", "facebook", "graph.facebook.com", "does not list"));
	assert_false(opens(s, "managed", "signal", "cdsi.signal.org", "does not list"));
	assert_false(opens(s, "managed", NULL, "www.example.org", "no service"));
	assert_false(opens(s, NULL, "facebook", "graph.facebook.com", "no configured group"));
	settings_free(s);
}

static void
test_opens_only_configured(void **state)
{
	static const char head[] = "groups: {managed: {networks: 192.0.2.0/24}}\n"
	    "inspect: [{groups: managed, services: facebook}]\ninterception:\n";
	static const char *const lacking[] = {
		"  dpia: a\n  works_council: b\n", "  dpia: a\n  notice_since: 2026-01-01\n",
		"  works_council: b\n  notice_since: 2026-01-01\n", "",
		"  dpia:\n  works_council: b\n  notice_since: 2026-01-01\n",
	};
	char text[400];

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct settings *s;

		snprintf(text, sizeof(text), "%s%s", head, lacking[i]);
		s = load_good(text);
		assert_false(opens(s, "managed", "facebook", "graph.facebook.com",
		    "not opened: not configured: the "));
		settings_free(s);
	}
}

static void
test_rules_folder(void **state)
{
	char path[32];
	int fd = memfd_create("conf", 0);
	char *folder;

	(void)state;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_null(settings_rules_folder(path));
	assert_int_equal(write(fd, "rules: x/y\n", 11), 11);
	folder = settings_rules_folder(path);
	assert_string_equal(folder, "x/y");
	free(folder);
	close(fd);
	assert_null(settings_rules_folder("/nonexistent"));
	folder = rules_folder_find("given");
	assert_string_equal(folder, "given");
	free(folder);
	setenv("BOOKGATE_RULES", "by-name", 1);
	folder = rules_folder_find(NULL);
	assert_string_equal(folder, "by-name");
	free(folder);
	unsetenv("BOOKGATE_RULES");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_conditions_compiled),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_many_problems),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_opens),
		cmocka_unit_test(test_opens_only_configured),
		cmocka_unit_test(test_rules_folder),
	};

	return cmocka_run_group_tests(tests, rules_setup, rules_teardown);
}
