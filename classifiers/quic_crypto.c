/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Initial protection with OpenSSL. Looking an algorithm up by name is slow in
 * OpenSSL 3 (it takes locks and walks the providers), so each thread looks up
 * once and keeps the contexts; a packet only changes their keys.
 */
#include "classifiers/quic_crypto.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

#define SECRET_LEN 32			/* of SHA-256 */
#define LABEL_MAX 32			/* longest HKDF label with its frame */

struct tools {
	EVP_MAC_CTX *hmac;
	EVP_CIPHER_CTX *ecb, *gcm;
	bool ready;
};

static EVP_MAC_CTX *
tools_hmac(void)
{
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;

	EVP_MAC_free(mac);
	if (ctx != NULL && EVP_MAC_CTX_set_params(ctx, params) != 1) {
		EVP_MAC_CTX_free(ctx);
		ctx = NULL;
	}
	return ctx;
}

static EVP_CIPHER_CTX *
tools_cipher(const char *name)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	EVP_CIPHER_CTX *ctx = cipher != NULL ? EVP_CIPHER_CTX_new() : NULL;
	bool decrypt = strstr(name, "GCM") != NULL;

	if (ctx != NULL &&
	    EVP_CipherInit_ex2(ctx, cipher, NULL, NULL, !decrypt, NULL) != 1) {
		EVP_CIPHER_CTX_free(ctx);
		ctx = NULL;
	}
	EVP_CIPHER_free(cipher);
	return ctx;
}

/* This thread's contexts; NULL when the library cannot give them. */
static struct tools *
tools_get(void)
{
	static _Thread_local struct tools tools;

	if (tools.ready)
		return &tools;
	if (tools.hmac == NULL)
		tools.hmac = tools_hmac();
	if (tools.ecb == NULL)
		tools.ecb = tools_cipher("AES-128-ECB");
	if (tools.gcm == NULL)
		tools.gcm = tools_cipher("AES-128-GCM");
	tools.ready = tools.hmac != NULL && tools.ecb != NULL && tools.gcm != NULL;
	return tools.ready ? &tools : NULL;
}

/* key NULL: the one of the last call again. */
static bool
hmac(struct tools *tools, const uint8_t *key, size_t key_len,
    const uint8_t *data, size_t len, uint8_t out[SECRET_LEN])
{
	size_t written;

	return EVP_MAC_init(tools->hmac, key, key_len, NULL) == 1 &&
	    EVP_MAC_update(tools->hmac, data, len) == 1 &&
	    EVP_MAC_final(tools->hmac, out, &written, SECRET_LEN) == 1;
}

/*
 * HKDF-Expand-Label of at most one block (RFC 8446 section 7.1, RFC 5869
 * section 2.3): length, "tls13 " and label, empty context, block number.
 */
static bool
expand(struct tools *tools, const uint8_t *secret, const char *label,
    uint8_t *out, size_t out_len)
{
	uint8_t info[LABEL_MAX], block[SECRET_LEN];
	size_t label_len = strlen(label), len = 0;

	info[len++] = 0;
	info[len++] = (uint8_t)out_len;
	info[len++] = (uint8_t)(6 + label_len);
	memcpy(info + len, "tls13 ", 6);
	len += 6;
	memcpy(info + len, label, label_len);
	len += label_len;
	info[len++] = 0;
	info[len++] = 1;
	if (!hmac(tools, secret, secret != NULL ? SECRET_LEN : 0, info, len, block))
		return false;
	memcpy(out, block, out_len);
	return true;
}

bool
quic_keys_derive(struct quic_keys *keys, const struct quic_schedule *schedule,
    const uint8_t *dcid, size_t len)
{
	struct tools *tools = tools_get();
	uint8_t initial[SECRET_LEN], client[SECRET_LEN];

	return tools != NULL &&
	    hmac(tools, schedule->salt, QUIC_SALT_LEN, dcid, len, initial) &&
	    expand(tools, initial, "client in", client, SECRET_LEN) &&
	    expand(tools, client, schedule->key, keys->key, sizeof(keys->key)) &&
	    expand(tools, NULL, schedule->iv, keys->iv, sizeof(keys->iv)) &&
	    expand(tools, NULL, schedule->hp, keys->hp, sizeof(keys->hp));
}

/* RFC 9001 section 5.4.3: the mask is one AES block of the sample. */
static bool
packet_mask(struct tools *tools, const struct quic_keys *keys,
    const uint8_t *sample, uint8_t mask[QUIC_SAMPLE_LEN])
{
	int len;

	return EVP_EncryptInit_ex2(tools->ecb, NULL, keys->hp, NULL, NULL) == 1 &&
	    EVP_EncryptUpdate(tools->ecb, mask, &len, sample, QUIC_SAMPLE_LEN) == 1;
}

/* What header protection hid: the first byte and the packet number. */
struct bare {
	uint8_t first;
	uint8_t pn[QUIC_PN_MAX];
	size_t pn_len;
};

static void
packet_bare(const struct quic_packet *packet, const uint8_t *mask,
    struct bare *bare)
{
	bare->first = packet->data[0] ^ (mask[0] & 0x0f);
	bare->pn_len = (bare->first & 3u) + 1;
	for (size_t i = 0; i < bare->pn_len; i++)
		bare->pn[i] = packet->data[packet->head + i] ^ mask[1 + i];
}

/* The nonce: the packet number laid over the end of the IV (section 5.3). */
static void
packet_nonce(const struct quic_keys *keys, const struct bare *bare,
    uint8_t nonce[12])
{
	memcpy(nonce, keys->iv, 12);
	for (size_t i = 0; i < bare->pn_len; i++)
		nonce[12 - bare->pn_len + i] ^= bare->pn[i];
}

static long
packet_decrypt(struct tools *tools, const struct quic_keys *keys,
    const struct quic_packet *packet, const struct bare *bare, uint8_t *plain)
{
	const uint8_t *body = packet->data + packet->head + bare->pn_len;
	size_t len = packet->len - packet->head - bare->pn_len - QUIC_TAG_LEN;
	EVP_CIPHER_CTX *gcm = tools->gcm;
	uint8_t nonce[12], tag[QUIC_TAG_LEN];
	int done, last;

	packet_nonce(keys, bare, nonce);
	memcpy(tag, body + len, sizeof(tag));
	if (EVP_DecryptInit_ex2(gcm, NULL, keys->key, nonce, NULL) != 1 ||
	    EVP_DecryptUpdate(gcm, NULL, &done, &bare->first, 1) != 1 ||
	    EVP_DecryptUpdate(gcm, NULL, &done, packet->data + 1,
	    (int)(packet->head - 1)) != 1 ||
	    EVP_DecryptUpdate(gcm, NULL, &done, bare->pn, (int)bare->pn_len) != 1 ||
	    EVP_DecryptUpdate(gcm, plain, &done, body, (int)len) != 1 ||
	    EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_SET_TAG, QUIC_TAG_LEN, tag) != 1 ||
	    EVP_DecryptFinal_ex(gcm, plain + done, &last) != 1)
		return -1;
	return done;
}

long
quic_packet_open(const struct quic_keys *keys, const struct quic_packet *packet,
    uint8_t *plain)
{
	struct tools *tools = tools_get();
	uint8_t mask[QUIC_SAMPLE_LEN];
	struct bare bare;

	/* The sample starts as if the packet number had four bytes (5.4.2). */
	if (tools == NULL || packet->head == 0 || packet->len < packet->head ||
	    packet->len - packet->head < QUIC_PN_MAX + QUIC_SAMPLE_LEN)
		return -1;
	if (!packet_mask(tools, keys, packet->data + packet->head + QUIC_PN_MAX, mask))
		return -1;
	packet_bare(packet, mask, &bare);
	return packet_decrypt(tools, keys, packet, &bare, plain);
}
