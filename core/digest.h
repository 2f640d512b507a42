/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests, keyed digests and their text forms. The only core file that knows
 * OpenSSL. Failure of the library (out of memory) ends the program.
 */
#ifndef CORE_DIGEST_H
#define CORE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define MD5_LEN 16
#define SHA1_LEN 20
#define SHA256_LEN 32

void digest_md5(const void *data, size_t len, uint8_t out[MD5_LEN]);
void digest_sha1(const void *data, size_t len, uint8_t out[SHA1_LEN]);
void digest_sha256(const void *data, size_t len, uint8_t out[SHA256_LEN]);

/* HMAC-SHA-256 (RFC 2104). */
void digest_hmac(const void *key, size_t key_len, const void *data, size_t len,
    uint8_t out[SHA256_LEN]);

/* Streaming SHA-256, for files. new/update/final; final frees. */
struct digest;
struct digest *digest_new(void);
void digest_update(struct digest *digest, const void *data, size_t len);
void digest_final(struct digest *digest, uint8_t out[SHA256_LEN]);

/* Lower-case hex; text has room for 2 * len + 1. Returns text. */
char *hex_text(const uint8_t *data, size_t len, char *text);

/* Padded base64 (RFC 4648 section 4); text has room for 4 * ((len + 2) / 3) + 1. */
char *base64_text(const uint8_t *data, size_t len, char *text);

/* Fills out with bytes from the system's generator; ends the program if it cannot. */
void random_bytes(void *out, size_t len);

/* Version text of OpenSSL, for -V. */
const char *digest_version(void);

#endif
