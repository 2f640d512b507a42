/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recognises a telephone number, a mail address or a digest of one in a short
 * text. What is recognised becomes a keyed mark at once; no text is kept.
 */
#include "classifiers/identify.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define EMAIL_MAX 254		/* RFC 5321 section 4.5.3.1.3, without the brackets */
#define LOCAL_MAX 64		/* RFC 5321 section 4.5.3.1.1 */
#define LABEL_MAX 63		/* RFC 1035 section 2.3.4 */

/* Digits, letters a-f, other letters; then signs. */
#define DIGIT (C_DIGIT | C_LOCAL | C_HOST | C_HEX | C_BASE64)
#define HEX (C_LOCAL | C_HOST | C_HEX | C_BASE64 | C_ALPHA)
#define ALPHA (C_LOCAL | C_HOST | C_BASE64 | C_ALPHA)

const uint8_t identify_classes[256] = {
	['0'] = DIGIT, ['1'] = DIGIT, ['2'] = DIGIT, ['3'] = DIGIT, ['4'] = DIGIT,
	['5'] = DIGIT, ['6'] = DIGIT, ['7'] = DIGIT, ['8'] = DIGIT, ['9'] = DIGIT,
	['a'] = HEX, ['b'] = HEX, ['c'] = HEX, ['d'] = HEX, ['e'] = HEX,
	['f'] = HEX,
	['A'] = HEX, ['B'] = HEX, ['C'] = HEX, ['D'] = HEX, ['E'] = HEX,
	['F'] = HEX,
	['g'] = ALPHA, ['h'] = ALPHA, ['i'] = ALPHA, ['j'] = ALPHA, ['k'] = ALPHA,
	['l'] = ALPHA, ['m'] = ALPHA, ['n'] = ALPHA, ['o'] = ALPHA, ['p'] = ALPHA,
	['q'] = ALPHA, ['r'] = ALPHA, ['s'] = ALPHA, ['t'] = ALPHA, ['u'] = ALPHA,
	['v'] = ALPHA, ['w'] = ALPHA, ['x'] = ALPHA, ['y'] = ALPHA, ['z'] = ALPHA,
	['G'] = ALPHA, ['H'] = ALPHA, ['I'] = ALPHA, ['J'] = ALPHA, ['K'] = ALPHA,
	['L'] = ALPHA, ['M'] = ALPHA, ['N'] = ALPHA, ['O'] = ALPHA, ['P'] = ALPHA,
	['Q'] = ALPHA, ['R'] = ALPHA, ['S'] = ALPHA, ['T'] = ALPHA, ['U'] = ALPHA,
	['V'] = ALPHA, ['W'] = ALPHA, ['X'] = ALPHA, ['Y'] = ALPHA, ['Z'] = ALPHA,
	['-'] = C_LOCAL | C_HOST | C_BASE64, ['.'] = C_LOCAL | C_HOST,
	['_'] = C_LOCAL | C_BASE64, ['/'] = C_LOCAL | C_BASE64,
	['+'] = C_LOCAL | C_BASE64,
	['!'] = C_LOCAL, ['#'] = C_LOCAL, ['$'] = C_LOCAL, ['%'] = C_LOCAL,
	['&'] = C_LOCAL, ['\''] = C_LOCAL, ['*'] = C_LOCAL, ['='] = C_LOCAL,
	['?'] = C_LOCAL, ['^'] = C_LOCAL, ['`'] = C_LOCAL, ['{'] = C_LOCAL,
	['|'] = C_LOCAL, ['}'] = C_LOCAL, ['~'] = C_LOCAL,
};

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

/* "4915...@s.whatsapp.net": the number is the name. */
static int
identify_jid(const char *text, size_t len, uint64_t *mark)
{
	static const char *const hosts[] = { "@s.whatsapp.net", "@c.us" };
	size_t digits = 0, i;

	while (digits < len && is_digit(text[digits]))
		digits++;
	if (digits < NUMBER_MIN)
		return -1;
	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		if (text_ends(text, len, hosts[i]) && numbering_plausible(text, digits))
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

/* Where in a text of at most 64 bytes its characters are, the first lowest. */
struct places { uint64_t at, dot, dash, alnum, alpha; };

#ifdef __SSE2__
static inline uint64_t
places_equal(__m128i bytes, char c)
{
	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)));
}

/* Moves the range to the least signed values. */
static inline uint64_t
places_range(__m128i bytes, char first, char count)
{
	__m128i moved = _mm_sub_epi8(bytes, _mm_set1_epi8((char)(first - 0x80)));

	return (unsigned)_mm_movemask_epi8(_mm_cmplt_epi8(moved,
	    _mm_set1_epi8((char)(count - 0x80))));
}

static inline void
places_add(struct places *places, const char *text, size_t at)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(text + at));
	uint64_t high = (unsigned)_mm_movemask_epi8(bytes);
	uint64_t alpha = places_range(_mm_or_si128(bytes, _mm_set1_epi8(0x20)),
	    'a', 26) | high;

	places->at |= places_equal(bytes, '@') << at;
	places->dot |= places_equal(bytes, '.') << at;
	places->dash |= places_equal(bytes, '-') << at;
	places->alnum |= (alpha | places_range(bytes, '0', 10)) << at;
	places->alpha |= alpha << at;
}

/* Blocks of sixteen; the last one overlaps the one before. */
static inline bool
places_read(struct places *places, const char *text, size_t len)
{
	if (len < 16 || len > 64)
		return false;
	places_add(places, text, 0);
	for (size_t at = 16; at + 16 < len; at += 16)
		places_add(places, text, at);
	places_add(places, text, len - 16);
	return true;
}
#else
static inline bool
places_read(struct places *places, const char *text, size_t len)
{
	(void)places;
	(void)text;
	(void)len;
	return false;
}
#endif

/*
 * As local_valid() and domain_valid() for the commonest addresses: letters,
 * digits, dots and dashes. False: those two must say.
 */
static bool
email_plain(const char *text, size_t len)
{
	struct places is = { 0 };
	uint64_t local, domain, dots, last;
	unsigned at, dot;

	if (!places_read(&is, text, len) || is.at == 0 || (is.at & 1) || is.at >> 63)
		return false;
	at = (unsigned)__builtin_ctzll(is.at);
	local = ((uint64_t)1 << at) - 1;
	domain = (~(uint64_t)0 >> (64 - len)) & ~local & ~((uint64_t)1 << at);
	if (((local | domain) & ~(is.alnum | is.dot | is.dash)) != 0)
		return false;
	if ((is.dot & (1 | is.at >> 1)) != 0)
		return false;
	dots = is.dot & domain;
	if (dots == 0 || ((is.dot | is.dash) & (dots << 1 | is.at << 1)) != 0 ||
	    (is.dash << 1 & dots) != 0)
		return false;
	dot = 63 - (unsigned)__builtin_clzll(dots);
	last = domain & ~(((uint64_t)2 << dot) - 1);
	return len - dot > 2 && (last & ~is.alpha) == 0;
}

static bool
email_valid(const char *text, size_t len)
{
	const char *at;

	if (email_plain(text, len))
		return true;
	at = memrchr(text, '@', len);
	return at != NULL && local_valid(text, (size_t)(at - text)) &&
	    domain_valid(at + 1, len - (size_t)(at + 1 - text));
}

static int
identify_email(const char *text, size_t len, uint64_t *mark)
{
	text_strip(&text, &len, "mailto:");
	if (len < 6 || len > EMAIL_MAX || !email_valid(text, len))
		return -1;
	/* Ids of one messenger, not addresses. */
	if (is_digit(text[0]) && (text_ends(text, len, "@g.us") ||
	    text_ends(text, len, "@s.whatsapp.net")))
		return -1;
	*mark = tally_mark_lower(KIND_EMAIL, text, len);
	return KIND_EMAIL;
}

/* ---- together ------------------------------------------------------------------- */

/* Matrix: "49151... msisdn", "name@domain email" (identity service, lookup). */
static void
strip_medium(size_t *len, const char *text)
{
	char last = *len > 7 ? (char)(text[*len - 1] | 0x20) : '\0';

	if (last == 'n' && text_ends(text, *len, " msisdn"))
		*len -= 7;
	else if (last == 'l' && text_ends(text, *len, " email"))
		*len -= 6;
}

int
identify(const char *text, size_t len, enum hint hint, const char *region,
    uint64_t *mark)
{
	int kind;

	if (len > 0 && (is_blank(text[0]) || is_blank(text[len - 1])))
		trim(&text, &len);
	if (len < NATIONAL_MIN)
		return -1;
	if (number_is_plain(text, len))
		return identify_plain(text, len, hint, region, mark);
	if (!is_digit(text[0]) && email_plain(text, len)) {
		*mark = tally_mark_lower(KIND_EMAIL, text, len);
		return KIND_EMAIL;
	}
	if (hint != HINT_NONE && hint != HINT_EMAIL) {
		strip_medium(&len, text);
		kind = identify_digest(text, len, hint == HINT_LIST, mark);
		if (kind >= 0)
			return kind;
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
		    (step = number_separator(text + to, len - to)) > 0)
			to += step;
		else
			break;
	}
	if (last + 1 < len && (is_alpha(text[last + 1]) || text[last + 1] == '+' ||
	    text[last + 1] == '_'))
		return false;
	/* "+49...: Anna" is a number with a name, "+49:15" none. */
	if (last + 2 < len && text[last + 1] == ':' && text[last + 2] != ' ')
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
