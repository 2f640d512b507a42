/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text without structure: a line that holds an identifier and little else is a
 * record ("Anna Muster +49...", "anna@example.org"). Lines of logs, scripts and
 * prose hold more, and their identifiers are in no record. In mail messages
 * (RFC 5322) the header names parties of an exchange, not people in a book.
 */
#include "classifiers/body.h"

#include <string.h>
#include <strings.h>

/* Longer lines are no lists; their first bytes are looked at. */
#define LINE_MAX 512
/* What a line of a list may hold besides identifiers. */
#define REST_MAX 64
#define REST_DIGITS_MAX 4
/* A line without identifiers and with more words than a name or street has. */
#define WORDS_MAX 5
/* More identifiers in one line are a header or a list of receivers. */
#define LINE_IDS_MAX 4

struct text {
	struct parser parser;
	bool header;		/* of a mail message */
	bool overlong, cut;
	uint16_t len;
	char line[LINE_MAX];
};

struct rest { unsigned bytes, digits, signs, words; };

static void
rest_count(struct rest *rest, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == ' ' || c == '\t' || c == '\r')
			continue;
		rest->words += i == 0 || text[i - 1] == ' ' || text[i - 1] == '\t';
		rest->bytes++;
		rest->digits += c >= '0' && c <= '9';
		rest->signs += c != '\0' && strchr("=()[]{}#$/\\|&*:", c) != NULL;
	}
}

/* Marks the identifiers of the line; what else it holds is counted. */
static unsigned
line_identify(struct text *text, struct rest *rest)
{
	struct census *census = text->parser.census;
	struct span span;
	size_t from = 0;
	unsigned found = 0;

	while (identify_next(text->line, text->len, from, &span)) {
		unsigned top = census->top;

		census_value(census, text->line + span.at, span.len, HINT_NONE);
		if (census->top > top || span.at < from) {
			rest_count(rest, text->line + from, span.at - from);
			found++;
		} else {
			rest_count(rest, text->line + from,
			    span.at + span.len - from);
		}
		from = span.at + span.len;
	}
	rest_count(rest, text->line + from, text->len - from);
	return found;
}

/* A line of something else: of a log, of prose. */
static bool
line_foreign(const struct text *text, const struct rest *rest)
{
	return text->overlong || rest->bytes > REST_MAX ||
	    rest->digits > REST_DIGITS_MAX || rest->signs > 2;
}

static void
line_end(struct text *text)
{
	struct census *census = text->parser.census;
	struct person person = { .base = census->top, .line = true };
	struct rest rest = { 0, 0, 0, 0 };
	unsigned found;

	while (text->len > 0 && text->line[text->len - 1] == '\r')
		text->len--;
	if (text->len == 0)
		text->header = false;
	found = line_identify(text, &rest);
	person.shape = found;
	person.name = rest.bytes > 2;
	if (text->header || text->cut || found > LINE_IDS_MAX ||
	    line_foreign(text, &rest))
		census_drop(census, person.base);
	else
		census_person(census, &person);
	census->foreign += found == 0 &&
	    (line_foreign(text, &rest) || rest.words > WORDS_MAX);
	text->len = 0;
	text->overlong = text->cut = false;
}

static void
text_feed(void *state, const char *data, size_t len)
{
	struct text *text = state;

	while (len > 0) {
		const char *stop = memchr(data, '\n', len);
		size_t run = stop ? (size_t)(stop - data) : len;
		size_t room = sizeof(text->line) - text->len;

		if (run > room)
			text->overlong = true;
		memcpy(text->line + text->len, data, run < room ? run : room);
		text->len = (uint16_t)(text->len + (run < room ? run : room));
		if (stop != NULL) {
			line_end(text);
			run++;
		}
		data += run;
		len -= run;
	}
}

static bool
text_sniff(const struct sample *sample)
{
	size_t odd = 0;

	if (sample->field || sample->len == 0)
		return false;
	for (size_t i = 0; i < sample->len; i++)
		odd += (uint8_t)sample->text[i] < ' ' &&
		    (sample->text[i] == '\0' ||
		    strchr("\t\r\n\f\v", sample->text[i]) == NULL);
	return odd == 0;
}

/* A mail message begins with header fields; two of these name it. */
static bool
mail_sniff(const struct sample *sample)
{
	static const char *const fields[] = {
		"received:", "from:", "to:", "subject:", "date:", "cc:",
		"message-id:", "return-path:", "mime-version:", "delivered-to:"
	};
	const char *at = sample->text, *end = at + sample->len;
	unsigned found = 0;

	if (strcmp(sample->media_type, "message/rfc822") == 0)
		return true;
	while (at != NULL && at < end && !sample->field) {
		for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
			found += (size_t)(end - at) > strlen(fields[i]) &&
			    strncasecmp(at, fields[i], strlen(fields[i])) == 0;
		at = memchr(at, '\n', (size_t)(end - at));
		if (at != NULL)
			at++;
	}
	return found >= 2;
}

static void
text_start(void *state, const struct sample *sample)
{
	(void)state;
	(void)sample;
}

static void
mail_start(void *state, const struct sample *sample)
{
	struct text *text = state;

	(void)sample;
	text->header = true;
}

static void
text_gap(void *state)
{
	struct text *text = state;

	text->len = 0;
	text->cut = true;
}

static void
text_end(void *state)
{
	struct text *text = state;

	line_end(text);
	explicit_bzero(text->line, sizeof(text->line));
}

const struct format_row format_text = {
	FORMAT_TEXT, "text", sizeof(struct text), text_sniff, text_start,
	text_feed, text_gap, text_end
};

const struct format_row format_mail = {
	FORMAT_TEXT, "mail", sizeof(struct text), mail_sniff, mail_start,
	text_feed, text_gap, text_end
};
