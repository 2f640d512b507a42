/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/terms.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/csv.h"
#include "core/log.h"
#include "core/mem.h"

/* A page that asks for more unknown words than this is not worth logging. */
#define MISSING_LOGGED_MAX 10

#define NBSP "\xc2\xa0"

struct kept {
	struct kept *next;
	char text[];
};

struct terms {
	struct csv *csv;
	struct csv_row **sorted;	/* by key */
	int column;
	char language[3];
	struct kept *kept;
	size_t missing;
};

static int
row_compare(const void *a, const void *b)
{
	const struct csv_row *const *x = a, *const *y = b;

	return strcmp((*x)->cells[0].text, (*y)->cells[0].text);
}

/* Every language must say every word: a half-translated report is none. */
static bool
cells_check(const struct terms *terms)
{
	const struct csv *csv = terms->csv;

	for (size_t i = 0; i < csv->count; i++)
		for (size_t c = 0; c < csv->columns; c++)
			if (csv->rows[i].cells[c].text[0] == '\0') {
				log_error("report", "%s:%zu: empty cell", csv->file,
				    csv->rows[i].line);
				return false;
			}
	for (size_t i = 1; i < csv->count; i++)
		if (row_compare(&terms->sorted[i - 1], &terms->sorted[i]) == 0) {
			log_error("report", "%s:%zu: the key \"%s\" is there twice",
			    csv->file, terms->sorted[i]->line,
			    terms->sorted[i]->cells[0].text);
			return false;
		}
	return true;
}

static void
rows_sort(struct terms *terms)
{
	terms->sorted = xcalloc(terms->csv->count + 1, sizeof(*terms->sorted));
	for (size_t i = 0; i < terms->csv->count; i++)
		terms->sorted[i] = &terms->csv->rows[i];
	qsort(terms->sorted, terms->csv->count, sizeof(*terms->sorted), row_compare);
}

struct terms *
terms_load(const char *file, const char *language)
{
	struct terms *terms = xcalloc(1, sizeof(*terms));
	struct problems problems = { 0 };
	bool ok = false;

	snprintf(terms->language, sizeof(terms->language), "%s", language);
	terms->csv = csv_load(file, &problems);
	if (terms->csv != NULL) {
		terms->column = csv_column(terms->csv, language, &problems);
		rows_sort(terms);
		ok = problems.count == 0 && terms->column > 0 && cells_check(terms);
	}
	problems_print(&problems);
	problems_fini(&problems);
	if (ok)
		return terms;
	terms_free(terms);
	return NULL;
}

void
terms_free(struct terms *terms)
{
	if (terms == NULL)
		return;
	while (terms->kept != NULL) {
		struct kept *next = terms->kept->next;

		free(terms->kept);
		terms->kept = next;
	}
	if (terms->csv != NULL)
		csv_free(terms->csv);
	free(terms->sorted);
	free(terms);
}

const char *
terms_language(const struct terms *terms)
{
	return terms->language;
}

const char *
terms_find(const struct terms *terms, const char *key)
{
	struct csv_cell cell = { key, 0 };
	struct csv_row row = { &cell, 0 };
	const struct csv_row *wanted = &row, *const *found;

	found = bsearch(&wanted, terms->sorted, terms->csv->count,
	    sizeof(*terms->sorted), row_compare);
	return found != NULL ? (*found)->cells[terms->column].text : NULL;
}

const char *
terms_get(struct terms *terms, const char *key)
{
	const char *text = terms_find(terms, key);

	if (text != NULL)
		return text;
	if (terms->missing++ < MISSING_LOGGED_MAX)
		log_error("report", "%s: no key \"%s\"", terms->csv->file, key);
	return terms_text(terms, "%s", key);
}

size_t
terms_missing(const struct terms *terms)
{
	return terms->missing;
}

static char *
keep(struct terms *terms, size_t len)
{
	struct kept *kept = xcalloc(1, sizeof(*kept) + len + 1);

	kept->next = terms->kept;
	terms->kept = kept;
	return kept->text;
}

const char *
terms_text(struct terms *terms, const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	text = keep(terms, len > 0 ? (size_t)len : 0);
	va_start(args, format);
	if (len > 0)
		vsnprintf(text, (size_t)len + 1, format, args);
	va_end(args);
	return text;
}

/* ---- forms of a language ---------------------------------------------------- */

static const struct locale {
	const char *language;
	const char *thousands;
} locales[] = {
	{ "en", "," }, { "nl", "." }, { "de", "." }, { "pl", NBSP },
};

static const struct locale *
locale_of(const char *language)
{
	for (size_t i = 1; i < sizeof(locales) / sizeof(locales[0]); i++)
		if (strcmp(locales[i].language, language) == 0)
			return &locales[i];
	return &locales[0];
}

const char *
terms_number(struct terms *terms, int64_t number)
{
	const struct locale *locale = locale_of(terms->language);
	char digits[24], *out;
	const char *text;
	size_t len;

	if (number < 0)
		return terms_get(terms, "unknown");
	snprintf(digits, sizeof(digits), "%" PRId64, number);
	len = strlen(digits);
	text = out = keep(terms, len * 3);
	for (size_t i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			out = stpcpy(out, locale->thousands);
		*out++ = digits[i];
	}
	return text;
}

const char *
plural_form(const char *language, int64_t number)
{
	int64_t ten = number % 10, hundred = number % 100;

	if (number == 1)
		return "one";
	if (strcmp(language, "pl") != 0)
		return "few";
	if (ten >= 2 && ten <= 4 && (hundred < 12 || hundred > 14))
		return "few";
	return "many";
}

const char *
terms_count(struct terms *terms, int64_t number, const char *noun)
{
	char key[64];

	snprintf(key, sizeof(key), "plural_%s_%s", noun,
	    plural_form(terms->language, number));
	return terms_text(terms, "%s" NBSP "%s", terms_number(terms, number),
	    terms_get(terms, key));
}

const char *
terms_date(struct terms *terms, day_t day)
{
	int year, month, mday;
	char key[24];

	if (day == DAY_NONE)
		return "";
	day_split(day, &year, &month, &mday);
	snprintf(key, sizeof(key), "month_gen_%02d", month);
	return terms_text(terms, "%d%s" NBSP "%s" NBSP "%d", mday,
	    strcmp(terms->language, "de") == 0 ? "." : "", terms_get(terms, key), year);
}

/* The argument that "{0}" names, or NULL where the brace is plain text. */
static const char *
argument_at(const char *at, const char *const args[3])
{
	if (at[0] != '{' || at[1] < '0' || at[1] > '2' || at[2] != '}')
		return NULL;
	return args[at[1] - '0'] != NULL ? args[at[1] - '0'] : "";
}

const char *
terms_phrase(struct terms *terms, const char *key, const char *a, const char *b,
    const char *c)
{
	const char *phrase = terms_get(terms, key), *arg, *at;
	const char *const args[3] = { a, b, c };
	size_t len = 0;
	char *text, *out;

	for (at = phrase; *at != '\0'; at++)
		len += (arg = argument_at(at, args)) != NULL ? strlen(arg) : 1;
	text = out = keep(terms, len);
	for (at = phrase; *at != '\0'; at++) {
		arg = argument_at(at, args);
		if (arg != NULL) {
			out = stpcpy(out, arg);
			at += 2;
		} else {
			*out++ = *at;
		}
	}
	return text;
}
