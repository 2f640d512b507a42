/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/html.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "core/file.h"

static const struct section {
	const char *key;		/* of its title */
	const char *id;
	void (*write)(struct page *page);
} sections[] = {
	{ "summary", "summary", html_summary },
	{ "section_scope", "scope", html_scope },
	{ "section_recipients", "recipients", html_recipients },
	{ "section_timeline", "timeline", html_timeline },
	{ "section_countries", "countries", html_countries },
	{ "section_annex", "annex", html_annex },
};

#define SECTIONS (sizeof(sections) / sizeof(sections[0]))

/* ---- escaping ------------------------------------------------------------- */

/*
 * Writes one character; control characters, which XML forbids and a terminal
 * might obey, become U+FFFD.
 */
static void
escape_char(FILE *out, unsigned char c)
{
	switch (c) {
	case '<':
		fputs("&lt;", out);
		break;
	case '>':
		fputs("&gt;", out);
		break;
	case '&':
		fputs("&amp;", out);
		break;
	case '"':
		fputs("&quot;", out);
		break;
	case '\'':
		fputs("&#39;", out);
		break;
	default:
		if (c < 0x20 || c == 0x7f)
			fputs("\xef\xbf\xbd", out);
		else
			fputc(c, out);
	}
}

static void
escape(FILE *out, const char *text)
{
	const char *end = text + strlen(text), *bad;

	while (text < end) {
		bad = utf8_bad(text, (size_t)(end - text));
		if (bad == NULL)
			bad = end;
		for (; text < bad; text++)
			escape_char(out, (unsigned char)*text);
		if (text < end) {
			fputs("\xef\xbf\xbd", out);
			text++;
		}
	}
}

static void
html_argument(struct page *page, char kind, va_list *args)
{
	switch (kind) {
	case 's':
		escape(page->out, va_arg(*args, const char *));
		break;
	case 'r':
		fputs(va_arg(*args, const char *), page->out);
		break;
	case 'd':
		fprintf(page->out, "%" PRId64, va_arg(*args, int64_t));
		break;
	case 'f':
		fprintf(page->out, "%.1f", va_arg(*args, double));
		break;
	default:
		fputc(kind, page->out);
	}
}

void
html(struct page *page, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	for (; *format != '\0'; format++) {
		if (*format == '%' && format[1] != '\0')
			html_argument(page, *++format, &args);
		else
			fputc(*format, page->out);
	}
	va_end(args);
}

/* ---- pieces ------------------------------------------------------------------ */

void
html_table_begin(struct page *page, const char *class, const char *const *keys)
{
	html(page, "<table class=\"%s\"><thead><tr>", class);
	for (; *keys != NULL; keys++) {
		bool number = (*keys)[0] == '>';

		html(page, "<th scope=\"col\"%r>%s</th>", number ? " class=\"n\"" : "",
		    T(*keys + number));
	}
	html(page, "</tr></thead><tbody>\n");
}

void
html_table_end(struct page *page)
{
	html(page, "</tbody></table>\n");
}

void
html_status(struct page *page, const struct transfer *transfer)
{
	static const char *const shapes[] = {
		[TRANSFER_NONE] = "none", [TRANSFER_ENDED] = "ended",
		[TRANSFER_CONDITIONAL] = "cond", [TRANSFER_IN_FORCE] = "ok",
	};
	const char *shape = transfer->outside == OUTSIDE_NO ? "in" :
	    shapes[transfer->status];

	html(page, "<span class=\"st st-%s\"><svg class=\"ic\" viewBox=\"0 0 12 12\" "
	    "aria-hidden=\"true\"><use href=\"#i-%s\"/></svg>%s</span>", shape, shape,
	    word_status(page->report, transfer));
}

void
html_estimate(struct page *page, const struct estimate *estimate)
{
	html(page, "<b class=\"range\">%s</b>", word_range(page->report, estimate));
	if (estimate->sized + estimate->unsized > 0)
		html(page, "<small>%s</small>", word_how(page->report, estimate));
}

void
html_date(struct page *page, day_t day)
{
	html(page, "<time datetime=\"%s\">%s</time> <small>(%s)</small>",
	    word_day(page->report, day), word_day(page->report, day),
	    terms_date(page->terms, day));
}

/* ---- the page ------------------------------------------------------------------ */

/* The report's id in short, for the foot of each page; the cover has it whole. */
#define SHORT_ID 16

/*
 * Feet of the printed pages. CSS text in double quotes: every part is a date,
 * a number or hexadecimal, so nothing needs escaping there.
 */
static void
page_feet(struct page *page)
{
	const struct report_request *request = page->report->request;
	char id[SHORT_ID + 1], rules[SHORT_ID + 1];

	snprintf(id, sizeof(id), "%.*s", SHORT_ID, page->report->id);
	snprintf(rules, sizeof(rules), "%.*s", SHORT_ID, request->rules_digest);
	html(page, "@page{@bottom-left{content:\"%s %s  ·  %s %s  ·  %s %s  ·  "
	    "bookgate " VERSION "\"}@bottom-right{content:\"%s \" counter(page) "
	    "\" / \" counter(pages)}}\n", T("report_id"), id, T("rules_short"),
	    rules, T("refdata_date"), word_day(page->report, request->rules_date),
	    T("page"));
}

static void
page_head(struct page *page)
{
	html(page, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n"
	    "<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" "
	    "content=\"width=device-width\"/>\n"
	    "<meta name=\"generator\" content=\"bookgate " VERSION "\"/>\n"
	    "<meta name=\"robots\" content=\"noindex\"/>\n"
	    "<title>%s</title>\n<style>%r", terms_language(page->terms),
	    T("report_title"), html_style);
	page_feet(page);
	html(page, "</style>\n</head>\n<body>\n%r\n", html_shapes);
}

bool
report_write_html(const struct report *report, FILE *out)
{
	struct page page = { out, report, report->terms };

	page_head(&page);
	html_cover(&page);
	html(&page, "<main>\n");
	for (size_t i = 0; i < SECTIONS; i++) {
		html(&page, "<section id=\"%s\">\n<h2><span class=\"no\">%d</span>%s"
		    "</h2>\n", sections[i].id, (int64_t)i + 1,
		    terms_get(page.terms, sections[i].key));
		sections[i].write(&page);
		html(&page, "</section>\n");
	}
	html(&page, "</main>\n</body>\n</html>\n");
	return !ferror(out);
}
