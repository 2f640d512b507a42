/* SPDX-License-Identifier: Apache-2.0 */
#include "core/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdlib.h>

#include "core/log.h"

struct digest {
	EVP_MD_CTX *ctx;
};

__attribute__((noreturn))
static void
digest_fatal(void)
{
	log_error("digest", "the crypto library failed");
	exit(3);
}

static void
digest_once(const EVP_MD *md, const void *data, size_t len, uint8_t *out)
{
	if (EVP_Digest(data, len, out, NULL, md, NULL) != 1)
		digest_fatal();
}

void
digest_md5(const void *data, size_t len, uint8_t out[MD5_LEN])
{
	digest_once(EVP_md5(), data, len, out);
}

void
digest_sha1(const void *data, size_t len, uint8_t out[SHA1_LEN])
{
	digest_once(EVP_sha1(), data, len, out);
}

void
digest_sha256(const void *data, size_t len, uint8_t out[SHA256_LEN])
{
	digest_once(EVP_sha256(), data, len, out);
}

void
digest_hmac(const void *key, size_t key_len, const void *data, size_t len,
    uint8_t out[SHA256_LEN])
{
	if (HMAC(EVP_sha256(), key, (int)key_len, data, len, out, NULL) == NULL)
		digest_fatal();
}

struct digest *
digest_new(void)
{
	struct digest *digest = malloc(sizeof(*digest));

	if (digest == NULL || (digest->ctx = EVP_MD_CTX_new()) == NULL ||
	    EVP_DigestInit_ex(digest->ctx, EVP_sha256(), NULL) != 1)
		digest_fatal();
	return digest;
}

void
digest_update(struct digest *digest, const void *data, size_t len)
{
	if (EVP_DigestUpdate(digest->ctx, data, len) != 1)
		digest_fatal();
}

void
digest_final(struct digest *digest, uint8_t out[SHA256_LEN])
{
	if (EVP_DigestFinal_ex(digest->ctx, out, NULL) != 1)
		digest_fatal();
	EVP_MD_CTX_free(digest->ctx);
	free(digest);
}

char *
hex_text(const uint8_t *data, size_t len, char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		text[2 * i] = digits[data[i] >> 4];
		text[2 * i + 1] = digits[data[i] & 15];
	}
	text[2 * len] = '\0';
	return text;
}

char *
base64_text(const uint8_t *data, size_t len, char *text)
{
	EVP_EncodeBlock((unsigned char *)text, data, (int)len);
	return text;
}

void
random_bytes(void *out, size_t len)
{
	if (RAND_bytes(out, (int)len) != 1)
		digest_fatal();
}

const char *
digest_version(void)
{
	return OpenSSL_version(OPENSSL_VERSION);
}
