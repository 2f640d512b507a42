/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each rule of the sandbox, tried from inside: a child enters a row and then
 * does what the row denies, or what it needs. Denied means: an error, or the
 * end of the process by SIGSYS.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "appliance/process.h"

/*
 * What a child found: the deed was done, was forbidden, or was its end; or it
 * failed for another reason, which is to say that nobody forbade it.
 */
enum outcome { DONE, DENIED, ENDED, FAILED };

static int peer[2];			/* a pair, open before the sandbox */
static int file_fd;			/* a file, open before */
static pid_t outsider;			/* a process of the same user, outside */

static int
result(bool done)
{
	return done ? DONE : errno == EPERM || errno == EACCES ? DENIED : FAILED;
}

/* What an attempt might make, were it let to; removed at the end. */
#define MADE_FILE "/dev/shm/bookgate-made-file"
#define MADE_FOLDER "/dev/shm/bookgate-made-folder"

#define TRY(CALL) return result((CALL) >= 0)

/* ---- deeds ------------------------------------------------------------------ */

static int do_open(void) { TRY(open("/etc/hostname", O_RDONLY)); }
static int do_open_self(void) { TRY(open("/proc/self/status", O_RDONLY)); }
static int do_create(void) { TRY(open(MADE_FILE, O_CREAT | O_RDWR, 0600)); }
static int do_openat2(void)
{
	uint64_t how[3] = { O_RDONLY, 0, 0 };

	TRY(syscall(SYS_openat2, AT_FDCWD, "/etc/hostname", how, sizeof(how)));
}
static int do_unlink(void) { TRY(unlink("/nonexistent-bookgate/x")); }
static int do_rename(void) { TRY(rename("/etc/hostname", "/etc/hostname")); }
static int do_mkdir(void) { TRY(mkdir(MADE_FOLDER, 0700)); }
static int do_chmod(void) { TRY(fchmod(file_fd, 0777)); }
static int do_truncate(void) { TRY(truncate("/etc/hostname", 0)); }
static int do_memfd(void) { TRY(memfd_create("x", 0)); }
static int do_fork(void) { TRY(fork()); }
static int do_clone(void) { TRY(syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL)); }
static int do_clone3(void)
{
	uint64_t args[11] = { 0, 0, 0, 0, SIGCHLD };

	TRY(syscall(SYS_clone3, args, sizeof(args)));
}
static int do_exec(void)
{
	return result(execl("/bin/true", "true", (char *)NULL) == 0);
}
static int do_ptrace(void) { TRY(ptrace(PTRACE_SEIZE, outsider, NULL, NULL)); }
static int do_read_memory(void)
{
	char byte;
	struct iovec here = { &byte, 1 }, there = { &peer, 1 };

	TRY(process_vm_readv(outsider, &here, 1, &there, 1, 0));
}
static int do_kill(void) { TRY(kill(outsider, SIGUSR1)); }
static int do_tgkill(void) { TRY(syscall(SYS_tgkill, outsider, outsider, SIGUSR1)); }
static int do_pidfd(void) { TRY(syscall(SYS_pidfd_open, outsider, 0)); }
static int do_socket_unix(void) { TRY(socket(AF_UNIX, SOCK_STREAM, 0)); }
static int do_socket_netlink(void) { TRY(socket(AF_NETLINK, SOCK_RAW, 0)); }
static int do_socket_packet(void) { TRY(socket(AF_PACKET, SOCK_RAW, 0)); }
static int do_socket_raw(void) { TRY(socket(AF_INET, SOCK_RAW, IPPROTO_TCP)); }
static int do_socket_udp(void) { TRY(socket(AF_INET, SOCK_DGRAM, 0)); }
static int do_socket_tcp(void) { TRY(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)); }
static int do_socket_tcp6(void) { TRY(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)); }
static int do_socketpair(void)
{
	int pair[2];

	TRY(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
}
static int do_bind(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	TRY(bind(fd, (struct sockaddr *)&any, sizeof(any)));
}
static int do_listen(void) { TRY(listen(socket(AF_INET, SOCK_STREAM, 0), 1)); }
static int do_setuid(void) { TRY(setuid(0)); }
static int do_setns(void) { TRY(setns(file_fd, 0)); }
static int do_unshare(void) { TRY(unshare(CLONE_NEWUSER)); }
static int do_mount(void) { TRY(mount("none", "/mnt", "tmpfs", MS_REMOUNT, NULL)); }
static int do_chroot(void) { TRY(chroot("/")); }
static int do_bpf(void) { TRY(syscall(SYS_bpf, 0, NULL, 0)); }
static int do_keyctl(void) { TRY(syscall(SYS_keyctl, 0, -3, 0)); }
static int do_io_uring(void) { TRY(syscall(SYS_io_uring_setup, 1, NULL)); }
static int do_module(void) { TRY(syscall(SYS_init_module, "", 0UL, "")); }
static int do_prctl(void) { TRY(prctl(PR_SET_DUMPABLE, 1)); }
static int do_rlimit(void) { TRY(setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 })); }
static int do_tiocsti(void) { TRY(ioctl(2, 0x5412, "x")); }
static int do_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return result(page != MAP_FAILED);
}
static int do_code_later(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return result(page != MAP_FAILED && mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0);
}

/* ---- needs ------------------------------------------------------------------- */

static int need_memory(void)
{
	void *large = malloc(8u << 20);
	bool ok = large != NULL && memset(large, 1, 8u << 20) != NULL;

	free(large);
	return ok ? DONE : DENIED;
}
static int need_talk(void)
{
	char c;

	return send(peer[0], "x", 1, MSG_DONTWAIT) == 1 && recv(peer[1], &c, 1, 0) == 1 ?
	    DONE : DENIED;
}
static int need_random(void)
{
	char bytes[8];

	TRY(syscall(SYS_getrandom, bytes, sizeof(bytes), 0));
}
static int need_file(void)
{
	char c;

	return pwrite(file_fd, "x", 1, 0) == 1 && pread(file_fd, &c, 1, 0) == 1 &&
	    ftruncate(file_fd, 0) == 0 ? DONE : DENIED;
}
static int need_sync(void) { TRY(fsync(file_fd)); }
static int need_lock(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_len = 1 };

	TRY(fcntl(file_fd, F_SETLK, &lock));
}
static int need_log(void) { TRY(fprintf(stderr, "a line of a log\n")); }
static int need_epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fd = epoll_create1(EPOLL_CLOEXEC);

	return epoll_ctl(fd, EPOLL_CTL_ADD, peer[0], &event) == 0 &&
	    epoll_wait(fd, &event, 1, 0) == 0 ? DONE : DENIED;
}

/* Both ends of a TCP connection: the listener was open before. */
static int listener;
static int need_tcp(void)
{
	struct sockaddr_in at;
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), taken, pipes[2];

	if (getsockname(listener, (struct sockaddr *)&at, &len) != 0 ||
	    (connect(fd, (struct sockaddr *)&at, len) != 0 && errno != EINPROGRESS))
		return DENIED;
	taken = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	if (taken < 0 || pipe2(pipes, O_NONBLOCK) != 0 || send(fd, "x", 1, 0) != 1)
		return DENIED;
	return splice(taken, NULL, pipes[1], NULL, 1, 0) == 1 &&
	    shutdown(taken, SHUT_WR) == 0 ? DONE : DENIED;
}

/* ---- a child that tries ---------------------------------------------------------- */

static int
child(const struct sandbox_row *row, int (*deed)(void))
{
	if (!rights_drop(row->name) || !sandbox_enter(row))
		_exit(99);
	_exit(deed());
}

static enum outcome
try_in(const struct sandbox_row *row, int (*deed)(void), const char *what)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		child(row, deed);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status)) {
		if (WTERMSIG(status) != SIGSYS)
			fail_msg("%s: %s: signal %d", row->name, what, WTERMSIG(status));
		return ENDED;
	}
	if (WEXITSTATUS(status) == 99)
		fail_msg("%s: the sandbox cannot be entered", row->name);
	return (enum outcome)WEXITSTATUS(status);
}

enum in_row { MONITOR = 1, PROXY = 2, SIGNER = 4, RECORDER = 8, PROCESSES = PROXY | SIGNER | RECORDER };

static const struct sandbox_row *const sandboxes[] = {
	&sandbox_monitor, &sandbox_proxy, &sandbox_signer, &sandbox_recorder
};

struct attempt {
	const char *what;
	int (*deed)(void);
	unsigned rows;			/* where it must not be possible; or where it is needed */
};

#define ROW(NAME, ROWS) { #NAME, NAME, ROWS }

static const struct attempt denied[] = {
	ROW(do_open, PROCESSES), ROW(do_open_self, PROCESSES), ROW(do_create, PROCESSES),
	ROW(do_openat2, PROCESSES), ROW(do_unlink, PROCESSES), ROW(do_rename, PROCESSES),
	ROW(do_mkdir, PROCESSES), ROW(do_chmod, PROCESSES), ROW(do_truncate, PROCESSES),
	ROW(do_memfd, PROCESSES),
	ROW(do_fork, PROCESSES), ROW(do_clone, PROCESSES), ROW(do_clone3, PROCESSES),
	ROW(do_exec, PROCESSES),
	ROW(do_ptrace, PROCESSES | MONITOR), ROW(do_read_memory, PROCESSES | MONITOR),
	ROW(do_kill, PROCESSES), ROW(do_tgkill, PROCESSES), ROW(do_pidfd, PROCESSES),
	ROW(do_socket_unix, PROCESSES), ROW(do_socket_netlink, PROCESSES),
	ROW(do_socket_packet, PROCESSES), ROW(do_socket_raw, PROCESSES),
	ROW(do_socket_udp, PROCESSES), ROW(do_socketpair, PROCESSES),
	ROW(do_socket_tcp, SIGNER | RECORDER), ROW(do_socket_tcp6, SIGNER | RECORDER),
	ROW(do_bind, PROCESSES), ROW(do_listen, PROCESSES),
	ROW(do_setuid, PROCESSES), ROW(do_setns, PROCESSES | MONITOR),
	ROW(do_unshare, PROCESSES | MONITOR), ROW(do_mount, PROCESSES | MONITOR),
	ROW(do_chroot, PROCESSES | MONITOR), ROW(do_bpf, PROCESSES | MONITOR),
	ROW(do_keyctl, PROCESSES | MONITOR), ROW(do_io_uring, PROCESSES | MONITOR),
	ROW(do_module, PROCESSES | MONITOR),
	ROW(do_prctl, PROCESSES), ROW(do_rlimit, PROCESSES), ROW(do_tiocsti, PROCESSES),
	ROW(do_code, PROCESSES), ROW(do_code_later, PROCESSES),
};

static const struct attempt needed[] = {
	ROW(need_memory, PROCESSES | MONITOR), ROW(need_talk, PROCESSES | MONITOR),
	ROW(need_random, PROCESSES | MONITOR), ROW(need_log, PROCESSES | MONITOR),
	ROW(need_epoll, PROCESSES | MONITOR),
	ROW(need_file, PROXY | RECORDER | MONITOR), ROW(need_sync, RECORDER),
	ROW(need_lock, PROCESSES | MONITOR),
	ROW(need_tcp, PROXY), ROW(do_socket_tcp6, PROXY),
	ROW(do_open, MONITOR), ROW(do_fork, MONITOR), ROW(do_socket_unix, MONITOR),
};

/* A sanitiser opens files when it reports: in its builds this is Landlock's alone. */
#ifdef __SANITIZE_ADDRESS__
#define FILES_LEFT_TO_LANDLOCK 1
#else
#define FILES_LEFT_TO_LANDLOCK 0
#endif

static bool
asan_allows(const struct attempt *attempt)
{
#ifdef __SANITIZE_ADDRESS__
	/* The sanitiser's own: only in builds for tests. */
	return attempt->deed == do_prctl;
#else
	(void)attempt;
	return false;
#endif
}

static void
test_denied(void **state)
{
	enum outcome outcome;

	(void)state;
	for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++)
		for (size_t r = 0; r < 4; r++) {
			if ((denied[i].rows & 1u << r) == 0 || asan_allows(&denied[i]))
				continue;
			outcome = try_in(sandboxes[r], denied[i].deed, denied[i].what);
			if (outcome != DENIED && outcome != ENDED)
				fail_msg("%s could %s", sandboxes[r]->name, denied[i].what);
		}
}

static void
test_needed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		for (size_t r = 0; r < 4; r++)
			if ((needed[i].rows & 1u << r) != 0 &&
			    try_in(sandboxes[r], needed[i].deed, needed[i].what) != DONE)
				fail_msg("%s could not %s", sandboxes[r]->name, needed[i].what);
}

/* The proof that attempts can succeed at all: outside most of them do. */
static void
test_outside_it_is_possible(void **state)
{
	static int (*const deeds[])(void) = { do_open, do_open_self, do_fork, do_socket_udp,
		do_socketpair, do_bind, do_memfd, do_code, do_kill, do_tgkill, do_pidfd };
	int status;

	(void)state;
	for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(deeds[i]());
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), DONE);
	}
}

/* ---- its parts, each alone ------------------------------------------------------------- */

/* Landlock denies files also to who gets past the filter. */
static void
test_landlock_alone(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, 1) < 1)
		skip();
	if (pid == 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (!sandbox_landlock(&sandbox_signer))
			_exit(99);
		_exit((open("/etc/hostname", O_RDONLY) >= 0) |
		    (open(MADE_FILE, O_CREAT | O_RDWR, 0600) >= 0) << 1 |
		    (truncate("/etc/hostname", 0) == 0) << 2 |
		    (execl("/bin/true", "true", (char *)NULL) == 0) << 3);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* And the filter does so where the kernel has no Landlock. */
static void
test_filter_alone(void **state)
{
	static int (*const deeds[])(void) = { do_open, do_create, do_unlink, do_mkdir, do_bind };
	int status;

	(void)state;
	for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++)
		for (size_t r = 1; r < 4; r++) {
			pid_t pid = fork();

			if (pid == 0) {
				signal(SIGSYS, SIG_DFL);	/* cmocka catches it */
				prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
				if (!sandbox_filter(sandboxes[r]))
					_exit(99);
				_exit(deeds[i]());
			}
			assert_int_equal(waitpid(pid, &status, 0), pid);
			if (FILES_LEFT_TO_LANDLOCK && sandboxes[r] != &sandbox_recorder &&
			    deeds[i] != do_unlink && deeds[i] != do_mkdir && deeds[i] != do_bind)
				continue;
			if (WIFEXITED(status))
				assert_int_equal(WEXITSTATUS(status), DENIED);
			else
				assert_int_equal(WTERMSIG(status), SIGSYS);
		}
}

static int
limits_look(void)
{
	struct rlimit core, processes, files;

	getrlimit(RLIMIT_CORE, &core);
	getrlimit(RLIMIT_NPROC, &processes);
	getrlimit(RLIMIT_NOFILE, &files);
	return core.rlim_max == 0 && processes.rlim_max == 0 && files.rlim_cur == files.rlim_max ?
	    DONE : DENIED;
}

static void
test_limits(void **state)
{
	(void)state;
	assert_int_equal(try_in(&sandbox_proxy, limits_look, "limits"), DONE);
	assert_int_equal(try_in(&sandbox_recorder, limits_look, "limits"), DONE);
}

static void
sleep_outside(void)
{
	signal(SIGUSR1, SIG_IGN);
	for (;;)
		pause();
}

static bool
fixtures_make(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	file_fd = memfd_create("file", MFD_CLOEXEC);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	outsider = fork();
	if (outsider == 0)
		sleep_outside();
	return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, peer) == 0 && file_fd >= 0 &&
	    bind(listener, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(listener, 8) == 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outside_it_is_possible),
		cmocka_unit_test(test_denied), cmocka_unit_test(test_needed),
		cmocka_unit_test(test_landlock_alone),
		cmocka_unit_test(test_filter_alone), cmocka_unit_test(test_limits),
	};
	int failed;

	if (geteuid() != 0) {
		puts("the sandbox is tried as root: not root");
		return 77;
	}
	if (!fixtures_make())
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	kill(outsider, SIGKILL);
	waitpid(outsider, NULL, 0);
	unlink(MADE_FILE);
	rmdir(MADE_FOLDER);
	return failed;
}
