/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handshake messages that decide which keys are in force when, of TLS 1.2
 * (RFC 5246 section 7.4) and TLS 1.3 (RFC 8446 section 4). All others are
 * stepped over.
 */
#include "captures/tls_inner.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"

/* The longest message that is looked at; TLS stacks accept no longer hello. */
#define MESSAGE_MAX 65536

/*
 * Records that may fail to open while those of a level are passed over whose
 * keys are missing, or while rejected early data goes by.
 */
#define LENIENT_RECORDS 1024

enum {
	MESSAGE_CLIENT_HELLO = 1, MESSAGE_SERVER_HELLO = 2, MESSAGE_END_OF_EARLY_DATA = 5,
	MESSAGE_ENCRYPTED_EXTENSIONS = 8, MESSAGE_FINISHED = 20, MESSAGE_KEY_UPDATE = 24
};

enum {
	EXTENSION_ENCRYPT_THEN_MAC = 22,	/* RFC 7366 */
	EXTENSION_EARLY_DATA = 42, EXTENSION_VERSIONS = 43	/* RFC 8446 section 4.2 */
};

/* The random of a HelloRetryRequest: SHA-256 of that name (section 4.1.3). */
static const uint8_t retry_random[TLS_RANDOM_LEN] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65,
	0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2,
	0xc8, 0xa8, 0x33, 0x9c
};

/* Other keys, other messages: one that had begun will have no end. */
static void
messages_reset(struct tls_messages *messages)
{
	free(messages->body);
	*messages = (struct tls_messages){ .body = NULL };
}

/* ---- levels of TLS 1.3 ---- */

static const struct secret *
level_secret(const struct session_secrets *session, enum dir dir, enum tls_level level)
{
	static const enum secret_label labels[2][4] = {
		[DIR_UP] = { [LEVEL_EARLY] = SECRET_CLIENT_EARLY,
			[LEVEL_HANDSHAKE] = SECRET_CLIENT_HANDSHAKE,
			[LEVEL_TRAFFIC] = SECRET_CLIENT_TRAFFIC },
		[DIR_DOWN] = { [LEVEL_EARLY] = SECRET_SERVER_HANDSHAKE,
			[LEVEL_HANDSHAKE] = SECRET_SERVER_HANDSHAKE,
			[LEVEL_TRAFFIC] = SECRET_SERVER_TRAFFIC },
	};

	return &session->secret[labels[dir][level]];
}

void
tls_level_set(struct tls *tls, enum dir dir, enum tls_level level)
{
	const struct session_secrets *session;
	struct tls_side *side = &tls->side[dir];

	session = secrets_find(tls->door->secrets, tls->randoms.client);
	tls_cipher_free(side->cipher);
	side->cipher = NULL;
	for (; session != NULL && side->cipher == NULL && level <= LEVEL_TRAFFIC; level++) {
		const struct secret *secret = level_secret(session, dir, level);

		side->level = level;
		side->cipher = tls_cipher_from_traffic(tls->suite, secret);
		if (side->cipher == NULL)
			side->lenient = LENIENT_RECORDS;
		else if (level == LEVEL_TRAFFIC)
			side->traffic = *secret;
	}
	messages_reset(&side->messages);
	side->stopped = side->cipher == NULL;
	if (side->stopped && tls->side[!dir].stopped && !tls->opened)
		tls_fail(tls, UNSCANNED_ENCRYPTED, "its keys do not fit its suite");
	tls->changed = true;
}

void
tls_client_begin(struct tls *tls)
{
	struct tls_side *up = &tls->side[DIR_UP];

	if (tls->early == EARLY_REJECTED)
		up->lenient = LENIENT_RECORDS;
	tls_level_set(tls, DIR_UP, tls->early == EARLY_ACCEPTED ? LEVEL_EARLY : LEVEL_HANDSHAKE);
}

static void
key_update(struct tls *tls, enum dir dir)
{
	struct tls_side *side = &tls->side[dir];

	if (tls->version != TLS_1_3 || side->level != LEVEL_TRAFFIC)
		return;
	tls_cipher_free(side->cipher);
	side->cipher = NULL;
	if (tls_traffic_update(tls->suite, &side->traffic))
		side->cipher = tls_cipher_from_traffic(tls->suite, &side->traffic);
	side->stopped = side->cipher == NULL;
}

/* ---- keys ---- */

/* What the log holds of this connection: enough to read data in one direction? */
static bool
session_serves(const struct tls *tls, const struct session_secrets *session)
{
	if (session == NULL)
		return false;
	if (tls->version != TLS_1_3)
		return session->secret[SECRET_MASTER].len > 0;
	return session->secret[SECRET_CLIENT_TRAFFIC].len > 0 ||
	    session->secret[SECRET_SERVER_TRAFFIC].len > 0;
}

/* TLS 1.2: keys for both, from their ChangeCipherSpec on. */
static void
master_set(struct tls *tls, const struct session_secrets *session)
{
	struct tls_cipher *ciphers[2];

	if (!tls_ciphers_from_master(tls->suite, tls->version, tls->etm,
	    &session->secret[SECRET_MASTER], &tls->randoms, ciphers)) {
		tls_fail(tls, UNSCANNED_ENCRYPTED, "OpenSSL has no such cipher");
		return;
	}
	for (int dir = 0; dir < 2; dir++) {
		tls_cipher_free(tls->side[dir].next);
		tls->side[dir].next = ciphers[dir];
	}
}

void
tls_keys_find(struct tls *tls)
{
	const struct session_secrets *session;

	session = secrets_find(tls->door->secrets, tls->randoms.client);
	tls->missing = !session_serves(tls, session);
	tls->secrets_seen = secrets_count(tls->door->secrets);
	if (tls->missing) {
		if (!tls->door->more_secrets)
			tls_fail(tls, UNSCANNED_ENCRYPTED, "its keys are not in the key log");
		return;
	}
	tls->changed = true;
	if (tls->version == TLS_1_3)
		tls_level_set(tls, DIR_DOWN, LEVEL_HANDSHAKE);
	else
		master_set(tls, session);
}

bool
tls_change_cipher(struct tls *tls, enum dir dir)
{
	struct tls_side *side = &tls->side[dir];

	if (side->next == NULL)
		return false;
	tls_cipher_free(side->cipher);
	side->cipher = side->next;
	side->next = NULL;
	side->level = LEVEL_TRAFFIC;
	messages_reset(&side->messages);
	return true;
}

/* ---- hellos ---- */

static void
client_hello(struct tls *tls, struct buf in)
{
	const uint8_t *client;
	struct buf list;
	bool early = false;

	buf_skip(&in, 2);
	client = buf_take(&in, TLS_RANDOM_LEN);
	buf_skip(&in, buf_u8(&in));	/* session */
	buf_skip(&in, buf_u16(&in));	/* suites */
	buf_skip(&in, buf_u8(&in));	/* compression */
	if (!buf_ok(&in) || client == NULL)
		return;
	list = buf_sub(&in, buf_u16(&in));
	while (buf_left(&list) > 0) {
		early = early || buf_u16(&list) == EXTENSION_EARLY_DATA;
		buf_skip(&list, buf_u16(&list));
	}
	memcpy(tls->randoms.client, client, TLS_RANDOM_LEN);
	tls->early = early ? EARLY_OFFERED : EARLY_NONE;
	tls->hello_seen = true;
	tls->answered = false;
	tls->changed = true;
}

static void
server_extensions(struct tls *tls, struct buf *in)
{
	struct buf list = buf_sub(in, buf_u16(in)), body;

	while (buf_left(&list) > 0) {
		uint16_t type = buf_u16(&list);

		body = buf_sub(&list, buf_u16(&list));
		if (type == EXTENSION_VERSIONS && buf_left(&body) == 2)
			tls->version = buf_u16(&body);
		else if (type == EXTENSION_ENCRYPT_THEN_MAC)
			tls->etm = true;
	}
}

/* Suite and version agreed on: is it known how their records are protected? */
static void
server_agreed(struct tls *tls, uint8_t compression)
{
	tls->suite = tls_suite_find(tls->suite_id);
	if (tls->version < TLS_1_0 || tls->version > TLS_1_3)
		tls_fail(tls, UNSCANNED_ENCRYPTED, "its version is not known");
	else if (tls->suite == NULL ||
	    (tls->version == TLS_1_3) != (tls->suite_id >> 8 == 0x13))
		tls_fail(tls, UNSCANNED_ENCRYPTED, "its cipher suite is not known");
	else if (compression != 0)
		tls_fail(tls, UNSCANNED_ENCRYPTED, "it is compressed");
	else
		tls_keys_find(tls);
}

static void
server_hello(struct tls *tls, struct buf in)
{
	uint16_t version = buf_u16(&in), suite;
	const uint8_t *server = buf_take(&in, TLS_RANDOM_LEN);
	uint8_t compression;

	buf_skip(&in, buf_u8(&in));
	suite = buf_u16(&in);
	compression = buf_u8(&in);
	if (!buf_ok(&in) || server == NULL)
		return;
	tls->answered = tls->changed = true;
	if (memcmp(server, retry_random, TLS_RANDOM_LEN) == 0) {
		tls->early = EARLY_REJECTED;
		return;
	}
	memcpy(tls->randoms.server, server, TLS_RANDOM_LEN);
	tls->version = version;
	tls->suite_id = suite;
	tls->etm = false;
	server_extensions(tls, &in);
	server_agreed(tls, compression);
}

/* Does the server take the early data (RFC 8446 section 4.2.10)? */
static void
encrypted_extensions(struct tls *tls, struct buf in)
{
	struct buf list = buf_sub(&in, buf_u16(&in));
	bool early = false;

	while (buf_left(&list) > 0) {
		early = early || buf_u16(&list) == EXTENSION_EARLY_DATA;
		buf_skip(&list, buf_u16(&list));
	}
	if (tls->early == EARLY_OFFERED)
		tls->early = early ? EARLY_ACCEPTED : EARLY_REJECTED;
	tls->changed = true;
}

/* ---- messages ---- */

static bool
message_is_kept(uint8_t type)
{
	return type == MESSAGE_CLIENT_HELLO || type == MESSAGE_SERVER_HELLO ||
	    type == MESSAGE_ENCRYPTED_EXTENSIONS;
}

/* True when what follows in this record is protected otherwise, so must not be read on. */
static bool
message_take(struct tls *tls, enum dir dir, uint8_t type, struct buf body)
{
	struct tls_side *side = &tls->side[dir];
	bool last = tls->version == TLS_1_3 && side->level != LEVEL_CLEAR;

	if (type == MESSAGE_CLIENT_HELLO && dir == DIR_UP && !last)
		client_hello(tls, body);
	else if (type == MESSAGE_SERVER_HELLO && dir == DIR_DOWN && !last)
		server_hello(tls, body);
	else if (type == MESSAGE_ENCRYPTED_EXTENSIONS && dir == DIR_DOWN && last)
		encrypted_extensions(tls, body);
	else if (type == MESSAGE_END_OF_EARLY_DATA && side->level == LEVEL_EARLY)
		tls_level_set(tls, dir, LEVEL_HANDSHAKE);
	else if (type == MESSAGE_FINISHED && last && side->level == LEVEL_HANDSHAKE)
		tls_level_set(tls, dir, LEVEL_TRAFFIC);
	else if (type == MESSAGE_KEY_UPDATE && last)
		key_update(tls, dir);
	else
		return false;
	return last && type != MESSAGE_ENCRYPTED_EXTENSIONS;
}

/* A message's head is there: is its body wanted? */
static void
message_begin(struct tls_messages *messages)
{
	messages->left = (uint32_t)messages->head[1] << 16 |
	    (uint32_t)messages->head[2] << 8 | messages->head[3];
	messages->have = 0;
	if (message_is_kept(messages->head[0]) && messages->left > 0 &&
	    messages->left <= MESSAGE_MAX)
		messages->body = malloc(messages->left);
}

static size_t
message_add(struct tls_messages *messages, const uint8_t *data, size_t len)
{
	size_t n = len < messages->left ? len : messages->left;

	if (messages->body != NULL) {
		memcpy(messages->body + messages->have, data, n);
		messages->have += (uint32_t)n;
	}
	messages->left -= (uint32_t)n;
	return n;
}

void
tls_messages_take(struct tls *tls, enum dir dir, const uint8_t *data, size_t len)
{
	struct tls_messages *messages = &tls->side[dir].messages;
	bool done = messages->broken;

	while (!done && len > 0 && !tls->over) {
		size_t n = 1;

		if (messages->head_have < sizeof(messages->head)) {
			messages->head[messages->head_have++] = data[0];
			if (messages->head_have == sizeof(messages->head))
				message_begin(messages);
		} else {
			n = message_add(messages, data, len);
		}
		data += n;
		len -= n;
		if (messages->head_have == sizeof(messages->head) && messages->left == 0) {
			uint8_t *body = messages->body;

			messages->body = NULL;
			messages->head_have = 0;
			done = message_take(tls, dir, messages->head[0],
			    buf_of(body ? body : data, body ? messages->have : 0));
			free(body);
		}
	}
}
