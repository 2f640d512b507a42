/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One look at a string of JSON, sixteen bytes at a time where the processor
 * can: where it ends, and whether it can hold an identifier at all.
 */
#include "classifiers/json.h"

#ifdef __SSE2__
#include <emmintrin.h>

static __m128i
equal(__m128i bytes, char c)
{
	return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c));
}

static unsigned
bits_stop(__m128i bytes)
{
	return (unsigned)_mm_movemask_epi8(_mm_or_si128(equal(bytes, '"'),
	    equal(bytes, '\\')));
}

static unsigned
bits_sign(__m128i bytes)
{
	return (unsigned)_mm_movemask_epi8(_mm_or_si128(equal(bytes, ':'),
	    _mm_or_si128(equal(bytes, '@'), equal(bytes, '+'))));
}

static __m128i
block(const char *data)
{
	return _mm_loadu_si128((const __m128i *)(const void *)data);
}

/* Blocks of sixteen, up to the one that has the end. True: that was found. */
static bool
look_blocks(const char *data, size_t len, struct json_look *look)
{
	for (; look->len + 16 <= len; look->len += 16) {
		__m128i bytes = block(data + look->len);
		unsigned stop = bits_stop(bytes), signs = bits_sign(bytes);
		/* The bits below the lowest one of stop; all, where there is none. */
		unsigned below = stop ? (stop & (0u - stop)) - 1 : 0xffff;

		look->signs |= (signs & below) != 0;
		if (stop != 0) {
			look->len += (unsigned)__builtin_ctz(stop);
			return true;
		}
	}
	return false;
}

static bool
span_blocks(const char *data, size_t len, size_t *at)
{
	for (; *at + 16 <= len; *at += 16) {
		unsigned stop = bits_stop(block(data + *at));

		if (stop != 0) {
			*at += (unsigned)__builtin_ctz(stop);
			return true;
		}
	}
	return false;
}
#else
static bool
look_blocks(const char *data, size_t len, struct json_look *look)
{
	(void)data;
	(void)len;
	(void)look;
	return false;
}

static bool
span_blocks(const char *data, size_t len, size_t *at)
{
	(void)data;
	(void)len;
	(void)at;
	return false;
}
#endif

static bool
look_byte(char c, struct json_look *look)
{
	if (c == '"' || c == '\\')
		return false;
	look->signs |= c == '@' || c == '+' || c == ':';
	return true;
}

struct json_look
json_look(const char *data, size_t len)
{
	struct json_look look = { 0 };

	if (look_blocks(data, len, &look))
		return look;
	while (look.len < len && look_byte(data[look.len], &look))
		look.len++;
	return look;
}

size_t
json_span(const char *data, size_t len)
{
	size_t at = 0;

	if (span_blocks(data, len, &at))
		return at;
	while (at < len && data[at] != '"' && data[at] != '\\')
		at++;
	return at;
}
