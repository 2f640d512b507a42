/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the WebSocket engine: the two ends' frames, and what is held of the client's. */
#ifndef PROXY_WEBSOCKET_RELAY_H
#define PROXY_WEBSOCKET_RELAY_H

#include "proxy/proxy.h"
#include "proxy/websocket.h"
#include "proxy/websocket_frame.h"

/* Why both are told goodbye (RFC 6455 section 7.4.1; 1013 is registered since). */
#define CLOSE_AWAY 1001
#define CLOSE_PROTOCOL 1002
#define CLOSE_POLICY 1008
#define CLOSE_LATER 1013

struct websocket_relay {
	struct websocket_frames frames[2];	/* by who speaks */
	struct hold *hold;		/* what the client said and the origin has not been told */
	size_t loose;			/* of it, bytes that may go */
	uint64_t message;		/* bytes of the client's message so far */
	uint64_t gone;			/* of it, those the origin was told */
	bool ragged;			/* a part of a message has gone, maybe of a frame */
	uint8_t control[WEBSOCKET_HEAD_MAX + WEBSOCKET_CONTROL_MAX];
	size_t control_len;		/* of a control frame that is not complete */
	bool closing;			/* goodbye is said, or waits for a frame's end */
	bool leaving;			/* the client says no more: nor shall we, after the hold */
	uint16_t code[2];		/* by who is told */
	const char *reason;
	uint64_t wake_us;		/* 0 none */
	char *copied;			/* the request's words, until the start; owned */
	struct request_words words;	/* point into it */
};

/* ---- engine_websocket.c ------------------------------------------------------- */

/* Both ends are told goodbye, each when it is not in the middle of a frame. */
void websocket_goodbye(struct dialog *dialog, struct websocket_relay *relay, uint16_t client,
    uint16_t origin, const char *reason);
/* Says it to those to whom it can be said now. */
void websocket_goodbye_try(struct dialog *dialog, struct websocket_relay *relay);
/* Silence begins now. */
void websocket_wake_at(struct dialog *dialog, struct websocket_relay *relay);
/* An end broke the rules. */
void websocket_fault(struct dialog *dialog, struct websocket_relay *relay, enum dir dir);
/* An upload is stopped: counted, and goodbye. */
void websocket_block(struct dialog *dialog, struct websocket_relay *relay);

/* ---- websocket_up.c ------------------------------------------------------------- */

void websocket_up_feed(struct dialog *dialog, struct websocket_relay *relay,
    const uint8_t *data, size_t len);
/* Queues what may go, as far as there is room; then what waited for that. */
void websocket_up_drain(struct dialog *dialog, struct websocket_relay *relay);
/* A message that stands still goes as far as it was harmless. */
void websocket_up_silent(struct dialog *dialog, struct websocket_relay *relay);

#define WEBSOCKET_COUNT(dialog, field) \
	__atomic_fetch_add(&(dialog)->home->counts->field, 1, __ATOMIC_RELAXED)

#endif
