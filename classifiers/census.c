/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who belongs together; census_judge.c tells what that makes of the body.
 *
 * Marks of identifiers wait on a stack until their record ends; nested records
 * use the same stack. A contact is a distinct record with an identifier: with
 * one its own mark stands for it, with several the sum of their marks does.
 */
#include "classifiers/identify.h"

#include <string.h>

/* One in so many known from before: from here on repeats are common. */
#define REPEATS_COMMON 8

static bool
census_open(const struct census *census, uint64_t mark)
{
	unsigned from = census->top > PERSON_MAX ? census->top - PERSON_MAX : 0;

	for (unsigned i = from; i < census->top; i++)
		if (census->marks[i] == mark)
			return true;
	return false;
}

/*
 * Digests stand in no log, but the digest of a country code or of a common
 * name comes again in every hashed book.
 */
static bool
census_is_digest(uint64_t mark)
{
	return (mark & 3) == KIND_HASH;
}

static void
census_meet(struct census *census, uint64_t mark)
{
	switch (tally_add(&census->tally, mark, false)) {
	case TALLY_NEW:
		census->seen += !census_is_digest(mark);
		break;
	case TALLY_KNOWN:
		census->seen += !census_is_digest(mark);
		census->repeats += !census_is_digest(mark);
		if (census->calm == 0 && census->repeats * REPEATS_COMMON > census->seen)
			census->calm = census->seen;
		break;
	case TALLY_SKIPPED:
		break;
	}
}

void
census_push(struct census *census, uint64_t mark)
{
	if (census_open(census, mark))
		return;
	if (!tally_skips(&census->tally, mark))
		census_meet(census, mark);
	if (census->top == MARKS_MAX && census->reader != NULL)
		json_record_flush(census->reader);
	if (census->top < MARKS_MAX)
		census->marks[census->top++] = mark;
	else
		census->loose++;
}

/*
 * "Name <mail@example.org>": what counts stands between the brackets. Where a
 * log writes "to=<mail@example.org>", what stands before them is no name.
 */
static void
value_unwrap(const char **text, size_t *len)
{
	const char *open;

	if (*len < 2 || (*text)[*len - 1] != '>')
		return;
	open = memchr(*text, '<', *len);
	if (open == NULL || (open > *text && (open[-1] == '=' || open[-1] == ':')))
		return;
	*len = (size_t)(*text + *len - 1 - (open + 1));
	*text = open + 1;
}

static inline bool
value_try(struct census *census, const char *text, size_t len, enum hint hint)
{
	uint64_t mark;

	value_unwrap(&text, &len);
	if (identify(text, len, hint, census->region, &mark) < 0)
		return false;
	census_push(census, mark);
	return true;
}

/* "@", "+" or "tel:" stand in every identifier that needs no hint. */
static bool
value_shows(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] == '@' || text[i] == '+' || text[i] == ':')
			return true;
	return false;
}

/* Between several values in one field. */
static bool
value_separates(char c)
{
	return c == ';' || c == ',' || c == '|' || c == '\n';
}

/* The next separator, or Google's " ::: " between values of one cell. */
static size_t
value_part(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (value_separates(text[i]))
			return i;
		if (text[i] == ':' && i + 2 < len && text[i + 1] == ':')
			return i;
	}
	return len;
}

void
census_value(struct census *census, const char *text, size_t len, enum hint hint)
{
	bool asked = hint == HINT_NONE || hint == HINT_EMAIL;

	census_value_signs(census, text, len, hint, asked && value_shows(text, len));
}

/* Several values with separators, the first of which ends at part. */
__attribute__((noinline)) static void
value_parts(struct census *census, const char *text, size_t len, enum hint hint,
    size_t part)
{
	for (;;) {
		value_try(census, text, part, hint);
		while (part < len && (value_separates(text[part]) ||
		    text[part] == ':' || text[part] == ' '))
			part++;
		text += part;
		len -= part;
		if (len == 0)
			return;
		part = value_part(text, len);
	}
}

void
census_value_signs(struct census *census, const char *text, size_t len,
    enum hint hint, bool signs)
{
	uint64_t mark;
	size_t part;

	/* Most fields hold nothing: without a sign of it no further look. */
	if ((hint == HINT_NONE || hint == HINT_EMAIL) && !signs)
		return;
	/* Nothing stands around a number that is digits alone, nor in it. */
	if (number_is_plain(text, len)) {
		if (identify_plain(text, len, hint, census->region, &mark) >= 0)
			census_push(census, mark);
		return;
	}
	if (value_try(census, text, len, hint))
		return;
	part = value_part(text, len);
	if (part < len)
		value_parts(census, text, len, hint, part);
}

static void
census_shape(struct census *census, uint32_t path, uint64_t marks)
{
	unsigned i;

	for (i = 0; i < census->shape_count; i++)
		if (census->shapes[i].path == path)
			break;
	if (i == census->shape_count) {
		if (i == SHAPES_MAX)
			i--;
		else
			census->shape_count++;
		census->shapes[i].path = path;
	}
	census->shapes[i].marks += marks;
}

/* The mark of a record with several identifiers, in whatever order. */
uint64_t
census_sum(const uint64_t *marks, unsigned count)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < count; i++)
		sum += marks[i];
	return tally_mark_word(KIND_CONTACT, sum);
}

static void
census_count(struct census *census, uint64_t mark, const struct person *person)
{
	enum tally_answer answer = tally_skips(&census->tally, mark) ? TALLY_SKIPPED :
	    tally_add(&census->tally, mark, true);
	uint64_t weight = (uint64_t)1 << census->tally.level;

	if (answer == TALLY_NEW && person->name)
		census->names += weight;
	else if (answer == TALLY_KNOWN)
		census->again += weight;
	census->records++;
	census->lines += person->line;
	census->known += person->known;
}

void
census_drop(struct census *census, unsigned base)
{
	if (census->top > base) {
		census->loose += census->top - base;
		census->top = base;
	}
}

/* Marks of a record; none when somebody above has dropped them. */
static unsigned
census_above(const struct census *census, const struct person *person)
{
	return census->top > person->base ? census->top - person->base : 0;
}

void
census_person(struct census *census, const struct person *person)
{
	unsigned count = census_above(census, person);
	const uint64_t *marks = census->marks + person->base;

	census->cards += person->card;
	if (count == 0) {
		census->empty_cards += person->card && person->name;
		return;
	}
	census_shape(census, person->shape, count);
	census->top = person->base;
	if (person->traffic) {
		census->traffic++;
		return;
	}
	/* Alone, a mail address is a login as likely as a contact. */
	if (person->single && !person->known && !person->name && !person->book) {
		census->loose += count;
		return;
	}
	census->singles += person->single;
	census_count(census, count == 1 ? marks[0] : census_sum(marks, count),
	    person);
}

void
census_people(struct census *census, const struct person *person)
{
	unsigned count = census_above(census, person);

	if (count == 0)
		return;
	census_shape(census, person->shape, count);
	for (unsigned i = 0; i < count; i++) {
		if (person->traffic)
			census->traffic++;
		else
			census_count(census, census->marks[person->base + i],
			    person);
	}
	census->top = person->base;
}

static void
shapes_merge(struct census *into, const struct census *from)
{
	for (unsigned i = 0; i < from->shape_count; i++)
		census_shape(into, from->shapes[i].path, from->shapes[i].marks);
}

void
census_add(struct census *into, const struct census *from, uint64_t known)
{
	shapes_merge(into, from);
	into->again += from->again + known;
	into->cards += from->cards;
	into->empty_cards += from->empty_cards;
	into->perhaps += from->perhaps;
	into->names += from->names;
	into->records += from->records;
	into->lines += from->lines;
	into->foreign += from->foreign;
	into->known += from->known;
	into->traffic += from->traffic;
	into->singles += from->singles;
	into->loose += from->loose;
	if (into->calm == 0 && from->calm > 0)
		into->calm = into->seen + from->calm;
	into->seen += from->seen;
	into->repeats += from->repeats;
	into->call = into->call || from->call;
	into->gap = into->gap || from->gap;
	if (into->format == FORMAT_NONE)
		into->format = from->format;
	if (into->unscanned < 0)
		into->unscanned = from->unscanned;
}

void
census_merge(struct census *into, const struct census *from)
{
	census_add(into, from, tally_merge(&into->tally, &from->tally));
}
