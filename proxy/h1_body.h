/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h1_body: where a body ends, and which of its bytes are the body itself and
 * not framing (RFC 9112 sections 6 and 7). Holds no bytes: any cut will do.
 */
#ifndef PROXY_H1_BODY_H
#define PROXY_H1_BODY_H

#include "proxy/h1_head.h"

/* The line before a chunk: its size and extensions that nobody uses (section 7.1.1). */
#define H1_CHUNK_LINE_MAX 4096
/* Hexadecimal digits of a size: what is longer is no chunk anybody sends. */
#define H1_CHUNK_DIGITS_MAX 15

enum h1_step {
	H1_DONE, H1_DATA, H1_SIZE, H1_EXTENSION, H1_SIZE_FEED, H1_CHUNK,
	H1_CHUNK_CR, H1_CHUNK_FEED, H1_LINE, H1_NAME, H1_TEXT, H1_TEXT_FEED,
	H1_LAST_FEED, H1_FOREVER, H1_BROKEN
};

struct h1_body {
	uint64_t left;			/* of the body or the chunk */
	uint32_t line;			/* bytes of the chunk line, or of the trailer's line */
	uint32_t trailer;		/* bytes of the trailer */
	uint16_t fields;
	uint8_t step;			/* enum h1_step */
	uint8_t digits;
	bool lenient;			/* an answer: blanks may end a chunk line */
};

struct h1_span {
	const uint8_t *at;
	size_t len;
};

void h1_body_begin(struct h1_body *body, enum h1_framing framing, uint64_t length,
    bool lenient);

/*
 * Reads on. Returns how many bytes of data belong to the body, framing
 * included; it stops at the end of a run of body bytes, which it puts into
 * span (len 0: none), so call it again while there are bytes and
 * h1_body_more(). Bytes it refuses are not counted.
 */
size_t h1_body_feed(struct h1_body *body, const uint8_t *data, size_t len,
    struct h1_span *span);

static inline bool
h1_body_more(const struct h1_body *body)
{
	return body->step != H1_DONE && body->step != H1_BROKEN;
}

static inline bool
h1_body_broken(const struct h1_body *body)
{
	return body->step == H1_BROKEN;
}

#endif
