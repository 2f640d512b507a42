/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening a connection: the origin's handshake first, so that the client is
 * shown what the origin showed us: its names, its protocol, and its faults.
 */
#include <stdlib.h>

#include "proxy/leaf.h"
#include "proxy/legs.h"
#include "proxy/worker.h"

/* One step of a handshake. */
static enum legs_step
step(struct end *end)
{
	if (!end->readable && !end->writable)
		return LEGS_WAIT;
	legs_step_begin();
	return legs_step_of(end, SSL_do_handshake(end->ssl));
}

/*
 * The connection cannot be opened, through no fault of the client's: it passes
 * as it is, over a connection of its own, unless it must not pass unseen.
 */
static void
open_give_up(struct conn *conn)
{
	COUNT(conn->proxy, failed, 1);
	handshake_fini(conn);
	if (conn->must)
		conn_reset(conn);
	else
		decide_tunnel(conn);
}

/* We cannot open it, for want of a leaf: what then passes is the organisation's decision. */
static void
leaf_give_up(struct conn *conn)
{
	if (conn->proxy->options.settings->on_failure != 0)
		conn->must = true;
	open_give_up(conn);
}

/* ---- the client ---- */

static void
client_start(struct conn *conn)
{
	struct handshake *handshake = conn->handshake;
	struct end *client = conn_client(conn);
	struct legs_client shown = {
		.leaf = handshake->leaf, .key = conn->proxy->key, .trusted = conn->trusted,
		.shown = handshake->key.digest
	};
	unsigned len;

	SSL_get0_alpn_selected(conn_origin(conn)->ssl, &shown.alpn, &len);
	shown.alpn_len = len;
	client->ssl = legs_client_new(conn->proxy->legs, client, &shown);
	if (client->ssl == NULL) {
		COUNT(conn->proxy, failed, 1);
		conn_reset(conn);
		return;
	}
	client->readable = true;	/* the hello that was peeked at */
	conn->state = CONN_CLIENT;
}

static void
client_failed(struct conn *conn)
{
	bool refusal = legs_alert_is_refusal();

	COUNT(conn->proxy, failed, 1);
	/* Before our flight the certificate was not seen; that tells nothing of it. */
	if (SSL_get_state(conn_client(conn)->ssl) != TLS_ST_BEFORE)
		decide_client_failed(conn, refusal);
	conn_reset(conn);
}

static bool
client_turn(struct conn *conn)
{
	switch (step(conn_client(conn))) {
	case LEGS_WAIT:
		return false;
	case LEGS_DONE:
		handshake_fini(conn);
		if (!pump_start(conn)) {
			conn_reset(conn);
			return false;
		}
		return true;
	default:
		client_failed(conn);
		return false;
	}
}

/* ---- the leaf ---- */

/* The signer has answered, or will not. */
static void
leaf_ready(void *arg, X509 *leaf)
{
	struct conn *conn = arg;

	if (leaf == NULL) {
		leaf_give_up(conn);
	} else {
		X509_up_ref(leaf);
		conn->handshake->leaf = leaf;
		client_start(conn);
	}
	conn_again(conn);
}

/* Of an origin that failed verification: made here, by nobody's authority. */
static X509 *
leaf_untrusted(struct conn *conn, X509 *origin)
{
	struct leaf_request request;
	X509 *leaf = NULL;

	leaf_request_from(&request, origin, conn->flow.host);
	if (leaf_untrusted_build(conn->proxy->untrusted, &request, conn->proxy->key,
	    (time_t)(conn->proxy->home.now_us / 1000000), &leaf) != LEAF_DONE)
		return NULL;
	return leaf;
}

static void
leaf_start(struct conn *conn, X509 *origin)
{
	struct handshake *handshake = conn->handshake;
	struct leaf_cache *cache = conn->proxy->leaves;
	time_t now = (time_t)(conn->proxy->home.now_us / 1000000);

	conn->state = CONN_LEAF;
	if (!leaf_cache_key(&handshake->key, origin, conn->flow.host, conn->trusted)) {
		leaf_give_up(conn);
		return;
	}
	handshake->leaf = leaf_cache_get(cache, &handshake->key, now);
	if (handshake->leaf == NULL && !conn->trusted) {
		handshake->leaf = leaf_untrusted(conn, origin);
		if (handshake->leaf != NULL)
			leaf_cache_put(cache, &handshake->key, handshake->leaf, now);
	}
	if (handshake->leaf != NULL) {
		client_start(conn);
		return;
	}
	handshake->waiter = (struct leaf_waiter){ .ready = leaf_ready, .arg = conn };
	if (!conn->trusted || !ask_leaf(conn, origin))
		leaf_give_up(conn);
}

/* ---- the origin ---- */

static void
client_cert_asked(struct conn *conn)
{
	handshake_fini(conn);
	decide_client_cert(conn);
}

static void
origin_done(struct conn *conn)
{
	SSL *ssl = conn_origin(conn)->ssl;
	X509 *cert = SSL_get0_peer_certificate(ssl);

	if (conn->client_cert) {
		client_cert_asked(conn);
		return;
	}
	conn->trusted = SSL_get_verify_result(ssl) == X509_V_OK;
	if (cert == NULL)
		open_give_up(conn);
	else
		leaf_start(conn, cert);
}

static bool
origin_turn(struct conn *conn)
{
	switch (step(conn_origin(conn))) {
	case LEGS_WAIT:
		return false;
	case LEGS_DONE:
		origin_done(conn);
		return true;
	default:
		if (conn->client_cert)
			client_cert_asked(conn);
		else
			open_give_up(conn);
		return true;
	}
}

void
handshake_start(struct conn *conn)
{
	struct legs_origin origin = {
		.addr = &conn->flow.server, .port = conn->flow.server_port,
		.host = conn->flow.host, .alpn = conn->alpn, .alpn_len = conn->alpn_len
	};
	struct end *end = conn_origin(conn);

	conn->state = CONN_ORIGIN;
	conn_patience(conn, HANDSHAKE_S);
	conn->handshake = calloc(1, sizeof(*conn->handshake));
	end->ssl = conn->handshake ? legs_origin_new(conn->proxy->legs, end, &origin,
	    &conn->client_cert) : NULL;
	if (end->ssl == NULL) {
		COUNT(conn->proxy, failed, 1);
		conn_reset(conn);
	}
}

bool
handshake_turn(struct conn *conn)
{
	switch (conn->state) {
	case CONN_ORIGIN: return origin_turn(conn);
	case CONN_CLIENT: return client_turn(conn);
	default: return false;		/* CONN_LEAF: the signer's turn */
	}
}

void
handshake_fini(struct conn *conn)
{
	struct handshake *handshake = conn->handshake;

	free(conn->alpn);
	conn->alpn = NULL;
	conn->alpn_len = 0;
	if (handshake == NULL)
		return;
	leaf_cache_leave(&handshake->waiter);
	X509_free(handshake->leaf);
	free(handshake);
	conn->handshake = NULL;
}
