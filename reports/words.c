/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The model in words of the report's language.
 */
#include "reports/report.h"

#include <stdio.h>
#include <string.h>

#define GET(KEY) terms_get(report->terms, KEY)

/* Long lists of places or hosts say no more than their first few. */
#define TALLY_SHOWN 4

const char *
word_class(const struct report *report, char class)
{
	static const char *const keys[] = { "class_A", "class_B", "class_C", "class_D" };

	return GET(class >= 'A' && class <= 'D' ? keys[class - 'A'] : "class_unknown");
}

const char *
word_role(const struct report *report, const char *role)
{
	static const struct { const char *role, *key; } rows[] = {
		{ "controller", "role_controller" }, { "processor", "role_processor" },
		{ "either", "role_either" }, { "self", "role_self" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].role, role) == 0)
			return GET(rows[i].key);
	return GET("unknown");
}

const char *
word_status(const struct report *report, const struct transfer *transfer)
{
	static const char *const keys[] = {
		[TRANSFER_NONE] = "status_none", [TRANSFER_ENDED] = "status_ended",
		[TRANSFER_CONDITIONAL] = "status_conditional",
		[TRANSFER_IN_FORCE] = "status_in_force",
	};

	if (transfer->outside == OUTSIDE_NO)
		return GET("status_inside");
	return GET(keys[transfer->status]);
}

static const char *
mechanism_part(const struct report *report, const char *name, size_t len)
{
	static const struct { const char *name, *key; } rows[] = {
		{ "safe_harbor", "safe_harbour" }, { "privacy_shield", "privacy_shield" },
		{ "dpf", "dpf" }, { "scc", "scc" }, { "bcr", "bcr" },
		{ "adequacy", "adequacy_decision" }, { "bridge", "mech_bridge" },
		{ "none", "no_mechanism" }, { "inside", "inside_eea" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strlen(rows[i].name) == len && memcmp(rows[i].name, name, len) == 0)
			return GET(rows[i].key);
	return len > 0 ? terms_text(report->terms, "%.*s", (int)len, name) :
	    GET("no_mechanism");
}

const char *
word_mechanism(const struct report *report, const struct transfer *transfer)
{
	const char *at = transfer->mechanism, *text = "";

	for (;;) {
		size_t len = strcspn(at, "+");

		text = terms_text(report->terms, "%s%s%s", text, *text ? " + " : "",
		    mechanism_part(report, at, len));
		if (at[len] == '\0')
			return text;
		at += len + 1;
	}
}

const char *
word_country(const struct report *report, const char *code)
{
	char key[16];
	const char *name;

	if (code[0] == '\0')
		return GET("unknown");
	snprintf(key, sizeof(key), "country_%s", code);
	name = terms_find(report->terms, key);
	return name != NULL ? name : terms_text(report->terms, "%s", code);
}

static const char *
word_methods(const struct report *report, unsigned int methods)
{
	static const char *const keys[] = {
		[METHOD_ENDPOINT] = "method_endpoint", [METHOD_SIZE] = "method_size",
		[METHOD_CONTENT] = "method_content",
	};
	const char *text = "";

	for (int m = METHOD_CONTENT; m >= METHOD_ENDPOINT; m--)
		if (methods & 1u << m)
			text = terms_text(report->terms, "%s%s%s", text,
			    *text ? " + " : "", GET(keys[m]));
	return *text ? text : GET("unknown");
}

static const char *
word_confidence(const struct report *report, enum confidence confidence)
{
	static const char *const keys[] = {
		[CONFIDENCE_NONE] = "confidence_is_none",
		[CONFIDENCE_LOW] = "confidence_is_low",
		[CONFIDENCE_MEDIUM] = "confidence_is_medium",
		[CONFIDENCE_HIGH] = "confidence_is_high",
	};

	return GET(keys[confidence]);
}

const char *
word_devices(const struct report *report, uint64_t devices)
{
	if (devices > 0 && devices < SMALL_GROUP)
		return terms_phrase(report->terms, "fewer_than_devices",
		    terms_number(report->terms, SMALL_GROUP), NULL, NULL);
	return terms_number(report->terms, (int64_t)devices);
}

const char *
word_todo(const struct report *report, const struct todo *todo)
{
	static const char *const keys[] = {
		[DO_STOP] = "todo_stop", [DO_IDENTIFY] = "todo_identify",
		[DO_PAST] = "todo_past", [DO_CONFIRM] = "todo_confirm",
		[DO_DISCLOSE] = "todo_disclose", [DO_ENFORCE] = "todo_enforce",
		[DO_SCAN] = "todo_scan", [DO_TRUNCATED] = "todo_truncated",
	};
	static const char *const nouns[] = {
		[DO_DISCLOSE] = "recipient", [DO_SCAN] = "body",
		[DO_TRUNCATED] = "capture",
	};
	const char *noun = (size_t)todo->kind < sizeof(nouns) / sizeof(nouns[0]) &&
	    nouns[todo->kind] != NULL ? nouns[todo->kind] : "upload";
	const struct report_recipient *row = todo->recipient;

	return terms_phrase(report->terms, keys[todo->kind],
	    terms_count(report->terms, (int64_t)todo->number, noun),
	    row != NULL ? row->service : "", row != NULL ? row->entity : "");
}

const char *
word_band(const struct report *report, const struct band *band)
{
	static const struct { const char *test, *key; } rows[] = {
		{ "list:safe_harbor", "band_safe_harbour" },
		{ "list:privacy_shield", "band_privacy_shield" },
		{ "list:dpf", "band_dpf" },
	};

	if (band->kind != BAND_DECISION)
		return GET(band->kind == BAND_GAP ? "band_gap" : "band_inside");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].test, band->period.test) == 0)
			return GET(rows[i].key);
	if (strcmp(band->period.kind, "bridge") == 0)
		return GET("band_bridge");
	return terms_phrase(report->terms, "band_adequacy", band->period.instrument,
	    NULL, NULL);
}

const char *
word_range(const struct report *report, const struct estimate *estimate)
{
	const char *low = terms_number(report->terms, estimate->low);
	const char *high = terms_number(report->terms, estimate->high);

	if (estimate->sized == 0)
		return GET(estimate->unsized > 0 ? "unknown" : "range_none");
	if (estimate->unsized > 0)
		return terms_phrase(report->terms, "range_open", low, high, NULL);
	return terms_text(report->terms, "%s–%s", low, high);
}

const char *
word_how(const struct report *report, const struct estimate *estimate)
{
	struct terms *terms = report->terms;
	const char *text = "";

	if (estimate->sized + estimate->unsized == 0)
		return "";
	if (estimate->sized > 0 && estimate->best >= 0)
		text = terms_text(terms, "%s · ", terms_phrase(terms, "best_estimate",
		    terms_number(terms, estimate->best), NULL, NULL));
	text = terms_text(terms, "%s%s", text, word_methods(report, estimate->methods));
	if (estimate->sized > 0)
		text = terms_text(terms, "%s · %s", text,
		    word_confidence(report, estimate->weakest));
	if (estimate->unsized > 0 && estimate->sized > 0)
		text = terms_text(terms, "%s · %s", text, terms_phrase(terms,
		    "plus_unsized", terms_count(terms, (int64_t)estimate->unsized,
		    "upload"), NULL, NULL));
	return text;
}

const char *
word_bytes(const struct report *report, uint64_t bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	size_t unit = 0;

	while (bytes >= 10000 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		bytes = (bytes + 500) / 1000;
		unit++;
	}
	return terms_text(report->terms, "%s\xc2\xa0%s",
	    terms_number(report->terms, (int64_t)bytes), units[unit]);
}

const char *
word_tally(const struct report *report, const struct tally *tally)
{
	struct terms *terms = report->terms;
	uint64_t others = tally->others;
	const char *text = "";

	for (size_t i = 0; i < tally->used; i++) {
		const struct tally_entry *entry = &tally->entries[i];

		if (i >= TALLY_SHOWN) {
			others += entry->count;
			continue;
		}
		text = terms_text(terms, "%s%s%s\xc2\xa0(%s)", text, *text ? ", " : "",
		    entry->name[0] != '\0' ? entry->name : GET("unknown"),
		    terms_number(terms, (int64_t)entry->count));
	}
	if (others > 0)
		text = terms_text(terms, "%s, %s\xc2\xa0(%s)", text, GET("others"),
		    terms_number(terms, (int64_t)others));
	return text;
}

const char *
word_day(const struct report *report, day_t day)
{
	char text[DAY_TEXT_MAX];

	if (day == DAY_NONE)
		return "–";
	return terms_text(report->terms, "%s", day_text(day, text));
}
