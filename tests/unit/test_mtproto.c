/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Heads of Telegram's frames: each transport, both directions, cut anywhere;
 * and what is none.
 */
#include "unit/mtproto_kit.h"

#define FRAMES_MAX 64

struct frames {
	size_t length[FRAMES_MAX], count;	/* on the wire; payload only */
	bool lost;
};

/* Reads one direction of a stream whose opening is known, in one piece. */
static void
stream_read(struct mtproto *mt, enum dir dir, const uint8_t *data, size_t len,
    struct frames *frames)
{
	size_t at = (size_t)mt->at[dir];

	*frames = (struct frames){ .count = 0 };
	while (at < len) {
		struct mtproto_head head;
		size_t have = 0;

		for (;;) {
			mt->at[dir] = at + have;
			if (!mtproto_head(mt, dir, data + at, have, &head)) {
				frames->lost = true;
				return;
			}
			if (head.size <= have || at + head.size > len)
				break;
			have = head.size;
		}
		if (have < head.size)
			return;
		mt->sequence[dir]++;
		if (head.payload && frames->count < FRAMES_MAX)
			frames->length[frames->count++] = head.size + head.length;
		at += head.size + head.length;
	}
}

/* Opens in pieces of `piece` bytes. */
static enum mtproto_opens
open_pieces(struct mtproto *mt, const uint8_t *data, size_t len, size_t piece)
{
	enum mtproto_opens opens = MTPROTO_MORE;
	size_t at = 0, taken;

	*mt = (struct mtproto){ .have = 0 };
	while (opens == MTPROTO_MORE && at < len) {
		opens = mtproto_open(mt, data + at, len - at < piece ? len - at : piece,
		    &taken);
		at += taken;
	}
	return opens;
}

static const uint32_t messages[] = {
	88, 104, 504, 520, 1304, 4216, 7064, 16468 - 4 + 8, 65628 - 4, 88
};
#define MESSAGES (sizeof(messages) / sizeof(messages[0]))

static void
conversation_read(enum mtproto_transport transport, bool hidden, uint32_t seed)
{
	size_t sent[2][MESSAGES];
	struct frames frames;
	struct mtproto mt;
	struct tg tg;

	tg_init(&tg, seed);
	tg_open(&tg, transport, hidden);
	for (size_t i = 0; i < MESSAGES; i++)
		for (int dir = 0; dir < 2; dir++)
			sent[dir][i] = tg_frame(&tg, (enum dir)dir,
			    tg_message(messages[i] + 16 * (uint32_t)dir));
	for (size_t piece = 1; piece <= 70; piece++) {
		assert_int_equal(open_pieces(&mt, tg.out[0], tg.len[0], piece),
		    MTPROTO_OPENED);
		assert_int_equal(mt.transport, transport);
		assert_int_equal(mt.hidden, hidden);
		for (int dir = 0; dir < 2; dir++) {
			stream_read(&mt, (enum dir)dir, tg.out[dir], tg.len[dir], &frames);
			assert_false(frames.lost);
			assert_int_equal(frames.count, MESSAGES);
			assert_memory_equal(frames.length, sent[dir], sizeof(sent[dir]));
		}
	}
	tg_fini(&tg);
}

static void
every_transport_is_read(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed < 12; seed++)
		for (int i = 0; i < MTPROTO_TRANSPORTS; i++) {
			conversation_read((enum mtproto_transport)i, false, seed);
			if (i != MTPROTO_FULL)
				conversation_read((enum mtproto_transport)i, true, seed);
		}
}

/*
 * The opening and the heads of three frames as the npm package telegram
 * (2.26.22) sent them: random bytes, and nothing of the payloads.
 */
static const uint8_t vector_opening[64] = {
	0xa4, 0x8a, 0x13, 0x1c, 0x9e, 0xe9, 0x35, 0xb9, 0x00, 0x9b, 0xc4, 0xb8,
	0x6a, 0xa7, 0x8b, 0x6c, 0x31, 0xdd, 0x8b, 0x36, 0xc1, 0xb6, 0x3e, 0xeb,
	0x66, 0x2a, 0x43, 0xd7, 0xbf, 0x52, 0x6a, 0xb8, 0xf1, 0x30, 0xf1, 0xa3,
	0x6b, 0xb8, 0x6d, 0x7e, 0x74, 0x82, 0x91, 0x0e, 0xec, 0x79, 0x99, 0xf9,
	0xc5, 0x5f, 0xe3, 0x10, 0x29, 0x35, 0xb8, 0xce, 0xce, 0x7c, 0x02, 0xcf,
	0x65, 0x41, 0x35, 0x2c
};
static const struct {
	uint8_t head[4];
	size_t length;
} vector_heads[3] = {
	{ { 0xa3, 0x08, 0xbd, 0x23 }, 89 },
	{ { 0x1b, 0x71, 0xae, 0xe8 }, 3660 },
	{ { 0x74, 0x07, 0x0d, 0x7b }, 11532 },
};

static void
another_implementation_is_read(void **state)
{
	static uint8_t stream[32768];
	struct frames frames;
	struct mtproto mt;
	size_t at = 64;

	(void)state;
	memcpy(stream, vector_opening, sizeof(vector_opening));
	for (size_t i = 0; i < 3; i++) {
		memcpy(stream + at, vector_heads[i].head, 4);
		at += vector_heads[i].length;
	}
	assert_int_equal(open_pieces(&mt, stream, at, 9), MTPROTO_OPENED);
	assert_int_equal(mt.transport, MTPROTO_ABRIDGED);
	stream_read(&mt, DIR_UP, stream, at, &frames);
	assert_false(frames.lost);
	assert_int_equal(frames.count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(frames.length[i], vector_heads[i].length);
}

/* A counter that runs over its end, as the library's does. */
static void
the_counter_wraps(void **state)
{
	uint8_t opening[64];
	struct frames frames;
	struct mtproto mt;
	struct tg tg;
	size_t sent;

	(void)state;
	tg_init(&tg, 5);
	memset(opening, 'k', 40);
	memset(opening + 40, 0xff, 24);
	opening[55] = 0xfb;
	tg_open_with(&tg, MTPROTO_INTERMEDIATE, true, NULL, opening);
	sent = tg_frame(&tg, DIR_UP, tg_message(5000));
	tg_frame(&tg, DIR_UP, tg_message(5000));
	assert_int_equal(open_pieces(&mt, tg.out[0], tg.len[0], 64), MTPROTO_OPENED);
	stream_read(&mt, DIR_UP, tg.out[0], tg.len[0], &frames);
	assert_int_equal(frames.count, 2);
	assert_int_equal(frames.length[0], sent);
	assert_int_equal(frames.length[1], sent);
	tg_fini(&tg);
}

/* A request may ask for a quick acknowledgement; that is a word of four bytes. */
static void
quick_acknowledgements_are_no_payload(void **state)
{
	static const enum mtproto_transport quick[] = { MTPROTO_ABRIDGED,
		MTPROTO_INTERMEDIATE, MTPROTO_PADDED };

	(void)state;
	for (int i = 0; i < 6; i++) {
		const uint8_t abridged[] = { 0x91, 2, 3, 4 }, other[] = { 4, 3, 2, 0x91 };
		struct frames frames;
		struct mtproto mt;
		struct tg tg;
		size_t sent[3];

		tg_init(&tg, 77);
		tg_open(&tg, quick[i / 2], i % 2);
		sent[0] = tg_frame_quick(&tg, DIR_UP, tg_message(100), true);
		sent[1] = tg_frame_quick(&tg, DIR_UP, tg_message(5000), true);
		tg_put(&tg, DIR_DOWN, i / 2 == 0 ? abridged : other, 4);
		sent[2] = tg_frame(&tg, DIR_DOWN, tg_message(300));
		assert_int_equal(open_pieces(&mt, tg.out[0], tg.len[0], 80), MTPROTO_OPENED);
		stream_read(&mt, DIR_UP, tg.out[0], tg.len[0], &frames);
		assert_int_equal(frames.count, 2);
		assert_memory_equal(frames.length, sent, 2 * sizeof(sent[0]));
		stream_read(&mt, DIR_DOWN, tg.out[1], tg.len[1], &frames);
		assert_int_equal(frames.count, 1);
		assert_int_equal(frames.length[0], sent[2]);
		tg_fini(&tg);
	}
}

/* A proxy's secret changes the key: no tag comes out. Nor out of any noise. */
static void
what_names_no_transport_is_none(void **state)
{
	struct tg tg;

	(void)state;
	for (uint32_t seed = 1; seed < 300; seed++) {
		uint8_t opening[64];
		struct mtproto mt;

		tg_init(&tg, seed);
		for (int i = 0; i < 64; i++)
			opening[i] = tg_noise(&tg);
		opening[0] = 'q';
		opening[4] |= 1;
		if (seed % 2)
			tg_open_with(&tg, MTPROTO_PADDED, true, "an invented secret", opening);
		else
			memcpy(tg.out[0], opening, 64);
		tg.len[0] = 64;
		for (size_t piece = 1; piece < 70; piece += 7)
			assert_int_equal(open_pieces(&mt, tg.out[0], 64, piece), MTPROTO_NOT);
		assert_int_equal(open_pieces(&mt, tg.out[0], 63, 63), MTPROTO_MORE);
		tg_fini(&tg);
	}
}

/* Marks of plain transports before what is no frame; web requests. */
static void
marks_alone_are_none(void **state)
{
	static const char *const none[] = {
		"\xef\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f",
		"\xef\xef\xef\xef\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10",
		"\xee\xee\xee\xee\xff\xff\xff\x7f\x01\x02\x03\x04\x05\x06\x07\x08",
		"\xee\xee\xee\xee\x29\x01\x01\x01\x01\x02\x03\x04\x05\x06\x07\x08",
		"\xdd\xdd\xdd\xdd\x01\x01\x01\xf1\x01\x02\x03\x04\x05\x06\x07\x08",
		"GET / HTTP/1.1\r\nHost: www.example.org\r\nAccept: */*\r\n\r\n--------"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		uint8_t stream[64] = { 0 };
		struct mtproto mt;

		memcpy(stream, none[i], strlen(none[i]));
		for (size_t piece = 1; piece < 70; piece++)
			assert_int_equal(open_pieces(&mt, stream, 64, piece), MTPROTO_NOT);
	}
}

static void
the_key_exchange_opens_plain_transports(void **state)
{
	static const uint8_t first[] = { 0xef, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6 };
	struct mtproto mt;

	(void)state;
	assert_int_equal(open_pieces(&mt, first, sizeof(first), 3), MTPROTO_OPENED);
	assert_int_equal(mt.at[DIR_UP], 1);
}

static void
hostile_lengths_are_no_frames(void **state)
{
	static const struct {
		enum mtproto_transport transport;
		uint8_t head[8];
		size_t len;
	} hostile[] = {
		{ MTPROTO_ABRIDGED, { 0 }, 1 },
		{ MTPROTO_ABRIDGED, { 0x7f, 0xff, 0xff, 0xff }, 4 },
		{ MTPROTO_ABRIDGED, { 0x7f, 1, 4, 0 }, 4 },
		{ MTPROTO_INTERMEDIATE, { 0 }, 4 },
		{ MTPROTO_INTERMEDIATE, { 0xff, 0xff, 0xff, 0xff }, 4 },
		{ MTPROTO_INTERMEDIATE, { 0x59 }, 4 },
		{ MTPROTO_INTERMEDIATE, { 0x00, 0x20 }, 4 },
		{ MTPROTO_PADDED, { 3 }, 4 },
		{ MTPROTO_PADDED, { 0, 0, 0, 0x7f }, 4 },
		{ MTPROTO_FULL, { 11 }, 8 },
		{ MTPROTO_FULL, { 0x64, 0, 0, 0, 9 }, 8 },
		{ MTPROTO_FULL, { 0xff, 0xff, 0xff, 0xff }, 8 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		struct mtproto mt = { .transport = (uint8_t)hostile[i].transport };
		struct mtproto_head head;

		mt.at[DIR_UP] = 1000;
		if (mtproto_head(&mt, DIR_UP, hostile[i].head, hostile[i].len, &head))
			fail_msg("%zu", i);
	}
}

static void
parts_of_files_are_known_by_their_size(void **state)
{
	(void)state;
	for (uint64_t part = 16384; part <= 524288; part *= 2) {
		/* Measured: upload.saveFilePart, upload.saveBigFilePart. */
		assert_true(mtproto_is_file_part(part + 92));
		assert_true(mtproto_is_file_part(part + 108));
		/* Rounded as TDLib does, with the client's description before it. */
		assert_true(mtproto_is_file_part(part + 900));
		assert_false(mtproto_is_file_part(part));
		assert_false(mtproto_is_file_part(part - 200));
		assert_false(mtproto_is_file_part(part + 2000));
	}
	assert_false(mtproto_is_file_part(4096 + 92));
	assert_false(mtproto_is_file_part(8192 + 92));
	assert_false(mtproto_is_file_part(1048576 + 92));
	assert_false(mtproto_is_file_part(0));
	assert_false(mtproto_is_file_part(UINT64_MAX));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_transport_is_read),
		cmocka_unit_test(another_implementation_is_read),
		cmocka_unit_test(the_counter_wraps),
		cmocka_unit_test(quick_acknowledgements_are_no_payload),
		cmocka_unit_test(what_names_no_transport_is_none),
		cmocka_unit_test(marks_alone_are_none),
		cmocka_unit_test(the_key_exchange_opens_plain_transports),
		cmocka_unit_test(hostile_lengths_are_no_frames),
		cmocka_unit_test(parts_of_files_are_known_by_their_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
