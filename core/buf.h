/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounds-checked cursor over bytes that somebody else owns. The first read
 * past the end sets a sticky error; every later read gives zero. So a parser
 * reads many fields and asks buf_ok() once.
 */
#ifndef CORE_BUF_H
#define CORE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buf {
	const uint8_t *at;
	const uint8_t *end;
	bool failed;
};

static inline struct buf
buf_of(const void *data, size_t len)
{
	const uint8_t *p = data;

	return (struct buf){ p, p + len, false };
}

static inline bool
buf_ok(const struct buf *b)
{
	return !b->failed;
}

/* Bytes left; 0 after an error. */
static inline size_t
buf_left(const struct buf *b)
{
	return b->failed ? 0 : (size_t)(b->end - b->at);
}

/*
 * Takes len bytes and returns where they start, or NULL (and the sticky
 * error) when fewer are left. The bytes stay the owner's.
 */
static inline const uint8_t *
buf_take(struct buf *b, size_t len)
{
	const uint8_t *p = b->at;

	if (b->failed || (size_t)(b->end - b->at) < len) {
		b->failed = true;
		return NULL;
	}
	b->at += len;
	return p;
}

static inline void
buf_skip(struct buf *b, size_t len)
{
	(void)buf_take(b, len);
}

static inline uint8_t
buf_u8(struct buf *b)
{
	const uint8_t *p = buf_take(b, 1);

	return p ? p[0] : 0;
}

/* Big-endian (network order) numbers. */
static inline uint16_t
buf_u16(struct buf *b)
{
	const uint8_t *p = buf_take(b, 2);

	return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

static inline uint32_t
buf_u24(struct buf *b)
{
	const uint8_t *p = buf_take(b, 3);

	return p ? (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2] : 0;
}

static inline uint32_t
buf_u32(struct buf *b)
{
	const uint8_t *p = buf_take(b, 4);

	return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3] : 0;
}

/*
 * Cuts the next len bytes out as a reader of their own. When fewer are left
 * both readers fail.
 */
static inline struct buf
buf_sub(struct buf *b, size_t len)
{
	const uint8_t *p = buf_take(b, len);

	if (p == NULL)
		return (struct buf){ b->at, b->at, true };
	return buf_of(p, len);
}

#endif
