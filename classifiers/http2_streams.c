/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The streams of an HTTP/2 connection, oldest first: ids only grow (RFC 9113
 * section 5.1.1), so the list is sorted and searched by halves.
 */
#include "classifiers/http2.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

static void
facts_free(struct http2_stream *stream)
{
	if (stream->facts == NULL)
		return;
	explicit_bzero(stream->facts, sizeof(*stream->facts));
	free(stream->facts);
	stream->facts = NULL;
}

struct http2_stream *
http2_stream_find(struct http2_streams *streams, uint32_t id)
{
	size_t low = 0, high = streams->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (streams->list[middle].id == id)
			return &streams->list[middle];
		if (streams->list[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static void
stream_forget(struct http2_streams *streams, const struct task *task,
    struct http2_stream *stream)
{
	size_t at = (size_t)(stream - streams->list);

	if (stream->body != NULL)
		uploads_cut(&streams->uploads, task, stream->body);
	facts_free(stream);
	memmove(stream, stream + 1, (streams->count - at - 1) * sizeof(*stream));
	streams->count--;
}

/* Makes room: a stream that only waits for its answer goes before others. */
static void
streams_bound(struct http2_streams *streams, const struct task *task)
{
	struct http2_stream *oldest = streams->list;

	if (streams->count < HTTP2_STREAMS_MAX)
		return;
	for (size_t i = 0; i < streams->count; i++)
		if (streams->list[i].complete) {
			stream_forget(streams, task, &streams->list[i]);
			return;
		}
	uploads_refuse(task, oldest->body, UNSCANNED_LIMIT);
	stream_forget(streams, task, oldest);
}

void
http2_stream_open(struct http2_streams *streams, const struct task *task,
    uint32_t id, struct request_facts *facts, uint64_t time_us)
{
	streams->uploads.waiting_max = UPLOADS_WAITING_SIDE;
	streams_bound(streams, task);
	if (streams->count == streams->size) {
		streams->size = streams->size ? streams->size * 2 : 4;
		streams->list = xrealloc(streams->list, streams->size,
		    sizeof(*streams->list));
	}
	streams->list[streams->count++] = (struct http2_stream){
		.id = id, .facts = facts, .begin_us = time_us
	};
}

/*
 * The scanner begins with the first byte, not with the fields: small requests
 * that are sent side by side then follow each other and form a series.
 */
static bool
stream_begin(struct http2_streams *streams, const struct task *task,
    struct http2_stream *stream, uint64_t time_us)
{
	if (stream->complete || (stream->body == NULL && stream->facts == NULL))
		return false;
	if (stream->body != NULL)
		return true;
	stream->body = uploads_begin(&streams->uploads, task, stream->facts,
	    stream->begin_us, time_us);
	facts_free(stream);
	stream->upload = stream->body ? uploads_name(stream->body) : 0;
	return stream->body != NULL;
}

void
http2_stream_data(struct http2_streams *streams, const struct task *task,
    struct http2_stream *stream, const uint8_t *data, size_t len, uint64_t time_us)
{
	if (stream_begin(streams, task, stream, time_us))
		uploads_feed(stream->body, data, len, time_us);
}

void
http2_stream_gap(struct http2_streams *streams, const struct task *task,
    struct http2_stream *stream, uint32_t bytes, uint64_t time_us)
{
	if (stream_begin(streams, task, stream, time_us))
		uploads_gap(stream->body, bytes);
}

/* Its series may be another one from now on; the answer belongs there. */
static void
stream_body_end(struct http2_streams *streams, const struct task *task,
    struct http2_stream *stream)
{
	const struct series *series = uploads_end(&streams->uploads, task, stream->body);

	stream->upload = series ? uploads_name(series) : 0;
	stream->body = NULL;
}

void
http2_stream_complete(struct http2_streams *streams, const struct task *task,
    struct http2_stream *stream, enum dir dir)
{
	if (dir == DIR_DOWN) {
		stream->answered = true;
	} else {
		stream->complete = true;
		if (stream->body != NULL)
			stream_body_end(streams, task, stream);
		facts_free(stream);
	}
	if (stream->answered && stream->complete)
		stream_forget(streams, task, stream);
}

void
http2_stream_reset(struct http2_streams *streams, const struct task *task,
    struct http2_stream *stream)
{
	stream_forget(streams, task, stream);
}

void
http2_streams_refuse(struct http2_streams *streams, const struct task *task,
    enum unscanned why)
{
	bool told = false;

	for (size_t i = 0; i < streams->count; i++) {
		struct http2_stream *stream = &streams->list[i];

		if (stream->body == NULL && stream->facts == NULL)
			continue;
		uploads_refuse(task, stream->body, why);
		told = true;
	}
	if (!told)
		uploads_refuse(task, NULL, why);
}

void
http2_streams_close(struct http2_streams *streams, const struct task *task)
{
	while (streams->count > 0)
		stream_forget(streams, task, &streams->list[0]);
	uploads_close(&streams->uploads, task);
	free(streams->list);
	streams->list = NULL;
	streams->size = 0;
}
