/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hold: bytes of a request that wait for their verdict, first in, first out.
 * All holds of a worker share a pool of memory; what does not fit is written,
 * encrypted with a key that only this process ever has, to a file that has no
 * name (AES-256-GCM, NIST SP 800-38D, a fresh nonce for every block).
 */
#ifndef PROXY_HOLD_H
#define PROXY_HOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hold_pool;
struct hold;

/*
 * budget: bytes of memory for all holds together. spool: a file that only this
 * process uses, or -1: then the pool is full when its memory is. The pool does
 * not close it.
 */
struct hold_pool *hold_pool_new(size_t budget, int spool);
void hold_pool_free(struct hold_pool *pool);
/* Bytes held now, in memory and on disk. */
size_t hold_pool_memory(const struct hold_pool *pool);
size_t hold_pool_spilled(const struct hold_pool *pool);

/* NULL: memory is out. Costs nothing else until bytes are added. */
struct hold *hold_new(struct hold_pool *pool);
/* False: neither memory nor spool takes it; nothing of data was added. */
bool hold_add(struct hold *hold, const void *data, size_t len);
size_t hold_length(const struct hold *hold);
/*
 * Takes up to len of the oldest bytes out. Returns how many; -1 when what was
 * spilled cannot be read back as it was written.
 */
long hold_take(struct hold *hold, void *data, size_t len);
/* Forgets (and wipes) what it holds. NULL is allowed. */
void hold_free(struct hold *hold);

#endif
