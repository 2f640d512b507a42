/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signal's contact discovery: sessions made by the published arithmetic of
 * protobuf, Noise, WebSocket and TLS give the number exactly.
 */
#include "unit/volume_gen.h"

static const struct size_model cdsi_model = {
	.shape = SHAPE_CDSI, .per_low = 8, .per_best = 8, .per_high = 40,
	.max_bytes = 10485760, .confidence = CONFIDENCE_HIGH
};

/* ---- the sender's arithmetic, written apart from the receiver's ------------- */

static size_t
bytes_field(size_t bytes)
{
	if (bytes == 0)
		return 0;
	return 1 + (bytes < 128 ? 1 : bytes < 16384 ? 2 : bytes < 2097152 ? 3 : 4) +
	    bytes;
}

static size_t
noise_sealed(size_t bytes)
{
	size_t sealed = 0;

	for (; bytes > 65519; bytes -= 65519)
		sealed += 65535;
	return sealed + bytes + 16;
}

static size_t
ws_frame(size_t payload, bool masked)
{
	size_t head = payload < 126 ? 2 : payload <= 65535 ? 4 : 10;

	return head + (masked ? 4 : 0) + payload;
}

struct session {
	size_t fresh, known, previous, token;	/* what the client asks with */
	size_t token_down;		/* message that comes before the answer */
	size_t credits;			/* further field in the answer */
	size_t parts;			/* messages the answer comes in; 0 is 1 */
	bool coalesced;			/* answer and close in one record */
	bool no_ack;
};

static size_t
request_len(const struct session *s)
{
	return ws_frame(noise_sealed(bytes_field(32 * s->known) +
	    bytes_field(8 * s->previous) + bytes_field(8 * s->fresh) +
	    bytes_field(s->token)), true);
}

static void
answer_send(struct gen *gen, const struct session *s)
{
	size_t numbers = s->fresh + s->previous;
	size_t parts = s->parts ? s->parts : 1;

	for (size_t i = 0; i < parts; i++) {
		size_t n = numbers / parts + (i < numbers % parts);
		size_t len = ws_frame(noise_sealed(bytes_field(40 * n) +
		    (i == 0 ? s->credits : 0)), false);

		gen_data(gen, DIR_DOWN, len + (s->coalesced ? 4 : 0));
	}
	if (!s->coalesced)
		gen_data(gen, DIR_DOWN, 4);
	gen_record(gen, DIR_DOWN, 23, 19);
}

static void
session_open(struct gen *gen)
{
	gen_tls13_open(gen);
	gen_data(gen, DIR_UP, 480);
	gen_wait(gen, 0.05);
	gen_record(gen, DIR_DOWN, 23, 250);
	gen_data(gen, DIR_DOWN, 129);
	gen_data(gen, DIR_DOWN, ws_frame(24988, false));
	gen_wait(gen, 0.1);
}

static void
session_send(struct gen *gen, const struct session *s)
{
	session_open(gen);
	gen_data(gen, DIR_UP, ws_frame(1632, true));
	gen_wait(gen, 0.05);
	gen_data(gen, DIR_DOWN, ws_frame(1632, false));
	gen_wait(gen, 0.01);
	gen_data(gen, DIR_UP, request_len(s));
	gen_wait(gen, 0.05);
	if (s->token_down > 0)
		gen_data(gen, DIR_DOWN, ws_frame(s->token_down + 16, false));
	if (!s->no_ack)
		gen_data(gen, DIR_UP, ws_frame(18, true));
	gen_wait(gen, 0.2);
	answer_send(gen, s);
	gen_close(gen);
}

static void
session_is_exact(const struct session *s)
{
	int64_t truth = (int64_t)(s->fresh + s->previous);
	struct gen gen;

	gen_init(&gen, &cdsi_model);
	session_send(&gen, s);
	assert_int_equal(gen.count, 1);
	if (gen.uploads[0].contacts.best != truth)
		fail_msg("%lld for %lld (known %zu, parts %zu)",
		    (long long)gen.uploads[0].contacts.best, (long long)truth,
		    s->known, s->parts);
	assert_within(&gen.uploads[0].contacts, truth);
	assert_int_equal(gen.uploads[0].contacts.method, METHOD_SIZE);
	if (gen.uploads[0].contacts.confidence < CONFIDENCE_MEDIUM)
		fail_msg("low confidence for %lld (known %zu)", (long long)truth,
		    s->known);
	assert_int_equal(gen.uploads[0].bytes_up, request_len(s));
}

static const size_t sizes[] = { 1, 2, 3, 5, 10, 13, 14, 15, 16, 19, 20, 21, 50,
	99, 100, 127, 128, 165, 166, 409, 410, 500, 1000, 1637, 1638, 1639, 2000,
	2047, 2048, 2049, 4095, 5000, 8187, 8188, 8189, 8190, 8191, 9999, 16378,
	16384, 20000, 32767, 50000, 52428, 52429, 60000, 100000 };
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static void
fresh_numbers_are_counted_exactly(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIZES; i++)
		session_is_exact(&(struct session){
		    .fresh = sizes[i], .token_down = 70 });
}

static void
every_small_number_is_exact(void **state)
{
	(void)state;
	for (size_t n = 1; n < 450; n += 3)
		session_is_exact(&(struct session){ .fresh = n, .token_down = 40 });
}

static void
known_recipients_do_not_disturb(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIZES; i++) {
		session_is_exact(&(struct session){ .fresh = sizes[i],
		    .known = sizes[i] / 5 + 1, .token_down = 70, .credits = 3 });
		session_is_exact(&(struct session){ .fresh = sizes[i],
		    .known = sizes[i], .token_down = 70 });
	}
}

static void
earlier_numbers_and_tokens_count_too(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIZES; i++)
		session_is_exact(&(struct session){ .fresh = 7,
		    .previous = sizes[i], .known = sizes[i] / 8, .token = 65,
		    .token_down = 70, .credits = 2 });
}

static void
coalesced_records_do_not_disturb(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIZES; i++) {
		session_is_exact(&(struct session){ .fresh = sizes[i],
		    .token_down = 70, .coalesced = true });
		session_is_exact(&(struct session){ .fresh = sizes[i],
		    .known = 12, .no_ack = true });
	}
}

static void
an_answer_in_parts_is_exact_when_all_are_fresh(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIZES; i++)
		session_is_exact(&(struct session){ .fresh = sizes[i],
		    .token_down = 70, .parts = sizes[i] > 100 ? 3 : 1 });
}

static void
segments_of_any_size_give_the_same(void **state)
{
	static const size_t segments[] = { 1, 3, 536, 9000, 65535 };

	(void)state;
	for (size_t i = 0; i < sizeof(segments) / sizeof(segments[0]); i++) {
		const struct session s = { .fresh = 333, .token_down = 70 };
		struct gen gen;

		gen_init(&gen, &cdsi_model);
		gen.segment = segments[i];
		session_send(&gen, &s);
		assert_int_equal(gen.count, 1);
		assert_int_equal(gen.uploads[0].contacts.best, 333);
	}
}

static void
one_direction_gives_a_range(void **state)
{
	static const size_t some[] = { 200, 1000, 5000, 20000 };

	(void)state;
	for (size_t i = 0; i < 4; i++)
		for (int hidden = 0; hidden < 2; hidden++) {
			const struct session s = { .fresh = some[i],
			    .known = some[i] / 6, .token_down = 70 };
			struct gen gen;

			gen_init(&gen, &cdsi_model);
			gen.hide[hidden] = true;
			session_send(&gen, &s);
			assert_int_equal(gen.count, 1);
			assert_within(&gen.uploads[0].contacts, (int64_t)some[i]);
			assert_true(gen.uploads[0].contacts.confidence <
			    CONFIDENCE_HIGH);
		}
}

static void
sizes_that_disagree_lower_the_confidence(void **state)
{
	struct contacts c;

	(void)state;
	/* 100 numbers asked, an answer about 700. */
	c = cdsi_estimate(ws_frame(noise_sealed(bytes_field(800)), true),
	    ws_frame(noise_sealed(bytes_field(28000)), false));
	assert_int_equal(c.confidence, CONFIDENCE_LOW);
	assert_true(c.low <= 100 && c.high >= 700);
}

static void
a_session_without_a_request_is_none(void **state)
{
	struct gen gen;

	(void)state;
	gen_init(&gen, &cdsi_model);
	session_open(&gen);
	gen_close(&gen);
	assert_int_equal(gen.count, 0);
	gen_init(&gen, &cdsi_model);
	session_open(&gen);
	gen_data(&gen, DIR_UP, ws_frame(1632, true));
	gen_data(&gen, DIR_DOWN, ws_frame(1632, false));
	gen_data(&gen, DIR_UP, ws_frame(2, true));
	gen_close(&gen);
	assert_int_equal(gen.count, 0);
}

/* Bytes lost inside a record's body leave the lengths known. */
static void
a_gap_inside_a_record_keeps_the_number(void **state)
{
	uint8_t head[5] = { 23, 3, 3 };
	size_t request = ws_frame(noise_sealed(bytes_field(8 * 900)), true);
	struct gen gen;

	(void)state;
	gen_init(&gen, &cdsi_model);
	session_open(&gen);
	gen_data(&gen, DIR_UP, ws_frame(1632, true));
	gen_data(&gen, DIR_DOWN, ws_frame(1632, false));
	head[3] = (uint8_t)((request + 17) >> 8);
	head[4] = (uint8_t)(request + 17);
	gen_noise_after(&gen, DIR_UP, head, 5, 1000);
	gen.gap[DIR_UP] = 1400;
	gen_noise_after(&gen, DIR_UP, head, 0, request + 17 - 2400);
	gen_data(&gen, DIR_DOWN, 90);
	gen_data(&gen, DIR_UP, 24);
	gen_data(&gen, DIR_DOWN, ws_frame(noise_sealed(bytes_field(36000)), false));
	gen_close(&gen);
	assert_int_equal(gen.count, 1);
	assert_int_equal(gen.uploads[0].contacts.best, 900);
	assert_true(gen.uploads[0].contacts.confidence < CONFIDENCE_HIGH);
}

/* A lost header: nothing exact is said, but that it happened is. */
static void
a_lost_boundary_is_not_papered_over(void **state)
{
	const struct session s = { .fresh = 500, .token_down = 70 };
	struct gen gen;

	(void)state;
	gen_init(&gen, &cdsi_model);
	gen.gap[DIR_UP] = GAP_UNKNOWN;
	session_send(&gen, &s);
	assert_int_equal(gen.count, 1);
	assert_true(gen.uploads[0].contacts.confidence < CONFIDENCE_HIGH);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fresh_numbers_are_counted_exactly),
		cmocka_unit_test(every_small_number_is_exact),
		cmocka_unit_test(known_recipients_do_not_disturb),
		cmocka_unit_test(earlier_numbers_and_tokens_count_too),
		cmocka_unit_test(coalesced_records_do_not_disturb),
		cmocka_unit_test(an_answer_in_parts_is_exact_when_all_are_fresh),
		cmocka_unit_test(segments_of_any_size_give_the_same),
		cmocka_unit_test(one_direction_gives_a_range),
		cmocka_unit_test(sizes_that_disagree_lower_the_confidence),
		cmocka_unit_test(a_session_without_a_request_is_none),
		cmocka_unit_test(a_gap_inside_a_record_keeps_the_number),
		cmocka_unit_test(a_lost_boundary_is_not_papered_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
