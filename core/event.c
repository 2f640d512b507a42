/* SPDX-License-Identifier: Apache-2.0 */
#include "core/event.h"

#include <stdio.h>
#include <string.h>

#include "core/digest.h"

const char *
unscanned_name(enum unscanned reason)
{
	static const char *const names[] = { "limit", "encrypted", "corrupt", "gap" };

	return names[reason];
}

const char *
bypass_reason_name(enum bypass_reason reason)
{
	static const char *const names[] = {
		"pinned", "client_cert", "not_tls", "never_open", "operator"
	};

	return names[reason];
}

void
stats_add(struct stats *sum, const struct stats *part)
{
	sum->packets += part->packets;
	sum->bytes += part->bytes;
	sum->flows += part->flows;
	sum->uploads += part->uploads;
	sum->below_threshold += part->below_threshold;
	sum->unreadable += part->unreadable;
	for (int i = 0; i < UNSCANNED_KINDS; i++)
		sum->unscanned[i] += part->unscanned[i];
	if (part->packets > 0) {
		if (sum->first_us == 0 || part->first_us < sum->first_us)
			sum->first_us = part->first_us;
		if (part->last_us > sum->last_us)
			sum->last_us = part->last_us;
	}
	if (sum->truncated[0] == '\0')
		memcpy(sum->truncated, part->truncated, sizeof(sum->truncated));
}

void
event_id_make(char id[EVENT_ID_MAX], uint64_t flow, uint64_t moment_us, uint32_t sequence)
{
	uint64_t in[3] = { flow, moment_us, sequence }, ms = moment_us / 1000;
	uint8_t out[SHA256_LEN];

	digest_sha256(in, sizeof(in), out);
	snprintf(id, EVENT_ID_MAX, "%08x-%04x-7%03x-%04x-%02x%02x%02x%02x%02x%02x",
	    (unsigned)(ms >> 16 & 0xffffffff), (unsigned)(ms & 0xffff),
	    (unsigned)(out[0] << 8 | out[1]) & 0xfff,
	    0x8000u | ((unsigned)(out[2] << 8 | out[3]) & 0x3fff),
	    out[4], out[5], out[6], out[7], out[8], out[9]);
}
