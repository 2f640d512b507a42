/* SPDX-License-Identifier: Apache-2.0 */
/* Both sides of an HTTP/2 connection, whole and byte by byte. */
#include "conversation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct flow flow = { .proto = 6 };
	struct chunk chunk = { data, size, 0, DIR_UP, GAP_UNKNOWN };

	conversation_check(&classifier_http2, NULL, data, size);
	(void)classifier_http2.sniff(&flow, &chunk);
	return 0;
}
