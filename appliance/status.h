/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status: what a running appliance tells of itself, as one JSON object over
 * its control socket; and that object as text for a person. Counts only.
 */
#ifndef APPLIANCE_STATUS_H
#define APPLIANCE_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "appliance/process.h"

/*
 * The whole answer: it fits the socket's buffer, so that it can be sent
 * without waiting for whoever asked.
 */
#define STATUS_MAX ((size_t)64 << 10)
/* Processes told of: more than there can be is no answer of ours. */
#define STATUS_PROCESSES 256

struct status_process {
	const char *role, *state;	/* static text */
	int pid;			/* 0 none */
	int worker;			/* its row; -1: it is none */
	unsigned generation;		/* 0: of all */
	unsigned restarts;
};

struct status {
	uint64_t since_us, now_us;
	unsigned generation;
	const char *rules_digest;
	day_t rules_date;
	const char *diversion, *engine;	/* "on", "redirect" */
	bool stopping;
	uint64_t bypasses;		/* connections not opened, for what was learnt */
	uint64_t events_waiting, events_lost;
	struct proxy_counts counts;	/* of all workers there have been */
	struct status_process processes[STATUS_PROCESSES];
	size_t process_count;
};

/* Adds one worker's counts; they may be changing meanwhile. */
void status_add_counts(struct proxy_counts *sum, const struct proxy_counts *part);

/* One line. The caller frees; NULL when memory is out. */
char *status_json(const struct status *status);

/* Does an appliance take connections at this control socket? */
bool status_answers(const char *path);

/* Prints what status_json() made for a person. False: it is no such thing. */
bool status_print(const char *json, FILE *out);

#endif
