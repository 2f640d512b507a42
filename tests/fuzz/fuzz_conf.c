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

#define FIELD(member, kind, ...) { .key = #member, .type = (kind), \
	.offset = offsetof(struct bound, member), __VA_ARGS__ }
static const struct conf_field fields[] = {
	FIELD(text, CONF_TEXT, .required = true), FIELD(flag, CONF_BOOL),
	FIELD(number, CONF_INT, .min = -5, .max = 5), FIELD(span, CONF_SPAN),
	FIELD(day, CONF_DAY), FIELD(choice, CONF_CHOICE, .choices = choices),
	FIELD(node, CONF_NODE), { .key = NULL }
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
