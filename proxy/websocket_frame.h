/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of one direction of a WebSocket (RFC 6455 section 5), as a relay must know them. */
#ifndef PROXY_WEBSOCKET_FRAME_H
#define PROXY_WEBSOCKET_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Two bytes, a length of up to eight, the mask (section 5.2). */
#define WEBSOCKET_HEAD_MAX 14
/* Of a control frame's payload (section 5.5). */
#define WEBSOCKET_CONTROL_MAX 125

enum websocket_opcode {
	WEBSOCKET_MORE, WEBSOCKET_TEXT, WEBSOCKET_BINARY, WEBSOCKET_CLOSE = 8, WEBSOCKET_PING,
	WEBSOCKET_PONG
};

struct websocket_frames {
	uint8_t head[WEBSOCKET_HEAD_MAX];
	uint8_t have, need;	/* bytes of the head; need 0: not known yet */
	uint8_t reserved;	/* bits that an extension uses, of 0x70 */
	bool masked;		/* this end must mask, or must not */
	bool lenient;		/* an extension nobody here knows: reserved bits are free */
	bool message;		/* between the fragments of a message */
	bool closed;		/* it has said Close: nothing may follow */
	uint64_t left;		/* of the payload */
};

/* What the answer's Sec-WebSocket-Extensions allows (RFC 7692 section 6: RSV1). */
void websocket_frames_init(struct websocket_frames *frames, bool masked,
    const char *extensions);
/*
 * Takes bytes of a frame's head: how many, at least one, or -1 when it breaks
 * the rules. The head is complete when websocket_frame_open() says so.
 */
long websocket_frame_head(struct websocket_frames *frames, const uint8_t *data, size_t len);
/* Inside a frame: its head is complete, the payload may be empty. */
bool websocket_frame_open(const struct websocket_frames *frames);
bool websocket_frame_control(const struct websocket_frames *frames);
/* The payload is complete. True: so is the message (or it was a control frame). */
bool websocket_frame_end(struct websocket_frames *frames);

/* Room for a Close with a reason. */
#define WEBSOCKET_CLOSE_MAX (2 + 4 + WEBSOCKET_CONTROL_MAX)
/* Writes a Close; mask NULL: none. reason may be "". Returns its length. */
size_t websocket_close_write(uint8_t out[WEBSOCKET_CLOSE_MAX], uint16_t code,
    const char *reason, const uint8_t *mask);

#endif
