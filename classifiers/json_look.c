/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One look at a string of JSON, sixteen bytes at a time where the processor
 * can: where it ends, and whether it can hold an identifier at all.
 */
#include "classifiers/json.h"

#ifdef __SSE2__
#include <emmintrin.h>

/* Ones among sixteen bits. */
static unsigned
bits_count(unsigned bits)
{
	bits -= bits >> 1 & 0x5555;
	bits = (bits & 0x3333) + (bits >> 2 & 0x3333);
	bits = (bits + (bits >> 4)) & 0x0f0f;
	return (bits + (bits >> 8)) & 0x1f;
}

static unsigned
bits_equal(__m128i bytes, char c)
{
	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)));
}

/* Moves '0'..'9' to the least ten signed values. */
static unsigned
bits_digit(__m128i bytes)
{
	__m128i moved = _mm_add_epi8(bytes, _mm_set1_epi8((char)(0x80 - '0')));

	return (unsigned)_mm_movemask_epi8(_mm_cmplt_epi8(moved,
	    _mm_set1_epi8((char)(0x80 + 10))));
}

/* Bytes of blocks without an end; *stop: bits where an end is in the next. */
static size_t
look_blocks(const char *data, size_t len, struct json_look *look, unsigned *stop)
{
	size_t at = 0;

	for (; at + 16 <= len; at += 16) {
		__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(data + at));
		unsigned signs = bits_equal(bytes, '@') | bits_equal(bytes, '+') |
		    bits_equal(bytes, ':'), digits = bits_digit(bytes), below = 0xffff;

		*stop = bits_equal(bytes, '"') | bits_equal(bytes, '\\');
		if (*stop != 0)
			below = (*stop & (0u - *stop)) - 1;
		look->signs |= (signs & below) != 0;
		if (digits & below)
			look->digits += bits_count(digits & below);
		if (*stop != 0)
			return at;
	}
	return at;
}
#endif

static bool
look_byte(char c, struct json_look *look)
{
	if (c == '"' || c == '\\')
		return false;
	look->signs |= c == '@' || c == '+' || c == ':';
	look->digits += c >= '0' && c <= '9';
	return true;
}

size_t
json_look(const char *data, size_t len, struct json_look *look)
{
	size_t at = 0;

#ifdef __SSE2__
	unsigned stop = 0;

	at = look_blocks(data, len, look, &stop);
	if (stop != 0)
		return at + (unsigned)__builtin_ctz(stop);
#endif
	while (at < len && look_byte(data[at], look))
		at++;
	return at;
}
