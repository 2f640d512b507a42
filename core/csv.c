/* SPDX-License-Identifier: Apache-2.0 */
#include "core/csv.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/mem.h"

/* A row with more cells than this belongs to no table of ours. */
#define CELLS_MAX 256

/* Unquoting only ever shortens, so cells are written over the text itself. */
struct reader {
	struct csv *csv;
	struct problems *problems;
	char *at, *end;
	size_t line, column;
	struct csv_cell cells[CELLS_MAX];
	size_t count;
};

static void
reader_step(struct reader *r)
{
	char c = *r->at++;

	if (c == '\n') {
		r->line++;
		r->column = 1;
	} else if ((c & 0xc0) != 0x80) {
		r->column++;
	}
}

static bool
reader_at_end_of_line(const struct reader *r)
{
	return r->at == r->end || *r->at == '\n' ||
	    (*r->at == '\r' && r->at + 1 < r->end && r->at[1] == '\n');
}

static void
reader_skip_line(struct reader *r)
{
	while (r->at < r->end && *r->at != '\n')
		reader_step(r);
	if (r->at < r->end)
		reader_step(r);
}

/* Copies the inside of a quoted cell; false when its quote never closes. */
static bool
quoted_copy(struct reader *r, char **out)
{
	reader_step(r);
	while (r->at < r->end) {
		if (*r->at == '"') {
			reader_step(r);
			if (r->at == r->end || *r->at != '"')
				return true;
		}
		*(*out)++ = *r->at;
		reader_step(r);
	}
	return false;
}

static bool
plain_copy(struct reader *r, char **out)
{
	while (!reader_at_end_of_line(r) && *r->at != ',') {
		if (*r->at == '"')
			return false;
		*(*out)++ = *r->at;
		reader_step(r);
	}
	return true;
}

/* Reads one cell (RFC 4180 section 2, rules 5 to 7) up to its delimiter. */
static bool
cell_read(struct reader *r, char **end)
{
	size_t line = r->line, column = r->column;
	char *start = r->at, *out = r->at;
	const char *wrong = NULL;

	if (r->at < r->end && *r->at == '"') {
		if (!quoted_copy(r, &out))
			wrong = "the quote that opens here never closes";
		else if (!reader_at_end_of_line(r) && *r->at != ',')
			wrong = "text follows the closing quote of this cell";
	} else if (!plain_copy(r, &out)) {
		wrong = "a quote inside a cell that does not begin with one";
	}
	if (wrong == NULL && r->count == CELLS_MAX)
		wrong = "too many cells in this row";
	if (wrong != NULL) {
		problem_add(r->problems, r->csv->file, line, column, "%s", wrong);
		return false;
	}
	r->cells[r->count++] = (struct csv_cell){ start, column };
	*end = out;
	return true;
}

/* Reads one row into r->cells; after a mistake goes on with the next line. */
static bool
row_read(struct reader *r)
{
	char *end;
	bool more = true;

	r->count = 0;
	while (more) {
		if (!cell_read(r, &end)) {
			reader_skip_line(r);
			return false;
		}
		more = r->at < r->end && *r->at == ',';
		if (more)
			reader_step(r);
		else
			reader_skip_line(r);
		*end = '\0';
	}
	return true;
}

static struct csv_row
row_keep(const struct reader *r, size_t line)
{
	struct csv_row row = { NULL, line };

	row.cells = xcalloc(r->count, sizeof(*row.cells));
	memcpy(row.cells, r->cells, r->count * sizeof(*row.cells));
	return row;
}

static void
row_add(struct reader *r, size_t line)
{
	struct csv *csv = r->csv;

	if (csv->columns == 0) {
		csv->header = row_keep(r, line);
		csv->columns = r->count;
		return;
	}
	if (r->count != csv->columns) {
		problem_add(r->problems, csv->file, line, 1,
		    "%zu cells in this row, but the header has %zu", r->count,
		    csv->columns);
		return;
	}
	/* Doubles at every power of two. */
	if ((csv->count & (csv->count - 1)) == 0)
		csv->rows = xrealloc(csv->rows, csv->count ? csv->count * 2 : 1,
		    sizeof(*csv->rows));
	csv->rows[csv->count++] = row_keep(r, line);
}

static void
rows_read(struct reader *r)
{
	size_t line;

	while (r->at < r->end) {
		if (*r->at == '#' || reader_at_end_of_line(r)) {
			reader_skip_line(r);
			continue;
		}
		line = r->line;
		if (row_read(r))
			row_add(r, line);
	}
}

static bool
text_check(const struct csv *csv, size_t len, struct problems *problems)
{
	const char *bad = utf8_bad(csv->text, len), *p;
	size_t line = 1;

	if (bad == NULL)
		return true;
	for (p = csv->text; p < bad; p++)
		line += *p == '\n';
	problem_add(problems, csv->file, line, 0, "not UTF-8 text");
	return false;
}

struct csv *
csv_parse(const char *name, const char *text, size_t len,
    struct problems *problems)
{
	struct csv *csv = xcalloc(1, sizeof(*csv));
	struct reader *r = xcalloc(1, sizeof(*r));
	size_t bom = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	csv->file = xstrdup(name);
	csv->text = xstrndup(text, len);
	r->csv = csv;
	r->problems = problems;
	r->at = csv->text + bom;
	r->end = csv->text + len;
	r->line = r->column = 1;
	if (!text_check(csv, len, problems))
		goto out;
	rows_read(r);
	if (csv->columns == 0)
		problem_add(problems, name, 0, 0, "has no header line");
out:
	free(r);
	if (csv->columns > 0)
		return csv;
	csv_free(csv);
	return NULL;
}

struct csv *
csv_load(const char *file, struct problems *problems)
{
	struct csv *csv;
	size_t len;
	char *text = file_read(file, CSV_FILE_MAX, &len, problems);

	if (text == NULL)
		return NULL;
	csv = csv_parse(file, text, len, problems);
	free(text);
	return csv;
}

void
csv_free(struct csv *csv)
{
	size_t i;

	if (csv == NULL)
		return;
	for (i = 0; i < csv->count; i++)
		free(csv->rows[i].cells);
	free(csv->rows);
	free(csv->header.cells);
	free(csv->text);
	free(csv->file);
	free(csv);
}

int
csv_column(const struct csv *csv, const char *name, struct problems *problems)
{
	size_t i;

	for (i = 0; i < csv->columns; i++) {
		if (strcmp(csv->header.cells[i].text, name) == 0)
			return (int)i;
	}
	problem_add(problems, csv->file, csv->header.line, 1,
	    "the header has no column '%s'", name);
	return -1;
}
