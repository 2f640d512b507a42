/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The timeline: on what footing data could go to each country, as bands, and
 * below them, on the same axis of days, the uploads that were seen.
 */
#include "reports/html.h"

#include <string.h>

#define WIDTH 700.0
#define LEFT 122.0
#define RIGHT 692.0
#define LANE 22.0		/* height of a band */
#define LANE_STEP 29.0
#define TOP 8.0
#define BARS 150.0		/* height of the bars' plot */
#define GAP 26.0		/* between bands and bars, for the axis */
#define FONT 9.4
/* A character is on average so wide; a label that is wider is left out. */
#define CHARACTER 4.65
/* Names of countries: smaller above the first, by code above the second. */
#define NAME_WIDE 23
#define NAME_MAX 27
#define TICKS_MAX 15

struct axis {
	day_t from, to;
	double lanes_end, bars_top, bars_end;
};

static double
place(const struct axis *axis, day_t day)
{
	double span = (double)axis->to - axis->from + 1;

	return LEFT + (RIGHT - LEFT) * ((double)day - axis->from) / span;
}

static size_t
characters(const char *text)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

/* ---- bands ------------------------------------------------------------------ */

static void
band_label(struct page *page, const char *number, const char *label, double x,
    double width, double y)
{
	const char *both = terms_text(page->terms, "%s%s%s", number,
	    number[0] != '\0' ? "  " : "", label);

	if ((double)characters(both) * CHARACTER + 6 > width)
		both = number;
	if ((double)characters(both) * CHARACTER + 4 > width || both[0] == '\0')
		return;
	html(page, "<text x=\"%f\" y=\"%f\" font-size=\"%f\">%s</text>\n", x + 4,
	    y + LANE / 2 + 3.3, FONT, both);
}

static void
band(struct page *page, const struct axis *axis, const struct band *band, int *number,
    double y)
{
	static const char *const fills[] = {
		[BAND_GAP] = "url(#p-gap)", [BAND_INSIDE] = "#e6efe8",
		[BAND_DECISION] = "#cfdfee",
	};
	static const char *const strokes[] = {
		[BAND_GAP] = "#c98d82", [BAND_INSIDE] = "#6f9a80",
		[BAND_DECISION] = "#17406d",
	};
	double x = place(axis, band->from), end = place(axis, band->to + 1);
	const char *label = word_band(page->report, band), *text = "";

	html(page, "<rect x=\"%f\" y=\"%f\" width=\"%f\" height=\"%f\" fill=\"%r\" "
	    "stroke=\"%r\" stroke-width=\".8\"%r/>\n", x, y, end - x, LANE,
	    fills[band->kind], strokes[band->kind],
	    band->kind == BAND_GAP ? " stroke-dasharray=\"3 2\"" : "");
	if (band->kind == BAND_DECISION)
		text = terms_text(page->terms, "%d", ++*number);
	if (band->kind == BAND_GAP &&
	    (double)characters(label) * CHARACTER + 6 <= end - x)
		html(page, "<rect x=\"%f\" y=\"%f\" width=\"%f\" height=\"13\" "
		    "fill=\"#fff\" fill-opacity=\".86\"/>", x + 2, y + 4.5,
		    (double)characters(label) * CHARACTER + 4);
	band_label(page, text, label, x, end - x, y);
}

static void
lanes(struct page *page, const struct axis *axis)
{
	const struct report *report = page->report;
	int number = 0;

	for (size_t i = 0; i < report->lane_count; i++) {
		const struct lane *lane = &report->lanes[i];
		const char *name = word_country(report, lane->country);
		double y = TOP + LANE_STEP * (double)i;

		if (characters(name) > NAME_MAX)
			name = lane->country;
		html(page, "<text x=\"%f\" y=\"%f\" font-size=\"%f\" text-anchor=\"end\">"
		    "%s</text>\n", LEFT - 8, y + LANE / 2 + 3.3,
		    characters(name) > NAME_WIDE ? FONT - 1.2 : FONT + .4, name);
		for (size_t j = 0; j < lane->count; j++)
			band(page, axis, &lane->bands[j], &number, y);
	}
}

/* The first lane's changes run down through the bars. */
static void
changes(struct page *page, const struct axis *axis)
{
	const struct lane *lane = page->report->lanes;

	for (size_t i = 1; page->report->lane_count > 0 && i < lane->count; i++) {
		double x = place(axis, lane->bands[i].from);

		html(page, "<line x1=\"%f\" y1=\"%f\" x2=\"%f\" y2=\"%f\" "
		    "stroke=\"#8c2f22\" stroke-width=\".8\" stroke-dasharray=\"2 2\"/>\n",
		    x, TOP + LANE, x, axis->bars_end);
	}
}

/* ---- the axis of days ---------------------------------------------------------- */

static const char *
tick_text(struct page *page, enum bucket_unit unit, day_t day, bool years)
{
	char text[DAY_TEXT_MAX];

	day_text(day, text);
	return terms_text(page->terms, "%.*s", years ? 4 : unit == BUCKET_DAY ? 10 : 7,
	    text);
}

static bool
tick_here(const struct report *report, size_t i, bool years)
{
	int year, month, mday;

	day_split(report->buckets[i].from, &year, &month, &mday);
	return !years || month == 1 || i == 0;
}

static void
ticks(struct page *page, const struct axis *axis)
{
	const struct report *report = page->report;
	bool years = report->unit == BUCKET_YEAR || report->bucket_count > 30;
	double limit = years ? 26 : report->unit == BUCKET_DAY ? 62 : 44, last = 0;
	size_t candidates = 0, seen = 0, every;

	if (report->unit == BUCKET_DAY && report->bucket_count > 30)
		years = false;
	for (size_t i = 0; i < report->bucket_count; i++)
		candidates += tick_here(report, i, years);
	every = candidates / TICKS_MAX + 1;
	for (size_t i = 0; i < report->bucket_count; i++) {
		double x = place(axis, report->buckets[i].from);

		if (!tick_here(report, i, years) || seen++ % every != 0 ||
		    (last > 0 && x - last < limit) || x > RIGHT - 10)
			continue;
		last = x;
		html(page, "<line x1=\"%f\" y1=\"%f\" x2=\"%f\" y2=\"%f\" stroke=\"#8a95a1\" "
		    "stroke-width=\".7\"/><text x=\"%f\" y=\"%f\" font-size=\"%f\" "
		    "fill=\"#33424f\">%s</text>\n", x, axis->bars_end, x,
		    axis->bars_end + 5, x + 2, axis->bars_end + 12, FONT,
		    tick_text(page, report->unit, report->buckets[i].from, years));
	}
}

/* ---- bars ------------------------------------------------------------------------- */

static uint64_t
bucket_total(const struct bucket *bucket)
{
	return bucket->allowed + bucket->logged + bucket->blocked;
}

static int64_t
highest(const struct report *report, int64_t *parts)
{
	uint64_t most = 1;

	for (size_t i = 0; i < report->bucket_count; i++)
		if (bucket_total(&report->buckets[i]) > most)
			most = bucket_total(&report->buckets[i]);
	return chart_nice((int64_t)most, parts);
}

static void
grid(struct page *page, const struct axis *axis, int64_t top, int64_t parts)
{
	for (int64_t i = 0; i <= parts; i++) {
		double y = axis->bars_end - BARS * (double)i / (double)parts;

		html(page, "<line x1=\"%f\" y1=\"%f\" x2=\"%f\" y2=\"%f\" stroke=\"%r\" "
		    "stroke-width=\".7\"/><text x=\"%f\" y=\"%f\" font-size=\"%f\" "
		    "text-anchor=\"end\">%s</text>\n", LEFT, y, RIGHT, y,
		    i == 0 ? "#1b2430" : "#dde3e9", LEFT - 6, y + 3, FONT,
		    terms_number(page->terms, top / parts * i));
	}
	html(page, "<text x=\"%f\" y=\"%f\" font-size=\"%f\" text-anchor=\"end\">%s</text>\n",
	    LEFT - 6, axis->bars_top - 9, FONT, T("col_uploads"));
}

static void
bars(struct page *page, const struct axis *axis, int64_t top)
{
	static const char *const fills[] = {
		"fill=\"#16324f\"", "fill=\"url(#p-log)\"", "fill=\"#fff\""
	};

	for (size_t i = 0; i < page->report->bucket_count; i++) {
		const struct bucket *bucket = &page->report->buckets[i];
		const uint64_t counts[] = { bucket->blocked, bucket->logged, bucket->allowed };
		double x = place(axis, bucket->from), width = place(axis, bucket->to + 1) - x;
		double y = axis->bars_end;

		for (int k = 0; k < 3; k++) {
			double height = BARS * (double)counts[k] / (double)top;

			y -= height;
			if (counts[k] > 0)
				html(page, "<rect x=\"%f\" y=\"%f\" width=\"%f\" "
				    "height=\"%f\" %r stroke=\"#16324f\" "
				    "stroke-width=\".45\"/>\n", x + width * .1, y,
				    width * .8, height, fills[k]);
		}
	}
}

static void
legend(struct page *page)
{
	static const struct { const char *key, *fill; } rows[] = {
		{ "blocked", "#16324f" }, { "logged", "url(#p-log)" }, { "allowed", "#fff" },
		{ "band_decision", "#cfdfee" }, { "band_gap", "url(#p-gap)" },
		{ "band_inside", "#e6efe8" },
	};

	html(page, "<div class=\"legend\">");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		html(page, "<span><svg viewBox=\"0 0 22 15\" aria-hidden=\"true\"><rect "
		    "x=\"1\" y=\"1\" width=\"20\" height=\"13\" fill=\"%r\" "
		    "stroke=\"#16324f\"/></svg>%s</span>\n", rows[i].fill, T(rows[i].key));
	html(page, "</div>\n");
}

/* ---- the bands as a table ------------------------------------------------------------ */

static void
band_cells(struct page *page, const struct band *band)
{
	const struct report *report = page->report;
	const struct report_period *period = &band->period;
	bool list = strncmp(period->test, "list:", 5) == 0;
	bool sector = strncmp(period->test, "sector:", 7) == 0;
	bool bridge = strcmp(period->kind, "bridge") == 0;

	html(page, "<td><b>%s</b><small>%s</small></td><td class=\"d\">%s</td>"
	    "<td class=\"d\">%s</td><td>%s</td></tr>\n",
	    list ? word_band(report, band) : period->instrument,
	    list ? period->instrument :
	    T(bridge ? "mech_bridge" : "adequacy_decision"),
	    word_day(report, period->from), word_day(report, period->to),
	    T(list ? "test_list" : sector ? "test_sector" : "test_all"));
}

static void
bands_table(struct page *page)
{
	static const char *const keys[] = {
		"number_short", "country", "basis_of_transfer", "col_from", "relied_on_until",
		"col_test", NULL
	};
	const struct report *report = page->report;
	int number = 0;

	html_table_begin(page, "bands", keys);
	for (size_t i = 0; i < report->lane_count; i++)
		for (size_t j = 0; j < report->lanes[i].count; j++) {
			const struct band *b = &report->lanes[i].bands[j];

			if (b->kind != BAND_DECISION)
				continue;
			html(page, "<tr><td>%d</td><td>%s</td>", (int64_t)++number,
			    word_country(report, report->lanes[i].country));
			band_cells(page, b);
		}
	html_table_end(page);
}

void
html_timeline(struct page *page)
{
	const struct report *report = page->report;
	struct axis axis = { report->request->from, report->request->to, 0, 0, 0 };
	int64_t parts, top = highest(report, &parts);

	axis.lanes_end = TOP + LANE_STEP * (double)report->lane_count;
	axis.bars_top = axis.lanes_end + GAP;
	axis.bars_end = axis.bars_top + BARS;
	html(page, "<p>%s</p>\n<svg class=\"chart\" viewBox=\"0 0 %f %f\" role=\"img\" "
	    "aria-label=\"%s\">\n", T("timeline_note"), WIDTH, axis.bars_end + 18,
	    T("section_timeline"));
	grid(page, &axis, top, parts);
	bars(page, &axis, top);
	changes(page, &axis);
	lanes(page, &axis);
	ticks(page, &axis);
	html(page, "</svg>\n");
	legend(page);
	html(page, "<h3>%s</h3>\n<p class=\"sub\">%s</p>\n", T("bands_title"),
	    T("relied_note"));
	bands_table(page);
}
