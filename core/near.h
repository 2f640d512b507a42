/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The known word nearest to a mistyped one, for "did you mean".
 */
#ifndef CORE_NEAR_H
#define CORE_NEAR_H

#include <stddef.h>

struct near {
	const char *word;
	const char *best;	/* nearest so far; NULL: none is near enough */
	size_t distance;
};

/* Starts a search; the word is the caller's. */
struct near near_of(const char *word);

/* Offers one known word; it is kept by pointer. */
void near_try(struct near *near, const char *known);

#endif
