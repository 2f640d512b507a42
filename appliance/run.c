/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bookgate run: the appliance, in the foreground.
 */
#include "appliance/run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "appliance/options.h"
#include "core/log.h"
#include "proxy/origdst.h"

static const char usage[] =
"usage: bookgate run [OPTION]...\n"
"Runs the appliance in the foreground: diverts the inspected groups' traffic,\n"
"opens what is configured, stops what the policy blocks, stores the events.\n\n"
"  -c, --config FILE    configuration (default: none, all defaults)\n"
"  -h, --help           this text\n\n"
"SIGHUP reads rules and configuration anew; SIGTERM and SIGINT end it.\n";

static const struct option_row rows[] = {
	OPTION_CONFIG(struct monitor),
	{ 0 }
};

/* What is configured and not done by this version must not pass in silence. */
static void
unread_tell(const struct settings *settings)
{
	if (settings->interfaces != NULL && settings->interfaces[0] != NULL)
		log_warn("run", "capture.interfaces: reading live traffic is not part of this "
		    "version; record it and use \"bookgate replay\"");
	if (settings->console != NULL)
		log_warn("run", "console: there is no console in this version; "
		    "use \"bookgate status\" and \"bookgate report\"");
	if (settings->leases != NULL || settings->inventory != NULL)
		log_warn("run", "devices: leases and the inventory are not read by this version; "
		    "devices are known by their addresses");
}

static bool
memory_share(struct monitor *monitor)
{
	monitor->shared = proxy_shared_new();
	monitor->board = mmap(NULL, sizeof(*monitor->board), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (monitor->shared != NULL && monitor->board != MAP_FAILED)
		return true;
	log_error("run", "shared memory: %s", strerror(errno));
	if (monitor->board == MAP_FAILED)
		monitor->board = NULL;
	return false;
}

static bool
listener_open(struct monitor *monitor, const struct settings *settings)
{
	monitor->divert = settings->divert;
	monitor->diversion = settings->divert == DIVERT_NONE ? DIVERSION_NONE : DIVERSION_OFF;
	monitor->listener = origdst_listen(origdst_engine_of((enum divert)settings->divert),
	    (uint16_t)settings->listen);
	if (monitor->listener >= 0)
		return true;
	log_error("run", "port %d: %s", (int)settings->listen, strerror(errno));
	return false;
}

/* Rights go first: what a later step reads, a reload must be able to read again. */
static int
run_open(struct monitor *monitor)
{
	struct generation *generation;
	int code;

	if (!rights_keep(true))
		return EXIT_RESOURCE;
	generation = generation_load(monitor, &code);
	if (generation == NULL)
		return code;
	unread_tell(generation->setup.settings);
	if (!memory_share(monitor) || !listener_open(monitor, generation->setup.settings) ||
	    !control_open(monitor, generation->setup.settings->control) ||
	    !rights_keep(false) || !sandbox_enter(&sandbox_monitor))
		return EXIT_RESOURCE;
	run_process_init(&monitor->recorder, monitor, NULL, PROCESS_RECORDER);
	return EXIT_DONE;
}

static void
run_close(struct monitor *monitor)
{
	control_close(monitor);
	if (monitor->listener >= 0)
		close(monitor->listener);
	for (size_t i = 0; i < RUN_GENERATIONS; i++)
		generation_free(monitor->generations[i]);
	proxy_shared_free(monitor->shared);
	if (monitor->board != NULL)
		munmap(monitor->board, sizeof(*monitor->board));
	explicit_bzero(monitor->key, sizeof(monitor->key));
}

int
run_main(int argc, char **argv)
{
	const struct command_line line = { .name = "run", .usage = usage, .rows = rows };
	struct monitor monitor = { .listener = -1, .control = -1, .begin_us = moment_now() };
	int code = options_read(&line, &monitor, argc, argv);

	if (code >= 0)
		return code;
	log_level_set(LOG_LEVEL_INFO);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	code = run_open(&monitor);
	if (code == EXIT_DONE)
		code = monitor_run(&monitor);
	run_close(&monitor);
	return code;
}
