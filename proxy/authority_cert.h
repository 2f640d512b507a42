/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a certificate of an authority and a leaf have in common. Every function
 * gives false when the crypto library failed.
 */
#ifndef PROXY_AUTHORITY_CERT_H
#define PROXY_AUTHORITY_CERT_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <time.h>

/* Version 3 and a random serial number of 128 bits, above zero. */
bool authority_cert_begin(X509 *cert);

/* Validity; both ends belong to it (RFC 5280 section 4.1.2.5). */
bool authority_cert_dates(X509 *cert, time_t not_before, time_t not_after);

/* One entry of a name, UTF-8; more than max characters are cut off. */
bool authority_cert_subject(X509_NAME *name, int nid, const char *text, size_t max);

/*
 * The public key; its identifier (RFC 5280 section 4.2.1.2, method 1), and the
 * issuer's; issuer NULL: the certificate's own.
 */
bool authority_cert_key(X509 *cert, EVP_PKEY *key, X509 *issuer);

/*
 * The same for a key of P-256, ten times as fast: it is written and not read
 * back, so that X509_get0_pubkey() gives NULL until the certificate has been
 * through its DER.
 */
bool authority_cert_point(X509 *cert, EVP_PKEY *key, X509 *issuer);

/* Critical key usage, one bit (RFC 5280 section 4.2.1.3 counts from 0); -1 for none more. */
bool authority_cert_usage(X509 *cert, int bit, int another);

/* serverAuth and nothing else. */
bool authority_cert_server(X509 *cert);

/* A point of the curve P-256? */
bool authority_cert_key_fits(const EVP_PKEY *key);

#endif
