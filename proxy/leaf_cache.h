/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The leaves a worker has, and those it waits for. However many connections
 * want one new name, the signer is asked once.
 *
 *	leaf = leaf_cache_get(cache, &key, now);
 *	if (leaf == NULL && leaf_cache_wait(cache, &key, &waiter, &tag) ==
 *	    LEAF_WAIT_ASK)
 *		... signer_request_write(..., tag, ...), send it
 *	... on a reply: leaf_cache_answer(cache, reply.tag, reply.leaf, now);
 */
#ifndef PROXY_LEAF_CACHE_H
#define PROXY_LEAF_CACHE_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "core/digest.h"

/* Leaves in one worker: an office meets fewer watched servers than this. */
#define LEAF_CACHE_MAX 4096
/* Names being asked for at one time: more means the signer does not answer. */
#define LEAF_PENDING_MAX 256
/* How long a leaf that was over when it was made is kept, in seconds. */
#define LEAF_CACHE_OVER 3600

/* SHA-256 over the origin's certificate, the host, and whether it is trusted. */
struct leaf_key {
	uint8_t digest[SHA256_LEN];
};

/* False when memory is out. host in lower case. */
bool leaf_cache_key(struct leaf_key *key, const X509 *origin, const char *host,
    bool trusted);

struct leaf_cache;

/* At most limit leaves, at least 1. NULL when memory is out. */
struct leaf_cache *leaf_cache_new(size_t limit);
/* Whoever still waits is told NULL. */
void leaf_cache_free(struct leaf_cache *cache);

/* The leaf with a reference of the caller's own (X509_free), or NULL. */
X509 *leaf_cache_get(struct leaf_cache *cache, const struct leaf_key *key, time_t now);

/*
 * Keeps a leaf (a reference of its own), the one used longest ago makes room.
 * False when memory is out: it is just not kept.
 */
bool leaf_cache_put(struct leaf_cache *cache, const struct leaf_key *key, X509 *leaf,
    time_t now);

/*
 * One connection that waits. Lies in the connection, zeroed; ready and arg are
 * set by it. ready is called once, with a leaf that stays the cache's (take a
 * reference with X509_up_ref), or NULL when there is none to be had. It may
 * wait or leave again, and free its connection.
 */
struct leaf_waiter {
	void (*ready)(void *arg, X509 *leaf);
	void *arg;
	struct leaf_waiter *next, **link;	/* the cache's; link is NULL when not waiting */
};

enum leaf_wait {
	LEAF_WAIT_ASK,		/* the first: ask the signer, with *tag */
	LEAF_WAIT_JOINED,	/* somebody has asked */
	LEAF_WAIT_FULL,		/* too many names asked for, or memory is out */
};

enum leaf_wait leaf_cache_wait(struct leaf_cache *cache, const struct leaf_key *key,
    struct leaf_waiter *waiter, uint32_t *tag);

/* The connection goes: ready is not called any more. Without effect when not waiting. */
void leaf_cache_leave(struct leaf_waiter *waiter);

/*
 * The signer's answer: leaf is kept, and all who wait are told; NULL: it was
 * refused. A tag that nobody asked with is ignored (false). The leaf's
 * reference stays the caller's.
 */
bool leaf_cache_answer(struct leaf_cache *cache, uint32_t tag, X509 *leaf, time_t now);

/* The signer is gone: all who wait are told NULL. */
void leaf_cache_fail(struct leaf_cache *cache);

/* Leaves held, and names asked for. */
size_t leaf_cache_count(const struct leaf_cache *cache);
size_t leaf_cache_pending(const struct leaf_cache *cache);

#endif
