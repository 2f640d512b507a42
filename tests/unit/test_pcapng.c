/* SPDX-License-Identifier: Apache-2.0 */
/* Reading sound captures of the pcapng format. */
#include "unit/pcapng.h"

/* Sections of both byte orders in one file, interfaces of several kinds. */
static void
test_sections_and_interfaces(void **state)
{
	static const uint16_t links[] = { 1, 101, 113 };
	struct bytes b = { 0 };
	struct source *source;
	struct frame frame;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		b.big = i;
		put_section(&b, 1);
		for (unsigned k = 0; k < 3; k++)
			put_interface(&b, links[k], 0, "");
		for (unsigned k = 0; k < 3; k++)
			put_packet(&b, k, 1000 * i + k, 5, 60 + k, "abcde");
	}
	source = reading(&b);
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(source_next(source, &frame), SOURCE_FRAME);
		assert_int_equal(frame.link, links[i % 3]);
		assert_int_equal(frame.interface, i % 3);
		assert_int_equal(frame.time_us, 1000 * (i / 3) + i % 3);
		assert_int_equal(frame.caplen, 5);
		assert_int_equal(frame.len, 60 + i % 3);
		assert_memory_equal(frame.data, "abcde", 5);
	}
	expect_end(source, 0, SOURCE_END, "");
}

#define RESOLUTION(hex) "09 00 01 00 " hex " 00 00 00 "
#define OFFSET(hex) "0e 00 08 00 " hex " "
#define YEAR_9999 UINT64_C(253402300799999999)

static const struct {
	const char *options;
	uint64_t units, us;
} time_rows[] = {
	{ "", 1234567, 1234567 },
	{ RESOLUTION("06"), 1234567, 1234567 },
	{ RESOLUTION("00"), 12, 12000000 },
	{ RESOLUTION("03"), 1234, 1234000 },
	{ RESOLUTION("09"), 1234567891, 1234567 },
	{ RESOLUTION("13"), UINT64_C(10000000000000000000), 1000000 },
	{ RESOLUTION("19"), UINT64_MAX, 1 },
	{ RESOLUTION("1a"), UINT64_MAX, 0 },
	{ RESOLUTION("7f"), UINT64_MAX, 0 },
	{ RESOLUTION("80"), 12, 12000000 },
	{ RESOLUTION("8a"), 1024 + 512, 1500000 },
	{ RESOLUTION("a0"), (UINT64_C(7) << 32) + (UINT64_C(1) << 30), 7250000 },
	{ RESOLUTION("bf"), UINT64_C(3) << 62, 1500000 },
	{ RESOLUTION("c0"), UINT64_C(1) << 63, 500000 },
	{ RESOLUTION("d0"), UINT64_MAX, 15 },
	{ RESOLUTION("ff"), UINT64_MAX, 0 },
	{ RESOLUTION("00"), UINT64_MAX, YEAR_9999 },
	{ "", UINT64_MAX, YEAR_9999 },
	{ OFFSET("0a 00 00 00 00 00 00 00"), 5, 10000005 },
	{ OFFSET("ff ff ff ff ff ff ff ff"), 3000001, 2000001 },
	{ OFFSET("ff ff ff ff ff ff ff ff"), 5, 0 },
	{ OFFSET("00 00 00 00 00 00 00 80"), 5, 5 },	/* not believed */
	{ OFFSET("ff ff ff ff ff ff ff 7f"), 5, 5 },
	{ OFFSET("7f 41 f4 ff 3a 00 00 00"), 2000000, YEAR_9999 },
	{ RESOLUTION("09") OFFSET("01 00 00 00 00 00 00 00"), 2000, 1000002 },
	{ "00 00 00 00 " RESOLUTION("09"), 7, 7 },	/* behind the end */
	{ "63 00 05 00 01 02 03 04 05 00 00 00" RESOLUTION("09"), 7000, 7 },
	{ "63 00 ff ff 01 02 03 04 " RESOLUTION("09"), 7, 7 },	/* a lie */
	{ "09 00 02 00 09 09 00 00", 7, 7 },		/* wrong length */
};

static void
test_times(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(time_rows) / sizeof(time_rows[0]); i++) {
		struct bytes b = { 0 };
		struct source *source;
		struct frame frame;

		put_section(&b, 1);
		put_interface(&b, 1, 0, time_rows[i].options);
		put_packet(&b, 0, time_rows[i].units, 5, 5, "abcde");
		source = reading(&b);
		assert_int_equal(source_next(source, &frame), SOURCE_FRAME);
		assert_int_equal(frame.time_us, time_rows[i].us);
		expect_end(source, 0, SOURCE_END, "");
	}
}

/* No time of its own, and as much captured as the interface lets through. */
static void
test_simple_packets(void **state)
{
	struct bytes b = { 0 }, body = { 0 };
	struct source *source;
	struct frame frame;

	(void)state;
	put_section(&b, 1);
	put_interface(&b, 1, 6, "");
	put_packet(&b, 0, 4711, 5, 60, "abcde");
	bytes_u32(&body, 100);
	bytes_put(&body, "abcdef", 6);
	put_block(&b, 3, &body);
	body.len = 0;
	bytes_u32(&body, 3);
	bytes_put(&body, "abc", 3);
	put_block(&b, 3, &body);
	bytes_fini(&body);
	source = reading(&b);
	assert_int_equal(source_next(source, &frame), SOURCE_FRAME);
	assert_int_equal(source_next(source, &frame), SOURCE_FRAME);
	assert_int_equal(frame.caplen, 6);
	assert_int_equal(frame.len, 100);
	assert_int_equal(frame.time_us, 4711);
	assert_int_equal(source_next(source, &frame), SOURCE_FRAME);
	assert_int_equal(frame.caplen, 3);
	assert_memory_equal(frame.data, "abc", 3);
	expect_end(source, 0, SOURCE_END, "");
}

static void
test_obsolete_packets(void **state)
{
	struct bytes b = { 0 }, body = { 0 };
	struct source *source;
	struct frame frame;

	(void)state;
	put_section(&b, 1);
	put_interface(&b, 1, 0, "");
	put_interface(&b, 101, 0, "");
	bytes_u16(&body, 1);
	bytes_u16(&body, 0xffff);	/* drops */
	bytes_u64(&body, UINT64_C(9) << 32);
	bytes_u32(&body, 4);
	bytes_u32(&body, 44);
	bytes_put(&body, "abcd", 4);
	put_block(&b, 2, &body);
	bytes_fini(&body);
	source = reading(&b);
	assert_int_equal(source_next(source, &frame), SOURCE_FRAME);
	assert_int_equal(frame.interface, 1);
	assert_int_equal(frame.link, 101);
	assert_int_equal(frame.time_us, 9);
	assert_int_equal(frame.len, 44);
	expect_end(source, 0, SOURCE_END, "");
}

/* Names, statistics, private blocks: also one longer than the window. */
static void
test_other_blocks(void **state)
{
	static const uint32_t types[] = { 4, 5, 9, 0xbad, 0x40000bad, 0x80000001 };
	struct bytes b = one_packet(), body = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		bytes_end(&body, i == 0 ? 3u << 20 : 8);
		put_block(&b, types[i], &body);
		bytes_fini(&body);
	}
	put_packet(&b, 0, 78, 5, 60, "abcde");
	expect_end(reading(&b), 2, SOURCE_END, "");
}

struct keys {
	struct source_secrets secrets;
	char text[32];
	uint32_t type;
	unsigned count;
};

static void
keys_take(struct source_secrets *secrets, uint32_t type, const uint8_t *data,
    size_t len)
{
	struct keys *keys = (struct keys *)secrets;

	assert_true(len < sizeof(keys->text));
	memcpy(keys->text, data, len);
	keys->type = type;
	keys->count++;
}

static void
put_secrets(struct bytes *b, uint32_t len, const char *text)
{
	struct bytes body = { .big = b->big };

	bytes_u32(&body, SOURCE_SECRETS_TLS);
	bytes_u32(&body, len);
	bytes_put(&body, text, strlen(text));
	put_block(b, 10, &body);
	bytes_fini(&body);
}

static void
test_secrets(void **state)
{
	struct keys keys = { .secrets.take = keys_take };
	struct bytes b = { .big = true };
	struct source *source;
	struct frame frame;

	(void)state;
	put_section(&b, 1);
	put_secrets(&b, 13, "CLIENT_RANDOM");
	put_interface(&b, 1, 0, "");
	put_packet(&b, 0, 0, 5, 5, "abcde");
	source = reading(&b);
	source_secrets_to(source, &keys.secrets);
	assert_int_equal(source_next(source, &frame), SOURCE_FRAME);
	assert_int_equal(keys.count, 1);
	assert_int_equal(keys.type, SOURCE_SECRETS_TLS);
	assert_string_equal(keys.text, "CLIENT_RANDOM");
	expect_end(source, 0, SOURCE_END, "");
}

/* Secrets longer than their block are refused; nobody asked: no harm. */
static void
test_secrets_lie(void **state)
{
	struct keys keys = { .secrets.take = keys_take };
	struct bytes b = one_packet();
	struct source *source;

	(void)state;
	put_secrets(&b, 17, "CLIENT_RANDOM");
	put_packet(&b, 0, 0, 5, 5, "abcde");
	source = reading(&b);
	source_secrets_to(source, &keys.secrets);
	expect_end(source, 2, SOURCE_DAMAGED, "secrets of 17 bytes in a block "
	    "with room for 16");
	assert_int_equal(keys.count, 0);
	b = one_packet();
	put_secrets(&b, 13, "CLIENT_RANDOM");
	expect_end(reading(&b), 1, SOURCE_END, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sections_and_interfaces),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_simple_packets),
		cmocka_unit_test(test_obsolete_packets),
		cmocka_unit_test(test_other_blocks),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_secrets_lie),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
