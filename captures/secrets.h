/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secrets: what a key log tells, found by a connection's client random. The
 * format is NSS's (draft-ietf-tls-keylogfile); it stands in files and in the
 * decryption secrets blocks of pcapng.
 */
#ifndef CAPTURES_SECRETS_H
#define CAPTURES_SECRETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "captures/captures.h"

#define CLIENT_RANDOM_LEN 32
#define SECRET_MAX 48			/* TLS 1.2's master secret; SHA-384's length */

/* The longest line that is believed; the longest real one has 193 characters. */
#define SECRETS_LINE_MAX 512
/* Connections in one table: further ones are counted and left out. */
#define SECRETS_SESSIONS_MAX (1u << 18)
/* Bad lines named each by itself; further ones are counted. */
#define SECRETS_SAID_MAX 5

enum secret_label {
	SECRET_MASTER,			/* CLIENT_RANDOM: TLS 1.2 and before */
	SECRET_CLIENT_EARLY, SECRET_CLIENT_HANDSHAKE, SECRET_SERVER_HANDSHAKE,
	SECRET_CLIENT_TRAFFIC, SECRET_SERVER_TRAFFIC,
	SECRETS
};

struct secret {
	uint8_t len;			/* 0: not in the log */
	uint8_t bytes[SECRET_MAX];
};

struct session_secrets {
	struct session_secrets *chain;
	uint8_t random[CLIENT_RANDOM_LEN];
	struct secret secret[SECRETS];
};

/* Adds a key log from memory; name stands in messages. */
void secrets_add(struct secrets *secrets, const char *name, const uint8_t *text, size_t len);

/* Secrets of a connection, from this table or those below it; NULL: none. */
const struct session_secrets *secrets_find(const struct secrets *secrets,
    const uint8_t random[CLIENT_RANDOM_LEN]);

/* Connections known, those of the tables below included. */
size_t secrets_count(const struct secrets *secrets);

/* Lines of unknown form met so far, in this table alone. */
size_t secrets_bad_lines(const struct secrets *secrets);

#endif
