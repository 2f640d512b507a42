/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Codings that have no magic number, found by trying: bare deflate (RFC 1951),
 * brotli (RFC 7932), base64 (RFC 4648), percent-encoding (RFC 3986) and
 * quoted-printable (RFC 2045) of a whole body. A first piece that
 * decodes to longer text without a fault is taken for coded; bytes of anything
 * else fail within a few symbols. Also told here: a coding that was named and
 * is not there, for servers that do not look at Content-Encoding read the body
 * as it is.
 */
#include "classifiers/body.h"

#include <string.h>

#include "core/digits.h"

/* Text that has to come out before a trial counts. */
#define TRIAL_LEAST 64
/* What is kept of it, to see whether it is text. */
#define TRIAL_MAX 512

/* Behind a head of so many bytes, plain text is no coded text: brotli and deflate
 * have blocks that are stored as they are, and would let it through. */
#define HEAD_MAX 16
/* Escapes that percent-encoded text has at its beginning, at the least. */
#define ESCAPES_MIN 4
/* Longest line of quoted-printable (RFC 2045 section 6.7, rule 5). */
#define QUOTED_LINE_MAX 76
/* Signs of it that are no chance. */
#define QUOTED_SIGNS 2

struct trial {
	uint8_t text[TRIAL_MAX];
	size_t len;		/* bytes in text */
	size_t all;		/* bytes that came out */
};

static bool
trial_take(void *to, const char *data, size_t len)
{
	struct trial *trial = to;
	size_t room = sizeof(trial->text) - trial->len;

	memcpy(trial->text + trial->len, data, len < room ? len : room);
	trial->len += len < room ? len : room;
	trial->all += len;
	return true;
}

/* Returns why the decoder gave up, or -1. The end is looked at of a whole body. */
static int
trial_run(struct trial *trial, const struct decoder_row *row, const uint8_t *data,
    size_t len, bool whole)
{
	void *state = row->start();
	int why, end;

	trial->len = trial->all = 0;
	if (state == NULL)
		return UNSCANNED_LIMIT;
	why = row->feed(state, data, len, trial_take, trial);
	end = row->end(state, trial_take, trial);
	return why >= 0 || !whole ? why : end;
}

static bool
is_control(uint8_t c)
{
	return c < ' ' && c != '\t' && c != '\r' && c != '\n';
}

static size_t
controls(const uint8_t *data, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += is_control(data[i]);
	return n;
}

/* Nine bytes in ten are ASCII, none is a control. */
static bool
reads_as_text(const uint8_t *data, size_t len)
{
	size_t high = 0;

	for (size_t i = 0; i < len; i++)
		high += data[i] >= 0x7f;
	return len >= TRIAL_LEAST && controls(data, len) == 0 && high * 10 <= len;
}

/* Formats of bytes that begin like nothing else: an archive, ActiveSync's. */
static bool
reads_as_magic(const uint8_t *data, size_t len)
{
	return len > TRIAL_LEAST && (memcmp(data, "PK\3\4", 4) == 0 ||
	    memcmp(data, "\3\1\x6a\0", 4) == 0);
}

static bool
unpacks(const struct decoder_row *row, const uint8_t *data, size_t len, bool whole)
{
	struct trial trial;
	bool yes = trial_run(&trial, row, data, len, whole) < 0 &&
	    (reads_as_text(trial.text, trial.len) ||
	    reads_as_magic(trial.text, trial.len));

	explicit_bzero(&trial, sizeof(trial));
	return yes;
}

/*
 * One line, or lines of one length that fours of characters fill, the last aside;
 * "=" only at the end. Not of hexadecimal digits alone: those are digests.
 */
static bool
is_base64_text(const uint8_t *data, size_t len)
{
	size_t line = 0, first = 0, before = 0;
	bool more = false, padded = false;

	for (size_t i = 0; i < len; i++) {
		if (data[i] == '\r')
			continue;
		if (data[i] == '\n') {
			first = first == 0 ? line : first;
			before = line;
			line = 0;
			continue;
		}
		/* Another line: the one before it was not the last. */
		if (line++ == 0 && (first % 4 != 0 || before != first))
			return false;
		if (data[i] != '=' && (padded || base64_digit(data[i]) < 0))
			return false;
		padded |= data[i] == '=';
		more |= hex_digit(data[i]) < 0;
	}
	return more && len >= TRIAL_LEAST;
}

/* Formats of bytes, protocol buffers among them. */
static bool
reads_as_format(const struct trial *trial)
{
	struct sample sample = {
		.text = (const char *)trial->text, .len = trial->len, .media_type = ""
	};

	return reads_as_magic(trial->text, trial->len) || format_protobuf.sniff(&sample);
}

static bool
is_base64(const uint8_t *data, size_t len)
{
	struct trial trial;
	bool yes;

	if (!is_base64_text(data, len))
		return false;
	trial_run(&trial, &decoder_base64, data, len, false);
	yes = reads_as_text(trial.text, trial.len) ||
	    reads_as_format(&trial) ||
	    decoder_by_magic(trial.text, trial.len) != NULL;
	explicit_bzero(&trial, sizeof(trial));
	return yes;
}

/* RFC 3986 section 2.3, and what JavaScript's encodeURIComponent leaves as well. */
static bool
percent_leaves(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
	    (c != '\0' && strchr("-._~!*'()/", c) != NULL);
}

/* A whole body has no "=" or "&" left, as a form has. */
static bool
is_percent(const uint8_t *data, size_t len)
{
	size_t escapes = 0;

	for (size_t i = 0; i < len; i++) {
		if (data[i] != '%') {
			if (!percent_leaves(data[i]))
				return false;
			continue;
		}
		/* The sample may end inside one. */
		for (size_t k = i + 1; k < i + 3 && k < len; k++)
			if (hex_digit(data[k]) < 0)
				return false;
		escapes++;
		i += 2;
	}
	return len >= TRIAL_LEAST && escapes >= ESCAPES_MIN;
}

/* Rules 1 and 2 of section 6.7: digits behind "=" are capital letters. */
static bool
quoted_digit(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

/*
 * Short lines of ASCII; "=" stands at the end of a line or before two digits.
 * *signs: how often at the end, or for itself, as no other text has it.
 */
static bool
is_quoted_text(const uint8_t *data, size_t len, size_t *signs)
{
	size_t line = 0;

	*signs = 0;
	for (size_t i = 0; i < len; i++) {
		line = data[i] == '\n' ? 0 : line + 1;
		/* A CR stands at the end as well. */
		if (data[i] >= 0x7f || line > QUOTED_LINE_MAX + 1)
			return false;
		if (data[i] != '=' || i + 2 >= len)
			continue;
		if (data[i + 1] == '\n' || (data[i + 1] == '\r' && data[i + 2] == '\n'))
			(*signs)++;
		else if (!quoted_digit(data[i + 1]) || !quoted_digit(data[i + 2]))
			return false;
		else
			*signs += data[i + 1] == '3' && data[i + 2] == 'D';
	}
	return len >= TRIAL_LEAST;
}

/* UTF-8 (RFC 3629), whose last character the sample may cut; *high: beyond ASCII. */
static bool
is_utf8(const uint8_t *data, size_t len, bool *high)
{
	unsigned follow = 0;

	*high = false;
	for (size_t i = 0; i < len; i++) {
		if (follow > 0) {
			if ((data[i] & 0xc0) != 0x80)
				return false;
			follow--;
		} else if (data[i] >= 0x80) {
			if (data[i] < 0xc2 || data[i] > 0xf4)
				return false;
			*high = true;
			follow = 1 + (data[i] >= 0xe0) + (data[i] >= 0xf0);
		}
	}
	return true;
}

/*
 * Soft line ends, "=" itself or letters beyond ASCII show it. "ENCODING=BASE64" of an old
 * vCard is no escape: no UTF-8 begins with BA.
 */
static bool
is_quoted(const uint8_t *data, size_t len)
{
	struct trial trial;
	size_t signs;
	bool yes, high;

	if (!is_quoted_text(data, len, &signs))
		return false;
	trial_run(&trial, &decoder_quoted, data, len, false);
	yes = controls(trial.text, trial.len) == 0 &&
	    is_utf8(trial.text, trial.len, &high) &&
	    (signs >= QUOTED_SIGNS || high);
	explicit_bzero(&trial, sizeof(trial));
	return yes;
}

const struct decoder_row *
decoder_by_trial(const uint8_t *data, size_t len, bool whole)
{
	const struct decoder_row *bare = decoder_by_name("deflate", strlen("deflate"));

	if (is_base64(data, len))
		return &decoder_base64;
	if (is_percent(data, len))
		return &decoder_percent;
	if (is_quoted(data, len))
		return &decoder_quoted;
	if (len <= HEAD_MAX || controls(data + HEAD_MAX, len - HEAD_MAX) == 0)
		return NULL;
	if (unpacks(bare, data, len, whole))
		return bare;
	return unpacks(&decoder_brotli, data, len, whole) ? &decoder_brotli : NULL;
}

const struct decoder_row *
decoder_by_head(const uint8_t *data, size_t len)
{
	struct trial trial;
	bool yes = len > HEAD_MAX && trial_run(&trial, &decoder_brotli, data, len,
	    false) < 0 && trial.len < TRIAL_LEAST && controls(trial.text, trial.len) == 0;

	explicit_bzero(&trial, sizeof(trial));
	return yes ? &decoder_brotli : NULL;
}

bool
decoder_refuses(const struct decoder_row *row, const uint8_t *data, size_t len)
{
	struct trial trial;
	/* Bare deflate makes a few bytes of anything, before it fails. */
	bool refuses = trial_run(&trial, row, data, len, false) == UNSCANNED_CORRUPT &&
	    (trial.all == 0 || reads_as_text(data, len));

	explicit_bzero(&trial, sizeof(trial));
	return refuses;
}
