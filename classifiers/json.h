/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside JSON: what the bytes mean (json.c), whose they are (json_record.c), and
 * what comes next in a list of records that are alike (json_trail.c).
 */
#ifndef CLASSIFIERS_JSON_H
#define CLASSIFIERS_JSON_H

#include "classifiers/body.h"

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
	uint8_t count;		/* items so far, at most 255 */
	bool item;		/* of an array */
	bool name, traffic, card, book, flat;
	bool mail;		/* of a list: its key tells of mail addresses */
	/*
	 * People in this list; of an object, in its longest list of numbers, and
	 * in its longest of mail addresses: the same people, where it has both.
	 */
	uint32_t people[2];
	uint32_t path;
};

enum json_state { IN_SPACE, IN_STRING, IN_ESCAPE, IN_UNICODE, IN_NUMBER, IN_LOST };

struct json_key { uint32_t hash; uint8_t word; bool mail; };

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
	uint32_t unicode;
	uint32_t key_hash;
	uint32_t arrays;	/* of the frames, those that are arrays; outermost lowest */
	unsigned depth;		/* may exceed JSON_DEPTH_MAX */
	struct json_trail *trail;	/* NULL: none */
	struct json_frame frames[JSON_DEPTH_MAX];
	struct json_key cache[JSON_CACHE_SIZE];
	struct value value;
};

/* What one look at a string tells: most hold no sign of an identifier. */
struct json_look {
	size_t len;		/* bytes before the next quotation mark or backslash */
	bool signs;		/* "@", "+" or ":" */
};

struct json_look json_look(const char *data, size_t len);
/* Its len alone. */
size_t json_span(const char *data, size_t len);

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

void json_record_open(struct json *json, bool array);
void json_record_close(struct json *json);
/* The same as both, where nothing is inside; depth below JSON_DEPTH_MAX. */
void json_record_empty(struct json *json);
/* A key is complete. False: it was looked at as a number, or holds nothing. */
bool json_record_key(struct json *json, const char *text, size_t len);
/* A string is complete that is a value; signs: as json_look() says. */
void json_record_text(struct json *json, const char *text, size_t len, bool signs);
/* A number begins. True: it is to be read as text. */
bool json_record_number(struct json *json);

/* After a comma, or a value in an array: what comes next has no key yet. */
static inline void
json_record_comma(struct json *json)
{
	struct json_frame *frame = json_record_top(json);

	json->want_key = frame != NULL && !frame->array;
	json->word = WORD_NONE;
}

/* ---- json_trail.c -------------------------------------------------------------- */

/*
 * Records of one list repeat what stands between their values: keys and signs
 * of structure. The trail remembers those bytes and what reading them did, as
 * steps; where the same bytes come again in the same place they are compared
 * instead of read, and the same is done. Steps depend on nothing but the bytes,
 * on which open frames are arrays and on whether a key was awaited, so that the
 * outcome is that of reading.
 */

/* How a step ends: before a string's text, before another value, or in between. */
enum trail_end { TRAIL_STRING, TRAIL_BARE, TRAIL_ON };
enum trail_deed { TRAIL_COMMA, TRAIL_OPEN_OBJECT, TRAIL_OPEN_ARRAY, TRAIL_CLOSE,
	TRAIL_EMPTY, TRAIL_KEY };

/* NULL: no memory; then nothing is remembered. Wipes and frees; NULL is fine. */
struct json_trail *json_trail_new(void);
void json_trail_free(struct json_trail *trail);
/*
 * Follows the trail: does what the bytes at data did when they came last.
 * Returns how many they are and how they end; 0: they must be read.
 */
size_t json_trail_follow(struct json *json, const char *data, size_t len,
    enum trail_end *end);
/* Reading begins here, in the state that json is in. */
void json_trail_begin(struct json *json, const char *data);
/* Reading did this. */
void json_trail_note(struct json *json, enum trail_deed deed);
/* Reading met something that a step cannot hold. */
void json_trail_cancel(struct json *json);
/* Reading is between two signs here: a step that is long enough ends. */
void json_trail_part(struct json *json, const char *data);
/* Reading came to here: remembers a step, where one was begun. */
void json_trail_end(struct json *json, const char *data, enum trail_end end);

#endif
