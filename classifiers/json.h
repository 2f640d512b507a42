/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside JSON: what the bytes mean (json.c) and whose they are (json_record.c).
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
	unsigned depth;		/* may exceed JSON_DEPTH_MAX */
	struct json_frame frames[JSON_DEPTH_MAX];
	struct json_key cache[JSON_CACHE_SIZE];
	struct value value;
};

/*
 * What one look at a string tells: most strings hold neither a sign that an
 * address or an international number has, nor digits enough for another.
 */
struct json_look {
	size_t len;		/* bytes before the next quotation mark or backslash */
	bool signs;		/* "@", "+" or ":" */
	unsigned digits;
};

struct json_look json_look(const char *data, size_t len);
/* Its len alone. */
size_t json_span(const char *data, size_t len);

/* The innermost open object or array; NULL: none, or too deep. */
static inline struct json_frame *
json_record_top(struct json *json)
{
	return json->depth > 0 && json->depth <= JSON_DEPTH_MAX ?
	    &json->frames[json->depth - 1] : NULL;
}

/* What a value in that place is, by its key or by the places around it. */
enum word json_record_word(const struct json *json, const struct json_frame *in);
void json_record_open(struct json *json, bool array);
void json_record_close(struct json *json);
/* The same as both, where nothing is inside; depth below JSON_DEPTH_MAX. */
void json_record_empty(struct json *json);
/* A string is complete: a key (json->key) or a value. */
void json_record_text(struct json *json, const char *text, size_t len,
    struct json_look look);
/* A number begins. True: it is to be read as text. */
bool json_record_number(struct json *json);

#endif
