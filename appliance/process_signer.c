/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process with the authority's key: it answers workers on the sockets that
 * the monitor hands it, and can do nothing else.
 */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "appliance/process.h"
#include "core/log.h"
#include "core/problem.h"
#include "proxy/signer.h"

struct signing {
	struct signer *signer;
	struct channel *orders;
	int workers[PROCESS_PEERS];
	size_t count;
	bool ending;
};

static void
orders_take(void *arg, const struct message *message)
{
	struct signing *signing = arg;

	if (message->kind == MESSAGE_DRAIN) {
		signing->ending = true;
	} else if (message->kind == MESSAGE_PEER && signing->count < PROCESS_PEERS) {
		signing->workers[signing->count++] = message->fd;
	} else if (message->kind == MESSAGE_PEER) {
		log_error("signer", "too many workers");
		close(message->fd);
	}
}

/*
 * One request, one answer, so that no worker makes the others wait for long. A
 * worker that does not read its answers loses them. False: it is gone.
 */
static bool
worker_answer(struct signing *signing, int worker)
{
	uint8_t request[SIGNER_REQUEST_MAX + 1], reply[SIGNER_REPLY_MAX];
	ssize_t len = recv(worker, request, sizeof(request), MSG_DONTWAIT);
	size_t reply_len;

	if (len <= 0)
		return len < 0 && (errno == EAGAIN || errno == EINTR);
	reply_len = signer_answer(signing->signer, request, (size_t)len, time(NULL), reply);
	return send(worker, reply, reply_len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 ||
	    errno == EAGAIN || errno == ENOBUFS || errno == EINTR;
}

static void
signing_turn(struct signing *signing)
{
	struct pollfd wait[PROCESS_PEERS + 1];
	size_t count = signing->count;

	for (size_t i = 0; i < count; i++)
		wait[i] = (struct pollfd){ signing->workers[i], POLLIN, 0 };
	wait[count] = (struct pollfd){ channel_fd(signing->orders), POLLIN, 0 };
	if (poll(wait, count + 1, -1) <= 0)
		return;
	for (size_t i = count; i-- > 0; ) {
		if (wait[i].revents == 0 || worker_answer(signing, wait[i].fd))
			continue;
		close(wait[i].fd);
		signing->workers[i] = signing->workers[--signing->count];
	}
	if (wait[count].revents != 0 && !channel_turn(signing->orders))
		signing->ending = true;
}

int
signer_run(const struct process_task *task)
{
	struct signing signing = { 0 };
	struct problems problems = { 0 };

	signing.signer = signer_new(task->setup->settings->ca, &problems);
	problems_print(&problems);
	problems_fini(&problems);
	if (signing.signer == NULL)
		return EXIT_INPUT;
	signing.orders = channel_new(task->orders, PROCESS_ORDERS, orders_take, &signing);
	if (signing.orders == NULL || !process_confine(PROCESS_SIGNER) ||
	    !process_ready(signing.orders, NULL, 0))
		return EXIT_RESOURCE;
	while (!signing.ending)
		signing_turn(&signing);
	signer_free(signing.signer);
	return EXIT_DONE;
}
