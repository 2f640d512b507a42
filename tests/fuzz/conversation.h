/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A conversation as fuzzers write it: records of one byte that says who
 * speaks (bit 0: the server), whether bytes are lost before it (bit 1) and how
 * much time went by (the rest, in seconds), two bytes of length, and what is
 * said. What a carrier hears must not depend on how it is cut into pieces.
 */
#ifndef TESTS_FUZZ_CONVERSATION_H
#define TESTS_FUZZ_CONVERSATION_H

#include <stdlib.h>
#include <string.h>

#include "classifiers/table.h"

struct heard {
	struct listener listener;
	uint64_t requests, uploads, unscanned, contacts, bytes_up;
};

static inline void
heard_observe(struct listener *listener, const struct observation *seen)
{
	struct heard *heard = (struct heard *)listener;

	switch (seen->kind) {
	case OBSERVED_REQUEST:
		heard->requests++;
		break;
	case OBSERVED_UPLOAD:
		if (seen->upload->contacts.best <= 0 || seen->text_len < 1 ||
		    memchr(seen->text, '\0', seen->text_len) != NULL)
			abort();
		heard->uploads++;
		heard->contacts += (uint64_t)seen->upload->contacts.best;
		heard->bytes_up += seen->upload->bytes_up;
		break;
	case OBSERVED_UNSCANNED:
		if (seen->number >= UNSCANNED_KINDS)
			abort();
		heard->unscanned++;
		break;
	default:
		break;
	}
}

struct party {
	const struct classifier *row;
	void *slot;
	struct task task;
	unsigned wants;
};

static inline void
party_say(struct party *party, struct chunk chunk, size_t piece)
{
	size_t left = chunk.len;

	while (left > 0 && (party->wants & (chunk.dir == DIR_UP ? MORE_UP : MORE_DOWN))) {
		chunk.len = left < piece ? left : piece;
		party->wants = party->row->feed(&party->task, party->slot, &chunk);
		chunk.data += chunk.len;
		left -= chunk.len;
		chunk.gap = 0;
	}
}

/* Holds the conversation in pieces; open readies the slot, or is NULL. */
static inline struct heard
conversation_hold(const struct classifier *row, void (*open)(void *slot),
    const uint8_t *data, size_t size, size_t piece)
{
	struct heard heard = { .listener.observe = heard_observe };
	struct flow flow = { .proto = 6 };
	struct party party = {
		row, calloc(1, row->slot_size), { .flow = &flow, .listener = &heard.listener },
		MORE_BOTH
	};
	uint64_t time_us = 1000000;

	if (party.slot == NULL)
		return heard;
	if (open != NULL)
		open(party.slot);
	for (size_t at = 0; size - at > 3;) {
		uint8_t how = data[at];
		size_t len = (size_t)(data[at + 1] << 8 | data[at + 2]);

		at += 3;
		if (len > size - at)
			len = size - at;
		time_us += (uint64_t)(how >> 2) * 1000000;
		party_say(&party, (struct chunk){ data + at, len, time_us,
		    how & 1 ? DIR_DOWN : DIR_UP,
		    !(how & 2) ? 0 : how & 4 ? GAP_UNKNOWN : how }, piece);
		at += len;
	}
	row->close(&party.task, party.slot);
	free(party.slot);
	memset(&heard.listener, 0, sizeof(heard.listener));
	return heard;
}

static inline void
conversation_check(const struct classifier *row, void (*open)(void *slot),
    const uint8_t *data, size_t size)
{
	struct heard whole = conversation_hold(row, open, data, size, SIZE_MAX);
	struct heard bytes = conversation_hold(row, open, data, size, 1);

	/* How much of a broken body was taken before that showed may differ. */
	if (whole.unscanned > 0)
		whole.bytes_up = bytes.bytes_up = 0;
	if (memcmp(&whole, &bytes, sizeof(whole)) != 0)
		abort();
}

#endif
