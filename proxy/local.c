/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Somebody asked the gateway itself, at the port that diverted connections
 * come in at: the answer is the notice that says what is inspected here.
 */
#include <errno.h>
#include <event2/buffer.h>
#include <stdlib.h>
#include <unistd.h>

#include "proxy/refusal.h"
#include "proxy/worker.h"

/* A longer head is no browser's. */
#define LOCAL_HEAD_MAX ((size_t)16 << 10)

static bool
queues_make(struct tunnel *tunnel)
{
	for (int dir = 0; dir < 2; dir++)
		if (tunnel->rest[dir] == NULL && (tunnel->rest[dir] = evbuffer_new()) == NULL)
			return false;
	return true;
}

static bool
answer_make(struct conn *conn)
{
	struct evbuffer *asked = conn->tunnel.rest[DIR_UP];
	const struct proxy_options *options = &conn->proxy->options;
	size_t len, size = evbuffer_get_length(asked);
	char *answer = notice_answer(options->settings, options->rules,
	    (const char *)evbuffer_pullup(asked, -1), size, &len);
	bool made = answer != NULL &&
	    evbuffer_add(conn->tunnel.rest[DIR_DOWN], answer, len) == 0;

	free(answer);
	return made;
}

static bool
local_read(struct conn *conn)
{
	struct end *client = conn_client(conn);
	struct evbuffer *asked = conn->tunnel.rest[DIR_UP];
	ssize_t n = read(client->fd, conn->proxy->buffer, READ_SIZE);

	if (n < 0 && errno == EAGAIN) {
		client->readable = false;
		return false;
	}
	if (n <= 0 || conn_client(conn)->finished) {
		if (n <= 0)
			conn_close(conn);
		return n > 0;
	}
	if (evbuffer_add(asked, conn->proxy->buffer, (size_t)n) != 0 ||
	    evbuffer_get_length(asked) > LOCAL_HEAD_MAX) {
		conn_close(conn);
		return false;
	}
	if (evbuffer_search(asked, "\r\n\r\n", 4, NULL).pos >= 0 && !answer_make(conn))
		conn_close(conn);
	return true;
}

static bool
local_write(struct conn *conn)
{
	struct end *client = conn_client(conn);
	struct evbuffer *answer = conn->tunnel.rest[DIR_DOWN];

	if (evbuffer_write(answer, client->fd) < 0) {
		if (errno == EAGAIN)
			client->writable = false;
		else
			conn_close(conn);
		return false;
	}
	if (evbuffer_get_length(answer) == 0)
		end_finish(client);
	return true;
}

bool
local_turn(struct conn *conn)
{
	struct end *client = conn_client(conn);

	if (!queues_make(&conn->tunnel)) {
		conn_close(conn);
		return false;
	}
	if (evbuffer_get_length(conn->tunnel.rest[DIR_DOWN]) > 0)
		return client->writable && local_write(conn);
	return client->readable && local_read(conn);
}
