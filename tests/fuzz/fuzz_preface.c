/* SPDX-License-Identifier: Apache-2.0 */
/* A client's opening bytes in pieces; the first byte is the pieces' size. */
#include <stdlib.h>

#include "classifiers/table.h"

static unsigned heard;

static void
observe(struct listener *listener, const struct observation *seen)
{
	(void)listener;
	if (seen->kind != OBSERVED_PREFACE || seen->text_len == 0 || ++heard > 1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct listener listener = { .observe = observe };
	struct flow flow = { .proto = 6 };
	struct task task = { .flow = &flow, .listener = &listener };
	size_t piece = size > 0 && data[0] > 0 ? data[0] : 4096;
	void *slot = calloc(1, classifier_preface.slot_size);
	bool started = false;

	heard = 0;
	for (size_t at = 1; slot != NULL && at < size; at += piece) {
		struct chunk chunk = {
			.data = data + at, .len = size - at < piece ? size - at : piece
		};

		if (!started &&
		    classifier_preface.sniff(&flow, &chunk) != INTEREST_YES)
			break;
		started = true;
		if (classifier_preface.feed(&task, slot, &chunk) == 0)
			break;
	}
	if (slot != NULL)
		classifier_preface.close(&task, slot);
	free(slot);
	return 0;
}
