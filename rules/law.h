/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The legal tables, inside: which country lies where on which day, and which
 * act of the Commission could be relied upon. Included only from rules/.
 */
#ifndef RULES_LAW_H
#define RULES_LAW_H

#include <stdbool.h>
#include <stddef.h>

#include "core/csv.h"
#include "core/date.h"
#include "rules/rules.h"

enum state_kind {
	STATE_EU, STATE_EFTA, STATE_FORMER, STATE_TERRITORY, STATE_THIRD,
	STATE_ALIAS, STATE_UNKNOWN
};

/* A row of eea.csv. */
struct state {
	const char *code, *name, *of;
	int kind;			/* enum state_kind */
	day_t inside_from, inside_to;	/* DAY_NONE: never; still */
};

enum act_kind { ACT_DECISION, ACT_AMENDMENT, ACT_BRIDGE, ACT_NONE, ACT_CLAUSES };
enum act_test { TEST_ALL, TEST_LIST, TEST_SECTOR, TEST_NEVER };

/* A row of adequacy.csv. */
struct act {
	const char *code, *name, *kind_name, *instrument, *test_text;
	const char *scope, *end;
	const char *list;		/* of TEST_LIST: "dpf"; else "" */
	int kind;			/* enum act_kind */
	int test;			/* enum act_test */
	day_t from, to;
};

struct law {
	struct csv *states_csv, *acts_csv;	/* own the texts */
	struct state *states;
	struct act *acts;
	size_t state_count, act_count;
	day_t checked;			/* of the acts: the latest */
	size_t *periods;		/* acts that are periods of adequacy */
	size_t period_count;
};

/* The first day of Directive 95/46/EC (its Art 32(1)): no such law before. */
#define LAW_BEGINS day_of(1998, 10, 24)
/* The first day of the GDPR (its Art 99(2)). */
#define GDPR_BEGINS day_of(2018, 5, 25)

/* Two capital letters (or A1, as address databases write): the shape of a code. */
bool country_is_code(const char *text);

/* The row of a country, aliases followed; NULL when it has none. */
const struct state *law_state(const struct law *law, const char *code);

/* Was this the last day, or before it, or is there no end? */
static inline bool
day_within(day_t on, day_t from, day_t to)
{
	return from != DAY_NONE && on >= from && (to == DAY_NONE || on <= to);
}

#endif
