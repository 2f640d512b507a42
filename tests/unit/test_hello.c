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

#define JA4_OPENSSL "t13d3111h2_e8f1e7e78f70_1f22a2ca17c4"

static struct run run;
static uint8_t real[1024];
static size_t real_len;
static struct build message, wire;

static void
begin(void)
{
	run_begin(&run, &classifier_hello, IPPROTO_TCP, 443);
}

static int
setup(void **state)
{
	(void)state;
	real_len = bytes_of_hex(HELLO_OPENSSL, real);
	message.len = wire.len = 0;
	return 0;
}

static void
heard_real(void)
{
	assert_int_equal(run.heard.hellos, 1);
	assert_int_equal(run.heard.hosts, 1);
	assert_int_equal(run.heard.version, 0x0304);
	assert_string_equal(run.heard.host, "upload.example.com");
	assert_int_equal(run.heard.source, HOST_SNI);
	assert_string_equal(run.heard.ja4, JA4_OPENSSL);
}

/* A hello with the given extensions and a name, as one record in `wire`. */
static void
build(const char *extensions, const char *host)
{
	const struct hello_spec spec = { .version = 0x0303, .ciphers = "1301,002f",
	    .extensions = extensions, .host = host, .versions = "2a2a,0304,0303" };

	message.len = wire.len = 0;
	put_hello(&message, &spec);
	put_records(&wire, message.bytes, message.len, 16384);
}

static void
whole(void **state)
{
	(void)state;
	begin();
	run_up(&run, real, real_len);
	assert_int_equal(run.interest, INTEREST_YES);
	assert_int_equal(run.more, 0);
	heard_real();
	run_end(&run);
	assert_int_equal(run.heard.hellos, 1);
}

static void
ja4_only_when_wanted(void **state)
{
	(void)state;
	begin();
	run.task.want_ja4 = false;
	run_up(&run, real, real_len);
	assert_int_equal(run.heard.hosts, 1);
	assert_int_equal(run.heard.ja4s, 0);
	run_end(&run);
}

/* Cut at every place into two segments, the answer is that of the whole. */
static void
cut_anywhere(void **state)
{
	(void)state;
	for (size_t cut = 1; cut < real_len; cut++) {
		begin();
		run_up(&run, real, cut);
		assert_int_equal(run.more, MORE_UP | (run.more & MORE_DOWN));
		assert_int_equal(run.heard.hellos, 0);
		run_up(&run, real + cut, real_len - cut);
		assert_int_equal(run.more, 0);
		heard_real();
		run_end(&run);
	}
}

static void
byte_by_byte(void **state)
{
	(void)state;
	begin();
	for (size_t i = 0; i < real_len; i++)
		run_up(&run, real + i, 1);
	assert_int_equal(run.more, 0);
	heard_real();
	run_end(&run);
}

/* Record sizes from one byte up: the message's own header is cut as well. */
static void
many_records(void **state)
{
	(void)state;
	for (size_t size = 1; size < 40; size++) {
		wire.len = 0;
		put_records(&wire, real + 5, real_len - 5, size);
		begin();
		run_up(&run, wire.bytes, wire.len / 2);
		run_chunk(&run, DIR_DOWN, "x", 1, 0);
		run_up(&run, wire.bytes + wire.len / 2, wire.len - wire.len / 2);
		heard_real();
		run_end(&run);
	}
}

static void
large(size_t padding, unsigned hosts)
{
	const struct hello_spec spec = { .version = 0x0303, .ciphers = "1301",
	    .extensions = "0015,0000", .host = "big.example.net",
	    .padding = padding };

	message.len = wire.len = 0;
	put_hello(&message, &spec);
	put_records(&wire, message.bytes, message.len, 16384);
	begin();
	for (size_t at = 0; at < wire.len && run.interest != INTEREST_NO; at += 1448)
		run_up(&run, wire.bytes + at,
		    wire.len - at < 1448 ? wire.len - at : 1448);
	assert_int_equal(run.more, 0);
	assert_int_equal(run.heard.hosts, hosts);
	run_end(&run);
}

/* 64 KiB is followed; a longer one is let go as soon as its length is read. */
static void
up_to_the_limit(void **state)
{
	(void)state;
	large(2000, 1);
	large(40000, 1);
	large(65000, 1);
	begin();
	run_up(&run, "\x16\x03\x01\x40\x00\x01\x01\x00\x01", 9);
	assert_int_equal(run.more, 0);
	run_end(&run);
	begin();
	run_up(&run, "\x16\x03\x01\x40\x00\x01\x01\x00\x00", 9);
	assert_int_equal(run.more, MORE_UP);
	run_end(&run);
}

static void
grease_and_versions(void **state)
{
	(void)state;
	build("1a1a,002b,0000", "a.example");
	begin();
	run_up(&run, wire.bytes, wire.len);
	assert_int_equal(run.heard.version, 0x0304);
	run_end(&run);
	build("0000", "a.example");
	begin();
	run_up(&run, wire.bytes, wire.len);
	assert_int_equal(run.heard.version, 0x0303);
	run_end(&run);
}

static void
encrypted_hello(void **state)
{
	static const char *const extensions[] = { "0000,fe0d", "0000,ffce", "0000" };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		build(extensions[i], "outer.example");
		begin();
		run_up(&run, wire.bytes, wire.len);
		assert_int_equal(run.heard.echs, i < 2);
		assert_string_equal(run.heard.host, "outer.example");
		run_end(&run);
	}
}

static void
no_name(void **state)
{
	(void)state;
	build("002b", NULL);
	begin();
	run_up(&run, wire.bytes, wire.len);
	assert_int_equal(run.heard.hellos, 1);
	assert_int_equal(run.heard.hosts, 0);
	run_end(&run);
	build("0000", "");
	begin();
	run_up(&run, wire.bytes, wire.len);
	assert_int_equal(run.heard.hosts, 0);
	run_end(&run);
}

static void
long_names(void **state)
{
	char name[300];

	(void)state;
	memset(name, 'a', sizeof(name));
	for (size_t len = 254; len < 258; len++) {
		name[len] = '\0';
		build("0000", name);
		begin();
		run_up(&run, wire.bytes, wire.len);
		assert_int_equal(run.heard.hosts, len <= HOST_MAX);
		run_end(&run);
		name[len] = 'a';
	}
}

/* What a cut hello said in full counts; what was cut is not guessed. */
static void
cut_for_good(void **state)
{
	/* Where the name ends in these bytes. */
	const size_t name_end = 5 + 4 + 2 + 32 + 33 + 64 + 2 + 2 + 27;

	(void)state;
	for (size_t cut = 1; cut < real_len; cut++) {
		begin();
		run_up(&run, real, cut);
		run_end(&run);
		assert_int_equal(run.heard.hosts, cut >= name_end);
		assert_int_equal(run.heard.ja4s, 0);
		assert_true(run.heard.version == 0 || cut > real_len - 60);
	}
}

static void
gap_ends_it(void **state)
{
	(void)state;
	begin();
	run_up(&run, real, 100);
	run_chunk(&run, DIR_UP, real + 200, real_len - 200, 100);
	assert_int_equal(run.more, 0);
	assert_int_equal(run.heard.hosts, 0);
	run_end(&run);
	/* A capture that begins with the hello knows no byte before it. */
	begin();
	run_chunk(&run, DIR_UP, real, real_len, GAP_UNKNOWN);
	heard_real();
	run_end(&run);
}

static void
not_a_hello(void **state)
{
	static const struct { const char *bytes; size_t len; } rows[] = {
		{ "GET / HTTP/1.1\r\n", 16 },
		{ "\x17\x03\x03\x00\x20", 5 },
		{ "\x16\x03\x03\x00\x20\x02", 6 },	/* ServerHello */
		{ "\x16\x02\x01\x00\x20\x01", 6 },
		{ "\x80\x2e\x01\x03\x01\x00\x15", 7 },	/* SSLv2's form */
		{ "\x16\x03\x05", 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		run_up(&run, rows[i].bytes, rows[i].len);
		assert_int_equal(run.interest, INTEREST_NO);
		run_end(&run);
	}
	begin();
	run_up(&run, "\x16\x03\x01\x00\x00\x01\x16\x03", 8);	/* empty record */
	assert_int_equal(run.more, 0);
	assert_int_equal(run.heard.hellos, 0);
	run_end(&run);
}

/* Another record between the pieces: not followed further. */
static void
alert_between(void **state)
{
	(void)state;
	wire.len = 0;
	put_records(&wire, real + 5, 100, 100);
	put_bytes(&wire, "\x15\x03\x01\x00\x02\x02\x28", 7);
	begin();
	run_up(&run, wire.bytes, wire.len);
	assert_int_equal(run.more, 0);
	assert_int_equal(run.heard.hosts, 0);
	run_end(&run);
}

static void
server_side_only(void **state)
{
	static const uint8_t server[1400] = { 22, 3, 3, 0, 100, 2 };

	(void)state;
	begin();
	for (int i = 0; i < 12 && run.interest == INTEREST_LATER; i++)
		run_chunk(&run, DIR_DOWN, server, sizeof(server), 0);
	assert_int_equal(run.interest, INTEREST_NO);
	run_end(&run);
}

/* Through a proxy the hello comes after the CONNECT and its answer. */
static void
after_connect(void **state)
{
	(void)state;
	begin();
	run_up(&run, "CONNECT upload.example.com:443 HTTP/1.1\r\n\r\n", 43);
	run_chunk(&run, DIR_DOWN, "HTTP/1.1 200 OK\r\n\r\n", 19, 0);
	run_up(&run, real, real_len);
	heard_real();
	run_end(&run);
}

/* Lengths that lie, one byte at a time: nothing is read past the end. */
static void
damaged(void **state)
{
	uint8_t *copy = malloc(real_len);

	(void)state;
	for (size_t at = 0; at < real_len; at++) {
		memcpy(copy, real, real_len);
		copy[at] ^= 0xff;
		begin();
		run_up(&run, copy, real_len);
		assert_true(run.heard.hosts <= 1);
		run_end(&run);
	}
	free(copy);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(whole, setup),
		cmocka_unit_test_setup(ja4_only_when_wanted, setup),
		cmocka_unit_test_setup(cut_anywhere, setup),
		cmocka_unit_test_setup(byte_by_byte, setup),
		cmocka_unit_test_setup(many_records, setup),
		cmocka_unit_test_setup(up_to_the_limit, setup),
		cmocka_unit_test_setup(grease_and_versions, setup),
		cmocka_unit_test_setup(encrypted_hello, setup),
		cmocka_unit_test_setup(no_name, setup),
		cmocka_unit_test_setup(long_names, setup),
		cmocka_unit_test_setup(cut_for_good, setup),
		cmocka_unit_test_setup(gap_ends_it, setup),
		cmocka_unit_test_setup(not_a_hello, setup),
		cmocka_unit_test_setup(alert_between, setup),
		cmocka_unit_test_setup(server_side_only, setup),
		cmocka_unit_test_setup(after_connect, setup),
		cmocka_unit_test_setup(damaged, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
