/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JA4, the fingerprint of a TLS client (github.com/FoxIO-LLC/ja4, the part
 * under BSD-3-Clause): carrier, version, name or address, how many suites and
 * extensions, protocol; then digests of the sorted suites and of the sorted
 * extensions with the signature algorithms in their order.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classifiers/hello.h"
#include "core/digest.h"

/* More numbers in one list than this come from no client. */
#define JA4_LIST_MAX 1024
/* Each number as "abcd,"; two lists and the mark between them. */
#define JA4_INPUT_MAX (2 * JA4_LIST_MAX * 5 + 1)
/* Characters kept of a digest. */
#define JA4_DIGEST 12
/* Counts are printed with two digits. */
#define JA4_COUNT_MAX 99
/* Lists up to this length, twice that of browsers, are sorted by insertion. */
#define JA4_INSERTION_MAX 64

static const char ja4_digits[] = "0123456789abcdef";

struct ja4_list {
	uint16_t values[JA4_LIST_MAX];
	size_t count;
	bool overflow;
};

static void
ja4_add(struct ja4_list *list, uint16_t value)
{
	if (hello_grease(value))
		return;
	if (list->count == JA4_LIST_MAX)
		list->overflow = true;
	else
		list->values[list->count++] = value;
}

static int
ja4_compare(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

/* Few numbers are sorted fastest by insertion; a hostile list is not few. */
static void
ja4_sort(struct ja4_list *list)
{
	uint16_t *v = list->values, value;
	size_t i, j;

	if (list->count > JA4_INSERTION_MAX) {
		qsort(v, list->count, sizeof(*v), ja4_compare);
		return;
	}
	for (i = 1; i < list->count; i++) {
		value = v[i];
		for (j = i; j > 0 && v[j - 1] > value; j--)
			v[j] = v[j - 1];
		v[j] = value;
	}
}

static void
ja4_numbers(struct ja4_list *list, struct buf in)
{
	list->count = 0;
	list->overflow = false;
	while (buf_left(&in) > 1)
		ja4_add(list, buf_u16(&in));
}

/* All extensions but server_name and ALPN; returns the count with those. */
static size_t
ja4_extensions(struct ja4_list *list, struct buf in)
{
	size_t named = 0;
	uint16_t type;

	list->count = 0;
	list->overflow = false;
	while (buf_left(&in) > 0) {
		type = buf_u16(&in);
		buf_skip(&in, buf_u16(&in));
		if (type == 0x0000 || type == 0x0010)
			named++;
		else
			ja4_add(list, type);
	}
	return named + list->count;
}

/* Appends "abcd,ef01" and returns the length so far. */
static size_t
ja4_append(char *text, size_t len, const struct ja4_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (i > 0)
			text[len++] = ',';
		for (int shift = 12; shift >= 0; shift -= 4)
			text[len++] = ja4_digits[list->values[i] >> shift & 15];
	}
	return len;
}

static void
ja4_digest(const char *text, size_t len, char out[JA4_DIGEST + 1])
{
	uint8_t sum[SHA256_LEN];

	if (len == 0) {
		memset(out, '0', JA4_DIGEST);
		out[JA4_DIGEST] = '\0';
		return;
	}
	digest_sha256(text, len, sum);
	hex_text(sum, JA4_DIGEST / 2, out);
}

static const char *
ja4_version(uint16_t version)
{
	static const struct { uint16_t version; char text[3]; } rows[] = {
		{ 0x0304, "13" }, { 0x0303, "12" }, { 0x0302, "11" },
		{ 0x0301, "10" }, { 0x0300, "s3" }, { 0x0002, "s2" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].version == version)
			return rows[i].text;
	return "00";
}

static bool
ja4_alphanumeric(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z');
}

/* First and last character of the protocol, or of its hex form. */
static void
ja4_alpn(const struct hello *hello, char out[3])
{
	uint8_t first, last;

	memcpy(out, "00", 3);
	if (hello->alpn == NULL)
		return;
	first = hello->alpn[0];
	last = hello->alpn[hello->alpn_len - 1];
	if (ja4_alphanumeric(first) && ja4_alphanumeric(last)) {
		out[0] = (char)first;
		out[1] = (char)last;
	} else {
		out[0] = ja4_digits[first >> 4];
		out[1] = ja4_digits[last & 15];
	}
}

static unsigned
ja4_count(size_t count)
{
	return count > JA4_COUNT_MAX ? JA4_COUNT_MAX : (unsigned)count;
}

bool
ja4_text(const struct hello *hello, enum hello_carrier carrier,
    char text[JA4_MAX])
{
	struct ja4_list ciphers, extensions, algorithms;
	char input[JA4_INPUT_MAX + 1], b[JA4_DIGEST + 1], c[JA4_DIGEST + 1];
	char alpn[3];
	size_t len, extension_count;

	ja4_numbers(&ciphers, hello->ciphers);
	ja4_numbers(&algorithms, hello->algorithms);
	extension_count = ja4_extensions(&extensions, hello->extensions);
	if (ciphers.overflow || algorithms.overflow || extensions.overflow)
		return false;

	ja4_sort(&ciphers);
	len = ja4_append(input, 0, &ciphers);
	ja4_digest(input, len, b);

	ja4_sort(&extensions);
	len = ja4_append(input, 0, &extensions);
	/* Without algorithms the mark is left out as well. */
	if (len > 0 && algorithms.count > 0) {
		input[len++] = '_';
		len = ja4_append(input, len, &algorithms);
	}
	ja4_digest(input, len, c);

	ja4_alpn(hello, alpn);
	snprintf(text, JA4_MAX, "%c%s%c%02u%02u%s_%s_%s", carrier,
	    ja4_version(hello->version), hello->server_name ? 'd' : 'i',
	    ja4_count(ciphers.count), ja4_count(extension_count), alpn, b, c);
	return true;
}
