/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store's reads. What comes out of the file is checked like any input: a
 * store may have been edited by hand.
 */
#include "reports/store_sql.h"

#include <stdio.h>
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

static void
column_text(sqlite3_stmt *stmt, int column, char *text, size_t size)
{
	const char *value = (const char *)sqlite3_column_text(stmt, column);

	snprintf(text, size, "%s", value != NULL ? value : "");
}

#define TEXT(COLUMN, FIELD) column_text(stmt, COLUMN, FIELD, sizeof(FIELD))

static int64_t
column_known(sqlite3_stmt *stmt, int column, int64_t unknown)
{
	return sqlite3_column_type(stmt, column) == SQLITE_NULL ? unknown :
	    sqlite3_column_int64(stmt, column);
}

/* A number that stands for one of `kinds` values; 0 for any other. */
static int
column_kind(sqlite3_stmt *stmt, int column, int kinds)
{
	int64_t value = sqlite3_column_int64(stmt, column);

	return value >= 0 && value < kinds ? (int)value : 0;
}

static uint64_t
column_count(sqlite3_stmt *stmt, int column)
{
	int64_t value = sqlite3_column_int64(stmt, column);

	return value > 0 ? (uint64_t)value : 0;
}

static void
read_flow(sqlite3_stmt *stmt, struct event_flow *flow)
{
	char src[ADDR_TEXT_MAX];

	flow->moment_us = column_count(stmt, COL_MOMENT);
	TEXT(COL_EVENT_ID, flow->event_id);
	TEXT(COL_GATEWAY, flow->gateway);
	flow->flow_id = (uint64_t)sqlite3_column_int64(stmt, COL_FLOW_ID);
	TEXT(COL_COMMUNITY_ID, flow->community_id);
	TEXT(COL_SRC, src);
	if (!addr_parse(src, &flow->src))
		memset(&flow->src, 0, sizeof(flow->src));
	flow->src_port = (uint16_t)sqlite3_column_int(stmt, COL_SRC_PORT);
	flow->dest_port = (uint16_t)sqlite3_column_int(stmt, COL_DEST_PORT);
	flow->proto = (uint8_t)sqlite3_column_int(stmt, COL_PROTO);
	TEXT(COL_DEVICE, flow->device);
	TEXT(COL_APP, flow->app);
	flow->app_confidence = column_kind(stmt, COL_APP_CONFIDENCE, APP_DPI + 1);
	TEXT(COL_HOST, flow->host);
	flow->host_source = column_kind(stmt, COL_HOST_SOURCE, HOST_SNI + 1);
	TEXT(COL_SERVICE, flow->service);
}

static const char *
read_door(sqlite3_stmt *stmt)
{
	static const char *const doors[] = { "replay", "live", "proxy" };
	const char *value = (const char *)sqlite3_column_text(stmt, COL_DOOR);

	for (size_t i = 0; i < sizeof(doors) / sizeof(doors[0]); i++)
		if (value != NULL && strcmp(value, doors[i]) == 0)
			return doors[i];
	return "";
}

static void
read_party(sqlite3_stmt *stmt, struct event_upload *event)
{
	int class = sqlite3_column_int(stmt, COL_CLASS);

	event->door = read_door(stmt);
	TEXT(COL_CALL, event->call);
	TEXT(COL_RECIPIENT, event->recipient);
	TEXT(COL_ENTITY, event->entity);
	TEXT(COL_COUNTRY, event->country);
	event->class = class >= 'A' && class <= 'D' ? (char)class : 'A';
	TEXT(COL_GEO_COUNTRY, event->geo.country);
	event->geo.asn = (uint32_t)column_count(stmt, COL_GEO_ASN);
	TEXT(COL_GEO_AS_NAME, event->geo.as_name);
}

static void
read_upload(sqlite3_stmt *stmt, struct upload *upload)
{
	struct contacts *contacts = &upload->contacts;
	struct identifiers *found = &upload->identifiers;

	upload->begin_us = column_count(stmt, COL_BEGIN);
	upload->end_us = column_count(stmt, COL_END);
	upload->bytes_up = column_count(stmt, COL_BYTES_UP);
	upload->bytes_down = column_count(stmt, COL_BYTES_DOWN);
	contacts->low = column_known(stmt, COL_LOW, CONTACTS_UNKNOWN);
	contacts->best = column_known(stmt, COL_BEST, CONTACTS_UNKNOWN);
	contacts->high = column_known(stmt, COL_HIGH, CONTACTS_UNKNOWN);
	contacts->method = column_kind(stmt, COL_METHOD, METHOD_CONTENT + 1);
	contacts->confidence =
	    column_kind(stmt, COL_CONFIDENCE, CONFIDENCE_HIGH + 1);
	found->phone = (uint32_t)column_count(stmt, COL_PHONE);
	found->email = (uint32_t)column_count(stmt, COL_EMAIL);
	found->hash = (uint32_t)column_count(stmt, COL_HASH);
	found->name = (uint32_t)column_count(stmt, COL_NAME);
	found->vcard = (uint32_t)column_count(stmt, COL_VCARD);
	TEXT(COL_MEDIA_TYPE, upload->media_type);
	TEXT(COL_ENCODING, upload->encoding);
	upload->format = column_kind(stmt, COL_FORMAT, FORMAT_TEXT + 1);
}

static void
read_footing(sqlite3_stmt *stmt, struct event_upload *event)
{
	struct transfer *transfer = &event->transfer;
	struct verdict *verdict = &event->verdict;

	event->bytes_forwarded = column_count(stmt, COL_BYTES_FORWARDED);
	transfer->outside = column_kind(stmt, COL_OUTSIDE, OUTSIDE_UNKNOWN + 1);
	transfer->status = column_kind(stmt, COL_STATUS, TRANSFER_IN_FORCE + 1);
	TEXT(COL_MECHANISM, transfer->mechanism);
	TEXT(COL_INSTRUMENT, transfer->instrument);
	transfer->from = (day_t)column_known(stmt, COL_FROM, DAY_NONE);
	transfer->to = (day_t)column_known(stmt, COL_TO, DAY_NONE);
	TEXT(COL_NOTE, transfer->note);
	verdict->action = column_kind(stmt, COL_ACTION, ACTION_BLOCK + 1);
	verdict->enforced = sqlite3_column_int(stmt, COL_ENFORCED) != 0;
	TEXT(COL_RULE, verdict->rule);
	TEXT(COL_REASON, verdict->reason);
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

		memset(&event, 0, sizeof(event));
		read_flow(stmt, &event.flow);
		read_party(stmt, &event);
		read_upload(stmt, &event.upload);
		read_footing(stmt, &event);
		if (!each(arg, &event))
			break;
	}
	return store_read_end(store, stmt, code);
}

static void
read_stats(sqlite3_stmt *stmt, struct stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	stats->first_us = column_count(stmt, 1);
	stats->last_us = column_count(stmt, 2);
	stats->packets = column_count(stmt, 3);
	stats->bytes = column_count(stmt, 4);
	stats->flows = column_count(stmt, 5);
	stats->uploads = column_count(stmt, 6);
	stats->below_threshold = column_count(stmt, 7);
	stats->unreadable = column_count(stmt, 8);
	stats->unscanned[UNSCANNED_LIMIT] = column_count(stmt, 9);
	stats->unscanned[UNSCANNED_ENCRYPTED] = column_count(stmt, 10);
	stats->unscanned[UNSCANNED_CORRUPT] = column_count(stmt, 11);
	stats->unscanned[UNSCANNED_GAP] = column_count(stmt, 12);
	column_text(stmt, 13, stats->truncated, sizeof(stats->truncated));
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

		read_stats(stmt, &part);
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
