/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CRYPTO stream of a client's first flight, put together from frames in
 * any order, and what a first flight says of the server's name.
 */
#ifndef CLASSIFIERS_QUIC_STREAM_H
#define CLASSIFIERS_QUIC_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The largest first flight put together. A hello with several post-quantum
 * shares stays below 4 KiB; servers allow little more before they answer.
 */
#define QUIC_STREAM_MAX 16384

struct quic_stream {
	uint8_t *bytes;		/* owned */
	uint8_t *seen;		/* owned; a bit for each byte that came */
	uint32_t room;		/* of bytes; a multiple of 8 */
	uint32_t have;		/* bytes there are without a hole */
};

/* Takes a frame. False when it is beyond the limit or memory is out. */
bool quic_stream_put(struct quic_stream *stream, uint64_t offset,
    const uint8_t *data, size_t len);

void quic_stream_fini(struct quic_stream *stream);

/*
 * The length of the message that starts at bytes, TLS or Google's; 0 while it
 * cannot be told. False when it is neither, or longer than a flight can be.
 */
bool quic_message_need(const uint8_t *bytes, size_t have, uint32_t *need);

/*
 * Finds the name in a CHLO of Google's QUIC Crypto. Returns NULL when there is
 * none (yet); the bytes stay the message's.
 */
const uint8_t *quic_chlo_host(const uint8_t *message, size_t len,
    size_t *host_len);

/* True when the message is a CHLO. */
bool quic_chlo(const uint8_t *message, size_t len);

#endif
