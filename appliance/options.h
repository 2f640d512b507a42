/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of a subcommand: a row each, which says how a value is read and
 * where it goes.
 */
#ifndef APPLIANCE_OPTIONS_H
#define APPLIANCE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct option_row;

/* Reads a value into the row's place; false: it is none for this option. */
typedef bool option_take(const struct option_row *row, void *to, const char *value);

option_take option_text;	/* const char *, one of words if there are any */
option_take option_flag;	/* bool, true; takes no value */
option_take option_day;		/* day_t */
option_take option_number;	/* int64_t, least to most */
option_take option_word;	/* int, the place in words */
option_take option_each;	/* struct option_list; may be repeated */

struct option_row {
	const char *name;		/* "config" for --config; NULL ends a table */
	char letter;			/* 'c' for -c; 0 without */
	option_take *take;
	size_t to;			/* where in the command's options */
	int64_t least, most;		/* of option_number */
	const char *const *words;	/* what there is; ends with NULL */
	const char *wanted;		/* of a take of the command's own: "a date" */
	const char *action;		/* the only action it belongs to; NULL any */
};

/* The row that nearly every command has. */
#define OPTION_CONFIG(type) { "config", 'c', option_text, .to = offsetof(type, conf) }

/* What was given by an option that may be repeated. */
struct option_list {
	const char **items;		/* in argv */
	size_t count;
};

void option_list_fini(struct option_list *list);

struct command_line {
	const char *name;		/* "report" */
	const char *usage;
	const struct option_row *rows;
	const char *action;		/* "init", where a command has some */
	int least, most;		/* arguments beside the options */
};

/*
 * Reads argv (argv[0] is passed over) into the command's options, whose
 * defaults the caller has set. -1: go on, arguments begin at argv[optind].
 * Otherwise the exit code: usage, or what is wrong with a value, was printed.
 */
int options_read(const struct command_line *line, void *options, int argc, char **argv);

#endif
