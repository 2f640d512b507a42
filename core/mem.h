/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory. The x-functions end the program when memory is out: they are for
 * set-up, and for small things whose loss nobody could handle. A pool serves
 * objects of one size from large pages and keeps freed ones for reuse.
 */
#ifndef CORE_MEM_H
#define CORE_MEM_H

#include <stddef.h>

void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t count, size_t size);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t len);

/*
 * A pool of objects of `size` bytes. get returns zeroed memory, or NULL when
 * the system has no more; put takes it back. fini frees all, also what was
 * not put back.
 */
struct pool {
	size_t size;		/* of one object, rounded up to 16 */
	void *free;		/* objects put back, a linked list */
	char *next, *end;	/* the rest of the newest slab */
	void *slabs;		/* all slabs, a linked list */
	size_t used;		/* objects out now */
};

void pool_init(struct pool *pool, size_t size);
void *pool_get(struct pool *pool);
void pool_put(struct pool *pool, void *object);
void pool_fini(struct pool *pool);

#endif
