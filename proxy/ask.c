/* SPDX-License-Identifier: Apache-2.0 */
/* The worker's side of the signer: one message asks, one answers; nobody waits in between. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/log.h"
#include "proxy/signer.h"
#include "proxy/worker.h"

static void
signer_gone(struct proxy *proxy)
{
	log_warn("proxy", "the signer is gone; new names are not opened until there is another");
	ask_fini(proxy);
	leaf_cache_fail(proxy->leaves);
}

static void
answer_take(struct proxy *proxy, const uint8_t *data, size_t len)
{
	struct signer_reply reply;

	if (!signer_reply_read(data, len, &reply)) {
		log_warn("proxy", "the signer sent what is no answer");
		return;
	}
	if (reply.result != LEAF_DONE)
		log_warn("proxy", "the signer refused a name: %s",
		    leaf_result_name(reply.result));
	leaf_cache_answer(proxy->leaves, reply.tag, reply.leaf,
	    (time_t)(proxy->home.now_us / 1000000));
	X509_free(reply.leaf);
}

static void
signer_event(int fd, short what, void *arg)
{
	struct proxy *proxy = arg;
	uint8_t reply[SIGNER_REPLY_MAX];
	ssize_t n;

	(void)what;
	proxy->home.now_us = moment_now();
	n = recv(fd, reply, sizeof(reply), MSG_DONTWAIT);
	if (n > 0)
		answer_take(proxy, reply, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		signer_gone(proxy);
	conns_bury(proxy);
}

bool
ask_leaf(struct conn *conn, X509 *origin)
{
	struct proxy *proxy = conn->proxy;
	struct leaf_request request;
	uint8_t message[SIGNER_REQUEST_MAX];
	size_t len;
	uint32_t tag;

	if (proxy->signer < 0 ||
	    leaf_request_from(&request, origin, conn->flow.host) != LEAF_DONE ||
	    leaf_request_permit(&request, proxy->authority) != LEAF_DONE)
		return false;
	switch (leaf_cache_wait(proxy->leaves, &conn->handshake->key,
	    &conn->handshake->waiter, &tag)) {
	case LEAF_WAIT_JOINED:
		return true;
	case LEAF_WAIT_FULL:
		return false;
	case LEAF_WAIT_ASK:
		break;
	}
	len = signer_request_write(&request, proxy->key, tag, message);
	if (len > 0 &&
	    send(proxy->signer, message, len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len)
		return true;
	/* Nobody will answer that tag: this connection leaves, and so may others who joined. */
	leaf_cache_leave(&conn->handshake->waiter);
	leaf_cache_answer(proxy->leaves, tag, NULL, 0);
	return false;
}

void
ask_init(struct proxy *proxy, int fd)
{
	proxy->signer = fd;
	if (fd < 0)
		return;
	event_assign(&proxy->signer_event, proxy->base, fd, EV_READ | EV_PERSIST,
	    signer_event, proxy);
	event_add(&proxy->signer_event, NULL);
}

void
ask_fini(struct proxy *proxy)
{
	if (proxy->signer < 0)
		return;
	event_del(&proxy->signer_event);
	close(proxy->signer);
	proxy->signer = -1;
}

void
proxy_signer_set(struct proxy *proxy, int fd)
{
	ask_fini(proxy);
	leaf_cache_fail(proxy->leaves);
	ask_init(proxy, fd);
}
