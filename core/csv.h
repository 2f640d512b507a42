/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables that a person edits: RFC 4180 with '#' comment lines and a header
 * line. Whole file in memory; positions kept for messages.
 */
#ifndef CORE_CSV_H
#define CORE_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "core/problem.h"

/* A rule table larger than this is a mistake, not a rule table. */
#define CSV_FILE_MAX (8u << 20)

struct csv_cell {
	const char *text;	/* NUL-terminated, unquoted */
	size_t column;		/* where it starts in its line, from 1 */
};

struct csv_row {
	struct csv_cell *cells;	/* as many as the header has */
	size_t line;		/* from 1 */
};

struct csv {
	char *file;
	char *text;		/* owns every cell's text */
	struct csv_row header;
	struct csv_row *rows;
	size_t columns, count;
};

/*
 * Loads a table. Rows with too few or too many cells are reported and left
 * out. Returns NULL (with a problem added) when the file cannot be read or
 * has no header. The caller frees with csv_free().
 */
struct csv *csv_load(const char *file, struct problems *problems);
/* The same from memory; name stands in messages. */
struct csv *csv_parse(const char *name, const char *text, size_t len,
    struct problems *problems);
void csv_free(struct csv *csv);

/*
 * The index of a header's column; reports and returns -1 when it is missing.
 */
int csv_column(const struct csv *csv, const char *name,
    struct problems *problems);

#endif
