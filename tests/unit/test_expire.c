/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Retention: what is too old is gone, from the file's bytes as well; the
 * counts of captures stay as long as totals do. Bypasses are kept as events.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "unit/upload_sample.h"

#define TODAY day_of(2026, 3, 1)

static uint64_t
moment(day_t day)
{
	return (uint64_t)day * USEC_PER_DAY;
}

static void
put(struct store *store, uint32_t number, day_t day, const char *host)
{
	struct event_upload event = upload_sample(number, day);

	snprintf(event.flow.host, sizeof(event.flow.host), "%s", host);
	assert_true(store_begin(store));
	assert_true(store_put_upload(store, &event));
	assert_true(store_commit(store));
}

struct tally {
	size_t count, bypass;
	char last[4096];
};

static bool
tally_json(void *arg, const char *json)
{
	struct tally *tally = arg;

	tally->count++;
	tally->bypass += strstr(json, "\"event_type\":\"bypass\"") != NULL;
	snprintf(tally->last, sizeof(tally->last), "%s", json);
	return true;
}

static bool
tally_upload(void *arg, const struct event_upload *event)
{
	(void)event;
	++*(size_t *)arg;
	return true;
}

static struct tally
lines(struct store *store, const char *type)
{
	struct store_filter filter = { .type = type };
	struct tally tally = { 0 };

	assert_true(store_each_json(store, &filter, tally_json, &tally));
	return tally;
}

static bool
file_has(const char *path, const char *word)
{
	static char data[1 << 20];
	FILE *file = fopen(path, "rb");
	size_t len;

	if (file == NULL)
		return false;
	len = fread(data, 1, sizeof(data), file);
	fclose(file);
	return memmem(data, len, word, strlen(word)) != NULL;
}

static void
test_old_events_are_gone(void **state)
{
	struct sample_folder *sample = *state;
	struct store *store = sample_store(sample);
	struct store_filter all = { 0 };
	size_t uploads = 0;
	uint64_t gone;
	char journal[128];

	put(store, 1, TODAY - 40, "longago.example.org");
	put(store, 2, TODAY - 30, "edge.example.org");
	put(store, 3, TODAY, "today.example.org");
	snprintf(journal, sizeof(journal), "%s-wal", sample->path);
	assert_true(file_has(journal, "longago.example.org"));
	assert_true(store_expire(store, moment(TODAY - 30), 0, &gone));
	assert_int_equal(gone, 1);
	assert_int_equal(lines(store, NULL).count, 2);
	assert_true(store_each_upload(store, &all, tally_upload, &uploads));
	assert_int_equal(uploads, 2);
	assert_false(file_has(sample->path, "longago.example.org"));
	assert_false(file_has(journal, "longago.example.org"));
	assert_true(file_has(sample->path, "edge.example.org"));
	assert_true(store_expire(store, moment(TODAY - 30), 0, &gone));
	assert_int_equal(gone, 0);
	store_close(store);
}

static void
test_counts_stay_as_totals(void **state)
{
	struct sample_folder *sample = *state;
	struct store *store = sample_store(sample);
	struct stats stats = { .packets = 5, .first_us = moment(TODAY - 100),
		.last_us = moment(TODAY - 100) }, sum;
	struct store_filter all = { 0 };
	size_t captures;
	uint64_t gone;

	assert_true(store_begin(store));
	assert_true(store_put_stats(store, &stats, "aa"));
	assert_true(store_commit(store));
	assert_true(store_expire(store, moment(TODAY - 30), moment(TODAY - 700), &gone));
	assert_int_equal(gone, 0);
	assert_true(store_stats(store, &all, &sum, &captures));
	assert_int_equal(captures, 1);
	assert_true(store_expire(store, moment(TODAY - 30), moment(TODAY - 99), &gone));
	assert_int_equal(gone, 1);
	assert_true(store_stats(store, &all, &sum, &captures));
	assert_int_equal(captures, 0);
	store_close(store);
}

static void
test_bypass_is_kept(void **state)
{
	struct sample_folder *sample = *state;
	struct store *store = sample_store(sample);
	struct event_upload upload = upload_sample(1, TODAY);
	struct event_bypass event;
	struct tally tally;

	memset(&event, 0, sizeof(event));
	event.flow = upload.flow;
	event.reason = BYPASS_PINNED;
	event.until_us = moment(TODAY + 1);
	assert_true(store_begin(store));
	assert_true(store_put_bypass(store, &event));
	assert_true(store_put_bypass(store, &event));	/* told twice, kept once */
	assert_true(store_commit(store));
	tally = lines(store, "bypass");
	assert_int_equal(tally.count, 1);
	assert_non_null(strstr(tally.last, "\"until\":\"2026-03-02T00:00:00.000000Z\""));
	assert_int_equal(lines(store, "contact_upload").count, 0);
	store_close(store);
}

int
main(void)
{
#define IN_FOLDER(TEST) \
	cmocka_unit_test_setup_teardown(TEST, sample_folder_make, sample_folder_remove)
	const struct CMUnitTest tests[] = {
		IN_FOLDER(test_old_events_are_gone), IN_FOLDER(test_counts_stay_as_totals),
		IN_FOLDER(test_bypass_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
