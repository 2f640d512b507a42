/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Problems at a node's position, and schema tables over maps.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/conf.h"
#include "core/date.h"
#include "core/near.h"

__attribute__((format(printf, 5, 0)))
static void
problem_at(struct problems *problems, const char *file, size_t line,
    size_t column, const char *format, va_list args)
{
	char what[400];

	vsnprintf(what, sizeof(what), format, args);
	problem_add(problems, file, line, column, "%s", what);
}

void
conf_problem(struct problems *problems, const struct conf_node *node,
    const char *format, ...)
{
	va_list args;

	va_start(args, format);
	problem_at(problems, node->file, node->line, node->column, format, args);
	va_end(args);
}

void
conf_key_problem(struct problems *problems, const struct conf_node *node,
    const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (node->key != NULL)
		problem_at(problems, node->file, node->key_line,
		    node->key_column, format, args);
	else
		problem_at(problems, node->file, node->line, node->column,
		    format, args);
	va_end(args);
}

bool
conf_is_null(const struct conf_node *node)
{
	return node->kind == CONF_SCALAR && !node->quoted &&
	    (node->text[0] == '\0' || strcmp(node->text, "~") == 0 ||
	    strcmp(node->text, "null") == 0);
}

static const char *
kind_name(const struct conf_node *node)
{
	return node->kind == CONF_LIST ? "a list" :
	    node->kind == CONF_MAP ? "a map" : "a value";
}

static bool
bool_parse(const char *text, bool *value)
{
	static const char *const yes[] = { "true", "yes", "on" };
	static const char *const no[] = { "false", "no", "off" };
	size_t i;

	for (i = 0; i < 3; i++) {
		if (strcasecmp(text, yes[i]) == 0 || strcasecmp(text, no[i]) == 0) {
			*value = strcasecmp(text, yes[i]) == 0;
			return true;
		}
	}
	return false;
}

static bool
int_parse(const char *text, char **end, int64_t *value)
{
	if (*text != '-' && (*text < '0' || *text > '9'))
		return false;
	errno = 0;
	*value = strtoll(text, end, 10);
	return errno == 0 && *end != text;
}

bool
conf_span_parse(const char *text, int64_t *seconds)
{
	static const struct { char unit; int64_t seconds; } units[] = {
		{ 's', 1 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 7 * 86400 },
		{ 'm', 30 * 86400 }, { 'y', 365 * 86400 },
	};
	/* A century: longer spans are mistakes, and sums of them overflow. */
	const int64_t most = INT64_C(100) * 365 * 86400;
	int64_t n;
	char *end;
	size_t i;

	if (!int_parse(text, &end, &n) || n < 0 || *end == '\0' || end[1] != '\0')
		return false;
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (*end == units[i].unit && n <= most / units[i].seconds) {
			*seconds = n * units[i].seconds;
			return true;
		}
	}
	return false;
}

static bool
int_bind(const struct conf_node *node, const struct conf_field *field,
    int64_t *value, struct problems *problems)
{
	int64_t n;
	char *end;

	if (!int_parse(node->text, &end, &n) || *end != '\0') {
		conf_problem(problems, node, "'%s' must be a whole number, not '%s'",
		    field->key, node->text);
		return false;
	}
	if (n < field->min || n > field->max) {
		conf_problem(problems, node, "'%s' must be from %lld to %lld",
		    field->key, (long long)field->min, (long long)field->max);
		return false;
	}
	*value = n;
	return true;
}

static bool
choice_bind(const struct conf_node *node, const struct conf_field *field,
    int *value, struct problems *problems)
{
	char known[200] = "";
	size_t used = 0;
	int i;

	for (i = 0; field->choices[i] != NULL; i++) {
		if (strcmp(node->text, field->choices[i]) == 0) {
			*value = i;
			return true;
		}
		if (used < sizeof(known))
			used += (size_t)snprintf(known + used, sizeof(known) - used,
			    "%s%s", i ? ", " : "", field->choices[i]);
	}
	conf_problem(problems, node, "'%s' must be one of: %s; not '%s'",
	    field->key, known, node->text);
	return false;
}

static bool
span_bind(const struct conf_node *node, const struct conf_field *field,
    int64_t *seconds, struct problems *problems)
{
	int64_t n;

	if (!conf_span_parse(node->text, &n)) {
		conf_problem(problems, node, "'%s' must be a span like 12h, 30d "
		    "or 24m (months), not '%s'", field->key, node->text);
		return false;
	}
	if (n < field->min) {
		conf_problem(problems, node, "'%s' must be longer than '%s'", field->key,
		    node->text);
		return false;
	}
	*seconds = n;
	return true;
}

static bool
scalar_bind(const struct conf_node *node, const struct conf_field *field,
    void *to, struct problems *problems)
{
	switch (field->type) {
	case CONF_TEXT:
		*(const char **)to = node->text;
		return true;
	case CONF_INT:
		return int_bind(node, field, to, problems);
	case CONF_CHOICE:
		return choice_bind(node, field, to, problems);
	case CONF_BOOL:
		if (bool_parse(node->text, to))
			return true;
		conf_problem(problems, node, "'%s' must be yes or no, not '%s'",
		    field->key, node->text);
		return false;
	case CONF_DAY:
		if (day_parse(node->text, to))
			return true;
		conf_problem(problems, node,
		    "'%s' must be a day like 2026-09-01, not '%s'", field->key,
		    node->text);
		return false;
	case CONF_SPAN:
		return span_bind(node, field, to, problems);
	case CONF_NODE:
		break;
	}
	return false;
}

static bool
field_bind(const struct conf_node *node, const struct conf_field *field,
    void *base, struct problems *problems)
{
	void *to = (char *)base + field->offset;

	if (conf_is_null(node) && !field->required && !field->filled)
		return true;
	if (field->type == CONF_NODE) {
		*(const struct conf_node **)to = node;
		return true;
	}
	if (node->kind != CONF_SCALAR || conf_is_null(node) ||
	    (field->filled && node->text[0] == '\0')) {
		conf_problem(problems, node, "'%s' needs a value%s%s", field->key,
		    node->kind == CONF_SCALAR ? "" : ", not ",
		    node->kind == CONF_SCALAR ? "" : kind_name(node));
		return false;
	}
	return scalar_bind(node, field, to, problems);
}

static void
unknown_key(const struct conf_node *node, const struct conf_field *fields,
    struct problems *problems)
{
	struct near near = near_of(node->key);

	for (; fields->key != NULL; fields++)
		near_try(&near, fields->key);
	conf_key_problem(problems, node, "unknown key '%s'%s%s%s", node->key,
	    near.best ? "; did you mean '" : "", near.best ? near.best : "",
	    near.best ? "'?" : "");
}

static const struct conf_field *
field_find(const struct conf_field *fields, const char *key)
{
	for (; fields->key != NULL; fields++) {
		if (strcmp(fields->key, key) == 0)
			return fields;
	}
	return NULL;
}

bool
conf_bind(const struct conf_node *map, const struct conf_field *fields,
    void *base, struct problems *problems)
{
	const size_t before = problems->count;
	const struct conf_field *field;
	size_t i;

	if (map->kind != CONF_MAP && !conf_is_null(map)) {
		conf_problem(problems, map, "a map of keys was expected here, not %s",
		    kind_name(map));
		return false;
	}
	for (i = 0; i < map->count; i++) {
		field = field_find(fields, map->items[i].key);
		if (field == NULL)
			unknown_key(&map->items[i], fields, problems);
		else
			field_bind(&map->items[i], field, base, problems);
	}
	for (field = fields; field->key != NULL; field++) {
		if (field->required && conf_get(map, field->key) == NULL)
			conf_problem(problems, map, "the key '%s' is missing here",
			    field->key);
	}
	return problems->count == before;
}
