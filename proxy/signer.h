/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signer: the work of the one process that holds the gateway's key.
 *
 * A worker may be in somebody else's hands, so each request is hostile: the
 * signer itself checks every name against the constraints, clamps the dates
 * and makes the certificate; a worker can ask for nothing that the law of the
 * authority does not allow. Bytes in, bytes out: how they travel is the
 * caller's, one message a packet.
 *
 * Request, numbers in network order:
 *
 *	u8	version, SIGNER_VERSION
 *	u32	tag, the worker's own; the answer repeats it
 *	u64	not before, u64 not after: seconds since 1970
 *	u8[65]	public key: point of P-256, uncompressed (SEC 1 section 2.3.3)
 *	u8 n, n bytes		host
 *	u8	count of names, then for each: u8 n, n bytes
 *
 * Reply:
 *
 *	u8	version
 *	u32	tag
 *	u8	enum leaf_result
 *	DER of the leaf up to the end; nothing unless the result is LEAF_DONE
 */
#ifndef PROXY_SIGNER_H
#define PROXY_SIGNER_H

#include "proxy/leaf.h"

#define SIGNER_VERSION 1
/* An uncompressed point of P-256. */
#define SIGNER_POINT_LEN 65
/* The largest messages of either kind. */
#define SIGNER_REQUEST_MAX (88 + HOST_MAX + LEAF_TEXT_MAX)
#define SIGNER_REPLY_HEAD 6
#define SIGNER_REPLY_MAX (SIGNER_REPLY_HEAD + LEAF_DER_MAX)

/* ---- the signer's side ----------------------------------------------------- */

struct signer;

/*
 * Loads gateway.key and gateway.pem. NULL with a problem added: they do not
 * fit, the key may be read by others, the dates are over, the constraints are
 * missing. Opens no file afterwards.
 */
struct signer *signer_new(const char *folder, struct problems *problems);
/* The key is wiped. */
void signer_free(struct signer *signer);

/*
 * Answers one request; now is seconds since 1970. Returns the reply's length,
 * never 0: what cannot be read is answered too, with tag 0 if that is missing.
 */
size_t signer_answer(struct signer *signer, const uint8_t *request, size_t len,
    time_t now, uint8_t reply[SIGNER_REPLY_MAX]);

/* What was answered so far, by result. */
const uint64_t *signer_counts(const struct signer *signer);	/* [LEAF_RESULTS] */

/* ---- the worker's side ------------------------------------------------------- */

/*
 * Writes the request for a certificate of the worker's key. Returns the
 * length, 0 when key is not of P-256.
 */
size_t signer_request_write(const struct leaf_request *leaf, EVP_PKEY *key,
    uint32_t tag, uint8_t request[SIGNER_REQUEST_MAX]);

struct signer_reply {
	uint32_t tag;
	enum leaf_result result;
	X509 *leaf;		/* the caller's; NULL unless LEAF_DONE */
};

/* False: that is no reply, and *reply holds nothing to free. */
bool signer_reply_read(const uint8_t *data, size_t len, struct signer_reply *reply);

#endif
