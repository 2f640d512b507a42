/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole small text files, for the parsers of files that a person edits.
 */
#ifndef CORE_FILE_H
#define CORE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/problem.h"

/*
 * Reads a file of at most max bytes. The text ends in a NUL that *len does not
 * count; the caller frees it. NULL, with a problem added, when the file cannot
 * be read or is longer.
 */
char *file_read(const char *file, size_t max, size_t *len,
    struct problems *problems);

/*
 * Where text first stops being UTF-8 (RFC 3629) or has a NUL byte; NULL when
 * all of it is well formed.
 */
const char *utf8_bad(const char *text, size_t len);

/* Cuts a text that snprintf() shortened back to whole UTF-8 characters. */
void utf8_trim(char *text);

#endif
