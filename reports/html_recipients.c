/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recipients: one table of all, one chart, and a card for each.
 */
#include "reports/html.h"


/* More bars than this do not fit on the page with the table. */
#define CHART_ROWS_MAX 16

static void
class_badge(struct page *page, char class)
{
	if (class == '?')
		html(page, "<span class=\"cls cls-u\">?</span>");
	else
		html(page, "<span class=\"cls cls-%r\">%r</span>",
		    class == 'A' ? "A" : class == 'B' ? "B" : "x",
		    class == 'A' ? "A" : class == 'B' ? "B" : class == 'C' ? "C" : "D");
}

static const char *
service_of(struct page *page, const struct report_recipient *row)
{
	if (row->class == '?')
		return T("recipient_unidentified");
	if (row->service[0] != '\0')
		return row->service;
	return row->id[0] != '\0' ? row->id : T("unknown");
}

static void
overview_row(struct page *page, const struct report_recipient *row)
{
	const struct report *report = page->report;

	html(page, "<tr><td>");
	class_badge(page, row->class);
	html(page, "</td><td><b>%s</b><small>%s</small></td><td>%s",
	    service_of(page, row), row->entity, word_country(report, row->country));
	if (row->onward[0] != '\0')
		html(page, "<small>→ %s</small>", word_country(report, row->onward));
	html(page, "</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">",
	    terms_number(page->terms, (int64_t)row->counts.attempted),
	    terms_number(page->terms, (int64_t)row->counts.completed));
	html(page, "<b class=\"range\">%s</b></td><td class=\"n\">%s</td><td>",
	    word_range(report, &row->subjects),
	    terms_number(page->terms, (int64_t)row->without_basis));
	html_status(page, &row->now);
	html(page, "</td></tr>\n");
}

static void
overview(struct page *page)
{
	static const char *const keys[] = {
		"class_short", "recipient", "country", ">col_attempted",
		">col_completed", ">est_subjects", ">col_without_basis", "status_now", NULL
	};

	html_table_begin(page, "overview", keys);
	for (size_t i = 0; i < page->report->recipient_count; i++)
		overview_row(page, &page->report->recipients[i]);
	html_table_end(page);
}

static void
subjects_chart(struct page *page)
{
	const struct report *report = page->report;
	size_t count = report->recipient_count;
	struct chart_row rows[CHART_ROWS_MAX];

	if (count > CHART_ROWS_MAX)
		count = CHART_ROWS_MAX;
	for (size_t i = 0; i < count; i++)
		rows[i] = (struct chart_row){
			service_of(page, &report->recipients[i]),
			&report->recipients[i].subjects
		};
	html(page, "<h3>%s</h3>\n<p class=\"sub\">%s</p>\n", T("chart_subjects"),
	    T("chart_subjects_note"));
	html_range_chart(page, rows, count);
}

/* ---- cards ------------------------------------------------------------------- */

static void
footing_row(struct page *page, const struct footing *footing)
{
	const struct report *report = page->report;
	const struct transfer *then = &footing->transfer;

	html(page, "<tr><td><b>%s</b><small>%s</small></td><td>",
	    word_mechanism(report, then), then->instrument);
	html_status(page, then);
	html(page, "</td><td>%s</td><td class=\"n\">%s</td><td class=\"d\">%s – %s</td>"
	    "</tr>\n", word_day(report, then->to),
	    terms_number(page->terms, (int64_t)footing->events),
	    word_day(report, footing->first), word_day(report, footing->last));
}

static void
footing_now(struct page *page, const struct report_recipient *row)
{
	const struct report *report = page->report;

	html(page, "<tr class=\"sum\"><td><b>%s</b><small>%s</small></td><td>",
	    word_mechanism(report, &row->now), row->now.instrument);
	html_status(page, &row->now);
	html(page, "</td><td>%s</td><td class=\"n\"></td><td>%s</td></tr>\n",
	    word_day(report, row->now.to), terms_phrase(page->terms, "on_report_date",
	    word_day(report, report->request->today), NULL, NULL));
}

static void
card_footings(struct page *page, const struct report_recipient *row)
{
	static const char *const keys[] = {
		"basis_of_transfer", "status_then", "relied_on_until", ">col_uploads",
		"col_when", NULL
	};
	static const char *const onward_keys[] = {
		"basis_of_onward", "status_then", "relied_on_until", ">col_uploads",
		"col_when", NULL
	};

	html_table_begin(page, "footings", row->class == 'B' ? onward_keys : keys);
	for (size_t i = 0; i < row->footing_count; i++)
		footing_row(page, &row->footings[i]);
	footing_now(page, row);
	html_table_end(page);
	if (row->changed > 0)
		html(page, "<p class=\"sub\" style=\"margin-left:8mm\">%s</p>\n",
		    terms_phrase(page->terms, "status_changed",
		    terms_count(page->terms, (int64_t)row->changed, "upload"), NULL, NULL));
}

static void
card_fact(struct page *page, const char *key, const char *value, const char *below)
{
	html(page, "<div><dt>%s</dt><dd>%s", T(key), value);
	if (below[0] != '\0')
		html(page, "<small>%s</small>", below);
	html(page, "</dd></div>\n");
}

static void
card_estimate(struct page *page, const char *key, const struct estimate *estimate)
{
	html(page, "<div><dt>%s</dt><dd>", T(key));
	html_estimate(page, estimate);
	html(page, "</dd></div>\n");
}

/* From how many devices, and what got out before a block. */
static const char *
uploads_below(struct page *page, const struct report_recipient *row)
{
	const struct report *report = page->report;
	const char *text = terms_text(page->terms, "%s: %s", T("devices"),
	    word_devices(report, row->devices));

	if (row->counts.prevented == 0)
		return text;
	return terms_text(page->terms, "%s · %s", text, terms_phrase(page->terms,
	    "before_block", word_bytes(report, row->counts.bytes_before_block),
	    NULL, NULL));
}

static void
card_facts(struct page *page, const struct report_recipient *row)
{
	const struct report *report = page->report;
	struct terms *terms = page->terms;

	html(page, "<dl>\n");
	card_fact(page, "role", row->class == '?' ? T("unknown") :
	    word_role(report, row->role), "");
	card_fact(page, "parent_company", row->parent[0] != '\0' ? row->parent : "–",
	    row->onward[0] != '\0' ? word_country(report, row->onward) : "");
	card_fact(page, "address_country", word_tally(report, &row->places),
	    T("address_country_note"));
	card_fact(page, "col_uploads", terms_phrase(terms, "counts_line",
	    terms_number(terms, (int64_t)row->counts.attempted),
	    terms_number(terms, (int64_t)row->counts.prevented),
	    terms_number(terms, (int64_t)row->counts.completed)),
	    uploads_below(page, row));
	card_estimate(page, "est_subjects", &row->subjects);
	card_estimate(page, "records_sent", &row->records);
	if (row->class == '?')
		card_fact(page, "hosts_seen", word_tally(report, &row->hosts), "");
	html(page, "</dl>\n");
}

static void
card(struct page *page, const struct report_recipient *row)
{
	html(page, "<article class=\"card\"><header>");
	class_badge(page, row->class);
	html(page, "<div><h3>%s</h3>", service_of(page, row));
	if (row->entity[0] != '\0')
		html(page, "<div>%s, %s</div>", row->entity,
		    word_country(page->report, row->country));
	html(page, "</div><div>");
	html_status(page, &row->now);
	html(page, "</div></header>\n<p class=\"way\">%s</p>\n",
	    word_class(page->report, row->class));
	card_facts(page, row);
	card_footings(page, row);
	html(page, "</article>\n");
}

void
html_recipients(struct page *page)
{
	const struct report *report = page->report;

	if (report->recipient_count == 0) {
		html(page, "<p>%s</p>\n", T("no_uploads"));
		return;
	}
	html(page, "<p>%s</p>\n", T("recipients_note"));
	overview(page);
	subjects_chart(page);
	html(page, "<h3>%s</h3>\n", T("recipients_each"));
	for (size_t i = 0; i < report->recipient_count; i++)
		card(page, &report->recipients[i]);
}
