/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/websocket_frame.h"

#include <string.h>
#include <strings.h>

#include "core/buf.h"

#define FLAG_FIN 0x80
#define FLAGS_RESERVED 0x70
#define FLAG_DEFLATED 0x40	/* RSV1 */
#define FLAG_MASKED 0x80
#define MASK_LEN 4

/* One name of the list: up to a parameter or the next. */
static const char *
extension_next(const char *at, size_t *len)
{
	at += strspn(at, " \t,");
	*len = strcspn(at, " \t,;");
	return *len > 0 ? at : NULL;
}

void
websocket_frames_init(struct websocket_frames *frames, bool masked, const char *extensions)
{
	static const char deflate[] = "permessage-deflate";
	size_t len;

	memset(frames, 0, sizeof(*frames));
	frames->masked = masked;
	while ((extensions = extension_next(extensions, &len)) != NULL) {
		if (len == sizeof(deflate) - 1 && strncasecmp(extensions, deflate, len) == 0)
			frames->reserved |= FLAG_DEFLATED;
		else
			frames->lenient = true;
		extensions += strcspn(extensions, ",");
	}
}

bool
websocket_frame_open(const struct websocket_frames *frames)
{
	return frames->need > 0 && frames->have == frames->need;
}

bool
websocket_frame_control(const struct websocket_frames *frames)
{
	return (frames->head[0] & 8) != 0;
}

static uint8_t
head_length(uint8_t second)
{
	uint8_t length = second & 127;

	return (uint8_t)(2 + (length == 126 ? 2 : length == 127 ? 8 : 0) +
	    (second & FLAG_MASKED ? MASK_LEN : 0));
}

/* False: a length longer than it need be, or negative (section 5.2). */
static bool
length_read(struct websocket_frames *frames)
{
	struct buf b = buf_of(frames->head + 2, WEBSOCKET_HEAD_MAX - 2);
	uint8_t length = frames->head[1] & 127;
	uint64_t high;

	frames->left = length;
	if (length < 126)
		return true;
	if (length == 126) {
		frames->left = buf_u16(&b);
		return frames->left >= 126;
	}
	high = buf_u32(&b);
	frames->left = high << 32 | buf_u32(&b);
	return frames->left >> 63 == 0 && frames->left > 65535;
}

/* Sections 5.1, 5.2, 5.4 and 5.5. */
static bool
head_valid(const struct websocket_frames *frames)
{
	uint8_t first = frames->head[0], opcode = first & 15;
	bool control = websocket_frame_control(frames);
	uint8_t allowed = control || opcode == WEBSOCKET_MORE ? 0 : frames->reserved;

	if (((frames->head[1] & FLAG_MASKED) != 0) != frames->masked)
		return false;
	if (!frames->lenient && (first & FLAGS_RESERVED & ~allowed) != 0)
		return false;
	if (control)
		return opcode <= WEBSOCKET_PONG && first & FLAG_FIN &&
		    frames->left <= WEBSOCKET_CONTROL_MAX &&
		    (opcode != WEBSOCKET_CLOSE || frames->left != 1);
	return opcode <= WEBSOCKET_BINARY && (opcode == WEBSOCKET_MORE) == frames->message;
}

long
websocket_frame_head(struct websocket_frames *frames, const uint8_t *data, size_t len)
{
	size_t n = 0;

	while (n < len && !websocket_frame_open(frames)) {
		frames->head[frames->have++] = data[n++];
		if (frames->have == 2)
			frames->need = head_length(frames->head[1]);
	}
	if (!websocket_frame_open(frames))
		return (long)n;
	return length_read(frames) && head_valid(frames) ? (long)n : -1;
}

bool
websocket_frame_end(struct websocket_frames *frames)
{
	bool control = websocket_frame_control(frames);
	bool last = (frames->head[0] & FLAG_FIN) != 0;

	frames->closed |= control && (frames->head[0] & 15) == WEBSOCKET_CLOSE;
	if (!control)
		frames->message = !last;
	frames->have = frames->need = 0;
	return control || last;
}

size_t
websocket_close_write(uint8_t out[WEBSOCKET_CLOSE_MAX], uint16_t code, const char *reason,
    const uint8_t *mask)
{
	size_t len = strnlen(reason, WEBSOCKET_CONTROL_MAX - 2), n = 2;
	uint8_t *payload;

	out[0] = FLAG_FIN | WEBSOCKET_CLOSE;
	out[1] = (uint8_t)((mask != NULL ? FLAG_MASKED : 0) | (len + 2));
	if (mask != NULL) {
		memcpy(out + n, mask, MASK_LEN);
		n += MASK_LEN;
	}
	payload = out + n;
	payload[0] = (uint8_t)(code >> 8);
	payload[1] = (uint8_t)code;
	memcpy(payload + 2, reason, len);
	for (size_t i = 0; mask != NULL && i < len + 2; i++)
		payload[i] ^= mask[i % MASK_LEN];
	return n + len + 2;
}
