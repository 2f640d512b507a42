/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cover and summary.
 */
#include "reports/html.h"

#include <string.h>

static void
fact(struct page *page, const char *key, const char *value)
{
	html(page, "<dt>%s</dt><dd>%s</dd>\n", T(key),
	    value[0] != '\0' ? value : T("not_configured"));
}

static void
fact_code(struct page *page, const char *key, const char *value)
{
	html(page, "<dt>%s</dt><dd><code>%s</code></dd>\n", T(key), value);
}

static void
fact_date(struct page *page, const char *key, day_t day)
{
	html(page, "<dt>%s</dt><dd>", T(key));
	html_date(page, day);
	html(page, "</dd>\n");
}

static void
cover_facts(struct page *page)
{
	const struct report_request *request = page->report->request;

	html(page, "<dl class=\"facts\">\n");
	fact(page, "controller", request->controller);
	if (request->country[0] != '\0')
		fact(page, "country", word_country(page->report, request->country));
	fact(page, "dpo", request->dpo);
	html(page, "<dt>%s</dt><dd>%s – %s</dd>\n", T("report_period"),
	    word_day(page->report, request->from), word_day(page->report, request->to));
	fact_date(page, "report_generated", request->today);
	fact(page, "report_language", T("language_name"));
	fact(page, "program_version", "bookgate " VERSION);
	fact_date(page, "refdata_date", request->rules_date);
	fact_code(page, "rules_digest", request->rules_digest);
	fact(page, "geo_database", request->geo_version);
	fact_code(page, "report_id", page->report->id);
	html(page, "</dl>\n");
}

void
html_cover(struct page *page)
{
	const struct report_request *request = page->report->request;

	html(page, "<div class=\"cover\">\n<p class=\"eyebrow\">%s</p>\n<h1>%s</h1>\n"
	    "<p class=\"period\">%s – %s</p>\n", T("for_dpo"), T("report_title"),
	    terms_date(page->terms, request->from), terms_date(page->terms, request->to));
	cover_facts(page);
	html(page, "<p class=\"note\">%s</p>\n", terms_phrase(page->terms,
	    "cover_note", word_day(page->report, request->rules_date), NULL, NULL));
	html(page, "<div class=\"sign\"><div>%s</div><div>%s</div><div>%s</div></div>\n"
	    "</div>\n", T("sign_place"), T("name"), T("signature"));
}

/* ---- summary ------------------------------------------------------------------- */

static void
figure(struct page *page, const char *class, const char *big, const char *key,
    const char *below)
{
	/* A long range gets a smaller face, so that five figures fit one row. */
	const char *size = strlen(big) > 9 ? " long" : "";

	html(page, "<div class=\"%r\"><span class=\"big%r\">%s</span>"
	    "<span class=\"cap\">%s</span><small>%s</small></div>\n",
	    class, size, big, T(key), below);
}

static void
figures(struct page *page)
{
	const struct report *report = page->report;
	const struct counts *counts = &report->counts;
	struct terms *terms = page->terms;

	html(page, "<div class=\"figures\">\n");
	figure(page, "", terms_number(terms, (int64_t)counts->attempted),
	    "fig_attempted", terms_phrase(terms, "fig_attempted_note",
	    terms_count(terms, (int64_t)report->recipient_count, "recipient"),
	    NULL, NULL));
	figure(page, "", terms_number(terms, (int64_t)counts->prevented),
	    "fig_prevented", counts->prevented == 0 ? "" : terms_phrase(terms,
	    "fig_prevented_note", word_bytes(report, counts->bytes_before_block),
	    NULL, NULL));
	figure(page, "", terms_number(terms, (int64_t)counts->completed),
	    "fig_completed", terms_phrase(terms, "fig_completed_note",
	    word_bytes(report, counts->bytes), NULL, NULL));
	figure(page, "", word_range(report, &report->subjects), "est_subjects",
	    word_how(report, &report->subjects));
	figure(page, report->without_basis > 0 ? "warn" : "",
	    terms_number(terms, (int64_t)report->without_basis), "fig_without_basis",
	    terms_phrase(terms, "fig_without_basis_note",
	    terms_number(terms, (int64_t)report->recipient_count), NULL, NULL));
	html(page, "</div>\n");
}

void
html_summary(struct page *page)
{
	const struct report *report = page->report;

	figures(page);
	html(page, "<p>%s</p>\n", T("summary_counting"));
	if (report->counts.attempted == 0)
		html(page, "<div class=\"callout\"><p>%s</p></div>\n", T("summary_empty"));
	html(page, "<h3>%s</h3>\n", T("action_needed"));
	if (report->todo_count == 0)
		html(page, "<p>%s</p>\n", T("todo_nothing"));
	html(page, "<ol class=\"todo\">\n");
	for (size_t i = 0; i < report->todo_count; i++) {
		const struct todo *todo = &report->todos[i];

		html(page, "<li%r><span class=\"box\"></span><span>%s</span></li>\n",
		    todo->kind <= DO_IDENTIFY ? " class=\"urgent\"" : "",
		    word_todo(report, todo));
	}
	html(page, "</ol>\n");
}
