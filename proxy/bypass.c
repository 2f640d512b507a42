/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/bypass.h"

#include <string.h>
#include <sys/mman.h>

#include "core/digest.h"

struct proxy_shared *
proxy_shared_new(void)
{
	struct proxy_shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return NULL;
	random_bytes(shared->key, sizeof(shared->key));
	random_bytes(shared->tickets, sizeof(shared->tickets));
	return shared;
}

void
proxy_shared_free(struct proxy_shared *shared)
{
	if (shared == NULL)
		return;
	explicit_bzero(shared->tickets, sizeof(shared->tickets));
	munmap(shared, sizeof(*shared));
}

const struct proxy_counts *
proxy_shared_counts(const struct proxy_shared *shared, unsigned worker)
{
	return &shared->counts[worker % PROXY_WORKERS_MAX];
}

/* ---- rows ---- */

static uint64_t
word_get(const uint64_t *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static void
word_set(uint64_t *word, uint64_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELAXED);
}

/* Never 0: that is a free row. host NULL: of the device alone. */
static uint64_t
row_key(const struct proxy_shared *shared, const struct addr *device, const char *host)
{
	uint8_t text[sizeof(*device) + HOST_MAX], out[SHA256_LEN];
	size_t len = host ? strnlen(host, HOST_MAX) : 0;
	uint64_t key;

	memcpy(text, device, sizeof(*device));
	if (len > 0)
		memcpy(text + sizeof(*device), host, len);
	digest_hmac(shared->key, sizeof(shared->key), text, sizeof(*device) + len, out);
	memcpy(&key, out, sizeof(key));
	return key | 1;
}

static const struct bypass_row *
row_find(const struct bypass_row *rows, uint64_t key)
{
	for (unsigned i = 0; i < BYPASS_PROBES; i++) {
		const struct bypass_row *row = &rows[(key + i) % BYPASS_ROWS];

		if (word_get(&row->key) == key)
			return row;
	}
	return NULL;
}

/*
 * The key's row, or one for it: a free one, else the oldest nearby. Two workers
 * may take the same row for two keys; then one of them has to learn again.
 */
static struct bypass_row *
row_take(struct bypass_row *rows, uint64_t key)
{
	struct bypass_row *oldest = &rows[key % BYPASS_ROWS];

	for (unsigned i = 0; i < BYPASS_PROBES; i++) {
		struct bypass_row *row = &rows[(key + i) % BYPASS_ROWS];

		if (word_get(&row->key) == key)
			return row;
		if (word_get(&row->when_us) < word_get(&oldest->when_us))
			oldest = row;
	}
	word_set(&oldest->when_us, 0);
	word_set(&oldest->score, 0);
	word_set(&oldest->key, key);
	return oldest;
}

/* ---- what is learnt ---- */

bool
bypass_has(const struct proxy_shared *shared, const struct addr *device, const char *host,
    uint64_t now_us, uint64_t *until_us)
{
	const struct bypass_row *row = row_find(shared->pairs, row_key(shared, device, host));

	*until_us = row ? word_get(&row->when_us) : 0;
	return *until_us > now_us;
}

bool
bypass_set(struct proxy_shared *shared, const struct addr *device, const char *host,
    uint64_t now_us, uint64_t *until_us)
{
	struct bypass_row *row = row_take(shared->pairs, row_key(shared, device, host));
	bool known = word_get(&row->when_us) > now_us;

	if (!known)
		word_set(&row->when_us, now_us + BYPASS_KEEP_US);
	*until_us = word_get(&row->when_us);
	return !known;
}

void
bypass_succeeded(struct proxy_shared *shared, const struct addr *device, const char *host,
    uint64_t now_us)
{
	word_set(&row_take(shared->devices, row_key(shared, device, NULL))->when_us, now_us);
	word_set(&row_take(shared->devices, row_key(shared, device, host))->when_us, now_us);
}

/* Has the device accepted our certificate lately: for that name, or (NULL) for any? */
static bool
proven(const struct proxy_shared *shared, const struct addr *device, const char *host,
    uint64_t now_us)
{
	const struct bypass_row *row = row_find(shared->devices, row_key(shared, device, host));
	uint64_t when = row ? word_get(&row->when_us) : 0;

	return when > 0 && when + BYPASS_KEEP_US > now_us;
}

bool
bypass_sign(struct proxy_shared *shared, const struct addr *device, const char *host,
    unsigned weight, uint64_t now_us, uint64_t *until_us)
{
	struct bypass_row *row = row_take(shared->signs, row_key(shared, device, host));
	uint64_t score = word_get(&row->score);

	if (weight < BYPASS_ALERT && proven(shared, device, host, now_us))
		return false;
	if (word_get(&row->when_us) + BYPASS_SIGN_US < now_us)
		score = 0;
	score += weight;
	word_set(&row->score, score);
	word_set(&row->when_us, now_us);
	if (score < BYPASS_SCORE || !proven(shared, device, NULL, now_us))
		return false;
	word_set(&row->score, 0);
	return bypass_set(shared, device, host, now_us, until_us);
}

uint64_t
proxy_shared_bypasses(const struct proxy_shared *shared, uint64_t now_us)
{
	uint64_t count = 0;

	for (unsigned i = 0; i < BYPASS_ROWS; i++)
		count += word_get(&shared->pairs[i].when_us) > now_us;
	return count;
}
