/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bars of the timeline: days, months or years, so that a period of any
 * length gives a readable number of them.
 */
#include "reports/report.h"

#include "core/mem.h"

/* Up to this many days a bar is a day; up to so many months, a month. */
#define DAYS_SHOWN_MAX 62
#define MONTHS_SHOWN_MAX 192
/* A longer period than this is cut: nothing was transferred before computers. */
#define BUCKETS_MAX 400

static day_t
bucket_start(enum bucket_unit unit, day_t day)
{
	int year, month, mday;

	day_split(day, &year, &month, &mday);
	if (unit == BUCKET_DAY)
		return day;
	return day_of(year, unit == BUCKET_MONTH ? month : 1, 1);
}

static day_t
bucket_next(enum bucket_unit unit, day_t start)
{
	int year, month, mday;

	day_split(start, &year, &month, &mday);
	if (unit == BUCKET_DAY)
		return start + 1;
	if (unit == BUCKET_YEAR || month == 12)
		return day_of(year + 1, 1, 1);
	return day_of(year, month + 1, 1);
}

static enum bucket_unit
unit_for(day_t from, day_t to)
{
	int64_t days = (int64_t)to - from + 1;

	if (days <= DAYS_SHOWN_MAX)
		return BUCKET_DAY;
	return days <= MONTHS_SHOWN_MAX * 31 ? BUCKET_MONTH : BUCKET_YEAR;
}

void
report_make_buckets(struct report *report)
{
	day_t from = report->request->from, to = report->request->to;
	day_t start;

	report->unit = unit_for(from, to);
	report->buckets = xcalloc(BUCKETS_MAX, sizeof(*report->buckets));
	start = bucket_start(report->unit, from);
	while (start <= to && report->bucket_count < BUCKETS_MAX) {
		struct bucket *bucket = &report->buckets[report->bucket_count++];
		day_t next = bucket_next(report->unit, start);

		bucket->from = start < from ? from : start;
		bucket->to = next - 1 > to ? to : next - 1;
		start = next;
	}
}

void
report_count_day(struct report *report, day_t day, enum action action)
{
	size_t low = 0, high = report->bucket_count;
	struct bucket *bucket;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (report->buckets[middle].to < day)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == report->bucket_count)
		return;
	bucket = &report->buckets[low];
	if (action == ACTION_ALLOW)
		bucket->allowed++;
	else if (action == ACTION_BLOCK)
		bucket->blocked++;
	else
		bucket->logged++;
}
