/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A conversation: the first byte is the size of the pieces; a byte 0x01 in the
 * text turns to the other direction, 0x02 loses bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "classifiers/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
observe(struct listener *listener, const struct observation *seen)
{
	(void)listener;
	if (seen->kind == OBSERVED_UPLOAD && seen->upload->contacts.best <= 0)
		abort();
	if (seen->kind == OBSERVED_HOST && memchr(seen->text, '\0', seen->text_len))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct listener listener = { observe };
	struct flow flow = { 0 };
	struct task task = { &flow, &listener, false, "NL", NULL };
	struct chunk chunk = { .dir = DIR_UP, .time_us = 1 };
	void *slot = calloc(1, classifier_http1.slot_size);
	size_t step, at = 1;
	unsigned wants = MORE_UP;

	step = size > 0 ? data[0] % 128 + 1 : 1;
	while (at < size && wants != 0) {
		chunk.gap = 0;
		if (data[at] == 1) {
			chunk.dir = chunk.dir == DIR_UP ? DIR_DOWN : DIR_UP;
			at++;
		} else if (data[at] == 2) {
			chunk.gap = at % 3 == 0 ? GAP_UNKNOWN : (uint32_t)(at % 50);
			at++;
		}
		chunk.data = data + at;
		for (chunk.len = 0; chunk.len < step && at < size &&
		    data[at] > 2; chunk.len++)
			at++;
		if (chunk.len == 0 && at < size && data[at] == 0)
			at++;
		chunk.time_us += 1000000;
		if (chunk.len > 0 &&
		    (wants & (chunk.dir == DIR_UP ? MORE_UP : MORE_DOWN)))
			wants = classifier_http1.feed(&task, slot, &chunk);
	}
	classifier_http1.close(&task, slot);
	free(slot);
	return 0;
}
