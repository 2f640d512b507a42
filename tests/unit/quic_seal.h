/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes protected QUIC Initial packets for tests, from the text of RFC 9001
 * section 5 and with other calls than the program's own, so that neither can
 * hide an error of the other.
 */
#ifndef TESTS_QUIC_SEAL_H
#define TESTS_QUIC_SEAL_H

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define SEAL_MAX 20000

struct seal {
	uint32_t version;
	uint8_t type;			/* first byte before the number's length */
	const uint8_t *salt;		/* 20 bytes */
	const char *prefix;		/* of the labels: "quic" or "quicv2" */
	const uint8_t *key_dcid;	/* the ID the keys follow from */
	size_t key_dcid_len;
	const uint8_t *dcid;		/* the ID in the header */
	size_t dcid_len;
	size_t token_len;		/* bytes of a token, all 0x55 */
	uint32_t number;		/* packet number, sent in four bytes */
};

struct sealed {
	uint8_t bytes[SEAL_MAX];
	size_t len;
	uint8_t key[16], iv[12], hp[16];
};

static inline void
seal_hmac(const uint8_t *key, int key_len, const uint8_t *data, size_t len,
    uint8_t out[32])
{
	unsigned written;

	assert(HMAC(EVP_sha256(), key, key_len, data, len, out, &written) != NULL);
}

static inline void
seal_label(const uint8_t secret[32], const char *prefix, const char *label,
    size_t len, uint8_t *out)
{
	uint8_t info[64], block[32];
	size_t label_len = 6 + strlen(prefix) + strlen(label);

	info[0] = 0;
	info[1] = (uint8_t)len;
	info[2] = (uint8_t)label_len;
	strcpy((char *)info + 3, "tls13 ");
	strcat((char *)info + 3, prefix);
	strcat((char *)info + 3, label);
	info[3 + label_len] = 0;
	info[4 + label_len] = 1;
	seal_hmac(secret, 32, info, 5 + label_len, block);
	memcpy(out, block, len);
}

static inline void
seal_keys(const struct seal *seal, struct sealed *out)
{
	uint8_t initial[32], client[32];

	seal_hmac(seal->salt, 20, seal->key_dcid, seal->key_dcid_len, initial);
	seal_label(initial, "", "client in", 32, client);
	seal_label(client, seal->prefix, " key", 16, out->key);
	seal_label(client, seal->prefix, " iv", 12, out->iv);
	seal_label(client, seal->prefix, " hp", 16, out->hp);
}

static inline void
seal_put(struct sealed *out, uint64_t value, size_t size)
{
	while (size-- > 0)
		out->bytes[out->len++] = (uint8_t)(value >> 8 * size);
}

static inline void
seal_header(const struct seal *seal, size_t payload_len, struct sealed *out)
{
	out->len = 0;
	seal_put(out, seal->type | 3u, 1);
	seal_put(out, seal->version, 4);
	seal_put(out, seal->dcid_len, 1);
	memcpy(out->bytes + out->len, seal->dcid, seal->dcid_len);
	out->len += seal->dcid_len;
	seal_put(out, 0, 1);
	seal_put(out, 0x4000 | seal->token_len, seal->token_len > 63 ? 2 : 0);
	seal_put(out, seal->token_len, seal->token_len > 63 ? 0 : 1);
	memset(out->bytes + out->len, 0x55, seal->token_len);
	out->len += seal->token_len;
	seal_put(out, 0x4000 | (4 + payload_len + 16), 2);
	seal_put(out, seal->number, 4);
}

static inline void
seal_body(const struct seal *seal, const uint8_t *payload, size_t len,
    struct sealed *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t nonce[12], *body = out->bytes + out->len;
	int done;

	memcpy(nonce, out->iv, sizeof(nonce));
	for (int i = 0; i < 4; i++)
		nonce[11 - i] ^= (uint8_t)(seal->number >> 8 * i);
	assert(EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, out->key, nonce) == 1);
	assert(EVP_EncryptUpdate(ctx, NULL, &done, out->bytes, (int)out->len) == 1);
	assert(EVP_EncryptUpdate(ctx, body, &done, payload, (int)len) == 1);
	assert(EVP_EncryptFinal_ex(ctx, body + done, &done) == 1);
	assert(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, body + len) == 1);
	out->len += len + 16;
	EVP_CIPHER_CTX_free(ctx);
}

static inline void
seal_hide(struct sealed *out, size_t head)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t mask[32];
	int done;

	assert(EVP_EncryptInit_ex(ctx, EVP_aes_128_ecb(), NULL, out->hp, NULL) == 1);
	assert(EVP_EncryptUpdate(ctx, mask, &done, out->bytes + head + 4, 16) == 1);
	out->bytes[0] ^= mask[0] & 0x0f;
	for (int i = 0; i < 4; i++)
		out->bytes[head + (size_t)i] ^= mask[1 + i];
	EVP_CIPHER_CTX_free(ctx);
}

/* Frames in, a protected packet out. */
static inline void
seal_packet(const struct seal *seal, const uint8_t *payload, size_t len,
    struct sealed *out)
{
	assert(len + 300 + seal->token_len < SEAL_MAX);
	seal_keys(seal, out);
	seal_header(seal, len, out);
	seal_body(seal, payload, len, out);
	seal_hide(out, out->len - len - 20);
}

/* A CRYPTO frame; returns its length. */
static inline size_t
seal_crypto(uint8_t *out, uint8_t type, size_t offset, const uint8_t *data,
    size_t len)
{
	out[0] = type;
	out[1] = (uint8_t)(0x40 | offset >> 8);
	out[2] = (uint8_t)offset;
	out[3] = (uint8_t)(0x40 | len >> 8);
	out[4] = (uint8_t)len;
	memcpy(out + 5, data, len);
	return len + 5;
}

#endif
