/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Days and moments. A day is a count of days since 1970-01-01 in the proleptic
 * Gregorian calendar; a moment is microseconds since 1970-01-01T00:00:00Z.
 */
#ifndef CORE_DATE_H
#define CORE_DATE_H

#include <stdbool.h>
#include <stdint.h>

#define DAY_NONE INT32_MIN		/* no date given: an open end */
#define DAY_TEXT_MAX 11			/* "2026-11-21" and NUL */
#define MOMENT_TEXT_MAX 28		/* "2026-11-21T10:20:30.123456Z" and NUL */
#define USEC_PER_SEC UINT64_C(1000000)
#define USEC_PER_DAY (UINT64_C(86400) * USEC_PER_SEC)

typedef int32_t day_t;

day_t day_of(int year, int month, int day);
void day_split(day_t day, int *year, int *month, int *mday);

/* Parses "YYYY-MM-DD". False when the text is no such day of the calendar. */
bool day_parse(const char *text, day_t *day);

/* Writes "YYYY-MM-DD" ("" for DAY_NONE) and returns text. */
const char *day_text(day_t day, char text[DAY_TEXT_MAX]);

/* The UTC day that a moment falls on. */
day_t day_of_moment(uint64_t moment_us);

/* The UTC day it is now, by the system's clock. */
day_t day_today(void);

/* The moment it is now, by the system's clock. */
uint64_t moment_now(void);

/* Writes RFC 3339 in UTC with microseconds and returns text. */
const char *moment_text(uint64_t moment_us, char text[MOMENT_TEXT_MAX]);

#endif
