/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "proxy/authority.h"

/* What mkstemp() wants at the end of a name. */
#define SIX_X "XX" "XX" "XX"

char *
authority_path(const char *folder, const char *name)
{
	size_t size = strlen(folder) + strlen(name) + 2;
	char *path = xcalloc(size, 1);

	snprintf(path, size, "%s/%s", folder, name);
	return path;
}

/* Beside the path, so that a rename needs no copy. */
static char *
draft_name(const char *path)
{
	size_t size = strlen(path) + sizeof("." SIX_X);
	char *draft = xcalloc(size, 1);

	snprintf(draft, size, "%s." SIX_X, path);
	return draft;
}

static bool
all_write(int fd, const char *data, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(fd, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

bool
authority_file_write(struct authority_file *file, const char *path,
    const void *data, size_t len, mode_t mode, struct problems *problems)
{
	bool done;
	int fd;

	file->path = xstrdup(path);
	file->draft = draft_name(path);
	fd = mkostemp(file->draft, O_CLOEXEC);	/* with mode 0600 */
	if (fd < 0) {
		problem_add(problems, path, 0, 0, "%s", strerror(errno));
		free(file->draft);
		file->draft = NULL;
		return false;
	}
	done = all_write(fd, data, len) && fchmod(fd, mode) == 0 && fsync(fd) == 0;
	if (!done)
		problem_add(problems, path, 0, 0, "%s", strerror(errno));
	close(fd);
	return done;
}

bool
authority_file_put(struct authority_file *file, bool replace,
    struct problems *problems)
{
	if (renameat2(AT_FDCWD, file->draft, AT_FDCWD, file->path,
	    replace ? 0 : RENAME_NOREPLACE) != 0) {
		problem_add(problems, file->path, 0, 0, "%s", strerror(errno));
		return false;
	}
	free(file->draft);
	file->draft = NULL;
	return true;
}

void
authority_file_fini(struct authority_file *file)
{
	if (file->draft != NULL)
		unlink(file->draft);
	free(file->draft);
	free(file->path);
	*file = (struct authority_file){ 0 };
}
