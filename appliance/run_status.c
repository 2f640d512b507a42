/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monitor's side of `bookgate status`. Whoever connects to the control
 * socket is told everything and hung up on. The answer fits the socket's
 * buffer, so nothing is waited for, read, or remembered of anybody.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "appliance/run.h"
#include "appliance/status.h"
#include "core/log.h"
#include "core/mem.h"
#include "proxy/origdst.h"

/* Askers answered in one turn, and waiting for the next. */
#define CONTROL_BURST 8

static const char *
state_name(const struct run_process *process)
{
	static const char *const names[] = { "waiting", "starting", "ready", "ending", "gone" };

	return names[process->state];
}

static void
status_process(struct run_process *process, void *arg)
{
	struct status *status = arg;

	if (status->process_count == STATUS_PROCESSES || process->state == RUN_GONE)
		return;
	status->processes[status->process_count++] = (struct status_process){
		.role = process_rows[process->role].name,
		.state = state_name(process),
		.pid = (int)process->pid,
		.worker = process->role == PROCESS_PROXY ? (int)process->worker : -1,
		.generation = process->generation != NULL ? process->generation->number : 0,
		.restarts = process->restarts,
	};
}

static void
status_sums(struct monitor *monitor, struct status *status)
{
	for (unsigned i = 0; i < PROXY_WORKERS_MAX; i++) {
		status_add_counts(&status->counts, proxy_shared_counts(monitor->shared, i));
		status->events_waiting += __atomic_load_n(
		    &monitor->board->events[i].waiting, __ATOMIC_RELAXED);
		status->events_lost += __atomic_load_n(
		    &monitor->board->events[i].lost, __ATOMIC_RELAXED);
	}
	status->bypasses = proxy_shared_bypasses(monitor->shared, status->now_us);
}

static void
status_fill(struct monitor *monitor, struct status *status)
{
	const struct generation *current = generation_current(monitor);

	status->since_us = monitor->begin_us;
	status->now_us = moment_now();
	status->stopping = monitor->stopping;
	status->rules_digest = current != NULL ? rules_digest(current->setup.rules) : "";
	status->rules_date = current != NULL ? rules_date(current->setup.rules) : DAY_NONE;
	status->generation = current != NULL ? current->number : 0;
	status->diversion = diversion_name(monitor->diversion);
	status->engine = monitor->divert == DIVERT_NONE ? "none" :
	    origdst_engine_name(origdst_engine_of((enum divert)monitor->divert));
	status_sums(monitor, status);
	/* The monitor has no struct run_process; it speaks here. */
	status->processes[status->process_count++] = (struct status_process){ "monitor",
		monitor->stopping ? "ending" : "ready", (int)getpid(), -1, 0, 0 };
	processes_each(monitor, status_process, status);
}

static void
answer_send(int fd, const char *json)
{
	size_t len = strlen(json);
	char *line = len < STATUS_MAX ? malloc(len + 2) : NULL;

	if (line == NULL)
		return;
	memcpy(line, json, len);
	memcpy(line + len, "\n", 2);
	(void)send(fd, line, len + 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	free(line);
}

void
control_answer(struct monitor *monitor)
{
	struct status *status;
	char *json;
	int fd;

	for (int i = 0; i < CONTROL_BURST; i++) {
		fd = accept4(monitor->control, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		status = calloc(1, sizeof(*status));
		if (status != NULL) {
			status_fill(monitor, status);
			json = status_json(status);
			if (json != NULL)
				answer_send(fd, json);
			free(json);
		}
		free(status);
		close(fd);
	}
}

/* ---- the socket ----------------------------------------------------------------------- */

/* A socket that nobody answers at was left by one that was killed. */
static bool
control_vacate(const struct sockaddr_un *at)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool answered;

	if (fd < 0)
		return false;
	/* A full queue of askers is somebody, too. */
	answered = connect(fd, (const struct sockaddr *)at, sizeof(*at)) == 0 || errno == EAGAIN;
	close(fd);
	if (answered) {
		log_error("run", "%s: another bookgate is running", at->sun_path);
		return false;
	}
	if (unlink(at->sun_path) != 0 && errno != ENOENT) {
		log_error("run", "%s: %s", at->sun_path, strerror(errno));
		return false;
	}
	return true;
}

bool
control_open(struct monitor *monitor, const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	mode_t before;
	bool ok;

	if (strlen(path) >= sizeof(at.sun_path)) {
		log_error("run", "%s: too long for a socket's name", path);
		return false;
	}
	strcpy(at.sun_path, path);
	if (!control_vacate(&at))
		return false;
	monitor->control = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	before = umask(0117);		/* 0660: root and the group may ask */
	ok = monitor->control >= 0 &&
	    bind(monitor->control, (struct sockaddr *)&at, sizeof(at)) == 0 &&
	    listen(monitor->control, CONTROL_BURST) == 0;
	umask(before);
	if (!ok)
		log_error("run", "%s: %s", path, strerror(errno));
	else
		monitor->control_path = xstrdup(path);
	return ok;
}

void
control_close(struct monitor *monitor)
{
	if (monitor->control_path != NULL)
		unlink(monitor->control_path);
	if (monitor->control >= 0)
		close(monitor->control);
	free(monitor->control_path);
	monitor->control_path = NULL;
	monitor->control = -1;
}
