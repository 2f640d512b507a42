/* SPDX-License-Identifier: Apache-2.0 */
#include "classifiers/json_look.h"

#ifdef __SSE2__
/* Blocks of sixteen, up to the one that has the end. True: that was found. */
static bool
look_blocks(const char *data, size_t len, struct json_look *look)
{
	for (; look->len + 16 <= len; look->len += 16) {
		__m128i bytes = look_block(data + look->len);
		unsigned stop = look_stops(bytes), signs = look_signs(bytes);
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
		unsigned stop = look_stops(look_block(data + *at));

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
