/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telegram's frames as units, each as long as it is on the wire. What does not
 * open like one of its transports, and what stops to look like it (a lost head
 * cannot be found again), is raw: chunks as they come.
 */
#include <stdlib.h>
#include <string.h>

#include "classifiers/volume.h"
#include "core/buf.h"

/* What was read of a frame that will not be finished counts as it is. */
static void
side_rest(struct task *task, struct volume_slot *slot, enum dir dir,
    uint64_t time_us)
{
	struct volume_side *side = &slot->side[dir];
	struct volume_unit unit = {
		.begin_us = side->begin_us, .end_us = time_us, .dir = dir,
		.len = side->have
	};

	if (side->state == SIDE_BODY)
		unit.len += side->length - side->left;
	side->state = SIDE_HEAD;
	side->have = 0;
	side->length = side->left = 0;
	if (unit.len > 0)
		volume_unit(task, slot, &unit);
}

static void
become_raw(struct task *task, struct volume_slot *slot, uint64_t time_us)
{
	slot->framing = FRAMING_RAW;
	free(slot->mtproto);
	slot->mtproto = NULL;
	side_rest(task, slot, DIR_UP, time_us);
	side_rest(task, slot, DIR_DOWN, time_us);
}

static void
frame_end(struct task *task, struct volume_slot *slot, enum dir dir,
    uint64_t time_us)
{
	struct volume_side *side = &slot->side[dir];
	struct volume_unit unit = {
		.begin_us = side->begin_us, .end_us = time_us, .dir = dir,
		.before = side->begin_at, .len = side->length + side->have
	};

	side->have = 0;
	side->state = SIDE_HEAD;
	if (side->type != 0)
		volume_unit(task, slot, &unit);
}

/* Reads on in a body. */
static void
frame_body(struct task *task, struct volume_slot *slot, enum dir dir,
    uint32_t len, uint64_t time_us)
{
	struct volume_side *side = &slot->side[dir];

	side->left -= len;
	slot->mtproto->at[dir] += len;
	if (side->left == 0)
		frame_end(task, slot, dir, time_us);
}

static void
head_fill(struct volume_slot *slot, enum dir dir, struct buf *in, uint8_t want)
{
	struct volume_side *side = &slot->side[dir];

	while (side->have < want && buf_left(in) > 0) {
		side->head[side->have++] = buf_u8(in);
		slot->mtproto->at[dir]++;
	}
}

/* False: no frame begins here. */
static bool
frame_head(struct task *task, struct volume_slot *slot, enum dir dir,
    struct buf *in, uint64_t time_us)
{
	struct volume_side *side = &slot->side[dir];
	struct mtproto *mt = slot->mtproto;
	struct mtproto_head head;

	if (side->have == 0) {
		side->begin_us = time_us;
		side->begin_at = mt->at[dir];
	}
	for (;;) {
		if (!mtproto_head(mt, dir, side->head, side->have, &head))
			return false;
		if (side->have >= head.size)
			break;
		if (buf_left(in) == 0)
			return true;
		head_fill(slot, dir, in, head.size);
	}
	mt->sequence[dir]++;
	side->type = head.payload;
	side->length = side->left = head.length;
	side->state = SIDE_BODY;
	if (head.length == 0)
		frame_end(task, slot, dir, time_us);
	return true;
}

/* Returns how many bytes were read: all, unless a frame was none. */
static size_t
frames_read(struct task *task, struct volume_slot *slot, enum dir dir,
    const uint8_t *data, size_t len, uint64_t time_us)
{
	struct volume_side *side = &slot->side[dir];
	struct buf in = buf_of(data, len);

	while (buf_left(&in) > 0) {
		if (side->state == SIDE_BODY) {
			size_t part = buf_left(&in) < side->left ?
			    buf_left(&in) : side->left;

			buf_skip(&in, part);
			frame_body(task, slot, dir, (uint32_t)part, time_us);
		} else if (!frame_head(task, slot, dir, &in, time_us)) {
			become_raw(task, slot, time_us);
			break;
		}
	}
	return len - buf_left(&in);
}

/* Frames of a stream, and chunks from where they are none. */
static void
stream_read(struct task *task, struct volume_slot *slot, struct chunk rest)
{
	size_t done = frames_read(task, slot, rest.dir, rest.data, rest.len,
	    rest.time_us);

	rest.data += done;
	rest.len -= done;
	rest.gap = 0;		/* was counted with the frame it lay in */
	if (rest.len > 0)
		volume_frame_raw(task, slot, &rest);
}

/* ---- the opening ------------------------------------------------------------ */

static void
opening_is_none(struct task *task, struct volume_slot *slot,
    const struct chunk *chunk, size_t before)
{
	struct volume_unit unit = {
		.begin_us = slot->side[DIR_UP].begin_us, .end_us = chunk->time_us,
		.len = (uint32_t)before, .dir = DIR_UP
	};

	become_raw(task, slot, chunk->time_us);
	if (before > 0)
		volume_unit(task, slot, &unit);
	volume_frame_raw(task, slot, chunk);
}

static void
opening_done(struct task *task, struct volume_slot *slot,
    const struct chunk *chunk, size_t taken)
{
	struct mtproto opened = *slot->mtproto;
	size_t from = (size_t)opened.at[DIR_UP];
	struct chunk kept = {
		.data = opened.opening + from, .len = opened.have - from,
		.time_us = chunk->time_us, .dir = DIR_UP
	};
	struct chunk rest = *chunk;

	slot->framing = FRAMING_MTPROTO;
	stream_read(task, slot, kept);
	rest.data += taken;
	rest.len -= taken;
	if (slot->framing == FRAMING_MTPROTO)
		stream_read(task, slot, rest);
	else if (rest.len > 0)
		volume_frame_raw(task, slot, &rest);
}

static void
opening_read(struct task *task, struct volume_slot *slot,
    const struct chunk *chunk)
{
	size_t before, taken;

	if (slot->mtproto == NULL) {
		slot->mtproto = calloc(1, sizeof(*slot->mtproto));
		slot->side[DIR_UP].begin_us = chunk->time_us;
	}
	before = slot->mtproto != NULL ? slot->mtproto->have : 0;
	if (slot->mtproto == NULL || chunk->dir != DIR_UP || chunk->gap != 0) {
		opening_is_none(task, slot, chunk, before);
		return;
	}
	switch (mtproto_open(slot->mtproto, chunk->data, chunk->len, &taken)) {
	case MTPROTO_MORE:
		break;
	case MTPROTO_NOT:
		opening_is_none(task, slot, chunk, before);
		break;
	case MTPROTO_OPENED:
		opening_done(task, slot, chunk, taken);
		break;
	}
}

/* ---- a chunk ---------------------------------------------------------------- */

/* Steps over missing bytes when they lie inside one frame. */
static bool
gap_passed(struct task *task, struct volume_slot *slot,
    const struct chunk *chunk)
{
	struct volume_side *side = &slot->side[chunk->dir];

	slot->gapped = true;
	if (side->state != SIDE_BODY || chunk->gap > side->left)
		return false;
	frame_body(task, slot, chunk->dir, chunk->gap, chunk->time_us);
	return true;
}

void
volume_mtproto(struct task *task, struct volume_slot *slot,
    const struct chunk *chunk)
{
	if (slot->framing == FRAMING_OPENING) {
		opening_read(task, slot, chunk);
	} else if (chunk->gap != 0 && !gap_passed(task, slot, chunk)) {
		become_raw(task, slot, chunk->time_us);
		volume_frame_raw(task, slot, chunk);
	} else {
		stream_read(task, slot, *chunk);
	}
}
