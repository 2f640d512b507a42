/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of HTTP/2, in pieces of any size: head, padding, priority, content. */
#include "classifiers/http2.h"

#include <string.h>

#include "core/buf.h"

static void
frame_parse(struct http2_frame *frame)
{
	struct buf b = buf_of(frame->head, sizeof(frame->head));

	frame->left = buf_u24(&b);
	frame->type = buf_u8(&b);
	frame->flags = buf_u8(&b);
	frame->stream = buf_u32(&b) & 0x7fffffff;
	frame->pad = 0;
	frame->pad_next = (frame->flags & FLAG_PADDED) != 0 &&
	    (frame->type == FRAME_DATA || frame->type == FRAME_HEADERS);
	frame->skip = frame->type == FRAME_HEADERS && (frame->flags & FLAG_PRIORITY) ?
	    5 : 0;
}

bool
http2_frame_fits(const struct http2_frame *frame)
{
	return frame->left >= frame->pad + frame->skip + (frame->pad_next ? 1u : 0u);
}

size_t
http2_frame_head(struct http2_frame *frame, const uint8_t *data, size_t len)
{
	size_t n = HTTP2_FRAME_HEAD - (size_t)frame->have;

	if (n > len)
		n = len;
	memcpy(frame->head + frame->have, data, n);
	frame->have = (uint8_t)(frame->have + n);
	if (frame->have == HTTP2_FRAME_HEAD)
		frame_parse(frame);
	return n;
}

size_t
http2_frame_step(struct http2_frame *frame, const uint8_t *data, size_t len,
    size_t *content)
{
	size_t n = 1;

	*content = 0;
	if (frame->pad_next) {
		frame->pad = data[0];
		frame->pad_next = false;
	} else if (frame->skip > 0) {
		n = len < frame->skip ? len : frame->skip;
		frame->skip = (uint8_t)(frame->skip - n);
	} else if (frame->left > frame->pad) {
		n = frame->left - frame->pad;
		if (n > len)
			n = len;
		*content = n;
	} else {
		n = len < frame->left ? len : frame->left;
		frame->pad -= (uint32_t)n;
	}
	frame->left -= (uint32_t)n;
	return n;
}

bool
http2_midway_sniff(const uint8_t *data, size_t len)
{
	struct http2_frame frame = { .have = 0 };
	size_t at = 0;
	bool fields = false;

	while (len - at >= HTTP2_FRAME_HEAD) {
		frame.have = 0;
		at += http2_frame_head(&frame, data + at, HTTP2_FRAME_HEAD);
		if (frame.type > FRAME_CONTINUATION || (frame.head[5] & 0x80) != 0 ||
		    frame.left > len - at || !http2_frame_fits(&frame))
			return false;
		fields = fields || (frame.type == FRAME_HEADERS && frame.stream % 2 == 1 &&
		    (frame.flags & FLAG_END_HEADERS) != 0 && frame.left > 0);
		at += frame.left;
	}
	return fields && at == len;
}
