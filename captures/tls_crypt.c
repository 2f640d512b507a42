/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One record, opened. Fetching an algorithm is slow in OpenSSL 3, so each is
 * fetched once in a process and kept.
 */
#include "captures/tls_inner.h"

#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/core_names.h>
#include <stdlib.h>
#include <string.h>

#define SEQUENCE_HEADER 13		/* sequence number, type, version, length */

struct tls_cipher {
	const struct tls_bulk_row *row;
	EVP_CIPHER_CTX *context;	/* NULL with BULK_NULL */
	EVP_MAC_CTX *mac;		/* NULL with AEAD */
	uint64_t sequence;
	uint16_t version;
	uint8_t mac_len;
	bool etm;
	bool unchained;			/* before TLS 1.1: that block was lost */
	uint8_t iv[TLS_IV_MAX];		/* fixed part; before TLS 1.1 the last block */
};

/* ---- algorithms ---- */

static const EVP_CIPHER *
bulk_fetch(enum tls_bulk bulk)
{
	static EVP_CIPHER *fetched[BULKS];

	if (fetched[bulk] == NULL && tls_bulks[bulk].name != NULL)
		fetched[bulk] = EVP_CIPHER_fetch(NULL, tls_bulks[bulk].name, NULL);
	return fetched[bulk];
}

static EVP_MAC *
hmac_fetch(void)
{
	static EVP_MAC *fetched;

	if (fetched == NULL)
		fetched = EVP_MAC_fetch(NULL, "HMAC", NULL);
	return fetched;
}

static EVP_MAC_CTX *
hmac_new(enum tls_hash hash, const uint8_t *key)
{
	static const char *const names[HASHES] = {
		[HASH_MD5] = "MD5", [HASH_SHA1] = "SHA1",
		[HASH_SHA256] = "SHA256", [HASH_SHA384] = "SHA384",
	};
	char name[8];
	OSSL_PARAM params[2];
	EVP_MAC_CTX *mac = hmac_fetch() ? EVP_MAC_CTX_new(hmac_fetch()) : NULL;

	memcpy(name, names[hash], strlen(names[hash]) + 1);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0);
	params[1] = OSSL_PARAM_construct_end();
	if (mac != NULL && EVP_MAC_init(mac, key, tls_hash_len(hash), params) == 1)
		return mac;
	EVP_MAC_CTX_free(mac);
	return NULL;
}

static EVP_CIPHER_CTX *
context_new(enum tls_bulk bulk, const uint8_t *key)
{
	const struct tls_bulk_row *row = &tls_bulks[bulk];
	const EVP_CIPHER *cipher = bulk_fetch(bulk);
	EVP_CIPHER_CTX *context = cipher ? EVP_CIPHER_CTX_new() : NULL;
	bool good = context != NULL && EVP_DecryptInit_ex(context, cipher, NULL, NULL, NULL) == 1;

	if (good && row->mode != MODE_CBC)
		good = EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, 12, NULL) == 1;
	/* CCM computes with the tag's length, so that comes before the key. */
	if (good && row->mode == MODE_CCM)
		good = EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, row->tag_len, NULL) == 1;
	if (good)
		good = EVP_DecryptInit_ex(context, NULL, NULL, key, NULL) == 1;
	if (good && row->mode == MODE_CBC)
		good = EVP_CIPHER_CTX_set_padding(context, 0) == 1;
	if (good)
		return context;
	EVP_CIPHER_CTX_free(context);
	return NULL;
}

struct tls_cipher *
tls_cipher_new(const struct tls_suite *suite, uint16_t version, bool etm,
    const struct tls_key_block *keys)
{
	struct tls_cipher *cipher = calloc(1, sizeof(*cipher));

	if (cipher == NULL)
		return NULL;
	cipher->row = &tls_bulks[suite->bulk];
	cipher->version = version;
	cipher->etm = etm && cipher->row->mode == MODE_CBC;
	memcpy(cipher->iv, keys->iv, sizeof(cipher->iv));
	if (suite->mac != HASH_NONE) {
		cipher->mac_len = (uint8_t)tls_hash_len(suite->mac);
		cipher->mac = hmac_new(suite->mac, keys->mac);
	}
	if (suite->bulk != BULK_NULL)
		cipher->context = context_new(suite->bulk, keys->key);
	if ((suite->mac != HASH_NONE && cipher->mac == NULL) ||
	    (suite->bulk != BULK_NULL && cipher->context == NULL)) {
		tls_cipher_free(cipher);
		return NULL;
	}
	return cipher;
}

void
tls_cipher_free(struct tls_cipher *cipher)
{
	if (cipher == NULL)
		return;
	EVP_CIPHER_CTX_free(cipher->context);
	EVP_MAC_CTX_free(cipher->mac);
	explicit_bzero(cipher, sizeof(*cipher));
	free(cipher);
}

void
tls_cipher_skip(struct tls_cipher *cipher)
{
	cipher->unchained = true;
	cipher->sequence++;
}

uint32_t
tls_cipher_plain_len(const struct tls_cipher *cipher, uint16_t len)
{
	uint32_t over = (uint32_t)cipher->row->explicit_len + cipher->row->tag_len;

	if (cipher->version == TLS_1_3 || cipher->mac != NULL || len < over)
		return GAP_UNKNOWN;
	return len - over;
}

/* ---- AEAD ---- */

static void
put_u64(uint8_t *out, uint64_t value)
{
	for (int i = 7; i >= 0; i--, value >>= 8)
		out[i] = (uint8_t)value;
}

/* Sequence number, type, version, length: what a MAC covers before the data. */
static void
sequence_header(const struct tls_cipher *cipher, const struct tls_record *record,
    size_t len, uint8_t out[SEQUENCE_HEADER])
{
	put_u64(out, cipher->sequence);
	out[8] = record->type;
	out[9] = (uint8_t)(record->version >> 8);
	out[10] = (uint8_t)record->version;
	out[11] = (uint8_t)(len >> 8);
	out[12] = (uint8_t)len;
}

/*
 * The nonce: fixed part and what stands in the record (RFC 5288 section 3,
 * RFC 6655 section 3), or the IV with the sequence number (RFC 7905 section 2,
 * RFC 8446 section 5.3).
 */
static void
aead_nonce(const struct tls_cipher *cipher, const struct tls_record *record, uint8_t nonce[12])
{
	uint8_t sequence[8];

	memcpy(nonce, cipher->iv, 12);
	if (cipher->version != TLS_1_3 && cipher->row->explicit_len > 0) {
		memcpy(nonce + 4, record->body, 8);
		return;
	}
	put_u64(sequence, cipher->sequence);
	for (int i = 0; i < 8; i++)
		nonce[4 + i] ^= sequence[i];
}

struct sealed {
	const uint8_t *text, *tag;
	size_t len;
	const uint8_t *extra;		/* additional data */
	int extra_len;
};

static bool
aead_decrypt(const struct tls_cipher *cipher, const struct sealed *sealed,
    const uint8_t nonce[12], uint8_t *out)
{
	EVP_CIPHER_CTX *context = cipher->context;
	bool ccm = cipher->row->mode == MODE_CCM;
	uint8_t tag[16];
	int n, len = (int)sealed->len;

	memcpy(tag, sealed->tag, cipher->row->tag_len);
	if (EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, cipher->row->tag_len, tag) != 1 ||
	    EVP_DecryptInit_ex(context, NULL, NULL, NULL, nonce) != 1)
		return false;
	/* CCM wants the length before, and checks the tag at the data. */
	if (ccm && EVP_DecryptUpdate(context, NULL, &n, NULL, len) != 1)
		return false;
	if (EVP_DecryptUpdate(context, NULL, &n, sealed->extra, sealed->extra_len) != 1)
		return false;
	if ((len > 0 || ccm) && EVP_DecryptUpdate(context, out, &n, sealed->text, len) != 1)
		return false;
	return ccm || EVP_DecryptFinal_ex(context, out + len, &n) == 1;
}

static bool
aead_open(const struct tls_cipher *cipher, const struct tls_record *record,
    uint8_t *out, size_t *out_len)
{
	const struct tls_bulk_row *row = cipher->row;
	bool last = cipher->version == TLS_1_3;
	size_t before = last ? 0 : row->explicit_len;
	uint8_t nonce[12], extra[SEQUENCE_HEADER];
	struct sealed sealed;

	if (record->len < before + row->tag_len)
		return false;
	sealed.len = record->len - before - row->tag_len;
	sealed.text = record->body + before;
	sealed.tag = sealed.text + sealed.len;
	aead_nonce(cipher, record, nonce);
	sequence_header(cipher, record, sealed.len, extra);
	/* TLS 1.3 covers the record's header alone (section 5.2). */
	sealed.extra = last ? record->header : extra;
	sealed.extra_len = last ? TLS_RECORD_HEADER : SEQUENCE_HEADER;
	*out_len = sealed.len;
	return aead_decrypt(cipher, &sealed, nonce, out);
}

/* TLSInnerPlaintext: content, its type, zeros (RFC 8446 section 5.2). */
static bool
inner_type(const uint8_t *out, size_t *out_len, uint8_t *type)
{
	while (*out_len > 0 && out[*out_len - 1] == 0)
		--*out_len;
	if (*out_len == 0)
		return false;
	*type = out[--*out_len];
	return true;
}

/* ---- MAC ---- */

/* The record's MAC over data, compared with the one that stands there. */
static bool
mac_fits(const struct tls_cipher *cipher, const struct tls_record *record,
    const uint8_t *data, size_t len, const uint8_t *mac)
{
	uint8_t header[SEQUENCE_HEADER], out[TLS_HASH_MAX];
	size_t n = 0;

	sequence_header(cipher, record, len, header);
	return EVP_MAC_init(cipher->mac, NULL, 0, NULL) == 1 &&
	    EVP_MAC_update(cipher->mac, header, sizeof(header)) == 1 &&
	    EVP_MAC_update(cipher->mac, data, len) == 1 &&
	    EVP_MAC_final(cipher->mac, out, &n, sizeof(out)) == 1 &&
	    n == cipher->mac_len && memcmp(out, mac, n) == 0;
}

static bool
null_open(const struct tls_cipher *cipher, const struct tls_record *record,
    uint8_t *out, size_t *out_len)
{
	if (record->len < cipher->mac_len)
		return false;
	*out_len = record->len - cipher->mac_len;
	memcpy(out, record->body, record->len);
	return mac_fits(cipher, record, out, *out_len, out + *out_len);
}

/* Removes padding: its last byte says how many such bytes stand before it. */
static bool
padding_remove(const uint8_t *out, size_t *len, size_t block)
{
	size_t pad = *len > 0 ? (size_t)out[*len - 1] + 1 : 0;

	if (pad == 0 || pad > *len || *len % block != 0)
		return false;
	for (size_t i = *len - pad; i < *len; i++)
		if (out[i] != pad - 1)
			return false;
	*len -= pad;
	return true;
}

static bool
cbc_decrypt(const struct tls_cipher *cipher, const uint8_t *iv, const uint8_t *text,
    size_t len, uint8_t *out)
{
	size_t block = cipher->row->block_len;
	int n;

	return len > 0 && block > 0 && len % block == 0 &&
	    EVP_DecryptInit_ex(cipher->context, NULL, NULL, NULL, iv) == 1 &&
	    EVP_DecryptUpdate(cipher->context, out, &n, text, (int)len) == 1 &&
	    n == (int)len;
}

/*
 * RFC 5246 section 6.2.3.2: a record begins with its IV; before TLS 1.1 the IV
 * is the last block of the record before. With encrypt-then-MAC the MAC stands
 * behind all and covers the IV too (RFC 7366 section 3), but not one that is not
 * in the record: a wrong one would go unseen.
 */
static bool
cbc_open(struct tls_cipher *cipher, const struct tls_record *record,
    uint8_t *out, size_t *out_len)
{
	size_t block = cipher->row->block_len, len = record->len;
	size_t before = cipher->version >= TLS_1_1 ? block : 0;
	const uint8_t *iv = before ? record->body : cipher->iv;

	if (before == 0 && cipher->unchained)
		return false;
	if (cipher->etm) {
		if (len < cipher->mac_len)
			return false;
		len -= cipher->mac_len;
		if (!mac_fits(cipher, record, record->body, len, record->body + len))
			return false;
	}
	if (len < before + block)
		return false;
	*out_len = len - before;
	if (!cbc_decrypt(cipher, iv, record->body + before, *out_len, out) ||
	    !padding_remove(out, out_len, block))
		return false;
	if (!cipher->etm) {
		if (*out_len < cipher->mac_len)
			return false;
		*out_len -= cipher->mac_len;
		if (!mac_fits(cipher, record, out, *out_len, out + *out_len))
			return false;
	}
	if (before == 0)
		memcpy(cipher->iv, record->body + len - block, block);
	return true;
}

bool
tls_cipher_open(struct tls_cipher *cipher, const struct tls_record *record,
    uint8_t *out, size_t *out_len, uint8_t *type)
{
	bool good;

	*type = record->type;
	if (record->len > TLS_RECORD_MAX)
		return false;
	switch ((enum tls_mode)cipher->row->mode) {
	case MODE_STREAM:
		good = null_open(cipher, record, out, out_len);
		break;
	case MODE_CBC:
		good = cbc_open(cipher, record, out, out_len);
		break;
	default:
		good = aead_open(cipher, record, out, out_len);
		break;
	}
	if (good && cipher->version == TLS_1_3)
		good = inner_type(out, out_len, type);
	if (good)
		cipher->sequence++;
	return good;
}
