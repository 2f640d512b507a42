/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of HTTP/2: frames, streams side by side, field sections. */
#include <zlib.h>

#include "http2_kit.h"

static const struct h2_request json = { .type = "application/json; charset=utf-8" };

static void
one_post(void **state)
{
	struct h2 h2;
	struct ear ear;

	(void)state;
	h2_init(&h2);
	h2_post_book(&h2, 1, 0, 30, 100);
	talk_cuts(&classifier_http2, &h2.up);
	ear = h2_talk(&h2);
	assert_int_equal(ear.requests, 1);
	assert_string_equal(ear.host, "api.example.org");
	assert_int_equal(ear.uploads, 1);
	assert_int_equal(ear.upload[0].contacts.best, 30);
	assert_int_equal(ear.upload[0].bytes_up, 30 * 16 + 29 + 15);
	assert_string_equal(ear.upload[0].media_type, "application/json");
	assert_string_equal(ear.line[0], "POST /v1/contacts");
	assert_int_equal(ear.unscanned, 0);
}

/* Frames of many bodies come mixed; each body is itself. */
static void
side_by_side(void **state)
{
	enum { STREAMS = 20, PIECE = 37 };
	struct text_kit books[STREAMS];
	struct h2 h2;
	struct ear ear;
	bool more = true;

	(void)state;
	h2_init(&h2);
	for (int i = 0; i < STREAMS; i++) {
		books[i] = json_book(1000 * i, 20 + i);
		h2_headers(&h2, (uint32_t)(2 * i + 1), 0, &json);
	}
	for (size_t at = 0; more; at += PIECE) {
		more = false;
		for (int i = 0; i < STREAMS; i++) {
			size_t left = at < books[i].len ? books[i].len - at : 0;
			size_t n = left < PIECE ? left : PIECE;

			if (left > 0)
				h2_frame(&h2.up, H2_DATA, left == n ? H2_END : 0,
				    (uint32_t)(2 * i + 1), books[i].data + at, n);
			more = more || left > PIECE;
		}
	}
	ear = h2_talk(&h2);
	assert_int_equal(ear.requests, STREAMS);
	assert_int_equal(ear.uploads, STREAMS);
	for (int i = 0; i < STREAMS; i++) {
		assert_int_equal(ear.upload[i].contacts.best, 20 + i);
		kit_free(&books[i]);
	}
}

/* Padding, priority, CONTINUATION, unknown frames in between, trailers. */
static void
every_frame(void **state)
{
	static const char pad[] = "\5body-to-come\0\0\0\0\0";
	struct text_kit book = json_book(0, 25), part = { 0 };
	const nghttp2_nv trailer = H2_NV("x-sum", "1");
	struct h2 h2;
	struct ear ear;
	uint8_t out[16384];
	size_t n;

	(void)state;
	h2_init(&h2);
	n = h2_request_section(&h2, out, &json);
	kit_bytes(&part, "\3\0\0\0\0\xff", 6);
	kit_bytes(&part, out, 10);
	kit_bytes(&part, "\0\0\0", 3);
	h2_frame(&h2.up, H2_HEADERS, H2_PADDED | H2_HAS_PRIORITY, 1, part.data, part.len);
	h2_frame(&h2.up, H2_CONTINUATION, 0, 1, out + 10, 0);
	h2_frame(&h2.up, H2_CONTINUATION, 0, 1, out + 10, 7);
	h2_frame(&h2.up, H2_CONTINUATION, H2_END_HEADERS, 1, out + 17, n - 17);
	h2_frame(&h2.up, H2_PRIORITY, 0, 1, "\0\0\0\0\1", 5);
	h2_frame(&h2.up, 0xbe, 0xff, 1, "grease", 6);
	h2_frame(&h2.up, H2_DATA, 0, 1, book.data, book.len);
	h2_frame(&h2.up, H2_PING, 0, 0, "12345678", 8);
	h2_frame(&h2.up, H2_DATA, H2_PADDED, 1, pad, 1 + 5);
	n = h2_section(&h2, out, &trailer, 1);
	h2_frame(&h2.up, H2_HEADERS, H2_END | H2_END_HEADERS, 1, out, n);
	h2_post_book(&h2, 3, 500, 22, 16384);
	talk_cuts(&classifier_http2, &h2.up);
	ear = h2_talk(&h2);
	assert_int_equal(ear.requests, 2);
	assert_int_equal(ear.uploads, 2);
	assert_int_equal(ear.upload[0].contacts.best, 25);
	assert_int_equal(ear.upload[0].bytes_up, book.len);
	assert_int_equal(ear.upload[1].contacts.best, 22);
	kit_free(&book);
	kit_free(&part);
}

/* Cards one a request, all asked for before the first body comes. */
static void
series(void **state)
{
	struct h2 h2;
	struct ear ear;
	char card[200], path[32];
	struct h2_request put = { .method = "PUT", .path = path, .type = "text/vcard" };

	(void)state;
	h2_init(&h2);
	for (uint32_t i = 0; i < 24; i++) {
		snprintf(path, sizeof(path), "/dav/%u.vcf", i);
		h2_headers(&h2, 2 * i + 1, 0, &put);
	}
	for (int i = 0; i < 24; i++) {
		snprintf(card, sizeof(card), "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A %d\r\nTEL:"
		    KIT_PHONE "\r\nEND:VCARD\r\n", i, i);
		h2_body(&h2, (uint32_t)(2 * i + 1), card, strlen(card), 16384);
	}
	ear = h2_talk(&h2);
	assert_int_equal(ear.requests, 24);
	assert_int_equal(ear.uploads, 1);
	assert_int_equal(ear.upload[0].contacts.best, 24);
	assert_int_equal(ear.upload[0].identifiers.vcard, 24);
}

/*
 * The same while the bodies come side by side, some people twice: one upload
 * of all, each once.
 */
static void
series_side_by_side(void **state)
{
	enum { STREAMS = 30, PIECE = 31 };
	struct text_kit books[STREAMS];
	struct h2 h2;
	struct ear ear;
	size_t whole = 0;

	(void)state;
	h2_init(&h2);
	for (int i = 0; i < STREAMS; i++) {
		books[i] = json_book(3 * (i / 2), 3);
		whole += books[i].len;
		h2_headers(&h2, (uint32_t)(2 * i + 1), 0, &json);
	}
	for (size_t at = 0; at < books[0].len; at += PIECE)
		for (int i = 0; i < STREAMS; i++) {
			size_t left = books[i].len - at, n = left < PIECE ? left : PIECE;

			h2_frame(&h2.up, H2_DATA, left == n ? H2_END : 0,
			    (uint32_t)(2 * i + 1), books[i].data + at, n);
		}
	ear = h2_talk(&h2);
	assert_int_equal(ear.uploads, 1);
	assert_int_equal(ear.upload[0].contacts.best, STREAMS / 2 * 3);
	assert_int_equal(ear.upload[0].identifiers.phone, STREAMS / 2 * 3);
	assert_int_equal(ear.upload[0].bytes_up, whole);
	for (int i = 0; i < STREAMS; i++)
		kit_free(&books[i]);
}

/* The table shrinks and grows as the client says, whatever the server allowed. */
static void
table_sizes(void **state)
{
	static const size_t sizes[] = { 0, 65536, 100, 4096, 60000 };
	char cookie[3000];
	struct h2 h2;
	struct ear ear;
	uint32_t stream = 1;

	(void)state;
	memset(cookie, 'c', sizeof(cookie) - 1);
	cookie[sizeof(cookie) - 1] = '\0';
	h2_init(&h2);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		nghttp2_hd_deflate_change_table_size(h2.deflater, sizes[i]);
		for (int j = 0; j < 12; j++, stream += 2) {
			nghttp2_nv fields[] = {
				H2_NV(":method", "GET"), H2_NV(":path", "/"),
				H2_NV("x-long", cookie)
			};
			uint8_t out[16384];

			cookie[0] = (char)('a' + j);
			h2_frame(&h2.up, H2_HEADERS, H2_END | H2_END_HEADERS, stream,
			    out, h2_section(&h2, out, fields, 3));
		}
	}
	h2_post_book(&h2, stream, 0, 30, 16384);
	ear = h2_talk(&h2);
	assert_int_equal(ear.requests, 61);
	assert_int_equal(ear.uploads, 1);
	assert_int_equal(ear.unscanned, 0);
}

static void
answers(void **state)
{
	struct text_kit down = { 0 };
	struct talk talk;
	struct h2 h2;

	(void)state;
	h2_init(&h2);
	h2_post_book(&h2, 1, 0, 30, 16384);
	h2_post_book(&h2, 3, 100, 31, 16384);
	h2_frame(&down, H2_SETTINGS, 0, 0, "", 0);
	h2_frame(&down, H2_HEADERS, H2_END_HEADERS, 3, "\x88", 1);
	h2_frame(&down, H2_DATA, H2_END, 3, "0123456789", 10);
	h2_frame(&down, H2_HEADERS, H2_END_HEADERS | H2_END, 1, "\x88", 1);
	h2_frame(&down, H2_DATA, H2_END, 1, "late", 4);
	for (size_t step = 1; step < down.len; step++) {
		talk_init_as(&talk, &classifier_http2);
		talk_say(&talk, DIR_UP, h2.up.data, h2.up.len, 0);
		for (size_t at = 0; at < down.len; at += step)
			talk_say(&talk, DIR_DOWN, down.data + at,
			    down.len - at < step ? down.len - at : step, 0);
		talk_end(&talk);
		assert_int_equal(talk.ear.uploads, 2);
		assert_int_equal(talk.ear.upload[0].bytes_down, 1);
		assert_int_equal(talk.ear.upload[1].bytes_down, 11);
	}
	kit_free(&down);
	h2_fini(&h2);
}

/* The codings of a request: named by the carrier, undone by the scanner. */
static void
encoded(void **state)
{
	static const struct h2_request packed = {
		.method = "PUT", .path = "/x?y=1", .type = "application/json",
		.encoding = "Deflate"
	};
	struct text_kit book = json_book(0, 40);
	uint8_t out[4096];
	uLongf len = sizeof(out);
	struct h2 h2;
	struct ear ear;

	(void)state;
	assert_int_equal(compress(out, &len, (Bytef *)book.data, book.len), Z_OK);
	h2_init(&h2);
	h2_headers(&h2, 1, 0, &packed);
	h2_body(&h2, 1, out, len, 50);
	ear = h2_talk(&h2);
	assert_int_equal(ear.uploads, 1);
	assert_int_equal(ear.upload[0].contacts.best, 40);
	assert_int_equal(ear.upload[0].bytes_up, len);
	assert_string_equal(ear.upload[0].encoding, "deflate");
	assert_string_equal(ear.line[0], "PUT /x?y=1");
	kit_free(&book);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_post),
		cmocka_unit_test(side_by_side),
		cmocka_unit_test(every_frame),
		cmocka_unit_test(series),
		cmocka_unit_test(series_side_by_side),
		cmocka_unit_test(table_sizes),
		cmocka_unit_test(answers),
		cmocka_unit_test(encoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
