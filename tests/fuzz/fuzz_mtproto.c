/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telegram's transports with any lengths in any pieces. An input is: transport
 * and whether it is hidden, a seed for the opening, then pieces of
 * [flags][length][bytes] as they are before they are hidden. What is found must
 * be the same a piece and a byte at a time.
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "classifiers/table.h"
#include "core/buf.h"

static const struct size_model model = {
	.shape = SHAPE_BURST, .base_low = 10, .base_high = 90, .per_low = 3,
	.per_best = 5, .per_high = 9, .min_bytes = 200, .stop_low = 300,
	.stop_high = 5000, .confidence = 1
};

enum { FLAG_DOWN = 1, FLAG_GAP = 2, FLAG_LOST = 4, FLAG_PAUSE = 8, FLAG_LONG = 16 };
#define LONG 16
#define PIECE_MAX (255 * LONG)

struct run {
	struct listener listener;	/* first */
	uint64_t found;			/* all uploads, mixed into one number */
	struct task task;
	struct flow flow;
	EVP_CIPHER_CTX *ctr[2];
	void *slot;
	uint64_t now;
	bool bytewise, over;
};

static void
observe(struct listener *listener, const struct observation *seen)
{
	struct run *run = (struct run *)listener;
	const struct upload *upload = seen->upload;

	if (seen->kind != OBSERVED_UPLOAD || upload->contacts.low > upload->contacts.high ||
	    upload->begin_us > upload->end_us)
		abort();
	run->found = run->found * 1000003 + upload->bytes_up * 7 + upload->bytes_down +
	    (uint64_t)upload->contacts.best;
}

static void
chunk_feed(struct run *run, const struct chunk *chunk)
{
	struct observation seen;
	struct upload upload;

	if (run->over)
		return;
	if (classifier_volume.feed(&run->task, run->slot, chunk) == 0)
		run->over = true;
	else if (!run->bytewise &&
	    classifier_volume.peek(&run->task, run->slot, &seen, &upload) && upload.contacts.low > upload.contacts.high)
		abort();
}

static void
hide(struct run *run, enum dir dir, const uint8_t *clear, size_t len, uint8_t *out)
{
	int done;

	memcpy(out, clear, len);
	if (run->ctr[dir] != NULL &&
	    EVP_EncryptUpdate(run->ctr[dir], out, &done, clear, (int)len) != 1)
		abort();
}

static void
bytes_feed(struct run *run, enum dir dir, const uint8_t *data, size_t len, uint32_t gap)
{
	struct chunk chunk = { .data = data, .len = len, .time_us = run->now, .dir = dir,
		.gap = gap };

	if (!run->bytewise || len == 0) {
		chunk_feed(run, &chunk);
		return;
	}
	chunk.len = 1;
	for (size_t i = 0; i < len; i++) {
		chunk.data = data + i;
		chunk_feed(run, &chunk);
		chunk.gap = 0;
	}
}

static EVP_CIPHER_CTX *
cipher(const uint8_t *material)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (ctx == NULL || EVP_EncryptInit_ex2(ctx, EVP_aes_256_ctr(), material,
	    material + 32, NULL) != 1)
		abort();
	return ctx;
}

static void
opening_feed(struct run *run, uint8_t tag, uint8_t seed)
{
	uint8_t opening[64], turned[48], hidden[64];

	for (size_t i = 0; i < sizeof(opening); i++)
		opening[i] = (uint8_t)(seed * 31 + i * 7 + 'k');
	opening[0] = 'q';
	opening[4] |= 1;
	memset(opening + 56, tag, 4);
	for (size_t i = 0; i < sizeof(turned); i++)
		turned[i] = opening[55 - i];
	run->ctr[DIR_UP] = cipher(opening + 8);
	run->ctr[DIR_DOWN] = cipher(turned);
	hide(run, DIR_UP, opening, sizeof(opening), hidden);
	memcpy(opening + 56, hidden + 56, 8);
	bytes_feed(run, DIR_UP, opening, sizeof(opening), 0);
}

static void
piece_feed(struct run *run, struct buf *in)
{
	static uint8_t clear[PIECE_MAX], sent[PIECE_MAX], lost[256];
	uint8_t flags = buf_u8(in), length = buf_u8(in);
	size_t len = length < buf_left(in) ? length : buf_left(in);
	enum dir dir = flags & FLAG_DOWN ? DIR_DOWN : DIR_UP;
	const uint8_t *data = buf_take(in, len);
	uint32_t gap = flags & FLAG_LOST ? GAP_UNKNOWN : flags & FLAG_GAP ? length : 0;

	if (data == NULL)
		return;
	memcpy(clear, data, len);
	if (flags & FLAG_LONG) {
		memset(clear + len, 0x5a, len * (LONG - 1));
		len *= LONG;
	}
	run->now += flags & FLAG_PAUSE ? 11 * USEC_PER_SEC : 1000;
	if (flags & FLAG_GAP)
		hide(run, dir, lost, length, sent);
	hide(run, dir, clear, len, sent);
	bytes_feed(run, dir, sent, len, gap);
}

static uint64_t
run_all(const uint8_t *data, size_t size, bool bytewise)
{
	static const uint8_t tags[] = { 0xef, 0xee, 0xdd, 0x00 };
	struct buf in = buf_of(data, size);
	uint8_t which = buf_u8(&in), seed = buf_u8(&in);
	const struct size_model *models[] = { &model };
	struct run run = { .listener.observe = observe, .now = USEC_PER_SEC,
		.bytewise = bytewise, .flow = { .proto = 6, .server_port = 443 } };

	run.task = (struct task){ .flow = &run.flow, .listener = &run.listener };
	run.slot = calloc(1, classifier_volume.slot_size);
	if (run.slot == NULL)
		return 0;
	volume_models_set(run.slot, models, 1);
	if (which & 4)
		opening_feed(&run, tags[which & 3], seed);
	while (buf_left(&in) > 0)
		piece_feed(&run, &in);
	classifier_volume.close(&run.task, run.slot);
	free(run.slot);
	EVP_CIPHER_CTX_free(run.ctr[0]);
	EVP_CIPHER_CTX_free(run.ctr[1]);
	return run.found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t whole = run_all(data, size, false);

	/* WhatsApp and TLS are guessed by a first chunk, however short. */
	if (size > 2 && (data[0] & 4) && run_all(data, size, true) != whole)
		abort();
	return 0;
}
