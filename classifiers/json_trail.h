/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes next in JSON, told by what came last. Records of a list have the
 * same keys in the same order. The trail remembers the bytes between two values,
 * keys and signs of structure, and what reading them led to, as a step; where
 * the same bytes come again in the same place they are compared instead of read,
 * and the frames are set to what they were then.
 *
 * What reading leads to depends on nothing but the bytes, the keys and brackets
 * on the way to the innermost open frame and whether a key is awaited. A step is
 * met there alone: behind the step it was linked to, or where all of that has
 * been compared. So the outcome is that of reading. Where a text says what a
 * place is (in a jCard) there is no trail. That guesses which are then checked
 * may spare reading is shown for queries by Li, Katsipoulakis and others
 * ("Mison", VLDB 2017).
 */
#ifndef CLASSIFIERS_JSON_TRAIL_H
#define CLASSIFIERS_JSON_TRAIL_H

#include "classifiers/json.h"

/* Bytes for all steps of a body: those of a record of thirty members or more. */
#define TRAIL_STORE 3456
/* Bytes of one step; longer ones are not remembered. */
#define TRAIL_TEXT 128
/* Steps known to follow one. */
#define TRAIL_TRIES 4
#define TRAIL_BLOCK 16u
/* Frames that one step may open. */
#define TRAIL_OPENS 4

/* How a step ends: before a string's text, before another value, or in between. */
enum trail_end { TRAIL_STRING, TRAIL_BARE, TRAIL_ON };

/*
 * What a step does to the frames: some close, then something stands in the one
 * around them, then some open.
 */
struct trail_move { uint8_t close, open; bool any; };

struct trail_step {
	uint16_t next[TRAIL_TRIES];	/* offsets of what followed; 0: none */
	uint64_t place;		/* where it was met: json_trail_place() */
	/* What json is behind it. */
	uint32_t key_hash;
	uint8_t depth, want_key, word, mail;
	bool keyed;		/* key_hash and mail are from a key in it */
	bool named;		/* the text behind it is a name */
	bool idle;		/* a number behind it tells nothing */
	uint16_t least;		/* length from which that text must be looked at */
	uint8_t hint;		/* enum hint: what that text may be */
	uint16_t last;		/* of the last block, a bit for each byte that counts */
	uint16_t size;		/* of all of it */
	uint8_t len;
	uint8_t whole;		/* len in whole blocks */
	uint8_t end;		/* enum trail_end */
	struct trail_move move;
	_Alignas(16) uint8_t text[];		/* whole blocks, then the frames it opens */
};

/* Bytes of a body after which it is worth a trail. */
#define JSON_TRAIL_FROM 16384u

struct json_trail {
	unsigned used;
	unsigned at;		/* the step taken last; 0: none, the first in the store */
	int trust;
	unsigned pause;		/* reads without it */
	bool fine;		/* steps end before each member: records differ much */
	/* The step being read. */
	const char *begun;	/* where it begins; NULL: none */
	uint64_t place;
	bool told, keyed;	/* anything was noted; a key was */
	uint8_t note;		/* what was last */
	struct trail_move move;
	struct json_frame open[TRAIL_OPENS];
	_Alignas(16) uint8_t store[TRAIL_STORE];
};

/* What reading did, as it is told. */
enum trail_note { TRAIL_COMMA, TRAIL_KEY, TRAIL_CLOSE, TRAIL_FILL, TRAIL_OPEN };

/*
 * Goes on, between values, as long as what comes is what came last. Returns how
 * many bytes that was.
 */
size_t json_follow(struct json *json, const char *data, size_t len);
/* NULL: no memory; then nothing is remembered. */
struct json_trail *json_trail_new(void);
/* Wipes and frees; NULL is fine. */
void json_trail_free(struct json_trail *trail);
/* Reading begins here, in the state that json is in. */
void json_trail_begin(struct json *json, const char *data);
/* Reading did this. */
void json_trail_note(struct json *json, enum trail_note note);
/* Reading met something that a step cannot hold. */
void json_trail_cancel(struct json *json);
/* Reading is between two signs here: a step that is long enough ends. */
void json_trail_part(struct json *json, const char *data);
/* Reading came to here: remembers a step, where one was begun. */
void json_trail_end(struct json *json, const char *data, enum trail_end end);
/* From here on nothing is remembered. */
void json_trail_stop(struct json *json);
/* The step at that offset followed this one. */
void json_trail_link(struct trail_step *step, unsigned offset);
/* No step fitted; for so many bytes before this they did. */
void json_trail_miss(struct json_trail *trail, size_t bytes);

static inline struct trail_step *
json_trail_step(struct json_trail *trail, size_t offset)
{
	return (struct trail_step *)(void *)(trail->store + offset);
}

static inline uint64_t
json_trail_place(const struct json *json)
{
	bool framed = json->depth > 0 && json->depth <= JSON_DEPTH_MAX;

	return json_trace(framed ? json->frames[json->depth - 1].trace : 0,
	    json->depth << 1 | json->want_key, false);
}

#endif
