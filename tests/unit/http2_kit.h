/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of HTTP/2: a client that writes frames, with the field sections
 * that the library's own encoder makes.
 */
#ifndef TESTS_UNIT_HTTP2_KIT_H
#define TESTS_UNIT_HTTP2_KIT_H

#include <nghttp2/nghttp2.h>

#include "http_kit.h"

#define H2_PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
enum {
	H2_DATA, H2_HEADERS, H2_PRIORITY, H2_RST, H2_SETTINGS, H2_PUSH, H2_PING,
	H2_GOAWAY, H2_WINDOW, H2_CONTINUATION
};
#define H2_END 1
#define H2_END_HEADERS 4
#define H2_PADDED 8
#define H2_HAS_PRIORITY 32

struct h2 {
	struct text_kit up;
	nghttp2_hd_deflater *deflater;
};

/* A frame of raw payload. */
static inline void
h2_frame(struct text_kit *kit, uint8_t type, uint8_t flags, uint32_t stream,
    const void *data, size_t len)
{
	uint8_t head[9] = {
		(uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len, type, flags,
		(uint8_t)(stream >> 24), (uint8_t)(stream >> 16), (uint8_t)(stream >> 8),
		(uint8_t)stream
	};

	kit_bytes(kit, head, sizeof(head));
	kit_bytes(kit, data, len);
}

static inline void
h2_init(struct h2 *h2)
{
	static const uint8_t window[] = { 0, 4, 0, 1, 0, 0 };

	memset(h2, 0, sizeof(*h2));
	/* The most this encoder would use; the RFC's 4096 until it says so. */
	assert_int_equal(nghttp2_hd_deflate_new(&h2->deflater, 65536), 0);
	kit_bytes(&h2->up, H2_PREFACE, 24);
	h2_frame(&h2->up, H2_SETTINGS, 0, 0, window, sizeof(window));
	h2_frame(&h2->up, H2_WINDOW, 0, 0, "\0\1\0\0", 4);
}

static inline void
h2_fini(struct h2 *h2)
{
	nghttp2_hd_deflate_del(h2->deflater);
	kit_free(&h2->up);
}

#define H2_NV(name, value) { (uint8_t *)(uintptr_t)(name), \
    (uint8_t *)(uintptr_t)(value), strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE }

/* A field section; the caller gives room of 16384 bytes. Returns its length. */
static inline size_t
h2_section(struct h2 *h2, uint8_t *out, const nghttp2_nv *fields, size_t count)
{
	ssize_t n = nghttp2_hd_deflate_hd(h2->deflater, out, 16384, fields, count);

	assert_in_range(n, 1, 16384);
	return (size_t)n;
}

struct h2_request {
	const char *method, *path, *host, *type, *encoding, *messages;
};

static inline size_t
h2_request_section(struct h2 *h2, uint8_t *out, const struct h2_request *r)
{
	nghttp2_nv fields[8] = {
		H2_NV(":method", r->method ? r->method : "POST"), H2_NV(":scheme", "https"),
		H2_NV(":authority", r->host ? r->host : "api.example.org"),
		H2_NV(":path", r->path ? r->path : "/v1/contacts"),
		H2_NV("user-agent", "sample/1.0")
	};
	size_t count = 5;

	if (r->type != NULL)
		fields[count++] = (nghttp2_nv)H2_NV("content-type", r->type);
	if (r->encoding != NULL)
		fields[count++] = (nghttp2_nv)H2_NV("content-encoding", r->encoding);
	if (r->messages != NULL)
		fields[count++] = (nghttp2_nv)H2_NV("grpc-encoding", r->messages);
	return h2_section(h2, out, fields, count);
}

static inline void
h2_headers(struct h2 *h2, uint32_t stream, uint8_t flags, const struct h2_request *r)
{
	uint8_t out[16384];
	size_t n = h2_request_section(h2, out, r);

	h2_frame(&h2->up, H2_HEADERS, flags | H2_END_HEADERS, stream, out, n);
}

/* A body in frames of `piece` bytes, the last with END_STREAM. */
static inline void
h2_body(struct h2 *h2, uint32_t stream, const void *data, size_t len, size_t piece)
{
	for (size_t at = 0; at < len; at += piece) {
		size_t n = len - at < piece ? len - at : piece;

		h2_frame(&h2->up, H2_DATA, at + n == len ? H2_END : 0, stream,
		    (const char *)data + at, n);
	}
}

static inline void
h2_post_book(struct h2 *h2, uint32_t stream, int first, int count, size_t piece)
{
	static const struct h2_request request = { .type = "application/json" };
	struct text_kit book = json_book(first, count);

	h2_headers(h2, stream, 0, &request);
	h2_body(h2, stream, book.data, book.len, piece);
	kit_free(&book);
}

/* Whole and in pieces; ends the client. */
static inline struct ear
h2_talk(struct h2 *h2)
{
	struct ear ear = talk_all_as(&classifier_http2, &h2->up);

	h2_fini(h2);
	return ear;
}

#endif
