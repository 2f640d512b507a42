/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence by size: the row of the table, and what its engines share. An
 * encrypted upload still shows its lengths; a published linear model turns
 * them into a number of contacts, as a range.
 */
#include <math.h>
#include <stdlib.h>

#include "classifiers/volume.h"

/* No address book is larger; a longer estimate is no estimate. */
#define CONTACTS_MAX 1000000000.0

/* HTTP/3 and its kin live here; other datagrams are calls and look-ups. */
#define PORT_QUIC 443

const struct size_model *
volume_model(const struct volume_work *work, enum shape shape, uint64_t *index)
{
	for (uint8_t i = 0; i < work->count; i++) {
		if (work->models[i]->shape == shape) {
			*index = i;
			return work->models[i];
		}
	}
	return NULL;
}

static bool
volume_models_same(const struct volume_work *work,
    const struct size_model *const *models, size_t count)
{
	if (work == NULL || work->count != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (work->models[i] != models[i])
			return false;
	return true;
}

void
volume_models_set(void *opaque, const struct size_model *const *models,
    size_t count)
{
	struct volume_slot *slot = opaque;

	if (slot->stopped)
		return;
	if (count > SIZE_MODELS_MAX)
		count = SIZE_MODELS_MAX;
	slot->asked = true;
	if (count > 0 && volume_models_same(slot->work, models, count))
		return;
	free(slot->work);
	slot->work = count > 0 ? calloc(1, sizeof(*slot->work)) : NULL;
	if (slot->work == NULL)
		return;
	for (size_t i = 0; i < count; i++)
		slot->work->models[i] = models[i];
	slot->work->count = (uint8_t)count;
}

static int64_t
contacts_bounded(double number)
{
	if (!(number > 0))
		return 0;
	return (int64_t)(number < CONTACTS_MAX ? number : CONTACTS_MAX);
}

struct contacts
size_model_estimate_parts(const struct size_model *model, uint64_t bytes,
    uint32_t parts)
{
	double all = (double)bytes;
	double middle = (model->base_low + model->base_high) / 2;
	struct contacts out = {
		.best = CONTACTS_UNKNOWN, .method = METHOD_SIZE,
		.confidence = model->confidence
	};

	if (model->per_low <= 0 || model->per_high <= 0) {
		out.low = out.high = CONTACTS_UNKNOWN;
		return out;
	}
	out.low = contacts_bounded(floor((all - parts * model->base_high) /
	    model->per_high));
	out.high = contacts_bounded(ceil((all - parts * model->base_low) /
	    model->per_low));
	if (model->per_best > 0)
		out.best = contacts_bounded((all - parts * middle) /
		    model->per_best + 0.5);
	if (out.best != CONTACTS_UNKNOWN && out.best < out.low)
		out.best = out.low;
	if (out.best > out.high)
		out.best = out.high;
	return out;
}

struct contacts
size_model_estimate(const struct size_model *model, uint64_t bytes)
{
	return size_model_estimate_parts(model, bytes, 1);
}

void
volume_tell(struct task *task, const struct volume_slot *slot,
    enum shape shape, struct upload *upload)
{
	struct observation seen = { .kind = OBSERVED_UPLOAD, .upload = upload };

	if (volume_model(slot->work, shape, &seen.number) == NULL)
		return;
	if (slot->gapped && upload->contacts.confidence > CONFIDENCE_LOW)
		upload->contacts.confidence--;
	seen.confidence = upload->contacts.confidence;
	task->listener->observe(task->listener, &seen);
}

enum engine { ENGINE_FRAMES, ENGINE_CDSI, ENGINE_BURSTS };

/* By framing and models; neither changes while a work lives and units come. */
static enum engine
volume_engine(const struct volume_slot *slot)
{
	uint64_t index;

	if (slot->framing == FRAMING_WHATSAPP)
		return ENGINE_FRAMES;
	if (slot->framing == FRAMING_TLS &&
	    volume_model(slot->work, SHAPE_CDSI, &index) != NULL)
		return ENGINE_CDSI;
	return ENGINE_BURSTS;
}

void
volume_unit(struct task *task, struct volume_slot *slot,
    const struct volume_unit *unit)
{
	slot->side[unit->dir].payload = true;
	if (slot->work == NULL)
		return;
	switch (volume_engine(slot)) {
	case ENGINE_FRAMES:
		frames_unit(task, slot, unit);
		break;
	case ENGINE_CDSI:
		cdsi_unit(slot, unit);
		break;
	case ENGINE_BURSTS:
		burst_unit(task, slot, unit);
		break;
	}
}

static void
volume_engine_end(struct task *task, struct volume_slot *slot)
{
	switch (volume_engine(slot)) {
	case ENGINE_FRAMES:
		frames_end(task, slot);
		break;
	case ENGINE_CDSI:
		cdsi_end(task, slot);
		break;
	case ENGINE_BURSTS:
		burst_end(task, slot);
		break;
	}
}

/* ---- the row ------------------------------------------------------------- */

static enum interest
volume_sniff(const struct flow *flow, const struct chunk *chunk)
{
	if (chunk->len == 0)
		return INTEREST_LATER;
	if (flow->proto == 17 && flow->server_port != PORT_QUIC)
		return INTEREST_NO;
	return INTEREST_YES;
}

static unsigned
volume_feed(struct task *task, void *opaque, const struct chunk *chunk)
{
	struct volume_slot *slot = opaque;

	if (slot->stopped)
		return 0;
	if (slot->framing == FRAMING_NONE && task->flow->proto == 17)
		slot->framing = FRAMING_DATAGRAM;
	slot->side[chunk->dir].seen = true;
	slot->passed[chunk->dir] += chunk->len;
	volume_frame(task, slot, chunk);
	if (volume_side_dead(&slot->side[DIR_UP]) &&
	    volume_side_dead(&slot->side[DIR_DOWN]))
		return 0;
	/* Past the handshake no better name will come that brings models. */
	if (slot->work == NULL && slot->asked && slot->side[DIR_UP].payload &&
	    slot->side[DIR_DOWN].payload)
		return 0;
	return MORE_BOTH;
}

static void
volume_close(struct task *task, void *opaque)
{
	struct volume_slot *slot = opaque;

	if (slot->work != NULL)
		volume_engine_end(task, slot);
	free(slot->work);
	slot->work = NULL;
	free(slot->mtproto);
	slot->mtproto = NULL;
	slot->stopped = true;
}

static bool
volume_peek(const struct task *task, const void *opaque, struct observation *seen,
    struct upload *upload)
{
	const struct volume_slot *slot = opaque;
	bool found = false;

	if (slot->work == NULL || slot->stopped)
		return false;
	*upload = (struct upload){ .begin_us = 0 };
	*seen = (struct observation){ .kind = OBSERVED_UPLOAD, .upload = upload };
	switch (volume_engine(slot)) {
	case ENGINE_FRAMES:
		found = frames_peek(task, slot, seen, upload);
		volume_model(slot->work, SHAPE_FRAMES, &seen->number);
		break;
	case ENGINE_CDSI:
		found = cdsi_peek(slot, upload);
		volume_model(slot->work, SHAPE_CDSI, &seen->number);
		break;
	case ENGINE_BURSTS:
		return burst_peek(task, slot, seen, upload);
	}
	seen->confidence = upload->contacts.confidence;
	return found;
}

const struct classifier classifier_volume = {
	.name = "volume",
	.transports = ON_TCP | ON_UDP,
	.slot_size = sizeof(struct volume_slot),
	.sniff = volume_sniff,
	.feed = volume_feed,
	.close = volume_close,
	.peek = volume_peek,
};
