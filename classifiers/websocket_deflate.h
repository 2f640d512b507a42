/* SPDX-License-Identifier: Apache-2.0 */
/* permessage-deflate (RFC 7692) of one direction of a WebSocket. */
#ifndef CLASSIFIERS_WEBSOCKET_DEFLATE_H
#define CLASSIFIERS_WEBSOCKET_DEFLATE_H

#include <stddef.h>
#include <stdint.h>

struct message_inflater;

typedef void message_out(void *to, const uint8_t *data, size_t len);

/* NULL when memory is out. */
struct message_inflater *message_inflater_new(void);
void message_inflater_free(struct message_inflater *inflater);
/*
 * Takes a part of a compressed message. Returns -1, or why it gave up (enum
 * unscanned): then no later message can be read either.
 */
int message_inflate(struct message_inflater *inflater, const uint8_t *data,
    size_t len, message_out *out, void *to);
/* The message is complete. Returns as message_inflate(). */
int message_inflate_end(struct message_inflater *inflater, message_out *out,
    void *to);

#endif
