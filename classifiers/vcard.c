/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vCard 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350): content lines, folded, with
 * groups and parameters. Only lines that can hold an identifier or a name are
 * looked at; photographs go by at memchr's speed. Lines outside cards are
 * ignored, so that cards are found in a report's CDATA as well.
 */
#include "classifiers/body.h"

#include <string.h>
#include <strings.h>

#include "core/digits.h"

/* Longest name with group and parameters; a longer line is ignored. */
#define HEAD_MAX 200
/* vCard 2.1 lets a card hold the card of an agent, and so on. */
#define CARDS_MAX 4

enum property { PROPERTY_NONE, PROPERTY_BEGIN, PROPERTY_END, PROPERTY_PHONE,
	PROPERTY_EMAIL, PROPERTY_NAME, PROPERTY_KIND };

struct property_row { const char *name; enum property property; };

static const struct property_row properties[] = {
	{ "BEGIN", PROPERTY_BEGIN }, { "END", PROPERTY_END },
	{ "TEL", PROPERTY_PHONE }, { "EMAIL", PROPERTY_EMAIL },
	{ "FN", PROPERTY_NAME }, { "N", PROPERTY_NAME },
	{ "KIND", PROPERTY_KIND }, { "X-ADDRESSBOOKSERVER-KIND", PROPERTY_KIND },
};

enum place { AT_HEAD, AT_VALUE, AT_SKIP };

struct vcard {
	struct parser parser;
	enum place place;
	bool line_end;		/* a newline came: the next byte may fold */
	bool quoted;		/* inside quotes of a parameter */
	char last;		/* of the value so far */
	bool encoded;		/* quoted-printable */
	bool lost;		/* bytes were lost inside this line */
	enum property property;
	char head[HEAD_MAX];
	char text[VALUE_MAX];
	uint16_t head_len, len;
	bool overlong;
	unsigned cards;		/* open ones */
	struct person open[CARDS_MAX];
	bool group[CARDS_MAX];	/* a list of cards, no person */
};

static bool
vcard_sniff(const struct sample *sample)
{
	const char *text = sample->text;
	size_t len = sample->len;

	while (len > 0 && (*text == ' ' || *text == '\r' || *text == '\n' ||
	    *text == '\t')) {
		text++;
		len--;
	}
	return len >= 11 && strncasecmp(text, "BEGIN:VCARD", 11) == 0;
}

static void
line_reset(struct vcard *card)
{
	card->place = AT_HEAD;
	card->quoted = card->encoded = card->overlong = card->lost = false;
	card->head_len = card->len = 0;
	card->property = PROPERTY_NONE;
	card->last = '\0';
}

/* The name between group and parameters: "item1.TEL;type=CELL". */
static enum property
line_property(const struct vcard *card)
{
	const char *name = card->head;
	const char *stop = memchr(name, ';', card->head_len);
	size_t len = stop ? (size_t)(stop - name) : card->head_len, i;
	const char *dot;

	while (len > 0 && (*name == ' ' || *name == '\t')) {
		name++;
		len--;
	}
	dot = memrchr(name, '.', len);
	if (dot != NULL) {
		len -= (size_t)(dot + 1 - name);
		name = dot + 1;
	}
	for (i = 0; i < sizeof(properties) / sizeof(properties[0]); i++)
		if (strlen(properties[i].name) == len &&
		    strncasecmp(name, properties[i].name, len) == 0)
			return properties[i].property;
	return PROPERTY_NONE;
}

static void
line_value_begin(struct vcard *card)
{
	static const char encoding[] = "QUOTED-PRINTABLE";
	size_t i;

	card->property = line_property(card);
	for (i = 0; i + sizeof(encoding) - 1 <= card->head_len; i++)
		if (strncasecmp(card->head + i, encoding, sizeof(encoding) - 1) == 0)
			card->encoded = true;
	card->place = card->property == PROPERTY_NONE && !card->encoded ?
	    AT_SKIP : AT_VALUE;
}

/* RFC 2045 section 6.7, in place. */
static void
line_decode(struct vcard *card)
{
	size_t from, to = 0;

	for (from = 0; from < card->len; from++) {
		char c = card->text[from];

		if (c == '=' && from + 2 < card->len &&
		    hex_digit(card->text[from + 1]) >= 0 &&
		    hex_digit(card->text[from + 2]) >= 0) {
			c = (char)(hex_digit(card->text[from + 1]) << 4 |
			    hex_digit(card->text[from + 2]));
			from += 2;
		}
		card->text[to++] = c;
	}
	card->len = (uint16_t)to;
}

static bool
text_is(const struct vcard *card, const char *word)
{
	size_t len = card->len, n = strlen(word);

	while (len > 0 && (card->text[len - 1] == ' ' || card->text[len - 1] == '\t'))
		len--;
	return len == n && strncasecmp(card->text, word, n) == 0;
}

/* A name of separators only is none: "N:;;;;". */
static bool
text_has_letters(const struct vcard *card)
{
	for (size_t i = 0; i < card->len; i++)
		if (card->text[i] != ';' && card->text[i] != ' ')
			return true;
	return false;
}

static void
card_begin(struct vcard *card)
{
	struct census *census = card->parser.census;

	if (!text_is(card, "VCARD"))
		return;
	if (card->cards < CARDS_MAX) {
		card->open[card->cards] = (struct person){
			.base = census->top, .known = true, .card = true
		};
		card->group[card->cards] = false;
	}
	card->cards++;
}

static void
card_end(struct vcard *card)
{
	struct census *census = card->parser.census;

	if (card->cards == 0 || !text_is(card, "VCARD") || --card->cards >= CARDS_MAX)
		return;
	if (!card->group[card->cards]) {
		census_person(census, &card->open[card->cards]);
		return;
	}
	census->cards++;
	census_drop(census, card->open[card->cards].base);
}

static void
line_identify(struct vcard *card, enum hint hint)
{
	const char *text = card->text, *dot;
	size_t len = card->len;

	/* Values of several parts escape commas and colons (RFC 6350 section 3.4). */
	if (!card->overlong && !card->lost) {
		dot = memchr(text, '\\', len);
		if (dot != NULL && hint == HINT_EMAIL)
			len = (size_t)(dot - text);
		census_value(card->parser.census, text, len, hint);
	}
}

static void
line_end(struct vcard *card)
{
	struct person *person = NULL;

	if (card->encoded)
		line_decode(card);
	if (card->cards > 0 && card->cards <= CARDS_MAX)
		person = &card->open[card->cards - 1];
	switch (card->property) {
	case PROPERTY_BEGIN:
		card_begin(card);
		break;
	case PROPERTY_END:
		card_end(card);
		break;
	case PROPERTY_PHONE:
		if (person != NULL)
			line_identify(card, HINT_PHONE);
		break;
	case PROPERTY_EMAIL:
		if (person != NULL)
			line_identify(card, HINT_EMAIL);
		break;
	case PROPERTY_NAME:
		if (person != NULL)
			person->name |= text_has_letters(card);
		break;
	case PROPERTY_KIND:
		if (person != NULL)
			card->group[card->cards - 1] = text_is(card, "group");
		break;
	case PROPERTY_NONE:
		break;
	}
	line_reset(card);
}

static void
vcard_start(void *state, const struct sample *sample)
{
	(void)sample;
	line_reset(state);
}

static void
head_byte(struct vcard *card, char c)
{
	if (c == '"')
		card->quoted = !card->quoted;
	if (c == ':' && !card->quoted)
		line_value_begin(card);
	else if (card->head_len < HEAD_MAX)
		card->head[card->head_len++] = c;
	else
		card->place = AT_SKIP;
	/* A line before the cards in markup: "<data>BEGIN:VCARD". */
	if (c == '>' && card->cards == 0)
		card->head_len = 0;
}

static void
value_run(struct vcard *card, const char *data, size_t len)
{
	size_t room = sizeof(card->text) - card->len;

	if (len > 0)
		card->last = data[len - 1];
	if (len > room) {
		card->overlong = true;
		len = room;
	}
	memcpy(card->text + card->len, data, len);
	card->len = (uint16_t)(card->len + len);
}

/*
 * After a newline: a blank folds the line (RFC 6350 section 3.2); a "=" at the
 * end of a quoted-printable value goes on in the next line (RFC 2045 section
 * 6.7). Returns how many bytes of the next line that takes.
 */
static size_t
vcard_newline(struct vcard *card, char next)
{
	card->line_end = false;
	if (card->encoded && card->last == '=') {
		if (!card->overlong)
			card->len--;
		card->last = '\0';
		return 0;
	}
	if (next == ' ' || next == '\t')
		return 1;
	line_end(card);
	return 0;
}

/* Takes bytes up to the end of the line or of the data; returns how many. */
static size_t
line_take(struct vcard *card, const char *data, size_t len)
{
	const char *stop = memchr(data, '\n', len);
	size_t run = stop ? (size_t)(stop - data) : len, used = run, at = 0;

	while (card->place == AT_HEAD && at < run) {
		if (data[at] != '\r')
			head_byte(card, data[at]);
		at++;
	}
	if (card->place == AT_VALUE) {
		/* A carriage return belongs to the line end wherever pieces are cut. */
		while (at < run) {
			const char *cr = memchr(data + at, '\r', run - at);
			size_t n = cr ? (size_t)(cr - (data + at)) : run - at;

			value_run(card, data + at, n);
			at += n + (cr != NULL);
		}
	}
	if (stop != NULL) {
		card->line_end = true;
		used++;
	}
	return used;
}

static void
vcard_feed(void *state, const char *data, size_t len)
{
	struct vcard *card = state;

	while (len > 0) {
		size_t used;

		used = card->line_end ? vcard_newline(card, *data) :
		    line_take(card, data, len);
		data += used;
		len -= used;
	}
}

static void
vcard_gap(void *state)
{
	struct vcard *card = state;

	line_reset(card);
	card->line_end = false;
	card->place = AT_SKIP;
}

static void
vcard_end(void *state)
{
	struct vcard *card = state;

	line_end(card);
	/* A body that was cut off ends inside a card: what it had counts. */
	while (card->cards > 0) {
		card->cards--;
		if (card->cards < CARDS_MAX && !card->group[card->cards])
			census_person(card->parser.census,
			    &card->open[card->cards]);
	}
	explicit_bzero(card->text, sizeof(card->text));
}

const struct format_row format_vcard = {
	FORMAT_VCARD, "vcard", sizeof(struct vcard), vcard_sniff, vcard_start,
	vcard_feed, vcard_gap, vcard_end
};
