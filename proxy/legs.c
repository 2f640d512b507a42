/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/legs.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "core/digest.h"
#include "core/log.h"
#include "core/mem.h"
#include "proxy/bypass.h"

struct session_slot {
	uint64_t key;
	SSL_SESSION *session;
};

struct legs {
	SSL_CTX *origin, *client, *untrusted;
	struct session_slot sessions[LEGS_SESSIONS_MAX];
	uint8_t secret[32];		/* of the slots' keys */
};

/* What hangs on an SSL: of an origin's its key and mark, of a client's its protocol. */
struct legs_note {
	struct legs *legs;
	uint64_t key;
	bool *client_cert;
	uint8_t alpn_len;
	uint8_t alpn[];
};

static int note_index = -1;

static void
note_free(void *parent, void *note, CRYPTO_EX_DATA *data, int index, long argl, void *argp)
{
	(void)parent, (void)data, (void)index, (void)argl, (void)argp;
	free(note);
}

static struct legs_note *
note_set(struct legs *legs, SSL *ssl, const uint8_t *alpn, size_t len)
{
	struct legs_note *note = calloc(1, sizeof(*note) + len);

	if (note == NULL)
		return NULL;
	note->legs = legs;
	note->alpn_len = (uint8_t)len;
	if (len > 0)
		memcpy(note->alpn, alpn, len);
	if (SSL_set_ex_data(ssl, note_index, note) == 1)
		return note;
	free(note);
	return NULL;
}

/* ---- sessions with origins ---- */

static uint64_t
session_key(const struct legs *legs, const struct legs_origin *origin)
{
	uint8_t text[sizeof(struct addr) + 2 + 256 + 16], out[SHA256_LEN];
	size_t at = 0, len = strnlen(origin->host, 255);
	uint64_t key;

	memcpy(text, origin->addr, sizeof(*origin->addr));
	at += sizeof(*origin->addr);
	memcpy(text + at, &origin->port, 2);
	at += 2;
	memcpy(text + at, origin->host, len + 1);
	at += len + 1;
	len = origin->alpn_len < 15 ? origin->alpn_len : 15;
	if (len > 0)
		memcpy(text + at, origin->alpn, len);
	digest_hmac(legs->secret, sizeof(legs->secret), text, at + len, out);
	memcpy(&key, out, sizeof(key));
	return key;
}

static struct session_slot *
session_slot(struct legs *legs, uint64_t key)
{
	return &legs->sessions[key % LEGS_SESSIONS_MAX];
}

/* OpenSSL has a session; only what was verified is kept. Returns 1: it is ours now. */
static int
session_keep(SSL *ssl, SSL_SESSION *session)
{
	struct legs_note *note = SSL_get_ex_data(ssl, note_index);
	struct session_slot *slot;

	if (note == NULL || SSL_get_verify_result(ssl) != X509_V_OK ||
	    !SSL_SESSION_is_resumable(session))
		return 0;
	slot = session_slot(note->legs, note->key);
	SSL_SESSION_free(slot->session);
	slot->key = note->key;
	slot->session = session;
	return 1;
}

size_t
legs_sessions(const struct legs *legs)
{
	size_t count = 0;

	for (size_t i = 0; i < LEGS_SESSIONS_MAX; i++)
		count += legs->sessions[i].session != NULL;
	return count;
}

/* ---- contexts ---- */

static bool
context_common(SSL_CTX *ctx)
{
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
	    SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_default_read_buffer_len(ctx, LEGS_READ_AHEAD);
	return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	    SSL_CTX_set1_groups_list(ctx, LEGS_GROUPS) == 1;
}

/* The origin asks for the client's certificate: that is between those two. */
static int
client_cert_asked(SSL *ssl, X509 **cert, EVP_PKEY **key)
{
	struct legs_note *note = SSL_get_ex_data(ssl, note_index);

	(void)cert;
	(void)key;
	if (note != NULL && note->client_cert != NULL)
		*note->client_cert = true;
	return 0;
}

static SSL_CTX *
origin_context(const char *trust)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (ctx == NULL || !context_common(ctx)) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	if (SSL_CTX_load_verify_file(ctx, trust) != 1) {
		log_error("proxy", "%s: no certificates can be read from it", trust);
		SSL_CTX_free(ctx);
		return NULL;
	}
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT |
	    SSL_SESS_CACHE_NO_INTERNAL | SSL_SESS_CACHE_NO_AUTO_CLEAR);
	SSL_CTX_sess_set_new_cb(ctx, session_keep);
	SSL_CTX_set_client_cert_cb(ctx, client_cert_asked);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	return ctx;
}

/* The client's protocol is the one the origin chose. */
static int
alpn_choose(SSL *ssl, const unsigned char **out, unsigned char *out_len,
    const unsigned char *in, unsigned in_len, void *arg)
{
	const struct legs_note *note = SSL_get_ex_data(ssl, note_index);

	(void)in;
	(void)in_len;
	(void)arg;
	if (note == NULL || note->alpn_len == 0)
		return SSL_TLSEXT_ERR_NOACK;
	*out = note->alpn;
	*out_len = note->alpn_len;
	return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *
client_context(const struct legs_options *options, X509 *issuer)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	uint8_t tickets[TICKET_KEYS_LEN];
	bool good = ctx != NULL && context_common(ctx);

	memcpy(tickets, options->tickets, sizeof(tickets));
	good = good && SSL_CTX_set_tlsext_ticket_keys(ctx, tickets, sizeof(tickets)) == 1 &&
	    SSL_CTX_set_num_tickets(ctx, 1) == 1;
	explicit_bzero(tickets, sizeof(tickets));
	if (good && issuer != NULL) {
		X509_up_ref(issuer);
		good = SSL_CTX_add_extra_chain_cert(ctx, issuer) == 1;
	}
	if (!good) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_max_early_data(ctx, 0);
	SSL_CTX_set_alpn_select_cb(ctx, alpn_choose, NULL);
	return ctx;
}

struct legs *
legs_new(const struct legs_options *options)
{
	struct legs *legs = xcalloc(1, sizeof(*legs));

	if (note_index < 0)
		note_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, note_free);
	random_bytes(legs->secret, sizeof(legs->secret));
	legs->origin = origin_context(options->trust);
	legs->client = client_context(options, options->issuer);
	legs->untrusted = client_context(options, options->untrusted);
	if (note_index >= 0 && legs_bio_init() && legs->origin != NULL && legs->client != NULL &&
	    legs->untrusted != NULL)
		return legs;
	log_error("proxy", "TLS cannot be made ready");
	legs_free(legs);
	return NULL;
}

void
legs_free(struct legs *legs)
{
	if (legs == NULL)
		return;
	for (size_t i = 0; i < LEGS_SESSIONS_MAX; i++)
		SSL_SESSION_free(legs->sessions[i].session);
	SSL_CTX_free(legs->origin);
	SSL_CTX_free(legs->client);
	SSL_CTX_free(legs->untrusted);
	explicit_bzero(legs->secret, sizeof(legs->secret));
	free(legs);
}

/* ---- the two sides ---- */

SSL *
legs_origin_new(struct legs *legs, struct end *end, const struct legs_origin *origin,
    bool *client_cert)
{
	SSL *ssl = SSL_new(legs->origin);
	struct legs_note *note = ssl ? note_set(legs, ssl, NULL, 0) : NULL;
	struct session_slot *slot;

	if (note == NULL || !legs_bio_set(ssl, end) ||
	    SSL_set_tlsext_host_name(ssl, origin->host) != 1 ||
	    SSL_set1_host(ssl, origin->host) != 1 || (origin->alpn_len > 0 &&
	    SSL_set_alpn_protos(ssl, origin->alpn, (unsigned)origin->alpn_len) != 0)) {
		SSL_free(ssl);
		return NULL;
	}
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	note->key = session_key(legs, origin);
	note->client_cert = client_cert;
	slot = session_slot(legs, note->key);
	if (slot->session != NULL && slot->key == note->key)
		SSL_set_session(ssl, slot->session);
	SSL_set_connect_state(ssl);
	return ssl;
}

SSL *
legs_client_new(struct legs *legs, struct end *end, const struct legs_client *client)
{
	SSL *ssl = SSL_new(client->trusted ? legs->client : legs->untrusted);

	/* A client resumes only where it would be shown the same. */
	if (ssl == NULL || note_set(legs, ssl, client->alpn, client->alpn_len) == NULL ||
	    SSL_set_session_id_context(ssl, client->shown, SSL_MAX_SID_CTX_LENGTH) != 1 ||
	    SSL_use_certificate(ssl, client->leaf) != 1 ||
	    SSL_use_PrivateKey(ssl, client->key) != 1 || !legs_bio_set(ssl, end)) {
		SSL_free(ssl);
		return NULL;
	}
	SSL_set_accept_state(ssl);
	return ssl;
}

bool
legs_alert_is_refusal(void)
{
	unsigned long error = ERR_peek_error();

	if (ERR_GET_LIB(error) != ERR_LIB_SSL)
		return false;
	/* RFC 8446 section 6.2: what a client says that does not trust the chain, or pins. */
	switch (ERR_GET_REASON(error)) {
	case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
	case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
	case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
	case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
	case SSL_R_TLSV1_BAD_CERTIFICATE_STATUS_RESPONSE:
		return true;
	default:
		return false;
	}
}
