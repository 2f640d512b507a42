/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream: one TCP connection's payload put in order (RFC 9293). A segment that
 * arrives in order is handed on from where it lies; only early ones are
 * copied and kept.
 */
#ifndef CAPTURES_STREAM_H
#define CAPTURES_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "captures/packet.h"
#include "core/flow.h"
#include "core/mem.h"
#include "rules/rules.h"

/*
 * Bytes one direction may keep waiting for a missing segment. A window of a
 * phone's upload is rarely larger; beyond it the gap is taken as loss.
 */
#define STREAM_HELD_MAX (512u << 10)
#define STREAM_HELD_SEGMENTS_MAX 512
/* All directions of all flows together. */
#define STREAM_HELD_TOTAL_MAX (64u << 20)
/* A gap older than this is loss of the capture: retransmission would have come. */
#define STREAM_GAP_AGE_US (10 * USEC_PER_SEC)
/*
 * A stream joined midway waits for this many segments or this long before it
 * takes the lowest sequence number seen as its start, because the capture may
 * have changed the order of its first packets.
 */
#define STREAM_JOIN_SEGMENTS 8
#define STREAM_JOIN_AGE_US USEC_PER_SEC

struct segment;
struct tls;
struct tls_door;

struct stream_side {
	struct segment *held;		/* early segments, by sequence number */
	uint32_t next;			/* sequence number wanted next */
	uint32_t held_bytes, held_count;
	uint32_t missing;		/* bytes the capture cut off just before next */
	struct tls *tls;		/* the stream's; NULL without keys */
	bool known;			/* next is valid */
	bool started;			/* something was delivered */
	bool lost;			/* what comes next follows an unknown gap */
};

struct stream {
	struct stream_side side[2];	/* by enum dir */
};

/* What all streams of a replay share. */
struct streams {
	struct judge *judge;
	struct tls_door *door;		/* opens TLS; NULL: no keys are known */
	struct pool pool;
	size_t held_total;
};

void streams_init(struct streams *streams, struct judge *judge);
void streams_fini(struct streams *streams);

/* NULL when memory is out: the flow then goes without its bytes. */
struct stream *stream_new(struct streams *streams);
void stream_free(struct streams *streams, struct stream *stream);

/* Does anybody want more of its bytes: the judge, or the opening of its TLS? */
bool stream_is_needed(const struct stream *stream, const struct flow *flow);

/* Takes one TCP segment; hands what is in order to the judge. */
void stream_segment(struct streams *streams, struct stream *stream,
    struct flow *flow, const struct packet *packet, uint64_t time_us, enum dir dir);

/* No more will come: delivers what is held, with its gaps. */
void stream_finish(struct streams *streams, struct stream *stream, struct flow *flow);

#endif
