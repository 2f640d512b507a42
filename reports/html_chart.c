/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ranges as bars: filled as far as is certain, hatched as far as is possible,
 * with caps at both ends and a mark at the best estimate.
 */
#include "reports/html.h"

#define WIDTH 700.0
#define LEFT 172.0		/* where the plot begins; labels stand before it */
#define RIGHT 560.0		/* where it ends; numbers stand behind it */
#define ROW 25.0
#define TOP 20.0
#define LABEL_MAX 30		/* characters of a label that fit */

int64_t
chart_nice(int64_t n, int64_t *parts)
{
	/* The least top that has n, and into how many round parts it falls. */
	static const struct { int64_t top, parts; } steps[] = {
		{ 10, 5 }, { 20, 4 }, { 30, 3 }, { 40, 4 }, { 50, 5 }, { 60, 3 },
		{ 80, 4 },
	};

	*parts = n;
	if (n <= 5)
		return n;
	for (int64_t power = 1; power < INT64_MAX / 100; power *= 10)
		for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
			if (steps[i].top * power >= n) {
				*parts = steps[i].parts;
				return steps[i].top * power;
			}
	*parts = 1;
	return n;
}

static double
place(int64_t value, int64_t top)
{
	return LEFT + (RIGHT - LEFT) * (double)value / (double)top;
}

static void
axis(struct page *page, int64_t top, int64_t parts, double height)
{
	for (int64_t i = 0; i <= parts; i++) {
		double x = place(top / parts * i, top);

		html(page, "<line x1=\"%f\" y1=\"%f\" x2=\"%f\" y2=\"%f\" stroke=\"#d5dbe1\" "
		    "stroke-width=\".7\"/><text x=\"%f\" y=\"11\" font-size=\"9.5\" "
		    "text-anchor=\"middle\">%s</text>\n", x, TOP - 4, x, height, x,
		    terms_number(page->terms, top / parts * i));
	}
}

static void
bar(struct page *page, const struct estimate *estimate, int64_t top, double y)
{
	double low = place(estimate->low, top), high = place(estimate->high, top);
	double middle = y + ROW / 2;

	html(page, "<rect x=\"%f\" y=\"%f\" width=\"%f\" height=\"11\" fill=\"#2f5f8f\"/>"
	    "<rect x=\"%f\" y=\"%f\" width=\"%f\" height=\"11\" fill=\"url(#p-may)\"/>",
	    LEFT, middle - 5.5, low - LEFT, low, middle - 5.5, high - low);
	html(page, "<path d=\"M%f %fH%fM%f %fv14M%f %fv14\" stroke=\"#122c49\" "
	    "stroke-width=\"1.3\" fill=\"none\"/>", low, middle, high, low, middle - 7,
	    high, middle - 7);
	if (estimate->best >= 0) {
		double best = place(estimate->best, top);

		html(page, "<path d=\"M%f %fl4 4l-4 4l-4 -4z\" fill=\"#fff\" "
		    "stroke=\"#122c49\" stroke-width=\"1.2\"/>", best, middle - 4);
	}
}

/* The first characters of a label, on the borders of UTF-8 characters. */
static const char *
label_cut(struct page *page, const char *label)
{
	size_t characters = 0, i;

	for (i = 0; label[i] != '\0'; i++)
		if (((unsigned char)label[i] & 0xc0) != 0x80 && characters++ == LABEL_MAX)
			return terms_text(page->terms, "%.*s…", (int)i, label);
	return label;
}

static void
row(struct page *page, const struct chart_row *row, int64_t top, double y)
{
	double base = y + ROW / 2 + 3.5;

	html(page, "<text x=\"%f\" y=\"%f\" font-size=\"10.5\" text-anchor=\"end\">%s"
	    "</text>", LEFT - 8, base, label_cut(page, row->label));
	if (row->estimate->sized > 0)
		bar(page, row->estimate, top, y);
	html(page, "<text x=\"%f\" y=\"%f\" font-size=\"10.5\">%s</text>\n",
	    row->estimate->sized > 0 ? RIGHT + 12 : LEFT + 8, base,
	    word_range(page->report, row->estimate));
}

void
html_range_chart(struct page *page, const struct chart_row *rows, size_t count)
{
	double height = TOP + ROW * (double)count + 2;
	int64_t highest = 1, parts;

	for (size_t i = 0; i < count; i++)
		if (rows[i].estimate->sized > 0 && rows[i].estimate->high > highest)
			highest = rows[i].estimate->high;
	highest = chart_nice(highest, &parts);
	html(page, "<svg class=\"chart\" viewBox=\"0 0 %f %f\" role=\"img\" "
	    "aria-label=\"%s\">\n", WIDTH, height, T("est_subjects"));
	axis(page, highest, parts, height);
	for (size_t i = 0; i < count; i++)
		row(page, &rows[i], highest, TOP + ROW * (double)i);
	html(page, "</svg>\n");
}
