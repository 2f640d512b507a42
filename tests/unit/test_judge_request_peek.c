/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The look before the end: at the first moment at which a book's twentieth
 * contact is complete the body counts twenty, and before it never so many.
 */
#include "unit/asked_kit.h"

#include "classifiers/body.h"

/* People in a book of which nobody reads more than the first twenty. */
#define BOOK 400

struct sort {
	const char *name, *type, *encoding;
	/* Writes person i; their ends are where a contact is complete. */
	void (*head)(struct text_kit *kit);
	void (*person)(struct text_kit *kit, int i);
	bool gzip;
};

static void
head_none(struct text_kit *kit)
{
	(void)kit;
}

static void
head_json(struct text_kit *kit)
{
	kit_add(kit, "{\"version\":3,\"contacts\":[");
}

static void
head_list(struct text_kit *kit)
{
	kit_add(kit, "{\"phones\":[");
}

static void
head_csv(struct text_kit *kit)
{
	kit_add(kit, "Name,Phone,E-mail\r\n");
}

static void
person_json(struct text_kit *kit, int i)
{
	kit_add(kit, "%s{\"name\":\"Anna %d\",\"phones\":[\"" KIT_PHONE "\"],\"emails\":[{\"value\":"
	    "\"anna%d@example.org\"}]}", i ? "," : "", i, i, i);
}

static void
person_number(struct text_kit *kit, int i)
{
	kit_add(kit, "%s\"" KIT_PHONE "\"", i ? "," : "", i);
}

static void
person_line(struct text_kit *kit, int i)
{
	kit_add(kit, "{\"name\":\"Anna %d\",\"phone\":\"" KIT_PHONE "\"}\n", i, i);
}

static void
person_vcard(struct text_kit *kit, int i)
{
	kit_add(kit, "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Anna %d\r\nTEL:" KIT_PHONE "\r\nEMAIL:"
	    "anna%d@example.org\r\nEND:VCARD\r\n", i, i, i);
}

static void
person_csv(struct text_kit *kit, int i)
{
	kit_add(kit, "\"Anna, %d\"," KIT_PHONE ",anna%d@example.org\r\n", i, i, i);
}

static void
person_form(struct text_kit *kit, int i)
{
	kit_add(kit, "contacts[%d][phone]=%%2B4915%09d&", i, i);
}

static const struct sort sorts[] = {
	{ "json", "application/json", "", head_json, person_json, false },
	{ "json list", "application/json", "", head_list, person_number, false },
	{ "ndjson", "application/x-ndjson", "", head_none, person_line, false },
	{ "vcard", "text/vcard", "", head_none, person_vcard, false },
	{ "csv", "text/csv", "", head_csv, person_csv, false },
	{ "form", "application/x-www-form-urlencoded", "", head_none, person_form, false },
	{ "json in gzip", "application/json", "gzip", head_json, person_json, true },
	{ "vcard in gzip", "text/vcard", "gzip", head_none, person_vcard, true },
};

static int64_t
peek(const struct body *body)
{
	struct body_result result;

	body_peek_open(body, NULL, &result);
	assert_int_equal(result.bulk, result.contacts.best >= BULK_THRESHOLD);
	return result.contacts.best;
}

/* Every byte of the plain book; the moment each person is complete is known. */
static void
assert_recognised(const struct sort *sort)
{
	struct body_facts facts = { sort->type, sort->encoding, "DE" };
	struct body *body = body_new(&facts, BULK_THRESHOLD);
	struct text_kit kit = { 0 };
	struct body_result result;
	size_t at = 0;

	sort->head(&kit);
	for (int i = 0; i < 25; i++) {
		sort->person(&kit, i);
		for (; at < kit.len; at++) {
			if (at > 0 && peek(body) > i + 1)
				fail_msg("%s: %d too early", sort->name, i);
			body_feed(body, (const uint8_t *)kit.data + at, 1);
		}
		if (i + 1 >= BULK_THRESHOLD && peek(body) != i + 1)
			fail_msg("%s: %d of %d", sort->name, (int)peek(body), i + 1);
	}
	body_end(body, &result);
	assert_int_equal(result.contacts.best, 25);
	kit_free(&kit);
}

/* How many people stand, complete, in what a decoder makes of the first bytes. */
static int
people_in(const struct text_kit *packed, size_t len, size_t plain_len, const size_t *ends)
{
	uint8_t *plain = malloc(plain_len);
	z_stream stream = { .next_in = (uint8_t *)packed->data, .avail_in = (uInt)len };
	int people = 0;

	assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
	stream.next_out = plain;
	stream.avail_out = (uInt)plain_len;
	inflate(&stream, Z_SYNC_FLUSH);
	while (people < BOOK && ends[people] <= stream.total_out)
		people++;
	inflateEnd(&stream);
	free(plain);
	return people;
}

static void
assert_recognised_packed(const struct sort *sort)
{
	struct body_facts facts = { sort->type, sort->encoding, "DE" };
	struct body *body = body_new(&facts, BULK_THRESHOLD);
	struct text_kit kit = { 0 };
	struct body_result result;
	size_t ends[BOOK], plain;

	sort->head(&kit);
	for (int i = 0; i < BOOK; i++) {
		sort->person(&kit, i);
		ends[i] = kit.len;
	}
	plain = kit.len;
	kit = kit_gzip(kit);
	for (size_t at = 0; at < kit.len; at++) {
		int people = people_in(&kit, at, plain, ends);

		if (people >= BULK_THRESHOLD && peek(body) < people)
			fail_msg("%s: %d of %d", sort->name, (int)peek(body), people);
		if (peek(body) > people + 1)
			fail_msg("%s: too early", sort->name);
		body_feed(body, (const uint8_t *)kit.data + at, 1);
	}
	body_end(body, &result);
	kit_free(&kit);
}

static void
as_soon_as_it_is_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sorts) / sizeof(sorts[0]); i++) {
		if (sorts[i].gzip)
			assert_recognised_packed(&sorts[i]);
		else
			assert_recognised(&sorts[i]);
	}
}

/* A long book is recognised, by whatever pieces it comes in, before the door lets go twenty. */
static void
a_door_lets_less_than_twenty_go(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sorts) / sizeof(sorts[0]); i++) {
		struct shot shot = { .method = "POST", .target = "/x", .type = sorts[i].type,
			.encoding = sorts[i].encoding };
		struct request_words words = shot_words(&shot, ASKED_HOST);
		struct judged *judged;
		struct bench bench;
		size_t ends[BOOK], at = 0, piece = 97 + 31 * i;
		struct text_kit kit = { 0 };

		sorts[i].head(&kit);
		for (int n = 0; n < BOOK; n++) {
			sorts[i].person(&kit, n);
			ends[n] = kit.len;
		}
		if (sorts[i].gzip) {
			size_t plain = kit.len;

			kit = kit_gzip(kit);
			for (int n = 0; n < BULK_THRESHOLD; n++)
				for (ends[n] = 1; people_in(&kit, ends[n], plain,
				    (size_t[BOOK]){ plain }) > n && ends[n] < kit.len;)
					ends[n]++;
			ends[BULK_THRESHOLD - 1] = kit.len;
		}
		bench_init(&bench, ASKED_POLICY, true, ASKED_HOST);
		judged = judge_request(bench.judge, &bench.flow, &words, bench.now_us);
		for (;; at += piece) {
			assert_true(at + piece <= kit.len);
			judged_feed(judged, (const uint8_t *)kit.data + at, piece, bench.now_us);
			if (judged_peek(judged).action == ACTION_BLOCK)
				break;
		}
		/* What was fed before this piece is all that has gone. */
		assert_true(at < ends[BULK_THRESHOLD - 1]);
		assert_int_equal(judged_cut(judged, bench.now_us).action, ACTION_BLOCK);
		judged_free(judged);
		bench_end(&bench);
		assert_int_equal(bench.told.count, 1);
		bench_fini(&bench);
		kit_free(&kit);
	}
}

/* Harmless bodies are not stopped half way for what they hold open. */
static void
what_is_no_book_stays_none(void **state)
{
	struct body_facts facts = { "application/json", "", "DE" };
	struct body *body = body_new(&facts, BULK_THRESHOLD);
	struct body_result result;
	struct text_kit kit = { 0 };

	(void)state;
	kit_add(&kit, "{\"user\":{\"email\":\"me@example.org\",\"phone\":\"+4915112345678\"},\"log\":[");
	for (int i = 0; i < 200; i++)
		kit_add(&kit, "%s{\"from\":\"+4915%09d\",\"to\":\"+4916%09d\",\"subject\":\"x\"}",
		    i ? "," : "", i, i);
	for (size_t at = 0; at < kit.len; at++) {
		assert_true(peek(body) < 3);
		body_feed(body, (const uint8_t *)kit.data + at, 1);
	}
	body_end(body, &result);
	assert_false(result.bulk);
	kit_free(&kit);
}

/* Distinct over both, whether one is held back or not. */
static void
with_another_body(void **state)
{
	struct body_facts facts = { "text/vcard", "", "DE" }, none = { "", "", "" };
	struct text_kit first = book_vcard(0, 15), second = book_vcard(10, 12),
	    third = book_vcard(14, 2);
	struct body *one = body_new(&facts, BULK_THRESHOLD);
	struct body *other = body_new(&facts, BULK_THRESHOLD);
	struct body *small = body_new(&facts, BULK_THRESHOLD);
	struct body_result result;

	(void)state;
	body_feed(one, (uint8_t *)first.data, first.len);
	body_next(one, &none);
	body_feed(other, (uint8_t *)second.data, second.len);
	body_peek_open(other, one, &result);
	assert_int_equal(result.contacts.best, 22);
	assert_true(third.len < SAMPLE_MAX);
	body_feed(small, (uint8_t *)third.data, third.len);
	body_peek_open(small, one, &result);
	assert_int_equal(result.contacts.best, 16);
	body_end(one, &result);
	body_end(other, &result);
	body_end(small, &result);
	kit_free(&first);
	kit_free(&second);
	kit_free(&third);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_soon_as_it_is_there),
		cmocka_unit_test(a_door_lets_less_than_twenty_go),
		cmocka_unit_test(what_is_no_book_stays_none),
		cmocka_unit_test(with_another_body),
	};

	return cmocka_run_group_tests(tests, rules_up, rules_down);
}
