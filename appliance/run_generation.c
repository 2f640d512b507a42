/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "appliance/notify.h"
#include "appliance/run.h"
#include "core/log.h"
#include "core/mem.h"

struct generation *
generation_current(const struct monitor *monitor)
{
	for (size_t i = 0; i < RUN_GENERATIONS; i++)
		if (monitor->generations[i] != NULL &&
		    monitor->generations[i]->state == GENERATION_CURRENT)
			return monitor->generations[i];
	return generation_new(monitor);
}

struct generation *
generation_new(const struct monitor *monitor)
{
	for (size_t i = 0; i < RUN_GENERATIONS; i++)
		if (monitor->generations[i] != NULL &&
		    monitor->generations[i]->state == GENERATION_NEW)
			return monitor->generations[i];
	return NULL;
}

void
processes_each(struct monitor *monitor, void (*each)(struct run_process *process, void *arg),
    void *arg)
{
	each(&monitor->recorder, arg);
	for (size_t g = 0; g < RUN_GENERATIONS; g++) {
		struct generation *generation = monitor->generations[g];

		if (generation == NULL)
			continue;
		each(&generation->signer, arg);
		for (size_t i = 0; i < generation->count; i++)
			each(&generation->workers[i], arg);
	}
}

/* All in that state or a later one. */
static bool
generation_all(const struct generation *generation, enum run_state state)
{
	if (generation->signer.state < state)
		return false;
	for (size_t i = 0; i < generation->count; i++)
		if (generation->workers[i].state < state)
			return false;
	return true;
}

static bool
workers_all(const struct generation *generation, enum run_state state)
{
	for (size_t i = 0; i < generation->count; i++)
		if (generation->workers[i].state < state)
			return false;
	return true;
}

void
generation_free(struct generation *generation)
{
	if (generation == NULL)
		return;
	setup_free(&generation->setup);
	free(generation->workers);
	free(generation);
}

/* ---- loading ------------------------------------------------------------------------- */

/* Why this configuration cannot run at all; NULL: it can. */
static const char *
settings_refusal(const struct settings *settings)
{
	const char *gate = settings_gate(settings, day_today());

	if (settings->inspect_count > 0 && gate != NULL)
		return gate;
	if (settings->listen == 0)
		return "interception: no port to listen at is configured (listen)";
	return NULL;
}

static bool
text_differs(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a != b : strcmp(a, b) != 0;
}

/* The key that only a restart can change; NULL none of them has changed. */
static const char *
settings_fixed(const struct settings *now, const struct settings *then)
{
	if (now->listen != then->listen)
		return "interception.listen";
	if (now->divert != then->divert)
		return "interception.divert";
	if (text_differs(now->control, then->control))
		return "interception.control";
	if (text_differs(now->store, then->store))
		return "store";
	return NULL;
}

/* Which rows have a worker, of whatever generation. */
static void
row_mark(struct run_process *process, void *arg)
{
	bool *taken = arg;

	if (process->role == PROCESS_PROXY && process->state != RUN_GONE)
		taken[process->worker] = true;
}

static bool
rows_assign(struct monitor *monitor, struct generation *generation)
{
	bool taken[PROXY_WORKERS_MAX] = { false };
	unsigned row = 0;

	processes_each(monitor, row_mark, taken);
	for (size_t i = 0; i < generation->count; i++) {
		while (row < PROXY_WORKERS_MAX && taken[row])
			row++;
		if (row == PROXY_WORKERS_MAX)
			return false;
		run_process_init(&generation->workers[i], monitor, generation, PROCESS_PROXY);
		generation->workers[i].worker = row++;
	}
	return true;
}

/* Too many readings of the rules live side by side: the former ones have had their time. */
static void
former_hurry(struct run_process *process, void *arg)
{
	(void)arg;
	if (process->generation != NULL && process->generation->state == GENERATION_FORMER &&
	    process->role == PROCESS_PROXY && process->force_ms == 0 && process->pid != 0)
		run_process_end(process, RUN_GRACE_S);
}

static bool
generation_place(struct monitor *monitor, struct generation *generation)
{
	size_t free_at = RUN_GENERATIONS;

	for (size_t i = RUN_GENERATIONS; i-- > 0; )
		if (monitor->generations[i] == NULL)
			free_at = i;
	if (free_at == RUN_GENERATIONS || !rows_assign(monitor, generation)) {
		processes_each(monitor, former_hurry, NULL);
		log_error("monitor", "too many former workers still have connections, which "
		    "now have to end; try again in %d s", RUN_GRACE_S);
		return false;
	}
	monitor->generations[free_at] = generation;
	return true;
}

static bool
generation_check(struct monitor *monitor, const struct generation *generation)
{
	const struct generation *current = generation_current(monitor);
	const char *why = settings_refusal(generation->setup.settings);

	if (why != NULL) {
		log_error("run", "%s", why);
		return false;
	}
	if (current != NULL)
		why = settings_fixed(current->setup.settings, generation->setup.settings);
	if (why != NULL)
		log_error("run", "%s cannot be changed without a restart", why);
	return why == NULL;
}

struct generation *
generation_load(struct monitor *monitor, int *code)
{
	struct generation *generation = xcalloc(1, sizeof(*generation));

	*code = setup_load(&generation->setup, monitor->conf);
	if (*code == EXIT_DONE && !generation_check(monitor, generation))
		*code = EXIT_INPUT;
	if (*code == EXIT_DONE) {
		generation->count = (size_t)generation->setup.settings->workers;
		generation->workers = xcalloc(generation->count, sizeof(*generation->workers));
		run_process_init(&generation->signer, monitor, generation, PROCESS_SIGNER);
		if (!generation_place(monitor, generation))
			*code = EXIT_RESOURCE;
	}
	if (*code != EXIT_DONE) {
		generation_free(generation);
		return NULL;
	}
	generation->number = ++monitor->generation_last;
	return generation;
}

/* ---- reload ---------------------------------------------------------------------------- */

void
generation_reload(struct monitor *monitor)
{
	struct generation *generation;
	int code;

	if (monitor->stopping || !monitor->started)
		return;
	if (generation_new(monitor) != NULL) {
		monitor->reload_again = true;
		return;
	}
	notify_reloading();
	monitor->told = false;
	generation = generation_load(monitor, &code);
	if (generation == NULL) {
		log_error("monitor", "nothing is changed: what runs goes on");
		return;
	}
	log_info("monitor", "rules and configuration are read anew (generation %u)",
	    generation->number);
}

/* Its processes could not be set up: it never becomes current. */
static void
generation_abandon(struct generation *generation)
{
	generation->state = GENERATION_FORMER;
	for (size_t i = 0; i < generation->count; i++)
		run_process_end(&generation->workers[i], RUN_GRACE_S);
}

void
monitor_give_up(struct monitor *monitor, int code)
{
	struct generation *new = generation_new(monitor);

	if (!monitor->started) {
		monitor->code = code;
		monitor->stopping = true;
	} else if (new != NULL) {
		log_error("monitor", "generation %u cannot start: what runs goes on", new->number);
		generation_abandon(new);
		monitor->told = false;
	}
}

void
generations_end(struct monitor *monitor)
{
	for (size_t g = 0; g < RUN_GENERATIONS; g++)
		if (monitor->generations[g] != NULL)
			generation_abandon(monitor->generations[g]);
}

bool
generations_none(const struct monitor *monitor)
{
	for (size_t g = 0; g < RUN_GENERATIONS; g++)
		if (monitor->generations[g] != NULL)
			return false;
	return true;
}

/* From here on the new rules hold for every new connection. */
static void
generation_take_over(struct monitor *monitor, struct generation *generation)
{
	struct generation *former = generation_current(monitor);

	if (former != generation) {
		former->state = GENERATION_FORMER;
		for (size_t i = 0; i < former->count; i++)
			run_process_end(&former->workers[i], 0);
		run_process_end(&monitor->recorder, RUN_GRACE_S);
		monitor->recorder_again = true;
		/* The rules of the new groups take the place of the old ones. */
		if (monitor->diversion == DIVERSION_ON)
			monitor->diversion = DIVERSION_OFF;
		monitor->alive_ms = 0;
	}
	generation->state = GENERATION_CURRENT;
	monitor->started = true;
	log_info("monitor", "generation %u is at work, %zu workers", generation->number,
	    generation->count);
}

/* ---- what is due ------------------------------------------------------------------------ */

static void
generation_start(struct generation *generation)
{
	struct monitor *monitor = generation->signer.monitor;

	if (!monitor->has_key || monitor->stopping)
		return;
	run_process_start(&generation->signer);
	if (generation->state == GENERATION_NEW && generation->signer.state != RUN_READY)
		return;
	for (size_t i = 0; i < generation->count; i++)
		run_process_start(&generation->workers[i]);
}

/* A former signer serves until its last worker has ended. */
static bool
former_is_gone(struct generation *generation)
{
	if (!workers_all(generation, RUN_GONE))
		return false;
	if (generation->signer.state < RUN_ENDING)
		run_process_end(&generation->signer, RUN_GRACE_S);
	return generation->signer.state == RUN_GONE;
}

static void
recorder_progress(struct monitor *monitor)
{
	if (monitor->recorder.state == RUN_GONE && monitor->recorder_again) {
		monitor->recorder_again = false;
		run_process_init(&monitor->recorder, monitor, NULL, PROCESS_RECORDER);
	}
	if (!monitor->stopping)
		run_process_start(&monitor->recorder);
}

void
generations_progress(struct monitor *monitor)
{
	struct generation *generation;

	recorder_progress(monitor);
	for (size_t i = 0; i < RUN_GENERATIONS; i++) {
		generation = monitor->generations[i];
		if (generation == NULL)
			continue;
		if (generation->state != GENERATION_FORMER)
			generation_start(generation);
		if (generation->state == GENERATION_NEW && generation_all(generation, RUN_READY) &&
		    !monitor->stopping)
			generation_take_over(monitor, generation);
		if (generation->state == GENERATION_FORMER && former_is_gone(generation)) {
			generation_free(generation);
			monitor->generations[i] = NULL;
		}
	}
}
