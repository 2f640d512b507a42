/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the HTTP/2 engine (RFC 9113): two sessions of the library, one that
 * serves the client and one that asks the origin, and streams that belong
 * together. What one session hears the other says: fields in their order,
 * trailers, reset codes, windows.
 *
 * "dir" is the end that speaks: session[DIR_UP] is the one that hears the
 * client (and answers it, on queue[DIR_DOWN]), half[DIR_UP] is the request.
 */
#ifndef PROXY_H2_STREAM_H
#define PROXY_H2_STREAM_H

#include <nghttp2/nghttp2.h>

#include "proxy/dialog.h"
#include "proxy/proxy.h"

/* ---- limits ------------------------------------------------------------------ */

/* Streams a client may have open: what RFC 9113 section 6.5.2 advises as the least. */
#define H2_STREAMS_MAX 100
/* Streams remembered, with those that only one end has forgotten yet. */
#define H2_STREAMS_KEPT 256
/* A field section, counted as SETTINGS_MAX_HEADER_LIST_SIZE counts: lengths and 32 a field. */
#define H2_SECTION_MAX 65536
#define H2_FIELD_COST 32
/* All field sections of a connection together. */
#define H2_SECTIONS_MAX ((size_t)1 << 20)
/* Bytes of DATA of one direction that wait for a window: a peer that shrinks it loses streams. */
#define H2_PIPED_MAX ((size_t)256 << 10)
/* A connection's window is at least that, whatever the other end's is. */
#define H2_WINDOW_MIN ((int32_t)192 << 10)
/* A window is never passed on as more. */
#define H2_WINDOW_MAX ((int32_t)16 << 20)
/* The window of a stream whose body is held: what a client sends in a fast network's round trip. */
#define H2_WINDOW_HELD ((int32_t)256 << 10)
/* Credit is given in steps of that, except to one that has less. */
#define H2_CREDIT_STEP 4096
/* And so much less often to a body that is held. */
#define H2_CREDIT_STEP_HELD (64 << 10)
/* A body beyond the hold limit is asked about each time so much more might go. */
#define H2_PEEK_STEP ((size_t)4096)
/* Streams that a client may have reset at once, and a second (CVE-2023-44487). */
#define H2_RESETS_BURST 200
#define H2_RESETS_RATE 20
/* PING, SETTINGS, PRIORITY and empty frames of one end at once, and a second. */
#define H2_CONTROLS_BURST 1000
#define H2_CONTROLS_RATE 100
/* Acknowledgements that wait to be sent (PING and SETTINGS floods). */
#define H2_ACKS_MAX 100
/* Debug data of a GOAWAY that is passed on. */
#define H2_DEBUG_MAX 1024
/* Connections of a process with pages of their own; the system allows 65,530 pieces of memory. */
#define H2_REGIONS_MAX 16384
/* Several Content-Encoding fields joined to one. */
#define H2_ENCODING_MAX 64

/* ---- field sections: h2_section.c ---------------------------------------------- */

/* One block of text, each name and value ended by NUL; fields point into it once it is finished. */
struct h2_section {
	nghttp2_nv *fields;
	uint8_t *text;
	size_t count, room;		/* of fields */
	size_t len, size;		/* of text */
	size_t cost;			/* against H2_SECTION_MAX */
};

/* False: too large, or memory is out. */
bool h2_section_add(struct h2_section *section, const uint8_t *name, size_t name_len,
    const uint8_t *value, size_t value_len, uint8_t flags);
bool h2_section_text(struct h2_section *section, const char *name, const char *value);
/* All fields are there: makes them point into the text. */
void h2_section_finish(struct h2_section *section);
/* The value of the first field of that name, or "". */
const char *h2_section_value(const struct h2_section *section, const char *name);
void h2_section_clear(struct h2_section *section);

/* ---- bytes that wait for a window: h2_pipe.c ------------------------------------- */

struct h2_pipe {
	uint8_t *data;
	size_t at, len, size;		/* len bytes begin at `at` */
};

bool h2_pipe_add(struct h2_pipe *pipe, const uint8_t *data, size_t len);
const uint8_t *h2_pipe_front(const struct h2_pipe *pipe);
void h2_pipe_drop(struct h2_pipe *pipe, size_t len);
void h2_pipe_clear(struct h2_pipe *pipe);

/* ---- pages of the two sessions: h2_memory.c ----------------------------------------- */

/*
 * Where the library's sessions of one connection have what is mostly empty.
 * It is given to both by h2_memory_calls() as they are made, and outlives them.
 */
struct h2_memory {
	uint8_t *pages;			/* NULL: there are none, the allocator serves */
	size_t buffers_len, len;	/* of the first part, of all */
	unsigned buffers, tables;	/* taken so far, one of each by a session */
	bool settled;			/* no more are taken */
};

/* Cannot fail: without pages all works, at the price of memory. */
void h2_memory_init(struct h2_memory *memory);
nghttp2_mem h2_memory_calls(struct h2_memory *memory);
/* The sessions are made. */
void h2_memory_settle(struct h2_memory *memory);
/*
 * Gives back what holds nothing. Neither session may have a frame half sent,
 * or its preface still to send; streams may be open.
 */
void h2_memory_rest(struct h2_memory *memory);
/* The sessions are gone. */
void h2_memory_fini(struct h2_memory *memory);

/* ---- at most so much in so much time ----------------------------------------------- */

struct h2_bucket {
	uint64_t spent;			/* millionths of a token */
	uint64_t seen_us;
};

/* One more. False: too many. */
bool h2_bucket_take(struct h2_bucket *bucket, uint64_t now_us, unsigned burst,
    unsigned rate);

/* ---- streams ---------------------------------------------------------------------- */

/* One direction of a stream. */
struct h2_half {
	struct h2_section head, trailer;
	struct h2_pipe pipe;
	bool begun;			/* its head is complete */
	bool ended;			/* its speaker has said all */
	bool passed;			/* and the other end was told all of it */
	bool reset;			/* after what is in the pipe the stream is reset */
	uint32_t code;			/* with that */
};

enum h2_course {
	H2_PASSING,			/* what comes goes */
	H2_HOLDING,			/* the origin knows nothing of it */
	H2_OVER,			/* beyond the limit: the oldest bytes go, while harmless */
	H2_FREED,			/* judged: all goes */
	H2_REFUSED			/* answered or reset here: nothing more passes */
};

struct h2_stream {
	struct h2 *h2;
	struct h2_stream *next, **link;
	int32_t id[2];			/* in each session; 0 none */
	bool open[2];			/* it is known there */
	bool asked;			/* the origin has been sent its HEADERS */
	bool settled;			/* the judge has said all about it */
	bool continued;			/* the client was told 100 by us */
	bool idle;			/* is waited for: wake_us is set */
	enum h2_course course;
	struct h2_half half[2];
	struct judged *judged;		/* NULL: nothing to judge */
	struct hold *hold;		/* where the body waits instead of the pipe; or NULL */
	size_t loose;			/* of it, bytes that may go */
	size_t held;			/* bytes that were ever added to it */
	uint64_t sent;			/* bytes of the body that went to the origin */
	uint64_t wake_us;		/* when a silent body is released */
};

struct h2 {
	struct dialog *dialog;
	nghttp2_session *session[2];
	struct h2_stream *streams;
	size_t stream_count;
	size_t sections;		/* bytes of all field sections */
	size_t piped[2];		/* bytes in all pipes of a direction */
	size_t idlers;			/* streams whose `idle` is set */
	struct h2_bucket resets, controls[2];
	int32_t initial[2];		/* the window that streams of that speaker begin with */
	uint32_t allowed;		/* streams the client was told it may open */
	unsigned unsettled[2];		/* SETTINGS that end has not acknowledged */
	unsigned resizing[2];		/* the same, up to the last that changed windows */
	bool greeted;			/* the origin may be sent our preface */
	bool leaving;			/* the client was sent GOAWAY */
	bool over[2];			/* that session is done with */
	struct h2_memory memory;
};

/* ---- h2_session.c: the library's sessions ------------------------------------------- */

/* False: memory is out. */
bool h2_session_start(struct h2 *h2);
/* Too much of what costs nothing to send: the connection ends. */
void h2_flood(struct h2 *h2, enum dir dir);

/* ---- h2_stream.c: what belongs together ----------------------------------------------- */

/* NULL: too many, or memory is out. */
struct h2_stream *h2_stream_new(struct h2 *h2, int32_t id);
void h2_stream_free(struct h2_stream *stream);
/* The section that fields heard from dir belong to now. */
struct h2_section *h2_stream_section(struct h2_stream *stream, enum dir dir);
/* Fields are complete: a request, an answer (final or not), or trailers. */
void h2_stream_request(struct h2_stream *stream, bool end);
void h2_stream_answer(struct h2_stream *stream, bool end);
void h2_stream_trailer(struct h2_stream *stream, enum dir dir);
void h2_stream_data(struct h2_stream *stream, enum dir dir, const uint8_t *data, size_t len);
/* The speaker has said all. */
void h2_stream_end(struct h2_stream *stream, enum dir dir);
/* Asks the origin, if it has not been asked. */
void h2_stream_ask(struct h2_stream *stream);
/* There is more to be said of what dir said. */
void h2_stream_resume(struct h2_stream *stream, enum dir dir);
/* The session that hears dir has sent a frame that ends the stream's other half. */
void h2_stream_told(struct h2_stream *stream, enum dir dir);
/* The session that hears dir knows the stream no longer. It may be freed. */
void h2_stream_closed(struct h2_stream *stream, enum dir dir, uint32_t code);
void h2_stream_reset(struct h2_stream *stream, enum dir dir, uint32_t code);
/* Nothing more of it passes; both ends are told. */
void h2_stream_give_up(struct h2_stream *stream, uint32_t code);
/* Answers here, with a body (not NULL). */
void h2_stream_answer_self(struct h2_stream *stream, const char *status,
    const char *media_type, const char *body, size_t len);

/* ---- h2_data.c: bodies, into the other session's frames ---------------------------------- */

extern const nghttp2_data_source_read_callback h2_data_reads[2];	/* by who speaks */
int h2_data_send(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *head,
    size_t len, nghttp2_data_source *source, void *arg);
/* Keeps bytes for the other end. False: memory is out. */
bool h2_data_keep(struct h2_stream *stream, enum dir dir, const uint8_t *data, size_t len);
void h2_data_forget(struct h2_stream *stream, enum dir dir);
/* Bytes that could go now if windows allow. */
size_t h2_data_ready(const struct h2_stream *stream, enum dir dir);
/* Streams that hold more than may be held are reset. */
void h2_data_bound(struct h2 *h2, enum dir dir);

/* ---- h2_window.c: flow control, end to end ------------------------------------------------ */

/* Gives dir's speaker what the other end can take. */
void h2_window_connection(struct h2 *h2, enum dir dir);
void h2_window_stream(struct h2_stream *stream, enum dir dir);
void h2_window_all(struct h2 *h2, enum dir dir);

/* ---- h2_judge.c: hold until judged --------------------------------------------------------- */

/* A request's head is complete. False: it was refused. */
bool h2_judge_begin(struct h2_stream *stream, bool end);
void h2_judge_data(struct h2_stream *stream, const uint8_t *data, size_t len);
void h2_judge_end(struct h2_stream *stream);
/* It will never be complete. */
void h2_judge_cut(struct h2_stream *stream);
/* Bodies nobody has heard of for a while. */
void h2_judge_wake(struct h2 *h2);

#define H2_COUNT(h2, field) \
	__atomic_fetch_add(&(h2)->dialog->home->counts->field, 1, __ATOMIC_RELAXED)

#endif
