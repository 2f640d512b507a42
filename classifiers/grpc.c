/* SPDX-License-Identifier: Apache-2.0 */
#include "classifiers/grpc.h"

#include <string.h>

/* The flag's only bit; the others are reserved and must be 0. */
#define FLAG_COMPRESSED 1

bool
grpc_is(const char *media_type)
{
	static const char name[] = "application/grpc";
	const char *rest = media_type + sizeof(name) - 1;

	if (strncmp(media_type, name, sizeof(name) - 1) != 0)
		return false;
	/* "-web" is framed alike; "-web-text" is base64 around all of it. */
	if (strncmp(rest, "-web", 4) == 0)
		rest += 4;
	return *rest == '\0' || *rest == '+';
}

const char *
grpc_message_type(const char *media_type)
{
	const char *plus = strchr(media_type, '+');

	return plus != NULL && strcmp(plus, "+json") == 0 ? "application/json" :
	    "application/x-protobuf";
}

static void
message_begin(struct grpc *grpc, struct body *body, const struct body_facts *facts)
{
	const uint8_t *p = grpc->prefix;
	struct body_facts plain = *facts;

	grpc->have = 0;
	grpc->left = (uint32_t)p[1] << 24 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 8 | p[4];
	if ((p[0] & ~FLAG_COMPRESSED) != 0) {
		grpc->broken = true;
		return;
	}
	if (p[0] == 0)
		plain.encoding = "";
	body_next(body, &plain);
}

void
grpc_feed(struct grpc *grpc, struct body *body, const struct body_facts *facts,
    const uint8_t *data, size_t len)
{
	while (len > 0 && !grpc->broken) {
		size_t n = 1;

		if (grpc->left > 0) {
			n = len < grpc->left ? len : grpc->left;
			body_feed(body, data, n);
			grpc->left -= (uint32_t)n;
		} else {
			grpc->prefix[grpc->have++] = *data;
			if (grpc->have == GRPC_PREFIX)
				message_begin(grpc, body, facts);
		}
		data += n;
		len -= n;
	}
}

bool
grpc_ended(const struct grpc *grpc)
{
	return !grpc->broken && grpc->have == 0 && grpc->left == 0;
}

void
grpc_gap(struct grpc *grpc, struct body *body, uint64_t bytes)
{
	body_gap(body);
	if (bytes > grpc->left)
		grpc->broken = true;
	else
		grpc->left -= (uint32_t)bytes;
}
