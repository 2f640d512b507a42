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

/* A number that may be unknown: NULL rather than -1, for whoever asks by SQL. */
static void
bind_known(sqlite3_stmt *stmt, int column, int64_t value, int64_t unknown)
{
	if (value != unknown)
		bind_int(stmt, column, value);
}

static void
bind_flow(sqlite3_stmt *stmt, const struct event_flow *flow, char *src)
{
	bind_int(stmt, COL_MOMENT, (int64_t)flow->moment_us);
	bind_text(stmt, COL_EVENT_ID, flow->event_id);
	bind_text(stmt, COL_GATEWAY, flow->gateway);
	bind_int(stmt, COL_FLOW_ID, (int64_t)flow->flow_id);
	bind_text(stmt, COL_COMMUNITY_ID,
	    flow->device[0] == '\0' ? flow->community_id : "");
	/* Under a pseudonym the address must not reach the file at all. */
	if (flow->device[0] == '\0' && flow->src.family != 0)
		bind_text(stmt, COL_SRC, addr_text(&flow->src, src));
	bind_int(stmt, COL_SRC_PORT, flow->src_port);
	bind_int(stmt, COL_DEST_PORT, flow->dest_port);
	bind_int(stmt, COL_PROTO, flow->proto);
	bind_text(stmt, COL_DEVICE, flow->device);
	bind_text(stmt, COL_APP, flow->app);
	bind_int(stmt, COL_APP_CONFIDENCE, flow->app_confidence);
	bind_text(stmt, COL_HOST, flow->host);
	bind_int(stmt, COL_HOST_SOURCE, flow->host_source);
	bind_text(stmt, COL_SERVICE, flow->service);
}

static void
bind_party(sqlite3_stmt *stmt, const struct event_upload *event)
{
	bind_text(stmt, COL_DOOR, event->door != NULL ? event->door : "");
	bind_text(stmt, COL_CALL, event->call);
	bind_text(stmt, COL_RECIPIENT, event->recipient);
	bind_text(stmt, COL_ENTITY, event->entity);
	bind_text(stmt, COL_COUNTRY, event->country);
	bind_int(stmt, COL_CLASS, event->class);
	bind_text(stmt, COL_GEO_COUNTRY, event->geo.country);
	bind_int(stmt, COL_GEO_ASN, event->geo.asn);
	bind_text(stmt, COL_GEO_AS_NAME, event->geo.as_name);
}

static void
bind_upload(sqlite3_stmt *stmt, const struct upload *upload)
{
	const struct contacts *contacts = &upload->contacts;
	const struct identifiers *found = &upload->identifiers;

	bind_int(stmt, COL_BEGIN, (int64_t)upload->begin_us);
	bind_int(stmt, COL_END, (int64_t)upload->end_us);
	bind_int(stmt, COL_BYTES_UP, (int64_t)upload->bytes_up);
	bind_int(stmt, COL_BYTES_DOWN, (int64_t)upload->bytes_down);
	bind_known(stmt, COL_LOW, contacts->low, CONTACTS_UNKNOWN);
	bind_known(stmt, COL_BEST, contacts->best, CONTACTS_UNKNOWN);
	bind_known(stmt, COL_HIGH, contacts->high, CONTACTS_UNKNOWN);
	bind_int(stmt, COL_METHOD, contacts->method);
	bind_int(stmt, COL_CONFIDENCE, contacts->confidence);
	bind_int(stmt, COL_PHONE, found->phone);
	bind_int(stmt, COL_EMAIL, found->email);
	bind_int(stmt, COL_HASH, found->hash);
	bind_int(stmt, COL_NAME, found->name);
	bind_int(stmt, COL_VCARD, found->vcard);
	bind_text(stmt, COL_MEDIA_TYPE, upload->media_type);
	bind_text(stmt, COL_ENCODING, upload->encoding);
	bind_int(stmt, COL_FORMAT, upload->format);
}

static void
bind_footing(sqlite3_stmt *stmt, const struct event_upload *event)
{
	const struct transfer *transfer = &event->transfer;
	const struct verdict *verdict = &event->verdict;

	bind_int(stmt, COL_BYTES_FORWARDED, (int64_t)event->bytes_forwarded);
	bind_int(stmt, COL_OUTSIDE, transfer->outside);
	bind_int(stmt, COL_STATUS, transfer->status);
	bind_text(stmt, COL_MECHANISM, transfer->mechanism);
	bind_text(stmt, COL_INSTRUMENT, transfer->instrument);
	bind_known(stmt, COL_FROM, transfer->from, DAY_NONE);
	bind_known(stmt, COL_TO, transfer->to, DAY_NONE);
	bind_text(stmt, COL_NOTE, transfer->note);
	bind_int(stmt, COL_ACTION, verdict->action);
	bind_int(stmt, COL_ENFORCED, verdict->enforced);
	bind_text(stmt, COL_RULE, verdict->rule);
	bind_text(stmt, COL_REASON, verdict->reason);
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
	bind_flow(stmt, &event->flow, src);
	bind_party(stmt, event);
	bind_upload(stmt, &event->upload);
	bind_footing(stmt, event);
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
	const uint64_t numbers[] = {
		stats->first_us, stats->last_us, stats->packets, stats->bytes,
		stats->flows, stats->uploads, stats->below_threshold,
		stats->unreadable, stats->unscanned[UNSCANNED_LIMIT],
		stats->unscanned[UNSCANNED_ENCRYPTED],
		stats->unscanned[UNSCANNED_CORRUPT], stats->unscanned[UNSCANNED_GAP],
	};
	int count = (int)(sizeof(numbers) / sizeof(numbers[0]));

	if (stmt == NULL)
		return false;
	bind_text(stmt, 0, digest);
	for (int i = 0; i < count; i++)
		bind_int(stmt, i + 1, (int64_t)numbers[i]);
	bind_text(stmt, count + 1, stats->truncated);
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
