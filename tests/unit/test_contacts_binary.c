/* SPDX-License-Identifier: Apache-2.0 */
/* Protocol buffers without a schema, and vectors of eight-byte numbers. */
#include "beings.h"
#include "body_kit.h"

static void
bytes(struct text_kit *kit, const void *data, size_t len)
{
	kit_add(kit, "%s", "");
	assert_true(len <= kit->size - kit->len);
	memcpy(kit->data + kit->len, data, len);
	kit->len += len;
}

static void
varint(struct text_kit *kit, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		kit_add(kit, "%c", (int)(value & 0x7f) | 0x80);
	kit_add(kit, "%c", (int)value);
}

static void
field(struct text_kit *kit, unsigned number, const void *data, size_t len)
{
	varint(kit, number << 3 | 2);
	varint(kit, len);
	for (size_t at = 0; at < len; at += 256)
		bytes(kit, (const char *)data + at, len - at < 256 ? len - at : 256);
}

static void
text(struct text_kit *kit, unsigned number, const char *what)
{
	field(kit, number, what, strlen(what));
}

static void
message(struct text_kit *kit, unsigned number, struct text_kit *inner)
{
	field(kit, number, inner->data, inner->len);
	kit_free(inner);
}

static uint64_t
number_of(int i)
{
	return strtoull(being(i).phone + 1, NULL, 10);
}

static void
fixed64(struct text_kit *kit, uint64_t value, bool big)
{
	for (int i = 0; i < 8; i++)
		kit_add(kit, "%c", (int)(value >> (big ? 56 - 8 * i : 8 * i)) & 0xff);
}

/* Sender's own number, then the list, as one messenger sends it. */
static void
strings(struct text_kit *kit, int count)
{
	text(kit, 1, "+4915700000000");
	text(kit, 2, "someone");
	for (int i = 0; i < count; i++)
		text(kit, 4, being(i).phone);
}

static void
contact(struct text_kit *kit, unsigned number, int i)
{
	struct being b = being(i);
	struct text_kit inner = { 0 };

	text(&inner, 1, b.first);
	text(&inner, 2, b.phone);
	text(&inner, 3, b.mail);
	message(kit, number, &inner);
}

static void
contacts(struct text_kit *kit, int count)
{
	for (int i = 0; i < count; i++)
		contact(kit, 2, i);
}

/* Inside a message, beside a token. */
static void
wrapped(struct text_kit *kit, int count)
{
	struct text_kit inner = { 0 };

	contacts(&inner, count);
	text(kit, 1, "0f1e2d3c-token");
	message(kit, 3, &inner);
}

static void
deep(struct text_kit *kit, int count)
{
	for (int i = 0; i < count; i++) {
		struct being b = being(i);
		struct text_kit phone = { 0 }, person = { 0 };

		text(&phone, 1, "mobile");
		text(&phone, 2, b.phone);
		text(&person, 1, b.last);
		message(&person, 5, &phone);
		message(kit, 7, &person);
	}
}

static void
integers(struct text_kit *kit, int count)
{
	for (int i = 0; i < count; i++) {
		struct text_kit inner = { 0 };

		text(&inner, 1, being(i).first);
		kit_add(&inner, "%c", 2 << 3);
		varint(&inner, number_of(i));
		message(kit, 1, &inner);
	}
}

static void
packed(struct text_kit *kit, int count)
{
	struct text_kit inner = { 0 };

	for (int i = 0; i < count; i++)
		fixed64(&inner, number_of(i), true);
	varint(kit, 6 << 3 | 0);
	varint(kit, 1);
	message(kit, 3, &inner);
}

static void
packed_little(struct text_kit *kit, int count)
{
	struct text_kit inner = { 0 };

	for (int i = 0; i < count; i++)
		fixed64(&inner, number_of(i), false);
	message(kit, 3, &inner);
}

static void
unpacked(struct text_kit *kit, int count)
{
	text(kit, 1, "t\x01");
	for (int i = 0; i < count; i++) {
		varint(kit, 3 << 3 | 1);
		fixed64(kit, number_of(i), false);
	}
}

static void
unpacked_alone(struct text_kit *kit, int count)
{
	for (int i = 0; i < count; i++) {
		varint(kit, 1 << 3 | 1);
		fixed64(kit, number_of(i), false);
	}
}

/* As proto3 writes a list of integers. */
static void
packed_varints(struct text_kit *kit, int count)
{
	struct text_kit inner = { 0 };

	for (int i = 0; i < count; i++)
		varint(&inner, number_of(i));
	text(kit, 1, "one-book");
	message(kit, 3, &inner);
}

/* Numbers without "+" in text, beside names: the map of one to the other. */
static void
digits_and_names(struct text_kit *kit, int count)
{
	text(kit, 1, "device-17");
	for (int i = 0; i < count; i++) {
		struct text_kit inner = { 0 };

		text(&inner, 1, being(i).phone + 1);
		text(&inner, 2, being(i).first);
		message(kit, 4, &inner);
	}
}

static void
digits_and_names_inside(struct text_kit *kit, int count)
{
	struct text_kit inner = { 0 };

	digits_and_names(&inner, count);
	message(kit, 2, &inner);
}

static void
bare_vector(struct text_kit *kit, int count)
{
	for (int i = 0; i < count; i++)
		fixed64(kit, number_of(i), true);
}

static void
vcards(struct text_kit *kit, int count)
{
	for (int i = 0; i < count; i++) {
		char card[200];

		snprintf(card, sizeof(card), "BEGIN:VCARD\nVERSION:3.0\nFN:%s\nTEL:%s\n"
		    "END:VCARD\n", being(i).last, being(i).phone);
		text(kit, 9, card);
	}
}

struct sort { const char *name; void (*add)(struct text_kit *kit, int count); };

static const struct sort sorts[] = {
	{ "strings", strings }, { "contacts", contacts }, { "wrapped", wrapped },
	{ "deep", deep }, { "integers", integers }, { "packed", packed },
	{ "packed, little end first", packed_little }, { "unpacked", unpacked },
	{ "unpacked alone", unpacked_alone }, { "packed varints", packed_varints },
	{ "digits and names", digits_and_names },
	{ "digits and names inside", digits_and_names_inside },
	{ "bare vector", bare_vector }, { "vCards", vcards },
};

static void
every_sort(void **state)
{
	static const int counts[] = { 25, 240, 3000 };
	const struct scan_as as = { "application/x-protobuf", "", "" };
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < 3 * sizeof(sorts) / sizeof(sorts[0]); i++) {
		struct text_kit kit = { 0 };
		struct body_result r;
		int count = counts[i % 3];

		sorts[i / 3].add(&kit, count);
		r = kit.len < 20000 ? kit_scan(kit.data, kit.len, as) :
		    kit_scan_step(kit.data, kit.len, as, 1000);
		kit_free(&kit);
		if (r.format == FORMAT_PROTOBUF && r.bulk &&
		    llabs((long long)r.contacts.best - count) * 50 <= count)
			continue;
		print_error("%s: %lld of %d, %s\n", sorts[i / 3].name,
		    (long long)r.contacts.best, count, r.reason);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void
digests(struct text_kit *kit, int count)
{
	for (int i = 0; i < count; i++) {
		uint8_t out[32];

		for (int k = 0; k < 32; k++)
			out[k] = (uint8_t)(i * 37 + k * 101 + i * k);
		out[0] = 0xff;
		field(kit, 1, out, sizeof(out));
	}
}

/* Digests of whom or what? They are counted, and no contacts are claimed. */
static void
digests_of_what(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	digests(&kit, 60);
	r = kit_scan_text(&kit, (struct scan_as){ "application/x-protobuf", "", "" });
	/* Some happen to look like messages. */
	assert_in_range(r.identifiers.hash, 54, 60);
	assert_int_equal(r.contacts.best, 0);
	assert_in_range(r.contacts.high, 54, 60);
	assert_false(r.bulk);
}

static struct body_result
scan_call(struct text_kit *kit)
{
	struct body_facts facts = { "application/x-protobuf", "", "" };
	struct body *body = body_new(&facts, BULK_THRESHOLD);
	struct body_result r;

	body_known_call(body);
	body_feed(body, (const uint8_t *)kit->data, kit->len);
	body_end(body, &r);
	kit_free(kit);
	return r;
}

/* A call that is known to carry contacts says whose they are. */
static void
known_call(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	digests(&kit, 60);
	r = scan_call(&kit);
	assert_true(r.bulk);
	assert_in_range(r.contacts.best, 54, 60);
	for (int i = 0; i < 60; i++)
		text(&kit, 2, being(i).phone + 1);
	r = scan_call(&kit);
	assert_true(r.bulk);
	assert_int_equal(r.contacts.best, 60);
}

/* Ids in text beside a title: drawn at will, and given out one after the other. */
static void
ids_in_text(void **state)
{
	uint64_t drawn = 7;

	(void)state;
	for (int way = 0; way < 4; way++) {
		struct text_kit kit = { 0 };
		struct body_result r;

		for (int i = 0; i < 300; i++) {
			struct text_kit inner = { 0 };
			char id[24];

			drawn = drawn * UINT64_C(6364136223846793005) + 1442695040888963407u;
			snprintf(id, sizeof(id), "%llu", way == 0 ?
			    491510000000ull + (unsigned)i * 7 :
			    (way == 1 ? 10000000000ull : way == 2 ? 100000000000ull :
			    1000000000000ull) + (unsigned long long)(drawn >> 16) %
			    (way == 1 ? 90000000000ull : way == 2 ? 900000000000ull :
			    9000000000000ull));
			text(&inner, 1, id);
			text(&inner, 2, "A song of spring");
			message(&kit, 1, &inner);
		}
		r = kit_scan_text(&kit, (struct scan_as){ "application/x-protobuf", "", "" });
		assert_false(r.bulk);
	}
}

/* Times in milliseconds and microseconds, ids, doubles: nobody's numbers. */
static void
other_numbers(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	for (int i = 0; i < 100; i++) {
		struct text_kit inner = { 0 };

		text(&inner, 1, "event");
		kit_add(&inner, "%c", 2 << 3);
		varint(&inner, UINT64_C(1763700000000) + (uint64_t)i * 977);
		kit_add(&inner, "%c", 3 << 3);
		varint(&inner, UINT64_C(1763700000000000) + (uint64_t)i * 977);
		kit_add(&inner, "%c", 4 << 3 | 1);
		fixed64(&inner, UINT64_C(0x3ff8000000000000) + (uint64_t)i, false);
		message(&kit, 1, &inner);
	}
	r = kit_scan_text(&kit, (struct scan_as){ "application/x-protobuf", "", "" });
	assert_int_equal(r.contacts.high, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sort), cmocka_unit_test(digests_of_what),
		cmocka_unit_test(known_call), cmocka_unit_test(ids_in_text),
		cmocka_unit_test(other_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
