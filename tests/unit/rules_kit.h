/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shipped rules, loaded once a program: a group's set-up and tear-down.
 * Included by one file a program, after cmocka.
 */
#ifndef TESTS_UNIT_RULES_KIT_H
#define TESTS_UNIT_RULES_KIT_H

#include "rules/rules.h"

static struct rules *rules;

static int
rules_setup(void **state)
{
	struct problems problems = { 0 };

	(void)state;
	rules = rules_load("rules", &problems);
	problems_print(&problems);
	problems_fini(&problems);
	return rules == NULL;
}

static int
rules_teardown(void **state)
{
	(void)state;
	rules_free(rules);
	return 0;
}

#endif
