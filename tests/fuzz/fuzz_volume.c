/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chunks of both directions, with gaps and pauses, under every size model. An
 * input is: model, protocol, then pieces of [flags][length][bytes].
 */
#include <stdlib.h>

#include "classifiers/table.h"
#include "core/buf.h"

static const struct size_model models[] = {
	{ .shape = SHAPE_ENDPOINT, .min_bytes = 100, .confidence = 2 },
	{ .shape = SHAPE_CDSI, .confidence = 3 },
	{ .shape = SHAPE_FRAMES, .min_bytes = 100, .confidence = 2 },
	{ .shape = SHAPE_BURST, .base_low = 10, .base_high = 90, .per_low = 3,
	    .per_best = 5, .per_high = 9, .min_bytes = 100, .confidence = 1 },
	{ .shape = SHAPE_SERIES, .per_low = 20, .per_best = 40, .per_high = 90,
	    .confidence = 2 },
};
#define MODELS (sizeof(models) / sizeof(models[0]))

enum { FLAG_DOWN = 1, FLAG_GAP = 2, FLAG_LOST = 4, FLAG_PAUSE = 8,
	FLAG_MODELS = 16, FLAG_REPEAT = 32 };

static void
observe(struct listener *listener, const struct observation *seen)
{
	const struct contacts *c = &seen->upload->contacts;

	(void)listener;
	if (seen->kind != OBSERVED_UPLOAD || c->low > c->high)
		abort();
	if (c->best != CONTACTS_UNKNOWN && (c->best < c->low || c->best > c->high))
		abort();
	if (seen->upload->begin_us > seen->upload->end_us)
		abort();
}

static void
models_choose(void *slot, uint8_t which)
{
	const struct size_model *chosen[SIZE_MODELS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < MODELS && count < SIZE_MODELS_MAX; i++)
		if (which >> i & 1)
			chosen[count++] = &models[i];
	volume_models_set(slot, chosen, count);
}

/* A piece may stand for many equal ones, so that short inputs make series. */
static unsigned
piece_feed(struct task *task, void *slot, struct buf *in, uint64_t *now)
{
	uint8_t flags = buf_u8(in), length = buf_u8(in);
	size_t len = length < buf_left(in) ? length : buf_left(in);
	unsigned times = flags & FLAG_REPEAT ? 64 : 1, more = MORE_BOTH;
	struct chunk chunk = {
		.dir = flags & FLAG_DOWN ? DIR_DOWN : DIR_UP, .len = len,
		.gap = flags & FLAG_LOST ? GAP_UNKNOWN : flags & FLAG_GAP ? length : 0
	};

	chunk.data = buf_take(in, len);
	if (chunk.data == NULL)
		return 0;
	if (flags & FLAG_MODELS)
		models_choose(slot, length);
	if (flags & FLAG_PAUSE)
		*now += 61 * USEC_PER_SEC;
	for (unsigned i = 0; i < times && more != 0; i++) {
		chunk.time_us = *now += 1000;
		more = classifier_volume.feed(task, slot, &chunk);
	}
	return more;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf in = buf_of(data, size);
	struct listener listener = { .observe = observe };
	struct flow flow = { .server_port = 443 };
	struct task task = { .flow = &flow, .listener = &listener };
	uint64_t now = USEC_PER_SEC;
	uint8_t which = buf_u8(&in);
	void *slot;

	flow.proto = buf_u8(&in) & 1 ? 17 : 6;
	slot = calloc(1, classifier_volume.slot_size);
	if (slot == NULL)
		return 0;
	models_choose(slot, which);
	while (buf_left(&in) > 0)
		if (piece_feed(&task, slot, &in, &now) == 0)
			break;
	classifier_volume.close(&task, slot);
	free(slot);
	return 0;
}
