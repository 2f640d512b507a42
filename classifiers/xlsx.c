/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spreadsheets (ECMA-376 part 1, section 18): rows of cells that hold numbers,
 * text, or the place of their text in a table of shared strings, which mostly
 * stands after the sheets. Of a string only its mark and meaning is kept. Rows
 * become records when all parts were read; the first row may be titles.
 */
#include "classifiers/zip.h"

#include <stdlib.h>
#include <string.h>

/* Columns whose titles are remembered. */
#define COLUMNS_MAX 64
/* Longest tag looked at. */
#define TAG_MAX 128
/* Whole numbers a cell holds exactly (IEEE 754). */
#define NUMBER_LEAST 1e6
#define NUMBER_MOST 1e15

/*
 * A string: its mark with kind in the low bits, the flags, and for other text
 * the meaning it has as a title. The tally looks at none of the bits between.
 */
enum { FLAG_SURE = 1 << 2, FLAG_PHONE = 1 << 3, FLAG_TEXT = 1 << 4, FLAGS = 0x1c };
enum { WORD_SHIFT = 8 };
#define MARK_BITS (~(uint64_t)0xffffff)

/* A cell: how to read it, where it stands, and its value in the low 50 bits. */
enum cell_kind { CELL_SHARED, CELL_INLINE, CELL_NUMBER };
#define CELL_VALUE (((uint64_t)1 << 50) - 1)
#define CELL_COLUMN_SHIFT 50
#define CELL_KIND_SHIFT 60
#define CELL_ROW ((uint64_t)1 << 62)	/* the first of its row */
#define CELL_SHEET ((uint64_t)1 << 63)	/* the first of its sheet */

struct list { uint64_t *at; size_t count, size; };

struct xlsx {
	struct census *census;
	enum xlsx_part part;
	struct list cells, shared, inlined;
	bool in_tag, entity, phonetic;
	bool row, sheet;	/* the next cell begins one */
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

	if (xlsx != NULL)
		xlsx->census = census;
	return xlsx;
}

void
xlsx_begin(struct xlsx *xlsx, enum xlsx_part part)
{
	xlsx->part = part;
	xlsx->in_tag = xlsx->collect = xlsx->phonetic = false;
	xlsx->tag_len = xlsx->len = 0;
	xlsx->row = xlsx->sheet = true;
}

static void
list_add(struct xlsx *xlsx, struct list *list, uint64_t item, size_t most)
{
	size_t size = list->size ? list->size * 2 : 256;
	uint64_t *grown;

	if (list->count == list->size) {
		grown = list->size < most ?
		    realloc(list->at, size * sizeof(*grown)) : NULL;
		if (grown == NULL) {
			if (xlsx->census->unscanned < 0)
				xlsx->census->unscanned = UNSCANNED_LIMIT;
			return;
		}
		list->at = grown;
		list->size = size;
	}
	list->at[list->count++] = item;
}

/* ---- strings and cells ------------------------------------------------------------ */

static uint64_t
string_item(const struct xlsx *xlsx)
{
	const char *region = xlsx->census->region;
	uint64_t mark, item = 0;
	int kind;

	if (xlsx->len == 0 || xlsx->overlong)
		return xlsx->len ? FLAG_TEXT : 0;
	kind = identify(xlsx->text, xlsx->len, HINT_NONE, region, &mark);
	if (kind >= 0)
		return (mark & MARK_BITS) | FLAG_SURE | (uint64_t)kind;
	kind = identify(xlsx->text, xlsx->len, HINT_PHONE, region, &mark);
	if (kind >= 0)
		item = (mark & MARK_BITS) | FLAG_PHONE | (uint64_t)kind;
	return item | FLAG_TEXT |
	    (uint64_t)lexicon_word(xlsx->text, xlsx->len) << WORD_SHIFT;
}

static void
cell_add(struct xlsx *xlsx, enum cell_kind kind, uint64_t value)
{
	uint64_t cell = (value & CELL_VALUE) | (uint64_t)kind << CELL_KIND_SHIFT |
	    (uint64_t)xlsx->column << CELL_COLUMN_SHIFT;

	if (xlsx->row)
		cell |= CELL_ROW;
	if (xlsx->sheet)
		cell |= CELL_SHEET;
	xlsx->row = xlsx->sheet = false;
	list_add(xlsx, &xlsx->cells, cell, XLSX_CELLS_MAX);
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
	if (xlsx->kind == CELL_SHARED && number >= 0 && number < XLSX_STRINGS_MAX)
		cell_add(xlsx, CELL_SHARED, (uint64_t)number);
	else if (xlsx->kind == CELL_NUMBER && number >= NUMBER_LEAST &&
	    number < NUMBER_MOST && number - (double)(uint64_t)number == 0)
		cell_add(xlsx, CELL_NUMBER, (uint64_t)number);
}

static void
cell_text(struct xlsx *xlsx)
{
	uint64_t item = string_item(xlsx);

	if (item == 0 || xlsx->inlined.count == XLSX_STRINGS_MAX)
		return;
	list_add(xlsx, &xlsx->inlined, item, XLSX_STRINGS_MAX);
	cell_add(xlsx, CELL_INLINE, xlsx->inlined.count - 1);
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
		xlsx->row = true;
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
		list_add(xlsx, &xlsx->shared, string_item(xlsx), XLSX_STRINGS_MAX);
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

/* ---- rows ------------------------------------------------------- */

struct rows {
	struct xlsx *xlsx;
	struct person person;
	uint8_t words[COLUMNS_MAX];	/* enum word of the titles */
	bool titles, traffic;
	bool first;		/* the row that may be titles */
};

static uint64_t
cell_string(const struct xlsx *xlsx, uint64_t cell)
{
	const struct list *list = (cell >> CELL_KIND_SHIFT & 3) == CELL_SHARED ?
	    &xlsx->shared : &xlsx->inlined;
	uint64_t index = cell & CELL_VALUE;

	return index < list->count ? list->at[index] : 0;
}

static void
number_read(struct rows *rows, uint64_t value)
{
	struct census *census = rows->xlsx->census;
	char digits[24];
	size_t n = sizeof(digits);

	do {
		digits[--n] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	census_value(census, digits + n, sizeof(digits) - n, HINT_PHONE);
}

static void
cell_read(struct rows *rows, uint64_t cell)
{
	unsigned column = cell >> CELL_COLUMN_SHIFT & 1023;
	enum word word = column < COLUMNS_MAX ? (enum word)rows->words[column] :
	    WORD_NONE;
	bool phone = word == WORD_PHONE || word == WORD_NUMBER;
	uint64_t item;

	if ((cell >> CELL_KIND_SHIFT & 3) == CELL_NUMBER) {
		if (phone)
			number_read(rows, cell & CELL_VALUE);
		return;
	}
	item = cell_string(rows->xlsx, cell);
	if ((item & FLAG_SURE) || ((item & FLAG_PHONE) && phone))
		census_push(rows->xlsx->census, item & (MARK_BITS | 3));
	else if ((item & FLAG_TEXT) && (word == WORD_NAME || !rows->titles))
		rows->person.name = true;
}

/* The first row: are these titles? */
static void
title_read(struct rows *rows, uint64_t cell)
{
	unsigned column = cell >> CELL_COLUMN_SHIFT & 1023;
	uint64_t item;
	enum word word;

	if ((cell >> CELL_KIND_SHIFT & 3) == CELL_NUMBER || column >= COLUMNS_MAX)
		return;
	item = cell_string(rows->xlsx, cell);
	word = item & FLAG_TEXT ? (enum word)(item >> WORD_SHIFT & 0xff) : WORD_NONE;
	rows->words[column] = (uint8_t)word;
	rows->titles |= word != WORD_NONE;
	rows->traffic |= word == WORD_PARTY || word == WORD_TRADE;
}

static void
row_begin(struct rows *rows, uint64_t cell)
{
	struct census *census = rows->xlsx->census;

	census_person(census, &rows->person);
	rows->first = (cell & CELL_SHEET) != 0;
	if (rows->first) {
		memset(rows->words, 0, sizeof(rows->words));
		rows->titles = rows->traffic = false;
	}
	rows->person = (struct person){ .base = census->top, .shape = 1,
	    .traffic = rows->traffic };
}

static void
rows_count(struct xlsx *xlsx)
{
	struct rows rows = { .xlsx = xlsx,
	    .person = { .base = xlsx->census->top } };

	for (size_t i = 0; i < xlsx->cells.count; i++) {
		uint64_t cell = xlsx->cells.at[i];

		if (cell & CELL_ROW)
			row_begin(&rows, cell);
		if (rows.first)
			title_read(&rows, cell);
		cell_read(&rows, cell);
	}
	census_person(xlsx->census, &rows.person);
}

static void
list_free(struct list *list)
{
	if (list->at != NULL)
		explicit_bzero(list->at, list->size * sizeof(*list->at));
	free(list->at);
}

void
xlsx_end(struct xlsx *xlsx)
{
	rows_count(xlsx);
	list_free(&xlsx->cells);
	list_free(&xlsx->shared);
	list_free(&xlsx->inlined);
	explicit_bzero(xlsx, sizeof(*xlsx));
	free(xlsx);
}
