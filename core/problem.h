/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with a file a person wrote: "file:line:column: text". Loaders
 * gather problems and go on, so that one run of `bookgate check` shows all.
 */
#ifndef CORE_PROBLEM_H
#define CORE_PROBLEM_H

#include <stddef.h>

/* More problems than this are counted, not kept: nobody reads further. */
#define PROBLEMS_MAX 100

struct problem {
	char *text;		/* "file:line:column: what is wrong" */
};

struct problems {
	struct problem *list;	/* at most PROBLEMS_MAX, in order of finding */
	size_t count;		/* all that were found */
};

/*
 * Adds one problem. line and column count from 1; 0 leaves them out (a file
 * that cannot be opened has neither).
 */
void problem_add(struct problems *problems, const char *file, size_t line,
    size_t column, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Prints every problem on standard error, a line each. */
void problems_print(const struct problems *problems);

void problems_fini(struct problems *problems);

#endif
