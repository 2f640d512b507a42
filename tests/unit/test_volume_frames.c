/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WhatsApp's clear frame lengths: sizes measured with a public encoder, lists
 * of mixed number lengths, and what only looks like an upload.
 */
#include "unit/volume_gen.h"

static const struct size_model frames_model = {
	.shape = SHAPE_FRAMES, .per_low = 22, .per_best = 24, .per_high = 27,
	.min_bytes = 500, .max_bytes = 1400000, .confidence = CONFIDENCE_MEDIUM
};

/* Noise frames on raw TCP, of WhiskeySockets/Baileys 6.17.16. */
static const struct measured {
	int64_t contacts;
	uint64_t bytes;
} uploads[] = {
	/* one protocol, "+" and 13 digits */
	{ 100, 2484 }, { 1000, 24085 }, { 5000, 120085 },
	/* digits alone, two a byte */
	{ 100, 1784 }, { 1000, 17085 }, { 5000, 85085 },
	/* several protocols */
	{ 100, 2531 }, { 1000, 24132 }, { 5000, 120132 },
	/* changes with their type */
	{ 100, 2732 }, { 1000, 26133 }, { 5000, 130133 },
};

static void
measured_uploads_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(uploads) / sizeof(uploads[0]); i++) {
		struct contacts c;

		assert_true(frames_estimate(uploads[i].bytes, 0, "DE", &c) >=
		    FRAME_MIXED);
		assert_within(&c, uploads[i].contacts);
		if (contacts_error(&c, uploads[i].contacts) > 0.02)
			fail_msg("%lld for %lld", (long long)c.best,
			    (long long)uploads[i].contacts);
		/* The same without a region. */
		frames_estimate(uploads[i].bytes, 0, NULL, &c);
		assert_true(contacts_error(&c, uploads[i].contacts) <= 0.02);
	}
}

static void
device_queries_are_no_uploads(void **state)
{
	static const struct measured queries[] = {
		{ 100, 1586 }, { 1000, 15087 }, { 500, 7587 }, { 256, 3927 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		struct contacts c;
		enum frame_guess guess = frames_estimate(queries[i].bytes, 0, "DE", &c);

		assert_true(guess != FRAME_UPLOAD);
	}
}

static uint64_t
list_len(uint32_t base, uint32_t count, uint64_t chars)
{
	return base + 10 * (uint64_t)count + chars + (count > 255);
}

/* Every number equally long, in a region where that is the usual length. */
static void
uniform_lists_of_the_region_are_exact(void **state)
{
	(void)state;
	for (uint32_t n = 30; n <= 60000; n += n / 7 + 1) {
		struct contacts c;

		frames_estimate(list_len(84, n, 12 * (uint64_t)n), 37 * n, "NL", &c);
		assert_int_equal(c.best, n);
		frames_estimate(list_len(131, n, 14 * (uint64_t)n), 38 * n, "DE", &c);
		assert_within(&c, n);
	}
}

struct tally {
	unsigned all, near;
	double worst;
};

static void
mixed_list_try(struct gen *noise, uint32_t n, const char *region,
    uint32_t shorter, struct tally *tally)
{
	uint64_t chars = 0, answer = 71;
	struct contacts c;
	double error;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t len = gen_noise(noise) % 100 < shorter ? 13 : 14;

		if (region != NULL && strcmp(region, "NL") == 0)
			len = gen_noise(noise) % 100 < shorter ? 13 : 12;
		chars += len;
		answer += 17 + len / 2 + len;
	}
	assert_true(frames_estimate(list_len(84, n, chars), answer, region, &c) !=
	    FRAME_NOTHING);
	assert_within(&c, n);
	error = contacts_error(&c, n);
	tally->all++;
	tally->near += error <= 0.02;
	if (error > tally->worst)
		tally->worst = error;
}

static void
mixed_lists_are_near(void **state)
{
	struct tally de = { 0 }, nl = { 0 };
	struct gen noise = { .noise = 7 };

	(void)state;
	for (uint32_t n = 100; n <= 5000; n += 49) {
		mixed_list_try(&noise, n, "DE", 30 + n % 30, &de);
		mixed_list_try(&noise, n, "NL", 10 + n % 20, &nl);
	}
	print_message("within 2 %%: DE %u of %u, worst %.3f; NL %u of %u, worst "
	    "%.3f\n", de.near, de.all, de.worst, nl.near, nl.all, nl.worst);
	assert_true(de.near * 100 >= de.all * 93);
	assert_true(nl.near * 100 >= nl.all * 93);
	assert_true(de.worst < 0.12 && nl.worst < 0.12);
}

/* ---- flows --------------------------------------------------------------------- */

static void
frame_send(struct gen *gen, enum dir dir, size_t all)
{
	uint8_t head[3] = { (uint8_t)((all - 3) >> 16), (uint8_t)((all - 3) >> 8),
		(uint8_t)(all - 3) };

	gen_noise_after(gen, dir, head, 3, all - 3);
}

static void
login(struct gen *gen, bool routed)
{
	static const uint8_t wa[] = { 'W', 'A', 6, 3, 0, 0, 36 };
	static const uint8_t ed[] = { 'E', 'D', 0, 1, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7,
		8, 'W', 'A', 6, 2, 0, 0, 36 };

	if (routed)
		gen_noise_after(gen, DIR_UP, ed, sizeof(ed), 36);
	else
		gen_noise_after(gen, DIR_UP, wa, sizeof(wa), 36);
	gen_wait(gen, 0.1);
	frame_send(gen, DIR_DOWN, 350);
	frame_send(gen, DIR_UP, 320);
	frame_send(gen, DIR_DOWN, 900);
}

static void
an_upload_after_login_is_counted(void **state)
{
	(void)state;
	for (size_t segment = 1; segment < 3000; segment = segment * 3 + 4) {
		struct gen gen;

		gen_init(&gen, &frames_model);
		gen.segment = segment;
		gen.task.region = "DE";
		login(&gen, segment % 2);
		frame_send(&gen, DIR_UP, 24085);
		gen_wait(&gen, 0.5);
		frame_send(&gen, DIR_DOWN, 80);
		frame_send(&gen, DIR_DOWN, 30111);
		gen_close(&gen);
		assert_int_equal(gen.count, 1);
		assert_int_equal(gen.uploads[0].contacts.best, 1000);
		assert_int_equal(gen.uploads[0].contacts.confidence,
		    CONFIDENCE_MEDIUM);
		assert_int_equal(gen.uploads[0].bytes_up, 24085);
		assert_int_equal(gen.uploads[0].bytes_down, 30111);
	}
}

/* Keys, messages and state go up in large frames and are answered by little. */
static void
frames_without_an_answer_of_their_size_are_none(void **state)
{
	struct gen gen;

	(void)state;
	gen_init(&gen, &frames_model);
	login(&gen, false);
	frame_send(&gen, DIR_UP, 40900);
	gen_wait(&gen, 0.2);
	frame_send(&gen, DIR_DOWN, 70);
	for (int i = 0; i < 30; i++) {
		gen_wait(&gen, 2);
		frame_send(&gen, DIR_UP, 600 + gen_noise(&gen) % 3000);
		gen_wait(&gen, 0.1);
		frame_send(&gen, DIR_DOWN, 60);
	}
	gen_close(&gen);
	assert_int_equal(gen.count, 0);
}

static void
a_device_query_is_none(void **state)
{
	struct gen gen;

	(void)state;
	gen_init(&gen, &frames_model);
	gen.task.region = "DE";
	login(&gen, false);
	frame_send(&gen, DIR_UP, 86 + 15 * 240);
	gen_wait(&gen, 0.2);
	frame_send(&gen, DIR_DOWN, 9000);
	gen_close(&gen);
	assert_int_equal(gen.count, 0);
}

static void
an_upload_seen_from_one_side_is_doubtful(void **state)
{
	struct gen gen;

	(void)state;
	gen_init(&gen, &frames_model);
	gen.hide[DIR_DOWN] = true;
	login(&gen, false);
	frame_send(&gen, DIR_UP, 24085);
	gen_close(&gen);
	assert_int_equal(gen.count, 1);
	assert_int_equal(gen.uploads[0].contacts.confidence, CONFIDENCE_LOW);
}

/* After a lost header nothing marks a frame: no length is believed. */
static void
lost_boundaries_end_the_reading(void **state)
{
	struct gen gen;

	(void)state;
	gen_init(&gen, &frames_model);
	login(&gen, false);
	gen.gap[DIR_UP] = 5;
	frame_send(&gen, DIR_UP, 24085);
	frame_send(&gen, DIR_DOWN, 30111);
	gen_close(&gen);
	assert_int_equal(gen.count, 0);
	/* Inside a body the length is known, and the number with it. */
	gen_init(&gen, &frames_model);
	login(&gen, false);
	gen_noise_after(&gen, DIR_UP, (const uint8_t[]){ 0, 0x5e, 0x12 }, 3, 1000);
	gen.gap[DIR_UP] = 2000;
	gen_noise_after(&gen, DIR_UP, NULL, 0, 0x5e12 - 3000);
	frame_send(&gen, DIR_DOWN, 30111);
	gen_close(&gen);
	assert_int_equal(gen.count, 1);
	assert_int_equal(gen.uploads[0].bytes_up, 0x5e12 + 3);
	assert_int_equal(gen.uploads[0].contacts.confidence, CONFIDENCE_LOW);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(measured_uploads_are_found),
		cmocka_unit_test(device_queries_are_no_uploads),
		cmocka_unit_test(uniform_lists_of_the_region_are_exact),
		cmocka_unit_test(mixed_lists_are_near),
		cmocka_unit_test(an_upload_after_login_is_counted),
		cmocka_unit_test(frames_without_an_answer_of_their_size_are_none),
		cmocka_unit_test(a_device_query_is_none),
		cmocka_unit_test(an_upload_seen_from_one_side_is_doubtful),
		cmocka_unit_test(lost_boundaries_end_the_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
