/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What looks like an address book and is none: many digits or addresses in
 * timestamps, money, coordinates, ids, logs, bills and mail headers.
 */
#include "body_kit.h"

#define ROWS 60

static void
assert_no_book(struct text_kit *kit, const char *type)
{
	struct body_result r = kit_scan_text(kit, (struct scan_as){ type, NULL, "DE" });

	assert_false(r.bulk);
	assert_int_equal(r.contacts.best, 0);
	assert_int_equal(r.contacts.low, 0);
}

/* Here and there one looks like a number; that makes no book. */
static void
assert_few(struct text_kit *kit, int most)
{
	struct body_result r = kit_scan_text(kit, (struct scan_as){
	    "application/json", NULL, "DE" });

	assert_false(r.bulk);
	assert_in_range(r.contacts.best, 0, most);
}

static void
timestamps(void **state)
{
	struct text_kit kit = { 0 };

	(void)state;
	kit_add(&kit, "{\"events\":[");
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, "%s{\"id\":\"49%010d\",\"at\":%lld,\"at_us\":\"%lld\"}",
		    i ? "," : "", i, 1700000000000LL + i, 1700000000000000LL + i);
	kit_add(&kit, "]}");
	assert_no_book(&kit, "application/json");
}

static void
money(void **state)
{
	struct text_kit kit = { 0 };

	(void)state;
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, "%d;+%d.%02d;+1.234.%03d,00;EUR\n", i, 4915100 + i, i,
		    500 + i);
	assert_no_book(&kit, "text/csv");
}

/* Times, ids and sums in lists and records that are called as a book's are. */
static void
integers(void **state)
{
	static const char *const lists[] = { "numbers", "contacts" };
	struct text_kit kit = { 0 };

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		uint64_t draw = 7;

		kit_add(&kit, "{\"%s\":[", lists[i % 2]);
		for (int n = 0; n < 4 * ROWS; n++) {
			draw = draw * UINT64_C(6364136223846793005) + 1442695040888963407u;
			kit_add(&kit, "%s%llu", n ? "," : "", i < 2 ?
			    1760000000000ull + (unsigned)n : i < 4 ?
			    1760000000ull + (unsigned)n :
			    (unsigned long long)(draw >> 20) % 900000000000u +
			    (i < 6 ? 100000000000u : 1000000000u));
		}
		kit_add(&kit, "]}");
		assert_few(&kit, 20);
	}
	kit_add(&kit, "{\"contacts\":[");
	for (int n = 0; n < ROWS; n++)
		kit_add(&kit, "%s{\"name\":\"Anna\",\"id\":4915%09d,\"at\":%lld,\"p\":%d,"
		    "\"number\":%d}", n ? "," : "", n, 1760000000000ll + n, n, 10000 + n);
	kit_add(&kit, "]}");
	assert_no_book(&kit, "application/json");
	kit_add(&kit, "{\"orders\":[");
	for (int n = 0; n < ROWS; n++)
		kit_add(&kit, "%s{\"name\":\"Anna\",\"number\":4915%09d,\"p\":4915%09d}",
		    n ? "," : "", n, n);
	kit_add(&kit, "]}");
	assert_no_book(&kit, "application/json");
}

/* Mail that a server sent on: the receivers stand in a cell of a "table". */
static void
mail_log(void **state)
{
	struct text_kit kit = { 0 };

	(void)state;
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, "Mar 12 10:00:%02d mx postfix/smtp[%d]: A%05X: "
		    "to=<g%d@example.org>, relay=mx.example.org[192.0.2.1]:25, "
		    "dsn=2.0.0, status=sent (250 ok)\n", i, 900 + i, i, i);
	assert_no_book(&kit, NULL);
	assert_no_book(&kit, "text/plain");
}

/* Who asked and who works on it; where one can eat. */
static void
tickets_and_places(void **state)
{
	struct text_kit kit = { 0 };

	(void)state;
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, "{\"id\":%d,\"subject\":\"Printer\",\"requester\":{\"name\":"
		    "\"Anna\",\"email\":\"a%d@example.org\"},\"priority\":\"high\"}\n", i, i);
	assert_no_book(&kit, NULL);
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, "{\"key\":\"AB-%d\",\"fields\":{\"assignee\":{\"displayName\":"
		    "\"Anna\",\"emailAddress\":\"a%d@example.org\"}}}\n", i, i);
	assert_no_book(&kit, NULL);
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, "{\"name\":\"Shop %d\",\"phone\":\"" KIT_PHONE "\",\"lat\":52.1,"
		    "\"opening_hours\":\"9-17\"}\n", i, i);
	assert_no_book(&kit, NULL);
}

/* What numbers look like in each country. */
static void
numbering_plan(void **state)
{
	static const char *const keys[] = { "example", "exampleNumber" };
	struct text_kit kit = { 0 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		kit_add(&kit, "{");
		for (int n = 0; n < 5 * ROWS; n++)
			kit_add(&kit, "%s\"X%d\":{\"id\":\"X%d\",\"countryCode\":\"49\",\"%s\":\""
			    KIT_PHONE "\"}", n ? "," : "", n, n, keys[i], n);
		kit_add(&kit, "}");
		assert_no_book(&kit, "application/json");
	}
}

/* ISO 6709 and decimal degrees. */
static void
coordinates(void **state)
{
	struct text_kit kit = { 0 };

	(void)state;
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, "stop%d,+48.%06d,+11.%06d,+48%02d-01135%02d/\n", i,
		    123456 + i, 654321 + i, i, i);
	assert_no_book(&kit, NULL);
}

static void
device_ids(void **state)
{
	struct text_kit kit = { 0 };

	(void)state;
	kit_add(&kit, "[");
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, "%s{\"imei\":\"35209900%07d\",\"iban\":"
		    "\"DE8937040044053201%04d\",\"sha\":\"%040x\"}", i ? "," : "",
		    i, i, i * 7919);
	kit_add(&kit, "]");
	assert_no_book(&kit, NULL);
}

static void
commit_hashes(void **state)
{
	struct text_kit kit = { 0 };

	(void)state;
	kit_add(&kit, "{\"commits\":[");
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, "%s\"%08x%032x\"", i ? "," : "", i * 31, i * 7919);
	kit_add(&kit, "]}");
	assert_no_book(&kit, NULL);
}

static void
log_lines(void **state)
{
	struct text_kit kit = { 0 };

	(void)state;
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, "2026-11-21T10:00:%02d postfix/smtp[%d]: %08X: to=<u%d@"
		    "example.org>, relay=mx.example.org[192.0.2.1]:25, delay=0.%d\n",
		    i % 60, 1000 + i, i * 65537, i, i);
	assert_no_book(&kit, "text/plain");
}

static void
script_source(void **state)
{
	struct text_kit kit = { 0 };

	(void)state;
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, "  if (number == \"" KIT_PHONE "\") { call(\"a%d@example"
		    ".com\", %d); }\n", i, i, i);
	assert_no_book(&kit, "text/javascript");
}

/* Both parties are named by their titles. */
static void
call_records(void **state)
{
	struct text_kit kit = { 0 };

	(void)state;
	kit_add(&kit, "caller;callee;start;duration\n");
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, KIT_PHONE ";" KIT_PHONE ";2026-11-21 10:00;%d\n", 1,
		    i + 2, i);
	assert_no_book(&kit, "text/csv");
}

/* Without titles one party comes again and again. */
static void
call_records_bare(void **state)
{
	struct text_kit kit = { 0 };

	(void)state;
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, KIT_PHONE "," KIT_PHONE ",voice,%d\n", 1, i + 2, i);
	assert_no_book(&kit, "text/csv");
}

static void
call_log_dated(void **state)
{
	struct text_kit kit = { 0 };

	(void)state;
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, "2026-11-21 10:00:%02d," KIT_PHONE ",out,%d\n", i, i, i);
	assert_no_book(&kit, NULL);
}

static void
orders(void **state)
{
	struct text_kit kit = { 0 };

	(void)state;
	kit_add(&kit, "Order ID,Name,Email,Phone,Total\n");
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, "%d,Anna %d,a%d@example.com," KIT_PHONE ",%d.00\n",
		    i, i, i, i, i);
	assert_no_book(&kit, "text/csv");
}

static void
sms_gateway(void **state)
{
	struct text_kit kit = { 0 };

	(void)state;
	kit_add(&kit, "{\"messages\":[");
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, "%s{\"to\":\"" KIT_PHONE "\",\"from\":\"+491511111111\","
		    "\"text\":\"Your code is %06d\"}", i ? "," : "", i, i);
	kit_add(&kit, "]}");
	assert_no_book(&kit, "application/json");
}

static void
mail_headers(void **state)
{
	struct text_kit kit = { 0 };

	(void)state;
	kit_add(&kit, "From: Anna <anna@example.com>\r\nSubject: Party\r\nTo:\r\n");
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, " Guest %d <g%d@example.org>,\r\n", i, i);
	kit_add(&kit, "Date: Sat, 21 Nov 2026 10:00:00 +0100\r\n\r\nSee you!\r\n");
	assert_no_book(&kit, NULL);
}

static void
mail_as_json(void **state)
{
	struct text_kit kit = { 0 };

	(void)state;
	kit_add(&kit, "{\"subject\":\"x\",\"to\":[");
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, "%s{\"email\":\"g%d@example.org\"}", i ? "," : "", i);
	kit_add(&kit, "],\"cc\":[\"");
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, "%sh%d@example.org", i ? "\",\"" : "", i);
	kit_add(&kit, "\"]}");
	assert_no_book(&kit, NULL);
}

static void
login_form(void **state)
{
	struct text_kit kit = { 0 };

	(void)state;
	kit_add(&kit, "email=anna%%40example.org&password=secret&csrf=%032x", 99);
	assert_no_book(&kit, "application/x-www-form-urlencoded");
}

static void
login_json(void **state)
{
	struct text_kit kit = { 0 };

	(void)state;
	kit_add(&kit, "{\"username\":\"anna@example.org\",\"password\":\"x\","
	    "\"device\":{\"phone\":\"" KIT_PHONE "\"}}", 1);
	assert_no_book(&kit, NULL);
}

static void
random_bytes_body(void **state)
{
	uint8_t data[4096];
	uint32_t seed = 1;
	struct body_result r;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++) {
		seed = seed * 1664525u + 1013904223u;
		data[i] = (uint8_t)(seed >> 24);
	}
	r = kit_scan(data, sizeof(data), (struct scan_as){ 0 });
	assert_int_equal(r.contacts.best, 0);
	assert_false(r.bulk);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timestamps), cmocka_unit_test(integers), cmocka_unit_test(money), cmocka_unit_test(mail_log),
		cmocka_unit_test(tickets_and_places),
		cmocka_unit_test(numbering_plan), cmocka_unit_test(coordinates), cmocka_unit_test(device_ids),
		cmocka_unit_test(commit_hashes), cmocka_unit_test(log_lines),
		cmocka_unit_test(script_source), cmocka_unit_test(call_records),
		cmocka_unit_test(call_records_bare), cmocka_unit_test(call_log_dated),
		cmocka_unit_test(orders), cmocka_unit_test(sms_gateway),
		cmocka_unit_test(mail_headers), cmocka_unit_test(mail_as_json),
		cmocka_unit_test(login_form), cmocka_unit_test(login_json),
		cmocka_unit_test(random_bytes_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
