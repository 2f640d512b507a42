/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output: where the events of a replay go: standard output as NDJSON, a
 * store, or a spool that another process reads back in order.
 */
#ifndef APPLIANCE_OUTPUT_H
#define APPLIANCE_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "reports/reports.h"
#include "rules/rules.h"

struct output {
	struct event_sink sink;		/* first: a sink is its output */
	struct store *store;		/* events go here, */
	FILE *lines;			/* or here as JSON, */
	FILE *spool;			/* or here as structs */
	struct geo_source *geo;		/* NULL: countries stay unknown */
	bool failed;			/* the store or a file refused; nothing more is written */
};

/*
 * One of store, lines and spool is set by the caller; this sets the sink.
 * flows: also flow events.
 */
void output_init(struct output *output, bool flows);

/* Writes one stats event (to lines), or the capture's counts (to the store). */
void output_stats(struct output *output, const struct stats *stats, const char *digest);

/*
 * Reads a spool from its start, gives every event to output and the counts at
 * its end to stats. False when the spool breaks off: its writer died.
 */
bool output_unspool(struct output *output, FILE *spool, struct stats *stats);

/* Ends a spool with the counts. */
void output_spool_stats(struct output *output, const struct stats *stats);

#endif
