/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML files that a person edits, as a tree with positions, and schema tables
 * that bind mappings to structs. The only file that knows libyaml: libcyaml
 * reports an unknown key at the mapping around it, and `bookgate check`
 * promises the key's own line and column.
 */
#ifndef CORE_CONF_H
#define CORE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/problem.h"

/* Bounds on hostile or mistaken files. */
#define CONF_FILE_MAX (4u << 20)
#define CONF_DEPTH_MAX 32
#define CONF_NODES_MAX 200000

enum conf_kind { CONF_SCALAR, CONF_LIST, CONF_MAP };

/*
 * One node. A list's items and a map's values hang on `items`; a map's value
 * has its key in `key`. Text and nodes belong to the document.
 */
struct conf_node {
	enum conf_kind kind;
	bool quoted;			/* scalar written in quotes: never null or number */
	const char *file;
	size_t line, column;		/* of the value, from 1 */
	const char *key;		/* in a map; NULL otherwise */
	size_t key_line, key_column;
	const char *text;		/* scalar; "" otherwise */
	const struct conf_node *items;	/* first item */
	size_t count;			/* items form an array of this length */
};

struct conf_doc;

/*
 * Reads one YAML document. Duplicate keys, aliases, several documents and
 * anything over the limits are problems. Returns NULL after a problem that
 * leaves no tree. An empty file is an empty map.
 */
struct conf_doc *conf_load(const char *file, struct problems *problems);
/* The same from memory; name stands in messages. */
struct conf_doc *conf_parse(const char *name, const char *text, size_t len,
    struct problems *problems);
const struct conf_node *conf_root(const struct conf_doc *doc);
void conf_free(struct conf_doc *doc);

/* The version of libyaml, "0.2.5". */
const char *conf_version(void);

/* The value under key in a map, or NULL. */
const struct conf_node *conf_get(const struct conf_node *map, const char *key);

/* Adds a problem at the node's position (or at its key's). */
void conf_problem(struct problems *problems, const struct conf_node *node,
    const char *format, ...) __attribute__((format(printf, 3, 4)));
void conf_key_problem(struct problems *problems, const struct conf_node *node,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* True for "key:", "~" and null written without quotes: as if it were absent. */
bool conf_is_null(const struct conf_node *node);

/* Parses "60s", "12h", "30d", "2w", "24m" (months of 30 days), "7y". */
bool conf_span_parse(const char *text, int64_t *seconds);

/*
 * Schema rows. conf_bind() walks a map: each key must be a row; its value is
 * checked and stored at base + offset; an unknown key is a problem that names
 * the nearest known key. Rows with `required` must be present.
 */
enum conf_type {
	CONF_TEXT,		/* const char *, owned by the document */
	CONF_BOOL,		/* bool: true/false/yes/no */
	CONF_INT,		/* int64_t within min..max */
	CONF_DAY,		/* day_t: YYYY-MM-DD */
	CONF_CHOICE,		/* int: index into choices */
	CONF_SPAN,		/* int64_t seconds: 30d, 24m (months of 30 d), 12h, 60s */
	CONF_NODE,		/* const struct conf_node *, looked into by the caller */
};

struct conf_field {
	const char *key;
	enum conf_type type;
	size_t offset;
	int64_t min, max;		/* CONF_INT; of CONF_SPAN, in seconds, min alone */
	const char *const *choices;	/* CONF_CHOICE, NULL-terminated */
	bool required;
	bool filled;			/* once written it must have a value, and no "" */
};

/* Fields end with a row whose key is NULL. True when no problem was added. */
bool conf_bind(const struct conf_node *map, const struct conf_field *fields,
    void *base, struct problems *problems);

#endif
