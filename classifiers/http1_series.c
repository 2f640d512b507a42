/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Uploads: a request body with contacts is one; small ones of one kind that
 * follow each other (CardDAV sends a card at a time) are one together, with
 * distinct contacts counted over all of them. A series ends by a pause, by a
 * body of another kind, by a body that is large itself, or with the flow;
 * requests without a body in between do not end it, for clients ask for the
 * tag of what they stored. What is told is told when it is over.
 */
#include "classifiers/http1.h"

#include <stdio.h>
#include <string.h>

void
http1_unscanned(const struct task *task, enum unscanned why)
{
	struct observation seen = { .kind = OBSERVED_UNSCANNED, .number = why };

	task->listener->observe(task->listener, &seen);
}

static uint32_t
head_kind(const struct http1_head *head)
{
	uint32_t hash = head->method;

	for (const char *p = head->media_type; *p != '\0'; p++)
		hash = (hash ^ (uint8_t)*p) * 16777619u;
	for (const char *p = head->encoding; *p != '\0'; p++)
		hash = (hash ^ (uint8_t)*p) * 16777619u;
	return hash;
}

static bool
series_joins(const struct http1_series *series, uint32_t kind, uint64_t time_us)
{
	return series->body != NULL && !series->whole && series->kind == kind &&
	    time_us <= series->upload.end_us + HTTP1_PAUSE_US;
}

static int64_t
series_contacts(const struct http1_series *series, struct body_result *result)
{
	body_peek(series->body, result);
	return result->contacts.best > 0 ? result->contacts.best : 0;
}

void
http1_body_begin(struct http1_series *series, const struct task *task,
    const struct http1_head *head, uint64_t begin_us, uint64_t time_us)
{
	uint32_t kind = head_kind(head);
	char encoding[2 * HTTP1_CODING_MAX + 1];
	struct body_facts facts = {
		head->media_type, encoding, task->region ? task->region : ""
	};
	struct body_result result;

	/* Transfer codings were applied after content codings. */
	snprintf(encoding, sizeof(encoding), "%s,%s", head->encoding, head->transfer);
	if (series_joins(series, kind, time_us)) {
		series->contacts = series_contacts(series, &result);
		body_next(series->body, &facts);
	} else {
		http1_series_end(series, task);
		series->body = body_new(&facts, BULK_THRESHOLD);
		series->kind = kind;
		series->upload.begin_us = begin_us;
		memcpy(series->upload.media_type, head->media_type, MEDIA_TYPE_MAX);
		snprintf(series->upload.encoding, ENCODING_MAX, "%.*s",
		    ENCODING_MAX - 1, head->encoding);
	}
	series->open = true;
	series->upload.end_us = time_us;
}

void
http1_body_feed(struct http1_series *series, const uint8_t *data, size_t len,
    uint64_t time_us)
{
	body_feed(series->body, data, len);
	series->upload.bytes_up += len;
	series->upload.end_us = time_us;
}

void
http1_body_gap(struct http1_series *series)
{
	body_gap(series->body);
}

/*
 * Between two bodies the scanner has closed every record, so the result so
 * far is a whole one.
 */
void
http1_body_end(struct http1_series *series, const struct task *task)
{
	static const struct body_facts none = { "", "", "" };
	struct body_result result;
	int64_t contacts;

	series->open = false;
	body_next(series->body, &none);
	contacts = series_contacts(series, &result);
	if (result.unscanned >= 0 && !series->unscanned) {
		http1_unscanned(task, (enum unscanned)result.unscanned);
		series->unscanned = true;
	}
	series->whole = contacts - series->contacts >= BULK_THRESHOLD;
	series->contacts = contacts;
	if (contacts == 0)
		http1_series_end(series, task);
}

void
http1_series_end(struct http1_series *series, const struct task *task)
{
	struct observation seen = { .kind = OBSERVED_UPLOAD };
	struct upload *upload = &series->upload;
	struct body_result result;

	if (series->body == NULL)
		return;
	if (series->open) {
		/* The flow ended inside the body. */
		body_gap(series->body);
		http1_body_end(series, task);
		if (series->body == NULL)
			return;
	}
	body_end(series->body, &result);
	if (result.contacts.best > 0) {
		upload->contacts = result.contacts;
		upload->identifiers = result.identifiers;
		upload->format = result.format;
		seen.upload = upload;
		seen.confidence = result.contacts.confidence;
		task->listener->observe(task->listener, &seen);
	}
	memset(series, 0, sizeof(*series));
}
