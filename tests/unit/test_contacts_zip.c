/* SPDX-License-Identifier: Apache-2.0 */
/* Archives and spreadsheets as they stream by. */
#include "beings.h"
#include "zip_kit.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spreadsheets), cmocka_unit_test(spreadsheet_inline),
		cmocka_unit_test(archive), cmocka_unit_test(damaged),
		cmocka_unit_test(bomb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
