/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A judge that writes down what comes out of TLS, standing in for the real one
 * at link time, and ways to feed a recorded talk to the door.
 */
#ifndef TESTS_TLS_HEAR_H
#define TESTS_TLS_HEAR_H

#include "captures/flows.h"
#include "captures/tls.h"
#include "tls_talk.h"

static struct {
	uint8_t bytes[2][TALK_BYTES_MAX];
	size_t len[2];
	uint64_t known_gap[2];
	unsigned unknown_gaps[2], opened;
	unsigned wants;			/* given once opened */
} heard;

static struct stats counts;
static struct tls_door door;

/* Where many flows are heard at once, these take the place of heard. */
static void (*hear_plain)(struct flow *flow, const struct chunk *chunk);
static void (*hear_close)(struct flow *flow);

enum action
judge_open(struct judge *judge, struct flow *flow)
{
	(void)judge;
	flow->wants = WANT_BYTES;
	return ACTION_ALLOW;
}

void
judge_packet(struct judge *judge, struct flow *flow, const uint8_t *packet, size_t len,
    uint64_t time_us, enum dir dir)
{
	(void)judge, (void)flow, (void)packet, (void)len, (void)time_us, (void)dir;
}

enum action
judge_feed(struct judge *judge, struct flow *flow, const struct chunk *chunk)
{
	(void)judge, (void)flow, (void)chunk;
	return ACTION_ALLOW;
}

void
judge_opened(struct judge *judge, struct flow *flow)
{
	(void)judge;
	heard.opened++;
	flow->opened = true;
	flow->wants |= (uint8_t)heard.wants;
}

enum action
judge_plain(struct judge *judge, struct flow *flow, const struct chunk *chunk)
{
	size_t *len = &heard.len[chunk->dir];

	(void)judge;
	if (hear_plain != NULL) {
		hear_plain(flow, chunk);
		return ACTION_ALLOW;
	}
	if (chunk->gap == GAP_UNKNOWN)
		heard.unknown_gaps[chunk->dir]++;
	else
		heard.known_gap[chunk->dir] += chunk->gap;
	if (*len + chunk->len > TALK_BYTES_MAX)
		abort();
	memcpy(heard.bytes[chunk->dir] + *len, chunk->data, chunk->len);
	*len += chunk->len;
	return ACTION_ALLOW;
}

void
judge_close(struct judge *judge, struct flow *flow)
{
	(void)judge;
	if (hear_close != NULL)
		hear_close(flow);
}

/* ---- feeding ---- */

struct hearing {
	struct secrets *secrets;
	struct tls *tls;
	struct flow flow;
	uint64_t now;
};

static void
hearing_begin(struct hearing *hearing, const char *keylog)
{
	memset(&heard, 0, sizeof(heard));
	memset(&counts, 0, sizeof(counts));
	heard.wants = WANT_PLAIN;
	memset(hearing, 0, sizeof(*hearing));
	hearing->flow.proto = 6;
	hearing->flow.wants = WANT_BYTES;
	hearing->secrets = secrets_new(NULL);
	secrets_add(hearing->secrets, "keys", (const uint8_t *)keylog, strlen(keylog));
	memset(&door, 0, sizeof(door));
	door.secrets = hearing->secrets;
	door.stats = &counts;
	hearing->tls = tls_new(&door);
}

static void
hearing_bytes(struct hearing *hearing, enum dir dir, const uint8_t *data, size_t len,
    uint32_t gap)
{
	struct chunk chunk = { data, len, ++hearing->now, dir, gap };

	tls_feed(hearing->tls, &hearing->flow, &chunk);
}

/* The turns of a talk in pieces; dirs: bits of the directions that are fed. */
static void
hearing_talk(struct hearing *hearing, const struct talk *talk, size_t piece, unsigned dirs)
{
	for (size_t i = 0; i < talk->turn_count; i++) {
		const struct talk_turn *turn = &talk->turns[i];

		for (size_t at = 0; at < turn->len && (dirs & 1u << turn->dir); at += piece)
			hearing_bytes(hearing, turn->dir, talk->bytes + turn->at + at,
			    turn->len - at < piece ? turn->len - at : piece, 0);
	}
}

static void
hearing_end(struct hearing *hearing)
{
	tls_finish(hearing->tls, &hearing->flow);
	tls_free(hearing->tls);
	secrets_free(hearing->secrets);
}

/* A whole talk with its own key log. */
static void
hear(const struct talk *talk, size_t piece)
{
	struct hearing hearing;

	hearing_begin(&hearing, talk->keylog);
	hearing_talk(&hearing, talk, piece, 3);
	hearing_end(&hearing);
}

#endif
