/* SPDX-License-Identifier: Apache-2.0 */
#include <event2/event.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "appliance/appliance.h"
#include "appliance/sandbox.h"
#include "captures/captures.h"
#include "classifiers/classifiers.h"
#include "core/digest.h"
#include "reports/reports.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "run", run_main, "the appliance: divert, open, stop, record" },
	{ "status", status_main, "is it running, since when, counts" },
	{ "replay", replay_main, "read captures, print the contact uploads found" },
	{ "scan", scan_main, "say what contact data a file holds" },
	{ "report", report_main, "write the transfer report from a store" },
	{ "events", events_main, "print stored events" },
	{ "explain", explain_main, "say what the rules and the law make of a host" },
	{ "divert", divert_main, "the rules that bring traffic to the proxy" },
	{ "ca", ca_main, "make, show and export the authority that opens connections" },
	{ "check", check_main, "validate configuration, policy and rule data" },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int
help_print(FILE *out)
{
	fputs("usage: bookgate COMMAND [OPTION]... [ARGUMENT]...\n"
	    "       bookgate -V\n\n", out);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-9s %s\n", commands[i].name, commands[i].help);
	fputs("\n\"bookgate COMMAND --help\" tells its options; bookgate(1) tells more.\n", out);
	return out == stdout ? EXIT_DONE : EXIT_USAGE;
}

static int
version_print(void)
{
	char codings[128], filters[24];

	printf("bookgate %s\n%s\nnDPI %s\n%s\nlibevent %s\nSQLite %s\nnghttp2 %s\n%s\n"
	    "libseccomp %s\n", VERSION, captures_version(), app_version(), digest_version(),
	    event_get_version(), store_version(), hpack_version(),
	    body_versions(codings, sizeof(codings)), sandbox_version(filters));
	return EXIT_DONE;
}

int
main(int argc, char **argv)
{
	/* A core file would hold the bodies and numbers that were in memory. */
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	if (argc < 2)
		return help_print(stderr);
	if (strcmp(argv[1], "-V") == 0 || strcmp(argv[1], "--version") == 0)
		return version_print();
	if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)
		return help_print(stdout);
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "bookgate: no command \"%s\"\n", argv[1]);
	return help_print(stderr);
}
