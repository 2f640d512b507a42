/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a leaf. It says what the origin's certificate says about names and
 * dates and nothing else: must-staple, certificate transparency, CRL and OCSP
 * pointers belong to an issuer that this is not.
 */
#include "proxy/leaf.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "proxy/authority_cert.h"

#define DAY 86400
/* Bit of key usage (RFC 5280 section 4.2.1.3): all that ECDHE wants. */
#define USAGE_DIGITAL_SIGNATURE 0

const char *
leaf_result_name(enum leaf_result result)
{
	static const char *const names[LEAF_RESULTS] = {
		[LEAF_DONE] = "done",
		[LEAF_NOT_COVERED] = "name not in certificate",
		[LEAF_NOT_PERMITTED] = "name not permitted",
		[LEAF_BAD_DATES] = "dates",
		[LEAF_BAD_KEY] = "key",
		[LEAF_BAD_REQUEST] = "request",
		[LEAF_FAILED] = "failed",
	};

	return (unsigned)result < LEAF_RESULTS ? names[result] : "unknown";
}

EVP_PKEY *
leaf_key_new(void)
{
	return EVP_EC_gen("P-256");
}

/*
 * As the origin's, but so that clients take it: it ends within LEAF_DAYS_MAX
 * of its beginning, both ends counted, and within the issuer's.
 */
static bool
dates_clamp(const struct leaf_issuer *issuer, time_t now, time_t *from, time_t *to)
{
	time_t issuer_from, issuer_to;

	if (!authority_dates(issuer->cert, &issuer_from, &issuer_to) ||
	    now < issuer_from || now > issuer_to || now < *from || now > *to)
		return false;
	if (*to > now + (time_t)LEAF_DAYS_MAX * DAY - LEAF_BACKDATE - 1)
		*to = now + (time_t)LEAF_DAYS_MAX * DAY - LEAF_BACKDATE - 1;
	if (*to > issuer_to)
		*to = issuer_to;
	if (*from < *to - ((time_t)LEAF_DAYS_MAX * DAY - 1))
		*from = *to - ((time_t)LEAF_DAYS_MAX * DAY - 1);
	if (*from < issuer_from)
		*from = issuer_from;
	return true;
}

/* A name that is in the list below, so that nobody finds a second opinion in it. */
static bool
subject_put(X509 *cert, const struct leaf_request *request)
{
	const char *name = request->count > 0 ? leaf_request_name(request, 0) : "";

	if (name[0] == '\0' || strlen(name) > LEAF_CN_MAX)
		return true;
	return authority_cert_subject(X509_get_subject_name(cert), NID_commonName, name,
	    LEAF_CN_MAX);
}

static bool
name_push(GENERAL_NAMES *list, const char *name)
{
	GENERAL_NAME *general = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();

	if (general == NULL || text == NULL || !ASN1_STRING_set(text, name, -1))
		goto fail;
	GENERAL_NAME_set0_value(general, GEN_DNS, text);
	text = NULL;
	if (sk_GENERAL_NAME_push(list, general) > 0)
		return true;
fail:
	ASN1_IA5STRING_free(text);
	GENERAL_NAME_free(general);
	return false;
}

/* RFC 5280 section 4.2.1.6: critical where the subject is empty. */
static bool
names_put(X509 *cert, const struct leaf_request *request)
{
	const bool alone = X509_NAME_entry_count(X509_get_subject_name(cert)) == 0;
	GENERAL_NAMES *list;
	bool done = true;

	if (request->count == 0)
		return true;
	list = GENERAL_NAMES_new();
	if (list == NULL)
		return false;
	for (size_t i = 0; i < request->count && done; i++)
		done = name_push(list, leaf_request_name(request, i));
	done = done && X509_add1_ext_i2d(cert, NID_subject_alt_name, list, alone,
	    X509V3_ADD_APPEND) == 1;
	GENERAL_NAMES_free(list);
	return done;
}

static bool
leaf_fill(X509 *cert, const struct leaf_request *request,
    const struct leaf_issuer *issuer, EVP_PKEY *key, time_t from, time_t to)
{
	return authority_cert_begin(cert) &&
	    X509_set_issuer_name(cert, X509_get_subject_name(issuer->cert)) == 1 &&
	    authority_cert_dates(cert, from, to) && subject_put(cert, request) &&
	    names_put(cert, request) &&
	    authority_cert_usage(cert, USAGE_DIGITAL_SIGNATURE, -1) &&
	    authority_cert_server(cert) && authority_cert_point(cert, key, issuer->cert) &&
	    X509_sign(cert, issuer->key, EVP_sha256()) > 0;
}

/* 0 when it does not fit or cannot be made. */
static size_t
leaf_write(X509 *cert, uint8_t *der)
{
	int len = i2d_X509(cert, NULL);

	if (len <= 0 || len > LEAF_DER_MAX)
		return 0;
	return (size_t)i2d_X509(cert, &der);
}

enum leaf_result
leaf_build(const struct leaf_request *request, const struct leaf_issuer *issuer,
    EVP_PKEY *key, time_t now, uint8_t der[LEAF_DER_MAX], size_t *len)
{
	time_t from = request->not_before, to = request->not_after;
	X509 *cert;

	if (!authority_cert_key_fits(key))
		return LEAF_BAD_KEY;
	if (issuer->clamp && !dates_clamp(issuer, now, &from, &to))
		return LEAF_BAD_DATES;
	cert = X509_new();
	*len = cert != NULL && leaf_fill(cert, request, issuer, key, from, to) ?
	    leaf_write(cert, der) : 0;
	X509_free(cert);
	if (*len > 0)
		return LEAF_DONE;
	ERR_clear_error();
	return LEAF_FAILED;
}
