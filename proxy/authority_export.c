/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root in the forms that devices take.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "proxy/authority.h"

/* What a memory BIO holds, as a text with a NUL behind it; frees the BIO. */
static char *
bio_text(BIO *bio, size_t *len)
{
	char *data, *text;
	long size = BIO_get_mem_data(bio, &data);

	*len = size > 0 ? (size_t)size : 0;
	text = xstrndup(*len > 0 ? data : "", *len);
	BIO_free(bio);
	return text;
}

static char *
pem_write(X509 *root, const char *organisation, size_t *len)
{
	BIO *bio = BIO_new(BIO_s_mem());

	(void)organisation;
	if (bio != NULL && PEM_write_bio_X509(bio, root) == 1)
		return bio_text(bio, len);
	BIO_free(bio);
	ERR_clear_error();
	return NULL;
}

static char *
der_write(X509 *root, const char *organisation, size_t *len)
{
	unsigned char *at;
	char *text;
	int size = i2d_X509(root, NULL);

	(void)organisation;
	if (size <= 0)
		return NULL;
	text = xcalloc((size_t)size + 1, 1);
	at = (unsigned char *)text;
	*len = (size_t)i2d_X509(root, &at);
	return text;
}

static char *
profile_write(X509 *root, const char *organisation, size_t *len)
{
	size_t der_len;
	char *der = der_write(root, NULL, &der_len), *text = NULL;

	if (der != NULL)
		text = authority_profile((const uint8_t *)der, der_len, organisation);
	*len = text != NULL ? strlen(text) : 0;
	free(der);
	return text;
}

static const struct authority_format formats[] = {
	{ "pem", pem_write },
	{ "der", der_write },
	{ "mobileconfig", profile_write },
};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))

const struct authority_format *
authority_format(size_t i)
{
	return i < FORMATS ? &formats[i] : NULL;
}

const struct authority_format *
authority_format_by_name(const char *name)
{
	for (size_t i = 0; i < FORMATS; i++) {
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	}
	return NULL;
}

char *
authority_subject(const X509 *cert)
{
	BIO *bio = BIO_new(BIO_s_mem());
	size_t len;

	if (bio == NULL)
		return xstrdup("");
	X509_NAME_print_ex(bio, X509_get_subject_name(cert), 0,
	    XN_FLAG_ONELINE & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
	return bio_text(bio, &len);
}
