/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/2 that floods, bombs, breaks off, or is none: counted and bounded. */
#include "http2_kit.h"

static const struct h2_request json = { .type = "application/json" };

/* One good upload before the fault; after it nothing is read, one reason told. */
static void
refused(struct h2 *h2, enum unscanned why)
{
	struct ear ear;

	h2_post_book(h2, 99, 900, 40, 16384);
	ear = h2_talk(h2);
	assert_int_equal(ear.uploads, 1);
	assert_int_equal(ear.upload[0].contacts.best, 30);
	assert_int_equal(ear.unscanned, 1);
	assert_int_equal(ear.reason, why);
}

static void
begin(struct h2 *h2)
{
	h2_init(h2);
	h2_post_book(h2, 1, 0, 30, 16384);
}

/* Many frames of no bytes, and few frames of many. */
static void
continuation_floods(void **state)
{
	static const char junk[16384];
	struct h2 h2;

	(void)state;
	begin(&h2);
	h2_frame(&h2.up, H2_HEADERS, 0, 3, "\x82", 1);
	for (int i = 0; i < 5000; i++)
		h2_frame(&h2.up, H2_CONTINUATION, 0, 3, "", 0);
	refused(&h2, UNSCANNED_LIMIT);

	begin(&h2);
	/* A literal field whose value never ends: name "a", 2^21 bytes of value. */
	h2_frame(&h2.up, H2_HEADERS, 0, 3, "\0\1a\x7f\x81\xff\x7f", 7);
	for (int i = 0; i < 20; i++)
		h2_frame(&h2.up, H2_CONTINUATION, 0, 3, junk, sizeof(junk));
	h2_post_book(&h2, 99, 900, 40, 16384);
	struct ear ear = h2_talk(&h2);
	assert_int_equal(ear.uploads, 1);
	assert_int_equal(ear.unscanned, 1);
}

/* One long entry in the table, then a byte for each time it is meant. */
static void
hpack_bomb(void **state)
{
	static char value[3500];
	char bomb[4096];
	nghttp2_nv fields[] = { H2_NV(":method", "GET"), H2_NV("x-bomb", value) };
	uint8_t out[16384];
	struct h2 h2;

	(void)state;
	memset(value, 'b', sizeof(value) - 1);
	fields[1].valuelen = sizeof(value) - 1;
	begin(&h2);
	h2_frame(&h2.up, H2_HEADERS, H2_END | H2_END_HEADERS, 3, out,
	    h2_section(&h2, out, fields, 2));
	/* Index 62 is the newest entry (RFC 7541 section 2.3.3). */
	memset(bomb, 0x80 | 62, sizeof(bomb));
	h2_frame(&h2.up, H2_HEADERS, H2_END | H2_END_HEADERS, 5, bomb, sizeof(bomb));
	refused(&h2, UNSCANNED_LIMIT);

	/* Short fields, very many. */
	begin(&h2);
	memset(bomb, 0x82, sizeof(bomb));
	h2_frame(&h2.up, H2_HEADERS, H2_END | H2_END_HEADERS, 3, bomb, sizeof(bomb));
	refused(&h2, UNSCANNED_LIMIT);
}

static void
broken_sections(void **state)
{
	static const struct { const char *data; size_t len; } sections[] = {
		{ "\xff\xff\xff\xff\xff\xff\xff", 7 },	/* a number without end */
		{ "\xfe", 1 },				/* no such entry */
		{ "\x80", 1 },				/* entry 0 */
		{ "\0\1a\5abc", 6 },			/* cut inside a value */
		{ "\x82\x3f\xe1\x1f", 4 },		/* a size after a field */
		{ "\x3f\xe1\xff\x07", 4 },		/* a table larger than ours */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		struct h2 h2;

		begin(&h2);
		h2_frame(&h2.up, H2_HEADERS, H2_END | H2_END_HEADERS, 3,
		    sections[i].data, sections[i].len);
		refused(&h2, UNSCANNED_CORRUPT);
	}
}

static void
frames_out_of_place(void **state)
{
	static const struct {
		uint8_t type, flags;
		uint32_t stream;
		const char *data;
		size_t len;
		bool section;	/* a section is open */
	} frames[] = {
		{ H2_DATA, 0, 0, "x", 1, false },
		{ H2_HEADERS, H2_END_HEADERS, 0, "\x82", 1, false },
		{ H2_HEADERS, H2_END_HEADERS, 4, "\x82", 1, false },
		{ H2_CONTINUATION, H2_END_HEADERS, 3, "\x82", 1, false },
		{ H2_RST, 0, 0, "\0\0\0\0", 4, false },
		{ H2_RST, 0, 1, "\0\0\0", 3, false },
		{ H2_DATA, H2_PADDED, 3, "", 0, false },
		{ H2_DATA, H2_PADDED, 3, "\5abcd", 5, false },
		{ H2_HEADERS, H2_HAS_PRIORITY, 3, "\0\0\0\0", 4, false },
		{ H2_HEADERS, H2_HAS_PRIORITY | H2_PADDED, 3, "\1\0\0\0\0\1", 6, false },
		{ H2_DATA, 0, 3, "x", 1, true },
		{ H2_HEADERS, H2_END_HEADERS, 5, "\x82", 1, true },
		{ H2_CONTINUATION, H2_END_HEADERS, 5, "\x82", 1, true },
		{ H2_PING, 0, 0, "12345678", 8, true },
		{ 0xfe, 0, 0, "", 0, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		struct h2 h2;

		begin(&h2);
		if (frames[i].section)
			h2_frame(&h2.up, H2_HEADERS, 0, 3, "\x82", 1);
		h2_frame(&h2.up, frames[i].type, frames[i].flags, frames[i].stream,
		    frames[i].data, frames[i].len);
		refused(&h2, UNSCANNED_CORRUPT);
	}
}

/* Requests taken back as soon as they are made; one upload goes on among them. */
static void
reset_flood(void **state)
{
	static const struct h2_request get = { .method = "GET" };
	struct text_kit book = json_book(0, 100);
	struct h2 h2;
	struct ear ear;

	(void)state;
	h2_init(&h2);
	h2_headers(&h2, 1, 0, &json);
	for (uint32_t i = 1; i < 3000; i++) {
		h2_headers(&h2, 2 * i + 1, 0, &get);
		h2_frame(&h2.up, H2_RST, 0, 2 * i + 1, "\0\0\0\x08", 4);
		if (i % 30 == 0)
			h2_frame(&h2.up, H2_DATA, i == 2970 ? H2_END : 0, 1,
			    book.data + book.len * (i / 30 - 1) / 99,
			    book.len * (i / 30) / 99 - book.len * (i / 30 - 1) / 99);
	}
	ear = h2_talk(&h2);
	assert_int_equal(ear.requests, 3000);
	assert_int_equal(ear.uploads, 1);
	assert_int_equal(ear.upload[0].contacts.best, 100);
	assert_int_equal(ear.unscanned, 0);
	kit_free(&book);
}

/* What was sent before a reset was sent; others are unharmed. Either side resets. */
static void
reset_midway(void **state)
{
	struct text_kit book = json_book(0, 100), down = { 0 };
	struct talk talk;
	struct h2 h2;

	(void)state;
	h2_frame(&down, H2_RST, 0, 1, "\0\0\0\x08", 4);
	for (int side = 0; side < 2; side++) {
		h2_init(&h2);
		h2_headers(&h2, 1, 0, &json);
		h2_frame(&h2.up, H2_DATA, 0, 1, book.data, book.len / 2);
		talk_init_as(&talk, &classifier_http2);
		talk_say(&talk, DIR_UP, h2.up.data, h2.up.len, 0);
		talk_say(&talk, side ? DIR_UP : DIR_DOWN, down.data, down.len, 0);
		h2.up.len = 0;
		h2_frame(&h2.up, H2_DATA, H2_END, 1, book.data, book.len);
		h2_post_book(&h2, 3, 500, 25, 16384);
		talk_say(&talk, DIR_UP, h2.up.data, h2.up.len, 0);
		talk_end(&talk);
		assert_int_equal(talk.ear.uploads, 2);
		assert_in_range(talk.ear.upload[0].contacts.best, 45, 51);
		assert_int_equal(talk.ear.upload[0].contacts.high, CONTACTS_UNKNOWN);
		assert_int_equal(talk.ear.upload[1].contacts.best, 25);
		h2_fini(&h2);
	}
	kit_free(&book);
	kit_free(&down);
}

/* More bodies in flight than are remembered: the oldest are given up on. */
static void
too_many_streams(void **state)
{
	enum { STREAMS = 300, KEPT = 256 };
	struct text_kit head = json_book(0, 1), book;
	struct h2 h2;
	struct ear ear;

	(void)state;
	h2_init(&h2);
	for (uint32_t i = 0; i < STREAMS; i++) {
		h2_headers(&h2, 2 * i + 1, 0, &json);
		h2_frame(&h2.up, H2_DATA, 0, 2 * i + 1, head.data, 10);
	}
	book = json_book(0, 30);
	h2_body(&h2, 2 * STREAMS - 1, book.data + 10, book.len - 10, 16384);
	h2_body(&h2, 1, book.data + 10, book.len - 10, 16384);
	ear = h2_talk(&h2);
	assert_int_equal(ear.unscanned, STREAMS - KEPT);
	assert_int_equal(ear.reason, UNSCANNED_LIMIT);
	assert_int_equal(ear.uploads, 1);
	assert_int_equal(ear.upload[0].contacts.best, 30);
	kit_free(&head);
	kit_free(&book);
}

/* Servers that are not seen to answer do not make the table overflow. */
static void
unanswered(void **state)
{
	struct h2 h2;
	struct ear ear;

	(void)state;
	h2_init(&h2);
	for (int i = 0; i < 400; i++)
		h2_post_book(&h2, (uint32_t)(2 * i + 1), i, 1, 16384);
	ear = h2_talk(&h2);
	assert_int_equal(ear.unscanned, 0);
	assert_int_equal(ear.uploads, 1);
	assert_int_equal(ear.upload[0].contacts.best, 400);
}

static void
gaps(void **state)
{
	struct text_kit book = json_book(0, 100);
	struct talk talk;
	struct h2 h2;
	size_t body;

	(void)state;
	h2_init(&h2);
	h2_headers(&h2, 1, 0, &json);
	body = h2.up.len;
	h2_body(&h2, 1, book.data, book.len, 16384);
	h2_post_book(&h2, 3, 500, 30, 16384);
	/* Inside one DATA frame. */
	talk_init_as(&talk, &classifier_http2);
	talk_say(&talk, DIR_UP, h2.up.data, body + 503, 0);
	talk_say(&talk, DIR_UP, h2.up.data + body + 603, h2.up.len - body - 603, 100);
	talk_end(&talk);
	assert_int_equal(talk.ear.uploads, 2);
	assert_in_range(talk.ear.upload[0].contacts.best, 90, 95);
	assert_int_equal(talk.ear.upload[0].contacts.high, CONTACTS_UNKNOWN);
	assert_int_equal(talk.ear.upload[1].contacts.best, 30);
	assert_int_equal(talk.ear.unscanned, 0);
	/* Over its end, and of unknown length. */
	for (int i = 0; i < 2; i++) {
		talk_init_as(&talk, &classifier_http2);
		talk_say(&talk, DIR_UP, h2.up.data, body + 503, 0);
		talk_say(&talk, DIR_UP, h2.up.data + body + book.len + 20, 20,
		    i ? GAP_UNKNOWN : (uint32_t)book.len - 483);
		assert_int_equal(talk.wants, 0);
		talk_end(&talk);
		assert_int_equal(talk.ear.unscanned, 1);
		assert_int_equal(talk.ear.reason, UNSCANNED_GAP);
		assert_in_range(talk.ear.upload[0].contacts.best, 25, 35);
	}
	kit_free(&book);
	h2_fini(&h2);
}

/* Answers that were lost, or are no HTTP/2, harm nothing. */
static void
answers_lost(void **state)
{
	static const char bad[] = "\0\0\1\0\x08\0\0\0\1\xff";
	struct talk talk;
	struct h2 h2;

	(void)state;
	h2_init(&h2);
	h2_post_book(&h2, 1, 0, 30, 16384);
	for (uint32_t gap = 0; gap < 2; gap++) {
		talk_init_as(&talk, &classifier_http2);
		talk_say(&talk, DIR_DOWN, bad, sizeof(bad) - 1, gap);
		assert_int_equal(talk.wants, MORE_UP);
		talk_say(&talk, DIR_UP, h2.up.data, h2.up.len, 0);
		talk_end(&talk);
		assert_int_equal(talk.ear.uploads, 1);
	}
	h2_fini(&h2);
}

static enum interest
sniff(const void *data, size_t len, uint32_t gap)
{
	struct chunk chunk = { data, len, 0, DIR_UP, gap };
	struct flow flow = { 0 };

	return classifier_http2.sniff(&flow, &chunk);
}

static void
sniffed(void **state)
{
	struct chunk down = { (const uint8_t *)H2_PREFACE, 24, 0, DIR_DOWN, 0 };
	struct flow flow = { 0 };

	(void)state;
	for (size_t len = 1; len <= 24; len++)
		assert_int_equal(sniff(H2_PREFACE, len, 0), INTEREST_YES);
	assert_int_equal(sniff("PRI * HTTP/1.1\r\n\r\n", 18, 0), INTEREST_NO);
	assert_int_equal(sniff("\x16\3\1", 3, 0), INTEREST_NO);
	assert_int_equal(classifier_http2.sniff(&flow, &down), INTEREST_LATER);
}

/* A preface that turns out to be none is nobody's loss. */
static void
not_http2(void **state)
{
	struct talk talk;

	(void)state;
	talk_init_as(&talk, &classifier_http2);
	talk_up(&talk, "P");
	assert_int_equal(talk.wants, MORE_BOTH);
	talk_up(&talk, "OST / HTTP/1.1\r\n");
	assert_int_equal(talk.wants, 0);
	talk_end(&talk);
	assert_int_equal(talk.ear.unscanned, 0);
}

/* The capture began midway: said, not guessed. */
static void
joined_midway(void **state)
{
	struct talk talk;
	struct h2 h2;

	(void)state;
	h2_init(&h2);
	h2.up.len = 0;
	h2_post_book(&h2, 7, 0, 30, 16384);
	assert_int_equal(sniff(h2.up.data, h2.up.len, 0), INTEREST_NO);
	assert_int_equal(sniff(h2.up.data, h2.up.len - 1, GAP_UNKNOWN), INTEREST_NO);
	assert_int_equal(sniff(h2.up.data, h2.up.len, GAP_UNKNOWN), INTEREST_YES);
	talk_init_as(&talk, &classifier_http2);
	talk_say(&talk, DIR_UP, h2.up.data, h2.up.len, GAP_UNKNOWN);
	assert_int_equal(talk.wants, 0);
	talk_end(&talk);
	assert_int_equal(talk.ear.uploads, 0);
	assert_int_equal(talk.ear.unscanned, 1);
	assert_int_equal(talk.ear.reason, UNSCANNED_GAP);
	h2_fini(&h2);
}

/* What goes through a tunnel is no body of ours. */
static void
tunnel(void **state)
{
	static const struct h2_request connect = { .method = "CONNECT", .path = "" };
	struct text_kit book = json_book(0, 30);
	struct h2 h2;
	struct ear ear;

	(void)state;
	h2_init(&h2);
	h2_headers(&h2, 1, 0, &connect);
	h2_body(&h2, 1, book.data, book.len, 16384);
	ear = h2_talk(&h2);
	assert_int_equal(ear.requests, 1);
	assert_int_equal(ear.uploads, 0);
	assert_int_equal(ear.unscanned, 0);
	kit_free(&book);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(continuation_floods),
		cmocka_unit_test(hpack_bomb),
		cmocka_unit_test(broken_sections),
		cmocka_unit_test(frames_out_of_place),
		cmocka_unit_test(reset_flood),
		cmocka_unit_test(reset_midway),
		cmocka_unit_test(too_many_streams),
		cmocka_unit_test(unanswered),
		cmocka_unit_test(gaps),
		cmocka_unit_test(answers_lost),
		cmocka_unit_test(sniffed),
		cmocka_unit_test(not_http2),
		cmocka_unit_test(joined_midway),
		cmocka_unit_test(tunnel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
