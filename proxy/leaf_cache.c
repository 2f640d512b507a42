/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash table of entries, which are at the same time in the order of their
 * last use; and a short list of what is being asked for. The digest of an
 * entry is its hash: nobody can choose what it comes to without the origin's
 * certificate changing with it.
 */
#include "proxy/leaf_cache.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/authority.h"

struct leaf_entry {
	struct leaf_key key;
	X509 *leaf;
	time_t until;
	struct leaf_entry *next;		/* in the bucket */
	struct leaf_entry *newer, *older;	/* by last use */
};

struct leaf_pending {
	struct leaf_key key;
	uint32_t tag;
	struct leaf_waiter *waiters;
	struct leaf_pending *next;
};

struct leaf_cache {
	struct leaf_entry **buckets;
	size_t mask;			/* number of buckets, a power of two, less 1 */
	struct leaf_entry *newest, *oldest;
	size_t count, limit;
	struct leaf_pending *pending;
	size_t pending_count;
	uint32_t tag;			/* the last given */
};

bool
leaf_cache_key(struct leaf_key *key, const X509 *origin, const char *host,
    bool trusted)
{
	unsigned char *der = NULL;
	int len = i2d_X509(origin, &der);
	struct digest *digest;
	const uint8_t flag = trusted;

	if (len <= 0) {
		ERR_clear_error();
		return false;
	}
	digest = digest_new();
	digest_update(digest, &flag, 1);
	digest_update(digest, host, strlen(host) + 1);
	digest_update(digest, der, (size_t)len);
	digest_final(digest, key->digest);
	OPENSSL_free(der);
	return true;
}

struct leaf_cache *
leaf_cache_new(size_t limit)
{
	struct leaf_cache *cache = calloc(1, sizeof(*cache));
	size_t buckets = 16;

	if (cache == NULL)
		return NULL;
	cache->limit = limit > 0 ? limit : 1;
	while (buckets < cache->limit)
		buckets *= 2;
	cache->mask = buckets - 1;
	cache->buckets = calloc(buckets, sizeof(struct leaf_entry *));
	if (cache->buckets != NULL)
		return cache;
	free(cache);
	return NULL;
}

/* ---- entries ------------------------------------------------------------------------ */

static bool
key_same(const struct leaf_key *a, const struct leaf_key *b)
{
	return memcmp(a->digest, b->digest, sizeof(a->digest)) == 0;
}

/* Where the pointer to the entry of a key is, or would be. */
static struct leaf_entry **
entry_link(const struct leaf_cache *cache, const struct leaf_key *key)
{
	struct leaf_entry **link;
	size_t hash;

	memcpy(&hash, key->digest, sizeof(hash));
	link = &cache->buckets[hash & cache->mask];
	while (*link != NULL && !key_same(&(*link)->key, key))
		link = &(*link)->next;
	return link;
}

static void
use_unlink(struct leaf_cache *cache, struct leaf_entry *entry)
{
	*(entry->newer != NULL ? &entry->newer->older : &cache->newest) = entry->older;
	*(entry->older != NULL ? &entry->older->newer : &cache->oldest) = entry->newer;
}

static void
use_link(struct leaf_cache *cache, struct leaf_entry *entry)
{
	entry->newer = NULL;
	entry->older = cache->newest;
	*(cache->newest != NULL ? &cache->newest->newer : &cache->oldest) = entry;
	cache->newest = entry;
}

static void
entry_drop(struct leaf_cache *cache, struct leaf_entry *entry)
{
	*entry_link(cache, &entry->key) = entry->next;
	use_unlink(cache, entry);
	X509_free(entry->leaf);
	free(entry);
	cache->count--;
}

/* Who waits again while being told that all is over is not told twice. */
static void
pending_forget(struct leaf_cache *cache)
{
	struct leaf_pending *pending;

	while ((pending = cache->pending) != NULL) {
		cache->pending = pending->next;
		while (pending->waiters != NULL)
			leaf_cache_leave(pending->waiters);
		free(pending);
	}
}

void
leaf_cache_free(struct leaf_cache *cache)
{
	struct leaf_entry *entry, *older;

	if (cache == NULL)
		return;
	leaf_cache_fail(cache);
	pending_forget(cache);
	for (entry = cache->newest; entry != NULL; entry = older) {
		older = entry->older;
		X509_free(entry->leaf);
		free(entry);
	}
	free(cache->buckets);
	free(cache);
}

X509 *
leaf_cache_get(struct leaf_cache *cache, const struct leaf_key *key, time_t now)
{
	struct leaf_entry *entry = *entry_link(cache, key);

	if (entry == NULL)
		return NULL;
	if (entry->until <= now) {
		entry_drop(cache, entry);
		return NULL;
	}
	use_unlink(cache, entry);
	use_link(cache, entry);
	X509_up_ref(entry->leaf);
	return entry->leaf;
}

/*
 * Until when a leaf is given out. One that was over when it was made is of an
 * origin that was over too: it stays so, and is as good later as now.
 */
static time_t
leaf_until(const X509 *leaf, time_t now)
{
	time_t from, to;

	if (!authority_dates(leaf, &from, &to))
		return now;
	return to <= now ? now + LEAF_CACHE_OVER : to;
}

bool
leaf_cache_put(struct leaf_cache *cache, const struct leaf_key *key, X509 *leaf,
    time_t now)
{
	const time_t until = leaf_until(leaf, now);
	struct leaf_entry **link = entry_link(cache, key), *entry;

	if (until <= now)
		return false;
	if (*link != NULL)
		entry_drop(cache, *link);
	else if (cache->count >= cache->limit)
		entry_drop(cache, cache->oldest);
	entry = calloc(1, sizeof(*entry));
	if (entry == NULL)
		return false;
	X509_up_ref(leaf);
	entry->key = *key;
	entry->leaf = leaf;
	entry->until = until;
	*entry_link(cache, key) = entry;
	use_link(cache, entry);
	cache->count++;
	return true;
}

/* ---- those who wait ------------------------------------------------------------------ */

static struct leaf_pending *
pending_find(const struct leaf_cache *cache, const struct leaf_key *key)
{
	struct leaf_pending *pending = cache->pending;

	while (pending != NULL && !key_same(&pending->key, key))
		pending = pending->next;
	return pending;
}

/* A tag that nobody waits with; 0 is for replies to nobody. */
static uint32_t
tag_next(struct leaf_cache *cache)
{
	const struct leaf_pending *p;

	do {
		if (++cache->tag == 0)
			cache->tag = 1;
		for (p = cache->pending; p != NULL && p->tag != cache->tag; )
			p = p->next;
	} while (p != NULL);
	return cache->tag;
}

static struct leaf_pending *
pending_new(struct leaf_cache *cache, const struct leaf_key *key)
{
	struct leaf_pending *pending;

	if (cache->pending_count >= LEAF_PENDING_MAX)
		return NULL;
	pending = calloc(1, sizeof(*pending));
	if (pending == NULL)
		return NULL;
	pending->key = *key;
	pending->tag = tag_next(cache);
	pending->next = cache->pending;
	cache->pending = pending;
	cache->pending_count++;
	return pending;
}

/* At the head: all are told in one turn, and nobody counts the list. */
static void
waiter_link(struct leaf_pending *pending, struct leaf_waiter *waiter)
{
	waiter->next = pending->waiters;
	waiter->link = &pending->waiters;
	if (waiter->next != NULL)
		waiter->next->link = &waiter->next;
	pending->waiters = waiter;
}

enum leaf_wait
leaf_cache_wait(struct leaf_cache *cache, const struct leaf_key *key,
    struct leaf_waiter *waiter, uint32_t *tag)
{
	struct leaf_pending *pending = pending_find(cache, key);
	enum leaf_wait result = LEAF_WAIT_JOINED;

	if (pending == NULL) {
		pending = pending_new(cache, key);
		if (pending == NULL)
			return LEAF_WAIT_FULL;
		result = LEAF_WAIT_ASK;
	}
	*tag = pending->tag;
	waiter_link(pending, waiter);
	return result;
}

void
leaf_cache_leave(struct leaf_waiter *waiter)
{
	if (waiter->link == NULL)
		return;
	*waiter->link = waiter->next;
	if (waiter->next != NULL)
		waiter->next->link = waiter->link;
	waiter->next = NULL;
	waiter->link = NULL;
}

/* One at a time from the head: whoever is told may take others off the list. */
static void
pending_tell(struct leaf_pending *pending, X509 *leaf)
{
	struct leaf_waiter *waiter;

	while ((waiter = pending->waiters) != NULL) {
		leaf_cache_leave(waiter);
		waiter->ready(waiter->arg, leaf);
	}
	free(pending);
}

bool
leaf_cache_answer(struct leaf_cache *cache, uint32_t tag, X509 *leaf, time_t now)
{
	struct leaf_pending **link = &cache->pending, *pending;

	while (*link != NULL && (*link)->tag != tag)
		link = &(*link)->next;
	pending = *link;
	if (pending == NULL)
		return false;
	*link = pending->next;
	cache->pending_count--;
	if (leaf != NULL)
		leaf_cache_put(cache, &pending->key, leaf, now);
	pending_tell(pending, leaf);
	return true;
}

void
leaf_cache_fail(struct leaf_cache *cache)
{
	struct leaf_pending *all = cache->pending, *next;

	/* Who asks again while being told asks anew. */
	cache->pending = NULL;
	cache->pending_count = 0;
	for (; all != NULL; all = next) {
		next = all->next;
		pending_tell(all, NULL);
	}
}

size_t
leaf_cache_count(const struct leaf_cache *cache)
{
	return cache->count;
}

size_t
leaf_cache_pending(const struct leaf_cache *cache)
{
	return cache->pending_count;
}
