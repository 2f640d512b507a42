/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cache of leaves: bounded, least recently used first out, and one
 * question to the signer however many connections wait.
 */
#include "proxy/leaf_cache.h"
#include "tests/unit/authority_kit.h"

static struct leaf_key
key_of(unsigned n)
{
	struct leaf_key key;

	digest_sha256(&n, sizeof(n), key.digest);
	return key;
}

static X509 *
leaf_until(time_t to)
{
	return kit_origin("DNS:discord.com", to - 90 * KIT_DAY, to);
}

static void
keys_differ(void **state)
{
	X509 *one = leaf_until(1000000000), *two = leaf_until(1000000001);
	struct leaf_key keys[5];

	(void)state;
	assert_true(leaf_cache_key(&keys[0], one, "discord.com", true));
	assert_true(leaf_cache_key(&keys[1], one, "discord.com", false));
	assert_true(leaf_cache_key(&keys[2], one, "discord.gg", true));
	assert_true(leaf_cache_key(&keys[3], two, "discord.com", true));
	assert_true(leaf_cache_key(&keys[4], one, "discord.com", true));
	for (int i = 1; i < 4; i++)
		assert_memory_not_equal(&keys[0], &keys[i], sizeof(keys[0]));
	assert_memory_equal(&keys[0], &keys[4], sizeof(keys[0]));
	X509_free(one);
	X509_free(two);
}

static void
oldest_use_goes_first(void **state)
{
	struct leaf_cache *cache = leaf_cache_new(3);
	X509 *leaf = leaf_until(2000), *got;
	struct leaf_key key;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		key = key_of(i);
		assert_true(leaf_cache_put(cache, &key, leaf, 1000));
	}
	key = key_of(0);	/* used again, so 1 is the oldest */
	got = leaf_cache_get(cache, &key, 1000);
	assert_ptr_equal(got, leaf);
	X509_free(got);
	key = key_of(3);
	assert_true(leaf_cache_put(cache, &key, leaf, 1000));
	assert_int_equal(leaf_cache_count(cache), 3);
	for (unsigned i = 0; i < 4; i++) {
		key = key_of(i);
		got = leaf_cache_get(cache, &key, 1000);
		assert_int_equal(got != NULL, i != 1);
		X509_free(got);
	}
	leaf_cache_free(cache);
	X509_free(leaf);
}

static void
never_more_than_its_limit(void **state)
{
	struct leaf_cache *cache = leaf_cache_new(64);
	X509 *leaf = leaf_until(2000);
	unsigned found = 0;

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		struct leaf_key key = key_of(i % 7000);

		assert_true(leaf_cache_put(cache, &key, leaf, 1000));
		assert_true(leaf_cache_count(cache) <= 64);
	}
	for (unsigned i = 0; i < 7000; i++) {
		struct leaf_key key = key_of(i);
		X509 *got = leaf_cache_get(cache, &key, 1000);

		found += got != NULL;
		X509_free(got);
	}
	assert_int_equal(found, 64);
	leaf_cache_free(cache);
	X509_free(leaf);
}

static void
ends_with_the_leaf(void **state)
{
	struct leaf_cache *cache = leaf_cache_new(0);	/* at least one */
	struct leaf_key key = key_of(1);
	X509 *leaf = leaf_until(2000), *got;

	(void)state;
	assert_true(leaf_cache_put(cache, &key, leaf, 1000));
	got = leaf_cache_get(cache, &key, 1999);
	assert_non_null(got);
	X509_free(got);
	assert_null(leaf_cache_get(cache, &key, 2000));
	assert_int_equal(leaf_cache_count(cache), 0);
	/* One that was over from the start is kept for a while. */
	assert_true(leaf_cache_put(cache, &key, leaf, 5000));
	got = leaf_cache_get(cache, &key, 5000 + LEAF_CACHE_OVER - 1);
	assert_non_null(got);
	X509_free(got);
	assert_null(leaf_cache_get(cache, &key, 5000 + LEAF_CACHE_OVER));
	leaf_cache_free(cache);
	X509_free(leaf);
}

/* Whoever has a leaf keeps it when the cache lets go. */
static void
references_hold(void **state)
{
	struct leaf_cache *cache = leaf_cache_new(1);
	struct leaf_key key = key_of(1);
	X509 *leaf = leaf_until(2000), *got;
	time_t from, to;

	(void)state;
	assert_true(leaf_cache_put(cache, &key, leaf, 1000));
	X509_free(leaf);
	got = leaf_cache_get(cache, &key, 1000);
	leaf_cache_free(cache);
	assert_true(authority_dates(got, &from, &to));
	assert_int_equal(to, 2000);
	X509_free(got);
}

/* ---- waiting --------------------------------------------------------------------------- */

struct connection {
	struct leaf_waiter waiter;
	struct leaf_cache *cache;	/* to do something in ready */
	struct connection *other;
	enum { JUST_LISTEN, LEAVE_OTHER, WAIT_AGAIN } what;
	unsigned told;
	X509 *leaf;
};

static void
connection_ready(void *arg, X509 *leaf)
{
	struct connection *c = arg;
	struct leaf_key key = key_of(7);
	uint32_t tag;

	c->told++;
	c->leaf = leaf;
	assert_null(c->waiter.link);
	if (c->what == LEAVE_OTHER)
		leaf_cache_leave(&c->other->waiter);
	if (c->what == WAIT_AGAIN && c->told == 1)
		leaf_cache_wait(c->cache, &key, &c->waiter, &tag);
}

static void
connections_init(struct connection *list, size_t count)
{
	memset(list, 0, count * sizeof(*list));
	for (size_t i = 0; i < count; i++)
		list[i].waiter = (struct leaf_waiter){ connection_ready, &list[i], NULL, NULL };
}

static void
signer_is_asked_once(void **state)
{
	struct leaf_cache *cache = leaf_cache_new(8);
	struct connection list[100];
	struct leaf_key key = key_of(1);
	X509 *leaf = leaf_until(2000), *got;
	uint32_t tag, first = 0;

	(void)state;
	connections_init(list, 100);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(leaf_cache_wait(cache, &key, &list[i].waiter, &tag),
		    i == 0 ? LEAF_WAIT_ASK : LEAF_WAIT_JOINED);
		if (i == 0)
			first = tag;
		assert_int_equal(tag, first);
	}
	assert_int_equal(leaf_cache_pending(cache), 1);
	leaf_cache_leave(&list[0].waiter);	/* even the one who asked may go */
	leaf_cache_leave(&list[50].waiter);
	leaf_cache_leave(&list[50].waiter);
	leaf_cache_leave(&list[99].waiter);
	assert_false(leaf_cache_answer(cache, first + 1, leaf, 1000));
	assert_true(leaf_cache_answer(cache, first, leaf, 1000));
	assert_false(leaf_cache_answer(cache, first, leaf, 1000));
	for (int i = 0; i < 100; i++) {
		bool gone = i == 0 || i == 50 || i == 99;

		assert_int_equal(list[i].told, !gone);
		assert_ptr_equal(list[i].leaf, gone ? NULL : leaf);
	}
	assert_int_equal(leaf_cache_pending(cache), 0);
	got = leaf_cache_get(cache, &key, 1000);
	assert_ptr_equal(got, leaf);
	X509_free(got);
	leaf_cache_free(cache);
	X509_free(leaf);
}

static void
refusals_are_told_and_not_kept(void **state)
{
	struct leaf_cache *cache = leaf_cache_new(8);
	struct connection list[2];
	struct leaf_key key = key_of(1);
	uint32_t tag, other;

	(void)state;
	connections_init(list, 2);
	leaf_cache_wait(cache, &key, &list[0].waiter, &tag);
	assert_true(leaf_cache_answer(cache, tag, NULL, 1000));
	assert_int_equal(list[0].told, 1);
	assert_null(leaf_cache_get(cache, &key, 1000));
	/* The next one asks anew, with another tag. */
	assert_int_equal(leaf_cache_wait(cache, &key, &list[1].waiter, &other),
	    LEAF_WAIT_ASK);
	assert_int_not_equal(other, tag);
	leaf_cache_fail(cache);
	assert_int_equal(list[1].told, 1);
	leaf_cache_free(cache);
}

/* Being told, a connection may take another off the list, or wait again. */
static void
told_ones_may_act(void **state)
{
	struct leaf_cache *cache = leaf_cache_new(8);
	struct connection list[3];
	struct leaf_key key = key_of(1);
	uint32_t tag;

	(void)state;
	connections_init(list, 3);
	for (int i = 0; i < 3; i++)
		leaf_cache_wait(cache, &key, &list[i].waiter, &tag);
	/* The last that came is the first told. */
	list[2].what = LEAVE_OTHER;
	list[2].other = &list[1];
	list[0].what = WAIT_AGAIN;
	list[0].cache = cache;
	leaf_cache_fail(cache);
	assert_int_equal(list[2].told, 1);
	assert_int_equal(list[1].told, 0);
	assert_int_equal(list[0].told, 1);
	assert_int_equal(leaf_cache_pending(cache), 1);
	leaf_cache_free(cache);
	assert_int_equal(list[0].told, 2);
	assert_null(list[0].waiter.link);
}

static void
questions_are_bounded(void **state)
{
	static struct connection list[LEAF_PENDING_MAX + 1];
	struct leaf_cache *cache = leaf_cache_new(8);
	uint32_t tag, last = 0;

	(void)state;
	connections_init(list, LEAF_PENDING_MAX + 1);
	for (unsigned i = 0; i <= LEAF_PENDING_MAX; i++) {
		struct leaf_key key = key_of(i);

		assert_int_equal(leaf_cache_wait(cache, &key, &list[i].waiter, &tag),
		    i < LEAF_PENDING_MAX ? LEAF_WAIT_ASK : LEAF_WAIT_FULL);
		if (i < LEAF_PENDING_MAX)
			assert_int_not_equal(tag, last);
		last = tag;
	}
	assert_null(list[LEAF_PENDING_MAX].waiter.link);
	leaf_cache_leave(&list[LEAF_PENDING_MAX].waiter);
	leaf_cache_free(cache);
	for (unsigned i = 0; i < LEAF_PENDING_MAX; i++)
		assert_int_equal(list[i].told, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_differ), cmocka_unit_test(oldest_use_goes_first),
		cmocka_unit_test(never_more_than_its_limit),
		cmocka_unit_test(ends_with_the_leaf), cmocka_unit_test(references_hold),
		cmocka_unit_test(signer_is_asked_once),
		cmocka_unit_test(refusals_are_told_and_not_kept),
		cmocka_unit_test(told_ones_may_act), cmocka_unit_test(questions_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
