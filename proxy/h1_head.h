/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h1_head: heads of HTTP/1.1 messages, read in place and strictly (RFC 9112).
 * Whatever two readers could take for two different messages is refused: we
 * pass heads on as they came, so both ends must read them as we do.
 */
#ifndef PROXY_H1_HEAD_H
#define PROXY_H1_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest line: servers refuse a request line of more than 8 to 16 KiB. */
#define H1_LINE_MAX ((size_t)16 << 10)
/* All lines of a head or a trailer together. */
#define H1_HEAD_MAX ((size_t)64 << 10)
/* Field lines in a head or a trailer. */
#define H1_FIELDS_MAX 200
/* Empty lines before a request: old clients end a body with one (RFC 9112 section 2.2). */
#define H1_BLANKS_MAX 4

enum h1_found { H1_MORE, H1_WHOLE, H1_BAD };

/* How far the end of a head was looked for; all zero: not yet. */
struct h1_scan {
	uint32_t at;			/* bytes looked at */
	uint32_t line;			/* where the line begins that was looked at last */
	uint16_t lines, blanks;
};

/*
 * Looks for the empty line that ends the head at the start of data, from where
 * an earlier call with fewer bytes of it stopped. H1_WHOLE: the head has
 * scan->at bytes. H1_BAD: a limit, or a line feed without its carriage return.
 */
enum h1_found h1_scan(struct h1_scan *scan, const char *data, size_t len);

/* A piece of a head, where it stands. at is NULL where there is none. */
struct h1_text {
	const char *at;
	size_t len;
};

/* Where a message's body ends (RFC 9112 section 6.3). */
enum h1_framing { H1_NO_BODY, H1_LENGTH, H1_CHUNKED, H1_UNTIL_CLOSE, H1_TUNNEL };

struct h1_request {
	struct h1_text method, target, host;
	struct h1_text media_type, encoding, messages, accept, upgrade;
	struct h1_text transfer;	/* the codings before "chunked" */
	enum h1_framing framing;	/* none, length or chunked */
	uint64_t length;
	unsigned hosts, lengths, transfers;	/* fields of that name */
	bool old;			/* HTTP/1.0 */
	bool head, connect;		/* the method */
	bool expect;			/* 100-continue */
	bool close, keep_alive;		/* said in Connection */
};

/* Reads a whole head. False: it is refused. */
bool h1_request_read(struct h1_request *request, const char *data, size_t len);

struct h1_answer {
	unsigned status;
	struct h1_text upgrade;
	struct h1_text extensions;	/* Sec-WebSocket-Extensions */
	enum h1_framing framing;
	uint64_t length;
	unsigned lengths, transfers;
	bool old;			/* HTTP/1.0 */
	bool chunked;			/* the last coding */
};

/*
 * Reads a whole head of an answer to a request with (head, connect) as its
 * method. False: where it ends is not certain.
 */
bool h1_answer_read(struct h1_answer *answer, const char *data, size_t len,
    bool head, bool connect);

/* The same word, whatever its case? */
bool h1_text_is(struct h1_text text, const char *word);
/* Is the word among those that commas part? */
bool h1_text_has(struct h1_text list, const char *word);

/* ---- letters: shared with the reader of chunks --------------------------- */

enum { H1_TOKEN = 1, H1_VALUE = 2, H1_TARGET = 4, H1_HOST = 8 };

/* Which of these a byte may be part of (RFC 9110 sections 5.5 and 5.6.2). */
extern const uint8_t h1_letters[256];

#endif
