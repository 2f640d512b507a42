/* SPDX-License-Identifier: Apache-2.0 */
#include "appliance/tool.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const nft_paths[] = { "/usr/sbin/nft", "/sbin/nft", NULL };
static const char *const ip_paths[] = { "/usr/sbin/ip", "/sbin/ip",
	"/usr/bin/ip", "/bin/ip", NULL };

const struct tool tool_nft = { "nft", nft_paths };
const struct tool tool_ip = { "ip", ip_paths };

/* By full path: whoever sets our PATH does not choose what runs as root. */
static const char *
tool_path(const struct tool *tool)
{
	size_t i;

	for (i = 0; tool->paths[i] != NULL; i++) {
		if (access(tool->paths[i], X_OK) == 0)
			return tool->paths[i];
	}
	return NULL;
}

/* In the child: two descriptors, a fresh set of signals, an end in time. */
static void __attribute__((noreturn))
tool_become(const char *path, const char *const *argv, int in, int out)
{
	static const char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
		"LC_ALL=C", NULL };
	sigset_t none;

	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(127);
	close_range(3, ~0U, 0);
	signal(SIGALRM, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	alarm(TOOL_SECONDS);
	execve(path, (char *const *)argv, (char *const *)environment);
	_exit(127);
}

static int
child_wait(pid_t pid, const char *path, char said[TOOL_OUTPUT_MAX])
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR) {
			snprintf(said, TOOL_OUTPUT_MAX, "waiting for %s: %s", path,
			    strerror(errno));
			return -1;
		}
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) != 127)
		return WEXITSTATUS(status);
	if (WIFEXITED(status))
		snprintf(said, TOOL_OUTPUT_MAX, "%s could not be run", path);
	else
		snprintf(said, TOOL_OUTPUT_MAX, "%s was ended by signal %d", path,
		    WTERMSIG(status));
	return -1;
}

static void
said_read(int out, char said[TOOL_OUTPUT_MAX])
{
	ssize_t got = pread(out, said, TOOL_OUTPUT_MAX - 1, 0);

	said[got > 0 ? got : 0] = '\0';
}

/* Input and output go through memory, so that neither side waits for the other. */
static int
tool_call(const char *path, const char *const *argv, const char *input,
    char said[TOOL_OUTPUT_MAX])
{
	int in = memfd_create("tool-in", MFD_CLOEXEC);
	int out = memfd_create("tool-out", MFD_CLOEXEC);
	const size_t len = input ? strlen(input) : 0;
	int code = -1, result;
	pid_t pid = -1;

	if (in >= 0 && out >= 0 && write(in, input, len) == (ssize_t)len &&
	    lseek(in, 0, SEEK_SET) == 0)
		pid = fork();
	if (pid < 0) {
		snprintf(said, TOOL_OUTPUT_MAX, "running %s: %s", path,
		    strerror(errno));
		goto out;
	}
	if (pid == 0)
		tool_become(path, argv, in, out);
	result = child_wait(pid, path, said);
	if (result >= 0)
		said_read(out, said);
	code = result;
out:
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return code;
}

int
tool_run(const struct tool *tool, const char *const *argv, const char *input,
    char said[TOOL_OUTPUT_MAX])
{
	const char *path = tool_path(tool);

	said[0] = '\0';
	if (path == NULL) {
		snprintf(said, TOOL_OUTPUT_MAX, "there is no %s: the package %s "
		    "brings it", tool->paths[0],
		    tool == &tool_nft ? "nftables" : "iproute2");
		return -1;
	}
	return tool_call(path, argv, input, said);
}
