/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of WebSocket: the switch from HTTP/1.1, and a client's frames,
 * masked, plain or compressed by zlib.
 */
#ifndef TESTS_UNIT_WEBSOCKET_KIT_H
#define TESTS_UNIT_WEBSOCKET_KIT_H

#include <zlib.h>

#include "http_kit.h"

#define WS_ASK "GET /ws/sync?v=2 HTTP/1.1\r\nHost: chat.example.org\r\n" \
	"Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n" \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" \
	"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
#define WS_AGREE "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n" \
	"Connection: Upgrade\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"

enum { WS_MORE, WS_TEXT, WS_BINARY, WS_CLOSE = 8, WS_PING, WS_PONG };
#define WS_FIN 0x80
#define WS_DEFLATED 0x40

static inline void
ws_frame(struct text_kit *kit, uint8_t first, const void *data, size_t len)
{
	uint8_t head[14] = { first, 0x80 }, mask[4];
	const uint8_t *from = data;
	size_t n = 2;

	if (len < 126) {
		head[1] |= (uint8_t)len;
	} else if (len < 65536) {
		head[1] |= 126;
		head[n++] = (uint8_t)(len >> 8);
		head[n++] = (uint8_t)len;
	} else {
		head[1] |= 127;
		for (int shift = 56; shift >= 0; shift -= 8)
			head[n++] = (uint8_t)((uint64_t)len >> shift);
	}
	for (size_t i = 0; i < 4; i++)
		head[n++] = mask[i] = (uint8_t)(0x5a * (i + 1) + len);
	kit_bytes(kit, head, n);
	for (size_t i = 0; i < len; i++) {
		uint8_t c = from[i] ^ mask[i % 4];

		kit_bytes(kit, &c, 1);
	}
}

/* One message in fragments of `piece` bytes, with a ping in between. */
static inline void
ws_message(struct text_kit *kit, uint8_t opcode, const void *data, size_t len,
    size_t piece)
{
	for (size_t at = 0; at < len; at += piece) {
		size_t n = len - at < piece ? len - at : piece;

		if (at > 0)
			ws_frame(kit, WS_FIN | WS_PING, "ping", 4);
		ws_frame(kit, (uint8_t)((at == 0 ? opcode : WS_MORE) |
		    (at + n == len ? WS_FIN : 0)), (const char *)data + at, n);
	}
}

/* permessage-deflate (RFC 7692 section 7.2.1); fresh: no context takeover. */
struct ws_packer {
	z_stream stream;
	bool fresh;
	int flush;
};

static inline void
ws_packer_init(struct ws_packer *packer, int window, bool fresh)
{
	memset(packer, 0, sizeof(*packer));
	packer->fresh = fresh;
	packer->flush = Z_SYNC_FLUSH;
	assert_int_equal(deflateInit2(&packer->stream, 9, Z_DEFLATED, -window, 8,
	    Z_DEFAULT_STRATEGY), Z_OK);
}

static inline struct text_kit
ws_pack(struct ws_packer *packer, const void *data, size_t len)
{
	struct text_kit out = { 0 };
	uint8_t piece[4096];

	if (packer->fresh)
		deflateReset(&packer->stream);
	packer->stream.next_in = (uint8_t *)(uintptr_t)data;
	packer->stream.avail_in = (uInt)len;
	do {
		packer->stream.next_out = piece;
		packer->stream.avail_out = sizeof(piece);
		deflate(&packer->stream, packer->flush);
		kit_bytes(&out, piece, sizeof(piece) - packer->stream.avail_out);
	} while (packer->stream.avail_out == 0);
	if (packer->flush == Z_FINISH)
		kit_bytes(&out, "", 1);
	else
		out.len -= 4;	/* 00 00 FF FF is left off */
	return out;
}

static inline void
ws_begin(struct talk *talk)
{
	talk_init(talk);
	talk_up(talk, WS_ASK);
	talk_down(talk, WS_AGREE);
	assert_int_equal(talk->wants, MORE_BOTH);
}

/* What a client says after the switch, in pieces of `step` bytes. */
static inline struct ear
ws_talk_steps(const struct text_kit *kit, size_t step)
{
	struct talk talk;

	ws_begin(&talk);
	for (size_t at = 0; at < kit->len; at += step)
		talk_say(&talk, DIR_UP, kit->data + at,
		    kit->len - at < step ? kit->len - at : step, 0);
	talk_end(&talk);
	return talk.ear;
}

static inline struct ear
ws_talk(struct text_kit *kit)
{
	static const size_t steps[] = { 1, 2, 3, 7, 61, 1460 };
	struct ear whole = ws_talk_steps(kit, kit->len), other;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		other = ws_talk_steps(kit, steps[i]);
		assert_memory_equal(&whole, &other, sizeof(whole));
	}
	kit_free(kit);
	return whole;
}

#endif
