/* SPDX-License-Identifier: Apache-2.0 */
/*
 * terms: every word of the report in one of its four languages, and the
 * forms that go with a language: numbers, dates, plurals, phrases.
 */
#ifndef REPORTS_TERMS_H
#define REPORTS_TERMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/date.h"

struct terms;

/*
 * Reads the table. NULL with a message logged when it cannot be read, lacks
 * the language, or has an empty cell.
 */
struct terms *terms_load(const char *file, const char *language);
void terms_free(struct terms *terms);

const char *terms_language(const struct terms *terms);

/*
 * The word under a key. A key that is not there is counted, and stands for
 * itself, so that a whole page can be looked at; the report then fails.
 */
const char *terms_get(struct terms *terms, const char *key);
/* The same, but NULL where there is none, which is then no fault. */
const char *terms_find(const struct terms *terms, const char *key);
size_t terms_missing(const struct terms *terms);

/* All text that follows lives until terms_free(). */

/* 1,234 1.234 1 234 (the space is U+00A0); negative: unknown. */
const char *terms_number(struct terms *terms, int64_t number);

/* "21 November 2026", "21. November 2026", "21 listopada 2026". "" for DAY_NONE. */
const char *terms_date(struct terms *terms, day_t day);

/*
 * The number with its noun in the form that the number asks for: one, few or
 * many, from the keys plural_NOUN_{one,few,many} (Unicode CLDR plural rules).
 */
const char *terms_count(struct terms *terms, int64_t number, const char *noun);

/* "one", "few" or "many" in a language. */
const char *plural_form(const char *language, int64_t number);

/* The phrase under a key with {0}, {1}, {2} replaced. */
const char *terms_phrase(struct terms *terms, const char *key, const char *a,
    const char *b, const char *c);

/* Text printed by a format, kept as above. */
const char *terms_text(struct terms *terms, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
