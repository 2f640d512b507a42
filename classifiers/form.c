/* SPDX-License-Identifier: Apache-2.0 */
/*
 * application/x-www-form-urlencoded (WHATWG URL, section 5.1): names and
 * values, percent-encoded, often with JSON inside a value, sometimes encoded
 * twice.
 */
#include "classifiers/body.h"

#include <string.h>

#include "core/digits.h"

/* Identifiers in one form that are many people's. */
#define FLUSH_AT (2 * PERSON_MAX)

struct form {
	struct parser parser;
	bool in_value;
	uint8_t escape;		/* bytes of %XX so far: 0, 1 ('%') or 2 */
	int8_t high;		/* the first digit of %XX */
	uint8_t word;		/* enum word of the name */
	bool name;		/* a name field was filled */
	bool traffic, book;
	bool people;		/* more identifiers than one person has */
	char key[KEY_MAX];
	uint8_t key_len;
	struct value value;
};

static void
pair_begin(struct form *form)
{
	form->in_value = false;
	form->key_len = 0;
	form->escape = 0;
	form->word = WORD_NONE;
	value_begin(&form->value);
}

static void
form_add(struct form *form, const char *data, size_t len)
{
	if (form->in_value) {
		value_add(&form->value, form->parser.census, data, len,
		    form->word == WORD_BOOK || form->word == WORD_HASH ||
		    form->word == WORD_PHONE);
		return;
	}
	for (size_t i = 0; i < len && form->key_len < KEY_MAX; i++)
		form->key[form->key_len++] = data[i];
}

/* Before the shared stack is full, the identifiers of a long form are counted. */
static void
form_flush(struct form *form)
{
	struct census *census = form->parser.census;
	struct person person = {
		.base = form->parser.base, .name = form->name,
		.traffic = form->traffic, .book = form->book
	};

	if (census->top < person.base + FLUSH_AT)
		return;
	form->people = census->people = true;
	census_people(census, &person);
}

static void
pair_end(struct form *form)
{
	enum word word = form->word;
	struct value *value = &form->value;

	if (!value_end(value))
		return;
	form->name |= word == WORD_NAME;
	form->traffic |= word == WORD_PARTY || word == WORD_TRADE;
	form->book |= word == WORD_BOOK || word == WORD_HASH;
	census_value(form->parser.census, value->text, value->len,
	    lexicon_hint(word, false));
	form_flush(form);
}

/* One of the two digits of %XX. False: it is none, and is looked at again. */
static bool
escape_byte(struct form *form, char c)
{
	int digit = hex_digit(c);
	char byte;

	if (digit < 0) {
		form->escape = 0;
		form_add(form, "%", 1);
		return false;
	}
	if (form->escape++ == 1) {
		form->high = (int8_t)digit;
		return true;
	}
	form->escape = 0;
	byte = (char)(form->high << 4 | digit);
	form_add(form, &byte, 1);
	return true;
}

static void
form_byte(struct form *form, char c)
{
	switch (c) {
	case '%':
		form->escape = 1;
		break;
	case '+':
		form_add(form, " ", 1);
		break;
	case '&':
		pair_end(form);
		pair_begin(form);
		break;
	case '=':
		if (form->in_value) {
			form_add(form, &c, 1);
			break;
		}
		form->in_value = true;
		form->word = (uint8_t)lexicon_word(form->key, form->key_len);
		break;
	}
}

static void
form_feed(void *state, const char *data, size_t len)
{
	struct form *form = state;

	while (len > 0) {
		size_t run = 0;

		if (form->escape > 0) {
			if (escape_byte(form, *data)) {
				data++;
				len--;
			}
			continue;
		}
		while (run < len && data[run] != '%' && data[run] != '+' &&
		    data[run] != '&' && data[run] != '=')
			run++;
		if (run > 0)
			form_add(form, data, run);
		if (run < len)
			form_byte(form, data[run++]);
		data += run;
		len -= run;
	}
}

static bool
form_sniff_text(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && text[i] != '=')
		if (text[i] <= ' ' || strchr("<>\"'{}:;,/\\&", text[i++]) != NULL)
			return false;
	if (i == 0 || i >= len || i > KEY_MAX)
		return false;
	while (++i < len)
		if (text[i] <= ' ' || text[i] == '<' || text[i] == '"' ||
		    (uint8_t)text[i] >= 0x80)
			return false;
	return true;
}

/* A value that was encoded twice begins with an encoded "[" or "{". */
static bool
form_sniff_twice(const char *text, size_t len)
{
	return len >= 4 && text[0] == '%' && ((text[1] == '5' &&
	    (text[2] | 0x20) == 'b') || (text[1] == '7' && (text[2] | 0x20) == 'b'));
}

static bool
form_sniff(const struct sample *sample)
{
	if (sample->field)
		return form_sniff_twice(sample->text, sample->len);
	if (strcmp(sample->media_type, "application/x-www-form-urlencoded") == 0)
		return true;
	return form_sniff_text(sample->text, sample->len);
}

static void
form_start(void *state, const struct sample *sample)
{
	struct form *form = state;

	pair_begin(form);
	form->book = form->parser.book;
	if (sample->field) {
		form->in_value = true;
		form->word = form->book ? WORD_BOOK : WORD_NONE;
	}
}

static void
form_gap(void *state)
{
	struct form *form = state;

	form->escape = 0;
	value_end(&form->value);
	value_begin(&form->value);
	form->value.overlong = true;
}

static void
form_end(void *state)
{
	struct form *form = state;
	struct census *census = form->parser.census;
	struct person person = {
		.base = form->parser.base, .name = form->name, .single = true,
		.traffic = form->traffic, .book = form->book
	};

	pair_end(form);
	person.name = form->name;
	person.traffic = form->traffic;
	person.book = form->book;
	if (form->people || census->top - person.base > PERSON_MAX)
		census_people(census, &person);
	else
		census_person(census, &person);
	census->people = false;
	explicit_bzero(form->value.text, sizeof(form->value.text));
}

const struct format_row format_form = {
	FORMAT_FORM, "form", sizeof(struct form), form_sniff, form_start,
	form_feed, form_gap, form_end
};
