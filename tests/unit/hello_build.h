/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes ClientHello messages for tests, field by field (RFC 8446 section
 * 4.1.2), so that each test states what its hello holds.
 */
#ifndef TESTS_HELLO_BUILD_H
#define TESTS_HELLO_BUILD_H

#include <assert.h>
#include <stdint.h>
#include <string.h>

#define BUILD_MAX 140000

struct build {
	uint8_t bytes[BUILD_MAX];
	size_t len;
};

static inline void
put_bytes(struct build *b, const void *data, size_t len)
{
	assert(b->len + len <= BUILD_MAX);
	memcpy(b->bytes + b->len, data, len);
	b->len += len;
}

static inline void
put_u8(struct build *b, unsigned value)
{
	const uint8_t byte = (uint8_t)value;

	put_bytes(b, &byte, 1);
}

static inline void
put_u16(struct build *b, unsigned value)
{
	put_u8(b, value >> 8);
	put_u8(b, value & 0xff);
}

/* Leaves `size` bytes for a length; put_close writes it. */
static inline size_t
put_open(struct build *b, size_t size)
{
	for (size_t i = 0; i < size; i++)
		put_u8(b, 0);
	return b->len;
}

static inline void
put_close(struct build *b, size_t begin, size_t size)
{
	size_t len = b->len - begin;

	for (size_t i = 0; i < size; i++)
		b->bytes[begin - 1 - i] = (uint8_t)(len >> 8 * i);
}

/* "1301,1302" as 16-bit numbers. */
static inline void
put_list(struct build *b, const char *list)
{
	unsigned value = 0;

	for (const char *p = list; *p != '\0'; p++) {
		if (*p != ',')
			value = value << 4 | (unsigned)(*p <= '9' ? *p - '0' :
			    *p - 'a' + 10);
		if (p[1] == ',' || p[1] == '\0') {
			put_u16(b, value);
			value = 0;
			p += p[1] == ',';
		}
	}
}

struct hello_spec {
	unsigned version;		/* legacy_version */
	const char *ciphers;		/* "1301,1302" */
	const char *extensions;		/* in order; known ones get the bodies below */
	const char *host;		/* of 0000 */
	const char *alpn;		/* of 0010: one protocol */
	size_t alpn_len;
	const char *versions;		/* of 002b */
	const char *algorithms;		/* of 000d */
	size_t padding;			/* bytes of 0015 */
};

static inline void
put_server_name(struct build *b, const char *host)
{
	size_t list = put_open(b, 2), name;

	put_u8(b, 0);
	name = put_open(b, 2);
	put_bytes(b, host, strlen(host));
	put_close(b, name, 2);
	put_close(b, list, 2);
}

static inline void
put_extension_body(struct build *b, const struct hello_spec *spec, unsigned type)
{
	size_t list;

	if (type == 0x0000) {
		put_server_name(b, spec->host);
	} else if (type == 0x000d || type == 0x0010) {
		list = put_open(b, 2);
		if (type == 0x000d)
			put_list(b, spec->algorithms);
		if (type == 0x0010 && spec->alpn != NULL) {
			put_u8(b, (unsigned)spec->alpn_len);
			put_bytes(b, spec->alpn, spec->alpn_len);
		}
		put_close(b, list, 2);
	} else if (type == 0x002b) {
		list = put_open(b, 1);
		put_list(b, spec->versions);
		put_close(b, list, 1);
	} else if (type == 0x0015) {
		put_open(b, spec->padding);
	}
}

/* Appends the handshake message. */
static inline void
put_hello(struct build *b, const struct hello_spec *spec)
{
	static uint8_t random[32] = { 1, 2, 3 };
	static struct build types;
	size_t message, list, body;

	put_u8(b, 1);
	message = put_open(b, 3);
	put_u16(b, spec->version);
	put_bytes(b, random, sizeof(random));
	put_u8(b, 0);
	list = put_open(b, 2);
	put_list(b, spec->ciphers);
	put_close(b, list, 2);
	put_u8(b, 1);
	put_u8(b, 0);
	types.len = 0;
	if (spec->extensions != NULL) {
		put_list(&types, spec->extensions);
		list = put_open(b, 2);
		for (size_t i = 0; i < types.len; i += 2) {
			unsigned type = types.bytes[i] << 8 | types.bytes[i + 1];

			put_u16(b, type);
			body = put_open(b, 2);
			put_extension_body(b, spec, type);
			put_close(b, body, 2);
		}
		put_close(b, list, 2);
	}
	put_close(b, message, 3);
}

/* Cuts a message into TLS records of at most `size` bytes each. */
static inline void
put_records(struct build *b, const uint8_t *message, size_t len, size_t size)
{
	while (len > 0) {
		size_t part = len < size ? len : size;

		put_u8(b, 22);
		put_u16(b, 0x0301);
		put_u16(b, (unsigned)part);
		put_bytes(b, message, part);
		message += part;
		len -= part;
	}
}

#endif
