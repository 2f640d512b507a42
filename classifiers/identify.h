/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside identify: classes of characters, and the two files' meeting point.
 */
#ifndef CLASSIFIERS_IDENTIFY_H
#define CLASSIFIERS_IDENTIFY_H

#include <string.h>
#include <strings.h>

#include "classifiers/body.h"

/* National numbers in a field for numbers: short codes are nobody's. */
#define NATIONAL_MIN 4

/* RFC 5322's atext and the dot; RFC 1123's host names; digests' alphabets. */
enum {
	C_DIGIT = 1, C_LOCAL = 2, C_HOST = 4, C_HEX = 8, C_BASE64 = 16, C_ALPHA = 32
};
extern const uint8_t identify_classes[256];

static inline unsigned
class_of(char c)
{
	return identify_classes[(uint8_t)c];
}

static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
is_alpha(char c)
{
	return (class_of(c) & C_ALPHA) != 0;
}

static inline bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Takes a prefix off, whatever its case. */
static inline bool
text_strip(const char **text, size_t *len, const char *prefix)
{
	size_t n = strlen(prefix);

	if (*len < n || (**text | 0x20) != (prefix[0] | 0x20) ||
	    strncasecmp(*text, prefix, n) != 0)
		return false;
	*text += n;
	*len -= n;
	return true;
}

static inline bool
text_ends(const char *text, size_t len, const char *suffix)
{
	size_t n = strlen(suffix);

	return len > n && strncasecmp(text + len - n, suffix, n) == 0;
}

/*
 * Bytes that a separator of digits has, 0 when none stands here (len >= 1).
 */
size_t number_separator(const char *text, size_t len);
/* As identify(), for telephone numbers. */
int identify_number(const char *text, size_t len, enum hint hint,
    const char *region, uint64_t *mark);

/* ---- digits, eight at a time ------------------------------------------------- */

#define EIGHT_EACH UINT64_C(0x0101010101010101)

static inline uint64_t
eight_get(const char *digits)
{
	uint64_t word;

	memcpy(&word, digits, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

static inline bool
eight_digits(uint64_t word)
{
	return ((word & (EIGHT_EACH * 0xf0)) |
	    ((word + EIGHT_EACH * 6) & (EIGHT_EACH * 0xf0)) >> 4) == EIGHT_EACH * 0x33;
}

/* Eight to fifteen digits and perhaps a "+", nothing else: no digest is so. */
static inline bool
number_is_plain(const char *text, size_t len)
{
	size_t plus = len > 0 && text[0] == '+';

	return len - plus >= 8 && len - plus <= NUMBER_MAX &&
	    eight_digits(eight_get(text + plus)) &&
	    eight_digits(eight_get(text + len - 8));
}

/* As identify_number(), of what number_is_plain(). */
int identify_plain(const char *text, size_t len, enum hint hint,
    const char *region, uint64_t *mark);
/* As identify(), for digests; list: an item of a list of contacts or digests. */
int identify_digest(const char *text, size_t len, bool list, uint64_t *mark);
/* Can a text of that length be one? */
bool identify_digest_length(size_t len);
/* The mark of a number with country code (or national, of no known country). */
int number_mark(const char *digits, size_t len, bool national, uint64_t *mark);

#endif
