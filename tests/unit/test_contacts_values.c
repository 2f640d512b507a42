/* SPDX-License-Identifier: Apache-2.0 */
/* Single identifiers, digests, encodings, and the tally's limits. */

#include "classifiers/body.h"

#include "pack_kit.h"

struct number_case { const char *text; enum hint hint; const char *region; int kind; };

static const struct number_case cases[] = {
	{ "+4915123456789", HINT_NONE, "", KIND_PHONE },
	{ "+49 (0)151 2345-6789", HINT_NONE, "", KIND_PHONE },
	{ "+49\xc2\xa0" "151\xc2\xa0" "23456789", HINT_NONE, "", KIND_PHONE },
	{ "+49.15123456789", HINT_NONE, "", KIND_PHONE },
	{ "tel:+49-151-23456789;ext=12", HINT_NONE, "", KIND_PHONE },
	{ "+49 151 23456789,,1234567890#", HINT_PHONE, "", KIND_PHONE },
	{ "+49 151 23456789,,12345678", HINT_PHONE, "", KIND_PHONE },
	{ "+4915123456789, +4915123456780", HINT_PHONE, "", -1 },
	{ "0151 23456789;030 1234567", HINT_PHONE, "DE", -1 },
	{ "tel:0151 23456789", HINT_NONE, "DE", KIND_PHONE },
	{ "4915123456789@s.whatsapp.net", HINT_NONE, "", KIND_PHONE },
	{ "4915123456789@c.us", HINT_NONE, "", KIND_PHONE },
	{ "123456789012345@lid", HINT_NONE, "", -1 },
	{ "004915123456789", HINT_PHONE, "", KIND_PHONE },
	{ "004915123456789", HINT_NONE, "", -1 },
	{ "4915123456789", HINT_NONE, "", -1 },
	{ "4915123456789", HINT_BOOK, "", KIND_PHONE },
	{ "4915123456789 msisdn", HINT_BOOK, "", KIND_PHONE },
	{ "0151 23456789", HINT_PHONE, "DE", KIND_PHONE },
	{ "0151 23456789", HINT_BOOK, "DE", -1 },
	{ "555-1234", HINT_PHONE, "", KIND_PHONE },
	{ "555-1234 x12", HINT_PHONE, "", KIND_PHONE },
	{ "110", HINT_PHONE, "", -1 },
	{ "+12345", HINT_NONE, "", -1 },
	{ "+4915123456789012", HINT_NONE, "", -1 },
	{ "+2101234567", HINT_NONE, "", -1 },
	{ "+49123.45", HINT_NONE, "", -1 },
	{ "+1 212 555 0123", HINT_NONE, "", KIND_PHONE },
	{ "+1 112 555 0123", HINT_NONE, "", -1 },
	{ "Call +4915123456789 now", HINT_NONE, "", -1 },
	{ "Anna.Muster@Example.ORG", HINT_NONE, "", KIND_EMAIL },
	{ "mailto:anna@example.org", HINT_NONE, "", KIND_EMAIL },
	{ "anna@localhost", HINT_NONE, "", -1 },
	{ "anna@192.0.2.1", HINT_NONE, "", -1 },
	{ ".anna@example.org", HINT_NONE, "", -1 },
	{ "anna@-example.org", HINT_NONE, "", -1 },
	{ "anna@b\xc3\xbc" "cher.example", HINT_NONE, "", KIND_EMAIL },
	{ "anna@xn--bcher-kva.xn--p1ai", HINT_NONE, "", KIND_EMAIL },
	{ "0123456789abcdef0123456789abcdef", HINT_BOOK, "", KIND_HASH },
	{ "0123456789abcdef0123456789abcdef", HINT_NONE, "", -1 },
	{ "0123456789abcdef0123456789abcde", HINT_BOOK, "", -1 },
	{ "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", HINT_BOOK, "", KIND_HASH },
	{ "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU", HINT_BOOK, "", KIND_HASH },
	{ "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq", HINT_BOOK, "", -1 },
	{ "0123456789abcdef", HINT_LIST, "", KIND_HASH },
	{ "0123456789abcdef", HINT_BOOK, "", -1 },
	{ "9123456789012345", HINT_LIST, "", -1 },
	{ "0123456789abcdef0123", HINT_LIST, "", KIND_HASH },
	{ "0123456789abcdef0123456789abcdef0123456789abcdef01234567", HINT_BOOK, "",
	    KIND_HASH },
	{ "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	    "0123456789abcdef0123456789abcdef", HINT_BOOK, "", KIND_HASH },
	{ "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	    HINT_BOOK, "", KIND_HASH },
};

static void
recognised(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t mark;
		int kind = identify(cases[i].text, strlen(cases[i].text),
		    cases[i].hint, cases[i].region, &mark);

		if (kind != cases[i].kind)
			fail_msg("%s: %d, not %d", cases[i].text, kind, cases[i].kind);
	}
}

/* Every way to write a number is the same number. */
static void
same_number(void **state)
{
	static const char *const ways[] = {
		"+4915123456789", "+49 151 234 567 89", "004915123456789",
		"0151/23456789", "+49 (0) 151-23456789", "tel:+49-151-23456789",
		"4915123456789@s.whatsapp.net", "(0151) 234 56 789"
	};
	uint64_t first, mark;

	(void)state;
	identify(ways[0], strlen(ways[0]), HINT_PHONE, "DE", &first);
	for (size_t i = 1; i < sizeof(ways) / sizeof(ways[0]); i++) {
		assert_int_equal(identify(ways[i], strlen(ways[i]), HINT_PHONE, "DE",
		    &mark), KIND_PHONE);
		assert_true(mark == first);
	}
}

static void
plan_handed_down(void **state)
{
	static const struct numbering_row rows[] = {
		{ 49, "DE", 10, 11, "15/16/17", "0" },
	};
	uint64_t mark;

	(void)state;
	contacts_numbering_set(rows, 1);
	assert_int_equal(identify("+4915123456789", 14, HINT_NONE, "", &mark), KIND_PHONE);
	assert_int_equal(identify("+49151234", 9, HINT_NONE, "", &mark), -1);
	assert_int_equal(identify("+48501234567", 12, HINT_NONE, "", &mark), -1);
	contacts_numbering_set(NULL, 0);
	assert_int_equal(identify("+48501234567", 12, HINT_NONE, "", &mark), KIND_PHONE);
}

static void
hashed_list(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	kit_add(&kit, "{\"mobileNoHashes\":[");
	for (unsigned i = 0; i < 40; i++)
		kit_add(&kit, "%s\"%08x%08x%08x%08x%08x%08x%08x%08x\"", i ? "," : "",
		    i * 2654435761u, i, i, i, i, i, i, i * 40503u);
	kit_add(&kit, "]}");
	r = kit_scan_text(&kit, (struct scan_as){ 0 });
	assert_int_equal(r.contacts.best, 40);
	assert_int_equal(r.identifiers.hash, 40);
	assert_true(r.bulk);
}

/* A field of a form holds records of digests; the country's repeats. */
static void
hashed_records(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	kit_add(&kit, "contact=[");
	for (unsigned i = 0; i < 30; i++)
		kit_add(&kit, "%s{\"a\":\"%064x\",\"b\":\"%064x\",\"c\":\"%064x\"}",
		    i ? "," : "", i * 2654435761u, i + 7, 49);
	kit_add(&kit, "]");
	r = kit_scan_text(&kit, (struct scan_as){
	    "application/x-www-form-urlencoded", NULL, NULL });
	assert_int_equal(r.contacts.best, 30);
	assert_true(r.bulk);
}

static void
book_csv(struct text_kit *kit, int count)
{
	kit_add(kit, "name,phone\n");
	for (int i = 0; i < count; i++)
		kit_add(kit, "Anna %d," KIT_PHONE "\n", i, i);
}

static void
packed_bodies(void **state)
{
	static const struct { int window; const char *encoding; } ways[] = {
		{ PACK_GZIP, "gzip" }, { PACK_GZIP, "" }, { PACK_GZIP, "x-gzip, identity" },
		{ PACK_ZLIB, "deflate" }, { PACK_ZLIB, "" }, { PACK_RAW, "deflate" }
	};
	struct text_kit plain = { 0 };

	(void)state;
	book_csv(&plain, 40);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct text_kit kit = kit_pack(&plain, ways[i].window);
		struct body_result r = kit_scan_text(&kit, (struct scan_as){
		    "text/csv", ways[i].encoding, NULL });

		assert_int_equal(r.contacts.best, 40);
		assert_int_equal(r.decoded, plain.len);
		assert_int_equal(r.unscanned, -1);
	}
	kit_free(&plain);
}

static void
packed_twice(void **state)
{
	struct text_kit plain = { 0 }, once, twice;
	struct body_result r;

	(void)state;
	book_csv(&plain, 40);
	once = kit_pack(&plain, PACK_GZIP);
	twice = kit_pack(&once, PACK_ZLIB);
	r = kit_scan_text(&twice, (struct scan_as){ "text/csv", "gzip, deflate", NULL });
	assert_int_equal(r.contacts.best, 40);
	kit_free(&once);
	kit_free(&plain);
}

static void
packed_damaged(void **state)
{
	struct text_kit plain = { 0 }, kit;
	struct body_result r;

	(void)state;
	book_csv(&plain, 40);
	kit = kit_pack(&plain, PACK_GZIP);
	r = kit_scan(kit.data, kit.len / 2, (struct scan_as){ "", "gzip", NULL });
	assert_int_equal(r.unscanned, UNSCANNED_CORRUPT);
	kit.data[kit.len - 6] ^= 1;
	r = kit_scan(kit.data, kit.len, (struct scan_as){ "", "gzip", NULL });
	assert_int_equal(r.unscanned, UNSCANNED_CORRUPT);
	assert_int_equal(r.contacts.best, 40);
	assert_int_equal(r.contacts.high, CONTACTS_UNKNOWN);
	kit_free(&kit);
	kit_free(&plain);
}

static void
bomb(void **state)
{
	struct text_kit zeros = { calloc(1, 32 << 20), 32 << 20, 0 }, kit;
	struct body_result r;

	(void)state;
	kit = kit_pack(&zeros, PACK_GZIP);
	r = kit_scan_step(kit.data, kit.len, (struct scan_as){ "", "gzip", NULL }, 0);
	assert_int_equal(r.unscanned, UNSCANNED_LIMIT);
	assert_true(r.decoded < (10 << 20));
	kit_free(&kit);
	kit_free(&zeros);
}

static void
unknown_coding(void **state)
{
	struct body_result r;

	(void)state;
	r = kit_scan("abc", 3, (struct scan_as){ "", "compress", NULL });
	assert_int_equal(r.unscanned, UNSCANNED_LIMIT);
}

static void
utf16(void **state)
{
	struct text_kit plain = { 0 }, wide = { 0 };
	struct body_result r;

	(void)state;
	book_csv(&plain, 25);
	kit_add(&wide, "\xff\xfe");
	for (size_t i = 0; i < plain.len; i++) {
		kit_add(&wide, "%c", plain.data[i]);
		kit_add(&wide, "%c", '\0');
	}
	r = kit_scan_text(&wide, (struct scan_as){ "text/csv", NULL, NULL });
	assert_int_equal(r.contacts.best, 25);
	assert_int_equal(r.identifiers.name, 25);
	kit_free(&plain);
}

static void
lost_bytes(void **state)
{
	struct text_kit kit = { 0 };
	struct body_facts facts = { "text/csv", "", "" };
	struct body *body = body_new(&facts, BULK_THRESHOLD);
	struct body_result r;

	(void)state;
	book_csv(&kit, 100);
	body_feed(body, (uint8_t *)kit.data, kit.len / 2);
	body_gap(body);
	body_feed(body, (uint8_t *)kit.data + kit.len / 2 + 100, kit.len / 2 - 100);
	body_end(body, &r);
	assert_in_range(r.contacts.best, 90, 98);
	assert_int_equal(r.contacts.high, CONTACTS_UNKNOWN);
	assert_int_equal(r.contacts.confidence, CONFIDENCE_MEDIUM);
	assert_true(r.bulk);
	kit_free(&kit);
}

/* Ten thousand are counted exactly, more within the bounds given. */
static void
many(void **state)
{
	static const int sizes[] = { 10000, 50000, 200000 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct text_kit kit = { 0 };
		struct body_result r;

		book_csv(&kit, sizes[i]);
		r = kit_scan_step(kit.data, kit.len, (struct scan_as){ 0 }, 0);
		kit_free(&kit);
		if (i == 0)
			assert_int_equal(r.contacts.best, sizes[i]);
		/* Three standard errors and as many again: never by chance. */
		assert_true(r.contacts.low - (r.contacts.best - r.contacts.low) <=
		    sizes[i]);
		assert_true(r.contacts.high + (r.contacts.high - r.contacts.best) >=
		    sizes[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recognised), cmocka_unit_test(same_number),
		cmocka_unit_test(plan_handed_down), cmocka_unit_test(hashed_list),
		cmocka_unit_test(hashed_records), cmocka_unit_test(packed_bodies),
		cmocka_unit_test(packed_twice), cmocka_unit_test(packed_damaged),
		cmocka_unit_test(bomb), cmocka_unit_test(unknown_coding),
		cmocka_unit_test(utf16), cmocka_unit_test(lost_bytes),
		cmocka_unit_test(many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
