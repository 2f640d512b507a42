/* SPDX-License-Identifier: Apache-2.0 */
/* A connection: its two ends, its turns, its end. */
#include <malloc.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy/worker.h"

struct end *
conn_client(struct conn *conn)
{
	return &conn->end[DIR_UP];
}

struct end *
conn_origin(struct conn *conn)
{
	return &conn->end[DIR_DOWN];
}

static void conn_turn(struct conn *conn);

/* ---- ends ---- */

static void
end_event(int fd, short what, void *arg)
{
	struct end *end = arg;
	struct proxy *proxy = end->conn->proxy;

	(void)fd;
	proxy->home.now_us = moment_now();
	if (what & EV_READ)
		end->readable = true;
	if (what & EV_WRITE)
		end->writable = true;
	if (what & EV_CLOSED)
		end->readable = end->closing = true;
	conn_turn(end->conn);
	conns_bury(proxy);
}

/* Wires a descriptor to an end. False: it cannot be watched. */
static bool
end_watch(struct conn *conn, enum dir dir, int fd)
{
	struct end *end = &conn->end[dir];

	*end = (struct end){ .fd = fd, .conn = conn };
	return event_assign(&end->event, conn->proxy->base, fd,
	    EV_READ | EV_WRITE | EV_CLOSED | EV_ET | EV_PERSIST, end_event, end) == 0 &&
	    event_add(&end->event, NULL) == 0;
}

/* Closes an end's descriptor and TLS; the rest lives on. */
static void
end_close(struct end *end)
{
	if (end->fd < 0)
		return;
	SSL_free(end->ssl);
	event_del(&end->event);
	close(end->fd);
	end->ssl = NULL;
	end->fd = -1;
	end->readable = end->writable = end->closing = end->eof = end->finished = false;
}

void
end_finish(struct end *end)
{
	if (end->finished || end->fd < 0)
		return;
	end->finished = true;
	shutdown(end->fd, SHUT_WR);
}

/* ---- time ---- */

#define TIMER_SLACK_US 50000
/* Two turns of the tick, so that none falls between them. */
#define ASK_AGAIN_US 2000000

/* Without patience left it is over; how it ends depends on where it stood. */
static void
conn_expire(struct conn *conn)
{
	switch (conn->state) {
	case CONN_PEEK:
		decide_timeout(conn);
		return;
	case CONN_CONNECT: case CONN_ORIGIN: case CONN_LEAF: case CONN_CLIENT:
		COUNT(conn->proxy, failed, 1);
		conn_reset(conn);
		return;
	default:
		conn_close(conn);
	}
}

/* Most wait for one of a few spans: those timers cost nothing to set. */
static void
timer_add(struct conn *conn, unsigned seconds)
{
	struct timeval wait = { .tv_sec = (time_t)seconds };
	const struct timeval *common = event_base_init_common_timeout(conn->proxy->base, &wait);

	event_add(&conn->timer, common ? common : &wait);
}

/* Bytes have moved since it was set: only the rest is waited for. */
static void
timer_add_rest(struct conn *conn, uint64_t rest_us)
{
	struct timeval wait = {
		.tv_sec = (time_t)(rest_us / 1000000), .tv_usec = (suseconds_t)(rest_us % 1000000)
	};

	event_add(&conn->timer, &wait);
}

static void
conn_timer(int fd, short what, void *arg)
{
	struct conn *conn = arg;
	struct proxy *proxy = conn->proxy;
	uint64_t since, patience = conn->patience_s * UINT64_C(1000000);

	(void)fd;
	(void)what;
	proxy->home.now_us = moment_now();
	since = proxy->home.now_us - conn->active_us;
	/* The loop's clock and ours differ by a little. */
	if (since + TIMER_SLACK_US >= patience)
		conn_expire(conn);
	else
		timer_add_rest(conn, patience - since);
	if (conn->state != CONN_CLOSED)
		conn_turn(conn);
	conns_bury(proxy);
}

void
conn_patience(struct conn *conn, unsigned seconds)
{
	conn->active_us = conn->proxy->home.now_us;
	if (conn->patience_s == seconds)
		return;
	conn->patience_s = seconds;
	timer_add(conn, seconds);
}

bool
conn_spend(struct conn *conn, size_t bytes)
{
	conn->active_us = conn->proxy->home.now_us;
	conn->flow.end_us = conn->active_us;
	conn->budget = conn->budget > bytes ? conn->budget - bytes : 0;
	return conn->budget > 0;
}

/* ---- turns ---- */

static bool
connect_turn(struct conn *conn)
{
	struct end *origin = conn_origin(conn);
	socklen_t len = sizeof(int);
	int error = 0;

	if (!origin->writable)
		return false;
	if (getsockopt(origin->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error != 0) {
		COUNT(conn->proxy, failed, 1);
		conn_reset(conn);
		return false;
	}
	if (conn->open_it)
		handshake_start(conn);
	else
		tunnel_start(conn);
	return true;
}

static bool
state_turn(struct conn *conn)
{
	switch (conn->state) {
	case CONN_PEEK: return decide_turn(conn);
	case CONN_CONNECT: return connect_turn(conn);
	case CONN_TUNNEL: return tunnel_turn(conn);
	case CONN_ORIGIN: case CONN_LEAF: case CONN_CLIENT: return handshake_turn(conn);
	case CONN_OPEN: return pump_turn(conn);
	case CONN_LOCAL: return local_turn(conn);
	case CONN_CLOSED: break;
	}
	return false;
}

/* Goes on as far as it can. The connection may be gone afterwards. */
static void
conn_turn(struct conn *conn)
{
	conn->budget = TURN_BYTES;
	while (conn->state != CONN_CLOSED && state_turn(conn))
		if (conn->budget == 0 && conn->state != CONN_CLOSED) {
			conn_again(conn);
			return;
		}
}

void
conn_again(struct conn *conn)
{
	struct proxy *proxy = conn->proxy;

	if (conn->queued)
		return;
	conn->queued = true;
	conn->again = proxy->again;
	proxy->again = conn;
	event_active(&proxy->again_event, EV_TIMEOUT, 0);
}

void
conns_again(struct proxy *proxy)
{
	struct conn *list = proxy->again, *conn;

	proxy->again = NULL;
	while ((conn = list) != NULL) {
		list = conn->again;
		conn->queued = false;
		if (conn->state != CONN_CLOSED)
			conn_turn(conn);
	}
}

/* The allocator keeps what is freed, and pipes are kept; a day's peak would stay for good. */
static void
memory_return(struct proxy *proxy)
{
	if (proxy->closed < TRIM_EVERY && (proxy->closed == 0 || proxy->conn_count > 0))
		return;
	proxy->closed = 0;
	if (proxy->conn_count == 0)
		tunnel_pipes_close(proxy);
	if (proxy->pool.used == 0) {
		pool_fini(&proxy->pool);
		pool_init(&proxy->pool, sizeof(struct conn));
	}
	malloc_trim(0);
}

/*
 * A reset that came with bytes is told by one edge, as if there were bytes
 * alone; where bytes moved lately the ends are asked once more.
 */
static void
conn_ask_again(struct conn *conn)
{
	if (conn->state < CONN_ORIGIN || conn->state > CONN_OPEN ||
	    conn->proxy->home.now_us - conn->active_us > ASK_AGAIN_US)
		return;
	conn->end[DIR_UP].readable = conn->end[DIR_DOWN].readable = true;
	conn_again(conn);
}

void
conns_tick(struct proxy *proxy)
{
	struct conn *next;

	for (struct conn *conn = proxy->conns; conn != NULL; conn = next) {
		next = conn->next;
		if (conn->state == CONN_OPEN)
			pump_tick(conn);
		conn_ask_again(conn);
	}
	memory_return(proxy);
}

/* ---- begin and end ---- */

static void
conn_link(struct conn **list, struct conn *conn)
{
	conn->next = *list;
	if (conn->next != NULL)
		conn->next->link = &conn->next;
	conn->link = list;
	*list = conn;
}

static void
conn_unlink(struct conn *conn)
{
	*conn->link = conn->next;
	if (conn->next != NULL)
		conn->next->link = conn->link;
}

static void
flow_begin(struct conn *conn, const struct origdst *meant)
{
	struct flow *flow = &conn->flow;

	flow->client = meant->client;
	flow->client_port = meant->client_port;
	flow->server = meant->addr;
	flow->server_port = meant->port;
	flow->proto = IPPROTO_TCP;
	flow->begin_us = flow->end_us = conn->proxy->home.now_us;
}

/* A connection to the gateway itself is for its notice; a loop is for nobody. */
static void
conn_begin(struct conn *conn)
{
	struct proxy *proxy = conn->proxy;
	struct origdst meant = origdst_ask(proxy->engine, &proxy->own, conn_client(conn)->fd);

	if (meant.result == ORIGDST_DIRECT) {
		conn->state = CONN_LOCAL;
		conn_patience(conn, LOCAL_S);
		return;
	}
	if (meant.result != ORIGDST_DIVERTED) {
		COUNT(proxy, refused, 1);
		conn_reset(conn);
		return;
	}
	flow_begin(conn, &meant);
	conn->counted = true;
	COUNT(proxy, open, 1);
	if (judge_open(proxy->home.judge, &conn->flow) == ACTION_BLOCK) {
		COUNT(proxy, stopped, 1);
		conn_reset(conn);
		return;
	}
	conn->state = CONN_PEEK;
	conn_patience(conn, PEEK_SILENT_S);
}

void
conn_new(struct proxy *proxy, int fd)
{
	struct conn *conn = pool_get(&proxy->pool);

	if (conn == NULL) {
		COUNT(proxy, refused, 1);
		close(fd);
		return;
	}
	conn->proxy = proxy;
	conn->end[DIR_DOWN].fd = -1;
	for (int dir = 0; dir < 2; dir++)
		conn->tunnel.pipe[dir] = (struct pipe_pair){ -1, -1, 0 };
	evtimer_assign(&conn->timer, proxy->base, conn_timer, conn);
	conn_link(&proxy->conns, conn);
	proxy->conn_count++;
	if (!end_watch(conn, DIR_UP, fd)) {
		COUNT(proxy, refused, 1);
		conn_close(conn);
		return;
	}
	conn_begin(conn);
	conn_turn(conn);
}

void
conn_connect(struct conn *conn)
{
	int fd;

	end_close(conn_origin(conn));
	conn->state = CONN_CONNECT;
	fd = origdst_connect(&conn->flow.server, conn->flow.server_port);
	if (fd >= 0 && end_watch(conn, DIR_DOWN, fd)) {
		conn_patience(conn, CONNECT_S);
		return;
	}
	if (fd >= 0)
		close(fd);
	conn_origin(conn)->fd = -1;
	COUNT(conn->proxy, failed, 1);
	conn_reset(conn);
}

void
conn_reset(struct conn *conn)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };
	struct end *client = conn_client(conn);

	if (client->fd >= 0)
		setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	conn_close(conn);
}

void
conn_close(struct conn *conn)
{
	struct proxy *proxy = conn->proxy;

	if (conn->state == CONN_CLOSED)
		return;
	conn->state = CONN_CLOSED;
	pump_fini(conn);
	handshake_fini(conn);
	tunnel_fini(conn);
	end_close(conn_client(conn));
	end_close(conn_origin(conn));
	event_del(&conn->timer);
	if (conn->counted) {
		judge_close(proxy->home.judge, &conn->flow);
		COUNT(proxy, open, -1);
	}
	flow_fini(&conn->flow);
	conn_unlink(conn);
	conn_link(&proxy->dead, conn);
	proxy->conn_count--;
}

void
conns_bury(struct proxy *proxy)
{
	struct conn *next;

	for (struct conn *conn = proxy->dead; conn != NULL; conn = next) {
		next = conn->next;
		if (conn->queued)
			continue;
		conn_unlink(conn);
		pool_put(&proxy->pool, conn);
		proxy->closed++;
	}
	if (proxy->draining && proxy->conn_count == 0)
		event_base_loopbreak(proxy->base);
}
