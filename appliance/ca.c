/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ca: the certificate authority of the gateway.
 */
#include "appliance/ca.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/near.h"

static const char usage[] =
"usage: bookgate ca init|show|export [OPTION]...\n"
"init makes an offline root and the gateway's own authority below it. Name\n"
"constraints permit both the watched domains alone. show tells what there is;\n"
"export prints the root for phones and computers.\n\n"
"  -c, --config FILE    configuration (default: none, all defaults)\n"
"      --dir FOLDER     where the authority lies (default: the configuration's, or\n"
"                       \"ca\" beside the store)\n"
"  -h, --help           this text\n\n"
"init:\n"
"      --service ID     what the gateway may open; may be repeated (default: what\n"
"                       \"inspect\" names; without configuration every service)\n"
"      --narrow-root    the root permits no more than the gateway (default: every\n"
"                       service, so that another can be added without a new root)\n"
"      --passphrase-file FILE   its first line encrypts, and opens, root.key\n"
"      --renew          a new gateway's key and certificate below the same root\n"
"      --force          write over an authority that is there\n\n"
"show:\n"
"      --json           one object instead of text\n\n"
"export:\n"
"      --format F       pem (default), der or mobileconfig\n"
"  -o, --output FILE    instead of standard output\n";

static const struct action_row {
	const char *name;
	int (*run)(const struct ca_options *options, const struct setup *setup);
	const char *letters;		/* options beside c, D, h */
} actions[] = {
	{ "init", ca_init, "SPNRF" },
	{ "show", ca_show, "J" },
	{ "export", ca_export, "To" },
};

#define ACTIONS (sizeof(actions) / sizeof(actions[0]))

static const struct option longs[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "dir", required_argument, NULL, 'D' },
	{ "service", required_argument, NULL, 'S' },
	{ "passphrase-file", required_argument, NULL, 'P' },
	{ "narrow-root", no_argument, NULL, 'N' },
	{ "renew", no_argument, NULL, 'R' },
	{ "force", no_argument, NULL, 'F' },
	{ "json", no_argument, NULL, 'J' },
	{ "format", required_argument, NULL, 'T' },
	{ "output", required_argument, NULL, 'o' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 }
};

int
ca_report(enum authority_result result, struct problems *problems)
{
	problems_print(problems);
	problems_fini(problems);
	return result == AUTHORITY_DONE ? EXIT_DONE :
	    result == AUTHORITY_WRONG ? EXIT_INPUT : EXIT_RESOURCE;
}

bool
ca_service_asked(const struct ca_options *options, const struct setup *setup,
    const struct service *service)
{
	for (size_t i = 0; i < options->service_count; i++) {
		if (strcmp(options->services[i], service->id) == 0)
			return true;
	}
	if (options->service_count > 0)
		return false;
	return options->conf == NULL ||
	    settings_inspects_service(setup->settings, service->id);
}

/* ---- options ------------------------------------------------------------------- */

static void
service_add(struct ca_options *options, const char *id)
{
	options->services = xrealloc(options->services, options->service_count + 1,
	    sizeof(*options->services));
	options->services[options->service_count++] = id;
}

static void
option_take(struct ca_options *options, int letter, const char *value)
{
	switch (letter) {
	case 'c': options->conf = value; break;
	case 'D': options->folder = value; break;
	case 'S': service_add(options, value); break;
	case 'P': options->passphrase_file = value; break;
	case 'N': options->narrow = true; break;
	case 'R': options->renew = true; break;
	case 'F': options->force = true; break;
	case 'J': options->json = true; break;
	case 'T': options->format = value; break;
	case 'o': options->out = value; break;
	}
}

static const struct action_row *
action_find(const char *name)
{
	for (size_t i = 0; name != NULL && i < ACTIONS; i++) {
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	}
	return NULL;
}

/* -1: go on; otherwise the exit code. */
static int
options_parse(struct ca_options *options, const struct action_row *row, int argc,
    char **argv)
{
	int letter;

	while ((letter = getopt_long(argc, argv, "c:o:h", longs, NULL)) != -1) {
		if (letter == 'h')
			return usage_print(usage, true);
		if (letter == '?' || row == NULL)
			return usage_print(usage, false);
		if (strchr("cD", letter) == NULL && strchr(row->letters, letter) == NULL) {
			fprintf(stderr, "bookgate ca %s: that option belongs to another "
			    "action\n", row->name);
			return EXIT_USAGE;
		}
		option_take(options, letter, optarg);
	}
	if (row == NULL || optind != argc || (options->renew && options->force))
		return usage_print(usage, false);
	return -1;
}

/* A service that the rules do not have is a slip of the pen. */
static bool
services_check(const struct ca_options *options, const struct rules *rules)
{
	for (size_t i = 0; i < options->service_count; i++) {
		struct near near = near_of(options->services[i]);

		if (rules_service_by_id(rules, options->services[i]) != NULL)
			continue;
		for (size_t k = 0; k < rules_service_count(rules); k++)
			near_try(&near, rules_service(rules, k)->id);
		fprintf(stderr, "bookgate ca: there is no service \"%s\"",
		    options->services[i]);
		if (near.best != NULL)
			fprintf(stderr, "; did you mean \"%s\"?", near.best);
		fputc('\n', stderr);
		return false;
	}
	return true;
}

/* "ca" in the store's folder; the caller frees. */
static char *
folder_default(const char *store)
{
	const char *slash = strrchr(store, '/');
	size_t len = slash != NULL ? (size_t)(slash - store) + 1 : 0;
	char *folder = xcalloc(len + sizeof("ca"), 1);

	memcpy(folder, store, len);
	memcpy(folder + len, "ca", sizeof("ca"));
	return folder;
}

static int
action_run(const struct action_row *row, struct ca_options *options)
{
	struct setup setup = { 0 };
	int code = setup_load(&setup, options->conf);
	char *folder = NULL;

	if (code != EXIT_DONE)
		return code;
	if (options->folder == NULL)
		options->folder = setup.settings->ca;
	if (options->folder == NULL)
		options->folder = folder = folder_default(setup.settings->store);
	code = services_check(options, setup.rules) ? row->run(options, &setup) :
	    EXIT_INPUT;
	free(folder);
	setup_free(&setup);
	return code;
}

int
ca_main(int argc, char **argv)
{
	const struct action_row *row = action_find(argc > 1 ? argv[1] : NULL);
	const int skip = row != NULL;	/* "ca --help" has no action */
	struct ca_options options = { .format = "pem" };
	int code = options_parse(&options, row, argc - skip, argv + skip);

	if (code < 0)
		code = action_run(row, &options);
	free(options.services);
	return code;
}
