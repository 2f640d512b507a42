/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which column holds which field: a row is both how it is written and how it is
 * read back. Rows stand in the order of the tables in store_sql.c. What comes
 * out of the file is checked like any input: it may have been edited by hand.
 */
#include "reports/store_sql.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum column_kind {
	COLUMN_OWN,		/* written and read apart, below */
	COLUMN_TEXT,
	COLUMN_COUNT,		/* unsigned; a negative number is read as 0 */
	COLUMN_BITS,		/* 64 bits of any value */
	COLUMN_KIND,		/* an enum or a bool below limit; another is read as 0 */
	COLUMN_CLASS,		/* 'A'..'D' */
	COLUMN_ESTIMATE,	/* NULL rather than -1, for whoever asks by SQL */
	COLUMN_DAY		/* NULL for DAY_NONE */
};

struct column {
	uint16_t at, size;
	uint8_t kind;
	uint8_t limit;
};

#define ROW(STRUCT, MEMBER, KIND, LIMIT) \
	{ offsetof(struct STRUCT, MEMBER), sizeof(((struct STRUCT *)0)->MEMBER), KIND, LIMIT }
#define TEXT(MEMBER) ROW(event_upload, MEMBER, COLUMN_TEXT, 0)
#define COUNT(MEMBER) ROW(event_upload, MEMBER, COLUMN_COUNT, 0)
#define KIND(MEMBER, LAST) ROW(event_upload, MEMBER, COLUMN_KIND, (LAST) + 1)
#define ESTIMATE(MEMBER) ROW(event_upload, MEMBER, COLUMN_ESTIMATE, 0)
#define DAY(MEMBER) ROW(event_upload, MEMBER, COLUMN_DAY, 0)
#define OWN { 0, 0, COLUMN_OWN, 0 }

enum { COL_COMMUNITY_ID = 4, COL_SRC = 5, COL_DOOR = 15 };

static const struct column upload_columns[] = {
	COUNT(flow.moment_us), TEXT(flow.event_id), TEXT(flow.gateway),
	ROW(event_upload, flow.flow_id, COLUMN_BITS, 0),
	[COL_COMMUNITY_ID] = TEXT(flow.community_id), [COL_SRC] = OWN,
	COUNT(flow.src_port), COUNT(flow.dest_port), COUNT(flow.proto),
	TEXT(flow.device), TEXT(flow.app), KIND(flow.app_confidence, APP_DPI),
	TEXT(flow.host), KIND(flow.host_source, HOST_SNI), TEXT(flow.service),
	[COL_DOOR] = OWN, TEXT(call), TEXT(recipient), TEXT(entity), TEXT(country),
	ROW(event_upload, class, COLUMN_CLASS, 0),
	TEXT(geo.country), COUNT(geo.asn), TEXT(geo.as_name),
	COUNT(upload.begin_us), COUNT(upload.end_us),
	COUNT(upload.bytes_up), COUNT(upload.bytes_down), COUNT(bytes_forwarded),
	ESTIMATE(upload.contacts.low), ESTIMATE(upload.contacts.best),
	ESTIMATE(upload.contacts.high), KIND(upload.contacts.method, METHOD_CONTENT),
	KIND(upload.contacts.confidence, CONFIDENCE_HIGH),
	COUNT(upload.identifiers.phone), COUNT(upload.identifiers.email),
	COUNT(upload.identifiers.hash), COUNT(upload.identifiers.name),
	COUNT(upload.identifiers.vcard), TEXT(upload.media_type), TEXT(upload.encoding),
	KIND(upload.format, FORMAT_TEXT), KIND(transfer.outside, OUTSIDE_UNKNOWN),
	KIND(transfer.status, TRANSFER_IN_FORCE), TEXT(transfer.mechanism),
	TEXT(transfer.instrument), DAY(transfer.from), DAY(transfer.to), TEXT(transfer.note),
	KIND(verdict.action, ACTION_BLOCK), KIND(verdict.enforced, true),
	TEXT(verdict.rule), TEXT(verdict.reason),
};

#define STAT(MEMBER) ROW(stats, MEMBER, COLUMN_COUNT, 0)

/* The first, the digest, is no field. */
static const struct column capture_columns[] = {
	OWN, STAT(first_us), STAT(last_us), STAT(packets), STAT(bytes), STAT(flows),
	STAT(uploads), STAT(below_threshold), STAT(unreadable),
	STAT(unscanned[UNSCANNED_LIMIT]), STAT(unscanned[UNSCANNED_ENCRYPTED]),
	STAT(unscanned[UNSCANNED_CORRUPT]), STAT(unscanned[UNSCANNED_GAP]),
	ROW(stats, truncated, COLUMN_TEXT, 0),
};

#define COLUMNS(TABLE) (sizeof(TABLE) / sizeof((TABLE)[0]))

/* ---- any field ----------------------------------------------------------------- */

static uint64_t
field_get(const struct column *column, const char *at)
{
	union { uint8_t u8; uint16_t u16; uint32_t u32; uint64_t u64; } value;

	memcpy(&value, at, column->size);
	return column->size == 1 ? value.u8 : column->size == 2 ? value.u16 :
	    column->size == 4 ? value.u32 : value.u64;
}

static void
field_put(const struct column *column, char *at, uint64_t number)
{
	union { uint8_t u8; uint16_t u16; uint32_t u32; uint64_t u64; } value;

	switch (column->size) {
	case 1: value.u8 = (uint8_t)number; break;
	case 2: value.u16 = (uint16_t)number; break;
	case 4: value.u32 = (uint32_t)number; break;
	default: value.u64 = number;
	}
	memcpy(at, &value, column->size);
}

/* What stands for NULL in a field of that kind. */
static uint64_t
field_unknown(const struct column *column)
{
	return column->kind == COLUMN_DAY ? (uint32_t)DAY_NONE : (uint64_t)CONTACTS_UNKNOWN;
}

static void
column_bind(sqlite3_stmt *stmt, int i, const struct column *column, const char *at)
{
	uint64_t number;

	if (column->kind == COLUMN_OWN)
		return;
	if (column->kind == COLUMN_TEXT) {
		sqlite3_bind_text(stmt, i + 1, at, -1, SQLITE_STATIC);
		return;
	}
	number = field_get(column, at);
	if (column->kind < COLUMN_ESTIMATE || number != field_unknown(column))
		sqlite3_bind_int64(stmt, i + 1, column->kind == COLUMN_DAY ?
		    (int32_t)number : (int64_t)number);
}

/* A number as its kind allows it. */
static uint64_t
number_fit(const struct column *column, int64_t number)
{
	switch (column->kind) {
	case COLUMN_COUNT:
		return number > 0 ? (uint64_t)number : 0;
	case COLUMN_KIND:
		return number >= 0 && number < column->limit ? (uint64_t)number : 0;
	case COLUMN_CLASS:
		return number >= 'A' && number <= 'D' ? (uint64_t)number : 'A';
	default:
		return (uint64_t)number;
	}
}

static void
column_read(sqlite3_stmt *stmt, int i, const struct column *column, char *at)
{
	const char *text;

	switch (column->kind) {
	case COLUMN_OWN:
		return;
	case COLUMN_TEXT:
		text = (const char *)sqlite3_column_text(stmt, i);
		snprintf(at, column->size, "%s", text != NULL ? text : "");
		return;
	case COLUMN_ESTIMATE:
	case COLUMN_DAY:
		if (sqlite3_column_type(stmt, i) == SQLITE_NULL) {
			field_put(column, at, field_unknown(column));
			return;
		}
	}
	field_put(column, at, number_fit(column, sqlite3_column_int64(stmt, i)));
}

/* ---- an upload ------------------------------------------------------------------- */

void
store_upload_bind(sqlite3_stmt *stmt, const struct event_upload *event,
    char src[ADDR_TEXT_MAX])
{
	const struct event_flow *flow = &event->flow;
	const bool pseudonym = flow->device[0] != '\0';

	for (int i = 0; i < (int)COLUMNS(upload_columns); i++)
		column_bind(stmt, i, &upload_columns[i],
		    (const char *)event + upload_columns[i].at);
	/* Under a pseudonym neither the address nor a digest of it may reach the file. */
	if (pseudonym)
		sqlite3_bind_text(stmt, COL_COMMUNITY_ID + 1, "", -1, SQLITE_STATIC);
	else if (flow->src.family != 0)
		sqlite3_bind_text(stmt, COL_SRC + 1, addr_text(&flow->src, src), -1,
		    SQLITE_STATIC);
	sqlite3_bind_text(stmt, COL_DOOR + 1, event->door != NULL ? event->door : "", -1,
	    SQLITE_STATIC);
}

static const char *
door_read(const char *value)
{
	static const char *const doors[] = { "replay", "live", "proxy" };

	for (size_t i = 0; i < sizeof(doors) / sizeof(doors[0]); i++)
		if (value != NULL && strcmp(value, doors[i]) == 0)
			return doors[i];
	return "";
}

void
store_upload_read(sqlite3_stmt *stmt, struct event_upload *event)
{
	const char *src = (const char *)sqlite3_column_text(stmt, COL_SRC);

	memset(event, 0, sizeof(*event));
	for (int i = 0; i < (int)COLUMNS(upload_columns); i++)
		column_read(stmt, i, &upload_columns[i], (char *)event + upload_columns[i].at);
	if (src == NULL || !addr_parse(src, &event->flow.src))
		memset(&event->flow.src, 0, sizeof(event->flow.src));
	event->door = door_read((const char *)sqlite3_column_text(stmt, COL_DOOR));
}

/* ---- a capture --------------------------------------------------------------------- */

void
store_capture_bind(sqlite3_stmt *stmt, const struct stats *stats)
{
	for (int i = 0; i < (int)COLUMNS(capture_columns); i++)
		column_bind(stmt, i, &capture_columns[i],
		    (const char *)stats + capture_columns[i].at);
}

void
store_capture_read(sqlite3_stmt *stmt, struct stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	for (int i = 0; i < (int)COLUMNS(capture_columns); i++)
		column_read(stmt, i, &capture_columns[i], (char *)stats + capture_columns[i].at);
}
