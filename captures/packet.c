/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "captures/decode.h"
#include "core/mem.h"

struct decoder {
	struct fragments *fragments;
	layer *layer;		/* of the last frame's link type */
	uint16_t link;
};

struct decoder *
decoder_new(void)
{
	struct decoder *decoder = xcalloc(1, sizeof(*decoder));

	decoder->fragments = fragments_new();
	decoder->link = SOURCE_LINK_UNKNOWN;
	return decoder;
}

enum packet_result
decoder_decode(struct decoder *decoder, const struct frame *frame,
    struct packet *packet)
{
	struct buf b = buf_of(frame->data, frame->caplen);
	struct decode decode = {
		.packet = packet,
		.fragments = decoder->fragments,
		.time_us = frame->time_us,
		.cut = frame->len > frame->caplen ?
		    frame->len - frame->caplen : 0,
	};

	fragments_release(decoder->fragments);
	/* One frame after the other has the same link type. */
	if (frame->link != decoder->link) {
		decoder->link = frame->link;
		decoder->layer = link_layer(frame->link);
	}
	if (decoder->layer == NULL)
		return PACKET_UNREADABLE;
	memset(packet, 0, sizeof(*packet));
	return decoder->layer(&decode, &b);
}

void
decoder_finish(struct decoder *decoder)
{
	fragments_drop(decoder->fragments);
}

uint64_t
decoder_unreadable(const struct decoder *decoder)
{
	return fragments_lost(decoder->fragments);
}

bool
decoder_knows(uint16_t link)
{
	return link_layer(link) != NULL;
}

void
decoder_free(struct decoder *decoder)
{
	if (decoder == NULL)
		return;
	fragments_free(decoder->fragments);
	free(decoder);
}
