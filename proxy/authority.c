/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The authority as it lies in its folder, read and distrusted: a file that was
 * exchanged must not give more than constraints allow.
 */
#include "proxy/authority.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/digest.h"
#include "core/file.h"
#include "core/mem.h"
#include "proxy/authority_cert.h"
#include "proxy/authority_key.h"

struct authority {
	X509 *gateway, *root;
	struct authority_names gateway_names, root_names;
};

/* ---- certificates ------------------------------------------------------------- */

static X509 *
cert_next(BIO *bio, const char *path, const char *whose, struct problems *problems)
{
	X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	ERR_clear_error();
	if (cert == NULL)
		problem_add(problems, path, 0, 0, "no certificate of the %s can be read",
		    whose);
	return cert;
}

/* gateway.pem: the gateway's certificate, then the root's. */
static bool
chain_read(struct authority *authority, const char *path, struct problems *problems)
{
	size_t len;
	char *text = file_read(path, AUTHORITY_FILE_MAX, &len, problems);
	BIO *bio;

	if (text == NULL)
		return false;
	bio = BIO_new_mem_buf(text, (int)len);
	if (bio != NULL) {
		authority->gateway = cert_next(bio, path, "gateway", problems);
		if (authority->gateway != NULL)
			authority->root = cert_next(bio, path, "root", problems);
	}
	BIO_free(bio);
	free(text);
	return authority->root != NULL;
}

static bool
signed_by(X509 *cert, X509 *issuer)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	bool good = key != NULL && X509_check_issued(issuer, cert) == X509_V_OK &&
	    X509_verify(cert, key) == 1;

	ERR_clear_error();
	return good;
}

/* What must hold, and the words when it does not. */
static const char *
chain_fault(struct authority *authority)
{
	X509 *gateway = authority->gateway, *root = authority->root;

	if (!signed_by(root, root))
		return "the root did not sign itself";
	if (!signed_by(gateway, root))
		return "the root did not sign the gateway's certificate";
	if (X509_check_ca(gateway) != 1 || X509_check_ca(root) != 1 ||
	    !(X509_get_key_usage(gateway) & KU_KEY_CERT_SIGN))
		return "one of them is no certificate of an authority";
	if (X509_get_pathlen(gateway) != 0)
		return "the gateway's could make another authority";
	if (!authority_names_get(gateway, &authority->gateway_names))
		return "the gateway's has no critical name constraints of this program";
	if (!authority_names_get(root, &authority->root_names))
		return "the root's has no critical name constraints of this program";
	return NULL;
}

struct authority *
authority_load(const char *folder, struct problems *problems)
{
	struct authority *authority = xcalloc(1, sizeof(*authority));
	char *path = authority_path(folder, "gateway.pem");
	const char *fault = NULL;
	bool read = chain_read(authority, path, problems);

	if (read) {
		fault = chain_fault(authority);
		if (fault != NULL)
			problem_add(problems, path, 0, 0, "%s", fault);
	}
	free(path);
	if (read && fault == NULL)
		return authority;
	authority_free(authority);
	return NULL;
}

void
authority_free(struct authority *authority)
{
	if (authority == NULL)
		return;
	X509_free(authority->gateway);
	X509_free(authority->root);
	authority_names_fini(&authority->gateway_names);
	authority_names_fini(&authority->root_names);
	free(authority);
}

X509 *
authority_gateway(const struct authority *authority)
{
	return authority->gateway;
}

X509 *
authority_root(const struct authority *authority)
{
	return authority->root;
}

const struct authority_names *
authority_names(const struct authority *authority)
{
	return &authority->gateway_names;
}

const struct authority_names *
authority_root_names(const struct authority *authority)
{
	return &authority->root_names;
}

bool
authority_permits(const struct authority *authority, const char *name)
{
	return authority_names_permit(&authority->gateway_names, name) &&
	    authority_names_permit(&authority->root_names, name);
}

static bool
time_read(const ASN1_TIME *field, time_t *at)
{
	struct tm tm;

	if (field == NULL || ASN1_TIME_to_tm(field, &tm) != 1)
		return false;
	*at = timegm(&tm);
	return true;
}

bool
authority_dates(const X509 *cert, time_t *not_before, time_t *not_after)
{
	return time_read(X509_get0_notBefore(cert), not_before) &&
	    time_read(X509_get0_notAfter(cert), not_after);
}

static bool
cert_holds(const X509 *cert, time_t now)
{
	time_t not_before, not_after;

	return authority_dates(cert, &not_before, &not_after) && not_before <= now &&
	    now <= not_after;
}

bool
authority_valid(const struct authority *authority, time_t now)
{
	return cert_holds(authority->gateway, now) && cert_holds(authority->root, now);
}

const char *
authority_print(const X509 *cert, char text[AUTHORITY_PRINT_MAX])
{
	uint8_t sum[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	text[0] = '\0';
	if (X509_digest(cert, EVP_sha256(), sum, &len) != 1 || len != SHA256_LEN)
		return text;
	for (unsigned i = 0; i < len; i++)
		snprintf(text + 3 * i, 4, "%02X%s", sum[i], i + 1 < len ? ":" : "");
	return text;
}

/* ---- the key ---------------------------------------------------------------------- */

/* Never asks a terminal. */
static int
passphrase_give(char *out, int size, int writing, void *passphrase)
{
	size_t len = passphrase != NULL ? strlen(passphrase) : 0;

	(void)writing;
	if (len == 0 || len > (size_t)size)
		return -1;
	memcpy(out, passphrase, len);
	return (int)len;
}

/* A descriptor of a regular file that only its owner may read, or -1. */
static int
key_open(const char *path, struct problems *problems)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;

	if (fd < 0) {
		problem_add(problems, path, 0, 0, "%s", strerror(errno));
		return -1;
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) == 0)
		return fd;
	problem_add(problems, path, 0, 0, "a private key must be a file that its owner "
	    "alone may read: chmod 600");
	close(fd);
	return -1;
}

EVP_PKEY *
authority_key_read(const char *path, const char *passphrase,
    struct problems *problems)
{
	char text[AUTHORITY_KEY_MAX];
	int fd = key_open(path, problems);
	EVP_PKEY *key = NULL;
	BIO *bio = NULL;
	ssize_t len;

	if (fd < 0)
		return NULL;
	len = read(fd, text, sizeof(text));
	close(fd);
	if (len > 0 && (bio = BIO_new_mem_buf(text, (int)len)) != NULL)
		key = PEM_read_bio_PrivateKey(bio, NULL, passphrase_give,
		    (void *)(uintptr_t)passphrase);
	BIO_free(bio);
	OPENSSL_cleanse(text, sizeof(text));
	ERR_clear_error();
	if (key == NULL)
		problem_add(problems, path, 0, 0, "no private key can be read%s",
		    passphrase != NULL ? "; is that its passphrase?" :
		    "; has it a passphrase?");
	return key;
}

EVP_PKEY *
authority_key_load(const struct authority *authority, const char *folder,
    struct problems *problems)
{
	char *path = authority_path(folder, "gateway.key");
	EVP_PKEY *key = authority_key_read(path, NULL, problems);

	if (key != NULL && (!authority_cert_key_fits(key) ||
	    X509_check_private_key(authority->gateway, key) != 1)) {
		ERR_clear_error();
		problem_add(problems, path, 0, 0,
		    "this is not the key of the certificate in gateway.pem");
		EVP_PKEY_free(key);
		key = NULL;
	}
	free(path);
	return key;
}
