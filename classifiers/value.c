/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One field of a form, of JSON, of XML: short text to look at, or a format of
 * its own (a vCard inside a JSON string, JSON inside a form). The first bytes
 * decide, so that a field of any length needs no more memory than they do.
 */
#include "classifiers/body.h"

#include <string.h>

void
value_begin(struct value *value)
{
	if (value->child != NULL)
		parser_end(value->child);
	value->len = 0;
	value->overlong = value->lists = value->phone = false;
	value->child = NULL;
}

/* Returns how many bytes there was room for. */
static size_t
value_keep(struct value *value, const char *data, size_t len)
{
	if (len > sizeof(value->text) - value->len) {
		len = sizeof(value->text) - value->len;
		value->overlong = true;
	}
	memcpy(value->text + value->len, data, len);
	value->len = (uint16_t)(value->len + len);
	return len;
}

static void
value_nest(struct value *value, struct census *census, bool book)
{
	struct sample sample = {
		.text = value->text, .len = value->len, .media_type = "",
		.field = FIELD_ANY
	};

	if (!value_may_nest(value->text, value->len))
		return;
	value->child = parser_new(census, &sample, book);
	if (value->child != NULL)
		parser_feed(value->child, value->text, value->len);
}

/*
 * Too long for one identifier: in a place called contacts, a list of them? In one
 * for numbers or addresses nothing else is looked for: it may be all of a letter.
 */
static void
value_list(struct value *value, struct census *census, bool book)
{
	struct sample sample = {
		.text = value->text, .len = value->len, .media_type = "",
		.field = value->phone ? FIELD_PHONE : FIELD_ANY
	};

	if (!book && !(value->lists && format_list.sniff(&sample)))
		return;
	value->child = parser_new(census, &sample, book);
	if (value->child != NULL)
		parser_feed(value->child, value->text, value->len);
}

void
value_add(struct value *value, struct census *census, const char *data,
    size_t len, bool book)
{
	size_t n;

	if (value->child == NULL && value->len < NEST_SAMPLE) {
		n = len < (size_t)(NEST_SAMPLE - value->len) ? len :
		    (size_t)(NEST_SAMPLE - value->len);
		value_keep(value, data, n);
		data += n;
		len -= n;
		if (value->len == NEST_SAMPLE)
			value_nest(value, census, book);
	}
	if (value->child == NULL && len > 0) {
		bool full = value->overlong;

		n = value_keep(value, data, len);
		if (full || !value->overlong)
			return;
		value_list(value, census, book);
		data += n;
		len -= n;
	}
	if (value->child != NULL)
		parser_feed(value->child, data, len);
}

bool
value_end(struct value *value)
{
	if (value->child == NULL)
		return !value->overlong && value->len > 0;
	parser_end(value->child);
	value->child = NULL;
	return false;
}
