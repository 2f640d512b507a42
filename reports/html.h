/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTML writer: one file for print and screen, nothing fetched, no scripts.
 */
#ifndef REPORTS_HTML_H
#define REPORTS_HTML_H

#include "reports/report.h"

struct page {
	FILE *out;
	const struct report *report;
	struct terms *terms;
};

/* The word under a key, in a function that has a page. */
#define T(KEY) terms_get(page->terms, KEY)

/*
 * Writes markup. %s is text and is escaped, %r is markup of our own, %d an
 * int64_t, %f a double (one decimal); nothing else is known. No text of
 * anybody else reaches the page but through %s.
 */
void html(struct page *page, const char *format, ...);

/* "<th>": one header cell a key, the last with NULL. A '>' before a key: numbers. */
void html_table_begin(struct page *page, const char *class, const char *const *keys);
void html_table_end(struct page *page);

/* A badge with shape and words: status of a transfer. */
void html_status(struct page *page, const struct transfer *transfer);

/* The range and, below it, how it was found. */
void html_estimate(struct page *page, const struct estimate *estimate);

/* "2026-11-21 (21 November 2026)". */
void html_date(struct page *page, day_t day);

/* Sections, one row each in html.c. */
void html_cover(struct page *page);
void html_summary(struct page *page);
void html_scope(struct page *page);
void html_recipients(struct page *page);
void html_timeline(struct page *page);
void html_countries(struct page *page);
void html_annex(struct page *page);

/* html_chart.c: horizontal ranges, a row each. */
struct chart_row {
	const char *label;
	const struct estimate *estimate;
};
void html_range_chart(struct page *page, const struct chart_row *rows, size_t count);
/* A round number that is at least n (n > 0), and the parts to divide an axis into. */
int64_t chart_nice(int64_t n, int64_t *parts);

extern const char html_style[];		/* html_style.c */
extern const char html_shapes[];

#endif
