/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bursts, series and visits before their end: what would be told if the flow
 * ended now, found out on a copy. So the bounds are those of the end, and a
 * large request counts once the server has begun to answer as it answers a
 * book: until then nobody can tell it from a photograph that is half sent.
 * A visit to an endpoint of uploads needs no answer, and does not get smaller.
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
	return ear.heard;
}
