/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of suites against what libssl says of its own, and the key
 * schedules against published vectors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/objects.h>
#include <openssl/ssl.h>
#include <string.h>

#include "captures/tls_inner.h"

/* ---- the table ---- */

static int
bulk_nid(enum tls_bulk bulk)
{
	static const int nids[BULKS] = {
		[BULK_NULL] = NID_undef, [BULK_3DES_CBC] = NID_des_ede3_cbc,
		[BULK_AES128_CBC] = NID_aes_128_cbc, [BULK_AES256_CBC] = NID_aes_256_cbc,
		[BULK_CAMELLIA128_CBC] = NID_camellia_128_cbc,
		[BULK_CAMELLIA256_CBC] = NID_camellia_256_cbc,
		[BULK_ARIA128_CBC] = NID_aria_128_cbc, [BULK_ARIA256_CBC] = NID_aria_256_cbc,
		[BULK_AES128_GCM] = NID_aes_128_gcm, [BULK_AES256_GCM] = NID_aes_256_gcm,
		[BULK_ARIA128_GCM] = NID_aria_128_gcm, [BULK_ARIA256_GCM] = NID_aria_256_gcm,
		[BULK_AES128_CCM] = NID_aes_128_ccm, [BULK_AES256_CCM] = NID_aes_256_ccm,
		[BULK_AES128_CCM8] = NID_aes_128_ccm, [BULK_AES256_CCM8] = NID_aes_256_ccm,
		[BULK_CHACHA20] = NID_chacha20_poly1305,
	};

	return nids[bulk];
}

static int
hash_nid(enum tls_hash hash)
{
	static const int nids[HASHES] = {
		[HASH_NONE] = NID_undef, [HASH_MD5] = NID_md5, [HASH_SHA1] = NID_sha1,
		[HASH_SHA256] = NID_sha256, [HASH_SHA384] = NID_sha384,
	};

	return nids[hash];
}

static void
suite_agrees(const SSL_CIPHER *cipher)
{
	const char *name = SSL_CIPHER_get_name(cipher);
	const struct tls_suite *suite = tls_suite_find(SSL_CIPHER_get_protocol_id(cipher));
	const EVP_MD *hash = SSL_CIPHER_get_handshake_digest(cipher);
	bool short_tag = strstr(name, "CCM8") != NULL || strstr(name, "CCM_8") != NULL;

	if (suite == NULL)
		fail_msg("%s is missing", name);
	assert_int_equal(bulk_nid(suite->bulk), SSL_CIPHER_get_cipher_nid(cipher));
	assert_int_equal(hash_nid(suite->mac), SSL_CIPHER_get_digest_nid(cipher));
	assert_int_equal(short_tag, tls_bulks[suite->bulk].tag_len == 8);
	/* Suites older than TLS 1.2 take its default hash there. */
	if (hash != NULL && EVP_MD_get_type(hash) != NID_md5_sha1)
		assert_int_equal(hash_nid(suite->hash), EVP_MD_get_type(hash));
	else
		assert_int_equal(suite->hash, HASH_SHA256);
}

static void
suites_are_as_libssl_says(void **state)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	STACK_OF(SSL_CIPHER) *list;

	(void)state;
	SSL_CTX_set_security_level(context, 0);
	assert_int_equal(SSL_CTX_set_cipher_list(context, "ALL:COMPLEMENTOFALL"), 1);
	assert_int_equal(SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256:"
	    "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256:"
	    "TLS_AES_128_CCM_8_SHA256"), 1);
	list = SSL_CTX_get_ciphers(context);
	assert_true(sk_SSL_CIPHER_num(list) > 150);
	for (int i = 0; i < sk_SSL_CIPHER_num(list); i++)
		suite_agrees(sk_SSL_CIPHER_value(list, i));
	SSL_CTX_free(context);
}

static void
no_number_stands_twice(void **state)
{
	unsigned known = 0;

	(void)state;
	for (unsigned id = 0; id < 65536; id++) {
		const struct tls_suite *suite = tls_suite_find((uint16_t)id);
		unsigned times = 0;

		for (size_t i = 0; suite != NULL && suite->ids[i] != 0; i++)
			times += suite->ids[i] == id;
		assert_int_equal(times, suite != NULL);
		known += suite != NULL;
	}
	assert_true(known > 250);
}

static void
every_cipher_of_the_table_can_be_made(void **state)
{
	struct tls_key_block keys = { .iv = { 0 } };

	(void)state;
	for (unsigned id = 1; id < 65536; id++) {
		const struct tls_suite *suite = tls_suite_find((uint16_t)id);
		struct tls_cipher *cipher;

		if (suite == NULL)
			continue;
		cipher = tls_cipher_new(suite, TLS_1_2, false, &keys);
		assert_non_null(cipher);
		tls_cipher_free(cipher);
	}
}

/* ---- key schedules ---- */

/* RFC 8448 section 3: the server's handshake traffic secret, its key and IV. */
static void
hkdf_label_gives_the_published_keys(void **state)
{
	static const uint8_t secret[32] = {
		0xb6, 0x7b, 0x7d, 0x69, 0x0c, 0xc1, 0x6c, 0x4e, 0x75, 0xe5, 0x42, 0x13,
		0xcb, 0x2d, 0x37, 0xb4, 0xe9, 0xc9, 0x12, 0xbc, 0xde, 0xd9, 0x10, 0x5d,
		0x42, 0xbe, 0xfd, 0x59, 0xd3, 0x91, 0xad, 0x38
	};
	static const uint8_t key[16] = {
		0x3f, 0xce, 0x51, 0x60, 0x09, 0xc2, 0x17, 0x27, 0xd0, 0xf2, 0xe4, 0xe8,
		0x6e, 0xe4, 0x03, 0xbc
	};
	static const uint8_t iv[12] = {
		0x5d, 0x31, 0x3e, 0xb2, 0x67, 0x12, 0x76, 0xee, 0x13, 0x00, 0x0b, 0x30
	};
	uint8_t out[16];

	(void)state;
	assert_true(tls_expand_label(HASH_SHA256, secret, "key", out, sizeof(key)));
	assert_memory_equal(out, key, sizeof(key));
	assert_true(tls_expand_label(HASH_SHA256, secret, "iv", out, sizeof(iv)));
	assert_memory_equal(out, iv, sizeof(iv));
}

static void
a_secret_of_the_wrong_length_gives_no_keys(void **state)
{
	struct secret secret = { .len = 48 };

	(void)state;
	assert_null(tls_cipher_from_traffic(tls_suite_find(0x1301), &secret));
	secret.len = 32;
	assert_null(tls_cipher_from_traffic(tls_suite_find(0x1302), &secret));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(suites_are_as_libssl_says),
		cmocka_unit_test(no_number_stands_twice),
		cmocka_unit_test(every_cipher_of_the_table_can_be_made),
		cmocka_unit_test(hkdf_label_gives_the_published_keys),
		cmocka_unit_test(a_secret_of_the_wrong_length_gives_no_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
