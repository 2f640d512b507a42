/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The model's legal parts: the bands of the timeline, the order of countries,
 * and what the reader is asked to do.
 */
#include "reports/report.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

/* More bands than this do not fit on a page; most uploads first. */
#define LANES_MAX 8

/* Shown also without a recipient there: their law changed most often. */
static const char *const always_shown[] = { "US", "GB" };

/* Acts on passengers' records: they never cover an address book. */
#define TEST_NOT_CONTACTS "sector:pnr"

/* ---- bands ---------------------------------------------------------------- */

static void
band_add(struct lane *lane, struct band band)
{
	if (band.from > band.to)
		return;
	lane->bands = xrealloc(lane->bands, lane->count + 1, sizeof(*lane->bands));
	lane->bands[lane->count++] = band;
}

static enum band_kind
gap_kind(const struct report *report, const char *country, day_t day)
{
	const struct report_law *law = &report->request->law;

	if (law->outside != NULL && law->outside(law->arg, country, day) == OUTSIDE_NO)
		return BAND_INSIDE;
	return BAND_GAP;
}

/*
 * Days without a decision: split where a country left (or joined) the area.
 * That happens at most once between two decisions, so halving finds the day.
 */
static void
gap_add(const struct report *report, struct lane *lane, day_t from, day_t to)
{
	enum band_kind first, last;
	day_t low = from, high = to;

	if (from > to)
		return;
	first = gap_kind(report, lane->country, from);
	last = gap_kind(report, lane->country, to);
	while (first != last && high - low > 1) {
		day_t middle = low + (high - low) / 2;

		if (gap_kind(report, lane->country, middle) == first)
			low = middle;
		else
			high = middle;
	}
	if (first == last)
		low = to;
	band_add(lane, (struct band){ .from = from, .to = low, .kind = first });
	band_add(lane, (struct band){ .from = low + 1, .to = to, .kind = last });
}

static bool
period_counts(const struct report *report, const struct report_period *period,
    const char *country)
{
	const struct report_request *request = report->request;

	return strcmp(period->country, country) == 0 &&
	    strcmp(period->kind, "none") != 0 &&
	    strcmp(period->test, TEST_NOT_CONTACTS) != 0 &&
	    period->from != DAY_NONE && period->from <= request->to &&
	    (period->to == DAY_NONE || period->to >= request->from);
}

/* The earliest counted period that begins on or after `from` in table order. */
static bool
period_next(const struct report *report, const char *country, day_t after,
    struct report_period *next)
{
	const struct report_law *law = &report->request->law;
	bool found = false;

	for (size_t i = 0; i < law->periods; i++) {
		struct report_period period = law->period(law->arg, i);

		if (!period_counts(report, &period, country) ||
		    (period.to != DAY_NONE && period.to < after))
			continue;
		if (!found || period.from < next->from) {
			*next = period;
			found = true;
		}
	}
	return found;
}

static void
lane_fill(const struct report *report, struct lane *lane)
{
	day_t at = report->request->from, to = report->request->to;
	struct report_period period;

	while (at <= to && period_next(report, lane->country, at, &period)) {
		day_t from = period.from > at ? period.from : at;
		day_t end = period.to == DAY_NONE || period.to > to ? to : period.to;

		gap_add(report, lane, at, from - 1);
		band_add(lane, (struct band){ from, end, BAND_DECISION, period });
		at = end + 1;
	}
	gap_add(report, lane, at, to);
}

static void
lane_add(struct report *report, const char *country)
{
	size_t n = report->lane_count;

	if (country[0] == '\0' || n == LANES_MAX)
		return;
	for (size_t i = 0; i < n; i++)
		if (strcmp(report->lanes[i].country, country) == 0)
			return;
	report->lanes = xrealloc(report->lanes, n + 1, sizeof(*report->lanes));
	memset(&report->lanes[n], 0, sizeof(*report->lanes));
	snprintf(report->lanes[n].country, COUNTRY_MAX, "%s", country);
	lane_fill(report, &report->lanes[n]);
	report->lane_count++;
}

void
report_make_lanes(struct report *report)
{
	if (report->request->law.period == NULL)
		return;
	for (size_t i = 0; i < sizeof(always_shown) / sizeof(always_shown[0]); i++)
		lane_add(report, always_shown[i]);
	for (size_t i = 0; i < report->country_count; i++)
		lane_add(report, report->countries[i].country);
}

/* ---- countries --------------------------------------------------------------- */

static int
country_compare(const void *a, const void *b)
{
	const struct report_country *x = a, *y = b;

	if (x->counts.attempted != y->counts.attempted)
		return x->counts.attempted > y->counts.attempted ? -1 : 1;
	return strcmp(x->country, y->country);
}

static const char *
country_of(const struct report_recipient *row)
{
	if (row->class == 'D')
		return NULL;
	return row->class == '?' ? "" : row->class == 'B' ? row->onward : row->country;
}

void
report_make_countries(struct report *report)
{
	for (size_t i = 0; i < report->country_count; i++)
		for (size_t j = 0; j < report->recipient_count; j++) {
			const char *code = country_of(&report->recipients[j]);

			if (code != NULL &&
			    strcmp(code, report->countries[i].country) == 0)
				report->countries[i].recipients++;
		}
	if (report->country_count > 0)
		qsort(report->countries, report->country_count,
		    sizeof(*report->countries), country_compare);
}

/* ---- what to do ----------------------------------------------------------------- */

static void
todo_add(struct report *report, enum action_kind kind,
    const struct report_recipient *recipient, uint64_t number)
{
	size_t n = report->todo_count;

	if (number == 0)
		return;
	report->todos = xrealloc(report->todos, n + 1, sizeof(*report->todos));
	report->todos[n] = (struct todo){ kind, recipient, number };
	report->todo_count++;
}

static void
recipient_todo(struct report *report, const struct report_recipient *row)
{
	if (row->class == '?') {
		todo_add(report, DO_IDENTIFY, row, row->counts.attempted);
		return;
	}
	if (row->class == 'D')
		return;
	if (transfer_lacks_basis(&row->now))
		todo_add(report, DO_STOP, row, row->counts.completed);
	else if (row->without_basis > 0)
		todo_add(report, DO_PAST, row, row->without_basis);
	if (row->now.status == TRANSFER_CONDITIONAL)
		todo_add(report, DO_CONFIRM, row, 1);
}

static uint64_t
class_count(const struct report *report, char class)
{
	uint64_t count = 0;

	for (size_t i = 0; i < report->recipient_count; i++)
		count += report->recipients[i].class == class;
	return count;
}

/* Most urgent kind first, else in the order of the recipients. */
static int
todo_compare(const void *a, const void *b)
{
	const struct todo *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return x->recipient < y->recipient ? -1 : x->recipient > y->recipient;
}

void
report_make_todos(struct report *report)
{
	uint64_t unscanned = 0;

	for (int i = 0; i < UNSCANNED_KINDS; i++)
		unscanned += report->stats.unscanned[i];
	for (size_t i = 0; i < report->recipient_count; i++)
		recipient_todo(report, &report->recipients[i]);
	todo_add(report, DO_DISCLOSE, NULL, class_count(report, 'B'));
	todo_add(report, DO_ENFORCE, NULL, report->unenforced);
	todo_add(report, DO_SCAN, NULL, unscanned);
	todo_add(report, DO_TRUNCATED, NULL, report->stats.truncated[0] != '\0');
	if (report->todo_count > 0)
		qsort(report->todos, report->todo_count, sizeof(*report->todos),
		    todo_compare);
}
