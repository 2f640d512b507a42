/* SPDX-License-Identifier: Apache-2.0 */
/* How an HTTP connection becomes a WebSocket (RFC 6455 section 4). */
#ifndef PROXY_WEBSOCKET_H
#define PROXY_WEBSOCKET_H

#include "proxy/dialog.h"

/* What the two agreed on. Gone when websocket_switch_init() has returned: copy it. */
struct websocket_switch {
	struct request_words words;	/* of the request that asked for it */
	const char *extensions;		/* Sec-WebSocket-Extensions of the answer; "" none */
};

/* For dialog_switch() to engine_websocket; arg is a struct websocket_switch. */
void websocket_switch_init(void *state, const void *arg);

#endif
