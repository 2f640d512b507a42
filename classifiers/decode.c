/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Content codings of RFC 9110 section 8.4.1 and the table of all: rows turn bytes
 * into bytes. The pipe bounds their output against bombs. A coding is used
 * where the carrier names it or its first bytes show it: apps compress bodies
 * without saying so.
 */
#include "classifiers/body.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

/* ---- gzip (RFC 1952), zlib (RFC 1950), bare deflate (RFC 1951) --------------- */

struct inflater {
	z_stream stream;
	bool begun, done;
	bool guess;		/* "deflate": zlib by the RFC, bare by custom */
};

static void *
inflater_new(int window, bool guess)
{
	struct inflater *inflater = calloc(1, sizeof(*inflater));

	if (inflater == NULL)
		return NULL;
	inflater->guess = guess;
	if (inflateInit2(&inflater->stream, window) != Z_OK) {
		free(inflater);
		return NULL;
	}
	return inflater;
}

static void *
gzip_start(void)
{
	return inflater_new(15 + 32, false);	/* zlib's: gzip or zlib by header */
}

static void *
deflate_start(void)
{
	return inflater_new(15 + 32, true);
}

/*
 * RFC 9110 section 8.4.1.2: "deflate" means zlib, yet some send bare deflate.
 * A zlib header has method 8 in the low bits of its first byte.
 */
static void
inflater_guess(struct inflater *inflater, uint8_t first)
{
	if (inflater->guess && !inflater->begun && (first & 15) != 8 && first != 0x1f)
		inflateReset2(&inflater->stream, -15);
	inflater->begun = true;
}

/* A gzip file may have several members (RFC 1952 section 2.2). */
static bool
inflater_member(struct inflater *inflater)
{
	if (inflater->stream.avail_in == 0 || inflater->stream.next_in[0] != 0x1f)
		return false;
	return inflateReset(&inflater->stream) == Z_OK;
}

static int
inflater_feed(void *state, const uint8_t *data, size_t len, layer_out *out,
    void *to)
{
	struct inflater *inflater = state;
	uint8_t piece[PIECE_SIZE];
	z_stream *stream = &inflater->stream;
	size_t most = 0;
	int status;

	if (len == 0 || inflater->done)
		return -1;
	inflater_guess(inflater, data[0]);
	stream->next_in = (uint8_t *)(uintptr_t)data;
	stream->avail_in = (uInt)len;
	do {
		size_t n;

		stream->next_out = piece;
		stream->avail_out = sizeof(piece);
		status = inflate(stream, Z_NO_FLUSH);
		n = sizeof(piece) - stream->avail_out;
		if (n > most)
			most = n;
		if (n > 0 && !out(to, (const char *)piece, n))
			inflater->done = true;
		if (status == Z_STREAM_END && !inflater_member(inflater))
			inflater->done = true;
	} while (!inflater->done &&
	    (status == Z_OK || status == Z_STREAM_END) &&
	    (stream->avail_in > 0 || stream->avail_out == 0));
	explicit_bzero(piece, most);
	if (status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR)
		return -1;
	inflater->done = true;
	return UNSCANNED_CORRUPT;
}

static int
inflater_end(void *state, layer_out *out, void *to)
{
	struct inflater *inflater = state;
	bool whole = inflater->done || !inflater->begun;

	(void)out;
	(void)to;
	inflateEnd(&inflater->stream);
	free(inflater);
	return whole ? -1 : UNSCANNED_CORRUPT;
}

static bool
gzip_sniff(const uint8_t *data, size_t len)
{
	return len >= 3 && data[0] == 0x1f && data[1] == 0x8b && data[2] == 8;
}

/*
 * RFC 1950 section 2.2: method 8, a window of 32 KiB, no dictionary, and a
 * check over the two bytes. "x^" is text as well: then the third byte decides.
 */
static bool
zlib_sniff(const uint8_t *data, size_t len)
{
	if (len < 3 || data[0] != 0x78 || (data[0] << 8 | data[1]) % 31 != 0 ||
	    (data[1] & 0x20) != 0)
		return false;
	return data[1] < ' ' || data[1] >= 0x7f || data[2] < ' ' || data[2] >= 0x7f;
}

const char *
body_versions(char *text, size_t size)
{
	unsigned brotli = brotli_version();

	snprintf(text, size, "zlib %s\nbrotli %u.%u.%u\nZstandard %s", zlibVersion(),
	    brotli >> 24, brotli >> 12 & 0xfff, brotli & 0xfff, zstd_version());
	return text;
}

/* ---- the table ------------------------------------------------------------------- */

static const struct decoder_row zlib_decoders[] = {
	{ "gzip x-gzip", gzip_sniff, gzip_start, inflater_feed, inflater_end },
	{ "deflate zlib", zlib_sniff, deflate_start, inflater_feed, inflater_end },
};

static const struct decoder_row *const decoder_table[] = {
	&zlib_decoders[0], &zlib_decoders[1], &decoder_zstd, &decoder_brotli,
	&decoder_wide[0], &decoder_wide[1], &decoder_wide[2], &decoder_base64,
	&decoder_quoted
};
#define DECODERS (sizeof(decoder_table) / sizeof(decoder_table[0]))

const struct decoder_row *
decoder_by_name(const char *name, size_t len)
{
	for (size_t i = 0; i < DECODERS; i++) {
		const char *at = decoder_table[i]->names;

		while (*at != '\0') {
			size_t n = strcspn(at, " ");

			if (n == len && strncasecmp(at, name, n) == 0)
				return decoder_table[i];
			at += n + (at[n] == ' ');
		}
	}
	return NULL;
}

const struct decoder_row *
decoder_by_magic(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < DECODERS; i++)
		if (decoder_table[i]->sniff(data, len))
			return decoder_table[i];
	return NULL;
}
