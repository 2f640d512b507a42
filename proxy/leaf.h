/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leaf certificates: what is mirrored from an origin's, and the making.
 *
 * A worker reads the origin's certificate with leaf_request_from(). When the
 * origin was verified, the request goes to the signer (signer.h). When it was
 * not, leaf_untrusted_build() makes a leaf of an authority that nobody trusts,
 * so that the client refuses it as it would have refused the origin.
 */
#ifndef PROXY_LEAF_H
#define PROXY_LEAF_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "core/flow.h"
#include "proxy/authority.h"

/* Names in a leaf; an origin may have thousands, and each costs every handshake. */
#define LEAF_NAMES_MAX 100
/* Bytes of all names, NULs counted. */
#define LEAF_TEXT_MAX 4096
/* What a forged leaf may live: browsers are about to refuse more than 200 days. */
#define LEAF_DAYS_MAX 199
/* Part of that lies before now, for clients whose clock is behind. */
#define LEAF_BACKDATE (7 * 86400)
/* RFC 5280 appendix A.1, ub-common-name. */
#define LEAF_CN_MAX 64
/* DER of a leaf: names, and less than 1 KiB beside them. */
#define LEAF_DER_MAX (LEAF_TEXT_MAX + LEAF_NAMES_MAX * 4 + 2048)

/* Plain data: no pointer, nothing to free. About 4.5 KiB. */
struct leaf_request {
	char host[HOST_MAX + 1];	/* the name the client asked for; lower case */
	time_t not_before, not_after;	/* the origin's */
	uint16_t count;			/* of names; the one that covers host is first */
	uint16_t used;			/* bytes of text */
	uint16_t name[LEAF_NAMES_MAX];	/* where each begins in text */
	char text[LEAF_TEXT_MAX];
};

enum leaf_result {
	LEAF_DONE,
	LEAF_NOT_COVERED,	/* none of the origin's names stands for host */
	LEAF_NOT_PERMITTED,	/* the authority may not sign for host */
	LEAF_BAD_DATES,		/* over, not begun, or the issuer's are */
	LEAF_BAD_KEY,		/* no point of P-256 */
	LEAF_BAD_REQUEST,	/* unreadable, or a name that is none */
	LEAF_FAILED,		/* memory, the crypto library */
	LEAF_RESULTS
};

/* One word for logs. */
const char *leaf_result_name(enum leaf_result result);

/*
 * Fills a request from the origin's certificate: its DNS names (bounded; those
 * that cannot be names are left out), its dates. host is lower-cased.
 * LEAF_NOT_COVERED when the origin does not name it: the request is filled
 * all the same, for the untrusted variant. LEAF_BAD_REQUEST when host is no
 * DNS name (an address, for one): then host is left empty, and nobody
 * signs that but leaf_untrusted_build().
 */
enum leaf_result leaf_request_from(struct leaf_request *request, X509 *origin,
    const char *host);

/* Adds a name of len bytes. False: no name, or no room. Known ones are added once. */
bool leaf_request_add(struct leaf_request *request, const char *name, size_t len);
const char *leaf_request_name(const struct leaf_request *request, size_t i);

/*
 * Leaves out the names that the authority may not sign. Where that takes the
 * name that covered host, host itself comes first. LEAF_NOT_PERMITTED when
 * host is not permitted, LEAF_NOT_COVERED when no name covers it.
 */
enum leaf_result leaf_request_permit(struct leaf_request *request,
    const struct authority *authority);

/* Who signs. Nothing is owned. */
struct leaf_issuer {
	X509 *cert;
	EVP_PKEY *key;
	bool clamp;	/* dates: at most LEAF_DAYS_MAX, within the issuer's, and now */
};

/*
 * Makes and signs the certificate of a public key: *len bytes of DER.
 * LEAF_BAD_DATES only where dates are clamped and now would lie outside.
 */
enum leaf_result leaf_build(const struct leaf_request *request,
    const struct leaf_issuer *issuer, EVP_PKEY *key, time_t now,
    uint8_t der[LEAF_DER_MAX], size_t *len);

/* A P-256 key in memory; one a process. NULL: the library failed. The caller frees. */
EVP_PKEY *leaf_key_new(void);

/* ---- not trusted: leaf_untrusted.c -------------------------------------------- */

/*
 * An authority made for this process, in memory, in no phone's store. Its name
 * says that the origin's certificate is not valid.
 */
struct leaf_untrusted;

/* NULL: the library failed. */
struct leaf_untrusted *leaf_untrusted_new(void);
void leaf_untrusted_free(struct leaf_untrusted *untrusted);

/*
 * The leaf for an origin that failed verification: its names and its dates as
 * they are, over or not. The caller owns *leaf. A request without a name gets
 * a leaf without one.
 */
enum leaf_result leaf_untrusted_build(struct leaf_untrusted *untrusted,
    const struct leaf_request *request, EVP_PKEY *key, time_t now, X509 **leaf);

/* Its certificate, to be sent after the leaf; not to be freed. */
X509 *leaf_untrusted_cert(const struct leaf_untrusted *untrusted);

#endif
