/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recognises a telephone number, a mail address or a digest of one in a short
 * text. What is recognised becomes a keyed mark at once; no text is kept.
 */
#include "classifiers/body.h"

#include <string.h>
#include <strings.h>

#define EMAIL_MAX 254		/* RFC 5321 section 4.5.3.1.3, without the brackets */
#define LOCAL_MAX 64		/* RFC 5321 section 4.5.3.1.1 */
#define LABEL_MAX 63		/* RFC 1035 section 2.3.4 */

/* National numbers in a field for numbers: short codes are nobody's. */
#define NATIONAL_MIN 4
/* Full numbers without "+" outside fields for numbers: shorter ones are ids. */
#define BARE_MIN 10

enum { C_DIGIT = 1, C_LOCAL = 2, C_HOST = 4, C_HEX = 8, C_BASE64 = 16 };

/* Character classes: RFC 5322 atext plus dot for C_LOCAL; RFC 1123 for C_HOST. */
static unsigned
class_of(char c)
{
	if (c >= '0' && c <= '9')
		return C_DIGIT | C_LOCAL | C_HOST | C_HEX | C_BASE64;
	if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
		return C_LOCAL | C_HOST | C_HEX | C_BASE64;
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return C_LOCAL | C_HOST | C_BASE64;
	switch (c) {
	case '-':
		return C_LOCAL | C_HOST | C_BASE64;
	case '.':
		return C_LOCAL | C_HOST;
	case '_': case '/': case '+':
		return C_LOCAL | C_BASE64;
	case '!': case '#': case '$': case '%': case '&': case '\'': case '*':
	case '=': case '?': case '^': case '`': case '{': case '|': case '}':
	case '~':
		return C_LOCAL;
	}
	return 0;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void
trim(const char **text, size_t *len)
{
	while (*len > 0 && is_blank(**text)) {
		(*text)++;
		(*len)--;
	}
	while (*len > 0 && is_blank((*text)[*len - 1]))
		(*len)--;
}

static bool
strip(const char **text, size_t *len, const char *prefix)
{
	size_t n = strlen(prefix);

	if (*len < n || strncasecmp(*text, prefix, n) != 0)
		return false;
	*text += n;
	*len -= n;
	return true;
}

static bool
ends(const char *text, size_t len, const char *suffix)
{
	size_t n = strlen(suffix);

	return len > n && strncasecmp(text + len - n, suffix, n) == 0;
}

/* ---- numbers -------------------------------------------------------------- */

struct written {		/* a number as somebody wrote it */
	char digits[NUMBER_MAX + 3];
	size_t len;
	bool plus;
	unsigned dots, others;	/* separators */
	size_t after_dot, run;	/* digits behind the last dot; since a separator */
};

/*
 * Bytes that a separator has, 0 when none stands here: blanks, the marks of
 * ITU-T E.123, and their non-ASCII relatives in UTF-8 (no-break and narrow
 * spaces, hyphens U+2010..2015, the marks around a direction change).
 */
static size_t
separator(const char *text, size_t len)
{
	const uint8_t *p = (const uint8_t *)text;

	if (p[0] == ' ' || p[0] == '-' || p[0] == '.' || p[0] == '/' ||
	    p[0] == '(' || p[0] == ')')
		return 1;
	if (len >= 2 && p[0] == 0xc2 && (p[1] == 0xa0 || p[1] == 0xad))
		return 2;
	if (p[0] == 0xa0)
		return 1;
	if (len >= 3 && p[0] == 0xe2 && p[1] == 0x80 && p[2] >= 0x87 && p[2] <= 0xaf)
		return 3;
	return 0;
}

static bool
written_digit(struct written *number, char digit)
{
	if (number->len == sizeof(number->digits))
		return false;
	number->digits[number->len++] = digit;
	number->run++;
	return true;
}

static void
written_separator(struct written *number, char c)
{
	if (c == '.')
		number->dots++;
	else if (c == '-' || c == '/')
		number->others++;
	number->run = 0;
}

/* An extension ends the number: ";ext=5" (RFC 3966), "x5", "ext. 5", "p", ",". */
static bool
extension(const char *text, size_t len)
{
	size_t at = 0;

	if (text[0] == ';' || text[0] == ',' || text[0] == 'p' || text[0] == '#')
		return true;
	if (strncasecmp(text, "ext", len < 3 ? len : 3) == 0 && len >= 3)
		return true;
	if (text[at] != 'x' && text[at] != 'X')
		return false;
	while (++at < len)
		if (!is_digit(text[at]) && !is_blank(text[at]))
			return false;
	return len > 1;
}

static bool
written_read(struct written *number, const char *text, size_t len)
{
	size_t at = 0, step;

	memset(number, 0, sizeof(*number));
	while (at < len && (text[at] == '(' || is_blank(text[at])))
		at++;
	if (at < len && text[at] == '+') {
		number->plus = true;
		at++;
	}
	while (at < len) {
		if (is_digit(text[at])) {
			if (!written_digit(number, text[at++]))
				return false;
		} else if ((step = separator(text + at, len - at)) > 0) {
			written_separator(number, text[at]);
			at += step;
		} else {
			if (number->len < NATIONAL_MIN ||
			    !extension(text + at, len - at))
				return false;
			break;
		}
	}
	return number->len > 0;
}

/*
 * "(0)" after a country code is a trunk prefix that is not dialled from
 * abroad (E.123 section 6 forbids it, people write it).
 */
static void
written_trunk(struct written *number, const char *text, size_t len)
{
	const char *mark = memmem(text, len, "(0)", 3);
	size_t before = 0;

	if (mark == NULL || mark == text)
		return;
	for (const char *p = text; p < mark; p++)
		before += is_digit(*p);
	if (before == 0 || before >= number->len)
		return;
	memmove(number->digits + before, number->digits + before + 1,
	    number->len - before - 1);
	number->len--;
}

/*
 * One dot among digits is a decimal point, of money or of a coordinate,
 * except in EPP's form "+49.15123456789" (RFC 5733 section 2.5).
 */
static bool
written_decimal(const struct written *number, const char *text, size_t len)
{
	const char *dot;

	if (number->dots == 0)
		return false;
	if (number->dots > 1)
		return number->others > 0;
	dot = memchr(text, '.', len);
	return !(number->plus && number->others == 0 && dot - text <= 4 &&
	    number->run >= 6);
}

static int
number_mark(const char *digits, size_t len, bool national, uint64_t *mark)
{
	uint64_t value = 0;

	for (size_t i = 0; i < len; i++)
		value = value * 10 + (uint64_t)(digits[i] - '0');
	/* National numbers of no known country live apart from E.164's. */
	if (national)
		value |= (uint64_t)1 << 62 | (uint64_t)len << 56;
	*mark = tally_mark(KIND_PHONE, &value, sizeof(value));
	explicit_bzero(&value, sizeof(value));
	return KIND_PHONE;
}

/* A number without "+": what it may be depends on where it stands. */
static int
number_bare(const struct written *number, enum hint hint, const char *region,
    uint64_t *mark)
{
	const char *digits = number->digits;
	char full[NUMBER_MAX];
	size_t len = number->len, n;

	if (hint == HINT_NONE || hint == HINT_EMAIL)
		return -1;
	/* 00 is the prefix for "abroad" that ITU-T E.164 recommends. */
	if (len > 2 && digits[0] == '0' && digits[1] == '0' && digits[2] != '0')
		return numbering_plausible(digits + 2, len - 2) ?
		    number_mark(digits + 2, len - 2, false, mark) : -1;
	if (hint != HINT_PHONE)
		return len >= BARE_MIN && number->others + number->dots == 0 &&
		    numbering_plausible(digits, len) ?
		    number_mark(digits, len, false, mark) : -1;
	n = numbering_international(digits, len, region, full);
	if (n > 0)
		return number_mark(full, n, false, mark);
	if (len >= BARE_MIN && digits[0] != '0' && numbering_plausible(digits, len))
		return number_mark(digits, len, false, mark);
	return len >= NATIONAL_MIN && len <= NUMBER_MAX ?
	    number_mark(digits, len, true, mark) : -1;
}

static int
identify_number(const char *text, size_t len, enum hint hint, const char *region,
    uint64_t *mark)
{
	struct written number;
	bool tel = strip(&text, &len, "tel:");
	int kind = -1;

	if (!written_read(&number, text, len))
		return -1;
	written_trunk(&number, text, len);
	if (number.plus) {
		if (numbering_plausible(number.digits, number.len) &&
		    (hint == HINT_PHONE || !written_decimal(&number, text, len)))
			kind = number_mark(number.digits, number.len, false, mark);
		else if (hint == HINT_PHONE && number.len >= NATIONAL_MIN &&
		    number.len <= NUMBER_MAX)
			kind = number_mark(number.digits, number.len, true, mark);
	} else {
		kind = number_bare(&number, tel ? HINT_PHONE : hint, region, mark);
	}
	explicit_bzero(&number, sizeof(number));
	return kind;
}

/* "4915...@s.whatsapp.net": the number is the name. */
static int
identify_jid(const char *text, size_t len, uint64_t *mark)
{
	static const char *const hosts[] = { "@s.whatsapp.net", "@c.us" };
	size_t digits = 0, i;

	while (digits < len && is_digit(text[digits]))
		digits++;
	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		if (ends(text, len, hosts[i]) && numbering_plausible(text, digits))
			return number_mark(text, digits, false, mark);
	return -1;
}

/* ---- mail addresses --------------------------------------------------------- */

static bool
domain_valid(const char *text, size_t len)
{
	size_t label = 0, labels = 1;
	bool alpha = true;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '.') {
			if (label == 0 || text[i - 1] == '-')
				return false;
			labels++;
			label = 0;
			alpha = true;
			continue;
		}
		if (!(class_of(text[i]) & C_HOST) && (uint8_t)text[i] < 0x80)
			return false;
		if ((label == 0 && text[i] == '-') || ++label > LABEL_MAX)
			return false;
		alpha &= is_alpha(text[i]) || (uint8_t)text[i] >= 0x80;
	}
	/* The top domain has letters only, or is an A-label (RFC 5890). */
	return labels >= 2 && label >= 2 &&
	    (alpha || memmem(text, len, ".xn--", 5) != NULL);
}

static bool
local_valid(const char *text, size_t len)
{
	if (len == 0 || len > LOCAL_MAX || text[0] == '.' || text[len - 1] == '.')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!(class_of(text[i]) & C_LOCAL) && (uint8_t)text[i] < 0x80)
			return false;
	return true;
}

static int
identify_email(const char *text, size_t len, uint64_t *mark)
{
	char lower[EMAIL_MAX];
	const char *at;
	size_t i;

	strip(&text, &len, "mailto:");
	if (len < 6 || len > EMAIL_MAX || (at = memrchr(text, '@', len)) == NULL)
		return -1;
	if (!local_valid(text, (size_t)(at - text)) ||
	    !domain_valid(at + 1, len - (size_t)(at + 1 - text)))
		return -1;
	if (ends(text, len, "@lid") || ends(text, len, "@g.us") ||
	    ends(text, len, "@s.whatsapp.net"))
		return -1;
	for (i = 0; i < len; i++)
		lower[i] = text[i] >= 'A' && text[i] <= 'Z' ?
		    (char)(text[i] | 0x20) : text[i];
	*mark = tally_mark(KIND_EMAIL, lower, len);
	explicit_bzero(lower, sizeof(lower));
	return KIND_EMAIL;
}

/* ---- digests ------------------------------------------------------------------ */

/* Random base64 of 32 bytes has all three kinds of characters, words do not. */
static bool
is_mixed(const char *text, size_t len)
{
	bool upper = false, lower = false, digit = false;

	for (size_t i = 0; i < len; i++) {
		upper |= text[i] >= 'A' && text[i] <= 'Z';
		lower |= text[i] >= 'a' && text[i] <= 'z';
		digit |= is_digit(text[i]);
	}
	return upper && lower && digit;
}

static bool
all_of(const char *text, size_t len, unsigned class)
{
	for (size_t i = 0; i < len; i++)
		if (!(class_of(text[i]) & class))
			return false;
	return true;
}

bool
identify_is_hash(const char *text, size_t len)
{
	if (len == 32 || len == 40 || len == 64)
		return all_of(text, len, C_HEX);
	if (len == 44 && text[43] == '=')
		return all_of(text, 43, C_BASE64) && is_mixed(text, 43);
	return len == 43 && all_of(text, len, C_BASE64) && is_mixed(text, len);
}

/* ---- together ------------------------------------------------------------------- */

/* Matrix: "49151... msisdn", "name@domain email" (identity service, lookup). */
static void
strip_medium(size_t *len, const char *text)
{
	if (ends(text, *len, " msisdn"))
		*len -= 7;
	else if (ends(text, *len, " email"))
		*len -= 6;
}

int
identify(const char *text, size_t len, enum hint hint, const char *region,
    uint64_t *mark)
{
	int kind;

	trim(&text, &len);
	if (len < NATIONAL_MIN)
		return -1;
	if (hint == HINT_BOOK || hint == HINT_PHONE || hint == HINT_NUMBER) {
		strip_medium(&len, text);
		if (identify_is_hash(text, len)) {
			*mark = tally_mark(KIND_HASH, text, len);
			return KIND_HASH;
		}
	}
	if (memchr(text, '@', len) == NULL)
		return identify_number(text, len, hint, region, mark);
	kind = identify_jid(text, len, mark);
	return kind >= 0 ? kind : identify_email(text, len, mark);
}

static bool
span_email(const char *text, size_t len, size_t at, struct span *span)
{
	size_t from = at, to = at + 1;

	while (from > 0 && (class_of(text[from - 1]) & C_LOCAL) &&
	    text[from - 1] != '\'' && text[from - 1] != '=')
		from--;
	while (to < len && (class_of(text[to]) & C_HOST))
		to++;
	while (to > at + 1 && (text[to - 1] == '.' || text[to - 1] == '-'))
		to--;
	*span = (struct span){ from, to - from };
	return from < at && to > at + 1;
}

/* A "+" that follows a letter, a digit or a sign is no prefix. */
static bool
span_number(const char *text, size_t len, size_t at, struct span *span)
{
	size_t to = at + 1, step, last = at;

	if (at > 0 && ((class_of(text[at - 1]) & (C_HOST | C_BASE64)) ||
	    text[at - 1] == '=' ))
		return false;
	while (to < len) {
		if (is_digit(text[to]))
			last = to++;
		else if (to - last <= 2 &&
		    (step = separator(text + to, len - to)) > 0)
			to += step;
		else
			break;
	}
	if (last + 1 < len && (is_alpha(text[last + 1]) || text[last + 1] == '+' ||
	    text[last + 1] == ':' || text[last + 1] == '_'))
		return false;
	*span = (struct span){ at, last + 1 - at };
	return last > at + NUMBER_MIN - 1;
}

bool
identify_next(const char *text, size_t len, size_t from, struct span *span)
{
	for (size_t at = from; at < len; at++) {
		if (text[at] == '@' && span_email(text, len, at, span) &&
		    span->at >= from)
			return true;
		if (text[at] == '+' && span_number(text, len, at, span))
			return true;
	}
	return false;
}
