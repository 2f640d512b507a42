/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zstandard (RFC 8878): as a Content-Encoding, and by its magic number where
 * nobody names it. Frames may follow each other (section 3.1).
 */
#include "classifiers/body.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

/* 8 MiB: what RFC 9659 section 3 allows a sender to make us hold. */
#define WINDOW_LOG_MAX 23
/* Bytes handed on at a time: few cuts, and they stay in the second cache. */
#define ZSTD_PIECE 65536

struct zstd_layer {
	ZSTD_DCtx *context;
	bool begun, done, open;	/* open: inside a frame */
};

static void *
zstd_start(void)
{
	struct zstd_layer *layer = calloc(1, sizeof(*layer));

	if (layer == NULL)
		return NULL;
	layer->context = ZSTD_createDCtx();
	if (layer->context == NULL) {
		free(layer);
		return NULL;
	}
	ZSTD_DCtx_setParameter(layer->context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
	return layer;
}

/* What begins neither a frame nor a skippable one is no longer ours. */
static bool
zstd_continues(uint8_t first)
{
	return first == 0x28 || (first & 0xf0) == 0x50;
}

static int
zstd_refusal(size_t status)
{
	return ZSTD_getErrorCode(status) == ZSTD_error_frameParameter_windowTooLarge ||
	    ZSTD_getErrorCode(status) == ZSTD_error_memory_allocation ?
	    UNSCANNED_LIMIT : UNSCANNED_CORRUPT;
}

static int
zstd_feed(void *state, const uint8_t *data, size_t len, layer_out *out, void *to)
{
	struct zstd_layer *layer = state;
	char piece[ZSTD_PIECE];
	ZSTD_inBuffer from = { data, len, 0 };
	size_t most = 0, status = 0;
	bool full = false;

	while (!layer->done && (from.pos < from.size || full)) {
		ZSTD_outBuffer room = { piece, sizeof(piece), 0 };

		if (layer->begun && !layer->open && !zstd_continues(data[from.pos])) {
			layer->done = true;
			break;
		}
		status = ZSTD_decompressStream(layer->context, &room, &from);
		if (room.pos > most)
			most = room.pos;
		layer->begun = true;
		layer->open = status != 0;
		full = layer->open && room.pos == sizeof(piece);
		if (ZSTD_isError(status) ||
		    (room.pos > 0 && !out(to, piece, room.pos)))
			layer->done = true;
	}
	explicit_bzero(piece, most);
	return ZSTD_isError(status) ? zstd_refusal(status) : -1;
}

static int
zstd_end(void *state, layer_out *out, void *to)
{
	struct zstd_layer *layer = state;
	bool whole = layer->done || !layer->open;

	(void)out;
	(void)to;
	ZSTD_freeDCtx(layer->context);
	free(layer);
	return whole ? -1 : UNSCANNED_CORRUPT;
}

const char *
zstd_version(void)
{
	return ZSTD_versionString();
}

/* Section 3.1.1: the magic number, then a descriptor whose reserved bit is 0. */
static bool
zstd_sniff(const uint8_t *data, size_t len)
{
	return len >= 5 && memcmp(data, "\x28\xb5\x2f\xfd", 4) == 0 &&
	    (data[4] & 8) == 0;
}

const struct decoder_row decoder_zstd = {
	"zstd", zstd_sniff, zstd_start, zstd_feed, zstd_end
};
