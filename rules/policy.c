/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy: rules in order, the first whose conditions all hold decides.
 * Pure: the same case always gets the same verdict and the same reason.
 */
#include "rules/policy.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/file.h"

/* A reason being written; what does not fit is cut. */
struct reason {
	char *text;
	size_t used;
};

__attribute__((format(printf, 2, 3)))
static void
reason_add(struct reason *reason, const char *format, ...)
{
	va_list args;

	if (reason->used > 0 && reason->used + 2 < REASON_MAX) {
		memcpy(reason->text + reason->used, "; ", 3);
		reason->used += 2;
	}
	va_start(args, format);
	vsnprintf(reason->text + reason->used, REASON_MAX - reason->used, format,
	    args);
	va_end(args);
	utf8_trim(reason->text);
	reason->used = strlen(reason->text);
}

bool
words_have(const struct words *words, const char *word)
{
	size_t i;

	for (i = 0; word != NULL && i < words->count; i++) {
		if (strcmp(words->list[i], word) == 0)
			return true;
	}
	return false;
}

bool
host_pattern_fits(const char *pattern, const char *host)
{
	size_t p, h;

	if (host == NULL)
		return false;
	if (*pattern == '=')
		return strcasecmp(pattern + 1, host) == 0;
	p = strlen(pattern);
	h = strlen(host);
	return h >= p && strcasecmp(host + h - p, pattern) == 0 &&
	    (h == p || host[h - p - 1] == '.');
}

/* ---- conditions on words ------------------------------------------------- */

static const struct word_condition {
	const char *label;
	size_t rule, asked;
} word_conditions[] = {
#define WORDS(label, r, a) \
	{ label, offsetof(struct rule, r), offsetof(struct policy_case, a) }
	WORDS("group", groups, group), WORDS("service", services, service),
	WORDS("call", calls, call), WORDS("recipient", recipients, recipient),
	WORDS("country", countries, country),
#undef WORDS
};

#define WORD_CONDITIONS (sizeof(word_conditions) / sizeof(word_conditions[0]))

static const struct words *
rule_words(const struct rule *rule, size_t i)
{
	return (const struct words *)(const void *)
	    ((const char *)rule + word_conditions[i].rule);
}

static const char *
case_word(const struct policy_case *asked, size_t i)
{
	const char *word;

	memcpy(&word, (const char *)asked + word_conditions[i].asked, sizeof(word));
	return word;
}

static bool
words_hold(const struct rule *rule, const struct policy_case *asked,
    struct reason *reason)
{
	const struct words *words;
	size_t i;

	for (i = 0; i < WORD_CONDITIONS; i++) {
		words = rule_words(rule, i);
		if (words->count == 0)
			continue;
		if (!words_have(words, case_word(asked, i)))
			return false;
		reason_add(reason, "%s %s", word_conditions[i].label,
		    case_word(asked, i));
	}
	return true;
}

static bool
hosts_hold(const struct rule *rule, const struct policy_case *asked,
    struct reason *reason)
{
	size_t i;

	if (rule->hosts.count == 0)
		return true;
	for (i = 0; i < rule->hosts.count; i++) {
		if (host_pattern_fits(rule->hosts.list[i], asked->host)) {
			reason_add(reason, "host %s", asked->host);
			return true;
		}
	}
	return false;
}

/* ---- conditions on values of an enum ---------------------------------------- */

static bool
bit_holds(unsigned bits, unsigned value)
{
	return bits == 0 || (value < 32 && (bits >> value & 1));
}

static bool
bits_hold(const struct rule *rule, const struct policy_case *asked,
    struct reason *reason)
{
	if (!bit_holds(rule->classes, (unsigned)(asked->class - 'A')) ||
	    !bit_holds(rule->transfers, asked->transfer) ||
	    !bit_holds(rule->methods, asked->contacts.method) ||
	    !bit_holds(rule->confidences, asked->contacts.confidence))
		return false;
	if (rule->classes != 0)
		reason_add(reason, "class %c", asked->class);
	if (rule->transfers != 0)
		reason_add(reason, "transfer %s",
		    transfer_status_name(asked->transfer));
	if (rule->methods != 0)
		reason_add(reason, "method %s", method_name(asked->contacts.method));
	if (rule->confidences != 0)
		reason_add(reason, "confidence %s",
		    confidence_name(asked->contacts.confidence));
	return true;
}

/* ---- contacts, device, time ------------------------------------------------- */

/*
 * Where the best number is not known, the range counts: "at least N" holds
 * when it may be so, "at most N" only when it must be so. So a number that
 * nobody knows is treated as many, and never lets an upload pass as a small
 * one.
 */
static bool
contacts_fit(const struct contact_bounds *bounds, const struct contacts *contacts)
{
	int64_t low = contacts->low, high = contacts->high;

	if (contacts->best != CONTACTS_UNKNOWN)
		return contacts->best >= bounds->low && contacts->best <= bounds->high;
	if (low == CONTACTS_UNKNOWN)
		low = 0;
	if (high == CONTACTS_UNKNOWN)
		high = CONTACTS_MANY;
	if (bounds->low == 0)
		return high <= bounds->high;
	return high >= bounds->low && low <= bounds->high;
}

static bool
contacts_hold(const struct rule *rule, const struct policy_case *asked,
    struct reason *reason)
{
	const struct contacts *c = &asked->contacts;
	const char *text = rule->contacts.text;

	if (!rule->contacts.asked)
		return true;
	if (!contacts_fit(&rule->contacts, c))
		return false;
	if (c->best != CONTACTS_UNKNOWN)
		reason_add(reason, "contacts %lld (%s)", (long long)c->best, text);
	else if (c->low != CONTACTS_UNKNOWN && c->high != CONTACTS_UNKNOWN)
		reason_add(reason, "contacts %lld to %lld (may be %s)",
		    (long long)c->low, (long long)c->high, text);
	else
		reason_add(reason, "number of contacts unknown (may be %s)", text);
	return true;
}

static bool
hours_fit(const struct hours *hours, int minute)
{
	if (minute < 0)
		return false;
	if (hours->from <= hours->to)
		return minute >= hours->from && minute < hours->to;
	return minute >= hours->from || minute < hours->to;
}

/* What is not known about a device or a time makes its condition fail. */
static bool
place_holds(const struct rule *rule, const struct policy_case *asked,
    struct reason *reason)
{
	if (rule->managed >= 0) {
		if (asked->managed != rule->managed)
			return false;
		reason_add(reason, "device %s", rule->managed ? "managed" :
		    "not managed");
	}
	if (rule->hours.asked) {
		if (!hours_fit(&rule->hours, asked->minute))
			return false;
		reason_add(reason, "time %02d:%02d within %s", asked->minute / 60,
		    asked->minute % 60, rule->hours.text);
	}
	return true;
}

/* ---- the decision -------------------------------------------------------------- */

static bool (*const conditions[])(const struct rule *, const struct policy_case *,
    struct reason *) = {
	words_hold, hosts_hold, contacts_hold, bits_hold, place_holds,
};

static bool
rule_holds(const struct rule *rule, const struct policy_case *asked,
    struct verdict *verdict)
{
	struct reason reason = { verdict->reason, 0 };
	size_t i;

	verdict->reason[0] = '\0';
	for (i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
		if (!conditions[i](rule, asked, &reason))
			return false;
	}
	if (reason.used == 0)
		reason_add(&reason, "the rule has no condition: it holds for "
		    "whatever no rule before it decided");
	verdict->action = rule->action;
	snprintf(verdict->rule, sizeof(verdict->rule), "%s", rule->name);
	return true;
}

struct verdict
policy_decide(const struct policy *policy, const struct policy_case *asked)
{
	struct verdict verdict = { .action = ACTION_NONE };
	size_t i;

	for (i = 0; policy != NULL && i < policy->count; i++) {
		if (rule_holds(&policy->rules[i], asked, &verdict))
			return verdict;
	}
	verdict.action = ACTION_LOG;
	snprintf(verdict.rule, sizeof(verdict.rule), "(default)");
	snprintf(verdict.reason, sizeof(verdict.reason), "%s",
	    policy == NULL || policy->count == 0 ?
	    "no policy is configured: every upload is logged" :
	    "no rule of the policy holds: the upload is logged");
	return verdict;
}

size_t
policy_rule_count(const struct policy *policy)
{
	return policy != NULL ? policy->count : 0;
}

/* ---- which rules can never be reached ------------------------------------------- */

static bool
words_cover(const struct words *earlier, const struct words *later)
{
	size_t i;

	if (earlier->count == 0)
		return true;
	for (i = 0; i < later->count; i++) {
		if (!words_have(earlier, later->list[i]))
			return false;
	}
	return later->count > 0;
}

static bool
host_covered(const struct words *earlier, const char *pattern)
{
	const char *name = *pattern == '=' ? pattern + 1 : pattern;
	size_t i;

	for (i = 0; i < earlier->count; i++) {
		if (strcasecmp(earlier->list[i], pattern) == 0)
			return true;
		if (earlier->list[i][0] != '=' &&
		    host_pattern_fits(earlier->list[i], name))
			return true;
	}
	return false;
}

static bool
hosts_cover(const struct words *earlier, const struct words *later)
{
	size_t i;

	if (earlier->count == 0)
		return true;
	for (i = 0; i < later->count; i++) {
		if (!host_covered(earlier, later->list[i]))
			return false;
	}
	return later->count > 0;
}

static bool
bits_cover(unsigned earlier, unsigned later)
{
	return earlier == 0 || (later != 0 && (later & ~earlier) == 0);
}

/* A bound from 0 is a "must be"; see contacts_fit(). */
static bool
contacts_cover(const struct contact_bounds *earlier,
    const struct contact_bounds *later)
{
	if (!earlier->asked)
		return true;
	if (!later->asked || later->low < earlier->low ||
	    later->high > earlier->high)
		return false;
	return earlier->low > 0 || later->low == 0 ||
	    earlier->high == CONTACTS_MANY;
}

static bool
hours_cover(const struct hours *earlier, const struct hours *later)
{
	if (!earlier->asked)
		return true;
	return later->asked && earlier->from == later->from &&
	    earlier->to == later->to;
}

bool
rule_covers(const struct rule *earlier, const struct rule *later)
{
	size_t i;

	for (i = 0; i < WORD_CONDITIONS; i++) {
		if (!words_cover(rule_words(earlier, i), rule_words(later, i)))
			return false;
	}
	return hosts_cover(&earlier->hosts, &later->hosts) &&
	    bits_cover(earlier->classes, later->classes) &&
	    bits_cover(earlier->transfers, later->transfers) &&
	    bits_cover(earlier->methods, later->methods) &&
	    bits_cover(earlier->confidences, later->confidences) &&
	    contacts_cover(&earlier->contacts, &later->contacts) &&
	    hours_cover(&earlier->hours, &later->hours) &&
	    (earlier->managed < 0 || earlier->managed == later->managed);
}

bool
rule_is_empty(const struct rule *rule)
{
	static const struct rule nothing = { .managed = -1 };

	return rule_covers(rule, &nothing);
}
