/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpack: the field sections of one direction of an HTTP/2 connection (RFC
 * 7541), as they come. The tables are the library's, the bounds are ours.
 */
#ifndef CLASSIFIERS_HPACK_H
#define CLASSIFIERS_HPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Bytes of the dynamic table. A client may use what its server allowed; all
 * servers we know of stay with the 4096 of the RFC or allow up to this.
 */
#define HPACK_TABLE_MAX 65536
/* Fields in a section: cookies come in crumbs, so more than in HTTP/1.1. */
#define HPACK_FIELDS_MAX 1000
/* Bytes of a section when decoded: few bytes may name a long entry many times. */
#define HPACK_DECODED_MAX ((size_t)256 << 10)

struct hpack;

/* A field; texts are valid during the call, not terminated. */
typedef void hpack_out(void *to, const char *name, size_t name_len,
    const char *value, size_t value_len);

/* NULL when memory is out. */
struct hpack *hpack_new(void);
void hpack_free(struct hpack *hpack);
/*
 * Takes a part of a section, of any size. Returns -1, or why it gave up (enum
 * unscanned): then the connection's state is lost.
 */
int hpack_feed(struct hpack *hpack, const uint8_t *data, size_t len,
    hpack_out *out, void *to);
/* The section is complete. Returns as hpack_feed(). */
int hpack_end(struct hpack *hpack, hpack_out *out, void *to);

#endif
