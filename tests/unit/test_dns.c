/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "tests/unit/hello_build.h"
#include "tests/unit/names.h"

enum { A = 1, CNAME = 5, AAAA = 28, SVCB = 64, HTTPS = 65 };

static struct run run;
static struct build m;			/* one message */

/* "www.example.com" as labels, without compression. */
static void
put_name(const char *name)
{
	while (*name != '\0') {
		size_t len = strcspn(name, ".");

		put_u8(&m, (unsigned)len);
		put_bytes(&m, name, len);
		name += len + (name[len] == '.');
	}
	put_u8(&m, 0);
}

static void
question(unsigned flags, const char *name, unsigned type, unsigned answers)
{
	m.len = 0;
	put_u16(&m, 0x1234);
	put_u16(&m, flags);
	put_u16(&m, 1);
	put_u16(&m, answers);
	put_u16(&m, 0);
	put_u16(&m, 0);
	put_name(name);
	put_u16(&m, type);
	put_u16(&m, 1);
}

/* Owner NULL: a pointer to the question's name. */
static size_t
record(const char *owner, unsigned type, unsigned ttl)
{
	if (owner == NULL)
		put_u16(&m, 0xc00c);
	else
		put_name(owner);
	put_u16(&m, type);
	put_u16(&m, 1);
	put_u16(&m, ttl >> 16);
	put_u16(&m, ttl & 0xffff);
	return put_open(&m, 2);
}

static void
address(const char *owner, unsigned last, unsigned ttl)
{
	size_t begin = record(owner, A, ttl);

	put_bytes(&m, "\xc0\x00\x02", 3);
	put_u8(&m, last);
	put_close(&m, begin, 2);
}

static void
alias(const char *owner, const char *target)
{
	size_t begin = record(owner, CNAME, 60);

	put_name(target);
	put_close(&m, begin, 2);
}

static void
begin(uint8_t proto)
{
	run_begin(&run, &classifier_dns, proto, 53);
}

/* Hands the message over as one datagram from the server. */
static void
answer(void)
{
	begin(IPPROTO_UDP);
	run_up(&run, "query", 5);
	run_chunk(&run, DIR_DOWN, m.bytes, m.len, 0);
	assert_int_equal(run.more, MORE_DOWN);
	run_end(&run);
}

static void
heard(unsigned i, const char *name, const char *addr, unsigned ttl)
{
	assert_true(run.heard.answers > i);
	assert_string_equal(run.heard.answer[i].name, name);
	assert_string_equal(run.heard.answer[i].addr, addr);
	assert_int_equal(run.heard.answer[i].ttl, ttl);
}

static void
plain(void **state)
{
	(void)state;
	question(0x8180, "WWW.Example.com", A, 2);
	address(NULL, 1, 300);
	address("www.example.COM", 2, 100000);
	answer();
	assert_int_equal(run.heard.answers, 2);
	heard(0, "www.example.com", "192.0.2.1", 300);
	heard(1, "www.example.com", "192.0.2.2", 100000);
}

static void
ipv6(void **state)
{
	static const uint8_t addr[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 9 };
	size_t at;

	(void)state;
	question(0x8180, "six.example", AAAA, 1);
	at = record(NULL, AAAA, 5);
	put_bytes(&m, addr, 16);
	put_close(&m, at, 2);
	answer();
	assert_int_equal(run.heard.answers, 1);
	heard(0, "six.example", "2001:db8::9", 5);
}

/* The name the client asked for, through aliases in any order. */
static void
aliases(void **state)
{
	(void)state;
	question(0x8180, "app.example", A, 4);
	alias(NULL, "a.cdn.example");
	alias("a.cdn.example", "b.cdn.example");
	address("b.cdn.example", 7, 20);
	address("unrelated.example", 8, 20);
	answer();
	assert_int_equal(run.heard.answers, 1);
	heard(0, "app.example", "192.0.2.7", 20);

	question(0x8180, "app.example", A, 3);
	address("b.cdn.example", 7, 20);
	alias("a.cdn.example", "b.cdn.example");
	alias("app.example", "a.cdn.example");
	answer();
	assert_int_equal(run.heard.answers, 1);
	heard(0, "app.example", "192.0.2.7", 20);
}

static void
alias_loops(void **state)
{
	char from[32], to[32];

	(void)state;
	question(0x8180, "a.example", A, 3);
	alias("a.example", "b.example");
	alias("b.example", "a.example");
	address("c.example", 1, 1);
	answer();
	assert_int_equal(run.heard.answers, 0);
	question(0x8180, "n0.example", A, 41);
	for (int i = 0; i < 40; i++) {
		snprintf(from, sizeof(from), "n%d.example", i);
		snprintf(to, sizeof(to), "n%d.example", i + 1);
		alias(from, to);
	}
	address("n40.example", 1, 1);
	answer();
	assert_int_equal(run.heard.answers, 0);
}

static void
put_hints(size_t v4, size_t v6)
{
	size_t value;

	put_u16(&m, 1);			/* alpn */
	value = put_open(&m, 2);
	put_bytes(&m, "\x02h2", 3);
	put_close(&m, value, 2);
	put_u16(&m, 4);
	value = put_open(&m, 2);
	for (size_t i = 0; i < v4; i++) {
		put_bytes(&m, "\xcb\x00\x71", 3);
		put_u8(&m, (unsigned)i + 1);
	}
	put_close(&m, value, 2);
	put_u16(&m, 6);
	value = put_open(&m, 2);
	for (size_t i = 0; i < v6; i++)
		put_bytes(&m, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x06", 16);
	put_close(&m, value, 2);
}

/* RFC 9460: hints, and the name without its leading port and scheme. */
static void
service(void **state)
{
	size_t at;

	(void)state;
	question(0x8180, "_8443._https.svc.example", HTTPS, 1);
	at = record(NULL, HTTPS, 77);
	put_u16(&m, 1);
	put_name("target.example");
	put_hints(2, 1);
	put_close(&m, at, 2);
	answer();
	assert_int_equal(run.heard.answers, 3);
	heard(0, "svc.example", "203.0.113.1", 77);
	heard(1, "svc.example", "203.0.113.2", 77);
	heard(2, "svc.example", "2001:db8::6", 77);

	question(0x8180, "svc.example", SVCB, 1);
	at = record(NULL, SVCB, 77);
	put_u16(&m, 1);
	put_u8(&m, 0);
	put_hints(1, 0);
	put_close(&m, at, 2);
	answer();
	assert_int_equal(run.heard.answers, 1);
	heard(0, "svc.example", "203.0.113.1", 77);
}

/* Queries, errors, other operations and odd counts of questions. */
static void
not_answers(void **state)
{
	static const unsigned flags[] = { 0x0100, 0x8183, 0x8182, 0xa800 };

	(void)state;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		question(flags[i], "a.example", A, 1);
		address(NULL, 1, 1);
		answer();
		assert_int_equal(run.heard.answers, 0);
	}
	for (unsigned count = 0; count < 3; count += 2) {
		question(0x8180, "a.example", A, 1);
		m.bytes[5] = (uint8_t)count;
		address(NULL, 1, 1);
		answer();
		assert_int_equal(run.heard.answers, 0);
	}
}

/* What the client sends is never an answer. */
static void
wrong_direction(void **state)
{
	(void)state;
	question(0x8180, "a.example", A, 1);
	address(NULL, 1, 1);
	begin(IPPROTO_UDP);
	run_up(&run, m.bytes, m.len);
	run_end(&run);
	assert_int_equal(run.heard.answers, 0);
	/* A capture that began with the answer takes the server for the client. */
	run_begin(&run, &classifier_dns, IPPROTO_UDP, 40001);
	run.flow.client_port = 53;
	run_up(&run, m.bytes, m.len);
	run_end(&run);
	assert_int_equal(run.heard.answers, 1);
	run_begin(&run, &classifier_dns, IPPROTO_UDP, 5353);
	run_chunk(&run, DIR_DOWN, m.bytes, m.len, 0);
	assert_int_equal(run.interest, INTEREST_NO);
	run_end(&run);
}

static void
bad_names(void **state)
{
	static const char *const names[] = { "sp ace.example", "b\x01.example",
	    "star*.example", "ut\xc3\xa4.example", "slash/.example" };
	char name[300];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		question(0x8180, names[i], A, 1);
		address(NULL, 1, 1);
		answer();
		assert_int_equal(run.heard.answers, 0);
	}
	memset(name, 'a', sizeof(name));
	for (size_t i = 60; i < sizeof(name); i += 61)
		name[i] = '.';
	name[255] = '\0';
	question(0x8180, name, A, 1);
	address(NULL, 1, 1);
	answer();
	assert_int_equal(run.heard.answers, 1);
	name[255] = 'a';
	name[256] = '\0';
	question(0x8180, name, A, 1);
	address(NULL, 1, 1);
	answer();
	assert_int_equal(run.heard.answers, 0);
}

/* Pointers to themselves, forward, and in a circle. */
static void
pointer_loops(void **state)
{
	(void)state;
	for (unsigned target = 0; target < 64; target++) {
		question(0x8180, "a.example", A, 1);
		address(NULL, 1, 1);
		m.bytes[12] = 0xc0;
		m.bytes[13] = (uint8_t)target;
		answer();
		question(0x8180, "a.example", A, 1);
		address(NULL, 1, 1);
		m.bytes[m.len - 15] = (uint8_t)target;
		answer();
		assert_int_equal(run.heard.answers, target == 12);
	}
}

static void
many_answers(void **state)
{
	(void)state;
	question(0x8180, "a.example", A, 200);
	for (unsigned i = 0; i < 200; i++)
		address(NULL, i, 1);
	answer();
	assert_in_range(run.heard.answers, 16, 64);
}

/* Every cut of a message gives the answers that are whole in it. */
static void
cut_anywhere(void **state)
{
	size_t len, first;

	(void)state;
	question(0x8180, "a.example", A, 2);
	address(NULL, 1, 1);
	first = m.len;
	address(NULL, 2, 1);
	for (len = m.len; m.len > 0; m.len--) {
		answer();
		assert_int_equal(run.heard.answers,
		    m.len == len ? 2 : m.len >= first ? 1 : 0);
	}
}

/* Over TCP: two messages, cut into two segments at every byte. */
static void
over_tcp(void **state)
{
	static struct build stream;

	(void)state;
	stream.len = 0;
	for (unsigned i = 0; i < 2; i++) {
		question(0x8180, i ? "second.example" : "first.example", A, 1);
		address(NULL, i + 1, 1);
		put_u16(&stream, (unsigned)m.len);
		put_bytes(&stream, m.bytes, m.len);
	}
	for (size_t cut = 0; cut <= stream.len; cut++) {
		begin(IPPROTO_TCP);
		run_chunk(&run, DIR_DOWN, stream.bytes, cut, 0);
		run_up(&run, "query", 5);
		run_chunk(&run, DIR_DOWN, stream.bytes + cut, stream.len - cut, 0);
		run_end(&run);
		assert_int_equal(run.heard.answers, 2);
		heard(0, "first.example", "192.0.2.1", 1);
		heard(1, "second.example", "192.0.2.2", 1);
	}
	begin(IPPROTO_TCP);
	for (size_t i = 0; i < stream.len; i++)
		run_chunk(&run, DIR_DOWN, stream.bytes + i, 1, 0);
	run_end(&run);
	assert_int_equal(run.heard.answers, 2);
	/* After a gap nobody knows where a message starts. */
	begin(IPPROTO_TCP);
	run_chunk(&run, DIR_DOWN, stream.bytes, 20, 0);
	run_chunk(&run, DIR_DOWN, stream.bytes, stream.len, 7);
	assert_int_equal(run.more, 0);
	run_end(&run);
	assert_int_equal(run.heard.answers, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain),
		cmocka_unit_test(ipv6),
		cmocka_unit_test(aliases),
		cmocka_unit_test(alias_loops),
		cmocka_unit_test(service),
		cmocka_unit_test(not_answers),
		cmocka_unit_test(wrong_direction),
		cmocka_unit_test(bad_names),
		cmocka_unit_test(pointer_loops),
		cmocka_unit_test(many_answers),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(over_tcp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
