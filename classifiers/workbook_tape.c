/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes in pages: what is appended is never copied to grow, and what was read
 * is given back from the front, so that the bound holds at every moment.
 */
#include "classifiers/workbook.h"

#include <stdlib.h>
#include <string.h>

static size_t
tape_pages(size_t len)
{
	return (len + HOLD_PAGE - 1) / HOLD_PAGE;
}

static void
page_free(struct tape *tape, struct pages *pages, size_t i)
{
	if (tape->page[i] == NULL)
		return;
	explicit_bzero(tape->page[i], HOLD_PAGE);
	free(tape->page[i]);
	tape->page[i] = NULL;
	pages->used--;
}

bool
tape_add(struct tape *tape, struct pages *pages, const void *data, size_t len)
{
	size_t have = tape_pages(tape->len), want = tape_pages(tape->len + len);

	if (want > HOLD_PAGES || pages->used + (want - have) > pages->most)
		return false;
	for (size_t i = have; i < want; i++) {
		tape->page[i] = calloc(1, HOLD_PAGE);
		if (tape->page[i] == NULL) {
			while (i-- > have)
				page_free(tape, pages, i);
			return false;
		}
		pages->used++;
	}
	tape->len += len;
	tape_set(tape, tape->len - len, data, len);
	return true;
}

void
tape_get(const struct tape *tape, size_t at, void *data, size_t len)
{
	uint8_t *to = data;

	while (len > 0) {
		size_t from = at % HOLD_PAGE, n = HOLD_PAGE - from;

		if (n > len)
			n = len;
		memcpy(to, tape->page[at / HOLD_PAGE] + from, n);
		at += n;
		to += n;
		len -= n;
	}
}

void
tape_set(struct tape *tape, size_t at, const void *data, size_t len)
{
	const uint8_t *from = data;

	while (len > 0) {
		size_t to = at % HOLD_PAGE, n = HOLD_PAGE - to;

		if (n > len)
			n = len;
		memcpy(tape->page[at / HOLD_PAGE] + to, from, n);
		at += n;
		from += n;
		len -= n;
	}
}

void
tape_drop(struct tape *tape, struct pages *pages, size_t before)
{
	for (size_t i = 0; i < before / HOLD_PAGE; i++)
		page_free(tape, pages, i);
}

void
tape_cut(struct tape *tape, struct pages *pages, size_t len)
{
	for (size_t i = tape_pages(len); i < tape_pages(tape->len); i++)
		page_free(tape, pages, i);
	tape->len = len;
}
