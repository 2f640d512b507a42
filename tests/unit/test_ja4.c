/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "classifiers/hello.h"
#include "tests/unit/hello_build.h"
#include "tests/unit/hello_bytes.h"
#include "tests/unit/names.h"

static struct build message;

static const char *
ja4_of(const struct hello_spec *spec, enum hello_carrier carrier)
{
	static char text[JA4_MAX];
	struct hello hello;

	message.len = 0;
	put_hello(&message, spec);
	assert_true(hello_parse(&hello, message.bytes, message.len));
	assert_true(hello.whole);
	assert_true(ja4_text(&hello, carrier, text));
	return text;
}

/* Chrome's hello of the JA4 project's own description, in its order. */
static const struct hello_spec chrome = {
	.version = 0x0303,
	.ciphers = "0a0a,1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,"
	    "009c,009d,002f,0035",
	.extensions = "1a1a,0000,0017,ff01,000a,000b,0023,0010,0005,000d,0012,"
	    "0033,002d,002b,001b,4469,0015,baba",
	.host = "www.example.com", .alpn = "h2", .alpn_len = 2,
	.versions = "2a2a,0304,0303",
	.algorithms = "0403,0804,0401,0503,0805,0501,0806,0601",
};

static void
published_chrome(void **state)
{
	(void)state;
	assert_string_equal(ja4_of(&chrome, HELLO_ON_TCP),
	    "t13d1516h2_8daaf6152771_e5627efa2ab1");
	assert_string_equal(ja4_of(&chrome, HELLO_ON_QUIC),
	    "q13d1516h2_8daaf6152771_e5627efa2ab1");
}

/* The JA4 project's capture sigalg-grease: GREASE among the algorithms. */
static void
published_grease_algorithms(void **state)
{
	struct hello_spec spec = chrome;

	(void)state;
	spec.extensions = "fe0d,0010,0017,0033,44cd,ff01,000a,000d,0023,002b,"
	    "000b,ca34,002d,0000,0005,001b,0012";
	spec.algorithms = "fafa,0904,0905,0906,0403,0804,0401,0503,0805,0501,"
	    "0806,0601";
	assert_string_equal(ja4_of(&spec, HELLO_ON_TCP),
	    "t13d1517h2_8daaf6152771_cb7bf5808d99");
}

/* The order of suites and extensions must not matter; that of algorithms must. */
static void
order(void **state)
{
	struct hello_spec spec = chrome;
	char other[JA4_MAX];

	(void)state;
	spec.ciphers = "0035,002f,1303,1302,1301,c02b,c02f,c02c,c030,cca9,cca8,"
	    "c013,c014,009c,009d";
	spec.extensions = "0015,4469,001b,002b,002d,0033,0012,000d,0005,0010,"
	    "0023,000b,000a,ff01,0017,0000";
	assert_string_equal(ja4_of(&spec, HELLO_ON_TCP),
	    "t13d1516h2_8daaf6152771_e5627efa2ab1");
	spec.algorithms = "0804,0403,0401,0503,0805,0501,0806,0601";
	strcpy(other, ja4_of(&spec, HELLO_ON_TCP));
	assert_memory_equal(other, "t13d1516h2_8daaf6152771_", 24);
	assert_string_not_equal(other + 24, "e5627efa2ab1");
}

static void
real_programs(void **state)
{
	static const struct { const char *hex, *ja4; } rows[] = {
		{ HELLO_OPENSSL, "t13d3111h2_e8f1e7e78f70_1f22a2ca17c4" },
		{ HELLO_CURL, "t13d3112h1_e8f1e7e78f70_b26ce05bbdd6" },
	};
	uint8_t bytes[1024];
	struct hello hello;
	char text[JA4_MAX];
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		len = bytes_of_hex(rows[i].hex, bytes);
		assert_true(hello_parse(&hello, bytes + 5, len - 5));
		assert_true(ja4_text(&hello, HELLO_ON_TCP, text));
		assert_string_equal(text, rows[i].ja4);
	}
}

static void
bare_hellos(void **state)
{
	struct hello_spec spec = { .version = 0x0301, .ciphers = "002f" };

	(void)state;
	/* The digests are those of the texts "002f" and "0017". */
	assert_string_equal(ja4_of(&spec, HELLO_ON_TCP),
	    "t10i010000_ba72b8082249_000000000000");
	spec.ciphers = "";
	assert_string_equal(ja4_of(&spec, HELLO_ON_TCP),
	    "t10i000000_000000000000_000000000000");
	/* Extensions, but no algorithms: no mark behind the list. */
	spec.version = 0x0302;
	spec.extensions = "0017";
	assert_string_equal(ja4_of(&spec, HELLO_ON_TCP),
	    "t11i000100_000000000000_1ca028f07214");
}

static void
protocols(void **state)
{
	static const struct { const char *alpn; size_t len; const char *text; } rows[] = {
		{ "h2", 2, "h2" }, { "http/1.1", 8, "h1" }, { "h", 1, "hh" },
		{ "\xab", 1, "ab" }, { "\xab\xcd", 2, "ad" },
		{ "\x30\xab", 2, "3b" }, { "\x30\x31\xab\xcd", 4, "3d" },
		{ "\x30\xab\xcd\x31", 4, "01" }, { "\x3a\x3a", 2, "00" },
		{ NULL, 0, "00" }, { "-x", 2, "28" },
	};
	struct hello_spec spec = { .version = 0x0303, .ciphers = "1301",
	    .extensions = "0010" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		spec.alpn = rows[i].alpn;
		spec.alpn_len = rows[i].len;
		assert_memory_equal(ja4_of(&spec, HELLO_ON_TCP) + 8,
		    rows[i].text, 2);
	}
}

static void
versions(void **state)
{
	static const struct { const char *list, *text; } rows[] = {
		{ "0304,0303", "13" }, { "0303", "12" }, { "0302,0301", "11" },
		{ "0301", "10" }, { "0300", "s3" }, { "0002", "s2" },
		{ "7f1c,0303", "00" }, { "6a6a,0302", "11" },
	};
	struct hello_spec spec = { .version = 0x0303, .ciphers = "1301",
	    .extensions = "002b" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		spec.versions = rows[i].list;
		assert_memory_equal(ja4_of(&spec, HELLO_ON_TCP) + 1,
		    rows[i].text, 2);
	}
}

/* Counts stop at two digits; lists beyond any client give no fingerprint. */
static void
many_suites(void **state)
{
	static char list[5 * 2000 + 1];
	struct hello_spec spec = { .version = 0x0303, .ciphers = list };
	char text[JA4_MAX];
	struct hello hello;

	(void)state;
	for (int i = 0; i < 150; i++)
		strcat(list, "c02b,");
	list[strlen(list) - 1] = '\0';
	assert_memory_equal(ja4_of(&spec, HELLO_ON_TCP), "t12i990000_", 11);
	for (int i = 0; i < 1000; i++)
		strcat(list, ",c02b");
	message.len = 0;
	put_hello(&message, &spec);
	assert_true(hello_parse(&hello, message.bytes, message.len));
	assert_false(ja4_text(&hello, HELLO_ON_TCP, text));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_chrome),
		cmocka_unit_test(published_grease_algorithms),
		cmocka_unit_test(order),
		cmocka_unit_test(real_programs),
		cmocka_unit_test(bare_hellos),
		cmocka_unit_test(protocols),
		cmocka_unit_test(versions),
		cmocka_unit_test(many_suites),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
