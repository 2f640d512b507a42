/* SPDX-License-Identifier: Apache-2.0 */
/*
 * measure: runs a command with its standard output thrown away and prints
 * what it cost: CPU seconds (user and system) and peak resident KiB.
 *
 *	measure COMMAND [ARGUMENT...]
 *
 * The numbers are the kernel's (wait4). They would include this program's own
 * peak before the exec, which is why it is small and in C.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noreturn))
static void
child_run(char **argv)
{
	int null = open("/dev/null", O_WRONLY);

	if (null < 0 || dup2(null, STDOUT_FILENO) < 0)
		_exit(126);
	execvp(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

static double
seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int
main(int argc, char **argv)
{
	struct rusage usage;
	int status;
	pid_t pid;

	if (argc < 2) {
		fprintf(stderr, "usage: measure COMMAND [ARGUMENT...]\n");
		return 2;
	}
	pid = fork();
	if (pid == 0)
		child_run(argv + 1);
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid) {
		perror("measure");
		return 3;
	}
	printf("%.3f %ld\n", seconds(usage.ru_utime) + seconds(usage.ru_stime),
	    usage.ru_maxrss);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
