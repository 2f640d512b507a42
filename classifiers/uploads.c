/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Uploads: a request body with contacts is one; small ones of one kind that
 * follow each other (CardDAV sends a card at a time) are one together, with
 * distinct contacts counted over all of them. A series ends by a pause, by
 * bodies of other kinds, by a body that is large itself, or with the flow;
 * requests without a body in between do not end it, for clients ask for the
 * tag of what they stored. What is told is told when it is over.
 *
 * Of two bodies in flight at once each has a series of its own; small ones of
 * one kind are put together when they end.
 */
#include "classifiers/requests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct series {
	struct series *next;	/* older */
	uint32_t name;
	struct body *body;	/* its scanner */
	bool open;		/* a body is being read */
	bool whole;		/* no further body may join */
	bool unscanned;		/* told already */
	bool framed;		/* by gRPC */
	bool kept;		/* told even where nothing is left of it */
	uint32_t kind;		/* method, media type, coding */
	int64_t contacts;	/* before the body that is being read */
	int64_t most;		/* new contacts in the fullest body */
	struct grpc grpc;
	char messages[REQUEST_CODING_MAX];
	char current[REQUEST_LINE_MAX];	/* of the body that is being read */
	char line[REQUEST_LINE_MAX];	/* of the fullest body */
	struct upload upload;
};

static void
unscanned_tell(const struct task *task, enum unscanned why)
{
	struct observation seen = { .kind = OBSERVED_UNSCANNED, .number = why };

	task->listener->observe(task->listener, &seen);
}

void
uploads_refuse(const struct task *task, struct series *series, enum unscanned why)
{
	if (series != NULL && series->unscanned)
		return;
	unscanned_tell(task, why);
	if (series != NULL)
		series->unscanned = true;
}

/* FNV-1a, 32 bits. */
static uint32_t
hash_add(uint32_t hash, const char *text)
{
	for (; *text != '\0'; text++)
		hash = (hash ^ (uint8_t)*text) * 16777619u;
	return (hash ^ '\n') * 16777619u;
}

static uint32_t
facts_kind(const struct request_facts *facts)
{
	uint32_t hash = hash_add(2166136261u, facts->method);

	hash = hash_add(hash, facts->media_type);
	return hash_add(hash, facts->encoding);
}

static bool
series_joins(const struct series *series, uint32_t kind, uint64_t time_us)
{
	return !series->open && !series->whole && series->kind == kind &&
	    time_us <= series->upload.end_us + UPLOADS_PAUSE_US;
}

static int64_t
series_contacts(const struct series *series, struct body_result *result)
{
	body_peek(series->body, result);
	return result->contacts.best > 0 ? result->contacts.best : 0;
}

/* Takes it out of the list. */
static void
series_free(struct uploads *uploads, struct series *series)
{
	struct series **link = &uploads->first;

	while (*link != NULL && *link != series)
		link = &(*link)->next;
	if (*link != NULL)
		*link = series->next;
	explicit_bzero(series, sizeof(*series));
	free(series);
}

/* As an observation says it. */
static void
series_seen(const struct uploads *uploads, const struct series *series,
    const struct body_result *result, struct observation *seen, struct upload *upload)
{
	upload->contacts = result->contacts;
	upload->identifiers = result->identifiers;
	upload->format = result->format;
	*seen = (struct observation){
		.kind = OBSERVED_UPLOAD, .confidence = result->contacts.confidence,
		.upload = upload, .uploads = uploads, .series = series->name,
		.text = series->line, .text_len = strlen(series->line)
	};
}

/* Tells, and frees. */
static void
series_tell(struct uploads *uploads, const struct task *task, struct series *series)
{
	struct observation seen;
	struct body_result result;

	body_end(series->body, &result);
	if (result.contacts.best > 0 || series->kept) {
		series_seen(uploads, series, &result, &seen, &series->upload);
		task->listener->observe(task->listener, &seen);
	}
	series_free(uploads, series);
}

/* The oldest series that waits, when more wait than may. */
static void
waiting_bound(struct uploads *uploads, const struct task *task)
{
	struct series *oldest = NULL;
	unsigned count = 0;

	for (struct series *s = uploads->first; s != NULL; s = s->next) {
		if (s->open)
			continue;
		oldest = s;
		count++;
	}
	if (count >= uploads->waiting_max && oldest != NULL)
		series_tell(uploads, task, oldest);
}

static struct series *
series_new(struct uploads *uploads, const struct request_facts *facts,
    uint32_t kind, uint64_t begin_us)
{
	struct series *series = calloc(1, sizeof(*series));

	if (series == NULL)
		return NULL;
	series->next = uploads->first;
	uploads->first = series;
	series->name = ++uploads->next ? uploads->next : ++uploads->next;
	series->kind = kind;
	series->upload.begin_us = begin_us;
	memcpy(series->upload.media_type, facts->media_type, MEDIA_TYPE_MAX);
	snprintf(series->upload.encoding, ENCODING_MAX, "%.*s", ENCODING_MAX - 1,
	    facts->encoding);
	return series;
}

/* False: memory is out. */
static bool
body_open(struct series *series, const struct task *task,
    const struct request_facts *facts)
{
	char encoding[2 * REQUEST_CODING_MAX + 1];
	struct body_facts about = {
		facts->media_type, encoding, task->region ? task->region : ""
	};

	/* Transfer codings were applied after content codings. */
	snprintf(encoding, sizeof(encoding), "%s,%s",
	    facts->decoded ? "" : facts->encoding, facts->transfer);
	series->framed = grpc_is(facts->media_type);
	series->grpc = (struct grpc){ .have = 0 };
	memcpy(series->messages, facts->messages, REQUEST_CODING_MAX);
	if (series->body == NULL)
		series->body = body_new(&about, BULK_THRESHOLD);
	else
		body_next(series->body, &about);
	if (series->body == NULL)
		return false;
	snprintf(series->current, sizeof(series->current), "%s %s", facts->method,
	    facts->path);
	if (task->known_call != NULL &&
	    task->known_call(task, series->current, facts->media_type))
		body_known_call(series->body);
	series->open = true;
	return true;
}

struct series *
uploads_begin(struct uploads *uploads, const struct task *task,
    const struct request_facts *facts, uint64_t begin_us, uint64_t time_us)
{
	uint32_t kind = facts_kind(facts);
	struct series *series = uploads->first;
	struct body_result result;

	while (series != NULL && !series_joins(series, kind, time_us))
		series = series->next;
	if (series == NULL) {
		waiting_bound(uploads, task);
		series = series_new(uploads, facts, kind, begin_us);
	} else {
		series->contacts = series_contacts(series, &result);
	}
	if (series == NULL)
		return NULL;
	if (!body_open(series, task, facts)) {
		series_free(uploads, series);
		return NULL;
	}
	series->upload.end_us = time_us;
	return series;
}

void
uploads_scan(struct series *series, const uint8_t *data, size_t len)
{
	struct body_facts message = {
		grpc_message_type(series->upload.media_type), series->messages, ""
	};

	if (series->framed)
		grpc_feed(&series->grpc, series->body, &message, data, len);
	else
		body_feed(series->body, data, len);
}

void
uploads_carry(struct series *series, size_t len, uint64_t time_us)
{
	series->upload.bytes_up += len;
	series->upload.end_us = time_us;
}

void
uploads_feed(struct series *series, const uint8_t *data, size_t len,
    uint64_t time_us)
{
	uploads_scan(series, data, len);
	uploads_carry(series, len, time_us);
}

void
uploads_gap(struct series *series, uint64_t bytes)
{
	if (series->framed)
		grpc_gap(&series->grpc, series->body, bytes);
	else
		body_gap(series->body);
	series->upload.bytes_up += bytes;
}

/* What the body brought, against the one that brought most so far. */
static int64_t
body_weigh(struct series *series, int64_t contacts)
{
	int64_t gain = contacts - series->contacts;

	if (series->line[0] == '\0' || gain > series->most) {
		memcpy(series->line, series->current, sizeof(series->line));
		series->most = gain;
	}
	series->contacts = contacts;
	return gain;
}

/* The series that waits, to which one whose body ends side by side will be put. */
static struct series *
series_into(const struct uploads *uploads, const struct series *series)
{
	struct series *into = uploads->first;

	while (into != NULL && (into == series ||
	    !series_joins(into, series->kind, series->upload.end_us)))
		into = into->next;
	return into;
}

/* Puts it there; returns where it is. */
static struct series *
series_merge(struct uploads *uploads, struct series *series)
{
	struct series *into = series_into(uploads, series);
	struct upload *to, *from = &series->upload;

	if (into == NULL || series->whole)
		return series;
	to = &into->upload;
	body_merge(into->body, series->body);
	if (series->most > into->most) {
		memcpy(into->line, series->line, sizeof(into->line));
		into->most = series->most;
	}
	to->begin_us = from->begin_us < to->begin_us ? from->begin_us : to->begin_us;
	to->end_us = from->end_us > to->end_us ? from->end_us : to->end_us;
	to->bytes_up += from->bytes_up;
	to->bytes_down += from->bytes_down;
	into->unscanned = into->unscanned || series->unscanned;
	into->kept = into->kept || series->kept;
	series_free(uploads, series);
	return into;
}

static bool
series_whole(const struct uploads *uploads, int64_t gain)
{
	return gain >= BULK_THRESHOLD || gain < uploads->join_min;
}

/*
 * Between two bodies the scanner has closed every record, so the result so
 * far is a whole one.
 */
struct series *
uploads_end(struct uploads *uploads, const struct task *task,
    struct series *series)
{
	static const struct body_facts none = { "", "", "" };
	struct body_result result;
	int64_t contacts, gain;

	series->open = false;
	body_next(series->body, &none);
	contacts = series_contacts(series, &result);
	if (result.unscanned >= 0)
		uploads_refuse(task, series, (enum unscanned)result.unscanned);
	if (!grpc_ended(&series->grpc))
		uploads_refuse(task, series, UNSCANNED_CORRUPT);
	gain = body_weigh(series, contacts);
	series->whole = series_whole(uploads, gain);
	if (contacts > 0 || series->kept)
		return series_merge(uploads, series);
	series_tell(uploads, task, series);
	return NULL;
}

struct series *
uploads_cut(struct uploads *uploads, const struct task *task, struct series *series)
{
	series->grpc = (struct grpc){ .have = 0 };
	body_gap(series->body);
	return uploads_end(uploads, task, series);
}

uint32_t
uploads_name(const struct series *series)
{
	return series->name;
}

void
uploads_answer(struct uploads *uploads, uint32_t name, uint64_t bytes)
{
	for (struct series *s = uploads->first; s != NULL; s = s->next)
		if (name == s->name) {
			s->upload.bytes_down += bytes;
			return;
		}
}

void
uploads_settle(struct uploads *uploads, const struct task *task, uint32_t name)
{
	struct series *series = uploads->first;

	while (series != NULL && series->name != name)
		series = series->next;
	if (series != NULL && series->whole && !series->open)
		series_tell(uploads, task, series);
}

void
uploads_keep(struct series *series)
{
	series->kept = true;
}

/* ---- before the end ---- */

bool
uploads_peek(const struct uploads *uploads, const struct series *series,
    struct observation *seen, struct upload *upload)
{
	const struct series *into = NULL, *fullest = series;
	struct body_result result;
	int64_t gain;

	body_peek_open(series->body, NULL, &result);
	gain = (result.contacts.best > 0 ? result.contacts.best : 0) - series->contacts;
	if (series->open && !series_whole(uploads, gain))
		into = series_into(uploads, series);
	if (into != NULL)
		body_peek_open(series->body, into->body, &result);
	if (into != NULL && into->most >= gain && into->most >= series->most)
		fullest = into;
	*upload = series->upload;
	series_seen(uploads, fullest, &result, seen, upload);
	seen->series = series->name;
	if (fullest == series && series->open &&
	    (series->line[0] == '\0' || gain > series->most)) {
		seen->text = series->current;
		seen->text_len = strlen(series->current);
	}
	return result.contacts.best > 0;
}

bool
uploads_peek_most(const struct uploads *uploads, struct observation *seen,
    struct upload *upload)
{
	struct observation one;
	struct upload its;
	bool found = false;

	for (const struct series *s = uploads->first; s != NULL; s = s->next) {
		if (!uploads_peek(uploads, s, &one, &its) ||
		    (found && its.contacts.best <= upload->contacts.best))
			continue;
		*upload = its;
		*seen = one;
		seen->upload = upload;
		found = true;
	}
	return found;
}

bool
uploads_visit(const struct uploads *uploads, const struct request_facts *facts,
    bool (*visit)(void *arg, const char *line, const char *media_type), void *arg)
{
	uint32_t kind = facts_kind(facts);

	for (const struct series *s = uploads->first; s != NULL; s = s->next) {
		if (s->kind != kind || (s->whole && !s->open))
			continue;
		if (s->line[0] != '\0' && visit(arg, s->line, s->upload.media_type))
			return true;
		if (s->open && visit(arg, s->current, s->upload.media_type))
			return true;
	}
	return false;
}

/* The oldest series that waits and ended before that time, or NULL. */
static struct series *
series_before(const struct uploads *uploads, uint64_t end_us)
{
	struct series *oldest = NULL;

	for (struct series *s = uploads->first; s != NULL; s = s->next)
		if (!s->open && s->upload.end_us < end_us)
			oldest = s;
	return oldest;
}

void
uploads_pause(struct uploads *uploads, const struct task *task, uint64_t time_us)
{
	struct series *series;

	if (uploads->first == NULL || time_us <= UPLOADS_PAUSE_US)
		return;
	while ((series = series_before(uploads, time_us - UPLOADS_PAUSE_US)) != NULL)
		series_tell(uploads, task, series);
}

void
uploads_close(struct uploads *uploads, const struct task *task)
{
	struct series *series, *next;

	for (series = uploads->first; series != NULL; series = next) {
		next = series->next;
		if (series->open)
			uploads_cut(uploads, task, series);
	}
	while ((series = series_before(uploads, UINT64_MAX)) != NULL)
		series_tell(uploads, task, series);
}
