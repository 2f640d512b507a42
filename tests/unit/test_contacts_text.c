/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists as people and programs paste them: digests one a line, addresses in one
 * line, blocks of lines; and batches of requests.
 */
#include "beings.h"
#include "body_kit.h"

static struct body_result
scan_as(struct text_kit *kit, const char *type)
{
	return kit_scan_text(kit, (struct scan_as){ type, NULL, NULL });
}

/* ---- batches of requests (multipart/mixed of application/http) ------------------- */

static void
batch_add(struct text_kit *kit, const char *request, const char *body)
{
	kit_add(kit, "--batch_1\r\nContent-Type: application/http\r\n"
	    "Content-Transfer-Encoding: binary\r\n\r\n%s\r\n", request);
	if (body[0] != '\0')
		kit_add(kit, "Content-Type: application/json\r\n\r\n%s\r\n", body);
}

static void
batch_of_contacts(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	for (int i = 0; i < 60; i++) {
		char body[300];

		snprintf(body, sizeof(body), "{\"names\":[{\"givenName\":\"%s\"}],"
		    "\"phoneNumbers\":[{\"value\":\"%s\"}],"
		    "\"emailAddresses\":[{\"value\":\"%s\"}]}", being(i).first,
		    being(i).phone, being(i).mail);
		batch_add(&kit, "POST /v1/people:createContact HTTP/1.1", body);
		/* One that carries nothing, not even the empty line behind its head. */
		if (i % 7 == 0)
			batch_add(&kit, "DELETE /v1/people/7:deleteContact HTTP/1.1", "");
	}
	kit_add(&kit, "--batch_1--\r\n");
	r = scan_as(&kit, "multipart/mixed; boundary=batch_1");
	assert_int_equal(r.contacts.best, 60);
	assert_int_equal(r.identifiers.email, 60);
	assert_true(r.bulk);
}

/* Requests about one's own things, with the same login in each. */
static void
batch_of_others(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	for (int i = 0; i < 60; i++)
		batch_add(&kit, "POST /v1/files HTTP/1.1\r\nFrom: anna@example.org",
		    "{\"title\":\"plan\",\"owner\":\"anna@example.org\"}");
	kit_add(&kit, "--batch_1--\r\n");
	r = scan_as(&kit, "multipart/mixed; boundary=batch_1");
	assert_false(r.bulk);
}

/* ---- digests, one a line ----------------------------------------------------------- */

static void
digest_lines(struct text_kit *kit, const char *algorithm, size_t keep, const char *end)
{
	char out[192];

	for (int i = 0; i < 240; i++)
		kit_add(kit, "%s%s", digest(algorithm, being(i).mail, keep, HEX, out), end);
}

static void
digests_under_a_title(void **state)
{
	static const struct { const char *title, *algorithm; size_t keep; } lists[] = {
		{ "email_sha256", "SHA256", 0 }, { "Mobile (MD5)", "MD5", 0 },
		{ "sha1_phone", "SHA1", 0 }, { "hashed_email", "SHA256", 0 },
		{ "email_sha512", "SHA512", 0 }, { "email_sha224", "SHA224", 0 },
		{ "phone_hash", "SHA256", 8 },
	};

	(void)state;
	for (size_t i = 0; i < 4 * sizeof(lists) / sizeof(lists[0]); i++) {
		struct text_kit kit = { 0 };
		struct body_result r;

		kit_add(&kit, "%s\n", lists[i / 4].title);
		digest_lines(&kit, lists[i / 4].algorithm, lists[i / 4].keep,
		    i % 4 < 2 ? "\n" : "\r\n");
		r = scan_as(&kit, i % 2 ? "text/csv" : "");
		if (r.contacts.best != 240)
			print_error("%s: %s\n", lists[i / 4].title, r.reason);
		assert_int_equal(r.contacts.best, 240);
		assert_int_equal(r.identifiers.hash, 240);
		assert_true(r.bulk);
	}
}

/* Beside a column for addresses in the clear: the digests stand in its place. */
static void
digests_for_addresses(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;
	char out[96];

	(void)state;
	kit_add(&kit, "email,fn,country\n");
	for (int i = 0; i < 60; i++)
		kit_add(&kit, "%s,x,DE\n", digest("SHA256", being(i).mail, 0, HEX, out));
	r = scan_as(&kit, "");
	assert_int_equal(r.contacts.best, 60);
	assert_true(r.bulk);
}

/* Without a title the carrier must say that they are people's. */
static void
digests_alone(void **state)
{
	struct body_facts plain = { "text/plain", "", "" };
	struct text_kit kit = { 0 };
	struct body_result r;
	struct body *body;

	(void)state;
	digest_lines(&kit, "SHA256", 0, "\n");
	r = scan_as(&kit, "text/csv");
	assert_int_equal(r.contacts.best, 240);
	assert_true(r.bulk);
	digest_lines(&kit, "SHA1", 0, "\n");
	body = body_new(&plain, BULK_THRESHOLD);
	body_known_call(body);
	body_feed(body, (const uint8_t *)kit.data, kit.len);
	body_end(body, &r);
	kit_free(&kit);
	assert_int_equal(r.contacts.best, 240);
	assert_true(r.bulk);
	digest_lines(&kit, "SHA256", 0, "\n");
	r = scan_as(&kit, "text/plain");
	assert_false(r.bulk);
	assert_int_equal(r.identifiers.hash, 240);
	assert_int_equal(r.contacts.high, 240);
}

/* Of files, of commits, among other lines: whose digests these are nobody says. */
static void
digests_of_others(void **state)
{
	static const struct { const char *algorithm, *end; } lists[] = {
		{ "SHA256", "  file.bin\n" }, { "SHA256", " *a/b c.iso\n" },
		{ "SHA1", "\n" }, { "MD5", "\n" }, { "SHA256", "\n" },
		{ "SHA256", ",file.bin,1024\n" },
	};
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		digest_lines(&kit, lists[i].algorithm, 0, lists[i].end);
		r = scan_as(&kit, "text/plain");
		assert_false(r.bulk);
	}
	digest_lines(&kit, "SHA256", 0, "\n");
	for (int i = 0; i < 500; i++)
		kit_add(&kit, "fetched object %d of many, took 7 ms\n", i);
	r = scan_as(&kit, "text/plain");
	assert_false(r.bulk);
}

/* One column of numbers as people write them at home; "shared" is no digest. */
static void
numbers_under_a_title(void **state)
{
	static const char *const titles[] = { "Telefon", "shared_phone", "Phone number:" };

	(void)state;
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
		struct text_kit kit = { 0 };
		struct body_result r;

		kit_add(&kit, "%s\r\n", titles[i]);
		for (int k = 0; k < 60; k++)
			kit_add(&kit, "0151 2345%04d\r\n", k * 7);
		r = kit_scan_text(&kit, (struct scan_as){ "", NULL, "DE" });
		assert_int_equal(r.contacts.best, 60);
		assert_true(r.bulk);
	}
}

/* ---- blocks of lines --------------------------------------------------------------- */

/* Lines of a block, in their order. */
struct block_case { const char *before, *phone, *between, *mail, *after; int64_t people; };

static const struct block_case blocks[] = {
	{ "%s\n", "Mobile: %s\n", "", "E-mail: %s\n", "\n", 60 },
	{ "%s\r\n", "Mobile: %s\r\n", "Street: Long Lane 5\r\n", "E-mail: %s\r\n",
	    "\r\n", 60 },
	/* Labels that come again say where the next one begins. */
	{ "Name: %s\n", "Phone: %s\n", "", "Mail: %s\n", "", 60 },
	/* Settings of a program for dialling. */
	{ "[contact]\nname=%s\n", "phone=%s\n", "", "email=%s\n", "\n", 60 },
	/* Orders, messages that were sent. */
	{ "Customer: %s\n", "Phone: %s\n", "Order no: 7\nTotal: 5\n", "E-mail: %s\n",
	    "\n", 0 },
	{ "Hello %s\n", "To: %s\n", "", "From: %s\n", "\n", 0 },
};

/* Puts the value where "%s" stands. */
static void
block_line(struct text_kit *kit, const char *format, const char *value)
{
	const char *at = strstr(format, "%s");

	assert_non_null(at);
	kit_add(kit, "%.*s%s%s", (int)(at - format), format, value, at + 2);
}

static void
blocks_are_people(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		const struct block_case *block = &blocks[i];
		struct text_kit kit = { 0 };
		struct body_result r;

		for (int k = 0; k < 60; k++) {
			block_line(&kit, block->before, being(k).first);
			block_line(&kit, block->phone, being(k).phone);
			kit_add(&kit, "%s", block->between);
			block_line(&kit, block->mail, being(k).mail);
			kit_add(&kit, "%s", block->after);
		}
		r = scan_as(&kit, "text/plain");
		if (r.contacts.best != block->people)
			print_error("block %zu: %s\n", i, r.reason);
		assert_int_equal(r.contacts.best, block->people);
		assert_int_equal(r.identifiers.phone, 60);
		assert_int_equal(r.bulk, block->people > 0);
	}
}

/* ---- one long line ----------------------------------------------------------------- */

static void
mailboxes_in_one_line(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	for (int i = 0; i < 240; i++)
		kit_add(&kit, "\"%s, %s\" <%s>, ", being(i).last, being(i).first,
		    being(i).mail);
	r = scan_as(&kit, "text/plain");
	assert_int_equal(r.contacts.best, 240);
	assert_int_equal(r.identifiers.name, 240);
	assert_true(r.bulk);
}

/* Prose is no list; yet no fewer people than it names can be the most. */
static void
prose_in_one_line(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	for (int i = 0; i < 240; i++)
		kit_add(&kit, "then %s wrote to %s about the matter, and ", being(i).first,
		    being(i).mail);
	r = scan_as(&kit, "text/plain");
	assert_false(r.bulk);
	assert_int_equal(r.identifiers.email, 240);
	assert_int_equal(r.contacts.high, 240);
}

/* What stands in a long line does not weigh against the list before it. */
static void
list_before_a_long_line(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	for (int i = 0; i < 60; i++)
		kit_add(&kit, "%s %s\n", being(i).first, being(i).phone);
	for (int i = 0; i < 240; i++)
		kit_add(&kit, "then somebody wrote to %s, and ", being(i).mail);
	r = scan_as(&kit, "text/plain");
	assert_int_equal(r.contacts.best, 60);
	assert_true(r.bulk);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(batch_of_contacts), cmocka_unit_test(batch_of_others),
		cmocka_unit_test(digests_under_a_title), cmocka_unit_test(digests_alone),
		cmocka_unit_test(digests_for_addresses),
		cmocka_unit_test(digests_of_others),
		cmocka_unit_test(numbers_under_a_title),
		cmocka_unit_test(blocks_are_people),
		cmocka_unit_test(mailboxes_in_one_line),
		cmocka_unit_test(prose_in_one_line),
		cmocka_unit_test(list_before_a_long_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
