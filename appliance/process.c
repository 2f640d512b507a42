/* SPDX-License-Identifier: Apache-2.0 */
#include "appliance/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"

const struct process_row process_rows[PROCESS_ROLES] = {
	[PROCESS_RECORDER] = { "recorder", "bookgate-record", &sandbox_recorder,
	    recorder_run },
	[PROCESS_SIGNER] = { "signer", "bookgate-signer", &sandbox_signer, signer_run },
	[PROCESS_PROXY] = { "proxy", "bookgate-proxy", &sandbox_proxy, worker_run },
};

/* ---- in the child ------------------------------------------------------------------ */

/* The monitor's handlers are not ours; a terminal's Ctrl-C is for the monitor to answer. */
static void
child_signals(void)
{
	static const int defaults[] = { SIGCHLD, SIGUSR1, SIGUSR2, SIGALRM };
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ };
	sigset_t none;

	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		signal(defaults[i], SIG_DFL);
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Closes all but the standard streams and two descriptors. */
static void
child_close(int a, int b)
{
	unsigned low = (unsigned)(a < b ? a : b), high = (unsigned)(a < b ? b : a);
	int null = open("/dev/null", O_RDONLY);

	if (null >= 0)
		dup2(null, 0);
	if (low > 3)
		close_range(3, low - 1, 0);
	if (high > low + 1)
		close_range(low + 1, high - 1, 0);
	close_range(high + 1, ~0u, 0);
}

__attribute__((noreturn))
static void
child_run(const struct process_row *row, const struct process_task *task)
{
	child_signals();
	child_close(task->orders, task->listener >= 0 ? task->listener : task->orders);
	prctl(PR_SET_NAME, row->title);
	tzset();			/* a log line must not open a file later */
	_exit(row->run(task));
}

pid_t
process_start(enum process_role role, const struct process_task *task)
{
	pid_t pid = fork();

	if (pid == 0)
		child_run(&process_rows[role], task);
	return pid;
}

bool
process_confine(enum process_role role)
{
	const struct process_row *row = &process_rows[role];

	return rights_drop(row->name) && sandbox_enter(row->sandbox);
}

bool
process_ready(struct channel *orders, const void *body, size_t len)
{
	struct message message = { MESSAGE_READY, 0, body, len, -1 };

	return channel_send(orders, &message);
}
