/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening bytes of protocols that name no server: WhatsApp's own transport
 * (WhiskeySockets/Baileys, noise-handler) and Telegram's transports
 * (core.telegram.org/mtproto/mtproto-transports). The obfuscated one opens with
 * 64 bytes of noise that name the transport inside, once deciphered with the
 * key that they hold: mtproto.h. What cannot be told from noise is left to the
 * address: a proxy's secret hides that too, and a lone 0xef is one random
 * stream in 256.
 */
#include <string.h>

#include "classifiers/classifiers.h"
#include "classifiers/mtproto.h"
#include "classifiers/table.h"
#include "core/buf.h"

/* Dictionary versions so far are 2 and 3; old clients said 1 to 5. */
#define WA_DICTIONARY_MAX 16
/* The first message is a Noise handshake: 32 bytes of key and some fields. */
#define WA_FIRST_MIN 32
#define WA_FIRST_MAX 2048
/* Routing data is a short opaque text. */
#define WA_ROUTING_MAX 256

/* Unencrypted MTProto message: key id 0 (8), message id (8), length (4). */
#define MT_HEAD 20
/* The first request of a key exchange: constructor and a 16-byte nonce. */
#define MT_FIRST 20
#define REQ_PQ 0x60469778u
#define REQ_PQ_MULTI 0xbe7e8ef1u
/* Padded transport adds at most this. */
#define MT_PAD_MAX 15

enum preface { PREFACE_NONE, PREFACE_PART, PREFACE_WHATSAPP, PREFACE_TELEGRAM };

static uint32_t
buf_u32_little(struct buf *in)
{
	uint32_t value = buf_u32(in);

	return value >> 24 | (value >> 8 & 0xff00) | (value << 8 & 0xff0000) |
	    value << 24;
}

/* ---- WhatsApp ------------------------------------------------------------- */

/*
 * "WA", a version, a dictionary; versions 5 to 7 are followed by one message
 * that fills the rest, older ones (1 and 2: no Noise, no model) by anything.
 */
static enum preface
whatsapp_open(struct buf *in, uint64_t beyond)
{
	uint8_t version, dictionary;
	uint32_t length;
	uint64_t rest;

	if (buf_left(in) < 7)
		return PREFACE_PART;
	if (buf_u8(in) != 'W' || buf_u8(in) != 'A')
		return PREFACE_NONE;
	version = buf_u8(in);
	dictionary = buf_u8(in);
	length = buf_u24(in);
	if (dictionary > WA_DICTIONARY_MAX)
		return PREFACE_NONE;
	if (version == 1 || version == 2)
		return length <= WA_FIRST_MAX ? PREFACE_WHATSAPP : PREFACE_NONE;
	if (version < 5 || version > 7)
		return PREFACE_NONE;
	if (length < WA_FIRST_MIN || length > WA_FIRST_MAX)
		return PREFACE_NONE;
	rest = buf_left(in) + beyond;
	if (rest > length)
		return PREFACE_NONE;
	return rest < length ? PREFACE_PART : PREFACE_WHATSAPP;
}

static enum preface
whatsapp_routed(struct buf *in, uint64_t beyond)
{
	uint32_t length;

	if (memcmp(in->at, "ED\0\1", 4) != 0)
		return PREFACE_NONE;
	buf_skip(in, 4);
	if (buf_left(in) < 3)
		return PREFACE_PART;
	length = buf_u24(in);
	if (length == 0 || length > WA_ROUTING_MAX)
		return PREFACE_NONE;
	if (buf_left(in) < length)
		return PREFACE_PART;
	buf_skip(in, length);
	return whatsapp_open(in, beyond);
}

/* ---- Telegram ------------------------------------------------------------- */

/*
 * The body of the first packet: an unencrypted request for a new key, or a
 * message under a key already made (which looks like noise: not taken).
 */
static enum preface
telegram_first(struct buf *in, uint32_t length, uint32_t pad)
{
	uint32_t key_low, key_high, inner, constructor;

	if (length < MT_HEAD + MT_FIRST ||
	    length > MT_HEAD + MT_FIRST + pad)
		return PREFACE_NONE;
	if (buf_left(in) < MT_HEAD + 4)
		return PREFACE_PART;
	key_low = buf_u32_little(in);
	key_high = buf_u32_little(in);
	buf_skip(in, 8);
	inner = buf_u32_little(in);
	constructor = buf_u32_little(in);
	if (key_low != 0 || key_high != 0 || inner != MT_FIRST)
		return PREFACE_NONE;
	return constructor == REQ_PQ || constructor == REQ_PQ_MULTI ?
	    PREFACE_TELEGRAM : PREFACE_NONE;
}

/* 0xef, then the length in words as one byte, or 0x7f and three. */
static enum preface
telegram_abridged(struct buf *in)
{
	uint32_t words;

	buf_skip(in, 1);
	if (buf_left(in) < 1)
		return PREFACE_PART;
	words = buf_u8(in);
	return telegram_first(in, words * 4, 0);
}

/* 0xeeeeeeee or 0xdddddddd, then the length in bytes, little-endian. */
static enum preface
telegram_intermediate(struct buf *in, uint32_t mark)
{
	uint32_t length;

	if (buf_u32(in) != mark)
		return PREFACE_NONE;
	if (buf_left(in) < 4)
		return PREFACE_PART;
	length = buf_u32_little(in);
	return telegram_first(in, length, mark == 0xddddddddu ? MT_PAD_MAX : 0);
}

/* So many printable bytes in a row are text: one noise in 3,000. */
#define TEXT_MIN 8

static bool
is_text(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len && i < TEXT_MIN; i++)
		if (data[i] < ' ' || data[i] > '~')
			return false;
	return len >= TEXT_MIN;
}

/* RFC 8446 section 5.1: a handshake record; its hello is read elsewhere. */
static bool
is_tls(const uint8_t *data, size_t len)
{
	return len >= 3 && data[0] == 22 && data[1] == 3 && data[2] <= 4;
}

static enum preface
telegram_hidden(const uint8_t *data, size_t len)
{
	struct mtproto mt = { .have = 0 };
	size_t taken;

	if (is_text(data, len) || is_tls(data, len))
		return PREFACE_NONE;
	if (len < MTPROTO_OPENING)
		return PREFACE_PART;
	return mtproto_open(&mt, data, MTPROTO_OPENING, &taken) == MTPROTO_OPENED &&
	    mt.hidden ? PREFACE_TELEGRAM : PREFACE_NONE;
}

/* ---- both ------------------------------------------------------------------ */

static enum preface
preface_clear(const uint8_t *data, size_t len, uint64_t beyond)
{
	struct buf in = buf_of(data, len);

	if (len < 4)
		return PREFACE_PART;
	switch (data[0]) {
	case 'W':
		return whatsapp_open(&in, beyond);
	case 'E':
		return whatsapp_routed(&in, beyond);
	case 0xef:
		return telegram_abridged(&in);
	case 0xee:
		return telegram_intermediate(&in, 0xeeeeeeeeu);
	case 0xdd:
		return telegram_intermediate(&in, 0xddddddddu);
	default:
		return PREFACE_NONE;
	}
}

/* What a stream's first len bytes are, when `beyond` more came after them. */
static enum preface
preface_of(const uint8_t *data, size_t len, uint64_t beyond)
{
	enum preface found = preface_clear(data, len, beyond);

	return found == PREFACE_NONE ? telegram_hidden(data, len) : found;
}

/* What is kept of a preface that came in pieces: all but the first message. */
#define PREFACE_KEPT_MAX 310
struct preface_slot {
	uint32_t beyond;		/* bytes that came after those kept */
	uint16_t have;
	uint8_t kept[PREFACE_KEPT_MAX];
};

static void
preface_tell(struct task *task, enum preface found)
{
	struct observation seen = {
		.kind = OBSERVED_PREFACE, .confidence = CONFIDENCE_HIGH
	};

	seen.text = found == PREFACE_WHATSAPP ? "whatsapp" : "telegram";
	seen.text_len = strlen(seen.text);
	task->listener->observe(task->listener, &seen);
}

static enum interest
preface_sniff(const struct flow *flow, const struct chunk *chunk)
{
	(void)flow;
	if (chunk->len == 0)
		return INTEREST_LATER;
	/* The opening bytes are the client's, and the flow's very first. */
	if (chunk->dir != DIR_UP || chunk->gap != 0)
		return INTEREST_NO;
	return preface_of(chunk->data, chunk->len, 0) == PREFACE_NONE ?
	    INTEREST_NO : INTEREST_YES;
}

static unsigned
preface_feed(struct task *task, void *opaque, const struct chunk *chunk)
{
	struct preface_slot *slot = opaque;
	size_t room = PREFACE_KEPT_MAX - slot->have;
	enum preface found;

	/* Who is answered has finished what these clients begin with. */
	if (chunk->dir != DIR_UP || chunk->gap != 0)
		return 0;
	if (room > chunk->len)
		room = chunk->len;
	memcpy(slot->kept + slot->have, chunk->data, room);
	slot->have = (uint16_t)(slot->have + room);
	slot->beyond += chunk->len - room <= WA_FIRST_MAX ?
	    (uint32_t)(chunk->len - room) : WA_FIRST_MAX + 1;
	found = preface_of(slot->kept, slot->have, slot->beyond);
	if (found == PREFACE_PART)
		return slot->beyond <= WA_FIRST_MAX ? MORE_BOTH : 0;
	if (found != PREFACE_NONE)
		preface_tell(task, found);
	return 0;
}

static void
preface_close(struct task *task, void *opaque)
{
	(void)task;
	(void)opaque;
}

const struct classifier classifier_preface = {
	.name = "preface",
	.transports = ON_TCP,
	.slot_size = sizeof(struct preface_slot),
	.sniff = preface_sniff,
	.feed = preface_feed,
	.close = preface_close,
};
