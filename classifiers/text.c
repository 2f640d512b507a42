/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text without structure: a line that holds an identifier and little else is a
 * record ("Anna Muster +49...", "anna@example.org"). Lines of logs, scripts and
 * prose hold more, and their identifiers are in no record. Lines with labels
 * ("Mobile: +49...") belong to one person until an empty line or a label that was
 * there. In mail messages (RFC 5322) the header names parties of an exchange, not
 * people in a book.
 */
#include "classifiers/identify.h"

/* Longer lines are no lists: they are looked at so many bytes at a time. */
#define LINE_MAX 512
/* What a line of a list may hold besides identifiers. */
#define REST_MAX 64
#define REST_DIGITS_MAX 4
/* A line without identifiers and with more words than a name or street has. */
#define WORDS_MAX 5
/* More identifiers in one line are a header or a list of receivers. */
#define LINE_IDS_MAX 4
/* Labels with an identifier that one person has, and bytes of a label. */
#define LABELS_MAX 8
#define LABEL_MAX 32

/* Lines with labels that follow each other: one person's. */
struct block {
	uint32_t labels[LABELS_MAX];
	unsigned used, base;	/* base: of its marks on the stack */
	bool name, traffic;
};

struct text {
	struct parser parser;
	bool header;		/* of a mail message */
	bool overlong, cut;
	bool some;		/* identifiers were in the line's first bytes */
	struct block block;
	uint16_t len;
	char line[LINE_MAX];
};

/* ---- blocks ---------------------------------------------------------------------- */

static void
block_end(struct text *text)
{
	struct census *census = text->parser.census;
	struct block *block = &text->block;
	struct person person = {
		.base = block->base, .shape = 1, .line = true,
		.name = block->name, .traffic = block->traffic
	};

	if (block->used > 0) {
		census_person(census, &person);
		/* Its other lines are no other lines to weigh against it. */
		census->lines += block->traffic ? 0 : block->used - 1;
	}
	*block = (struct block){ .used = 0 };
}

/* "Mobile: ", "phone=": bytes before the value, 0 where no label stands. */
static size_t
line_label(const struct text *text)
{
	size_t most = text->len < LABEL_MAX ? text->len : LABEL_MAX, n;
	const char *end = memchr(text->line, ':', most);

	if (end == NULL)
		end = memchr(text->line, '=', most);
	n = end ? (size_t)(end - text->line) : 0;
	/* "10:15" of a log is no label, and needs no look at what it may mean. */
	return n == 0 || n + 1 >= text->len || is_digit(end[1]) ? 0 : n + 1;
}

static uint32_t
label_print(const char *label, size_t len)
{
	uint32_t print = 2166136261u;

	for (size_t i = 0; i < len; i++)
		print = (print ^ (uint8_t)label[i]) * 16777619u;
	return print;
}

static void
block_add(struct text *text, uint32_t label, uint64_t mark)
{
	struct block *block = &text->block;
	bool name = block->name;

	for (unsigned i = 0; i < block->used; i++) {
		if (block->labels[i] != label && block->used < LABELS_MAX)
			continue;
		block_end(text);
		block->name = name;
		break;
	}
	if (block->used == 0)
		block->base = text->parser.census->top;
	block->labels[block->used++] = label;
	census_push(text->parser.census, mark);
}

/* A line that is a label and one identifier. False: it is not, or not alone. */
static bool
line_labelled(struct text *text)
{
	size_t n = line_label(text);
	enum word word = n > 0 ? lexicon_word(text->line, n - 1) : WORD_NONE;
	uint64_t mark;

	text->block.name |= word == WORD_NAME || (n == 0 && text->len > 2);
	text->block.traffic |= word == WORD_TRADE;
	if (word != WORD_PHONE && word != WORD_EMAIL && word != WORD_PARTY)
		return false;
	if (identify(text->line + n, text->len - n, HINT_NONE, "", &mark) < 0)
		return false;
	text->block.traffic |= word == WORD_PARTY;
	block_add(text, label_print(text->line, n), mark);
	return true;
}

/* ---- lines ----------------------------------------------------------------------- */

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
line_free(struct text *text, unsigned found)
{
	struct census *census = text->parser.census;
	struct rest rest = { 0, 0, 0, 0 };
	struct person person = { .base = census->top, .line = true };

	found += line_identify(text, &rest);
	person.shape = found;
	person.name = rest.bytes > 2;
	if (text->header || text->cut || found > LINE_IDS_MAX ||
	    line_foreign(text, &rest))
		census_drop(census, person.base);
	else
		census_person(census, &person);
	census->foreign += found == 0 &&
	    (line_foreign(text, &rest) || rest.words > WORDS_MAX);
}

static void
line_end(struct text *text)
{
	while (text->len > 0 && text->line[text->len - 1] == '\r')
		text->len--;
	if (text->len == 0) {
		text->header = false;
		block_end(text);
	}
	if (text->header || text->cut || text->overlong || !line_labelled(text))
		line_free(text, text->some);
	text->len = 0;
	text->overlong = text->cut = text->some = false;
}

static bool
is_break(char c)
{
	return memchr(" \t,;<>()\"", c, 9) != NULL;
}

/*
 * The line is longer than there is room. Its identifiers are known of, so that
 * the most there can be is no less than they are, and belong to nobody.
 */
static void
line_window(struct text *text)
{
	struct census *census = text->parser.census;
	struct span span;
	unsigned base = census->top;
	size_t from = 0, cut = text->len;

	while (cut > 0 && !is_break(text->line[cut - 1]))
		cut--;
	cut = cut > 0 ? cut : text->len;
	while (identify_next(text->line, cut, from, &span)) {
		census_value(census, text->line + span.at, span.len, HINT_NONE);
		from = span.at + span.len;
	}
	text->some |= census->top > base;
	/* Only the first bytes weigh against what else is there. */
	if (!text->overlong)
		census_drop(census, base);
	census->top = base;
	text->overlong = true;
	text->len = (uint16_t)(text->len - cut);
	memmove(text->line, text->line + cut, text->len);
}

static void
line_add(struct text *text, const char *data, size_t len)
{
	while (len > 0) {
		size_t room = sizeof(text->line) - text->len;
		size_t n = len < room ? len : room;

		if (n == 0) {
			line_window(text);
			continue;
		}
		memcpy(text->line + text->len, data, n);
		text->len = (uint16_t)(text->len + n);
		data += n;
		len -= n;
	}
}

static void
text_feed(void *state, const char *data, size_t len)
{
	struct text *text = state;

	while (len > 0) {
		const char *stop = memchr(data, '\n', len);
		size_t run = stop ? (size_t)(stop - data) : len;

		line_add(text, data, run);
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

	block_end(text);
	text->len = 0;
	text->cut = true;
}

static void
text_end(void *state)
{
	struct text *text = state;

	line_end(text);
	block_end(text);
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
