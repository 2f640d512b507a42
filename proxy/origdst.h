/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a diverted connection was going. Each way of diverting is an engine,
 * a row in a table. Also the two sockets that diversion is about: the one that
 * takes the clients, and those that go out to the origins.
 */
#ifndef PROXY_ORIGDST_H
#define PROXY_ORIGDST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"
#include "rules/rules.h"

/*
 * Marks, as SO_MARK and nftables know them. Ours go out under the first and
 * are never diverted; a packet that TPROXY took carries the second, by which
 * it is routed to the listener. Were they one, our own connections would be
 * routed back to us.
 */
#define ORIGDST_MARK_OWN 0x62670001
#define ORIGDST_MARK_TPROXY 0x62670002

/*
 * Connections that wait to be accepted. A worker that is being replaced leaves
 * them waiting; beyond it (or net.core.somaxconn) clients have to try again.
 */
#define ORIGDST_BACKLOG 4096

/* ---- the gateway's own addresses ---------------------------------------- */

/* Interfaces beyond this are a mistake of somebody, or an attack. */
#define OWN_ADDRS_MAX 65536

/* Made before the sandbox, made anew at reload. Loopback is always its own. */
struct own_addrs {
	struct addr *list;		/* sorted */
	size_t count;
};

/* False, with errno, when the system does not tell; then it is empty. */
bool own_addrs_init(struct own_addrs *own);
void own_addrs_fini(struct own_addrs *own);
bool own_addrs_have(const struct own_addrs *own, const struct addr *addr);

/* ---- the question -------------------------------------------------------- */

enum origdst_result {
	ORIGDST_DIVERTED,	/* connect to addr and port */
	ORIGDST_DIRECT,		/* the client meant the gateway itself: never connect */
	ORIGDST_LOOP,		/* the client is the gateway itself: close */
	ORIGDST_UNKNOWN		/* the kernel did not say: close */
};

struct origdst {
	enum origdst_result result;
	struct addr addr;		/* original destination; family 0 when unknown */
	uint16_t port;
	struct addr client;		/* who connected; family 0 when unknown */
	uint16_t client_port;
};

struct origdst_engine;

/* The engine of the configuration. DIVERT_NONE: as for REDIRECT, by rules of somebody else. */
const struct origdst_engine *origdst_engine_of(enum divert divert);
const char *origdst_engine_name(const struct origdst_engine *engine);

/* Asks the kernel about an accepted socket. Cheap: three system calls at most. */
struct origdst origdst_ask(const struct origdst_engine *engine,
    const struct own_addrs *own, int fd);

/*
 * The pure part of it: what follows when the client connected from `client`,
 * and meant `addr`. Addresses of family 0 are not known.
 */
enum origdst_result origdst_judge(const struct own_addrs *own,
    const struct addr *client, const struct addr *addr);

const char *origdst_result_text(enum origdst_result result);

/* ---- the sockets ---------------------------------------------------------- */

/*
 * A listening socket for both families on every address: not blocking, closed
 * on exec, TCP_NODELAY (what it accepts inherits it). TPROXY's needs
 * CAP_NET_ADMIN. Accept with accept4(SOCK_NONBLOCK | SOCK_CLOEXEC). -1 with errno.
 */
int origdst_listen(const struct origdst_engine *engine, uint16_t port);

/*
 * A socket on its way to addr: not blocking, closed on exec, TCP_NODELAY,
 * marked as our own. Writable when it arrived or failed (SO_ERROR tells).
 * -1 with errno. Without the right to mark (CAP_NET_ADMIN, or CAP_NET_RAW from
 * Linux 5.17) it goes unmarked: our rules do not look at what the gateway
 * itself sends, and what comes back nevertheless is ORIGDST_LOOP.
 */
int origdst_connect(const struct addr *addr, uint16_t port);

/* May this process mark its sockets? */
bool origdst_may_mark(void);

#endif
