/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Along the trail, from value to value. Most steps are the ones expected, and
 * most values are looked at once: what json has to know then is in the steps,
 * and it is told only where more than that happens.
 */
#include "classifiers/json_trail.h"

#include <string.h>

#define ALWAYS_INLINE __attribute__((always_inline)) static inline

/* Bytes that one look at a short text takes. */
#define TEXT_SHORT 32

/* No digest is shorter. */
#define DIGEST_LEAST 14

/*
 * Where a walk is; json itself is told at the end, and before more is done. It is
 * kept in registers: what stands apart takes its parts.
 */
struct walk {
	struct json *json;
	struct json_trail *trail;
	const struct trail_step *step;	/* taken last */
	const struct trail_step *keyed;	/* of them, the last that had a key; or NULL */
};

/* Numbers' bytes and letters, as json_bare_begin() has them. */
enum { BARE_NUMBER = 1, BARE_LETTER = 2 };
static const uint8_t bare_kinds[256] = {
	['0' ... '9'] = BARE_NUMBER, ['-'] = BARE_NUMBER, ['+'] = BARE_NUMBER,
	['.'] = BARE_NUMBER, ['A' ... 'D'] = BARE_LETTER,
	['E'] = BARE_NUMBER | BARE_LETTER, ['F' ... 'Z'] = BARE_LETTER,
	['a' ... 'd'] = BARE_LETTER, ['e'] = BARE_NUMBER | BARE_LETTER,
	['f' ... 'z'] = BARE_LETTER
};

/* Tells json where the walk is. */
static inline void
walk_tell(struct json *json, const struct trail_step *step,
    const struct trail_step *keyed)
{
	if (keyed != NULL) {
		json->key_hash = keyed->key_hash;
		json->mail = keyed->mail;
	}
	json->depth = step->depth;
	json->want_key = step->want_key;
	json->word = step->word;
	json->trail->at = (unsigned)((const uint8_t *)step - json->trail->store);
}

/* Where none was taken yet, the first in the store stands for what json is. */
static const struct trail_step *
walk_first(const struct json *json)
{
	struct trail_step *step = json_trail_step(json->trail, json->trail->at);

	if (json->trail->at == 0) {
		step->depth = (uint8_t)json->depth;
		step->want_key = json->want_key;
		step->word = json->word;
	}
	return step;
}

/* ---- steps ------------------------------------------------------------------- */

#ifdef __SSE2__
/* Sixteen bits: which bytes are not the same. */
static inline unsigned
block_differs(const uint8_t *text, const char *data)
{
	return 0xffff ^ (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(
	    _mm_load_si128((const __m128i *)(const void *)text), look_block(data)));
}
#endif

/* Whole blocks are compared where they may be read; ample: they may. */
ALWAYS_INLINE bool
step_fits(const struct trail_step *step, const char *data, const char *end, bool ample)
{
#ifdef __SSE2__
	const uint8_t *text = step->text, *stop = text + step->whole - TRAIL_BLOCK;

	if (ample || end - data >= step->whole) {
		for (; text < stop; text += TRAIL_BLOCK, data += TRAIL_BLOCK)
			if (block_differs(text, data) != 0)
				return false;
		return (block_differs(text, data) & step->last) == 0;
	}
#endif
	(void)ample;
	return step->len <= end - data && memcmp(step->text, data, step->len) == 0;
}

/*
 * A frame that has something to tell closes; everything else is told before.
 * Returns how many marks are open then.
 */
__attribute__((noinline)) static unsigned
frame_tell(struct json *json, const struct trail_step *step,
    const struct trail_step *keyed, unsigned depth)
{
	walk_tell(json, step, keyed);
	json->depth = depth;
	json_record_close_full(json);
	return json->parser.census->top;
}

/* Does a frame close without telling anything? */
ALWAYS_INLINE bool
frame_is_quiet(const struct json_frame *frame, unsigned top, bool outermost)
{
	return (top <= frame->base && !frame->busy) ||
	    (!outermost && json_record_lends(frame, top));
}

/* The frames that the next step closes and opens. */
ALWAYS_INLINE void
step_move(struct walk walk, const struct trail_step *next)
{
	const struct json_frame *image =
	    (const struct json_frame *)(const void *)(next->text + next->whole);
	struct json_frame *const frames = walk.json->frames;
	struct json_frame *frame = frames + walk.step->depth, *to = frame - next->move.close;
	unsigned top = walk.json->parser.census->top;

	while (frame > to) {
		frame--;
		if (!frame_is_quiet(frame, top, frame == frames))
			top = frame_tell(walk.json, walk.step, walk.keyed,
			    (unsigned)(frame - frames) + 1);
	}
	if (frame > frames)
		frame[-1].filled = true;
	for (to = frame + next->move.open; frame < to; frame++) {
		*frame = *image++;
		frame->base = (uint8_t)top;
	}
}

/* Where none of those fits that followed before, all are asked. */
__attribute__((noinline)) static const struct trail_step *
step_search(struct json *json, const struct trail_step *last,
    const struct trail_step *keyed, const char *at, const char *end)
{
	struct json_trail *trail = json->trail;
	struct trail_step *from = json_trail_step(trail,
	    (size_t)((const uint8_t *)last - trail->store));
	const struct trail_step *step, *first = json_trail_step(trail, 0);
	uint64_t place;

	walk_tell(json, last, keyed);
	place = json_trail_place(json);
	for (unsigned offset = first->size; offset < trail->used; offset += step->size) {
		step = json_trail_step(trail, offset);
		if (step->place != place || !step_fits(step, at, end, false))
			continue;
		if (last != first)
			json_trail_link(from, offset);
		return step;
	}
	return NULL;
}

/* The step that fits here; NULL: reading must go on. */
ALWAYS_INLINE const struct trail_step *
step_next(struct walk walk, const char *at, const char *end, bool ample)
{
	const struct trail_step *step;

	for (unsigned i = 0; i < TRAIL_TRIES && walk.step->next[i] != 0; i++) {
		step = json_trail_step(walk.trail, walk.step->next[i]);
		if (step_fits(step, at, end, ample))
			return step;
	}
	return step_search(walk.json, walk.step, walk.keyed, at, end);
}

/* ---- values: each returns how many bytes it took ------------------------------- */

__attribute__((noinline)) static size_t
value_full(struct json *json, const struct trail_step *step,
    const struct trail_step *keyed, const char *at, size_t len)
{
	walk_tell(json, step, keyed);
	if (step->end == TRAIL_STRING)
		return json_text_begin(json, at, len);
	return json_bare_begin(json, at, len);
}

#ifdef __SSE2__
/* A text of less than sixteen bytes without a digit is no number. */
ALWAYS_INLINE bool
text_counts(const char *at, size_t len)
{
	return (look_digits(look_block(at)) & ((1u << len) - 1)) != 0;
}

/*
 * A text that is known after one or two blocks; 0: it must be looked at in full.
 * Most are too short for what can stand there, and hold no sign.
 */
ALWAYS_INLINE size_t
text_short(struct walk walk, const char *at, const char *end, bool ample)
{
	const struct trail_step *step = walk.step;
	struct json_frame *frame;
	uint32_t stop, signs;
	size_t len;

	if (!ample && end - at < TEXT_SHORT)
		return 0;
	stop = look_stops(look_block(at));
	signs = look_signs(look_block(at));
	if (stop == 0) {
		if (value_may_nest(at, 16))
			return 0;
		stop = look_stops(look_block(at + 16)) << 16;
		signs |= look_signs(look_block(at + 16)) << 16;
		if (stop == 0)
			return 0;
	}
	len = (unsigned)__builtin_ctz(stop);
	/* Where all texts are looked at, they may also end the trail. */
	if (at[len] != '"' || step->least == 0)
		return 0;
	if (len == 0)
		return 1;
	frame = &walk.json->frames[step->depth - 1];
	frame->name |= step->named;
	frame->filled = true;
	signs &= stop ^ (stop - 1);
	if (signs != 0 || (len >= step->least &&
	    (len >= DIGEST_LEAST || text_counts(at, len)))) {
		/* Its frames may be asked. */
		walk.json->depth = step->depth;
		json_record_identify(walk.json, step->hint, at, len, signs != 0);
	}
	return len + 1;
}
#else
ALWAYS_INLINE size_t
text_short(struct walk walk, const char *at, const char *end, bool ample)
{
	(void)walk;
	(void)at;
	(void)end;
	(void)ample;
	return 0;
}
#endif

/*
 * A number of digits, or a word, that ends in the next sixteen bytes; 0: any
 * other. Those bytes may be read.
 */
ALWAYS_INLINE size_t
bare_short(const char *data)
{
#ifdef __SSE2__
	unsigned letters = look_letters(look_block(data)), len;

	if (letters & 1) {
		len = (unsigned)__builtin_ctz(~letters);
		return len < 16 ? len : 0;
	}
	len = (unsigned)__builtin_ctz(~look_digits(look_block(data)));
	return len < 16 && !(bare_kinds[(uint8_t)data[len]] & BARE_NUMBER) ? len : 0;
#else
	(void)data;
	return 0;
#endif
}

ALWAYS_INLINE size_t
bare_idle(const char *data, const char *end, bool ample)
{
	size_t len = ample ? bare_short(data) : 0;
	unsigned kind = (*data >= '0' && *data <= '9') || *data == '-' ?
	    BARE_NUMBER : BARE_LETTER;
	const char *at = data + len;

	if (len > 0)
		return len;
	while (at < end && (bare_kinds[(uint8_t)*at] & kind))
		at++;
	return (size_t)(at - data);
}

/*
 * Goes on while there is room; ample: as much as the longest step and a short text
 * behind it take. False: the walk has ended, and json is told.
 */
ALWAYS_INLINE bool
walk_on(struct walk *to, const char **data, const char *end, bool ample)
{
	const char *at = *data, *last = ample ? end - TRAIL_TEXT - TEXT_SHORT : end - 1;
	struct walk walk = *to;
	struct json *json = walk.json;
	bool on = true;

	while (on && at <= last) {
		const struct trail_step *step = step_next(walk, at, end, ample);
		size_t taken = 0;

		if (step == NULL) {
			walk_tell(json, walk.step, walk.keyed);
			json_trail_miss(walk.trail, (size_t)(at - *data));
			on = false;
			break;
		}
		if (step->move.any)
			step_move(walk, step);
		walk.step = step;
		walk.keyed = step->keyed ? step : walk.keyed;
		at += step->len;
		if (step->end == TRAIL_STRING)
			taken = text_short(walk, at, end, ample);
		else if (step->end == TRAIL_ON)
			continue;
		else if (step->idle && at < end)
			taken = bare_idle(at, end, ample);
		if (taken == 0) {
			taken = value_full(json, step, walk.keyed, at, (size_t)(end - at));
			on = json->state == IN_SPACE && json->trail != NULL;
		}
		at += taken;
	}
	*to = walk;
	*data = at;
	return on;
}

size_t
json_follow(struct json *json, const char *data, size_t len)
{
	const char *at = data, *end = data + len;
	struct walk walk = { json, json->trail, walk_first(json), NULL };

	/* So deep no step is remembered. */
	if (json->depth > JSON_DEPTH_MAX)
		return 0;
	if (len > TRAIL_TEXT + TEXT_SHORT && !walk_on(&walk, &at, end, true))
		return (size_t)(at - data);
	if (walk_on(&walk, &at, end, false))
		walk_tell(json, walk.step, walk.keyed);
	return (size_t)(at - data);
}
