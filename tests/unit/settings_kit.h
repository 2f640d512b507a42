/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configurations from texts, against the shipped rules. Included by one file
 * a program, after cmocka.
 */
#ifndef TESTS_UNIT_SETTINGS_KIT_H
#define TESTS_UNIT_SETTINGS_KIT_H

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "tests/unit/rules_kit.h"


/* Loads a text as if it were a file; path gets the name in messages. */
static struct settings *
load(const char *text, char path[32], struct problems *problems)
{
	int fd = memfd_create("conf", 0);
	struct settings *settings;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	settings = settings_load(path, rules, problems);
	close(fd);
	return settings;
}

static struct settings *
load_good(const char *text)
{
	struct problems problems = { 0 };
	char path[32];
	struct settings *settings = load(text, path, &problems);

	problems_print(&problems);
	assert_non_null(settings);
	return settings;
}

/* A text that is wrong in one place, and what is said of it. */
struct wrong {
	const char *text;
	const char *want;		/* "line:column: what is wrong" */
};

static inline void
wrong_try(const struct wrong *wrong, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct problems problems = { 0 };
		char path[32], want[400];

		assert_null(load(wrong[i].text, path, &problems));
		snprintf(want, sizeof(want), "%s:%s", path, wrong[i].want);
		assert_int_equal(problems.count, 1);
		assert_string_equal(problems.list[0].text, want);
		problems_fini(&problems);
	}
}

#endif
