/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grpc: the messages inside a request body of gRPC. Each has a prefix of five
 * bytes: a flag and a length (grpc/doc/PROTOCOL-HTTP2.md, "Length-Prefixed-
 * Message"). Messages are compressed one by one, so each is a body of its own
 * for the contact counter, and their contacts add up.
 */
#ifndef CLASSIFIERS_GRPC_H
#define CLASSIFIERS_GRPC_H

#include "classifiers/classifiers.h"

#define GRPC_PREFIX 5

struct grpc {
	uint8_t prefix[GRPC_PREFIX];
	uint8_t have;		/* bytes of the prefix so far */
	bool broken;		/* no framing of gRPC: nothing more is read */
	uint32_t left;		/* of the message */
};

/* Is it a media type of that framing? */
bool grpc_is(const char *media_type);
/* The media type of its messages: "application/grpc+json" holds JSON. */
const char *grpc_message_type(const char *media_type);
/*
 * Feeds bytes of the request body. facts are those of a message: encoding is
 * the coding of those that are flagged as compressed.
 */
void grpc_feed(struct grpc *grpc, struct body *body,
    const struct body_facts *facts, const uint8_t *data, size_t len);
/* May the body end here? Not inside a message, nor after a broken one. */
bool grpc_ended(const struct grpc *grpc);
/* Bytes are missing; inside one message they are stepped over. */
void grpc_gap(struct grpc *grpc, struct body *body, uint64_t bytes);

#endif
