/* SPDX-License-Identifier: Apache-2.0 */
/* One carrier inside another: upgrades, gRPC; and what is no carrier: mail. */

#include "http2_kit.h"
#include "pack_kit.h"

#define ASK_H2C "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade, " \
	"HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"

static void
upgrade_to_http2(void **state)
{
	static const char agree[] = "HTTP/1.1 101 Switching Protocols\r\n"
	    "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n";
	struct text_kit down = { 0 };
	struct h2 h2;

	(void)state;
	h2_init(&h2);
	h2_post_book(&h2, 3, 0, 30, 500);
	kit_add(&down, "%s", agree);
	h2_frame(&down, H2_SETTINGS, 0, 0, "", 0);
	h2_frame(&down, H2_HEADERS, H2_END | H2_END_HEADERS, 1, "\x88", 1);
	for (size_t step = 1; step <= down.len; step += 5) {
		struct talk talk;

		talk_init(&talk);
		talk_up(&talk, ASK_H2C);
		for (size_t at = 0; at < down.len; at += step)
			talk_say(&talk, DIR_DOWN, down.data + at,
			    down.len - at < step ? down.len - at : step, 0);
		for (size_t at = 0; at < h2.up.len; at += step)
			talk_say(&talk, DIR_UP, h2.up.data + at,
			    h2.up.len - at < step ? h2.up.len - at : step, 0);
		talk_say(&talk, DIR_DOWN, "\0\0\3\0\1\0\0\0\3yes", 12, 0);
		talk_end(&talk);
		assert_int_equal(talk.ear.requests, 2);
		assert_int_equal(talk.ear.uploads, 1);
		assert_int_equal(talk.ear.upload[0].contacts.best, 30);
		assert_int_equal(talk.ear.upload[0].bytes_down, 3);
		assert_int_equal(talk.ear.unscanned, 0);
	}
	kit_free(&down);
	h2_fini(&h2);
}

/* A server that knows no h2c answers as if it had not been asked. */
static void
upgrade_declined(void **state)
{
	struct text_kit kit = { 0 };
	struct talk talk;

	(void)state;
	post_json(&kit, 30);
	talk_init(&talk);
	talk_up(&talk, ASK_H2C);
	talk_down(&talk, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	talk_say(&talk, DIR_UP, kit.data, kit.len, 0);
	talk_end(&talk);
	assert_int_equal(talk.ear.requests, 2);
	assert_int_equal(talk.ear.uploads, 1);
	kit_free(&kit);
}

static void
expect_continue(void **state)
{
	struct text_kit body = { 0 }, kit = { 0 };
	struct talk talk;

	(void)state;
	body = json_book(0, 30);
	kit_add(&kit, "POST /import HTTP/1.1\r\nHost: a.example\r\n"
	    "Expect: 100-continue\r\nContent-Length: %zu\r\n\r\n", body.len);
	talk_init(&talk);
	talk_say(&talk, DIR_UP, kit.data, kit.len, 0);
	talk_down(&talk, "HTTP/1.1 100 Continue\r\n\r\n");
	talk_say(&talk, DIR_UP, body.data, body.len, 0);
	talk_down(&talk, "HTTP/1.1 200 OK\r\n\r\n");
	talk_end(&talk);
	assert_int_equal(talk.ear.uploads, 1);
	assert_int_equal(talk.ear.upload[0].contacts.best, 30);
	assert_int_equal(talk.ear.upload[0].bytes_down, 19);
	assert_string_equal(talk.ear.line[0], "POST /import");
	kit_free(&body);
	kit_free(&kit);
}

/* A chunk, and a trailer, that never end. */
static void
endless(void **state)
{
	struct text_kit kit = { 0 }, body = { 0 };
	struct ear ear;

	(void)state;
	body = json_book(0, 60);
	kit_add(&kit, "POST / HTTP/1.1\r\nHost: a.example\r\n"
	    "Transfer-Encoding: chunked\r\n\r\nfffffffffffff\r\n");
	kit_bytes(&kit, body.data, body.len);
	for (int i = 0; i < 3000; i++)
		kit_add(&kit, "%0100d", 0);
	ear = talk_all(&kit);
	assert_int_equal(ear.uploads, 1);
	assert_int_equal(ear.upload[0].contacts.best, 60);

	kit_add(&kit, "POST / HTTP/1.1\r\nHost: a.example\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n%zx\r\n", body.len);
	kit_bytes(&kit, body.data, body.len);
	kit_add(&kit, "\r\n0\r\n");
	for (int i = 0; i < 1000; i++)
		kit_add(&kit, "X-%d: y\r\n", i);
	ear = talk_all(&kit);
	assert_int_equal(ear.uploads, 1);
	assert_int_equal(ear.unscanned, 1);
	kit_free(&body);
}

/* ---- gRPC ---------------------------------------------------------------------- */

static void
grpc_message(struct text_kit *kit, uint8_t flag, const void *data, size_t len)
{
	uint8_t prefix[5] = {
		flag, (uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8),
		(uint8_t)len
	};

	kit_bytes(kit, prefix, sizeof(prefix));
	kit_bytes(kit, data, len);
}

static void
gzip_message(struct text_kit *kit, const struct text_kit *plain)
{
	struct text_kit packed = kit_pack(plain, PACK_GZIP);

	grpc_message(kit, 1, packed.data, packed.len);
	kit_free(&packed);
}

static struct ear
grpc_talk(struct text_kit *body)
{
	static const struct h2_request request = {
		.path = "/contacts.v1.Book/Import", .type = "application/grpc+json",
		.messages = "gzip"
	};
	struct h2 h2;

	h2_init(&h2);
	h2_headers(&h2, 1, 0, &request);
	h2_body(&h2, 1, body->data, body->len, 113);
	kit_free(body);
	return h2_talk(&h2);
}

/* Messages of a stream add up; each is compressed or not by itself. */
static void
grpc(void **state)
{
	struct text_kit body = { 0 };
	struct ear ear;

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct text_kit book = json_book(100 * i, 12);

		if (i % 2)
			gzip_message(&body, &book);
		else
			grpc_message(&body, 0, book.data, book.len);
		grpc_message(&body, 0, "", 0);
		kit_free(&book);
	}
	ear = grpc_talk(&body);
	assert_int_equal(ear.uploads, 1);
	assert_int_equal(ear.upload[0].contacts.best, 48);
	assert_string_equal(ear.upload[0].media_type, "application/grpc+json");
	assert_string_equal(ear.line[0], "POST /contacts.v1.Book/Import");
	assert_int_equal(ear.unscanned, 0);
}

static void
grpc_faults(void **state)
{
	static const struct { const char *data; size_t len; } ends[] = {
		{ "\2\0\0\0\0", 5 }, { "\x80\0\0\0\1x", 6 }, { "\0\0\0", 3 },
		{ "\0\xff\xff\xff\xff{", 6 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct text_kit book = json_book(0, 25), body = { 0 };
		struct ear ear;

		grpc_message(&body, 0, book.data, book.len);
		kit_bytes(&body, ends[i].data, ends[i].len);
		ear = grpc_talk(&body);
		assert_int_equal(ear.uploads, 1);
		assert_int_equal(ear.upload[0].contacts.best, 25);
		assert_int_equal(ear.unscanned, 1);
		assert_int_equal(ear.reason, UNSCANNED_CORRUPT);
		kit_free(&book);
	}
}

/* ---- mail ------------------------------------------------------------------------ */

/* Feeds every row that reads TCP, as a flow does; nobody may hear an upload. */
static void
mail_say(const struct text_kit *kit, size_t step)
{
	for (int row = 0; row < CLASSIFIERS; row++) {
		const struct classifier *classifier = classifier_table[row];
		struct talk talk;
		bool asked = false;

		if (!(classifier->transports & ON_TCP) || row == CLASSIFIER_VOLUME)
			continue;
		talk_init_as(&talk, classifier);
		for (size_t at = 0; at < kit->len; at += step) {
			struct chunk chunk = { (uint8_t *)kit->data + at,
			    kit->len - at < step ? kit->len - at : step, 0, DIR_UP, 0 };

			if (!asked && classifier->sniff(&talk.flow, &chunk) != INTEREST_YES)
				break;
			asked = true;
			talk_say(&talk, DIR_UP, chunk.data, chunk.len, 0);
		}
		talk_end(&talk);
		assert_int_equal(talk.ear.uploads, 0);
		assert_int_equal(talk.ear.unscanned, 0);
	}
}

static void
mail_message(struct text_kit *kit, int recipients)
{
	kit_add(kit, "From: office@example.org\r\nSubject: Minutes\r\nTo: ");
	for (int i = 0; i < recipients; i++)
		kit_add(kit, "\"Person %d\" <person%d@example.com>,\r\n ", i, i);
	kit_add(kit, "last@example.com\r\n\r\nPlease find the minutes.\r\n.\r\n");
}

/* A circular to two hundred people is a mail, not an address book. */
static void
mail(void **state)
{
	static const char *const hellos[] = { "EHLO", "HELO", "LHLO" };
	struct text_kit kit = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(hellos) / sizeof(hellos[0]); i++) {
		kit_add(&kit, "%s mail.example.org\r\nMAIL FROM:<office@example.org>\r\n",
		    hellos[i]);
		for (int j = 0; j < 200; j++)
			kit_add(&kit, "RCPT TO:<person%d@example.com>\r\n", j);
		kit_add(&kit, "DATA\r\n");
		mail_message(&kit, 200);
		for (size_t step = 1; step < 4000; step = step * 7 + 3)
			mail_say(&kit, step);
		kit_free(&kit);
	}
	kit_add(&kit, "a1 LOGIN office secret\r\na2 APPEND Sent {9000}\r\n");
	mail_message(&kit, 200);
	for (size_t step = 1; step < 4000; step = step * 7 + 3)
		mail_say(&kit, step);
	kit_free(&kit);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(upgrade_to_http2),
		cmocka_unit_test(upgrade_declined),
		cmocka_unit_test(expect_continue),
		cmocka_unit_test(endless),
		cmocka_unit_test(grpc),
		cmocka_unit_test(grpc_faults),
		cmocka_unit_test(mail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
