/* SPDX-License-Identifier: Apache-2.0 */
#include "captures/stream.h"

#include <stdlib.h>
#include <string.h>

#include "captures/tls.h"

struct segment {
	struct segment *next;
	uint64_t time_us;
	uint32_t seq, len;
	uint32_t cut;			/* bytes after these that the capture left out */
	uint8_t data[];
};

/* Distance from b to a in sequence space (RFC 9293 section 3.4). */
static int32_t
seq_diff(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

void
streams_init(struct streams *streams, struct judge *judge)
{
	streams->judge = judge;
	streams->door = NULL;
	streams->held_total = 0;
	pool_init(&streams->pool, sizeof(struct stream));
}

void
streams_fini(struct streams *streams)
{
	pool_fini(&streams->pool);
}

struct stream *
stream_new(struct streams *streams)
{
	struct stream *stream = pool_get(&streams->pool);

	if (stream != NULL && streams->door != NULL)
		stream->side[DIR_UP].tls = stream->side[DIR_DOWN].tls = tls_new(streams->door);
	return stream;
}

bool
stream_is_needed(const struct stream *stream, const struct flow *flow)
{
	const struct tls *tls = stream->side[DIR_UP].tls;

	return (flow->wants & WANT_BYTES) || (tls != NULL && !tls_is_over(tls));
}

static void
side_drop(struct streams *streams, struct stream_side *side)
{
	struct segment *segment, *next;

	for (segment = side->held; segment != NULL; segment = next) {
		next = segment->next;
		free(segment);
	}
	streams->held_total -= side->held_bytes;
	side->held = NULL;
	side->held_bytes = side->held_count = 0;
}

void
stream_free(struct streams *streams, struct stream *stream)
{
	tls_free(stream->side[DIR_UP].tls);
	side_drop(streams, &stream->side[DIR_UP]);
	side_drop(streams, &stream->side[DIR_DOWN]);
	pool_put(&streams->pool, stream);
}

static bool
side_wanted(const struct flow *flow, enum dir dir)
{
	return (flow->wants & (dir == DIR_UP ? WANT_UP : WANT_DOWN)) != 0;
}

/* A run of bytes on its way to the judge. */
struct piece {
	const uint8_t *data;
	uint32_t len, cut, gap;
	uint64_t time_us;
};

/* Hands bytes that begin at side->next (or after a gap) to the judge. */
static void
side_deliver(struct streams *streams, struct stream_side *side, struct flow *flow,
    const struct piece *piece, enum dir dir)
{
	struct chunk chunk = { piece->data, piece->len, piece->time_us, dir,
	    side->lost ? GAP_UNKNOWN : piece->gap + side->missing };

	side->next += piece->len + piece->cut;
	side->missing = piece->cut;
	side->started = true;
	side->lost = false;
	/* Before the judge sees the outside: what can be read needs no guess by size. */
	if (side->tls != NULL)
		tls_feed(side->tls, flow, &chunk);
	if (side_wanted(flow, dir))
		judge_feed(streams->judge, flow, &chunk);
}

static struct segment *
side_pop(struct streams *streams, struct stream_side *side)
{
	struct segment *segment = side->held;

	side->held = segment->next;
	side->held_bytes -= segment->len;
	side->held_count--;
	streams->held_total -= segment->len;
	return segment;
}

/* Delivers held segments from the front while they join on. */
static void
side_drain(struct streams *streams, struct stream_side *side, struct flow *flow, enum dir dir)
{
	while (side->held != NULL && seq_diff(side->held->seq, side->next) <= 0) {
		struct segment *segment = side_pop(streams, side);
		uint32_t old = (uint32_t)seq_diff(side->next, segment->seq);

		if (old < segment->len)
			side_deliver(streams, side, flow, &(struct piece){
			    segment->data + old, segment->len - old, segment->cut,
			    0, segment->time_us }, dir);
		free(segment);
	}
}

/* The hole before the first held segment will not be filled: step over it. */
static void
side_skip_gap(struct streams *streams, struct stream_side *side, struct flow *flow, enum dir dir)
{
	struct segment *segment = side_pop(streams, side);
	uint32_t gap = side->known ? segment->seq - side->next : 0;

	if (!side->known)
		side->lost = true;
	side->known = true;
	side->next = segment->seq;
	side_deliver(streams, side, flow, &(struct piece){ segment->data,
	    segment->len, segment->cut, gap, segment->time_us }, dir);
	free(segment);
	side_drain(streams, side, flow, dir);
}

/*
 * Where a segment belongs among the held ones. Equal starts: the longer one
 * goes first, so that the shorter is dropped as old when its turn comes.
 */
static struct segment **
side_place(struct stream_side *side, uint32_t seq, uint32_t len)
{
	struct segment **at = &side->held;

	while (*at != NULL && (seq_diff((*at)->seq, seq) < 0 ||
	    ((*at)->seq == seq && (*at)->len >= len)))
		at = &(*at)->next;
	return at;
}

static void
side_hold(struct streams *streams, struct stream_side *side, uint32_t seq,
    const struct piece *piece)
{
	struct segment **at = side_place(side, seq, piece->len);
	struct segment *segment;

	segment = malloc(sizeof(*segment) + piece->len);
	if (segment == NULL)
		return;		/* becomes a gap, and gaps are reported */
	segment->seq = seq;
	segment->len = piece->len;
	segment->cut = piece->cut;
	segment->time_us = piece->time_us;
	memcpy(segment->data, piece->data, piece->len);
	segment->next = *at;
	*at = segment;
	side->held_count++;
	side->held_bytes += piece->len;
	streams->held_total += piece->len;
}

/* Has the wait for a missing segment been long enough? */
static bool
side_waited(const struct streams *streams, const struct stream_side *side, uint64_t now_us)
{
	uint64_t age;

	if (side->held == NULL)
		return false;
	age = now_us > side->held->time_us ? now_us - side->held->time_us : 0;
	if (!side->known)
		return side->held_count >= STREAM_JOIN_SEGMENTS || age > STREAM_JOIN_AGE_US;
	return side->held_bytes > STREAM_HELD_MAX ||
	    side->held_count > STREAM_HELD_SEGMENTS_MAX ||
	    streams->held_total > STREAM_HELD_TOTAL_MAX || age > STREAM_GAP_AGE_US;
}

/* SYN carries the first sequence number; its payload, if any, follows it. */
static void
side_syn(struct stream_side *side, uint32_t first)
{
	if (side->started)
		return;
	side->known = true;
	side->next = first;
}

/* Drops the part of a piece that was delivered before. Returns what is early. */
static int32_t
piece_trim(struct piece *piece, const struct stream_side *side, uint32_t seq)
{
	int32_t early = side->known ? seq_diff(seq, side->next) : 1;
	uint32_t old = early < 0 ? (uint32_t)-early : 0;

	if (early >= 0)
		return early;
	old = old < piece->len ? old : piece->len;
	piece->data += old;
	piece->len -= old;
	return 0;
}

void
stream_segment(struct streams *streams, struct stream *stream, struct flow *flow,
    const struct packet *packet, uint64_t time_us, enum dir dir)
{
	struct stream_side *side = &stream->side[dir];
	bool syn = (packet->tcp_flags & TCP_SYN) != 0;
	uint32_t seq = packet->seq + syn;
	struct piece piece = { packet->payload, (uint32_t)packet->payload_len,
	    (uint32_t)(packet->payload_wire - packet->payload_len), 0, time_us };
	int32_t early;

	if (syn) {
		side_syn(side, seq);
		side_drain(streams, side, flow, dir);
	}
	early = piece_trim(&piece, side, seq);
	if (piece.len > 0 && early == 0) {
		side_deliver(streams, side, flow, &piece, dir);
		side_drain(streams, side, flow, dir);
	} else if (piece.len > 0) {
		side_hold(streams, side, seq, &piece);
	}
	while (side_waited(streams, side, time_us))
		side_skip_gap(streams, side, flow, dir);
}

void
stream_finish(struct streams *streams, struct stream *stream, struct flow *flow)
{
	for (int i = 0; i < 2; i++) {
		enum dir dir = (enum dir)i;

		while (stream->side[i].held != NULL)
			side_skip_gap(streams, &stream->side[i], flow, dir);
	}
	if (stream->side[DIR_UP].tls != NULL)
		tls_finish(stream->side[DIR_UP].tls, flow);
}
