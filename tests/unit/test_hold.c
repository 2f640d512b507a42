/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies that wait for their verdict: order, budget, disk, damage, wiping. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "proxy/hold.h"
#include "proxy/hold_spool.h"

#define KIB ((size_t)1024)

/* A file without a name, in memory. */
static int
spool_file(void)
{
	int file = memfd_create("spool", MFD_CLOEXEC);

	assert_true(file >= 0);
	return file;
}

static size_t
file_size(int file)
{
	struct stat info;

	assert_int_equal(fstat(file, &info), 0);
	return (size_t)info.st_size;
}

/* Bytes that tell their place: no two blocks are alike. */
static uint8_t
byte_at(uint64_t at)
{
	return (uint8_t)((at * UINT64_C(2654435761)) >> 13);
}

static void
add(struct hold *hold, uint64_t *at, size_t len, bool expected)
{
	uint8_t *data = malloc(len ? len : 1);

	for (size_t i = 0; i < len; i++)
		data[i] = byte_at(*at + i);
	assert_int_equal(hold_add(hold, data, len), expected);
	if (expected)
		*at += len;
	free(data);
}

static void
take(struct hold *hold, uint64_t *at, size_t len)
{
	uint8_t *data = malloc(len ? len : 1);
	long got = hold_take(hold, data, len);

	assert_true(got >= 0 && (size_t)got <= len);
	for (long i = 0; i < got; i++)
		assert_int_equal(data[i], byte_at(*at + (uint64_t)i));
	*at += (uint64_t)got;
	free(data);
}

static void
first_in_first_out(void **state)
{
	struct hold_pool *pool = hold_pool_new(256 * KIB, -1);
	struct hold *hold = hold_new(pool);
	uint64_t in = 0, out = 0;

	(void)state;
	for (size_t len = 1; len < 3000; len = len * 2 + 1) {
		add(hold, &in, len, true);
		assert_int_equal(hold_length(hold), in - out);
		take(hold, &out, len / 2);
		assert_int_equal(hold_pool_memory(pool), in - out);
	}
	take(hold, &out, 100000);
	assert_int_equal(out, in);
	take(hold, &out, 1);
	assert_int_equal(out, in);
	hold_free(hold);
	hold_pool_free(pool);
}

static void
budget_without_disk(void **state)
{
	struct hold_pool *pool = hold_pool_new(100 * KIB, -1);
	struct hold *hold = hold_new(pool), *other = hold_new(pool);
	uint64_t in = 0, out = 0, none = 0;

	(void)state;
	add(hold, &in, 60 * KIB, true);
	/* All or nothing: what does not fit leaves no part behind. */
	add(hold, &in, 60 * KIB, false);
	add(other, &none, 60 * KIB, false);
	assert_int_equal(hold_length(hold), 60 * KIB);
	assert_int_equal(hold_length(other), 0);
	assert_int_equal(hold_pool_memory(pool), 60 * KIB);
	take(hold, &out, 60 * KIB);
	assert_int_equal(out, in);
	add(other, &none, 60 * KIB, true);
	hold_free(other);
	assert_int_equal(hold_pool_memory(pool), 0);
	hold_free(hold);
	hold_pool_free(pool);
}

static void
spills_and_comes_back(void **state)
{
	int file = spool_file();
	struct hold_pool *pool = hold_pool_new(128 * KIB, file);
	struct hold *hold[3];
	uint64_t in[3] = { 0 }, out[3] = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++)
		hold[i] = hold_new(pool);
	for (int turn = 0; turn < 200; turn++)
		add(hold[turn % 3], &in[turn % 3], 1 + (size_t)turn * 97 % 9000, true);
	assert_true(hold_pool_memory(pool) <= 128 * KIB);
	assert_int_equal(hold_pool_memory(pool) + hold_pool_spilled(pool),
	    in[0] + in[1] + in[2]);
	assert_true(hold_pool_spilled(pool) > 500 * KIB);
	/* In turns and in small pieces: each block is read more than once. */
	for (int turn = 0; hold_length(hold[turn % 3]) > 0 || turn % 3 != 0; turn++)
		take(hold[turn % 3], &out[turn % 3], 5000);
	for (int i = 0; i < 3; i++) {
		take(hold[i], &out[i], 4000 * KIB);
		assert_int_equal(out[i], in[i]);
		hold_free(hold[i]);
	}
	assert_int_equal(hold_pool_spilled(pool), 0);
	assert_int_equal(file_size(file), 0);
	hold_pool_free(pool);
	close(file);
}

/* An 8 MiB body in a pool of 256 KiB, three times: the disk's space is used again. */
static void
spool_is_reused(void **state)
{
	int file = spool_file();
	struct hold_pool *pool = hold_pool_new(256 * KIB, file);
	struct hold *keeper = hold_new(pool);
	uint64_t kept = 0;
	size_t largest = 0;

	(void)state;
	add(keeper, &kept, 300 * KIB, true);
	for (int i = 0; i < 3; i++) {
		struct hold *hold = hold_new(pool);
		uint64_t in = 0, out = 0;

		while (in < 8192 * KIB)
			add(hold, &in, 16 * KIB, true);
		if (i == 0)
			largest = file_size(file);
		take(hold, &out, 4096 * KIB);
		hold_free(hold);
	}
	assert_true(file_size(file) <= largest + 512 * KIB);
	hold_free(keeper);
	assert_int_equal(file_size(file), 0);
	hold_pool_free(pool);
	close(file);
}

/* Fills a hold so that its oldest bytes are on disk. */
static struct hold *
spilled_hold(struct hold_pool *pool)
{
	struct hold *hold = hold_new(pool);
	uint64_t in = 0;

	while (hold_pool_spilled(pool) < 128 * KIB)
		add(hold, &in, 16 * KIB, true);
	return hold;
}

static void
damage_is_found(void **state)
{
	static uint8_t data[256 * 1024];

	(void)state;
	for (size_t at = 0; at < 1000; at += 333) {
		int file = spool_file();
		struct hold_pool *pool = hold_pool_new(128 * KIB, file);
		struct hold *hold = spilled_hold(pool);
		uint8_t byte;

		assert_int_equal(pread(file, &byte, 1, (off_t)at), 1);
		byte ^= 1;
		assert_int_equal(pwrite(file, &byte, 1, (off_t)at), 1);
		assert_int_equal(hold_take(hold, data, sizeof(data)), -1);
		hold_free(hold);
		hold_pool_free(pool);
		close(file);
	}
}

/* A whole block that stands where another was, and a file that lost its end. */
static void
moved_blocks_are_found(void **state)
{
	static uint8_t data[256 * 1024], first[HOLD_BLOCK_MAX], second[HOLD_BLOCK_MAX];
	const off_t block = (off_t)HOLD_BLOCK_MAX;
	int file = spool_file();
	struct hold_pool *pool = hold_pool_new(128 * KIB, file);
	struct hold *hold = spilled_hold(pool);

	(void)state;
	assert_true(pread(file, first, sizeof(first), 0) > 0);
	assert_true(pread(file, second, sizeof(second), block) > 0);
	assert_true(pwrite(file, second, sizeof(second), 0) > 0);
	assert_true(pwrite(file, first, sizeof(first), block) > 0);
	assert_int_equal(hold_take(hold, data, 1000), -1);
	assert_int_equal(ftruncate(file, 10), 0);
	assert_int_equal(hold_take(hold, data, 1000), -1);
	hold_free(hold);
	hold_pool_free(pool);
	close(file);
}

/* Nothing that was held can be read in the file. */
static void
disk_is_encrypted(void **state)
{
	static const char plain[] = "nobody reads this from the disk";
	static char data[2048 * 1024];
	int file = spool_file();
	struct hold_pool *pool = hold_pool_new(64 * KIB, file);
	struct hold *hold = hold_new(pool);
	ssize_t n;

	(void)state;
	for (int i = 0; i < 10000; i++)
		assert_true(hold_add(hold, plain, sizeof(plain)));
	n = pread(file, data, sizeof(data), 0);
	assert_true(n > (ssize_t)(200 * KIB));
	assert_null(memmem(data, (size_t)n, plain, 12));
	/* Equal blocks are unequal on disk: each has its own nonce. */
	assert_memory_not_equal(data + 2 * HOLD_BLOCK_MAX, data + 3 * HOLD_BLOCK_MAX, 64);
	hold_free(hold);
	hold_pool_free(pool);
	close(file);
}

static void
full_disk(void **state)
{
	int file = open("/dev/full", O_RDWR);
	struct hold_pool *pool;
	struct hold *hold;
	uint64_t in = 0, out = 0;

	(void)state;
	if (file < 0)
		skip();
	pool = hold_pool_new(100 * KIB, file);
	hold = hold_new(pool);
	add(hold, &in, 40 * KIB, true);
	add(hold, &in, 90 * KIB, false);
	take(hold, &out, 50 * KIB);
	assert_int_equal(out, in);
	hold_free(hold);
	hold_pool_free(pool);
	close(file);
}

/*
 * More bodies than there is memory for, byte by byte: what describes the blocks
 * on disk counts too, so some bytes are refused, and none that was taken is lost.
 */
static void
small_pieces(void **state)
{
	int file = spool_file();
	struct hold_pool *pool = hold_pool_new(64 * KIB, file);
	struct hold *hold[100];
	uint64_t in[100] = { 0 }, out[100] = { 0 };
	unsigned refused = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		hold[i] = hold_new(pool);
	for (int turn = 0; turn < 100 * 100; turn++) {
		uint8_t byte = byte_at(in[turn % 100]);

		if (hold_add(hold[turn % 100], &byte, 1))
			in[turn % 100]++;
		else
			refused++;
	}
	assert_true(refused > 0);
	assert_true(hold_pool_memory(pool) <= 64 * KIB);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(hold_length(hold[i]), in[i]);
		take(hold[i], &out[i], 3000);
		assert_int_equal(out[i], in[i]);
		hold_free(hold[i]);
	}
	assert_int_equal(file_size(file), 0);
	hold_pool_free(pool);
	close(file);
}

static void
slot_round_trip(void **state)
{
	static uint8_t data[HOLD_BLOCK_MAX], back[HOLD_BLOCK_MAX];
	int file = spool_file();
	struct hold_spool *spool = hold_spool_new(file);
	struct hold_slot slot[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		memset(data, i + 1, sizeof(data));
		assert_true(hold_spool_put(spool, data, HOLD_BLOCK_MAX - (size_t)i, &slot[i]));
	}
	hold_spool_drop(spool, &slot[1]);
	memset(data, 9, sizeof(data));
	assert_true(hold_spool_put(spool, data, 1, &slot[1]));
	assert_int_equal(slot[1].number, 1);
	assert_true(hold_spool_get(spool, &slot[2], back));
	assert_int_equal(back[0], 3);
	/* The tag of another block does not open this one, and nothing is left to see. */
	memcpy(slot[0].tag, slot[2].tag, HOLD_TAG_SIZE);
	assert_false(hold_spool_get(spool, &slot[0], back));
	assert_int_equal(back[0], 0);
	for (int i = 0; i < 3; i++)
		hold_spool_drop(spool, &slot[i]);
	assert_int_equal(file_size(file), 0);
	hold_spool_free(spool);
	close(file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_in_first_out),
		cmocka_unit_test(budget_without_disk),
		cmocka_unit_test(spills_and_comes_back),
		cmocka_unit_test(spool_is_reused),
		cmocka_unit_test(damage_is_found),
		cmocka_unit_test(moved_blocks_are_found),
		cmocka_unit_test(disk_is_encrypted),
		cmocka_unit_test(full_disk),
		cmocka_unit_test(small_pieces),
		cmocka_unit_test(slot_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
