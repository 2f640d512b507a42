/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protection of QUIC Initial packets (RFC 9001 section 5). Its keys follow
 * from what everybody on the path can read, so the client's first flight can
 * be opened by anyone; it guards against accidents, not against readers.
 */
#ifndef CLASSIFIERS_QUIC_CRYPTO_H
#define CLASSIFIERS_QUIC_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUIC_SALT_LEN 20
#define QUIC_TAG_LEN 16			/* AEAD_AES_128_GCM */
#define QUIC_SAMPLE_LEN 16
#define QUIC_PN_MAX 4			/* bytes of a packet number */

struct quic_keys {
	uint8_t key[16], iv[12], hp[16];
};

/* What the key schedule takes from the version. */
struct quic_schedule {
	uint8_t salt[QUIC_SALT_LEN];
	const char *key, *iv, *hp;	/* HKDF labels */
};

/*
 * Derives the client's Initial keys from the Destination Connection ID of its
 * first packet. False when the crypto library fails.
 */
bool quic_keys_derive(struct quic_keys *keys,
    const struct quic_schedule *schedule, const uint8_t *dcid, size_t len);

/*
 * A protected packet: from its first byte to the packet number `head` bytes
 * later, and to its end.
 */
struct quic_packet {
	const uint8_t *data;
	size_t head, len;
};

/*
 * Removes header and packet protection and writes the payload to plain, which
 * has room for packet->len bytes. Returns its length, or -1 when the packet
 * was not made with these keys.
 */
long quic_packet_open(const struct quic_keys *keys,
    const struct quic_packet *packet, uint8_t *plain);

#endif
