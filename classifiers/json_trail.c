/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a trail is laid: the steps lie one behind the other in one small store,
 * which is emptied when it is full; each knows what followed it.
 */
#include "classifiers/json_trail.h"

#include <stdlib.h>
#include <string.h>

/* Parted at a sign of structure from here on. */
#define TEXT_LONG 80
/*
 * What so many bytes without a miss earn and one costs; who has nothing left
 * pauses so many reads.
 */
#define HIT_BYTES 32
#define TRUST_MAX 256
#define TRUST_BEGIN 64
#define MISS_COST 4
#define FLUSH_COST 64
#define PAUSE 256
static unsigned
whole(size_t len)
{
	return ((unsigned)len + TRAIL_BLOCK - 1) / TRAIL_BLOCK * TRAIL_BLOCK;
}

static void
trail_empty(struct json_trail *trail)
{
	struct trail_step *first = json_trail_step(trail, 0);

	memset(first, 0, sizeof(*first));
	first->size = (uint16_t)whole(sizeof(*first));
	trail->used = first->size;
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

void
json_trail_stop(struct json *json)
{
	if (json->trail != NULL)
		json->parser.census->trail = false;
	json_trail_free(json->trail);
	json->trail = NULL;
	json->fed = JSON_TRAIL_FROM;
}

void
json_trail_miss(struct json_trail *trail, size_t bytes)
{
	size_t hits = bytes / HIT_BYTES;

	trail->trust += hits < TRUST_MAX ? (int)hits : TRUST_MAX;
	if (trail->trust > TRUST_MAX)
		trail->trust = TRUST_MAX;
	trail->trust -= MISS_COST;
	if (trail->trust >= 0)
		return;
	trail->trust = TRUST_BEGIN;
	trail->pause = PAUSE;
	trail->at = 0;
}

void
json_trail_begin(struct json *json, const char *data)
{
	struct json_trail *trail = json->trail;

	if (trail == NULL)
		return;
	trail->begun = NULL;
	if (trail->pause > 0 || json->depth > JSON_DEPTH_MAX) {
		trail->pause -= trail->pause > 0;
		trail->at = 0;
		return;
	}
	trail->begun = data;
	trail->place = json_trail_place(json);
	trail->move = (struct trail_move){ 0, 0, false };
	trail->told = trail->keyed = false;
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

/* Only what was there before the step: nothing was put into it, and nothing opened. */
static bool
move_may_close(const struct trail_move *move)
{
	return move->open == 0 && (!move->any || move->close > 0);
}

/* False: a step does not hold that in this order, or not so much of it. */
static bool
note_move(struct json *json, enum trail_note note)
{
	struct json_trail *trail = json->trail;
	struct trail_move *move = &trail->move;

	if (note == TRAIL_CLOSE && !move_may_close(move))
		return false;
	if (note == TRAIL_OPEN && move->open == TRAIL_OPENS)
		return false;
	/* In the frame opened last that one stands, or this fill. */
	if (note != TRAIL_CLOSE && move->open > 0)
		trail->open[move->open - 1].filled = true;
	if (note == TRAIL_OPEN)
		trail->open[move->open++] = json->frames[json->depth - 1];
	move->close += note == TRAIL_CLOSE;
	move->any = true;
	return true;
}

/*
 * What a frame begins as must lie in the bytes of its step: a member's has its
 * key there, and an array in an array, which remembers the last key, is left out.
 */
static bool
note_holds(const struct json *json, enum trail_note note)
{
	const struct json_frame *frame;

	if (note != TRAIL_OPEN)
		return true;
	if (json->depth == 1)
		return !json->frames[0].array || json->trail->keyed;
	frame = &json->frames[json->depth - 1];
	return json->trail->keyed || (frame->item && !frame->array);
}

void
json_trail_note(struct json *json, enum trail_note note)
{
	struct json_trail *trail = json->trail;

	if (trail == NULL || trail->begun == NULL)
		return;
	if (json->depth > JSON_DEPTH_MAX || !note_holds(json, note) ||
	    (note >= TRAIL_CLOSE && !(note == TRAIL_FILL && json->depth == 0) &&
	    !note_move(json, note))) {
		json_trail_cancel(json);
		return;
	}
	trail->told = true;
	trail->note = note;
	trail->keyed |= note == TRAIL_KEY;
}

/* The offset of the same step, met elsewhere; 0: there is none. */
static unsigned
step_find(struct json_trail *trail, const char *data, size_t len)
{
	unsigned offset = json_trail_step(trail, 0)->size;

	while (offset < trail->used) {
		const struct trail_step *step = json_trail_step(trail, offset);

		if (step->place == trail->place && step->len == len &&
		    memcmp(step->text, data, len) == 0)
			return offset;
		offset += step->size;
	}
	return 0;
}

/* What the next text means: of a list or of no frame all are looked at. */
static void
step_expect(struct trail_step *step, struct json *json)
{
	const struct json_frame *frame = json_record_top(json);
	enum word word = json_record_word(json, frame);

	step->named = word == WORD_NAME;
	step->idle = frame == NULL || (word != WORD_TRADE &&
	    !json_record_reads(json, word, frame));
	if (frame == NULL || frame->array)
		return;
	step->least = json_record_least[word][frame->book];
	step->hint = (uint8_t)json_record_hint(word, frame);
}

static unsigned
step_store(struct json *json, const char *data, size_t len, enum trail_end end)
{
	struct json_trail *trail = json->trail;
	size_t opens = trail->move.open * sizeof(struct json_frame);
	unsigned size = (unsigned)(sizeof(struct trail_step) + whole(len) + whole(opens));
	unsigned offset;
	struct trail_step *step;

	if (trail->used + size > TRAIL_STORE) {
		trail_empty(trail);
		trail->trust -= trail->fine ? FLUSH_COST : 0;
		trail->fine = true;
	}
	offset = trail->used;
	step = json_trail_step(trail, offset);
	memset(step, 0, size);
	*step = (struct trail_step){
		.place = trail->place, .key_hash = json->key_hash,
		.depth = (uint8_t)json->depth, .want_key = json->want_key,
		.word = json->word, .mail = json->mail, .keyed = trail->keyed,
		.size = (uint16_t)size, .len = (uint8_t)len,
		.last = (uint16_t)(0xffffu >> (TRAIL_BLOCK - 1 - (len - 1) % TRAIL_BLOCK)),
		.whole = (uint8_t)whole(len), .end = (uint8_t)end,
		.move = trail->move
	};
	step_expect(step, json);
	memcpy(step->text, data, len);
	memcpy(step->text + step->whole, trail->open, opens);
	trail->used += size;
	return offset;
}

/* The newest is tried first. */
void
json_trail_link(struct trail_step *step, unsigned offset)
{
	for (unsigned i = 0; i < TRAIL_TRIES; i++)
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
	if (!trail->told || len > TRAIL_TEXT) {
		json_trail_cancel(json);
		return;
	}
	offset = step_find(trail, trail->begun, len);
	if (offset == 0)
		offset = step_store(json, trail->begun, len, end);
	if (trail->at != 0)
		json_trail_link(json_trail_step(trail, trail->at), offset);
	trail->at = offset;
	trail->begun = NULL;
}

/* Does the step that is read end here? A key and what it is the key of stay. */
static bool
part_here(const struct json_trail *trail, const char *data)
{
	bool closes = data[0] == '}' || data[0] == ']';

	if (trail->note == TRAIL_KEY)
		return false;
	if (closes && !move_may_close(&trail->move))
		return true;
	if (trail->fine && (trail->note == TRAIL_CLOSE || trail->note == TRAIL_FILL))
		return !closes;
	return data - trail->begun >= TEXT_LONG || trail->move.open == TRAIL_OPENS;
}

void
json_trail_part(struct json *json, const char *data)
{
	struct json_trail *trail = json->trail;

	if (trail == NULL || trail->begun == NULL || !trail->told ||
	    !part_here(trail, data))
		return;
	json_trail_end(json, data, TRAIL_ON);
	json_trail_begin(json, data);
}
