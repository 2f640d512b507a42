/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the store refuses to touch, and what never reaches its file.
 */
#include <errno.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "unit/upload_sample.h"

#define DAY day_of(2024, 5, 6)

/* ---- files that are no store --------------------------------------------------------- */

static void
file_write(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void
refused(const char *path, int wanted)
{
	errno = 0;
	assert_null(store_open(path, STORE_WRITE));
	assert_int_equal(errno, wanted);
	errno = 0;
	assert_null(store_open(path, STORE_READ));
	assert_int_equal(errno, wanted);
}

static void
test_text_file_is_no_store(void **state)
{
	struct sample_folder *sample = *state;
	char text[64] = "";
	FILE *file;

	file_write(sample->path, "these are notes, no database; they must stay\n");
	refused(sample->path, EBADMSG);
	file = fopen(sample->path, "r");
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	assert_string_equal(text, "these are notes, no database; they must stay\n");
}

static void
database_make(const char *path, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void
test_other_database_is_left_alone(void **state)
{
	struct sample_folder *sample = *state;
	unsigned char head[20] = { 0 };
	FILE *file;

	database_make(sample->path, "CREATE TABLE theirs (x); "
	    "INSERT INTO theirs VALUES (1)");
	refused(sample->path, EBADMSG);
	file = fopen(sample->path, "r");
	assert_int_equal(fread(head, 1, sizeof(head), file), sizeof(head));
	fclose(file);
	/* Byte 18 is 2 in a file that was turned to WAL (sqlite.org/fileformat). */
	assert_int_equal(head[18], 1);
}

static void
test_newer_schema_is_refused(void **state)
{
	struct sample_folder *sample = *state;

	store_close(sample_store(sample));
	database_make(sample->path, "PRAGMA user_version = 999");
	refused(sample->path, EBADMSG);
}

static void
test_missing_file_or_folder(void **state)
{
	struct sample_folder *sample = *state;
	char path[160];

	errno = 0;
	assert_null(store_open(sample->path, STORE_READ));
	assert_int_equal(errno, ENOENT);
	snprintf(path, sizeof(path), "%s/none/store.db", sample->folder);
	refused(path, ENOENT);
	file_write(sample->path, "");
	assert_null(store_open(sample->path, STORE_READ));
	assert_int_equal(errno, EBADMSG);
}

/* ---- privacy ------------------------------------------------------------------------------ */

static bool
file_has(const char *path, const void *bytes, size_t len)
{
	static char data[1 << 20];
	FILE *file = fopen(path, "r");
	size_t size;

	if (file == NULL)
		return false;
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	return memmem(data, size, bytes, len) != NULL;
}

static bool
store_has(const struct sample_folder *sample, const void *bytes, size_t len)
{
	char wal[128];

	snprintf(wal, sizeof(wal), "%s-wal", sample->path);
	return file_has(sample->path, bytes, len) || file_has(wal, bytes, len);
}

static void
test_no_address_under_pseudonyms(void **state)
{
	struct sample_folder *sample = *state;
	struct store *store = sample_store(sample);
	struct event_upload event = upload_sample(1, DAY);
	struct event_flow_end end = { 0 };

	sample_device(&event, "d-0011223344556677");
	end.flow = event.flow;
	strcpy(end.flow.event_id, "another");
	assert_true(store_begin(store));
	assert_true(store_put_upload(store, &event));
	assert_true(store_put_flow(store, &end));
	assert_true(store_commit(store));
	assert_true(store_has(sample, "d-0011223344556677", 18));
	assert_false(store_has(sample, "203.0.113.77", 12));
	assert_false(store_has(sample, event.flow.src.bytes, 4));
	store_close(store);
	assert_false(store_has(sample, "203.0.113.77", 12));
}

static void
test_identity_key_stays(void **state)
{
	struct store *store = sample_store(*state);
	uint8_t first[32], again[32], zero[32] = { 0 };

	assert_true(store_identity_key(store, first));
	store_close(store);
	store = sample_store(*state);
	assert_true(store_identity_key(store, again));
	assert_memory_equal(first, again, sizeof(first));
	assert_memory_not_equal(first, zero, sizeof(first));
	store_close(store);
}

#define TEST(FUNCTION) \
	cmocka_unit_test_setup_teardown(FUNCTION, sample_folder_make, sample_folder_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_text_file_is_no_store),
		TEST(test_other_database_is_left_alone),
		TEST(test_newer_schema_is_refused), TEST(test_missing_file_or_folder),
		TEST(test_no_address_under_pseudonyms), TEST(test_identity_key_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
