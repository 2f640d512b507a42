/* SPDX-License-Identifier: Apache-2.0 */
/*
 * groups: and inspect: of the configuration.
 */
#include <string.h>

#include "core/addr.h"
#include "core/mem.h"
#include "rules/settings.h"

static const struct conf_field group_fields[] = {
	{ .key = "networks", .type = CONF_NODE, .required = true },
	{ .key = NULL }
};

/* The name of the group before this one that has the very same network. */
static const char *
network_taken(const struct settings *settings, const struct prefix *prefix)
{
	const struct group *group;
	size_t g, n;

	for (g = 0; g < settings->group_count; g++) {
		group = &settings->groups[g];
		for (n = 0; n < group->count; n++) {
			if (memcmp(&group->networks[n].addr, &prefix->addr,
			    sizeof(prefix->addr)) == 0 &&
			    group->networks[n].bits == prefix->bits)
				return group->name;
		}
	}
	return NULL;
}

static void
network_read(struct settings_load *load, const struct conf_node *node,
    struct group *group)
{
	struct prefix *networks = (struct prefix *)group->networks;
	struct prefix prefix;
	const char *other;

	if (node->kind != CONF_SCALAR || !prefix_parse(node->text, &prefix)) {
		conf_problem(load->problems, node, "'%s' is no network like "
		    "192.0.2.0/24 or 2001:db8::/32 (bits behind the prefix "
		    "must be zero)", node->text);
		return;
	}
	other = network_taken(load->settings, &prefix);
	if (other != NULL)
		conf_problem(load->problems, node,
		    "the network %s belongs to the group '%s' already", node->text,
		    other);
	networks = xrealloc(networks, group->count + 1, sizeof(*networks));
	networks[group->count++] = prefix;
	group->networks = networks;
}

static void
group_read(struct settings_load *load, const struct conf_node *node)
{
	struct settings *settings = load->settings;
	const struct conf_node *networks = NULL;
	struct group *group;
	size_t i;

	if (!conf_bind(node, group_fields, &networks, load->problems))
		return;
	/* Counted at once, so that two equal lines within a group show too. */
	group = &settings->groups[settings->group_count++];
	group->name = node->key;
	if (networks->kind == CONF_SCALAR)
		network_read(load, networks, group);
	else if (networks->kind == CONF_MAP || networks->count == 0)
		conf_problem(load->problems, networks,
		    "a list of networks was expected here");
	else
		for (i = 0; i < networks->count; i++)
			network_read(load, &networks->items[i], group);
}

void
groups_read(struct settings_load *load, const struct conf_node *node)
{
	size_t i;

	if (node->kind != CONF_MAP) {
		conf_problem(load->problems, node,
		    "a map of group names was expected here");
		return;
	}
	load->settings->groups = xcalloc(node->count, sizeof(struct group));
	for (i = 0; i < node->count; i++)
		group_read(load, &node->items[i]);
}

struct inspect_nodes {
	const struct conf_node *groups, *services;
	bool must;
};

static const struct conf_field inspect_fields[] = {
	{ .key = "groups", .type = CONF_NODE, .required = true,
	    .offset = offsetof(struct inspect_nodes, groups) },
	{ .key = "services", .type = CONF_NODE, .required = true,
	    .offset = offsetof(struct inspect_nodes, services) },
	{ .key = "must", .type = CONF_BOOL, .offset = offsetof(struct inspect_nodes, must) },
	{ .key = NULL }
};

void
inspect_read(struct settings_load *load, const struct conf_node *node)
{
	struct settings *settings = load->settings;
	struct inspect *inspect;
	size_t i;

	if (node->kind != CONF_LIST) {
		conf_problem(load->problems, node, "a list was expected here: "
		    "- {groups: [...], services: [...]}");
		return;
	}
	settings->inspect = xcalloc(node->count, sizeof(*inspect));
	for (i = 0; i < node->count; i++) {
		struct inspect_nodes nodes = { 0 };

		if (!conf_bind(&node->items[i], inspect_fields, &nodes,
		    load->problems))
			continue;
		inspect = &settings->inspect[settings->inspect_count++];
		words_read(load, nodes.groups, &vocabulary_groups,
		    &inspect->groups);
		words_read(load, nodes.services, &vocabulary_services,
		    &inspect->services);
		inspect->must = nodes.must;
	}
}
