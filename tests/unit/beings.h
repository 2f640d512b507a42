/* SPDX-License-Identifier: Apache-2.0 */
/* Synthetic people, and digests of them as services' clients write them. */
#ifndef TESTS_UNIT_BEINGS_H
#define TESTS_UNIT_BEINGS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

/* ---- people ------------------------------------------------------------------- */

static const char *const being_firsts[] = {
	"Anna", "Bert", "Chloe", "Dirk", "Elin", "Femke", "Goran", "Hanna"
};
static const char *const being_lasts[] = {
	"Muster", "Voorbeeld", "Przyklad", "Sample", "Beispiel", "Esempio", "Exemple"
};

struct being {
	char phone[16];		/* "+49151..." */
	char first[16], last[32], mail[48];
};

static inline struct being
being(int i)
{
	struct being b;

	snprintf(b.phone, sizeof(b.phone), "+4915%09d", i * 4391 % 1000000000);
	snprintf(b.first, sizeof(b.first), "%s", being_firsts[i % 8]);
	snprintf(b.last, sizeof(b.last), "%s%d", being_lasts[i % 7], i);
	snprintf(b.mail, sizeof(b.mail), "%s.%d@example.org", being_firsts[i % 8], i);
	return b;
}

/* ---- digests as the services write them -------------------------------------------- */

enum spelling { HEX, UPPER_HEX, BASE64, BASE64_BARE, BASE64URL };

static inline const char *
spell(const uint8_t *digest, size_t len, enum spelling spelling, char *out)
{
	static const char hex[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
	char *at = out;

	if (spelling == HEX || spelling == UPPER_HEX) {
		for (size_t i = 0; i < len; i++) {
			*at++ = (spelling == HEX ? hex : upper)[digest[i] >> 4];
			*at++ = (spelling == HEX ? hex : upper)[digest[i] & 15];
		}
		*at = '\0';
		return out;
	}
	EVP_EncodeBlock((uint8_t *)out, digest, (int)len);
	if (spelling != BASE64)
		out[strcspn(out, "=")] = '\0';
	for (; spelling == BASE64URL && *at != '\0'; at++)
		*at = (char)(*at == '+' ? '-' : *at == '/' ? '_' : *at);
	return out;
}

static inline const char *
digest(const char *name, const char *text, size_t keep, enum spelling spelling,
    char *out)
{
	uint8_t bytes[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	assert_int_equal(EVP_Digest(text, strlen(text), bytes, &len,
	    EVP_get_digestbyname(name), NULL), 1);
	return spell(bytes, keep > 0 ? keep : len, spelling, out);
}

static inline const char *
hmac(const char *text, char *out)
{
	uint8_t bytes[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	HMAC(EVP_sha256(), "a public key of the service", 27, (const uint8_t *)text,
	    strlen(text), bytes, &len);
	return spell(bytes, len, BASE64, out);
}

#endif
