/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bookgate status: is it running, since when, and what has it done?
 */
#include "appliance/status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "appliance/appliance.h"
#include "appliance/options.h"

/* The monitor answers at once; one that does not for so long hangs. */
#define STATUS_SECONDS 5

static const char usage[] =
"usage: bookgate status [OPTION]...\n"
"Says whether the appliance is running, since when, and its counts. Exit code 0\n"
"when it is running, 3 when it is not.\n\n"
"  -c, --config FILE    configuration (default: none, all defaults)\n"
"      --json           one JSON object\n"
"  -h, --help           this text\n";

struct options {
	const char *conf;
	bool json;
};

static const struct option_row rows[] = {
	OPTION_CONFIG(struct options),
	{ "json", 0, option_flag, .to = offsetof(struct options, json) },
	{ 0 }
};

/* -1 with errno. */
static int
control_connect(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct timeval patience = { STATUS_SECONDS, 0 };
	int fd, saved;

	if (strlen(path) >= sizeof(to.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(to.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

bool
status_answers(const char *path)
{
	int fd = control_connect(path);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* All it says, ended by a NUL; NULL with errno. The caller frees. */
static char *
answer_read(int fd)
{
	char *text = calloc(STATUS_MAX + 1, 1);
	size_t len = 0;
	ssize_t got = 1;

	while (text != NULL && got > 0 && len < STATUS_MAX) {
		got = recv(fd, text + len, STATUS_MAX - len, 0);
		if (got > 0)
			len += (size_t)got;
	}
	if (text == NULL || (got == 0 && len > 0))
		return text;
	free(text);
	errno = got < 0 ? errno : EPROTO;
	return NULL;
}

static int
not_running(const char *path)
{
	if (errno == ENOENT || errno == ECONNREFUSED)
		fprintf(stderr, "bookgate status: not running (nobody answers at %s)\n", path);
	else
		fprintf(stderr, "bookgate status: %s: %s\n", path, strerror(errno));
	return EXIT_RESOURCE;
}

static int
status_ask(const char *path, bool json)
{
	int fd = control_connect(path), code = EXIT_DONE;
	char *text = fd >= 0 ? answer_read(fd) : NULL;

	if (text == NULL) {
		code = not_running(path);
	} else if (json) {
		fputs(text, stdout);
	} else if (!status_print(text, stdout)) {
		fprintf(stderr, "bookgate status: %s: that is no answer of bookgate\n", path);
		code = EXIT_RESOURCE;
	}
	if (fd >= 0)
		close(fd);
	free(text);
	return code;
}

int
status_main(int argc, char **argv)
{
	const struct command_line line = { .name = "status", .usage = usage, .rows = rows };
	struct options options = { 0 };
	struct setup setup;
	int code = options_read(&line, &options, argc, argv);

	if (code >= 0)
		return code;
	code = setup_load(&setup, options.conf);
	if (code != EXIT_DONE)
		return code;
	code = status_ask(setup.settings->control, options.json);
	setup_free(&setup);
	return code;
}
