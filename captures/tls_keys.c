/* SPDX-License-Identifier: Apache-2.0 */
#include "captures/tls_inner.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <string.h>

/* RFC 8446 section 7.1: length, "tls13 " and label, context. */
#define LABEL_MAX 64

static bool
kdf_derive(EVP_KDF *kdf, OSSL_PARAM *params, uint8_t *out, size_t len)
{
	EVP_KDF_CTX *context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	bool good = context != NULL && EVP_KDF_derive(context, out, len, params) == 1;

	EVP_KDF_CTX_free(context);
	return good;
}

static size_t
label_info(const char *label, size_t out_len, uint8_t info[LABEL_MAX])
{
	size_t len = strlen(label);

	info[0] = (uint8_t)(out_len >> 8);
	info[1] = (uint8_t)out_len;
	info[2] = (uint8_t)(6 + len);
	memcpy(info + 3, "tls13 ", 6);
	memcpy(info + 9, label, len);
	info[9 + len] = 0;
	return 10 + len;
}

bool
tls_expand_label(enum tls_hash hash, const uint8_t *secret, const char *label,
    uint8_t *out, size_t len)
{
	static EVP_KDF *hkdf;
	uint8_t info[LABEL_MAX], key[TLS_HASH_MAX];
	size_t info_len = label_info(label, len, info), key_len = tls_hash_len(hash);
	char digest[8];
	int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	OSSL_PARAM params[5];
	bool good;

	if (hkdf == NULL)
		hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	memcpy(digest, hash == HASH_SHA384 ? "SHA384" : "SHA256", 7);
	memcpy(key, secret, key_len);
	params[0] = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode);
	params[1] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
	params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key, key_len);
	params[3] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, info_len);
	params[4] = OSSL_PARAM_construct_end();
	good = kdf_derive(hkdf, params, out, len);
	explicit_bzero(key, sizeof(key));
	return good;
}

/*
 * The PRF of TLS 1.2 (RFC 5246 section 5), or for earlier versions the one
 * of MD5 and SHA-1 (RFC 2246 section 5).
 */
static bool
tls_prf(uint16_t version, enum tls_hash hash, const struct secret *secret,
    const char *label, const uint8_t *seed, size_t seed_len, uint8_t *out, size_t len)
{
	static EVP_KDF *prf;
	uint8_t whole[LABEL_MAX + 2 * TLS_RANDOM_LEN];
	struct secret key = *secret;
	size_t label_len = strlen(label);
	char digest[10] = "MD5-SHA1";
	OSSL_PARAM params[4];
	bool good;

	if (prf == NULL)
		prf = EVP_KDF_fetch(NULL, "TLS1-PRF", NULL);
	if (label_len > LABEL_MAX || seed_len > 2 * TLS_RANDOM_LEN)
		return false;
	if (version >= TLS_1_2)
		memcpy(digest, hash == HASH_SHA384 ? "SHA384" : "SHA256", 7);
	memcpy(whole, label, label_len);
	memcpy(whole + label_len, seed, seed_len);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, key.bytes, key.len);
	params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, whole,
	    label_len + seed_len);
	params[3] = OSSL_PARAM_construct_end();
	good = kdf_derive(prf, params, out, len);
	explicit_bzero(&key, sizeof(key));
	return good;
}

struct tls_cipher *
tls_cipher_from_traffic(const struct tls_suite *suite, const struct secret *secret)
{
	struct tls_key_block keys = { .iv = { 0 } };
	struct tls_cipher *cipher = NULL;

	if (secret->len != tls_hash_len(suite->hash))
		return NULL;
	if (tls_expand_label(suite->hash, secret->bytes, "key", keys.key,
	    tls_bulks[suite->bulk].key_len) &&
	    tls_expand_label(suite->hash, secret->bytes, "iv", keys.iv, 12))
		cipher = tls_cipher_new(suite, TLS_1_3, false, &keys);
	explicit_bzero(&keys, sizeof(keys));
	return cipher;
}

bool
tls_traffic_update(const struct tls_suite *suite, struct secret *secret)
{
	uint8_t next[TLS_HASH_MAX];

	if (!tls_expand_label(suite->hash, secret->bytes, "traffic upd", next, secret->len))
		return false;
	memcpy(secret->bytes, next, secret->len);
	explicit_bzero(next, sizeof(next));
	return true;
}

/* Cuts a field for the client, then one for the server, out of the key block. */
static void
block_cut(const uint8_t **at, size_t len, uint8_t *client, uint8_t *server)
{
	memcpy(client, *at, len);
	memcpy(server, *at + len, len);
	*at += 2 * len;
}

bool
tls_ciphers_from_master(const struct tls_suite *suite, uint16_t version, bool etm,
    const struct secret *master, const struct tls_randoms *randoms,
    struct tls_cipher *ciphers[2])
{
	const struct tls_bulk_row *row = &tls_bulks[suite->bulk];
	struct tls_key_block keys[2] = { { .iv = { 0 } } };
	uint8_t block[2 * sizeof(struct tls_key_block)], seed[2 * TLS_RANDOM_LEN];
	size_t mac_len = tls_hash_len(suite->mac);
	const uint8_t *at = block;

	memcpy(seed, randoms->server, TLS_RANDOM_LEN);
	memcpy(seed + TLS_RANDOM_LEN, randoms->client, TLS_RANDOM_LEN);
	if (!tls_prf(version, suite->hash, master, "key expansion", seed, sizeof(seed),
	    block, sizeof(block)))
		return false;
	block_cut(&at, mac_len, keys[DIR_UP].mac, keys[DIR_DOWN].mac);
	block_cut(&at, row->key_len, keys[DIR_UP].key, keys[DIR_DOWN].key);
	block_cut(&at, row->iv_len, keys[DIR_UP].iv, keys[DIR_DOWN].iv);
	for (int dir = 0; dir < 2; dir++)
		ciphers[dir] = tls_cipher_new(suite, version, etm, &keys[dir]);
	explicit_bzero(block, sizeof(block));
	explicit_bzero(keys, sizeof(keys));
	if (ciphers[0] != NULL && ciphers[1] != NULL)
		return true;
	tls_cipher_free(ciphers[0]);
	tls_cipher_free(ciphers[1]);
	return false;
}
