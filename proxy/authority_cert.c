/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/authority_cert.h"

#include <openssl/core_names.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "core/digest.h"

#define SERIAL_LEN 16
/* An uncompressed point of P-256. */
#define POINT_LEN 65
/* The last second of the year 9999, which is as far as certificates count. */
#define DATE_MAX INT64_C(253402300799)

bool
authority_cert_begin(X509 *cert)
{
	uint8_t serial[SERIAL_LEN];
	BIGNUM *number;
	bool done;

	random_bytes(serial, sizeof(serial));
	/* Above zero, and never longer for being negative. */
	serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40);
	number = BN_bin2bn(serial, sizeof(serial), NULL);
	done = number != NULL && X509_set_version(cert, X509_VERSION_3) == 1 &&
	    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL;
	BN_free(number);
	return done;
}

static bool
date_put(ASN1_TIME *field, time_t at)
{
	if (at < 0)
		at = 0;
	else if (at > DATE_MAX)
		at = DATE_MAX;
	return ASN1_TIME_set(field, at) != NULL;
}

bool
authority_cert_dates(X509 *cert, time_t not_before, time_t not_after)
{
	return date_put(X509_getm_notBefore(cert), not_before) &&
	    date_put(X509_getm_notAfter(cert), not_after);
}

/* Bytes of the first max characters. */
static size_t
characters_cut(const char *text, size_t max)
{
	size_t at = 0;

	for (; text[at] != '\0'; at++) {
		if (((unsigned char)text[at] & 0xc0) != 0x80 && max-- == 0)
			break;
	}
	return at;
}

bool
authority_cert_subject(X509_NAME *name, int nid, const char *text, size_t max)
{
	return X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8,
	    (const unsigned char *)text, (int)characters_cut(text, max), -1, 0) == 1;
}

/* RFC 5280 section 4.2.1.2: SHA-1 of the key's bits; a name, not a seal. */
static ASN1_OCTET_STRING *
key_id_new(X509 *cert)
{
	const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(cert);
	ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
	uint8_t sum[SHA1_LEN];

	if (id == NULL || bits == NULL)
		goto fail;
	digest_sha1(ASN1_STRING_get0_data(bits), (size_t)ASN1_STRING_length(bits), sum);
	if (ASN1_OCTET_STRING_set(id, sum, sizeof(sum)))
		return id;
fail:
	ASN1_OCTET_STRING_free(id);
	return NULL;
}

static bool
issuer_id_add(X509 *cert, X509 *issuer)
{
	AUTHORITY_KEYID *akid = AUTHORITY_KEYID_new();
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(issuer);
	bool done = false;

	if (akid != NULL && id != NULL) {
		akid->keyid = ASN1_OCTET_STRING_dup(id);
		done = akid->keyid != NULL && X509_add1_ext_i2d(cert,
		    NID_authority_key_identifier, akid, 0, X509V3_ADD_APPEND) == 1;
	}
	AUTHORITY_KEYID_free(akid);
	return done;
}

static bool
ids_add(X509 *cert, X509 *issuer)
{
	ASN1_OCTET_STRING *id = key_id_new(cert);
	bool done;

	done = id != NULL && X509_add1_ext_i2d(cert, NID_subject_key_identifier, id, 0,
	    X509V3_ADD_APPEND) == 1;
	ASN1_OCTET_STRING_free(id);
	/* A root names itself by subject and issuer; it needs no second pointer. */
	return done && (issuer == NULL || issuer_id_add(cert, issuer));
}

bool
authority_cert_key(X509 *cert, EVP_PKEY *key, X509 *issuer)
{
	return X509_set_pubkey(cert, key) == 1 && ids_add(cert, issuer);
}

/* RFC 5480 section 2: id-ecPublicKey, the curve by name, the point. */
bool
authority_cert_point(X509 *cert, EVP_PKEY *key, X509 *issuer)
{
	unsigned char *point = OPENSSL_malloc(POINT_LEN);
	size_t len;

	if (point == NULL ||
	    EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, POINT_LEN,
	    &len) != 1 || X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(cert),
	    OBJ_nid2obj(NID_X9_62_id_ecPublicKey), V_ASN1_OBJECT,
	    OBJ_nid2obj(NID_X9_62_prime256v1), point, (int)len) != 1) {
		OPENSSL_free(point);
		return false;
	}
	return ids_add(cert, issuer);
}

bool
authority_cert_usage(X509 *cert, int bit, int another)
{
	ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
	bool done;

	done = bits != NULL && ASN1_BIT_STRING_set_bit(bits, bit, 1) == 1 &&
	    (another < 0 || ASN1_BIT_STRING_set_bit(bits, another, 1) == 1) &&
	    X509_add1_ext_i2d(cert, NID_key_usage, bits, 1, X509V3_ADD_APPEND) == 1;
	ASN1_BIT_STRING_free(bits);
	return done;
}

bool
authority_cert_server(X509 *cert)
{
	EXTENDED_KEY_USAGE *usage = EXTENDED_KEY_USAGE_new();
	bool done;

	done = usage != NULL &&
	    sk_ASN1_OBJECT_push(usage, OBJ_nid2obj(NID_server_auth)) > 0 &&
	    X509_add1_ext_i2d(cert, NID_ext_key_usage, usage, 0, X509V3_ADD_APPEND) == 1;
	EXTENDED_KEY_USAGE_free(usage);
	return done;
}

bool
authority_cert_key_fits(const EVP_PKEY *key)
{
	char group[32];
	size_t len;

	return EVP_PKEY_is_a(key, "EC") &&
	    EVP_PKEY_get_group_name(key, group, sizeof(group), &len) == 1 &&
	    OBJ_sn2nid(group) == NID_X9_62_prime256v1;
}
