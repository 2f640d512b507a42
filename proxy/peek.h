/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peek: what a client's first bytes are, without taking them. A ClientHello
 * may come in many segments and over many records (RFC 8446 section 5.1).
 */
#ifndef PROXY_PEEK_H
#define PROXY_PEEK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The largest hello read, with its record heads: post-quantum keys need 2 KiB, padding more. */
#define PEEK_MAX ((size_t)64 << 10)
/* ALPN names we speak, in the form of an offer: "\x02h2\x08http/1.1". */
#define PEEK_ALPN_MAX 12

struct peek_buffer {
	uint8_t data[PEEK_MAX];		/* as peeked */
	uint8_t message[PEEK_MAX];	/* the handshake message, records joined */
};

enum peek_result {
	PEEK_MORE,		/* cannot tell yet; need says how many bytes would help */
	PEEK_HELLO,		/* a whole ClientHello */
	PEEK_OVERSIZE,		/* begins like one, and is too large */
	PEEK_OTHER		/* no TLS, or nothing we can read */
};

struct peek {
	enum peek_result result;
	size_t need;		/* total bytes; more than there are, at most PEEK_MAX */
	bool offered;		/* the hello has ALPN at all */
	uint8_t alpn[PEEK_ALPN_MAX];	/* its names that we speak, in its order */
	uint8_t alpn_len;
};

/* Looks at the first len bytes in buffer->data. */
struct peek peek_look(struct peek_buffer *buffer, size_t len);

#endif
