/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One long line of nothing but identifiers with commas or semicolons between
 * them ("+49151..., +49160..."), or of mailboxes ("\"Muster, Anna\" <anna@...>",
 * RFC 5322 section 3.4): each is a person. As a body it must show by itself what
 * it is; in a field the field's name has said it, and a name may stand beside each
 * ("+49151...:Anna|+49160...:Bert").
 */
#include "classifiers/body.h"

#include <string.h>

/* Identifiers that must stand at the beginning, all of them recognised. */
#define PARTS_MIN 3

struct list {
	struct parser parser;
	enum hint hint;		/* of a field: what its name says; else HINT_NONE */
	bool overlong;		/* this part is longer than any identifier */
	bool quoted;		/* inside a quoted name */
	uint16_t len;
	char part[VALUE_MAX];
};

static bool
is_separator(char c)
{
	return c == ',' || c == ';' || c == '\n';
}

/* A comma in a quoted name separates nothing; no name goes over a line's end. */
static bool
part_ends(char c, bool field, bool *quoted)
{
	*quoted ^= c == '"';
	*quoted = *quoted && c != '\n';
	return !*quoted && (is_separator(c) || (field && c == '|'));
}

/* A line end that does not follow a separator begins another line. */
static bool
one_line(const char *text, size_t len)
{
	const char *end = memchr(text, '\n', len), *rest = end;

	while (rest != NULL && rest < text + len && (*rest == '\n' || *rest == '\r'))
		rest++;
	if (end == NULL || end == text || rest == text + len)
		return true;
	return is_separator(end[end[-1] == '\r' && end - text > 1 ? -2 : -1]);
}

/* Is that an identifier, perhaps in brackets behind a name? */
static bool
part_known(const char *text, size_t len, enum hint hint)
{
	const char *open;
	uint64_t mark;

	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\r'))
		len--;
	open = len > 0 && text[len - 1] == '>' ? memrchr(text, '<', len) : NULL;
	if (open != NULL) {
		len = (size_t)(text + len - 1 - (open + 1));
		text = open + 1;
	}
	return identify(text, len, hint, "", &mark) >= 0;
}

/* In a field: with a name before or behind it. Returns where it is; len 0: nowhere. */
static struct span
part_span(const char *text, size_t len, enum hint hint)
{
	size_t at = 0;

	if (part_known(text, len, hint))
		return (struct span){ 0, len };
	while (at < len && text[at] != ':' && text[at] != '=')
		at++;
	if (hint == HINT_NONE || at == len)
		return (struct span){ 0, 0 };
	if (part_known(text, at, hint))
		return (struct span){ 0, at };
	at++;
	return (struct span){ at, part_known(text + at, len - at, hint) ? len - at : 0 };
}

static enum hint
list_hint(const struct sample *sample)
{
	if (sample->field == FIELD_NONE)
		return HINT_NONE;
	return sample->field == FIELD_PHONE ? HINT_PHONE : HINT_BOOK;
}

static bool
list_sniff(const struct sample *sample)
{
	enum hint hint = list_hint(sample);
	const char *text = sample->text;
	size_t from = 0;
	unsigned parts = 0;
	bool quoted = false;

	/* Fields are asked again when they prove too long for an identifier. */
	if (sample->field ? sample->len < VALUE_MAX : !one_line(text, sample->len))
		return false;
	for (size_t i = 0; i < sample->len; i++) {
		if (!part_ends(text[i], hint != HINT_NONE, &quoted))
			continue;
		if (i - from > 1 &&
		    part_span(text + from, i - from, hint).len == 0)
			return false;
		parts += i - from > 1;
		from = i + 1;
	}
	return parts >= PARTS_MIN;
}

static void
list_start(void *state, const struct sample *sample)
{
	struct list *list = state;

	list->hint = list_hint(sample);
}

static void
part_end(struct list *list)
{
	struct census *census = list->parser.census;
	struct person person = { .base = census->top, .shape = 1 };

	struct span span = { 0, list->len };

	if (list->len > 0 && !list->overlong) {
		if (list->hint != HINT_NONE)
			span = part_span(list->part, list->len, list->hint);
		/* What is none as it stands may hold one. */
		if (span.len == 0)
			span = (struct span){ 0, list->len };
		person.name = list->part[list->len - 1] == '>' || span.len < list->len;
		census_value(census, list->part + span.at, span.len, list->hint);
		census_person(census, &person);
	}
	list->len = 0;
	list->overlong = false;
}

static void
list_feed(void *state, const char *data, size_t len)
{
	struct list *list = state;

	for (size_t i = 0; i < len; i++) {
		if (part_ends(data[i], list->hint != HINT_NONE, &list->quoted))
			part_end(list);
		else if (list->len < sizeof(list->part))
			list->part[list->len++] = data[i];
		else
			list->overlong = true;
	}
}

static void
list_gap(void *state)
{
	struct list *list = state;

	list->overlong = true;
	list->quoted = false;
}

static void
list_end(void *state)
{
	struct list *list = state;

	part_end(list);
	explicit_bzero(list->part, sizeof(list->part));
}

const struct format_row format_list = {
	FORMAT_TEXT, "list", sizeof(struct list), list_sniff, list_start,
	list_feed, list_gap, list_end
};
