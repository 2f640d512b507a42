/* SPDX-License-Identifier: Apache-2.0 */
/*
 * numbering.csv: what telephone numbers look like, region by region. The
 * classifiers judge numbers by it and must not know of rules, so the rows are
 * handed down to them.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/csv.h"
#include "core/mem.h"
#include "rules/table.h"

/* ITU-T E.164 section 6.2.1: fifteen digits, country code included. */
#define E164_DIGITS_MAX 15

struct numbering {
	struct csv *csv;		/* owns the texts */
	struct numbering_row *rows;	/* sorted by code */
	size_t count;
};

/* The plan the classifiers hold now: a table reloaded must not take it away. */
static const struct numbering *numbering_current;

enum column { COLUMN_CODE, COLUMN_REGION, COLUMN_MIN, COLUMN_MAX, COLUMN_MOBILE,
	COLUMN_TRUNK, COLUMNS };

static const char *const column_names[COLUMNS] = {
	"code", "region", "min", "max", "mobile", "trunk"
};

struct loader {
	const struct csv *csv;
	struct problems *problems;
	int columns[COLUMNS];
};

static const struct csv_cell *
loader_cell(const struct loader *l, const struct csv_row *row,
    enum column column)
{
	return &row->cells[l->columns[column]];
}

static unsigned
number_read(const struct loader *l, const struct csv_row *row,
    enum column column, unsigned max)
{
	const struct csv_cell *cell = loader_cell(l, row, column);
	char *end;
	unsigned long value = strtoul(cell->text, &end, 10);

	if (!isdigit((unsigned char)cell->text[0]) || *end != '\0' ||
	    value == 0 || value > max) {
		problem_add(l->problems, l->csv->file, row->line, cell->column,
		    "'%s' is no number from 1 to %u", cell->text, max);
		return 1;
	}
	return (unsigned)value;
}

/* Digits, with '/' between alternatives where the column has several. */
static const char *
digits_read(const struct loader *l, const struct csv_row *row,
    enum column column, const char *also)
{
	const struct csv_cell *cell = loader_cell(l, row, column);

	if (cell->text[strspn(cell->text, also)] != '\0')
		problem_add(l->problems, l->csv->file, row->line, cell->column,
		    "'%s' has more than digits%s", cell->text,
		    strchr(also, '/') ? " and '/'" : "");
	return cell->text;
}

static void
region_read(const struct loader *l, const struct csv_row *row,
    char region[3])
{
	const struct csv_cell *cell = loader_cell(l, row, COLUMN_REGION);
	const char *text = cell->text;

	region[0] = '\0';
	if (text[0] == '\0')
		return;
	if (strlen(text) == 2 && isupper((unsigned char)text[0]) &&
	    isupper((unsigned char)text[1]))
		memcpy(region, text, 3);
	else
		problem_add(l->problems, l->csv->file, row->line, cell->column,
		    "'%s' is no region of two capital letters", text);
}

static void
row_read(const struct loader *l, const struct csv_row *row,
    struct numbering_row *out)
{
	unsigned code = number_read(l, row, COLUMN_CODE, 999);
	unsigned code_digits = code > 99 ? 3 : code > 9 ? 2 : 1;
	unsigned most = E164_DIGITS_MAX - code_digits;

	out->code = (uint16_t)code;
	out->min_digits = (uint8_t)number_read(l, row, COLUMN_MIN, most);
	out->max_digits = (uint8_t)number_read(l, row, COLUMN_MAX, most);
	out->mobile = digits_read(l, row, COLUMN_MOBILE, "0123456789/");
	out->trunk = digits_read(l, row, COLUMN_TRUNK, "0123456789");
	region_read(l, row, out->region);
	if (out->min_digits > out->max_digits)
		problem_add(l->problems, l->csv->file, row->line,
		    loader_cell(l, row, COLUMN_MIN)->column, "min is above max");
}

/* Stable, so that the first region of a shared code stays the main one. */
static void
rows_sort(struct numbering_row *rows, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct numbering_row row = rows[i];
		size_t at = i;

		for (; at > 0 && rows[at - 1].code > row.code; at--)
			rows[at] = rows[at - 1];
		rows[at] = row;
	}
}

bool
numbering_load(struct rules *rules, const char *folder,
    struct problems *problems)
{
	struct numbering *numbering = xcalloc(1, sizeof(*numbering));
	struct loader l = { .problems = problems };
	const size_t before = problems->count;
	char *path = rules_path(folder, "numbering.csv");

	rules->numbering = numbering;
	numbering->csv = csv_load(path, problems);
	l.csv = numbering->csv;
	free(path);
	if (numbering->csv == NULL)
		return false;
	for (size_t i = 0; i < COLUMNS; i++)
		l.columns[i] = csv_column(l.csv, column_names[i], problems);
	if (problems->count != before)
		return false;
	numbering->count = l.csv->count;
	numbering->rows = xcalloc(numbering->count + 1, sizeof(*numbering->rows));
	for (size_t i = 0; i < numbering->count; i++)
		row_read(&l, &l.csv->rows[i], &numbering->rows[i]);
	rows_sort(numbering->rows, numbering->count);
	if (problems->count != before)
		return false;
	contacts_numbering_set(numbering->rows, numbering->count);
	numbering_current = numbering;
	return true;
}

void
numbering_fini(struct rules *rules)
{
	struct numbering *numbering = rules->numbering;

	if (numbering == NULL)
		return;
	if (numbering_current == numbering) {
		contacts_numbering_set(NULL, 0);
		numbering_current = NULL;
	}
	free(numbering->rows);
	csv_free(numbering->csv);
	free(numbering);
	rules->numbering = NULL;
}
