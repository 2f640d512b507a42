/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/mem.h"
#include "core/problem.h"

/* A message longer than this is cut: it is meant for one line of a terminal. */
#define PROBLEM_TEXT_MAX 512

/* Names in messages come from files: a terminal must not obey them. */
static void
text_clean(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
	}
}

void
problem_add(struct problems *problems, const char *file, size_t line,
    size_t column, const char *format, ...)
{
	char what[PROBLEM_TEXT_MAX], *text;
	va_list args;
	int n;

	if (problems->count++ >= PROBLEMS_MAX)
		return;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	text_clean(what);
	if (line == 0)
		n = asprintf(&text, "%s: %s", file, what);
	else if (column == 0)
		n = asprintf(&text, "%s:%zu: %s", file, line, what);
	else
		n = asprintf(&text, "%s:%zu:%zu: %s", file, line, column, what);
	if (n < 0)
		text = xstrdup("out of memory");
	problems->list = xrealloc(problems->list, problems->count,
	    sizeof(*problems->list));
	problems->list[problems->count - 1].text = text;
}

static size_t
problems_kept(const struct problems *problems)
{
	return problems->count < PROBLEMS_MAX ? problems->count : PROBLEMS_MAX;
}

void
problems_print(const struct problems *problems)
{
	size_t i, kept = problems_kept(problems);

	for (i = 0; i < kept; i++)
		fprintf(stderr, "%s\n", problems->list[i].text);
	if (problems->count > kept)
		fprintf(stderr, "and %zu more\n", problems->count - kept);
}

void
problems_fini(struct problems *problems)
{
	size_t i, kept = problems_kept(problems);

	for (i = 0; i < kept; i++)
		free(problems->list[i].text);
	free(problems->list);
	problems->list = NULL;
	problems->count = 0;
}
