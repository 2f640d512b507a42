/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "appliance/run.h"
#include "core/log.h"

int64_t
run_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* "proxy 2 (pid 71)" */
#define RUN_NAME_MAX 48

static const char *
run_name(const struct run_process *process, char name[RUN_NAME_MAX])
{
	const char *role = process_rows[process->role].name;

	if (process->role == PROCESS_PROXY)
		snprintf(name, RUN_NAME_MAX, "%s %u (pid %d)", role, process->worker,
		    (int)process->pid);
	else
		snprintf(name, RUN_NAME_MAX, "%s (pid %d)", role, (int)process->pid);
	return name;
}

void
run_process_init(struct run_process *process, struct monitor *monitor,
    struct generation *generation, enum process_role role)
{
	*process = (struct run_process){ .monitor = monitor, .generation = generation,
		.role = role, .state = RUN_IDLE };
}

static bool
is_alive(const struct run_process *process)
{
	return process->pid != 0;
}

/* ---- ways between processes -------------------------------------------------------- */

static bool
peer_send(struct run_process *process, uint64_t number, int fd)
{
	struct message message = { MESSAGE_PEER, number, NULL, 0, fd };

	return channel_send(process->orders, &message);
}

/*
 * A fresh way from a worker to the signer or the recorder; each end goes to
 * its owner, and none stays here: so each learns when the other dies.
 */
static void
peers_link(struct run_process *server, struct run_process *worker)
{
	int pair[2];

	if (!channel_pair(pair)) {
		log_error("monitor", "cannot link two processes: %s", strerror(errno));
		return;
	}
	if (!peer_send(server, worker->worker, pair[0]) ||
	    !peer_send(worker, server->role, pair[1]))
		log_error("monitor", "cannot link %s to the %s",
		    process_rows[worker->role].name, process_rows[server->role].name);
	close(pair[0]);
	close(pair[1]);
}

/* The recorder serves the workers of all generations, a signer those of its own. */
static void
link_server(struct run_process *worker, void *arg)
{
	struct run_process *server = arg;

	if (worker->role == PROCESS_PROXY && is_alive(worker) &&
	    (server->generation == NULL || server->generation == worker->generation))
		peers_link(server, worker);
}

static void
link_worker(struct run_process *worker)
{
	struct run_process *servers[] = { &worker->monitor->recorder,
		&worker->generation->signer };

	for (size_t i = 0; i < 2; i++)
		if (servers[i]->state == RUN_READY)
			peers_link(servers[i], worker);
}

/* ---- orders ------------------------------------------------------------------------- */

static void
process_is_ready(struct run_process *process, const struct message *message)
{
	struct monitor *monitor = process->monitor;
	char name[RUN_NAME_MAX];

	if (process->state != RUN_STARTING)
		return;
	process->state = RUN_READY;
	process->force_ms = 0;
	if (process->role == PROCESS_RECORDER && message->len == CHANNEL_KEY_LEN) {
		memcpy(monitor->key, message->body, CHANNEL_KEY_LEN);
		monitor->has_key = true;
	}
	if (process->role != PROCESS_PROXY)
		processes_each(monitor, link_server, process);
	log_info("monitor", "%s is ready", run_name(process, name));
	monitor_wake(monitor);
}

/* READY is all that a process may say. */
static void
orders_take(void *arg, const struct message *message)
{
	if (message->kind == MESSAGE_READY)
		process_is_ready(arg, message);
	else if (message->fd >= 0)
		close(message->fd);
}

/* Its end is seen by its death, not here. */
static void
orders_event(evutil_socket_t fd, short what, void *arg)
{
	struct run_process *process = arg;

	(void)fd;
	(void)what;
	if (!channel_turn(process->orders))
		event_del(process->event);
}

/* ---- starting ------------------------------------------------------------------------ */

static pid_t
process_fork(struct run_process *process, int orders)
{
	struct monitor *monitor = process->monitor;
	struct generation *generation = process->generation != NULL ?
	    process->generation : generation_current(monitor);
	bool pseudonyms = generation->setup.settings->identity != 0;
	struct process_task task = {
		.setup = &generation->setup,
		.shared = monitor->shared,
		.board = monitor->board,
		.identity_key = process->role == PROCESS_PROXY && pseudonyms ?
		    monitor->key : NULL,
		.worker = process->worker,
		.orders = orders,
		.listener = process->role == PROCESS_PROXY ? monitor->listener : -1,
	};

	return process_start(process->role, &task);
}

/* A death at once makes the next attempt wait, each time longer. */
static void
process_wait(struct run_process *process)
{
	int64_t wait = 0, now = run_now_ms();

	process->failures = now - process->since_ms < RUN_LIVED_MS ? process->failures + 1 : 0;
	if (process->failures > 0) {
		wait = RUN_RETRY_FIRST_MS;
		for (unsigned i = 1; i < process->failures && wait < RUN_RETRY_MOST_MS; i++)
			wait *= 2;
	}
	process->state = RUN_IDLE;
	process->retry_ms = now + (wait < RUN_RETRY_MOST_MS ? wait : RUN_RETRY_MOST_MS);
	if (wait > 0)
		log_warn("monitor", "the next %s starts in %d s",
		    process_rows[process->role].name,
		    (int)((process->retry_ms - now) / 1000));
}

static void
orders_close(struct run_process *process)
{
	if (process->event != NULL)
		event_free(process->event);
	channel_free(process->orders);
	process->event = NULL;
	process->orders = NULL;
}

static bool
orders_open(struct run_process *process, int socket)
{
	process->orders = channel_new(socket, PROCESS_ORDERS, orders_take, process);
	if (process->orders == NULL)
		return false;
	process->event = event_new(process->monitor->base, channel_fd(process->orders),
	    EV_READ | EV_PERSIST, orders_event, process);
	return process->event != NULL && event_add(process->event, NULL) == 0;
}

static void
process_failed_start(struct run_process *process)
{
	log_error("monitor", "cannot start a process: %s", strerror(errno));
	orders_close(process);
	process_wait(process);
}

void
run_process_start(struct run_process *process)
{
	int pair[2];

	if (process->state != RUN_IDLE || run_now_ms() < process->retry_ms)
		return;
	process->since_ms = run_now_ms();
	if (!channel_pair(pair) || !orders_open(process, pair[0])) {
		process_failed_start(process);
		return;
	}
	process->pid = process_fork(process, pair[1]);
	close(pair[1]);
	if (process->pid < 0) {
		process->pid = 0;
		process_failed_start(process);
		return;
	}
	process->state = RUN_STARTING;
	process->force_ms = process->since_ms + RUN_START_MS;
	if (process->role == PROCESS_PROXY && process->generation != NULL)
		link_worker(process);
}

/* ---- ending ------------------------------------------------------------------------------ */

void
run_process_end(struct run_process *process, unsigned grace_s)
{
	struct message message = { MESSAGE_DRAIN, grace_s, NULL, 0, -1 };

	if (!is_alive(process)) {
		process->state = RUN_GONE;
		return;
	}
	process->state = RUN_ENDING;
	process->force_ms = grace_s > 0 ?
	    run_now_ms() + (int64_t)grace_s * 1000 + RUN_FORCE_MS : 0;
	if (!channel_send(process->orders, &message))
		run_process_kill(process);
}

void
run_process_kill(struct run_process *process)
{
	if (is_alive(process) && kill(process->pid, SIGKILL) != 0)
		log_error("monitor", "cannot end pid %d: %s", (int)process->pid,
		    strerror(errno));
}

static void
death_tell(const struct run_process *process, int status)
{
	char name[RUN_NAME_MAX];

	run_name(process, name);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		log_error("monitor", "%s made a system call that its sandbox does not have", name);
	else if (WIFSIGNALED(status))
		log_warn("monitor", "%s was ended by signal %d", name, WTERMSIG(status));
	else if (process->state != RUN_ENDING || WEXITSTATUS(status) != 0)
		log_warn("monitor", "%s ended with code %d", name, WEXITSTATUS(status));
	else
		log_info("monitor", "%s has ended", name);
}

static void
process_died(struct run_process *process, int status)
{
	struct monitor *monitor = process->monitor;
	bool ready = process->state != RUN_STARTING;
	int code = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_INPUT ?
	    EXIT_INPUT : EXIT_RESOURCE;

	death_tell(process, status);
	orders_close(process);
	process->pid = 0;
	if (process->state == RUN_ENDING) {
		process->state = RUN_GONE;
	} else {
		process->restarts++;
		process_wait(process);
		if (!ready && (!monitor->started || (process->generation != NULL &&
		    process->generation->state == GENERATION_NEW)))
			monitor_give_up(monitor, code);
	}
}

void
run_process_check(struct run_process *process)
{
	int status;

	if (!is_alive(process))
		return;
	if (waitpid(process->pid, &status, WNOHANG) == process->pid) {
		process_died(process, status);
	} else if (process->force_ms != 0 && run_now_ms() >= process->force_ms) {
		log_warn("monitor", "pid %d takes too long and is ended by force",
		    (int)process->pid);
		run_process_kill(process);
		process->force_ms = 0;
	}
}
