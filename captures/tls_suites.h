/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cipher suites as far as records are concerned: how a suite agrees on its
 * keys does not matter to one who holds them.
 */
#ifndef CAPTURES_TLS_SUITES_H
#define CAPTURES_TLS_SUITES_H

#include <stddef.h>
#include <stdint.h>

enum tls_bulk {
	BULK_NULL, BULK_3DES_CBC, BULK_AES128_CBC, BULK_AES256_CBC,
	BULK_CAMELLIA128_CBC, BULK_CAMELLIA256_CBC, BULK_ARIA128_CBC,
	BULK_ARIA256_CBC, BULK_AES128_GCM, BULK_AES256_GCM, BULK_ARIA128_GCM,
	BULK_ARIA256_GCM, BULK_AES128_CCM, BULK_AES256_CCM, BULK_AES128_CCM8,
	BULK_AES256_CCM8, BULK_CHACHA20, BULKS
};

enum tls_mode { MODE_STREAM, MODE_CBC, MODE_GCM, MODE_CCM, MODE_CHACHA };

/* The MAC of a suite without AEAD, and the hash of its key schedule. */
enum tls_hash { HASH_NONE, HASH_MD5, HASH_SHA1, HASH_SHA256, HASH_SHA384, HASHES };

#define TLS_HASH_MAX 48			/* SHA-384 */
#define TLS_KEY_MAX 32
#define TLS_IV_MAX 16

/* How one cipher protects a record. Lengths in bytes. */
struct tls_bulk_row {
	const char *name;		/* OpenSSL's; NULL for BULK_NULL */
	uint8_t mode;			/* enum tls_mode */
	uint8_t key_len;
	uint8_t iv_len;			/* from the key block; with CBC before TLS 1.1 */
	uint8_t explicit_len;		/* nonce that stands in each TLS 1.2 record */
	uint8_t tag_len;		/* of AEAD */
	uint8_t block_len;		/* of CBC */
};

extern const struct tls_bulk_row tls_bulks[BULKS];

struct tls_suite {
	uint8_t bulk;			/* enum tls_bulk */
	uint8_t mac;			/* enum tls_hash; HASH_NONE with AEAD */
	uint8_t hash;			/* enum tls_hash: of TLS 1.2's PRF, of TLS 1.3's HKDF */
	const uint16_t *ids;		/* IANA's numbers with this protection; ends with 0 */
};

/* NULL: not known here. */
const struct tls_suite *tls_suite_find(uint16_t id);

/* Bytes a hash gives. */
size_t tls_hash_len(enum tls_hash hash);

#endif
