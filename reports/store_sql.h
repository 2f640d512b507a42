/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store's inside: every text of SQL under a name, and the handle that
 * store*.c share.
 */
#ifndef REPORTS_STORE_SQL_H
#define REPORTS_STORE_SQL_H

#include <sqlite3.h>
#include <stdbool.h>

#include "reports/reports.h"

/* "BKGT": marks the file as ours (PRAGMA application_id). */
#define STORE_APPLICATION_ID 0x424B4754
/* Raised with every change of the schema (PRAGMA user_version). */
#define STORE_SCHEMA_VERSION 1

/* How long to wait for another writer's transaction (a replay's is one). */
#define STORE_BUSY_MS 30000

enum store_statement {
	STORE_BEGIN,
	STORE_COMMIT,
	STORE_ROLLBACK,
	STORE_PUT_EVENT,
	STORE_PUT_UPLOAD,
	STORE_PUT_CAPTURE,
	STORE_PUT_CAPTURE_EVENT,
	STORE_GET_SECRET,
	STORE_PUT_SECRET,
	STORE_EACH_JSON,
	STORE_EACH_UPLOAD,
	STORE_SUM_CAPTURES,
	STORE_MARK,
	STORE_DATA_VERSION,
	STORE_EXPIRE_UPLOADS,
	STORE_EXPIRE_EVENTS,
	STORE_EXPIRE_CAPTURES,
	STORE_FOLD_JOURNAL,
	STORE_STATEMENTS
};

extern const char store_schema[];
extern const char *const store_sql[STORE_STATEMENTS];

struct store {
	sqlite3 *db;
	char *path;
	sqlite3_stmt *statements[STORE_STATEMENTS];
	int64_t data_version;		/* last seen by store_changed() */
};

/*
 * The prepared statement, reset and without bound values; prepared at first
 * use. NULL with a message logged.
 */
sqlite3_stmt *store_statement(struct store *store, enum store_statement which);

/* Logs what SQLite says of the last failure, with what was being done. */
void store_complain(struct store *store, const char *doing);

/* Runs a statement that gives no rows, and resets it; logs a failure. */
bool store_step(struct store *store, sqlite3_stmt *stmt, const char *doing);

/*
 * store_columns.c: a row of a table, to be stepped or that was. Texts stay the
 * caller's until then; src is room for one of them.
 */
void store_upload_bind(sqlite3_stmt *stmt, const struct event_upload *event,
    char src[ADDR_TEXT_MAX]);
void store_upload_read(sqlite3_stmt *stmt, struct event_upload *event);
/* All but the digest. */
void store_capture_bind(sqlite3_stmt *stmt, const struct stats *stats);
void store_capture_read(sqlite3_stmt *stmt, struct stats *stats);

#endif
