/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words for people, in the four languages, and how a name that is not ours is
 * written into each kind of text. Included only by refusal.c and notice*.c.
 */
#ifndef PROXY_REFUSAL_TEXT_H
#define PROXY_REFUSAL_TEXT_H

#include <stddef.h>
#include <stdio.h>

enum { TEXT_LANGUAGES = 4 };
extern const char *const text_languages[TEXT_LANGUAGES];	/* "en", "nl", "de", "pl" */

/* The row of a language by its code, without its region; -1: none of ours. */
int text_language(const char *code, size_t len);

/*
 * The language that a list of ranges (Accept-Language, RFC 9110 section
 * 12.5.4) prefers among ours; `otherwise` when it names none of them.
 */
int text_language_of(const char *list, size_t len, int otherwise);

/*
 * The next element of a list with weights: "de, en;q=0.8" (RFC 9110
 * section 12.4.2). Moves *list on. value gets the element without parameters;
 * returns its weight in thousandths, or -1 at the end.
 */
struct text_value {
	const char *at;
	size_t len;
};
int text_weighed(const char **list, size_t *len, struct text_value *value);

/* Names that are not ours: nothing of them is markup, or a new line. */
void text_html(FILE *out, const char *text);
void text_json(FILE *out, const char *text);	/* with its quotes */
void text_plain(FILE *out, const char *text);

#endif
