/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hold is a list of blocks, oldest first. The blocks that are in memory also
 * stand in a list of the whole pool: when memory is full, its oldest block,
 * whosoever it is, goes to disk. Blocks grow with their hold, so a small body
 * costs little. What leaves memory is wiped.
 */
#include "proxy/hold.h"

#include <stdlib.h>
#include <string.h>

#include "proxy/hold_spool.h"

/* The first block of a hold: most judged bodies are smaller. */
#define HOLD_BLOCK_MIN ((size_t)1 << 10)
/*
 * Largest blocks kept for the next body, 1 MiB: the system takes as long to
 * hand out fresh pages as we take to fill them.
 */
#define HOLD_SPARE_MAX 32

struct block {
	struct block *older, *newer;	/* of the same hold */
	struct block *memory_older, *memory_newer;	/* in memory, of the whole pool */
	uint8_t *data;			/* NULL: on disk */
	uint32_t size;			/* of data, while in memory */
	uint32_t start, end;		/* what is held: taken before, not yet added behind */
	struct hold_slot slot;		/* while on disk */
};

struct hold_pool {
	size_t budget, used;		/* memory, with all that describes it */
	size_t held, spilled;		/* bytes held in memory, on disk */
	struct block *memory_oldest, *memory_newest;
	struct hold_spool *spool;	/* NULL: none */
	uint8_t *spare[HOLD_SPARE_MAX];	/* memory of largest blocks, wiped */
	unsigned spares;
	uint64_t cached;		/* nonce of the spilled block that is in `cache`; 0 none */
	size_t cached_len;
	uint8_t cache[HOLD_BLOCK_MAX];
};

struct hold {
	struct hold_pool *pool;
	struct block *oldest, *newest;
	size_t length;
};

struct hold_pool *
hold_pool_new(size_t budget, int spool)
{
	struct hold_pool *pool = calloc(1, sizeof(*pool));

	if (pool == NULL)
		return NULL;
	pool->budget = budget;
	if (spool >= 0) {
		pool->spool = hold_spool_new(spool);
		if (pool->spool == NULL) {
			free(pool);
			return NULL;
		}
	}
	return pool;
}

void
hold_pool_free(struct hold_pool *pool)
{
	if (pool == NULL)
		return;
	hold_spool_free(pool->spool);
	explicit_bzero(pool->cache, sizeof(pool->cache));
	while (pool->spares > 0)
		free(pool->spare[--pool->spares]);
	free(pool);
}

size_t
hold_pool_memory(const struct hold_pool *pool)
{
	return pool->held;
}

size_t
hold_pool_spilled(const struct hold_pool *pool)
{
	return pool->spilled;
}

struct hold *
hold_new(struct hold_pool *pool)
{
	struct hold *hold = calloc(1, sizeof(*hold));

	if (hold == NULL)
		return NULL;
	hold->pool = pool;
	return hold;
}

/* ---- blocks ---------------------------------------------------------------- */

static void
memory_link(struct hold_pool *pool, struct block *block)
{
	block->memory_older = pool->memory_newest;
	*(block->memory_older ? &block->memory_older->memory_newer :
	    &pool->memory_oldest) = block;
	pool->memory_newest = block;
}

static void
memory_unlink(struct hold_pool *pool, struct block *block)
{
	*(block->memory_older ? &block->memory_older->memory_newer :
	    &pool->memory_oldest) = block->memory_newer;
	*(block->memory_newer ? &block->memory_newer->memory_older :
	    &pool->memory_newest) = block->memory_older;
}

static void
hold_link(struct hold *hold, struct block *block)
{
	block->older = hold->newest;
	*(hold->newest ? &hold->newest->newer : &hold->oldest) = block;
	hold->newest = block;
}

/* Blocks leave their hold at its ends only. */
static void
hold_unlink(struct hold *hold, struct block *block)
{
	if (hold->oldest == block)
		hold->oldest = block->newer;
	else
		block->older->newer = NULL;
	if (hold->newest == block)
		hold->newest = block->older;
	else
		block->newer->older = NULL;
}

static void
cache_forget(struct hold_pool *pool)
{
	explicit_bzero(pool->cache, pool->cached_len);
	pool->cached = 0;
	pool->cached_len = 0;
}

static uint8_t *
data_get(struct hold_pool *pool, size_t size)
{
	return size == HOLD_BLOCK_MAX && pool->spares > 0 ?
	    pool->spare[--pool->spares] : malloc(size);
}

/* The block's memory is given back, wiped. */
static void
block_data_drop(struct hold_pool *pool, struct block *block)
{
	explicit_bzero(block->data, block->end);
	if (block->size == HOLD_BLOCK_MAX && pool->spares < HOLD_SPARE_MAX)
		pool->spare[pool->spares++] = block->data;
	else
		free(block->data);
	block->data = NULL;
	pool->used -= block->size;
	memory_unlink(pool, block);
}

static void
block_free(struct hold *hold, struct block *block)
{
	struct hold_pool *pool = hold->pool;
	size_t len = block->end - block->start;

	if (block->data != NULL) {
		pool->held -= len;
		block_data_drop(pool, block);
	} else {
		pool->spilled -= len;
		if (pool->cached == block->slot.nonce)
			cache_forget(pool);
		hold_spool_drop(pool->spool, &block->slot);
	}
	hold_unlink(hold, block);
	pool->used -= sizeof(*block);
	free(block);
}

/* The oldest block in memory goes to disk. False: there is none, or no disk. */
static bool
pool_spill(struct hold_pool *pool)
{
	struct block *block = pool->memory_oldest;
	size_t len;

	if (block == NULL || pool->spool == NULL)
		return false;
	len = block->end - block->start;
	if (!hold_spool_put(pool->spool, block->data + block->start, len, &block->slot))
		return false;
	block_data_drop(pool, block);
	block->start = 0;
	block->end = (uint32_t)len;
	pool->held -= len;
	pool->spilled += len;
	return true;
}

static struct block *
block_new(struct hold *hold, size_t size)
{
	struct hold_pool *pool = hold->pool;
	struct block *block;

	while (pool->used + sizeof(*block) + size > pool->budget)
		if (!pool_spill(pool))
			return NULL;
	block = calloc(1, sizeof(*block));
	if (block == NULL)
		return NULL;
	block->data = data_get(pool, size);
	if (block->data == NULL) {
		free(block);
		return NULL;
	}
	block->size = (uint32_t)size;
	pool->used += sizeof(*block) + size;
	hold_link(hold, block);
	memory_link(pool, block);
	return block;
}

/* ---- in ------------------------------------------------------------------------ */

/* A block as large as what is held already, so that a body needs few of them. */
static size_t
block_size(const struct hold *hold, size_t len)
{
	size_t size = HOLD_BLOCK_MIN;

	while (size < HOLD_BLOCK_MAX && (size < len || size < hold->length))
		size *= 2;
	return size;
}

static size_t
block_add(struct hold *hold, struct block *block, const uint8_t *data, size_t len)
{
	size_t room = block->size - block->end;

	if (len > room)
		len = room;
	memcpy(block->data + block->end, data, len);
	block->end += (uint32_t)len;
	hold->length += len;
	hold->pool->held += len;
	return len;
}

/* The newest bytes are taken back until only `length` are left. */
static void
hold_shorten(struct hold *hold, size_t length)
{
	while (hold->length > length) {
		struct block *last = hold->newest;
		size_t excess = hold->length - length, len = last->end - last->start;

		if (excess < len) {
			*(last->data ? &hold->pool->held : &hold->pool->spilled) -= excess;
			last->end -= (uint32_t)excess;
			if (last->data != NULL)
				explicit_bzero(last->data + last->end, excess);
			hold->length = length;
		} else {
			hold->length -= len;
			block_free(hold, last);
		}
	}
}

bool
hold_add(struct hold *hold, const void *data, size_t len)
{
	const uint8_t *at = data;
	size_t before = hold->length;

	while (len > 0) {
		struct block *last = hold->newest;
		size_t n;

		if (last == NULL || last->data == NULL || last->end == last->size)
			last = block_new(hold, block_size(hold, len));
		if (last == NULL) {
			hold_shorten(hold, before);
			return false;
		}
		n = block_add(hold, last, at, len);
		at += n;
		len -= n;
	}
	return true;
}

size_t
hold_length(const struct hold *hold)
{
	return hold->length;
}

/* ---- out ----------------------------------------------------------------------- */

/* Where a block's bytes can be read, or NULL. One spilled block of the pool is kept read. */
static const uint8_t *
block_read(struct hold_pool *pool, const struct block *block)
{
	if (block->data != NULL)
		return block->data;
	if (pool->cached == block->slot.nonce)
		return pool->cache;
	cache_forget(pool);
	if (!hold_spool_get(pool->spool, &block->slot, pool->cache))
		return NULL;
	pool->cached = block->slot.nonce;
	pool->cached_len = block->slot.len;
	return pool->cache;
}

static void
block_take(struct hold *hold, struct block *block, size_t len)
{
	struct hold_pool *pool = hold->pool;

	*(block->data ? &pool->held : &pool->spilled) -= len;
	block->start += (uint32_t)len;
	hold->length -= len;
	if (block->start == block->end)
		block_free(hold, block);
}

long
hold_take(struct hold *hold, void *data, size_t len)
{
	uint8_t *to = data;
	size_t taken = 0;

	while (taken < len && hold->length > 0) {
		struct block *first = hold->oldest;
		size_t n = first->end - first->start;
		const uint8_t *from = block_read(hold->pool, first);

		if (from == NULL)
			return -1;
		if (n > len - taken)
			n = len - taken;
		memcpy(to + taken, from + first->start, n);
		taken += n;
		block_take(hold, first, n);
	}
	return (long)taken;
}

void
hold_free(struct hold *hold)
{
	if (hold == NULL)
		return;
	hold_shorten(hold, 0);
	free(hold);
}
