/* SPDX-License-Identifier: Apache-2.0 */
#include "core/near.h"

#include <string.h>

/* Longer words are compared by their first letters only. */
#define NEAR_MAX 48

static size_t
min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/*
 * Edits (insert, delete, replace, swap of neighbours) from a to b: the
 * restricted Damerau-Levenshtein distance.
 */
static size_t
distance_of(const char *a, const char *b)
{
	size_t rows[3][NEAR_MAX + 1] = { { 0 } };
	size_t la = strnlen(a, NEAR_MAX), lb = strnlen(b, NEAR_MAX), i, j;

	for (j = 0; j <= lb; j++)
		rows[0][j] = j;
	for (i = 1; i <= la; i++) {
		size_t *now = rows[i % 3], *last = rows[(i + 2) % 3];
		const size_t *before = rows[(i + 1) % 3];

		now[0] = i;
		for (j = 1; j <= lb; j++) {
			now[j] = min3(last[j] + 1, now[j - 1] + 1,
			    last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
	}
	return rows[la % 3][lb];
}

struct near
near_of(const char *word)
{
	size_t len = strlen(word);

	/* A third of the letters may differ, and two always may. */
	return (struct near){ word, NULL, len / 3 > 2 ? len / 3 + 1 : 3 };
}

void
near_try(struct near *near, const char *known)
{
	size_t d = distance_of(near->word, known);

	if (d < near->distance && d < strlen(known)) {
		near->distance = d;
		near->best = known;
	}
}
