/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WBXML 1.3 (W3C note of 24 June 1999) as Exchange ActiveSync sends contacts:
 * MS-ASWBXML gives the code pages. An ApplicationData element is a record when
 * it holds elements of the Contacts page.
 */
#include "classifiers/body.h"

#include <string.h>

/* Deeper elements are counted, not remembered. */
#define DEPTH_MAX 32

enum {	/* global tokens, section 5.8.2 of the note */
	SWITCH_PAGE = 0x00, END = 0x01, ENTITY = 0x02, STR_I = 0x03, LITERAL = 0x04,
	PI = 0x43, STR_T = 0x83, OPAQUE = 0xc3
};
enum { TAG_CODE = 0x3f, TAG_CONTENT = 0x40 };
enum { PAGE_SYNC = 0, SYNC_DATA = 0x1d, PAGE_CONTACTS = 1 };

/* Elements of the Contacts page that hold an identifier or a name. */
static const uint8_t contact_words[TAG_CODE + 1] = {
	[0x07] = WORD_PHONE, [0x0c] = WORD_PHONE, [0x12] = WORD_PHONE,
	[0x13] = WORD_PHONE, [0x14] = WORD_PHONE, [0x1b] = WORD_EMAIL,
	[0x1c] = WORD_EMAIL, [0x1d] = WORD_EMAIL, [0x1e] = WORD_NAME,
	[0x1f] = WORD_NAME, [0x20] = WORD_PHONE, [0x26] = WORD_PHONE,
	[0x27] = WORD_PHONE, [0x29] = WORD_NAME, [0x2a] = WORD_NAME,
	[0x2b] = WORD_PHONE, [0x32] = WORD_PHONE, [0x33] = WORD_PHONE
};

enum place { IN_VERSION, IN_PUBLIC, IN_CHARSET, IN_TABLE, IN_TOKENS, IN_PAGE,
	IN_STRING, IN_NUMBER, IN_LENGTH, IN_SKIP, BROKEN };

struct wbxml {
	struct parser parser;
	uint8_t place;		/* enum place */
	uint8_t page;
	uint8_t words[DEPTH_MAX];	/* enum word of the open elements */
	unsigned depth;
	unsigned record;	/* depth of the open ApplicationData; 0 none */
	uint32_t number;	/* a length that is being read, or what is left */
	struct person person;
	struct value value;
};

static bool
wbxml_sniff(const struct sample *sample)
{
	return !sample->field && sample->len >= 4 &&
	    memcmp(sample->text, "\x03\x01\x6a\x00", 4) == 0;
}

static void
wbxml_start(void *state, const struct sample *sample)
{
	(void)state;
	(void)sample;
}

/* Sections of seven bits, the last without the high bit. True: complete. */
static bool
number_byte(struct wbxml *wbxml, uint8_t c)
{
	wbxml->number = wbxml->number << 7 | (c & 0x7f);
	return (c & 0x80) == 0;
}

static void
string_end(struct wbxml *wbxml)
{
	struct value *value = &wbxml->value;
	enum word word = WORD_NONE;

	wbxml->place = IN_TOKENS;
	if (wbxml->depth > 0 && wbxml->depth <= DEPTH_MAX)
		word = wbxml->words[wbxml->depth - 1];
	if (!value_end(value) || wbxml->record == 0)
		return;
	wbxml->person.name |= word == WORD_NAME;
	if (word == WORD_PHONE || word == WORD_EMAIL)
		census_value(wbxml->parser.census, value->text, value->len,
		    lexicon_hint(word, false));
}

static void
element_open(struct wbxml *wbxml, uint8_t token)
{
	uint8_t code = token & TAG_CODE;

	if (!(token & TAG_CONTENT))
		return;
	if (++wbxml->depth <= DEPTH_MAX)
		wbxml->words[wbxml->depth - 1] = wbxml->page == PAGE_CONTACTS ?
		    contact_words[code] : WORD_NONE;
	if (wbxml->page != PAGE_SYNC || code != SYNC_DATA || wbxml->record != 0)
		return;
	wbxml->record = wbxml->depth;
	wbxml->person = (struct person){ .base = wbxml->parser.census->top,
	    .shape = code, .known = true };
}

static void
element_close(struct wbxml *wbxml)
{
	if (wbxml->depth == 0)
		return;
	if (wbxml->depth == wbxml->record) {
		census_person(wbxml->parser.census, &wbxml->person);
		wbxml->record = 0;
	}
	wbxml->depth--;
}

/* ActiveSync uses no attributes, literals or instructions: they end the reading. */
static void
token_byte(struct wbxml *wbxml, uint8_t c)
{
	wbxml->number = 0;
	if (c == SWITCH_PAGE) {
		wbxml->place = IN_PAGE;
	} else if (c == END) {
		element_close(wbxml);
	} else if (c == STR_I) {
		value_begin(&wbxml->value);
		wbxml->place = IN_STRING;
	} else if (c == ENTITY || c == STR_T) {
		wbxml->place = IN_NUMBER;
	} else if (c == OPAQUE) {
		wbxml->place = IN_LENGTH;
	} else if (c == LITERAL || c == PI || c >= 0x80) {
		wbxml->place = BROKEN;
	} else {
		element_open(wbxml, c);
	}
}

static void
prologue_byte(struct wbxml *wbxml, uint8_t c)
{
	if (wbxml->place == IN_VERSION) {
		wbxml->place = IN_PUBLIC;
	} else if (number_byte(wbxml, c)) {
		wbxml->place++;
		/* The string table is stepped over. */
		if (wbxml->place == IN_TOKENS && wbxml->number > 0)
			wbxml->place = IN_SKIP;
		else
			wbxml->number = 0;
	}
}

static void
wbxml_byte(struct wbxml *wbxml, uint8_t c)
{
	switch ((enum place)wbxml->place) {
	case IN_VERSION: case IN_PUBLIC: case IN_CHARSET: case IN_TABLE:
		prologue_byte(wbxml, c);
		break;
	case IN_TOKENS:
		token_byte(wbxml, c);
		break;
	case IN_PAGE:
		wbxml->page = c;
		wbxml->place = IN_TOKENS;
		break;
	case IN_NUMBER:
		if (number_byte(wbxml, c))
			wbxml->place = IN_TOKENS;
		break;
	case IN_LENGTH:
		if (number_byte(wbxml, c))
			wbxml->place = wbxml->number > 0 ? IN_SKIP : IN_TOKENS;
		break;
	case IN_SKIP:
		if (--wbxml->number == 0)
			wbxml->place = IN_TOKENS;
		break;
	case IN_STRING: case BROKEN:
		break;
	}
}

static void
wbxml_feed(void *state, const char *data, size_t len)
{
	struct wbxml *wbxml = state;

	while (len > 0) {
		size_t run = 1;

		if (wbxml->place == IN_STRING) {
			const char *stop = memchr(data, '\0', len);

			run = stop ? (size_t)(stop - data) : len;
			value_add(&wbxml->value, wbxml->parser.census, data, run, false);
			if (stop != NULL) {
				string_end(wbxml);
				run++;
			}
		} else {
			wbxml_byte(wbxml, (uint8_t)*data);
		}
		data += run;
		len -= run;
	}
}

/* Tokens have no mark to find them by again. */
static void
wbxml_gap(void *state)
{
	struct wbxml *wbxml = state;

	value_end(&wbxml->value);
	wbxml->place = BROKEN;
}

static void
wbxml_end(void *state)
{
	struct wbxml *wbxml = state;

	value_end(&wbxml->value);
	if (wbxml->record != 0)
		census_person(wbxml->parser.census, &wbxml->person);
	explicit_bzero(wbxml->value.text, sizeof(wbxml->value.text));
}

const struct format_row format_wbxml = {
	FORMAT_WBXML, "wbxml", sizeof(struct wbxml), wbxml_sniff, wbxml_start,
	wbxml_feed, wbxml_gap, wbxml_end
};
