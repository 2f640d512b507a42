/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Captures: frames from a file become flows and ordered bytes, and go to the
 * judge. Every byte of a file is hostile.
 */
#ifndef CAPTURES_CAPTURES_H
#define CAPTURES_CAPTURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/event.h"
#include "rules/rules.h"

/* How far a file has been read, for a progress bar. total 0: unknown. */
struct replay_progress {
	void (*tell)(struct replay_progress *progress, uint64_t done, uint64_t total);
};

enum replay_result {
	REPLAY_DONE,		/* read to its end */
	REPLAY_DAMAGED,		/* read as far as it goes; stats->truncated says why */
	REPLAY_UNREADABLE,	/* not a capture at all; stats->truncated says why */
	REPLAY_STOPPED		/* *stop was set */
};

/*
 * Replays one capture ("-" is standard input) through a judge: opens, feeds
 * and closes its flows in the traffic's order, and fills stats (packets,
 * bytes, flows, unreadable, times, truncated; the judge's counts are added by
 * the caller). progress and stop may be NULL.
 */
enum replay_result capture_replay(const char *path, struct judge *judge,
    struct stats *stats, struct replay_progress *progress,
    const volatile int *stop);

/* Version text of libpcap, for -V. */
const char *captures_version(void);

#endif
