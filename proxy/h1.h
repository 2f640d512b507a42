/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the HTTP/1.1 engine: requests in flight, in the order in which their
 * answers come. Heads and bodies pass as they came, byte for byte; a body that
 * a rule may stop waits in a hold, its head with it.
 */
#ifndef PROXY_H1_H
#define PROXY_H1_H

#include "proxy/dialog.h"
#include "proxy/h1_body.h"
#include "proxy/h1_head.h"

/* ---- limits ---- */

/* Requests whose answers are awaited: more are read when one has come. */
#define H1_PIPELINE_MAX 32
/* Bytes a client sent that must wait: what one or two reads may bring along. */
#define H1_LATER_MAX ((size_t)256 << 10)
/* An origin asked whether it wants a body has so long to say so (RFC 9110 section 10.1.1). */
#define H1_CONTINUE_US (1 * UINT64_C(1000000))
/* Of an Accept field: enough to find three types in. */
#define H1_ACCEPT_MAX 512

/* ---- words of a request, for the judge ---- */

/* What does not fit is cut: the judge looks at less of each. */
struct h1_words {
	char method[32], target[2048], host[300], media_type[256];
	char encoding[64], transfer[32], messages[64];
	char upgrade[128];
};

void h1_words_take(struct h1_words *words, const struct h1_request *request);
struct request_words h1_words_view(const struct h1_words *words);

/* ---- requests in flight ---- */

enum h1_course {
	H1_PASSING,			/* what comes goes */
	H1_HOLDING,			/* the origin knows nothing of it */
	H1_OVER,			/* beyond the limit: the oldest bytes go, while harmless */
	H1_FREED,			/* judged: all goes, as there is room */
	H1_REFUSED			/* answered here; what else comes of it is dropped */
};

struct h1_exchange {
	struct h1_exchange *next;	/* its answer comes after ours */
	struct judged *judged;		/* NULL: no body */
	struct hold *hold;		/* NULL: nothing is held */
	struct h1_words *words;		/* of a request to switch; owned, or NULL */
	char *accept;			/* owned; NULL: none, or not held */
	char *own;			/* our answer in place of the origin's; owned, or NULL */
	size_t own_len;
	size_t head_len;
	size_t loose;			/* held bytes that may go whatever else is held */
	uint64_t body;			/* bytes of the body read */
	uint64_t out;			/* bytes of head and body that went to the origin */
	uint64_t answer;		/* bytes of its answer that the judge was not told yet */
	uint64_t seen_us;		/* when bytes of the body came */
	uint8_t course;			/* enum h1_course */
	bool asked;			/* the request is read to its end */
	bool judged_end;		/* the judge has said all */
	bool begun;			/* the final answer has begun */
	bool answered;			/* and is complete; or given up */
	bool last;			/* after our answer the connection is closed */
	bool head, connect;		/* the method */
	bool close;			/* the client will not go on after the answer */
	bool continue_due;		/* we owe a 100 (Continue) */
	bool swallow;			/* the origin's 100 is one too many */
	bool asks;			/* its head has gone; the body waits for that 100 */
};

enum h1_reading {
	H1_HEADS,			/* between requests, or in a head */
	H1_BODIES,			/* in the body of `current` */
	H1_DROPPING			/* the connection ends: what comes is nobody's */
};

struct http1 {
	uint8_t reading;		/* enum h1_reading */
	bool in_answer;			/* in the body of an answer */
	uint16_t count;			/* of exchanges whose answer is awaited */
	struct h1_exchange *first, *last;	/* their list */
	struct h1_exchange *current;	/* whose body is read; NULL: none */
	struct h1_exchange *freeing;	/* judged, but still in its hold */
	struct h1_exchange *switching;	/* nothing is read until it is answered */
	struct h1_scan scan[2];		/* by who speaks */
	struct h1_body body[2];
	struct h1_kept {
		char *data;		/* a head that came in pieces; owned, or NULL */
		uint32_t len, size;
	} kept[2];
	uint8_t *later;			/* from the client, for later; owned, or NULL */
	size_t later_len;
	uint64_t dropped;		/* of a refused body */
};

/* ---- h1_exchange.c ---- */

/* A request is known of; its answer comes after those asked for before. NULL: abort is set. */
struct h1_exchange *h1_exchange_new(struct dialog *dialog);
/* The first exchange's answer is complete, or will never be. */
void h1_exchange_answered(struct http1 *http);
/* Frees it when nothing of it is left to do. */
void h1_exchange_put(struct http1 *http, struct h1_exchange *exchange);
/* The request is read to its end; or given up. */
void h1_exchange_asked(struct http1 *http);

/* Frees all that is in flight; what comes is dropped. */
void h1_stop(struct http1 *http);
/* All of the connection is over: what was queued is still sent. cut: something is missing there. */
void h1_close(struct dialog *dialog, bool cut_up, bool cut_down);

/* Finds a whole head: *head and *len, in data or in what was kept of it. Returns bytes used. */
enum h1_found h1_kept_head(struct http1 *http, enum dir dir, const uint8_t *data,
    size_t len, struct h1_text *head, size_t *used);
void h1_kept_drop(struct http1 *http, enum dir dir);

/* ---- h1_up.c: requests ---- */

void h1_up_feed(struct dialog *dialog, const uint8_t *data, size_t len);
/* Something was done: reads what waited for it, and settles whether more may come. */
void h1_up_go_on(struct dialog *dialog);

/* ---- h1_hold.c: hold until judged ---- */

/* A request with a body begins. head: its bytes. */
void h1_hold_begin(struct dialog *dialog, struct h1_exchange *exchange,
    const struct h1_request *request, struct h1_text head);
/* Bytes of the current request's body, framing included; the judge has had them. */
void h1_hold_bytes(struct dialog *dialog, const uint8_t *data, size_t len);
/* The current request's body is complete. */
void h1_hold_end(struct dialog *dialog);
/* The origin wants the body, or has answered without it. */
void h1_hold_wanted(struct dialog *dialog);
void h1_hold_unwanted(struct dialog *dialog);
/* Room, or time, for what is held. */
void h1_hold_pump(struct dialog *dialog);
/* The judge is told that no more comes. */
struct verdict h1_hold_cut(struct dialog *dialog, struct h1_exchange *exchange);
/* Is so much held that the client must wait? */
bool h1_hold_full(const struct http1 *http);

/* ---- h1_own.c: answers of ours ---- */

/* 403: a rule stopped it. */
void h1_own_block(struct dialog *dialog, struct h1_exchange *exchange,
    const struct verdict *verdict);
/* 400: two readings. 503: no memory to hold it. The connection ends with them. */
void h1_own_fault(struct dialog *dialog, struct h1_exchange *exchange);
void h1_own_busy(struct dialog *dialog, struct h1_exchange *exchange);
/* Sends answers of ours whose turn has come. */
void h1_own_emit(struct dialog *dialog);

/* ---- h1_down.c: answers of the origin ---- */

/* False: another engine speaks now; the caller returns at once. */
bool h1_down_feed(struct dialog *dialog, const uint8_t *data, size_t len);
void h1_down_end(struct dialog *dialog, bool truncated);

/* ---- h1_switch.c: another protocol ---- */

/*
 * The head of an answer that switches: 101, or 2xx to CONNECT. rest: what came
 * behind it. True: another engine speaks now, and the state is gone. False:
 * nobody asked for it, and abort is set.
 */
bool h1_switch_take(struct dialog *dialog, const struct h1_answer *answer,
    struct h1_text head, const uint8_t *rest, size_t len);

/* One writer, so a plain sum will do; others read while we write. */
#define H1_COUNT(dialog, field) \
	__atomic_store_n(&(dialog)->home->counts->field, \
	    (dialog)->home->counts->field + 1, __ATOMIC_RELAXED)

#endif
