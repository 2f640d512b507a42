/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside a worker: the loop, and what a connection is.
 *
 * A connection is a small state machine. Descriptors are registered once, edge
 * triggered; an edge sets a flag, and conn_turn() goes on until nothing moves.
 * The client's first bytes are only peeked at (MSG_PEEK) until it is decided
 * what becomes of them, so a tunnel passes what the client said, untouched.
 *
 *	PEEK -> CONNECT -> TUNNEL				not ours to open
 *	PEEK -> CONNECT -> ORIGIN -> LEAF -> CLIENT -> OPEN	opened
 *	                   ORIGIN -> CONNECT -> TUNNEL		the origin asks for a certificate
 *	LOCAL							somebody asked the gateway itself
 *	any -> CLOSED
 */
#ifndef PROXY_WORKER_H
#define PROXY_WORKER_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/date.h"
#include "core/mem.h"
#include "proxy/bypass.h"
#include "proxy/dialog.h"
#include "proxy/leaf_cache.h"
#include "proxy/origdst.h"
#include "proxy/peek.h"
#include "proxy/proxy.h"

/* ---- limits ------------------------------------------------------------------ */

/* A client that has said nothing for so long waits for the server to speak first. */
#define PEEK_SILENT_S 2
/* A hello that is not complete after that never will be. */
#define PEEK_WHOLE_S 10
/* For the origin to accept a connection. */
#define CONNECT_S 20
/* For both handshakes together. */
#define HANDSHAKE_S 20
/* One end has gone; the other has so long to say the rest. */
#define HALF_CLOSED_S 120
/* A client that compares keys goes at once; a browser's spare connection stays longer. */
#define SILENT_GONE_S 2
/* A request to the gateway itself. */
#define LOCAL_S 10
/* All is said; a client that has not closed yet may still read it. */
#define LINGER_S 5
/* Nothing at all on a tunnel or an opened connection: RFC 5382 section 5 asks for 2 h 4 min. */
#define IDLE_S 7500
/* Descriptors kept free for what is not a connection. */
#define DESCRIPTORS_KEPT 32
/* A listener that found none free tries again after that (microseconds). */
#define ACCEPT_PAUSE_US 100000
/* Connections taken in one turn before others get theirs. */
#define ACCEPT_BURST 16
/* Bytes moved for one connection in one turn before others get theirs. */
#define TURN_BYTES ((size_t)256 << 10)
/* What is read at once: a TLS record (RFC 8446 section 5.1). */
#define READ_SIZE ((size_t)16 << 10)
/* What splice() moves at once: a pipe's size. */
#define SPLICE_SIZE ((size_t)64 << 10)
/* Pipes kept for reuse. */
#define PIPES_KEPT 64
/* Pieces of memory above that come from the system and go back at once; free memory below stays. */
#define MEMORY_MMAP (4 << 20)
#define MEMORY_KEPT (32 << 20)
/* After so many closed connections what they held goes back to the system. */
#define TRIM_EVERY 256
/* Payload of packets made for nDPI: it settles on the first ones. */
#define PACKETS_MADE_MAX 24

/* ---- connections ------------------------------------------------------------- */

enum conn_state {
	CONN_PEEK, CONN_CONNECT, CONN_TUNNEL, CONN_ORIGIN, CONN_LEAF, CONN_CLIENT,
	CONN_OPEN, CONN_LOCAL, CONN_CLOSED
};

/* One of a connection's two ends. */
struct end {
	int fd;				/* -1 none */
	bool readable, writable;	/* by the last edge, until EAGAIN */
	bool closing;			/* no more will come from it; some may be unread yet */
	bool eof;			/* it will say no more */
	bool finished;			/* it was told that no more comes */
	SSL *ssl;			/* NULL: plain, or not begun */
	struct conn *conn;
	struct event event;
};

struct pipe_pair {
	int read, write;		/* -1 none */
	size_t held;			/* bytes inside */
};

/* A tunnel's part; by enum dir. */
struct tunnel {
	struct pipe_pair pipe[2];
	struct evbuffer *rest[2];	/* read and looked at, not yet passed on; NULL none */
	uint64_t passed[2];
	size_t skip;			/* bytes from the client that the judge had while peeking */
};

struct conn {
	struct proxy *proxy;
	struct conn *next, **link;	/* all of the worker's, or its dead ones */
	struct conn *again;		/* in the list of those that get another turn */
	enum conn_state state;
	bool open_it;			/* decided: TLS is ended here */
	bool counted;			/* in counts->open */
	bool queued;			/* will get another turn */
	bool must;			/* a rule says: inspect, never bypass */
	bool trusted;			/* the origin's certificate was verified */
	bool client_cert;		/* the origin asked for one of the client */
	bool proven;			/* the client sent something inside: it accepts our leaf */
	uint8_t packets_made;
	uint32_t sequence[2];		/* TCP's, of the packets made; by enum dir */
	uint64_t active_us;		/* when bytes last moved */
	uint64_t opened_us;		/* when both handshakes were done */
	unsigned patience_s;		/* without any for so long it is closed */
	size_t budget;			/* bytes it may still move in this turn */
	struct end end[2];		/* DIR_UP: the client, speaks up; DIR_DOWN: the origin */
	struct event timer;
	struct flow flow;
	struct tunnel tunnel;
	size_t peeked;			/* bytes of the hello seen so far */
	uint8_t *alpn;			/* what we speak of the client's offer; owned, NULL none */
	uint8_t alpn_len;
	struct dialog *dialog;		/* while OPEN */
	struct handshake *handshake;	/* only while it lasts */
};

/* What opening needs and an open connection does not. */
struct handshake {
	struct leaf_waiter waiter;
	struct leaf_key key;
	X509 *leaf;			/* owned */
};

struct proxy {
	struct proxy_options options;
	struct event_base *base;
	struct event accept_event, pause_event, tick_event, signer_event, grace_event;
	struct event watch_event[PROXY_WATCHES_MAX];
	struct { void (*ready)(void *arg); void *arg; } watch[PROXY_WATCHES_MAX];
	unsigned watches;
	bool draining;
	int signer;			/* -1: it is gone */
	int spare;			/* a descriptor to be given up when there is none else */
	size_t conn_max;
	size_t conn_count;
	size_t closed;			/* connections since memory was last given back */
	struct conn *conns;
	struct conn *dead;		/* closed, freed at the end of the turn */
	struct conn *again;		/* get another turn */
	struct event again_event;
	struct pool pool;		/* of struct conn */
	struct proxy_counts *counts;
	struct dialog_home home;
	const struct origdst_engine *engine;
	struct own_addrs own;
	struct legs *legs;
	struct leaf_cache *leaves;
	struct authority *authority;
	EVP_PKEY *key;			/* of all leaves of this process */
	struct leaf_untrusted *untrusted;
	struct pipe_pair pipes[PIPES_KEPT];
	unsigned pipe_count;
	struct peek_buffer *peek;
	uint8_t *buffer;		/* READ_SIZE, for whoever has the turn */
	uint8_t *packet;
};

/* ---- conn.c --------------------------------------------------------------------- */

/* Takes an accepted socket. */
void conn_new(struct proxy *proxy, int fd);
/* Gives it another turn soon, after others had theirs. */
void conn_again(struct conn *conn);
/* For the loop: gives those turns; frees what is closed. */
void conns_again(struct proxy *proxy);
void conns_bury(struct proxy *proxy);
/* Every second: engines that asked for it, series that a pause ended. */
void conns_tick(struct proxy *proxy);
void conn_close(struct conn *conn);
/* Closes with a reset: the client learns that it failed, not that it ended. */
void conn_reset(struct conn *conn);
/* From now on: closed when no byte moves for so long. */
void conn_patience(struct conn *conn, unsigned seconds);
/* Bytes moved. False: its turn is over. */
bool conn_spend(struct conn *conn, size_t bytes);
/* Tells an end that no more comes (FIN). */
void end_finish(struct end *end);
/* Opens the connection to the origin; its state is CONN_CONNECT then, or CLOSED. */
void conn_connect(struct conn *conn);
struct end *conn_client(struct conn *conn);
struct end *conn_origin(struct conn *conn);

#define COUNT(proxy, field, by) \
	__atomic_fetch_add(&(proxy)->counts->field, (uint64_t)(by), __ATOMIC_RELAXED)
#define COUNT_SET(proxy, field, value) \
	__atomic_store_n(&(proxy)->counts->field, (uint64_t)(value), __ATOMIC_RELAXED)

/* ---- decide.c: peek, then tunnel, open or stop ------------------------------------ */

/* Looks at what the client has sent so far. True: something has changed. */
bool decide_turn(struct conn *conn);
/* Passes it as it is, over a connection to the origin of its own. */
void decide_tunnel(struct conn *conn);
/* The client has been silent, or slow, for too long. */
void decide_timeout(struct conn *conn);
/* A failed handshake with the client: is it pinned? */
void decide_client_failed(struct conn *conn, bool alert);
/* An opened connection ends on which the client never said anything. */
void decide_client_silent(struct conn *conn);
/* The origin wants a certificate of the client's. */
void decide_client_cert(struct conn *conn);

/* ---- tunnel.c ------------------------------------------------------------------------ */

void tunnel_start(struct conn *conn);
bool tunnel_turn(struct conn *conn);
void tunnel_fini(struct conn *conn);
/* Closes the pipes that are kept for reuse. */
void tunnel_pipes_close(struct proxy *proxy);

/* ---- handshake.c, pump.c: an opened connection ------------------------------------- */

void handshake_start(struct conn *conn);		/* the origin is connected */
bool handshake_turn(struct conn *conn);
void handshake_fini(struct conn *conn);
bool pump_start(struct conn *conn);			/* both handshakes are done */
bool pump_turn(struct conn *conn);
void pump_tick(struct conn *conn);			/* time has passed */
void pump_fini(struct conn *conn);

/* ---- ask.c: the signer --------------------------------------------------------------- */

void ask_init(struct proxy *proxy, int fd);
void ask_fini(struct proxy *proxy);
/* Asks for the leaf; conn's waiter is told. False: there will be none. */
bool ask_leaf(struct conn *conn, X509 *origin);

/* ---- local.c: requests to the gateway itself ----------------------------------------- */

bool local_turn(struct conn *conn);

/* ---- pretend.c: the classifiers see a connection as packets ---------------------------- */

/* Gives payload to nDPI as packets made from the connection's addresses. */
void pretend_packets(struct conn *conn, enum dir dir, const uint8_t *data, size_t len);

#endif
