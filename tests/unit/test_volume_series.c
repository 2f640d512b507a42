/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Series of small requests and endpoint evidence, with the size models of the
 * shipped rules.
 */
#include "unit/volume_gen.h"
#include "unit/volume_rules.h"

/* ---- series ---------------------------------------------------------------------- */

static void
cards_send(struct gen *gen, int count, int photos)
{
	for (int i = 0; i < count; i++) {
		size_t size = 880 + gen_noise(gen) % 160;

		if (photos > 0 && i > 8 && i % (count / photos) == 0)
			size += 20000 + gen_noise(gen) % 40000;
		gen_data(gen, DIR_UP, size);
		gen_wait(gen, 0.08);
		gen_data(gen, DIR_DOWN, 330 + gen_noise(gen) % 40);
		gen_wait(gen, 0.1);
	}
}

static void
cards_are_counted(void **state)
{
	static const int counts[] = { 20, 57, 300, 2000 };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct gen gen;

		gen_init(&gen, model_shaped("carddav", "carddav-put", SHAPE_SERIES));
		gen_tls13_open(&gen);
		gen_data(&gen, DIR_UP, 700);
		gen_data(&gen, DIR_DOWN, 2900);
		cards_send(&gen, counts[i], counts[i] / 8);
		gen_close(&gen);
		assert_int_equal(gen.count, 1);
		assert_true(llabs(gen.uploads[0].contacts.best - counts[i]) <= 1);
		assert_within(&gen.uploads[0].contacts, counts[i]);
	}
}

static void
cards_without_tls_are_counted(void **state)
{
	struct gen gen;

	(void)state;
	gen_init(&gen, model_shaped("carddav", "carddav-put", SHAPE_SERIES));
	for (int i = 0; i < 40; i++) {
		gen_noise_after(&gen, DIR_UP, (const uint8_t *)"PUT ", 4, 900);
		gen_wait(&gen, 0.1);
		gen_noise_after(&gen, DIR_DOWN, (const uint8_t *)"HTTP", 4, 300);
		gen_wait(&gen, 0.1);
	}
	gen_close(&gen);
	assert_int_equal(gen.count, 1);
	assert_int_equal(gen.uploads[0].contacts.best, 40);
}

static void
a_pause_ends_a_series(void **state)
{
	struct gen gen;

	(void)state;
	gen_init(&gen, model_shaped("carddav", "carddav-put", SHAPE_SERIES));
	gen_tls13_open(&gen);
	cards_send(&gen, 30, 0);
	gen_wait(&gen, 61);
	cards_send(&gen, 45, 0);
	gen_wait(&gen, 61);
	cards_send(&gen, 12, 0);
	gen_close(&gen);
	assert_int_equal(gen.count, 2);
	assert_int_equal(gen.uploads[0].contacts.best, 30);
	assert_int_equal(gen.uploads[1].contacts.best, 45);
}

static void
reading_an_address_book_is_no_series(void **state)
{
	struct gen gen;

	(void)state;
	gen_init(&gen, model_shaped("carddav", "carddav-put", SHAPE_SERIES));
	gen_tls13_open(&gen);
	for (int i = 0; i < 200; i++) {
		gen_data(&gen, DIR_UP, 500 + gen_noise(&gen) % 30);
		gen_wait(&gen, 0.1);
		gen_data(&gen, DIR_DOWN, 1500 + gen_noise(&gen) % 9000);
		gen_wait(&gen, 0.1);
	}
	/* Requests of all sizes are none either. */
	for (int i = 0; i < 100; i++) {
		gen_data(&gen, DIR_UP, 300 + gen_noise(&gen) % 3700);
		gen_wait(&gen, 0.1);
		gen_data(&gen, DIR_DOWN, 400);
		gen_wait(&gen, 0.1);
	}
	gen_close(&gen);
	assert_int_equal(gen.count, 0);
}

/* ---- endpoint -------------------------------------------------------------------- */

static void
an_upload_to_a_dedicated_name_is_told_without_a_number(void **state)
{
	const struct size_model *model = model_shaped("truecaller", "contact-upload",
	    SHAPE_ENDPOINT);
	struct gen gen;

	(void)state;
	gen_init(&gen, model);
	gen_tls13_open(&gen);
	gen_data(&gen, DIR_UP, 30000);
	gen_data(&gen, DIR_DOWN, 400);
	gen_wait(&gen, 70);
	gen_data(&gen, DIR_UP, 300);
	gen_data(&gen, DIR_DOWN, 400);
	gen_close(&gen);
	assert_int_equal(gen.count, 1);
	assert_int_equal(gen.uploads[0].contacts.best, CONTACTS_UNKNOWN);
	assert_int_equal(gen.uploads[0].contacts.method, METHOD_ENDPOINT);
	assert_int_equal(gen.uploads[0].bytes_up, 30000);
}

static void
a_mere_connection_is_no_upload(void **state)
{
	struct gen gen;

	(void)state;
	gen_init(&gen, model_shaped("truecaller", "contact-upload",
	    SHAPE_ENDPOINT));
	gen_tls13_open(&gen);
	gen_close(&gen);
	assert_int_equal(gen.count, 0);
	gen_init(&gen, model_shaped("icloud", "contacts-sync", SHAPE_ENDPOINT));
	gen_tls12_open(&gen);
	gen_data(&gen, DIR_UP, 600);
	gen_data(&gen, DIR_DOWN, 90000);
	gen_close(&gen);
	assert_int_equal(gen.count, 0);
}

/* A series and endpoint evidence for the same bytes are one upload. */
static void
the_same_bytes_are_told_once(void **state)
{
	const struct size_model *models[2] = {
		model_shaped("icloud", "contacts-sync", SHAPE_SERIES), model_shaped("icloud", "contacts-sync", SHAPE_ENDPOINT)
	};
	struct gen gen;

	(void)state;
	gen_init(&gen, NULL);
	volume_models_set(gen.slot, models, 2);
	gen_tls13_open(&gen);
	cards_send(&gen, 60, 0);
	gen_close(&gen);
	assert_int_equal(gen.count, 1);
	assert_int_equal(gen.models[0], 0);
	gen_init(&gen, NULL);
	volume_models_set(gen.slot, models, 2);
	gen_tls13_open(&gen);
	gen_data(&gen, DIR_UP, 50000);
	gen_data(&gen, DIR_DOWN, 300);
	gen_close(&gen);
	assert_int_equal(gen.count, 1);
	assert_int_equal(gen.models[0], 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cards_are_counted),
		cmocka_unit_test(cards_without_tls_are_counted),
		cmocka_unit_test(a_pause_ends_a_series),
		cmocka_unit_test(reading_an_address_book_is_no_series),
		cmocka_unit_test(
		    an_upload_to_a_dedicated_name_is_told_without_a_number),
		cmocka_unit_test(a_mere_connection_is_no_upload),
		cmocka_unit_test(the_same_bytes_are_told_once),
	};

	return cmocka_run_group_tests(tests, volume_rules_open,
	    volume_rules_close);
}
