/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ca: the certificate authority of the gateway.
 */
#include "appliance/ca.h"

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
} actions[] = {
	{ "init", ca_init },
	{ "show", ca_show },
	{ "export", ca_export },
};

#define ACTIONS (sizeof(actions) / sizeof(actions[0]))

#define AT(field) .to = offsetof(struct ca_options, field)

static const struct option_row rows[] = {
	OPTION_CONFIG(struct ca_options),
	{ "dir", 0, option_text, AT(folder) },
	{ "service", 0, option_each, AT(services), .action = "init" },
	{ "passphrase-file", 0, option_text, AT(passphrase_file), .action = "init" },
	{ "narrow-root", 0, option_flag, AT(narrow), .action = "init" },
	{ "renew", 0, option_flag, AT(renew), .action = "init" },
	{ "force", 0, option_flag, AT(force), .action = "init" },
	{ "json", 0, option_flag, AT(json), .action = "show" },
	{ "format", 0, option_text, AT(format), .action = "export" },
	{ "output", 'o', option_text, AT(out), .action = "export" },
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
	for (size_t i = 0; i < options->services.count; i++) {
		if (strcmp(options->services.items[i], service->id) == 0)
			return true;
	}
	if (options->services.count > 0)
		return false;
	return options->conf == NULL ||
	    settings_inspects_service(setup->settings, service->id);
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

/* A service that the rules do not have is a slip of the pen. */
static bool
services_check(const struct ca_options *options, const struct rules *rules)
{
	for (size_t i = 0; i < options->services.count; i++) {
		const char *id = options->services.items[i];
		struct near near = near_of(id);

		if (rules_service_by_id(rules, id) != NULL)
			continue;
		for (size_t k = 0; k < rules_service_count(rules); k++)
			near_try(&near, rules_service(rules, k)->id);
		fprintf(stderr, "bookgate ca: there is no service \"%s\"", id);
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
	const struct command_line line = { .name = "ca", .usage = usage, .rows = rows,
		.action = row != NULL ? row->name : NULL };
	struct ca_options options = { .format = "pem" };
	int code = options_read(&line, &options, argc - skip, argv + skip);

	if (code < 0 && row == NULL)
		code = usage_refuse(line.name, usage, "init, show or export is needed");
	else if (code < 0 && options.renew && options.force)
		code = usage_refuse(line.name, usage, "--renew and --force exclude each other");
	if (code < 0)
		code = action_run(row, &options);
	option_list_fini(&options.services);
	return code;
}
