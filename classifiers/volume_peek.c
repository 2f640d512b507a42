/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bursts, series and visits before their end: what would be told if the flow
 * ended now, found out on a copy. So the bounds are those of the end, and a
 * large request counts once the server has begun to answer as it answers a
 * book: until then nobody can tell it from a photograph that is half sent.
 * A visit to an endpoint of uploads needs no answer, and does not get smaller.
 *
 * Telegram's frames tell their length first, and what one of them is nobody
 * can see. Two lengths in the rules (stop_bytes) say which are taken for a book
 * before anybody has answered. The lower lets every message of chat pass: one
 * of 4,096 characters, the most, is a frame of at most 4.6 kB in Latin script
 * as it is, and of 4.2 kB in any script once packed, as the apps do that have
 * an address book (measured on the translations of some programs). The upper is
 * what 500 contacts take, which is all that the apps for Android and iOS put
 * into one request, so that photographs and voice messages sent in one part,
 * whose length can be any, pass. What remains between the two is taken for a
 * book though it need not be one: a file or small picture of 5 to 12 kB that no
 * other part of a file precedes, and a long message in another script from an
 * app that packs nothing (Telegram Desktop). So the confidence is low, and a
 * policy may ask for more.
 */
#include "classifiers/volume.h"

struct ear {
	struct listener listener;
	bool heard, blind;	/* blind: nothing of the server's was seen */
	struct observation *seen;
	struct upload *upload;
};

static void
ear_observe(struct listener *listener, const struct observation *seen)
{
	struct ear *ear = (struct ear *)listener;
	const struct contacts *contacts = &seen->upload->contacts;

	if (ear->blind && contacts->method != METHOD_ENDPOINT)
		return;
	if (ear->heard && contacts->best <= ear->upload->contacts.best)
		return;
	ear->heard = true;
	*ear->upload = *seen->upload;
	*ear->seen = *seen;
	ear->seen->upload = ear->upload;
}

/* The open frame, or one that is whole and not answered. */
static bool
oversized_peek(const struct volume_slot *slot, struct observation *seen,
    struct upload *upload)
{
	struct volume_unit unit;
	uint64_t index;
	const struct size_model *model = volume_model(slot->work, SHAPE_BURST,
	    &index);

	if (slot->framing != FRAMING_MTPROTO || model == NULL)
		return false;
	if (!volume_unit_open(slot, DIR_UP, &unit) ||
	    !burst_oversized(slot, model, &unit))
		unit = slot->work->oversized;
	if (unit.len == 0)
		return false;
	*upload = (struct upload){
		.begin_us = unit.begin_us, .end_us = unit.end_us,
		.bytes_up = unit.len,
		.contacts = size_model_estimate(model, unit.len)
	};
	upload->contacts.confidence = CONFIDENCE_LOW;
	*seen = (struct observation){
		.kind = OBSERVED_UPLOAD, .number = index, .upload = upload,
		.confidence = CONFIDENCE_LOW, .before = unit.before
	};
	return true;
}

bool
burst_peek(const struct task *task, const struct volume_slot *slot,
    struct observation *seen, struct upload *upload)
{
	struct volume_work work = *slot->work;
	struct volume_slot copy = *slot;
	struct ear ear = {
		.listener.observe = ear_observe, .seen = seen, .upload = upload,
		.blind = !slot->side[DIR_DOWN].seen
	};
	struct task aside = *task;

	copy.work = &work;
	aside.listener = &ear.listener;
	burst_end(&aside, &copy);
	return ear.heard || oversized_peek(slot, seen, upload);
}
