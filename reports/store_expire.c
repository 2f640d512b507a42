/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Retention: what is too old is forgotten. secure_delete overwrites it in the
 * file; the journal, which holds pages as they were, is folded in afterwards.
 */
#include "reports/store_sql.h"

static bool
expire_run(struct store *store, enum store_statement which, uint64_t events_us,
    uint64_t totals_us, uint64_t *gone)
{
	sqlite3_stmt *stmt = store_statement(store, which);

	if (stmt == NULL)
		return false;
	/* A statement may have one of the two parameters only. */
	if (sqlite3_bind_parameter_count(stmt) >= 1)
		sqlite3_bind_int64(stmt, 1, (int64_t)events_us);
	if (sqlite3_bind_parameter_count(stmt) >= 2)
		sqlite3_bind_int64(stmt, 2, (int64_t)totals_us);
	if (!store_step(store, stmt, "cannot forget old events"))
		return false;
	*gone = (uint64_t)sqlite3_changes64(store->db);
	return true;
}

void
store_fold(struct store *store)
{
	sqlite3_stmt *stmt = store_statement(store, STORE_FOLD_JOURNAL);

	if (stmt == NULL)
		return;
	sqlite3_busy_timeout(store->db, 0);
	while (sqlite3_step(stmt) == SQLITE_ROW)
		;
	sqlite3_reset(stmt);
	sqlite3_busy_timeout(store->db, STORE_BUSY_MS);
}

bool
store_expire(struct store *store, uint64_t events_us, uint64_t totals_us, uint64_t *gone)
{
	uint64_t uploads = 0, captures = 0;

	*gone = 0;
	if (!store_begin(store))
		return false;
	if (!expire_run(store, STORE_EXPIRE_UPLOADS, events_us, totals_us, &uploads) ||
	    !expire_run(store, STORE_EXPIRE_EVENTS, events_us, totals_us, gone) ||
	    !expire_run(store, STORE_EXPIRE_CAPTURES, events_us, totals_us, &captures)) {
		store_rollback(store);
		return false;
	}
	if (!store_commit(store))
		return false;
	if (*gone > 0 || uploads > 0 || captures > 0)
		store_fold(store);
	return true;
}
