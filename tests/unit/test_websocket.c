/* SPDX-License-Identifier: Apache-2.0 */
/* WebSocket after HTTP/1.1: messages, fragments, compression, faults. */
#include "websocket_kit.h"

static void
one_message(void **state)
{
	struct text_kit book = json_book(0, 30), kit = { 0 };
	struct talk talk;
	struct ear ear;

	(void)state;
	ws_frame(&kit, WS_FIN | WS_TEXT, book.data, book.len);
	for (size_t cut = 1; cut < kit.len; cut++) {
		ws_begin(&talk);
		talk_say(&talk, DIR_UP, kit.data, cut, 0);
		talk_say(&talk, DIR_UP, kit.data + cut, kit.len - cut, 0);
		talk_end(&talk);
		assert_int_equal(talk.ear.uploads, 1);
		assert_int_equal(talk.ear.upload[0].contacts.best, 30);
	}
	ear = ws_talk(&kit);
	assert_int_equal(ear.requests, 1);
	assert_string_equal(ear.host, "chat.example.org");
	assert_string_equal(ear.line[0], "GET /ws/sync?v=2");
	assert_int_equal(ear.upload[0].bytes_up, book.len);
	assert_int_equal(ear.upload[0].format, FORMAT_JSON);
	assert_string_equal(ear.upload[0].encoding, "");
	kit_free(&book);
}

/* Every length form; fragments with pings between them; both opcodes. */
static void
fragments(void **state)
{
	static const size_t pieces[] = { 1, 2, 100, 125, 126, 1000, 65535, 65536, 90000 };

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		int count = pieces[i] < 10 ? 100 : 6000;
		struct text_kit book = json_book(0, count), kit = { 0 };
		struct ear ear;

		ws_message(&kit, i % 2 ? WS_TEXT : WS_BINARY, book.data, book.len,
		    pieces[i]);
		ear = ws_talk_steps(&kit, i % 2 ? 1460 : kit.len);
		assert_int_equal(ear.uploads, 1);
		assert_in_range(count, ear.upload[0].contacts.low,
		    ear.upload[0].contacts.high);
		assert_int_equal(ear.upload[0].bytes_up, book.len);
		assert_int_equal(ear.unscanned, 0);
		kit_free(&kit);
		kit_free(&book);
	}
}

/* Three messages that share words: with and without takeover, small windows. */
static void
compressed(void **state)
{
	static const struct { int window; bool fresh; int flush; } ways[] = {
		{ 15, false, Z_SYNC_FLUSH }, { 15, true, Z_SYNC_FLUSH },
		{ 9, false, Z_SYNC_FLUSH }, { 9, true, Z_FULL_FLUSH },
		{ 15, true, Z_FINISH },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct ws_packer packer;
		struct text_kit kit = { 0 };
		struct ear ear;

		ws_packer_init(&packer, ways[i].window, ways[i].fresh);
		packer.flush = ways[i].flush;
		for (int j = 0; j < 3; j++) {
			struct text_kit book = json_book(j * 1000, 30 + j), packed;

			packed = ws_pack(&packer, book.data, book.len);
			ws_message(&kit, WS_TEXT | WS_DEFLATED, packed.data,
			    packed.len, j == 1 ? 40 : packed.len);
			kit_free(&book);
			kit_free(&packed);
		}
		ws_frame(&kit, WS_FIN | WS_TEXT, "plain among them", 16);
		ear = ws_talk(&kit);
		assert_int_equal(ear.unscanned, 0);
		assert_int_equal(ear.uploads, 3);
		for (int j = 0; j < 3; j++)
			assert_int_equal(ear.upload[j].contacts.best, 30 + j);
		assert_string_equal(ear.upload[0].encoding, "deflate");
		assert_in_range(ear.upload[1].bytes_up, 30, 400);
		deflateEnd(&packer.stream);
	}
}

/* Slices of a book are one upload; a chat about many people is none. */
static void
batches(void **state)
{
	struct text_kit kit = { 0 };
	struct ear ear;

	(void)state;
	for (int i = 0; i < 6; i++) {
		struct text_kit book = json_book(10 * i, 10);

		ws_frame(&kit, WS_FIN | WS_TEXT, book.data, book.len);
		kit_free(&book);
	}
	ear = ws_talk(&kit);
	assert_int_equal(ear.uploads, 1);
	assert_int_equal(ear.upload[0].contacts.best, 60);
}

static void
chat(void **state)
{
	struct text_kit kit = { 0 };
	struct ear ear;

	(void)state;
	for (int i = 0; i < 40; i++) {
		char text[100];

		snprintf(text, sizeof(text), "{\"contact\":{\"name\":\"A\",\"phone\":\""
		    KIT_PHONE "\"}}", i);
		ws_frame(&kit, WS_FIN | WS_TEXT, text, strlen(text));
	}
	ear = ws_talk(&kit);
	for (unsigned i = 0; i < ear.uploads; i++)
		assert_in_range(ear.upload[i].contacts.best, 0, 1);
}

static void
answers(void **state)
{
	struct text_kit book = json_book(0, 30), kit = { 0 };
	struct talk talk;

	(void)state;
	ws_frame(&kit, WS_FIN | WS_TEXT, book.data, book.len);
	ws_begin(&talk);
	talk_say(&talk, DIR_UP, kit.data, kit.len, 0);
	talk_down(&talk, "\x81\2ok");
	talk_end(&talk);
	assert_int_equal(talk.ear.uploads, 1);
	assert_int_equal(talk.ear.upload[0].bytes_down, 4);
	kit_free(&book);
	kit_free(&kit);
}

/* The answer to the switch was not seen, or the client did not wait for it. */
static void
answer_unseen(void **state)
{
	struct text_kit book = json_book(0, 30), kit = { 0 };
	struct ear ear;

	(void)state;
	kit_add(&kit, "%s", WS_ASK);
	ws_frame(&kit, WS_FIN | WS_TEXT, book.data, book.len);
	ear = talk_all(&kit);
	assert_int_equal(ear.uploads, 1);
	assert_int_equal(ear.upload[0].contacts.best, 30);
	kit_free(&book);
}

static void
refused(struct text_kit *fault, enum unscanned why)
{
	struct text_kit book = json_book(0, 30), kit = { 0 };
	struct ear ear;

	ws_frame(&kit, WS_FIN | WS_TEXT, book.data, book.len);
	kit_bytes(&kit, fault->data, fault->len);
	ws_frame(&kit, WS_FIN | WS_TEXT, book.data, book.len);
	ear = ws_talk(&kit);
	assert_int_equal(ear.uploads, 1);
	assert_int_equal(ear.unscanned, 1);
	assert_int_equal(ear.reason, why);
	kit_free(&book);
	kit_free(fault);
}

static void
broken_frames(void **state)
{
	static const struct { uint8_t first; size_t len; enum unscanned why; } frames[] = {
		{ WS_FIN | WS_MORE, 5, UNSCANNED_CORRUPT },	/* of no message */
		{ WS_FIN | 3, 5, UNSCANNED_CORRUPT },
		{ WS_FIN | 11, 5, UNSCANNED_CORRUPT },
		{ WS_PING, 5, UNSCANNED_CORRUPT },		/* a fragment */
		{ WS_FIN | WS_PING, 126, UNSCANNED_CORRUPT },
		{ WS_FIN | WS_DEFLATED | WS_PING, 5, UNSCANNED_CORRUPT },
		{ WS_FIN | 0x20 | WS_TEXT, 5, UNSCANNED_LIMIT },
		{ WS_FIN | 0x10 | WS_TEXT, 5, UNSCANNED_LIMIT },
		{ WS_FIN | WS_DEFLATED | WS_TEXT, 40, UNSCANNED_CORRUPT },
	};
	static const char junk[200] = "\xff\xff\xff\xff\xff\xff";

	(void)state;
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		struct text_kit kit = { 0 };

		ws_frame(&kit, frames[i].first, junk, frames[i].len);
		refused(&kit, frames[i].why);
	}
}

static void
broken_order(void **state)
{
	struct text_kit kit = { 0 };

	(void)state;
	/* A message inside a message. */
	ws_frame(&kit, WS_TEXT, "a", 1);
	ws_frame(&kit, WS_TEXT, "b", 1);
	refused(&kit, UNSCANNED_CORRUPT);
	/* The compression of a message is said once. */
	ws_frame(&kit, WS_TEXT, "a", 1);
	ws_frame(&kit, WS_DEFLATED | WS_MORE, "b", 1);
	refused(&kit, UNSCANNED_CORRUPT);
	/* Not masked, with a length of each form. */
	kit_bytes(&kit, "\x81\5hello", 7);
	refused(&kit, UNSCANNED_CORRUPT);
	kit_bytes(&kit, "\x81\x7e\0\5hello", 9);
	refused(&kit, UNSCANNED_CORRUPT);
	/* A length of 2^63. */
	kit_bytes(&kit, "\x81\xff\x80\0\0\0\0\0\0\0abcd", 14);
	refused(&kit, UNSCANNED_CORRUPT);
}

/* Nothing follows a Close. */
static void
closed(void **state)
{
	struct text_kit book = json_book(0, 30), kit = { 0 };
	struct ear ear;

	(void)state;
	ws_frame(&kit, WS_FIN | WS_CLOSE, "\3\xe8", 2);
	ws_frame(&kit, WS_FIN | WS_TEXT, book.data, book.len);
	ear = ws_talk(&kit);
	assert_int_equal(ear.uploads, 0);
	assert_int_equal(ear.unscanned, 0);
	kit_free(&book);
}

/* 64 MiB of blanks in some 65 KB. */
static void
bomb(void **state)
{
	struct text_kit packed, kit = { 0 };
	struct ws_packer packer;
	char *blanks = calloc(1, 64 << 20);

	(void)state;
	assert_non_null(blanks);
	ws_packer_init(&packer, 15, false);
	packed = ws_pack(&packer, blanks, 64 << 20);
	free(blanks);
	deflateEnd(&packer.stream);
	ws_frame(&kit, WS_FIN | WS_TEXT | WS_DEFLATED, packed.data, packed.len);
	kit_free(&packed);
	refused(&kit, UNSCANNED_LIMIT);
}

static void
gaps(void **state)
{
	struct text_kit book = json_book(0, 100), kit = { 0 }, packed;
	struct ws_packer packer;
	struct talk talk;

	(void)state;
	ws_frame(&kit, WS_FIN | WS_TEXT, book.data, book.len);
	ws_begin(&talk);
	talk_say(&talk, DIR_UP, kit.data, 503, 0);
	talk_say(&talk, DIR_UP, kit.data + 603, kit.len - 603, 100);
	talk_end(&talk);
	assert_in_range(talk.ear.upload[0].contacts.best, 90, 95);
	assert_int_equal(talk.ear.unscanned, 0);

	ws_packer_init(&packer, 15, false);
	packed = ws_pack(&packer, book.data, book.len);
	kit.len = 0;
	ws_frame(&kit, WS_FIN | WS_TEXT | WS_DEFLATED, packed.data, packed.len);
	ws_begin(&talk);
	talk_say(&talk, DIR_UP, kit.data, kit.len - 50, 0);
	talk_say(&talk, DIR_UP, kit.data + kit.len - 40, 40, 10);
	assert_int_equal(talk.wants, 0);
	talk_end(&talk);
	assert_int_equal(talk.ear.unscanned, 1);
	assert_int_equal(talk.ear.reason, UNSCANNED_GAP);
	deflateEnd(&packer.stream);
	kit_free(&packed);
	kit_free(&kit);
	kit_free(&book);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_message),
		cmocka_unit_test(fragments),
		cmocka_unit_test(compressed),
		cmocka_unit_test(batches),
		cmocka_unit_test(chat),
		cmocka_unit_test(answers),
		cmocka_unit_test(answer_unseen),
		cmocka_unit_test(broken_frames),
		cmocka_unit_test(broken_order),
		cmocka_unit_test(closed),
		cmocka_unit_test(bomb),
		cmocka_unit_test(gaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
