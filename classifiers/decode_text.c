/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decoders of text: UTF-16 (RFC 2781), as spreadsheets export, the transfer
 * encodings of MIME parts (RFC 2045 sections 6.7 and 6.8), and percent-encoding
 * (RFC 3986 section 2.1) of a whole body.
 */
#include "classifiers/body.h"

#include <stdlib.h>
#include <string.h>

#include "core/digits.h"

#define PIECE 256
/* Bytes that must alternate with zeros where no mark says UTF-16. */
#define WIDE_SAMPLE 64

/* Bytes on their way out, gathered to a piece worth a call. */
struct gather {
	layer_out *out;
	void *to;
	size_t len;
	char bytes[PIECE];
};

/* False: nobody wants more. */
static bool
gather_put(struct gather *gather, char byte)
{
	gather->bytes[gather->len++] = byte;
	if (gather->len < sizeof(gather->bytes))
		return true;
	gather->len = 0;
	return gather->out(gather->to, gather->bytes, sizeof(gather->bytes));
}

/* What is left goes; nothing stays on the stack. */
static int
gather_end(struct gather *gather)
{
	gather->out(gather->to, gather->bytes, gather->len);
	explicit_bzero(gather->bytes, sizeof(gather->bytes));
	return -1;
}

static int
text_end(void *state, layer_out *out, void *to)
{
	(void)out;
	(void)to;
	free(state);
	return -1;
}

/* ---- UTF-16 (RFC 2781), as spreadsheets export --------------------------------- */

struct wide { bool big, begun, half; uint8_t first; };

static void *
wide_start(void)
{
	return calloc(1, sizeof(struct wide));
}

static void *
wide_start_bare(bool big)
{
	struct wide *wide = wide_start();

	if (wide != NULL)
		*wide = (struct wide){ .big = big, .begun = true };
	return wide;
}

static void *
wide_start_little(void)
{
	return wide_start_bare(false);
}

static void *
wide_start_big(void)
{
	return wide_start_bare(true);
}

/* Characters beyond ASCII become one byte that no identifier has; U+00A0 a blank. */
static char
wide_fold(unsigned unit)
{
	if (unit < 0x80)
		return (char)unit;
	return unit == 0xa0 || unit == 0x202f ? ' ' : (char)0xbf;
}

static int
wide_feed(void *state, const uint8_t *data, size_t len, layer_out *out, void *to)
{
	struct wide *wide = state;
	struct gather gather = { .out = out, .to = to };

	for (size_t i = 0; i < len; i++) {
		unsigned unit;

		wide->half = !wide->half;
		if (wide->half) {
			wide->first = data[i];
			continue;
		}
		unit = wide->big ? (unsigned)wide->first << 8 | data[i] :
		    (unsigned)data[i] << 8 | wide->first;
		if (!wide->begun) {
			wide->begun = true;
			wide->big = unit == 0xfffe;
			continue;
		}
		if (!gather_put(&gather, wide_fold(unit)))
			break;
	}
	return gather_end(&gather);
}

static bool
wide_sniff(const uint8_t *data, size_t len)
{
	return len >= 4 && ((data[0] == 0xff && data[1] == 0xfe && data[2] != 0) ||
	    (data[0] == 0xfe && data[1] == 0xff && data[3] != 0));
}

/*
 * Without a mark it is clear only where each character is one of Latin-1's: the
 * other byte of the first ones is zero.
 */
static bool
wide_bare(const uint8_t *data, size_t len, size_t zero)
{
	if (len < WIDE_SAMPLE || data[zero] != 0)
		return false;
	for (size_t i = 0; i < WIDE_SAMPLE; i += 2) {
		uint8_t c = data[i + 1 - zero];

		if (data[i + zero] != 0 || c == 0x7f || (c < ' ' && c != '\t' &&
		    c != '\r' && c != '\n') || (c >= 0x80 && c < 0xa0))
			return false;
	}
	return true;
}

static bool
wide_sniff_little(const uint8_t *data, size_t len)
{
	return wide_bare(data, len, 1);
}

static bool
wide_sniff_big(const uint8_t *data, size_t len)
{
	return wide_bare(data, len, 0);
}

const struct decoder_row decoder_wide[3] = {
	{ "", wide_sniff, wide_start, wide_feed, text_end },
	{ "", wide_sniff_little, wide_start_little, wide_feed, text_end },
	{ "", wide_sniff_big, wide_start_big, wide_feed, text_end },
};

/* ---- base64 ---------------------------------------------------------------------- */

struct sextets { uint32_t bits; unsigned count; };

static void *
base64_start(void)
{
	return calloc(1, sizeof(struct sextets));
}

/* Anything else than the alphabet is skipped, line ends above all. */
static int
base64_feed(void *state, const uint8_t *data, size_t len, layer_out *out, void *to)
{
	struct sextets *sextets = state;
	struct gather gather = { .out = out, .to = to };

	for (size_t i = 0; i < len; i++) {
		int value = base64_digit(data[i]);

		if (value < 0)
			continue;
		sextets->bits = sextets->bits << 6 | (uint32_t)value;
		if (++sextets->count % 4 == 1)
			continue;
		if (!gather_put(&gather, (char)(sextets->bits >>
		    (6 - 2 * ((sextets->count - 1) % 4)))))
			break;
	}
	return gather_end(&gather);
}

/* ---- quoted-printable ------------------------------------------------------------- */

struct quoted { unsigned held; uint8_t high; };

static void *
quoted_start(void)
{
	return calloc(1, sizeof(struct quoted));
}

/* True when *c is a byte of the text; false while an escape is open. */
static bool
quoted_byte(struct quoted *quoted, uint8_t *c)
{
	int value = hex_digit(*c);

	if (quoted->held == 0) {
		quoted->held = *c == '=';
		return *c != '=';
	}
	/* "=" CRLF is a soft line break: nothing is left of it. */
	if (*c == '\r' && quoted->held == 1)
		return false;
	if (value < 0) {
		quoted->held = 0;
		return *c != '\n';
	}
	if (quoted->held++ == 1) {
		quoted->high = (uint8_t)value;
		return false;
	}
	*c = (uint8_t)(quoted->high << 4 | value);
	quoted->held = 0;
	return true;
}

static int
quoted_feed(void *state, const uint8_t *data, size_t len, layer_out *out, void *to)
{
	struct gather gather = { .out = out, .to = to };

	for (size_t i = 0; i < len; i++) {
		uint8_t c = data[i];

		if (!quoted_byte(state, &c))
			continue;
		if (!gather_put(&gather, (char)c))
			break;
	}
	return gather_end(&gather);
}

/* ---- percent-encoding ------------------------------------------------------------- */

static void *
percent_start(void)
{
	return calloc(1, sizeof(struct quoted));
}

/* Anything else than two digits behind "%" is left out. */
static bool
percent_byte(struct quoted *quoted, uint8_t *c)
{
	int value = hex_digit(*c);

	if (quoted->held == 0) {
		quoted->held = *c == '%';
		return *c != '%';
	}
	if (value < 0) {
		quoted->held = 0;
		return true;
	}
	if (quoted->held++ == 1) {
		quoted->high = (uint8_t)value;
		return false;
	}
	*c = (uint8_t)(quoted->high << 4 | value);
	quoted->held = 0;
	return true;
}

static int
percent_feed(void *state, const uint8_t *data, size_t len, layer_out *out, void *to)
{
	struct gather gather = { .out = out, .to = to };

	for (size_t i = 0; i < len; i++) {
		uint8_t c = data[i];

		if (!percent_byte(state, &c))
			continue;
		if (!gather_put(&gather, (char)c))
			break;
	}
	return gather_end(&gather);
}

/* Text in these encodings shows no magic: decode_trial.c tells. */
static bool
never_sniff(const uint8_t *data, size_t len)
{
	(void)data;
	(void)len;
	return false;
}

const struct decoder_row decoder_base64 = {
	"base64", never_sniff, base64_start, base64_feed, text_end
};

const struct decoder_row decoder_quoted = {
	"quoted-printable", never_sniff, quoted_start, quoted_feed, text_end
};

/* No coding of that name is known to HTTP or MIME. */
const struct decoder_row decoder_percent = {
	"", never_sniff, percent_start, percent_feed, text_end
};
