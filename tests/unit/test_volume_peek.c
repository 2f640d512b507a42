/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sizes before the end: an upload is known by the length at the head of its
 * frame or record, by what has gone up to an endpoint, and, of a burst, not
 * before somebody answers it.
 */
#include "unit/asked_kit.h"
#include "unit/volume_gen.h"

static struct upload seen_upload;

static const struct size_model *
model_of(const char *service_id, enum shape shape)
{
	const struct service *service = rules_service_by_id(rules, service_id);

	assert_non_null(service);
	for (size_t i = 0; i < service->call_count; i++)
		if (service->calls[i].has_model && service->calls[i].model.shape == shape)
			return &service->calls[i].model;
	fail();
	return NULL;
}

static bool
peek(const struct gen *gen)
{
	struct observation seen;
	bool found = classifier_volume.peek(&gen->task, gen->slot, &seen, &seen_upload);

	if (found) {
		assert_ptr_equal(seen.upload, &seen_upload);
		assert_int_equal(seen.number, 0);
	}
	return found;
}

/* ---- WhatsApp ---- */

static void
wa_open(struct gen *gen)
{
	static const uint8_t preface[] = { 'W', 'A', 6, 3, 0, 1, 36 };
	static const uint8_t answer[] = { 0, 1, 0x5e };

	gen->task.region = "NL";
	gen_noise_after(gen, DIR_UP, preface, sizeof(preface), 292);
	gen_noise_after(gen, DIR_DOWN, answer, sizeof(answer), 350);
}

static void
wa_head(struct gen *gen, size_t len)
{
	uint8_t head[3] = { (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len };

	gen_bytes(gen, DIR_UP, head, sizeof(head));
}

/* 84 bytes, and 22 for each number of the usual length. */
static size_t
wa_book(size_t contacts)
{
	return 84 + 22 * contacts + (contacts > 255) - 3;
}

static void
a_frame_is_known_by_its_head(void **state)
{
	struct gen gen;

	(void)state;
	gen_init(&gen, model_of("whatsapp", SHAPE_FRAMES));
	wa_open(&gen);
	assert_false(peek(&gen));
	wa_head(&gen, wa_book(1000));
	assert_true(peek(&gen));
	assert_int_equal(seen_upload.contacts.best, 1000);
	assert_int_equal(seen_upload.contacts.confidence, CONFIDENCE_LOW);
	assert_int_equal(seen_upload.bytes_up, wa_book(1000) + 3);
	/* Whole and not yet answered, it is the same. */
	gen_noise_after(&gen, DIR_UP, NULL, 0, wa_book(1000));
	assert_true(peek(&gen));
	assert_int_equal(seen_upload.contacts.best, 1000);
	gen_close(&gen);
}

/* Messages, logins and questions for the devices of a group. */
static void
other_frames_are_none(void **state)
{
	static const size_t lengths[] = { 40, 600, 2400, 4000, 7587 - 3, 1500000 };
	struct gen gen;

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		gen_init(&gen, model_of("whatsapp", SHAPE_FRAMES));
		wa_open(&gen);
		wa_head(&gen, lengths[i]);
		if (peek(&gen))
			fail_msg("%zu", lengths[i]);
		gen_close(&gen);
	}
}

/* ---- Signal ---- */

static void
a_request_is_known_by_its_record(void **state)
{
	uint8_t head[5] = { 23, 3, 3, (8024 + 17) >> 8, (8024 + 17) & 255 };
	struct gen gen;
	int64_t before;

	(void)state;
	gen_init(&gen, model_of("signal", SHAPE_CDSI));
	gen_tls13_open(&gen);
	gen_data(&gen, DIR_UP, 480);
	gen_data(&gen, DIR_DOWN, 379);
	gen_data(&gen, DIR_DOWN, 24992);
	gen_data(&gen, DIR_UP, 1640);
	assert_false(peek(&gen));
	gen_data(&gen, DIR_DOWN, 1636);
	assert_false(peek(&gen));
	gen_bytes(&gen, DIR_UP, head, sizeof(head));
	assert_true(peek(&gen));
	assert_in_range(seen_upload.contacts.best, 500, 1000);
	assert_int_equal(seen_upload.contacts.high, CONTACTS_UNKNOWN);
	before = seen_upload.contacts.best;
	/* What is said early is never more than what is told in the end. */
	gen_noise_after(&gen, DIR_UP, NULL, 0, 8024 + 17);
	assert_true(peek(&gen));
	assert_int_equal(seen_upload.contacts.best, before);
	gen_close(&gen);
	assert_int_equal(gen.count, 1);
	assert_true(gen.uploads[0].contacts.best >= before);
}

/* ---- bursts ---- */

static void
telegram_open(struct gen *gen)
{
	gen_noise_after(gen, DIR_UP, NULL, 0, 64 + 290);
	gen_wait(gen, 0.1);
	gen_noise_after(gen, DIR_DOWN, NULL, 0, 700);
	gen_wait(gen, 3);
}

static void
a_photograph_is_no_book_while_it_is_sent(void **state)
{
	struct gen gen;

	(void)state;
	gen_init(&gen, model_of("telegram", SHAPE_BURST));
	telegram_open(&gen);
	for (int i = 0; i < 400; i++) {
		gen_noise_after(&gen, DIR_UP, NULL, 0, 1000);
		assert_false(peek(&gen));
	}
	gen_wait(&gen, 0.2);
	gen_noise_after(&gen, DIR_DOWN, NULL, 0, 90);
	assert_false(peek(&gen));
	gen_close(&gen);
	assert_int_equal(gen.count, 0);
}

/* Of a book in slices, the first has gone when the answer tells what it was. */
static void
a_book_is_known_by_its_answer(void **state)
{
	struct gen gen;
	int64_t first;

	(void)state;
	gen_init(&gen, model_of("telegram", SHAPE_BURST));
	telegram_open(&gen);
	gen_noise_after(&gen, DIR_UP, NULL, 0, 230 + 14 * 500);
	assert_false(peek(&gen));
	gen_wait(&gen, 0.3);
	gen_noise_after(&gen, DIR_DOWN, NULL, 0, 3000);
	assert_true(peek(&gen));
	first = seen_upload.contacts.best;
	assert_in_range(first, 400, 600);
	gen_wait(&gen, 0.1);
	gen_noise_after(&gen, DIR_UP, NULL, 0, 230 + 14 * 500);
	assert_true(peek(&gen));
	gen_wait(&gen, 0.3);
	gen_noise_after(&gen, DIR_DOWN, NULL, 0, 3000);
	assert_true(peek(&gen));
	assert_true(seen_upload.contacts.best > first);
	/* Looking changes nothing. */
	first = seen_upload.contacts.best;
	gen_close(&gen);
	assert_int_equal(gen.count, 1);
	assert_int_equal(gen.uploads[0].contacts.best, first);
}

static void
an_endpoint_needs_no_answer(void **state)
{
	struct gen gen;

	(void)state;
	gen_init(&gen, model_of("truecaller", SHAPE_ENDPOINT));
	gen_tls13_open(&gen);
	gen_data(&gen, DIR_UP, 400);
	assert_false(peek(&gen));
	gen_data(&gen, DIR_UP, 400);
	assert_true(peek(&gen));
	assert_int_equal(seen_upload.contacts.method, METHOD_ENDPOINT);
	assert_int_equal(seen_upload.contacts.best, CONTACTS_UNKNOWN);
	gen_close(&gen);
}

static void
without_models_there_is_nothing(void **state)
{
	struct gen gen;

	(void)state;
	gen_init(&gen, NULL);
	gen_tls13_open(&gen);
	assert_false(peek(&gen));
	gen_close(&gen);
}

/* ---- the door that only watches ---- */

#define TUNNEL_POLICY(more) "policy:\n  - {name: stop, when: {services: [whatsapp], " \
	"contacts: \">=20\"" more "}, then: block}\n  - {name: rest, then: log}\n"

static enum action
tunnel_say(struct bench *bench, enum dir dir, const void *data, size_t len)
{
	struct chunk chunk = { data, len, bench->now_us, dir, 0 };

	return judge_feed(bench->judge, &bench->flow, &chunk);
}

static void
tunnel_open(struct bench *bench, const char *policy, bool enforces)
{
	static uint8_t up[7 + 292] = { 'W', 'A', 6, 3, 0, 1, 36 }, down[3 + 350] = { 0, 1, 0x5e };

	bench_init(bench, policy, enforces, "g.whatsapp.net");
	assert_int_equal(tunnel_say(bench, DIR_UP, up, sizeof(up)), ACTION_ALLOW);
	assert_int_equal(tunnel_say(bench, DIR_DOWN, down, sizeof(down)), ACTION_ALLOW);
}

static void
the_tunnel_is_closed_before_the_frame(void **state)
{
	uint8_t piece[1400] = { 0 };
	size_t len = wa_book(1000);
	struct bench bench;

	(void)state;
	piece[1] = (uint8_t)(len >> 8);
	piece[2] = (uint8_t)len;
	tunnel_open(&bench, TUNNEL_POLICY(""), true);
	assert_int_equal(tunnel_say(&bench, DIR_UP, piece, sizeof(piece)), ACTION_BLOCK);
	assert_int_equal(tunnel_say(&bench, DIR_DOWN, piece, 1), ACTION_BLOCK);
	judge_forwarded(bench.judge, &bench.flow, 0);
	assert_int_equal(bench.told.count, 0);
	bench_end(&bench);
	assert_int_equal(bench.told.count, 1);
	assert_int_equal(bench.told.events[0].verdict.action, ACTION_BLOCK);
	assert_true(bench.told.events[0].verdict.enforced);
	assert_int_equal(bench.told.events[0].bytes_forwarded, 0);
	assert_int_equal(bench.told.events[0].upload.contacts.method, METHOD_SIZE);
	assert_string_equal(bench.told.events[0].call, "usync");
	bench_fini(&bench);
}

/* Of its head, which is a length, one byte went with the chunk before. */
static void
what_has_gone_is_told_to_the_byte(void **state)
{
	uint8_t pieces[1400] = { 0 };
	struct bench bench;
	size_t opened = 7 + 292;

	(void)state;
	pieces[1] = (uint8_t)(wa_book(1000) >> 8);
	pieces[2] = (uint8_t)wa_book(1000);
	tunnel_open(&bench, TUNNEL_POLICY(""), true);
	assert_int_equal(tunnel_say(&bench, DIR_UP, pieces, 1), ACTION_ALLOW);
	bench.now_us += 1000;
	assert_int_equal(tunnel_say(&bench, DIR_UP, pieces + 1, 1000), ACTION_BLOCK);
	judge_forwarded(bench.judge, &bench.flow, opened + 1);
	bench_end(&bench);
	assert_int_equal(bench.told.count, 1);
	assert_int_equal(bench.told.events[0].bytes_forwarded, 1);
	bench_fini(&bench);
}

/* What is known only when it has passed was not prevented; who only notes looks at nothing early. */
static void
late_knowledge_prevents_nothing(void **state)
{
	size_t len = wa_book(100), answer = 100 * 37;
	uint8_t *up = calloc(1, len + 3), *down = calloc(1, answer + 3);
	struct bench bench;

	(void)state;
	up[1] = (uint8_t)(len >> 8);
	up[2] = (uint8_t)len;
	down[1] = (uint8_t)(answer >> 8);
	down[2] = (uint8_t)answer;
	for (int enforces = 0; enforces < 2; enforces++) {
		tunnel_open(&bench, TUNNEL_POLICY(""), enforces);
		assert_int_equal(tunnel_say(&bench, DIR_UP, up, len + 3), ACTION_ALLOW);
		assert_int_equal(tunnel_say(&bench, DIR_DOWN, down, answer + 3), ACTION_BLOCK);
		bench_end(&bench);
		assert_int_equal(bench.told.count, 1);
		assert_false(bench.told.events[0].verdict.enforced);
		assert_int_equal(bench.told.events[0].bytes_forwarded, len + 3);
		bench_fini(&bench);
	}
	len = wa_book(1000);
	up[1] = (uint8_t)(len >> 8);
	up[2] = (uint8_t)len;
	tunnel_open(&bench, TUNNEL_POLICY(""), false);
	assert_int_equal(tunnel_say(&bench, DIR_UP, up, 1000), ACTION_ALLOW);
	bench_end(&bench);
	assert_int_equal(bench.told.count, 0);
	bench_fini(&bench);
	/* A policy that asks for more than a guess does not act on one. */
	tunnel_open(&bench, TUNNEL_POLICY(", confidence: [medium, high]"), true);
	assert_int_equal(tunnel_say(&bench, DIR_UP, up, 1000), ACTION_ALLOW);
	bench_end(&bench);
	assert_int_equal(bench.told.count, 0);
	bench_fini(&bench);
	free(up);
	free(down);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_is_known_by_its_head),
		cmocka_unit_test(other_frames_are_none),
		cmocka_unit_test(a_request_is_known_by_its_record),
		cmocka_unit_test(a_photograph_is_no_book_while_it_is_sent),
		cmocka_unit_test(a_book_is_known_by_its_answer),
		cmocka_unit_test(an_endpoint_needs_no_answer),
		cmocka_unit_test(without_models_there_is_nothing),
		cmocka_unit_test(the_tunnel_is_closed_before_the_frame),
		cmocka_unit_test(what_has_gone_is_told_to_the_byte),
		cmocka_unit_test(late_knowledge_prevents_nothing),
	};

	return cmocka_run_group_tests(tests, rules_up, rules_down);
}
