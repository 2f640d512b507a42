/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compiled policy, inside: settings_policy.c makes it, policy.c asks it.
 */
#ifndef RULES_POLICY_H
#define RULES_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/rules.h"

/* Any of these; none: the condition is not asked. The list is owned. */
struct words {
	const char **list;
	size_t count;
};

/* low..high contacts; high CONTACTS_MANY has no upper bound. */
#define CONTACTS_MANY INT64_MAX
struct contact_bounds {
	bool asked;
	int64_t low, high;
	const char *text;		/* as written: ">=20" */
};

/* Minutes of the day; the end is not within; from > to goes over midnight. */
struct hours {
	bool asked;
	int from, to;
	const char *text;
};

struct rule {
	const char *name;
	enum action action;
	struct words groups, services, calls, recipients, countries, hosts;
	unsigned classes;		/* bit 0 for A, and so on; 0 not asked */
	unsigned confidences, methods, transfers;	/* bits by enum value */
	struct contact_bounds contacts;
	struct hours hours;
	int managed;			/* 1, 0, or -1 not asked */
	const struct conf_node *node;	/* for messages */
};

struct policy {
	struct rule *rules;
	size_t count;
};

struct inspect {
	struct words groups, services;
	bool must;			/* a client that cannot be opened is stopped, not passed */
};

/* Does a pattern ("example.org" and all below it, "=example.org" alone) fit? */
bool host_pattern_fits(const char *pattern, const char *host);

/* Does every case in which `later` holds make `earlier` hold too? */
bool rule_covers(const struct rule *earlier, const struct rule *later);

bool words_have(const struct words *words, const char *word);
bool rule_is_empty(const struct rule *rule);

void policy_free(struct policy *policy);

#endif
