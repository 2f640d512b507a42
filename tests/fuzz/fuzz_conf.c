/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a YAML file, bound against a schema with every type of field.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/conf.h"
#include "core/date.h"

struct bound {
	const char *text;
	bool flag;
	int64_t number, span;
	day_t day;
	int choice;
	const struct conf_node *node;
};

static const char *const choices[] = { "open", "closed", NULL };

static const struct conf_field fields[] = {
	{ "text", CONF_TEXT, offsetof(struct bound, text), 0, 0, NULL, true },
	{ "flag", CONF_BOOL, offsetof(struct bound, flag), 0, 0, NULL, false },
	{ "number", CONF_INT, offsetof(struct bound, number), -5, 5, NULL, false },
	{ "span", CONF_SPAN, offsetof(struct bound, span), 0, 0, NULL, false },
	{ "day", CONF_DAY, offsetof(struct bound, day), 0, 0, NULL, false },
	{ "choice", CONF_CHOICE, offsetof(struct bound, choice), 0, 0, choices, false },
	{ "node", CONF_NODE, offsetof(struct bound, node), 0, 0, NULL, false },
	{ NULL, CONF_TEXT, 0, 0, 0, NULL, false },
};

/* Every text of the tree must end within it, and every item have a place. */
static size_t
tree_walk(const struct conf_node *node)
{
	size_t sum = strlen(node->text), i;

	if (node->line == 0 || node->column == 0)
		__builtin_trap();
	for (i = 0; i < node->count; i++)
		sum += tree_walk(&node->items[i]);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct problems problems = { 0 };
	struct bound bound = { 0 };
	struct conf_doc *doc = conf_parse("fuzz", (const char *)data, size,
	    &problems);

	if ((doc == NULL) == (problems.count == 0))
		__builtin_trap();
	if (doc != NULL) {
		tree_walk(conf_root(doc));
		if (conf_bind(conf_root(doc), fields, &bound, &problems) &&
		    (bound.text == NULL || bound.number < -5 || bound.number > 5))
			__builtin_trap();
	}
	conf_free(doc);
	problems_fini(&problems);
	return 0;
}
