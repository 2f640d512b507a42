/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/2 in the clear or inside opened TLS (RFC 9113): the frames. What the
 * client sends is read; of answers only lengths and ends are looked at. After
 * a loss that may have touched a field section, and after anything that two
 * readers could read in two ways, the connection is not read on: the tables
 * of HPACK would be wrong, and a wrong answer is worse than none.
 */
#include "classifiers/http2.h"

#include <stdlib.h>
#include <string.h>

#include "classifiers/table.h"
#include "core/mem.h"

/* RFC 9113 section 3.4 */
static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
#define PREFACE_LEN (sizeof(preface) - 1)

struct section {			/* a field section while it comes */
	uint32_t stream;		/* 0: none is open */
	size_t bytes;
	unsigned frames;
	bool end_stream;
	struct request_facts *facts;	/* NULL: trailers, or nobody's */
	uint64_t begin_us;
};

struct http2 {
	uint8_t matched;		/* of the preface */
	bool stopped;
	bool down_lost;			/* answers are not followed any more */
	uint32_t last_stream;		/* highest the client opened */
	struct hpack *hpack;
	struct section section;
	struct http2_frame up, down;
	struct http2_streams streams;
};

static void
section_drop(struct section *section)
{
	if (section->facts != NULL)
		explicit_bzero(section->facts, sizeof(*section->facts));
	free(section->facts);
	memset(section, 0, sizeof(*section));
}

static void
http2_stop(struct http2 *http, const struct task *task)
{
	http->stopped = true;
	section_drop(&http->section);
	http2_streams_close(&http->streams, task);
	hpack_free(http->hpack);
	http->hpack = NULL;
}

/* A connection that was none, because its preface never was one, is not counted. */
static void
http2_refuse(struct http2 *http, const struct task *task, enum unscanned why)
{
	if (http->stopped)
		return;
	http2_streams_refuse(&http->streams, task, why);
	http2_stop(http, task);
}

/* ---- field sections ---------------------------------------------------------- */

static void
pseudo_take(struct request_facts *facts, const char *name, size_t name_len,
    const char *value, size_t len)
{
	if (name_len == 7 && memcmp(name, ":method", 7) == 0)
		request_method_set(facts, value, len);
	else if (name_len == 5 && memcmp(name, ":path", 5) == 0)
		request_target_set(facts, value, len);
	else if (name_len == 10 && memcmp(name, ":authority", 10) == 0)
		request_host_set(facts, value, len);
}

static void
field_take(void *to, const char *name, size_t name_len, const char *value, size_t len)
{
	struct request_facts *facts = ((struct section *)to)->facts;

	if (facts == NULL || name_len == 0)
		return;
	if (name[0] == ':')
		pseudo_take(facts, name, name_len, value, len);
	else if (name_len == 4 && memcmp(name, "host", 4) == 0 && !facts->host[0])
		request_host_set(facts, value, len);
	else if (name_len == 12 && memcmp(name, "content-type", 12) == 0)
		request_type_set(facts, value, len);
	else if (name_len == 16 && memcmp(name, "content-encoding", 16) == 0)
		request_coding_set(facts->encoding, value, len);
	else if (name_len == 13 && memcmp(name, "grpc-encoding", 13) == 0)
		request_coding_set(facts->messages, value, len);
}

static void
section_feed(struct http2 *http, const struct task *task, const uint8_t *data,
    size_t len)
{
	struct section *section = &http->section;
	int why = UNSCANNED_LIMIT;

	section->bytes += len;
	if (section->bytes <= HTTP2_SECTION_MAX)
		why = hpack_feed(http->hpack, data, len, field_take, section);
	if (why >= 0)
		http2_refuse(http, task, (enum unscanned)why);
}

/* The request is known: is there a body, and does anybody read it? */
static void
request_open(struct http2 *http, const struct task *task)
{
	struct section *section = &http->section;
	struct request_facts *facts = section->facts;

	request_tell(facts, task);
	/* What goes through a tunnel (CONNECT) is no body. */
	if (section->end_stream || strcmp(facts->method, "CONNECT") == 0)
		return;
	section->facts = NULL;
	http2_stream_open(&http->streams, task, section->stream, facts,
	    section->begin_us);
}

static void
section_end(struct http2 *http, const struct task *task)
{
	struct section *section = &http->section;
	struct http2_stream *stream;
	int why = hpack_end(http->hpack, field_take, section);

	if (why >= 0) {
		http2_refuse(http, task, (enum unscanned)why);
		return;
	}
	if (section->facts != NULL) {
		request_open(http, task);
	} else if (section->end_stream) {
		stream = http2_stream_find(&http->streams, section->stream);
		if (stream != NULL)
			http2_stream_complete(&http->streams, task, stream, DIR_UP);
	}
	section_drop(section);
}

/* ---- frames of the client ---------------------------------------------------- */

static bool
headers_begin(struct http2 *http, const struct http2_frame *frame, uint64_t time_us)
{
	struct section *section = &http->section;

	/* A client's streams have odd numbers (section 5.1.1). */
	if (frame->stream % 2 == 0)
		return false;
	section->stream = frame->stream;
	section->end_stream = (frame->flags & FLAG_END_STREAM) != 0;
	section->begin_us = time_us;
	/* A number that was used already brings trailers, or was forgotten here. */
	if (frame->stream > http->last_stream) {
		section->facts = xcalloc(1, sizeof(*section->facts));
		http->last_stream = frame->stream;
	}
	return true;
}

/* A frame's head is complete. False: no such frame may stand here. */
static bool
up_begin(struct http2 *http, const struct http2_frame *frame, uint64_t time_us)
{
	struct section *section = &http->section;
	bool open = section->stream != 0;

	/* Nothing comes between the frames of a section (section 6.2). */
	if (open != (frame->type == FRAME_CONTINUATION))
		return false;
	switch (frame->type) {
	case FRAME_DATA:
		return frame->stream != 0;
	case FRAME_HEADERS:
		return headers_begin(http, frame, time_us);
	case FRAME_CONTINUATION:
		return frame->stream == section->stream;
	case FRAME_RST_STREAM:
		return frame->stream != 0 && frame->left == 4;
	default:
		return true;
	}
}

static void
up_content(struct http2 *http, const struct task *task, const uint8_t *data,
    size_t len, uint64_t time_us)
{
	const struct http2_frame *frame = &http->up;
	struct http2_stream *stream;

	if (frame->type == FRAME_HEADERS || frame->type == FRAME_CONTINUATION) {
		section_feed(http, task, data, len);
	} else if (frame->type == FRAME_DATA) {
		stream = http2_stream_find(&http->streams, frame->stream);
		if (stream != NULL)
			http2_stream_data(&http->streams, task, stream, data, len,
			    time_us);
	}
}

static void
up_end(struct http2 *http, const struct task *task)
{
	const struct http2_frame *frame = &http->up;
	struct http2_stream *stream;

	switch (frame->type) {
	case FRAME_HEADERS: case FRAME_CONTINUATION:
		if (frame->flags & FLAG_END_HEADERS)
			section_end(http, task);
		else if (++http->section.frames >= HTTP2_SECTION_FRAMES_MAX)
			http2_refuse(http, task, UNSCANNED_LIMIT);
		break;
	case FRAME_DATA:
		stream = http2_stream_find(&http->streams, frame->stream);
		if (stream != NULL && (frame->flags & FLAG_END_STREAM))
			http2_stream_complete(&http->streams, task, stream, DIR_UP);
		break;
	case FRAME_RST_STREAM:
		stream = http2_stream_find(&http->streams, frame->stream);
		if (stream != NULL)
			http2_stream_reset(&http->streams, task, stream);
		break;
	default:
		break;
	}
}

/* ---- frames of the server ---------------------------------------------------- */

static void
down_content(struct http2 *http, size_t len)
{
	const struct http2_frame *frame = &http->down;
	struct http2_stream *stream;

	if (frame->type != FRAME_DATA && frame->type != FRAME_HEADERS &&
	    frame->type != FRAME_CONTINUATION)
		return;
	stream = http2_stream_find(&http->streams, frame->stream);
	if (stream != NULL && stream->upload != 0)
		uploads_answer(&http->streams.uploads, stream->upload, len);
}

static void
down_end(struct http2 *http, const struct task *task)
{
	const struct http2_frame *frame = &http->down;
	struct http2_stream *stream = http2_stream_find(&http->streams, frame->stream);

	if (stream == NULL)
		return;
	if (frame->type == FRAME_RST_STREAM)
		http2_stream_reset(&http->streams, task, stream);
	else if ((frame->type == FRAME_DATA || frame->type == FRAME_HEADERS) &&
	    (frame->flags & FLAG_END_STREAM))
		http2_stream_complete(&http->streams, task, stream, DIR_DOWN);
}

/* ---- both directions --------------------------------------------------------- */

static size_t
up_payload(struct http2 *http, const struct task *task, const uint8_t *data,
    size_t len, uint64_t time_us)
{
	size_t content, used = http2_frame_step(&http->up, data, len, &content);

	if (!http2_frame_fits(&http->up))
		http2_refuse(http, task, UNSCANNED_CORRUPT);
	else if (content > 0)
		up_content(http, task, data, content, time_us);
	return used;
}

static void
up_feed(struct http2 *http, const struct task *task, const uint8_t *data,
    size_t len, uint64_t time_us)
{
	struct http2_frame *frame = &http->up;

	while (len > 0 && !http->stopped) {
		size_t n;

		if (frame->have < HTTP2_FRAME_HEAD) {
			n = http2_frame_head(frame, data, len);
			if (frame->have == HTTP2_FRAME_HEAD && (!http2_frame_fits(frame) ||
			    !up_begin(http, frame, time_us)))
				http2_refuse(http, task, UNSCANNED_CORRUPT);
		} else {
			n = up_payload(http, task, data, len, time_us);
		}
		data += n;
		len -= n;
		if (frame->have == HTTP2_FRAME_HEAD && frame->left == 0 &&
		    !http->stopped) {
			frame->have = 0;
			up_end(http, task);
		}
	}
}

/* What is wrong here is wrong with the answers alone. */
static void
down_feed(struct http2 *http, const struct task *task, const uint8_t *data, size_t len)
{
	struct http2_frame *frame = &http->down;

	while (len > 0) {
		size_t content = 0, n;

		if (frame->have < HTTP2_FRAME_HEAD)
			n = http2_frame_head(frame, data, len);
		else
			n = http2_frame_step(frame, data, len, &content);
		http->down_lost = frame->have == HTTP2_FRAME_HEAD && !http2_frame_fits(frame);
		if (http->down_lost)
			return;
		down_content(http, content);
		data += n;
		len -= n;
		if (frame->have == HTTP2_FRAME_HEAD && frame->left == 0) {
			frame->have = 0;
			down_end(http, task);
		}
	}
}

/* ---- the row ----------------------------------------------------------------- */

/* Lost bytes of one DATA frame's content are stepped over; see the head of this file. */
static void
gap_take(struct http2 *http, const struct task *task, uint32_t gap, uint64_t time_us)
{
	struct http2_frame *frame = &http->up;
	struct http2_stream *stream;

	if (frame->have < HTTP2_FRAME_HEAD || frame->type != FRAME_DATA ||
	    frame->pad_next || gap == GAP_UNKNOWN || gap >= frame->left - frame->pad) {
		http2_refuse(http, task, UNSCANNED_GAP);
		return;
	}
	frame->left -= gap;
	stream = http2_stream_find(&http->streams, frame->stream);
	if (stream != NULL)
		http2_stream_gap(&http->streams, task, stream, gap, time_us);
}

/* Returns the bytes used. */
static size_t
preface_feed(struct http2 *http, const struct task *task, const struct chunk *chunk)
{
	size_t n = PREFACE_LEN - http->matched;

	if (n > chunk->len)
		n = chunk->len;
	if (memcmp(chunk->data, preface + http->matched, n) != 0) {
		http2_stop(http, task);
		return chunk->len;
	}
	http->matched = (uint8_t)(http->matched + n);
	if (http->hpack == NULL && (http->hpack = hpack_new()) == NULL)
		http2_stop(http, task);
	return n;
}

static unsigned
http2_feed(struct task *task, void *slot, const struct chunk *chunk)
{
	struct http2 *http = slot;
	size_t used = 0;

	if (http->stopped)
		return 0;
	if (chunk->dir == DIR_DOWN) {
		http->down_lost = http->down_lost || chunk->gap > 0;
		if (!http->down_lost)
			down_feed(http, task, chunk->data, chunk->len);
		return http->down_lost ? MORE_UP : MORE_BOTH;
	}
	uploads_pause(&http->streams.uploads, task, chunk->time_us);
	if (chunk->gap > 0 && http->matched < PREFACE_LEN)
		http2_refuse(http, task, UNSCANNED_GAP);
	else if (chunk->gap > 0)
		gap_take(http, task, chunk->gap, chunk->time_us);
	if (!http->stopped && http->matched < PREFACE_LEN)
		used = preface_feed(http, task, chunk);
	if (!http->stopped)
		up_feed(http, task, chunk->data + used, chunk->len - used,
		    chunk->time_us);
	return http->stopped ? 0 : http->down_lost ? MORE_UP : MORE_BOTH;
}

static enum interest
http2_sniff(const struct flow *flow, const struct chunk *chunk)
{
	size_t n = chunk->len < PREFACE_LEN ? chunk->len : PREFACE_LEN;

	(void)flow;
	if (chunk->dir != DIR_UP || n == 0)
		return INTEREST_LATER;
	if (memcmp(chunk->data, preface, n) == 0)
		return INTEREST_YES;
	return chunk->gap > 0 && http2_midway_sniff(chunk->data, chunk->len) ?
	    INTEREST_YES : INTEREST_NO;
}

static void
http2_close(struct task *task, void *slot)
{
	struct http2 *http = slot;

	if (!http->stopped)
		http2_stop(http, task);
}

static bool
http2_peek(const struct task *task, const void *slot, struct observation *seen,
    struct upload *upload)
{
	const struct http2 *http = slot;

	(void)task;
	return uploads_peek_most(&http->streams.uploads, seen, upload);
}

const struct classifier classifier_http2 = {
	.name = "http2",
	.transports = ON_TCP | ON_PLAIN,
	.slot_size = sizeof(struct http2),
	.sniff = http2_sniff,
	.feed = http2_feed,
	.close = http2_close,
	.peek = http2_peek,
};
