/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telegram by the lengths of its frames, with the shipped size model: books
 * are counted, and known by their head; chat and files are neither.
 */
#include "unit/asked_kit.h"
#include "unit/mtproto_line.h"

/* ---- counting ---- */

/* Whatever the transport and however the bytes come, it is the same. */
static void
a_book_is_counted_by_its_frame(void **state)
{
	static const size_t segments[] = { 1, 2, 3, 7, 64, 65, 1400, 65536 };

	(void)state;
	for (int i = 0; i < 7; i++) {
		enum mtproto_transport transport = (enum mtproto_transport)(i / 2);
		struct upload first = { .bytes_up = 0 };

		for (size_t s = 0; s < sizeof(segments) / sizeof(segments[0]); s++) {
			struct line line;
			size_t len;

			line_open(&line, transport, i % 2, segments[s]);
			len = line_say(&line, DIR_UP, book(400));
			line_answer(&line, 400);
			line_say(&line, DIR_UP, 60);
			line_close(&line);
			assert_int_equal(line.gen.count, 1);
			assert_int_equal(line.gen.uploads[0].bytes_up, len);
			assert_within(&line.gen.uploads[0].contacts, 400);
			if (s > 0)
				assert_int_equal(line.gen.uploads[0].bytes_down, first.bytes_down);
			first = line.gen.uploads[0];
		}
	}
}

/*
 * Packets of packed books as apps pad them, on the intermediate transport:
 * rounded as TDLib does, and with the least padding; names of two kinds.
 */
static void
measured_books_are_within_the_range(void **state)
{
	static const struct { uint32_t contacts, bytes; } measured[] = {
		{ 500, 5788 }, { 1000, 11612 }, { 1000, 10716 },
		{ 500, 5740 }, { 500, 5628 }, { 1000, 11308 }, { 1000, 10668 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(measured) / sizeof(measured[0]); i++) {
		struct upload upload;
		struct line line;
		size_t len;

		line_open(&line, MTPROTO_INTERMEDIATE, true, 1400);
		len = tg_frame(&line.tg, DIR_UP, measured[i].bytes - 4);
		assert_int_equal(len, measured[i].bytes);
		line_send(&line, DIR_UP);
		assert_true(line_peek(&line, &upload));
		assert_int_equal(upload.bytes_up, len);
		assert_within(&upload.contacts, measured[i].contacts);
		line_close(&line);
	}
}

/* 500 a request, sent side by side: the base counts for each. */
static void
slices_are_one_upload(void **state)
{
	for (int together = 0; together < 2; together++) {
		struct line line;

		(void)state;
		line_open(&line, MTPROTO_ABRIDGED, true, 1400);
		for (int i = 0; i < 4; i++) {
			line_say(&line, DIR_UP, book(i < 3 ? 500 : 180));
			if (!together)
				line_answer(&line, 500);
		}
		if (together)
			line_answer(&line, 1680);
		line_close(&line);
		assert_int_equal(line.gen.count, 1);
		assert_within(&line.gen.uploads[0].contacts, 1680);
		assert_true(contacts_error(&line.gen.uploads[0].contacts, 1680) < 0.05);
	}
}

static void
chat_and_files_are_none(void **state)
{
	struct line line;

	(void)state;
	line_open(&line, MTPROTO_ABRIDGED, true, 1400);
	for (int i = 0; i < 30; i++) {
		line_say(&line, DIR_UP, 60 + i * 40);
		line_say(&line, DIR_DOWN, 90);
		assert_false(peeks(&line));
	}
	/* A photograph: parts of 32 KiB two at a time, a rest, and its mention. */
	for (int i = 0; i < 8; i++) {
		line_say(&line, DIR_UP, 32768 + 20);
		assert_false(peeks(&line));
		if (i % 2)
			for (int k = 0; k < 2; k++)
				line_say(&line, DIR_DOWN, 16);
	}
	line_say(&line, DIR_UP, 9000);
	assert_false(peeks(&line));
	line_say(&line, DIR_DOWN, 16);
	line_say(&line, DIR_UP, 300);
	line_say(&line, DIR_DOWN, 900);
	assert_false(peeks(&line));
	/* A voice message in one part, confirmed by a word. */
	gen_wait(&line.gen, 60);
	line_say(&line, DIR_UP, 21000);
	assert_false(peeks(&line));
	line_say(&line, DIR_DOWN, 16);
	line_close(&line);
	assert_int_equal(line.gen.count, 0);
}

/* ---- before the end ---- */

/* Only the head of a frame of so many bytes comes. */
static void
line_head(struct line *line, uint32_t inner)
{
	size_t len = tg_frame(&line->tg, DIR_UP, tg_message(inner));

	gen_bytes(&line->gen, DIR_UP, line->tg.out[0] + line->fed[0], 4);
	assert_true(len > 4);
}

static void
a_book_is_known_by_its_head(void **state)
{
	(void)state;
	for (int i = 0; i < 6; i++)
		for (uint32_t n = 360; n <= 820; n += 23) {
			struct upload upload;
			struct line line;

			line_open(&line, (enum mtproto_transport)(i / 2), i % 2, 1400);
			assert_false(peeks(&line));
			line_head(&line, book(n));
			assert_true(line_peek(&line, &upload));
			assert_within(&upload.contacts, n);
			assert_int_equal(upload.contacts.confidence, CONFIDENCE_LOW);
			assert_in_range(upload.bytes_up, book(n) + 60, book(n) + 110);
			/* Whole, and without its answer, it is the same. */
			line.fed[0] += 4;
			line_send(&line, DIR_UP);
			assert_true(peeks(&line));
			/* A receipt is no answer; a short word tells that it was none. */
			line_say(&line, DIR_DOWN, 16);
			assert_true(peeks(&line));
			line_say(&line, DIR_DOWN, 60);
			assert_false(peeks(&line));
			line_close(&line);
		}
}

static void
what_is_no_book_passes(void **state)
{
	/*
	 * TL bytes: 4,096 characters of text, of German, packed Chinese; files in one
	 * part; the first part of one; 5,000 contacts at once (no app is known to).
	 */
	static const uint32_t inner[] = {
		4140, 4400, 4200, 13000, 20000, 90000, 16384 + 20, 32768 + 24,
		131072 + 20, 524288 + 24, 71000
	};
	struct line line;

	(void)state;
	for (size_t i = 0; i < sizeof(inner) / sizeof(inner[0]); i++) {
		line_open(&line, MTPROTO_ABRIDGED, true, 1400);
		line_head(&line, inner[i]);
		if (peeks(&line))
			fail_msg("%u", inner[i]);
		line_close(&line);
	}
	/* The rest of a file, behind its parts; later it would be a book. */
	line_open(&line, MTPROTO_ABRIDGED, true, 1400);
	line_say(&line, DIR_UP, 32768 + 20);
	line_say(&line, DIR_UP, 7000);
	assert_false(peeks(&line));
	line_say(&line, DIR_DOWN, 60);
	gen_wait(&line.gen, 30);
	line_say(&line, DIR_UP, 7000);
	assert_true(peeks(&line));
	line_close(&line);
}

/* What a door that stops says before the answer, one that watches says after it. */
static void
both_doors_say_the_same(void **state)
{
	(void)state;
	for (uint32_t n = 360; n <= 820; n += 23) {
		struct upload early, *told;
		struct line line;

		line_open(&line, MTPROTO_ABRIDGED, true, 1400);
		line_say(&line, DIR_UP, 60);
		line_head(&line, book(n));
		assert_true(line_peek(&line, &early));
		line.fed[0] += 4;
		line_send(&line, DIR_UP);
		line_answer(&line, n);
		line_close(&line);
		assert_int_equal(line.gen.count, 1);
		told = &line.gen.uploads[0];
		assert_int_equal(told->bytes_up, early.bytes_up);
		assert_int_equal(told->contacts.low, early.contacts.low);
		assert_int_equal(told->contacts.best, early.contacts.best);
		assert_int_equal(told->contacts.high, early.contacts.high);
		assert_int_equal(told->contacts.confidence, early.contacts.confidence);
	}
}

/* ---- lost bytes ---- */

/* Inside a frame their number is all that is needed: the next head is read. */
static void
a_gap_inside_a_frame_is_stepped_over(void **state)
{
	(void)state;
	for (uint32_t gap = 1; gap < 3000; gap += 997) {
		struct line line;
		size_t len;

		line_open(&line, MTPROTO_INTERMEDIATE, true, 65536);
		len = tg_frame(&line.tg, DIR_UP, tg_message(book(400)));
		gen_bytes(&line.gen, DIR_UP, line.tg.out[0] + line.fed[0], 1000);
		line.gen.gap[DIR_UP] = gap;
		line.fed[0] += 1000 + gap;
		line_send(&line, DIR_UP);
		line_answer(&line, 400);
		line_say(&line, DIR_UP, book(300));
		line_answer(&line, 300);
		line_close(&line);
		assert_int_equal(line.gen.count, 1);
		assert_true(line.gen.uploads[0].bytes_up >= len);
		assert_true(contacts_error(&line.gen.uploads[0].contacts, 400) < 0.06 ||
		    contacts_error(&line.gen.uploads[0].contacts, 700) < 0.06);
	}
}

/* A lost head is lost for good: from then on nothing is known before its answer. */
static void
a_lost_head_ends_the_claims(void **state)
{
	struct line line;

	(void)state;
	for (int unknown = 0; unknown < 2; unknown++) {
		line_open(&line, MTPROTO_ABRIDGED, true, 1400);
		line.gen.gap[DIR_UP] = unknown ? GAP_UNKNOWN : 700;
		line_head(&line, book(600));
		assert_false(peeks(&line));
		line.fed[0] += 4;
		line_send(&line, DIR_UP);
		assert_false(peeks(&line));
		line_answer(&line, 600);
		/* By bursts it is still found, as ever. */
		assert_true(peeks(&line));
		line_close(&line);
		assert_int_equal(line.gen.count, 1);
		assert_int_equal(line.gen.uploads[0].contacts.confidence, CONFIDENCE_LOW);
	}
}

/* With a proxy's secret, and where the client's first bytes are missing: bursts. */
static void
without_the_key_bursts_are_all(void **state)
{
	(void)state;
	for (int missing = 0; missing < 2; missing++) {
		struct line line;
		uint8_t opening[64];

		memset(&line, 0, sizeof(line));
		gen_init(&line.gen, telegram_model());
		tg_init(&line.tg, 7);
		for (int i = 0; i < 64; i++)
			opening[i] = (uint8_t)('a' + i);
		tg_open_with(&line.tg, MTPROTO_PADDED, true, missing ? NULL : "secret",
		    opening);
		if (missing)
			line.gen.gap[DIR_UP] = GAP_UNKNOWN;
		line_send(&line, DIR_UP);
		line_say(&line, DIR_UP, 240);
		line_say(&line, DIR_DOWN, 700);
		gen_wait(&line.gen, 3);
		line_say(&line, DIR_UP, book(500));
		assert_false(peeks(&line));
		line_answer(&line, 500);
		assert_true(peeks(&line));
		line_close(&line);
		assert_int_equal(line.gen.count, 1);
		assert_within(&line.gen.uploads[0].contacts, 500);
	}
}

/* ---- the door that only watches ---- */

#define POLICY(more) "policy:\n  - {name: stop, when: {services: [telegram], " \
	"contacts: \">=20\"" more "}, then: block}\n  - {name: rest, then: log}\n"

static enum action
tunnel_say(struct bench *bench, struct line *line, enum dir dir)
{
	struct chunk chunk = { line->tg.out[dir] + line->fed[dir],
		line->tg.len[dir] - line->fed[dir], bench->now_us += 1000, dir, 0 };

	line->fed[dir] = line->tg.len[dir];
	return judge_feed(bench->judge, &bench->flow, &chunk);
}

static void
tunnel_open(struct bench *bench, struct line *line, const char *policy)
{
	memset(line, 0, sizeof(*line));
	bench_init(bench, policy, true, "vesta.web.telegram.org");
	tg_init(&line->tg, 4);
	tg_open(&line->tg, MTPROTO_ABRIDGED, true);
	tg_frame(&line->tg, DIR_UP, tg_message(240));
	assert_int_equal(tunnel_say(bench, line, DIR_UP), ACTION_ALLOW);
	tg_frame(&line->tg, DIR_DOWN, tg_message(900));
	assert_int_equal(tunnel_say(bench, line, DIR_DOWN), ACTION_ALLOW);
}

/* Behind a word of chat in the same chunk: of the book nothing has gone. */
static void
the_tunnel_is_closed_before_the_frame(void **state)
{
	struct bench bench;
	struct line line;
	size_t len;

	(void)state;
	tunnel_open(&bench, &line, POLICY(""));
	tg_frame(&line.tg, DIR_UP, tg_message(60));
	len = tg_frame(&line.tg, DIR_UP, tg_message(book(500)));
	assert_int_equal(tunnel_say(&bench, &line, DIR_UP), ACTION_BLOCK);
	judge_forwarded(bench.judge, &bench.flow, 400);
	bench_end(&bench);
	assert_int_equal(bench.told.count, 1);
	assert_int_equal(bench.told.events[0].verdict.action, ACTION_BLOCK);
	assert_true(bench.told.events[0].verdict.enforced);
	assert_int_equal(bench.told.events[0].bytes_forwarded, 0);
	assert_int_equal(bench.told.events[0].upload.bytes_up, len);
	assert_int_equal(bench.told.events[0].upload.contacts.method, METHOD_SIZE);
	assert_string_equal(bench.told.events[0].call, "import-contacts");
	bench_fini(&bench);
	tg_fini(&line.tg);
}

/* Two bytes of its head, which are a length, went with the chunk before. */
static void
what_has_gone_is_told_to_the_byte(void **state)
{
	struct bench bench;
	struct line line;
	size_t whole;

	(void)state;
	tunnel_open(&bench, &line, POLICY(""));
	tg_frame(&line.tg, DIR_UP, tg_message(60));
	whole = line.tg.len[DIR_UP] + 2;
	tg_frame(&line.tg, DIR_UP, tg_message(book(500)));
	line.tg.len[DIR_UP] = whole;
	assert_int_equal(tunnel_say(&bench, &line, DIR_UP), ACTION_ALLOW);
	line.tg.len[DIR_UP] = whole + 900;
	assert_int_equal(tunnel_say(&bench, &line, DIR_UP), ACTION_BLOCK);
	judge_forwarded(bench.judge, &bench.flow, whole);
	bench_end(&bench);
	assert_int_equal(bench.told.count, 1);
	assert_int_equal(bench.told.events[0].bytes_forwarded, 2);
	bench_fini(&bench);
	tg_fini(&line.tg);
}

static void
a_policy_may_ask_for_more_than_a_guess(void **state)
{
	struct bench bench;
	struct line line;

	(void)state;
	tunnel_open(&bench, &line, POLICY(", confidence: [medium, high]"));
	tg_frame(&line.tg, DIR_UP, tg_message(book(500)));
	assert_int_equal(tunnel_say(&bench, &line, DIR_UP), ACTION_ALLOW);
	tg_frame(&line.tg, DIR_DOWN, tg_message(9000));
	assert_int_equal(tunnel_say(&bench, &line, DIR_DOWN), ACTION_ALLOW);
	bench_end(&bench);
	assert_int_equal(bench.told.count, 1);
	assert_false(bench.told.events[0].verdict.enforced);
	bench_fini(&bench);
	tg_fini(&line.tg);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_book_is_counted_by_its_frame),
		cmocka_unit_test(measured_books_are_within_the_range),
		cmocka_unit_test(slices_are_one_upload),
		cmocka_unit_test(chat_and_files_are_none),
		cmocka_unit_test(a_book_is_known_by_its_head),
		cmocka_unit_test(what_is_no_book_passes),
		cmocka_unit_test(both_doors_say_the_same),
		cmocka_unit_test(a_gap_inside_a_frame_is_stepped_over),
		cmocka_unit_test(a_lost_head_ends_the_claims),
		cmocka_unit_test(without_the_key_bursts_are_all),
		cmocka_unit_test(the_tunnel_is_closed_before_the_frame),
		cmocka_unit_test(what_has_gone_is_told_to_the_byte),
		cmocka_unit_test(a_policy_may_ask_for_more_than_a_guess),
	};

	return cmocka_run_group_tests(tests, rules_up, rules_down);
}
