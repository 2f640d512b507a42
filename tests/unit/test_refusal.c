/* SPDX-License-Identifier: Apache-2.0 */
/* What a stopped client is told: forms by Accept, four languages, strange names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "proxy/refusal.h"

#define PLAIN "text/plain; charset=utf-8"
#define HTML "text/html; charset=utf-8"
#define JSON "application/json"

static struct settings
settings_of(const char *name, const char *language, const char *dpo)
{
	struct settings settings = { .organisation = { name, "NL", language, dpo } };

	return settings;
}

static struct refusal
make(const char *name, const char *language, const char *dpo, const char *accept,
    const char *rule)
{
	struct settings settings = settings_of(name, language, dpo);
	struct verdict verdict = { .action = ACTION_BLOCK };
	struct refusal refusal;

	snprintf(verdict.rule, sizeof(verdict.rule), "%s", rule);
	refusal = refusal_make(&settings, accept, &verdict);
	assert_non_null(refusal.body);
	assert_int_equal(strlen(refusal.body), refusal.len);
	return refusal;
}

static void
accepts(void **state)
{
	static const struct {
		const char *accept, *media_type;
	} rows[] = {
		{ NULL, PLAIN }, { "", PLAIN }, { "*/*", PLAIN }, { "image/png", PLAIN },
		{ "application/json", JSON }, { "Application/JSON; charset=utf-8", JSON },
		{ "application/json, text/plain, */*", JSON },
		{ "text/plain, application/json", PLAIN },
		{ "application/*", JSON }, { "text/*", PLAIN },
		{ "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", HTML },
		{ "text/html;q=0.3, application/json;q=0.31", JSON },
		{ "text/html;q=0.30, application/json;q=0.3", HTML },
		{ "*/*, text/plain;q=0, text/html;q=0.1", JSON },
		{ "text/*, text/plain;q=0", HTML },
		{ "application/vnd.api+json", JSON }, { "application/problem+json", JSON },
		{ "application/json;q=0, */*;q=0.5", PLAIN },
		{ "application/jsonx", PLAIN }, { "text", PLAIN }, { ";;,,;q=,/,", PLAIN },
		{ "text/html;q=9", HTML }, { "text/html;level=1;q=0.5, */*;q=0.4", HTML },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct refusal refusal = make("Org", "en", "", rows[i].accept, "rule");

		if (strcmp(refusal.media_type, rows[i].media_type) != 0)
			fail_msg("%s: %s", rows[i].accept, refusal.media_type);
		free(refusal.body);
	}
}

static const char *
text_of(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	assert_non_null(text);
	return text;
}

static void
as_json(void **state)
{
	static const char strange[] = "A \"B\" \\ <b>\n\x01\xff\xc3\xa9\xc2\x85";
	struct refusal refusal = make(strange, "pl", "dpo@example.org", JSON, "no \"books\"");
	json_t *object = json_loadb(refusal.body, refusal.len, 0, NULL);

	(void)state;
	assert_non_null(object);
	assert_int_equal(json_object_size(object), 6);
	assert_string_equal(text_of(object, "error"), "upload_blocked");
	assert_string_equal(text_of(object, "rule"), "no \"books\"");
	assert_string_equal(text_of(object, "contact"), "dpo@example.org");
	assert_string_equal(text_of(object, "lang"), "pl");
	assert_string_equal(text_of(object, "organisation"),
	    "A \"B\" \\ <b>\n\x01\xef\xbf\xbd\xc3\xa9 ");
	assert_non_null(strstr(text_of(object, "message"), "nie zezwala"));
	/* Shown in a page by mistake it is no markup. */
	assert_null(strchr(refusal.body, '<'));
	json_decref(object);
	free(refusal.body);
}

static void
as_html(void **state)
{
	struct refusal refusal = make("<script>alert('x')</script>\"&", "de",
	    "\"><img src=x>", HTML, "a&b<c");

	(void)state;
	assert_null(strstr(refusal.body, "<script"));
	assert_null(strstr(refusal.body, "<img"));
	assert_non_null(strstr(refusal.body,
	    "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;"));
	assert_non_null(strstr(refusal.body, "a&amp;b&lt;c"));
	assert_non_null(strstr(refusal.body, "<html lang=\"de\">"));
	free(refusal.body);
}

static void
as_text(void **state)
{
	struct refusal refusal = make("A\r\nSet-Cookie: x\x1b[2J", "nl", "dpo@example.org",
	    "text/plain", "r1");

	(void)state;
	assert_null(strchr(refusal.body, '\r'));
	assert_null(strchr(refusal.body, '\x1b'));
	assert_non_null(strstr(refusal.body, "A  Set-Cookie: x [2J staat niet toe"));
	assert_non_null(strstr(refusal.body, "\nRegel: r1\n"));
	assert_non_null(strstr(refusal.body, ": dpo@example.org\n"));
	free(refusal.body);
}

/* Each language says it in its own words, with the name or without one. */
static void
languages(void **state)
{
	static const struct {
		const char *language, *words, *anonymous;
	} rows[] = {
		{ "en", "does not allow", "Your organisation does" },
		{ "nl", "staat niet toe", "Uw organisatie staat" },
		{ "de", "erlaubt nicht", "Ihre Organisation erlaubt" },
		{ "pl", "nie zezwala", "Twoja organizacja nie" },
		{ "fr", "does not allow", "Your organisation does" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct refusal refusal = make("Voorbeeld", rows[i].language, "", NULL, "r");

		assert_non_null(strstr(refusal.body, "Voorbeeld "));
		assert_non_null(strstr(refusal.body, rows[i].words));
		free(refusal.body);
		refusal = make("", rows[i].language, "", NULL, "r");
		assert_non_null(strstr(refusal.body, rows[i].anonymous));
		free(refusal.body);
	}
}

static void
fault(void **state)
{
	struct refusal refusal = refusal_fault(JSON);
	json_t *object = json_loadb(refusal.body, refusal.len, 0, NULL);

	(void)state;
	assert_string_equal(text_of(object, "error"), "bad_request");
	assert_string_equal(text_of(object, "lang"), "en");
	json_decref(object);
	free(refusal.body);
	refusal = refusal_fault(NULL);
	assert_string_equal(refusal.media_type, PLAIN);
	assert_non_null(strstr(refusal.body, "two ways"));
	assert_null(strstr(refusal.body, ": "));
	free(refusal.body);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts),
		cmocka_unit_test(as_json),
		cmocka_unit_test(as_html),
		cmocka_unit_test(as_text),
		cmocka_unit_test(languages),
		cmocka_unit_test(fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
