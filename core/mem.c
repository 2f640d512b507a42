/* SPDX-License-Identifier: Apache-2.0 */
#include "core/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/log.h"

/*
 * Slabs are as large as a huge page of x86-64 and aligned to it: with a
 * million flows most of the cost of touching one is the TLB, not the cache.
 */
#define SLAB_SIZE ((size_t)2 << 20)

/* Lives at the start of every slab. */
struct slab {
	struct slab *next;
};

#define SLAB_HEAD 64

__attribute__((noreturn))
static void
mem_fatal(void)
{
	log_error("memory", "out of memory");
	exit(3);
}

void *
xcalloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (p == NULL)
		mem_fatal();
	return p;
}

void *
xrealloc(void *old, size_t count, size_t size)
{
	void *p = reallocarray(old, count ? count : 1, size ? size : 1);

	if (p == NULL)
		mem_fatal();
	return p;
}

char *
xstrndup(const char *text, size_t len)
{
	char *p = xcalloc(len + 1, 1);

	memcpy(p, text, len);
	return p;
}

char *
xstrdup(const char *text)
{
	return xstrndup(text, strlen(text));
}

void
pool_init(struct pool *pool, size_t size)
{
	memset(pool, 0, sizeof(*pool));
	pool->size = (size + 15) & ~(size_t)15;
}

static int
pool_grow(struct pool *pool)
{
	struct slab *slab = aligned_alloc(SLAB_SIZE, SLAB_SIZE);

	if (slab == NULL)
		return 0;
	(void)madvise(slab, SLAB_SIZE, MADV_HUGEPAGE);
	slab->next = pool->slabs;
	pool->slabs = slab;
	pool->next = (char *)slab + SLAB_HEAD;
	pool->end = (char *)slab + SLAB_SIZE;
	return 1;
}

void *
pool_get(struct pool *pool)
{
	void *object = pool->free;

	if (object != NULL) {
		memcpy(&pool->free, object, sizeof(void *));
	} else {
		if ((size_t)(pool->end - pool->next) < pool->size && !pool_grow(pool))
			return NULL;
		object = pool->next;
		pool->next += pool->size;
	}
	pool->used++;
	return memset(object, 0, pool->size);
}

void
pool_put(struct pool *pool, void *object)
{
	if (object == NULL)
		return;
	memcpy(object, &pool->free, sizeof(void *));
	pool->free = object;
	pool->used--;
}

void
pool_fini(struct pool *pool)
{
	struct slab *slab = pool->slabs, *next;

	for (; slab != NULL; slab = next) {
		next = slab->next;
		free(slab);
	}
	pool_init(pool, pool->size);
}
