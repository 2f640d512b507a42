/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A workbook of a spreadsheet while its parts stream by (ECMA-376 part 1,
 * section 18). Cells mostly name a string by its place in one table of the
 * workbook, which comes before the sheets or after them. As long as all fits in
 * HOLD_PAGES, every string's mark and every waiting row is kept and contacts
 * are counted exactly (workbook.c). Beyond, what columns hold is learned from
 * blocks of strings at even distances, and rows are counted by which columns
 * they fill (workbook_large.c, workbook_guess.c).
 */
#ifndef CLASSIFIERS_WORKBOOK_H
#define CLASSIFIERS_WORKBOOK_H

#include "classifiers/body.h"

/* ---- limits ------------------------------------------------------------ */

/* Memory is taken in pieces of this size. */
#define HOLD_PAGE 1024
/*
 * Pages at most, and slots of the tally beside them. Where the tally is larger
 * already, for a body of this upload came before, the few pages.
 */
#define HOLD_PAGES 29
#define HOLD_PAGES_FEW 5
#define HOLD_TALLY_SLOTS 5120
/* Of them kept free as long as nothing is left out: struct large, and one. */
#define HOLD_PAGES_LARGE 4
#define HOLD_PAGES_SPARE 5
/* Cells of a row that are looked at, and columns told apart. */
#define ROW_CELLS_MAX 96
#define COLUMNS_MAX 128
/* Strings of a workbook: places beyond are none. */
#define STRINGS_MAX (UINT32_C(1) << 24)

/* ---- cells ------------------------------------------------------- */

/* How to read a cell, where it stands, and its value in the low 50 bits. */
enum cell_kind { CELL_SHARED, CELL_INLINE, CELL_NUMBER };
#define CELL_VALUE (((uint64_t)1 << 50) - 1)
#define CELL_COLUMN_SHIFT 50
#define CELL_KIND_SHIFT 60

static inline uint64_t
cell_make(enum cell_kind kind, unsigned column, uint64_t value)
{
	return (value & CELL_VALUE) | (uint64_t)kind << CELL_KIND_SHIFT |
	    (uint64_t)(column < COLUMNS_MAX ? column : COLUMNS_MAX - 1) <<
	    CELL_COLUMN_SHIFT;
}

static inline enum cell_kind
cell_kind(uint64_t cell)
{
	return (enum cell_kind)(cell >> CELL_KIND_SHIFT);
}

static inline unsigned
cell_column(uint64_t cell)
{
	return cell >> CELL_COLUMN_SHIFT & (COLUMNS_MAX - 1);
}

/* ---- strings ------------------------------------------------------------ */

/*
 * What a string is, in four bits: text with its meaning as a title (enum word,
 * at most 9), a telephone number where the column says so, or an identifier
 * anywhere (enum kind, at most 2). An item is that, and above it the 40 bits
 * of the mark that the tally looks at.
 */
enum string_class { CLASS_EMPTY, CLASS_TEXT, CLASS_MAYBE = 11, CLASS_SURE, CLASSES = 15 };
#define CLASS_BITS 4
#define MARK_SHIFT 24

static inline enum word
class_word(unsigned class)
{
	return class >= CLASS_TEXT && class < CLASS_MAYBE ?
	    (enum word)(class - CLASS_TEXT) : WORD_NONE;
}

/* The item of a cell with its text inside. */
static inline uint64_t
inline_item(uint64_t cell)
{
	uint64_t value = cell & CELL_VALUE;

	return value >> CLASS_BITS << MARK_SHIFT | (value & 15);
}

static inline uint64_t
inline_value(uint64_t item)
{
	return item >> MARK_SHIFT << CLASS_BITS | (item & 15);
}

/* ---- bytes in pages: workbook_tape.c ------------------------------------------ */

struct pages { unsigned used, most; };

struct tape {
	uint8_t *page[HOLD_PAGES];
	size_t len;		/* with what was given back */
};

/* Appends all or nothing. False: no page is left, or memory is out. */
bool tape_add(struct tape *tape, struct pages *pages, const void *data, size_t len);
void tape_get(const struct tape *tape, size_t at, void *data, size_t len);
void tape_set(struct tape *tape, size_t at, const void *data, size_t len);
/* Wipes and gives back the pages before a place, and those behind the first len bytes. */
void tape_drop(struct tape *tape, struct pages *pages, size_t before);
void tape_cut(struct tape *tape, struct pages *pages, size_t len);

/* ---- workbook: workbook.c ---------------------------------------------------------- */

struct sheet {
	uint8_t words[COLUMNS_MAX];	/* enum word of the titles */
	bool titles, traffic;
	bool known;		/* the first row was read: what is above holds */
	bool waits;		/* it stands among the rows that wait */
};

struct workbook {
	struct census *census;
	struct pages pages;
	struct tape rows;	/* that wait for their strings */
	uint32_t next;		/* largest place that these name, and one */
	struct tape blocks, marks;	/* of strings, and of those with a mark */
	uint32_t strings;	/* read so far */
	uint32_t classes[CLASSES];	/* of them by class */
	bool strings_begun;
	struct sheet sheet;	/* being read */
	struct large *large;	/* NULL: nothing is left out */
};

void workbook_init(struct workbook *book, struct census *census);
/* A part begins: the table of strings, or a sheet; rows that waited are counted. */
void workbook_strings(struct workbook *book);
void workbook_sheet(struct workbook *book);
void workbook_string(struct workbook *book, uint64_t item);
/* At most ROW_CELLS_MAX cells; first: of its sheet. */
void workbook_row(struct workbook *book, const uint64_t *cells, unsigned count,
    bool first);
/* Its class alone, which is known without its mark; blocks before it go. */
unsigned workbook_class(const struct workbook *book, uint32_t place);
void workbook_drop(struct workbook *book, uint32_t before);
typedef void row_take(struct workbook *book, const uint64_t *cells, unsigned count,
    bool first);
/* Gives the rows that wait to a taker, and their pages back as they are read. */
void workbook_waiting(struct workbook *book, row_take *take);
/* Counts what waits; wipes and frees. */
void workbook_fini(struct workbook *book);
/* The identifier of a number in a column of telephone numbers; false: it is none. */
bool workbook_number(const struct census *census, uint64_t number, uint64_t *mark);

/* ---- what is left out is estimated: workbook_large.c, workbook_guess.c ------------- */

/* Columns that are told apart; those after them share the last place. */
#define SLOTS_MAX 32
/* Combinations of columns; further ones count as the nearest. */
#define PATTERNS_MAX 64
/* Sheets whose titles are told apart. */
#define SHEETS_MAX 8
/* Possible titles that are remembered though their block is not. */
#define WORDS_MAX 64
#define NO_TITLE UINT32_MAX

/* What a column holds, in sampled cells weighted by what each stands for. */
enum weigh { WEIGH_OTHER, WEIGH_MAYBE, WEIGH_NUMBER, WEIGH_PHONE, WEIGH_EMAIL,
	WEIGH_HASH, WEIGHS };

struct slot {
	uint32_t title;		/* place of the string that is its title */
	uint8_t sheet, word;
	uint8_t like;		/* the column whose strings it has, too */
	uint32_t cells;
	uint32_t weight[WEIGHS];
	uint32_t text;		/* among the others: text, not nothing */
	uint32_t distinct[WEIGHS];	/* of strings at the first cell with them */
	uint32_t elsewhere;	/* weight of cells whose strings `like` had first */
};

struct large {
	unsigned level;		/* one block of strings in 2^level is kept */
	struct tape kept;	/* a byte a string */
	uint8_t columns[COLUMNS_MAX];	/* slot of a column of this sheet, and one */
	struct slot slots[SLOTS_MAX];
	unsigned slot_count;
	struct pattern { uint32_t mask, rows; } patterns[PATTERNS_MAX];
	unsigned pattern_count;
	uint32_t first[SHEETS_MAX];	/* columns filled in a first row */
	unsigned sheets;
	uint32_t own[WEIGHS];	/* distinct ones that stood in cells themselves */
	uint32_t words[WORDS_MAX];	/* a place, and in the low byte the word */
	unsigned word_count;
};

_Static_assert(sizeof(struct large) <= HOLD_PAGES_LARGE * HOLD_PAGE,
    "what columns hold fits in the pages that are kept free for it");

/* Takes over what the workbook keeps. False: memory is out. */
bool large_begin(struct workbook *book);
void large_string(struct workbook *book, uint64_t item);
void large_row(struct workbook *book, const uint64_t *cells, unsigned count,
    bool first);
void large_pattern(struct large *large, uint32_t mask, uint32_t rows);
/* Adds the estimate to the census; wipes and frees. */
void large_end(struct workbook *book);
void large_guess(struct workbook *book);

#endif
