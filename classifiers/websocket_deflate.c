/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One stream of deflate over all messages. A client that agreed on
 * "no_context_takeover" merely refers to nothing before the message, and a
 * smaller window only to what is nearer: so the full window, kept, reads every
 * variant, and what the two have agreed on need not be known.
 */
#include "classifiers/websocket_deflate.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "core/event.h"

/* Bytes of output handed on at a time. */
#define PIECE 4096
/* A message larger than this must not be a hundred times its own size (a bomb). */
#define BOMB_FLOOR ((uint64_t)8 << 20)
#define BOMB_RATIO 100

struct message_inflater {
	z_stream stream;
	uint64_t in, out;	/* of this message */
};

struct message_inflater *
message_inflater_new(void)
{
	struct message_inflater *inflater = calloc(1, sizeof(*inflater));

	if (inflater == NULL || inflateInit2(&inflater->stream, -15) != Z_OK) {
		free(inflater);
		return NULL;
	}
	return inflater;
}

void
message_inflater_free(struct message_inflater *inflater)
{
	if (inflater == NULL)
		return;
	inflateEnd(&inflater->stream);
	free(inflater);
}

/* A final block ends deflate, not the WebSocket; the window stays in use. */
static int
inflate_some(struct message_inflater *inflater)
{
	int status = inflate(&inflater->stream, Z_SYNC_FLUSH);

	if (status == Z_STREAM_END)
		status = inflateResetKeep(&inflater->stream);
	return status;
}

int
message_inflate(struct message_inflater *inflater, const uint8_t *data,
    size_t len, message_out *out, void *to)
{
	z_stream *stream = &inflater->stream;
	uint8_t piece[PIECE];
	int status = Z_OK, given = -1;

	inflater->in += len;
	stream->next_in = (uint8_t *)(uintptr_t)data;
	stream->avail_in = (uInt)len;
	do {
		size_t n;

		stream->next_out = piece;
		stream->avail_out = sizeof(piece);
		status = inflate_some(inflater);
		n = sizeof(piece) - stream->avail_out;
		inflater->out += n;
		if (n > 0)
			out(to, piece, n);
		if (inflater->out > BOMB_FLOOR &&
		    inflater->out / BOMB_RATIO > inflater->in)
			given = UNSCANNED_LIMIT;
	} while (given < 0 && status == Z_OK &&
	    (stream->avail_in > 0 || stream->avail_out == 0));
	if (status != Z_OK && status != Z_BUF_ERROR)
		given = UNSCANNED_CORRUPT;
	explicit_bzero(piece, sizeof(piece));
	return given;
}

int
message_inflate_end(struct message_inflater *inflater, message_out *out, void *to)
{
	/* What the sender has left off (RFC 7692 section 7.2.2). */
	static const uint8_t tail[] = { 0, 0, 0xff, 0xff };
	int given = message_inflate(inflater, tail, sizeof(tail), out, to);

	inflater->in = 0;
	inflater->out = 0;
	return given;
}
