/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LDIF (RFC 2849), as directories and Thunderbird export: lines "name: value"
 * or "name:: base64", folded by a leading blank; an empty line ends an entry.
 */
#include "classifiers/body.h"

#include <string.h>
#include <strings.h>

struct ldif {
	struct parser parser;
	bool line_end;		/* a newline came: the next byte may fold */
	bool overlong, lost;
	uint16_t len;
	char line[VALUE_MAX];
	struct person person;
};

static bool
ldif_sniff(const struct sample *sample)
{
	const char *text = sample->text;
	size_t len = sample->len;

	if (sample->field)
		return false;
	if (strstr(sample->media_type, "ldif") != NULL)
		return true;
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		len -= 3;
	}
	if (len >= 3 && strncasecmp(text, "dn:", 3) == 0)
		return true;
	return len > 10 && strncasecmp(text, "version: 1", 10) == 0 &&
	    memmem(text, len, "\ndn:", 4) != NULL;
}

static void
entry_begin(struct ldif *ldif)
{
	ldif->person = (struct person){
		.base = ldif->parser.census->top, .known = true
	};
}

static void
ldif_start(void *state, const struct sample *sample)
{
	(void)sample;
	entry_begin(state);
}

static bool
value_collect(void *to, const char *data, size_t len)
{
	struct ldif *ldif = to;

	/* Decoded text is shorter than what it came from, in the same place. */
	memcpy(ldif->line + ldif->len, data, len);
	ldif->len = (uint16_t)(ldif->len + len);
	return true;
}

/* Undoes the base64 of "name:: value"; returns where the value begins. */
static size_t
value_decode(struct ldif *ldif, size_t at)
{
	void *state = decoder_base64.start();
	uint8_t coded[VALUE_MAX];
	size_t len = ldif->len - at;

	if (state == NULL)
		return ldif->len;
	memcpy(coded, ldif->line + at, len);
	ldif->len = (uint16_t)at;
	decoder_base64.feed(state, coded, len, value_collect, ldif);
	decoder_base64.end(state, value_collect, ldif);
	explicit_bzero(coded, sizeof(coded));
	return at;
}

static void
attribute(struct ldif *ldif, size_t name)
{
	/* Options follow the name: "cn;lang-de" (RFC 2849, attribute options). */
	const char *option = memchr(ldif->line, ';', name);
	enum word word = lexicon_word(ldif->line,
	    option ? (size_t)(option - ldif->line) : name);
	size_t at = name + 1;

	if (word != WORD_PHONE && word != WORD_EMAIL && word != WORD_NAME)
		return;
	if (at < ldif->len && ldif->line[at] == ':')
		at = value_decode(ldif, at + 1);
	ldif->person.name |= word == WORD_NAME && at < ldif->len;
	if (word != WORD_NAME)
		census_value(ldif->parser.census, ldif->line + at, ldif->len - at,
		    lexicon_hint(word, false));
}

static void
ldif_line(struct ldif *ldif)
{
	const char *colon = memchr(ldif->line, ':', ldif->len);

	if (ldif->len == 0 && !ldif->lost) {
		census_person(ldif->parser.census, &ldif->person);
		entry_begin(ldif);
	} else if (colon != NULL && !ldif->overlong && !ldif->lost) {
		attribute(ldif, (size_t)(colon - ldif->line));
	}
	ldif->len = 0;
	ldif->overlong = ldif->lost = false;
}

static void
line_add(struct ldif *ldif, char c)
{
	if (c == '\r')
		return;
	if (ldif->len < sizeof(ldif->line))
		ldif->line[ldif->len++] = c;
	else
		ldif->overlong = true;
}

static void
ldif_feed(void *state, const char *data, size_t len)
{
	struct ldif *ldif = state;

	for (size_t i = 0; i < len; i++) {
		char c = data[i];

		if (ldif->line_end) {
			ldif->line_end = false;
			if (c == ' ' && ldif->len > 0)
				continue;
			ldif_line(ldif);
		}
		if (c == '\n')
			ldif->line_end = true;
		else
			line_add(ldif, c);
	}
}

static void
ldif_gap(void *state)
{
	struct ldif *ldif = state;

	ldif->len = 0;
	ldif->line_end = false;
	ldif->lost = true;
}

static void
ldif_end(void *state)
{
	struct ldif *ldif = state;

	ldif_line(ldif);
	census_person(ldif->parser.census, &ldif->person);
	explicit_bzero(ldif->line, sizeof(ldif->line));
}

const struct format_row format_ldif = {
	FORMAT_LDIF, "ldif", sizeof(struct ldif), ldif_sniff, ldif_start,
	ldif_feed, ldif_gap, ldif_end
};
