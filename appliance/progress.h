/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A progress bar on standard error, only where that is a terminal.
 */
#ifndef APPLIANCE_PROGRESS_H
#define APPLIANCE_PROGRESS_H

#include <stdbool.h>

#include "captures/captures.h"

/* Columns a file's name has in the bar. */
#define PROGRESS_NAME 28
#define PROGRESS_NAME_MAX (PROGRESS_NAME + 1)

struct progress {
	struct replay_progress replay;	/* first: what the replay tells */
	char name[PROGRESS_NAME_MAX];	/* of the file being read, as much as fits */
	size_t file, files;		/* this one, from 1, of so many */
	int shown;			/* per mille drawn last; -1 none */
	bool on;
};

void progress_init(struct progress *progress, size_t files);

/* The next file begins. */
void progress_next(struct progress *progress, const char *name);

/* Wipes the bar. */
void progress_clear(struct progress *progress);

#endif
