/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The law on a day. Which footing a transfer had depends on three things that
 * change at different times: where the country lies, which act the Commission
 * has made, and whether the recipient was on the act's list.
 */
#include "rules/law.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "rules/table.h"

/* One question: this recipient, sending to this country, on this day. */
struct question {
	const struct law *law;
	const struct recipient *recipient;
	const char *country;
	day_t on;
};

/* Adds a sentence to the note; what does not fit is cut at a character. */
__attribute__((format(printf, 2, 3)))
static void
note_add(struct transfer *t, const char *format, ...)
{
	size_t used = strlen(t->note);
	va_list args;

	if (used > 0 && used + 2 < sizeof(t->note)) {
		t->note[used++] = ' ';
		t->note[used] = '\0';
	}
	va_start(args, format);
	vsnprintf(t->note + used, sizeof(t->note) - used, format, args);
	va_end(args);
	utf8_trim(t->note);
}

static struct transfer
transfer_of(enum transfer_status status, const char *mechanism,
    const char *instrument, day_t from, day_t to)
{
	struct transfer t = { .outside = OUTSIDE_YES, .status = status,
		.from = from, .to = to };

	snprintf(t.mechanism, sizeof(t.mechanism), "%s", mechanism);
	snprintf(t.instrument, sizeof(t.instrument), "%s", instrument);
	return t;
}

static struct transfer
transfer_none(void)
{
	return transfer_of(TRANSFER_NONE, "none", "", DAY_NONE, DAY_NONE);
}

/*
 * ISO 3166-1 leaves AA, QM to QZ, XA to XZ and ZZ to its users: they name no
 * country unless a row says so.
 */
static bool
code_is_private(const char *code)
{
	return strcmp(code, "AA") == 0 || strcmp(code, "ZZ") == 0 ||
	    code[0] == 'X' || (code[0] == 'Q' && code[1] >= 'M');
}

enum outside
law_outside(const struct rules *rules, const char *country, day_t on)
{
	const struct state *state;

	if (country == NULL || !country_is_code(country) || on < LAW_BEGINS)
		return OUTSIDE_UNKNOWN;
	state = law_state(rules->law, country);
	if (state == NULL)
		return code_is_private(country) ? OUTSIDE_UNKNOWN : OUTSIDE_YES;
	if (state->kind == STATE_UNKNOWN)
		return OUTSIDE_UNKNOWN;
	return day_within(on, state->inside_from, state->inside_to) ?
	    OUTSIDE_NO : OUTSIDE_YES;
}

/* ---- what the recipient says it relies on -------------------------------- */

static bool
mechanism_has(const struct recipient *recipient, const char *word)
{
	const char *p = recipient->mechanism;
	size_t len = strlen(word), n;

	for (;; p += n + 1) {
		n = strcspn(p, "+");
		if (n == len && memcmp(p, word, n) == 0)
			return true;
		if (p[n] == '\0')
			return false;
	}
}

/* Does it rely, or did it ever rely, on certifying itself? */
static bool
uses_lists(const struct recipient *recipient)
{
	return mechanism_has(recipient, "dpf") ||
	    recipient->shield_from != DAY_NONE;
}

struct listing {
	day_t from, to;			/* from DAY_NONE: not recorded */
	bool about;
};

static struct listing
listing_of(const struct recipient *recipient, const char *list)
{
	if (strcmp(list, "privacy_shield") == 0)
		return (struct listing){ recipient->shield_from,
			recipient->shield_to, recipient->shield_about };
	if (strcmp(list, "dpf") == 0)
		return (struct listing){ recipient->dpf_from, DAY_NONE,
			recipient->dpf_about };
	return (struct listing){ DAY_NONE, DAY_NONE, false };
}

static day_t
day_later(day_t a, day_t b)
{
	return a > b ? a : b;		/* DAY_NONE is the least */
}

static day_t
day_earlier_end(day_t a, day_t b)
{
	if (a == DAY_NONE || b == DAY_NONE)
		return a == DAY_NONE ? b : a;
	return a < b ? a : b;
}

/* ---- acts ------------------------------------------------------------------- */

static bool
act_is_about(const struct act *act, const char *country)
{
	return act->kind <= ACT_BRIDGE && strcmp(act->code, country) == 0;
}

/* The act of this test in force that day; of two, the one that began later. */
static const struct act *
act_in_force(const struct question *q, enum act_test test)
{
	const struct act *found = NULL, *act = q->law->acts;
	size_t i;

	for (i = 0; i < q->law->act_count; i++, act++) {
		if (act_is_about(act, q->country) && act->test == (int)test &&
		    day_within(q->on, act->from, act->to) &&
		    (found == NULL || act->from > found->from))
			found = act;
	}
	return found;
}

/* The act that ended last before that day. */
static const struct act *
act_ended(const struct question *q, bool list)
{
	const struct act *found = NULL, *act = q->law->acts;
	size_t i;

	for (i = 0; i < q->law->act_count; i++, act++) {
		if (act_is_about(act, q->country) && act->test != TEST_NEVER &&
		    (act->test == TEST_LIST) == list && act->to != DAY_NONE &&
		    act->to < q->on && (found == NULL || act->to > found->to))
			found = act;
	}
	return found;
}

static const struct act *
clauses_on(const struct question *q)
{
	const struct act *act = q->law->acts;
	size_t i;

	for (i = 0; i < q->law->act_count; i++, act++) {
		if (act->kind == ACT_CLAUSES && day_within(q->on, act->from, act->to))
			return act;
	}
	return NULL;
}

/* ---- footings, tried in the order of answer_outside() -------------------- */

/* Says what a recipient whose act has ended may still stand on. */
static void
note_remains(const struct question *q, struct transfer *t)
{
	bool scc = mechanism_has(q->recipient, "scc");
	bool bcr = mechanism_has(q->recipient, "bcr");

	if (scc || bcr)
		note_add(t, "What remains: %s, as it publishes; to be confirmed.",
		    scc && bcr ? "SCC or BCR" : scc ? "SCC" : "BCR");
	else
		note_add(t, "No other mechanism of the recipient is known.");
}

static struct transfer
footing_ended(const struct question *q, const struct act *act)
{
	struct listing listing = listing_of(q->recipient, act->list);
	bool named = act->test == TEST_LIST;
	struct transfer t = transfer_of(TRANSFER_ENDED,
	    named ? act->list : "adequacy", act->instrument,
	    day_later(act->from, listing.from),
	    day_earlier_end(act->to, listing.to));

	if (act->end[0] != '\0')
		note_add(&t, "Ended: %s.", act->end);
	if (strcmp(act->list, "privacy_shield") == 0 && listing.from == DAY_NONE)
		note_add(&t, "It is not recorded on that list.");
	note_remains(q, &t);
	return t;
}

static struct transfer
footing_adequacy(const struct act *act)
{
	bool sector = act->test == TEST_SECTOR;
	struct transfer t = transfer_of(
	    sector ? TRANSFER_CONDITIONAL : TRANSFER_IN_FORCE,
	    act->kind == ACT_BRIDGE ? "bridge" : "adequacy", act->instrument,
	    act->from, act->to);

	if (sector)
		note_add(&t, "Only if the recipient falls under it: %s; to be "
		    "confirmed.", act->scope);
	else
		note_add(&t, "Covers: %s.", act->scope);
	return t;
}

static struct transfer
footing_listed(const struct act *act, const struct listing *listing)
{
	struct transfer t = transfer_of(TRANSFER_IN_FORCE, act->list,
	    act->instrument, day_later(act->from, listing->from),
	    day_earlier_end(act->to, listing->to));
	char day[DAY_TEXT_MAX];

	note_add(&t, "Listed since %s%s; holds for the data that the recipient "
	    "certified; to be confirmed.", listing->about ? "about " : "",
	    day_text(listing->from, day));
	return t;
}

/* An act with a list is in force, but when was the recipient on it? */
static bool
footing_unlisted(const struct question *q, const struct act *act,
    const struct listing *listing, struct transfer *t)
{
	const struct act *ended = act_ended(q, true);
	char day[DAY_TEXT_MAX];

	if (strcmp(act->list, "safe_harbor") == 0) {
		*t = transfer_of(TRANSFER_CONDITIONAL, act->list,
		    act->instrument, act->from, act->to);
		note_add(t, "Only if the recipient was on the list, which is not "
		    "recorded here; to be confirmed.");
		return true;
	}
	if (listing->from == DAY_NONE) {
		if (strcmp(act->list, "dpf") != 0 ||
		    !mechanism_has(q->recipient, "dpf"))
			return false;
		*t = transfer_of(TRANSFER_CONDITIONAL, act->list,
		    act->instrument, act->from, act->to);
		note_add(t, "Only if the recipient was on the list that day, which "
		    "is not recorded here; to be confirmed.");
		return true;
	}
	if (q->on > listing->from)
		ended = act;		/* it has left the list */
	if (ended == NULL)
		return false;
	*t = footing_ended(q, ended);
	if (q->on < listing->from)
		note_add(t, "On the next list only since %s%s.",
		    listing->about ? "about " : "", day_text(listing->from, day));
	return true;
}

static bool
footing_list(const struct question *q, struct transfer *t)
{
	const struct act *act = act_in_force(q, TEST_LIST);
	struct listing listing;

	if (!uses_lists(q->recipient))
		return false;
	if (act == NULL) {
		act = act_ended(q, true);
		if (act == NULL)
			return false;
		*t = footing_ended(q, act);
		return true;
	}
	listing = listing_of(q->recipient, act->list);
	if (!day_within(q->on, listing.from, listing.to))
		return footing_unlisted(q, act, &listing, t);
	*t = footing_listed(act, &listing);
	return true;
}

/* Clauses and corporate rules: they bind parties, so nobody else can see them. */
static bool
footing_contract(const struct question *q, struct transfer *t)
{
	const struct act *act = clauses_on(q);

	if (mechanism_has(q->recipient, "scc") && act != NULL) {
		*t = transfer_of(TRANSFER_CONDITIONAL, "scc", act->instrument,
		    act->from, act->to);
		note_add(t, "Only if clauses were signed and the law of %s was "
		    "assessed (%s); to be confirmed.", q->country, act->scope);
		return true;
	}
	if (mechanism_has(q->recipient, "bcr")) {
		*t = transfer_of(TRANSFER_CONDITIONAL, "bcr",
		    q->on < GDPR_BEGINS ? "Art 26(2) Directive 95/46/EC" :
		    "Art 47 GDPR", DAY_NONE, DAY_NONE);
		note_add(t, "Only if approved rules cover these data; to be "
		    "confirmed.");
		return true;
	}
	return false;
}

static struct transfer
answer_outside(const struct question *q)
{
	const struct act *act;
	struct transfer t;

	if ((act = act_in_force(q, TEST_ALL)) != NULL ||
	    (act = act_in_force(q, TEST_SECTOR)) != NULL)
		return footing_adequacy(act);
	if (footing_list(q, &t))
		return t;
	if ((act = act_ended(q, false)) != NULL)
		return footing_ended(q, act);
	if (footing_contract(q, &t))
		return t;
	t = transfer_none();
	if (mechanism_has(q->recipient, "none"))
		note_add(&t, "The recipient names no mechanism.");
	else
		note_add(&t, "No mechanism is established for that day.");
	if (q->on >= GDPR_BEGINS)
		note_add(&t, "Art 49 hardly fits uploads that recur (EDPB "
		    "Guidelines 2/2018).");
	return t;
}

static struct transfer
answer_inside(const char *note)
{
	struct transfer t = transfer_of(TRANSFER_IN_FORCE, "inside", "",
	    DAY_NONE, DAY_NONE);

	t.outside = OUTSIDE_NO;
	note_add(&t, "%s", note);
	return t;
}

static struct transfer
answer(const struct rules *rules, const struct recipient *recipient,
    const char *country, day_t on)
{
	const struct question q = { rules->law, recipient, NULL, on };
	struct question known = q;
	struct transfer t;

	switch (law_outside(rules, country, on)) {
	case OUTSIDE_NO:
		return answer_inside("No transfer to a third country.");
	case OUTSIDE_YES:
		known.country = country;
		if (law_state(rules->law, country) != NULL)
			known.country = law_state(rules->law, country)->code;
		return answer_outside(&known);
	case OUTSIDE_UNKNOWN:
		break;
	}
	t = transfer_none();
	t.outside = OUTSIDE_UNKNOWN;
	if (on < LAW_BEGINS)
		note_add(&t, "Before Directive 95/46/EC there was no such law.");
	else
		note_add(&t, "The country of the recipient is not known, so "
		    "neither is a mechanism.");
	return t;
}

/*
 * Class B: the organisation discloses to an entity that is usually inside; the
 * transfer is that entity's own, to the head of its group. Where the first
 * step already leaves the EEA, the weaker of the two footings counts.
 */
static struct transfer
answer_onward(const struct rules *rules, const struct recipient *recipient,
    day_t on)
{
	struct transfer onward = answer(rules, recipient,
	    recipient->parent_country, on);
	struct transfer first = answer(rules, recipient, recipient->country, on);

	if (first.outside == OUTSIDE_YES && onward.outside != OUTSIDE_UNKNOWN &&
	    (first.status < onward.status || onward.outside == OUTSIDE_NO)) {
		note_add(&first, "First step, to %s.",
		    recipient->country);
		return first;
	}
	if (onward.outside == OUTSIDE_YES)
		note_add(&onward, "Onward transfer from %s to %s.",
		    recipient->country, recipient->parent_country);
	return onward;
}

struct transfer
law_transfer(const struct rules *rules, const struct recipient *recipient,
    day_t on)
{
	struct transfer t;
	char day[DAY_TEXT_MAX];

	if (recipient->class == 'D')
		return answer_inside("Received inside the EEA or by the "
		    "organisation itself.");
	if (recipient->class == 'B')
		t = answer_onward(rules, recipient, on);
	else
		t = answer(rules, recipient, recipient->country, on);
	if (t.outside == OUTSIDE_YES && on < GDPR_BEGINS)
		note_add(&t, "Under Directive 95/46/EC.");
	if (strcmp(recipient->confidence, "L") == 0 && t.outside == OUTSIDE_YES)
		note_add(&t, "Low confidence.");
	if (on > law_date(rules) && t.outside != OUTSIDE_UNKNOWN)
		note_add(&t, "Not known after %s.",
		    day_text(law_date(rules), day));
	return t;
}

day_t
law_date(const struct rules *rules)
{
	return rules->law->checked;
}

size_t
law_period_count(const struct rules *rules)
{
	return rules->law->period_count;
}

struct legal_period
law_period(const struct rules *rules, size_t index)
{
	const struct act *act = &rules->law->acts[rules->law->periods[index]];

	return (struct legal_period){ act->code, act->name, act->kind_name,
		act->instrument, act->test_text, act->from, act->to };
}
