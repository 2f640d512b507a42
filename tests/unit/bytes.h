/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Captures and packets made byte by byte, for tests. A packet grows from the
 * inside out: payload first, then each wrap_ function puts a header in front.
 */
#ifndef TESTS_UNIT_BYTES_H
#define TESTS_UNIT_BYTES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bytes {
	uint8_t *data;
	size_t len;
	bool big;		/* order of the numbers that bytes_u16/32 append */
};

/* Inserts len zero bytes at the front (or end) and returns where they are. */
static inline uint8_t *
bytes_front(struct bytes *b, size_t len)
{
	b->data = realloc(b->data, b->len + len + 1);
	if (b->data == NULL)
		abort();
	memmove(b->data + len, b->data, b->len);
	memset(b->data, 0, len);
	b->len += len;
	return b->data;
}

static inline uint8_t *
bytes_end(struct bytes *b, size_t len)
{
	b->data = realloc(b->data, b->len + len + 1);
	if (b->data == NULL)
		abort();
	memset(b->data + b->len, 0, len);
	b->len += len;
	return b->data + b->len - len;
}

static inline void
bytes_put(struct bytes *b, const void *data, size_t len)
{
	memcpy(bytes_end(b, len), data, len);
}

static inline void
bytes_u8(struct bytes *b, unsigned value)
{
	*bytes_end(b, 1) = (uint8_t)value;
}

static inline void
bytes_u16(struct bytes *b, unsigned value)
{
	bytes_u8(b, b->big ? value >> 8 : value);
	bytes_u8(b, b->big ? value : value >> 8);
}

static inline void
bytes_u32(struct bytes *b, uint32_t value)
{
	bytes_u16(b, b->big ? value >> 16 : value & 0xffff);
	bytes_u16(b, b->big ? value & 0xffff : value >> 16);
}

static inline void
bytes_u64(struct bytes *b, uint64_t value)
{
	bytes_u32(b, (uint32_t)(b->big ? value >> 32 : value));
	bytes_u32(b, (uint32_t)(b->big ? value : value >> 32));
}

/* Appends bytes written in hex, with spaces where they please. */
static inline void
bytes_hex(struct bytes *b, const char *hex)
{
	unsigned value;
	int used;

	while (sscanf(hex, " %2x%n", &value, &used) == 1) {
		bytes_u8(b, value);
		hex += used;
	}
}

/* The same, in front. */
static inline void
wrap_hex(struct bytes *b, const char *hex)
{
	struct bytes head = { 0 };

	bytes_hex(&head, hex);
	if (head.len > 0)
		memcpy(bytes_front(b, head.len), head.data, head.len);
	free(head.data);
}

static inline void
bytes_fini(struct bytes *b)
{
	free(b->data);
	memset(b, 0, sizeof(*b));
}

static inline void
set_u16(uint8_t *p, size_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static inline void
wrap_udp(struct bytes *b, unsigned from, unsigned to)
{
	size_t len = b->len + 8;
	uint8_t *p = bytes_front(b, 8);

	set_u16(p, from);
	set_u16(p + 2, to);
	set_u16(p + 4, len);
}

/* Sequence number 0x01020304, acknowledgement 0x05060708, PSH and ACK. */
static inline void
wrap_tcp(struct bytes *b, unsigned from, unsigned to)
{
	uint8_t *p = bytes_front(b, 20);

	for (int i = 4; i < 12; i++)
		p[i] = (uint8_t)(i - 3);
	set_u16(p, from);
	set_u16(p + 2, to);
	p[12] = 0x50;
	p[13] = 0x18;
}

/* From 192.0.2.1 to 198.51.100.2. */
static inline void
wrap_ipv4(struct bytes *b, unsigned proto)
{
	static const uint8_t ends[] = { 192, 0, 2, 1, 198, 51, 100, 2 };
	size_t len = b->len + 20;
	uint8_t *p = bytes_front(b, 20);

	p[0] = 0x45;
	set_u16(p + 2, len);
	p[8] = 64;
	p[9] = (uint8_t)proto;
	memcpy(p + 12, ends, sizeof(ends));
}

/* From 2001:db8::1 to 2001:db8::2. */
static inline void
wrap_ipv6(struct bytes *b, unsigned next)
{
	size_t len = b->len;
	uint8_t *p = bytes_front(b, 40);

	p[0] = 0x60;
	set_u16(p + 4, len);
	p[6] = (uint8_t)next;
	p[7] = 64;
	for (int i = 0; i < 2; i++) {
		memcpy(p + 8 + 16 * i, "\x20\x01\x0d\xb8", 4);
		p[23 + 16 * i] = (uint8_t)(i + 1);
	}
}

static inline void
wrap_ethernet(struct bytes *b, unsigned type)
{
	set_u16(bytes_front(b, 14) + 12, type);
}

#endif
