/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peek: a client's first bytes, however they are cut. Pitfall 20: hellos of
 * more than a segment, a record, or both.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "proxy/peek.h"
#include "tests/unit/hello_build.h"

static struct peek_buffer buffer;
static struct build message, records;

static const struct hello_spec spec = {
	.version = 0x0303, .ciphers = "1301,c02b", .extensions = "0000,0010,002b,0015",
	.host = "upload.example.org", .alpn = "h2", .alpn_len = 2, .versions = "0304"
};

static void
hello_make(size_t padding, size_t record)
{
	struct hello_spec padded = spec;

	padded.padding = padding;
	message.len = records.len = 0;
	put_hello(&message, &padded);
	put_records(&records, message.bytes, message.len, record);
	memset(buffer.data, 0, sizeof(buffer.data));
	memcpy(buffer.data, records.bytes, records.len < PEEK_MAX ? records.len : PEEK_MAX);
}

/*
 * At every length: never anything but "more" before the end; and the hello is
 * there at the latest when as many bytes have come as were asked for.
 */
static void
grows_to_a_hello(size_t padding, size_t record)
{
	size_t asked = 1;

	hello_make(padding, record);
	for (size_t len = 1; len < records.len; len++) {
		struct peek peek = peek_look(&buffer, len);

		assert_int_equal(peek.result, PEEK_MORE);
		assert_true(peek.need > len);
		assert_true(peek.need <= records.len);
		if (len >= asked)
			asked = peek.need;
	}
	assert_int_equal(asked, records.len);
}

static void
hello_is_found_when_whole(void **state)
{
	struct peek peek;

	(void)state;
	grows_to_a_hello(0, 16384);
	grows_to_a_hello(3000, 16384);
	grows_to_a_hello(3000, 100);
	grows_to_a_hello(200, 1);
	peek = peek_look(&buffer, records.len);
	assert_int_equal(peek.result, PEEK_HELLO);
}

static void
what_follows_does_not_matter(void **state)
{
	struct peek peek;

	(void)state;
	hello_make(0, 16384);
	peek = peek_look(&buffer, records.len + 100);
	assert_int_equal(peek.result, PEEK_HELLO);
}

static void
sixty_four_kib_is_read_more_is_not(void **state)
{
	struct peek peek;

	(void)state;
	hello_make(64000, 16384);
	assert_true(records.len <= PEEK_MAX);
	peek = peek_look(&buffer, records.len);
	assert_int_equal(peek.result, PEEK_HELLO);
	hello_make(65500, 16384);
	peek = peek_look(&buffer, 1000);
	assert_int_equal(peek.result, PEEK_OVERSIZE);
	/* Small enough as a message, too large with a head for every byte. */
	hello_make(20000, 1);
	peek = peek_look(&buffer, PEEK_MAX);
	assert_int_equal(peek.result, PEEK_OVERSIZE);
}

static void
alpn_is_what_we_speak(void **state)
{
	struct hello_spec other = spec;
	struct peek peek;

	(void)state;
	hello_make(0, 16384);
	peek = peek_look(&buffer, records.len);
	assert_true(peek.offered);
	assert_int_equal(peek.alpn_len, 3);
	assert_memory_equal(peek.alpn, "\x02h2", 3);
	other.alpn = "smtp";
	other.alpn_len = 4;
	message.len = records.len = 0;
	put_hello(&message, &other);
	put_records(&records, message.bytes, message.len, 16384);
	memcpy(buffer.data, records.bytes, records.len);
	peek = peek_look(&buffer, records.len);
	assert_int_equal(peek.result, PEEK_HELLO);
	assert_true(peek.offered);
	assert_int_equal(peek.alpn_len, 0);
}

static void
other_protocols_are_other(void **state)
{
	static const struct { const char *data; size_t len; } others[] = {
		{ "GET / HTTP/1.1\r\n", 16 }, { "\x80\x2e\x01\x03\x01", 5 },
		{ "\x16\x02\x00", 3 }, { "\x16\x03\x01\x00\x00", 5 },
		{ "\x16\x03\x01\xff\xff", 5 }, { "\x16\x03\x01\x00\x04\x02\x00\x00\x00", 9 },
		{ "\x17\x03\x03\x00\x10", 5 }, { "\xef", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		memcpy(buffer.data, others[i].data, others[i].len);
		assert_int_equal(peek_look(&buffer, others[i].len).result, PEEK_OTHER);
	}
}

/* Whatever a byte is changed to, lengths stay within what there is. */
static void
damaged_hellos_do_no_harm(void **state)
{
	(void)state;
	hello_make(40, 64);
	for (size_t at = 0; at < records.len; at++)
		for (unsigned bit = 0; bit < 8; bit++) {
			struct peek peek;

			buffer.data[at] ^= (uint8_t)(1u << bit);
			peek = peek_look(&buffer, records.len);
			assert_true(peek.alpn_len <= PEEK_ALPN_MAX);
			assert_true(peek.result != PEEK_MORE ||
			    (peek.need > records.len && peek.need <= PEEK_MAX));
			buffer.data[at] ^= (uint8_t)(1u << bit);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hello_is_found_when_whole),
		cmocka_unit_test(what_follows_does_not_matter),
		cmocka_unit_test(sixty_four_kib_is_read_more_is_not),
		cmocka_unit_test(alpn_is_what_we_speak),
		cmocka_unit_test(other_protocols_are_other),
		cmocka_unit_test(damaged_hellos_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
