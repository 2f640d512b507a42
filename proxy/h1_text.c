/* SPDX-License-Identifier: Apache-2.0 */
/* Letters, words, and where a head ends. */
#include <string.h>
#include <strings.h>

#include "proxy/h1_head.h"

/* Made from the grammars of RFC 9110 (token, field-value) and RFC 3986 (host). */
const uint8_t h1_letters[256] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	2, 7, 6, 7, 7, 15, 7, 7, 6, 6, 7, 7, 6, 15, 15, 6,
	15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 14, 6, 6, 6, 6, 6,
	6, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15,
	15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 14, 6, 14, 7, 15,
	7, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15,
	15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 6, 7, 6, 15, 0,
	6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6,
	6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6,
	6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6,
	6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6,
	6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6,
	6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6,
	6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6,
	6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6,
};

bool
h1_text_is(struct h1_text text, const char *word)
{
	return text.len == strlen(word) && strncasecmp(text.at, word, text.len) == 0;
}

static struct h1_text
text_trim(const char *at, size_t len)
{
	while (len > 0 && (*at == ' ' || *at == '\t')) {
		at++;
		len--;
	}
	while (len > 0 && (at[len - 1] == ' ' || at[len - 1] == '\t'))
		len--;
	return (struct h1_text){ at, len };
}

bool
h1_text_has(struct h1_text list, const char *word)
{
	while (list.len > 0) {
		const char *comma = memchr(list.at, ',', list.len);
		size_t n = comma ? (size_t)(comma - list.at) : list.len;

		if (h1_text_is(text_trim(list.at, n), word))
			return true;
		n += comma != NULL;
		list.at += n;
		list.len -= n;
	}
	return false;
}

/* ---- where a head ends ------------------------------------------------------- */

/* A line of so many bytes, without its end, is complete. */
static enum h1_found
scan_line(struct h1_scan *scan, size_t len)
{
	if (len > H1_LINE_MAX)
		return H1_BAD;
	if (len > 0)
		return ++scan->lines > H1_FIELDS_MAX + 1 ? H1_BAD : H1_MORE;
	if (scan->lines > 0)
		return H1_WHOLE;
	return ++scan->blanks > H1_BLANKS_MAX ? H1_BAD : H1_MORE;
}

enum h1_found
h1_scan(struct h1_scan *scan, const char *data, size_t len)
{
	while (scan->at < len) {
		const char *feed = memchr(data + scan->at, '\n', len - scan->at);
		size_t at = feed ? (size_t)(feed - data) : len;
		enum h1_found found;

		if (at >= H1_HEAD_MAX || at - scan->line > H1_LINE_MAX + 1)
			return H1_BAD;
		scan->at = (uint32_t)(feed ? at + 1 : at);
		if (feed == NULL)
			return H1_MORE;
		if (at == scan->line || feed[-1] != '\r')
			return H1_BAD;
		found = scan_line(scan, at - 1 - scan->line);
		scan->line = scan->at;
		if (found != H1_MORE)
			return found;
	}
	return H1_MORE;
}
