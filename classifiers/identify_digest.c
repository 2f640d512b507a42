/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests of telephone numbers and mail addresses: MD5, SHA-1, the SHA-2 family
 * and HMACs of them, in hexadecimal, the commonest in base64 or base64url
 * (RFC 4648), whole or cut to eight or ten bytes as contact discoveries send
 * them. What a digest was
 * made of cannot be seen; what it is worth the place around it tells.
 */
#include "classifiers/identify.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/digest.h"
#include "core/digits.h"

/* Longest digest: SHA-512. */
#define DIGEST_MAX 64
/* Random base64 changes between kinds of characters more often than words. */
#define CHANGES_MIN 5
/* Country codes have one to three digits (ITU-T E.164 section 6.2.1). */
#define CODES 1000

struct digest_shape {
	uint8_t chars, bytes;
	bool base64;
	uint8_t pads;		/* "=" among chars */
	bool list;		/* too short to be one outside a list of contacts */
};

static const struct digest_shape shapes[] = {
	{ 128, 64, false, 0, false }, { 96, 48, false, 0, false },
	{ 64, 32, false, 0, false }, { 56, 28, false, 0, false },
	{ 40, 20, false, 0, false }, { 32, 16, false, 0, false },
	{ 20, 10, false, 0, true }, { 16, 8, false, 0, true }, { 44, 32, true, 1, false },
	{ 43, 32, true, 0, false }, { 28, 20, true, 1, true },
	{ 27, 20, true, 0, true }, { 24, 16, true, 2, true },
	{ 22, 16, true, 0, true }, { 14, 10, true, 0, true },
};

bool
identify_digest_length(size_t len)
{
	const uint64_t lengths = (uint64_t)1 << 14 | (uint64_t)1 << 16 |
	    (uint64_t)1 << 20 | (uint64_t)1 << 22 | (uint64_t)1 << 24 |
	    (uint64_t)1 << 27 | (uint64_t)1 << 28 | (uint64_t)1 << 32 |
	    (uint64_t)1 << 40 | (uint64_t)1 << 43 | (uint64_t)1 << 44 |
	    (uint64_t)1 << 56;

	return len < 64 ? lengths >> len & 1 : len == 64 || len == 96 || len == 128;
}

static const struct digest_shape *
shape_find(size_t len, bool list)
{
	if (!identify_digest_length(len))
		return NULL;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (shapes[i].chars == len)
			return shapes[i].list && !list ? NULL : &shapes[i];
	return NULL;
}

/* How often the kind of character changes from one to the next. */
static unsigned
changes(const char *text, size_t len)
{
	unsigned count = 0;
	int last = -1;

	for (size_t i = 0; i < len; i++) {
		int kind = is_alpha(text[i]) ? text[i] & 0x20 : is_digit(text[i]);

		count += last >= 0 && kind != last;
		last = kind;
	}
	return count;
}

/* Bits that are left over behind the last byte are zero (RFC 4648 section 3.5). */
static bool
base64_read(const char *text, const struct digest_shape *shape, uint8_t *out)
{
	size_t chars = (size_t)shape->chars - shape->pads, n = 0;
	unsigned bits = 0, held = 0;

	for (size_t i = 0; i < chars; i++) {
		int value = base64_digit(text[i]);

		if (value < 0)
			return false;
		bits = bits << 6 | (unsigned)value;
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[n++] = (uint8_t)(bits >> held);
			bits &= (1u << held) - 1;
		}
	}
	for (size_t i = chars; i < shape->chars; i++)
		if (text[i] != '=')
			return false;
	return bits == 0 && changes(text, chars) >= CHANGES_MIN;
}

/* Cut short, it has a letter all the same; digits alone are an id. */
static bool
hex_read(const char *text, const struct digest_shape *shape, uint8_t *out)
{
	if (shape->list && changes(text, shape->chars) == 0)
		return false;
	for (size_t i = 0; i < shape->bytes; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* ---- digests of country codes --------------------------------------------------- */

/* First bytes of the digests of "1", "+1" ... "999", "+999", sorted. */
static uint64_t code_prints[CODES * 2 * 3];
static size_t code_count;

static int
print_order(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static uint64_t
print_of(const uint8_t *digest)
{
	uint64_t print;

	memcpy(&print, digest, sizeof(print));
	return print;
}

static void
codes_begin(void)
{
	char text[8];
	uint8_t out[DIGEST_MAX];

	for (unsigned code = 1; code < CODES; code++) {
		size_t len = (size_t)snprintf(text, sizeof(text), "+%u", code);

		for (size_t skip = 0; skip < 2; skip++) {
			digest_md5(text + skip, len - skip, out);
			code_prints[code_count++] = print_of(out);
			digest_sha1(text + skip, len - skip, out);
			code_prints[code_count++] = print_of(out);
			digest_sha256(text + skip, len - skip, out);
			code_prints[code_count++] = print_of(out);
		}
	}
	qsort(code_prints, code_count, sizeof(code_prints[0]), print_order);
}

/* Some clients send it beside each number's digest: it is nobody's. */
static bool
is_country_code(const uint8_t *digest)
{
	uint64_t print = print_of(digest);

	if (code_count == 0)
		codes_begin();
	return bsearch(&print, code_prints, code_count, sizeof(print),
	    print_order) != NULL;
}

int
identify_digest(const char *text, size_t len, bool list, uint64_t *mark)
{
	const struct digest_shape *shape = shape_find(len, list);
	uint8_t out[DIGEST_MAX] = { 0 };
	int kind = -1;

	if (shape == NULL || !(shape->base64 ? base64_read : hex_read)(text, shape, out))
		return -1;
	if (!is_country_code(out)) {
		*mark = tally_mark(KIND_HASH, out, shape->bytes);
		kind = KIND_HASH;
	}
	explicit_bzero(out, sizeof(out));
	return kind;
}
