/* SPDX-License-Identifier: Apache-2.0 */
/* Archives and spreadsheets as they stream by. */
#include "beings.h"
#include "body_kit.h"

#include <zlib.h>

enum way { STORED, DEFLATED, SIZE_LATER };

static void
bytes(struct text_kit *kit, const void *data, size_t len)
{
	if (kit->size - kit->len < len + 1) {
		kit->size += len + 4096;
		kit->data = realloc(kit->data, kit->size);
		assert_non_null(kit->data);
	}
	memcpy(kit->data + kit->len, data, len);
	kit->len += len;
}

static void
little(struct text_kit *kit, size_t value, int len)
{
	for (int i = 0; i < len; i++) {
		uint8_t c = (uint8_t)(value >> (8 * i));

		bytes(kit, &c, 1);
	}
}

static struct text_kit
deflated(const struct text_kit *plain)
{
	struct text_kit out = { 0 };
	z_stream stream = { 0 };

	assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, 0), Z_OK);
	out.size = deflateBound(&stream, plain->len);
	out.data = malloc(out.size);
	stream.next_in = (Bytef *)plain->data;
	stream.avail_in = (uInt)plain->len;
	stream.next_out = (Bytef *)out.data;
	stream.avail_out = (uInt)out.size;
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	out.len = out.size - stream.avail_out;
	deflateEnd(&stream);
	return out;
}

/* Frees the plain text. */
static void
entry(struct text_kit *zip, const char *name, struct text_kit *plain, enum way way)
{
	struct text_kit data = way == STORED ? *plain : deflated(plain);
	bool later = way == SIZE_LATER;

	bytes(zip, "PK\3\4\24\0", 6);
	little(zip, later ? 8 : 0, 2);
	little(zip, way == STORED ? 0 : 8, 2);
	little(zip, 0, 8);
	little(zip, later ? 0 : data.len, 4);
	little(zip, later ? 0 : plain->len, 4);
	little(zip, strlen(name), 2);
	little(zip, 3, 2);
	bytes(zip, name, strlen(name));
	bytes(zip, "PKx", 3);
	bytes(zip, data.data, data.len);
	if (later) {
		bytes(zip, "PK\7\10", 4);
		little(zip, 0x0403504b, 4);
		little(zip, data.len, 4);
		little(zip, plain->len, 4);
	}
	if (way != STORED)
		kit_free(&data);
	kit_free(plain);
}

static void
directory(struct text_kit *zip)
{
	bytes(zip, "PK\1\2 and so on PK\5\6", 18);
}

static struct text_kit
shared_strings(int count)
{
	struct text_kit xml = { 0 };

	kit_add(&xml, "<?xml version=\"1.0\"?><sst><si><t>Name</t></si><si><t>Mobile"
	    "</t></si><si><t>E-mail</t></si>");
	for (int i = 0; i < count; i++) {
		struct being b = being(i);

		kit_add(&xml, "<si><r><t>%s </t></r><r><t xml:space=\"preserve\">%s"
		    "</t></r><rPh sb=\"0\" eb=\"1\"><t>x</t></rPh></si><si><t>0%.3s "
		    "%s</t></si><si><t>%s</t></si>", b.first, b.last, b.phone + 3,
		    b.phone + 6, b.mail);
	}
	kit_add(&xml, "</sst>");
	return xml;
}

static struct text_kit
sheet_shared(int count)
{
	struct text_kit xml = { 0 };

	kit_add(&xml, "<worksheet><sheetData>");
	for (int i = 0; i <= count; i++)
		kit_add(&xml, "<row r=\"%d\"><c r=\"A%d\" s=\"1\" t=\"s\"><v>%d</v></c>"
		    "<c r=\"B%d\" t=\"s\"><v>%d</v></c><c r=\"C%d\" t=\"s\"><v>%d</v>"
		    "</c><c r=\"D%d\"/></row>", i + 1, i + 1, 3 * i, i + 1, 3 * i + 1,
		    i + 1, 3 * i + 2, i + 1);
	kit_add(&xml, "</sheetData></worksheet>");
	return xml;
}

/* Text in the cells, telephone numbers as numbers. */
static struct text_kit
sheet_inline(int count)
{
	struct text_kit xml = { 0 };

	kit_add(&xml, "<x:worksheet><x:sheetData><x:row><x:c t=\"inlineStr\"><x:is><x:t>"
	    "Vorname</x:t></x:is></x:c><x:c t=\"str\"><x:v>Telefon</x:v></x:c></x:row>");
	for (int i = 0; i < count; i++)
		kit_add(&xml, "<x:row><x:c t=\"inlineStr\"><x:is><x:t>%s</x:t></x:is>"
		    "</x:c><x:c><x:v>%s</x:v></x:c><x:c t=\"b\"><x:v>1</x:v></x:c>"
		    "</x:row>", being(i).first, being(i).phone + 1);
	kit_add(&xml, "</x:sheetData></x:worksheet>");
	return xml;
}

static void
text_entry(struct text_kit *zip, const char *name, const char *text, enum way way)
{
	struct text_kit kit = { 0 };

	kit_add(&kit, "%s", text);
	entry(zip, name, &kit, way);
}

static struct text_kit
workbook(int count, bool strings_first, enum way way)
{
	struct text_kit zip = { 0 }, sheet = sheet_shared(count);
	struct text_kit strings = shared_strings(count);

	text_entry(&zip, "[Content_Types].xml", "<Types>+4915799999999</Types>", way);
	if (strings_first)
		entry(&zip, "xl/sharedStrings.xml", &strings, way);
	text_entry(&zip, "xl/workbook.xml", "<workbook/>", STORED);
	entry(&zip, "xl/worksheets/sheet1.xml", &sheet, way);
	text_entry(&zip, "xl/styles.xml", "<styleSheet/>", way);
	if (!strings_first)
		entry(&zip, "xl/sharedStrings.xml", &strings, way);
	directory(&zip);
	return zip;
}

static void
assert_book(const struct body_result *r, int count)
{
	if (r->contacts.best != count)
		print_error("%lld of %d: %s\n", (long long)r->contacts.best, count,
		    r->reason);
	assert_int_equal(r->contacts.best, count);
	assert_int_equal(r->identifiers.phone, count);
	assert_int_equal(r->unscanned, -1);
	assert_true(r->bulk);
}

static void
spreadsheets(void **state)
{
	(void)state;
	for (int i = 0; i < 12; i++) {
		int count = i & 1 ? 240 : 25;
		struct text_kit zip = workbook(count, i & 2, (enum way)(i / 4));
		struct body_result r = kit_scan_text(&zip,
		    (struct scan_as){ "", "", "DE" });

		assert_int_equal(r.format, FORMAT_XML);
		assert_int_equal(r.identifiers.email, count);
		assert_int_equal(r.identifiers.name, count);
		assert_book(&r, count);
	}
}

static void
spreadsheet_inline(void **state)
{
	struct text_kit zip = { 0 }, sheet = sheet_inline(120);
	struct body_result r;

	(void)state;
	entry(&zip, "xl/worksheets/sheet1.xml", &sheet, DEFLATED);
	directory(&zip);
	r = kit_scan_text(&zip, (struct scan_as){ 0 });
	assert_book(&r, 120);
	assert_int_equal(r.identifiers.name, 120);
}

/* A vCard file in an archive. */
static void
archive(void **state)
{
	struct text_kit zip = { 0 }, cards = { 0 };
	struct body_result r;

	(void)state;
	for (int i = 0; i < 40; i++)
		kit_add(&cards, "BEGIN:VCARD\nVERSION:3.0\nFN:%s\nTEL:%s\nEND:VCARD\n",
		    being(i).last, being(i).phone);
	text_entry(&zip, "readme.txt", "Hello", STORED);
	entry(&zip, "contacts.vcf", &cards, SIZE_LATER);
	directory(&zip);
	r = kit_scan_text(&zip, (struct scan_as){ 0 });
	assert_int_equal(r.format, FORMAT_VCARD);
	assert_book(&r, 40);
}

static void
damaged(void **state)
{
	struct text_kit zip = workbook(240, true, DEFLATED);
	struct body_result r;

	(void)state;
	r = kit_scan_step(zip.data, zip.len / 2, (struct scan_as){ "", "", "DE" }, 100);
	assert_int_equal(r.unscanned, UNSCANNED_CORRUPT);
	zip.data[6] = 1;
	r = kit_scan_step(zip.data, zip.len, (struct scan_as){ "", "", "DE" }, 100);
	assert_int_equal(r.unscanned, UNSCANNED_ENCRYPTED);
	assert_int_equal(r.contacts.best, 240);
	kit_free(&zip);
}

/* Zeros: 64 MiB in an entry; the cards after it are read. */
static void
bomb(void **state)
{
	struct text_kit zip = { 0 }, zeros = { calloc(1, 64 << 20), 64 << 20, 0 };
	struct text_kit cards = { 0 };
	struct body_result r;

	(void)state;
	zeros.size = zeros.len;
	for (int i = 0; i < 40; i++)
		kit_add(&cards, "BEGIN:VCARD\nFN:A\nTEL:%s\nEND:VCARD\n",
		    being(i).phone);
	entry(&zip, "zeros.bin", &zeros, DEFLATED);
	entry(&zip, "contacts.vcf", &cards, DEFLATED);
	directory(&zip);
	r = kit_scan_step(zip.data, zip.len, (struct scan_as){ 0 }, 4096);
	assert_int_equal(r.unscanned, UNSCANNED_LIMIT);
	assert_int_equal(r.contacts.best, 40);
	kit_free(&zip);
}

/* More cells than are remembered: some are counted, and that it was too much. */
static void
too_large(void **state)
{
	struct text_kit zip = { 0 }, sheet = sheet_inline(40000);
	struct body_result r;

	(void)state;
	entry(&zip, "xl/worksheets/sheet1.xml", &sheet, DEFLATED);
	directory(&zip);
	r = kit_scan_step(zip.data, zip.len, (struct scan_as){ 0 }, 0);
	assert_int_equal(r.unscanned, UNSCANNED_LIMIT);
	assert_in_range(r.contacts.best, 30000, 40000);
	assert_true(r.contacts.high == CONTACTS_UNKNOWN);
	kit_free(&zip);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spreadsheets), cmocka_unit_test(spreadsheet_inline),
		cmocka_unit_test(archive), cmocka_unit_test(damaged),
		cmocka_unit_test(bomb), cmocka_unit_test(too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
