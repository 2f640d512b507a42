/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of the contact counter: texts built from synthetic people, and
 * scans of them whole, byte by byte, and cut in two at every place.
 */
#ifndef TESTS_UNIT_BODY_KIT_H
#define TESTS_UNIT_BODY_KIT_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classifiers/classifiers.h"

struct text_kit {
	char *data;
	size_t len, size;
};

__attribute__((format(printf, 2, 3))) static inline void
kit_add(struct text_kit *kit, const char *format, ...)
{
	va_list args;
	int n;

	if (kit->size - kit->len < 1024) {
		kit->size = kit->size * 2 + 4096;
		kit->data = realloc(kit->data, kit->size);
		assert_non_null(kit->data);
	}
	va_start(args, format);
	n = vsnprintf(kit->data + kit->len, kit->size - kit->len, format, args);
	va_end(args);
	assert_in_range(n, 0, 1023);
	kit->len += (size_t)n;
}

/* Bytes of any kind. */
static inline void
kit_bytes(struct text_kit *kit, const void *data, size_t len)
{
	if (kit->size - kit->len < len) {
		kit->size = kit->size * 2 + len;
		kit->data = realloc(kit->data, kit->size);
		assert_non_null(kit->data);
	}
	if (len > 0)
		memcpy(kit->data + kit->len, data, len);
	kit->len += len;
}

static inline void
kit_free(struct text_kit *kit)
{
	free(kit->data);
	memset(kit, 0, sizeof(*kit));
}

/* Mobile numbers of Germany, ten digits behind the code, one for each i. */
#define KIT_PHONE "+4915%09d"

struct scan_as { const char *type, *encoding, *region; };

/* Scans a first piece of `cut` bytes and then pieces of `step` (0: all at once). */
static inline struct body_result
kit_scan_cut(const void *data, size_t len, struct scan_as as, size_t cut, size_t step)
{
	struct body_facts facts = {
		as.type ? as.type : "", as.encoding ? as.encoding : "",
		as.region ? as.region : ""
	};
	struct body *body = body_new(&facts, BULK_THRESHOLD);
	struct body_result result;
	const uint8_t *at = data, *end = at + len;

	body_feed(body, at, cut);
	at += cut;
	do {
		size_t left = (size_t)(end - at), n = step == 0 || step > left ? left : step;

		body_feed(body, at, n);
		at += n;
	} while (at < end);
	body_end(body, &result);
	return result;
}

static inline struct body_result
kit_scan_step(const void *data, size_t len, struct scan_as as, size_t step)
{
	return kit_scan_cut(data, len, as, 0, step);
}

static inline void
kit_assert_same(const struct body_result *a, const struct body_result *b)
{
	assert_int_equal(a->contacts.low, b->contacts.low);
	assert_int_equal(a->contacts.best, b->contacts.best);
	assert_int_equal(a->contacts.high, b->contacts.high);
	assert_int_equal(a->contacts.confidence, b->contacts.confidence);
	assert_int_equal(a->identifiers.phone, b->identifiers.phone);
	assert_int_equal(a->identifiers.email, b->identifiers.email);
	assert_int_equal(a->identifiers.hash, b->identifiers.hash);
	assert_int_equal(a->identifiers.name, b->identifiers.name);
	assert_int_equal(a->identifiers.vcard, b->identifiers.vcard);
	assert_int_equal(a->format, b->format);
	assert_int_equal(a->bulk, b->bulk);
	assert_int_equal(a->unscanned, b->unscanned);
	assert_int_equal(a->decoded, b->decoded);
	assert_string_equal(a->reason, b->reason);
}

/* The answer for the whole; it must not depend on how the text is cut. */
static inline struct body_result
kit_scan(const void *data, size_t len, struct scan_as as)
{
	struct body_result whole = kit_scan_step(data, len, as, 0), other;
	size_t stride = len / 600 + 1;

	other = kit_scan_step(data, len, as, 1);
	kit_assert_same(&whole, &other);
	for (size_t cut = 0; cut <= len; cut += stride) {
		other = kit_scan_cut(data, len, as, cut, 0);
		kit_assert_same(&whole, &other);
	}
	return whole;
}

static inline struct body_result
kit_scan_text(struct text_kit *kit, struct scan_as as)
{
	struct body_result result = kit_scan(kit->data, kit->len, as);

	kit_free(kit);
	return result;
}

#endif
