/* SPDX-License-Identifier: Apache-2.0 */
/* Address books in every format, whole and in pieces. */
#include "body_kit.h"

static void
vcards(struct text_kit *kit, int from, int count)
{
	for (int i = from; i < from + count; i++)
		kit_add(kit, "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Muster%d;Anna;;;\r\n"
		    "FN:Anna Muster%d\r\nitem1.TEL;type=CELL;type=pref:" KIT_PHONE
		    "\r\nTEL;type=HOME:+49 30 %07d\r\n"
		    "EMAIL;type=INTERNET:anna%d@exam\r\n ple.org\r\nEND:VCARD\r\n",
		    i, i, i, 1000000 + i, i);
}

static void
vcard_book(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	vcards(&kit, 0, 24);
	r = kit_scan_text(&kit, (struct scan_as){ "text/vcard", NULL, NULL });
	assert_int_equal(r.format, FORMAT_VCARD);
	assert_int_equal(r.contacts.best, 24);
	assert_int_equal(r.contacts.low, 24);
	assert_int_equal(r.contacts.high, 24);
	assert_int_equal(r.identifiers.phone, 48);
	assert_int_equal(r.identifiers.email, 24);
	assert_int_equal(r.identifiers.name, 24);
	assert_int_equal(r.identifiers.vcard, 24);
	assert_true(r.bulk);
	assert_int_equal(r.contacts.confidence, CONFIDENCE_HIGH);
}

static void
vcard_twice_is_once(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	vcards(&kit, 0, 12);
	vcards(&kit, 0, 12);
	r = kit_scan_text(&kit, (struct scan_as){ NULL, NULL, NULL });
	assert_int_equal(r.contacts.best, 12);
	assert_int_equal(r.identifiers.vcard, 24);
	assert_false(r.bulk);
}

/* Quoted-printable names and numbers, soft line breaks, a base64 photograph. */
static void
vcard_old(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	for (int i = 0; i < 20; i++)
		kit_add(&kit, "BEGIN:VCARD\nVERSION:2.1\n"
		    "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller=\n"
		    "=20%d;Jos=C3=A9;;;\nTEL;CELL;ENCODING=QUOTED-PRINTABLE:"
		    "=2B4915=\n%09d\nPHOTO;ENCODING=BASE64;JPEG:/9j/4AAQ\n"
		    " +4915123456789\n AAAA\n\nEND:VCARD\n", i, i);
	r = kit_scan_text(&kit, (struct scan_as){ "text/x-vcard", NULL, NULL });
	assert_int_equal(r.contacts.best, 20);
	assert_int_equal(r.identifiers.phone, 20);
	assert_int_equal(r.identifiers.name, 20);
}

static void
vcard_group_is_nobody(void **state)
{
	static const char text[] = "BEGIN:VCARD\r\nVERSION:4.0\r\nKIND:group\r\n"
	    "FN:Friends\r\nEMAIL:list@example.org\r\nEND:VCARD\r\n"
	    "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Only a name\r\nEND:VCARD\r\n";
	struct body_result r;

	(void)state;
	r = kit_scan(text, sizeof(text) - 1, (struct scan_as){ 0 });
	assert_int_equal(r.contacts.best, 0);
	assert_int_equal(r.contacts.high, 2);
	assert_int_equal(r.identifiers.vcard, 2);
}

static void
json_records(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	kit_add(&kit, "{\"phone_number\":\"" KIT_PHONE "\",\"contacts\":[", 999);
	for (int i = 0; i < 30; i++)
		kit_add(&kit, "%s{\"record_id\":\"%d\",\"name\":\"Anna %d\","
		    "\"phones\":[{\"label\":\"home\",\"raw\":\"" KIT_PHONE "\"},"
		    "{\"label\":\"work\",\"raw\":\"\\u002b49 (0)30 %07d\"}],"
		    "\"emails\":[{\"label\":\"\",\"raw\":\"a%d@example.org\"}]}",
		    i ? "," : "", 1000000000 + i, i, i, 2000000 + i, i);
	kit_add(&kit, "]}");
	r = kit_scan_text(&kit, (struct scan_as){ "application/json", NULL, NULL });
	assert_int_equal(r.format, FORMAT_JSON);
	assert_int_equal(r.contacts.best, 30);
	assert_int_equal(r.identifiers.phone, 61);
	assert_int_equal(r.identifiers.email, 30);
	assert_int_equal(r.identifiers.name, 30);
	assert_true(r.bulk);
}

static void
json_strings(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	kit_add(&kit, "{\"token\":\"eyJhbGciOi\",\"contacts\": [");
	for (int i = 0; i < 50; i++)
		kit_add(&kit, "%s\"" KIT_PHONE "\"", i ? ", " : "", i);
	kit_add(&kit, "]}");
	r = kit_scan_text(&kit, (struct scan_as){ 0 });
	assert_int_equal(r.contacts.best, 50);
	assert_int_equal(r.identifiers.phone, 50);
	assert_true(r.bulk);
}

static void
json_flat_under_phones(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	kit_add(&kit, "{\"phone_numbers\": [");
	for (int i = 0; i < 25; i++)
		kit_add(&kit, "%s\"" KIT_PHONE "\"", i ? ", " : "", i);
	kit_add(&kit, "]}");
	r = kit_scan_text(&kit, (struct scan_as){ 0 });
	assert_int_equal(r.contacts.best, 25);
}

/* An object from number to name, as one messenger sends it. */
static void
json_map(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	kit_add(&kit, "{");
	for (int i = 0; i < 22; i++)
		kit_add(&kit, "%s\"" KIT_PHONE "\":\"Anna %d\"", i ? "," : "", i, i);
	kit_add(&kit, "}");
	r = kit_scan_text(&kit, (struct scan_as){ 0 });
	assert_int_equal(r.contacts.best, 22);
	assert_int_equal(r.identifiers.name, 22);
}

static void
json_people(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	kit_add(&kit, "{\"contacts\":[");
	for (int i = 0; i < 21; i++)
		kit_add(&kit, "%s{\"contactPerson\":{\"names\":[{\"givenName\":"
		    "\"Anna%d\"}],\"phoneNumbers\":[{\"value\":\"" KIT_PHONE
		    "\"}],\"emailAddresses\":[{\"value\":\"a%d@example.com\"}]}}",
		    i ? "," : "", i, i, i);
	kit_add(&kit, "],\"readMask\":\"names\"}");
	r = kit_scan_text(&kit, (struct scan_as){ 0 });
	assert_int_equal(r.contacts.best, 21);
	assert_int_equal(r.identifiers.name, 21);
}

static void
json_of_vcards(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	kit_add(&kit, "{\"vcards\":[");
	for (int i = 0; i < 20; i++)
		kit_add(&kit, "%s\"BEGIN:VCARD\\r\\nVERSION:3.0\\nFN:A%d\\n"
		    "TEL:" KIT_PHONE "\\nEND:VCARD\\n\"", i ? "," : "", i, i);
	kit_add(&kit, "]}");
	r = kit_scan_text(&kit, (struct scan_as){ 0 });
	assert_int_equal(r.contacts.best, 20);
	assert_int_equal(r.identifiers.vcard, 20);
	assert_int_equal(r.format, FORMAT_JSON);
}

static void
jcard(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	kit_add(&kit, "[");
	for (int i = 0; i < 20; i++)
		kit_add(&kit, "%s[\"vcard\",[[\"version\",{},\"text\",\"4.0\"],"
		    "[\"fn\",{},\"text\",\"Anna %d\"],[\"tel\",{\"type\":[\"cell\","
		    "\"voice\"]},\"uri\",\"tel:" KIT_PHONE "\"],[\"email\",{},"
		    "\"text\",\"a%d@example.com\"]]]", i ? "," : "", i, i, i);
	kit_add(&kit, "]");
	r = kit_scan_text(&kit, (struct scan_as){ "application/vcard+json", NULL, NULL });
	assert_int_equal(r.format, FORMAT_JSCARD);
	assert_int_equal(r.contacts.best, 20);
	assert_int_equal(r.identifiers.vcard, 20);
	assert_int_equal(r.identifiers.phone, 20);
	assert_int_equal(r.identifiers.email, 20);
	assert_int_equal(r.identifiers.name, 20);
}

static void
jscontact(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	kit_add(&kit, "[");
	for (int i = 0; i < 20; i++)
		kit_add(&kit, "%s{\"@type\":\"Card\",\"version\":\"1.0\",\"name\":"
		    "{\"components\":[{\"kind\":\"given\",\"value\":\"Anna\"}]},"
		    "\"phones\":{\"p1\":{\"number\":\"tel:" KIT_PHONE "\"}},"
		    "\"emails\":{\"e1\":{\"address\":\"a%d@example.com\"}}}",
		    i ? "," : "", i, i);
	kit_add(&kit, "]");
	r = kit_scan_text(&kit, (struct scan_as){ 0 });
	assert_int_equal(r.format, FORMAT_JSCARD);
	assert_int_equal(r.contacts.best, 20);
	assert_int_equal(r.identifiers.phone, 20);
	assert_int_equal(r.identifiers.email, 20);
}

static void
form_with_json(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	kit_add(&kit, "phone_id=ab12&contacts=%%5B");
	for (int i = 0; i < 23; i++)
		kit_add(&kit, "%s%%7B%%22phone_numbers%%22%%3A%%5B%%22%%2B4915%09d"
		    "%%22%%5D%%2C%%22first_name%%22%%3A%%22Anna+%d%%22%%7D",
		    i ? "%2C" : "", i, i);
	kit_add(&kit, "%%5D&module=find");
	r = kit_scan_text(&kit, (struct scan_as){
	    "application/x-www-form-urlencoded", NULL, NULL });
	assert_int_equal(r.format, FORMAT_FORM);
	assert_int_equal(r.contacts.best, 23);
	assert_int_equal(r.identifiers.name, 23);
}

static void
form_encoded_twice(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	kit_add(&kit, "contacts=%%255B");
	for (int i = 0; i < 20; i++)
		kit_add(&kit, "%s%%2522%%252B4915%09d%%2522", i ? "%252C" : "", i);
	kit_add(&kit, "%%255D");
	r = kit_scan_text(&kit, (struct scan_as){
	    "application/x-www-form-urlencoded", NULL, NULL });
	assert_int_equal(r.contacts.best, 20);
}

static void
csv_google(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	kit_add(&kit, "First Name,Last Name,E-mail 1 - Label,E-mail 1 - Value,"
	    "Phone 1 - Label,Phone 1 - Value\r\n");
	for (int i = 0; i < 20; i++)
		kit_add(&kit, "Anna,\"Muster, \"\"A\"\" %d\",* Home,a%d@example.org,"
		    "Mobile," KIT_PHONE " ::: +4930%07d\r\n", i, i, i, i + 5000000);
	r = kit_scan_text(&kit, (struct scan_as){ "text/csv", NULL, NULL });
	assert_int_equal(r.format, FORMAT_CSV);
	assert_int_equal(r.contacts.best, 20);
	assert_int_equal(r.identifiers.phone, 40);
	assert_int_equal(r.identifiers.email, 20);
	assert_int_equal(r.identifiers.name, 20);
	assert_true(r.bulk);
}

static void
csv_german(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	kit_add(&kit, "\xef\xbb\xbfVorname;Nachname;E-Mail-Adresse;Mobiltelefon\n");
	for (int i = 0; i < 20; i++)
		kit_add(&kit, "Anna;M%d;;015%d %07d\n", i, i % 10, 3000000 + i);
	r = kit_scan_text(&kit, (struct scan_as){ NULL, NULL, "DE" });
	assert_int_equal(r.contacts.best, 20);
	assert_int_equal(r.identifiers.phone, 20);
}

static void
csv_without_titles(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	for (int i = 0; i < 20; i++)
		kit_add(&kit, "Anna %d\t" KIT_PHONE "\n", i, i);
	r = kit_scan_text(&kit, (struct scan_as){ 0 });
	assert_int_equal(r.format, FORMAT_CSV);
	assert_int_equal(r.contacts.best, 20);
}

static void
ldif(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	for (int i = 0; i < 20; i++)
		kit_add(&kit, "dn: cn=Anna %d,mail=a%d@example.org\nobjectclass: person"
		    "\ncn:: QW5uYQ==\nmail: a%d@exam\n ple.org\n"
		    "telephoneNumber:: KzQ5MTUxMjM0NTY3ODk=\nmobile: " KIT_PHONE
		    "\n\n", i, i, i, i);
	r = kit_scan_text(&kit, (struct scan_as){ 0 });
	assert_int_equal(r.format, FORMAT_LDIF);
	assert_int_equal(r.contacts.best, 20);
	assert_int_equal(r.identifiers.email, 20);
	assert_int_equal(r.identifiers.phone, 21);
	assert_int_equal(r.identifiers.name, 20);
}

static void
xml_soap(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	kit_add(&kit, "<?xml version=\"1.0\"?><s:Envelope><s:Body><m:Items>");
	for (int i = 0; i < 20; i++)
		kit_add(&kit, "<t:Contact><t:GivenName>A%d</t:GivenName>"
		    "<t:PhoneNumbers><t:Entry Key=\"MobilePhone\">&#x2B;4915%09d"
		    "</t:Entry></t:PhoneNumbers><t:EmailAddresses><t:Entry Key="
		    "\"EmailAddress1\">a%d@example.com</t:Entry></t:EmailAddresses>"
		    "</t:Contact>", i, i, i);
	kit_add(&kit, "</m:Items></s:Body></s:Envelope>");
	r = kit_scan_text(&kit, (struct scan_as){ "text/xml", NULL, NULL });
	assert_int_equal(r.format, FORMAT_XML);
	assert_int_equal(r.contacts.best, 20);
	assert_int_equal(r.identifiers.phone, 20);
	assert_int_equal(r.identifiers.email, 20);
}

static void
xml_with_vcards(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	kit_add(&kit, "<D:multiput xmlns:D=\"DAV:\"><!-- two > one -->");
	for (int i = 0; i < 20; i++)
		kit_add(&kit, "<C:address-data><![CDATA[BEGIN:VCARD\nFN:A]]%d\nTEL:"
		    KIT_PHONE "\nEND:VCARD\n]]></C:address-data>", i, i);
	kit_add(&kit, "</D:multiput>");
	r = kit_scan_text(&kit, (struct scan_as){ "application/xml", NULL, NULL });
	assert_int_equal(r.contacts.best, 20);
	assert_int_equal(r.identifiers.vcard, 20);
}

static void
multipart(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	kit_add(&kit, "--xYz\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\n"
	    "hello\r\n--xY not yet\r\n--xYz\r\n"
	    "Content-Disposition: form-data; name=\"file\"; filename=\"a.vcf\"\r\n"
	    "Content-Type: text/vcard; charset=utf-8\r\n\r\n");
	vcards(&kit, 0, 20);
	kit_add(&kit, "\r\n--xYz--\r\nepilogue\r\n");
	r = kit_scan_text(&kit, (struct scan_as){
	    "multipart/form-data; boundary=xYz", NULL, NULL });
	assert_int_equal(r.format, FORMAT_MULTIPART);
	assert_int_equal(r.contacts.best, 20);
	assert_int_equal(r.identifiers.vcard, 20);
}

/* "+4915123456789\n" twenty times over, in base64, as a part of text. */
static void
multipart_base64(void **state)
{
	static const char part[] = "--b\r\nContent-Type: text/csv\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n"
	    "cGhvbmUsbmFtZQorNDkxNTEyMzQ1Njc4OSxBbm5hCis0OTE1MTIzNDU2NzkwLEJlcnQK"
	    "\r\n--b--\r\n";
	struct body_result r;

	(void)state;
	r = kit_scan(part, sizeof(part) - 1,
	    (struct scan_as){ "multipart/mixed", NULL, NULL });
	assert_int_equal(r.contacts.best, 2);
	assert_int_equal(r.identifiers.phone, 2);
	assert_int_equal(r.identifiers.name, 2);
}

/* ActiveSync: AirSync Sync, ApplicationData, then the Contacts page. */
static void
wbxml(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	kit_add(&kit, "%c%c%c%c%c", 3, 1, 0x6a, 0, 0x45);
	for (int i = 0; i < 21; i++) {
		kit_add(&kit, "%c%c%c%c", 0, 0, 0x47, 0x5d);
		kit_add(&kit, "%c%c%c%cAnna%d%c%c", 0, 1, 0x5f, 3, i, 0, 1);
		kit_add(&kit, "%c%ca%d@example.org%c%c", 0x5b, 3, i, 0, 1);
		kit_add(&kit, "%c%c" KIT_PHONE "%c%c", 0x6b, 3, i, 0, 1);
		/* A picture: opaque bytes that look like tokens. */
		kit_add(&kit, "%c%c%c%c%c%c%c", 0x7c, 0xc3, 3, 1, 3, 1, 1);
		kit_add(&kit, "%c%c", 1, 1);
	}
	r = kit_scan_text(&kit, (struct scan_as){
	    "application/vnd.ms-sync.wbxml", NULL, NULL });
	assert_int_equal(r.format, FORMAT_WBXML);
	assert_int_equal(r.contacts.best, 21);
	assert_int_equal(r.identifiers.name, 21);
	assert_int_equal(r.identifiers.email, 21);
}

static void
text_lines(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	for (int i = 0; i < 20; i++)
		kit_add(&kit, "Anna Muster +49 15%d %08d\n", i % 10, i + 10000000);
	r = kit_scan_text(&kit, (struct scan_as){ "text/plain", NULL, NULL });
	assert_int_equal(r.format, FORMAT_TEXT);
	assert_int_equal(r.contacts.best, 20);
	assert_true(r.bulk);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vcard_book), cmocka_unit_test(vcard_twice_is_once),
		cmocka_unit_test(vcard_old), cmocka_unit_test(vcard_group_is_nobody),
		cmocka_unit_test(json_records), cmocka_unit_test(json_strings),
		cmocka_unit_test(json_flat_under_phones), cmocka_unit_test(json_map),
		cmocka_unit_test(json_people), cmocka_unit_test(json_of_vcards),
		cmocka_unit_test(jcard), cmocka_unit_test(jscontact),
		cmocka_unit_test(form_with_json), cmocka_unit_test(form_encoded_twice),
		cmocka_unit_test(csv_google), cmocka_unit_test(csv_german),
		cmocka_unit_test(csv_without_titles), cmocka_unit_test(ldif),
		cmocka_unit_test(xml_soap), cmocka_unit_test(xml_with_vcards),
		cmocka_unit_test(multipart), cmocka_unit_test(multipart_base64),
		cmocka_unit_test(wbxml), cmocka_unit_test(text_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
