/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies that are coded as text and do not say so: a mark of UTF-8, UTF-16
 * without one, percent-encoding once or twice, quoted-printable.
 */
#include "pack_kit.h"

#define COUNT 60

static void
put(struct text_kit *out, uint8_t byte)
{
	kit_bytes(out, &byte, 1);
}

/* ---- books ----------------------------------------------------------------------- */

typedef void writer(struct text_kit *kit);

static void
write_json(struct text_kit *kit)
{
	kit_add(kit, "{\"contacts\":[");
	for (int i = 0; i < COUNT; i++)
		kit_add(kit, "%s{\"name\":\"Anna %d\",\"phone\":\"" KIT_PHONE "\"}",
		    i ? "," : "", i, i);
	kit_add(kit, "]}");
}

static void
write_form(struct text_kit *kit)
{
	kit_add(kit, "uid=77&contacts=%%5B");
	for (int i = 0; i < COUNT; i++)
		kit_add(kit, "%s%%22%%2B4915%09d%%22", i ? "%2C" : "", i);
	kit_add(kit, "%%5D");
}

static void
write_vcards(struct text_kit *kit)
{
	for (int i = 0; i < COUNT; i++)
		kit_add(kit, "BEGIN:VCARD\r\nVERSION:2.1\r\nN:M\xc3\xbcller;Anna\r\n"
		    "TEL;CELL:" KIT_PHONE "\r\n"
		    "EMAIL;INTERNET:anna.of.a.long.name.of.a.house.%09d@mail.example.org"
		    "\r\nEND:VCARD\r\n", i, i);
}

static void
write_lines(struct text_kit *kit)
{
	for (int i = 0; i < COUNT; i++)
		kit_add(kit, "Anna M\xc3\xbcller " KIT_PHONE "\r\n", i);
}

static void
write_table(struct text_kit *kit)
{
	kit_add(kit, "Name,E-mail,Mobile,Where they live and what else is said of them\n");
	for (int i = 0; i < COUNT; i++)
		kit_add(kit, "Ren\xc3\xa9 %d,r%d@example.org," KIT_PHONE
		    ",in a house with a long = sign beside the door\n", i, i, i);
}

static writer *const writers[] = {
	write_json, write_form, write_vcards, write_lines, write_table
};
#define WRITERS (sizeof(writers) / sizeof(writers[0]))

/* ---- codings --------------------------------------------------------------------- */

typedef void coder(struct text_kit *out, const uint8_t *data, size_t len);

static void
code_mark(struct text_kit *out, const uint8_t *data, size_t len)
{
	kit_add(out, "\xef\xbb\xbf");
	kit_bytes(out, data, len);
}

/* Letters beyond ASCII as they are in Latin-1. */
static void
code_wide(struct text_kit *out, const uint8_t *data, size_t len, bool big)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t c = data[i];

		if (c == 0xc3)
			c = (uint8_t)(data[++i] + 0x40);
		put(out, big ? 0 : c);
		put(out, big ? c : 0);
	}
}

static void
code_wide_little(struct text_kit *out, const uint8_t *data, size_t len)
{
	code_wide(out, data, len, false);
}

static void
code_wide_big(struct text_kit *out, const uint8_t *data, size_t len)
{
	code_wide(out, data, len, true);
}

static bool
unreserved(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' || c == '~';
}

static void
code_percent(struct text_kit *out, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (unreserved(data[i]))
			put(out, data[i]);
		else
			kit_add(out, "%%%02X", data[i]);
}

static void
code_percent_twice(struct text_kit *out, const uint8_t *data, size_t len)
{
	struct text_kit once = { 0 };

	code_percent(&once, data, len);
	code_percent(out, (const uint8_t *)once.data, once.len);
	kit_free(&once);
}

/* RFC 2045 section 6.7: line ends stay, lines have at most 76 characters. */
static void
code_quoted(struct text_kit *out, const uint8_t *data, size_t len)
{
	size_t column = 0;

	for (size_t i = 0; i < len; i++) {
		uint8_t c = data[i];

		if (column > 70 && c != '\r' && c != '\n') {
			kit_add(out, "=\r\n");
			column = 0;
		}
		column = c == '\n' ? 0 : column + 3;
		if (c == '=' || c >= 0x7f)
			kit_add(out, "=%02X", c);
		else
			put(out, c);
	}
}

static coder *const coders[] = {
	code_mark, code_wide_little, code_wide_big, code_percent, code_percent_twice,
	code_quoted
};
#define CODERS (sizeof(coders) / sizeof(coders[0]))

/* ---- tests ----------------------------------------------------------------------- */

static struct body_result
scan_coded(writer *write, coder *code, bool packed)
{
	struct text_kit plain = { 0 }, coded = { 0 }, gzip;

	write(&plain);
	code(&coded, (const uint8_t *)plain.data, plain.len);
	kit_free(&plain);
	if (!packed)
		return kit_scan_text(&coded, (struct scan_as){ 0 });
	gzip = kit_pack(&coded, PACK_GZIP);
	kit_free(&coded);
	return kit_scan_text(&gzip, (struct scan_as){ "", "gzip", NULL });
}

static void
every_book_in_every_coding(void **state)
{
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < 2 * WRITERS * CODERS; i++) {
		size_t w = i / 2 / CODERS, c = i / 2 % CODERS;
		struct body_result r = scan_coded(writers[w], coders[c], i % 2 == 1);

		if (r.unscanned == -1 && r.bulk && r.contacts.best == COUNT)
			continue;
		print_error("book %zu, coding %zu, packed %zu: %lld, unscanned %d, %s\n",
		    w, c, i % 2, (long long)r.contacts.best, r.unscanned, r.reason);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* As gRPC-Web sends protocol buffers, and where they stand in a text field. */
static void
base64_of_protobuf(void **state)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct text_kit plain = { 0 }, kit = { 0 };
	struct body_result r;

	(void)state;
	for (int i = 0; i < COUNT; i++)
		kit_add(&plain, "%c%c%c%cAnna%c%c" KIT_PHONE, 10, 22, 10, 4, 18, 14, i);
	while (plain.len % 3 != 0)
		kit_add(&plain, "%c%c%c", 24, 1, 24);
	for (size_t i = 0; i + 2 < plain.len; i += 3) {
		unsigned bits = (unsigned)(uint8_t)plain.data[i] << 16 |
		    (unsigned)(uint8_t)plain.data[i + 1] << 8 |
		    (uint8_t)plain.data[i + 2];

		kit_add(&kit, "%c%c%c%c", digits[bits >> 18], digits[bits >> 12 & 63],
		    digits[bits >> 6 & 63], digits[bits & 63]);
	}
	kit_free(&plain);
	r = kit_scan_text(&kit, (struct scan_as){ 0 });
	assert_int_equal(r.format, FORMAT_PROTOBUF);
	assert_int_equal(r.contacts.best, COUNT);
}

/* ActiveSync's contacts in bare deflate that nothing names. */
static void
deflated_wbxml(void **state)
{
	struct text_kit plain = { 0 }, kit;
	struct body_result r;

	(void)state;
	kit_add(&plain, "%c%c%c%c%c", 3, 1, 0x6a, 0, 0x45);
	for (int i = 0; i < COUNT; i++) {
		kit_add(&plain, "%c%c%c%c", 0, 0, 0x47, 0x5d);
		kit_add(&plain, "%c%c%c%cAnna%d%c%c", 0, 1, 0x5f, 3, i, 0, 1);
		kit_add(&plain, "%c%c" KIT_PHONE "%c%c%c%c", 0x6b, 3, i, 0, 1, 1, 1);
	}
	kit = kit_pack(&plain, PACK_RAW);
	kit_free(&plain);
	r = kit_scan_text(&kit, (struct scan_as){ 0 });
	assert_int_equal(r.format, FORMAT_WBXML);
	assert_int_equal(r.contacts.best, COUNT);
}

/* An old vCard with a photo has "=" at ends of lines and before capitals. */
static void
vcards_with_photos(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	for (int i = 0; i < COUNT; i++)
		kit_add(&kit, "BEGIN:VCARD\r\nVERSION:2.1\r\nPHOTO;ENCODING=BASE64;JPEG:"
		    "\r\n /9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgF=\r\n"
		    "TEL;CELL:" KIT_PHONE "\r\nEND:VCARD\r\n", i);
	r = kit_scan_text(&kit, (struct scan_as){ "text/x-vcard", NULL, NULL });
	assert_int_equal(r.contacts.best, COUNT);
}

/* Sums, links and settings are none of these codings: they stay as they are. */
static void
not_coded(void **state)
{
	static const char *const lines[] = {
		"name=\r\nport=8080\r\nid=AB%d\r\n",
		"https://example.org/?q=a%%20b%%20c%%20d&user=%d\r\n",
		"a == b; c = d; e=%d;\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct text_kit kit = { 0 };
		size_t len;
		struct body_result r;

		for (int k = 0; k < COUNT; k++) {
			/* The lines are the test's own. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			kit_add(&kit, lines[i], k);
#pragma GCC diagnostic pop
		}
		len = kit.len;
		r = kit_scan_text(&kit, (struct scan_as){ "text/plain", NULL, NULL });
		assert_false(r.bulk);
		assert_int_equal(r.decoded, len);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_book_in_every_coding),
		cmocka_unit_test(base64_of_protobuf), cmocka_unit_test(deflated_wbxml),
		cmocka_unit_test(vcards_with_photos), cmocka_unit_test(not_coded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
