/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON (RFC 8259), and in it jCard (RFC 7095), JSContact (RFC 9553) and the
 * address books apps make up. Tolerant: what no parser would take is stepped
 * over, and several values may follow each other (NDJSON).
 *
 * A record is the object that holds an identifier, or the object around it
 * where the place in between is named for identifiers ("phones": [{...}]). A
 * string in a list that is not named so is a record of its own.
 */
#include "classifiers/body.h"

#include <string.h>
#include <strings.h>

/* Deeper values are stepped over. */
#define DEPTH_MAX 32
/* Keys whose meaning is remembered. */
#define CACHE_SIZE 64

enum role { ROLE_PLAIN, ROLE_JCARD, ROLE_PROPERTIES, ROLE_PROPERTY };

struct frame {
	uint8_t array;
	uint8_t role;		/* enum role: parts of a jCard */
	uint8_t word;		/* enum word of the place it stands in */
	uint8_t base;		/* its marks on the stack */
	uint8_t count;		/* items so far, at most 255 */
	bool item;		/* of an array */
	bool name, traffic, card, book, flat;
	uint32_t path;
};

enum state { IN_SPACE, IN_STRING, IN_ESCAPE, IN_UNICODE, IN_NUMBER };

struct json {
	struct parser parser;
	uint8_t state;		/* enum state */
	uint8_t hex;		/* digits of \uXXXX so far */
	bool key;		/* this string may be a key: colon decides */
	bool want_key;		/* inside an object, before a colon */
	uint8_t word;		/* enum word of the member's key */
	uint32_t unicode;
	uint32_t key_hash;
	unsigned depth;		/* may exceed DEPTH_MAX */
	struct frame frames[DEPTH_MAX];
	struct { uint32_t hash; uint8_t word; } cache[CACHE_SIZE];
	struct value value;
};

/* ---- keys ------------------------------------------------------------------- */

/* FNV-1a, 32 bits. */
static uint32_t
hash_text(uint32_t hash, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (uint8_t)text[i]) * 16777619u;
	return hash;
}

static enum word
key_word(struct json *json, const char *text, size_t len)
{
	uint32_t hash = json->key_hash;
	unsigned at = hash % CACHE_SIZE;

	enum word word;

	if (json->cache[at].hash == hash)
		return json->cache[at].word;
	word = lexicon_word(text, len);
	/* Only JSContact's "@type" tells a type. */
	if (word == WORD_TYPE && text[0] != '@')
		word = WORD_NONE;
	json->cache[at].hash = hash;
	json->cache[at].word = (uint8_t)word;
	return word;
}

/* ---- frames ----------------------------------------------------------------- */

static struct frame *
frame_top(struct json *json)
{
	return json->depth > 0 && json->depth <= DEPTH_MAX ?
	    &json->frames[json->depth - 1] : NULL;
}

static bool
word_identifies(unsigned word)
{
	return word == WORD_PHONE || word == WORD_EMAIL || word == WORD_NUMBER;
}

/* What a value in this place is, by its key or by the places around it. */
static enum word
place_word(const struct json *json, const struct frame *in)
{
	if (in == NULL)
		return WORD_NONE;
	if (!in->array && json->word != WORD_NONE)
		return json->word;
	return in->word;
}

static void
frame_role(struct frame *frame, const struct frame *in)
{
	if (in == NULL || !in->array || !frame->array)
		return;
	if (in->role == ROLE_JCARD)
		frame->role = ROLE_PROPERTIES;
	else if (in->role == ROLE_PROPERTIES)
		frame->role = ROLE_PROPERTY;
}

static void
frame_open(struct json *json, bool array)
{
	struct frame *in = frame_top(json), *frame;
	enum word word = place_word(json, in);

	if (++json->depth > DEPTH_MAX)
		return;
	frame = &json->frames[json->depth - 1];
	*frame = (struct frame){
		.array = array, .word = (uint8_t)word,
		.base = (uint8_t)json->parser.census->top,
		.item = in != NULL && in->array,
		.book = (in ? in->book : json->parser.book) ||
		    word == WORD_BOOK || word == WORD_HASH,
		.traffic = word == WORD_PARTY, .name = word == WORD_NAME,
		.path = (in ? in->path : 0) * 31 + (in && !in->array ?
		    json->key_hash : 7)
	};
	if (in != NULL && in->count < UINT8_MAX)
		in->count++;
	frame_role(frame, in);
	json->want_key = !array;
	json->word = WORD_NONE;
}

static void
frame_person(struct json *json, const struct frame *frame, bool known)
{
	struct census *census = json->parser.census;
	struct person person = {
		.base = frame->base, .shape = frame->path, .name = frame->name,
		.known = known, .card = known, .traffic = frame->traffic,
		.single = json->depth == 0 || !frame->item, .book = frame->book
	};

	if (known)
		census->format = FORMAT_JSCARD;
	if (census->top - frame->base > PERSON_MAX && !known)
		census_people(census, &person);
	else
		census_person(census, &person);
}

/* An array under a name for identifiers: one person's, or a list of people. */
static void
array_close(struct json *json, const struct frame *frame, struct frame *in)
{
	unsigned count = json->parser.census->top - frame->base;

	if (frame->role == ROLE_JCARD)
		frame_person(json, frame, true);
	else if (count == 0 || frame->role != ROLE_PLAIN)
		return;
	else if (count > PERSON_MAX || frame->flat || in == NULL)
		census_people(json->parser.census, &(struct person){
		    .base = frame->base, .shape = frame->path,
		    .traffic = frame->traffic });
	else if (frame->item && !word_identifies(frame->word))
		frame_person(json, frame, false);
}

static void
object_close(struct json *json, const struct frame *frame, struct frame *in)
{
	if (frame->card) {
		frame_person(json, frame, true);
	} else if (in != NULL && (word_identifies(frame->word) ||
	    (!frame->item && !frame->name && !frame->traffic))) {
		/* Its identifiers belong to the object around it. */
		return;
	} else {
		frame_person(json, frame, false);
	}
}

static void
frame_close(struct json *json)
{
	struct frame *frame = frame_top(json), *in;

	if (json->depth == 0)
		return;
	json->depth--;
	if (frame == NULL)
		return;
	in = frame_top(json);
	if (frame->array)
		array_close(json, frame, in);
	else
		object_close(json, frame, in);
	json->want_key = in != NULL && !in->array;
	json->word = WORD_NONE;
}

/* ---- values ------------------------------------------------------------------- */

/* A long list under a name for identifiers: people, counted as they come. */
static void
array_flush(struct json *json, struct frame *frame)
{
	struct census *census = json->parser.census;

	if (!frame->array || frame->item || frame->role != ROLE_PLAIN)
		return;
	if (word_identifies(frame->word) && !frame->flat &&
	    census->top - frame->base <= PERSON_MAX)
		return;
	frame->flat = word_identifies(frame->word);
	census_people(census, &(struct person){ .base = frame->base,
	    .shape = frame->path, .traffic = frame->traffic });
}

static void
jcard_string(struct frame *frame, const char *text, size_t len)
{
	if (frame->count > 0 || !frame->array)
		return;
	if (frame->role == ROLE_PLAIN && len == 5 && strncasecmp(text, "vcard", 5) == 0)
		frame->role = ROLE_JCARD;
	else if (frame->role == ROLE_PROPERTY)
		frame->word = (uint8_t)lexicon_word(text, len);
}

static void
member_notes(struct json *json, struct frame *frame, enum word word,
    const char *text, size_t len)
{
	if (word == WORD_NAME && len > 0)
		frame->name = true;
	if (word == WORD_PARTY || word == WORD_TRADE)
		frame->traffic = true;
	if (word == WORD_TYPE && len == 4 && memcmp(text, "Card", 4) == 0)
		frame->card = true;
	/* The name of a jCard's property tells of the card around it. */
	if (frame->role == ROLE_PROPERTY && word == WORD_NAME && json->depth >= 3)
		json->frames[json->depth - 3].name = true;
}

static void
string_value(struct json *json)
{
	struct frame *frame = frame_top(json);
	struct value *value = &json->value;
	enum word word = place_word(json, frame);

	if (frame == NULL)
		return;
	jcard_string(frame, value->text, value->len);
	member_notes(json, frame, word, value->text, value->len);
	census_value(json->parser.census, value->text, value->len,
	    lexicon_hint(word, frame->book));
	array_flush(json, frame);
	if (frame->count < UINT8_MAX)
		frame->count++;
}

/* A key that is a number itself: {"+49...": "Name"}. */
static void
key_value(struct json *json, struct frame *frame)
{
	struct census *census = json->parser.census;
	struct person person = {
		.base = census->top, .shape = frame->path + 1, .name = true
	};
	uint64_t mark;

	if (json->value.text[0] != '+' && !(frame->book &&
	    json->value.len > NUMBER_MIN && json->value.text[0] >= '0' &&
	    json->value.text[0] <= '9'))
		return;
	if (identify(json->value.text, json->value.len, frame->book ? HINT_BOOK :
	    HINT_NONE, census->region, &mark) < 0)
		return;
	census_push(census, mark);
	census_person(census, &person);
}

static void
string_end(struct json *json)
{
	struct frame *frame = frame_top(json);
	struct value *value = &json->value;
	bool plain = value_end(value);

	json->state = IN_SPACE;
	if (!json->key) {
		if (plain)
			string_value(json);
		return;
	}
	json->key = false;
	json->word = WORD_NONE;
	json->key_hash = 0;
	if (!plain || frame == NULL)
		return;
	json->key_hash = hash_text(2166136261u, value->text, value->len);
	json->word = (uint8_t)key_word(json, value->text, value->len);
	key_value(json, frame);
}

static void
number_end(struct json *json)
{
	struct frame *frame = frame_top(json);
	enum word word = place_word(json, frame);

	json->state = IN_SPACE;
	if (frame == NULL || !value_end(&json->value))
		return;
	if (word == WORD_TRADE)
		frame->traffic = true;
	/* Bare numbers are numbers of telephones only where the key says so. */
	if (word == WORD_PHONE)
		string_value(json);
}

/* ---- bytes ---------------------------------------------------------------------- */

static void
string_add(struct json *json, const char *data, size_t len)
{
	struct frame *frame = frame_top(json);

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

static size_t
string_run(struct json *json, const char *data, size_t len)
{
	size_t at = 0;

	while (at < len && data[at] != '"' && data[at] != '\\')
		at++;
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

static bool
number_byte(char c)
{
	return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' ||
	    c == 'e' || c == 'E';
}

static size_t
number_run(struct json *json, const char *data, size_t len)
{
	size_t at = 0;

	while (at < len && number_byte(data[at]))
		at++;
	if (place_word(json, frame_top(json)) == WORD_PHONE)
		value_add(&json->value, json->parser.census, data, at, false);
	if (at < len)
		number_end(json);
	return at;
}

static void
space_byte(struct json *json, char c)
{
	struct frame *frame = frame_top(json);

	switch (c) {
	case '"':
		value_begin(&json->value);
		json->key = json->want_key;
		json->want_key = false;
		json->state = IN_STRING;
		break;
	case '{': case '[':
		frame_open(json, c == '[');
		break;
	case '}': case ']':
		frame_close(json);
		break;
	case ',':
		json->want_key = frame != NULL && !frame->array;
		json->word = WORD_NONE;
		break;
	case '-': case '0': case '1': case '2': case '3': case '4': case '5':
	case '6': case '7': case '8': case '9':
		value_begin(&json->value);
		json->state = IN_NUMBER;
		break;
	}
}

static void
json_feed(void *state, const char *data, size_t len)
{
	struct json *json = state;

	while (len > 0) {
		size_t used = 1;

		switch ((enum state)json->state) {
		case IN_SPACE:
			space_byte(json, *data);
			/* The first byte of a number is part of it. */
			used = json->state != IN_NUMBER;
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
		}
		data += used;
		len -= used;
	}
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
	(void)state;
	(void)sample;
}

/* Lost bytes: the string or number they cut is forgotten. */
static void
json_gap(void *state)
{
	struct json *json = state;

	if (json->state != IN_SPACE) {
		value_end(&json->value);
		value_begin(&json->value);
		json->value.overlong = true;
	}
}

static void
json_end(void *state)
{
	struct json *json = state;

	if (json->state == IN_NUMBER)
		number_end(json);
	else if (json->state != IN_SPACE)
		value_end(&json->value);
	while (json->depth > 0)
		frame_close(json);
	explicit_bzero(json->value.text, sizeof(json->value.text));
}

const struct format_row format_json = {
	FORMAT_JSON, "json", sizeof(struct json), json_sniff, json_start,
	json_feed, json_gap, json_end
};
