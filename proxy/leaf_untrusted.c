/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bad certificate is passed on as a bad one. The worker signs it itself, with
 * an authority that lives as long as the process and that nobody trusts.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "proxy/authority_cert.h"
#include "proxy/leaf.h"

#define DAY 86400
/* Shown by browsers to whoever looks at the certificate they refused. */
#define UNTRUSTED_NAME "Not trusted: the server's certificate is not valid"
/* Bit of key usage (RFC 5280 section 4.2.1.3). */
#define USAGE_CERT_SIGN 5

struct leaf_untrusted {
	EVP_PKEY *key;
	X509 *cert;
};

static bool
basic_put(X509 *cert)
{
	BASIC_CONSTRAINTS *basic = BASIC_CONSTRAINTS_new();
	bool done = false;

	if (basic != NULL) {
		basic->ca = 0xff;
		done = X509_add1_ext_i2d(cert, NID_basic_constraints, basic, 1,
		    X509V3_ADD_DEFAULT) == 1;
	}
	BASIC_CONSTRAINTS_free(basic);
	return done;
}

static bool
cert_fill(X509 *cert, EVP_PKEY *key)
{
	const time_t now = time(NULL);

	return authority_cert_begin(cert) &&
	    authority_cert_subject(X509_get_subject_name(cert), NID_organizationName,
	    "bookgate", LEAF_CN_MAX) &&
	    authority_cert_subject(X509_get_subject_name(cert), NID_commonName,
	    UNTRUSTED_NAME, LEAF_CN_MAX) &&
	    X509_set_issuer_name(cert, X509_get_subject_name(cert)) == 1 &&
	    authority_cert_dates(cert, now - DAY,
	    now + (time_t)AUTHORITY_ROOT_DAYS * DAY) &&
	    basic_put(cert) && authority_cert_usage(cert, USAGE_CERT_SIGN, -1) &&
	    authority_cert_key(cert, key, NULL) &&
	    X509_sign(cert, key, EVP_sha256()) > 0;
}

struct leaf_untrusted *
leaf_untrusted_new(void)
{
	struct leaf_untrusted *untrusted = calloc(1, sizeof(*untrusted));

	if (untrusted == NULL)
		return NULL;
	untrusted->key = leaf_key_new();
	untrusted->cert = X509_new();
	if (untrusted->key != NULL && untrusted->cert != NULL &&
	    cert_fill(untrusted->cert, untrusted->key))
		return untrusted;
	ERR_clear_error();
	leaf_untrusted_free(untrusted);
	return NULL;
}

void
leaf_untrusted_free(struct leaf_untrusted *untrusted)
{
	if (untrusted == NULL)
		return;
	EVP_PKEY_free(untrusted->key);
	X509_free(untrusted->cert);
	free(untrusted);
}

enum leaf_result
leaf_untrusted_build(struct leaf_untrusted *untrusted,
    const struct leaf_request *request, EVP_PKEY *key, time_t now, X509 **leaf)
{
	const struct leaf_issuer issuer = { untrusted->cert, untrusted->key, false };
	uint8_t der[LEAF_DER_MAX];
	const unsigned char *at = der;
	enum leaf_result result;
	size_t len;

	*leaf = NULL;
	result = leaf_build(request, &issuer, key, now, der, &len);
	if (result != LEAF_DONE)
		return result;
	*leaf = d2i_X509(NULL, &at, (long)len);
	if (*leaf != NULL)
		return LEAF_DONE;
	ERR_clear_error();
	return LEAF_FAILED;
}

X509 *
leaf_untrusted_cert(const struct leaf_untrusted *untrusted)
{
	return untrusted->cert;
}
