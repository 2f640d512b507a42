/* SPDX-License-Identifier: Apache-2.0 */
/* What a faulty pcapng costs: the faulty block, or what comes behind it. */
#include "unit/pcapng.h"

/* One packet that cannot be read, and the file goes on. */
static void
expect_one_lost(struct bytes *b, uint32_t caplen, const char *words)
{
	struct source *source = reading(b);
	struct frame frame;

	assert_int_equal(source_next(source, &frame), SOURCE_FRAME);
	assert_int_equal(frame.link, SOURCE_LINK_UNKNOWN);
	assert_int_equal(frame.caplen, caplen);
	assert_true(frame.len >= frame.caplen);
	assert_int_equal(source_next(source, &frame), SOURCE_FRAME);
	assert_int_equal(frame.link, 1);
	assert_int_equal(frame.time_us, 9);
	expect_end(source, 0, SOURCE_DAMAGED, words);
}

static void
test_interface_never_declared(void **state)
{
	struct bytes b = { 0 };

	(void)state;
	put_section(&b, 1);
	put_interface(&b, 1, 0, "");
	put_packet(&b, 1, 8, 5, 5, "abcde");
	put_packet(&b, 0, 9, 5, 5, "abcde");
	expect_one_lost(&b, 5, "byte 48, packet 1: its interface, 1, was never "
	    "declared");
}

static void
test_captured_length_lies(void **state)
{
	struct bytes b = { 0 };

	(void)state;
	put_section(&b, 1);
	put_interface(&b, 1, 0, "");
	put_packet(&b, 0, 8, 900, 5, "abcde");
	put_packet(&b, 0, 9, 5, 5, "abcde");
	expect_one_lost(&b, 8, "byte 48, packet 1: its captured length, 900 "
	    "bytes, is over the block's room of 8");
}

static void
test_captured_length_over_limit(void **state)
{
	struct bytes b = { 0 }, body = { 0 };

	(void)state;
	put_section(&b, 1);
	put_interface(&b, 1, 0, "");
	bytes_end(&body, 12);
	bytes_u32(&body, SOURCE_FRAME_MAX + 1);
	bytes_u32(&body, SOURCE_FRAME_MAX + 1);
	bytes_end(&body, SOURCE_FRAME_MAX + 1);
	put_block(&b, 6, &body);
	bytes_fini(&body);
	put_packet(&b, 0, 9, 5, 5, "abcde");
	expect_one_lost(&b, SOURCE_FRAME_MAX, "is over the limit of 262144");
}

static void
test_simple_packet_without_interface(void **state)
{
	struct bytes b = { 0 }, body = { 0 };

	(void)state;
	put_section(&b, 1);
	bytes_u32(&body, 4);
	bytes_put(&body, "abcd", 4);
	put_block(&b, 3, &body);
	bytes_fini(&body);
	put_interface(&b, 1, 0, "");
	put_packet(&b, 0, 9, 5, 5, "abcde");
	expect_one_lost(&b, 4, "its interface, 0, was never declared");
}

static void
test_block_too_short(void **state)
{
	struct bytes b = one_packet(), body = { 0 };

	(void)state;
	bytes_end(&body, 16);
	put_block(&b, 6, &body);
	bytes_fini(&body);
	put_packet(&b, 0, 0, 5, 5, "abcde");
	expect_damaged(&b, 2, "byte 88, packet 2: a block of type 6 with only "
	    "28 bytes");
}

static void
test_too_many_interfaces(void **state)
{
	struct bytes b = { 0 }, block = { 0 };
	uint8_t *at;

	(void)state;
	put_section(&b, 1);
	put_interface(&block, 1, 0, "");
	at = bytes_end(&b, block.len * (SOURCE_INTERFACES_MAX + 1));
	for (unsigned i = 0; i <= SOURCE_INTERFACES_MAX; i++)
		memcpy(at + i * block.len, block.data, block.len);
	bytes_fini(&block);
	put_packet(&b, SOURCE_INTERFACES_MAX - 1, 0, 5, 5, "abcde");
	expect_damaged(&b, 1, "more than 65536 interfaces");
}

/* Lengths that leave nobody to say where the next block is. */
static void
test_block_lengths(void **state)
{
	static const struct { size_t at; uint8_t value; const char *words; } rows[] = {
		{ 92, 0, "a block of 0 bytes" },
		{ 92, 8, "a block of 8 bytes" },
		{ 92, 41, "a block of 41 bytes" },
		{ 95, 1, "a block of 16777256 bytes" },
		{ 94, 1, "the file ends within a block" },
		{ 124, 36, "a block's two lengths differ" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes b = one_packet();
		char words[80];

		put_packet(&b, 0, 78, 5, 60, "abcde");
		b.data[rows[i].at] = rows[i].value;
		snprintf(words, sizeof(words), "byte 88, packet 2: %s",
		    rows[i].words);
		expect_damaged(&b, 1, words);
	}
}

static void
test_cut_anywhere(void **state)
{
	struct bytes b = one_packet();
	size_t len = b.len;

	(void)state;
	bytes_fini(&b);
	for (size_t cut = 28; cut < len; cut++) {
		b = one_packet();
		b.len = cut;
		if (cut == 28 || cut == 48)
			expect_end(reading(&b), 0, SOURCE_END, "");
		else
			expect_damaged(&b, 0, "packet 1: the file ends within");
	}
}

static void
test_bad_first_section(void **state)
{
	struct bytes b = one_packet();

	(void)state;
	b.data[8] = 0;
	expect_refused(&b, "byte-order mark is wrong");
	b = one_packet();
	b.data[12] = 2;
	expect_refused(&b, "version 2");
	b = one_packet();
	b.len = 27;
	expect_refused(&b, "cut off after 27 bytes");
}

static void
test_bad_later_section(void **state)
{
	struct bytes b = one_packet();
	size_t at = b.len;

	(void)state;
	put_section(&b, 2);
	expect_damaged(&b, 1, "a section of pcapng version 2");
	b = one_packet();
	put_section(&b, 1);
	b.data[at + 8] = 0;
	expect_damaged(&b, 1, "byte 88, packet 2: a section's byte-order mark");
}

/* Interfaces belong to their section alone. */
static void
test_sections_share_nothing(void **state)
{
	struct bytes b = one_packet();

	(void)state;
	put_section(&b, 1);
	put_packet(&b, 0, 9, 5, 5, "abcde");
	expect_damaged(&b, 2, "its interface, 0, was never declared");
}

/* The first fault is told, though damage follows. */
static void
test_first_reason_stays(void **state)
{
	struct bytes b = one_packet();

	(void)state;
	put_packet(&b, 7, 9, 5, 5, "abcde");
	put_packet(&b, 0, 9, 5, 5, "abcde");
	b.len -= 4;
	expect_damaged(&b, 2, "its interface, 7, was never declared");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interface_never_declared),
		cmocka_unit_test(test_captured_length_lies),
		cmocka_unit_test(test_captured_length_over_limit),
		cmocka_unit_test(test_simple_packet_without_interface),
		cmocka_unit_test(test_block_too_short),
		cmocka_unit_test(test_too_many_interfaces),
		cmocka_unit_test(test_block_lengths),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_bad_first_section),
		cmocka_unit_test(test_bad_later_section),
		cmocka_unit_test(test_sections_share_nothing),
		cmocka_unit_test(test_first_reason_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
