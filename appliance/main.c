/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <event2/event.h>
#include <gnu/libc-version.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "appliance/appliance.h"
#include "appliance/sandbox.h"
#include "captures/captures.h"
#include "classifiers/classifiers.h"
#include "core/conf.h"
#include "core/digest.h"
#include "core/event_json.h"
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
	char codings[128], filters[24], places[GEO_LIBRARIES_MAX];

	printf("bookgate %s\n%s\nnDPI %s\n%s\nlibevent %s\nSQLite %s\nnghttp2 %s\n%s\n"
	    "libseccomp %s\nlibyaml %s\njansson %s\n%s\nglibc %s\n", VERSION,
	    captures_version(), app_version(), digest_version(), event_get_version(),
	    store_version(), hpack_version(), body_versions(codings, sizeof(codings)),
	    sandbox_version(filters), conf_version(), json_version(), geo_libraries(places),
	    gnu_get_libc_version());
	return EXIT_DONE;
}

/* -V and --help stand alone. */
static int
alone_print(int argc, char **argv)
{
	if (argc > 2) {
		fprintf(stderr, "bookgate: \"%s\" stands alone, without \"%s\"\n", argv[1],
		    argv[2]);
		return EXIT_USAGE;
	}
	return argv[1][strspn(argv[1], "-")] == 'h' ? help_print(stdout) : version_print();
}

static int
command_run(int argc, char **argv)
{
	static const char *const alone[] = { "-V", "--version", "-h", "--help" };

	if (argc < 2)
		return help_print(stderr);
	for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++)
		if (strcmp(argv[1], alone[i]) == 0)
			return alone_print(argc, argv);
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "bookgate: no command \"%s\"\n", argv[1]);
	return help_print(stderr);
}

/*
 * What a command printed must have arrived: a full disk is found when the last
 * of it is written, for every command here. Who closed standard output and
 * printed nothing has lost nothing.
 */
static int
output_close(int code)
{
	const bool before = ferror(stdout) != 0;
	const bool now = fflush(stdout) != 0 || (fclose(stdout) != 0 && errno != EBADF);

	if (!before && !now)
		return code;
	/* Of what failed earlier the reason is forgotten, unless it fails again. */
	fprintf(stderr, "bookgate: cannot write standard output: %s\n",
	    now ? strerror(errno) : "a part of it is lost");
	return code > EXIT_RESOURCE ? code : EXIT_RESOURCE;
}

int
main(int argc, char **argv)
{
	/* A core file would hold the bodies and numbers that were in memory. */
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	return output_close(command_run(argc, argv));
}
