/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of a connection: it is looked at until the classifiers, the
 * host table and the policy can say tunnel, open, or stop. Nothing is answered
 * before, for many protocols wait for the server's word.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/date.h"
#include "proxy/authority.h"
#include "proxy/worker.h"

/* ---- the decisions ---- */

void
decide_tunnel(struct conn *conn)
{
	COUNT(conn->proxy, tunnelled, 1);
	conn->open_it = false;
	conn_connect(conn);
}

static void
decide_stop(struct conn *conn)
{
	COUNT(conn->proxy, stopped, 1);
	judge_forwarded(conn->proxy->home.judge, &conn->flow, 0);
	conn_reset(conn);
}

static void
decide_open(struct conn *conn, const struct peek *peek)
{
	if (peek->alpn_len > 0) {
		conn->alpn = malloc(peek->alpn_len);
		if (conn->alpn == NULL) {
			conn_reset(conn);
			return;
		}
		memcpy(conn->alpn, peek->alpn, peek->alpn_len);
		conn->alpn_len = peek->alpn_len;
	}
	COUNT(conn->proxy, opened, 1);
	conn->open_it = true;
	conn_connect(conn);
}

/* Do the organisation's rules want this connection opened, and may our CA? */
static bool
wanted(struct conn *conn)
{
	const struct proxy_options *options = &conn->proxy->options;
	const struct flow *flow = &conn->flow;
	const char *group = settings_group(options->settings, &flow->client);
	const struct service *service = flow->service ?
	    rules_service(options->rules, flow->service - 1u) : NULL;
	day_t today = day_of_moment(conn->proxy->home.now_us);
	char reason[REASON_MAX];

	if (flow->host == NULL || flow->host_source != HOST_SNI ||
	    conn->proxy->authority == NULL ||
	    !settings_opens(options->settings, options->rules, group, service, flow->host,
	    today, reason))
		return false;
	conn->must = settings_must_inspect(options->settings, group, service);
	return authority_permits(conn->proxy->authority, flow->host);
}

/* The client's hello is there. */
static void
decide(struct conn *conn, const struct peek *peek)
{
	uint64_t until;

	/* Of the protocols it offers we speak none: opened, we could not go on. */
	if (!wanted(conn) || (peek->offered && peek->alpn_len == 0)) {
		decide_tunnel(conn);
		return;
	}
	if (!conn->must && bypass_has(conn->proxy->options.shared, &conn->flow.client,
	    conn->flow.host, conn->proxy->home.now_us, &until)) {
		COUNT(conn->proxy, bypassed, 1);
		decide_tunnel(conn);
		return;
	}
	decide_open(conn, peek);
}

/* ---- looking ---- */

/* Gives the judge what it has not had. False: the policy stops the connection. */
static bool
judge_look(struct conn *conn, const uint8_t *data, size_t len)
{
	struct chunk chunk = {
		.data = data, .len = len, .time_us = conn->proxy->home.now_us, .dir = DIR_UP
	};

	pretend_packets(conn, DIR_UP, data, len);
	return !(conn->flow.wants & WANT_UP) ||
	    judge_feed(conn->proxy->home.judge, &conn->flow, &chunk) != ACTION_BLOCK;
}

/* The kernel shall wake us when a hello may be whole, not for every byte of it. */
static void
wake_at(struct conn *conn, size_t bytes)
{
	int low = (int)bytes;

	setsockopt(conn_client(conn)->fd, SOL_SOCKET, SO_RCVLOWAT, &low, sizeof(low));
}

static void
looked(struct conn *conn, size_t len)
{
	struct peek peek = peek_look(conn->proxy->peek, len);

	if (peek.result == PEEK_MORE) {
		conn_client(conn)->readable = false;
		wake_at(conn, peek.need);
		/* From the first byte on, however many follow one by one. */
		if (conn->patience_s != PEEK_WHOLE_S)
			conn_patience(conn, PEEK_WHOLE_S);
		return;
	}
	wake_at(conn, 1);
	if (peek.result == PEEK_HELLO)
		decide(conn, &peek);
	else
		decide_tunnel(conn);
}

/* The client has gone, or will say no more: what is there is all there will be. */
static bool
client_gone(const struct end *client)
{
	socklen_t len = sizeof(int);
	int error = 0;

	return client->closing || getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error,
	    &len) != 0 || error != 0;
}

bool
decide_turn(struct conn *conn)
{
	struct end *client = conn_client(conn);
	uint8_t *data = conn->proxy->peek->data;
	size_t before = conn->peeked;
	ssize_t n;

	if (!client->readable)
		return false;
	n = recv(client->fd, data, PEEK_MAX, MSG_PEEK);
	if (n < 0 && errno != EAGAIN) {
		conn_reset(conn);
		return false;
	}
	if (n == 0) {			/* it says nothing, and waits for an answer */
		decide_tunnel(conn);
		return true;
	}
	if (n < 0 || (size_t)n <= before) {
		client->readable = false;
		if (before > 0 && client_gone(client)) {
			COUNT(conn->proxy, failed, 1);
			conn_reset(conn);
		}
		return false;
	}
	conn->peeked = conn->tunnel.skip = (size_t)n;
	if (!judge_look(conn, data + before, (size_t)n - before)) {
		decide_stop(conn);
		return false;
	}
	looked(conn, (size_t)n);
	/* Half a hello of a client that has gone: the next look finds no more. */
	if (conn->state == CONN_PEEK && client->closing)
		client->readable = true;
	return conn->state != CONN_PEEK || client->readable;
}

void
decide_timeout(struct conn *conn)
{
	if (conn->peeked == 0) {
		decide_tunnel(conn);
		return;
	}
	COUNT(conn->proxy, failed, 1);
	conn_reset(conn);
}

/* ---- what is learnt ---- */

static void
bypass_tell(struct conn *conn, enum bypass_reason reason, uint64_t until)
{
	struct proxy_sink *sink = conn->proxy->options.sink;
	struct event_bypass event = { .reason = reason, .until_us = until };

	if (sink->bypass == NULL)
		return;
	judge_event_flow(conn->proxy->home.judge, &conn->flow, conn->proxy->home.now_us,
	    &event.flow);
	sink->bypass(sink, &event);
}

void
decide_client_failed(struct conn *conn, bool alert)
{
	uint64_t until;

	if (conn->must || !conn->trusted || conn->flow.host == NULL)
		return;
	if (bypass_sign(conn->proxy->options.shared, &conn->flow.client, conn->flow.host,
	    alert ? BYPASS_ALERT : BYPASS_GONE, conn->proxy->home.now_us, &until))
		bypass_tell(conn, BYPASS_PINNED, until);
}

void
decide_client_silent(struct conn *conn)
{
	if (!conn->proven && conn_client(conn)->eof &&
	    conn->proxy->home.now_us - conn->opened_us < SILENT_GONE_S * UINT64_C(1000000))
		decide_client_failed(conn, false);
}

void
decide_client_cert(struct conn *conn)
{
	uint64_t until;

	if (conn->must) {
		COUNT(conn->proxy, stopped, 1);
		conn_reset(conn);
		return;
	}
	if (bypass_set(conn->proxy->options.shared, &conn->flow.client, conn->flow.host,
	    conn->proxy->home.now_us, &until))
		bypass_tell(conn, BYPASS_CLIENT_CERT, until);
	COUNT(conn->proxy, bypassed, 1);
	decide_tunnel(conn);
}
