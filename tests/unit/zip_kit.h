/* SPDX-License-Identifier: Apache-2.0 */
/* For tests: archives, entry by entry. */
#ifndef TESTS_UNIT_ZIP_KIT_H
#define TESTS_UNIT_ZIP_KIT_H

#include "unit/pack_kit.h"

enum way { STORED, DEFLATED, SIZE_LATER };

static inline void
little(struct text_kit *kit, size_t value, int len)
{
	for (int i = 0; i < len; i++) {
		uint8_t c = (uint8_t)(value >> (8 * i));

		kit_bytes(kit, &c, 1);
	}
}

/* Frees the plain text. */
static inline void
entry(struct text_kit *zip, const char *name, struct text_kit *plain, enum way way)
{
	struct text_kit data = way == STORED ? *plain : kit_pack(plain, PACK_RAW);
	bool later = way == SIZE_LATER;

	kit_bytes(zip, "PK\3\4\24\0", 6);
	little(zip, later ? 8 : 0, 2);
	little(zip, way == STORED ? 0 : 8, 2);
	little(zip, 0, 8);
	little(zip, later ? 0 : data.len, 4);
	little(zip, later ? 0 : plain->len, 4);
	little(zip, strlen(name), 2);
	little(zip, 3, 2);
	kit_bytes(zip, name, strlen(name));
	kit_bytes(zip, "PKx", 3);
	kit_bytes(zip, data.data, data.len);
	if (later) {
		kit_bytes(zip, "PK\7\10", 4);
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
	kit_bytes(zip, "PK\1\2 and so on PK\5\6", 18);
}

static inline void
text_entry(struct text_kit *zip, const char *name, const char *text, enum way way)
{
	struct text_kit kit = { 0 };

	kit_add(&kit, "%s", text);
	entry(zip, name, &kit, way);
}

#endif
