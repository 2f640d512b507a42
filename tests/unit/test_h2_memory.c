/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of HTTP/2 sessions: who gets them, what rest gives back, and what it must not. */
#include "h2_ends.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proxy/h2_stream.h"

#define BUFFER (9 + 1 + 16384)

static bool
inside(const struct h2_memory *memory, const void *at)
{
	return (uintptr_t)at - (uintptr_t)memory->pages < memory->len;
}

/* Pages that cost something now. */
static size_t
resident(const struct h2_memory *memory)
{
	unsigned char there[64];
	size_t page = (size_t)sysconf(_SC_PAGESIZE), count = 0;

	assert_non_null(memory->pages);
	assert_in_range(memory->len / page, 1, sizeof(there));
	assert_int_equal(mincore(memory->pages, memory->len, there), 0);
	for (size_t i = 0; i < memory->len / page; i++)
		count += there[i] & 1;
	return count;
}

static void
placed_while_made(void **state)
{
	struct h2_memory memory;
	nghttp2_mem calls;
	uint8_t *buffer[3], *table[3], *other;

	(void)state;
	h2_memory_init(&memory);
	calls = h2_memory_calls(&memory);
	/* What is a byte more or less is something else. */
	for (int i = -1; i <= 1; i += 2) {
		other = calls.malloc((size_t)(BUFFER + i), calls.mem_user_data);
		assert_false(inside(&memory, other));
		calls.free(other, calls.mem_user_data);
		other = calls.calloc(1, (size_t)(4096 + i), calls.mem_user_data);
		assert_false(inside(&memory, other));
		calls.free(other, calls.mem_user_data);
	}
	for (int i = 0; i < 3; i++) {
		buffer[i] = calls.realloc(NULL, BUFFER, calls.mem_user_data);
		table[i] = calls.calloc(256, 16, calls.mem_user_data);
		assert_int_equal(inside(&memory, buffer[i]), i < 2);
		assert_int_equal(inside(&memory, table[i]), i < 2);
	}
	/* None overlaps another. */
	for (int i = 0; i < 3; i++) {
		memset(buffer[i], 'a' + i, BUFFER);
		memset(table[i], 'A' + i, 4096);
	}
	for (int i = 0; i < 3; i++) {
		assert_true(buffer[i][0] == 'a' + i && buffer[i][BUFFER - 1] == 'a' + i);
		assert_true(table[i][0] == 'A' + i && table[i][4095] == 'A' + i);
		calls.free(buffer[i], calls.mem_user_data);
		calls.free(table[i], calls.mem_user_data);
	}
	h2_memory_fini(&memory);
	h2_memory_init(&memory);
	h2_memory_settle(&memory);
	other = calls.malloc(BUFFER, calls.mem_user_data);
	assert_false(inside(&memory, other));
	calls.free(other, calls.mem_user_data);
	h2_memory_fini(&memory);
	h2_memory_fini(&memory);
}

static void
rest_keeps_what_is_in_use(void **state)
{
	struct h2_memory memory;
	nghttp2_mem calls;
	uint8_t *buffer, *table;

	(void)state;
	h2_memory_init(&memory);
	calls = h2_memory_calls(&memory);
	buffer = calls.malloc(BUFFER, calls.mem_user_data);
	table = calls.calloc(256, 16, calls.mem_user_data);
	h2_memory_settle(&memory);
	memset(buffer, 'x', BUFFER);
	table[4095] = 1;
	assert_true(resident(&memory) > 1);
	h2_memory_rest(&memory);
	assert_int_equal(buffer[BUFFER - 1], 0);
	assert_int_equal(table[4095], 1);
	table[4095] = 0;
	table[0] = 1;
	h2_memory_rest(&memory);
	assert_int_equal(table[0], 1);
	table[0] = 0;
	h2_memory_rest(&memory);
	assert_int_equal(resident(&memory), 0);
	assert_int_equal(table[0], 0);
	/* A table that has been left is as good as empty. */
	memset(table, 'x', 4096);
	calls.free(table, calls.mem_user_data);
	h2_memory_rest(&memory);
	assert_int_equal(resident(&memory), 0);
	h2_memory_fini(&memory);
}

static void
larger_moves_out(void **state)
{
	struct h2_memory memory;
	nghttp2_mem calls;
	uint8_t *buffer, *larger;

	(void)state;
	h2_memory_init(&memory);
	calls = h2_memory_calls(&memory);
	buffer = calls.malloc(BUFFER, calls.mem_user_data);
	memset(buffer, 'x', BUFFER);
	assert_ptr_equal(calls.realloc(buffer, 100, calls.mem_user_data), buffer);
	larger = calls.realloc(buffer, 2 * BUFFER, calls.mem_user_data);
	assert_false(inside(&memory, larger));
	assert_true(larger[0] == 'x' && larger[BUFFER - 1] == 'x');
	assert_int_equal(buffer[0], 0);
	larger = calls.realloc(larger, 3 * BUFFER, calls.mem_user_data);
	assert_true(larger[0] == 'x' && larger[BUFFER - 1] == 'x');
	calls.free(larger, calls.mem_user_data);
	h2_memory_fini(&memory);
}

/* Beyond the bound all works, and places come free again. */
static void
regions_bounded(void **state)
{
	static struct h2_memory all[H2_REGIONS_MAX + 1];
	struct h2_memory *last = &all[H2_REGIONS_MAX];
	nghttp2_mem calls = h2_memory_calls(last);
	void *buffer;

	(void)state;
	for (size_t i = 0; i <= H2_REGIONS_MAX; i++)
		h2_memory_init(&all[i]);
	assert_non_null(all[H2_REGIONS_MAX - 1].pages);
	assert_null(last->pages);
	buffer = calls.malloc(BUFFER, calls.mem_user_data);
	assert_non_null(buffer);
	calls.free(buffer, calls.mem_user_data);
	h2_memory_rest(last);
	h2_memory_fini(last);
	h2_memory_fini(&all[7]);
	h2_memory_init(last);
	assert_non_null(last->pages);
	h2_memory_init(&all[7]);
	assert_null(all[7].pages);
	for (size_t i = 0; i <= H2_REGIONS_MAX; i++)
		h2_memory_fini(&all[i]);
}

/* ---- a connection ------------------------------------------------------------------ */

static void
connection_rests(void **state)
{
	struct ends ends;
	struct h2_memory *memory;
	struct seen *asks;
	void *pages;
	size_t len;

	(void)state;
	ends_init(&ends, 1000);
	memory = &((struct h2 *)ends.dialog.state)->memory;
	assert_int_equal(memory->buffers, 2);
	for (int i = 0; i < 3; i++) {
		asks = client_ask(&ends.client, "/again", "body", 4);
		ends_run(&ends);
		assert_true(asks->ended && asks->closed);
		assert_int_equal(asks->len, 4);
		assert_true(resident(memory) > 0);
		assert_false(ends.dialog.rested);
		dialog_rest(&ends.dialog);
		assert_true(ends.dialog.rested);
		assert_int_equal(resident(memory), 0);
	}
	pages = memory->pages;
	len = memory->len;
	ends_fini(&ends);
	/* Nothing of it is left. */
	assert_int_equal(msync(pages, len, MS_ASYNC), -1);
	assert_int_equal(errno, ENOMEM);
}

/* The preface to the origin waits in a buffer until the client has spoken. */
static void
preface_survives(void **state)
{
	struct ends ends;
	struct seen *asks;

	(void)state;
	ends_init(&ends, 1);
	dialog_rest(&ends.dialog);
	assert_false(ends.dialog.rested);
	asks = client_ask(&ends.client, "/first", NULL, 0);
	ends_run(&ends);
	assert_true(asks->ended);
	assert_int_equal(ends.origin.count, 1);
	ends_fini(&ends);
}

static void
origin_answers_much(struct peer *origin, struct seen *seen)
{
	static char body[300000];

	if (!seen->ended)
		return;
	memset(body, 'y', sizeof(body));
	origin_answer_with(origin, seen, "200", body, sizeof(body));
}

static void
origin_answers_wide(struct peer *origin, struct seen *seen)
{
	static char wide[5][9000];
	nghttp2_nv fields[6] = { NV(":status", "200") };

	if (!seen->ended)
		return;
	for (int i = 0; i < 5; i++) {
		memset(wide[i], 'a' + i, sizeof(wide[i]) - 1);
		fields[1 + i] = (nghttp2_nv)NV("x-wide", wide[i]);
	}
	assert_int_equal(nghttp2_submit_response(origin->session, seen->id, fields, 6, NULL), 0);
}

/* Answers that stand in the middle of a frame, or of a section, for want of room. */
static void
half_sent_survives(void (*answer)(struct peer *origin, struct seen *seen), size_t len)
{
	const nghttp2_settings_entry windows[] = {
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20 } };
	struct ends ends;
	struct seen *asks[4];

	ends_init_with(&ends, 16384, windows, 1, NULL, 0);
	assert_int_equal(nghttp2_session_set_local_window_size(ends.client.session, 0, 0, 1 << 21), 0);
	ends.sleepy = true;
	ends.origin.answer = answer;
	ends_run(&ends);
	assert_true(ends.dialog.rested);
	ends.stuck[DIR_DOWN] = true;
	for (int i = 0; i < 4; i++)
		asks[i] = client_ask(&ends.client, "/half", NULL, 0);
	ends_run(&ends);
	assert_int_equal(asks[3]->len, 0);
	assert_int_equal(dialog_room(&ends.dialog, DIR_DOWN), 0);
	dialog_rest(&ends.dialog);
	assert_false(ends.dialog.rested);
	ends.stuck[DIR_DOWN] = false;
	ends_run(&ends);
	for (int i = 0; i < 4; i++) {
		assert_true(asks[i]->ended && asks[i]->closed);
		assert_int_equal(asks[i]->code, NGHTTP2_NO_ERROR);
		assert_int_equal(asks[i]->len, len);
		for (size_t at = 0; at < len; at++)
			assert_int_equal(asks[i]->body[at], 'y');
	}
	ends_fini(&ends);
}

static void
half_a_body_survives(void **state)
{
	(void)state;
	half_sent_survives(origin_answers_much, 300000);
}

static void
half_a_section_survives(void **state)
{
	(void)state;
	half_sent_survives(origin_answers_wide, 0);
}

/* Rest between any two pieces changes nothing, with streams open, sections of several frames. */
static void
sleepy_says_the_same(void **state)
{
	static const size_t pieces[] = { 5, 9, 1000, 16384 };
	static uint8_t body[100000];
	struct ends ends;

	(void)state;
	memset(body, 'z', sizeof(body));
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct seen *asks, *wide;

		ends_init(&ends, pieces[i]);
		ends.sleepy = true;
		asks = client_ask(&ends.client, "/up", body, sizeof(body));
		asks->wait = true;
		ends_run(&ends);
		ends.origin.answer = origin_answers_wide;
		wide = client_ask(&ends.client, "/wide", NULL, 0);
		ends_run(&ends);
		assert_true(wide->ended && wide->closed);
		assert_int_equal(wide->code, NGHTTP2_NO_ERROR);
		ends.origin.answer = origin_echo;
		asks->wait = false;
		nghttp2_session_resume_data(ends.client.session, asks->id);
		ends_run(&ends);
		assert_int_equal(asks->len, sizeof(body));
		assert_memory_equal(asks->body, body, sizeof(body));
		assert_true(asks->ended && asks->closed);
		assert_true(ends.dialog.rested);
		ends_fini(&ends);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(placed_while_made),
		cmocka_unit_test(rest_keeps_what_is_in_use),
		cmocka_unit_test(larger_moves_out),
		cmocka_unit_test(regions_bounded),
		cmocka_unit_test(connection_rests),
		cmocka_unit_test(preface_survives),
		cmocka_unit_test(half_a_body_survives),
		cmocka_unit_test(half_a_section_survives),
		cmocka_unit_test(sleepy_says_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
