/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The volume row itself: the linear estimate, models that come late or change,
 * framing that is followed before anybody asks.
 */
#include "unit/volume_gen.h"

static const struct size_model burst = {
	.shape = SHAPE_BURST, .base_low = 200, .base_high = 1000,
	.per_low = 20, .per_best = 30, .per_high = 40, .min_bytes = 4000,
	.max_bytes = 500000, .confidence = CONFIDENCE_LOW
};

static void
the_estimate_is_linear_and_ordered(void **state)
{
	struct size_model open = burst;
	struct contacts c = size_model_estimate(&burst, 10600);

	(void)state;
	assert_int_equal(c.low, 240);
	assert_int_equal(c.best, 333);
	assert_int_equal(c.high, 520);
	assert_int_equal(c.method, METHOD_SIZE);
	c = size_model_estimate(&burst, 0);
	assert_int_equal(c.low, 0);
	assert_int_equal(c.best, 0);
	assert_int_equal(c.high, 0);
	c = size_model_estimate(&burst, UINT64_MAX);
	assert_true(c.low <= c.best && c.best <= c.high && c.low > 0);
	open.per_best = 0;
	c = size_model_estimate(&open, 10600);
	assert_int_equal(c.best, CONTACTS_UNKNOWN);
	assert_int_equal(c.low, 240);
	open.per_low = open.per_high = 0;
	c = size_model_estimate(&open, 10600);
	assert_int_equal(c.low, CONTACTS_UNKNOWN);
}

static void
the_slot_is_small(void **state)
{
	(void)state;
	assert_true(classifier_volume.slot_size <= 160);
}

static void
request_send(struct gen *gen)
{
	gen_data(gen, DIR_UP, 20000);
	gen_data(gen, DIR_DOWN, 900);
}

/* Records are followed from the first byte, so models may come any time. */
static void
models_may_come_after_the_handshake(void **state)
{
	const struct size_model *model = &burst;
	struct gen gen;

	(void)state;
	gen_init(&gen, NULL);
	gen_tls13_open(&gen);
	volume_models_set(gen.slot, &model, 1);
	request_send(&gen);
	gen_close(&gen);
	assert_int_equal(gen.count, 1);
	assert_int_equal(gen.uploads[0].bytes_up, 20000);
	assert_int_equal(gen.uploads[0].bytes_down, 900);
	assert_true(gen.uploads[0].begin_us < gen.uploads[0].end_us);
}

static void
the_same_models_change_nothing(void **state)
{
	const struct size_model *model = &burst;
	struct gen gen;

	(void)state;
	gen_init(&gen, &burst);
	gen_tls13_open(&gen);
	gen_data(&gen, DIR_UP, 20000);
	volume_models_set(gen.slot, &model, 1);
	gen_data(&gen, DIR_DOWN, 900);
	gen_close(&gen);
	assert_int_equal(gen.count, 1);
	assert_int_equal(gen.uploads[0].bytes_up, 20000);
}

/* An address may suggest no model, and the name then does. */
static void
no_models_for_now_is_not_for_good(void **state)
{
	const struct size_model *model = &burst;
	struct gen gen;

	(void)state;
	gen_init(&gen, NULL);
	volume_models_set(gen.slot, NULL, 0);
	gen_tls13_open(&gen);
	assert_false(gen.ended);
	volume_models_set(gen.slot, &model, 1);
	request_send(&gen);
	gen_close(&gen);
	assert_int_equal(gen.count, 1);
}

static void
without_models_the_feed_ends_after_the_handshake(void **state)
{
	struct gen gen;

	(void)state;
	gen_init(&gen, NULL);
	volume_models_set(gen.slot, NULL, 0);
	gen_tls13_open(&gen);
	request_send(&gen);
	assert_true(gen.ended);
	gen_close(&gen);
	assert_int_equal(gen.count, 0);
}

static void
tls12_and_tls13_give_the_same_payload(void **state)
{
	(void)state;
	for (int old = 0; old < 2; old++)
		for (size_t segment = 1; segment < 40000; segment = segment * 5 + 3) {
			struct gen gen;

			gen_init(&gen, &burst);
			gen.segment = segment;
			if (old)
				gen_tls12_open(&gen);
			else
				gen_tls13_open(&gen);
			request_send(&gen);
			gen_close(&gen);
			assert_int_equal(gen.count, 1);
			assert_int_equal(gen.uploads[0].bytes_up, 20000);
		}
}

/* After a lost boundary the next record is found, and what was lost counts. */
static void
records_are_found_again_after_a_gap(void **state)
{
	struct gen gen;

	(void)state;
	gen_init(&gen, &burst);
	gen_tls13_open(&gen);
	gen.gap[DIR_UP] = 3000;
	gen_noise_after(&gen, DIR_UP, NULL, 0, 700);
	request_send(&gen);
	gen_close(&gen);
	assert_int_equal(gen.count, 1);
	assert_int_equal(gen.uploads[0].bytes_up, 3000 + 700 + 20000);
	assert_int_equal(gen.uploads[0].contacts.confidence, CONFIDENCE_LOW);
}

static void
a_flow_that_began_before_the_capture_is_read(void **state)
{
	struct gen gen;

	(void)state;
	gen_init(&gen, &burst);
	gen.gap[DIR_UP] = gen.gap[DIR_DOWN] = GAP_UNKNOWN;
	request_send(&gen);
	gen_close(&gen);
	assert_int_equal(gen.count, 1);
	assert_int_equal(gen.uploads[0].bytes_up, 20000);
}

/* Noise instead of records: given up on, not read for ever. */
static void
noise_after_a_handshake_ends_the_reading(void **state)
{
	struct gen gen;

	(void)state;
	gen_init(&gen, &burst);
	gen_tls13_open(&gen);
	for (int i = 0; i < 300 && !gen.ended; i++) {
		uint8_t zeros[2000] = { 0 };

		gen_bytes(&gen, DIR_UP, zeros, sizeof(zeros));
		gen_bytes(&gen, DIR_DOWN, zeros, sizeof(zeros));
	}
	assert_true(gen.ended);
	gen_close(&gen);
	assert_int_equal(gen.count, 0);
}

static void
calls_over_udp_are_left_alone(void **state)
{
	struct flow flow = { .proto = 17, .server_port = 3478 };
	const uint8_t byte = 1;
	struct chunk chunk = { .data = &byte, .len = 1 };

	(void)state;
	assert_int_equal(classifier_volume.sniff(&flow, &chunk), INTEREST_NO);
	flow.server_port = 443;
	assert_int_equal(classifier_volume.sniff(&flow, &chunk), INTEREST_YES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_estimate_is_linear_and_ordered),
		cmocka_unit_test(the_slot_is_small),
		cmocka_unit_test(models_may_come_after_the_handshake),
		cmocka_unit_test(the_same_models_change_nothing),
		cmocka_unit_test(no_models_for_now_is_not_for_good),
		cmocka_unit_test(without_models_the_feed_ends_after_the_handshake),
		cmocka_unit_test(tls12_and_tls13_give_the_same_payload),
		cmocka_unit_test(records_are_found_again_after_a_gap),
		cmocka_unit_test(a_flow_that_began_before_the_capture_is_read),
		cmocka_unit_test(noise_after_a_handshake_ends_the_reading),
		cmocka_unit_test(calls_over_udp_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
