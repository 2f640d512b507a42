/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside HTTP/2 (RFC 9113): frames of both directions (http2.c), the streams
 * they belong to (http2_streams.c), field sections (hpack.h).
 *
 * The library's session would answer what it reads: acknowledge settings,
 * open windows, refuse. Somebody who listens to both sides of a connection
 * cannot answer, so frames are ours, and only HPACK is the library's.
 */
#ifndef CLASSIFIERS_HTTP2_H
#define CLASSIFIERS_HTTP2_H

#include "classifiers/hpack.h"
#include "classifiers/requests.h"

/*
 * Streams remembered at once. Servers allow 100 to 250 (RFC 9113 section
 * 6.5.2 advises at least 100); of more the oldest are forgotten, and those
 * whose bodies are in flight are counted as not scanned.
 */
#define HTTP2_STREAMS_MAX 256
/* Bytes of a field section with all its CONTINUATION frames; see HTTP1_HEAD_MAX. */
#define HTTP2_SECTION_MAX 65536
/* Its frames: a section that is allowed fits into four of the smallest maximum. */
#define HTTP2_SECTION_FRAMES_MAX 32

/* RFC 9113 section 6 */
enum frame_type {
	FRAME_DATA, FRAME_HEADERS, FRAME_PRIORITY, FRAME_RST_STREAM, FRAME_SETTINGS,
	FRAME_PUSH_PROMISE, FRAME_PING, FRAME_GOAWAY, FRAME_WINDOW_UPDATE,
	FRAME_CONTINUATION
};
#define FLAG_END_STREAM 1
#define FLAG_END_HEADERS 4
#define FLAG_PADDED 8
#define FLAG_PRIORITY 32

#define HTTP2_FRAME_HEAD 9

struct http2_frame {
	uint8_t head[HTTP2_FRAME_HEAD];
	uint8_t have;		/* bytes of it */
	uint8_t type, flags;
	uint32_t stream;
	uint32_t left;		/* of the payload */
	uint32_t pad;		/* of what is left, at its end */
	uint8_t skip;		/* priority fields before the content */
	bool pad_next;		/* the next byte tells how long the padding is */
};

/*
 * Takes bytes of a frame's head and returns how many; when have reaches
 * HTTP2_FRAME_HEAD the fields are set, and whoever asked sets it back to 0
 * when nothing of the payload is left.
 */
size_t http2_frame_head(struct http2_frame *frame, const uint8_t *data, size_t len);
/* Do padding and priority fit into what is left? */
bool http2_frame_fits(const struct http2_frame *frame);
/*
 * What the next bytes of a payload are: *content says how many are of the
 * frame's own matter; returns how many are used.
 */
size_t http2_frame_step(struct http2_frame *frame, const uint8_t *data, size_t len,
    size_t *content);
/*
 * Did a capture begin midway? Whole frames, one with fields among them. The
 * tables they rely on went by before, so nothing can be read; but it is said.
 */
bool http2_midway_sniff(const uint8_t *data, size_t len);

struct http2_stream {
	uint32_t id;
	uint32_t upload;	/* name of its series; 0 none */
	uint64_t begin_us;
	struct request_facts *facts;	/* until its body begins */
	struct series *body;	/* while it is read */
	bool complete;		/* the client has said all */
	bool answered;		/* the server has said all */
};

struct http2_streams {
	struct http2_stream *list;	/* oldest first */
	size_t count, size;
	struct uploads uploads;
};

struct http2_stream *http2_stream_find(struct http2_streams *streams, uint32_t id);
/* A request with a body begins; facts are taken (NULL: nothing is read of it). */
void http2_stream_open(struct http2_streams *streams, const struct task *task,
    uint32_t id, struct request_facts *facts, uint64_t time_us);
void http2_stream_data(struct http2_streams *streams, const struct task *task,
    struct http2_stream *stream, const uint8_t *data, size_t len, uint64_t time_us);
/* Bytes of a stream's body that the capture lacks. */
void http2_stream_gap(struct http2_streams *streams, const struct task *task,
    struct http2_stream *stream, uint32_t bytes, uint64_t time_us);
/* One side has said all; when both have, the stream is forgotten. */
void http2_stream_complete(struct http2_streams *streams, const struct task *task,
    struct http2_stream *stream, enum dir dir);
/* RST_STREAM: what was read of its body counts, the stream is forgotten. */
void http2_stream_reset(struct http2_streams *streams, const struct task *task,
    struct http2_stream *stream);
/* Bodies in flight are given up on, and so is the connection. */
void http2_streams_refuse(struct http2_streams *streams, const struct task *task,
    enum unscanned why);
void http2_streams_close(struct http2_streams *streams, const struct task *task);

#endif
