/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tunnel: what one end says the other gets, byte for byte. While the judge
 * still looks on (sizes of records, frames of messengers, nDPI) bytes go
 * through this process; afterwards they stay in the kernel (splice).
 *
 * A policy that stops what goes up closes the connection before the bytes that
 * would complete it are passed on.
 */
#include <errno.h>
#include <event2/buffer.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy/worker.h"

/* ---- pipes ---- */

static bool
pipe_take(struct proxy *proxy, struct pipe_pair *pair)
{
	int fds[2];

	if (proxy->pipe_count > 0) {
		*pair = proxy->pipes[--proxy->pipe_count];
		return true;
	}
	if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) != 0)
		return false;
	*pair = (struct pipe_pair){ fds[0], fds[1], 0 };
	return true;
}

static void
pipe_close(struct pipe_pair *pair)
{
	if (pair->read >= 0) {
		close(pair->read);
		close(pair->write);
	}
	*pair = (struct pipe_pair){ -1, -1, 0 };
}

/* An empty one is for the next who needs one. */
static void
pipe_give(struct proxy *proxy, struct pipe_pair *pair)
{
	if (pair->read >= 0 && pair->held == 0 && proxy->pipe_count < PIPES_KEPT) {
		proxy->pipes[proxy->pipe_count++] = *pair;
		*pair = (struct pipe_pair){ -1, -1, 0 };
	}
	pipe_close(pair);
}

void
tunnel_pipes_close(struct proxy *proxy)
{
	while (proxy->pipe_count > 0)
		pipe_close(&proxy->pipes[--proxy->pipe_count]);
}

/* ---- both ways ---- */

static bool
judge_looks(const struct conn *conn)
{
	return (conn->flow.wants & WANT_BYTES) ||
	    ((conn->flow.wants & WANT_PACKETS) && conn->packets_made < PACKETS_MADE_MAX);
}

static bool
rest_waits(const struct conn *conn, enum dir dir)
{
	struct evbuffer *rest = conn->tunnel.rest[dir];

	return rest != NULL && evbuffer_get_length(rest) > 0;
}

static void
passed(struct conn *conn, enum dir dir, size_t bytes)
{
	conn->tunnel.passed[dir] += bytes;
	conn->flow.bytes[dir] += bytes;
	conn_spend(conn, bytes);
}

/* An end that takes no more, or is gone; the other learns it by a reset. */
static void
tunnel_break(struct conn *conn)
{
	conn_reset(conn);
}

/* ---- through this process ---- */

/* Sends what waits. True: something went. */
static bool
rest_send(struct conn *conn, enum dir dir)
{
	struct end *out = &conn->end[!dir];
	struct evbuffer *rest = conn->tunnel.rest[dir];
	int n;

	if (!out->writable)
		return false;
	n = evbuffer_write(rest, out->fd);
	if (n < 0 && errno == EAGAIN)
		out->writable = false;
	else if (n < 0)
		tunnel_break(conn);
	if (n <= 0)
		return false;
	passed(conn, dir, (size_t)n);
	return true;
}

static bool
rest_keep(struct conn *conn, enum dir dir, const uint8_t *data, size_t len)
{
	struct evbuffer **rest = &conn->tunnel.rest[dir];

	if (*rest == NULL)
		*rest = evbuffer_new();
	return *rest != NULL && evbuffer_add(*rest, data, len) == 0;
}

/* What the judge says of bytes that were read; those it had while peeking it does not get again. */
static bool
judge_allows(struct conn *conn, enum dir dir, const uint8_t *data, size_t len)
{
	struct tunnel *tunnel = &conn->tunnel;
	struct judge *judge = conn->proxy->home.judge;
	size_t known = dir == DIR_UP ? (len < tunnel->skip ? len : tunnel->skip) : 0;
	struct chunk chunk = {
		.data = data + known, .len = len - known,
		.time_us = conn->proxy->home.now_us, .dir = dir
	};

	if (dir == DIR_UP)
		tunnel->skip -= known;
	if (chunk.len == 0)
		return true;
	pretend_packets(conn, dir, chunk.data, chunk.len);
	if (!(conn->flow.wants & (dir == DIR_UP ? WANT_UP : WANT_DOWN)) ||
	    judge_feed(judge, &conn->flow, &chunk) != ACTION_BLOCK)
		return true;
	judge_forwarded(judge, &conn->flow, tunnel->passed[DIR_UP]);
	COUNT(conn->proxy, stopped, 1);
	return false;
}

static bool
copy_move(struct conn *conn, enum dir dir)
{
	struct end *in = &conn->end[dir], *out = &conn->end[!dir];
	uint8_t *buffer = conn->proxy->buffer;
	ssize_t n, sent = 0;

	n = read(in->fd, buffer, READ_SIZE);
	if (n == 0)
		in->eof = true;
	else if (n < 0 && errno == EAGAIN)
		in->readable = false;
	else if (n < 0)
		tunnel_break(conn);
	if (n <= 0)
		return n == 0;
	if (!judge_allows(conn, dir, buffer, (size_t)n)) {
		conn_reset(conn);
		return false;
	}
	if (out->writable)
		sent = send(out->fd, buffer, (size_t)n, MSG_NOSIGNAL);
	if (sent < 0 && errno != EAGAIN) {
		tunnel_break(conn);
		return false;
	}
	sent = sent < 0 ? 0 : sent;
	passed(conn, dir, (size_t)sent);
	if (sent == n)
		return true;
	out->writable = false;
	if (!rest_keep(conn, dir, buffer + sent, (size_t)(n - sent)))
		tunnel_break(conn);
	return true;
}

/* ---- in the kernel ---- */

static bool
splice_out(struct conn *conn, enum dir dir)
{
	struct pipe_pair *pair = &conn->tunnel.pipe[dir];
	struct end *out = &conn->end[!dir];
	ssize_t n;

	if (pair->held == 0 || !out->writable)
		return false;
	n = splice(pair->read, NULL, out->fd, NULL, pair->held,
	    SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	if (n < 0 && errno == EAGAIN)
		out->writable = false;
	else if (n <= 0)
		tunnel_break(conn);
	if (n <= 0)
		return false;
	pair->held -= (size_t)n;
	passed(conn, dir, (size_t)n);
	return true;
}

static bool
splice_in(struct conn *conn, enum dir dir)
{
	struct pipe_pair *pair = &conn->tunnel.pipe[dir];
	struct end *in = &conn->end[dir];
	ssize_t n;

	if (pair->held > 0 || !in->readable || in->eof)
		return false;
	if (pair->read < 0 && !pipe_take(conn->proxy, pair)) {
		/* No descriptor for a pipe: through this process then. */
		return copy_move(conn, dir);
	}
	n = splice(in->fd, NULL, pair->write, NULL, SPLICE_SIZE,
	    SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	if (n == 0)
		in->eof = true;
	else if (n < 0 && errno == EAGAIN)
		in->readable = false;
	else if (n < 0)
		tunnel_break(conn);
	else
		pair->held = (size_t)n;
	return n >= 0;
}

static bool
splice_move(struct conn *conn, enum dir dir)
{
	bool moved = splice_in(conn, dir);

	if (conn->state == CONN_TUNNEL && splice_out(conn, dir))
		moved = true;
	if (conn->state == CONN_TUNNEL && conn->tunnel.pipe[dir].held == 0)
		pipe_give(conn->proxy, &conn->tunnel.pipe[dir]);
	return moved;
}

/* ---- the tunnel ---- */

static bool
tunnel_move(struct conn *conn, enum dir dir)
{
	struct end *in = &conn->end[dir];

	if (rest_waits(conn, dir))
		return rest_send(conn, dir);
	if (conn->tunnel.pipe[dir].held == 0 && judge_looks(conn)) {
		if (!in->readable || in->eof || !conn->end[!dir].writable)
			return false;
		return copy_move(conn, dir);
	}
	return splice_move(conn, dir);
}

/* An end has said all, and it was passed on. */
static bool
tunnel_finish(struct conn *conn, enum dir dir)
{
	struct end *out = &conn->end[!dir];

	if (!conn->end[dir].eof || out->finished || rest_waits(conn, dir) ||
	    conn->tunnel.pipe[dir].held > 0)
		return false;
	end_finish(out);
	conn_patience(conn, HALF_CLOSED_S);
	return true;
}

void
tunnel_start(struct conn *conn)
{
	conn->state = CONN_TUNNEL;
	conn_client(conn)->readable = true;	/* what was peeked at is still there */
	conn_patience(conn, IDLE_S);
}

bool
tunnel_turn(struct conn *conn)
{
	bool moved = false;

	for (int dir = 0; dir < 2 && conn->state == CONN_TUNNEL; dir++) {
		moved = tunnel_move(conn, (enum dir)dir) || moved;
		if (conn->state == CONN_TUNNEL)
			moved = tunnel_finish(conn, (enum dir)dir) || moved;
	}
	if (conn->state != CONN_TUNNEL)
		return false;
	if (conn_client(conn)->finished && conn_origin(conn)->finished) {
		conn_close(conn);
		return false;
	}
	return moved;
}

void
tunnel_fini(struct conn *conn)
{
	for (int dir = 0; dir < 2; dir++) {
		pipe_give(conn->proxy, &conn->tunnel.pipe[dir]);
		if (conn->tunnel.rest[dir] != NULL)
			evbuffer_free(conn->tunnel.rest[dir]);
		conn->tunnel.rest[dir] = NULL;
	}
}
