/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Openings and heads of Telegram's transports. Counter mode can be entered
 * anywhere, so the key schedule is made for each head anew and nothing but the
 * opening is kept, and bytes that a capture lost cost nothing while their
 * number is known.
 */
#include "classifiers/mtproto.h"

#include <openssl/evp.h>
#include <string.h>

#define KEY_AT 8
#define KEY_LEN 32
#define COUNTER_LEN 16
#define TAG_AT 56
#define TAG_LEN 4
#define BLOCK 16

/* tdlib/td refuses to send more, and servers to take as much. */
#define FRAME_MAX (1u << 24)
/* Key id, message key, and two blocks at least: a message under a key. */
#define MESSAGE_MIN (24 + 32)
/* Without a key: key id 0, message id, length; the key exchange fits in this. */
#define BARE_MIN 20
#define BARE_MAX 2048
/* Random bytes that the padded transport may add. */
#define PAD_MAX 15
/* Full: length, sequence and, at the end, a CRC-32. */
#define FULL_HEAD 8
#define FULL_TAIL 4
/* Bytes from which any plain opening is known: mark, head, key id. */
#define PLAIN_MIN 16

struct transport {
	uint8_t tag[TAG_LEN];		/* inside the obfuscated opening */
	uint8_t mark;			/* bytes of it that open it plainly */
	uint8_t head;			/* bytes of a head, at least */
	bool hides;			/* is met inside the obfuscated one */
};

static const struct transport transports[MTPROTO_TRANSPORTS] = {
	[MTPROTO_ABRIDGED] = { { 0xef, 0xef, 0xef, 0xef }, 1, 1, true },
	[MTPROTO_INTERMEDIATE] = { { 0xee, 0xee, 0xee, 0xee }, 4, 4, true },
	[MTPROTO_PADDED] = { { 0xdd, 0xdd, 0xdd, 0xdd }, 4, 4, true },
	[MTPROTO_FULL] = { { 0, 0, 0, 0 }, 0, FULL_HEAD, false },
};

/*
 * Parts that apps cut files into: iOS from 16 KiB on, Telegram Desktop and
 * TDLib from 32, Android 32 or 128, up to the protocol's 512. The protocol
 * takes 1 to 8 KiB too; nobody is known to use them.
 */
static const uint32_t file_parts[] = {
	16 << 10, 32 << 10, 64 << 10, 128 << 10, 256 << 10, 512 << 10
};
/*
 * What a frame has beside its part: 92 bytes at least (measured with the npm
 * package telegram; 108 for upload.saveBigFilePart), up to 447 where sizes are
 * rounded (tdlib/td, Transport.cpp) and some 400 where the connection's first
 * request carries the client's description; the protocol allows 1024 of padding.
 */
#define PART_EXTRA_MIN 80
#define PART_EXTRA_MAX 1100

/* ---- AES-256-CTR at any place -------------------------------------------- */

/* This thread's context: finding a cipher by name takes locks. */
static EVP_CIPHER_CTX *
cipher_get(void)
{
	static _Thread_local EVP_CIPHER_CTX *ctx;
	EVP_CIPHER *cipher;

	if (ctx != NULL)
		return ctx;
	cipher = EVP_CIPHER_fetch(NULL, "AES-256-ECB", NULL);
	ctx = cipher != NULL ? EVP_CIPHER_CTX_new() : NULL;
	if (ctx != NULL &&
	    EVP_EncryptInit_ex2(ctx, cipher, NULL, NULL, NULL) != 1) {
		EVP_CIPHER_CTX_free(ctx);
		ctx = NULL;
	}
	EVP_CIPHER_free(cipher);
	return ctx;
}

/* Adds to a big-endian number of 16 bytes, modulo 2^128. */
static void
counter_add(uint8_t counter[COUNTER_LEN], uint64_t add)
{
	for (int i = COUNTER_LEN - 1; i >= 0 && add > 0; i--) {
		add += counter[i];
		counter[i] = (uint8_t)add;
		add >>= 8;
	}
}

/* One block of a direction's key stream. */
static bool
stream_block(const struct mtproto *mt, enum dir dir, uint64_t number,
    uint8_t out[BLOCK])
{
	EVP_CIPHER_CTX *ctx = cipher_get();
	uint8_t material[KEY_LEN + COUNTER_LEN];
	int len;

	for (size_t i = 0; i < sizeof(material); i++)
		material[i] = mt->opening[KEY_AT +
		    (dir == DIR_UP ? i : sizeof(material) - 1 - i)];
	counter_add(material + KEY_LEN, number);
	return ctx != NULL &&
	    EVP_EncryptInit_ex2(ctx, NULL, material, NULL, NULL) == 1 &&
	    EVP_EncryptUpdate(ctx, out, &len, material + KEY_LEN, BLOCK) == 1;
}

/* Deciphers `len` bytes that stood at place `at` of their direction. */
static bool
stream_clear(const struct mtproto *mt, enum dir dir, uint64_t at,
    const uint8_t *sent, size_t len, uint8_t *clear)
{
	uint8_t block[BLOCK];

	for (size_t i = 0; i < len; i++) {
		size_t within = (at + i) % BLOCK;

		if ((i == 0 || within == 0) &&
		    !stream_block(mt, dir, (at + i) / BLOCK, block))
			return false;
		clear[i] = sent[i] ^ block[within];
	}
	return true;
}

/* ---- heads ---------------------------------------------------------------- */

static uint32_t
little(const uint8_t *bytes, size_t count)
{
	uint32_t value = 0;

	while (count-- > 0)
		value = value << 8 | bytes[count];
	return value;
}

/*
 * May a payload be so long? A message is whole AES blocks after 24 bytes; only
 * the few of a key exchange are not, and words like "-404" are short.
 */
static bool
payload_fits(const struct mtproto *mt, uint32_t length)
{
	uint32_t pad = mt->transport == MTPROTO_PADDED ? PAD_MAX : 0;

	if (length < 4 || length > FRAME_MAX)
		return false;
	if (pad == 0 && length % 4 != 0)
		return false;
	return length <= BARE_MAX || (length - 24) % BLOCK <= pad;
}

static bool
head_payload(const struct mtproto *mt, uint32_t length, struct mtproto_head *head)
{
	head->length = length;
	head->payload = length >= BARE_MIN;
	return payload_fits(mt, length);
}

/* A client may ask for a quick acknowledgement, which is such a word alone. */
static bool
head_abridged(const struct mtproto *mt, enum dir dir, const uint8_t *clear,
    size_t have, struct mtproto_head *head)
{
	bool flag = clear[0] & 0x80, quick = flag && dir == DIR_DOWN;
	uint32_t words = clear[0] & 0x7f;

	head->size = quick || words == 0x7f ? 4 : 1;
	if (have < head->size || quick)
		return true;
	if (words == 0x7f)
		words = little(clear + 1, 3);
	return words <= FRAME_MAX / 4 && head_payload(mt, words * 4, head);
}

static bool
head_intermediate(const struct mtproto *mt, enum dir dir, const uint8_t *clear,
    struct mtproto_head *head)
{
	uint32_t length = little(clear, 4);

	if ((length >> 31) != 0 && dir == DIR_DOWN)
		return true;
	return head_payload(mt, length & 0x7fffffff, head);
}

/* The length counts itself, the sequence and the checksum. */
static bool
head_full(const struct mtproto *mt, enum dir dir, const uint8_t *clear,
    struct mtproto_head *head)
{
	uint32_t length = little(clear, 4);

	if (length < FULL_HEAD + FULL_TAIL || little(clear + 4, 4) != mt->sequence[dir] ||
	    !head_payload(mt, length - FULL_HEAD - FULL_TAIL, head))
		return false;
	head->length += FULL_TAIL;
	return true;
}

bool
mtproto_head(const struct mtproto *mt, enum dir dir, const uint8_t *sent,
    size_t have, struct mtproto_head *head)
{
	uint8_t clear[MTPROTO_HEAD_MAX];

	*head = (struct mtproto_head){ .size = transports[mt->transport].head };
	if (have < head->size)
		return true;
	if (have > sizeof(clear) || have > mt->at[dir])
		return false;
	memcpy(clear, sent, have);
	if (mt->hidden &&
	    !stream_clear(mt, dir, mt->at[dir] - have, sent, have, clear))
		return false;
	switch (mt->transport) {
	case MTPROTO_ABRIDGED:
		return head_abridged(mt, dir, clear, have, head);
	case MTPROTO_FULL:
		return head_full(mt, dir, clear, head);
	default:
		return head_intermediate(mt, dir, clear, head);
	}
}

/* ---- openings -------------------------------------------------------------- */

/*
 * Does a plain transport's first frame begin at `at`? Its payload is a message
 * under a key, or has key id 0 and is one of the key exchange.
 */
static bool
plain_begins(const struct mtproto *mt, size_t at)
{
	struct mtproto probe = *mt;
	struct mtproto_head head;
	size_t have = MTPROTO_HEAD_MAX;
	uint64_t key;

	probe.at[DIR_UP] = at + have;
	if (!mtproto_head(&probe, DIR_UP, mt->opening + at, have, &head) ||
	    !head.payload || at + head.size + sizeof(key) > mt->have)
		return false;
	memcpy(&key, mt->opening + at + head.size, sizeof(key));
	if (key == 0)
		return head.length <= BARE_MAX;
	return head.length >= MESSAGE_MIN && (mt->transport == MTPROTO_PADDED ||
	    (head.length - (mt->transport == MTPROTO_FULL ? FULL_TAIL : 0) - 24) % BLOCK == 0);
}

/* An obfuscated opening is none of these: those who make it see to that. */
static bool
plain_find(struct mtproto *mt)
{
	for (uint8_t i = 0; i < MTPROTO_TRANSPORTS; i++) {
		mt->transport = i;
		if (memcmp(mt->opening, transports[i].tag, transports[i].mark) == 0 &&
		    plain_begins(mt, transports[i].mark)) {
			mt->at[DIR_UP] = transports[i].mark;
			return true;
		}
	}
	return false;
}

static bool
hidden_find(struct mtproto *mt)
{
	uint8_t tag[TAG_LEN];

	if (!stream_clear(mt, DIR_UP, TAG_AT, mt->opening + TAG_AT, TAG_LEN, tag))
		return false;
	for (uint8_t i = 0; i < MTPROTO_TRANSPORTS; i++) {
		if (!transports[i].hides || memcmp(tag, transports[i].tag, TAG_LEN) != 0)
			continue;
		mt->transport = i;
		mt->hidden = true;
		mt->at[DIR_UP] = MTPROTO_OPENING;
		return true;
	}
	return false;
}

enum mtproto_opens
mtproto_open(struct mtproto *mt, const uint8_t *data, size_t len, size_t *taken)
{
	uint8_t had = mt->have;

	*taken = 0;
	while (mt->have < MTPROTO_OPENING && *taken < len)
		mt->opening[mt->have++] = data[(*taken)++];
	if (mt->have < PLAIN_MIN)
		return MTPROTO_MORE;
	/* A plain one is known by its sixteenth byte, or is none. */
	if (had < PLAIN_MIN && plain_find(mt))
		return MTPROTO_OPENED;
	if (mt->have < MTPROTO_OPENING)
		return MTPROTO_MORE;
	return hidden_find(mt) ? MTPROTO_OPENED : MTPROTO_NOT;
}

bool
mtproto_is_file_part(uint64_t bytes)
{
	for (size_t i = 0; i < sizeof(file_parts) / sizeof(file_parts[0]); i++)
		if (bytes >= file_parts[i] + PART_EXTRA_MIN &&
		    bytes <= file_parts[i] + PART_EXTRA_MAX)
			return true;
	return false;
}
