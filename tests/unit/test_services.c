/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shipped rule data: which name is which service, which call it carries,
 * what is never opened, and what a loader says of a wrong file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "rules/hosts.h"
#include "rules/nets.h"
#include "rules/table.h"
#include "tests/unit/rules_kit.h"

/* What mkdtemp() wants at the end of a name. */
#define SIX_X "XX" "XX" "XX"

static const char *
service_of(const char *host)
{
	const struct service *service = rules_service_by_host(rules, host);

	return service != NULL ? service->id : "-";
}

/* Name, service, and the first call with a size model that covers it. */
static const struct host_case {
	const char *host, *service, *call;
} host_cases[] = {
	{ "cdsi.signal.org", "signal", "contact-discovery" },
	{ "chat.signal.org", "signal", "-" },
	{ "cdn.signal.org", "signal", "-" },
	{ "textsecure-service.whispersystems.org", "signal", "-" },
	{ "e12.whatsapp.net", "whatsapp", "usync" },
	{ "g.whatsapp.net", "whatsapp", "usync" },
	{ "mmg.whatsapp.net", "whatsapp", "-" },
	{ "mmg-fna.whatsapp.net", "whatsapp", "-" },
	{ "media-fra3-1.cdn.whatsapp.net", "whatsapp", "-" },
	{ "short.weixin.qq.com", "wechat", "upload-contacts" },
	{ "minorshort.weixin.qq.com", "wechat", "upload-contacts" },
	{ "long.weixin.qq.com", "wechat", "-" },
	{ "sgshort.wechat.com", "wechat", "upload-contacts" },
	{ "im.qq.com", "-", "-" },
	{ "www.threads.net", "threads", "-" },
	{ "api16-normal-useast5.tiktokv.us", "tiktok", "hash-contacts" },
	{ "api16-normal-no1a.tiktokv.eu", "tiktok", "hash-contacts" },
	{ "log16-normal-c-useast1a.tiktokv.com", "tiktok", "-" },
	{ "x.com", "x", "-" },
	{ "api.x.com", "x", "contacts-upload" },
	{ "netflix.com", "-", "-" },
	{ "teams.live.com", "teams", "-" },
	{ "zoom.us", "zoom", "-" },
	{ "us05web.zoom.us", "zoom", "-" },
	{ "graph.microsoft.com", "microsoft-365", "graph-contacts" },
	{ "eas.outlook.com", "microsoft-365", "activesync" },
	{ "apip.threema.ch", "threema", "identity-match" },
	{ "g-33.0.threema.ch", "threema", "-" },
	{ "legy-jp.line-apps.com", "line", "generic-upload" },
	{ "t.me", "telegram", "import-contacts" },
	{ "graph.facebook.com", "facebook", "contact-sync" },
	{ "edge-mqtt.facebook.com", "messenger", "-" },
	{ "i.instagram.com", "instagram", "address-book-link" },
	{ "graph.instagram.com", "instagram", "-" },
	{ "p42-contacts.icloud.com", "icloud", "contacts-sync" },
	{ "contacts.icloud.com", "icloud", "contacts-sync" },
	{ "p26-keyvalueservice.icloud.com", "icloud", "-" },
	{ "contact-upload4-eu.truecaller.com", "truecaller", "contact-upload" },
	{ "contact-upload4.truecaller.com", "truecaller", "contact-upload-noneu" },
	{ "people-pa.googleapis.com", "google-contacts", "people-sync" },
	{ "storage.googleapis.com", "-", "-" },
	{ "discord.com", "discord", "friend-list" },
	{ "cdn.discordapp.com", "discord", "-" },
	{ "carddav.web.de", "carddav", "carddav-put" },
	{ "dav.mailbox.org", "carddav", "carddav-put" },
	{ "vector.im", "matrix", "identity-lookup" },
	{ "evil-signal.org", "-", "-" },
	{ "cdsi.signal.org.example.net", "-", "-" },
};

static const char *
call_of(const char *host)
{
	const struct service *service = rules_service_by_host(rules, host);

	for (size_t i = 0; service != NULL && i < service->call_count; i++)
		if (service->calls[i].has_model &&
		    call_covers(&service->calls[i], host))
			return service->calls[i].id;
	return "-";
}

static void
names_lead_to_services_and_calls(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(host_cases) / sizeof(host_cases[0]); i++) {
		const struct host_case *c = &host_cases[i];

		assert_string_equal(service_of(c->host), c->service);
		assert_string_equal(call_of(c->host), c->call);
	}
}

static void
case_and_final_dot_do_not_matter(void **state)
{
	(void)state;
	assert_string_equal(service_of("CDSI.Signal.Org."), "signal");
	assert_string_equal(service_of(""), "-");
	assert_string_equal(service_of("."), "-");
}

static void
addresses_lead_to_services(void **state)
{
	struct addr addr;

	(void)state;
	assert_true(addr_parse("149.154.167.51", &addr));
	assert_string_equal(rules_service_by_addr(rules, &addr, 443)->id, "telegram");
	assert_true(addr_parse("2001:67c:4e8:f002::a", &addr));
	assert_string_equal(rules_service_by_addr(rules, &addr, 80)->id, "telegram");
	assert_true(addr_parse("52.0.253.101", &addr));
	assert_string_equal(rules_service_by_addr(rules, &addr, 4244)->id, "viber");
	assert_null(rules_service_by_addr(rules, &addr, 25));
	/* A port alone names nobody. */
	assert_true(addr_parse("198.51.100.7", &addr));
	assert_null(rules_service_by_addr(rules, &addr, 4244));
	assert_null(rules_service_by_addr(rules, &addr, 5222));
}

static void
ndpi_names_lead_to_services(void **state)
{
	(void)state;
	assert_string_equal(rules_service_by_app(rules, "WhatsApp")->id, "whatsapp");
	assert_string_equal(rules_service_by_app(rules, "Teams")->id, "teams");
	assert_null(rules_service_by_app(rules, "TLS"));
	assert_null(rules_service_by_app(rules, "QQ"));
	assert_null(rules_service_by_app(rules, "Unknown"));
}

static void
every_service_of_the_issue_is_there(void **state)
{
	static const char *const ids[] = { "whatsapp", "whatsapp-business",
		"whatsapp-platform", "facebook", "messenger", "instagram", "threads",
		"signal", "telegram", "viber", "snapchat", "linkedin", "tiktok",
		"clubhouse", "skype", "teams", "zoom", "webex", "google-meet",
		"gotomeeting", "jitsi", "starleaf", "slack", "discord", "icloud",
		"google-contacts", "microsoft-365", "threema", "wire", "matrix", "line",
		"kakaotalk", "wechat", "truecaller", "x", "bluesky", "imo", "carddav",
		"exchange" };

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		assert_non_null(rules_service_by_id(rules, ids[i]));
	assert_null(rules_service_by_id(rules, "nobody"));
}

static void
model_is_narrow(const struct service *service, const struct call *call)
{
	struct contacts c;

	if (!call->has_model || call->model.shape != SHAPE_BURST ||
	    call->model.per_best <= 0)
		return;
	c = size_model_estimate(&call->model, call->model.min_bytes);
	if (c.low < 1 || c.high > 3 * c.low + 3)
		fail_msg("%s %s: %lld to %lld at min_bytes", service->id, call->id,
		    (long long)c.low, (long long)c.high);
}

/* Even the smallest upload that counts gives a range of three at the most. */
static void
models_are_narrow_enough_to_mean_something(void **state)
{
	(void)state;
	for (size_t i = 0; i < rules_service_count(rules); i++) {
		const struct service *service = rules_service(rules, i);

		for (size_t c = 0; c < service->call_count; c++)
			model_is_narrow(service, &service->calls[c]);
	}
}

static void
names_decide_the_recipient(void **state)
{
	const struct service *service = rules_service_by_id(rules, "truecaller");

	(void)state;
	assert_string_equal(rules_recipient(rules, service,
	    "contact-upload4-eu.truecaller.com")->id, "truecaller");
	assert_string_equal(rules_recipient(rules, service,
	    "contact-upload4-asia-south1.truecaller.com")->id, "truecaller-noneu");
	assert_string_equal(rules_recipient(rules, service, NULL)->id,
	    "truecaller-noneu");
	service = rules_service_by_id(rules, "carddav");
	assert_string_equal(rules_recipient(rules, service,
	    "carddav.fastmail.com")->id, "fastmail");
	assert_string_equal(rules_recipient(rules, service,
	    "dav.mailbox.org")->id, "carddav");
}

static void
never_open_names_have_a_category(void **state)
{
	(void)state;
	assert_string_equal(rules_never_open(rules, "bankieren.rabobank.nl"), "banking");
	assert_string_equal(rules_never_open(rules, "www.tk.de"), "health");
	assert_string_equal(rules_never_open(rules, "www.fnv.nl"), "works-council");
	assert_string_equal(rules_never_open(rules, "vault.bitwarden.com"),
	    "password-manager");
	assert_null(rules_never_open(rules, "discord.com"));
	assert_null(rules_never_open(rules, NULL));
}

/* A call that can only be seen by opening must not be one never opened. */
static void
never_open_does_not_hide_a_call(void **state)
{
	(void)state;
	for (size_t i = 0; i < rules_service_count(rules); i++) {
		const struct service *service = rules_service(rules, i);

		for (size_t c = 0; c < service->call_count; c++) {
			const char *const *h = service->calls[c].hosts;

			for (; h != NULL && *h != NULL; h++)
				assert_null(rules_never_open(rules, *h + (**h == '=')));
		}
	}
}

/* ---- patterns and networks -------------------------------------------------- */

static void
longest_pattern_wins(void **state)
{
	struct hosts *hosts = hosts_new();

	(void)state;
	assert_int_equal(hosts_add(hosts, "example.org", 1), -1);
	assert_int_equal(hosts_add(hosts, "=a.example.org", 2), -1);
	assert_int_equal(hosts_add(hosts, "a*z.example.org", 3), -1);
	assert_int_equal(hosts_add(hosts, "a.b.example.org", 4), -1);
	assert_int_equal(hosts_add(hosts, "example.org", 9), 1);
	assert_int_equal(hosts_find(hosts, "example.org"), 1);
	assert_int_equal(hosts_find(hosts, "a.example.org"), 2);
	assert_int_equal(hosts_find(hosts, "b.a.example.org"), 1);
	assert_int_equal(hosts_find(hosts, "abcz.example.org"), 3);
	assert_int_equal(hosts_find(hosts, "az.example.org"), 1);
	assert_int_equal(hosts_find(hosts, "x.a.b.example.org"), 4);
	assert_int_equal(hosts_find(hosts, "x.abcz.example.org"), 1);
	assert_int_equal(hosts_find(hosts, "notexample.org"), -1);
	hosts_free(hosts);
}

static void
faulty_patterns_are_named(void **state)
{
	static const char *const faulty[] = { "", "=", "org", "*.org", "a..b",
		"UPPER.example", "a*b*c.example.org", "a b.example", ".example.org",
		"example.org." };

	(void)state;
	for (size_t i = 0; i < sizeof(faulty) / sizeof(faulty[0]); i++)
		assert_non_null(host_pattern_fault(faulty[i]));
	assert_null(host_pattern_fault("=localhost"));
	assert_null(host_pattern_fault("a*b.example.org"));
	assert_null(host_pattern_fault("1password.com"));
}

static void
longest_network_with_the_port_wins(void **state)
{
	static const uint16_t ports[] = { 443 };
	struct nets *nets = nets_new();
	struct prefix prefix;
	struct addr addr;

	(void)state;
	assert_true(prefix_parse("192.0.2.0/24", &prefix));
	nets_add(nets, &prefix, NULL, 0, 1);
	assert_true(prefix_parse("192.0.2.128/25", &prefix));
	nets_add(nets, &prefix, ports, 1, 2);
	assert_true(addr_parse("192.0.2.200", &addr));
	assert_int_equal(nets_find(nets, &addr, 443), 2);
	assert_int_equal(nets_find(nets, &addr, 80), 1);
	assert_true(addr_parse("192.0.3.1", &addr));
	assert_int_equal(nets_find(nets, &addr, 443), -1);
	assert_true(addr_parse("2001:db8::1", &addr));
	assert_int_equal(nets_find(nets, &addr, 443), -1);
	nets_free(nets);
}

/* ---- faulty files ------------------------------------------------------------ */

struct fault {
	const char *services;	/* under "services:" */
	const char *expected;	/* in the first problem */
};

static const struct fault faults[] = {
	{ "- {id: a, name: A, recipient: nobody}", "no recipient" },
	{ "- {id: a, name: A}", "recipient" },
	{ "- {id: A b, name: A, recipient: signal}", "no id" },
	{ "- {id: a, name: A, recipient: signal, hosts: [com]}", "top-level" },
	{ "- {id: a, name: A, recipient: signal, hosst: [a.example]}", "hosst" },
	{ "- {id: a, name: A, recipient: signal, networks: [192.0.2.1/24]}",
	    "no network" },
	{ "- {id: a, name: A, recipient: signal, ports: [70000]}", "no port" },
	{ "- {id: a, name: A, recipient: signal, hosts: [a.example]}\n"
	    "- {id: b, name: B, recipient: signal, hosts: [a.example]}",
	    "already belongs to service 'a'" },
	{ "- {id: a, name: A, recipient: signal}\n"
	    "- {id: a, name: B, recipient: signal}", "stands twice" },
	{ "- {id: a, name: A, recipient: signal, calls: [{id: c, shape: burst,"
	    " source: s}]}", "needs per_contact" },
	{ "- {id: a, name: A, recipient: signal, calls: [{id: c, shape: burst,"
	    " per_contact: [3, 2, 1], source: s}]}", "not smaller" },
	{ "- {id: a, name: A, recipient: signal, calls: [{id: c, shape: burst,"
	    " per_contact: [1, 2, 3]}]}", "needs its source" },
	{ "- {id: a, name: A, recipient: signal, calls: [{id: c, shape: spiral}]}",
	    "must be one of" },
	{ "- {id: a, name: A, recipient: signal, calls: [{id: c, shape: endpoint,"
	    " source: s, min_bytes: 9, max_bytes: 3}]}", "below min_bytes" },
	{ "- {id: a, name: A, recipient: signal, calls: [{id: c, shape: endpoint,"
	    " source: s, stop_bytes: [1, 2]}]}", "belongs to shape burst" },
	{ "- {id: a, name: A, recipient: signal, calls: [{id: c, shape: burst,"
	    " per_contact: [1, 2, 3], source: s, stop_bytes: [2, 1]}]}", "not smaller" },
	{ " nothing", "a list was expected" },
};

static void
file_write(const char *folder, const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void
fault_is_named(const struct fault *fault, const char *folder)
{
	struct rules table = { .date = DAY_NONE };
	struct problems problems = { 0 };
	char text[1024];

	assert_true(recipients_load(&table, "rules", &problems));
	snprintf(text, sizeof(text), "updated: 2026-11-21\nservices:\n%s\n",
	    fault->services);
	file_write(folder, "services.yaml", text);
	assert_false(services_load(&table, folder, &problems));
	assert_true(problems.count > 0);
	if (strstr(problems.list[0].text, fault->expected) == NULL)
		fail_msg("'%s' lacks '%s'", problems.list[0].text, fault->expected);
	services_fini(&table);
	recipients_fini(&table);
	problems_fini(&problems);
}

static void
faulty_services_are_named(void **state)
{
	char folder[] = "build/services-" SIX_X;
	char path[64];

	(void)state;
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		fault_is_named(&faults[i], folder);
	snprintf(path, sizeof(path), "%s/services.yaml", folder);
	unlink(path);
	rmdir(folder);
}

static void
faulty_numbering_is_named(void **state)
{
	char folder[] = "build/numbering-" SIX_X;
	struct rules table = { .date = DAY_NONE };
	struct problems problems = { 0 };
	char path[64];

	(void)state;
	assert_non_null(mkdtemp(folder));
	file_write(folder, "numbering.csv", "code,region,min,max,mobile,trunk\n"
	    "49,DE,9,6,15,0\n1000,XX,1,2,,\n31,nl,9,9,x,0\n");
	assert_false(numbering_load(&table, folder, &problems));
	assert_int_equal(problems.count, 4);
	numbering_fini(&table);
	problems_fini(&problems);
	snprintf(path, sizeof(path), "%s/numbering.csv", folder);
	unlink(path);
	rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_lead_to_services_and_calls),
		cmocka_unit_test(case_and_final_dot_do_not_matter),
		cmocka_unit_test(addresses_lead_to_services),
		cmocka_unit_test(ndpi_names_lead_to_services),
		cmocka_unit_test(every_service_of_the_issue_is_there),
		cmocka_unit_test(models_are_narrow_enough_to_mean_something),
		cmocka_unit_test(names_decide_the_recipient),
		cmocka_unit_test(never_open_names_have_a_category),
		cmocka_unit_test(never_open_does_not_hide_a_call),
		cmocka_unit_test(longest_pattern_wins),
		cmocka_unit_test(faulty_patterns_are_named),
		cmocka_unit_test(longest_network_with_the_port_wins),
		cmocka_unit_test(faulty_services_are_named),
		cmocka_unit_test(faulty_numbering_is_named),
	};

	return cmocka_run_group_tests(tests, rules_setup, rules_teardown);
}
