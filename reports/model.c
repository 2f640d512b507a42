/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The model of the report: one walk over the stored uploads of the period.
 *
 * What is counted how: uploads are attempted, and then either prevented (a
 * block that the door carried out) or completed. Numbers of contacts are
 * taken from completed uploads only, as ranges. A device that syncs the same
 * book again tells the same people again: per device and recipient the largest
 * upload counts. Over several devices the overlap is unknown, so the range
 * runs from the largest single book to the sum of all.
 */
#include "reports/report.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "core/mem.h"

/* All uploads of one device to one recipient (towards one country, or all). */
struct group_key {
	uint32_t recipient;
	char country[4];			/* "*": wherever it goes */
	char device[ADDR_TEXT_MAX];
};
struct group {
	struct group_key key;
	struct estimate largest;
	UT_hash_handle hh;
};

struct builder {
	struct report *report;
	struct group *groups;
};

bool
transfer_lacks_basis(const struct transfer *transfer)
{
	return transfer->outside != OUTSIDE_NO &&
	    (transfer->status == TRANSFER_NONE || transfer->status == TRANSFER_ENDED);
}

/* ---- recipients ------------------------------------------------------------------ */

static void
copy_text(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from != NULL ? from : "");
}

#define COPY(FIELD, FROM) copy_text(FIELD, sizeof(FIELD), FROM)

/* Names as the rules have them now; what they do not know, as the event has it. */
static void
recipient_describe(struct report_recipient *row, const struct recipient *known,
    const struct event_upload *event)
{
	COPY(row->id, event->recipient);
	COPY(row->service, known != NULL ? known->service : event->flow.service);
	COPY(row->entity, known != NULL ? known->entity : event->entity);
	COPY(row->country, known != NULL ? known->country : event->country);
	row->class = known != NULL ? known->class : event->class;
	if (known != NULL) {
		COPY(row->parent, known->parent);
		COPY(row->role, known->role);
	}
	if (row->class == 'B' && known != NULL)
		COPY(row->onward, known->parent_country);
	if (strcmp(row->id, "unknown") == 0 ||
	    (known == NULL && row->entity[0] == '\0'))
		row->class = '?';
	row->records.best = row->subjects.best = CONTACTS_UNKNOWN;
}

static struct report_recipient *
recipient_get(struct report *report, const struct event_upload *event)
{
	const struct report_law *law = &report->request->law;
	const struct recipient *known = NULL;
	size_t n = report->recipient_count;
	struct report_recipient *row;

	for (size_t i = 0; i < n; i++)
		if (strcmp(report->recipients[i].id, event->recipient) == 0)
			return &report->recipients[i];
	report->recipients = xrealloc(report->recipients, n + 1, sizeof(*row));
	report->recipient_count++;
	row = &report->recipients[n];
	memset(row, 0, sizeof(*row));
	if (law->recipient != NULL)
		known = law->recipient(law->arg, event->recipient);
	recipient_describe(row, known, event);
	row->first = row->last = day_of_moment(event->flow.moment_us);
	row->now = event->transfer;
	if (known != NULL && law->transfer != NULL)
		row->now = law->transfer(law->arg, row->id, report->request->today);
	return row;
}

/*
 * The law on the event's day, by today's reference data: a judgment or a
 * corrected list entry changes what the day's footing was. What the event
 * itself says stands where the rules do not know the recipient any more.
 */
static struct transfer
footing_of(struct report *report, const struct report_recipient *row,
    const struct event_upload *event)
{
	const struct report_law *law = &report->request->law;

	if (law->recipient == NULL || law->transfer == NULL ||
	    law->recipient(law->arg, row->id) == NULL)
		return event->transfer;
	return law->transfer(law->arg, row->id, day_of_moment(event->flow.moment_us));
}

static void
footing_add(struct report_recipient *row, const struct transfer *then, day_t day)
{
	struct footing *footing;

	for (size_t i = 0; i < row->footing_count; i++) {
		footing = &row->footings[i];
		if (footing->transfer.status == then->status &&
		    footing->transfer.to == then->to &&
		    strcmp(footing->transfer.mechanism, then->mechanism) == 0 &&
		    strcmp(footing->transfer.instrument, then->instrument) == 0) {
			footing->events++;
			footing->last = day;
			return;
		}
	}
	row->footings = xrealloc(row->footings, row->footing_count + 1,
	    sizeof(*row->footings));
	footing = &row->footings[row->footing_count++];
	*footing = (struct footing){ *then, 1, day, day };
}

/* ---- countries --------------------------------------------------------------------- */

/*
 * Towards which country outside the EEA an upload goes by law: the entity's,
 * or its parent's where the entity sits inside (class B). NULL: it stays in.
 */
static const char *
country_towards(const struct report *report, const struct report_recipient *row,
    const struct transfer *then, day_t day)
{
	const struct report_law *law = &report->request->law;

	if (row->class == 'D')
		return NULL;
	if (row->class == '?')
		return "";
	if (row->class != 'B')
		return then->outside == OUTSIDE_NO ? NULL : row->country;
	if (law->outside != NULL && row->onward[0] != '\0' &&
	    law->outside(law->arg, row->onward, day) == OUTSIDE_NO)
		return NULL;
	return row->onward;
}

static struct report_country *
country_get(struct report *report, const char *code)
{
	size_t n = report->country_count;
	struct report_country *row;

	for (size_t i = 0; i < n; i++)
		if (strcmp(report->countries[i].country, code) == 0)
			return &report->countries[i];
	report->countries = xrealloc(report->countries, n + 1, sizeof(*row));
	report->country_count++;
	row = &report->countries[n];
	memset(row, 0, sizeof(*row));
	COPY(row->country, code);
	row->weakest = TRANSFER_IN_FORCE;
	row->subjects.best = CONTACTS_UNKNOWN;
	return row;
}

static void
country_count(struct report *report, const struct report_recipient *row,
    const char *code, const struct transfer *then, const struct counts *one)
{
	struct report_country *country = country_get(report, code);

	counts_add(&country->counts, one);
	if (row->class == 'B')
		country->onward++;
	else
		country->direct++;
	if (transfer_lacks_basis(then))
		country->without_basis++;
	if (then->status < country->weakest)
		country->weakest = then->status;
}

/* ---- the walk -------------------------------------------------------------------------- */

static void
group_add(struct builder *builder, uint32_t recipient, const char *country,
    const struct event_upload *event, const struct estimate *one)
{
	struct group_key key;
	struct group *group;

	memset(&key, 0, sizeof(key));		/* the hash covers the padding */
	key.recipient = recipient;
	COPY(key.country, country);
	if (event->flow.device[0] != '\0')
		COPY(key.device, event->flow.device);
	else
		addr_text(&event->flow.src, key.device);
	HASH_FIND(hh, builder->groups, &key, sizeof(key), group);
	if (group == NULL) {
		group = xcalloc(1, sizeof(*group));
		group->key = key;
		group->largest.best = CONTACTS_UNKNOWN;
		HASH_ADD(hh, builder->groups, key, sizeof(key), group);
	}
	estimate_largest(&group->largest, one);
}

static void
upload_count_sizes(struct builder *builder, struct report_recipient *row,
    const char *country, const struct event_upload *event)
{
	struct report *report = builder->report;
	struct estimate one = estimate_of(&event->upload.contacts);
	uint32_t index = (uint32_t)(row - report->recipients);

	estimate_sum(&row->records, &one);
	estimate_sum(&report->records, &one);
	group_add(builder, index, "*", event, &one);
	if (country != NULL)
		group_add(builder, index, country, event, &one);
}

static bool
upload_count(void *arg, const struct event_upload *event)
{
	struct builder *builder = arg;
	struct report *report = builder->report;
	struct report_recipient *row = recipient_get(report, event);
	struct transfer then = footing_of(report, row, event);
	struct counts one = counts_of(event);
	day_t day = day_of_moment(event->flow.moment_us);
	const char *country = country_towards(report, row, &then, day);

	counts_add(&report->counts, &one);
	counts_add(&row->counts, &one);
	report->unenforced += one.blocked - one.prevented;
	row->last = day;
	row->without_basis += transfer_lacks_basis(&then);
	row->changed += then.status != event->transfer.status;
	footing_add(row, &then, day);
	met_add(&row->places, event->geo.country);
	met_add(&row->hosts, event->flow.host);
	report_count_day(report, day, event->verdict.action);
	if (country != NULL)
		country_count(report, row, country, &then, &one);
	if (one.completed)
		upload_count_sizes(builder, row, country, event);
	return true;
}

/* Joins the devices, and forgets them: no device leaves this function. */
static void
groups_join(struct builder *builder)
{
	struct report *report = builder->report;
	struct group *group, *next;

	HASH_ITER(hh, builder->groups, group, next) {
		struct report_recipient *row = &report->recipients[group->key.recipient];

		if (strcmp(group->key.country, "*") == 0) {
			estimate_join(&row->subjects, &group->largest);
			row->devices++;
		} else {
			estimate_join(&country_get(report,
			    group->key.country)->subjects, &group->largest);
		}
		HASH_DEL(builder->groups, group);
		free(group);
	}
}

static int
recipient_compare(const void *a, const void *b)
{
	const struct report_recipient *x = a, *y = b;

	if (x->counts.attempted != y->counts.attempted)
		return x->counts.attempted > y->counts.attempted ? -1 : 1;
	return strcmp(x->id, y->id);
}

static void
recipients_finish(struct report *report)
{
	for (size_t i = 0; i < report->recipient_count; i++) {
		struct report_recipient *row = &report->recipients[i];

		estimate_join(&report->subjects, &row->subjects);
		met_sort(&row->places);
		met_sort(&row->hosts);
		if (row->counts.completed > 0 && (row->without_basis > 0 ||
		    transfer_lacks_basis(&row->now)))
			report->without_basis++;
	}
	if (report->recipient_count > 0)
		qsort(report->recipients, report->recipient_count,
		    sizeof(*report->recipients), recipient_compare);
}

static struct store_filter
filter_of(const struct report_request *request)
{
	struct store_filter filter = { 0 };

	if (request->from > 0)
		filter.from_us = (uint64_t)request->from * USEC_PER_DAY;
	filter.to_us = (uint64_t)(request->to + 1) * USEC_PER_DAY;
	return filter;
}

bool
report_build(struct report *report, struct store *store,
    const struct report_request *request)
{
	struct store_filter filter = filter_of(request);
	struct builder builder = { report, NULL };
	uint8_t digest[SHA256_LEN];
	char *json;
	bool ok;

	memset(report, 0, sizeof(*report));
	report->request = request;
	report->records.best = report->subjects.best = CONTACTS_UNKNOWN;
	report_make_buckets(report);
	ok = store_stats(store, &filter, &report->stats, &report->captures) &&
	    store_each_upload(store, &filter, upload_count, &builder);
	groups_join(&builder);
	if (!ok)
		return false;
	report_make_countries(report);
	recipients_finish(report);
	report_make_lanes(report);
	report_make_todos(report);
	json = report_json(report);
	digest_sha256(json, strlen(json), digest);
	hex_text(digest, sizeof(digest), report->id);
	free(json);
	return true;
}

void
report_fini(struct report *report)
{
	for (size_t i = 0; i < report->recipient_count; i++)
		free(report->recipients[i].footings);
	for (size_t i = 0; i < report->lane_count; i++)
		free(report->lanes[i].bands);
	free(report->recipients);
	free(report->countries);
	free(report->buckets);
	free(report->lanes);
	free(report->todos);
	memset(report, 0, sizeof(*report));
}
