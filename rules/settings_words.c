/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of names in the configuration, checked against what there is.
 */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/near.h"
#include "rules/settings.h"

static const char *
group_at(const struct settings_load *load, size_t i)
{
	return i < load->settings->group_count ?
	    load->settings->groups[i].name : NULL;
}

static const char *
service_at(const struct settings_load *load, size_t i)
{
	return i < rules_service_count(load->rules) ?
	    rules_service(load->rules, i)->id : NULL;
}

/* Calls of all services, one after the other. */
static const char *
call_at(const struct settings_load *load, size_t i)
{
	const struct service *service;
	size_t s;

	for (s = 0; s < rules_service_count(load->rules); s++) {
		service = rules_service(load->rules, s);
		if (i < service->call_count)
			return service->calls[i].id;
		i -= service->call_count;
	}
	return NULL;
}

static const char *
recipient_at(const struct settings_load *load, size_t i)
{
	return i < rules_recipient_count(load->rules) ?
	    rules_recipient_at(load->rules, i)->id : NULL;
}

const struct vocabulary vocabulary_groups = { "group", group_at };
const struct vocabulary vocabulary_services = { "service", service_at };
const struct vocabulary vocabulary_calls = { "call", call_at };
const struct vocabulary vocabulary_recipients = { "recipient", recipient_at };

static void
word_check(const struct settings_load *load, const struct conf_node *node,
    const struct vocabulary *vocabulary)
{
	struct near near = near_of(node->text);
	const char *known;
	size_t i;

	for (i = 0; (known = vocabulary->at(load, i)) != NULL; i++) {
		if (strcmp(known, node->text) == 0)
			return;
		near_try(&near, known);
	}
	conf_problem(load->problems, node, "there is no %s '%s'%s%s%s",
	    vocabulary->noun, node->text, near.best ? "; did you mean '" : "",
	    near.best ? near.best : "", near.best ? "'?" : "");
}

static void
word_add(const struct settings_load *load, const struct conf_node *node,
    const struct vocabulary *vocabulary, struct words *words)
{
	if (node->kind != CONF_SCALAR || conf_is_null(node)) {
		conf_problem(load->problems, node, "a word was expected here");
		return;
	}
	if (vocabulary != NULL)
		word_check(load, node, vocabulary);
	words->list = xrealloc(words->list, words->count + 1,
	    sizeof(*words->list));
	words->list[words->count++] = node->text;
}

void
words_read(const struct settings_load *load, const struct conf_node *node,
    const struct vocabulary *vocabulary, struct words *words)
{
	size_t i;

	if (node->kind == CONF_SCALAR) {
		word_add(load, node, vocabulary, words);
		return;
	}
	if (node->kind == CONF_MAP || node->count == 0)
		conf_problem(load->problems, node,
		    "a word or a list of words was expected here");
	for (i = 0; node->kind == CONF_LIST && i < node->count; i++)
		word_add(load, &node->items[i], vocabulary, words);
}

void
words_fini(struct words *words)
{
	free(words->list);
	words->list = NULL;
	words->count = 0;
}
