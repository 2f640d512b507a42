/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose address is ours, what follows from it, and the two kinds of sockets.
 * The kernel's answers behind real rules are in tests/proxy/divert.sh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "proxy/origdst.h"

static struct addr
addr_of(const char *text)
{
	struct addr addr = { .family = 0 };

	if (text != NULL)
		assert_true(addr_parse(text, &addr));
	return addr;
}

/* As getifaddrs would have filled it: in the order of their bytes. */
static struct addr here[3];
static const struct own_addrs gateway = { here, 3 };

static int
setup(void **state)
{
	(void)state;
	here[0] = addr_of("2001:db8:1::1");
	here[1] = addr_of("192.0.2.1");
	here[2] = addr_of("198.51.100.1");
	return 0;
}

static const struct {
	const char *client, *meant;
	enum origdst_result result;
} cases[] = {
	{ "192.0.2.7", "203.0.113.5", ORIGDST_DIVERTED },
	{ "2001:db8:1::7", "2001:db8:9::5", ORIGDST_DIVERTED },
	/* the same host number elsewhere is somebody else */
	{ "192.0.2.7", "192.0.2.11", ORIGDST_DIVERTED },
	/* the client meant the gateway, by any of its addresses */
	{ "192.0.2.7", "192.0.2.1", ORIGDST_DIRECT },
	{ "192.0.2.7", "198.51.100.1", ORIGDST_DIRECT },
	{ "2001:db8:1::7", "2001:db8:1::1", ORIGDST_DIRECT },
	/* nobody outside may reach what listens on loopback, nor on "any" */
	{ "192.0.2.7", "127.0.0.1", ORIGDST_DIRECT },
	{ "192.0.2.7", "127.200.0.9", ORIGDST_DIRECT },
	{ "192.0.2.7", "0.0.0.0", ORIGDST_DIRECT },
	{ "2001:db8:1::7", "::1", ORIGDST_DIRECT },
	{ "2001:db8:1::7", "::", ORIGDST_DIRECT },
	{ "2001:db8:1::7", "::2", ORIGDST_DIVERTED },
	/* what we sent came back */
	{ "192.0.2.1", "203.0.113.5", ORIGDST_LOOP },
	{ "198.51.100.1", "192.0.2.1", ORIGDST_LOOP },
	{ "2001:db8:1::1", "2001:db8:9::5", ORIGDST_LOOP },
	{ "127.0.0.1", "203.0.113.5", ORIGDST_LOOP },
	{ "::1", "::1", ORIGDST_LOOP },
	{ "192.0.2.7", NULL, ORIGDST_UNKNOWN },
	{ NULL, "203.0.113.5", ORIGDST_UNKNOWN },
};

static void
test_judge(void **state)
{
	struct addr client, meant;
	enum origdst_result result;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		client = addr_of(cases[i].client);
		meant = addr_of(cases[i].meant);
		result = origdst_judge(&gateway, &client, &meant);
		if (result != cases[i].result)
			fail_msg("case %zu: %s", i, origdst_result_text(result));
	}
}

static void
test_own_addrs(void **state)
{
	const struct addr other = addr_of("203.0.113.99"), none = addr_of(NULL),
	    lo = addr_of("127.0.0.1");
	struct own_addrs own;
	size_t i;

	(void)state;
	assert_true(own_addrs_init(&own));
	for (i = 0; i < own.count; i++)
		assert_true(own_addrs_have(&own, &own.list[i]));
	assert_false(own_addrs_have(&own, &other));
	assert_false(own_addrs_have(&own, &none));
	own_addrs_fini(&own);
	/* an empty table still knows loopback */
	assert_true(own_addrs_have(&own, &lo));
	assert_false(own_addrs_have(&own, &other));
}

static void
test_engines(void **state)
{
	(void)state;
	assert_string_equal(origdst_engine_name(origdst_engine_of(DIVERT_REDIRECT)), "redirect");
	assert_string_equal(origdst_engine_name(origdst_engine_of(DIVERT_TPROXY)), "tproxy");
	assert_string_equal(origdst_engine_name(origdst_engine_of(DIVERT_NONE)), "none");
}

/* ---- sockets ------------------------------------------------------------------ */

static int
option(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	assert_int_equal(getsockopt(fd, level, name, &value, &len), 0);
	return value;
}

static void
assert_fresh(int fd)
{
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_true(option(fd, IPPROTO_TCP, TCP_NODELAY) != 0);
}

static uint16_t
port_of(int fd)
{
	struct sockaddr_in6 sin6;
	socklen_t len = sizeof(sin6);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin6, &len), 0);
	return ntohs(sin6.sin6_port);
}

static int
listener(enum divert divert)
{
	int fd = origdst_listen(origdst_engine_of(divert), 0);

	if (fd < 0 && (errno == EAFNOSUPPORT || errno == EPERM))
		skip();
	assert_true(fd >= 0);
	return fd;
}

static void
test_listen(void **state)
{
	int fd = listener(DIVERT_REDIRECT);

	(void)state;
	assert_fresh(fd);
	assert_int_equal(option(fd, SOL_IPV6, IPV6_V6ONLY), 0);
	/* where the server speaks first, the client's first byte never comes */
	assert_int_equal(option(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT), 0);
	assert_int_equal(option(fd, SOL_IP, IP_TRANSPARENT), 0);
	/* a port that is taken is told */
	assert_int_equal(origdst_listen(origdst_engine_of(DIVERT_REDIRECT), port_of(fd)), -1);
	assert_int_equal(errno, EADDRINUSE);
	close(fd);
}

static void
test_listen_transparent(void **state)
{
	int fd = listener(DIVERT_TPROXY);

	(void)state;
	assert_fresh(fd);
	assert_int_equal(option(fd, SOL_IP, IP_TRANSPARENT), 1);
	assert_int_equal(option(fd, SOL_IPV6, IPV6_TRANSPARENT), 1);
	close(fd);
}

static int
accept_one(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	assert_int_equal(poll(&ready, 1, 5000), 1);
	return accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/* Our own socket comes to our own listener: that is a loop, in each engine and family. */
static void
loop_try(enum divert divert, const char *to)
{
	const struct addr addr = addr_of(to);
	const struct own_addrs none = { NULL, 0 };
	struct origdst answer;
	int fd = listener(divert), out, in;

	out = origdst_connect(&addr, port_of(fd));
	if (out < 0 && errno == EADDRNOTAVAIL)
		skip();
	assert_true(out >= 0);
	assert_fresh(out);
	if (origdst_may_mark())
		assert_int_equal(option(out, SOL_SOCKET, SO_MARK), ORIGDST_MARK_OWN);
	in = accept_one(fd);
	assert_true(in >= 0);
	assert_fresh(in);
	answer = origdst_ask(origdst_engine_of(divert), &none, in);
	assert_int_equal(answer.result, ORIGDST_LOOP);
	assert_memory_equal(&answer.addr, &addr, sizeof(addr));
	assert_memory_equal(&answer.client, &addr, sizeof(addr));
	assert_int_equal(answer.port, port_of(fd));
	close(in);
	close(out);
	close(fd);
}

static void
test_loop_v4(void **state)
{
	(void)state;
	loop_try(DIVERT_REDIRECT, "127.0.0.1");
	loop_try(DIVERT_TPROXY, "127.0.0.1");
}

static void
test_loop_v6(void **state)
{
	(void)state;
	loop_try(DIVERT_REDIRECT, "::1");
	loop_try(DIVERT_TPROXY, "::1");
}

/* No IP socket, one that is not connected, none at all: not known, and no address. */
static void
test_unknown(void **state)
{
	const struct origdst_engine *engine = origdst_engine_of(DIVERT_REDIRECT);
	int pair[2], fd = listener(DIVERT_REDIRECT);

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(origdst_ask(engine, &gateway, pair[0]).result, ORIGDST_UNKNOWN);
	assert_int_equal(origdst_ask(engine, &gateway, pair[0]).addr.family, 0);
	assert_int_equal(origdst_ask(engine, &gateway, fd).result, ORIGDST_UNKNOWN);
	assert_int_equal(origdst_ask(engine, &gateway, -1).result, ORIGDST_UNKNOWN);
	close(pair[0]);
	close(pair[1]);
	close(fd);
}

static void
test_connect_refuses(void **state)
{
	const struct addr none = addr_of(NULL);

	(void)state;
	assert_int_equal(origdst_connect(&none, 443), -1);
	assert_int_equal(errno, EAFNOSUPPORT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_own_addrs),
		cmocka_unit_test(test_engines),
		cmocka_unit_test(test_listen),
		cmocka_unit_test(test_listen_transparent),
		cmocka_unit_test(test_loop_v4),
		cmocka_unit_test(test_loop_v6),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_connect_refuses),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
