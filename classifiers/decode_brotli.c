/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Brotli (RFC 7932). It has no magic number: where the carrier does not name it,
 * it is tried (decode_trial.c). Its window is at most 16 MiB (section 9.1); the
 * larger ones of later drafts are no Content-Encoding.
 */
#include "classifiers/body.h"

#include <brotli/decode.h>
#include <stdlib.h>

struct brotli_layer {
	BrotliDecoderState *state;
	bool begun, done;
};

static void *
brotli_start(void)
{
	struct brotli_layer *layer = calloc(1, sizeof(*layer));

	if (layer == NULL)
		return NULL;
	layer->state = BrotliDecoderCreateInstance(NULL, NULL, NULL);
	if (layer->state == NULL) {
		free(layer);
		return NULL;
	}
	return layer;
}

/* The decoder lends its own memory for the output: it is not copied. */
static bool
brotli_hand_on(struct brotli_layer *layer, layer_out *out, void *to)
{
	while (BrotliDecoderHasMoreOutput(layer->state)) {
		size_t n = 0;
		const uint8_t *piece = BrotliDecoderTakeOutput(layer->state, &n);

		if (!out(to, (const char *)piece, n))
			return false;
	}
	return true;
}

static int
brotli_feed(void *state, const uint8_t *data, size_t len, layer_out *out, void *to)
{
	struct brotli_layer *layer = state;
	BrotliDecoderResult result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
	size_t room = 0;

	if (len == 0 || layer->done)
		return -1;
	layer->begun = true;
	while (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) {
		result = BrotliDecoderDecompressStream(layer->state, &len, &data,
		    &room, NULL, NULL);
		if (!brotli_hand_on(layer, out, to)) {
			layer->done = true;
			return -1;
		}
	}
	layer->done = result != BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT;
	return result == BROTLI_DECODER_RESULT_ERROR ? UNSCANNED_CORRUPT : -1;
}

static int
brotli_end(void *state, layer_out *out, void *to)
{
	struct brotli_layer *layer = state;
	bool whole = layer->done || !layer->begun;

	(void)out;
	(void)to;
	BrotliDecoderDestroyInstance(layer->state);
	free(layer);
	return whole ? -1 : UNSCANNED_CORRUPT;
}

uint32_t
brotli_version(void)
{
	return BrotliDecoderVersion();
}

static bool
brotli_sniff(const uint8_t *data, size_t len)
{
	(void)data;
	(void)len;
	return false;
}

const struct decoder_row decoder_brotli = {
	"br", brotli_sniff, brotli_start, brotli_feed, brotli_end
};
