/* SPDX-License-Identifier: Apache-2.0 */
/* The store's reads. */
#include "reports/store_sql.h"

#include <string.h>

/* Binds a filter's eight conditions to parameters 1..8. */
static bool
store_bind_filter(sqlite3_stmt *stmt, const struct store_filter *filter)
{
	const char *const texts[] = {
		filter->service, filter->recipient, filter->action, filter->type
	};
	bool ok;

	ok = sqlite3_bind_int64(stmt, 1, (int64_t)filter->from_us) == SQLITE_OK &&
	    sqlite3_bind_int64(stmt, 2, (int64_t)filter->to_us) == SQLITE_OK;
	for (int i = 0; i < 4; i++)
		ok = ok && sqlite3_bind_text(stmt, 3 + i, texts[i], -1,
		    SQLITE_STATIC) == SQLITE_OK;
	return ok && sqlite3_bind_int64(stmt, 7, filter->after) == SQLITE_OK &&
	    sqlite3_bind_int64(stmt, 8, filter->upto) == SQLITE_OK;
}

static bool
store_read_end(struct store *store, sqlite3_stmt *stmt, int code)
{
	bool ok = code == SQLITE_DONE || code == SQLITE_ROW;

	if (!ok)
		store_complain(store, "cannot read");
	sqlite3_reset(stmt);
	return ok;
}

bool
store_each_json(struct store *store, const struct store_filter *filter,
    bool (*each)(void *arg, const char *json), void *arg)
{
	sqlite3_stmt *stmt = store_statement(store, STORE_EACH_JSON);
	int code;

	if (stmt == NULL || !store_bind_filter(stmt, filter))
		return false;
	sqlite3_bind_int64(stmt, 9, filter->limit > 0 ? filter->limit : -1);
	while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
		const char *json = (const char *)sqlite3_column_text(stmt, 0);

		if (!each(arg, json != NULL ? json : ""))
			break;
	}
	return store_read_end(store, stmt, code);
}

bool
store_each_upload(struct store *store, const struct store_filter *filter,
    bool (*each)(void *arg, const struct event_upload *event), void *arg)
{
	sqlite3_stmt *stmt = store_statement(store, STORE_EACH_UPLOAD);
	int code;

	if (stmt == NULL || !store_bind_filter(stmt, filter))
		return false;
	while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct event_upload event;

		store_upload_read(stmt, &event);
		if (!each(arg, &event))
			break;
	}
	return store_read_end(store, stmt, code);
}

bool
store_stats(struct store *store, const struct store_filter *filter,
    struct stats *sum, size_t *captures)
{
	sqlite3_stmt *stmt = store_statement(store, STORE_SUM_CAPTURES);
	int code;

	memset(sum, 0, sizeof(*sum));
	*captures = 0;
	if (stmt == NULL)
		return false;
	sqlite3_bind_int64(stmt, 1, (int64_t)filter->from_us);
	sqlite3_bind_int64(stmt, 2, (int64_t)filter->to_us);
	while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct stats part;

		store_capture_read(stmt, &part);
		stats_add(sum, &part);
		++*captures;
	}
	return store_read_end(store, stmt, code);
}

static bool
store_number(struct store *store, enum store_statement which, int64_t *number)
{
	sqlite3_stmt *stmt = store_statement(store, which);
	int code;

	if (stmt == NULL)
		return false;
	code = sqlite3_step(stmt);
	*number = sqlite3_column_int64(stmt, 0);
	return store_read_end(store, stmt, code);
}

int64_t
store_mark(struct store *store)
{
	int64_t mark = -1;

	return store_number(store, STORE_MARK, &mark) ? mark : -1;
}

bool
store_changed(struct store *store)
{
	int64_t version = 0;

	if (!store_number(store, STORE_DATA_VERSION, &version) ||
	    version == store->data_version)
		return false;
	store->data_version = version;
	return true;
}
