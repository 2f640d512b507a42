/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One made-up upload, and a folder to keep a store in, for the tests of the
 * store and the report.
 */
#ifndef TESTS_UNIT_UPLOAD_SAMPLE_H
#define TESTS_UNIT_UPLOAD_SAMPLE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reports/reports.h"

static inline struct event_upload
upload_sample(uint32_t number, day_t day)
{
	struct event_upload event;

	memset(&event, 0, sizeof(event));
	event.flow.moment_us = (uint64_t)day * USEC_PER_DAY + number;
	event.flow.flow_id = 1000 + number;
	event_id_make(event.flow.event_id, event.flow.flow_id,
	    event.flow.moment_us, number);
	event.flow.proto = 6;
	event.flow.src_port = 50000;
	event.flow.dest_port = 443;
	addr_parse("203.0.113.77", &event.flow.src);
	addr_parse("192.0.2.10", &event.flow.dest);
	strcpy(event.flow.service, "chat");
	strcpy(event.flow.host, "contacts.chat.example");
	event.flow.host_source = HOST_SNI;
	event.door = "replay";
	strcpy(event.recipient, "chat");
	strcpy(event.entity, "Chat Inc");
	strcpy(event.country, "US");
	event.class = 'A';
	strcpy(event.geo.country, "IE");
	event.upload.bytes_up = 4000;
	event.upload.contacts = (struct contacts){ 90, 100, 120, METHOD_SIZE,
		CONFIDENCE_MEDIUM };
	event.transfer.outside = OUTSIDE_YES;
	event.transfer.from = event.transfer.to = DAY_NONE;
	strcpy(event.transfer.mechanism, "none");
	event.verdict.action = ACTION_LOG;
	strcpy(event.verdict.rule, "otherwise");
	event.bytes_forwarded = 4000;
	return event;
}

static inline void
sample_device(struct event_upload *event, const char *device)
{
	snprintf(event->flow.device, sizeof(event->flow.device), "%s", device);
}

static inline void
sample_contacts(struct event_upload *event, int64_t low, int64_t best, int64_t high)
{
	event->upload.contacts = (struct contacts){ low, best, high,
		low < 0 ? METHOD_ENDPOINT : METHOD_SIZE, CONFIDENCE_MEDIUM };
}

/* A folder of its own and a store's path in it. */
struct sample_folder {
	char folder[64];
	char path[96];
};

static inline int
sample_folder_make(void **state)
{
	struct sample_folder *sample = calloc(1, sizeof(*sample));

	snprintf(sample->folder, sizeof(sample->folder), "%s/bookgate-test-XXXXXX",
	    P_tmpdir);
	if (mkdtemp(sample->folder) == NULL)
		return -1;
	snprintf(sample->path, sizeof(sample->path), "%s/store.db", sample->folder);
	*state = sample;
	return 0;
}

/* Its store, for whoever writes. */
static inline struct store *
sample_store(const struct sample_folder *sample)
{
	struct store *store = store_open(sample->path, STORE_WRITE);

	assert_non_null(store);
	return store;
}

static inline int
sample_folder_remove(void **state)
{
	static const char *const ends[] = { "", "-wal", "-shm", "-journal" };
	struct sample_folder *sample = *state;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s%s", sample->path, ends[i]);
		unlink(path);
	}
	rmdir(sample->folder);
	free(sample);
	return 0;
}

#endif
