/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "captures/captures.h"
#include "captures/flows.h"
#include "captures/keyring.h"
#include "captures/packet.h"
#include "captures/source.h"
#include "core/log.h"

/* How many packets pass between two looks at the progress bar. */
#define PROGRESS_PACKETS 4096

_Static_assert(SOURCE_REASON_MAX <= TRUNCATED_REASON_MAX, "a reason must fit");

struct replay {
	struct source *source;
	struct decoder *decoder;
	struct flows *flows;
	struct stats *stats;
	struct replay_progress *progress;
	const volatile int *stop;
	bool warned;			/* of a link type that nobody here can read */
};

static void
replay_count(struct stats *stats, const struct frame *frame)
{
	if (stats->packets++ == 0)
		stats->first_us = stats->last_us = frame->time_us;
	stats->bytes += frame->len;
	if (frame->time_us < stats->first_us)
		stats->first_us = frame->time_us;
	if (frame->time_us > stats->last_us)
		stats->last_us = frame->time_us;
}

static void
replay_tell(const struct replay *replay)
{
	uint64_t done, total;

	if (replay->progress == NULL)
		return;
	source_progress(replay->source, &done, &total);
	replay->progress->tell(replay->progress, done, total);
}

/* Once a capture: frames of an unknown link type are counted, not read. */
static void
replay_warn_link(struct replay *replay, uint16_t link)
{
	char name[SOURCE_LINK_NAME_MAX];

	if (replay->warned || link == SOURCE_LINK_UNKNOWN || decoder_knows(link))
		return;
	log_warn("replay", "frames of %s cannot be read and are counted",
	    source_link_name(link, name));
	replay->warned = true;
}

static void
replay_frame(struct replay *replay, const struct frame *frame)
{
	struct packet packet;

	replay_count(replay->stats, frame);
	switch (decoder_decode(replay->decoder, frame, &packet)) {
	case PACKET_IP:
		flows_packet(replay->flows, &packet, frame->time_us);
		break;
	case PACKET_UNREADABLE:
		replay->stats->unreadable++;
		replay_warn_link(replay, frame->link);
		break;
	case PACKET_OTHER:
	case PACKET_FRAGMENT:
		break;
	}
	if (replay->stats->packets % PROGRESS_PACKETS == 0)
		replay_tell(replay);
}

static enum replay_result
replay_frames(struct replay *replay)
{
	struct frame frame;

	while (replay->stop == NULL || !*replay->stop) {
		switch (source_next(replay->source, &frame)) {
		case SOURCE_FRAME:
			replay_frame(replay, &frame);
			break;
		case SOURCE_END:
			return REPLAY_DONE;
		case SOURCE_DAMAGED:
			snprintf(replay->stats->truncated, TRUNCATED_REASON_MAX, "%s",
			    source_reason(replay->source));
			return REPLAY_DAMAGED;
		case SOURCE_INTERRUPTED:
			break;
		}
	}
	snprintf(replay->stats->truncated, TRUNCATED_REASON_MAX, "stopped by a signal");
	return REPLAY_STOPPED;
}

enum replay_result
capture_replay(const char *path, const struct replay_options *options, struct stats *stats)
{
	const volatile int *stop = options->stop;
	struct replay replay = { .stats = stats, .progress = options->progress, .stop = stop };
	enum replay_result result = REPLAY_UNREADABLE;
	struct keyring keyring;

	memset(stats, 0, sizeof(*stats));
	replay.source = source_open(path, stats->truncated, TRUNCATED_REASON_MAX);
	if (replay.source == NULL)
		return stop != NULL && *stop ? REPLAY_STOPPED : REPLAY_UNREADABLE;
	keyring_init(&keyring, path, options->secrets);
	keyring_look(&keyring, stop);
	replay.decoder = decoder_new();
	replay.flows = flows_new(options->judge);
	if (replay.decoder == NULL || replay.flows == NULL) {
		snprintf(stats->truncated, TRUNCATED_REASON_MAX, "out of memory");
		goto out;
	}
	keyring_begin(&keyring, replay.source, replay.flows, options->judge, stats);
	result = replay_frames(&replay);
	replay_tell(&replay);
	decoder_finish(replay.decoder);
	stats->unreadable += decoder_unreadable(replay.decoder);
out:
	if (replay.flows != NULL)
		stats->flows = flows_free(replay.flows);
	decoder_free(replay.decoder);
	source_free(replay.source);
	keyring_fini(&keyring);
	return result;
}
