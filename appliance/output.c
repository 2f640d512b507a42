/* SPDX-License-Identifier: Apache-2.0 */
#include "appliance/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"

static void
output_line(struct output *output, char *line)
{
	if (line == NULL) {
		log_error("replay", "cannot write events: out of memory");
		output->failed = true;
	} else if (fprintf(output->lines, "%s\n", line) < 0) {
		output->failed = true;		/* told when standard output is closed */
	}
	free(line);
}

/* A spool record: what it is, then the struct as it lies in memory. */
static void
output_record(struct output *output, enum event_type type, const void *data, size_t len)
{
	if (fputc((int)type, output->spool) == EOF || fwrite(data, len, 1, output->spool) != 1) {
		log_error("replay", "cannot keep events aside: %s", strerror(errno));
		output->failed = true;
	}
}

static void
output_upload(struct event_sink *sink, struct event_upload *event)
{
	struct output *output = (struct output *)sink;

	if (output->failed)
		return;
	if (output->spool != NULL) {
		output_record(output, EVENT_UPLOAD, event, sizeof(*event));
		return;
	}
	geo_find(output->geo, &event->flow.dest, &event->geo);
	if (output->store != NULL)
		output->failed = !store_put_upload(output->store, event);
	else
		output_line(output, event_upload_json(event));
}

static void
output_flow(struct event_sink *sink, struct event_flow_end *event)
{
	struct output *output = (struct output *)sink;

	if (output->failed)
		return;
	if (output->spool != NULL)
		output_record(output, EVENT_FLOW, event, sizeof(*event));
	else if (output->store != NULL)
		output->failed = !store_put_flow(output->store, event);
	else
		output_line(output, event_flow_json(event));
}

void
output_init(struct output *output, bool flows)
{
	output->sink.upload = output_upload;
	output->sink.flow_end = flows ? output_flow : NULL;
}

void
output_stats(struct output *output, const struct stats *stats, const char *digest)
{
	if (output->failed)
		return;
	if (output->store != NULL)
		output->failed = !store_put_stats(output->store, stats, digest);
	else
		output_line(output, event_stats_json(stats));
}

void
output_spool_stats(struct output *output, const struct stats *stats)
{
	output_record(output, EVENT_STATS, stats, sizeof(*stats));
	if (fflush(output->spool) != 0)
		output->failed = true;
}

bool
output_unspool(struct output *output, FILE *spool, struct stats *stats)
{
	union {
		struct event_upload upload;
		struct event_flow_end flow;
	} event;
	int type;

	rewind(spool);
	while ((type = fgetc(spool)) != EOF) {
		if (type == EVENT_STATS)
			return fread(stats, sizeof(*stats), 1, spool) == 1;
		if (type == EVENT_UPLOAD &&
		    fread(&event.upload, sizeof(event.upload), 1, spool) == 1)
			output_upload(&output->sink, &event.upload);
		else if (type == EVENT_FLOW &&
		    fread(&event.flow, sizeof(event.flow), 1, spool) == 1)
			output_flow(&output->sink, &event.flow);
		else
			return false;
	}
	return false;
}
