/* SPDX-License-Identifier: Apache-2.0 */
/* Which call a request is: patterns, the shipped requests, wrong rule files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rules/calls.h"
#include "tests/unit/rules_kit.h"

static void
patterns(void **state)
{
	static const struct { const char *pattern, *text; bool fits; } cases[] = {
		{ "/a", "/a", true }, { "/a", "/A", true }, { "/a", "/a/", false },
		{ "/a", "/", false }, { "/a*", "/a", true }, { "/a*", "/abc", true },
		{ "/a*", "/a/b", false }, { "/a**", "/a/b", true },
		{ "/*/c", "/b/c", true }, { "/*/c", "/a/b/c", false },
		{ "/*/c", "//c", true }, { "**/c", "/a/b/c", true },
		{ "**/c", "/a/b/c/d", false }, { "**", "", true }, { "*", "/", false },
		{ "/**/b*c/**", "/x/bac/bbc/y", true },
		{ "/**/b*c/d", "/bc/bcc/d", true },
		{ "/*a*b", "/aab", true }, { "/*a*b", "/aabc", false },
		{ "**x*", "/a/b/xc", true }, { "**x*", "/a/x/c", false },
		{ "**.vcf", "/u/1.vcf.vcf", true }, { "", "", true }, { "", "a", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (call_pattern_matches(cases[i].pattern, cases[i].text,
		    strlen(cases[i].text)) != cases[i].fits)
			fail_msg("%s against %s", cases[i].pattern, cases[i].text);
}

/* Stars that make careless matchers take exponential time. */
static void
patterns_end_soon(void **state)
{
	char text[480];

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_false(call_pattern_matches(
	    "**a*a**a*a**a*a**a*a**a*a**a*a**a*a**a*a**a*ab", text, sizeof(text)));
}

struct request_case {
	const char *host, *line, *media, *service, *call;
};

static void
request_check(const struct request_case *c)
{
	const struct service *service = rules_service_by_host(rules, c->host);
	const struct call *call = rules_call_by_request(rules, &service, c->host,
	    c->line, strlen(c->line), c->media);

	if (call == NULL || service == NULL) {
		if (c->call != NULL)
			fail_msg("%s %s: no call", c->host, c->line);
		return;
	}
	if (c->call == NULL)
		fail_msg("%s %s: %s", c->host, c->line, call->id);
	assert_string_equal(service->id, c->service);
	assert_string_equal(call->id, c->call);
}

#define JSON "application/json"
#define FORM "application/x-www-form-urlencoded"
#define WBXML "application/vnd.ms-sync.wbxml"
#define EAS "POST /Microsoft-Server-ActiveSync"

static const struct request_case app_cases[] = {
	{ "discord.com", "PUT /api/v9/users/@me/connections/contacts/@me/"
	    "external-friend-list-entries", JSON, "discord", "friend-list" },
	{ "discord.com", "POST /api/v9/channels/1/messages", JSON, NULL, NULL },
	{ "discord.com", "GET /api/v9/users/@me/connections/contacts/@me/"
	    "external-friend-list-entries", JSON, NULL, NULL },
	{ "i.instagram.com", "POST /api/v1/address_book/link/?include=thumbnails", FORM,
	    "instagram", "address-book-link" },
	{ "b-graph.facebook.com", "POST /method/friendFinder.mobilecontinuoussync",
	    FORM, "facebook", "contact-sync" },
	{ "b-graph.facebook.com", "POST /v19.0/me/bulkcontacts", FORM, "facebook",
	    "contact-sync" },
	{ "graph.facebook.com", "POST /v19.0/me/photos", FORM, NULL, NULL },
	{ "app.snapchat.com", "POST /bq/find_friends", FORM, "snapchat", "find-friends" },
	{ "api16-normal-c-alisg.tiktokv.com", "POST /aweme/v1/upload/hashcontacts/"
	    "?scene=1", FORM, "tiktok", "hash-contacts" },
	{ "www.clubhouseapi.com", "POST /api/get_suggested_follows_friends_only", JSON,
	    "clubhouse", "suggested-follows" },
	{ "bsky.social", "POST /xrpc/app.bsky.contact.importContacts", JSON, "bluesky",
	    "import-contacts" },
	{ "api.x.com", "POST /1.1/contacts/upload.json", JSON, "x", "contacts-upload" },
	{ "apip.threema.ch", "POST /identity/match", JSON, "threema", "identity-match" },
	{ "vector.im", "POST /_matrix/identity/v2/lookup", JSON, "matrix",
	    "identity-lookup" },
	{ "people.googleapis.com", "POST /v1/people:batchCreateContacts?alt=json", JSON,
	    "google-contacts", "people-batch" },
	{ "www.googleapis.com", "PUT /carddav/v1/principals/a/lists/default/1", "text/vcard",
	    "google-contacts", "carddav-put" },
	{ "graph.microsoft.com", "POST /v1.0/$batch", JSON, "microsoft-365",
	    "graph-contacts" },
	{ "graph.microsoft.com", "POST /v1.0/me/messages", JSON, NULL, NULL },
	{ "outlook.office365.com", EAS "?Cmd=Sync&User=a", WBXML, "microsoft-365",
	    "activesync" },
	{ "outlook.office365.com", EAS "?User=a&cmd=sync", WBXML, "microsoft-365",
	    "activesync" },
	{ "outlook.office365.com", EAS "?Cmd=SendMail&User=a", WBXML, NULL, NULL },
	{ "outlook.office365.com", EAS "?jAAJBBCjAgEC", WBXML, "microsoft-365",
	    "activesync" },
	{ "outlook.office365.com", "POST /ews/exchange.asmx", "text/xml",
	    "microsoft-365", "ews-contacts" },
	{ "p42-contacts.icloud.com", "PUT /1/carddavhome/card/2.vcf", "text/vcard",
	    "icloud", "contacts-sync" },
};

static void
apps(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(app_cases) / sizeof(app_cases[0]); i++)
		request_check(&app_cases[i]);
}

/* Requests that say which software takes them, wherever it stands. */
static const struct request_case own_cases[] = {
	{ "cloud.example.org", "PUT /remote.php/dav/addressbooks/users/a/b/1.vcf",
	    "text/vcard", "carddav", "carddav-put" },
	{ "dav.example.org", "PUT /user/book/1.vcf", "text/vcard", "carddav",
	    "carddav-put" },
	{ "dav.example.org", "PUT /user/book/1.vcf", "application/pdf", NULL, NULL },
	{ "dav.example.org", "PUT /user/book/1", "text/plain", NULL, NULL },
	{ "mail.example.org", EAS "?Cmd=Sync&User=a", WBXML, "exchange", "activesync" },
	{ "mail.example.org", "POST /EWS/Exchange.asmx", "text/xml", "exchange",
	    "ews-contacts" },
	{ "id.example.org", "POST /_matrix/identity/v2/lookup", JSON, "matrix",
	    "identity-lookup" },
	{ "crm.example.org", "POST /identity/match", JSON, NULL, NULL },
	{ "crm.example.org", "POST /v1.0/$batch", JSON, NULL, NULL },
	{ "crm.example.org", "GET", JSON, NULL, NULL },
	{ "crm.example.org", "", JSON, NULL, NULL },
};

static void
own_servers(void **state)
{
	const struct service *service = NULL;
	const struct call *call;
	const char line[] = "POST /_matrix/identity/v2/lookup";

	(void)state;
	for (size_t i = 0; i < sizeof(own_cases) / sizeof(own_cases[0]); i++)
		request_check(&own_cases[i]);
	/* Somebody's own identity server is not Element's. */
	call = rules_call_by_request(rules, &service, "id.example.org", line,
	    strlen(line), JSON);
	assert_string_equal(call->recipient, "unknown");
}

/* Every path that stands in the file is met by a request made from it. */
static void
every_rule_can_be_met(void **state)
{
	unsigned met = 0;

	(void)state;
	for (size_t i = 0; i < rules_service_count(rules); i++) {
		const struct service *s = rules_service(rules, i);

		for (size_t j = 0; j < s->call_count; j++)
			for (size_t k = 0; k < s->calls[j].request_count; k++) {
				const struct call_request *r = &s->calls[j].requests[k];

				assert_true(call_pattern_matches(r->path, r->path,
				    strlen(r->path)));
				/* A service without names is met anywhere, or never. */
				assert_true(r->anywhere || s->calls[j].hosts != NULL ||
				    s->calls[j].except != NULL);
				met++;
			}
	}
	assert_in_range(met, 30, 200);
}

static void
problem_expect(const char *requests, const char *message)
{
	struct problems problems = { 0 };
	struct rules mine = { .services = NULL };
	struct conf_doc *doc;
	char text[1024];

	assert_true(recipients_load(&mine, "rules", &problems));
	snprintf(text, sizeof(text), "updated: 2026-11-21\nservices:\n- id: a\n  name: A\n"
	    "  recipient: discord\n  calls:\n  - id: c\n    requests: %s\n", requests);
	doc = conf_parse("services.yaml", text, strlen(text), &problems);
	services_read(&mine, doc, &problems);
	if (message == NULL)
		assert_int_equal(problems.count, 0);
	else
		assert_int_equal(problems.count, 1);
	if (message != NULL && strstr(problems.list[0].text, message) == NULL)
		fail_msg("%s", problems.list[0].text);
	services_fini(&mine);
	recipients_fini(&mine);
	problems_fini(&problems);
}

static int64_t
people_in(const char *text, bool known)
{
	struct body_facts facts = { JSON, "", "" };
	struct body *body = body_new(&facts, BULK_THRESHOLD);
	struct body_result result;

	if (known)
		body_known_call(body);
	body_feed(body, (const uint8_t *)text, strlen(text));
	body_end(body, &result);
	return result.contacts.best;
}

/* A key that only the rules know: numbers under it need no "+". */
static void
fields(void **state)
{
	char text[1024] = "{\"kumpel\":[";

	(void)state;
	for (int i = 0; i < 25; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "%s\"4915%09d\"", i ? "," : "", i);
	strcat(text, "]}");
	assert_int_equal(people_in(text, false), 0);
	problem_expect("[{path: /a, fields: [other, KUM-PEL]}]", NULL);
	assert_int_equal(people_in(text, false), 25);
	problem_expect("[{path: /a, fields: other}]", NULL);
	assert_int_equal(people_in(text, false), 0);
}

/* Records of unlike shapes: people where the call is known for them. */
static void
known_call(void **state)
{
	char text[4096] = "{\"a\":[";

	(void)state;
	for (int i = 0; i < 24; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "%s{\"k%c\":{\"name\":\"A\",\"phone\":\"+4915%09d\"}}", i ? "," : "",
		    'a' + i, i);
	strcat(text, "]}");
	assert_int_equal(people_in(text, false), 0);
	assert_int_equal(people_in(text, true), 24);
}

static void
wrong_files(void **state)
{
	(void)state;
	problem_expect("[{path: /a}]", NULL);
	problem_expect("[{path: /a, query: [a, b]}]", NULL);
	problem_expect("{path: /a}", "list");
	problem_expect("[{method: POST}]", "path");
	problem_expect("[{path: a}]", "begins with");
	problem_expect("[{path: '/a?b'}]", "query");
	problem_expect("[{path: /a, method: post}]", "no method");
	problem_expect("[{path: /a, query: {a: b}}]", "a word or a list");
	problem_expect("[{path: /a, fields: [a, b, c, d, e, f, g, h, i]}]", "at most 8");
	problem_expect("[{path: /a, query: ['']}]", "empty");
	problem_expect("[{path: /a, pathe: b}]", "pathe");
	problem_expect("[{path: /a, anywhere: perhaps}]", "anywhere");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns),
		cmocka_unit_test(patterns_end_soon),
		cmocka_unit_test(apps),
		cmocka_unit_test(own_servers),
		cmocka_unit_test(every_rule_can_be_met),
		cmocka_unit_test(fields),
		cmocka_unit_test(known_call),
		cmocka_unit_test(wrong_files),
	};

	return cmocka_run_group_tests(tests, rules_setup, rules_teardown);
}
