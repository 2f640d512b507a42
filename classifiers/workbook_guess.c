/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a workbook too large to remember holds. How many strings are identifiers
 * is known exactly, and how many rows fill which columns; which columns they
 * stand in is learned from the sample (Horvitz and Thompson's weights, brought
 * to those known numbers), and so is how many come again. Where a column holds
 * nothing else the number of records is exact.
 */
#include "classifiers/workbook.h"

/* Standard errors that bounds are away. */
#define SIGMAS 3
/* Identifiers and cells that differ by less than one in so many are the same. */
#define SAME_SHARE 20
/* The most that sampling whole blocks may bring between them, one in so many. */
#define SAME_MOST 4
/* A sample that is off by more than this is not brought to the known numbers. */
#define SCALE_MOST 2
/* Coarser samples tell nothing. */
#define LEVEL_MOST 20

struct column {
	bool phone;		/* its title speaks of telephone numbers */
	double ids, others;	/* weights of what its cells hold */
	double share;		/* of identifiers */
	double sample;		/* cells looked at */
	double again;		/* share of identifiers that came before */
};

struct guess {
	const struct workbook *book;
	const struct large *large;
	double scale[WEIGHS];	/* from the sample's to the known numbers */
	struct column columns[SLOTS_MAX];
	bool titles[SHEETS_MAX], traffic[SHEETS_MAX];
	double records[SHEETS_MAX], names[SHEETS_MAX];
	double variance;
};

static double
root_of(double of)
{
	double root = of > 1 ? of : 1;

	for (int i = 0; i < 60; i++)
		root = (root + of / root) / 2;
	return of > 0 ? root : 0;
}

/* ---- columns ------------------------------------------------------- */

/* Distinct identifiers, as far as they are known apart from their columns. */
static double
known_of(const struct guess *guess, enum weigh weigh)
{
	const uint32_t *classes = guess->book->classes;
	double own = (int32_t)guess->large->own[weigh];

	if (weigh == WEIGH_MAYBE)
		return own + classes[CLASS_MAYBE];
	if (weigh >= WEIGH_PHONE)
		return own + classes[CLASS_SURE + (weigh - WEIGH_PHONE)];
	return own;
}

static void
scales_guess(struct guess *guess)
{
	for (enum weigh weigh = 0; weigh < WEIGHS; weigh++) {
		double sample = 0, scale;

		for (unsigned i = 0; i < guess->large->slot_count; i++)
			sample += (int32_t)guess->large->slots[i].distinct[weigh];
		scale = sample > 0 ? known_of(guess, weigh) / sample : 1;
		guess->scale[weigh] = scale > SCALE_MOST || scale * SCALE_MOST < 1 ?
		    1 : scale;
	}
}

/* Of the weights, or of the distinct ones, those of identifiers. */
static double
ids_of(const struct guess *guess, const uint32_t *weight, bool phone)
{
	double ids = 0;

	for (enum weigh weigh = phone ? WEIGH_MAYBE : WEIGH_PHONE; weigh < WEIGHS; weigh++)
		ids += (int32_t)weight[weigh] * guess->scale[weigh];
	return ids;
}

static double
weights_of(const uint32_t *weight)
{
	double all = 0;

	for (unsigned i = 0; i < WEIGHS; i++)
		all += weight[i];
	return all;
}

/* Cells whose strings are those of another column: as they are there. */
static void
column_borrow(const struct guess *guess, const struct slot *slot,
    struct column *column)
{
	const struct slot *like = &guess->large->slots[slot->like];
	double all = weights_of(like->weight), ids;

	if (slot->elsewhere == 0 || all <= 0)
		return;
	ids = ids_of(guess, like->weight, column->phone) / all;
	ids = (ids < 1 ? ids : 1) * slot->elsewhere;
	column->ids += ids;
	column->others += slot->elsewhere - ids;
}

/*
 * A column in whose sample nothing else stands holds nothing else, unless many
 * fewer identifiers are there than cells: then a text that comes often stands
 * in no kept block.
 */
static void
column_share(struct column *column, double cells, double unit)
{
	double missing = cells - column->ids, tolerance = 64 * unit;

	if (tolerance > cells / SAME_MOST)
		tolerance = cells / SAME_MOST;
	if (tolerance < cells / SAME_SHARE)
		tolerance = cells / SAME_SHARE;
	if (missing <= 0 || (column->others <= 0 && missing <= tolerance))
		column->share = 1;
	else
		column->share = column->ids / cells;
}

static void
column_guess(struct guess *guess, unsigned i)
{
	const struct slot *slot = &guess->large->slots[i];
	struct column *column = &guess->columns[i];
	double unit = (double)((uint32_t)1 << guess->large->level);
	double weights = weights_of(slot->weight);

	column->phone = slot->word == WORD_PHONE || slot->word == WORD_NUMBER;
	column->ids = ids_of(guess, slot->weight, column->phone);
	for (enum weigh weigh = WEIGH_OTHER; weigh < WEIGH_PHONE; weigh++)
		if (weigh == WEIGH_OTHER || !column->phone)
			column->others += slot->weight[weigh];
	column_borrow(guess, slot, column);
	column->sample = (weights + slot->elsewhere) / unit + 1;
	if (column->ids <= 0)
		return;
	column_share(column, slot->cells, unit);
	column->again = 1 - ids_of(guess, slot->distinct, column->phone) / column->ids;
	if (column->again < 0)
		column->again = 0;
}

static bool
column_is_name(const struct guess *guess, unsigned i)
{
	const struct slot *slot = &guess->large->slots[i];
	double all = weights_of(slot->weight);

	return (slot->word == WORD_NAME || !guess->titles[slot->sheet]) &&
	    (slot->text * 2.0 > all || all <= 0);
}

/* ---- rows ------------------------------------------------------- */

static void
pattern_guess(struct guess *guess, const struct pattern *pattern)
{
	double none = 1, sample = 0;
	unsigned sheet = SHEETS_MAX;
	bool name = false;

	for (unsigned i = 0; i < guess->large->slot_count; i++) {
		const struct column *column = &guess->columns[i];

		if (!(pattern->mask >> i & 1))
			continue;
		if (sheet == SHEETS_MAX)
			sheet = guess->large->slots[i].sheet;
		none *= 1 - column->share;
		name |= column_is_name(guess, i);
		if (column->share > 0 && column->sample > sample)
			sample = column->sample;
	}
	if (sheet == SHEETS_MAX || none >= 1)
		return;
	guess->records[sheet] += pattern->rows * (1 - none);
	if (name)
		guess->names[sheet] += pattern->rows * (1 - none);
	if (sample > 0) {
		double error = pattern->rows * root_of(none * (1 - none) / sample);

		guess->variance += error * error;
	}
}

/* Rows of a sheet that came before: all their identifiers did. */
static double
sheet_again(const struct guess *guess, unsigned sheet)
{
	double least = 1;
	bool any = false;

	for (unsigned i = 0; i < guess->large->slot_count; i++) {
		const struct slot *slot = &guess->large->slots[i];
		const struct column *column = &guess->columns[i];

		if (slot->sheet != sheet ||
		    slot->cells * column->share * 2 < guess->records[sheet] ||
		    column->again > least)
			continue;
		least = column->again;
		any = true;
	}
	return any ? least : 0;
}

/* ---- identifiers ------------------------------------------------------- */

static uint64_t
whole(double number)
{
	return number > 0 ? (uint64_t)(number + 0.5) : 0;
}

/* Distinct ones of columns for telephone numbers, of all columns. */
static double
phone_part(const struct guess *guess, enum weigh weigh)
{
	double all = 0, phones = 0;

	for (unsigned i = 0; i < guess->large->slot_count; i++) {
		double some = (int32_t)guess->large->slots[i].distinct[weigh];

		all += some;
		if (guess->columns[i].phone)
			phones += some;
	}
	return all > 0 ? phones / all : 0;
}

static void
identifiers_guess(const struct guess *guess, struct census *extra)
{
	uint64_t *more = extra->tally.more;

	more[KIND_PHONE] = whole(known_of(guess, WEIGH_PHONE)) +
	    whole(known_of(guess, WEIGH_MAYBE) * phone_part(guess, WEIGH_MAYBE)) +
	    whole(known_of(guess, WEIGH_NUMBER) * phone_part(guess, WEIGH_NUMBER));
	more[KIND_EMAIL] = whole(known_of(guess, WEIGH_EMAIL));
	more[KIND_HASH] = whole(known_of(guess, WEIGH_HASH));
}

/* ---- all ------------------------------------------------------- */

static void
titles_guess(struct guess *guess, struct large *large)
{
	for (unsigned i = 0; i < large->slot_count; i++) {
		const struct slot *slot = &large->slots[i];

		guess->titles[slot->sheet] |= slot->word != WORD_NONE;
		guess->traffic[slot->sheet] |= slot->word == WORD_PARTY ||
		    slot->word == WORD_TRADE;
	}
	/* A first row without titles is one like the others. */
	for (unsigned i = 0; i <= large->sheets; i++)
		if (!guess->titles[i] && large->first[i] != 0)
			large_pattern(large, large->first[i], 1);
}

static void
sheets_guess(const struct guess *guess, struct census *extra)
{
	double records = 0, again = 0;
	uint64_t distinct = 0;

	for (enum kind kind = KIND_PHONE; kind < KIND_CONTACT; kind++)
		distinct += extra->tally.more[kind];
	for (unsigned i = 0; i <= guess->large->sheets; i++) {
		if (guess->traffic[i]) {
			extra->traffic += whole(guess->records[i]);
			continue;
		}
		records += guess->records[i];
		again += guess->records[i] * sheet_again(guess, i);
		extra->names += whole(guess->names[i] * (1 - sheet_again(guess, i)));
	}
	/* No more contacts than identifiers. */
	if (records - again > (double)distinct)
		again = records - (double)distinct;
	extra->records = whole(records);
	extra->again = whole(again);
}

/* The bounds are those of a tally that leaves out as much. */
static void
bounds_guess(const struct guess *guess, struct census *extra)
{
	double error = SIGMAS * root_of(guess->variance);
	unsigned level = guess->large->level > 0 ? guess->large->level : 1;

	while (level < LEVEL_MOST && error * error > 9.0 *
	    (double)((extra->again + ((uint64_t)1 << level)) << level))
		level++;
	extra->tally.level = level;
	extra->perhaps = whole(error);
}

static void
repeats_guess(const struct guess *guess, struct census *extra)
{
	double seen = 0, distinct = 0;

	for (unsigned i = 0; i < guess->large->slot_count; i++) {
		const struct slot *slot = &guess->large->slots[i];
		double ids = slot->cells * guess->columns[i].share;

		extra->shapes[0].marks += whole(ids);
		/* Digests come again in every book of them. */
		if (slot->weight[WEIGH_HASH] * 2.0 < guess->columns[i].ids)
			seen += ids;
	}
	distinct = (double)extra->tally.more[KIND_PHONE] +
	    (double)extra->tally.more[KIND_EMAIL];
	extra->shape_count = 1;
	extra->shapes[0].path = 1;
	extra->seen = whole(seen);
	extra->repeats = whole(seen - distinct);
}

void
large_guess(struct workbook *book)
{
	struct guess guess = { .book = book, .large = book->large };
	struct census extra = { .unscanned = -1 };

	titles_guess(&guess, book->large);
	scales_guess(&guess);
	for (unsigned i = 0; i < book->large->slot_count; i++)
		column_guess(&guess, i);
	for (unsigned i = 0; i < book->large->pattern_count; i++)
		pattern_guess(&guess, &book->large->patterns[i]);
	identifiers_guess(&guess, &extra);
	sheets_guess(&guess, &extra);
	repeats_guess(&guess, &extra);
	bounds_guess(&guess, &extra);
	census_merge(book->census, &extra);
}
