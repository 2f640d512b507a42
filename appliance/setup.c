/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/appliance.h"
#include "core/problem.h"

volatile sig_atomic_t signal_seen;

static void
signal_note(int number)
{
	signal_seen = number;
}

void
signals_catch(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = signal_note;	/* no SA_RESTART: a read must return */
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);		/* a closed pipe is an error of write, */
	signal(SIGXFSZ, SIG_IGN);		/* and so is a file at its allowed size */
}

int
usage_refuse(const char *command, const char *text, const char *format, ...)
{
	const char *end = strchr(text, '\n');
	va_list args;

	fprintf(stderr, "bookgate %s: ", command);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	while (end != NULL && end[1] == ' ')
		end = strchr(end + 1, '\n');
	fprintf(stderr, "\n%.*s\n\"bookgate %s --help\" tells more\n",
	    end != NULL ? (int)(end - text) : (int)strlen(text), text, command);
	return EXIT_USAGE;
}

int
setup_load(struct setup *setup, const char *conf)
{
	struct problems problems = { 0 };
	char *configured = conf ? settings_rules_folder(conf) : NULL;
	char *folder = rules_folder_find(configured);

	setup->settings = NULL;
	setup->rules = rules_load(folder, &problems);
	if (setup->rules != NULL)
		setup->settings = settings_load(conf, setup->rules, &problems);
	free(folder);
	free(configured);
	problems_print(&problems);
	problems_fini(&problems);
	if (setup->settings != NULL)
		return EXIT_DONE;
	setup_free(setup);
	return EXIT_INPUT;
}

void
setup_free(struct setup *setup)
{
	settings_free(setup->settings);
	rules_free(setup->rules);
	setup->settings = NULL;
	setup->rules = NULL;
}
