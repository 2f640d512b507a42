/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of HTTP/1.1: framing and series of uploads, whole and in pieces. */
#include "http_kit.h"

static void
one_post(void **state)
{
	struct text_kit kit = { 0 };
	struct ear ear;

	(void)state;
	post_json(&kit, 30);
	ear = talk_all(&kit);
	assert_int_equal(ear.requests, 1);
	assert_string_equal(ear.host, "API.example.org");
	assert_int_equal(ear.uploads, 1);
	assert_int_equal(ear.upload[0].contacts.best, 30);
	assert_int_equal(ear.upload[0].contacts.method, METHOD_CONTENT);
	assert_int_equal(ear.upload[0].format, FORMAT_JSON);
	assert_int_equal(ear.upload[0].bytes_up, 30 * 16 + 29 + 15);
	assert_string_equal(ear.upload[0].media_type, "application/json");
	assert_string_equal(ear.upload[0].encoding, "");
}

static void
chunked(void **state)
{
	struct text_kit kit = { 0 }, body = { 0 };
	struct ear ear;

	(void)state;
	body = json_book(0, 40);
	kit_add(&kit, "\r\nPUT http://up.example.com/x HTTP/1.1\nHost: other.example\n"
	    "transfer-encoding:\tChunked\nTrailer: x\n\n");
	for (size_t at = 0; at < body.len; at += 50)
		kit_add(&kit, "%zX;ext=\"1\"\r\n%.*s\r\n",
		    body.len - at < 50 ? body.len - at : 50, 50, body.data + at);
	kit_add(&kit, "0\r\nX-Sum: 1\r\n\r\nGET / HTTP/1.1\r\nHost: a.example\r\n\r\n");
	ear = talk_all(&kit);
	assert_int_equal(ear.requests, 2);
	assert_int_equal(ear.uploads, 1);
	assert_int_equal(ear.upload[0].contacts.best, 40);
	assert_int_equal(ear.upload[0].bytes_up, body.len);
	assert_int_equal(ear.unscanned, 0);
	kit_free(&body);
}

static void
pipelined(void **state)
{
	struct text_kit kit = { 0 };
	struct ear ear;

	(void)state;
	post_json(&kit, 25);
	post_json(&kit, 22);
	kit_add(&kit, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n");
	post_json(&kit, 21);
	ear = talk_all(&kit);
	assert_int_equal(ear.requests, 4);
	assert_int_equal(ear.uploads, 3);
	assert_int_equal(ear.upload[0].contacts.best, 25);
	assert_int_equal(ear.upload[1].contacts.best, 22);
	assert_int_equal(ear.upload[2].contacts.best, 21);
}

static void
put_card(struct talk *talk, int i)
{
	char card[256], request[512];

	snprintf(card, sizeof(card), "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A %d\r\nTEL:"
	    KIT_PHONE "\r\nEND:VCARD\r\n", i, i);
	snprintf(request, sizeof(request), "PUT /dav/%d.vcf HTTP/1.1\r\nHost: dav.example"
	    "\r\nContent-Type: text/vcard\r\nContent-Length: %zu\r\n\r\n%s", i,
	    strlen(card), card);
	talk_up(talk, request);
	talk_down(talk, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
	talk->time_us += SECOND;
}

static void
series(void **state)
{
	struct talk talk;

	(void)state;
	talk_init(&talk);
	for (int i = 0; i < 24; i++) {
		put_card(&talk, i);
		talk_up(&talk, "HEAD /dav/ HTTP/1.1\r\nHost: dav.example\r\n\r\n");
	}
	assert_int_equal(talk.ear.uploads, 0);
	talk_end(&talk);
	assert_int_equal(talk.ear.uploads, 1);
	assert_int_equal(talk.ear.upload[0].contacts.best, 24);
	assert_int_equal(talk.ear.upload[0].identifiers.vcard, 24);
	assert_int_equal(talk.ear.upload[0].format, FORMAT_VCARD);
	assert_int_equal(talk.ear.upload[0].begin_us, 1000 * SECOND);
	assert_int_equal(talk.ear.upload[0].end_us, 1023 * SECOND);
	assert_int_equal(talk.ear.upload[0].bytes_down, 24 * 43);
}

/* The same card stored again is the same contact. */
static void
series_distinct(void **state)
{
	struct talk talk;

	(void)state;
	talk_init(&talk);
	for (int i = 0; i < 30; i++)
		put_card(&talk, i % 10);
	talk_end(&talk);
	assert_int_equal(talk.ear.uploads, 1);
	assert_int_equal(talk.ear.upload[0].contacts.best, 10);
}

static void
series_pause(void **state)
{
	struct talk talk;

	(void)state;
	talk_init(&talk);
	for (int i = 0; i < 5; i++)
		put_card(&talk, i);
	talk.time_us += 61 * SECOND;
	for (int i = 0; i < 7; i++)
		put_card(&talk, i);
	assert_int_equal(talk.ear.uploads, 1);
	talk_end(&talk);
	assert_int_equal(talk.ear.uploads, 2);
	assert_int_equal(talk.ear.upload[0].contacts.best, 5);
	assert_int_equal(talk.ear.upload[1].contacts.best, 7);
}

static void
series_other_kind(void **state)
{
	struct text_kit kit = { 0 };
	struct talk talk;

	(void)state;
	talk_init(&talk);
	put_card(&talk, 1);
	put_card(&talk, 2);
	post_json(&kit, 3);
	talk_say(&talk, DIR_UP, kit.data, kit.len, 0);
	put_card(&talk, 3);
	talk_end(&talk);
	kit_free(&kit);
	assert_int_equal(talk.ear.uploads, 3);
	assert_int_equal(talk.ear.upload[0].contacts.best, 2);
	assert_int_equal(talk.ear.upload[1].contacts.best, 3);
	assert_int_equal(talk.ear.upload[2].contacts.best, 1);
}

static void
no_contacts_no_upload(void **state)
{
	struct text_kit kit = { 0 };
	struct ear ear;

	(void)state;
	kit_add(&kit, "POST /login HTTP/1.1\r\nHost: a.example\r\nContent-Length: 39"
	    "\r\n\r\n{\"email\":\"a@example.org\",\"password\":\"\"}");
	ear = talk_all(&kit);
	assert_int_equal(ear.requests, 1);
	assert_int_equal(ear.uploads, 0);
	assert_int_equal(ear.unscanned, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_post),
		cmocka_unit_test(chunked),
		cmocka_unit_test(pipelined),
		cmocka_unit_test(series),
		cmocka_unit_test(series_distinct),
		cmocka_unit_test(series_pause),
		cmocka_unit_test(series_other_kind),
		cmocka_unit_test(no_contacts_no_upload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
