/* SPDX-License-Identifier: Apache-2.0 */
/* For tests: archives, entry by entry. */
#ifndef TESTS_UNIT_ZIP_KIT_H
#define TESTS_UNIT_ZIP_KIT_H

#include "body_kit.h"

#include <zlib.h>

enum way { STORED, DEFLATED, SIZE_LATER };

static inline void
bytes(struct text_kit *kit, const void *data, size_t len)
{
	if (kit->size - kit->len < len + 1) {
		kit->size += len + 4096;
		kit->data = realloc(kit->data, kit->size);
		assert_non_null(kit->data);
	}
	memcpy(kit->data + kit->len, data, len);
	kit->len += len;
}

static inline void
little(struct text_kit *kit, size_t value, int len)
{
	for (int i = 0; i < len; i++) {
		uint8_t c = (uint8_t)(value >> (8 * i));

		bytes(kit, &c, 1);
	}
}

static inline struct text_kit
deflated(const struct text_kit *plain)
{
	struct text_kit out = { 0 };
	z_stream stream = { 0 };

	assert_int_equal(deflateInit2(&stream, 1, Z_DEFLATED, -15, 8, 0), Z_OK);
	out.size = deflateBound(&stream, plain->len);
	out.data = malloc(out.size);
	stream.next_in = (Bytef *)plain->data;
	stream.avail_in = (uInt)plain->len;
	stream.next_out = (Bytef *)out.data;
	stream.avail_out = (uInt)out.size;
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	out.len = out.size - stream.avail_out;
	deflateEnd(&stream);
	return out;
}

/* Frees the plain text. */
static inline void
entry(struct text_kit *zip, const char *name, struct text_kit *plain, enum way way)
{
	struct text_kit data = way == STORED ? *plain : deflated(plain);
	bool later = way == SIZE_LATER;

	bytes(zip, "PK\3\4\24\0", 6);
	little(zip, later ? 8 : 0, 2);
	little(zip, way == STORED ? 0 : 8, 2);
	little(zip, 0, 8);
	little(zip, later ? 0 : data.len, 4);
	little(zip, later ? 0 : plain->len, 4);
	little(zip, strlen(name), 2);
	little(zip, 3, 2);
	bytes(zip, name, strlen(name));
	bytes(zip, "PKx", 3);
	bytes(zip, data.data, data.len);
	if (later) {
		bytes(zip, "PK\7\10", 4);
		little(zip, 0x0403504b, 4);
		little(zip, data.len, 4);
		little(zip, plain->len, 4);
	}
	if (way != STORED)
		kit_free(&data);
	kit_free(plain);
}

static inline void
directory(struct text_kit *zip)
{
	bytes(zip, "PK\1\2 and so on PK\5\6", 18);
}

static inline void
text_entry(struct text_kit *zip, const char *name, const char *text, enum way way)
{
	struct text_kit kit = { 0 };

	kit_add(&kit, "%s", text);
	entry(zip, name, &kit, way);
}

#endif
