/* SPDX-License-Identifier: Apache-2.0 */
#include "appliance/options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/appliance.h"
#include "core/date.h"
#include "core/mem.h"

/* No command has more rows; getopt's own tables are made on the stack. */
#define ROWS_MAX 20

/* What getopt returns for a long option: the row's number from here on, past every letter. */
#define LONG 256

/* ---- values ------------------------------------------------------------------- */

static int
word_find(const char *const *words, const char *value)
{
	for (int i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], value) == 0)
			return i;
	}
	return -1;
}

bool
option_text(const struct option_row *row, void *to, const char *value)
{
	*(const char **)to = value;
	return row->words == NULL || word_find(row->words, value) >= 0;
}

bool
option_flag(const struct option_row *row, void *to, const char *value)
{
	(void)row;
	(void)value;
	*(bool *)to = true;
	return true;
}

bool
option_day(const struct option_row *row, void *to, const char *value)
{
	(void)row;
	return day_parse(value, to);
}

bool
option_number(const struct option_row *row, void *to, const char *value)
{
	int64_t *number = to;
	char *end;

	errno = 0;
	*number = strtoll(value, &end, 10);
	return errno == 0 && *value >= '0' && *value <= '9' && *end == '\0' &&
	    *number >= row->least && *number <= row->most;
}

bool
option_word(const struct option_row *row, void *to, const char *value)
{
	return (*(int *)to = word_find(row->words, value)) >= 0;
}

bool
option_each(const struct option_row *row, void *to, const char *value)
{
	struct option_list *list = to;

	(void)row;
	list->items = xrealloc(list->items, list->count + 1, sizeof(*list->items));
	list->items[list->count++] = value;
	return true;
}

void
option_list_fini(struct option_list *list)
{
	free(list->items);
	*list = (struct option_list){ 0 };
}

/* ---- the command line ----------------------------------------------------------- */

static int
value_refuse(const char *command, const struct option_row *row, const char *value)
{
	fprintf(stderr, "bookgate %s: \"%s\" is no value for --%s: ", command, value,
	    row->name);
	if (row->words != NULL) {
		for (size_t i = 0; row->words[i] != NULL; i++)
			fprintf(stderr, "%s%s", i > 0 ? ", " : "one of ", row->words[i]);
	} else if (row->take == option_number) {
		fprintf(stderr, "a number from %" PRId64 " to %" PRId64, row->least, row->most);
	} else {
		fputs(row->take == option_day ? "a date YYYY-MM-DD" : row->wanted, stderr);
	}
	fputs(" is wanted\n", stderr);
	return EXIT_USAGE;
}

/* Makes getopt's tables of ours. */
static void
tables_make(const struct option_row *rows, struct option *longs, char *letters)
{
	int i;

	for (i = 0; i < ROWS_MAX && rows[i].name != NULL; i++) {
		const bool valued = rows[i].take != option_flag;

		longs[i] = (struct option){ rows[i].name,
			valued ? required_argument : no_argument, NULL, LONG + i };
		if (rows[i].letter != '\0')
			*letters++ = rows[i].letter;
		if (rows[i].letter != '\0' && valued)
			*letters++ = ':';
	}
	longs[i] = (struct option){ "help", no_argument, NULL, 'h' };
	longs[i + 1] = (struct option){ 0 };
	strcpy(letters, "h");
}

static const struct option_row *
row_of(const struct option_row *rows, int found)
{
	if (found >= LONG)
		return &rows[found - LONG];
	while (rows->letter != found)
		rows++;
	return rows;
}

/* What getopt did not take; optopt is the letter, or the row's number. */
static int
option_refuse(const struct command_line *line, int found, const char *word)
{
	if (found == ':' && optopt < LONG)
		return usage_refuse(line->name, line->usage, "-%c takes a value", optopt);
	if (found == ':')
		return usage_refuse(line->name, line->usage, "--%s takes a value",
		    line->rows[optopt - LONG].name);
	if (optopt >= LONG || (optopt == 'h' && word[1] == '-'))
		return usage_refuse(line->name, line->usage, "\"%s\": that option takes no value",
		    word);
	if (optopt != 0)
		return usage_refuse(line->name, line->usage, "there is no option -%c", optopt);
	return usage_refuse(line->name, line->usage, "there is no option \"%s\"", word);
}

int
options_read(const struct command_line *line, void *options, int argc, char **argv)
{
	struct option longs[ROWS_MAX + 2];
	char letters[2 * ROWS_MAX + 3] = ":";	/* a missing value is told as one */
	int found;

	tables_make(line->rows, longs, letters + 1);
	opterr = 0;
	while ((found = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		const struct option_row *row;

		if (found == 'h') {
			fputs(line->usage, stdout);
			return EXIT_DONE;
		}
		if (found == '?' || found == ':')
			return option_refuse(line, found, argv[optind - 1]);
		row = row_of(line->rows, found);
		if (row->action != NULL && line->action != NULL &&
		    strcmp(row->action, line->action) != 0) {
			fprintf(stderr, "bookgate %s %s: --%s belongs to another action\n",
			    line->name, line->action, row->name);
			return EXIT_USAGE;
		}
		if (!row->take(row, (char *)options + row->to, optarg))
			return value_refuse(line->name, row, optarg);
	}
	if (argc - optind < line->least)
		return usage_refuse(line->name, line->usage, "an argument is missing");
	if (argc - optind > line->most)
		return usage_refuse(line->name, line->usage, "\"%s\" is one argument too many",
		    argv[optind + line->most]);
	return -1;
}
