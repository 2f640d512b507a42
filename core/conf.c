/* SPDX-License-Identifier: Apache-2.0 */
#include "core/conf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "core/file.h"
#include "core/mem.h"

struct conf_doc {
	char *file;
	struct conf_node root;
	size_t nodes;
};

struct reader {
	yaml_parser_t parser;
	yaml_event_t event;
	struct conf_doc *doc;
	struct problems *problems;
	bool failed;
};

__attribute__((format(printf, 3, 4)))
static void
reader_fail(struct reader *r, const yaml_mark_t *mark, const char *format, ...)
{
	char what[256];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	problem_add(r->problems, r->doc->file, mark->line + 1, mark->column + 1,
	    "%s", what);
	r->failed = true;
}

/* Advances to the next event; r->failed is set where there is none. */
static yaml_event_type_t
reader_next(struct reader *r)
{
	yaml_event_delete(&r->event);
	memset(&r->event, 0, sizeof(r->event));
	if (r->failed)
		return YAML_NO_EVENT;
	if (!yaml_parser_parse(&r->parser, &r->event)) {
		reader_fail(r, &r->parser.problem_mark, "%s",
		    r->parser.problem ? r->parser.problem : "not readable as YAML");
		return YAML_NO_EVENT;
	}
	return r->event.type;
}

static const struct conf_node *
map_find(const struct conf_node *map, const char *key)
{
	size_t i;

	for (i = 0; i < map->count; i++) {
		if (strcmp(map->items[i].key, key) == 0)
			return &map->items[i];
	}
	return NULL;
}

static int
key_compare(const void *a, const void *b)
{
	const struct conf_node *x = *(const struct conf_node *const *)a;
	const struct conf_node *y = *(const struct conf_node *const *)b;
	int order = strcmp(x->key, y->key);

	return order ? order : (x > y) - (x < y);
}

/* Sorted, so that a hostile map of many keys costs no more than a list. */
static void
map_check_keys(struct reader *r, const struct conf_node *map)
{
	const struct conf_node **sorted;
	size_t i;

	if (map->count < 2)
		return;
	sorted = xcalloc(map->count, sizeof(void *));
	for (i = 0; i < map->count; i++)
		sorted[i] = &map->items[i];
	qsort(sorted, map->count, sizeof(void *), key_compare);
	for (i = 1; i < map->count; i++) {
		if (strcmp(sorted[i - 1]->key, sorted[i]->key) != 0)
			continue;
		conf_key_problem(r->problems, sorted[i],
		    "the key '%s' stands here a second time; first in line %zu",
		    sorted[i]->key, sorted[i - 1]->key_line);
		r->failed = true;
	}
	free(sorted);
}

static struct conf_node *
items_grow(struct conf_node *parent)
{
	struct conf_node *items = (struct conf_node *)parent->items;

	/* Doubles at every power of two. */
	if ((parent->count & (parent->count - 1)) == 0) {
		items = xrealloc(items, parent->count ? parent->count * 2 : 1,
		    sizeof(*items));
		parent->items = items;
	}
	memset(&items[parent->count], 0, sizeof(*items));
	return &items[parent->count++];
}

/* Scalar text may not hide a NUL: it would end the text early. */
static char *
scalar_text(struct reader *r)
{
	const char *value = (const char *)r->event.data.scalar.value;
	size_t len = r->event.data.scalar.length;

	if (memchr(value, '\0', len) != NULL)
		reader_fail(r, &r->event.start_mark, "a NUL character in this text");
	return xstrndup(value, len);
}

static void node_read(struct reader *r, struct conf_node *node, int depth);

/* An entry of a map: its key is the current event. */
static void
entry_read(struct reader *r, struct conf_node *node, int depth)
{
	const yaml_mark_t mark = r->event.start_mark;

	if (r->event.type != YAML_SCALAR_EVENT) {
		reader_fail(r, &mark, "a key must be plain text");
		return;
	}
	node->key = scalar_text(r);
	node->key_line = mark.line + 1;
	node->key_column = mark.column + 1;
	reader_next(r);
	node_read(r, node, depth);
}

/*
 * Items are read into a local node and then copied, because the array moves
 * while it grows.
 */
static void
container_read(struct reader *r, struct conf_node *node, int depth)
{
	yaml_event_type_t end = node->kind == CONF_LIST ?
	    YAML_SEQUENCE_END_EVENT : YAML_MAPPING_END_EVENT;

	while (reader_next(r) != end && !r->failed) {
		struct conf_node item = { .file = r->doc->file, .text = "" };

		if (node->kind == CONF_LIST)
			node_read(r, &item, depth + 1);
		else
			entry_read(r, &item, depth + 1);
		if (item.key == NULL && node->kind == CONF_MAP)
			break;
		*items_grow(node) = item;
	}
	if (node->kind == CONF_MAP && !r->failed)
		map_check_keys(r, node);
}

static void
scalar_read(struct reader *r, struct conf_node *node)
{
	char *text;

	node->kind = CONF_SCALAR;
	node->quoted = r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	text = scalar_text(r);
	if (text[0] != '\0') {
		node->text = text;
		return;
	}
	free(text);			/* "" is never the node's own */
}

static bool
event_allowed(struct reader *r, int depth)
{
	const yaml_event_t *e = &r->event;
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (e->type == YAML_SCALAR_EVENT) {
		anchor = e->data.scalar.anchor;
		tag = e->data.scalar.tag;
	} else if (e->type == YAML_SEQUENCE_START_EVENT) {
		anchor = e->data.sequence_start.anchor;
		tag = e->data.sequence_start.tag;
	} else if (e->type == YAML_MAPPING_START_EVENT) {
		anchor = e->data.mapping_start.anchor;
		tag = e->data.mapping_start.tag;
	}
	if (e->type == YAML_ALIAS_EVENT || anchor != NULL)
		reader_fail(r, &e->start_mark, "anchors and aliases are not allowed here");
	else if (tag != NULL)
		reader_fail(r, &e->start_mark, "tags are not allowed here");
	else if (depth > CONF_DEPTH_MAX)
		reader_fail(r, &e->start_mark, "nested deeper than %d", CONF_DEPTH_MAX);
	else if (++r->doc->nodes > CONF_NODES_MAX)
		reader_fail(r, &e->start_mark, "more than %d values", CONF_NODES_MAX);
	return !r->failed;
}

/* Makes a node of the current event and what belongs to it. */
static void
node_read(struct reader *r, struct conf_node *node, int depth)
{
	node->file = r->doc->file;
	node->text = "";
	node->line = r->event.start_mark.line + 1;
	node->column = r->event.start_mark.column + 1;
	if (r->failed || !event_allowed(r, depth))
		return;
	switch (r->event.type) {
	case YAML_SCALAR_EVENT:
		scalar_read(r, node);
		break;
	case YAML_SEQUENCE_START_EVENT:
		node->kind = CONF_LIST;
		container_read(r, node, depth);
		break;
	case YAML_MAPPING_START_EVENT:
		node->kind = CONF_MAP;
		container_read(r, node, depth);
		break;
	default:
		reader_fail(r, &r->event.start_mark, "a value was expected here");
		break;
	}
}

static void
document_read(struct reader *r)
{
	struct conf_node *root = &r->doc->root;

	*root = (struct conf_node){ .kind = CONF_MAP, .file = r->doc->file,
	    .line = 1, .column = 1, .text = "" };
	reader_next(r);			/* the stream starts */
	if (reader_next(r) != YAML_DOCUMENT_START_EVENT)
		return;			/* an empty file, or a failure */
	reader_next(r);
	node_read(r, root, 1);
	if (r->failed)
		return;
	reader_next(r);			/* the document ends */
	if (reader_next(r) != YAML_STREAM_END_EVENT && !r->failed)
		reader_fail(r, &r->event.start_mark,
		    "a second document begins here; one is allowed");
}

/* libyaml gives no event but an empty scalar for a file of comments. */
static void
root_default(struct conf_node *root)
{
	if (root->kind != CONF_SCALAR || root->text[0] != '\0' || root->quoted)
		return;
	root->kind = CONF_MAP;
}

struct conf_doc *
conf_parse(const char *name, const char *text, size_t len,
    struct problems *problems)
{
	struct conf_doc *doc = xcalloc(1, sizeof(*doc));
	struct reader r = { .doc = doc, .problems = problems };

	doc->file = xstrdup(name);
	if (!yaml_parser_initialize(&r.parser)) {
		problem_add(problems, name, 0, 0, "out of memory");
		conf_free(doc);
		return NULL;
	}
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, len);
	document_read(&r);
	yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	if (r.failed) {
		conf_free(doc);
		return NULL;
	}
	root_default(&doc->root);
	return doc;
}

struct conf_doc *
conf_load(const char *file, struct problems *problems)
{
	struct conf_doc *doc;
	size_t len;
	char *text = file_read(file, CONF_FILE_MAX, &len, problems);

	if (text == NULL)
		return NULL;
	doc = conf_parse(file, text, len, problems);
	free(text);
	return doc;
}

const char *
conf_version(void)
{
	return yaml_get_version_string();
}

const struct conf_node *
conf_root(const struct conf_doc *doc)
{
	return &doc->root;
}

static void
node_fini(struct conf_node *node)
{
	struct conf_node *items = (struct conf_node *)node->items;
	size_t i;

	for (i = 0; i < node->count; i++)
		node_fini(&items[i]);
	free(items);
	free((char *)node->key);
	if (node->kind == CONF_SCALAR && node->text[0] != '\0')
		free((char *)node->text);
}

void
conf_free(struct conf_doc *doc)
{
	if (doc == NULL)
		return;
	node_fini(&doc->root);
	free(doc->file);
	free(doc);
}

const struct conf_node *
conf_get(const struct conf_node *map, const char *key)
{
	return map != NULL && map->kind == CONF_MAP ? map_find(map, key) : NULL;
}
