/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Engines of diversion.
 *
 * REDIRECT rewrites the destination, and connection tracking remembers it: for
 * IPv4 and IPv6 there is an option each, and on a listener for both families
 * the one of the mapped address answers (the other says ENOENT). TPROXY leaves
 * the destination alone: the accepted socket's local address is it. There
 * connection tracking is not asked, because with rules that bypass it an entry
 * of another connection, turned round, may answer.
 */
#include "proxy/origdst.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* These two need libc's headers before them. */
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6/ip6_tables.h>

struct endpoint {
	struct addr addr;
	uint16_t port;
};

struct origdst_engine {
	const char *name;
	bool transparent;		/* the listener takes any address as its own */
	/* The destination before diversion; local is the socket's own end. */
	struct endpoint (*ask)(int fd, const struct endpoint *local);
};

/* ---- ends of a socket -------------------------------------------------------- */

static struct endpoint
endpoint_v4(const struct sockaddr_in *sin)
{
	return (struct endpoint){ addr_v4((const uint8_t *)&sin->sin_addr),
		ntohs(sin->sin_port) };
}

/* An IPv4 client of a listener for both families is ::ffff:a.b.c.d (RFC 4291, 2.5.5.2). */
static struct endpoint
endpoint_v6(const struct sockaddr_in6 *sin6)
{
	const uint8_t *bytes = sin6->sin6_addr.s6_addr;

	return (struct endpoint){ IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr) ?
		addr_v4(bytes + 12) : addr_v6(bytes), ntohs(sin6->sin6_port) };
}

static struct endpoint
endpoint_of(const struct sockaddr_storage *ss)
{
	struct sockaddr_in sin;
	struct sockaddr_in6 sin6;

	if (ss->ss_family == AF_INET) {
		memcpy(&sin, ss, sizeof(sin));
		return endpoint_v4(&sin);
	}
	if (ss->ss_family == AF_INET6) {
		memcpy(&sin6, ss, sizeof(sin6));
		return endpoint_v6(&sin6);
	}
	return (struct endpoint){ .port = 0 };
}

static socklen_t
sockaddr_of(const struct addr *addr, uint16_t port, struct sockaddr_storage *ss)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6,
	    .sin6_port = htons(port) };

	if (addr->family == 4) {
		memcpy(&sin.sin_addr, addr->bytes, 4);
		memcpy(ss, &sin, sizeof(sin));
		return sizeof(sin);
	}
	memcpy(&sin6.sin6_addr, addr->bytes, 16);
	memcpy(ss, &sin6, sizeof(sin6));
	return sizeof(sin6);
}

/* ---- engines ----------------------------------------------------------------- */

static struct endpoint
redirect_ask(int fd, const struct endpoint *local)
{
	const bool v4 = local->addr.family == 4;
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);

	if (getsockopt(fd, v4 ? SOL_IP : SOL_IPV6,
	    v4 ? SO_ORIGINAL_DST : IP6T_SO_ORIGINAL_DST, &ss, &len) == 0)
		return endpoint_of(&ss);
	/*
	 * Nothing was rewritten, or is not tracked: then the client meant the
	 * address that it reached.
	 */
	if (errno == ENOENT || errno == ENOPROTOOPT)
		return *local;
	return (struct endpoint){ .port = 0 };
}

static struct endpoint
tproxy_ask(int fd, const struct endpoint *local)
{
	(void)fd;
	return *local;
}

static const struct origdst_engine engines[] = {
	[DIVERT_REDIRECT] = { "redirect", false, redirect_ask },
	[DIVERT_TPROXY] = { "tproxy", true, tproxy_ask },
	/* Somebody else's rules: REDIRECT is what works without our own. */
	[DIVERT_NONE] = { "none", false, redirect_ask },
};

const struct origdst_engine *
origdst_engine_of(enum divert divert)
{
	return &engines[divert];
}

const char *
origdst_engine_name(const struct origdst_engine *engine)
{
	return engine->name;
}

/* ---- the question -------------------------------------------------------------- */

enum origdst_result
origdst_judge(const struct own_addrs *own, const struct addr *client,
    const struct addr *addr)
{
	if (client->family == 0 || addr->family == 0)
		return ORIGDST_UNKNOWN;
	/* Our rules divert nothing of ours: if it comes, it goes in a circle. */
	if (own_addrs_have(own, client))
		return ORIGDST_LOOP;
	/*
	 * Connecting to ourselves would either come back to the listener or lend
	 * the client our own place, from where more is allowed.
	 */
	if (own_addrs_have(own, addr))
		return ORIGDST_DIRECT;
	return ORIGDST_DIVERTED;
}

/*
 * Without TPROXY a socket's local address is the gateway's own, even one that
 * came up after the table was made.
 */
static bool
is_local(const struct origdst_engine *engine, const struct endpoint *meant,
    const struct endpoint *local)
{
	return !engine->transparent && meant->addr.family != 0 &&
	    memcmp(&meant->addr, &local->addr, sizeof(meant->addr)) == 0;
}

struct origdst
origdst_ask(const struct origdst_engine *engine, const struct own_addrs *own,
    int fd)
{
	struct sockaddr_storage ss = { 0 };
	struct endpoint local = { .port = 0 }, client = local, meant = local;
	struct origdst answer = { .result = ORIGDST_UNKNOWN };
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len) == 0)
		local = endpoint_of(&ss);
	len = sizeof(ss);
	if (getpeername(fd, (struct sockaddr *)&ss, &len) == 0)
		client = endpoint_of(&ss);
	if (local.addr.family != 0)
		meant = engine->ask(fd, &local);
	answer.addr = meant.addr;
	answer.port = meant.port;
	answer.client = client.addr;
	answer.client_port = client.port;
	answer.result = origdst_judge(own, &client.addr, &meant.addr);
	if (answer.result == ORIGDST_DIVERTED && is_local(engine, &meant, &local))
		answer.result = ORIGDST_DIRECT;
	return answer;
}

const char *
origdst_result_text(enum origdst_result result)
{
	static const char *const texts[] = { "diverted", "direct", "loop", "unknown" };

	return texts[result];
}

/* ---- the sockets ---------------------------------------------------------------- */

static bool
flag_set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

/* Closes and keeps the reason. */
static int
give_up(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
	return -1;
}

/*
 * No TCP_DEFER_ACCEPT: where the server speaks first, the client's first byte
 * never comes.
 */
int
origdst_listen(const struct origdst_engine *engine, uint16_t port)
{
	const struct sockaddr_in6 any = { .sin6_family = AF_INET6,
	    .sin6_port = htons(port), .sin6_addr = IN6ADDR_ANY_INIT };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (!flag_set(fd, SOL_IPV6, IPV6_V6ONLY, 0) ||
	    !flag_set(fd, SOL_SOCKET, SO_REUSEADDR, 1) ||
	    !flag_set(fd, IPPROTO_TCP, TCP_NODELAY, 1))
		return give_up(fd);
	if (engine->transparent && (!flag_set(fd, SOL_IP, IP_TRANSPARENT, 1) ||
	    !flag_set(fd, SOL_IPV6, IPV6_TRANSPARENT, 1)))
		return give_up(fd);
	if (bind(fd, (const struct sockaddr *)&any, sizeof(any)) != 0 ||
	    listen(fd, ORIGDST_BACKLOG) != 0)
		return give_up(fd);
	return fd;
}

int
origdst_connect(const struct addr *addr, uint16_t port)
{
	struct sockaddr_storage ss;
	socklen_t len;
	int fd;

	if (addr->family == 0) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	fd = socket(addr->family == 4 ? AF_INET : AF_INET6,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (!flag_set(fd, SOL_SOCKET, SO_MARK, ORIGDST_MARK_OWN) &&
	    errno != EPERM)
		return give_up(fd);
	if (!flag_set(fd, IPPROTO_TCP, TCP_NODELAY, 1))
		return give_up(fd);
	len = sockaddr_of(addr, port, &ss);
	if (connect(fd, (struct sockaddr *)&ss, len) != 0 && errno != EINPROGRESS)
		return give_up(fd);
	return fd;
}

bool
origdst_may_mark(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool may = fd >= 0 &&
	    flag_set(fd, SOL_SOCKET, SO_MARK, ORIGDST_MARK_OWN);

	if (fd >= 0)
		close(fd);
	return may;
}
