/* SPDX-License-Identifier: Apache-2.0 */
/*
 * legs: what all TLS of a worker has in common: one context for the clients'
 * side, one for the origins', and the sessions with origins that can be
 * resumed. Early data is neither offered nor taken, nor is renegotiation.
 */
#ifndef PROXY_LEGS_H
#define PROXY_LEGS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"

/* Sessions with origins that are kept: a few KiB each. */
#define LEGS_SESSIONS_MAX 1024
/* Bytes asked of a socket at once, some records; the buffer lives while it holds something. */
#define LEGS_READ_AHEAD ((size_t)64 << 10)
/* Key exchange: the two that every client of today has; each more costs a try. */
#define LEGS_GROUPS "X25519:P-256:P-384"

struct end;
struct legs;

struct legs_options {
	const char *trust;		/* PEM file of roots */
	X509 *issuer;			/* sent after a leaf that the signer made; NULL none */
	X509 *untrusted;		/* sent after one that nobody trusts */
	const uint8_t *tickets;		/* TICKET_KEYS_LEN bytes, the same in all workers */
};

/* NULL with the reason logged. */
struct legs *legs_new(const struct legs_options *options);
void legs_free(struct legs *legs);

/* Which origin a session is with; two that differ in any of it never share one. */
struct legs_origin {
	const struct addr *addr;
	uint16_t port;
	const char *host;
	const uint8_t *alpn;		/* what is offered */
	size_t alpn_len;
};

/*
 * The origin's side of a connection, ready for SSL_connect(). The peer is
 * verified, and the result is in SSL_get_verify_result(); it does not end the
 * handshake. *client_cert is set when the origin asks for a certificate of the
 * client's. The caller frees; NULL: memory is out.
 */
SSL *legs_origin_new(struct legs *legs, struct end *end, const struct legs_origin *origin,
    bool *client_cert);

/*
 * The client's side, ready for SSL_accept(): with the leaf and its key, with
 * one protocol to agree on ("" none). trusted: the issuer is ours.
 */
struct legs_client {
	X509 *leaf;
	EVP_PKEY *key;
	bool trusted;
	const uint8_t *shown;		/* 32 bytes: of what it is shown, the same in all workers */
	const uint8_t *alpn;
	size_t alpn_len;
};
SSL *legs_client_new(struct legs *legs, struct end *end, const struct legs_client *client);

/* Did the handshake fail since the client refused the certificate? Reads the error queue. */
bool legs_alert_is_refusal(void);

/* ---- legs_bio.c ---------------------------------------------------------- */

/* Once a process. False: memory is out. */
bool legs_bio_init(void);
/* TLS reads and writes that end, and keeps its flags true. False: memory is out. */
bool legs_bio_set(SSL *ssl, struct end *end);

/* What a call of TLS on an end came to. */
enum legs_step {
	LEGS_DONE,		/* it did what it should */
	LEGS_WAIT,		/* for the end to be readable, or writable; its flags say which */
	LEGS_ENDED,		/* close_notify: no more will come */
	LEGS_TRUNCATED,		/* FIN without it (RFC 8446 section 6.1) */
	LEGS_FAILED
};

/*
 * From the result of SSL_read(), SSL_write() or SSL_do_handshake(). Before
 * such a call: legs_step_begin(), for both errno and the error queue may hold
 * what is old.
 */
void legs_step_begin(void);
enum legs_step legs_step_of(const struct end *end, int result);

/* Sessions kept now. */
size_t legs_sessions(const struct legs *legs);

#endif
