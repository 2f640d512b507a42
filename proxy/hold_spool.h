/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hold_spool: blocks of held bodies on disk. A file without a name, cut into
 * slots of one block each; every block is encrypted anew with a key that never
 * leaves this process. Included only by hold*.c and tests.
 */
#ifndef PROXY_HOLD_SPOOL_H
#define PROXY_HOLD_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The largest block, and the size of a slot. */
#define HOLD_BLOCK_MAX ((size_t)32 << 10)
/* Slots a file may have: 1 GiB of bodies that wait, for one process. */
#define HOLD_SLOTS_MAX (((size_t)1 << 30) / HOLD_BLOCK_MAX)
/* An authentication tag of full length (NIST SP 800-38D section 5.2.1.2). */
#define HOLD_TAG_SIZE 16

struct hold_spool;

/* Where a block is, and what proves that it is the same one; kept in memory. */
struct hold_slot {
	uint32_t number;
	uint32_t len;
	uint64_t nonce;		/* a count of blocks written with this key */
	uint8_t tag[HOLD_TAG_SIZE];
};

/* NULL: no memory, or no random numbers. The file is not closed. */
struct hold_spool *hold_spool_new(int file);
void hold_spool_free(struct hold_spool *spool);

/* Writes len <= HOLD_BLOCK_MAX bytes. False: the disk or the file is full. */
bool hold_spool_put(struct hold_spool *spool, const uint8_t *data, size_t len,
    struct hold_slot *slot);
/* Reads a block back into data. False: it is not what was written. */
bool hold_spool_get(struct hold_spool *spool, const struct hold_slot *slot, uint8_t *data);
/* The slot may be written anew; when none is used, the disk gets its space back. */
void hold_spool_drop(struct hold_spool *spool, const struct hold_slot *slot);

#endif
