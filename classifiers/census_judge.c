/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judgement: do the records of a body make it an address book, of how many
 * contacts, and in which sentence is that said?
 */
#include "classifiers/body.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Share of identifiers in records of one shape that speaks for a list. */
#define SHARE_PERCENT 60
/* A shape with this share, and a book's worth of identifiers, is a list beside others. */
#define LIST_PERCENT 25
/* Share of identifiers met before in another record that speaks for a log. */
#define REPEAT_PERCENT 40
/*
 * In a log repeats are common from the start: numbers drawn at will repeat one in
 * eight after a quarter of what it takes to repeat two in five. Lists that follow each
 * other, as "all" and "new", repeat only when the first has ended: three of them
 * after a third.
 */
#define CALM_PARTS 3

static uint64_t
census_marks(const struct census *census)
{
	uint64_t all = census->loose;

	for (unsigned i = 0; i < census->shape_count; i++)
		all += census->shapes[i].marks;
	return all;
}

/*
 * Percent of all identifiers that stand in records of the commonest shape, or in
 * those of several that are lists: numbers here and addresses there.
 */
static unsigned
census_share(const struct census *census, bool *several)
{
	uint64_t best = 0, lists = 0, all = census_marks(census);

	for (unsigned i = 0; i < census->shape_count; i++) {
		uint64_t marks = census->shapes[i].marks;

		if (marks > best)
			best = marks;
		if (marks >= (uint64_t)census->threshold &&
		    marks * 100 >= all * LIST_PERCENT)
			lists += marks;
	}
	*several = lists > best;
	return all ? (unsigned)((*several ? lists : best) * 100 / all) : 0;
}

static bool
census_repeats(const struct census *census)
{
	return census->repeats * 100 > census->seen * REPEAT_PERCENT &&
	    census->calm * CALM_PARTS < census->seen;
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
	bool several;

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
	if (census_share(census, &several) < SHARE_PERCENT)
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
	bool several;
	unsigned share = census_share(census, &several);

	result_distinct(census, contacts);
	contacts->method = METHOD_CONTENT;
	/* Whether a number here and an address there are one person's nobody can tell. */
	contacts->confidence = census_is_known(census) ||
	    (share >= 90 && !several) ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM;
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
	bool several;
	unsigned share = census_share(census, &several);

	if (objection != NULL)
		snprintf(to, REASON_MAX, "%s: %s", result_form(census), objection);
	else if (census_is_known(census))
		snprintf(to, REASON_MAX, "%s, a format of address books: %" PRId64
		    " distinct contacts in %" PRIu64 " records, %s the threshold "
		    "of %" PRId64, result_form(census), result->contacts.best,
		    census->records, side, census->threshold);
	else
		snprintf(to, REASON_MAX, "%s: %" PRId64 " distinct contacts, %u%% "
		    "of the identifiers in %s, %s the threshold "
		    "of %" PRId64, result_form(census), result->contacts.best, share,
		    several ? "several lists" : "records of one shape", side,
		    census->threshold);
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
