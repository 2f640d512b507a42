/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes byte streams of given lengths and feeds them to the volume row: the
 * contents are noise, as on the wire.
 */
#ifndef TESTS_VOLUME_GEN_H
#define TESTS_VOLUME_GEN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classifiers/table.h"
#include "classifiers/volume.h"

#define GEN_UPLOADS 8
#define GEN_SEGMENT 1400

struct gen {
	struct listener listener;	/* first: the listener is its generator */
	struct flow flow;
	struct task task;
	void *slot;
	bool sniffed, ended;
	bool hide[2];			/* a direction the capture lacks */
	bool tls12;
	uint32_t gap[2];		/* tells the next chunk that bytes are missing */
	uint64_t now_us;
	size_t segment;
	uint32_t noise;
	struct upload uploads[GEN_UPLOADS];
	uint64_t models[GEN_UPLOADS];
	size_t count;
};

static inline void
gen_observe(struct listener *listener, const struct observation *seen)
{
	struct gen *gen = (struct gen *)listener;

	assert_int_equal(seen->kind, OBSERVED_UPLOAD);
	if (gen->count < GEN_UPLOADS) {
		gen->uploads[gen->count] = *seen->upload;
		gen->models[gen->count] = seen->number;
	}
	gen->count++;
}

static inline void
gen_init(struct gen *gen, const struct size_model *model)
{
	memset(gen, 0, sizeof(*gen));
	gen->listener.observe = gen_observe;
	gen->flow.proto = 6;
	gen->flow.server_port = 443;
	gen->task.flow = &gen->flow;
	gen->task.listener = &gen->listener;
	gen->slot = calloc(1, classifier_volume.slot_size);
	gen->segment = GEN_SEGMENT;
	gen->now_us = 1700000000 * USEC_PER_SEC;
	gen->noise = 12345;
	assert_non_null(gen->slot);
	if (model != NULL)
		volume_models_set(gen->slot, &model, 1);
}

static inline uint32_t
gen_noise(struct gen *gen)
{
	gen->noise = gen->noise * 1664525u + 1013904223u;
	return gen->noise >> 8;
}

static inline void
gen_chunk(struct gen *gen, enum dir dir, const uint8_t *data, size_t len)
{
	struct chunk chunk = {
		.data = data, .len = len, .time_us = gen->now_us, .dir = dir,
		.gap = gen->gap[dir]
	};

	gen->now_us += 100;
	if (gen->hide[dir] || gen->ended)
		return;
	gen->gap[dir] = 0;
	if (!gen->sniffed)
		assert_int_equal(classifier_volume.sniff(&gen->flow, &chunk),
		    INTEREST_YES);
	gen->sniffed = true;
	if (classifier_volume.feed(&gen->task, gen->slot, &chunk) == 0)
		gen->ended = true;
}

static inline void
gen_bytes(struct gen *gen, enum dir dir, const uint8_t *data, size_t len)
{
	for (size_t at = 0; at < len; at += gen->segment)
		gen_chunk(gen, dir, data + at,
		    len - at < gen->segment ? len - at : gen->segment);
}

/* A header and `len` bytes of noise. */
static inline void
gen_noise_after(struct gen *gen, enum dir dir, const uint8_t *head,
    size_t head_len, size_t len)
{
	uint8_t *all = malloc(head_len + len + 1);

	assert_non_null(all);
	if (head_len > 0)
		memcpy(all, head, head_len);
	for (size_t i = 0; i < len; i++)
		all[head_len + i] = (uint8_t)gen_noise(gen);
	gen_bytes(gen, dir, all, head_len + len);
	free(all);
}

static inline void
gen_record(struct gen *gen, enum dir dir, uint8_t type, size_t len)
{
	uint8_t head[5] = { type, 3, 3, (uint8_t)(len >> 8), (uint8_t)len };

	gen_noise_after(gen, dir, head, sizeof(head), len);
}

static inline void
gen_wait(struct gen *gen, double seconds)
{
	gen->now_us += (uint64_t)(seconds * (double)USEC_PER_SEC);
}

/* Application data in records of at most 16 KiB. */
static inline void
gen_data(struct gen *gen, enum dir dir, size_t plain)
{
	size_t extra = gen->tls12 ? 24 : 17;

	while (plain > 0) {
		size_t len = plain < 16384 ? plain : 16384;

		gen_record(gen, dir, 23, len + extra);
		plain -= len;
	}
}

/* A TLS 1.3 handshake with the usual records (RFC 8446 appendix D.4). */
static inline void
gen_tls13_open(struct gen *gen)
{
	gen_record(gen, DIR_UP, 22, 512);
	gen_wait(gen, 0.02);
	gen_record(gen, DIR_DOWN, 22, 122);
	gen_record(gen, DIR_DOWN, 20, 1);
	gen_record(gen, DIR_DOWN, 23, 36);
	gen_record(gen, DIR_DOWN, 23, 3900);
	gen_record(gen, DIR_DOWN, 23, 281);
	gen_record(gen, DIR_DOWN, 23, 53);
	gen_wait(gen, 0.02);
	gen_record(gen, DIR_UP, 20, 1);
	gen_record(gen, DIR_UP, 23, 53);
}

/* A full TLS 1.2 handshake. */
static inline void
gen_tls12_open(struct gen *gen)
{
	gen->tls12 = true;
	gen_record(gen, DIR_UP, 22, 250);
	gen_record(gen, DIR_DOWN, 22, 90);
	gen_record(gen, DIR_DOWN, 22, 3000);
	gen_record(gen, DIR_DOWN, 22, 4);
	gen_record(gen, DIR_UP, 22, 70);
	gen_record(gen, DIR_UP, 20, 1);
	gen_record(gen, DIR_UP, 22, 40);
	gen_record(gen, DIR_DOWN, 22, 200);
	gen_record(gen, DIR_DOWN, 20, 1);
	gen_record(gen, DIR_DOWN, 22, 40);
}

static inline void
gen_close(struct gen *gen)
{
	classifier_volume.close(&gen->task, gen->slot);
	free(gen->slot);
	gen->slot = NULL;
}

static inline void
assert_within(const struct contacts *contacts, int64_t truth)
{
	if (contacts->low > truth || contacts->high < truth)
		fail_msg("%lld outside %lld..%lld", (long long)truth,
		    (long long)contacts->low, (long long)contacts->high);
	assert_true(contacts->low <= contacts->best);
	assert_true(contacts->best <= contacts->high);
}

/* |best - truth| as a share of truth. */
static inline double
contacts_error(const struct contacts *contacts, int64_t truth)
{
	double error = (double)(contacts->best - truth) / (double)truth;

	return error < 0 ? -error : error;
}

#endif
