/* SPDX-License-Identifier: Apache-2.0 */
/* Both sides of a WebSocket after the switch, whole and byte by byte. */
#include "conversation.h"

#include "classifiers/websocket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
open_socket(void *slot)
{
	static const struct request_facts facts = { .method = "GET", .path = "/ws" };

	websocket_open(slot, &facts, 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	conversation_check(&classifier_websocket, open_socket, data, size);
	return 0;
}
