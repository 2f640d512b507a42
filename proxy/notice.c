/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gateway's own page: what is inspected here, by whom, on what footing.
 * One page, no script, nothing loaded from elsewhere. It is made anew for each
 * request from the configuration in force, so it cannot be out of date.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/date.h"
#include "proxy/h1_head.h"
#include "proxy/notice_words.h"
#include "proxy/refusal.h"

#define STYLE \
	":root{color-scheme:light dark;--text:#1b1b1b;--page:#fff;--line:#c8c8c8}" \
	"@media(prefers-color-scheme:dark){:root{--text:#e8e8e8;--page:#161616;--line:#555}}" \
	"body{margin:2rem auto;max-width:42rem;padding:0 1rem;color:var(--text);" \
	"background:var(--page);font:1rem/1.55 system-ui,sans-serif}" \
	"h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:1.8rem}" \
	"nav{border-bottom:1px solid var(--line);padding-bottom:.6rem}" \
	"nav a,nav b{margin-right:1rem}a{color:inherit}dt{font-weight:600}" \
	"dd{margin:0 0 .6rem}"
/* base64 of the SHA-256 of STYLE: no other style is obeyed (CSP level 2, section 4.2.5). */
#define STYLE_HASH "sha256-rNs4ig5JCd8RCPBLnpsJgTV1WoOQ1adXjyI933hWkvs="

#define POLICY "default-src 'none'; style-src '" STYLE_HASH "'; base-uri 'none'; " \
	"form-action 'none'; frame-ancestors 'none'"

/* Room for the head of an answer. */
#define HEAD_MAX 1024

struct notice {
	const struct settings *settings;
	const struct rules *rules;
	const struct notice_words *words;
	int language;
	FILE *out;
};

/* ---- the page ------------------------------------------------------------------ */

static void
heading(const struct notice *notice, const char *text)
{
	fprintf(notice->out, "<h2>%s</h2>\n", text);
}

static void
languages(const struct notice *notice)
{
	fputs("<nav>", notice->out);
	for (int i = 0; i < TEXT_LANGUAGES; i++) {
		if (i == notice->language)
			fprintf(notice->out, "<b>%s</b>", notice_words[i].language);
		else
			fprintf(notice->out, "<a href=\"/?lang=%s\" lang=\"%s\" hreflang=\"%s\">"
			    "%s</a>", text_languages[i], text_languages[i],
			    text_languages[i], notice_words[i].language);
	}
	fputs("</nav>\n", notice->out);
}

/* The services that are opened for a group. Returns how many. */
static size_t
services(const struct notice *notice, const char *group)
{
	char reason[REASON_MAX];
	size_t count = 0;

	for (size_t i = 0; i < rules_service_count(notice->rules); i++) {
		const struct service *service = rules_service(notice->rules, i);

		if (!settings_opens(notice->settings, notice->rules, group, service, NULL,
		    day_today(), reason))
			continue;
		if (count++ > 0)
			fputs(", ", notice->out);
		text_html(notice->out, service->name);
	}
	return count;
}

static void
opened(const struct notice *notice)
{
	const struct settings *settings = notice->settings;
	size_t count = 0;

	heading(notice, notice->words->opened);
	if (settings_gate(settings, day_today()) != NULL) {
		fprintf(notice->out, "<p>%s</p>\n", notice->words->closed);
		return;
	}
	fprintf(notice->out, "<p>%s</p>\n<dl>\n", notice->words->opened_intro);
	for (size_t i = 0; i < settings->group_count; i++) {
		if (!settings_inspects(settings, settings->groups[i].name))
			continue;
		fputs("<dt>", notice->out);
		text_html(notice->out, settings->groups[i].name);
		fputs("</dt><dd>", notice->out);
		count += services(notice, settings->groups[i].name);
		fputs("</dd>\n", notice->out);
	}
	fputs("</dl>\n", notice->out);
	if (count == 0)
		fprintf(notice->out, "<p>%s</p>\n", notice->words->nothing);
}

static void
kept(const struct notice *notice)
{
	const struct notice_words *w = notice->words;
	const struct settings *settings = notice->settings;

	heading(notice, w->never);
	fprintf(notice->out, "<p>%s</p>\n", w->never_text);
	heading(notice, w->kept);
	fprintf(notice->out, "<p>%s %s %s %lld %s</p>\n",
	    settings->identity == 0 ? w->kept_address : w->kept_pseudonym, w->kept_never,
	    w->kept_before, (long long)(settings->keep_events / 86400), w->kept_after);
}

static void
term(const struct notice *notice, const char *name, const char *value)
{
	if (value == NULL || value[0] == '\0')
		return;
	fprintf(notice->out, "<dt>%s</dt><dd>", name);
	text_html(notice->out, value);
	fputs("</dd>\n", notice->out);
}

static void
footing(const struct notice *notice)
{
	const struct notice_words *w = notice->words;
	const struct settings *settings = notice->settings;
	char day[DAY_TEXT_MAX];

	heading(notice, w->footing);
	fputs("<dl>\n", notice->out);
	term(notice, w->dpia, settings->dpia);
	term(notice, w->works_council, settings->works_council);
	term(notice, w->since, day_text(settings->notice_since, day));
	fputs("</dl>\n", notice->out);
	if (settings->organisation.dpo[0] == '\0')
		return;
	heading(notice, w->ask);
	fprintf(notice->out, "<p>%s ", w->ask_text);
	text_html(notice->out, settings->organisation.dpo);
	fputs("</p>\n", notice->out);
}

static void
page(const struct notice *notice)
{
	const struct notice_words *w = notice->words;
	const char *name = notice->settings->organisation.name;

	fprintf(notice->out, "<!doctype html>\n<html lang=\"%s\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	    "<title>%s</title>\n<style>" STYLE "</style>\n</head>\n<body>\n",
	    text_languages[notice->language], w->title);
	languages(notice);
	fprintf(notice->out, "<main>\n<h1>%s</h1>\n<p>", w->title);
	text_html(notice->out, name[0] != '\0' ? name : w->anonymous);
	fprintf(notice->out, " %s</p>\n", w->intro);
	opened(notice);
	kept(notice);
	footing(notice);
	fputs("</main>\n</body>\n</html>\n", notice->out);
}

/* ---- the request ------------------------------------------------------------------ */

/* The value of a field, or an empty text. */
static struct h1_text
field_find(const char *head, size_t len, const char *name)
{
	size_t name_len = strlen(name);

	while (len > 0) {
		const char *end = memchr(head, '\n', len);
		size_t line = end ? (size_t)(end - head) : len;
		size_t ending = line > 0 && head[line - 1] == '\r';

		if (line > name_len + ending && head[name_len] == ':' &&
		    strncasecmp(head, name, name_len) == 0)
			return (struct h1_text){ head + name_len + 1,
			    line - name_len - 1 - ending };
		line += end != NULL;
		head += line;
		len -= line;
	}
	return (struct h1_text){ "", 0 };
}

/* "lang=de" of a query; -1: it names none of ours. */
static int
query_language(struct h1_text query)
{
	while (query.len > 0) {
		const char *end = memchr(query.at, '&', query.len);
		size_t n = end ? (size_t)(end - query.at) : query.len;

		if (n > 5 && memcmp(query.at, "lang=", 5) == 0)
			return text_language(query.at + 5, n - 5);
		n += end != NULL;
		query.at += n;
		query.len -= n;
	}
	return -1;
}

/* What is asked for: by the query, else by the browser, else the organisation's. */
static int
language_choose(const struct settings *settings, struct h1_text query,
    struct h1_text accept)
{
	const char *own = settings->organisation.language;
	int language = query_language(query);

	if (language >= 0)
		return language;
	language = text_language(own, strlen(own));
	return text_language_of(accept.at, accept.len, language < 0 ? 0 : language);
}

/* Parts a target into its path and what stands behind '?'. */
static struct h1_text
path_of(struct h1_text target, struct h1_text *query)
{
	const char *mark = memchr(target.at, '?', target.len);

	*query = (struct h1_text){ "", 0 };
	if (mark != NULL) {
		*query = (struct h1_text){ mark + 1, (size_t)(target.at + target.len - mark - 1) };
		target.len = (size_t)(mark - target.at);
	}
	return target;
}

/* ---- the answer --------------------------------------------------------------------- */

struct answer {
	const char *status;
	const char *media_type, *language;
	const char *more;		/* further fields */
	char *body;			/* owned; NULL: memory is out */
	size_t len;
	bool head;			/* the head alone */
};

static char *
answer_write(struct answer *answer, size_t *len)
{
	char *text = answer->body ? malloc(HEAD_MAX + answer->len) : NULL;
	int head;

	if (text != NULL) {
		head = snprintf(text, HEAD_MAX, "HTTP/1.1 %s\r\nContent-Type: %s\r\n"
		    "Content-Language: %s\r\nContent-Length: %zu\r\nCache-Control: no-store\r\n"
		    "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
		    "Content-Security-Policy: " POLICY "\r\n%sConnection: close\r\n\r\n",
		    answer->status, answer->media_type, answer->language, answer->len,
		    answer->more);
		*len = (size_t)head;
		if (!answer->head) {
			memcpy(text + head, answer->body, answer->len);
			*len += answer->len;
		}
	}
	free(answer->body);
	return text;
}

static void
body_say(struct answer *answer, const char *text)
{
	answer->body = strdup(text);
	answer->len = strlen(text);
}

static void
body_page(struct answer *answer, const struct notice *asked)
{
	struct notice notice = *asked;
	bool bad;

	notice.out = open_memstream(&answer->body, &answer->len);
	if (notice.out == NULL)
		return;
	page(&notice);
	bad = ferror(notice.out) != 0;
	if (fclose(notice.out) != 0 || bad) {
		free(answer->body);
		answer->body = NULL;
	}
}

char *
notice_answer(const struct settings *settings, const struct rules *rules,
    const char *request, size_t request_len, size_t *len)
{
	struct answer answer = { "200 OK", "text/plain; charset=utf-8", "en", "", NULL, 0, false };
	struct notice notice = { .settings = settings, .rules = rules };
	struct h1_scan scan = { 0 };
	struct h1_request asked;
	struct h1_text path, query;

	if (h1_scan(&scan, request, request_len) != H1_WHOLE ||
	    !h1_request_read(&asked, request, scan.at)) {
		answer.status = "400 Bad Request";
		body_say(&answer, "This is no request of HTTP/1.1.\n");
		return answer_write(&answer, len);
	}
	answer.head = asked.head;
	path = path_of(asked.target, &query);
	if (!h1_text_is(path, "/")) {
		answer.status = "404 Not Found";
		body_say(&answer, "The gateway has one page: /\n");
	} else if (!asked.head && !(asked.method.len == 3 &&
	    memcmp(asked.method.at, "GET", 3) == 0)) {
		answer.status = "405 Method Not Allowed";
		answer.more = "Allow: GET, HEAD\r\n";
		body_say(&answer, "The page can be read, and that is all.\n");
	} else {
		notice.language = language_choose(settings, query,
		    field_find(request, scan.at, "Accept-Language"));
		notice.words = &notice_words[notice.language];
		answer.media_type = "text/html; charset=utf-8";
		answer.language = text_languages[notice.language];
		answer.more = "Vary: Accept-Language\r\n";
		body_page(&answer, &notice);
	}
	return answer_write(&answer, len);
}
