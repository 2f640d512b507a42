/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy: of the configuration, compiled.
 */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "rules/settings.h"

struct rule_nodes {
	const char *name;
	const struct conf_node *when;
	int then;
};

static const char *const actions[] = { "allow", "log", "block", NULL };

static const struct conf_field rule_fields[] = {
	{ .key = "name", .type = CONF_TEXT, .required = true,
	    .offset = offsetof(struct rule_nodes, name) },
	{ .key = "when", .type = CONF_NODE,
	    .offset = offsetof(struct rule_nodes, when) },
	{ .key = "then", .type = CONF_CHOICE, .required = true,
	    .choices = actions, .offset = offsetof(struct rule_nodes, then) },
	{ .key = NULL }
};

static void
name_check(const struct settings_load *load, const struct policy *policy,
    const struct rule *rule)
{
	const struct conf_node *node = conf_get(rule->node, "name");
	size_t i;

	if (strlen(rule->name) >= RULE_NAME_MAX)
		conf_problem(load->problems, node,
		    "a rule's name is at most %d bytes long", RULE_NAME_MAX - 1);
	if (rule->name[0] == '\0')
		conf_problem(load->problems, node, "a rule needs a name");
	for (i = 0; i < policy->count; i++) {
		if (strcmp(policy->rules[i].name, rule->name) == 0)
			conf_problem(load->problems, node, "the rule in line %zu is "
			    "called '%s' too", policy->rules[i].node->line,
			    rule->name);
	}
}

/* A rule that cannot decide anything is a mistake about the order. */
static void
reach_check(const struct settings_load *load, const struct policy *policy,
    const struct rule *rule)
{
	const struct rule *earlier;
	size_t i;

	for (i = 0; i < policy->count; i++) {
		earlier = &policy->rules[i];
		if (!rule_covers(earlier, rule))
			continue;
		conf_problem(load->problems, rule->node, "the rule '%s' is never "
		    "reached: '%s' in line %zu %s", rule->name, earlier->name,
		    earlier->node->line, rule_is_empty(earlier) ?
		    "decides everything" : "decides all that it could");
		return;
	}
}

static void
rule_fini(struct rule *rule)
{
	words_fini(&rule->groups);
	words_fini(&rule->services);
	words_fini(&rule->calls);
	words_fini(&rule->recipients);
	words_fini(&rule->countries);
	words_fini(&rule->hosts);
}

static void
rule_read(const struct settings_load *load, const struct conf_node *node,
    struct policy *policy)
{
	const size_t before = load->problems->count;
	struct rule_nodes nodes = { 0 };
	struct rule rule = { .managed = -1, .node = node };

	if (!conf_bind(node, rule_fields, &nodes, load->problems))
		return;
	rule.name = nodes.name;
	rule.action = (enum action)(ACTION_ALLOW + nodes.then);
	name_check(load, policy, &rule);
	if (nodes.when != NULL)
		when_read(load, nodes.when, &rule);
	/* A rule misread may seem to cover what it does not. */
	if (load->problems->count == before)
		reach_check(load, policy, &rule);
	policy->rules[policy->count++] = rule;
}

void
policy_read(struct settings_load *load, const struct conf_node *node)
{
	struct policy *policy = load->settings->policy;
	size_t i;

	if (node->kind != CONF_LIST) {
		conf_problem(load->problems, node, "a list of rules was expected "
		    "here: - {name: ..., when: {...}, then: log}");
		return;
	}
	policy->rules = xcalloc(node->count, sizeof(*policy->rules));
	for (i = 0; i < node->count; i++)
		rule_read(load, &node->items[i], policy);
}

void
policy_free(struct policy *policy)
{
	size_t i;

	if (policy == NULL)
		return;
	for (i = 0; i < policy->count; i++)
		rule_fini(&policy->rules[i]);
	free(policy->rules);
	free(policy);
}
