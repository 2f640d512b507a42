/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A workbook too large to remember. Of the table of strings one block in
 * 2^level is kept, at even distances and always the first, a byte a string:
 * before it is read the column whose cell named it first, and how many did;
 * then its class, and whether a cell has named it. Columns sum up what their
 * cells in kept blocks hold. Rows are counted by the columns they fill.
 */
#include "classifiers/workbook.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_SHIFT 6		/* 64 strings a block */
#define BLOCK_SIZE ((size_t)1 << BLOCK_SHIFT)
/* A string not yet read: slot and number of cells; one that was: class, and met. */
#define COUNT_BITS 3
#define COUNT_MAX ((1u << COUNT_BITS) - 1)
#define MET 0x10u

/* ---- kept strings ---------------------------------------------------------- */

static bool
kept_place(const struct large *large, uint32_t place, size_t *at)
{
	uint32_t block = place >> BLOCK_SHIFT;

	*at = ((size_t)(block >> large->level) << BLOCK_SHIFT) +
	    (place & (BLOCK_SIZE - 1));
	return (block & (((uint32_t)1 << large->level) - 1)) == 0;
}

/* Keeps every second block of those kept. */
static void
kept_thin(struct large *large, struct pages *pages)
{
	uint8_t block[BLOCK_SIZE];
	size_t to = 0;

	for (size_t at = 0; at < large->kept.len; at += 2 * BLOCK_SIZE) {
		tape_get(&large->kept, at, block, sizeof(block));
		tape_set(&large->kept, to, block, sizeof(block));
		to += BLOCK_SIZE;
	}
	tape_cut(&large->kept, pages, to);
	large->level++;
}

/* Where a string is kept. False: it is not. */
static bool
kept_find(struct workbook *book, uint32_t place, size_t *at)
{
	static const uint8_t empty[BLOCK_SIZE];
	struct large *large = book->large;

	if (place >= STRINGS_MAX)
		return false;
	while (kept_place(large, place, at)) {
		if (*at < large->kept.len)
			return true;
		if (tape_add(&large->kept, &book->pages, empty, sizeof(empty)))
			continue;
		if (large->kept.len <= BLOCK_SIZE)
			return false;
		kept_thin(large, &book->pages);
	}
	return false;
}

/* What a kept string stands for: the first block is there for itself. */
static uint32_t
kept_weight(const struct large *large, uint32_t place)
{
	return place < BLOCK_SIZE ? 1 : (uint32_t)1 << large->level;
}

/* ---- columns ------------------------------------------------------- */

static enum weigh
class_weigh(unsigned class)
{
	if (class >= CLASS_SURE)
		return (enum weigh)(WEIGH_PHONE + (class - CLASS_SURE));
	return class == CLASS_MAYBE ? WEIGH_MAYBE : WEIGH_OTHER;
}

static void
slot_weigh(struct slot *slot, unsigned class, uint32_t weight)
{
	slot->weight[class_weigh(class)] += weight;
	if (class != CLASS_EMPTY && class_weigh(class) == WEIGH_OTHER)
		slot->text += weight;
}

static unsigned
slot_of(struct large *large, uint64_t cell)
{
	uint8_t *slot = &large->columns[cell_column(cell)];

	if (*slot == 0) {
		if (large->slot_count < SLOTS_MAX)
			large->slots[large->slot_count++] = (struct slot){
				.title = NO_TITLE, .sheet = (uint8_t)large->sheets };
		*slot = (uint8_t)large->slot_count;
	}
	return *slot - 1u;
}

/* A cell that names a string. */
static void
slot_shared(struct workbook *book, unsigned own, uint32_t place)
{
	struct large *large = book->large;
	struct slot *slot = &large->slots[own];
	uint32_t weight;
	uint8_t byte;
	size_t at;

	if (!kept_find(book, place, &at))
		return;
	weight = kept_weight(large, place);
	tape_get(&large->kept, at, &byte, 1);
	if (place < book->strings) {
		slot_weigh(slot, byte & 15, weight);
		if (!(byte & MET))
			slot->distinct[class_weigh(byte & 15)] += weight;
		byte |= MET;
	} else if (byte == 0) {
		byte = (uint8_t)(own << COUNT_BITS | 1);
	} else if (byte >> COUNT_BITS != own) {
		slot->elsewhere += weight;
		slot->like = byte >> COUNT_BITS;
	} else if ((byte & COUNT_MAX) < COUNT_MAX) {
		byte++;
	}
	tape_set(&large->kept, at, &byte, 1);
}

/* Text inside the cell, or a number that may be a telephone number. */
static void
slot_own(struct workbook *book, struct slot *slot, uint64_t cell)
{
	struct tally *tally = &book->census->tally;
	uint64_t item = inline_item(cell), mark = item >> MARK_SHIFT << MARK_SHIFT;
	enum weigh weigh = class_weigh(item & 15);
	uint32_t weight = 1;

	if (cell_kind(cell) == CELL_NUMBER)
		weigh = workbook_number(book->census, cell & CELL_VALUE, &mark) ?
		    WEIGH_NUMBER : WEIGH_OTHER;
	slot->weight[weigh]++;
	if (weigh == WEIGH_OTHER) {
		slot->text += cell_kind(cell) == CELL_INLINE;
		return;
	}
	/* As a contact's: whether it is a telephone number is not known yet. */
	mark = (mark & ~(uint64_t)3) | KIND_CONTACT;
	if (tally_add(tally, mark, false) == TALLY_KNOWN)
		weight -= (uint32_t)1 << tally->level;
	slot->distinct[weigh] += weight;
	book->large->own[weigh] += weight;
}

/* ---- titles ------------------------------------------------------------- */

static void
word_keep(struct large *large, uint32_t place, enum word word)
{
	if (word == WORD_NONE)
		return;
	for (unsigned i = 0; i < large->slot_count; i++)
		if (large->slots[i].title == place)
			large->slots[i].word = (uint8_t)word;
	if (large->word_count < WORDS_MAX)
		large->words[large->word_count++] = place << 8 | (uint32_t)word;
}

static enum word
word_find(const struct large *large, uint32_t place)
{
	for (unsigned i = 0; i < large->word_count; i++)
		if (large->words[i] >> 8 == place)
			return (enum word)(large->words[i] & 0xff);
	return WORD_NONE;
}

static void
titles_row(struct large *large, const uint64_t *cells, unsigned count)
{
	uint32_t mask = 0;

	memset(large->columns, 0, sizeof(large->columns));
	for (unsigned i = 0; i < count; i++) {
		unsigned own = slot_of(large, cells[i]);
		struct slot *slot = &large->slots[own];

		mask |= (uint32_t)1 << own;
		if (cell_kind(cells[i]) == CELL_INLINE)
			slot->word = (uint8_t)class_word(inline_item(cells[i]) & 15);
		if (cell_kind(cells[i]) != CELL_SHARED)
			continue;
		slot->title = (uint32_t)(cells[i] & CELL_VALUE);
		slot->word = (uint8_t)word_find(large, slot->title);
	}
	large->first[large->sheets] = mask;
}

/* ---- rows ------------------------------------------------------- */

static unsigned
bits_of(uint32_t mask)
{
	unsigned count = 0;

	for (; mask != 0; mask &= mask - 1)
		count++;
	return count;
}

void
large_pattern(struct large *large, uint32_t mask, uint32_t rows)
{
	struct pattern *pattern = large->patterns;

	for (unsigned i = 0; i < large->pattern_count; i++)
		if (bits_of(large->patterns[i].mask ^ mask) < bits_of(pattern->mask ^ mask))
			pattern = &large->patterns[i];
	if (large->pattern_count < PATTERNS_MAX &&
	    (large->pattern_count == 0 || pattern->mask != mask)) {
		pattern = &large->patterns[large->pattern_count++];
		pattern->mask = mask;
	}
	pattern->rows += rows;
}

void
large_row(struct workbook *book, const uint64_t *cells, unsigned count, bool first)
{
	struct large *large = book->large;
	uint32_t mask = 0;

	if (first) {
		large->sheets += large->sheets < SHEETS_MAX - 1 && large->slot_count > 0;
		titles_row(large, cells, count);
		return;
	}
	for (unsigned i = 0; i < count; i++) {
		unsigned own = slot_of(large, cells[i]);

		mask |= (uint32_t)1 << own;
		large->slots[own].cells++;
		if (cell_kind(cells[i]) == CELL_SHARED)
			slot_shared(book, own, (uint32_t)(cells[i] & CELL_VALUE));
		else
			slot_own(book, &large->slots[own], cells[i]);
	}
	large_pattern(large, mask, 1);
}

/* ---- strings ------------------------------------------------------------ */

static void
string_read(struct workbook *book, uint32_t place, unsigned class)
{
	struct large *large = book->large;
	struct slot *slot;
	uint32_t weight;
	uint8_t byte;
	size_t at;

	word_keep(large, place, class_word(class));
	if (!kept_find(book, place, &at))
		return;
	weight = kept_weight(large, place);
	tape_get(&large->kept, at, &byte, 1);
	if (byte != 0) {
		slot = &large->slots[byte >> COUNT_BITS];
		slot_weigh(slot, class, weight * (byte & COUNT_MAX));
		slot->distinct[class_weigh(class)] += weight;
	}
	byte = (uint8_t)(class | (byte != 0 ? MET : 0));
	tape_set(&large->kept, at, &byte, 1);
}

void
large_string(struct workbook *book, uint64_t item)
{
	string_read(book, book->strings, item & 15);
	book->strings++;
}

/* ---- beginning and end ----------------------------------------------------- */

/*
 * The marks go first, then each block of strings as its bytes are made: a
 * string that was read counts when the rows that waited name it.
 */
static void
strings_take(struct workbook *book)
{
	tape_cut(&book->marks, &book->pages, 0);
	for (uint32_t place = 0; place < book->strings; place++) {
		unsigned class = workbook_class(book, place);

		if (place % BLOCK_SIZE == 0)
			workbook_drop(book, place);
		string_read(book, place, class);
	}
	tape_cut(&book->blocks, &book->pages, 0);
}

bool
large_begin(struct workbook *book)
{
	book->large = calloc(1, sizeof(*book->large));
	if (book->large == NULL) {
		if (book->census->unscanned < 0)
			book->census->unscanned = UNSCANNED_LIMIT;
		return false;
	}
	book->pages.most += HOLD_PAGES_SPARE - HOLD_PAGES_LARGE;
	strings_take(book);
	workbook_waiting(book, large_row);
	return true;
}

void
large_end(struct workbook *book)
{
	struct large *large = book->large;

	large_guess(book);
	tape_cut(&large->kept, &book->pages, 0);
	explicit_bzero(large, sizeof(*large));
	free(large);
	book->large = NULL;
}
