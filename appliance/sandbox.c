/* SPDX-License-Identifier: Apache-2.0 */
#include "appliance/sandbox.h"

#include <errno.h>
#include <linux/landlock.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/log.h"

/* Descriptors of a process that talks to the others alone: 64 workers, twice, and some. */
#define SANDBOX_FEW_FILES 512

/* ---- limits -------------------------------------------------------------------- */

static bool
limit_set(const struct sandbox_row *row, const char *name, int which, rlim_t most)
{
	struct rlimit limit;

	if (getrlimit((__rlimit_resource_t)which, &limit) == 0) {
		if (most < limit.rlim_max)
			limit.rlim_max = most;
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit((__rlimit_resource_t)which, &limit) == 0)
			return true;
	}
	log_error(row->name, "cannot limit %s: %s", name, strerror(errno));
	return false;
}

/*
 * No limit on the size of files: what is written goes to descriptors opened
 * before, and one of them, standard error, may be a log of any size.
 */
static bool
sandbox_limits(const struct sandbox_row *row)
{
	bool starts = (row->traits & SANDBOX_STARTS) != 0;
	bool many = starts || (row->traits & SANDBOX_MANY_FILES) != 0;

	return limit_set(row, "core files", RLIMIT_CORE, 0) &&
	    (starts || limit_set(row, "processes", RLIMIT_NPROC, 0)) &&
	    limit_set(row, "descriptors", RLIMIT_NOFILE, many ? RLIM_INFINITY : SANDBOX_FEW_FILES);
}

/* ---- Landlock --------------------------------------------------------------------- */

/*
 * What kernels know beyond the headers of the oldest supported one; the struct
 * grows at its end, and the kernel is told how much of it is meant.
 */
struct landlock_rules {
	uint64_t files, network, scoped;
};

#define FILES_ABI_1 ((UINT64_C(1) << 13) - 1)	/* execute .. make_sym */
#define FILES_ABI_2 (UINT64_C(1) << 13)		/* refer */
#define FILES_ABI_3 (UINT64_C(1) << 14)		/* truncate */
#define FILES_ABI_5 (UINT64_C(1) << 15)		/* ioctl_dev */
#define NETWORK_BIND (UINT64_C(1) << 0)		/* ABI 4 */
#define NETWORK_CONNECT (UINT64_C(1) << 1)
#define SCOPED_ABSTRACT (UINT64_C(1) << 0)	/* ABI 6: sockets of others by abstract name */
#define SCOPED_SIGNAL (UINT64_C(1) << 1)

/* Rights that are handled and granted by no rule are denied. */
static struct landlock_rules
landlock_rules_make(const struct sandbox_row *row, long abi)
{
	struct landlock_rules rules = { .files = FILES_ABI_1 };

	if (abi >= 2)
		rules.files |= FILES_ABI_2;
	if (abi >= 3)
		rules.files |= FILES_ABI_3;
	if (abi >= 5)
		rules.files |= FILES_ABI_5;
	if (abi >= 4)
		rules.network = NETWORK_BIND;
	if (abi >= 4 && (row->traits & SANDBOX_NETWORK) == 0)
		rules.network |= NETWORK_CONNECT;
	if (abi >= 6)
		rules.scoped = SCOPED_ABSTRACT | SCOPED_SIGNAL;
	return rules;
}

static size_t
landlock_rules_size(long abi)
{
	return (abi >= 6 ? 3 : abi >= 4 ? 2 : 1) * sizeof(uint64_t);
}

bool
sandbox_landlock(const struct sandbox_row *row)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	struct landlock_rules rules = landlock_rules_make(row, abi);
	long set;
	bool ok;

	if (abi < 1) {
		log_warn(row->name, "this kernel has no Landlock; system calls are filtered alone");
		return true;
	}
	set = syscall(SYS_landlock_create_ruleset, &rules, landlock_rules_size(abi), 0);
	ok = set >= 0 && syscall(SYS_landlock_restrict_self, (int)set, 0) == 0;
	if (!ok)
		log_error(row->name, "Landlock: %s", strerror(errno));
	if (set >= 0)
		close((int)set);
	return ok;
}

/* ---- all of it ---------------------------------------------------------------------- */

/* What a filter ended says so in a build for tests. */
#ifdef __SANITIZE_ADDRESS__
static const struct sandbox_row *sandbox_entered;

static void
sandbox_trapped(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	log_error(sandbox_entered->name, "system call %d is not in its sandbox",
	    info->si_syscall);
	signal(SIGSYS, SIG_DFL);
	raise(SIGSYS);
}

static void
sandbox_trap(const struct sandbox_row *row)
{
	struct sigaction action = { .sa_sigaction = sandbox_trapped,
		.sa_flags = SA_SIGINFO | SA_NODEFER };

	sandbox_entered = row;
	sigaction(SIGSYS, &action, NULL);
}
#else
static void
sandbox_trap(const struct sandbox_row *row)
{
	(void)row;
}
#endif

bool
sandbox_enter(const struct sandbox_row *row)
{
	/* Not dumpable: nobody of the same user may trace it or read its memory. */
	if (prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		log_error(row->name, "cannot give up rights: %s", strerror(errno));
		return false;
	}
	sandbox_trap(row);
	return sandbox_limits(row) &&
	    ((row->traits & SANDBOX_STARTS) != 0 || sandbox_landlock(row)) &&
	    sandbox_filter(row);
}
