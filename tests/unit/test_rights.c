/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Root's rights: what the monitor keeps of them, and that the others keep none.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "appliance/process.h"

/* Another user, no capability left, and no way back. */
static void
test_rights_dropped(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0) {
		char line[256];
		FILE *file;
		bool none = false;

		if (!rights_drop("test"))
			_exit(1);
		file = fopen("/proc/self/status", "r");
		while (file != NULL && fgets(line, sizeof(line), file) != NULL)
			none = none || strcmp(line, "CapEff:\t0000000000000000\n") == 0;
		_exit(getuid() == 0 || geteuid() == 0 || !none || setuid(0) == 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static unsigned long
capabilities(void)
{
	char line[256];
	unsigned long caps = ~0ul;
	FILE *file = fopen("/proc/self/status", "r");

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "CapEff:", 7) == 0)
			caps = strtoul(line + 7, NULL, 16);
	if (file != NULL)
		fclose(file);
	return caps;
}

/* Of root's rights three stay: kill, setuid, net_admin; and a fourth until the port is bound. */
static void
test_rights_kept(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0) {
		unsigned long kept = 1ul << 5 | 1ul << 7 | 1ul << 12;

		if (!rights_keep(true) || (capabilities() & ~(kept | 1ul << 10)) != 0)
			_exit(1);
		if (!rights_keep(false) || (capabilities() & ~kept) != 0)
			_exit(2);
		/* What it starts is still nobody. */
		_exit(!rights_drop("test") || capabilities() != 0 || getgid() == 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rights_dropped), cmocka_unit_test(test_rights_kept),
	};

	if (geteuid() != 0) {
		puts("root is needed to see it given up: not root");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
