/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where data goes outside the EEA, by the law's idea of place: the seat of
 * the entity, or of the parent it passes data on to.
 */
#include "reports/html.h"

#define CHART_ROWS_MAX 16

static void
country_row(struct page *page, const struct report_country *row)
{
	struct terms *terms = page->terms;
	struct transfer weakest = { .outside = OUTSIDE_YES, .status = row->weakest };

	html(page, "<tr><td><b>%s</b><small>%s</small></td>",
	    word_country(page->report, row->country),
	    row->country[0] != '\0' ? row->country : T("class_unknown"));
	html(page, "<td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td>"
	    "<td class=\"n\">%s</td>",
	    terms_number(terms, (int64_t)row->recipients),
	    terms_number(terms, (int64_t)row->direct),
	    terms_number(terms, (int64_t)row->onward),
	    terms_number(terms, (int64_t)row->counts.prevented));
	html(page, "<td class=\"n\"><b class=\"range\">%s</b></td><td>",
	    word_range(page->report, &row->subjects));
	html_status(page, &weakest);
	if (row->without_basis > 0)
		html(page, "<small>%s</small>", terms_phrase(terms,
		    "without_basis_count", terms_count(terms,
		    (int64_t)row->without_basis, "upload"), NULL, NULL));
	html(page, "</td></tr>\n");
}

void
html_countries(struct page *page)
{
	static const char *const keys[] = {
		"country", ">recipients", ">col_direct", ">col_onward", ">col_prevented",
		">est_subjects", "weakest_status", NULL
	};
	const struct report *report = page->report;
	struct chart_row rows[CHART_ROWS_MAX];
	size_t count = 0;

	if (report->country_count == 0) {
		html(page, "<p>%s</p>\n", T("no_transfers"));
		return;
	}
	html(page, "<p>%s</p>\n", T("countries_note"));
	html_table_begin(page, "countries", keys);
	for (size_t i = 0; i < report->country_count; i++)
		country_row(page, &report->countries[i]);
	html_table_end(page);
	for (; count < report->country_count && count < CHART_ROWS_MAX; count++)
		rows[count] = (struct chart_row){
			word_country(report, report->countries[count].country),
			&report->countries[count].subjects
		};
	html(page, "<h3>%s</h3>\n<p class=\"sub\">%s</p>\n", T("chart_countries"),
	    T("chart_subjects_note"));
	html_range_chart(page, rows, count);
}
