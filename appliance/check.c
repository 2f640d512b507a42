/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check: is everything a person wrote well written? Silent when it is.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/appliance.h"
#include "appliance/options.h"
#include "core/conf.h"
#include "core/problem.h"

static const char usage[] =
"usage: bookgate check [OPTION]...\n"
"Validates the configuration, its policy, the rule data and the example\n"
"policies. Silent when all is well; otherwise a line for each mistake:\n"
"file:line:column: what is wrong.\n\n"
"  -c, --config FILE    the configuration (default: none, all defaults)\n"
"      --rules FOLDER   the rule data (default: the configuration's, or the installed)\n"
"  -h, --help           this text\n";

/* Example policies lie in this folder of the rules. */
#define POLICIES "policies"

static int
is_yaml(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 &&
	    strcmp(entry->d_name + len - 5, ".yaml") == 0;
}

static void
policy_check(const char *folder, const char *name, const struct rules *rules,
    struct problems *problems)
{
	char *path;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		return;
	settings_free(settings_load(path, rules, problems));
	free(path);
}

/* A rules folder need not have examples. */
static void
policies_check(const char *rules_folder, const struct rules *rules,
    struct problems *problems)
{
	struct dirent **entries = NULL;
	char *folder;
	int n, i;

	if (asprintf(&folder, "%s/" POLICIES, rules_folder) < 0)
		return;
	n = scandir(folder, &entries, is_yaml, alphasort);
	for (i = 0; i < n; i++) {
		policy_check(folder, entries[i]->d_name, rules, problems);
		free(entries[i]);
	}
	free(entries);
	free(folder);
}

/*
 * With broken rule data the names in a configuration cannot be checked, but
 * its syntax can.
 */
static void
all_check(const char *conf, const char *folder, struct problems *problems)
{
	struct rules *rules = rules_load(folder, problems);

	if (rules != NULL) {
		settings_free(settings_load(conf, rules, problems));
		policies_check(folder, rules, problems);
	} else if (conf != NULL) {
		conf_free(conf_load(conf, problems));
	}
	rules_free(rules);
}

struct options {
	const char *conf, *rules;
};

static const struct option_row rows[] = {
	OPTION_CONFIG(struct options),
	{ "rules", 0, option_text, .to = offsetof(struct options, rules) },
	{ 0 }
};

int
check_main(int argc, char **argv)
{
	const struct command_line line = { .name = "check", .usage = usage, .rows = rows };
	struct problems problems = { 0 };
	struct options options = { 0 };
	int code = options_read(&line, &options, argc, argv);
	char *configured, *folder;

	if (code >= 0)
		return code;
	configured = options.conf != NULL ? settings_rules_folder(options.conf) : NULL;
	folder = rules_folder_find(options.rules != NULL ? options.rules : configured);
	all_check(options.conf, folder, &problems);
	problems_print(&problems);
	code = problems.count == 0 ? EXIT_DONE : EXIT_INPUT;
	problems_fini(&problems);
	free(folder);
	free(configured);
	return code;
}
