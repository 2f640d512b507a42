/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dialog: the plain conversation inside one opened connection. An engine
 * (a row: HTTP/1.1, HTTP/2, WebSocket, or bytes that nobody understands)
 * takes what each end said and decides what the other end gets. It knows no
 * socket and no TLS, so that tests and fuzzers drive it from memory.
 *
 * DIR_UP flows from the client to the origin, DIR_DOWN the other way.
 *
 * Backpressure: the connection reads from an end only while that direction's
 * queue has room (DIALOG_QUEUE_HIGH) and the engine has not paused it, and
 * then hands over all it read: an engine never refuses bytes. What it holds
 * back beyond that is a body being judged (hold.h), and it queues that bit by
 * bit, as dialog_room() allows, whenever its pump() is called.
 */
#ifndef PROXY_DIALOG_H
#define PROXY_DIALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/flow.h"
#include "proxy/hold.h"
#include "proxy/proxy.h"
#include "rules/rules.h"

struct evbuffer;
struct dialog;

/* A direction whose queue holds this much is read no further. */
#define DIALOG_QUEUE_HIGH ((size_t)64 << 10)
/*
 * A body of untold length whose bytes do not come for so long is released as far
 * as it was judged harmless.
 */
#define DIALOG_HOLD_IDLE_US (5 * UINT64_C(1000000))
/* A conversation rests when nothing has moved for so long. */
#define DIALOG_REST_US (2 * UINT64_C(1000000))
/* Bytes of a body beyond the hold limit that stay back: a decoder may hold that many unread. */
#define DIALOG_HOLD_LAG ((size_t)192 << 10)
/* Bytes of a refused body that are still read, so that its connection can live on. */
#define DIALOG_DRAIN_MAX (UINT64_C(64) << 20)

struct engine {
	const char *name;		/* "http/1.1" */
	const char *alpn;		/* whose protocol it speaks; "" none agreed on */
	size_t size;			/* of its state: zeroed memory, dialog->state */
	/* False: memory is out; the connection is closed. */
	bool (*start)(struct dialog *dialog);
	/* Bytes an end said, in order; len > 0. */
	void (*feed)(struct dialog *dialog, enum dir dir, const uint8_t *data, size_t len);
	/* That end will say no more (close_notify or FIN; truncated: FIN without close_notify). */
	void (*end)(struct dialog *dialog, enum dir dir, bool truncated);
	/* The queue of that direction has room again, or time has passed. */
	void (*pump)(struct dialog *dialog, enum dir dir);
	/*
	 * Nothing has moved for a while: gives back memory that it can do
	 * without until something does. False: not now. NULL: there is none.
	 */
	bool (*rest)(struct dialog *dialog);
	/* Frees what the state holds; requests in flight are cut. */
	void (*stop)(struct dialog *dialog);
};

extern const struct engine engine_http1, engine_http2, engine_websocket, engine_bytes;

/* What dialogs of one worker have in common. */
struct dialog_home {
	struct judge *judge;
	const struct settings *settings;
	struct hold_pool *holds;
	struct proxy_counts *counts;
	uint64_t now_us;		/* wall clock, set at each turn of the loop */
};

struct dialog {
	const struct engine *engine;
	void *state;
	struct dialog_home *home;
	struct flow *flow;
	struct evbuffer *queue[2];	/* by enum dir: to be sent that way; owned by its maker */
	bool paused[2];			/* the engine wants nothing more from that end now */
	bool finish[2];			/* when the queue is empty: say that no more will come */
	bool cut[2];			/* finish, but without close_notify: something is missing */
	bool ended[2];			/* that end will say no more */
	bool truncated[2];		/* it ended without a goodbye */
	bool rested;			/* and nothing has moved since */
	bool abort;			/* close both ends at once: the connection cannot go on */
	bool wake;			/* the engine has work at wake_us even if nothing comes */
	uint64_t wake_us;
};

/* Makes an engine run. dialog's home, flow and queues are set. False: memory is out. */
bool dialog_start(struct dialog *dialog, const struct engine *engine);
void dialog_feed(struct dialog *dialog, enum dir dir, const uint8_t *data, size_t len);
void dialog_end(struct dialog *dialog, enum dir dir, bool truncated);
void dialog_pump(struct dialog *dialog, enum dir dir);
/* Nothing has moved for DIALOG_REST_US; may be called as often as one likes. */
void dialog_rest(struct dialog *dialog);
void dialog_stop(struct dialog *dialog);

/*
 * The engine that spoke until now is replaced by another, from within the
 * first one's feed() or pump(), which returns at once afterwards: an HTTP/1.1
 * connection that became a WebSocket. init(new state, arg) may prepare it, and
 * runs before the first one is stopped; arg may point into the first's state.
 * The new one is told of ends that have already ended. False: dialog->abort is
 * set.
 */
bool dialog_switch(struct dialog *dialog, const struct engine *engine,
    void (*init)(void *state, const void *arg), const void *arg);

/*
 * For engines: queues bytes (copied). Memory out sets abort. After
 * dialog_finish() they are dropped.
 */
void dialog_send(struct dialog *dialog, enum dir dir, const void *data, size_t len);
/* Bytes that may still be queued that way before it is full; 0: wait for pump(). */
size_t dialog_room(const struct dialog *dialog, enum dir dir);
/* When what is queued that way is sent, that end is told that no more comes. */
void dialog_finish(struct dialog *dialog, enum dir dir);
/*
 * The same, but without a goodbye: what was said is not whole, and its reader
 * must be able to tell (RFC 9112 section 9.8).
 */
void dialog_finish_cut(struct dialog *dialog, enum dir dir);
void dialog_abort(struct dialog *dialog);
/* pump(DIR_UP) is called at the latest then. */
void dialog_wake_at(struct dialog *dialog, uint64_t when_us);

#endif
