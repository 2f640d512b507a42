/* SPDX-License-Identifier: Apache-2.0 */
#include "core/date.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/*
 * Days from civil and back, by counting in eras of 400 years that begin on
 * March 1, so that the leap day is the last of its year.
 */
day_t
day_of(int year, int month, int day)
{
	int y = year - (month <= 2);
	int era = (y >= 0 ? y : y - 399) / 400;
	int of_era = y - era * 400;
	int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void
day_split(day_t day, int *year, int *month, int *mday)
{
	int z = day + 719468;
	int era = (z >= 0 ? z : z - 146096) / 146097;
	int of_era = z - era * 146097;
	int yoe = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int of_year = of_era - (365 * yoe + yoe / 4 - yoe / 100);
	int mp = (5 * of_year + 2) / 153;

	*mday = of_year - (153 * mp + 2) / 5 + 1;
	*month = mp + (mp < 10 ? 3 : -9);
	*year = yoe + era * 400 + (*month <= 2);
}

static bool
digits_parse(const char *text, int count, int *value)
{
	*value = 0;
	for (int i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*value = *value * 10 + (text[i] - '0');
	}
	return true;
}

bool
day_parse(const char *text, day_t *day)
{
	int y, m, d, y2, m2, d2;

	if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
		return false;
	if (!digits_parse(text, 4, &y) || !digits_parse(text + 5, 2, &m) ||
	    !digits_parse(text + 8, 2, &d) || m < 1 || m > 12 || d < 1 || d > 31)
		return false;
	*day = day_of(y, m, d);
	day_split(*day, &y2, &m2, &d2);
	return y == y2 && m == m2 && d == d2;
}

const char *
day_text(day_t day, char text[DAY_TEXT_MAX])
{
	int y, m, d;

	text[0] = '\0';
	if (day == DAY_NONE)
		return text;
	day_split(day, &y, &m, &d);
	if (y >= 0 && y <= 9999)
		snprintf(text, DAY_TEXT_MAX, "%04u-%02u-%02u", (unsigned)y % 10000,
		    (unsigned)m % 100, (unsigned)d % 100);
	return text;
}

day_t
day_of_moment(uint64_t moment_us)
{
	return (day_t)(moment_us / USEC_PER_DAY);
}

day_t
day_today(void)
{
	return (day_t)(time(NULL) / 86400);
}

uint64_t
moment_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * USEC_PER_SEC + (uint64_t)now.tv_nsec / 1000;
}

const char *
moment_text(uint64_t moment_us, char text[MOMENT_TEXT_MAX])
{
	char day[DAY_TEXT_MAX];
	uint64_t rest = moment_us % USEC_PER_DAY;
	unsigned sec = (unsigned)(rest / USEC_PER_SEC);

	snprintf(text, MOMENT_TEXT_MAX, "%sT%02u:%02u:%02u.%06uZ",
	    day_text(day_of_moment(moment_us), day), sec / 3600 % 24, sec / 60 % 60,
	    sec % 60, (unsigned)(rest % USEC_PER_SEC));
	return text;
}
