/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an IP packet: what the nDPI adapter reads of it by itself. */
#include <stdlib.h>

#include "classifiers/app_packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t out[APP_HELLO_MAX], again[APP_HELLO_MAX];
	struct app_segment segment, shorter;
	size_t len;

	if (!app_segment_of(data, size, &segment))
		return 0;
	if (segment.payload < data || segment.payload + segment.payload_len > data + size)
		abort();
	(void)app_answer_of(&segment);
	len = app_hello_shorten(&segment, out);
	if (len == 0)
		return 0;
	/* What was written is a whole hello again, and cannot be shortened further. */
	if (len > sizeof(out) || !app_segment_of(out, len, &shorter) ||
	    app_hello_shorten(&shorter, again) != len)
		abort();
	return 0;
}
