/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "unit/upload_sample.h"

#define DAY day_of(2024, 5, 6)

/* No condition. */
static const struct store_filter all;

static void
put_committed(struct store *store, const struct event_upload *event)
{
	assert_true(store_begin(store));
	assert_true(store_put_upload(store, event));
	assert_true(store_commit(store));
}

struct seen {
	size_t count;
	struct event_upload last;
	char json[4096];
	char first[4096];
};

static bool
see_upload(void *arg, const struct event_upload *event)
{
	struct seen *seen = arg;

	seen->count++;
	seen->last = *event;
	return true;
}

static bool
see_json(void *arg, const char *json)
{
	struct seen *seen = arg;

	if (seen->count++ == 0)
		snprintf(seen->first, sizeof(seen->first), "%s", json);
	snprintf(seen->json, sizeof(seen->json), "%s", json);
	return true;
}

static size_t
uploads(struct store *store, const struct store_filter *filter, struct seen *seen)
{
	memset(seen, 0, sizeof(*seen));
	assert_true(store_each_upload(store, filter, see_upload, seen));
	return seen->count;
}

static size_t
lines(struct store *store, const struct store_filter *filter, struct seen *seen)
{
	memset(seen, 0, sizeof(*seen));
	assert_true(store_each_json(store, filter, see_json, seen));
	return seen->count;
}

/* ---- what goes in comes out --------------------------------------------------- */

static struct event_upload
full_sample(void)
{
	struct event_upload event = upload_sample(7, DAY);

	strcpy(event.flow.gateway, "gw-1");
	strcpy(event.flow.app, "TLS.Signal");
	event.flow.app_confidence = APP_DPI;
	event.flow.flow_id = UINT64_MAX - 5;
	strcpy(event.call, "contact-discovery");
	event.geo.asn = 64500;
	strcpy(event.geo.as_name, "Example Net");
	event.upload.begin_us = 11;
	event.upload.end_us = 22;
	event.upload.bytes_down = 33;
	event.upload.identifiers = (struct identifiers){ 1, 2, 3, 4, 5 };
	strcpy(event.upload.media_type, "text/vcard");
	strcpy(event.upload.encoding, "gzip");
	event.upload.format = FORMAT_VCARD;
	event.transfer.status = TRANSFER_ENDED;
	event.transfer.to = day_of(2020, 7, 16);
	strcpy(event.transfer.instrument, "(EU) 2016/1250");
	strcpy(event.transfer.note, "a note");
	event.verdict.action = ACTION_BLOCK;
	event.verdict.enforced = true;
	strcpy(event.verdict.reason, "a reason");
	return event;
}

static void
test_round_trip(void **state)
{
	struct store *store = sample_store(*state);
	struct event_upload in = full_sample(), *out;
	struct seen seen;

	put_committed(store, &in);
	assert_int_equal(uploads(store, &all, &seen), 1);
	out = &seen.last;
	assert_true(out->flow.flow_id == in.flow.flow_id);
	assert_memory_equal(&out->flow.src, &in.flow.src, sizeof(in.flow.src));
	assert_string_equal(out->flow.gateway, "gw-1");
	assert_int_equal(out->flow.app_confidence, APP_DPI);
	assert_string_equal(out->door, "replay");
	assert_string_equal(out->geo.as_name, "Example Net");
	assert_memory_equal(&out->upload.contacts, &in.upload.contacts,
	    sizeof(in.upload.contacts));
	assert_memory_equal(&out->upload.identifiers, &in.upload.identifiers,
	    sizeof(in.upload.identifiers));
	assert_int_equal(out->upload.format, FORMAT_VCARD);
	assert_int_equal(out->transfer.status, TRANSFER_ENDED);
	assert_int_equal(out->transfer.from, DAY_NONE);
	assert_int_equal(out->transfer.to, day_of(2020, 7, 16));
	assert_true(out->verdict.enforced);
	assert_string_equal(out->verdict.reason, "a reason");
	store_close(store);
}

static void
test_unknown_number_stays_unknown(void **state)
{
	struct store *store = sample_store(*state);
	struct event_upload event = upload_sample(1, DAY);
	struct seen seen;

	sample_contacts(&event, -1, -1, -1);
	put_committed(store, &event);
	uploads(store, &all, &seen);
	assert_int_equal(seen.last.upload.contacts.low, CONTACTS_UNKNOWN);
	assert_int_equal(seen.last.upload.contacts.best, CONTACTS_UNKNOWN);
	store_close(store);
}

static void
test_no_doubles(void **state)
{
	struct store *store = sample_store(*state);
	struct event_upload event = upload_sample(1, DAY);
	struct seen seen;

	put_committed(store, &event);
	put_committed(store, &event);
	assert_int_equal(uploads(store, &all, &seen), 1);
	assert_int_equal(lines(store, &all, &seen), 1);
	store_close(store);
}

static void
test_capture_counts_once(void **state)
{
	struct store *store = sample_store(*state);
	struct stats stats = { .packets = 10, .first_us = USEC_PER_DAY,
		.last_us = 2 * USEC_PER_DAY }, sum;
	size_t captures;

	for (int i = 0; i < 2; i++) {
		assert_true(store_begin(store));
		assert_true(store_put_stats(store, &stats, "aa"));
		assert_true(store_commit(store));
	}
	assert_true(store_stats(store, &all, &sum, &captures));
	assert_int_equal(captures, 1);
	assert_int_equal(sum.packets, 10);
	assert_true(store_begin(store));
	assert_true(store_put_stats(store, &stats, "bb"));
	assert_true(store_commit(store));
	assert_true(store_stats(store, &all, &sum, &captures));
	assert_int_equal(captures, 2);
	assert_int_equal(sum.packets, 20);
	store_close(store);
}

static void
test_reopen_and_mode(void **state)
{
	struct sample_folder *sample = *state;
	struct store *store = sample_store(sample);
	struct event_upload event = upload_sample(1, DAY);
	struct seen seen;
	struct stat st;

	put_committed(store, &event);
	store_close(store);
	assert_int_equal(stat(sample->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	store = store_open(sample->path, STORE_READ);
	assert_non_null(store);
	assert_int_equal(uploads(store, &all, &seen), 1);
	assert_false(store_begin(store) && store_put_upload(store, &event));
	store_close(store);
}

/* ---- transactions ------------------------------------------------------------------ */

static void
test_rollback_leaves_nothing(void **state)
{
	struct store *store = sample_store(*state);
	struct event_upload event = upload_sample(1, DAY);
	struct seen seen;

	assert_true(store_begin(store));
	assert_true(store_put_upload(store, &event));
	store_rollback(store);
	assert_int_equal(uploads(store, &all, &seen), 0);
	assert_false(store_put_upload(store, &event));
	store_close(store);
}

static void
test_unfinished_is_gone(void **state)
{
	struct store *store = sample_store(*state);
	struct event_upload event = upload_sample(1, DAY);
	struct seen seen;

	assert_true(store_begin(store));
	assert_true(store_put_upload(store, &event));
	store_close(store);
	store = sample_store(*state);
	assert_int_equal(uploads(store, &all, &seen), 0);
	store_close(store);
}

/* Writes until the file may not grow any more; true when all was written. */
static bool
put_many(struct store *store, uint32_t count)
{
	bool ok = store_begin(store);

	for (uint32_t i = 100; ok && i < 100 + count; i++) {
		struct event_upload event = upload_sample(i, DAY);

		ok = store_put_upload(store, &event);
	}
	return ok && store_commit(store);
}

static void
test_full_disk_undoes_all(void **state)
{
	struct store *store = sample_store(*state);
	struct event_upload event = upload_sample(1, DAY);
	struct rlimit old, low;
	struct seen seen;
	bool ok;

	put_committed(store, &event);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	low = old;
	low.rlim_cur = 400 * 1024;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
	ok = put_many(store, 3000);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_false(ok);
	store_close(store);
	store = sample_store(*state);
	assert_int_equal(uploads(store, &all, &seen), 1);
	assert_int_equal(lines(store, &all, &seen), 1);
	store_close(store);
}

/* ---- filters ------------------------------------------------------------------------------- */

static struct store *
store_of_days(struct sample_folder *sample)
{
	struct store *store = sample_store(sample);

	assert_true(store_begin(store));
	for (uint32_t i = 5; i > 0; i--) {		/* newest first: order is by time */
		struct event_upload event = upload_sample(i, DAY + (day_t)i);

		if (i == 3)
			strcpy(event.flow.service, "other");
		if (i == 4)
			event.verdict.action = ACTION_BLOCK;
		assert_true(store_put_upload(store, &event));
	}
	assert_true(store_commit(store));
	return store;
}

static void
test_filters(void **state)
{
	struct store *store = store_of_days(*state);
	struct store_filter filter = { .from_us = (uint64_t)(DAY + 2) * USEC_PER_DAY,
		.to_us = (uint64_t)(DAY + 5) * USEC_PER_DAY };
	struct seen seen;

	assert_int_equal(lines(store, &filter, &seen), 3);
	assert_int_equal(uploads(store, &filter, &seen), 3);
	filter = (struct store_filter){ .service = "other" };
	assert_int_equal(lines(store, &filter, &seen), 1);
	filter = (struct store_filter){ .action = "block" };
	assert_int_equal(lines(store, &filter, &seen), 1);
	filter = (struct store_filter){ .recipient = "nobody" };
	assert_int_equal(lines(store, &filter, &seen), 0);
	filter = (struct store_filter){ .type = "flow" };
	assert_int_equal(lines(store, &filter, &seen), 0);
	filter = (struct store_filter){ .limit = 2 };
	assert_int_equal(lines(store, &filter, &seen), 2);
	assert_true(strcmp(seen.first, seen.json) < 0);
	assert_non_null(strstr(seen.json, "2024-05-11"));
	store_close(store);
}

static void
test_marks_and_changes(void **state)
{
	struct sample_folder *sample = *state;
	struct store *writer = store_of_days(sample);
	struct store *reader = store_open(sample->path, STORE_READ);
	struct event_upload event = upload_sample(50, DAY - 30);
	struct store_filter filter = { 0 };
	struct seen seen;

	store_changed(reader);
	assert_false(store_changed(reader));
	filter.after = store_mark(reader);
	assert_int_equal(filter.after, 5);
	put_committed(writer, &event);
	assert_true(store_changed(reader));
	assert_false(store_changed(reader));
	filter.upto = store_mark(reader);
	assert_int_equal(lines(reader, &filter, &seen), 1);
	assert_non_null(strstr(seen.json, event.flow.event_id));
	store_close(reader);
	store_close(writer);
}

#define TEST(FUNCTION) \
	cmocka_unit_test_setup_teardown(FUNCTION, sample_folder_make, sample_folder_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_round_trip), TEST(test_unknown_number_stays_unknown),
		TEST(test_no_doubles), TEST(test_capture_counts_once),
		TEST(test_reopen_and_mode), TEST(test_rollback_leaves_nothing),
		TEST(test_unfinished_is_gone), TEST(test_full_disk_undoes_all),
		TEST(test_filters), TEST(test_marks_and_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
