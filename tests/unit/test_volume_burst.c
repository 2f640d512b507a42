/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Large requests, with the size models of the shipped rules: the true number
 * lies in the range, and other traffic to the same names gives nothing.
 */
#include "unit/volume_gen.h"
#include "unit/volume_rules.h"

/* Encodings measured on synthetic contacts: bytes = fixed + per * N. */
static const struct encoding {
	const char *service, *call;
	double fixed, per, spread;	/* spread: per varies up to this factor */
	size_t head_low, head_high;	/* HTTP headers */
	size_t most;			/* contacts a request may hold */
} encodings[] = {
	{ "telegram", "import-contacts", 230, 10.2, 2.0, 0, 80, 4000 },
	{ "discord", "friend-list", 107, 29, 1.12, 700, 1800, 9000 },
	{ "instagram", "address-book-link", 248, 150, 1.6, 600, 1600, 3000 },
	{ "facebook", "contact-sync", 293, 400, 2.0, 500, 1400, 5000 },
	{ "snapchat", "find-friends", 213, 40, 1.7, 400, 1300, 4500 },
	{ "tiktok", "hash-contacts", 11, 186, 1.5, 900, 2600, 500 },
	{ "clubhouse", "suggested-follows", 37, 32, 1.1, 450, 1000, 5000 },
	{ "bluesky", "import-contacts", 225, 15.5, 1.15, 300, 1200, 1000 },
	{ "threema", "identity-match", 97, 47, 1.9, 200, 500, 5000 },
	{ "matrix", "identity-lookup", 59, 46, 1.9, 250, 700, 5000 },
	{ "wechat", "upload-contacts", 60, 16, 1.3, 120, 500, 3000 },
	{ "x", "contacts-upload", 66, 190, 1.8, 500, 1900, 4000 },
	{ "google-contacts", "people-batch", 53, 170, 1.8, 300, 1500, 200 },
	{ "whatsapp", "usync", 84, 22, 1.15, 20, 400, 20000 },
};
#define ENCODINGS (sizeof(encodings) / sizeof(encodings[0]))

static double
gen_share(struct gen *gen)
{
	return (double)(gen_noise(gen) % 10000) / 10000;
}

static void
telegram_open(struct gen *gen)
{
	gen_noise_after(gen, DIR_UP, NULL, 0, 64 + 290);
	gen_wait(gen, 0.1);
	gen_noise_after(gen, DIR_DOWN, NULL, 0, 700);
	gen_wait(gen, 3);
}

/* One POST of `bytes` on a connection of its own, with its answer. */
static void
post_send(struct gen *gen, const struct encoding *e, size_t bytes)
{
	bool raw = strcmp(e->service, "telegram") == 0;

	if (raw)
		telegram_open(gen);
	else if (gen_noise(gen) % 3 == 0)
		gen_tls12_open(gen);
	else
		gen_tls13_open(gen);
	if (raw) {
		gen_noise_after(gen, DIR_UP, NULL, 0, bytes);
		gen_wait(gen, 0.3);
		gen_noise_after(gen, DIR_DOWN, NULL, 0, 900 + bytes / 3);
	} else {
		gen_data(gen, DIR_UP, bytes);
		gen_wait(gen, 0.3);
		gen_data(gen, DIR_DOWN, 350 + bytes / 4);
	}
	gen_wait(gen, 1);
}

struct score {
	unsigned sent, found, inside;
};

static void
encoding_try(struct gen *noise, const struct encoding *e, size_t n,
    struct score *score)
{
	const struct size_model *model = model_of(e->service, e->call);
	double per = e->per * (1 + (e->spread - 1) * gen_share(noise));
	size_t head = e->head_low + gen_noise(noise) %
	    (e->head_high - e->head_low + 1);
	size_t bytes = (size_t)(e->fixed + per * (double)n) + head;
	struct gen gen;

	if (bytes < model->min_bytes || bytes > model->max_bytes)
		return;
	gen_init(&gen, model);
	gen.noise = gen_noise(noise);
	post_send(&gen, e, bytes);
	gen_close(&gen);
	score->sent++;
	assert_true(gen.count <= 1);
	if (gen.count == 0)
		return;
	score->found++;
	assert_true(gen.uploads[0].contacts.high <=
	    3 * gen.uploads[0].contacts.low + 3);
	score->inside += gen.uploads[0].contacts.low <= (int64_t)n &&
	    gen.uploads[0].contacts.high >= (int64_t)n;
}

static void
the_truth_is_inside_the_range(void **state)
{
	struct gen noise = { .noise = 42 };
	struct score all = { 0 };

	(void)state;
	for (size_t i = 0; i < ENCODINGS; i++) {
		struct score score = { 0 };

		for (size_t n = 20; n <= encodings[i].most; n += n / 6 + 1)
			encoding_try(&noise, &encodings[i], n, &score);
		if (score.inside * 100 < score.sent * 95 || score.sent < 5)
			fail_msg("%s: %u inside, %u found, %u sent",
			    encodings[i].service, score.inside, score.found,
			    score.sent);
		all.sent += score.sent;
		all.found += score.found;
		all.inside += score.inside;
	}
	print_message("bursts: %u sent, %u found, %u inside\n", all.sent,
	    all.found, all.inside);
	assert_int_equal(all.found, all.sent);
}

/* 500 contacts a request, as the Android app of Telegram sends them. */
static void
equal_slices_are_one_upload(void **state)
{
	struct gen gen;

	(void)state;
	gen_init(&gen, model_of("telegram", "import-contacts"));
	telegram_open(&gen);
	for (int i = 0; i < 4; i++) {
		gen_noise_after(&gen, DIR_UP, NULL, 0,
		    i < 3 ? 6900 + gen_noise(&gen) % 200 : 2600);
		gen_wait(&gen, 0.4);
		gen_noise_after(&gen, DIR_DOWN, NULL, 0, 5000);
		gen_wait(&gen, 0.3);
	}
	gen_close(&gen);
	assert_int_equal(gen.count, 1);
	assert_within(&gen.uploads[0].contacts, 1680);
	assert_true(gen.uploads[0].bytes_up > 3 * 6900 + 2600 - 1);
}

/* ---- what is none --------------------------------------------------------------- */

static void
file_parts_are_none(void **state)
{
	(void)state;
	for (size_t part = 4096; part <= 131072; part *= 2) {
		struct gen gen;

		gen_init(&gen, model_of("telegram", "import-contacts"));
		telegram_open(&gen);
		for (int i = 0; i < 12; i++) {
			gen_noise_after(&gen, DIR_UP, NULL, 0,
			    part + 100 + gen_noise(&gen) % 400);
			gen_wait(&gen, 0.1);
			gen_noise_after(&gen, DIR_DOWN, NULL, 0, 110);
			gen_wait(&gen, 0.1);
		}
		gen_close(&gen);
		assert_int_equal(gen.count, 0);
	}
}

static void
file_parts_with_talkative_answers_are_none(void **state)
{
	struct gen gen;

	(void)state;
	gen_init(&gen, model_of("telegram", "import-contacts"));
	telegram_open(&gen);
	for (int i = 0; i < 6; i++) {
		gen_noise_after(&gen, DIR_UP, NULL, 0, 8192 + 120);
		gen_wait(&gen, 0.1);
		gen_noise_after(&gen, DIR_DOWN, NULL, 0, 900);
		gen_wait(&gen, 0.1);
	}
	gen_close(&gen);
	assert_int_equal(gen.count, 0);
}

static void
chat_and_downloads_are_none(void **state)
{
	struct gen gen;

	(void)state;
	gen_init(&gen, model_of("instagram", "address-book-link"));
	gen_tls13_open(&gen);
	for (int i = 0; i < 300; i++) {
		gen_data(&gen, DIR_UP, 200 + gen_noise(&gen) % 2500);
		gen_wait(&gen, 0.1);
		gen_data(&gen, DIR_DOWN, 300 + gen_noise(&gen) % 60000);
		gen_wait(&gen, 1 + gen_share(&gen));
	}
	/* A large request that begins a much larger download. */
	gen_data(&gen, DIR_UP, 9000);
	gen_data(&gen, DIR_DOWN, 4000000);
	gen_close(&gen);
	assert_int_equal(gen.count, 0);
}

static void
media_and_telemetry_are_none(void **state)
{
	struct gen gen;

	(void)state;
	/* A video: larger than any book. */
	gen_init(&gen, model_of("instagram", "address-book-link"));
	gen_tls13_open(&gen);
	gen_data(&gen, DIR_UP, 8000000);
	gen_data(&gen, DIR_DOWN, 600);
	gen_close(&gen);
	assert_int_equal(gen.count, 0);
	/* Telemetry: many large requests, no two alike. */
	gen_init(&gen, model_of("discord", "friend-list"));
	gen_tls13_open(&gen);
	for (int i = 0; i < 9; i++) {
		gen_data(&gen, DIR_UP, 9000 + gen_noise(&gen) % 40000);
		gen_data(&gen, DIR_DOWN, 300);
		gen_wait(&gen, 4);
	}
	gen_close(&gen);
	assert_int_equal(gen.count, 0);
}

static void
an_upload_amid_chat_is_found_once(void **state)
{
	struct gen gen;

	(void)state;
	gen_init(&gen, model_of("instagram", "address-book-link"));
	gen_tls13_open(&gen);
	for (int i = 0; i < 40; i++) {
		if (i == 20)
			gen_data(&gen, DIR_UP, 900 + 248 + 192 * 300);
		else
			gen_data(&gen, DIR_UP, 400 + gen_noise(&gen) % 1500);
		gen_wait(&gen, 0.2);
		gen_data(&gen, DIR_DOWN, 500 + gen_noise(&gen) % 3000);
		gen_wait(&gen, 2);
	}
	gen_close(&gen);
	assert_int_equal(gen.count, 1);
	assert_within(&gen.uploads[0].contacts, 300);
	assert_int_equal(gen.uploads[0].bytes_up, 900 + 248 + 192 * 300);
}

/* HTTP/2: windows and acknowledgements come down while the body goes up. */
static void
flow_control_does_not_split_a_request(void **state)
{
	struct gen gen;

	(void)state;
	gen_init(&gen, model_of("facebook", "contact-sync"));
	gen_tls13_open(&gen);
	gen_data(&gen, DIR_UP, 3000);
	gen_record(&gen, DIR_DOWN, 23, 260);
	gen_record(&gen, DIR_DOWN, 23, 260);
	gen_record(&gen, DIR_DOWN, 23, 62);
	for (int i = 0; i < 12; i++) {
		gen_data(&gen, DIR_UP, 16384);
		gen_record(&gen, DIR_DOWN, 23, 13 + 17);
		gen_wait(&gen, 0.05);
	}
	gen_data(&gen, DIR_DOWN, 900);
	gen_close(&gen);
	assert_int_equal(gen.count, 1);
	assert_int_equal(gen.uploads[0].bytes_up, 3000 + 12 * 16384);
	assert_within(&gen.uploads[0].contacts, (3000 + 12 * 16384 - 1300) / 465);
}

static void
a_quic_upload_is_the_sum_of_its_datagrams(void **state)
{
	struct gen gen;
	uint8_t first = 0xc0, later = 0x40;

	(void)state;
	gen_init(&gen, model_of("instagram", "address-book-link"));
	gen.flow.proto = 17;
	gen_noise_after(&gen, DIR_UP, &first, 1, 1251);
	gen_noise_after(&gen, DIR_DOWN, &first, 1, 1251);
	gen_noise_after(&gen, DIR_DOWN, &first, 1, 1251);
	gen_noise_after(&gen, DIR_UP, &first, 1, 90);
	for (int i = 0; i < 40; i++) {
		gen_noise_after(&gen, DIR_UP, &later, 1, 1310);
		if (i % 4 == 0)
			gen_noise_after(&gen, DIR_DOWN, &later, 1, 32);
	}
	gen_wait(&gen, 0.1);
	gen_noise_after(&gen, DIR_DOWN, &later, 1, 700);
	gen_close(&gen);
	assert_int_equal(gen.count, 1);
	assert_within(&gen.uploads[0].contacts, (40 * 1275 - 1500) / 192);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_truth_is_inside_the_range),
		cmocka_unit_test(equal_slices_are_one_upload),
		cmocka_unit_test(file_parts_are_none),
		cmocka_unit_test(file_parts_with_talkative_answers_are_none),
		cmocka_unit_test(chat_and_downloads_are_none),
		cmocka_unit_test(media_and_telemetry_are_none),
		cmocka_unit_test(an_upload_amid_chat_is_found_once),
		cmocka_unit_test(flow_control_does_not_split_a_request),
		cmocka_unit_test(a_quic_upload_is_the_sum_of_its_datagrams),
	};

	return cmocka_run_group_tests(tests, volume_rules_open, volume_rules_close);
}
