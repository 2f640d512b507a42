/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TLS ClientHello (RFC 8446 section 4.1.2), shared by the two ways it
 * comes: in TLS records over TCP and in CRYPTO frames of QUIC.
 */
#ifndef CLASSIFIERS_HELLO_H
#define CLASSIFIERS_HELLO_H

#include "classifiers/classifiers.h"
#include "core/buf.h"

/* msg_type and 24-bit length (RFC 8446 section 4). */
#define HANDSHAKE_HEADER 4
#define HANDSHAKE_CLIENT_HELLO 1

/* The transports JA4 tells apart; the character is the one it prints. */
enum hello_carrier { HELLO_ON_TCP = 't', HELLO_ON_QUIC = 'q' };

/* Views into the caller's bytes; nothing is owned. */
struct hello {
	struct buf ciphers;		/* 16-bit numbers */
	struct buf extensions;		/* the block, without its own length */
	struct buf algorithms;		/* signature_algorithms, 16-bit numbers */
	const uint8_t *host;		/* of server_name; NULL none */
	const uint8_t *alpn;		/* the first protocol offered; NULL none */
	uint8_t alpn_len;
	uint16_t host_len;
	uint16_t version;		/* highest offered */
	bool server_name;		/* the extension was there */
	bool ech;			/* encrypted_client_hello or its forerunner */
	bool versions;			/* supported_versions was there */
	bool whole;			/* read to its end without a fault */
};

/* True for the values RFC 8701 reserves so that peers learn to ignore them. */
static inline bool
hello_grease(uint16_t value)
{
	return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

/*
 * Reads a ClientHello from its handshake header on. len may be short of the
 * declared length: then, and when it is damaged, `whole` is false and the
 * rest says what could be read in full. False when not even the cipher suites
 * could.
 */
bool hello_parse(struct hello *hello, const uint8_t *message, size_t len);

/* Tells the listener what the hello said. source is the name's, if any. */
void hello_observe(struct task *task, const struct hello *hello,
    enum host_source source, enum hello_carrier carrier);

/*
 * The JA4 fingerprint of a whole hello. False when the hello has more
 * numbers than any client sends (JA4_LIST_MAX): no fingerprint then.
 */
bool ja4_text(const struct hello *hello, enum hello_carrier carrier,
    char text[JA4_MAX]);

#endif
