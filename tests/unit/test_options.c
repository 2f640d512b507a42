/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options of a subcommand: every kind of value, what is refused, and what
 * belongs to one action alone.
 */
#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "appliance/appliance.h"
#include "appliance/options.h"

struct asked {
	const char *conf, *kind;
	bool loud;
	day_t day;
	int64_t count;
	int word;
	struct option_list names;
};

static const char *const words[] = { "red", "green", NULL };

#define AT(field) .to = offsetof(struct asked, field)

static const struct option_row rows[] = {
	OPTION_CONFIG(struct asked),
	{ "kind", 0, option_text, AT(kind), .words = words },
	{ "loud", 'l', option_flag, AT(loud) },
	{ "day", 0, option_day, AT(day) },
	{ "count", 'n', option_number, AT(count), .least = 2, .most = 9 },
	{ "word", 0, option_word, AT(word), .words = words },
	{ "name", 0, option_each, AT(names), .action = "make" },
	{ 0 }
};

#define ARGS_MAX 16

/* optind 0: getopt begins anew. */
static int
ask(struct asked *asked, const char *action, const char *words_given)
{
	const struct command_line line = { .name = "try", .usage = "usage: try\n",
		.rows = rows, .action = action, .least = 0, .most = 1 };
	static char name[] = "try", text[256];
	char *argv[ARGS_MAX + 1] = { name }, *rest = text, *word;
	int argc = 1;

	snprintf(text, sizeof(text), "%s", words_given);
	while ((word = strsep(&rest, " ")) != NULL && argc < ARGS_MAX)
		argv[argc++] = word;
	*asked = (struct asked){ .count = 5, .word = -1 };
	optind = 0;
	return options_read(&line, asked, argc, argv);
}

static void
test_every_kind(void **state)
{
	struct asked asked;

	(void)state;
	assert_int_equal(ask(&asked, "make", "-c here --kind green -l --day 2024-02-29 "
	    "-n 9 --word green --name a --name b"), -1);
	assert_string_equal(asked.conf, "here");
	assert_string_equal(asked.kind, "green");
	assert_true(asked.loud);
	assert_int_equal(asked.day, day_of(2024, 2, 29));
	assert_int_equal(asked.count, 9);
	assert_int_equal(asked.word, 1);
	assert_int_equal(asked.names.count, 2);
	assert_string_equal(asked.names.items[0], "a");
	assert_string_equal(asked.names.items[1], "b");
	option_list_fini(&asked.names);
}

static void
test_defaults_stay(void **state)
{
	struct asked asked;

	(void)state;
	assert_int_equal(ask(&asked, NULL, "argument"), -1);
	assert_int_equal(optind, 1);
	assert_int_equal(asked.count, 5);
	assert_int_equal(asked.word, -1);
	assert_null(asked.conf);
	assert_false(asked.loud);
}

static void
test_refused(void **state)
{
	static const char *const lines[] = {
		"--kind blue", "--day 2023-02-29", "--count 1", "--count 10", "--count 3x",
		"--count +3", "--count 99999999999999999999", "--word blue", "--word",
		"--unknown", "-x", "two arguments", "--name only-of-make", "-n", "--loud=yes",
		"--help=me", "-lx",
	};
	struct asked asked;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		print_message("%s\n", lines[i]);
		assert_int_equal(ask(&asked, "show", lines[i]), EXIT_USAGE);
	}
	assert_int_equal(ask(&asked, "show", "--help"), EXIT_DONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind),
		cmocka_unit_test(test_defaults_stay),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
