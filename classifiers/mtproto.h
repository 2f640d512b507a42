/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telegram's transports (core.telegram.org/mtproto/mtproto-transports; the
 * same in tdlib/td, td/mtproto/TcpTransport.cpp, and in the npm package
 * telegram, network/connection): where their frames begin and end.
 *
 * The obfuscated transport hides the lengths under AES-256-CTR with a key that
 * it sends along: bytes 8 to 39 of the client's first 64 are the key, 40 to 55
 * the first counter, and 56 to 59, deciphered, name the transport inside. The
 * server's direction takes the same 48 bytes in reverse. Whoever sees the
 * first 64 bytes can read the lengths, and only heads of frames are deciphered
 * here: what is inside (MTProto, AES-IGE under a key that two ends agreed on)
 * stays closed. Where a proxy's secret is mixed into the key, no known
 * transport is named, and nothing is read.
 */
#ifndef CLASSIFIERS_MTPROTO_H
#define CLASSIFIERS_MTPROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/flow.h"

#define MTPROTO_OPENING 64	/* bytes before the first frame, at most */
#define MTPROTO_HEAD_MAX 8	/* of a frame: full's length and sequence */

enum mtproto_transport {
	MTPROTO_ABRIDGED, MTPROTO_INTERMEDIATE, MTPROTO_PADDED, MTPROTO_FULL,
	MTPROTO_TRANSPORTS
};

/* All zero is a stream of which nothing was seen. */
struct mtproto {
	uint8_t opening[MTPROTO_OPENING];	/* the client's first bytes */
	uint64_t at[2];			/* bytes passed, each way: the owner counts on */
	uint32_t sequence[2];		/* of the next full frame */
	uint8_t have;			/* bytes of the opening */
	uint8_t transport;
	bool hidden;			/* obfuscated */
};

enum mtproto_opens { MTPROTO_MORE, MTPROTO_NOT, MTPROTO_OPENED };

/*
 * Takes the client's next bytes, of which it keeps what it must see; *taken is
 * how many. MTPROTO_OPENED: frames begin at opening[at[DIR_UP]], and what was
 * kept behind that is theirs; the server's begin with its first byte.
 */
enum mtproto_opens mtproto_open(struct mtproto *mt, const uint8_t *data,
    size_t len, size_t *taken);

struct mtproto_head {
	uint8_t size;			/* bytes of the head; more than were there: unfinished */
	bool payload;			/* false: a word of the transport's own */
	uint32_t length;		/* bytes that follow the head */
};

/*
 * Reads the head of a frame from its first `have` bytes (0: how many does it
 * take?) as they were sent; at[dir] stands behind them. False: no frame
 * begins so.
 */
bool mtproto_head(const struct mtproto *mt, enum dir dir, const uint8_t *sent,
    size_t have, struct mtproto_head *head);

/* Is a frame of `bytes`, head included, one part of a file in the size apps cut them? */
bool mtproto_is_file_part(uint64_t bytes);

#endif
