/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CSV (RFC 4180) as address books are exported: comma, semicolon, tab or bar,
 * with titles or without. Titles say what the columns hold; without them only
 * unmistakable identifiers count, and the columns they stand in are the shape.
 * One column is a table where its title says so, or where every line of it is a
 * digest, as advertisers take lists of customers; whose digests these are the
 * carrier must say then.
 */
#include "classifiers/body.h"

#include <string.h>
#include <strings.h>

#include "classifiers/identify.h"

#define COLUMNS_MAX 128		/* Outlook exports 92 columns */
/* Lines of digests that make a list without a title. */
#define DIGEST_LINES 3
/*
 * Sent as a table without a title, only SHA-256 in hexadecimal is taken for
 * people's: names of commits have forty digits, ids thirty-two.
 */
#define DIGEST_CHARS 64

struct csvbody {
	struct parser parser;
	char separator;
	bool titles_done, titles;
	bool known;		/* a column for numbers or addresses, none of trade */
	bool trade;
	bool digests;		/* one column of digests, without a title, */
	bool strangers;		/* and nothing says that people are meant */
	bool quoted, quote;	/* inside quotes; a quote came: its end or half of "" */
	bool begun;		/* this cell has a byte */
	bool lost;		/* bytes were lost in this row */
	bool cr;
	uint8_t words[COLUMNS_MAX];
	unsigned column, columns;
	uint32_t shape;		/* columns of this row that held identifiers */
	bool name, dated;
	unsigned base;
	struct value value;
};

/* How often a separator stands in the first line, outside quotes. */
static unsigned
separator_count(const char *text, size_t len, char separator)
{
	unsigned count = 0;
	bool quoted = false;

	for (size_t i = 0; i < len && (quoted || text[i] != '\n'); i++) {
		quoted ^= text[i] == '"';
		count += !quoted && text[i] == separator;
	}
	return count;
}

static char
separator_guess(const char *text, size_t len)
{
	static const char separators[] = ",;\t|";
	unsigned best = 0;
	char found = '\0';

	for (const char *s = separators; *s != '\0'; s++) {
		unsigned count = separator_count(text, len, *s);

		if (count > best) {
			best = count;
			found = *s;
		}
	}
	return found;
}

static bool
is_text(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((uint8_t)text[i] < ' ' && strchr("\t\r\n\f\v", text[i]) == NULL)
			return false;
	return memchr(text, '\0', len) == NULL;
}

/* The second line has as many separators as the first: a table. */
static bool
csv_regular(const char *text, size_t len, char separator)
{
	const char *next = memchr(text, '\n', len);
	size_t rest;

	if (next == NULL)
		return false;
	rest = len - (size_t)(++next - text);
	if (memchr(next, '\n', rest) == NULL)
		return false;
	return separator_count(text, len, separator) ==
	    separator_count(next, rest, separator);
}

/* ---- one column ------------------------------------------------------------------ */

/* Takes the next line off, without its end. False: it is not whole, or the last. */
static bool
line_next(const char **text, size_t *len, bool whole, struct span *line)
{
	const char *end = memchr(*text, '\n', *len);

	if (end == NULL && (!whole || *len == 0))
		return false;
	line->at = 0;
	line->len = end ? (size_t)(end - *text) : *len;
	*text += line->len + (end != NULL);
	*len -= line->len + (end != NULL);
	return true;
}

/* What "sha256_email" and "Mobile (MD5)" say beside the digest's name. */
static enum word
title_word(const char *text, size_t len)
{
	static const char *const digests[] = { "sha", "md5", "hashed", "hash" };
	char rest[KEY_MAX + 1];
	enum word word;

	for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]) && len <= KEY_MAX;
	    i++) {
		char *at;
		size_t n = strlen(digests[i]);

		memcpy(rest, text, len);
		rest[len] = '\0';
		/* "shared" is none of them. */
		if ((at = strcasestr(rest, digests[i])) == NULL || is_alpha(at[n]))
			continue;
		memmove(at, at + n, strlen(at + n) + 1);
		word = lexicon_word(rest, strlen(rest));
		if (word == WORD_PHONE || word == WORD_EMAIL || word == WORD_NUMBER)
			return WORD_HASH;
	}
	return lexicon_word(text, len);
}

/* What a column's title says of its cells; digests may be cut short there. */
static enum hint
title_hint(enum word word)
{
	return word == WORD_HASH ? HINT_LIST : lexicon_hint(word, false);
}

/* A title for numbers, addresses or digests of them, and one of these below it. */
static bool
column_titled(const struct sample *sample)
{
	const char *text = sample->text, *title = text, *below;
	size_t len = sample->len;
	struct span first, second = { 0, 0 };
	enum word word;
	uint64_t mark;

	if (!line_next(&text, &len, sample->whole, &first) || first.len > KEY_MAX)
		return false;
	below = text;
	if (!line_next(&text, &len, sample->whole, &second))
		return false;
	word = title_word(title, first.len);
	return (word == WORD_PHONE || word == WORD_EMAIL || word == WORD_HASH) &&
	    identify(below, second.len, title_hint(word), "", &mark) >= 0;
}

/* How many characters the digests have that every line is; 0: it is another list. */
static size_t
column_of_digests(const struct sample *sample)
{
	const char *text = sample->text, *line = text;
	size_t len = sample->len, lines = 0, chars = 0;
	struct span span;
	uint64_t mark;

	for (; line_next(&text, &len, sample->whole, &span); line = text, lines++) {
		if (span.len > 0 && line[span.len - 1] == '\r')
			span.len--;
		if ((lines > 0 && span.len != chars) ||
		    identify_digest(line, span.len, false, &mark) < 0)
			return 0;
		chars = span.len;
	}
	return lines >= DIGEST_LINES ? chars : 0;
}

static bool
type_is_table(const char *type)
{
	return strcmp(type, "text/csv") == 0 || strstr(type, "comma-separated") != NULL ||
	    strcmp(type, "text/tab-separated-values") == 0;
}

static bool
csv_sniff(const struct sample *sample)
{
	char separator;

	if (sample->field || !is_text(sample->text, sample->len))
		return false;
	if (type_is_table(sample->media_type))
		return true;
	separator = separator_guess(sample->text, sample->len);
	if (separator == '\0')
		return column_titled(sample) || column_of_digests(sample) > 0;
	return sample->text[0] != '#' &&
	    csv_regular(sample->text, sample->len, separator);
}

static void
row_begin(struct csvbody *csv)
{
	csv->column = 0;
	csv->shape = 2166136261u;
	csv->name = csv->dated = csv->lost = false;
	csv->quoted = csv->quote = csv->begun = false;
	csv->base = csv->parser.census->top;
	value_begin(&csv->value);
}

static void
csv_start(void *state, const struct sample *sample)
{
	struct csvbody *csv = state;
	size_t chars;

	csv->separator = separator_guess(sample->text, sample->len);
	if (csv->separator == '\0' && (chars = column_of_digests(sample)) > 0) {
		csv->titles_done = csv->digests = true;
		csv->words[0] = WORD_HASH;
		csv->strangers = !type_is_table(sample->media_type) ||
		    chars != DIGEST_CHARS;
	}
	row_begin(csv);
}

/* "2024-01-31", perhaps with a time: dated rows without titles are a log. */
static bool
cell_dated(const char *text, size_t len)
{
	static const char mould[] = "dddd-dd-dd";

	if (len < sizeof(mould) - 1)
		return false;
	for (size_t i = 0; i < sizeof(mould) - 1; i++)
		if (mould[i] == 'd' ? text[i] < '0' || text[i] > '9' :
		    text[i] != '-')
			return false;
	return true;
}

static void
title_end(struct csvbody *csv, const char *text, size_t len)
{
	enum word word = title_word(text, len);

	csv->words[csv->column] = (uint8_t)word;
	csv->titles |= word != WORD_NONE;
	/* "hashes" alone may be those of files. */
	csv->known |= word == WORD_PHONE || word == WORD_EMAIL ||
	    (word == WORD_HASH && lexicon_word(text, len) != WORD_HASH);
	csv->trade |= word == WORD_PARTY || word == WORD_TRADE;
}

/* Where advertisers want addresses, clients may put digests of them. */
static enum hint
cell_hint(const struct csvbody *csv, enum word word, const struct value *value)
{
	if (!csv->titles_done)
		return HINT_NONE;
	if (word == WORD_EMAIL && identify_digest_length(value->len))
		return HINT_BOOK;
	return title_hint(word);
}

static void
cell_end(struct csvbody *csv)
{
	struct census *census = csv->parser.census;
	struct value *value = &csv->value;
	unsigned column = csv->column < COLUMNS_MAX ? csv->column : COLUMNS_MAX - 1;
	enum word word = csv->words[column];
	unsigned top = census->top;

	if (value_end(value) && !csv->lost) {
		if (!csv->titles_done && csv->column < COLUMNS_MAX)
			title_end(csv, value->text, value->len);
		if (csv->titles)
			csv->name |= word == WORD_NAME;
		else
			csv->dated |= cell_dated(value->text, value->len);
		census_value(census, value->text, value->len,
		    cell_hint(csv, word, value));
	}
	if (census->top > top)
		csv->shape = (csv->shape ^ csv->column) * 16777619u;
	csv->column++;
	csv->quoted = csv->quote = csv->begun = false;
	value_begin(value);
}

/* A first row that holds identifiers is no row of titles. */
static void
titles_end(struct csvbody *csv)
{
	csv->titles_done = true;
	if (csv->parser.census->top > csv->base) {
		csv->titles = csv->known = csv->trade = false;
		memset(csv->words, 0, sizeof(csv->words));
	}
}

static void
row_end(struct csvbody *csv)
{
	struct census *census = csv->parser.census;
	struct person person = { .base = csv->base };

	if (csv->column == 0 && !csv->begun)
		return;
	cell_end(csv);
	if (!csv->titles_done)
		titles_end(csv);
	person.shape = csv->titles ? 0 : csv->shape;
	person.name = csv->name;
	person.known = csv->known && !csv->trade && census->top > csv->base;
	person.traffic = csv->trade || csv->dated;
	person.line = csv->digests;
	census->foreign += csv->digests && census->top == csv->base;
	if (csv->strangers && !census->call)
		census_drop(census, csv->base);
	/* One long line of numbers is a list of people. */
	if (census->top - csv->base > PERSON_MAX && !csv->titles)
		census_people(census, &person);
	else
		census_person(census, &person);
	row_begin(csv);
}

static void
csv_special(struct csvbody *csv, char c)
{
	if (c == '"') {
		if (csv->quoted) {
			csv->quoted = false;
			csv->quote = true;
		} else {
			/* The second of two quotes is one; others open a cell. */
			if (csv->quote)
				value_add(&csv->value, csv->parser.census, "\"", 1,
				    false);
			csv->quoted = csv->quote || !csv->begun;
			csv->quote = false;
		}
		csv->begun = true;
	} else if (csv->quoted) {
		value_add(&csv->value, csv->parser.census, &c, 1, false);
	} else if (c == '\n') {
		row_end(csv);
	} else if (c != '\r') {
		cell_end(csv);
		csv->begun = true;
	}
}

static void
csv_feed(void *state, const char *data, size_t len)
{
	struct csvbody *csv = state;

	while (len > 0) {
		size_t run = 0;

		while (run < len && data[run] != csv->separator &&
		    data[run] != '"' && data[run] != '\n' && data[run] != '\r')
			run++;
		if (run > 0) {
			value_add(&csv->value, csv->parser.census, data, run, false);
			csv->begun = true;
			csv->quote = false;
		}
		if (run < len)
			csv_special(csv, data[run++]);
		data += run;
		len -= run;
	}
}

static void
csv_gap(void *state)
{
	struct csvbody *csv = state;

	value_end(&csv->value);
	census_drop(csv->parser.census, csv->base);
	row_begin(csv);
	csv->lost = true;
}

static void
csv_end(void *state)
{
	struct csvbody *csv = state;

	row_end(csv);
	explicit_bzero(csv->value.text, sizeof(csv->value.text));
}

const struct format_row format_csv = {
	FORMAT_CSV, "csv", sizeof(struct csvbody), csv_sniff, csv_start,
	csv_feed, csv_gap, csv_end
};
