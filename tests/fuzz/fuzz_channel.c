/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a message, and what it carries as a record. A record that is
 * taken must be fit for the store: its JSON can be made, and putting it again
 * gives a record that is taken as well.
 */
#include <stdlib.h>
#include <string.h>

#include "core/channel_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
upload_try(const struct message *message)
{
	uint8_t record[CHANNEL_BODY_MAX];
	struct event_upload event, again;
	char *json;

	if (!record_get_upload(message->body, message->len, &event))
		return;
	json = event_upload_json(&event);
	if (json == NULL || strchr(json, '\n') != NULL)
		__builtin_trap();
	free(json);
	if (!record_get_upload(record, record_put_upload(&event, record), &again))
		__builtin_trap();
}

static void
bypass_try(const struct message *message)
{
	struct event_bypass event;
	char *json;

	if (!record_get_bypass(message->body, message->len, &event))
		return;
	json = event_bypass_json(&event);
	if (json == NULL || strchr(json, '\n') != NULL)
		__builtin_trap();
	free(json);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct message message;

	if (!channel_decode(data, size, &message))
		return 0;
	upload_try(&message);
	bypass_try(&message);
	return 0;
}
