/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside HTTP/1.1: the request head (http1_head.c) and the framing that takes
 * bodies out of a flow (http1.c). What becomes of them: requests.h.
 */
#ifndef CLASSIFIERS_HTTP1_H
#define CLASSIFIERS_HTTP1_H

#include "classifiers/requests.h"

/* A longer line in a head is no request's: real ones end at 8 to 16 KiB. */
#define HTTP1_LINE_MAX 16384
/* All of a head; servers refuse more than 8 to 64 KiB. */
#define HTTP1_HEAD_MAX 65536
/* Field lines in a head or a trailer. */
#define HTTP1_FIELDS_MAX 200
/* Longest chunk-size line: 16 hexadecimal digits and extensions. */
#define HTTP1_CHUNK_LINE_MAX 1024

enum http1_length { LENGTH_NONE, LENGTH_KNOWN, LENGTH_CHUNKED };

/* What the client would rather talk (Upgrade, RFC 9110 section 7.8). */
enum http1_upgrade { UPGRADE_NONE, UPGRADE_OTHER, UPGRADE_HTTP2, UPGRADE_WEBSOCKET };

struct http1_head {
	enum http1_length framing;
	enum http1_upgrade upgrade;
	bool has_length, has_transfer;	/* fields seen */
	bool connect;
	bool broken;			/* ambiguous: RFC 9112 section 6.3 */
	uint64_t length;
	struct request_facts facts;
};

/* Does data begin like a request? Fewer bytes than a method has: LATER. */
enum interest http1_request_sniff(const char *data, size_t len);
/* The first line. False: no request of HTTP/1. */
bool http1_head_line(struct http1_head *head, const char *line, size_t len);
/* A field line. False: it breaks the grammar. */
bool http1_head_field(struct http1_head *head, const char *line, size_t len);
/* All fields came: settles framing; sets broken where lengths are ambiguous. */
void http1_head_end(struct http1_head *head);
/* A chunk's first line: its size. False: it breaks the grammar. */
bool http1_chunk_size(const char *line, size_t len, uint64_t *size);

#endif
