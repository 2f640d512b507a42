/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telephone numbers as people and programs write them (ITU-T E.123, RFC 3966),
 * apart from money, dates and positions that look like them.
 */
#include "classifiers/identify.h"

/* Digits behind the only dot of a number; a degree has at most seven. */
#define EPP_MIN 8
/* Full numbers without "+" outside fields for numbers: shorter ones are ids. */
#define BARE_MIN 10

struct written {		/* a number as somebody wrote it */
	char digits[NUMBER_MAX + 3];
	size_t len;
	bool plus, bracket;
	unsigned dots, others;	/* separators */
	size_t run;		/* digits since the last separator */
	size_t groups, first;	/* groups of digits; digits in the first */
	char last;		/* the last byte */
};

/*
 * Bytes that a separator has, 0 when none stands here: blanks, the marks of
 * ITU-T E.123, and their non-ASCII relatives in UTF-8 (no-break and narrow
 * spaces, hyphens U+2010..2015, the marks around a direction change).
 */
size_t
number_separator(const char *text, size_t len)
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
	number->groups += number->run++ == 0;
	number->first += number->groups == 1;
	number->last = digit;
	return true;
}

static void
written_separator(struct written *number, char c)
{
	if (c == '.')
		number->dots++;
	else if (c == '-' || c == '/')
		number->others++;
	number->bracket |= c == '(';
	number->run = 0;
	number->last = c;
}

/* Digits behind a pause that are another number; fewer are dialled after it. */
#define NEXT_MIN 9

/* Behind a comma or semicolon: is it a pause and what is dialled then, or a list? */
static bool
extension_pause(const char *text, size_t len)
{
	size_t digits = 0;

	for (size_t at = 0; at < len; at++) {
		if (text[at] == '+')
			return false;
		/* A conference's code ends so. */
		if (text[at] == '#' || text[at] == '*')
			return true;
		digits += is_digit(text[at]);
	}
	return digits < NEXT_MIN;
}

/* An extension ends the number: ";ext=5" (RFC 3966), "x5", "ext. 5", "p", ",". */
static bool
extension(const char *text, size_t len)
{
	size_t at = 0;

	if (text[0] == ';' || text[0] == ',')
		return extension_pause(text, len);
	if (text[0] == 'p' || text[0] == '#')
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
		} else if ((step = number_separator(text + at, len - at)) > 0) {
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
	const char *mark;
	size_t before = 0;

	if (!number->bracket)
		return;
	mark = memmem(text, len, "(0)", 3);
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
	    number->run >= EPP_MIN);
}

/*
 * A position by ISO 6709: degrees and minutes (and seconds) of latitude, then
 * of longitude, which begins with 0 or 1; and a solidus ends it.
 */
static bool
written_position(const struct written *number)
{
	size_t second = number->len - number->first;

	if (number->last == '/' || number->last == '-')
		return true;
	return number->groups == 2 && number->others == 1 && number->dots == 0 &&
	    ((number->first == 4 && second == 5) ||
	    (number->first == 6 && second == 7)) &&
	    number->digits[number->first] <= '1';
}

/* ---- digits, eight at a time ------------------------------------------------- */

/* What eight digits less '0' stand for; the first is the lowest byte. */
static uint64_t
eight_value(uint64_t word)
{
	word = word * 10 + (word >> 8);
	return ((word & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x000f424000000064) +
	    (word >> 16 & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x0000271000000001))
	    >> 32;
}

/* The value of digits, at most 19 of them. */
static uint64_t
digits_value(const char *digits, size_t len)
{
	static const uint32_t tens[] = { 1, 10, 100, 1000, 10000, 100000, 1000000,
	    10000000, 100000000 };
	uint64_t value = 0, word;

	if (len < 8 || len > 16) {
		for (size_t i = 0; i < len; i++)
			value = value * 10 + (uint64_t)(digits[i] - '0');
		return value;
	}
	value = eight_value(eight_get(digits) - EIGHT_EACH * '0');
	if (len == 8)
		return value;
	/* Of the last eight, those are left out that the first eight had. */
	word = eight_get(digits + len - 8) - EIGHT_EACH * '0';
	word = word >> (16 - len) * 8 << (16 - len) * 8;
	return value * tens[len - 8] + eight_value(word);
}

int
number_mark(const char *digits, size_t len, bool national, uint64_t *mark)
{
	uint64_t value = digits_value(digits, len);

	/* National numbers of no known country live apart from E.164's. */
	if (national)
		value |= (uint64_t)1 << 62 | (uint64_t)len << 56;
	*mark = tally_mark_word(KIND_PHONE, value);
	return KIND_PHONE;
}

/* A number without "+": what it may be depends on where it stands. */
static int
number_bare(const char *digits, size_t len, bool signs, enum hint hint,
    const char *region, uint64_t *mark)
{
	char full[NUMBER_MAX];
	size_t n;

	if (hint == HINT_NONE || hint == HINT_EMAIL)
		return -1;
	/* 00 is the prefix for "abroad" that ITU-T E.164 recommends. */
	if (len > 2 && digits[0] == '0' && digits[1] == '0' && digits[2] != '0')
		return numbering_plausible(digits + 2, len - 2) ?
		    number_mark(digits + 2, len - 2, false, mark) : -1;
	if (hint != HINT_PHONE)
		return len >= BARE_MIN && !signs &&
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

/* Anything that is a bit more than digits; bare: the hint where no "+" is there. */
static int
number_written(const char *text, size_t len, enum hint hint, enum hint bare,
    const char *region, uint64_t *mark)
{
	struct written number;
	int kind = -1;

	if (!written_read(&number, text, len))
		return -1;
	written_trunk(&number, text, len);
	if (!number.plus)
		kind = number_bare(number.digits, number.len,
		    number.others + number.dots > 0, bare, region, mark);
	else if (numbering_plausible(number.digits, number.len) &&
	    (hint == HINT_PHONE || !(written_decimal(&number, text, len) ||
	    written_position(&number))))
		kind = number_mark(number.digits, number.len, false, mark);
	else if (hint == HINT_PHONE && number.len >= NATIONAL_MIN &&
	    number.len <= NUMBER_MAX)
		kind = number_mark(number.digits, number.len, true, mark);
	explicit_bzero(&number, sizeof(number));
	return kind;
}

int
identify_plain(const char *text, size_t len, enum hint hint, const char *region,
    uint64_t *mark)
{
	if (text[0] != '+')
		return number_bare(text, len, false, hint, region, mark);
	if (numbering_plausible(text + 1, len - 1))
		return number_mark(text + 1, len - 1, false, mark);
	return hint == HINT_PHONE ? number_mark(text + 1, len - 1, true, mark) : -1;
}

int
identify_number(const char *text, size_t len, enum hint hint, const char *region,
    uint64_t *mark)
{
	enum hint bare = text_strip(&text, &len, "tel:") ? HINT_PHONE : hint;

	if (number_is_plain(text, len))
		return identify_plain(text, len, text[0] == '+' ? hint : bare,
		    region, mark);
	return number_written(text, len, hint, bare, region, mark);
}
