/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a character stands for as a digit (RFC 4648 sections 4, 5 and 8); -1:
 * it is none.
 */
#ifndef CORE_DIGITS_H
#define CORE_DIGITS_H

static inline int
hex_digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Of both alphabets: "+/" and "-_". */
static inline int
base64_digit(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

#endif
