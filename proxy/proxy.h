/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inline door. Diverted connections come in at a listener; each is looked
 * at before a byte of it is answered, and then tunnelled untouched, opened
 * (TLS ended on both sides, what is inside judged), or stopped.
 *
 * One process runs one proxy in one thread. Everything it will ever need from
 * the file system is opened before proxy_new() returns, so that the process
 * can then give up its rights.
 */
#ifndef PROXY_PROXY_H
#define PROXY_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/event.h"
#include "rules/rules.h"

/* ---- what all workers share: shared.c, bypass.c -------------------------- */

/*
 * Counts of one worker, in memory that the monitor reads too. Written by one
 * process only; read with relaxed atomics.
 */
struct proxy_counts {
	uint64_t accepted;		/* connections taken */
	uint64_t open;			/* among them not yet closed */
	uint64_t tunnelled, opened, stopped;	/* decisions */
	uint64_t refused;		/* no descriptor or memory left, or a loop */
	uint64_t failed;		/* the origin or the client's handshake failed */
	uint64_t bypassed;		/* tunnelled because of what was learnt */
	uint64_t requests, blocked;	/* HTTP requests inside; among them stopped */
	uint64_t faults;		/* requests refused for their form (400) */
	uint64_t held, spilled;		/* bytes of bodies held back now: in memory, on disk */
	uint64_t uploads, below_threshold;	/* the judge's */
	uint64_t unscanned[UNSCANNED_KINDS];
};

/* Workers one appliance may have, of one generation of its rules. */
#define PROXY_WORKERS_MAX 64

struct proxy_shared;

/*
 * Memory shared by a process and those it forks later: the counts of each
 * worker, and the connections that are no longer opened (which pair of device
 * and name, why, until when). NULL with errno set.
 */
struct proxy_shared *proxy_shared_new(void);
void proxy_shared_free(struct proxy_shared *shared);

/* One worker's counts; a worker that replaces another goes on with its row. */
const struct proxy_counts *proxy_shared_counts(const struct proxy_shared *shared,
    unsigned worker);

/* ---- a worker ------------------------------------------------------------- */

struct proxy_sink {
	struct event_sink events;	/* uploads; flow_end may be NULL */
	void (*bypass)(struct proxy_sink *sink, const struct event_bypass *event);
};

struct proxy_options {
	const struct rules *rules;
	const struct settings *settings;
	const char *gateway;		/* name in events */
	const uint8_t *identity_key;	/* 32 bytes; NULL: addresses stand in events */
	struct proxy_sink *sink;
	struct proxy_shared *shared;
	unsigned worker;		/* its row in shared */
	int listener;			/* of origdst_listen(); the proxy closes it */
	int signer;			/* SOCK_SEQPACKET to the signer; closed too */
	int spool;			/* an unlinked file for bodies held back, or -1 */
	const char *trust;		/* PEM file of roots; read by proxy_new() */
};

struct proxy;

/*
 * Readies a worker: libraries, roots, keys, nDPI. NULL with the reason logged.
 * Options are copied; what they point to outlives the proxy.
 */
struct proxy *proxy_new(const struct proxy_options *options);

/* Turns until drained: 0; or the loop failed: -1, logged. */
int proxy_run(struct proxy *proxy);

/*
 * Accepts nothing more and lets connections end by themselves; those that
 * still live after grace_s seconds are closed (0: none is). May be called from
 * a callback of the loop.
 */
void proxy_drain(struct proxy *proxy, unsigned grace_s);

/*
 * Has the loop watch a descriptor of the appliance's (orders of the monitor):
 * ready() is called when it can be read. At most PROXY_WATCHES_MAX.
 */
#define PROXY_WATCHES_MAX 4
bool proxy_watch(struct proxy *proxy, int fd, void (*ready)(void *arg), void *arg);

/* A new signer stands in for one that died: SOCK_SEQPACKET, the proxy's from now on. */
void proxy_signer_set(struct proxy *proxy, int fd);

/* Pairs of device and name that are not opened at that time. */
uint64_t proxy_shared_bypasses(const struct proxy_shared *shared, uint64_t now_us);

#endif
