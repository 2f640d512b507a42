/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report's figures, from uploads whose sums are known by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "reports/report.h"
#include "unit/upload_sample.h"

#define SHIELD_END day_of(2020, 7, 16)

/* ---- a law small enough to know by heart ----------------------------------------- */

static const struct recipient recipients[] = {
	{ .id = "chat", .service = "Chat", .entity = "Chat Inc", .country = "US",
	    .eea_entity = "", .parent = "", .parent_country = "",
	    .role = "controller", .class = 'A' },
	{ .id = "group", .service = "Group", .entity = "Group Ireland", .country = "IE",
	    .eea_entity = "Group Ireland", .parent = "Group Inc",
	    .parent_country = "US", .role = "controller", .class = 'B' },
	{ .id = "home", .service = "Home", .entity = "Home BV", .country = "NL",
	    .eea_entity = "", .parent = "", .parent_country = "",
	    .role = "self", .class = 'D' },
};

static const struct recipient *
law_recipient(void *arg, const char *id)
{
	(void)arg;
	for (size_t i = 0; i < sizeof(recipients) / sizeof(recipients[0]); i++)
		if (strcmp(recipients[i].id, id) == 0)
			return &recipients[i];
	return NULL;
}

static struct transfer
law_transfer_then(void *arg, const char *id, day_t on)
{
	const struct recipient *recipient = law_recipient(arg, id);
	struct transfer transfer = { .outside = OUTSIDE_YES,
		.status = TRANSFER_ENDED, .mechanism = "privacy_shield",
		.instrument = "(EU) 2016/1250", .from = DAY_NONE, .to = SHIELD_END };

	if (recipient->class == 'D')
		transfer.outside = OUTSIDE_NO;
	if (on <= SHIELD_END || recipient->class == 'D')
		transfer.status = TRANSFER_IN_FORCE;
	return transfer;
}

static enum outside
law_outside_then(void *arg, const char *country, day_t on)
{
	(void)arg;
	if (strcmp(country, "GB") == 0 && on <= day_of(2020, 12, 31))
		return OUTSIDE_NO;
	return strcmp(country, "IE") == 0 ? OUTSIDE_NO : OUTSIDE_YES;
}

static struct report_period
law_period_at(void *arg, size_t index)
{
	static const char *const tests[] = { "list:privacy_shield", "sector:pnr" };

	(void)arg;
	return (struct report_period){ "US", "Shield", "decision", "(EU) 2016/1250",
		tests[index], day_of(2016, 8, 1), SHIELD_END };
}

static struct report_request
request_of(int from_year, int to_year)
{
	return (struct report_request){
		.from = day_of(from_year, 1, 1), .to = day_of(to_year, 12, 31),
		.today = day_of(2026, 11, 21), .language = "en",
		.format = REPORT_JSON, .controller = "Example", .country = "NL",
		.dpo = "dpo@example.org", .terms = "reports/terms.csv",
		.rules_digest = "00ff", .rules_date = day_of(2026, 11, 1),
		.geo_version = "none",
		.law = { NULL, law_recipient, law_transfer_then, law_outside_then, 2,
			law_period_at },
	};
}

/* ---- stores -------------------------------------------------------------------------- */

struct maker {
	struct store *store;
	uint32_t number;
};

static struct event_upload
event_for(struct maker *maker, const char *recipient, const char *device, day_t day)
{
	struct event_upload event = upload_sample(++maker->number, day);

	snprintf(event.recipient, sizeof(event.recipient), "%s", recipient);
	sample_device(&event, device);
	return event;
}

static void
put(struct maker *maker, const char *recipient, const char *device, day_t day,
    int64_t contacts)
{
	struct event_upload event = event_for(maker, recipient, device, day);

	sample_contacts(&event, contacts < 0 ? -1 : contacts - 10, contacts,
	    contacts < 0 ? -1 : contacts + 10);
	assert_true(store_put_upload(maker->store, &event));
}

static struct maker
maker_begin(struct sample_folder *sample)
{
	struct maker maker = { sample_store(sample), 0 };

	assert_true(store_begin(maker.store));
	return maker;
}

static void
build(struct report *report, struct maker *maker, const struct report_request *request)
{
	assert_true(store_commit(maker->store));
	assert_true(report_build(report, maker->store, request));
}

static const struct report_recipient *
recipient_row(const struct report *report, const char *id)
{
	for (size_t i = 0; i < report->recipient_count; i++)
		if (strcmp(report->recipients[i].id, id) == 0)
			return &report->recipients[i];
	fail_msg("no recipient %s", id);
	return NULL;
}

/* ---- figures ---------------------------------------------------------------------------- */

static void
test_repeated_syncs_count_once(void **state)
{
	struct maker maker = maker_begin(*state);
	struct report_request request = request_of(2024, 2024);
	const struct report_recipient *row;
	struct report report;

	put(&maker, "chat", "d-1", day_of(2024, 1, 1), 100);
	put(&maker, "chat", "d-1", day_of(2024, 2, 1), 300);
	put(&maker, "chat", "d-1", day_of(2024, 3, 1), 200);
	build(&report, &maker, &request);
	row = recipient_row(&report, "chat");
	assert_int_equal(row->subjects.low, 290);
	assert_int_equal(row->subjects.best, 300);
	assert_int_equal(row->subjects.high, 310);
	assert_int_equal(row->records.low, 570);
	assert_int_equal(row->records.best, 600);
	assert_int_equal(row->records.high, 630);
	assert_int_equal(row->devices, 1);
	report_fini(&report);
	store_close(maker.store);
}

static void
test_devices_give_largest_to_sum(void **state)
{
	struct maker maker = maker_begin(*state);
	struct report_request request = request_of(2024, 2024);
	const struct report_recipient *row;
	struct report report;

	put(&maker, "chat", "d-1", day_of(2024, 1, 1), 300);
	put(&maker, "chat", "d-2", day_of(2024, 1, 2), 100);
	put(&maker, "group", "d-1", day_of(2024, 1, 3), 300);
	build(&report, &maker, &request);
	row = recipient_row(&report, "chat");
	assert_int_equal(row->subjects.low, 290);
	assert_int_equal(row->subjects.high, 420);
	assert_int_equal(row->subjects.best, CONTACTS_UNKNOWN);
	assert_int_equal(report.subjects.low, 290);
	assert_int_equal(report.subjects.high, 730);
	report_fini(&report);
	store_close(maker.store);
}

static void
test_unknown_numbers_stay_open(void **state)
{
	struct maker maker = maker_begin(*state);
	struct report_request request = request_of(2024, 2024);
	struct report report;

	put(&maker, "chat", "d-1", day_of(2024, 1, 1), -1);
	put(&maker, "chat", "d-1", day_of(2024, 1, 2), 50);
	put(&maker, "group", "d-1", day_of(2024, 1, 3), -1);
	build(&report, &maker, &request);
	report.terms = terms_load(request.terms, "en");
	assert_string_equal(word_range(&report,
	    &recipient_row(&report, "chat")->subjects), "40–60 or more");
	assert_string_equal(word_range(&report,
	    &recipient_row(&report, "group")->subjects), "Unknown");
	assert_int_equal(report.subjects.unsized, 2);
	terms_free(report.terms);
	report_fini(&report);
	store_close(maker.store);
}

static void
test_only_enforced_blocks_prevent(void **state)
{
	struct maker maker = maker_begin(*state);
	struct report_request request = request_of(2024, 2024);
	struct report report;

	for (int i = 0; i < 3; i++) {
		struct event_upload event = event_for(&maker, "chat", "d-1",
		    day_of(2024, 4, 1));

		event.verdict.action = ACTION_BLOCK;
		event.verdict.enforced = i == 0;
		event.bytes_forwarded = 700;
		assert_true(store_put_upload(maker.store, &event));
	}
	build(&report, &maker, &request);
	assert_int_equal(report.counts.attempted, 3);
	assert_int_equal(report.counts.prevented, 1);
	assert_int_equal(report.counts.completed, 2);
	assert_int_equal(report.counts.bytes_before_block, 700);
	assert_int_equal(report.unenforced, 2);
	assert_int_equal(recipient_row(&report, "chat")->records.sized, 2);
	report_fini(&report);
	store_close(maker.store);
}

static void
test_countries_are_those_of_the_law(void **state)
{
	struct maker maker = maker_begin(*state);
	struct report_request request = request_of(2024, 2024);
	struct report report;

	put(&maker, "group", "d-1", day_of(2024, 1, 1), 30);
	put(&maker, "chat", "d-1", day_of(2024, 1, 1), 30);
	put(&maker, "home", "d-1", day_of(2024, 1, 1), 30);
	put(&maker, "unknown", "d-1", day_of(2024, 1, 1), 30);
	build(&report, &maker, &request);
	assert_int_equal(report.country_count, 2);
	assert_string_equal(report.countries[0].country, "US");
	assert_int_equal(report.countries[0].direct, 1);
	assert_int_equal(report.countries[0].onward, 1);
	assert_int_equal(report.countries[0].recipients, 2);
	assert_string_equal(report.countries[1].country, "");
	assert_int_equal(recipient_row(&report, "unknown")->class, '?');
	report_fini(&report);
	store_close(maker.store);
}

static void
test_law_then_and_now(void **state)
{
	struct maker maker = maker_begin(*state);
	struct report_request request = request_of(2019, 2021);
	const struct report_recipient *row;
	struct report report;

	put(&maker, "group", "d-1", day_of(2019, 5, 1), 30);
	put(&maker, "group", "d-1", day_of(2020, 7, 16), 30);
	put(&maker, "group", "d-1", day_of(2020, 7, 17), 30);
	build(&report, &maker, &request);
	row = recipient_row(&report, "group");
	assert_int_equal(row->footing_count, 2);
	assert_int_equal(row->footings[0].transfer.status, TRANSFER_IN_FORCE);
	assert_int_equal(row->footings[0].events, 2);
	assert_int_equal(row->footings[0].last, SHIELD_END);
	assert_int_equal(row->footings[1].transfer.status, TRANSFER_ENDED);
	assert_int_equal(row->now.status, TRANSFER_ENDED);
	assert_int_equal(row->without_basis, 1);
	assert_int_equal(row->changed, 3);	/* the samples were stored as "none" */
	assert_int_equal(report.without_basis, 1);
	assert_int_equal(report.todos[0].kind, DO_STOP);
	report_fini(&report);
	store_close(maker.store);
}

static void
test_period_is_inclusive(void **state)
{
	struct maker maker = maker_begin(*state);
	struct report_request request = request_of(2024, 2024);
	uint64_t sum = 0;
	struct report report;

	put(&maker, "chat", "d-1", day_of(2023, 12, 31), 30);
	put(&maker, "chat", "d-1", day_of(2024, 1, 1), 30);
	put(&maker, "chat", "d-1", day_of(2024, 12, 31), 30);
	put(&maker, "chat", "d-1", day_of(2025, 1, 1), 30);
	build(&report, &maker, &request);
	assert_int_equal(report.counts.attempted, 2);
	assert_int_equal(report.bucket_count, 12);
	for (size_t i = 0; i < report.bucket_count; i++)
		sum += report.buckets[i].logged;
	assert_int_equal(sum, 2);
	assert_int_equal(report.buckets[11].logged, 1);
	report_fini(&report);
	store_close(maker.store);
}

static void
test_bar_units(void **state)
{
	static const struct { int from, to; enum bucket_unit unit; size_t count; } rows[] = {
		{ 2024, 2024, BUCKET_MONTH, 12 }, { 2014, 2026, BUCKET_MONTH, 156 },
		{ 2000, 2026, BUCKET_YEAR, 27 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct report_request request = request_of(rows[i].from, rows[i].to);
		struct report report = { .request = &request };

		report_make_buckets(&report);
		assert_int_equal(report.unit, rows[i].unit);
		assert_int_equal(report.bucket_count, rows[i].count);
		report_fini(&report);
	}
}

static void
test_bands_with_gaps(void **state)
{
	struct report_request request = request_of(2015, 2021);
	struct report report = { .request = &request };

	(void)state;
	report_make_lanes(&report);
	assert_int_equal(report.lane_count, 2);
	assert_string_equal(report.lanes[0].country, "US");
	assert_int_equal(report.lanes[0].count, 3);
	assert_int_equal(report.lanes[0].bands[0].kind, BAND_GAP);
	assert_int_equal(report.lanes[0].bands[1].kind, BAND_DECISION);
	assert_int_equal(report.lanes[0].bands[1].to, SHIELD_END);
	assert_int_equal(report.lanes[0].bands[2].from, SHIELD_END + 1);
	/* The United Kingdom left without any decision here: the day is found. */
	assert_int_equal(report.lanes[1].count, 2);
	assert_int_equal(report.lanes[1].bands[0].kind, BAND_INSIDE);
	assert_int_equal(report.lanes[1].bands[0].to, day_of(2020, 12, 31));
	assert_int_equal(report.lanes[1].bands[1].kind, BAND_GAP);
	report_fini(&report);
}

static void
test_id_is_of_the_figures(void **state)
{
	struct maker maker = maker_begin(*state);
	struct report_request request = request_of(2024, 2024);
	struct report first, german, other;

	put(&maker, "chat", "d-1", day_of(2024, 1, 1), 30);
	build(&first, &maker, &request);
	request.language = "de";
	assert_true(report_build(&german, maker.store, &request));
	request.today++;
	assert_true(report_build(&other, maker.store, &request));
	assert_int_equal(strlen(first.id), 64);
	assert_string_equal(first.id, german.id);
	assert_string_not_equal(first.id, other.id);
	report_fini(&first);
	report_fini(&german);
	report_fini(&other);
	store_close(maker.store);
}

#define TEST(FUNCTION) \
	cmocka_unit_test_setup_teardown(FUNCTION, sample_folder_make, sample_folder_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_repeated_syncs_count_once),
		TEST(test_devices_give_largest_to_sum),
		TEST(test_unknown_numbers_stay_open),
		TEST(test_only_enforced_blocks_prevent),
		TEST(test_countries_are_those_of_the_law),
		TEST(test_law_then_and_now), TEST(test_period_is_inclusive),
		TEST(test_id_is_of_the_figures),
		cmocka_unit_test(test_bar_units), cmocka_unit_test(test_bands_with_gaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
