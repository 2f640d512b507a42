/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was looked at, how, and what could not be seen.
 */
#include "reports/html.h"

static void
row(struct page *page, const char *key, uint64_t number, const char *note_key)
{
	html(page, "<tr><td>%s</td><td class=\"n\">%s</td><td><small>%s</small></td>"
	    "</tr>\n", T(key), terms_number(page->terms, (int64_t)number), T(note_key));
}

static void
scope_table(struct page *page)
{
	static const char *const keys[] = { "scope_what", ">scope_number", "scope_meaning", NULL };
	static const char *const unscanned[UNSCANNED_KINDS][2] = {
		[UNSCANNED_LIMIT] = { "unscanned_limit", "unscanned_limit_note" },
		[UNSCANNED_ENCRYPTED] = { "unscanned_encrypted", "unscanned_encrypted_note" },
		[UNSCANNED_CORRUPT] = { "unscanned_corrupt", "unscanned_corrupt_note" },
		[UNSCANNED_GAP] = { "unscanned_gap", "unscanned_gap_note" },
	};
	const struct stats *stats = &page->report->stats;

	html_table_begin(page, "keys", keys);
	row(page, "scope_captures", page->report->captures, "scope_captures_note");
	row(page, "scope_packets", stats->packets, "scope_packets_note");
	row(page, "scope_flows", stats->flows, "scope_flows_note");
	row(page, "scope_uploads", page->report->counts.attempted, "scope_uploads_note");
	row(page, "scope_below", stats->below_threshold, "scope_below_note");
	row(page, "scope_unreadable", stats->unreadable, "scope_unreadable_note");
	for (int i = 0; i < UNSCANNED_KINDS; i++)
		row(page, unscanned[i][0], stats->unscanned[i], unscanned[i][1]);
	html_table_end(page);
	if (stats->truncated[0] != '\0')
		html(page, "<div class=\"callout\"><p>%s</p></div>\n",
		    terms_phrase(page->terms, "scope_truncated", stats->truncated,
		    NULL, NULL));
}

static void
key_table(struct page *page, const char *title, const char *const (*rows)[2],
    size_t count)
{
	html(page, "<h3>%s</h3>\n<table class=\"keys\"><tbody>\n", T(title));
	for (size_t i = 0; i < count; i++)
		html(page, "<tr><td>%s</td><td>%s</td></tr>\n", T(rows[i][0]),
		    T(rows[i][1]));
	html_table_end(page);
}

void
html_scope(struct page *page)
{
	static const char *const limits[] = {
		"limit_people", "limit_private", "limit_encrypted", "limit_elsewhere",
		"limit_address", "limit_zero", "limit_law",
	};
	static const char *const methods[][2] = {
		{ "method_content", "method_content_note" },
		{ "method_size", "method_size_note" },
		{ "method_endpoint", "method_endpoint_note" },
	};
	static const char *const confidences[][2] = {
		{ "conf_high", "conf_high_note" }, { "conf_medium", "conf_medium_note" },
		{ "conf_low", "conf_low_note" },
	};

	scope_table(page);
	html(page, "<h3>%s</h3>\n<ul class=\"plain\">\n", T("limits"));
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		html(page, "<li>%s</li>\n", T(limits[i]));
	html(page, "</ul>\n");
	key_table(page, "methods_title", methods, 3);
	key_table(page, "confidence", confidences, 3);
}
