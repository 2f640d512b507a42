/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes next in JSON, told by what came last. Records of a list have the
 * same keys in the same order; that reading them may be spared by a guess that
 * is then checked has been shown for queries by Li, Katsipoulakis and others
 * ("Mison", VLDB 2017). Here a step is a few bytes between two values and the
 * deeds that reading them was; each knows up to TRIES steps that followed it.
 * All lie one behind the other in one small store, which is emptied when full.
 */
#include "classifiers/json.h"

#include <stdlib.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Bytes for all steps of a body: a record of fifty members takes about so many. */
#define STORE_SIZE 3072
/* Bytes of one step, and deeds; more are parted. */
#define TEXT_MAX 96
#define DEEDS_MAX 12
/* Parted at a sign of structure from here on. */
#define TEXT_LONG 48
#define DEEDS_LONG 8
/* Steps known to follow one. */
#define TRIES 4
#define BLOCK 16
/* What a hit earns and a miss costs; who has nothing left pauses so many reads. */
#define TRUST_MAX 256
#define TRUST_BEGIN 64
#define MISS_COST 4
#define FLUSH_COST 64
#define PAUSE 256

struct deed {
	uint32_t hash;		/* of a key */
	uint8_t deed;		/* enum trail_deed */
	uint8_t word;		/* enum word of a key */
	bool mail;
};

struct step {
	uint64_t place;		/* where it was met: see place_of() */
	uint16_t next[TRIES];	/* offsets of what followed; 0: none */
	uint16_t text;		/* offset of the bytes, in whole blocks */
	uint16_t size;		/* of all of it */
	uint16_t last;		/* of the last block, a bit for each byte that counts */
	uint8_t len;
	uint8_t deeds;
	uint8_t end;		/* enum trail_end */
	struct deed deed[];
};

struct json_trail {
	unsigned used;
	unsigned at;		/* the step taken last; 0: none, the first in the store */
	int trust;
	unsigned pause;
	/* The step being read. */
	const char *begun;	/* NULL: none */
	uint64_t place;
	unsigned deeds;
	struct deed deed[DEEDS_MAX];
	_Alignas(16) uint8_t store[STORE_SIZE];
};

static struct step *
step_at(struct json_trail *trail, size_t offset)
{
	return (struct step *)(void *)(trail->store + offset);
}

static void
trail_empty(struct json_trail *trail)
{
	memset(trail->store, 0, sizeof(struct step));
	step_at(trail, 0)->place = ~(uint64_t)0;
	step_at(trail, 0)->size = (sizeof(struct step) + BLOCK - 1) / BLOCK * BLOCK;
	trail->used = step_at(trail, 0)->size;
	trail->at = 0;
}

struct json_trail *
json_trail_new(void)
{
	struct json_trail *trail = calloc(1, sizeof(*trail));

	if (trail == NULL)
		return NULL;
	trail->trust = TRUST_BEGIN;
	trail_empty(trail);
	return trail;
}

void
json_trail_free(struct json_trail *trail)
{
	if (trail == NULL)
		return;
	explicit_bzero(trail, sizeof(*trail));
	free(trail);
}

static inline uint64_t
place_of(const struct json *json)
{
	return (uint64_t)json->arrays << 32 | (uint64_t)json->depth << 1 |
	    json->want_key;
}

/* ---- following ----------------------------------------------------------------- */

static inline bool
text_same(const uint8_t *text, const char *data, size_t len, unsigned last)
{
#ifdef __SSE2__
	for (;; text += BLOCK, data += BLOCK, len -= BLOCK) {
		unsigned same = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(
		    _mm_load_si128((const __m128i *)(const void *)text),
		    _mm_loadu_si128((const __m128i *)(const void *)data)));

		if (len <= BLOCK)
			return (same & last) == last;
		if (same != 0xffff)
			return false;
	}
#else
	(void)last;
	return memcmp(text, data, len) == 0;
#endif
}

static inline bool
step_fits(const struct json_trail *trail, const struct step *step, uint64_t place,
    const char *data, size_t len)
{
	const uint8_t *text = trail->store + step->text;

	if (step->place != place || step->len > len)
		return false;
	/* Whole blocks are compared where they may be read. */
	if ((step->len + BLOCK - 1u) / BLOCK * BLOCK > len)
		return memcmp(text, data, step->len) == 0;
	return text_same(text, data, step->len, step->last);
}

static inline void
deed_do(struct json *json, const struct deed *deed)
{
	switch ((enum trail_deed)deed->deed) {
	case TRAIL_COMMA:
		json_record_comma(json);
		break;
	case TRAIL_OPEN_OBJECT:
		json_record_open(json, false);
		break;
	case TRAIL_OPEN_ARRAY:
		json_record_open(json, true);
		break;
	case TRAIL_CLOSE:
		json_record_close(json);
		break;
	case TRAIL_EMPTY:
		json_record_empty(json);
		break;
	case TRAIL_KEY:
		json->want_key = false;
		json->key_hash = deed->hash;
		json->word = deed->word;
		json->mail = deed->mail;
		break;
	}
}

static void
trail_miss(struct json_trail *trail)
{
	trail->trust -= MISS_COST;
	if (trail->trust >= 0)
		return;
	trail->trust = TRUST_BEGIN;
	trail->pause = PAUSE;
}

size_t
json_trail_follow(struct json *json, const char *data, size_t len,
    enum trail_end *end)
{
	struct json_trail *trail = json->trail;
	const uint16_t *next = step_at(trail, trail->at)->next;
	uint64_t place = place_of(json);

	if (trail->pause > 0)
		return 0;
	for (unsigned i = 0; i < TRIES && next[i] != 0; i++) {
		const struct step *step = step_at(trail, next[i]);

		if (!step_fits(trail, step, place, data, len))
			continue;
		trail->at = next[i];
		trail->trust += trail->trust < TRUST_MAX;
		for (unsigned n = 0; n < step->deeds; n++)
			deed_do(json, &step->deed[n]);
		*end = (enum trail_end)step->end;
		return step->len;
	}
	trail_miss(trail);
	return 0;
}

/* ---- remembering --------------------------------------------------------------- */

void
json_trail_begin(struct json *json, const char *data)
{
	struct json_trail *trail = json->trail;

	if (trail == NULL)
		return;
	if (trail->pause > 0 || json->depth > JSON_DEPTH_MAX) {
		trail->pause -= trail->pause > 0;
		trail->at = 0;
		return;
	}
	trail->begun = data;
	trail->place = place_of(json);
	trail->deeds = 0;
}

void
json_trail_cancel(struct json *json)
{
	struct json_trail *trail = json->trail;

	if (trail == NULL)
		return;
	trail->begun = NULL;
	trail->at = 0;
}

/* Is the deed before the next one done again by it? */
static bool
deed_covers(const struct json_trail *trail, enum trail_deed deed)
{
	return deed == TRAIL_KEY && trail->deeds > 0 &&
	    trail->deed[trail->deeds - 1].deed == TRAIL_COMMA;
}

/* A comma behind a bracket says what the bracket said. */
static bool
deed_idle(const struct json_trail *trail, enum trail_deed deed)
{
	return deed == TRAIL_COMMA && trail->deeds > 0 &&
	    (trail->deed[trail->deeds - 1].deed == TRAIL_CLOSE ||
	    trail->deed[trail->deeds - 1].deed == TRAIL_EMPTY);
}

void
json_trail_note(struct json *json, enum trail_deed deed)
{
	struct json_trail *trail = json->trail;

	if (trail == NULL || trail->begun == NULL || deed_idle(trail, deed))
		return;
	if (deed_covers(trail, deed))
		trail->deeds--;
	if (trail->deeds == DEEDS_MAX || json->depth > JSON_DEPTH_MAX) {
		json_trail_cancel(json);
		return;
	}
	trail->deed[trail->deeds++] = (struct deed){ json->key_hash, (uint8_t)deed,
	    json->word, json->mail };
}

/* The offset of the same step, met elsewhere; 0: there is none. */
static unsigned
step_find(struct json_trail *trail, const char *data, size_t len)
{
	unsigned offset = step_at(trail, 0)->size;

	while (offset < trail->used) {
		const struct step *step = step_at(trail, offset);

		if (step->place == trail->place && step->len == len &&
		    memcmp(trail->store + step->text, data, len) == 0)
			return offset;
		offset += step->size;
	}
	return 0;
}

static unsigned
step_store(struct json_trail *trail, const char *data, size_t len, enum trail_end end)
{
	size_t text = (sizeof(struct step) + trail->deeds * sizeof(struct deed) +
	    BLOCK - 1) / BLOCK * BLOCK;
	size_t size = text + (len + BLOCK - 1) / BLOCK * BLOCK;
	unsigned offset;
	struct step *step;

	if (trail->used + size > STORE_SIZE) {
		trail_empty(trail);
		trail->trust -= FLUSH_COST;
	}
	offset = trail->used;
	step = step_at(trail, offset);
	memset(step, 0, size);
	step->place = trail->place;
	step->text = (uint16_t)(offset + text);
	step->size = (uint16_t)size;
	step->last = (uint16_t)(0xffffu >> (BLOCK - 1 - (len - 1) % BLOCK));
	step->len = (uint8_t)len;
	step->deeds = (uint8_t)trail->deeds;
	step->end = (uint8_t)end;
	memcpy(step->deed, trail->deed, trail->deeds * sizeof(struct deed));
	memcpy(trail->store + step->text, data, len);
	trail->used += (unsigned)size;
	return offset;
}

/* The newest is tried first. */
static void
step_link(struct step *step, unsigned offset)
{
	for (unsigned i = 0; i < TRIES; i++)
		if (step->next[i] == offset)
			return;
	memmove(step->next + 1, step->next, sizeof(step->next) - sizeof(step->next[0]));
	step->next[0] = (uint16_t)offset;
}

void
json_trail_end(struct json *json, const char *data, enum trail_end end)
{
	struct json_trail *trail = json->trail;
	unsigned offset;
	size_t len;

	if (trail == NULL || trail->begun == NULL)
		return;
	len = (size_t)(data - trail->begun);
	if (len == 0 || len > TEXT_MAX) {
		json_trail_cancel(json);
		return;
	}
	offset = step_find(trail, trail->begun, len);
	if (offset == 0)
		offset = step_store(trail, trail->begun, len, end);
	step_link(step_at(trail, trail->at), offset);
	trail->at = offset;
	trail->begun = NULL;
}

void
json_trail_part(struct json *json, const char *data)
{
	struct json_trail *trail = json->trail;

	if (trail == NULL || trail->begun == NULL ||
	    (data - trail->begun < TEXT_LONG && trail->deeds < DEEDS_LONG))
		return;
	json_trail_end(json, data, TRAIL_ON);
	json_trail_begin(json, data);
}
