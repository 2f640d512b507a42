/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON read along the trail against JSON read sign by sign: in pieces of one
 * byte nothing that was remembered ever fits, so the answers must be the same.
 * And what is looked at in blocks against the same looked at byte by byte.
 */
#include "unit/body_kit.h"

#include <ctype.h>

#include "classifiers/json_trail.h"
#include "classifiers/identify.h"
#include "classifiers/json_look.h"

static uint32_t state;

static unsigned
chance(unsigned below)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % below;
}

static void
leaf_add(struct text_kit *kit, unsigned sort)
{
	static const char *const plain[] = { "", "Bert Voorbeeld-Muster", "mobile",
	    "a \\\"b\\\" \\\\", "caf\\u00e9", "BEGIN:VCARD", "PHONE", "12:30", "x,y;z" };

	switch (sort % 5) {
	case 0:
		kit_add(kit, "\"" KIT_PHONE "\"", (int)chance(1000000));
		break;
	case 1:
		kit_add(kit, "\"anna.%u@mail.example.org\"", chance(3000));
		break;
	case 2:
		kit_add(kit, "\"%s\"", plain[chance(9)]);
		break;
	case 3:
		kit_add(kit, chance(2) ? "%u" : "4915%07u", chance(10000000));
		break;
	default:
		kit_add(kit, "%s", chance(2) ? "true" : "null");
		break;
	}
}

static const char *const keys[] = { "name", "phones", "emails", "label", "raw", "id",
    "tel", "from", "contacts", "hash", "items", "schema", "numbers", "p", "+4915112345678", "",
    "a3f5b5cf4c3c2d1e0f9a8b7c6d5e4f3a2b1c0d9e" };

/* One of the shapes that `shape` gives; members are left out at times. */
static void
member_add(struct text_kit *kit, uint32_t shape, unsigned depth)
{
	unsigned sort = shape % 7, count = (shape >> 3) % 4;
	bool first = true;

	if (depth == 0 || sort < 4) {
		leaf_add(kit, shape >> 5);
		return;
	}
	kit_add(kit, sort == 4 ? "[" : "{");
	for (unsigned i = 0; i < count + (sort == 4 ? chance(3) : 0); i++) {
		uint32_t next = shape * 2654435761u + (sort == 4 ? 0 : i * 40503u);

		if (sort != 4 && chance(5) == 0)
			continue;
		kit_add(kit, "%s", first ? "" : shape >> 9 & 1 ? ",\n   " : ",");
		if (sort != 4)
			kit_add(kit, "\"%s\":%s", keys[(next >> 7) % 17],
			    shape >> 10 & 1 ? " " : "");
		member_add(kit, next >> 3, depth - 1);
		first = false;
	}
	kit_add(kit, sort == 4 ? "]" : "}");
}

/* Lists of any length, of which a record around them says nothing. */
static void
list_add(struct text_kit *kit)
{
	static const char *const opens[] = { "[[", "{\"m\":{", "{\"u\":{", "[{\"x\":[" };
	static const char *const closes[] = { "]]", "}}", "}}", "]}]" };
	unsigned sort = chance(4), count = chance(150);

	kit_add(kit, "%s", opens[sort]);
	for (unsigned i = 0; i < count; i++) {
		kit_add(kit, "%s", i ? "," : "");
		if (sort == 1)
			kit_add(kit, "\"Anna %u\":", i);
		if (sort == 2)
			kit_add(kit, "\"%u\":{\"phone\":", i);
		leaf_add(kit, chance(2) ? 0 : chance(4));
		kit_add(kit, "%s", sort == 2 ? "}" : "");
	}
	kit_add(kit, "%s", closes[sort]);
}

static void
same_answer(const struct body_result *a, const struct body_result *b, uint32_t seed)
{
	if (a->contacts.best == b->contacts.best && a->contacts.low == b->contacts.low &&
	    a->contacts.high == b->contacts.high && a->format == b->format &&
	    memcmp(&a->identifiers, &b->identifiers, sizeof(a->identifiers)) == 0 &&
	    strcmp(a->reason, b->reason) == 0)
		return;
	fail_msg("seed %u: %s; %s", seed, a->reason, b->reason);
}

/* A body has a trail from some length on: blanks bring it there at once. */
static size_t
blanks_add(struct text_kit *kit)
{
	for (size_t i = 0; i < JSON_TRAIL_FROM; i += 64)
		kit_add(kit, "%64s", "");
	return kit->len;
}

static void
trail_is_reading(void **unused)
{
	static const size_t steps[] = { 1, 2, 61, 200, 1460 };
	struct scan_as as = { "application/json", "", "NL" };

	(void)unused;
	for (uint32_t seed = 1; seed <= 600; seed++) {
		struct text_kit kit = { 0 };
		struct body_result whole, pieces;
		uint32_t shape = seed * 2246822519u | 5;
		size_t begin;

		state = seed;
		kit_add(&kit, "%s", seed % 3 ? "{\"contacts\":[" : "[");
		begin = blanks_add(&kit);
		for (unsigned i = 0; i < 12 + seed % 30; i++) {
			kit_add(&kit, "%s", i ? "," : "");
			if (seed % 5 == 0)
				list_add(&kit);
			else
				member_add(&kit, shape - shape % 7 + 4 + seed % 3, 4);
		}
		kit_add(&kit, "%s", seed % 3 ? "]}" : "]");
		/* Some are broken: a byte is another. */
		if (seed % 4 == 0)
			kit.data[begin + chance((unsigned)(kit.len - begin))] = "\"{}[],:\\"[chance(8)];
		whole = kit_scan_step(kit.data, kit.len, as, 0);
		for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
			pieces = kit_scan_step(kit.data, kit.len, as, steps[i]);
			same_answer(&whole, &pieces, seed);
		}
		kit_free(&kit);
	}
}

static struct json_look
look_slowly(const char *data, size_t len)
{
	struct json_look look = { 0, false };

	while (look.len < len && data[look.len] != '"' && data[look.len] != '\\') {
		char c = data[look.len++];

		look.signs |= c == '@' || c == '+' || c == ':';
	}
	return look;
}

static void
blocks_are_bytes(void **unused)
{
	static const char common[] = "ab09 \"\\@+:\x7f\x80\xff";
	char *data;

	(void)unused;
	state = 7;
	for (unsigned round = 0; round < 20000; round++) {
		size_t len = chance(70);
		struct json_look a, b, c;

		/* No byte more than that may be read. */
		data = malloc(len + 1);
		assert_non_null(data);
		for (size_t i = 0; i < len; i++)
			data[i] = chance(20) ? "abcdefgh12"[chance(10)] :
			    common[chance(sizeof(common) - 1)];
		data = realloc(data, len ? len : 1);
		a = look_slowly(data, len);
		b = json_look(data, len);
		c = json_look_short(data, len);
		assert_int_equal(a.len, b.len);
		assert_int_equal(a.signs, b.signs);
		assert_int_equal(a.len, c.len);
		assert_int_equal(a.signs, c.signs);
		assert_int_equal(a.len, json_span(data, len));
		free(data);
	}
}

#ifdef __SSE2__
/* What each byte is by itself, at any place of a block. */
static void
classes_in_blocks(void **unused)
{
	char block[16];

	(void)unused;
	for (unsigned c = 0; c < 256; c++) {
		for (unsigned at = 0; at < sizeof(block); at++) {
			unsigned bit = 1u << at;

			memset(block, ' ', sizeof(block));
			block[at] = (char)c;
			assert_int_equal(look_letters(look_block(block)),
			    c < 0x80 && isalpha((int)c) ? bit : 0);
			assert_int_equal(look_digits(look_block(block)),
			    c >= '0' && c <= '9' ? bit : 0);
		}
	}
}
#endif

/* What is no address is none at any length, in blocks or not. */
static void
addresses_in_blocks(void **unused)
{
	static const struct { const char *before, *after; bool valid; } forms[] = {
		{ "", "@example.org", true }, { "", ".@example.org", false },
		{ ".", "@example.org", false }, { "", "@-example.org", false },
		{ "", "@example-.org", false }, { "", "@example..org", false },
		{ "", "@example.o", false }, { "", "@example.o1g", false },
		{ "", "@example", false }, { "", "@exam ple.org", false },
		{ "", "@a@example.org", false }, { "", "@xn--bcher-kva.org", true },
		{ "", "@b\xc3\xbc" "cher.example", true }, { "", "@.example.org", false },
	};
	static const char name[] = "anna.muster-1anna.muster-2anna.muster-3anna.muster-4";
	char text[128], upper[128];
	uint64_t mark, other;

	(void)unused;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		for (int len = 1; len < (int)sizeof(name); len++) {
			size_t n;

			if (name[len - 1] == '.')
				continue;
			n = (size_t)snprintf(text, sizeof(text), "%s%.*s%s",
			    forms[i].before, len, name, forms[i].after);
			for (size_t at = 0; at <= n; at++)
				upper[at] = (uint8_t)text[at] < 0x80 ?
				    (char)toupper((unsigned char)text[at]) : text[at];
			assert_int_equal(identify(text, n, HINT_NONE, "", &mark) >= 0,
			    forms[i].valid);
			if (!forms[i].valid)
				continue;
			assert_int_equal(identify(upper, n, HINT_EMAIL, "", &other),
			    KIND_EMAIL);
			assert_true(mark == other);
			upper[0] = 'B';
			identify(upper, n, HINT_EMAIL, "", &other);
			assert_true(mark != other);
		}
	}
}

/* Digits alone are the number that they are with blanks between. */
static void
digits_in_blocks(void **unused)
{
	char plain[32], written[64];
	uint64_t mark, other;

	(void)unused;
	state = 3;
	for (unsigned round = 0; round < 20000; round++) {
		unsigned digits = 8 + chance(8), at = 1;

		plain[0] = written[0] = '+';
		for (unsigned i = 0; i < digits; i++) {
			plain[1 + i] = (char)('0' + chance(10));
			written[at++] = plain[1 + i];
			if (i == digits / 2)
				written[at++] = ' ';
		}
		assert_int_equal(identify(plain, digits + 1, HINT_PHONE, "", &mark),
		    identify(written, at, HINT_PHONE, "", &other));
		assert_true(mark == other);
		/* Any other byte makes it something else. */
		plain[1 + chance(digits)] = "/:*?\xb5"[chance(5)];
		assert_false(number_is_plain(plain, digits + 1));
	}
}

/* Bytes are lost up to one place, whichever it is: the rest is read as it is. */
static void
gap_anywhere(void **unused)
{
	struct text_kit kit = { 0 };
	struct body_facts facts = { "application/json", "", "" };
	const size_t lost = 90;

	(void)unused;
	kit_add(&kit, "{\"contacts\":[");
	for (int i = 0; i < 60; i++)
		kit_add(&kit, "%s{\"name\":\"Anna\",\"note\":\"\",\"tel\":\"" KIT_PHONE
		    "\"}", i ? "," : "", i);
	kit_add(&kit, "]}");
	for (size_t at = 600; at < 1100; at++) {
		struct body *body = body_new(&facts, BULK_THRESHOLD);
		struct body_result result;

		body_feed(body, (const uint8_t *)kit.data, at - lost);
		body_gap(body);
		body_feed(body, (const uint8_t *)kit.data + at, kit.len - at);
		body_end(body, &result);
		if (result.contacts.best < 60 - 4 || !result.bulk)
			fail_msg("gap before \"%.12s\": %d contacts", kit.data + at,
			    (int)result.contacts.best);
	}
	kit_free(&kit);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trail_is_reading),
		cmocka_unit_test(blocks_are_bytes),
#ifdef __SSE2__
		cmocka_unit_test(classes_in_blocks),
#endif
		cmocka_unit_test(addresses_in_blocks),
		cmocka_unit_test(digits_in_blocks),
		cmocka_unit_test(gap_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
