/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the library's sessions of a connection keep although most of the time
 * it holds nothing: each has a buffer for the frame it is sending, larger than
 * all the rest of it, and a table of its streams. Both are placed in pages of
 * their own, which go back to the system when the connection idles and come
 * back, as zeros, when they are touched again. All else is the allocator's.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proxy/h2_stream.h"

#define FRAME_HEAD 9
/* A frame of the size that all ends take (RFC 9113 section 4.2), its head, a length of padding. */
#define BUFFER_SIZE (FRAME_HEAD + 1 + (1 << 14))
/* A table of streams as it begins. */
#define TABLE_SIZE 4096
/* Sessions of a connection. */
#define SESSIONS 2

static unsigned regions;		/* of this process */

/* ---- where things are: first the buffers, then the tables ------------------------- */

/* Whole pages for so much. */
static size_t
pages_for(size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (len + page - 1) / page * page;
}

static bool
is_inside(const struct h2_memory *memory, const void *at)
{
	return (uintptr_t)at - (uintptr_t)memory->pages < memory->len;
}

/* How much what begins there has been given. */
static size_t
size_at(const struct h2_memory *memory, const void *at)
{
	return (const uint8_t *)at < memory->pages + memory->buffers_len ? BUFFER_SIZE :
	    TABLE_SIZE;
}

/* ---- what the library calls ------------------------------------------------------- */

/*
 * Only what the sessions ask for as they begin is placed: later something of
 * the same size may be anything.
 */
static void *
memory_malloc(size_t len, void *arg)
{
	struct h2_memory *memory = arg;

	if (memory->pages == NULL || memory->settled || len != BUFFER_SIZE ||
	    memory->buffers == SESSIONS)
		return malloc(len);
	return memory->pages + memory->buffers++ * pages_for(BUFFER_SIZE);
}

static void *
memory_calloc(size_t count, size_t len, void *arg)
{
	struct h2_memory *memory = arg;

	if (memory->pages == NULL || memory->settled || count > TABLE_SIZE ||
	    len > TABLE_SIZE || count * len != TABLE_SIZE || memory->tables == SESSIONS)
		return calloc(count, len);
	return memory->pages + memory->buffers_len + memory->tables++ * pages_for(TABLE_SIZE);
}

/* What was in it may be somebody's, and a table that is gone must not look like one in use. */
static void
memory_free(void *at, void *arg)
{
	struct h2_memory *memory = arg;

	if (is_inside(memory, at))
		memset(at, 0, size_at(memory, at));
	else
		free(at);
}

static void *
memory_realloc(void *at, size_t len, void *arg)
{
	struct h2_memory *memory = arg;
	void *larger;

	if (at == NULL)
		return memory_malloc(len, arg);
	if (!is_inside(memory, at))
		return realloc(at, len);
	if (len <= size_at(memory, at))
		return at;
	larger = malloc(len);
	if (larger == NULL)
		return NULL;
	memcpy(larger, at, size_at(memory, at));
	memory_free(at, arg);
	return larger;
}

nghttp2_mem
h2_memory_calls(struct h2_memory *memory)
{
	return (nghttp2_mem){ memory, memory_malloc, memory_free, memory_calloc, memory_realloc };
}

/* ---- begin, rest, end ---------------------------------------------------------------- */

void
h2_memory_init(struct h2_memory *memory)
{
	size_t buffers_len = SESSIONS * pages_for(BUFFER_SIZE);
	size_t len = buffers_len + SESSIONS * pages_for(TABLE_SIZE);
	void *pages;

	memset(memory, 0, sizeof(*memory));
	if (regions == H2_REGIONS_MAX)
		return;
	pages = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED)
		return;
	/* A huge page would fill the gaps that are the point. */
	(void)madvise(pages, len, MADV_NOHUGEPAGE);
	memory->pages = pages;
	memory->buffers_len = buffers_len;
	memory->len = len;
	regions++;
}

void
h2_memory_settle(struct h2_memory *memory)
{
	memory->settled = true;
}

static bool
tables_empty(const struct h2_memory *memory)
{
	const uint8_t *table = memory->pages + memory->buffers_len;

	return table[0] == 0 &&
	    memcmp(table, table + 1, memory->len - memory->buffers_len - 1) == 0;
}

void
h2_memory_rest(struct h2_memory *memory)
{
	if (memory->pages == NULL)
		return;
	/* A table all of zeros is the same when it comes back. */
	(void)madvise(memory->pages, tables_empty(memory) ? memory->len : memory->buffers_len,
	    MADV_DONTNEED);
}

void
h2_memory_fini(struct h2_memory *memory)
{
	if (memory->pages == NULL)
		return;
	munmap(memory->pages, memory->len);
	memset(memory, 0, sizeof(*memory));
	regions--;
}
