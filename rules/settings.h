/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of the configuration's loader. Included only from rules/.
 */
#ifndef RULES_SETTINGS_H
#define RULES_SETTINGS_H

#include "core/conf.h"
#include "rules/policy.h"
#include "rules/rules.h"

/* What the parts of the configuration are checked against. */
struct settings_load {
	struct settings *settings;
	const struct rules *rules;
	struct problems *problems;
};

/* A kind of name that a list may hold. at() gives name i, NULL at the end. */
struct vocabulary {
	const char *noun;		/* "service" */
	const char *(*at)(const struct settings_load *load, size_t i);
};

extern const struct vocabulary vocabulary_groups, vocabulary_services,
    vocabulary_calls, vocabulary_recipients;

/*
 * Reads a scalar or a list of scalars into words, each of which must be in the
 * vocabulary (NULL: any). An empty list is a problem: it could never hold.
 */
void words_read(const struct settings_load *load, const struct conf_node *node,
    const struct vocabulary *vocabulary, struct words *words);
void words_fini(struct words *words);

void interception_read(struct settings_load *load, const struct conf_node *node);
/* Once all is read: what lies beside the store unless it is said otherwise. */
void interception_finish(struct settings_load *load);
void interception_fini(struct settings *settings);
void groups_read(struct settings_load *load, const struct conf_node *node);
void policy_read(struct settings_load *load, const struct conf_node *node);
void inspect_read(struct settings_load *load, const struct conf_node *node);

/* Reads a rule's `when` map. */
void when_read(const struct settings_load *load, const struct conf_node *node,
    struct rule *rule);

#endif
