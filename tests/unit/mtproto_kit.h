/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telegram's transports as a client and its server write them: obfuscation by
 * the crypto library's own counter mode, from the first byte on, so that it
 * shares nothing with the reader under test but the documents.
 */
#ifndef TESTS_MTPROTO_KIT_H
#define TESTS_MTPROTO_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "classifiers/mtproto.h"

#define TG_STREAM_MAX (1u << 20)

struct tg {
	enum mtproto_transport transport;
	EVP_CIPHER_CTX *ctr[2];		/* NULL: plain */
	uint32_t sequence[2], noise;
	uint8_t *out[2];
	size_t len[2];
};

static inline uint8_t
tg_noise(struct tg *tg)
{
	tg->noise = tg->noise * 1664525u + 1013904223u;
	return (uint8_t)(tg->noise >> 16);
}

static inline void
tg_put(struct tg *tg, enum dir dir, const uint8_t *clear, size_t len)
{
	uint8_t *out = tg->out[dir] + tg->len[dir];
	int done;

	assert_true(tg->len[dir] + len <= TG_STREAM_MAX);
	memcpy(out, clear, len);
	if (tg->ctr[dir] != NULL)
		assert_int_equal(EVP_EncryptUpdate(tg->ctr[dir], out, &done, clear,
		    (int)len), 1);
	tg->len[dir] += len;
}

static inline EVP_CIPHER_CTX *
tg_cipher(const uint8_t *material, const char *secret)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t key[32 + 64], mixed[32];

	memcpy(key, material, 32);
	memcpy(mixed, material, 32);
	if (secret != NULL) {
		memcpy(key + 32, secret, strlen(secret));
		SHA256(key, 32 + strlen(secret), mixed);
	}
	assert_int_equal(EVP_EncryptInit_ex2(ctx, EVP_aes_256_ctr(), mixed,
	    material + 32, NULL), 1);
	return ctx;
}

/* The tag that names the transport inside; opening: 64 bytes, as they are to be sent. */
static inline void
tg_hide(struct tg *tg, uint8_t *opening, uint32_t tag, const char *secret)
{
	uint8_t turned[48], hidden[64];
	int done;

	for (int i = 0; i < 48; i++)
		turned[i] = opening[8 + 47 - i];
	tg->ctr[DIR_UP] = tg_cipher(opening + 8, secret);
	tg->ctr[DIR_DOWN] = tg_cipher(turned, secret);
	for (int i = 0; i < 4; i++)
		opening[56 + i] = (uint8_t)(tag >> 8 * i);
	assert_int_equal(EVP_EncryptUpdate(tg->ctr[DIR_UP], hidden, &done, opening,
	    64), 1);
	memcpy(opening + 56, hidden + 56, 8);
	memcpy(tg->out[DIR_UP], opening, 64);
	tg->len[DIR_UP] = 64;
}

static const uint32_t tg_tags[] = {
	[MTPROTO_ABRIDGED] = 0xefefefef, [MTPROTO_INTERMEDIATE] = 0xeeeeeeee,
	[MTPROTO_PADDED] = 0xdddddddd, [MTPROTO_FULL] = 0
};

static inline void
tg_init(struct tg *tg, uint32_t noise)
{
	*tg = (struct tg){ .noise = noise };
	tg->out[0] = calloc(1, TG_STREAM_MAX);
	tg->out[1] = calloc(1, TG_STREAM_MAX);
	assert_true(tg->out[0] != NULL && tg->out[1] != NULL);
}

static inline void
tg_fini(struct tg *tg)
{
	for (int dir = 0; dir < 2; dir++) {
		EVP_CIPHER_CTX_free(tg->ctr[dir]);
		free(tg->out[dir]);
	}
}

static inline void
tg_open_with(struct tg *tg, enum mtproto_transport transport, bool hidden,
    const char *secret, uint8_t *opening)
{
	uint32_t tag = tg_tags[transport];
	uint8_t mark[4] = { (uint8_t)tag, (uint8_t)tag, (uint8_t)tag, (uint8_t)tag };

	tg->transport = transport;
	if (hidden)
		tg_hide(tg, opening, tag, secret);
	else if (transport != MTPROTO_FULL)
		tg_put(tg, DIR_UP, mark, transport == MTPROTO_ABRIDGED ? 1 : 4);
}

static inline void
tg_open(struct tg *tg, enum mtproto_transport transport, bool hidden)
{
	uint8_t opening[64];

	for (int i = 0; i < 64; i++)
		opening[i] = tg_noise(tg);
	/* None of the openings that mean another transport. */
	opening[0] = 'q';
	opening[4] |= 1;
	tg_open_with(tg, transport, hidden, NULL, opening);
}

static inline size_t
tg_head(const struct tg *tg, enum dir dir, uint32_t length, bool quick, uint8_t *head)
{
	uint32_t words = length / 4, flag = quick ? 0x80 : 0;

	if (tg->transport == MTPROTO_ABRIDGED && words < 127) {
		head[0] = (uint8_t)(words | flag);
		return 1;
	}
	if (tg->transport == MTPROTO_ABRIDGED) {
		head[0] = (uint8_t)(0x7f | flag);
		for (int i = 0; i < 3; i++)
			head[1 + i] = (uint8_t)(words >> 8 * i);
		return 4;
	}
	if (tg->transport == MTPROTO_FULL)
		length += 12;
	for (int i = 0; i < 4; i++)
		head[i] = (uint8_t)(length >> 8 * i);
	head[3] = (uint8_t)(head[3] | flag);
	for (int i = 0; i < 4; i++)
		head[4 + i] = (uint8_t)(tg->sequence[dir] >> 8 * i);
	return tg->transport == MTPROTO_FULL ? 8 : 4;
}

/*
 * A frame whose payload has `length` bytes (a whole number of blocks after 24,
 * but for bare ones). Returns its length on the wire.
 */
static inline size_t
tg_frame_quick(struct tg *tg, enum dir dir, uint32_t length, bool quick)
{
	uint32_t pad = tg->transport == MTPROTO_PADDED ? tg_noise(tg) % 16 : 0;
	uint32_t tail = tg->transport == MTPROTO_FULL ? 4 : 0;
	size_t before = tg->len[dir];
	uint8_t head[8];
	uint8_t *body = malloc(length + pad + tail + 1);

	assert_non_null(body);
	for (uint32_t i = 0; i < length + pad + tail; i++)
		body[i] = tg_noise(tg);
	body[0] |= 1;		/* the id of a key: not 0 */
	tg_put(tg, dir, head, tg_head(tg, dir, length + pad, quick, head));
	tg_put(tg, dir, body, length + pad + tail);
	free(body);
	tg->sequence[dir]++;
	return tg->len[dir] - before;
}

static inline size_t
tg_frame(struct tg *tg, enum dir dir, uint32_t length)
{
	return tg_frame_quick(tg, dir, length, false);
}

/* 24 bytes, then a head of 32, so much of TL, and at least 12 of padding, in blocks. */
static inline uint32_t
tg_message(uint32_t inner)
{
	return 24 + (32 + inner + 12 + 15) / 16 * 16;
}

#endif
