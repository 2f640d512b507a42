/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `ca init`: keys, certificates, files.
 */
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/date.h"
#include "core/file.h"
#include "proxy/authority.h"
#include "proxy/authority_cert.h"
#include "proxy/authority_key.h"

#define DAY 86400
/* Rounds of PBKDF2 (RFC 8018) over the root's passphrase: a good part of a second, once. */
#define PASSPHRASE_ROUNDS 600000
/* RFC 5280 appendix A.1: ub-organization-name, ub-common-name. */
#define NAME_PART_MAX 64
/* Bits of key usage, RFC 5280 section 4.2.1.3. */
#define USAGE_CERT_SIGN 5
#define USAGE_CRL_SIGN 6

enum part { ROOT_KEY, ROOT_PEM, GATEWAY_KEY, GATEWAY_PEM, PARTS };

/* In the order of writing: a chain appears when its key is there. */
static const struct {
	const char *name;
	mode_t mode;
	bool root;
} parts[PARTS] = {
	[ROOT_KEY] = { "root.key", 0600, true },
	[ROOT_PEM] = { "root.pem", 0644, true },
	[GATEWAY_KEY] = { "gateway.key", 0600, false },
	[GATEWAY_PEM] = { "gateway.pem", 0644, false },
};

struct making {
	const struct authority_plan *plan;
	struct problems *problems;
	EVP_PKEY *root_key, *gateway_key;
	X509 *root, *gateway;
	struct authority_names root_names;	/* read, to renew */
	BIO *bytes[PARTS];
	struct authority_file files[PARTS];
};

static bool
making_part(const struct making *m, enum part part)
{
	return !m->plan->renew || !parts[part].root;
}

/* ---- certificates ---------------------------------------------------------------- */

static bool
subject_put(const struct making *m, X509 *cert, const char *role)
{
	X509_NAME *name = X509_get_subject_name(cert);
	char text[NAME_PART_MAX], day[DAY_TEXT_MAX];

	day_text((day_t)(m->plan->now / DAY), day);
	snprintf(text, sizeof(text), "bookgate %s of %s", role, day);
	return (m->plan->organisation == NULL || m->plan->organisation[0] == '\0' ||
	    authority_cert_subject(name, NID_organizationName, m->plan->organisation,
	    NAME_PART_MAX)) &&
	    authority_cert_subject(name, NID_commonName, text, NAME_PART_MAX);
}

static bool
basic_put(X509 *cert, int pathlen)
{
	BASIC_CONSTRAINTS *basic = BASIC_CONSTRAINTS_new();
	bool done = false;

	if (basic != NULL) {
		basic->ca = 0xff;
		basic->pathlen = ASN1_INTEGER_new();
		done = basic->pathlen != NULL &&
		    ASN1_INTEGER_set(basic->pathlen, pathlen) == 1 &&
		    X509_add1_ext_i2d(cert, NID_basic_constraints, basic, 1,
		    X509V3_ADD_DEFAULT) == 1;
	}
	BASIC_CONSTRAINTS_free(basic);
	return done;
}

static bool
root_fill(const struct making *m, X509 *cert)
{
	return authority_cert_begin(cert) && subject_put(m, cert, "root") &&
	    X509_set_issuer_name(cert, X509_get_subject_name(cert)) == 1 &&
	    authority_cert_dates(cert, m->plan->now - AUTHORITY_BACKDATE,
	    m->plan->now + (time_t)AUTHORITY_ROOT_DAYS * DAY) &&
	    basic_put(cert, 1) &&
	    authority_cert_usage(cert, USAGE_CERT_SIGN, USAGE_CRL_SIGN) &&
	    authority_cert_key(cert, m->root_key, NULL) &&
	    authority_names_put(m->plan->root, cert) &&
	    X509_sign(cert, m->root_key, EVP_sha256()) > 0;
}

/* Not longer than its root. */
static time_t
gateway_end(const struct making *m)
{
	time_t end = m->plan->now + (time_t)AUTHORITY_GATEWAY_DAYS * DAY, from, to;

	return authority_dates(m->root, &from, &to) && to < end ? to : end;
}

static bool
gateway_fill(const struct making *m, X509 *cert)
{
	return authority_cert_begin(cert) && subject_put(m, cert, "gateway") &&
	    X509_set_issuer_name(cert, X509_get_subject_name(m->root)) == 1 &&
	    authority_cert_dates(cert, m->plan->now - AUTHORITY_BACKDATE, gateway_end(m)) &&
	    basic_put(cert, 0) && authority_cert_usage(cert, USAGE_CERT_SIGN, -1) &&
	    authority_cert_server(cert) &&
	    authority_cert_key(cert, m->gateway_key, m->root) &&
	    authority_names_put(m->plan->gateway, cert) &&
	    X509_sign(cert, m->root_key, EVP_sha256()) > 0;
}

static bool
certs_make(struct making *m)
{
	if (!m->plan->renew) {
		m->root_key = EVP_EC_gen("P-256");
		m->root = X509_new();
		if (m->root_key == NULL || m->root == NULL || !root_fill(m, m->root))
			return false;
	}
	m->gateway_key = EVP_EC_gen("P-256");
	m->gateway = X509_new();
	return m->gateway_key != NULL && m->gateway != NULL &&
	    gateway_fill(m, m->gateway);
}

/* ---- PEM ------------------------------------------------------------------------- */

/* PKCS#8, AES-256 under PBKDF2 with SHA-256: OpenSSL's own choice has 2048 rounds. */
static bool
key_seal(BIO *out, EVP_PKEY *key, const char *passphrase)
{
	PKCS8_PRIV_KEY_INFO *plain = EVP_PKEY2PKCS8(key);
	X509_ALGOR *scheme = PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), PASSPHRASE_ROUNDS,
	    NULL, 0, NULL, NID_hmacWithSHA256);
	X509_SIG *sealed = NULL;
	bool done;

	if (plain != NULL && scheme != NULL)
		sealed = PKCS8_set0_pbe(passphrase, (int)strlen(passphrase), plain, scheme);
	if (sealed == NULL)
		X509_ALGOR_free(scheme);	/* else the sealed key's */
	done = sealed != NULL && PEM_write_bio_PKCS8(out, sealed) == 1;
	X509_SIG_free(sealed);
	PKCS8_PRIV_KEY_INFO_free(plain);
	return done;
}

static bool
key_write(BIO *out, EVP_PKEY *key, const char *passphrase)
{
	if (passphrase != NULL)
		return key_seal(out, key, passphrase);
	return PEM_write_bio_PKCS8PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) == 1;
}

static bool
part_write(const struct making *m, enum part part, BIO *out)
{
	switch (part) {
	case ROOT_KEY:
		return key_write(out, m->root_key, m->plan->passphrase);
	case ROOT_PEM:
		return PEM_write_bio_X509(out, m->root) == 1;
	case GATEWAY_KEY:
		return key_write(out, m->gateway_key, NULL);
	default:
		return PEM_write_bio_X509(out, m->gateway) == 1 &&
		    PEM_write_bio_X509(out, m->root) == 1;
	}
}

static bool
parts_write(struct making *m)
{
	for (enum part i = 0; i < PARTS; i++) {
		if (!making_part(m, i))
			continue;
		/* Secure memory clears what it gives back. */
		m->bytes[i] = BIO_new(BIO_s_secmem());
		if (m->bytes[i] == NULL || !part_write(m, i, m->bytes[i]))
			return false;
	}
	return true;
}

/* ---- files ----------------------------------------------------------------------- */

static bool
folder_make(const struct making *m)
{
	struct stat st;

	if (mkdir(m->plan->folder, 0700) == 0 ||
	    (errno == EEXIST && stat(m->plan->folder, &st) == 0 && S_ISDIR(st.st_mode)))
		return true;
	problem_add(m->problems, m->plan->folder, 0, 0, "%s", strerror(errno));
	return false;
}

/* All are looked for before any is made. */
static bool
files_absent(const struct making *m)
{
	bool absent = true;

	for (enum part i = 0; i < PARTS; i++) {
		char *path = authority_path(m->plan->folder, parts[i].name);

		if (access(path, F_OK) == 0) {
			problem_add(m->problems, path, 0, 0, "exists; --force writes "
			    "over it, and every phone must then learn a new root");
			absent = false;
		}
		free(path);
	}
	return absent;
}

static bool
drafts_write(struct making *m)
{
	for (enum part i = 0; i < PARTS; i++) {
		char *path, *data;
		long len;
		bool done;

		if (m->bytes[i] == NULL)
			continue;
		path = authority_path(m->plan->folder, parts[i].name);
		len = BIO_get_mem_data(m->bytes[i], &data);
		done = authority_file_write(&m->files[i], path, data, (size_t)len,
		    parts[i].mode, m->problems);
		free(path);
		if (!done)
			return false;
	}
	return true;
}

/* All or, where nothing was there before, none. */
static bool
files_put(struct making *m)
{
	const bool replace = m->plan->replace || m->plan->renew;
	enum part i;

	for (i = 0; i < PARTS; i++) {
		if (m->files[i].draft != NULL &&
		    !authority_file_put(&m->files[i], replace, m->problems))
			break;
	}
	if (i == PARTS)
		return true;
	while (!replace && i-- > 0)
		unlink(m->files[i].path);
	return false;
}

/* ---- renewing ---------------------------------------------------------------------- */

static X509 *
root_read(const struct making *m, const char *path)
{
	size_t len;
	char *text = file_read(path, AUTHORITY_FILE_MAX, &len, m->problems);
	BIO *bio = text != NULL ? BIO_new_mem_buf(text, (int)len) : NULL;
	X509 *root = bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

	if (text != NULL && root == NULL)
		problem_add(m->problems, path, 0, 0, "no certificate can be read");
	BIO_free(bio);
	free(text);
	return root;
}

/* What the root does not permit, its gateway cannot. */
static bool
root_permits_all(const struct making *m, const char *path)
{
	const struct authority_domains *asked = &m->plan->gateway->permitted;
	bool all = true;

	for (size_t i = 0; i < asked->count; i++) {
		if (authority_names_permit(&m->root_names, asked->list[i]))
			continue;
		problem_add(m->problems, path, 0, 0, "the root does not permit %s; leave "
		    "its service out, or make a new root", asked->list[i]);
		all = false;
	}
	return all;
}

static bool
root_load(struct making *m)
{
	char *key_path = authority_path(m->plan->folder, "root.key");
	char *path = authority_path(m->plan->folder, "root.pem");
	bool done = false;

	m->root = root_read(m, path);
	if (m->root != NULL)
		m->root_key = authority_key_read(key_path, m->plan->passphrase, m->problems);
	if (m->root_key == NULL)
		goto out;
	if (X509_check_private_key(m->root, m->root_key) != 1)
		problem_add(m->problems, key_path, 0, 0, "this is not the key of root.pem");
	else if (!authority_names_get(m->root, &m->root_names))
		problem_add(m->problems, path, 0, 0,
		    "it has no critical name constraints of this program");
	else
		done = root_permits_all(m, path);
out:
	ERR_clear_error();
	free(key_path);
	free(path);
	return done;
}

/* ---- the whole ------------------------------------------------------------------------ */

static bool
plan_check(struct making *m)
{
	size_t most = m->plan->gateway->permitted.count;

	if (!m->plan->renew && m->plan->root->permitted.count > most)
		most = m->plan->root->permitted.count;
	if (m->plan->gateway->permitted.count == 0)
		problem_add(m->problems, m->plan->folder, 0, 0,
		    "the services have no server names that could be permitted");
	else if (most > AUTHORITY_DOMAINS_MAX)
		problem_add(m->problems, m->plan->folder, 0, 0, "%zu domains, and a "
		    "certificate holds %d", most, AUTHORITY_DOMAINS_MAX);
	else
		return m->plan->renew ? root_load(m) : m->plan->replace || files_absent(m);
	return false;
}

static void
making_fini(struct making *m)
{
	for (enum part i = 0; i < PARTS; i++) {
		BIO_free(m->bytes[i]);
		authority_file_fini(&m->files[i]);
	}
	authority_names_fini(&m->root_names);
	EVP_PKEY_free(m->root_key);
	EVP_PKEY_free(m->gateway_key);
	X509_free(m->root);
	X509_free(m->gateway);
	ERR_clear_error();
}

enum authority_result
authority_make(const struct authority_plan *plan, struct problems *problems)
{
	struct making m = { .plan = plan, .problems = problems };
	enum authority_result result = AUTHORITY_WRONG;

	if (!plan_check(&m))
		goto out;
	result = AUTHORITY_FAILED;
	if (!certs_make(&m) || !parts_write(&m))
		problem_add(problems, plan->folder, 0, 0, "the crypto library failed");
	else if (folder_make(&m) && drafts_write(&m) && files_put(&m))
		result = AUTHORITY_DONE;
out:
	making_fini(&m);
	return result;
}
