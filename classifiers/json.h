/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside JSON: what the bytes mean (json.c), what keys do (json_key.c), whose the
 * values are (json_record.c), and what comes next in a list of records that are
 * alike (json_trail.c).
 */
#ifndef CLASSIFIERS_JSON_H
#define CLASSIFIERS_JSON_H

#include "classifiers/body.h"
#include "classifiers/json_look.h"

/* Deeper values are stepped over. */
#define JSON_DEPTH_MAX 32
/* Keys whose meaning is remembered. */
#define JSON_CACHE_SIZE 64

enum json_role { ROLE_PLAIN, ROLE_JCARD, ROLE_PROPERTIES, ROLE_PROPERTY };

struct json_frame {
	uint8_t array;
	uint8_t role;		/* enum json_role: parts of a jCard */
	uint8_t word;		/* enum word of the place it stands in */
	uint8_t base;		/* its marks on the stack */
	bool filled;		/* something stands in it */
	bool item;		/* of an array */
	bool name, traffic, book, card : 1, flat : 1;
	int8_t doubt : 6;	/* of a list: its integers are no numbers */
	bool mail;		/* of a list: its key tells of mail addresses */
	bool busy;		/* closing it tells more than its marks */
	/*
	 * People in this list; of an object, in its longest list of numbers, and
	 * in its longest of mail addresses: the same people, where it has both.
	 */
	uint32_t people[2];
	uint32_t path;
	uint64_t trace;		/* of all keys and brackets on the way here */
};

enum json_state { IN_SPACE, IN_STRING, IN_ESCAPE, IN_UNICODE, IN_NUMBER, IN_LOST };

struct json_key { uint32_t hash; uint8_t word; bool mail, item; };

struct json_trail;

struct json {
	struct parser parser;
	uint8_t state;		/* enum json_state */
	uint8_t hex;		/* digits of \uXXXX so far */
	char last;		/* in IN_LOST: the last byte that is no blank */
	bool key;		/* this string may be a key: colon decides */
	bool want_key;		/* inside an object, before a colon */
	uint8_t word;		/* enum word of the member's key */
	bool mail;		/* that key tells of mail addresses */
	bool item;		/* that key is an id or a name: one of many */
	uint32_t unicode;
	uint32_t key_hash;
	unsigned depth;		/* may exceed JSON_DEPTH_MAX */
	unsigned nest;		/* parsers around this one, and this one */
	unsigned fed;		/* bytes, until there is a trail or there will be none */
	struct json_trail *trail;	/* NULL: none */
	struct json_frame frames[JSON_DEPTH_MAX];
	struct json_key cache[JSON_CACHE_SIZE];
	struct value value;
};

/* ---- json.c --------------------------------------------------------------------- */

/* The text of a string that is a value begins. Returns the bytes taken. */
size_t json_text_begin(struct json *json, const char *data, size_t len);
/* The same of a number, or one of JSON's words; none, where no such value stands. */
size_t json_bare_begin(struct json *json, const char *data, size_t len);

/* ---- json_key.c ----------------------------------------------------------------- */

/* A key is complete. False: it was a number or a digest, or holds nothing. */
bool json_key_take(struct json *json, const char *text, size_t len);
/* Is the member's key "p", as apps shorten "phone"? */
bool json_key_is_brief(const struct json *json);

/* ---- json_record.c ------------------------------------------------------------- */

/* The innermost open object or array; NULL: none, or too deep. */
static inline struct json_frame *
json_record_top(struct json *json)
{
	return json->depth > 0 && json->depth <= JSON_DEPTH_MAX ?
	    &json->frames[json->depth - 1] : NULL;
}

/* What a value in that place is, by its key or by the places around it. */
static inline enum word
json_record_word(const struct json *json, const struct json_frame *in)
{
	if (in == NULL)
		return WORD_NONE;
	if (!in->array && json->word != WORD_NONE)
		return json->word;
	return in->word;
}

/* What a frame in a place of that meaning begins as. */
extern const struct json_frame json_record_begins[WORD_SCHEMA + 1];

/* Parts of a jCard, of which only arrays in arrays are some. */
void json_record_role(struct json_frame *frame, const struct json_frame *in);
/*
 * Does a frame leave its identifiers to the object around it? "phones": [{...}]
 * does, and an object that is neither an item nor has a name.
 */
static inline bool
json_record_lends(const struct json_frame *frame, unsigned top)
{
	bool identifies = frame->word == WORD_PHONE || frame->word == WORD_EMAIL ||
	    frame->word == WORD_NUMBER;

	if (frame->busy)
		return false;
	if (frame->array)
		return top - frame->base <= PERSON_MAX && !frame->flat &&
		    (identifies || !frame->item);
	return identifies || (!frame->item && !frame->name && !frame->traffic);
}

/* Closes what has identifiers, people or a name to hand on. */
void json_record_close_full(struct json *json);

static inline uint64_t
json_trace(uint64_t trace, uint32_t key_hash, bool array)
{
	trace = (trace ^ key_hash ^ (uint64_t)(array + 1) << 32) *
	    UINT64_C(0x9e3779b97f4a7c15);
	return trace ^ trace >> 29;
}

static inline void
json_record_open(struct json *json, bool array)
{
	struct json_frame *in = json_record_top(json), *frame;

	if (json->depth >= JSON_DEPTH_MAX) {
		json->depth++;
		return;
	}
	frame = &json->frames[json->depth];
	*frame = json_record_begins[json_record_word(json, in)];
	frame->array = array;
	frame->base = (uint8_t)json->parser.census->top;
	frame->mail = json->mail;
	if (in != NULL) {
		frame->item = in->array;
		frame->book |= in->book;
		frame->path = in->path * 31 + (in->array || json->item ? 7 :
		    json->key_hash);
		frame->trace = json_trace(in->trace, in->array ? 0 : json->key_hash, array);
		in->filled = true;
		if (in->role != ROLE_PLAIN)
			json_record_role(frame, in);
	} else {
		frame->book |= json->parser.book;
		frame->path = 7;
		frame->trace = json_trace(0, 0, array);
	}
	json->depth++;
	json->want_key = !array;
	json->word = WORD_NONE;
}

static inline void
json_record_close(struct json *json)
{
	const struct json_frame *frame = json_record_top(json);

	if (frame == NULL || json->parser.census->top > frame->base || frame->busy) {
		json_record_close_full(json);
		return;
	}
	json->depth--;
	json->want_key = json->depth > 0 && !frame[-1].array;
	json->word = WORD_NONE;
}

/* The same as both, where nothing is inside; depth below JSON_DEPTH_MAX. */
static inline void
json_record_empty(struct json *json)
{
	struct json_frame *in = json_record_top(json);

	if (in != NULL)
		in->filled = true;
	json->want_key = in != NULL && !in->array;
	json->word = WORD_NONE;
}

/* What may stand in that place. */
enum hint json_record_hint(enum word word, const struct json_frame *frame);
/* A member's string is complete; tells identifiers in it and nothing else. */
void json_record_identify(struct json *json, enum hint hint, const char *text,
    size_t len, bool signs);
/* A string is complete that is a value; signs: as json_look() says. */
void json_record_text_full(struct json *json, const char *text, size_t len, bool signs);

/*
 * Of a text without signs, as a member of that meaning: the length from which it
 * may be an identifier; by whether the place is called contacts. 0: look at all.
 */
extern const uint16_t json_record_least[WORD_SCHEMA + 1][2];

static inline void
json_record_text(struct json *json, const char *text, size_t len, bool signs)
{
	struct json_frame *frame = json_record_top(json);
	enum word word = json_record_word(json, frame);

	if (len == 0 || frame == NULL)
		return;
	if (signs || frame->array || len >= json_record_least[word][frame->book]) {
		json_record_text_full(json, text, len, signs);
		return;
	}
	frame->name |= word == WORD_NAME;
	frame->filled = true;
}

/*
 * Is an integer there to be read as a telephone number? In a field for them, in
 * a list called contacts or numbers, and in a contact's "number" or "p".
 */
bool json_record_reads(const struct json *json, enum word word,
    const struct json_frame *frame);
/* A number begins. True: it is to be read as text. */
bool json_record_number(struct json *json);
/* It has ended. True: that text may be a telephone's there, by the others beside it. */
bool json_record_integer(struct json *json, const char *text, size_t len);

/* After a comma, or a value in an array: what comes next has no key yet. */
static inline void
json_record_comma(struct json *json)
{
	struct json_frame *frame = json_record_top(json);

	json->want_key = frame != NULL && !frame->array;
	json->word = WORD_NONE;
}

#endif
