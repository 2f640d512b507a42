/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What status tells, as an object and as text; and what it makes of answers
 * that are none.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "appliance/notify.h"
#include "appliance/status.h"

static struct status *
sample(void)
{
	struct status *status = calloc(1, sizeof(*status));

	status->since_us = UINT64_C(1767225600000000);	/* 2026-01-01 */
	status->now_us = status->since_us + 90 * USEC_PER_SEC;
	status->generation = 3;
	status->rules_digest = "0123456789abcdef0123456789abcdef";
	status->rules_date = day_of(2026, 1, 1);
	status->diversion = "on";
	status->engine = "redirect";
	status->bypasses = 4;
	status->events_waiting = 5;
	status->events_lost = 6;
	status->counts.accepted = 7;
	status->counts.blocked = 8;
	status->counts.unscanned[UNSCANNED_GAP] = 9;
	status->processes[0] = (struct status_process){ "monitor", "ready", 11, -1, 0, 0 };
	status->processes[1] = (struct status_process){ "proxy", "ready", 12, 1, 3, 2 };
	status->processes[2] = (struct status_process){ "signer", "waiting", 0, -1, 3, 1 };
	status->process_count = 3;
	return status;
}

static void
test_object(void **state)
{
	struct status *status = sample();
	char *json = status_json(status);
	static const char *const parts[] = {
		"{\"running\":true,\"stopping\":false,\"version\":\"" VERSION "\"",
		"\"since\":\"2026-01-01T00:00:00.000000Z\",\"seconds\":90,\"generation\":3",
		"\"rules\":{\"digest\":\"0123456789abcdef0123456789abcdef\",\"date\":\"2026-01-01\"}",
		"\"diversion\":{\"state\":\"on\",\"engine\":\"redirect\"}",
		"\"bypasses\":4,\"events\":{\"waiting\":5,\"lost\":6}",
		"\"accepted\":7,", "\"blocked\":8,", "\"gap\":9}",
		"{\"role\":\"monitor\",\"state\":\"ready\",\"pid\":11,\"restarts\":0}",
		"\"pid\":12,\"restarts\":2,\"worker\":1,\"generation\":3}",
		"\"state\":\"waiting\",\"pid\":null,",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (strstr(json, parts[i]) == NULL)
			fail_msg("%s is not in %s", parts[i], json);
	free(json);
	free(status);
}

/* The monitor sends the answer in one piece: at its largest it must fit. */
static void
test_largest_fits(void **state)
{
	struct status *status = sample();
	char *json;

	(void)state;
	memset(&status->counts, 0x7f, sizeof(status->counts));
	for (size_t i = 0; i < STATUS_PROCESSES; i++)
		status->processes[i] = (struct status_process){ "recorder", "starting",
			2147483647, 63, 2147483647, 2147483647 };
	status->process_count = STATUS_PROCESSES;
	json = status_json(status);
	assert_true(strlen(json) + 1 < STATUS_MAX);
	free(json);
	free(status);
}

static char *
printed(const char *json, bool *ok)
{
	static char text[8192];
	FILE *out = tmpfile();

	*ok = status_print(json, out);
	rewind(out);
	text[fread(text, 1, sizeof(text) - 1, out)] = '\0';
	fclose(out);
	return text;
}

static void
test_text(void **state)
{
	struct status *status = sample();
	char *json = status_json(status), *text;
	bool ok;

	(void)state;
	text = printed(json, &ok);
	assert_true(ok);
	assert_non_null(strstr(text, "is running since 2026-01-01T00:00:00.000000Z (90 s)\n"));
	assert_non_null(strstr(text, "diversion  on (redirect)\n"));
	assert_non_null(strstr(text, "proxy     1  pid 12       ready, generation 3, "
	    "replaced 2 times\n"));
	assert_non_null(strstr(text, "signer       -            waiting, generation 3"));
	assert_non_null(strstr(text, "blocked          8\n"));
	free(json);
	free(status);
}

static void
test_no_answer(void **state)
{
	static const char *const none[] = { "", "x", "[]", "{}", "{\"running\":true}", "7" };
	bool ok;

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		assert_string_equal(printed(none[i], &ok), "");
		assert_false(ok);
	}
}

static void
test_counts_add_up(void **state)
{
	struct proxy_counts sum = { .accepted = 1, .unscanned = { 1 } };
	const struct proxy_counts part = { .accepted = 2, .below_threshold = 3,
		.unscanned = { 4 } };

	(void)state;
	status_add_counts(&sum, &part);
	assert_int_equal(sum.accepted, 3);
	assert_int_equal(sum.below_threshold, 3);
	assert_int_equal(sum.unscanned[0], 5);
}

/* ---- the service manager -------------------------------------------------------- */

static void
heard(const char *name, const char *expected)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	char text[128] = "";
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));

	memcpy(at.sun_path, name, strlen(name));
	if (name[0] == '@')
		at.sun_path[0] = '\0';
	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	setenv("NOTIFY_SOCKET", name, 1);
	notify_send(expected);
	assert_true(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT) > 0);
	assert_string_equal(text, expected);
	notify_reloading();
	assert_true(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT) > 0);
	assert_memory_equal(text, "RELOADING=1\nMONOTONIC_USEC=", 27);
	close(fd);
}

static void
test_notify(void **state)
{
	char folder[] = P_tmpdir "/bookgate-notify-XXXXXX", path[64], name[64];

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/s", folder);
	snprintf(name, sizeof(name), "@bookgate-test-%d", (int)getpid());
	heard(path, "READY=1");
	heard(name, "STOPPING=1");
	unlink(path);
	rmdir(folder);
	unsetenv("NOTIFY_SOCKET");
	notify_send("READY=1");			/* nobody asked: nothing happens */
	setenv("NOTIFY_SOCKET", "relative", 1);
	notify_send("READY=1");
}

static void
test_watchdog(void **state)
{
	char pid[16];

	(void)state;
	unsetenv("WATCHDOG_USEC");
	assert_int_equal(notify_watchdog_us(), 0);
	setenv("WATCHDOG_USEC", "20000000", 1);
	assert_int_equal(notify_watchdog_us(), 20000000);
	setenv("WATCHDOG_PID", "1", 1);		/* meant for another */
	assert_int_equal(notify_watchdog_us(), 0);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(notify_watchdog_us(), 20000000);
	setenv("WATCHDOG_USEC", "soon", 1);
	assert_int_equal(notify_watchdog_us(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_object), cmocka_unit_test(test_largest_fits),
		cmocka_unit_test(test_text), cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_counts_add_up), cmocka_unit_test(test_notify),
		cmocka_unit_test(test_watchdog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
