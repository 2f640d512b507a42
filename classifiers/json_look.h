/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One look at a string of JSON, sixteen bytes at a time where the processor
 * can: where it ends, and whether it holds a sign of an identifier.
 */
#ifndef CLASSIFIERS_JSON_LOOK_H
#define CLASSIFIERS_JSON_LOOK_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* What one look at a string tells: most hold no sign of an identifier. */
struct json_look {
	size_t len;		/* bytes before the next quotation mark or backslash */
	bool signs;		/* "@", "+" or ":" */
};

struct json_look json_look(const char *data, size_t len);
/* Its len alone. */
size_t json_span(const char *data, size_t len);

#ifdef __SSE2__
static inline __m128i
look_block(const char *data)
{
	return _mm_loadu_si128((const __m128i *)(const void *)data);
}

static inline __m128i
look_equal(__m128i bytes, char c)
{
	return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c));
}

/* Sixteen bits: where the byte is one that ends a string. */
static inline unsigned
look_stops(__m128i bytes)
{
	return (unsigned)_mm_movemask_epi8(_mm_or_si128(look_equal(bytes, '"'),
	    look_equal(bytes, '\\')));
}

static inline unsigned
look_signs(__m128i bytes)
{
	return (unsigned)_mm_movemask_epi8(_mm_or_si128(look_equal(bytes, ':'),
	    _mm_or_si128(look_equal(bytes, '@'), look_equal(bytes, '+'))));
}

/* Moves '0'..'9' to the least ten signed values. */
static inline unsigned
look_digits(__m128i bytes)
{
	__m128i moved = _mm_add_epi8(bytes, _mm_set1_epi8((char)(0x80 - '0')));

	return (unsigned)_mm_movemask_epi8(_mm_cmplt_epi8(moved,
	    _mm_set1_epi8((char)(0x80 + 10))));
}

/* Where a letter stands, small or not. */
static inline unsigned
look_letters(__m128i bytes)
{
	__m128i moved = _mm_add_epi8(_mm_or_si128(bytes, _mm_set1_epi8(0x20)),
	    _mm_set1_epi8((char)(0x80 - 'a')));

	return (unsigned)_mm_movemask_epi8(_mm_cmplt_epi8(moved,
	    _mm_set1_epi8((char)(0x80 + 26))));
}
#endif

/* As json_look(), at once for a string that is short. */
static inline struct json_look
json_look_short(const char *data, size_t len)
{
#ifdef __SSE2__
	if (len >= 16) {
		__m128i bytes = look_block(data);
		unsigned stop = look_stops(bytes);

		if (stop != 0)
			return (struct json_look){ (unsigned)__builtin_ctz(stop),
			    (look_signs(bytes) & (stop ^ (stop - 1))) != 0 };
	}
#endif
	return json_look(data, len);
}

#endif
