/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store's writes: events, captures, and the key of the pseudonyms.
 */
#include "reports/store_sql.h"

#include <stdlib.h>
#include <string.h>

#include "core/digest.h"
#include "core/log.h"

#define IDENTITY_KEY_LEN 32

/* A failed write undoes its transaction, so that nothing half-written stays. */
static bool
store_put_step(struct store *store, sqlite3_stmt *stmt)
{
	if (sqlite3_get_autocommit(store->db)) {
		log_error("store", "%s: written outside a transaction", store->path);
		return false;
	}
	if (store_step(store, stmt, "cannot write"))
		return true;
	store_rollback(store);
	return false;
}

static void
bind_text(sqlite3_stmt *stmt, int column, const char *text)
{
	sqlite3_bind_text(stmt, column + 1, text, -1, SQLITE_STATIC);
}

static void
bind_int(sqlite3_stmt *stmt, int column, int64_t value)
{
	sqlite3_bind_int64(stmt, column + 1, value);
}

/*
 * Writes the JSON line. *fresh tells whether it was not there before. The
 * text is freed here.
 */
static bool
put_event(struct store *store, const struct event_flow *flow, const char *type,
    const char *recipient, const char *action, char *json, bool *fresh)
{
	sqlite3_stmt *stmt = store_statement(store, STORE_PUT_EVENT);
	bool ok = false;

	if (json == NULL)
		log_error("store", "out of memory");
	else if (stmt != NULL) {
		bind_text(stmt, 0, flow->event_id);
		bind_int(stmt, 1, (int64_t)flow->moment_us);
		bind_text(stmt, 2, type);
		bind_text(stmt, 3, flow->service);
		bind_text(stmt, 4, recipient);
		bind_text(stmt, 5, action);
		bind_text(stmt, 6, json);
		ok = store_put_step(store, stmt);
		*fresh = ok && sqlite3_changes(store->db) > 0;
	}
	if (!ok)
		store_rollback(store);
	free(json);
	return ok;
}

bool
store_put_upload(struct store *store, const struct event_upload *event)
{
	char src[ADDR_TEXT_MAX];
	sqlite3_stmt *stmt;
	bool fresh = false;

	if (!put_event(store, &event->flow, "contact_upload", event->recipient,
	    action_name(event->verdict.action), event_upload_json(event), &fresh))
		return false;
	if (!fresh)
		return true;
	stmt = store_statement(store, STORE_PUT_UPLOAD);
	if (stmt == NULL) {
		store_rollback(store);
		return false;
	}
	store_upload_bind(stmt, event, src);
	return store_put_step(store, stmt);
}

bool
store_put_flow(struct store *store, const struct event_flow_end *event)
{
	bool fresh;

	return put_event(store, &event->flow, "flow", "", "",
	    event_flow_json(event), &fresh);
}

bool
store_put_bypass(struct store *store, const struct event_bypass *event)
{
	bool fresh;

	return put_event(store, &event->flow, "bypass", "", "",
	    event_bypass_json(event), &fresh);
}

static bool
put_capture(struct store *store, const struct stats *stats, const char *digest)
{
	sqlite3_stmt *stmt = store_statement(store, STORE_PUT_CAPTURE);

	if (stmt == NULL)
		return false;
	bind_text(stmt, 0, digest);
	store_capture_bind(stmt, stats);
	return store_put_step(store, stmt);
}

bool
store_put_stats(struct store *store, const struct stats *stats, const char *digest)
{
	sqlite3_stmt *stmt;
	char *json;
	bool ok = false;

	if (!put_capture(store, stats, digest))
		return false;
	json = event_stats_json(stats);
	stmt = store_statement(store, STORE_PUT_CAPTURE_EVENT);
	if (json != NULL && stmt != NULL) {
		bind_text(stmt, 0, digest);
		bind_int(stmt, 1, (int64_t)stats->last_us);
		bind_text(stmt, 2, json);
		ok = store_put_step(store, stmt);
	}
	if (!ok)
		store_rollback(store);
	free(json);
	return ok;
}

/* ---- the key of the pseudonyms ------------------------------------------------ */

static bool
secret_read(struct store *store, uint8_t key[IDENTITY_KEY_LEN])
{
	sqlite3_stmt *stmt = store_statement(store, STORE_GET_SECRET);
	bool found = false;

	if (stmt == NULL)
		return false;
	bind_text(stmt, 0, "identity");
	if (sqlite3_step(stmt) == SQLITE_ROW &&
	    sqlite3_column_bytes(stmt, 0) == IDENTITY_KEY_LEN) {
		memcpy(key, sqlite3_column_blob(stmt, 0), IDENTITY_KEY_LEN);
		found = true;
	}
	sqlite3_reset(stmt);
	return found;
}

bool
store_identity_key(struct store *store, uint8_t key[IDENTITY_KEY_LEN])
{
	sqlite3_stmt *stmt;
	uint8_t fresh[IDENTITY_KEY_LEN];
	bool ok;

	if (secret_read(store, key))
		return true;
	stmt = store_statement(store, STORE_PUT_SECRET);
	if (stmt == NULL)
		return false;
	random_bytes(fresh, sizeof(fresh));
	bind_text(stmt, 0, "identity");
	sqlite3_bind_blob(stmt, 2, fresh, sizeof(fresh), SQLITE_STATIC);
	ok = store_step(store, stmt, "cannot keep the key of the pseudonyms");
	sqlite3_clear_bindings(stmt);
	explicit_bzero(fresh, sizeof(fresh));
	/* Read back: another program may have been first. */
	return ok && secret_read(store, key);
}
