/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of the pcapng format, for tests. */
#ifndef TESTS_UNIT_PCAPNG_H
#define TESTS_UNIT_PCAPNG_H

#include "unit/reading.h"

#define PCAPNG_SECTION 0x0a0d0d0au

/* Appends a block; the body is padded to four bytes. */
static inline void
put_block(struct bytes *b, uint32_t type, const struct bytes *body)
{
	uint32_t padding = (uint32_t)(-body->len & 3);
	uint32_t total = (uint32_t)body->len + padding + 12;

	bytes_u32(b, type);
	bytes_u32(b, total);
	if (body->len > 0)
		bytes_put(b, body->data, body->len);
	bytes_end(b, padding);
	bytes_u32(b, total);
}

static inline void
put_section(struct bytes *b, unsigned major)
{
	struct bytes body = { .big = b->big };

	bytes_u32(&body, 0x1a2b3c4d);
	bytes_u16(&body, major);
	bytes_u16(&body, 0);
	bytes_u64(&body, UINT64_MAX);
	put_block(b, PCAPNG_SECTION, &body);
	bytes_fini(&body);
}

/* options: hex, in the section's order already. */
static inline void
put_interface(struct bytes *b, unsigned link, uint32_t snaplen,
    const char *options)
{
	struct bytes body = { .big = b->big };

	bytes_u16(&body, link);
	bytes_u16(&body, 0);
	bytes_u32(&body, snaplen);
	bytes_hex(&body, options);
	put_block(b, 1, &body);
	bytes_fini(&body);
}

static inline void
put_packet(struct bytes *b, uint32_t interface, uint64_t units,
    uint32_t caplen, uint32_t len, const char *data)
{
	struct bytes body = { .big = b->big };

	bytes_u32(&body, interface);
	bytes_u32(&body, (uint32_t)(units >> 32));
	bytes_u32(&body, (uint32_t)units);
	bytes_u32(&body, caplen);
	bytes_u32(&body, len);
	bytes_put(&body, data, strlen(data));
	put_block(b, 6, &body);
	bytes_fini(&body);
}

/* A section, an Ethernet interface and one packet. */
static inline struct bytes
one_packet(void)
{
	struct bytes b = { 0 };

	put_section(&b, 1);
	put_interface(&b, 1, 0, "");
	put_packet(&b, 0, 77, 5, 60, "abcde");
	return b;
}

#endif
