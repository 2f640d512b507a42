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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(batch_of_contacts), cmocka_unit_test(batch_of_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
