/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All SQL of the program, as text.
 */
#include "reports/store_sql.h"

/*
 * event: every record as its JSON line, with the columns that are asked for.
 * seq gives the order of storing, by which `events --follow` goes on.
 * upload: the same uploads as typed columns, for sums.
 * capture: one row a capture file, by its digest.
 */
const char store_schema[] =
    "CREATE TABLE event ("
    " seq INTEGER PRIMARY KEY AUTOINCREMENT,"
    " event_id TEXT NOT NULL UNIQUE,"
    " moment INTEGER NOT NULL,"
    " type TEXT NOT NULL,"
    " service TEXT NOT NULL,"
    " recipient TEXT NOT NULL,"
    " action TEXT NOT NULL,"
    " json TEXT NOT NULL);"
    "CREATE INDEX event_by_moment ON event (moment, event_id);"
    "CREATE TABLE upload ("
    " moment INTEGER NOT NULL, event_id TEXT NOT NULL PRIMARY KEY,"
    " gateway TEXT NOT NULL, flow_id INTEGER NOT NULL,"
    " community_id TEXT NOT NULL,"
    " src TEXT, src_port INTEGER NOT NULL, dest_port INTEGER NOT NULL,"
    " proto INTEGER NOT NULL, device TEXT NOT NULL,"
    " app TEXT NOT NULL, app_confidence INTEGER NOT NULL,"
    " host TEXT NOT NULL, host_source INTEGER NOT NULL,"
    " service TEXT NOT NULL, door TEXT NOT NULL, call TEXT NOT NULL,"
    " recipient TEXT NOT NULL, entity TEXT NOT NULL, country TEXT NOT NULL,"
    " class INTEGER NOT NULL,"
    " geo_country TEXT NOT NULL, geo_asn INTEGER NOT NULL,"
    " geo_as_name TEXT NOT NULL,"
    " begin_us INTEGER NOT NULL, end_us INTEGER NOT NULL,"
    " bytes_up INTEGER NOT NULL, bytes_down INTEGER NOT NULL,"
    " bytes_forwarded INTEGER NOT NULL,"
    " low INTEGER, best INTEGER, high INTEGER,"
    " method INTEGER NOT NULL, confidence INTEGER NOT NULL,"
    " phone INTEGER NOT NULL, email INTEGER NOT NULL, hash INTEGER NOT NULL,"
    " name INTEGER NOT NULL, vcard INTEGER NOT NULL,"
    " media_type TEXT NOT NULL, encoding TEXT NOT NULL, format INTEGER NOT NULL,"
    " outside INTEGER NOT NULL, status INTEGER NOT NULL,"
    " mechanism TEXT NOT NULL, instrument TEXT NOT NULL,"
    " valid_from INTEGER, valid_to INTEGER, note TEXT NOT NULL,"
    " action INTEGER NOT NULL, enforced INTEGER NOT NULL,"
    " rule TEXT NOT NULL, reason TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX upload_by_moment ON upload (moment, event_id);"
    "CREATE TABLE capture ("
    " digest TEXT PRIMARY KEY, first_us INTEGER NOT NULL,"
    " last_us INTEGER NOT NULL, packets INTEGER NOT NULL,"
    " bytes INTEGER NOT NULL, flows INTEGER NOT NULL,"
    " uploads INTEGER NOT NULL, below_threshold INTEGER NOT NULL,"
    " unreadable INTEGER NOT NULL, unscanned_limit INTEGER NOT NULL,"
    " unscanned_encrypted INTEGER NOT NULL,"
    " unscanned_corrupt INTEGER NOT NULL, unscanned_gap INTEGER NOT NULL,"
    " truncated TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE secret (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;";

#define FILTER(MOMENT, SERVICE, RECIPIENT, ACTION, TYPE, SEQ) \
	" WHERE (?1 = 0 OR " MOMENT " >= ?1) AND (?2 = 0 OR " MOMENT " < ?2)" \
	" AND (?3 IS NULL OR " SERVICE " = ?3)" \
	" AND (?4 IS NULL OR " RECIPIENT " = ?4)" \
	" AND (?5 IS NULL OR " ACTION " = ?5)" \
	" AND (?6 IS NULL OR " TYPE " = ?6)" \
	" AND (?7 = 0 OR " SEQ " > ?7) AND (?8 = 0 OR " SEQ " <= ?8)"

const char *const store_sql[STORE_STATEMENTS] = {
	[STORE_BEGIN] = "BEGIN IMMEDIATE",
	[STORE_COMMIT] = "COMMIT",
	[STORE_ROLLBACK] = "ROLLBACK",
	[STORE_PUT_EVENT] =
	    "INSERT OR IGNORE INTO event"
	    " (event_id, moment, type, service, recipient, action, json)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[STORE_PUT_UPLOAD] =
	    "INSERT INTO upload VALUES ("
	    "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,"
	    "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[STORE_PUT_CAPTURE] =
	    "INSERT OR REPLACE INTO capture VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[STORE_PUT_CAPTURE_EVENT] =
	    "INSERT INTO event (event_id, moment, type, service, recipient, action, json)"
	    " VALUES (?1, ?2, 'stats', '', '', '', ?3)"
	    " ON CONFLICT (event_id) DO UPDATE"
	    " SET moment = excluded.moment, json = excluded.json",
	[STORE_GET_SECRET] = "SELECT value FROM secret WHERE name = ?1",
	[STORE_PUT_SECRET] = "INSERT OR IGNORE INTO secret VALUES (?1, ?2)",
	[STORE_EACH_JSON] =
	    "SELECT json FROM (SELECT moment, event_id, json FROM event"
	    FILTER("moment", "service", "recipient", "action", "type", "seq")
	    " ORDER BY moment DESC, event_id DESC LIMIT ?9)"
	    " ORDER BY moment, event_id",
	[STORE_EACH_UPLOAD] =
	    "SELECT upload.* FROM upload JOIN event USING (event_id)"
	    FILTER("upload.moment", "event.service", "event.recipient",
	    "event.action", "event.type", "event.seq")
	    " ORDER BY upload.moment, upload.event_id",
	[STORE_SUM_CAPTURES] =
	    "SELECT * FROM capture"
	    " WHERE (?1 = 0 OR last_us >= ?1) AND (?2 = 0 OR first_us < ?2)"
	    " ORDER BY first_us, digest",
	[STORE_MARK] = "SELECT coalesce(max(seq), 0) FROM event",
	[STORE_DATA_VERSION] = "PRAGMA data_version",
	[STORE_EXPIRE_UPLOADS] = "DELETE FROM upload WHERE moment < ?1",
	/* The counts of a capture are totals: they are kept as those are. */
	[STORE_EXPIRE_EVENTS] =
	    "DELETE FROM event WHERE moment < CASE type WHEN 'stats' THEN ?2 ELSE ?1 END",
	[STORE_EXPIRE_CAPTURES] = "DELETE FROM capture WHERE last_us < ?2",
	[STORE_FOLD_JOURNAL] = "PRAGMA wal_checkpoint(TRUNCATE)",
};
