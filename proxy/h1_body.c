/* SPDX-License-Identifier: Apache-2.0 */
/* Framing of bodies: lengths, chunks, trailers. */
#include "proxy/h1_body.h"

#include <string.h>

#include "core/digits.h"

void
h1_body_begin(struct h1_body *body, enum h1_framing framing, uint64_t length,
    bool lenient)
{
	static const uint8_t first[] = {
		[H1_NO_BODY] = H1_DONE, [H1_LENGTH] = H1_DATA, [H1_CHUNKED] = H1_SIZE,
		[H1_UNTIL_CLOSE] = H1_FOREVER, [H1_TUNNEL] = H1_FOREVER,
	};

	memset(body, 0, sizeof(*body));
	body->step = first[framing];
	body->left = length;
	body->lenient = lenient;
}

/* A chunk line's end: the last one is of size 0, and then comes the trailer. */
static enum h1_step
size_done(struct h1_body *body)
{
	body->line = 0;
	body->digits = 0;
	return body->left > 0 ? H1_CHUNK : H1_LINE;
}

/* chunk-size [ chunk-ext ] CR LF (section 7.1). */
static enum h1_step
size_byte(struct h1_body *body, uint8_t c)
{
	int digit = hex_digit(c);

	if (digit >= 0) {
		if (body->digits == 0)
			body->left = 0;
		body->left = body->left << 4 | (uint64_t)digit;
		return ++body->digits > H1_CHUNK_DIGITS_MAX ? H1_BROKEN : H1_SIZE;
	}
	if (body->digits == 0)
		return H1_BROKEN;
	if (c == '\r')
		return H1_SIZE_FEED;
	if (c == ';' || (body->lenient && c == ' '))
		return H1_EXTENSION;
	return H1_BROKEN;
}

/* No line feed without its carriage return, here least of all: readers differ. */
static enum h1_step
extension_byte(uint8_t c)
{
	if (c == '\r')
		return H1_SIZE_FEED;
	return h1_letters[c] & H1_VALUE ? H1_EXTENSION : H1_BROKEN;
}

/* The first byte of a line of the trailer. */
static enum h1_step
line_byte(struct h1_body *body, uint8_t c)
{
	if (c == '\r')
		return H1_LAST_FEED;
	if (++body->fields > H1_FIELDS_MAX)
		return H1_BROKEN;
	return h1_letters[c] & H1_TOKEN ? H1_NAME : H1_BROKEN;
}

static enum h1_step
name_byte(uint8_t c)
{
	if (c == ':')
		return H1_TEXT;
	return h1_letters[c] & H1_TOKEN ? H1_NAME : H1_BROKEN;
}

static enum h1_step
text_byte(uint8_t c)
{
	if (c == '\r')
		return H1_TEXT_FEED;
	return h1_letters[c] & H1_VALUE ? H1_TEXT : H1_BROKEN;
}

static enum h1_step
trailer_byte(struct h1_body *body, uint8_t c)
{
	if (++body->trailer > H1_HEAD_MAX || ++body->line > H1_LINE_MAX + 1)
		return H1_BROKEN;
	switch (body->step) {
	case H1_NAME:
		return name_byte(c);
	case H1_TEXT:
		return text_byte(c);
	case H1_TEXT_FEED:
		body->line = 0;
		return c == '\n' ? H1_LINE : H1_BROKEN;
	case H1_LAST_FEED:
		return c == '\n' ? H1_DONE : H1_BROKEN;
	default:
		return line_byte(body, c);
	}
}

static enum h1_step
framing_byte(struct h1_body *body, uint8_t c)
{
	switch (body->step) {
	case H1_SIZE: case H1_EXTENSION:
		if (++body->line > H1_CHUNK_LINE_MAX)
			return H1_BROKEN;
		return body->step == H1_SIZE ? size_byte(body, c) : extension_byte(c);
	case H1_SIZE_FEED:
		return c == '\n' ? size_done(body) : H1_BROKEN;
	case H1_CHUNK_CR:
		return c == '\r' ? H1_CHUNK_FEED : H1_BROKEN;
	case H1_CHUNK_FEED:
		return c == '\n' ? H1_SIZE : H1_BROKEN;
	default:
		return trailer_byte(body, c);
	}
}

/* A run of bytes of the body itself. */
static size_t
data_run(struct h1_body *body, const uint8_t *data, size_t len, struct h1_span *span)
{
	if (body->step != H1_FOREVER && len > body->left)
		len = (size_t)body->left;
	*span = (struct h1_span){ data, len };
	if (body->step == H1_FOREVER)
		return len;
	body->left -= len;
	if (body->left == 0)
		body->step = body->step == H1_DATA ? H1_DONE : H1_CHUNK_CR;
	return len;
}

size_t
h1_body_feed(struct h1_body *body, const uint8_t *data, size_t len, struct h1_span *span)
{
	size_t at = 0;

	*span = (struct h1_span){ data, 0 };
	for (; at < len && h1_body_more(body); at++) {
		if (body->step == H1_DATA || body->step == H1_CHUNK ||
		    body->step == H1_FOREVER)
			return at + data_run(body, data + at, len - at, span);
		body->step = (uint8_t)framing_byte(body, data[at]);
		if (body->step == H1_BROKEN)
			return at;
	}
	return at;
}
