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

/* Keys of TLS connections, as a key log tells them. */
struct secrets;

/* An empty table. base, which may be NULL, is asked after it and stays the caller's. */
struct secrets *secrets_new(const struct secrets *base);
void secrets_free(struct secrets *secrets);	/* wipes it; NULL is allowed */

/*
 * Adds a key log file. Lines that are none are logged with file and line, and
 * passed over. False, with a message logged: the file cannot be read.
 */
bool secrets_load(struct secrets *secrets, const char *path);

struct replay_options {
	struct judge *judge;
	const struct secrets *secrets;		/* key logs given, or NULL */
	struct replay_progress *progress;	/* or NULL */
	const volatile int *stop;		/* or NULL */
};

/*
 * Replays one capture ("-" is standard input) through a judge: opens, feeds
 * and closes its flows in the traffic's order, opens their TLS where the
 * secrets given or those in the capture allow it, and fills stats (packets,
 * bytes, flows, unreadable, times, truncated, TLS that stays closed; the
 * judge's counts are added by the caller).
 */
enum replay_result capture_replay(const char *path, const struct replay_options *options,
    struct stats *stats);

/* Version text of libpcap, for -V. */
const char *captures_version(void);

#endif
