/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker: one proxy in one process. Beside the connections its loop watches
 * one descriptor of ours, which stands for the orders of the monitor and the
 * channel to the recorder.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "appliance/process.h"
#include "appliance/recorder_post.h"
#include "core/log.h"
#include "core/mem.h"

/* The monitor is gone: what is open may still end by itself for so long. */
#define ORPHAN_GRACE_S 10
/* All connections are closed; the last events get so long to reach the store. */
#define LAST_EVENTS_MS 3000

struct worker {
	struct proxy *proxy;
	struct post *post;
	struct channel *orders;
	int hub;			/* epoll: readable when one of the two is */
	bool orphan;
};

static bool
hub_add(struct worker *worker, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	if (epoll_ctl(worker->hub, EPOLL_CTL_ADD, fd, &event) == 0)
		return true;
	log_error("proxy", "cannot watch a channel: %s", strerror(errno));
	return false;
}

/* Another process stands where one was: from now on this socket leads there. */
static void
peer_set(struct worker *worker, uint64_t role, int fd)
{
	if (role == PROCESS_SIGNER)
		proxy_signer_set(worker->proxy, fd);
	else if (role != PROCESS_RECORDER)
		close(fd);
	else if (post_recorder_set(worker->post, fd))
		(void)hub_add(worker, post_fd(worker->post));
}

static void
orders_take(void *arg, const struct message *message)
{
	struct worker *worker = arg;

	if (message->kind == MESSAGE_PEER)
		peer_set(worker, message->number, message->fd);
	else if (message->kind == MESSAGE_DRAIN)
		proxy_drain(worker->proxy, (unsigned)message->number);
}

/* Either may have caused it; a turn with nothing to do costs a system call. */
static void
hub_ready(void *arg)
{
	struct worker *worker = arg;

	(void)post_turn(worker->post);
	if (worker->orphan || channel_turn(worker->orders))
		return;
	worker->orphan = true;
	epoll_ctl(worker->hub, EPOLL_CTL_DEL, channel_fd(worker->orders), NULL);
	log_warn("proxy", "the monitor is gone; no more connections are taken");
	proxy_drain(worker->proxy, ORPHAN_GRACE_S);
}

/* A file without a name, for what of held bodies does not fit memory. */
static int
spool_open(const char *folder)
{
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	char *path;

	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR) &&
	    asprintf(&path, "%s/bookgate-XXXXXX", folder) >= 0) {
		fd = mkostemp(path, O_CLOEXEC);
		if (fd >= 0)
			unlink(path);
		free(path);
	}
	if (fd < 0)
		log_warn("proxy", "%s: %s: bodies are held in memory alone", folder,
		    strerror(errno));
	return fd;
}

static char *
gateway_name(const struct settings *settings)
{
	char name[GATEWAY_MAX] = "";

	if (settings->gateway != NULL)
		return xstrdup(settings->gateway);
	if (gethostname(name, sizeof(name) - 1) != 0 || name[0] == '\0')
		return xstrdup("bookgate");
	return xstrdup(name);
}

/* Opens what will be needed; the proxy does the same. */
static bool
worker_open(struct worker *worker, const struct process_task *task)
{
	const struct settings *settings = task->setup->settings;
	struct proxy_options options = {
		.rules = task->setup->rules,
		.settings = settings,
		.gateway = gateway_name(settings),
		.identity_key = task->identity_key,
		.shared = task->shared,
		.worker = task->worker,
		.listener = task->listener,
		.signer = -1,
		.spool = spool_open(settings->spool),
		.trust = settings->trust,
	};

	worker->post = post_new(&task->board->events[task->worker].waiting,
	    &task->board->events[task->worker].lost);
	worker->orders = channel_new(task->orders, PROCESS_ORDERS, orders_take, worker);
	worker->hub = epoll_create1(EPOLL_CLOEXEC);
	if (worker->post == NULL || worker->orders == NULL || worker->hub < 0) {
		log_error("proxy", "cannot set up: %s", strerror(errno));
		return false;
	}
	options.sink = post_sink(worker->post);
	worker->proxy = proxy_new(&options);
	return worker->proxy != NULL && hub_add(worker, channel_fd(worker->orders)) &&
	    proxy_watch(worker->proxy, worker->hub, hub_ready, worker);
}

/* What happened last is known here alone. */
static void
worker_last_events(struct worker *worker, const uint64_t *waiting)
{
	struct pollfd wait = { .events = POLLIN };

	for (int ms = 0; ms < LAST_EVENTS_MS && *waiting > 0; ms += 50) {
		wait.fd = worker->hub;
		if (poll(&wait, 1, 50) > 0) {
			(void)post_turn(worker->post);
			if (!worker->orphan)
				worker->orphan = !channel_turn(worker->orders);
		}
	}
	if (*waiting > 0)
		log_warn("proxy", "%llu events did not reach the store",
		    (unsigned long long)*waiting);
}

int
worker_run(const struct process_task *task)
{
	struct worker worker = { .hub = -1 };
	int code;

	/* Not yet stored are those of this worker, not of one that had the row before. */
	task->board->events[task->worker].waiting = 0;
	if (!worker_open(&worker, task) || !process_confine(PROCESS_PROXY) ||
	    !process_ready(worker.orders, NULL, 0))
		return EXIT_RESOURCE;
	/* The ways to the signer and the recorder mostly wait here already. */
	hub_ready(&worker);
	code = proxy_run(worker.proxy) == 0 ? EXIT_DONE : EXIT_RESOURCE;
	worker_last_events(&worker, &task->board->events[task->worker].waiting);
	return code;
}
