/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS of any bytes. The input begins with the length of a key log and the log;
 * then come pieces: a byte of direction (bit 0), gap (bit 1) and late keys (bit
 * 2), two bytes of length, data.
 */
#include <stdlib.h>
#include <string.h>

#include "captures/tls.h"
#include "core/buf.h"
#include "core/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile unsigned sink;

/* These two stand in for the judge's at link time. */
void
judge_opened(struct judge *judge, struct flow *flow)
{
	(void)judge;
	if (flow->opened)
		abort();
	flow->opened = true;
	flow->wants |= WANT_PLAIN;
}

enum action
judge_plain(struct judge *judge, struct flow *flow, const struct chunk *chunk)
{
	(void)judge;
	if (!flow->opened)
		abort();
	for (size_t i = 0; i < chunk->len; i++)
		sink += chunk->data[i];
	return ACTION_ALLOW;
}

static void
piece_feed(struct tls *tls, struct flow *flow, struct buf *in)
{
	uint8_t what = buf_u8(in);
	size_t len = buf_u16(in), left = buf_left(in);
	struct chunk chunk = { .dir = what & 1 ? DIR_DOWN : DIR_UP };

	chunk.len = len < left ? len : left;
	chunk.data = buf_take(in, chunk.len);
	chunk.gap = what & 2 ? (what & 8 ? GAP_UNKNOWN : what >> 4) : 0;
	if (chunk.data != NULL)
		tls_feed(tls, flow, &chunk);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tls_door door;
	struct stats stats = { 0 };
	struct flow flow = { .proto = 6, .wants = WANT_BYTES };
	struct buf in = buf_of(data, size);
	size_t keys = buf_u16(&in), left = buf_left(&in);
	const uint8_t *log = buf_take(&in, keys = keys < left ? keys : left);
	struct secrets *secrets = secrets_new(NULL);
	struct tls *tls;

	log_level_set(LOG_LEVEL_ERROR);
	if (log != NULL)
		secrets_add(secrets, "keys", log, keys);
	door = (struct tls_door){ .secrets = secrets, .stats = &stats, .more_secrets = size & 1 };
	tls = tls_new(&door);
	while (buf_left(&in) > 0)
		piece_feed(tls, &flow, &in);
	tls_finish(tls, &flow);
	tls_free(tls);
	if (door.held_total != 0)
		abort();
	secrets_free(secrets);
	return 0;
}
