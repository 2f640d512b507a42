/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON (RFC 8259) byte by byte. Tolerant: what no parser would take is stepped
 * over, and several values may follow each other (NDJSON).
 */
#include "classifiers/json_trail.h"

#include <string.h>

static void
string_add(struct json *json, const char *data, size_t len)
{
	struct json_frame *frame = json_record_top(json);
	enum word word = json_record_word(json, frame);

	json->value.phone = !json->key && word == WORD_PHONE && !frame->traffic;
	json->value.lists = json->value.phone ||
	    (!json->key && word == WORD_EMAIL && !frame->traffic);
	value_add(&json->value, json->parser.census, data, len,
	    !json->key && frame != NULL && (frame->book ||
	    json->word == WORD_BOOK || json->word == WORD_HASH));
}

/*
 * A character beyond ASCII matters only where it is a separator of digits; any
 * other becomes one byte that no identifier has.
 */
static char
unicode_fold(uint32_t code)
{
	if (code < 0x80)
		return (char)code;
	if (code == 0xa0 || code == 0x2007 || code == 0x202f)
		return ' ';
	if (code >= 0x2010 && code <= 0x2015)
		return '-';
	if (code == 0xff0b)
		return '+';
	return (char)0xbf;
}

static void
escape_byte(struct json *json, char c)
{
	static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
	const char *at = strchr(from, c);

	json->state = IN_STRING;
	if (c == 'u') {
		json->state = IN_UNICODE;
		json->hex = 0;
		json->unicode = 0;
		return;
	}
	if (c != '\0' && at != NULL)
		c = to[at - from];
	string_add(json, &c, 1);
}

static void
unicode_byte(struct json *json, char c)
{
	uint32_t digit = c >= '0' && c <= '9' ? (uint32_t)(c - '0') :
	    ((uint32_t)c | 0x20) - 'a' + 10;
	char folded;

	json->unicode = json->unicode << 4 | (digit & 15);
	if (++json->hex < 4)
		return;
	folded = unicode_fold(json->unicode);
	string_add(json, &folded, 1);
	json->state = IN_STRING;
}

/* The text may hold what ends a string: it was escaped. */
static void
value_record(struct json *json, const char *text, size_t len)
{
	bool signs = false;

	for (size_t at = 0; at < len; at++) {
		struct json_look look = json_look(text + at, len - at);

		signs |= look.signs;
		at += look.len;
	}
	json_record_text(json, text, len, signs);
}

static void
string_end(struct json *json)
{
	struct value *value = &json->value;
	bool plain = value_end(value);

	json->state = IN_SPACE;
	if (json->key)
		json_key_take(json, value->text, plain ? value->len : 0);
	else
		value_record(json, value->text, plain ? value->len : 0);
	json->key = false;
}

static size_t
string_run(struct json *json, const char *data, size_t len)
{
	size_t at = json_span(data, len);

	if (at > 0)
		string_add(json, data, at);
	if (at == len)
		return at;
	if (data[at] == '"')
		string_end(json);
	else
		json->state = IN_ESCAPE;
	return at + 1;
}

/*
 * The text of a string begins. Where all of it is here, without escapes, and it
 * can hold no other format, it need not be copied.
 */
static bool
string_here(const char *data, size_t len, size_t end)
{
	return end < len && data[end] == '"' && end <= VALUE_MAX &&
	    !value_may_nest(data, end);
}

static void
string_copy(struct json *json, bool key)
{
	json->key = key;
	value_begin(&json->value);
	json->state = IN_STRING;
}

static size_t
key_begin(struct json *json, const char *data, size_t len)
{
	size_t at = json_span(data, len);

	json->want_key = false;
	if (!string_here(data, len, at)) {
		json_trail_cancel(json);
		string_copy(json, true);
		return 0;
	}
	if (json_key_take(json, data, at))
		json_trail_note(json, TRAIL_KEY);
	else
		json_trail_cancel(json);
	return at + 1;
}

size_t
json_text_begin(struct json *json, const char *data, size_t len)
{
	struct json_look look = json_look(data, len);

	if (!string_here(data, len, look.len)) {
		string_copy(json, false);
		return 0;
	}
	json_record_text(json, data, look.len, look.signs);
	return look.len + 1;
}

static bool
number_byte(char c)
{
	return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' ||
	    c == 'e' || c == 'E';
}

static size_t
number_span(const char *data, size_t len)
{
	size_t at = 0;

	while (at < len && number_byte(data[at]))
		at++;
	return at;
}

static void
number_record(struct json *json, const char *text, size_t len)
{
	if (json_record_integer(json, text, len))
		value_record(json, text, len);
}

static void
number_end(struct json *json)
{
	json->state = IN_SPACE;
	if (value_end(&json->value))
		number_record(json, json->value.text, json->value.len);
}

static size_t
number_run(struct json *json, const char *data, size_t len)
{
	size_t at = number_span(data, len);

	value_add(&json->value, json->parser.census, data, at, false);
	if (at < len)
		number_end(json);
	return at;
}

/* Most numbers are no telephone's: they are stepped over. */
static size_t
number_begin(struct json *json, const char *data, size_t len)
{
	size_t at = number_span(data, len);

	if (!json_record_number(json))
		return at;
	if (at < len && at <= VALUE_MAX) {
		number_record(json, data, at);
		return at;
	}
	value_begin(&json->value);
	json->key = false;
	json->state = IN_NUMBER;
	return 0;
}

static bool
letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

size_t
json_bare_begin(struct json *json, const char *data, size_t len)
{
	size_t at = 0;

	if (len > 0 && (*data == '-' || (*data >= '0' && *data <= '9')))
		return number_begin(json, data, len);
	while (at < len && letter(data[at]))
		at++;
	return at;
}

static size_t
bracket_open(struct json *json, const char *data, size_t len)
{
	if (len > 1 && data[1] == *data + 2 && json->depth < JSON_DEPTH_MAX) {
		json_record_empty(json);
		json_trail_note(json, TRAIL_FILL);
		return 2;
	}
	json_record_open(json, *data == '[');
	json_trail_note(json, TRAIL_OPEN);
	return 1;
}

static void
bracket_close(struct json *json)
{
	/* Outside of all it does nothing. */
	if (json->depth == 0)
		json_trail_cancel(json);
	json_record_close(json);
	json_trail_note(json, TRAIL_CLOSE);
}

/* Takes a sign between values, or a key. */
static size_t
sign_take(struct json *json, const char *data, size_t len)
{
	switch (*data) {
	case '"':
		return 1 + key_begin(json, data + 1, len - 1);
	case '{': case '[':
		return bracket_open(json, data, len);
	case '}': case ']':
		bracket_close(json);
		return 1;
	case ',':
		json_record_comma(json);
		json_trail_note(json, TRAIL_COMMA);
		return 1;
	}
	return 1;
}

/* Reads up to the end of the next value. */
static size_t
space_read(struct json *json, const char *data, size_t len)
{
	size_t at = 0;

	json_trail_begin(json, data);
	while (at < len && json->state == IN_SPACE) {
		char c = data[at];

		if (c == '"' && !json->want_key) {
			json_trail_end(json, data + at + 1, TRAIL_STRING);
			return at + 1 + json_text_begin(json, data + at + 1, len - at - 1);
		}
		if (letter(c) || c == '-' || (c >= '0' && c <= '9')) {
			json_trail_end(json, data + at, TRAIL_BARE);
			return at + json_bare_begin(json, data + at, len - at);
		}
		at += sign_take(json, data + at, len - at);
		if (at < len)
			json_trail_part(json, data + at);
	}
	json_trail_cancel(json);
	return at;
}

static size_t
space_run(struct json *json, const char *data, size_t len)
{
	size_t at = 0;

	while (at < len && json->state == IN_SPACE) {
		if (json->trail != NULL && json->trail->pause == 0)
			at += json_follow(json, data + at, len - at);
		if (at < len && json->state == IN_SPACE)
			at += space_read(json, data + at, len - at);
	}
	return at;
}

/* Stands behind the end of a string, but hardly behind its beginning. */
static bool
follows_string(char c)
{
	return c == ',' || c == ':' || c == ']' || c == '}' || c == ' ' ||
	    c == '\n' || c == '\r' || c == '\t';
}

/*
 * After lost bytes: the first quotation mark begins a string when a sign of
 * structure stands before it, else it ends the one that was cut. Where nothing
 * stands before it, what stands behind it tells. Returns the bytes taken.
 */
static size_t
lost_byte(struct json *json, char c)
{
	char last = json->last;

	if (last == '"') {
		json->state = IN_SPACE;
		if (!follows_string(c))
			string_copy(json, false);
		return 0;
	}
	if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
		json->last = c;
	if (c != '"' || last == '\0')
		return 1;
	json->state = IN_SPACE;
	if (last == ',' || last == ':' || last == '[' || last == '{')
		string_copy(json, false);
	return 1;
}

/*
 * One trail a body, so that what a body holds stays bounded; and none for a
 * short one, of which thousands may be in flight.
 */
static void
trail_offer(struct json *json, size_t len)
{
	struct census *census = json->parser.census;

	if (json->fed >= JSON_TRAIL_FROM)
		return;
	json->fed = len < JSON_TRAIL_FROM - json->fed ? json->fed + (unsigned)len :
	    JSON_TRAIL_FROM;
	if (json->fed < JSON_TRAIL_FROM || census->trail)
		return;
	json->trail = json_trail_new();
	census->trail = json->trail != NULL;
}

static void
json_feed(void *state, const char *data, size_t len)
{
	struct json *json = state, *outer = json->parser.census->reader;

	json->parser.census->reader = json;
	trail_offer(json, len);
	while (len > 0) {
		size_t used = 1;

		switch ((enum json_state)json->state) {
		case IN_SPACE:
			used = space_run(json, data, len);
			break;
		case IN_STRING:
			used = string_run(json, data, len);
			break;
		case IN_ESCAPE:
			escape_byte(json, *data);
			break;
		case IN_UNICODE:
			unicode_byte(json, *data);
			break;
		case IN_NUMBER:
			used = number_run(json, data, len);
			break;
		case IN_LOST:
			used = lost_byte(json, *data);
			break;
		}
		data += used;
		len -= used;
	}
	json->parser.census->reader = outer;
}

static bool
json_sniff(const struct sample *sample)
{
	const char *text = sample->text;
	size_t at = 0, len = sample->len;

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		at = 3;
	while (at < len && strchr(" \t\r\n", text[at]) != NULL && text[at] != '\0')
		at++;
	if (at == len || (text[at] != '{' && text[at] != '['))
		return false;
	if (memmem(sample->media_type, strlen(sample->media_type), "json", 4) != NULL)
		return true;
	/* "[section]" and "{name}" begin other things. */
	while (++at < len && strchr(" \t\r\n", text[at]) != NULL && text[at] != '\0')
		;
	return at < len && strchr("\"{[-0123456789]}", text[at]) != NULL;
}

static void
json_start(void *state, const struct sample *sample)
{
	struct json *json = state;

	(void)sample;
	json->nest = json->parser.census->depth;
}

static void
json_gap(void *state)
{
	struct json *json = state;

	if (json->state != IN_SPACE && json->state != IN_LOST)
		value_end(&json->value);
	value_begin(&json->value);
	json->key = json->want_key = false;
	json->last = '\0';
	json->state = IN_LOST;
	json_trail_cancel(json);
}

static void
json_end(void *state)
{
	struct json *json = state;

	if (json->state == IN_NUMBER)
		number_end(json);
	else if (json->state != IN_SPACE && json->state != IN_LOST)
		value_end(&json->value);
	while (json->depth > 0)
		json_record_close(json);
	explicit_bzero(json->value.text, sizeof(json->value.text));
	json_trail_stop(json);
}

const struct format_row format_json = {
	FORMAT_JSON, "json", sizeof(struct json), json_sniff, json_start,
	json_feed, json_gap, json_end
};
