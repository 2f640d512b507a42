/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums of the model: counts, names met, and numbers of contacts as ranges.
 */
#include "reports/report.h"

#include <stdlib.h>
#include <string.h>

/* Far above any real number, far below overflow, for sums over edited stores. */
#define NUMBER_MAX (INT64_MAX / 1024)

static int64_t
number_add(int64_t a, int64_t b)
{
	return a + b > NUMBER_MAX ? NUMBER_MAX : a + b;
}

static int64_t
number_max(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

void
met_add(struct tally *tally, const char *name)
{
	for (size_t i = 0; i < tally->used; i++)
		if (strcmp(tally->entries[i].name, name) == 0) {
			tally->entries[i].count++;
			return;
		}
	if (tally->used == TALLY_MAX) {
		tally->others++;
		return;
	}
	snprintf(tally->entries[tally->used].name, sizeof(tally->entries[0].name),
	    "%s", name);
	tally->entries[tally->used++].count = 1;
}

static int
tally_compare(const void *a, const void *b)
{
	const struct tally_entry *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->name, y->name);
}

void
met_sort(struct tally *tally)
{
	qsort(tally->entries, tally->used, sizeof(tally->entries[0]), tally_compare);
}

void
counts_add(struct counts *sum, const struct counts *part)
{
	sum->attempted += part->attempted;
	sum->prevented += part->prevented;
	sum->completed += part->completed;
	sum->allowed += part->allowed;
	sum->logged += part->logged;
	sum->blocked += part->blocked;
	sum->bytes += part->bytes;
	sum->bytes_before_block += part->bytes_before_block;
}

struct counts
counts_of(const struct event_upload *event)
{
	struct counts counts = { .attempted = 1 };
	enum action action = event->verdict.action;

	counts.allowed = action == ACTION_ALLOW;
	counts.blocked = action == ACTION_BLOCK;
	counts.logged = !counts.allowed && !counts.blocked;
	counts.prevented = counts.blocked && event->verdict.enforced;
	counts.completed = !counts.prevented;
	if (counts.prevented)
		counts.bytes_before_block = event->bytes_forwarded;
	else
		counts.bytes = event->upload.bytes_up;
	return counts;
}

/* ---- estimates ---------------------------------------------------------------- */

static void
estimate_note(struct estimate *sum, const struct estimate *part)
{
	sum->sized += part->sized;
	sum->unsized += part->unsized;
	sum->methods |= part->methods;
	if (part->sized > 0 && (sum->weakest == CONFIDENCE_NONE ||
	    part->weakest < sum->weakest))
		sum->weakest = part->weakest;
}

struct estimate
estimate_of(const struct contacts *contacts)
{
	struct estimate one = { .best = CONTACTS_UNKNOWN };

	one.methods = 1u << contacts->method;
	if (contacts->low < 0 || contacts->high < contacts->low) {
		one.unsized = 1;
		return one;
	}
	one.sized = 1;
	one.low = contacts->low > NUMBER_MAX ? NUMBER_MAX : contacts->low;
	one.high = contacts->high > NUMBER_MAX ? NUMBER_MAX : contacts->high;
	if (contacts->best >= one.low && contacts->best <= one.high)
		one.best = contacts->best;
	one.weakest = contacts->confidence;
	return one;
}

void
estimate_sum(struct estimate *sum, const struct estimate *part)
{
	bool first = sum->sized == 0;

	if (part->sized > 0) {
		sum->best = first ? part->best :
		    sum->best < 0 || part->best < 0 ? CONTACTS_UNKNOWN :
		    number_add(sum->best, part->best);
		sum->low = number_add(sum->low, part->low);
		sum->high = number_add(sum->high, part->high);
	}
	estimate_note(sum, part);
}

void
estimate_largest(struct estimate *sum, const struct estimate *part)
{
	bool first = sum->sized == 0;

	if (part->sized > 0) {
		sum->best = first ? part->best : number_max(sum->best, part->best);
		sum->low = number_max(sum->low, part->low);
		sum->high = number_max(sum->high, part->high);
	}
	estimate_note(sum, part);
}

void
estimate_join(struct estimate *sum, const struct estimate *part)
{
	bool first = sum->sized == 0;

	if (part->sized > 0) {
		sum->best = first ? part->best : CONTACTS_UNKNOWN;
		sum->low = number_max(sum->low, part->low);
		sum->high = number_add(sum->high, part->high);
	}
	estimate_note(sum, part);
}
