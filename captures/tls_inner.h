/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of tls share; nobody else includes it (but tests).
 *
 *	tls.c			records out of bytes; gaps; what waits
 *	tls_handshake.c		the messages that decide about keys
 *	tls_keys.c		from secrets to keys
 *	tls_crypt.c		one record, opened
 *	tls_suites.c		the table of suites
 */
#ifndef CAPTURES_TLS_INNER_H
#define CAPTURES_TLS_INNER_H

#include "captures/tls.h"
#include "captures/tls_suites.h"

#define TLS_RANDOM_LEN 32
#define TLS_RECORD_HEADER 5

enum tls_version { TLS_1_0 = 0x0301, TLS_1_1, TLS_1_2, TLS_1_3 };

/* ContentType, RFC 8446 appendix B.1. */
enum tls_type { TYPE_CCS = 20, TYPE_ALERT, TYPE_HANDSHAKE, TYPE_DATA, TYPE_HEARTBEAT };

struct tls_record {
	uint8_t type;
	uint16_t version;		/* as it stands in the record */
	uint16_t len;
	const uint8_t *header, *body;
};

/* ---- tls_crypt.c: one direction's protection ---- */

struct tls_cipher;

struct tls_key_block {			/* one direction's part */
	uint8_t mac[TLS_HASH_MAX];
	uint8_t key[TLS_KEY_MAX];
	uint8_t iv[TLS_IV_MAX];
};

/* etm: encrypt-then-MAC (RFC 7366). NULL when the library has no such cipher. */
struct tls_cipher *tls_cipher_new(const struct tls_suite *suite, uint16_t version,
    bool etm, const struct tls_key_block *keys);
void tls_cipher_free(struct tls_cipher *cipher);	/* NULL is allowed */

/*
 * Opens a record into out (TLS_RECORD_MAX bytes) and sets its length and its
 * true content type. False: it was not sealed with these keys at this place;
 * then nothing has changed and another record may be tried.
 */
bool tls_cipher_open(struct tls_cipher *cipher, const struct tls_record *record,
    uint8_t *out, size_t *out_len, uint8_t *type);

/* One record was lost: the next one has the next sequence number. */
void tls_cipher_skip(struct tls_cipher *cipher);

/* Plain bytes in a record of this length, or GAP_UNKNOWN where padding hides it. */
uint32_t tls_cipher_plain_len(const struct tls_cipher *cipher, uint16_t len);

/* ---- tls_keys.c ---- */

/* RFC 8446 section 7.1: HKDF-Expand-Label with an empty context. */
bool tls_expand_label(enum tls_hash hash, const uint8_t *secret, const char *label,
    uint8_t *out, size_t len);

/* Keys of TLS 1.3 from a traffic secret (section 7.3); NULL: cannot be. */
struct tls_cipher *tls_cipher_from_traffic(const struct tls_suite *suite,
    const struct secret *secret);

/* The next generation of a traffic secret, in place (section 7.2). */
bool tls_traffic_update(const struct tls_suite *suite, struct secret *secret);

struct tls_randoms {
	uint8_t client[TLS_RANDOM_LEN], server[TLS_RANDOM_LEN];
};

/* Keys of TLS 1.2 and before, both directions (RFC 5246 section 6.3). */
bool tls_ciphers_from_master(const struct tls_suite *suite, uint16_t version, bool etm,
    const struct secret *master, const struct tls_randoms *randoms,
    struct tls_cipher *ciphers[2]);

/* ---- the connection ---- */

/* What protects a direction's records. TLS 1.2 knows the first and the last. */
enum tls_level { LEVEL_CLEAR, LEVEL_EARLY, LEVEL_HANDSHAKE, LEVEL_TRAFFIC };

/* Handshake messages put together from records. */
struct tls_messages {
	uint8_t head[4];		/* type and length */
	uint8_t head_have;
	bool broken;			/* a record was lost: boundaries are not known */
	uint32_t left;			/* of the message's body */
	uint8_t *body;			/* of the kinds that are looked at; NULL otherwise */
	uint32_t have;
};

struct tls_side {
	uint8_t *held;			/* bytes not yet taken, from a record's start on */
	uint32_t have, room;
	uint32_t skip;			/* of a lost record, still to come */
	uint32_t passed;		/* bytes let pass before a hello */
	uint32_t gap;			/* plain bytes lost before the next ones */
	uint16_t lenient;		/* records that may fail to open before the first does */
	uint8_t level;			/* enum tls_level */
	bool begun;			/* its hello was found */
	bool cut;			/* bytes are lost behind those held */
	bool stopped;			/* nothing more will be opened */
	struct tls_messages messages;
	struct tls_cipher *cipher;	/* in force; NULL in the clear */
	struct tls_cipher *next;	/* from ChangeCipherSpec on */
	struct secret traffic;		/* TLS 1.3, for key updates */
};

enum tls_early { EARLY_NONE, EARLY_OFFERED, EARLY_ACCEPTED, EARLY_REJECTED };

struct tls {
	struct tls_door *door;
	struct tls_side side[2];	/* by enum dir */
	struct tls_randoms randoms;
	uint16_t version, suite_id;
	const struct tls_suite *suite;
	uint8_t early;			/* enum tls_early */
	bool hello_seen;		/* the client's */
	bool answered;			/* the server's */
	bool etm;
	bool missing;			/* keys have been looked for in vain, but may come */
	size_t secrets_seen;		/* how many there were then */
	bool opened;			/* the judge knows */
	bool changed;			/* the other direction may go on */
	bool over;
	const char *reason;		/* why it stays closed, or NULL */
	uint8_t why;			/* the same as enum unscanned */
};

/* ---- tls_handshake.c ---- */

/* Takes handshake bytes of one record. */
void tls_messages_take(struct tls *tls, enum dir dir, const uint8_t *data, size_t len);

/* Looks for the keys of the suite agreed on, and sets the directions up. */
void tls_keys_find(struct tls *tls);

/* ChangeCipherSpec before TLS 1.3: the next keys are in force. False: there are none yet. */
bool tls_change_cipher(struct tls *tls, enum dir dir);

/* TLS 1.3: the client's first protected record comes; which keys are they? */
void tls_client_begin(struct tls *tls);

/*
 * TLS 1.3: puts a direction on a level. A level whose secret is not in the log
 * is passed over, and its records with it.
 */
void tls_level_set(struct tls *tls, enum dir dir, enum tls_level level);

/* ---- tls.c ---- */

/*
 * The whole connection stays closed, and is counted so; the reason is static
 * text. NULL: it was no TLS after all, and does not count.
 */
void tls_fail(struct tls *tls, enum unscanned why, const char *reason);

#endif
