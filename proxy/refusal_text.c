/* SPDX-License-Identifier: Apache-2.0 */
/* Lists with weights, languages, and the three ways to write a strange name. */
#include "proxy/refusal_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

const char *const text_languages[TEXT_LANGUAGES] = { "en", "nl", "de", "pl" };

/* ---- lists ---------------------------------------------------------------------- */

static struct text_value
value_trim(struct text_value value)
{
	while (value.len > 0 && (*value.at == ' ' || *value.at == '\t')) {
		value.at++;
		value.len--;
	}
	while (value.len > 0 && (value.at[value.len - 1] == ' ' ||
	    value.at[value.len - 1] == '\t'))
		value.len--;
	return value;
}

/* "q=0.8" in thousandths; what is no weight weighs nothing less than all. */
static int
weight_read(struct text_value text)
{
	int weight, place = 100;

	if (text.len < 3 || (text.at[0] | 0x20) != 'q' || text.at[1] != '=')
		return 1000;
	if (text.at[2] != '0')
		return 1000;
	weight = 0;
	for (size_t i = 4; i < text.len && place > 0 && text.at[3] == '.'; i++, place /= 10) {
		if (text.at[i] < '0' || text.at[i] > '9')
			break;
		weight += (text.at[i] - '0') * place;
	}
	return weight;
}

static struct text_value
piece_take(const char **list, size_t *len, char separator)
{
	const char *end = memchr(*list, separator, *len);
	struct text_value piece = { *list, end ? (size_t)(end - *list) : *len };

	*list += piece.len + (end != NULL);
	*len -= piece.len + (end != NULL);
	return value_trim(piece);
}

int
text_weighed(const char **list, size_t *len, struct text_value *value)
{
	int weight = 1000;

	while (*len > 0) {
		struct text_value element = piece_take(list, len, ',');

		if (element.len == 0)
			continue;
		*value = piece_take(&element.at, &element.len, ';');
		while (element.len > 0) {
			struct text_value parameter =
			    piece_take(&element.at, &element.len, ';');

			if (parameter.len > 1 && (parameter.at[0] | 0x20) == 'q')
				weight = weight_read(parameter);
		}
		return weight;
	}
	return -1;
}

/* ---- languages -------------------------------------------------------------------- */

int
text_language(const char *code, size_t len)
{
	const char *region = memchr(code, '-', len);

	if (region != NULL)
		len = (size_t)(region - code);
	for (int i = 0; i < TEXT_LANGUAGES; i++)
		if (len == 2 && strncasecmp(code, text_languages[i], 2) == 0)
			return i;
	return -1;
}

int
text_language_of(const char *list, size_t len, int otherwise)
{
	struct text_value value;
	int best = otherwise, best_weight = 0, weight;

	while ((weight = text_weighed(&list, &len, &value)) >= 0) {
		int language = text_language(value.at, value.len);

		if (language >= 0 && weight > best_weight) {
			best = language;
			best_weight = weight;
		}
	}
	return best;
}

/* ---- strange names ------------------------------------------------------------------ */

/* Bytes of the UTF-8 letter at text, or 0: it is none (RFC 3629 section 4). */
static size_t
letter_len(const char *text)
{
	const uint8_t *at = (const uint8_t *)text;
	size_t len = at[0] < 0x80 ? 1 : at[0] >= 0xc2 && at[0] < 0xe0 ? 2 :
	    at[0] >= 0xe0 && at[0] < 0xf0 ? 3 : at[0] >= 0xf0 && at[0] < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < len; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
	    (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
		return 0;
	return len;
}

/* One letter that means nothing to the reader of the text; what is none becomes a sign for that. */
static size_t
letter_put(FILE *out, const char *text)
{
	size_t len = letter_len(text);

	if (len == 0) {
		fputs("\xef\xbf\xbd", out);
		return 1;
	}
	/* A control letter would be a new line, or worse: C1 ones stand in two bytes. */
	if ((uint8_t)text[0] < 0x20 || text[0] == 0x7f ||
	    ((uint8_t)text[0] == 0xc2 && (uint8_t)text[1] < 0xa0))
		fputc(' ', out);
	else
		fwrite(text, 1, len, out);
	return len;
}

void
text_html(FILE *out, const char *text)
{
	static const char *const entities[128] = {
		['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;",
		['\''] = "&#39;"
	};

	while (*text != '\0') {
		uint8_t c = (uint8_t)*text;

		if (c < 128 && entities[c] != NULL) {
			fputs(entities[c], out);
			text++;
		} else {
			text += letter_put(out, text);
		}
	}
}

void
text_json(FILE *out, const char *text)
{
	fputc('"', out);
	while (*text != '\0') {
		uint8_t c = (uint8_t)*text;

		/* '<' too: such a text may be shown in a page by who reads it. */
		if (c == '"' || c == '\\' || c == '<' || c < 0x20) {
			fprintf(out, "\\u%04x", c);
			text++;
		} else {
			text += letter_put(out, text);
		}
	}
	fputc('"', out);
}

void
text_plain(FILE *out, const char *text)
{
	while (*text != '\0')
		text += letter_put(out, text);
}
