/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An opened connection: plain bytes from each end go through the dialog's
 * engine to the other. Each direction is read only while what it has queued is
 * little, so a slow end slows the other down and nothing piles up.
 */
#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/engine_guess.h"
#include "proxy/legs.h"
#include "proxy/worker.h"

/* ---- one direction ---- */

static void
read_taken(struct conn *conn, enum dir dir, size_t len)
{
	struct dialog *dialog = conn->dialog;

	if (dir == DIR_UP && !conn->proven) {
		conn->proven = true;
		if (conn->trusted)
			bypass_succeeded(conn->proxy->options.shared, &conn->flow.client,
			    conn->flow.host, conn->proxy->home.now_us);
	}
	conn->flow.bytes[dir] += len;
	conn_spend(conn, len);
	/* What comes after the end of the conversation is nobody's. */
	if (!dialog->finish[dir])
		dialog_feed(dialog, dir, conn->proxy->buffer, len);
}

static bool
pump_read(struct conn *conn, enum dir dir)
{
	struct dialog *dialog = conn->dialog;
	struct end *in = &conn->end[dir];
	enum legs_step step;
	int n;

	if ((!in->readable && !SSL_has_pending(in->ssl)) || in->eof || dialog->paused[dir] ||
	    evbuffer_get_length(dialog->queue[dir]) >= DIALOG_QUEUE_HIGH)
		return false;
	legs_step_begin();
	n = SSL_read(in->ssl, conn->proxy->buffer, (int)READ_SIZE);
	if (n > 0) {
		read_taken(conn, dir, (size_t)n);
		return true;
	}
	step = legs_step_of(in, n);
	if (step == LEGS_WAIT)
		return false;
	in->eof = true;
	if (step == LEGS_FAILED) {
		conn_reset(conn);
		return false;
	}
	dialog_end(dialog, dir, step == LEGS_TRUNCATED);
	conn_patience(conn, HALF_CLOSED_S);
	return true;
}

/* Sends what is queued, a record at a time. */
static bool
pump_write(struct conn *conn, enum dir dir)
{
	struct evbuffer *queue = conn->dialog->queue[dir];
	struct end *out = &conn->end[!dir];
	struct evbuffer_iovec piece;
	int n;

	if (!out->writable || out->finished ||
	    evbuffer_peek(queue, -1, NULL, &piece, 1) < 1)
		return false;
	legs_step_begin();
	n = SSL_write(out->ssl, piece.iov_base,
	    (int)(piece.iov_len < READ_SIZE ? piece.iov_len : READ_SIZE));
	if (n > 0) {
		evbuffer_drain(queue, (size_t)n);
		conn_spend(conn, (size_t)n);
		if (evbuffer_get_length(queue) < DIALOG_QUEUE_HIGH / 2)
			dialog_pump(conn->dialog, dir);
		return true;
	}
	if (legs_step_of(out, n) != LEGS_WAIT)
		conn_reset(conn);
	return false;
}

/* All of a direction was sent, and the engine has no more: that end is told. */
static bool
pump_finish(struct conn *conn, enum dir dir)
{
	struct end *out = &conn->end[!dir];

	if (!conn->dialog->finish[dir] || out->finished ||
	    evbuffer_get_length(conn->dialog->queue[dir]) > 0)
		return false;
	/* Without a goodbye it can see that something is missing. */
	if (!conn->dialog->cut[dir])
		SSL_shutdown(out->ssl);
	end_finish(out);
	return true;
}

/* ---- both ---- */

/* Both ends were told; a client that has not closed may still have to read it. */
static bool
pump_over(struct conn *conn)
{
	if (!conn_client(conn)->finished || !conn_origin(conn)->finished)
		return false;
	if (conn_client(conn)->eof) {
		conn_close(conn);
		return true;
	}
	conn->dialog->paused[DIR_UP] = false;
	if (conn->patience_s != LINGER_S)
		conn_patience(conn, LINGER_S);
	return false;
}

static bool
pump_direction(struct conn *conn, enum dir dir)
{
	bool moved = pump_read(conn, dir);

	if (conn->state == CONN_OPEN)
		moved = pump_write(conn, dir) || moved;
	if (conn->state == CONN_OPEN)
		moved = pump_finish(conn, dir) || moved;
	return moved;
}

bool
pump_turn(struct conn *conn)
{
	bool moved = false;

	for (int dir = 0; dir < 2 && conn->state == CONN_OPEN; dir++)
		moved = pump_direction(conn, (enum dir)dir) || moved;
	if (conn->state != CONN_OPEN || pump_over(conn))
		return false;
	if (conn->dialog->abort) {
		conn_reset(conn);
		return false;
	}
	return moved;
}

void
pump_tick(struct conn *conn)
{
	struct dialog *dialog = conn->dialog;

	judge_tick(dialog->home->judge, &conn->flow, dialog->home->now_us);
	if (dialog->home->now_us - conn->active_us >= DIALOG_REST_US)
		dialog_rest(dialog);
	if (!dialog->wake || dialog->wake_us > dialog->home->now_us)
		return;
	dialog->wake = false;
	dialog_pump(dialog, DIR_UP);
	conn_again(conn);
}

/* ---- begin and end ---- */

/* The engine of the protocol both ends agreed on. */
static const struct engine *
engine_for(SSL *ssl)
{
	const unsigned char *alpn;
	unsigned len;

	SSL_get0_alpn_selected(ssl, &alpn, &len);
	if (len == 2 && memcmp(alpn, "h2", 2) == 0)
		return &engine_http2;
	return len > 0 ? &engine_http1 : &engine_guess;
}

bool
pump_start(struct conn *conn)
{
	struct dialog *dialog = calloc(1, sizeof(*dialog));

	conn->dialog = dialog;
	if (dialog == NULL)
		return false;
	dialog->home = &conn->proxy->home;
	dialog->flow = &conn->flow;
	dialog->queue[DIR_UP] = evbuffer_new();
	dialog->queue[DIR_DOWN] = evbuffer_new();
	if (dialog->queue[DIR_UP] == NULL || dialog->queue[DIR_DOWN] == NULL)
		return false;
	judge_opened(conn->proxy->home.judge, &conn->flow);
	if (!dialog_start(dialog, engine_for(conn_client(conn)->ssl)))
		return false;
	conn->state = CONN_OPEN;
	conn->opened_us = conn->proxy->home.now_us;
	conn_client(conn)->readable = conn_origin(conn)->readable = true;
	conn_client(conn)->writable = conn_origin(conn)->writable = true;
	conn_patience(conn, IDLE_S);
	return true;
}

void
pump_fini(struct conn *conn)
{
	struct dialog *dialog = conn->dialog;

	if (dialog == NULL)
		return;
	decide_client_silent(conn);
	dialog_stop(dialog);
	for (int dir = 0; dir < 2; dir++)
		if (dialog->queue[dir] != NULL)
			evbuffer_free(dialog->queue[dir]);
	free(dialog);
	conn->dialog = NULL;
}
