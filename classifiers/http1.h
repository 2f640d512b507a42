/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside HTTP/1.1: the request head (http1_head.c), uploads and their series
 * (http1_series.c) and the framing that feeds them (http1.c).
 */
#ifndef CLASSIFIERS_HTTP1_H
#define CLASSIFIERS_HTTP1_H

#include "classifiers/classifiers.h"

/* A longer line in a head is no request's: real ones end at 8 to 16 KiB. */
#define HTTP1_LINE_MAX 16384
/* All of a head; servers refuse more than 8 to 64 KiB. */
#define HTTP1_HEAD_MAX 65536
/* Field lines in a head or a trailer. */
#define HTTP1_FIELDS_MAX 200
/* Longest chunk-size line: 16 hexadecimal digits and extensions. */
#define HTTP1_CHUNK_LINE_MAX 1024
/* A pause that ends a series of uploads. */
#define HTTP1_PAUSE_US (60 * UINT64_C(1000000))
/* Content-Encoding: room for a few codings. */
#define HTTP1_CODING_MAX 32

enum http1_length { LENGTH_NONE, LENGTH_KNOWN, LENGTH_CHUNKED };

struct http1_head {
	uint32_t method;		/* hash of the method */
	enum http1_length framing;
	bool has_length, has_transfer;	/* fields seen */
	bool connect, upgrade;
	bool broken;			/* ambiguous: RFC 9112 section 6.3 */
	uint64_t length;
	char media_type[MEDIA_TYPE_MAX];
	char encoding[HTTP1_CODING_MAX];
	char transfer[HTTP1_CODING_MAX];	/* transfer codings but for chunked */
	char host[HOST_MAX + 1];
};

/* Does data begin like a request? Fewer bytes than a method has: LATER. */
enum interest http1_request_sniff(const char *data, size_t len);
/* The first line. False: no request of HTTP/1. */
bool http1_head_line(struct http1_head *head, const char *line, size_t len);
/* A field line. False: it breaks the grammar. */
bool http1_head_field(struct http1_head *head, const char *line, size_t len);
/* All fields came: settles framing; sets broken where lengths are ambiguous. */
void http1_head_end(struct http1_head *head);

/* The uploads of a flow. */
struct http1_series {
	struct body *body;	/* scanner of the upload, or NULL */
	bool open;		/* a body is being read */
	bool whole;		/* no further body may join */
	bool unscanned;		/* told already */
	uint32_t kind;		/* method, media type, coding */
	int64_t contacts;	/* before the body that is being read */
	struct upload upload;
};

void http1_body_begin(struct http1_series *series, const struct task *task,
    const struct http1_head *head, uint64_t begin_us, uint64_t time_us);
void http1_body_feed(struct http1_series *series, const uint8_t *data, size_t len,
    uint64_t time_us);
void http1_body_gap(struct http1_series *series);
void http1_body_end(struct http1_series *series, const struct task *task);
/* Another request came, or the end: tells what there is to tell. */
void http1_series_end(struct http1_series *series, const struct task *task);
void http1_unscanned(const struct task *task, enum unscanned why);

#endif
