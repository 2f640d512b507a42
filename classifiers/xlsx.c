/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The XML of spreadsheets (ECMA-376 part 1, section 18): rows of cells that hold
 * numbers, text, or the place of their text in a table of shared strings, which
 * mostly stands after the sheets. What becomes of them is workbook.c's.
 */
#include "classifiers/workbook.h"
#include "classifiers/zip.h"

#include <stdlib.h>
#include <string.h>

/* Longest tag looked at. */
#define TAG_MAX 128
/* Whole numbers a cell holds exactly (IEEE 754). */
#define NUMBER_LEAST 1e6
#define NUMBER_MOST 1e15

struct xlsx {
	struct census *census;
	enum xlsx_part part;
	struct workbook book;
	uint64_t cells[ROW_CELLS_MAX];	/* of the open row */
	unsigned cell_count;
	bool in_tag, entity, phonetic;
	bool first;		/* no row of this sheet had a cell yet */
	enum cell_kind kind;	/* of the open cell */
	bool other;		/* the open cell is a truth value or an error */
	unsigned column;	/* of the open cell, from 0; next: one more */
	char tag[TAG_MAX];
	size_t tag_len;
	char text[VALUE_MAX];
	size_t len;
	bool overlong, collect;
};

enum xlsx_part
xlsx_part(const char *name)
{
	if (strcmp(name, "xl/sharedStrings.xml") == 0)
		return XLSX_STRINGS;
	if (strncmp(name, "xl/worksheets/sheet", 19) == 0)
		return XLSX_SHEET;
	return XLSX_NONE;
}

struct xlsx *
xlsx_new(struct census *census)
{
	struct xlsx *xlsx = calloc(1, sizeof(*xlsx));

	if (xlsx == NULL)
		return NULL;
	xlsx->census = census;
	workbook_init(&xlsx->book, census);
	return xlsx;
}

static void
row_end(struct xlsx *xlsx)
{
	if (xlsx->cell_count == 0)
		return;
	workbook_row(&xlsx->book, xlsx->cells, xlsx->cell_count, xlsx->first);
	xlsx->cell_count = 0;
	xlsx->first = false;
}

void
xlsx_begin(struct xlsx *xlsx, enum xlsx_part part)
{
	row_end(xlsx);
	if (part == XLSX_SHEET)
		workbook_sheet(&xlsx->book);
	else
		workbook_strings(&xlsx->book);
	xlsx->part = part;
	xlsx->in_tag = xlsx->collect = xlsx->phonetic = false;
	xlsx->tag_len = xlsx->len = 0;
	xlsx->first = true;
}

/* ---- strings and cells ------------------------------------------------------------ */

/* The mark's bits that the tally looks at, and the class. */
static uint64_t
string_item(const struct xlsx *xlsx)
{
	const char *region = xlsx->census->region;
	uint64_t mark;
	int kind;

	if (xlsx->len == 0 || xlsx->overlong)
		return xlsx->len ? CLASS_TEXT : CLASS_EMPTY;
	kind = identify(xlsx->text, xlsx->len, HINT_NONE, region, &mark);
	if (kind >= 0 && kind < KIND_CONTACT)
		return mark >> MARK_SHIFT << MARK_SHIFT |
		    (uint64_t)(CLASS_SURE + kind);
	kind = identify(xlsx->text, xlsx->len, HINT_PHONE, region, &mark);
	if (kind == KIND_PHONE)
		return mark >> MARK_SHIFT << MARK_SHIFT | CLASS_MAYBE;
	return CLASS_TEXT + (uint64_t)lexicon_word(xlsx->text, xlsx->len);
}

static void
cell_add(struct xlsx *xlsx, enum cell_kind kind, uint64_t value)
{
	if (xlsx->cell_count < ROW_CELLS_MAX)
		xlsx->cells[xlsx->cell_count++] = cell_make(kind, xlsx->column, value);
}

static void
cell_value(struct xlsx *xlsx)
{
	char text[32];
	double number;

	if (xlsx->len == 0 || xlsx->len >= sizeof(text) || xlsx->other)
		return;
	memcpy(text, xlsx->text, xlsx->len);
	text[xlsx->len] = '\0';
	number = strtod(text, NULL);
	if (xlsx->kind == CELL_SHARED && number >= 0 && number < STRINGS_MAX)
		cell_add(xlsx, CELL_SHARED, (uint64_t)number);
	else if (xlsx->kind == CELL_NUMBER && number >= NUMBER_LEAST &&
	    number < NUMBER_MOST && number - (double)(uint64_t)number == 0)
		cell_add(xlsx, CELL_NUMBER, (uint64_t)number);
}

static void
cell_text(struct xlsx *xlsx)
{
	uint64_t item = string_item(xlsx);

	if (item != CLASS_EMPTY)
		cell_add(xlsx, CELL_INLINE, inline_value(item));
}

/* ---- tags ------------------------------------------------------- */

/* The value of an attribute of the tag, NULL: it has none. */
static const char *
tag_attribute(const struct xlsx *xlsx, const char *name)
{
	const char *at = xlsx->tag;
	size_t n = strlen(name);

	while ((at = strchr(at, ' ')) != NULL) {
		at += strspn(at, " ");
		if (strncmp(at, name, n) == 0 && at[n] == '=' &&
		    (at[n + 1] == '"' || at[n + 1] == '\''))
			return at + n + 2;
	}
	return NULL;
}

/* "BC12": letters are the column, of 26 digits without zero. */
static unsigned
reference_column(const char *reference)
{
	unsigned column = 0;

	while (*reference >= 'A' && *reference <= 'Z' && column < 1024)
		column = column * 26 + (unsigned)(*reference++ - 'A') + 1;
	return column > 0 && column < 1024 ? column - 1 : 1023;
}

static void
cell_begin(struct xlsx *xlsx)
{
	const char *type = tag_attribute(xlsx, "t");
	const char *reference = tag_attribute(xlsx, "r");

	if (reference != NULL)
		xlsx->column = reference_column(reference);
	xlsx->kind = CELL_NUMBER;
	xlsx->other = false;
	if (type == NULL || *type == 'n')
		return;
	if (strncmp(type, "str", 3) == 0 || strncmp(type, "inlineStr", 9) == 0)
		xlsx->kind = CELL_INLINE;
	else if (*type == 's')
		xlsx->kind = CELL_SHARED;
	else
		xlsx->other = true;
}

static void
tag_open(struct xlsx *xlsx, const char *name)
{
	bool value = strcmp(name, "v") == 0, text = strcmp(name, "t") == 0;

	if (strcmp(name, "rPh") == 0)
		xlsx->phonetic = true;
	if (strcmp(name, "row") == 0) {
		row_end(xlsx);
		xlsx->column = 0;
	} else if (strcmp(name, "c") == 0 && xlsx->part == XLSX_SHEET) {
		cell_begin(xlsx);
	}
	/* Runs of one string ("rich text") are one text. */
	if (value || strcmp(name, "si") == 0 || strcmp(name, "is") == 0) {
		xlsx->len = 0;
		xlsx->overlong = false;
	}
	xlsx->collect = (value || text) && !xlsx->phonetic;
}

static void
tag_close(struct xlsx *xlsx, const char *name)
{
	bool sheet = xlsx->part == XLSX_SHEET;

	xlsx->collect = false;
	if (strcmp(name, "rPh") == 0)
		xlsx->phonetic = false;
	else if (strcmp(name, "si") == 0 && !sheet)
		workbook_string(&xlsx->book, string_item(xlsx));
	else if (strcmp(name, "c") == 0)
		xlsx->column = xlsx->column < 1023 ? xlsx->column + 1 : 1023;
	else if (sheet && strcmp(name, "v") == 0 && xlsx->kind != CELL_INLINE)
		cell_value(xlsx);
	else if (sheet && xlsx->kind == CELL_INLINE &&
	    (strcmp(name, "v") == 0 || strcmp(name, "is") == 0))
		cell_text(xlsx);
}

static void
tag_end(struct xlsx *xlsx)
{
	char name[16] = "";
	const char *at = xlsx->tag, *colon;
	bool closes, empty;
	size_t n;

	xlsx->tag[xlsx->tag_len] = '\0';
	empty = xlsx->tag_len > 0 && xlsx->tag[xlsx->tag_len - 1] == '/';
	closes = *at == '/';
	at += closes;
	n = strcspn(at, " \t\r\n/>");
	colon = memchr(at, ':', n);
	if (colon != NULL) {
		n -= (size_t)(colon + 1 - at);
		at = colon + 1;
	}
	if (n < sizeof(name))
		memcpy(name, at, n);
	if (!closes)
		tag_open(xlsx, name);
	if (closes || empty)
		tag_close(xlsx, name);
}

/* "&amp;" and the like: of the references only "+" is part of identifiers. */
static void
text_byte(struct xlsx *xlsx, char c)
{
	if (xlsx->len < sizeof(xlsx->text))
		xlsx->text[xlsx->len++] = c;
	else
		xlsx->overlong = true;
	if (c == ';' && xlsx->len >= 5 &&
	    memcmp(xlsx->text + xlsx->len - 5, "&#43;", 5) == 0) {
		xlsx->len -= 5;
		xlsx->text[xlsx->len++] = '+';
	}
}

void
xlsx_feed(struct xlsx *xlsx, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = data[i];

		if (c == '<') {
			xlsx->in_tag = true;
			xlsx->tag_len = 0;
		} else if (xlsx->in_tag && c == '>') {
			xlsx->in_tag = false;
			tag_end(xlsx);
		} else if (xlsx->in_tag) {
			if (xlsx->tag_len < TAG_MAX - 1)
				xlsx->tag[xlsx->tag_len++] = c;
		} else if (xlsx->collect) {
			text_byte(xlsx, c);
		}
	}
}

void
xlsx_end(struct xlsx *xlsx)
{
	row_end(xlsx);
	workbook_fini(&xlsx->book);
	explicit_bzero(xlsx, sizeof(*xlsx));
	free(xlsx);
}
