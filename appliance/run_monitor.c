/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monitor's loop. Whatever happens, a signal, a word from a process, a
 * second gone by, leads to one place: monitor_turn(), which looks at how
 * things are and does what is due.
 */
#include <event2/event.h>
#include <signal.h>
#include <unistd.h>

#include "appliance/notify.h"
#include "appliance/run.h"
#include "core/log.h"

/* How often things are looked at when nothing happens. */
static const struct timeval tick_every = { 1, 0 };

void
monitor_wake(struct monitor *monitor)
{
	event_active(monitor->tick, EV_TIMEOUT, 0);
}

/* ---- the end --------------------------------------------------------------------- */

/* New connections go directly from now on; those that are open need our table while they live. */
static void
stop_begin(struct monitor *monitor)
{
	notify_send("STOPPING=1");
	diversion_ease(monitor);
	if (monitor->listener >= 0)
		close(monitor->listener);
	monitor->listener = -1;
	generations_end(monitor);
	monitor->ending = true;
}

/* The recorder goes last: it has to hear the others out. */
static void
stop_progress(struct monitor *monitor)
{
	if (!monitor->ending)
		stop_begin(monitor);
	generations_progress(monitor);
	if (!generations_none(monitor))
		return;
	diversion_remove(monitor);
	monitor->recorder_again = false;
	if (monitor->recorder.state < RUN_ENDING)
		run_process_end(&monitor->recorder, RUN_GRACE_S);
	if (monitor->recorder.state == RUN_GONE)
		event_base_loopbreak(monitor->base);
}

static void
kill_worker(struct run_process *process, void *arg)
{
	(void)arg;
	if (process->role == PROCESS_PROXY)
		run_process_kill(process);
}

/* Asked twice, nobody wants to wait for connections. */
static void
stop_signal(struct monitor *monitor, int number)
{
	if (monitor->stopping)
		processes_each(monitor, kill_worker, NULL);
	else
		log_info("monitor", "stopping; connections have %d s to end", RUN_GRACE_S);
	monitor->stopping = true;
	if (monitor->signal == 0)
		monitor->signal = number;
}

/* ---- turns ------------------------------------------------------------------------- */

static void
check_process(struct run_process *process, void *arg)
{
	(void)arg;
	run_process_check(process);
}

static void
watchdog_progress(struct monitor *monitor)
{
	int64_t now = run_now_ms();

	if (monitor->watchdog_every_ms == 0 || now < monitor->watchdog_ms)
		return;
	monitor->watchdog_ms = now + monitor->watchdog_every_ms;
	notify_send("WATCHDOG=1");
}

/* All that was asked for is there: said once, and after each reload. */
static void
ready_progress(struct monitor *monitor)
{
	if (monitor->told || !monitor->started || monitor->stopping ||
	    generation_new(monitor) != NULL || monitor->recorder_again)
		return;
	monitor->told = true;
	monitor->announced = true;
	notify_send("READY=1");
	if (monitor->reload_again) {
		monitor->reload_again = false;
		generation_reload(monitor);
	}
}

static void
monitor_turn(struct monitor *monitor)
{
	processes_each(monitor, check_process, NULL);
	watchdog_progress(monitor);
	if (monitor->stopping) {
		stop_progress(monitor);
		return;
	}
	generations_progress(monitor);
	diversion_progress(monitor);
	ready_progress(monitor);
	/* A failure in between may have ended it. */
	if (monitor->stopping)
		stop_progress(monitor);
}

static void
tick_event(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	monitor_turn(arg);
}

static void
signal_event(evutil_socket_t number, short what, void *arg)
{
	struct monitor *monitor = arg;

	(void)what;
	if (number == SIGHUP)
		generation_reload(monitor);
	else if (number != SIGCHLD)
		stop_signal(monitor, (int)number);
	monitor_turn(monitor);
}

static void
control_ready(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	control_answer(arg);
}

/* ---- the loop ------------------------------------------------------------------------ */

static bool
events_add(struct monitor *monitor)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGCHLD };
	bool ok = true;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		monitor->signals[i] = evsignal_new(monitor->base, numbers[i], signal_event,
		    monitor);
		ok = ok && monitor->signals[i] != NULL &&
		    event_add(monitor->signals[i], NULL) == 0;
	}
	monitor->tick = event_new(monitor->base, -1, EV_PERSIST, tick_event, monitor);
	monitor->control_event = event_new(monitor->base, monitor->control,
	    EV_READ | EV_PERSIST, control_ready, monitor);
	return ok && monitor->tick != NULL && monitor->control_event != NULL &&
	    event_add(monitor->tick, &tick_every) == 0 &&
	    event_add(monitor->control_event, NULL) == 0;
}

static void
events_free(struct monitor *monitor)
{
	for (size_t i = 0; i < sizeof(monitor->signals) / sizeof(monitor->signals[0]); i++)
		if (monitor->signals[i] != NULL)
			event_free(monitor->signals[i]);
	if (monitor->tick != NULL)
		event_free(monitor->tick);
	if (monitor->control_event != NULL)
		event_free(monitor->control_event);
	event_base_free(monitor->base);
}

int
monitor_run(struct monitor *monitor)
{
	monitor->watchdog_every_ms = (int64_t)(notify_watchdog_us() / 2000);
	monitor->base = event_base_new();
	if (monitor->base == NULL || !events_add(monitor)) {
		log_error("monitor", "libevent cannot start");
		return EXIT_RESOURCE;
	}
	monitor_wake(monitor);
	if (event_base_dispatch(monitor->base) < 0) {
		log_error("monitor", "the loop failed");
		monitor->code = EXIT_RESOURCE;
	}
	events_free(monitor);
	return monitor->signal != 0 ? EXIT_SIGNAL + monitor->signal : monitor->code;
}
