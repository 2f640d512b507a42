/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the contact counter. Bytes pass through layers of decoders into one
 * parser of a format; parsers recognise identifiers in their fields and tell
 * the census which of them belong to one person; the census counts distinct
 * ones in a tally and judges at the end. Decoders and formats are table rows.
 *
 * One body in flight holds at most 64 KiB beyond the decoders' windows: the
 * tally at its largest is 48.8 KiB and grows from a table of 2.5 KiB. Where a
 * spreadsheet keeps strings and rows, at most 29 KiB of them, the tally stays
 * at half that (workbook.h). A decoder's window is 32 KiB (deflate), 8 MiB
 * (Zstandard) or 16 MiB (brotli), its state beside it.
 */
#ifndef CLASSIFIERS_BODY_H
#define CLASSIFIERS_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classifiers/classifiers.h"

/* ---- limits ------------------------------------------------------------ */

/* Longest field looked at: a mail address has at most 254 bytes (RFC 5321). */
#define VALUE_MAX 320
/* Longest key or column title looked up. */
#define KEY_MAX 64
/* Bytes held back until format and encoding are recognised. */
#define SAMPLE_MAX 512
/* Identifiers of open records: the stack that nested records share. */
#define MARKS_MAX 64
/* A person with more identifiers than this is a list of people. */
#define PERSON_MAX 8
/* Formats inside formats: a form holds JSON which holds vCards. */
#define NEST_MAX 4
/* Encodings inside encodings ("gzip, gzip", UTF-16 inside gzip). */
#define LAYERS_MAX 3
/* Bytes of decoded output handed on at a time. */
#define PIECE_SIZE 16384
/* What decoders may put out beyond the ratio, once: a short body may shrink well. */
#define CREDIT_FLOOR ((int64_t)4 << 20)
/* Decoded bytes that each byte of a body may become; more is a bomb. */
#define CREDIT_RATIO 100
/* Shapes of records told apart; later ones share the last place. */
#define SHAPES_MAX 16

/* ---- tally: a keyed set that counts distinct marks ---------------------- */

enum kind { KIND_PHONE, KIND_EMAIL, KIND_HASH, KIND_CONTACT, KINDS };

struct tally {
	uint32_t *prints;	/* fingerprints; 0 = free slot */
	uint8_t *tags;		/* kind, contact flag, five more bits */
	uint32_t slots, used;
	unsigned step;		/* index into the table of sizes */
	unsigned level;		/* only one mark in 2^level is kept */
	uint32_t most;		/* slots it may grow to; 0: the largest table */
	uint32_t count[KINDS];	/* kept marks by kind */
	uint64_t more[KINDS];	/* distinct identifiers counted without their marks */
	uint32_t contacts;	/* kept marks that stand for a contact */
};

enum tally_answer { TALLY_NEW, TALLY_KNOWN, TALLY_SKIPPED };

/* Keyed mark of an identifier; its two low bits are the kind. */
uint64_t tally_mark(enum kind kind, const void *data, size_t len);
/* The same of a text with A to Z as a to z. */
uint64_t tally_mark_lower(enum kind kind, const char *text, size_t len);
/* The same of a number: a telephone's, or a sum of marks. */
uint64_t tally_mark_word(enum kind kind, uint64_t word);
/* Is a mark outside the sample? Most are where a body is large. */
static inline bool
tally_skips(const struct tally *tally, uint64_t mark)
{
	return ((uint32_t)(mark >> 32) & ((1u << tally->level) - 1)) != 0;
}

/* Remembers a mark; contact: it stands for a whole contact. */
enum tally_answer tally_add(struct tally *tally, uint64_t mark, bool contact);
/* Adds all marks of another; returns how many contacts both had. */
uint64_t tally_merge(struct tally *into, const struct tally *from);
/* How many contacts of the other one are here too; is that mark a contact's? */
uint64_t tally_common(const struct tally *tally, const struct tally *other);
bool tally_has_contact(const struct tally *tally, uint64_t mark);
/* Distinct marks of one kind. */
uint64_t tally_count(const struct tally *tally, enum kind kind);
/* Wipes and frees. */
void tally_fini(struct tally *tally);

/* ---- identify: is this text an identifier? ------------------------------- */

/* What the place says of the text. */
enum hint {
	HINT_NONE,		/* nothing: only unmistakable forms count */
	HINT_BOOK,		/* in a list of contacts: numbers without "+", digests */
	HINT_LIST,		/* an item of such a list: shortened digests too */
	HINT_NUMBER,		/* a field called "number": full numbers without "+" */
	HINT_PHONE,		/* a field for phone numbers: national ones too */
	HINT_EMAIL
};

/*
 * Recognises the whole text (surrounding blanks aside). region is the default
 * country of national numbers, "" none. Returns the kind and sets *mark, or -1.
 */
int identify(const char *text, size_t len, enum hint hint, const char *region,
    uint64_t *mark);

/* A place where an identifier stands in running text. */
struct span { size_t at, len; };
/* Finds the next mail address or "+" number at or after `from`; false: none. */
bool identify_next(const char *text, size_t len, size_t from, struct span *span);

/* ---- numbering: is this a number somebody can have? ------------------------ */

#define NUMBER_MIN 7		/* digits with country code; the shortest assigned */
#define NUMBER_MAX 15		/* ITU-T E.164 section 6.2.1 */

/* Digits with country code, without "+". */
bool numbering_plausible(const char *digits, size_t len);
/*
 * Writes a national number with its country code into out (NUMBER_MAX bytes).
 * Returns its length, or 0 where the region is unknown or the number cannot be.
 */
size_t numbering_international(const char *digits, size_t len, const char *region,
    char *out);

/* ---- lexicon: what keys and column titles mean ------------------------------ */

enum word {
	WORD_NONE, WORD_NAME, WORD_PHONE, WORD_EMAIL, WORD_NUMBER, WORD_HASH,
	WORD_BOOK, WORD_PARTY, WORD_TRADE, WORD_TYPE, WORD_SCHEMA
};

enum word lexicon_word(const char *text, size_t len);
/* The hint a field of that meaning gives. */
enum hint lexicon_hint(enum word word, bool book);

/* ---- census: who belongs together, and the judgement ------------------------ */

struct record_shape {
	uint32_t path;
	uint64_t marks;		/* identifiers in records of this shape */
};

struct census {
	struct tally tally;
	int64_t threshold;
	bool call;		/* the request is known to carry an address book */
	char region[4];
	enum format format;	/* the outermost recognised */
	unsigned depth;		/* parsers inside parsers now */
	uint64_t marks[MARKS_MAX];
	unsigned top;
	bool people;		/* each open mark is somebody's: a long list goes on */
	struct record_shape shapes[SHAPES_MAX];
	unsigned shape_count;
	uint64_t cards;		/* vCards and the like, with or without identifiers */
	uint64_t empty_cards;	/* among them without any identifier */
	uint64_t perhaps;	/* identifiers of people who may be counted already */
	uint64_t names;		/* distinct contacts that had a name */
	uint64_t records;	/* records with an identifier */
	uint64_t again;		/* among them met before, scaled up from the sample */
	uint64_t lines;		/* among them lines of plain text */
	uint64_t foreign;	/* lines of plain text that tell of something else */
	uint64_t known;		/* among them of a known address book format */
	uint64_t traffic;	/* records of calls, messages, orders */
	uint64_t singles;	/* records outside any list */
	uint64_t loose;		/* identifiers in no record */
	uint64_t seen, repeats;	/* identifiers; among them known from another record */
	uint64_t calm;		/* how many before repeats were common; 0: never */
	/*
	 * Bytes that decoders may still put out, of all pipes of this body: each
	 * byte fed brings CREDIT_RATIO, and only CREDIT_FLOOR can be saved up, so
	 * that neither the whole nor one piece makes more work than that.
	 */
	int64_t credit;
	bool gap;
	int unscanned;		/* enum unscanned, or -1 */
	bool trail;		/* a reader of JSON remembers what its records are like */
	/* Who may count marks of open lists when the stack is full; NULL: nobody. */
	struct json *reader;
};

/* A record, when it ends. */
struct person {
	unsigned base;		/* where its marks begin on the stack */
	uint32_t shape;
	bool name;		/* a name was there */
	bool known;		/* the format holds nothing but address books */
	bool card;		/* a vCard or its like */
	bool traffic;		/* it tells of a call, a message, an order */
	bool single;		/* it is no item of a list */
	bool book;		/* the place is called contacts */
	bool line;		/* it is a line of plain text */
};

/* Looks for identifiers in a field, several with separators; pushes their marks. */
void census_value(struct census *census, const char *text, size_t len,
    enum hint hint);
/* The same; signs: "@", "+" or ":" is known to stand in it. */
void census_value_signs(struct census *census, const char *text, size_t len,
    enum hint hint, bool signs);
void census_push(struct census *census, uint64_t mark);
/* Of a reader of JSON: counts the longest open list, so that it may go on. */
struct json;
void json_record_flush(struct json *json);
/* A record ended: counts it when it has identifiers; pops its marks. */
void census_person(struct census *census, const struct person *person);
/* The marks from person->base on are people each. */
void census_people(struct census *census, const struct person *person);
/* The marks from base on belong to nobody. */
void census_drop(struct census *census, unsigned base);
/* Adds what another one counted, whose records are all closed. */
void census_merge(struct census *into, const struct census *from);
/* The mark of a record with several identifiers, in whatever order. */
uint64_t census_sum(const uint64_t *marks, unsigned count);
/*
 * For a look before the end, on a copy whose tally is another's and only read:
 * what another one counted, of whose contacts `known` are here already.
 */
void census_add(struct census *copy, const struct census *from, uint64_t known);
void census_result(const struct census *census, struct body_result *result);

/* ---- formats ------------------------------------------------------------- */

enum field { FIELD_NONE, FIELD_ANY, FIELD_PHONE };

struct sample {			/* the beginning of a body or field */
	const char *text;
	size_t len;
	const char *media_type;	/* lower case without parameters, "" unknown */
	bool whole;		/* nothing follows */
	uint8_t field;		/* enum field: of one, not of a body or a part of one */
};

struct format_row {
	enum format format;
	const char *name;
	size_t size;		/* of the state; it begins with struct parser */
	bool (*sniff)(const struct sample *sample);
	void (*start)(void *state, const struct sample *sample);
	void (*feed)(void *state, const char *data, size_t len);
	void (*gap)(void *state);	/* bytes are missing here; NULL: no matter */
	void (*end)(void *state);	/* frees what the state holds */
};

struct parser {
	const struct format_row *row;
	struct census *census;
	unsigned base;		/* marks on the stack when it began */
	bool book;		/* began inside a field called contacts */
};

extern const struct format_row format_vcard, format_json, format_form,
    format_csv, format_list, format_text, format_mail, format_ldif, format_xml,
    format_multipart, format_wbxml, format_protobuf, format_zip;

/* The parser for what begins like this; NULL: no format of ours, or memory out. */
struct parser *parser_new(struct census *census, const struct sample *sample,
    bool book);
void parser_feed(struct parser *parser, const char *data, size_t len);
void parser_gap(struct parser *parser);
void parser_end(struct parser *parser);

/* ---- value: one field, perhaps with a format inside -------------------------- */

struct value {
	char text[VALUE_MAX];
	uint16_t len;
	bool overlong;
	bool lists;		/* its place is one for identifiers: a list of them fits */
	bool phone;		/* it is one for telephone numbers */
	struct parser *child;
};

/* Bytes that decide; nothing shorter than this holds a record with a number. */
#define NEST_SAMPLE 16

/* Can a field that begins so hold a format? */
static inline bool
value_may_nest(const char *text, size_t len)
{
	if (len < NEST_SAMPLE)
		return false;
	/* A name may begin with a B as well as "BEGIN:VCARD". */
	if ((text[0] | 0x20) == 'b')
		return (text[1] | 0x20) == 'e' && (text[4] | 0x20) == 'n';
	return text[0] == '{' || text[0] == '[' || text[0] == '%';
}

/* Forgets what was there; a format inside is ended. The first is all zero. */
void value_begin(struct value *value);
/* book: passed on to a format inside. */
void value_add(struct value *value, struct census *census, const char *data,
    size_t len, bool book);
/* True when text (len bytes of it) is a plain field to look at. */
bool value_end(struct value *value);

/* ---- decoders ---------------------------------------------------------------- */

/* Takes output. False: nothing more is wanted, the decoder may stop. */
typedef bool layer_out(void *to, const char *data, size_t len);

struct decoder_row {
	const char *names;	/* Content-Encoding tokens between blanks; "" none */
	bool (*sniff)(const uint8_t *data, size_t len);
	void *(*start)(void);
	/* Returns -1, or why it gave up (enum unscanned). */
	int (*feed)(void *state, const uint8_t *data, size_t len, layer_out *out,
	    void *to);
	int (*end)(void *state, layer_out *out, void *to);	/* frees */
};

/* The row for a Content-Encoding token; NULL: unknown. */
const struct decoder_row *decoder_by_name(const char *name, size_t len);
/* The row whose magic the first bytes show; NULL: none. */
const struct decoder_row *decoder_by_magic(const uint8_t *data, size_t len);
/*
 * The row for a coding without magic that the first bytes decode by: bare
 * deflate, brotli, base64, percent-encoding, quoted-printable. whole: they are
 * all there is. NULL: none.
 */
const struct decoder_row *decoder_by_trial(const uint8_t *data, size_t len, bool whole);
/*
 * A row for a coding of which these first bytes may be no more than the head, so
 * that nothing of the text comes out yet; one in sixty bodies of random bytes
 * looks so. NULL: none.
 */
const struct decoder_row *decoder_by_head(const uint8_t *data, size_t len);
/* Can these first bytes not be of that coding? */
bool decoder_refuses(const struct decoder_row *row, const uint8_t *data, size_t len);

/* Zstandard's version, and brotli's: 8, 12 and 12 bits. */
const char *zstd_version(void);
uint32_t brotli_version(void);

/* Rows of decode_text.c, decode_zstd.c, decode_brotli.c. */
extern const struct decoder_row decoder_base64, decoder_quoted, decoder_percent,
    decoder_wide[3], decoder_zstd, decoder_brotli;

/* ---- pipe: decoders, then a parser ---------------------------------------------- */

struct layer {
	const struct decoder_row *row;	/* what decodes the bytes here; NULL: nothing */
	void *state;
	struct pipe *pipe;
	unsigned index;		/* bytes here came out of that many decoders */
	uint8_t sample[SAMPLE_MAX];
	size_t held;		/* bytes held back in sample */
	bool settled;		/* what follows this layer is known */
};

struct pipe {
	struct census *census;
	char media_type[MEDIA_TYPE_MAX];
	char encoding[2 * ENCODING_MAX];	/* codings still to undo */
	bool book;		/* the place is called contacts */
	bool finished;		/* given up on: no more is looked at */
	bool guess;		/* a coding is tried of which nothing was seen yet */
	unsigned layers;
	struct layer layer[LAYERS_MAX + 1];
	struct parser *parser;
	uint64_t decoded;	/* bytes that were left to parse */
};

/* Pays for bytes that came out of a decoder. False: a bomb, look no further. */
bool census_pay(struct census *census, size_t len);

void pipe_begin(struct pipe *pipe, struct census *census, const char *media_type,
    const char *encoding, bool book);
void pipe_feed(struct pipe *pipe, const char *data, size_t len);
void pipe_gap(struct pipe *pipe);
/*
 * Counts what is held back to recognise encoding and format, as if nothing
 * followed, into a census of its own. False: nothing is held back.
 */
bool pipe_peek(const struct pipe *pipe, struct census *held);
/* Ends decoders and parser; the pipe may begin again. */
void pipe_end(struct pipe *pipe);

#endif
