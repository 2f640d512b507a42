/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who belongs together, and the judgement whether a body is an address book.
 *
 * Marks of identifiers wait on a stack until their record ends; nested records
 * use the same stack. A contact is a distinct record with an identifier: with
 * one its own mark stands for it, with several the sum of their marks does.
 */
#include "classifiers/identify.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Share of identifiers in records of one shape that speaks for a list. */
#define SHARE_PERCENT 60
/* Share of identifiers met before in another record that speaks for a log. */
#define REPEAT_PERCENT 40

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
	if (census->top < MARKS_MAX)
		census->marks[census->top++] = mark;
	else
		census->loose++;
}

/* "Name <mail@example.org>": what counts stands between the brackets. */
static void
value_unwrap(const char **text, size_t *len)
{
	const char *open;

	if (*len < 2 || (*text)[*len - 1] != '>')
		return;
	open = memchr(*text, '<', *len);
	if (open == NULL)
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

/* ---- judgement -------------------------------------------------------------- */

/* Percent of all identifiers that stand in records of the commonest shape. */
static unsigned
census_share(const struct census *census)
{
	uint64_t best = 0, all = census->loose;

	for (unsigned i = 0; i < census->shape_count; i++) {
		all += census->shapes[i].marks;
		if (census->shapes[i].marks > best)
			best = census->shapes[i].marks;
	}
	return all ? (unsigned)(best * 100 / all) : 0;
}

static bool
census_repeats(const struct census *census)
{
	return census->repeats * 100 > census->seen * REPEAT_PERCENT;
}

static bool
census_is_known(const struct census *census)
{
	return census->known * 2 > census->records;
}

/* Why these records are no contacts; NULL: they are. */
static const char *
census_objection(const struct census *census)
{
	if (census->records == 0 && census->traffic > 0)
		return "the records tell of calls, messages or orders";
	if (census->records == 0)
		return census->loose > 0 ?
		    "identifiers occur, but not in records of contacts" :
		    "no telephone number, mail address or digest of one was found";
	if (census_is_known(census) || census->records == 1)
		return NULL;
	if (census->traffic > census->records)
		return "most records tell of calls, messages or orders";
	if (census->foreign > census->lines && census->lines * 2 > census->records)
		return "identifiers stand among other lines, as in a log";
	if (census->call)
		return NULL;
	if (census_share(census) < SHARE_PERCENT)
		return "identifiers are scattered, not in records of one shape";
	if (census_repeats(census))
		return "the same identifiers come again and again, as in a log";
	return NULL;
}

static int64_t
root_of(uint64_t of)
{
	uint64_t root = 0;

	while ((root + 1) * (root + 1) <= of)
		root++;
	return (int64_t)root;
}

/*
 * Distinct contacts are the records without those that came again. While the
 * tally keeps all marks that is exact. When it keeps one in 2^level, each
 * repeat that is noticed stands for so many, and the error is that of the
 * repeats alone: three of their standard errors, one repeat more than seen.
 */
static void
result_distinct(const struct census *census, struct contacts *contacts)
{
	unsigned level = census->tally.level;
	uint64_t again = census->again < census->records ? census->again :
	    census->records;
	int64_t error = 0, kept = census->tally.contacts;

	contacts->best = (int64_t)(census->records - again);
	if (contacts->best < kept)
		contacts->best = kept;
	if (level > 0)
		error = 3 * root_of((again + ((uint64_t)1 << level)) << level);
	contacts->low = contacts->best - error > kept ? contacts->best - error : kept;
	contacts->high = contacts->best + error;
	if (contacts->high > (int64_t)census->records)
		contacts->high = (int64_t)census->records;
}

static void
result_contacts(const struct census *census, struct contacts *contacts)
{
	result_distinct(census, contacts);
	contacts->method = METHOD_CONTENT;
	contacts->confidence = census_is_known(census) ||
	    census_share(census) >= 90 ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM;
	contacts->high += (int64_t)(census->empty_cards + census->perhaps);
	if (census->gap || census->unscanned >= 0) {
		contacts->high = CONTACTS_UNKNOWN;
		contacts->confidence--;
	}
}

static void
result_refused(const struct census *census, struct contacts *contacts)
{
	uint64_t all = 0;

	for (enum kind kind = KIND_PHONE; kind < KIND_CONTACT; kind++)
		all += tally_count(&census->tally, kind);
	*contacts = (struct contacts){
		.high = (int64_t)(all + census->empty_cards),
		.method = METHOD_CONTENT, .confidence = CONFIDENCE_MEDIUM
	};
	if (census->gap || census->unscanned >= 0)
		contacts->high = CONTACTS_UNKNOWN;
}

static const char *
result_form(const struct census *census)
{
	const char *name = format_name(census->format);

	return name ? name : "body";
}

static void
result_reason(const struct census *census, struct body_result *result,
    const char *objection)
{
	char *to = result->reason;
	const char *side = result->bulk ? "at or above" : "below";

	if (objection != NULL)
		snprintf(to, REASON_MAX, "%s: %s", result_form(census), objection);
	else if (census_is_known(census))
		snprintf(to, REASON_MAX, "%s, a format of address books: %" PRId64
		    " distinct contacts in %" PRIu64 " records, %s the threshold "
		    "of %" PRId64, result_form(census), result->contacts.best,
		    census->records, side, census->threshold);
	else
		snprintf(to, REASON_MAX, "%s: %" PRId64 " distinct contacts, %u%% "
		    "of the identifiers in records of one shape, %s the threshold "
		    "of %" PRId64, result_form(census), result->contacts.best,
		    census_share(census), side, census->threshold);
}

static uint32_t
narrow(uint64_t number)
{
	return number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
}

void
census_result(const struct census *census, struct body_result *result)
{
	const struct tally *tally = &census->tally;
	const char *objection = census_objection(census);

	memset(result, 0, sizeof(*result));
	result->format = census->format;
	result->unscanned = census->unscanned;
	result->identifiers = (struct identifiers){
		.phone = narrow(tally_count(tally, KIND_PHONE)),
		.email = narrow(tally_count(tally, KIND_EMAIL)),
		.hash = narrow(tally_count(tally, KIND_HASH)),
		.name = narrow(census->names), .vcard = narrow(census->cards)
	};
	if (objection == NULL)
		result_contacts(census, &result->contacts);
	else
		result_refused(census, &result->contacts);
	result->bulk = objection == NULL &&
	    result->contacts.best >= census->threshold;
	result_reason(census, result, objection);
}
