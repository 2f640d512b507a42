/* SPDX-License-Identifier: Apache-2.0 */
#include "core/channel_record.h"

#include <assert.h>
#include <string.h>

#include "core/file.h"

/* What stands before the struct. */
struct record_head {
	uint16_t version;
	uint16_t kind;			/* enum message_kind, once more */
	uint32_t door;			/* index into doors; the struct's own pointer is NULL */
};

static const char *const doors[] = { "replay", "live", "proxy" };

#define DOORS (sizeof(doors) / sizeof(doors[0]))

_Static_assert(sizeof(struct record_head) + sizeof(struct event_upload) <= CHANNEL_BODY_MAX,
    "an upload fits a message");
_Static_assert(sizeof(struct record_head) + sizeof(struct event_bypass) <= CHANNEL_BODY_MAX,
    "a bypass fits a message");

/* 9999-12-31, the last day that a date's text has room for, and 0001-01-01. */
#define RECORD_DAY_MAX 2932896
#define RECORD_DAY_MIN (-719162)
#define RECORD_MOMENT_MAX ((uint64_t)(RECORD_DAY_MAX + 1) * USEC_PER_DAY - 1)

enum field_kind {
	FIELD_TEXT,		/* ends in a NUL within its size; UTF-8 */
	FIELD_KIND,		/* an enum of 4 bytes below limit */
	FIELD_BOOL,
	FIELD_ADDR,
	FIELD_MOMENT,
	FIELD_COUNT,		/* 64 bits that a signed number holds as well */
	FIELD_ESTIMATE,		/* CONTACTS_UNKNOWN or a count */
	FIELD_DAY,
	FIELD_CLASS		/* 'A'..'D' */
};

struct record_field {
	uint16_t offset, size;
	uint8_t kind;
	uint8_t limit;
};

#define ROW(STRUCT, MEMBER, KIND, LIMIT) \
	{ offsetof(struct STRUCT, MEMBER), sizeof(((struct STRUCT *)0)->MEMBER), KIND, LIMIT }

/* The fields of a struct event_flow that begins the struct. */
#define FLOW_ROWS(STRUCT) \
	ROW(STRUCT, flow.moment_us, FIELD_MOMENT, 0), \
	ROW(STRUCT, flow.event_id, FIELD_TEXT, 0), \
	ROW(STRUCT, flow.gateway, FIELD_TEXT, 0), \
	ROW(STRUCT, flow.flow_id, FIELD_COUNT, 0), \
	ROW(STRUCT, flow.community_id, FIELD_TEXT, 0), \
	ROW(STRUCT, flow.src, FIELD_ADDR, 0), \
	ROW(STRUCT, flow.dest, FIELD_ADDR, 0), \
	ROW(STRUCT, flow.device, FIELD_TEXT, 0), \
	ROW(STRUCT, flow.app, FIELD_TEXT, 0), \
	ROW(STRUCT, flow.app_confidence, FIELD_KIND, APP_DPI + 1), \
	ROW(STRUCT, flow.host, FIELD_TEXT, 0), \
	ROW(STRUCT, flow.host_source, FIELD_KIND, HOST_SNI + 1), \
	ROW(STRUCT, flow.service, FIELD_TEXT, 0)

static const struct record_field upload_fields[] = {
	FLOW_ROWS(event_upload),
	ROW(event_upload, call, FIELD_TEXT, 0),
	ROW(event_upload, recipient, FIELD_TEXT, 0),
	ROW(event_upload, entity, FIELD_TEXT, 0),
	ROW(event_upload, country, FIELD_TEXT, 0),
	ROW(event_upload, class, FIELD_CLASS, 0),
	ROW(event_upload, geo.country, FIELD_TEXT, 0),
	ROW(event_upload, geo.as_name, FIELD_TEXT, 0),
	ROW(event_upload, upload.begin_us, FIELD_MOMENT, 0),
	ROW(event_upload, upload.end_us, FIELD_MOMENT, 0),
	ROW(event_upload, upload.bytes_up, FIELD_COUNT, 0),
	ROW(event_upload, upload.bytes_down, FIELD_COUNT, 0),
	ROW(event_upload, upload.contacts.low, FIELD_ESTIMATE, 0),
	ROW(event_upload, upload.contacts.best, FIELD_ESTIMATE, 0),
	ROW(event_upload, upload.contacts.high, FIELD_ESTIMATE, 0),
	ROW(event_upload, upload.contacts.method, FIELD_KIND, METHOD_CONTENT + 1),
	ROW(event_upload, upload.contacts.confidence, FIELD_KIND, CONFIDENCE_HIGH + 1),
	ROW(event_upload, upload.media_type, FIELD_TEXT, 0),
	ROW(event_upload, upload.encoding, FIELD_TEXT, 0),
	ROW(event_upload, upload.format, FIELD_KIND, FORMAT_TEXT + 1),
	ROW(event_upload, bytes_forwarded, FIELD_COUNT, 0),
	ROW(event_upload, transfer.outside, FIELD_KIND, OUTSIDE_UNKNOWN + 1),
	ROW(event_upload, transfer.status, FIELD_KIND, TRANSFER_IN_FORCE + 1),
	ROW(event_upload, transfer.mechanism, FIELD_TEXT, 0),
	ROW(event_upload, transfer.instrument, FIELD_TEXT, 0),
	ROW(event_upload, transfer.from, FIELD_DAY, 0),
	ROW(event_upload, transfer.to, FIELD_DAY, 0),
	ROW(event_upload, transfer.note, FIELD_TEXT, 0),
	ROW(event_upload, verdict.action, FIELD_KIND, ACTION_BLOCK + 1),
	ROW(event_upload, verdict.enforced, FIELD_BOOL, 0),
	ROW(event_upload, verdict.rule, FIELD_TEXT, 0),
	ROW(event_upload, verdict.reason, FIELD_TEXT, 0),
};

static const struct record_field bypass_fields[] = {
	FLOW_ROWS(event_bypass),
	ROW(event_bypass, reason, FIELD_KIND, BYPASS_OPERATOR + 1),
	ROW(event_bypass, until_us, FIELD_MOMENT, 0),
};

#define COUNT(ROWS) (sizeof(ROWS) / sizeof((ROWS)[0]))

/* ---- checking ------------------------------------------------------------------ */

static bool
text_ok(const uint8_t *at, size_t size)
{
	const uint8_t *end = memchr(at, 0, size);

	return end != NULL && utf8_bad((const char *)at, (size_t)(end - at)) == NULL;
}

static bool
addr_ok(const uint8_t *at)
{
	static const uint8_t zero[sizeof(struct addr)];
	struct addr addr;

	memcpy(&addr, at, sizeof(addr));
	switch (addr.family) {
	case 0: return memcmp(addr.bytes, zero, 16) == 0;
	case 4: return memcmp(addr.bytes + 4, zero, 12) == 0;
	case 6: return true;
	default: return false;
	}
}

static bool
day_ok(const uint8_t *at)
{
	day_t day;

	memcpy(&day, at, sizeof(day));
	return day == DAY_NONE || (day >= RECORD_DAY_MIN && day <= RECORD_DAY_MAX);
}

static bool
number_ok(const uint8_t *at, enum field_kind kind)
{
	uint64_t number;

	memcpy(&number, at, sizeof(number));
	switch (kind) {
	case FIELD_MOMENT: return number <= RECORD_MOMENT_MAX;
	case FIELD_ESTIMATE: return number <= INT64_MAX || (int64_t)number == CONTACTS_UNKNOWN;
	default: return number <= INT64_MAX;
	}
}

static bool
kind_ok(const uint8_t *at, unsigned limit)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value < limit;
}

static bool
field_ok(const struct record_field *field, const uint8_t *at)
{
	switch ((enum field_kind)field->kind) {
	case FIELD_TEXT: return text_ok(at, field->size);
	case FIELD_KIND: return kind_ok(at, field->limit);
	case FIELD_BOOL: return at[0] <= 1;
	case FIELD_ADDR: return addr_ok(at);
	case FIELD_DAY: return day_ok(at);
	case FIELD_CLASS: return at[0] >= 'A' && at[0] <= 'D';
	default: return number_ok(at, (enum field_kind)field->kind);
	}
}

static bool
fields_ok(const struct record_field *fields, size_t count, const uint8_t *record)
{
	for (size_t i = 0; i < count; i++)
		if (!field_ok(&fields[i], record + fields[i].offset))
			return false;
	return true;
}

/* a <= b, where both are known. */
static bool
ordered(int64_t a, int64_t b)
{
	return a == CONTACTS_UNKNOWN || b == CONTACTS_UNKNOWN || a <= b;
}

static bool
contacts_ok(const struct contacts *contacts)
{
	return ordered(contacts->low, contacts->best) &&
	    ordered(contacts->best, contacts->high) && ordered(contacts->low, contacts->high);
}

/* An event's id is a key of the store: the form that event_id_make() gives it. */
static bool
event_id_ok(const char *id)
{
	return strlen(id) == EVENT_ID_MAX - 1 &&
	    strspn(id, "0123456789abcdef-") == EVENT_ID_MAX - 1;
}

/* ---- putting and getting ---------------------------------------------------------- */

/* A text that was cut to its bound within a character would be refused. */
static void
texts_trim(const struct record_field *fields, size_t count, uint8_t *body)
{
	for (size_t i = 0; i < count; i++) {
		if (fields[i].kind != FIELD_TEXT)
			continue;
		body[fields[i].offset + fields[i].size - 1] = '\0';
		utf8_trim((char *)body + fields[i].offset);
	}
}

static size_t
record_put(uint8_t *record, enum message_kind kind, size_t door, const void *event, size_t size)
{
	struct record_head head = { RECORD_VERSION, (uint16_t)kind, (uint32_t)door };

	memcpy(record, &head, sizeof(head));
	memcpy(record + sizeof(head), event, size);
	return sizeof(head) + size;
}

/* The struct's bytes within the record, or NULL. */
static const uint8_t *
record_body(const void *record, size_t len, enum message_kind kind, size_t size, size_t *door)
{
	struct record_head head;

	if (len != sizeof(head) + size)
		return NULL;
	memcpy(&head, record, sizeof(head));
	if (head.version != RECORD_VERSION || head.kind != kind || head.door >= DOORS)
		return NULL;
	*door = head.door;
	return (const uint8_t *)record + sizeof(head);
}

static size_t
door_index(const char *door)
{
	size_t i = 0;

	while (i + 1 < DOORS && (door == NULL || strcmp(door, doors[i]) != 0))
		i++;
	return i;
}

size_t
record_put_upload(const struct event_upload *event, uint8_t record[CHANNEL_BODY_MAX])
{
	struct event_upload flat;
	size_t len;

	memcpy(&flat, event, sizeof(flat));
	flat.door = NULL;
	len = record_put(record, MESSAGE_UPLOAD, door_index(event->door), &flat, sizeof(flat));
	texts_trim(upload_fields, COUNT(upload_fields), record + sizeof(struct record_head));
	return len;
}

size_t
record_put_bypass(const struct event_bypass *event, uint8_t record[CHANNEL_BODY_MAX])
{
	size_t len = record_put(record, MESSAGE_BYPASS, 0, event, sizeof(*event));

	texts_trim(bypass_fields, COUNT(bypass_fields), record + sizeof(struct record_head));
	return len;
}

bool
record_get_upload(const void *record, size_t len, struct event_upload *event)
{
	size_t door;
	const uint8_t *body = record_body(record, len, MESSAGE_UPLOAD, sizeof(*event), &door);

	if (body == NULL || !fields_ok(upload_fields, COUNT(upload_fields), body))
		return false;
	memcpy(event, body, sizeof(*event));
	event->door = doors[door];
	return contacts_ok(&event->upload.contacts) && event_id_ok(event->flow.event_id);
}

bool
record_get_bypass(const void *record, size_t len, struct event_bypass *event)
{
	size_t door;
	const uint8_t *body = record_body(record, len, MESSAGE_BYPASS, sizeof(*event), &door);

	if (body == NULL || !fields_ok(bypass_fields, COUNT(bypass_fields), body))
		return false;
	memcpy(event, body, sizeof(*event));
	return event_id_ok(event->flow.event_id);
}
