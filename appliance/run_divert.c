/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When traffic is brought in: while there is somebody to take it; or, with
 * `on_failure: closed`, always, so that what cannot be looked at goes nowhere.
 */
#include "appliance/run.h"
#include "core/log.h"
#include "proxy/nft.h"

static const char *const names[] = { "none", "off", "on" };

const char *
diversion_name(enum diversion diversion)
{
	return names[diversion];
}

/* It died at once, and the next attempt waits. */
static bool
has_failed(const struct run_process *process)
{
	return process->state == RUN_IDLE && process->failures > 0;
}

static bool
some_worker_ready(const struct generation *generation)
{
	for (size_t i = 0; i < generation->count; i++)
		if (generation->workers[i].state == RUN_READY)
			return true;
	return false;
}

/* Nobody takes connections, or signs, and the next attempt waits. */
static bool
generation_failed(const struct generation *generation)
{
	if (has_failed(&generation->signer))
		return true;
	if (some_worker_ready(generation))
		return false;
	for (size_t i = 0; i < generation->count; i++)
		if (has_failed(&generation->workers[i]))
			return true;
	return false;
}

static bool
generation_ready(const struct generation *generation)
{
	return generation->signer.state == RUN_READY && some_worker_ready(generation);
}

static void
diversion_apply(struct monitor *monitor, const struct settings *settings)
{
	int code;

	monitor->alive_ms = run_now_ms() + NFT_ALIVE_EVERY * 1000;
	code = divert_apply(settings);
	if (code == EXIT_DONE) {
		monitor->diversion = DIVERSION_ON;
		log_info("monitor", "traffic is diverted");
	} else if (!monitor->announced) {
		/* It never worked: whoever started us should hear of it. */
		monitor->code = code;
		monitor->stopping = true;
	}
}

void
diversion_ease(struct monitor *monitor)
{
	if (monitor->diversion == DIVERSION_ON && divert_ease() != EXIT_DONE)
		diversion_remove(monitor);
}

void
diversion_remove(struct monitor *monitor)
{
	if (monitor->diversion != DIVERSION_ON)
		return;
	monitor->diversion = DIVERSION_OFF;
	if (divert_remove() != EXIT_DONE)
		log_error("monitor", "the diversion may still be there: "
		    "\"bookgate divert remove\" takes it away");
}

void
diversion_progress(struct monitor *monitor)
{
	const struct generation *current = generation_current(monitor);
	const struct settings *settings;
	bool due = run_now_ms() >= monitor->alive_ms, open;

	if (monitor->diversion == DIVERSION_NONE || !monitor->started ||
	    monitor->stopping || current == NULL)
		return;
	settings = current->setup.settings;
	open = settings->on_failure == 0;
	/* A process that is just being replaced is no reason to change anything. */
	if (monitor->diversion == DIVERSION_ON && open && generation_failed(current)) {
		log_warn("monitor", "nobody takes connections: nothing is diverted");
		diversion_remove(monitor);
	} else if (monitor->diversion == DIVERSION_OFF && due &&
	    (!open || generation_ready(current))) {
		diversion_apply(monitor, settings);
	} else if (monitor->diversion == DIVERSION_ON && due) {
		monitor->alive_ms = run_now_ms() + NFT_ALIVE_EVERY * 1000;
		(void)divert_alive(settings);
	}
}
