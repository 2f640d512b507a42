/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "appliance/appliance.h"
#include "core/mem.h"

/* folder/name if it can be read; the caller frees. */
static char *
file_in(const char *folder, const char *between, const char *name)
{
	size_t size = strlen(folder) + strlen(between) + strlen(name) + 1;
	char *path = xcalloc(size, 1);

	snprintf(path, size, "%s%s%s", folder, between, name);
	if (access(path, R_OK) == 0)
		return path;
	free(path);
	return NULL;
}

/* The folder that the running program lies in; false when /proc is not there. */
static bool
program_folder(char folder[PATH_MAX])
{
	ssize_t len = readlink("/proc/self/exe", folder, PATH_MAX - 1);
	char *slash;

	if (len <= 0)
		return false;
	folder[len] = '\0';
	slash = strrchr(folder, '/');
	if (slash == NULL)
		return false;
	*slash = '\0';
	return true;
}

char *
data_file_find(const char *source_tree_path, const char *installed_name)
{
	const char *share = getenv("BOOKGATE_SHARE");
	char folder[PATH_MAX], *path = NULL;

	if (share != NULL && share[0] != '\0')
		return file_in(share, "/", installed_name);
	if (program_folder(folder)) {
		path = file_in(folder, "/../", source_tree_path);
		if (path == NULL)	/* build/san/bookgate */
			path = file_in(folder, "/../../", source_tree_path);
		if (path == NULL)	/* installed, wherever that is */
			path = file_in(folder, "/../share/bookgate/", installed_name);
	}
	return path != NULL ? path : file_in(DATADIR, "/", installed_name);
}
