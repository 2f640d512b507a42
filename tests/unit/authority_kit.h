/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An authority in a folder of its own, origins to mirror, and OpenSSL's verdict
 * on what was made, for the tests of the authority, the leaves and the signer.
 */
#ifndef TESTS_UNIT_AUTHORITY_KIT_H
#define TESTS_UNIT_AUTHORITY_KIT_H

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "proxy/leaf.h"

/* What mkdtemp() wants at the end of a name. */
#define SIX_X "XX" "XX" "XX"
#define KIT_DAY 86400

struct kit {
	struct rules *rules;
	struct authority_names names;	/* of discord and icloud */
	char base[64], folder[80];
	time_t now;
};

static const char *const kit_files[] = {
	"root.key", "root.pem", "gateway.key", "gateway.pem"
};

static inline char *
kit_path(const struct kit *kit, const char *name)
{
	return authority_path(kit->folder, name);
}

static inline void
kit_init(struct kit *kit)
{
	struct problems problems = { 0 };

	*kit = (struct kit){ .now = time(NULL) };
	kit->rules = rules_load("rules", &problems);
	problems_print(&problems);
	assert_non_null(kit->rules);
	authority_names_add(&kit->names, kit->rules,
	    rules_service_by_id(kit->rules, "discord"));
	authority_names_add(&kit->names, kit->rules,
	    rules_service_by_id(kit->rules, "icloud"));
	authority_names_settle(&kit->names);
	snprintf(kit->base, sizeof(kit->base), "%s/bookgate-test-" SIX_X,
	    P_tmpdir);
	assert_non_null(mkdtemp(kit->base));
	snprintf(kit->folder, sizeof(kit->folder), "%s/ca", kit->base);
}

static inline void
kit_fini(struct kit *kit)
{
	for (size_t i = 0; i < sizeof(kit_files) / sizeof(kit_files[0]); i++) {
		char *path = kit_path(kit, kit_files[i]);

		unlink(path);
		free(path);
	}
	/* A draft left behind would keep the folder. */
	if (access(kit->folder, F_OK) == 0)
		assert_int_equal(rmdir(kit->folder), 0);
	assert_int_equal(rmdir(kit->base), 0);
	authority_names_fini(&kit->names);
	rules_free(kit->rules);
}

static inline struct authority_plan
kit_plan(const struct kit *kit)
{
	return (struct authority_plan){
		.folder = kit->folder, .organisation = "Gemeente Voorbeeld",
		.root = &kit->names, .gateway = &kit->names, .now = kit->now,
	};
}

/* Makes it; the problems must hold the words, NULL: there must be none. */
static inline void
kit_make(const struct authority_plan *plan, enum authority_result result,
    const char *words)
{
	struct problems problems = { 0 };

	assert_int_equal(authority_make(plan, &problems), result);
	if (words == NULL)
		assert_int_equal(problems.count, 0);
	else
		assert_non_null(strstr(problems.list[0].text, words));
	problems_fini(&problems);
}

static inline struct authority *
kit_load(const struct kit *kit)
{
	struct problems problems = { 0 };
	struct authority *authority = authority_load(kit->folder, &problems);

	problems_print(&problems);
	problems_fini(&problems);
	return authority;
}

static inline EVP_PKEY *
kit_key(const struct kit *kit, const struct authority *authority)
{
	struct problems problems = { 0 };
	EVP_PKEY *key = authority_key_load(authority, kit->folder, &problems);

	problems_print(&problems);
	problems_fini(&problems);
	assert_non_null(key);
	return key;
}

/* ---- certificates of others -------------------------------------------------------- */

struct kit_ext {
	int nid;
	const char *value;		/* in the words of OpenSSL's configuration */
};

/* Signed by issuer (NULL: by itself, with key). subject is a CN, or NULL. */
static inline X509 *
kit_cert(const char *subject, const struct kit_ext *exts, time_t from, time_t to,
    EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key)
{
	X509 *cert = X509_new();

	assert_non_null(cert);
	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 7);
	ASN1_TIME_set(X509_getm_notBefore(cert), from);
	ASN1_TIME_set(X509_getm_notAfter(cert), to);
	if (subject != NULL)
		X509_NAME_add_entry_by_NID(X509_get_subject_name(cert), NID_commonName,
		    MBSTRING_UTF8, (const unsigned char *)subject, -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(issuer ? issuer : cert));
	X509_set_pubkey(cert, key);
	for (; exts != NULL && exts->value != NULL; exts++) {
		X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, exts->nid, exts->value);

		assert_non_null(ext);
		X509_add_ext(cert, ext, -1);
		X509_EXTENSION_free(ext);
	}
	assert_true(X509_sign(cert, issuer_key ? issuer_key : key, EVP_sha256()) > 0);
	return cert;
}

/* An origin with names as "DNS:a,DNS:b". */
static inline X509 *
kit_origin(const char *names, time_t from, time_t to)
{
	const struct kit_ext exts[] = { { NID_subject_alt_name, names }, { 0, NULL } };
	EVP_PKEY *key = leaf_key_new();
	X509 *cert = kit_cert("origin", exts, from, to, key, NULL, NULL);

	EVP_PKEY_free(key);
	return cert;
}

/*
 * What OpenSSL says of a leaf below the gateway, trusting root: an X509_V_ERR_.
 * With a host also of its use as a server of that name, strictly.
 */
static inline int
kit_verify(X509 *leaf, X509 *gateway, X509 *root, const char *host)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	STACK_OF(X509) *chain = sk_X509_new_null();
	X509_VERIFY_PARAM *param;
	int error;

	if (gateway != NULL)
		sk_X509_push(chain, gateway);
	X509_STORE_add_cert(store, root);
	assert_int_equal(X509_STORE_CTX_init(context, store, leaf, chain), 1);
	if (host != NULL) {
		param = X509_STORE_CTX_get0_param(context);
		X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
		X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
		X509_VERIFY_PARAM_set1_host(param, host, 0);
	}
	X509_verify_cert(context);
	error = X509_STORE_CTX_get_error(context);
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	sk_X509_free(chain);
	ERR_clear_error();
	return error;
}

#endif
