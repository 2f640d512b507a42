/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reference data, glossary, and notes of the reference data in their own words.
 */
#include "reports/html.h"

#include <string.h>

static void
reference(struct page *page)
{
	const struct report_request *request = page->report->request;

	html(page, "<h3>%s</h3>\n<table class=\"keys\"><tbody>\n", T("refdata_used"));
	html(page, "<tr><td>%s</td><td>%s</td></tr>\n", T("refdata_date"),
	    word_day(page->report, request->rules_date));
	html(page, "<tr><td>%s</td><td><code>%s</code></td></tr>\n", T("rules_digest"),
	    request->rules_digest);
	html(page, "<tr><td>%s</td><td>%s</td></tr>\n", T("geo_database"),
	    request->geo_version);
	html(page, "<tr><td>%s</td><td>bookgate " VERSION "</td></tr>\n",
	    T("program_version"));
	html(page, "<tr><td>%s</td><td><code>%s</code></td></tr>\n", T("report_id"),
	    page->report->id);
	html_table_end(page);
	html(page, "<p class=\"sub\">%s</p>\n", T("report_id_note"));
}

static void
glossary(struct page *page)
{
	static const struct { char class; const char *key; } classes[] = {
		{ 'A', "glossary_A" }, { 'B', "glossary_B" }, { 'C', "glossary_C" },
		{ 'D', "glossary_D" }, { '?', "glossary_unknown" },
	};
	static const char *const statuses[][2] = {
		{ "status_in_force", "glossary_in_force" },
		{ "status_conditional", "glossary_conditional" },
		{ "status_ended", "glossary_ended" },
		{ "status_none", "glossary_none" },
	};

	html(page, "<h3>%s</h3>\n<table class=\"keys\"><tbody>\n", T("glossary_classes"));
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		html(page, "<tr><td>%r&#160;&#160;%s</td>",
		    classes[i].class == '?' ? "?" : (const char[]){ classes[i].class, 0 },
		    word_class(page->report, classes[i].class));
		html(page, "<td>%s</td></tr>\n", T(classes[i].key));
	}
	html_table_end(page);
	html(page, "<h3>%s</h3>\n<table class=\"keys\"><tbody>\n", T("glossary_statuses"));
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		html(page, "<tr><td>%s</td><td>%s</td></tr>\n", T(statuses[i][0]),
		    T(statuses[i][1]));
	html_table_end(page);
}

static bool
note_is_new(const struct report *report, size_t recipient, size_t footing)
{
	const struct report_recipient *row = &report->recipients[recipient];

	for (size_t i = 0; i < footing; i++)
		if (strcmp(row->footings[i].transfer.note,
		    row->footings[footing].transfer.note) == 0)
			return false;
	return row->footings[footing].transfer.note[0] != '\0';
}

static void
recipient_notes(struct page *page, size_t recipient)
{
	const struct report_recipient *row = &page->report->recipients[recipient];
	const char *name = row->class == '?' ? T("recipient_unidentified") : row->service;

	for (size_t j = 0; j < row->footing_count; j++)
		if (note_is_new(page->report, recipient, j)) {
			html(page, "<tr><td>%s</td><td lang=\"en\">%s</td></tr>\n", name,
			    row->footings[j].transfer.note);
			name = "";	/* said once */
		}
}

static void
notes(struct page *page)
{

	html(page, "<h3>%s</h3>\n<p class=\"sub\">%s</p>\n<table class=\"keys\"><tbody>\n",
	    T("notes_title"), T("notes_english"));
	for (size_t i = 0; i < page->report->recipient_count; i++)
		recipient_notes(page, i);
	html_table_end(page);
}

void
html_annex(struct page *page)
{
	reference(page);
	glossary(page);
	for (size_t i = 0; i < page->report->recipient_count; i++)
		if (page->report->recipients[i].footings[0].transfer.note[0] != '\0') {
			notes(page);
			return;
		}
}
