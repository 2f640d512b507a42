/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A rules folder becomes one table.
 */
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/csv.h"
#include "core/file.h"
#include "core/mem.h"
#include "rules/table.h"

/* The files of a rules folder, in the order of the digest. */
static const char *const rule_files[] = {
	"services.yaml", "recipients.csv", "eea.csv", "adequacy.csv",
	"never-open.yaml", "numbering.csv",
};

#define RULE_FILES (sizeof(rule_files) / sizeof(rule_files[0]))

/* No rule file is longer than the readers of YAML and CSV allow. */
#define RULE_FILE_MAX CSV_FILE_MAX

/* In the order of need: services name recipients. */
static bool (*const loaders[])(struct rules *, const char *,
    struct problems *) = {
	recipients_load, law_load, services_load, never_open_load, numbering_load,
};

static void (*const finis[])(struct rules *) = {
	numbering_fini, never_open_fini, services_fini, law_fini, recipients_fini,
};

char *
rules_path(const char *folder, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		return xstrdup(name);
	return path;
}

/*
 * The same as sha256sum over the files one after the other, so that a reader
 * of a report can check it without this program.
 */
static void
rules_digest_make(struct rules *rules, const char *folder,
    struct problems *problems)
{
	struct digest *digest = digest_new();
	uint8_t sum[SHA256_LEN];
	char *path, *text;
	size_t i, len;

	for (i = 0; i < RULE_FILES; i++) {
		path = rules_path(folder, rule_files[i]);
		text = file_read(path, RULE_FILE_MAX, &len, problems);
		if (text != NULL)
			digest_update(digest, text, len);
		free(text);
		free(path);
	}
	digest_final(digest, sum);
	hex_text(sum, sizeof(sum), rules->digest);
}

struct rules *
rules_load(const char *folder, struct problems *problems)
{
	struct rules *rules = xcalloc(1, sizeof(*rules));
	const size_t before = problems->count;
	size_t i;

	rules->date = DAY_NONE;
	for (i = 0; i < sizeof(loaders) / sizeof(loaders[0]); i++)
		loaders[i](rules, folder, problems);
	if (problems->count == before)
		rules_digest_make(rules, folder, problems);
	if (problems->count == before)
		return rules;
	rules_free(rules);
	return NULL;
}

void
rules_free(struct rules *rules)
{
	size_t i;

	if (rules == NULL)
		return;
	for (i = 0; i < sizeof(finis) / sizeof(finis[0]); i++)
		finis[i](rules);
	free(rules);
}

const char *
rules_digest(const struct rules *rules)
{
	return rules->digest;
}

day_t
rules_date(const struct rules *rules)
{
	return rules->date;
}

static bool
folder_has_rules(const char *folder)
{
	char *path = rules_path(folder, rule_files[0]);
	bool found = access(path, R_OK) == 0;

	free(path);
	return found;
}

/*
 * A program that runs from its build folder, build or build/san, uses the
 * rules of its sources; an installed one those beside it, wherever that is.
 */
static char *
folder_beside_program(void)
{
	char self[PATH_MAX], *folder;
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	static const char *const ways[] = {
		"/../rules", "/../../rules", "/../share/bookgate/rules"
	};

	if (len <= 0)
		return NULL;
	self[len] = '\0';
	dirname(self);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (asprintf(&folder, "%s%s", self, ways[i]) < 0)
			return NULL;
		if (folder_has_rules(folder))
			return folder;
		free(folder);
	}
	return NULL;
}

char *
rules_folder_find(const char *configured)
{
	const char *named = getenv("BOOKGATE_RULES");
	char *folder;

	if (configured != NULL)
		return xstrdup(configured);
	if (named != NULL && named[0] != '\0')
		return xstrdup(named);
	folder = folder_beside_program();
	return folder != NULL ? folder : xstrdup(DATADIR "/rules");
}
