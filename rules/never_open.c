/* SPDX-License-Identifier: Apache-2.0 */
/*
 * never-open.yaml: categories of servers whose connections stay closed to the
 * appliance, whatever a policy says.
 */
#include <stddef.h>
#include <stdlib.h>

#include "core/conf.h"
#include "core/mem.h"
#include "rules/hosts.h"
#include "rules/table.h"

struct never_open {
	struct conf_doc *doc;
	struct hosts *hosts;
	const char **categories;	/* by the index's values */
	size_t count;
};

struct category_draft {
	const char *id, *why;
	const struct conf_node *hosts;
};

static const struct conf_field category_fields[] = {
	{ .key = "id", .type = CONF_TEXT, .required = true,
	    .offset = offsetof(struct category_draft, id) },
	{ .key = "why", .type = CONF_TEXT, .required = true,
	    .offset = offsetof(struct category_draft, why) },
	{ .key = "hosts", .type = CONF_NODE, .required = true,
	    .offset = offsetof(struct category_draft, hosts) },
	{ .key = NULL }
};

struct file_draft {
	day_t updated;
	const struct conf_node *categories;
};

static const struct conf_field file_fields[] = {
	{ .key = "updated", .type = CONF_DAY, .required = true,
	    .offset = offsetof(struct file_draft, updated) },
	{ .key = "categories", .type = CONF_NODE, .required = true,
	    .offset = offsetof(struct file_draft, categories) },
	{ .key = NULL }
};

static void
category_hosts_add(struct never_open *never, const struct conf_node *list,
    struct problems *problems)
{
	if (list->kind != CONF_LIST) {
		conf_problem(problems, list, "a list of host patterns was expected");
		return;
	}
	for (size_t i = 0; i < list->count; i++) {
		const struct conf_node *item = &list->items[i];
		const char *fault = host_pattern_fault(item->text);
		int32_t old;

		if (fault != NULL) {
			conf_problem(problems, item, "pattern '%s' %s",
			    item->text, fault);
			continue;
		}
		old = hosts_add(never->hosts, item->text, (int32_t)never->count);
		if (old >= 0)
			conf_problem(problems, item, "'%s' already stands in '%s'",
			    item->text, (size_t)old < never->count ?
			    never->categories[old] : "this category");
	}
}

static void
categories_load(struct never_open *never, const struct conf_node *list,
    struct problems *problems)
{
	if (list->kind != CONF_LIST) {
		conf_problem(problems, list, "a list of categories was expected");
		return;
	}
	never->categories = xcalloc(list->count + 1, sizeof(*never->categories));
	for (size_t i = 0; i < list->count; i++) {
		struct category_draft draft = { 0 };

		if (!conf_bind(&list->items[i], category_fields, &draft, problems))
			continue;
		category_hosts_add(never, draft.hosts, problems);
		never->categories[never->count++] = draft.id;
	}
}

bool
never_open_load(struct rules *rules, const char *folder,
    struct problems *problems)
{
	struct never_open *never = xcalloc(1, sizeof(*never));
	struct file_draft draft = { .updated = DAY_NONE };
	const size_t before = problems->count;
	char *path = rules_path(folder, "never-open.yaml");

	rules->never_open = never;
	never->hosts = hosts_new();
	never->doc = conf_load(path, problems);
	free(path);
	if (never->doc == NULL)
		return false;
	if (conf_bind(conf_root(never->doc), file_fields, &draft, problems))
		categories_load(never, draft.categories, problems);
	if (draft.updated > rules->date)
		rules->date = draft.updated;
	return problems->count == before;
}

void
never_open_fini(struct rules *rules)
{
	struct never_open *never = rules->never_open;

	if (never == NULL)
		return;
	hosts_free(never->hosts);
	free(never->categories);
	conf_free(never->doc);
	free(never);
	rules->never_open = NULL;
}

const char *
rules_never_open(const struct rules *rules, const char *host)
{
	int32_t found;

	if (rules->never_open == NULL || host == NULL)
		return NULL;
	found = hosts_find(rules->never_open->hosts, host);
	return found < 0 ? NULL : rules->never_open->categories[found];
}

const char *
rules_closed_domain(const struct rules *rules, size_t i)
{
	const char *pattern;
	int32_t value;

	if (rules->never_open == NULL)
		return NULL;
	pattern = hosts_at(rules->never_open->hosts, i, &value);
	return pattern != NULL ? host_pattern_domain(pattern) : NULL;
}
