/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows become records. A row that names strings waits until these were read;
 * any other is counted when it ends. The first row of a sheet may be titles.
 */
#include "classifiers/workbook.h"

#include <string.h>

/* Strings of a block: how many marks stood before it, then four bits each. */
#define BLOCK_STRINGS 64
#define BLOCK_BYTES (2 + BLOCK_STRINGS / 2)
#define MARK_BYTES 5

/*
 * A waiting row: for each cell a byte, its low bits the token, above them how
 * many columns were left out, or COLUMN_TOLD and the column in a byte. Places
 * of strings mostly count up: the next one needs no more.
 */
enum token { TOKEN_NEXT, TOKEN_PLACE, TOKEN_TEXT, TOKEN_MARK, TOKEN_NUMBER,
	TOKEN_ROW_END, TOKEN_SHEET };
#define TOKEN_BITS 3
#define COLUMN_TOLD 31
#define CELL_BYTES_MAX 9

/* Bytes of a token's value. */
static const uint8_t token_bytes[] = {
	[TOKEN_NEXT] = 0, [TOKEN_PLACE] = 3, [TOKEN_TEXT] = 1,
	[TOKEN_MARK] = 1 + MARK_BYTES, [TOKEN_NUMBER] = 7,
	[TOKEN_ROW_END] = 0, [TOKEN_SHEET] = 0
};

void
workbook_init(struct workbook *book, struct census *census)
{
	memset(book, 0, sizeof(*book));
	book->census = census;
}

/*
 * The first page: from now on the tally may not grow beyond its share, and it
 * stays so, for growing later would hold both tables at once.
 */
static void
pages_open(struct workbook *book)
{
	struct tally *tally = &book->census->tally;
	bool large = tally->slots > HOLD_TALLY_SLOTS;

	if (book->pages.most > 0)
		return;
	book->pages.most = (large ? HOLD_PAGES_FEW : HOLD_PAGES) - HOLD_PAGES_SPARE;
	if (!large)
		tally->most = HOLD_TALLY_SLOTS;
}

/* ---- strings ------------------------------------------------------------ */

static bool
string_keep(struct workbook *book, uint64_t item)
{
	uint8_t block[BLOCK_BYTES] = { 0 }, class = item & 15, pair;
	uint64_t mark = item >> MARK_SHIFT;
	uint16_t before = (uint16_t)(book->marks.len / MARK_BYTES);
	uint32_t at = book->strings % BLOCK_STRINGS;
	size_t place = book->strings / BLOCK_STRINGS * BLOCK_BYTES + 2 + at / 2;

	memcpy(block, &before, sizeof(before));
	if (at == 0 && !tape_add(&book->blocks, &book->pages, block, sizeof(block)))
		return false;
	if (class >= CLASS_MAYBE &&
	    !tape_add(&book->marks, &book->pages, &mark, MARK_BYTES)) {
		if (at == 0)
			tape_cut(&book->blocks, &book->pages,
			    book->blocks.len - BLOCK_BYTES);
		return false;
	}
	tape_get(&book->blocks, place, &pair, 1);
	pair |= (uint8_t)(at & 1 ? class << CLASS_BITS : class);
	tape_set(&book->blocks, place, &pair, 1);
	return true;
}

void
workbook_string(struct workbook *book, uint64_t item)
{
	if (book->strings == STRINGS_MAX) {
		if (book->census->unscanned < 0)
			book->census->unscanned = UNSCANNED_LIMIT;
		return;
	}
	pages_open(book);
	book->classes[item & 15]++;
	if (book->large == NULL && string_keep(book, item))
		book->strings++;
	else if (book->large != NULL || large_begin(book))
		large_string(book, item);
}

static unsigned
block_class(const uint8_t *block, unsigned at)
{
	return block[2 + at / 2] >> (at & 1 ? CLASS_BITS : 0) & 15;
}

unsigned
workbook_class(const struct workbook *book, uint32_t place)
{
	size_t block = place / BLOCK_STRINGS * BLOCK_BYTES;
	unsigned at = place % BLOCK_STRINGS;
	uint8_t pair;

	tape_get(&book->blocks, block + 2 + at / 2, &pair, 1);
	return pair >> (at & 1 ? CLASS_BITS : 0) & 15;
}

void
workbook_drop(struct workbook *book, uint32_t before)
{
	tape_drop(&book->blocks, &book->pages,
	    before / BLOCK_STRINGS * BLOCK_BYTES);
}

/* The item of a string that was read, while all are kept. */
static uint64_t
workbook_item(const struct workbook *book, uint32_t place)
{
	uint8_t block[BLOCK_BYTES];
	uint64_t mark = 0;
	uint16_t before;
	unsigned at = place % BLOCK_STRINGS, class;
	size_t rank;

	if (place >= book->strings)
		return CLASS_EMPTY;
	tape_get(&book->blocks, place / BLOCK_STRINGS * BLOCK_BYTES, block,
	    sizeof(block));
	class = block_class(block, at);
	if (class < CLASS_MAYBE)
		return class;
	memcpy(&before, block, sizeof(before));
	rank = before;
	for (unsigned i = 0; i < at; i++)
		rank += block_class(block, i) >= CLASS_MAYBE;
	tape_get(&book->marks, rank * MARK_BYTES, &mark, MARK_BYTES);
	return mark << MARK_SHIFT | class;
}

/* ---- rows ------------------------------------------------------- */

bool
workbook_number(const struct census *census, uint64_t number, uint64_t *mark)
{
	char digits[24];
	size_t n = sizeof(digits);

	do {
		digits[--n] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	return identify(digits + n, sizeof(digits) - n, HINT_PHONE, census->region,
	    mark) >= 0;
}

static uint64_t
cell_item(const struct workbook *book, uint64_t cell)
{
	if (cell_kind(cell) == CELL_SHARED)
		return workbook_item(book, (uint32_t)(cell & CELL_VALUE));
	return inline_item(cell);
}

static void
cell_read(struct workbook *book, uint64_t cell, struct person *person)
{
	enum word word = (enum word)book->sheet.words[cell_column(cell)];
	bool phone = word == WORD_PHONE || word == WORD_NUMBER;
	uint64_t item, mark;
	unsigned class;

	if (cell_kind(cell) == CELL_NUMBER) {
		if (phone && workbook_number(book->census, cell & CELL_VALUE, &mark))
			census_push(book->census, mark);
		return;
	}
	item = cell_item(book, cell);
	class = item & 15;
	mark = item >> MARK_SHIFT << MARK_SHIFT;
	if (class >= CLASS_SURE)
		census_push(book->census, mark | (class - CLASS_SURE));
	else if (class == CLASS_MAYBE && phone)
		census_push(book->census, mark | KIND_PHONE);
	else if (class != CLASS_EMPTY && (word == WORD_NAME || !book->sheet.titles))
		person->name = true;
}

static void
title_read(struct workbook *book, uint64_t cell)
{
	struct sheet *sheet = &book->sheet;
	enum word word;

	if (cell_kind(cell) == CELL_NUMBER || cell_column(cell) == COLUMNS_MAX - 1)
		return;
	word = class_word(cell_item(book, cell) & 15);
	sheet->words[cell_column(cell)] = (uint8_t)word;
	sheet->titles |= word != WORD_NONE;
	sheet->traffic |= word == WORD_PARTY || word == WORD_TRADE;
}

static void
row_count(struct workbook *book, const uint64_t *cells, unsigned count, bool first)
{
	struct person person = { .base = book->census->top, .shape = 1 };

	if (first)
		memset(&book->sheet, 0, sizeof(book->sheet));
	person.traffic = book->sheet.traffic;
	book->sheet.known = true;
	for (unsigned i = 0; i < count; i++) {
		if (first)
			title_read(book, cells[i]);
		cell_read(book, cells[i], &person);
	}
	census_person(book->census, &person);
}

/* ---- rows that wait -------------------------------------------------------- */

static size_t
cell_write(uint8_t *to, uint64_t cell, unsigned expected, uint32_t *next)
{
	uint64_t value = cell & CELL_VALUE;
	enum token token = TOKEN_NUMBER;
	unsigned column = cell_column(cell);
	size_t n = 1;

	if (cell_kind(cell) == CELL_SHARED) {
		token = value == *next ? TOKEN_NEXT : TOKEN_PLACE;
		if (value >= *next)
			*next = (uint32_t)value + 1;
	} else if (cell_kind(cell) == CELL_INLINE) {
		token = (value & 15) < CLASS_MAYBE ? TOKEN_TEXT : TOKEN_MARK;
	}
	if (column < expected || column - expected >= COLUMN_TOLD) {
		to[n++] = (uint8_t)column;
		column = expected + COLUMN_TOLD;
	}
	to[0] = (uint8_t)(token | (column - expected) << TOKEN_BITS);
	for (unsigned i = 0; i < token_bytes[token]; i++)
		to[n++] = (uint8_t)(value >> (8 * i));
	return n;
}

/* The first row is written as it stands, or what its titles mean. */
static bool
row_wait(struct workbook *book, const uint64_t *cells, unsigned count, bool first)
{
	uint8_t row[ROW_CELLS_MAX * CELL_BYTES_MAX + 2];
	uint32_t next = book->next;
	unsigned expected = 0;
	size_t n = 0;

	if (first)
		row[n++] = TOKEN_SHEET;
	for (unsigned i = 0; i < count; i++) {
		n += cell_write(row + n, cells[i], expected, &next);
		expected = cell_column(cells[i]) + 1;
	}
	row[n++] = TOKEN_ROW_END;
	pages_open(book);
	if (!tape_add(&book->rows, &book->pages, row, n))
		return false;
	book->next = next;
	return true;
}

static uint64_t
cell_take(const struct tape *tape, size_t *at, uint8_t head, unsigned *column,
    uint32_t *next)
{
	static const enum cell_kind kinds[] = {
		CELL_SHARED, CELL_SHARED, CELL_INLINE, CELL_INLINE, CELL_NUMBER
	};
	enum token token = (enum token)(head & ((1 << TOKEN_BITS) - 1));
	uint8_t bytes[8] = { 0 };
	uint64_t value = 0;

	*column += head >> TOKEN_BITS;
	if (head >> TOKEN_BITS == COLUMN_TOLD) {
		tape_get(tape, (*at)++, bytes, 1);
		*column = bytes[0];
	}
	tape_get(tape, *at, bytes, token_bytes[token]);
	*at += token_bytes[token];
	for (unsigned i = token_bytes[token]; i-- > 0;)
		value = value << 8 | bytes[i];
	if (token == TOKEN_NEXT)
		value = *next;
	if (kinds[token] == CELL_SHARED && value >= *next)
		*next = (uint32_t)value + 1;
	return cell_make(kinds[token], (*column)++, value);
}

void
workbook_waiting(struct workbook *book, row_take *take)
{
	struct tape *tape = &book->rows;
	uint64_t cells[ROW_CELLS_MAX];
	unsigned count = 0, column = 0;
	uint32_t next = 0;
	bool first = false;
	uint8_t head;

	for (size_t at = 0; at < tape->len;) {
		tape_get(tape, at++, &head, 1);
		if (head == TOKEN_SHEET) {
			first = true;
		} else if (head != TOKEN_ROW_END) {
			cells[count++] = cell_take(tape, &at, head, &column, &next);
		} else {
			tape_drop(tape, &book->pages, at);
			take(book, cells, count, first);
			count = column = 0;
			first = false;
		}
	}
	tape_cut(tape, &book->pages, 0);
	book->next = 0;
}

/* What the titles of a sheet that was read so far mean, as a row that waits. */
static bool
titles_wait(struct workbook *book)
{
	uint64_t cells[ROW_CELLS_MAX];
	unsigned count = 0;

	for (unsigned i = 0; i < COLUMNS_MAX && count < ROW_CELLS_MAX; i++)
		if (book->sheet.words[i] != WORD_NONE)
			cells[count++] = cell_make(CELL_INLINE, i,
			    (uint64_t)CLASS_TEXT + book->sheet.words[i]);
	if (book->large != NULL)
		large_row(book, cells, count, true);
	else if (!row_wait(book, cells, count, true))
		return false;
	return true;
}

static void
row_later(struct workbook *book, const uint64_t *cells, unsigned count, bool first)
{
	bool titles = first || book->sheet.waits || titles_wait(book);

	book->sheet.waits = true;
	if (book->large == NULL && titles && row_wait(book, cells, count, first))
		return;
	if (book->large == NULL && !large_begin(book))
		return;
	if (!titles)
		titles_wait(book);
	large_row(book, cells, count, first);
}

static bool
row_names_strings(const uint64_t *cells, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (cell_kind(cells[i]) == CELL_SHARED)
			return true;
	return false;
}

void
workbook_row(struct workbook *book, const uint64_t *cells, unsigned count, bool first)
{
	bool whole = !row_names_strings(cells, count) ||
	    (book->strings_begun && book->large == NULL);

	if (first)
		memset(&book->sheet, 0, sizeof(book->sheet));
	if (whole && (first || book->sheet.known))
		row_count(book, cells, count, first);
	else
		row_later(book, cells, count, first);
}

/* ---- parts ------------------------------------------------------- */

static void
settle(struct workbook *book)
{
	if (book->large == NULL && book->rows.len > 0)
		workbook_waiting(book, row_count);
}

void
workbook_strings(struct workbook *book)
{
	book->strings_begun = true;
}

void
workbook_sheet(struct workbook *book)
{
	if (book->strings_begun)
		settle(book);
}

void
workbook_fini(struct workbook *book)
{
	settle(book);
	if (book->large != NULL)
		large_end(book);
	tape_cut(&book->rows, &book->pages, 0);
	tape_cut(&book->blocks, &book->pages, 0);
	tape_cut(&book->marks, &book->pages, 0);
	explicit_bzero(book, sizeof(*book));
}
