/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway's own page: what it answers, in which language, and what it tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "proxy/refusal.h"

static struct rules *rules;

static int
rules_set(void **state)
{
	struct problems problems = { 0 };
	char *folder = rules_folder_find("rules");

	(void)state;
	rules = rules_load(folder, &problems);
	free(folder);
	return rules == NULL;
}

static int
rules_unset(void **state)
{
	(void)state;
	rules_free(rules);
	return 0;
}

/* A configuration as somebody might write it. */
static struct settings *
settings_of(const char *text)
{
	char name[] = "notice-XXXXXX";
	struct problems problems = { 0 };
	struct settings *settings;
	int file = mkstemp(name);

	assert_true(file >= 0);
	assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
	close(file);
	settings = settings_load(name, rules, &problems);
	unlink(name);
	assert_non_null(settings);
	return settings;
}

#define CONFIGURED \
	"organisation: {name: \"Gemeente <Voorbeeld>\", country: NL, language: nl, " \
	"dpo: fg@voorbeeld.example}\n" \
	"interception: {dpia: DPIA-2026-014, works_council: OR-2026-03, " \
	"notice_since: 2026-01-01, listen: 8443}\n" \
	"groups:\n  managed: {networks: [192.0.2.0/24]}\n" \
	"  guests: {networks: [198.51.100.0/24]}\n" \
	"inspect:\n  - {groups: [managed], services: [discord, matrix]}\n" \
	"retention: {events: 45d}\n"

static char *
ask(const struct settings *settings, const char *request)
{
	size_t len;
	char *answer = notice_answer(settings, rules, request, strlen(request), &len);

	assert_non_null(answer);
	answer = realloc(answer, len + 1);
	answer[len] = '\0';
	assert_int_equal(strlen(answer), len);
	return answer;
}

static void
says(const struct settings *settings, const char *request, const char *begin,
    const char *within)
{
	char *answer = ask(settings, request);

	if (strncmp(answer, begin, strlen(begin)) != 0 || strstr(answer, within) == NULL)
		fail_msg("%s\n%s", request, answer);
	free(answer);
}

#define GET(path, more) "GET " path " HTTP/1.1\r\nHost: gateway.example\r\n" more "\r\n"

static void
requests(void **state)
{
	struct settings *settings = settings_of(CONFIGURED);
	char *answer;

	(void)state;
	says(settings, GET("/", ""), "HTTP/1.1 200 OK\r\n", "<html lang=\"nl\">");
	says(settings, "GET / HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\n", "<html lang=\"nl\">");
	says(settings, GET("/favicon.ico", ""), "HTTP/1.1 404 ", "Connection: close\r\n");
	says(settings, GET("//", ""), "HTTP/1.1 404 ", "");
	says(settings, "POST / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 405 ",
	    "\r\nAllow: GET, HEAD\r\n");
	says(settings, "get / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 405 ", "");
	says(settings, "GET /\r\n\r\n", "HTTP/1.1 400 ", "");
	says(settings, "GET / HTTP/1.1\r\n", "HTTP/1.1 400 ", "");
	says(settings, "\x16\x03\x01", "HTTP/1.1 400 ", "");
	says(settings, "", "HTTP/1.1 400 ", "");
	/* HEAD tells the length of what GET would bring, and brings nothing. */
	answer = ask(settings, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_non_null(strstr(answer, "Content-Length: "));
	assert_true(atoi(strstr(answer, "Content-Length: ") + 16) > 2000);
	assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
	free(answer);
	settings_free(settings);
}

static void
languages(void **state)
{
	static const struct {
		const char *request, *language;
	} rows[] = {
		{ GET("/", "Accept-Language: de-AT,de;q=0.9\r\n"), "de" },
		{ GET("/", "accept-language: fr, pl;q=0.2, en;q=0.1\r\n"), "pl" },
		{ GET("/", "Accept-Language: fr\r\n"), "nl" },
		{ GET("/", "Accept-Language: en;q=0, *\r\n"), "nl" },
		{ GET("/?lang=en", "Accept-Language: de\r\n"), "en" },
		{ GET("/?x=1&lang=pl", ""), "pl" },
		{ GET("/?lang=xx", "Accept-Language: de\r\n"), "de" },
		{ GET("/?lang=", ""), "nl" },
		{ GET("/?lang=de\"><script>", ""), "nl" },
	};
	struct settings *settings = settings_of(CONFIGURED);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char html[40], head[40];

		snprintf(html, sizeof(html), "<html lang=\"%s\">", rows[i].language);
		snprintf(head, sizeof(head), "\r\nContent-Language: %s\r\n", rows[i].language);
		says(settings, rows[i].request, "HTTP/1.1 200 OK\r\n", html);
		says(settings, rows[i].request, "HTTP/1.1 200 OK\r\n", head);
	}
	settings_free(settings);
}

static void
tells(void **state)
{
	struct settings *settings = settings_of(CONFIGURED);
	char *answer = ask(settings, GET("/?lang=en", ""));

	(void)state;
	assert_non_null(strstr(answer, "Gemeente &lt;Voorbeeld&gt; looks after"));
	assert_non_null(strstr(answer, "<dt>managed</dt><dd>"));
	assert_non_null(strstr(answer, "Discord"));
	assert_null(strstr(answer, "WhatsApp"));
	assert_null(strstr(answer, "guests"));
	assert_non_null(strstr(answer, "<dd>DPIA-2026-014</dd>"));
	assert_non_null(strstr(answer, "<dd>OR-2026-03</dd>"));
	assert_non_null(strstr(answer, "<dd>2026-01-01</dd>"));
	assert_non_null(strstr(answer, "fg@voorbeeld.example"));
	assert_non_null(strstr(answer, "deleted after 45 days."));
	assert_non_null(strstr(answer, "a pseudonym of the device"));
	assert_null(strstr(answer, "<script"));
	free(answer);
	settings->identity = 0;
	says(settings, GET("/?lang=en", ""), "HTTP/1.1 200", "the network address of the device");
	settings_free(settings);
}

/* Before the organisation has done its homework the page says that nothing is opened. */
static void
closed(void **state)
{
	struct settings *settings = settings_of("organisation: {name: Voorbeeld}\n");
	char *answer = ask(settings, GET("/", ""));

	(void)state;
	assert_non_null(strstr(answer, "At present no connection is opened."));
	assert_null(strstr(answer, "Works council</dt>"));
	free(answer);
	settings_free(settings);
}

/* The style that the policy allows is the one of the page. */
static void
style_hash(void **state)
{
	struct settings *settings = settings_of(CONFIGURED);
	char *answer = ask(settings, GET("/", "")), *begin, *end;
	unsigned char digest[EVP_MAX_MD_SIZE], text[64];
	unsigned len;

	(void)state;
	begin = strstr(answer, "<style>");
	end = strstr(answer, "</style>");
	assert_true(begin != NULL && end != NULL);
	begin += 7;
	assert_int_equal(EVP_Digest(begin, (size_t)(end - begin), digest, &len, EVP_sha256(),
	    NULL), 1);
	EVP_EncodeBlock(text, digest, (int)len);
	begin = strstr(answer, "style-src 'sha256-");
	assert_non_null(begin);
	assert_memory_equal(begin + 18, text, strlen((char *)text));
	assert_non_null(strstr(answer, "Content-Security-Policy: default-src 'none'; "));
	free(answer);
	settings_free(settings);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(languages),
		cmocka_unit_test(tells),
		cmocka_unit_test(closed),
		cmocka_unit_test(style_hash),
	};

	return cmocka_run_group_tests(tests, rules_set, rules_unset);
}
