/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls a process may make, by row. Who makes another is ended at once:
 * what is not needed is only of use to somebody who has taken it over.
 */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "appliance/sandbox.h"
#include "core/log.h"

#define CALL(name) SCMP_SYS(name)
#define END (-1)
#define SIZE(rows) (sizeof(rows) / sizeof((rows)[0]))

/* What the C library, an allocator, a clock, a log line and a channel need. */
static const int calls_common[] = {
	CALL(read), CALL(write), CALL(writev), CALL(close), CALL(lseek), CALL(fstat),
	CALL(recvmsg), CALL(sendmsg), CALL(recvfrom), CALL(sendto),
	CALL(poll), CALL(ppoll), CALL(epoll_create1), CALL(epoll_ctl), CALL(epoll_wait),
	CALL(epoll_pwait), CALL(epoll_pwait2),
	CALL(munmap), CALL(mremap), CALL(madvise), CALL(brk), CALL(futex), CALL(membarrier),
	CALL(clock_gettime), CALL(clock_getres), CALL(clock_nanosleep), CALL(nanosleep),
	CALL(gettimeofday), CALL(time), CALL(getrandom), CALL(restart_syscall),
	CALL(rt_sigaction), CALL(rt_sigprocmask), CALL(rt_sigreturn), CALL(sigaltstack),
	CALL(getpid), CALL(gettid), CALL(getuid), CALL(geteuid), CALL(getgid), CALL(getegid),
	CALL(sched_yield), CALL(sched_getaffinity), CALL(sysinfo), CALL(uname),
	CALL(getrusage), CALL(fcntl), CALL(exit), CALL(exit_group),
	END
};

/* A sanitiser looks around when it has something to report; Landlock shows it nothing. */
static const int calls_sanitised[] = {
#ifdef __SANITIZE_ADDRESS__
	CALL(openat), CALL(open), CALL(readlink), CALL(readlinkat), CALL(newfstatat),
	CALL(stat), CALL(prctl), CALL(getdents64), CALL(dup2), CALL(mlock), CALL(munlock),
	CALL(rt_sigtimedwait), CALL(access), CALL(pipe2),
#endif
	END
};

static const int calls_none[] = { END };

static const int calls_proxy[] = {
	CALL(accept4), CALL(connect), CALL(shutdown), CALL(setsockopt), CALL(getsockopt),
	CALL(getsockname), CALL(getpeername), CALL(splice), CALL(pipe2), CALL(readv),
	CALL(pread64), CALL(pwrite64), CALL(preadv), CALL(pwritev), CALL(ftruncate),
	CALL(fallocate), CALL(eventfd2), CALL(timerfd_create), CALL(timerfd_settime),
	END
};

static const int calls_recorder[] = {
	CALL(pread64), CALL(pwrite64), CALL(fsync), CALL(fdatasync), CALL(ftruncate),
	CALL(fallocate), CALL(newfstatat), CALL(stat), CALL(lstat), CALL(msync),
	END
};

/* SQLite looks for files that may lie beside the store, and takes no for an answer. */
static const int refused_recorder[] = {
	CALL(open), CALL(openat), CALL(access), CALL(faccessat), CALL(faccessat2),
	CALL(unlink), CALL(unlinkat), CALL(readlink), CALL(readlinkat), CALL(getcwd),
	CALL(fchmod), CALL(fchown), CALL(mkdir), CALL(rmdir),
	END
};

/*
 * The monitor starts processes and tools, so it may do what they need; but
 * never this, nor may anything it starts.
 */
static const int refused_monitor[] = {
	CALL(ptrace), CALL(process_vm_readv), CALL(process_vm_writev), CALL(bpf),
	CALL(perf_event_open), CALL(userfaultfd), CALL(kexec_load), CALL(kexec_file_load),
	CALL(init_module), CALL(finit_module), CALL(delete_module), CALL(mount), CALL(umount2),
	CALL(pivot_root), CALL(chroot), CALL(move_mount), CALL(open_tree), CALL(fsopen),
	CALL(setns), CALL(unshare), CALL(add_key), CALL(keyctl), CALL(request_key),
	CALL(swapon), CALL(swapoff), CALL(reboot), CALL(acct), CALL(quotactl),
	CALL(settimeofday), CALL(clock_settime), CALL(adjtimex), CALL(clock_adjtime),
	CALL(iopl), CALL(ioperm), CALL(personality), CALL(io_uring_setup),
	CALL(open_by_handle_at), CALL(name_to_handle_at), CALL(vhangup), CALL(syslog),
	END
};

const struct sandbox_row
    sandbox_monitor = { "monitor", SANDBOX_STARTS, calls_none, refused_monitor },
    sandbox_proxy = { "proxy", SANDBOX_NETWORK | SANDBOX_MANY_FILES, calls_proxy, calls_none },
    sandbox_signer = { "signer", 0, calls_none, calls_none },
    sandbox_recorder = { "recorder", 0, calls_recorder, refused_recorder };

/* ---- calls whose arguments decide ------------------------------------------------- */

struct filter_rule {
	int call;
	unsigned traits;		/* the row must have them */
	unsigned count;
	struct scmp_arg_cmp args[2];
};

#define ARG(n, op, ...) { n, op, __VA_ARGS__ }

static const struct filter_rule rules[] = {
	/* Memory that holds code is what was there from the start. */
	{ CALL(mmap), 0, 1, { ARG(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0) } },
	{ CALL(mprotect), 0, 1, { ARG(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0) } },
	/* fstat(2), as the C library writes it: of a descriptor, of no path. */
	{ CALL(newfstatat), 0, 1, { ARG(3, SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH) } },
	/* Limits can be read. */
	{ CALL(prlimit64), 0, 1, { ARG(2, SCMP_CMP_EQ, 0, 0) } },
	{ CALL(ioctl), 0, 1, { ARG(1, SCMP_CMP_EQ, FIONREAD, 0) } },
	{ CALL(ioctl), 0, 1, { ARG(1, SCMP_CMP_EQ, FIONBIO, 0) } },
	{ CALL(socket), SANDBOX_NETWORK, 2, { ARG(0, SCMP_CMP_EQ, AF_INET, 0),
	    ARG(1, SCMP_CMP_MASKED_EQ, 0xf, SOCK_STREAM) } },
	{ CALL(socket), SANDBOX_NETWORK, 2, { ARG(0, SCMP_CMP_EQ, AF_INET6, 0),
	    ARG(1, SCMP_CMP_MASKED_EQ, 0xf, SOCK_STREAM) } },
};

/* ---- building ------------------------------------------------------------------------ */

static int
calls_add(scmp_filter_ctx filter, uint32_t action, const int *calls)
{
	int code = 0;

	/* A call this machine does not have is passed over. */
	for (; *calls != END && code == 0; calls++) {
		if (*calls >= 0)
			code = seccomp_rule_add(filter, action, *calls, 0);
		/* What was said before of the same call stands. */
		if (code == -EEXIST)
			code = 0;
	}
	return code;
}

static int
rules_add(scmp_filter_ctx filter, const struct sandbox_row *row)
{
	int code = 0;

	for (size_t i = 0; i < SIZE(rules) && code == 0; i++) {
		if ((row->traits & rules[i].traits) != rules[i].traits)
			continue;
		code = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, rules[i].call,
		    rules[i].count, rules[i].args);
		/* The whole call is allowed to this row anyway. */
		if (code == -EEXIST)
			code = 0;
	}
	return code;
}

/* abort() and raise() may end the process itself, and no other. */
static int
self_add(scmp_filter_ctx filter)
{
	struct scmp_arg_cmp own = ARG(0, SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0);

	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, CALL(tgkill), 1, &own);
}

static uint32_t
filter_default(const struct sandbox_row *row)
{
	if ((row->traits & SANDBOX_STARTS) != 0)
		return SCMP_ACT_ALLOW;
#ifdef __SANITIZE_ADDRESS__
	return SCMP_ACT_TRAP;
#else
	return SCMP_ACT_KILL_PROCESS;
#endif
}

static int
filter_build(scmp_filter_ctx filter, const struct sandbox_row *row)
{
	bool starts = (row->traits & SANDBOX_STARTS) != 0;
	int code = calls_add(filter, SCMP_ACT_ERRNO(starts ? EPERM : EACCES), row->refused);

	if (code == 0 && !starts)
		code = calls_add(filter, SCMP_ACT_ALLOW, calls_common);
	if (code == 0 && !starts)
		code = calls_add(filter, SCMP_ACT_ALLOW, calls_sanitised);
	if (code == 0 && !starts)
		code = calls_add(filter, SCMP_ACT_ALLOW, row->calls);
	if (code == 0 && !starts)
		code = rules_add(filter, row);
	if (code == 0 && !starts)
		code = self_add(filter);
	return code;
}

bool
sandbox_filter(const struct sandbox_row *row)
{
	scmp_filter_ctx filter = seccomp_init(filter_default(row));
	int code = filter == NULL ? -ENOMEM : filter_build(filter, row);

	if (code == 0)
		code = seccomp_load(filter);
	if (filter != NULL)
		seccomp_release(filter);
	if (code != 0)
		log_error(row->name, "cannot filter its system calls: %s", strerror(-code));
	return code == 0;
}

const char *
sandbox_version(char *text)
{
	const struct scmp_version *version = seccomp_version();

	snprintf(text, 24, "%u.%u.%u", version->major, version->minor, version->micro);
	return text;
}
