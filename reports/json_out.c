/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole model as JSON, in no language but that of its keys: figures that
 * a program reads, and the text that the report's id digests.
 */
#include "reports/report.h"

#include <jansson.h>
#include <stdlib.h>

#include "core/log.h"

#define MODEL_VERSION 1

static json_t *
text(const char *value)
{
	json_t *string = json_string(value);

	return string != NULL ? string : json_string("?");	/* not UTF-8 */
}

static json_t *
text_known(const char *value)
{
	return value[0] != '\0' ? text(value) : json_null();
}

static json_t *
day(day_t value)
{
	char buffer[DAY_TEXT_MAX];

	return text_known(day_text(value, buffer));
}

static json_t *
number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static json_t *
counts_json(const struct counts *counts)
{
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}",
	    "attempted", number(counts->attempted),
	    "prevented", number(counts->prevented),
	    "completed", number(counts->completed),
	    "allowed", number(counts->allowed), "logged", number(counts->logged),
	    "blocked", number(counts->blocked), "bytes", number(counts->bytes),
	    "bytes_before_block", number(counts->bytes_before_block));
}

static json_t *
methods_json(unsigned int methods)
{
	json_t *list = json_array();

	for (int m = METHOD_ENDPOINT; m <= METHOD_CONTENT; m++)
		if (methods & 1u << m)
			json_array_append_new(list, text(method_name((enum method)m)));
	return list;
}

static json_t *
estimate_json(const struct estimate *estimate)
{
	bool known = estimate->sized > 0;

	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o}",
	    "low", known ? json_integer(estimate->low) : json_null(),
	    "best", known && estimate->best >= 0 ?
	    json_integer(estimate->best) : json_null(),
	    "high", known ? json_integer(estimate->high) : json_null(),
	    "methods", methods_json(estimate->methods),
	    "confidence", text(confidence_name(estimate->weakest)),
	    "uploads_with_number", number(estimate->sized),
	    "uploads_without_number", number(estimate->unsized));
}

static json_t *
outside_json(enum outside outside)
{
	return outside == OUTSIDE_UNKNOWN ? json_null() :
	    json_boolean(outside == OUTSIDE_YES);
}

static json_t *
transfer_json(const struct transfer *transfer)
{
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o}",
	    "outside_eea", outside_json(transfer->outside),
	    "mechanism", text_known(transfer->mechanism),
	    "instrument", text_known(transfer->instrument),
	    "status", text(transfer_status_name(transfer->status)),
	    "from", day(transfer->from), "relied_on_until", day(transfer->to),
	    "note", text_known(transfer->note));
}

static json_t *
tally_json(const struct tally *tally)
{
	json_t *list = json_array();

	for (size_t i = 0; i < tally->used; i++)
		json_array_append_new(list, json_pack("{s:o,s:o}",
		    "name", text_known(tally->entries[i].name),
		    "uploads", number(tally->entries[i].count)));
	if (tally->others > 0)
		json_array_append_new(list, json_pack("{s:s,s:o}",
		    "name", "(others)", "uploads", number(tally->others)));
	return list;
}

static json_t *
footings_json(const struct report_recipient *row)
{
	json_t *list = json_array();

	for (size_t i = 0; i < row->footing_count; i++) {
		const struct footing *footing = &row->footings[i];

		json_array_append_new(list, json_pack("{s:o,s:o,s:o,s:o}",
		    "transfer", transfer_json(&footing->transfer),
		    "uploads", number(footing->events),
		    "first", day(footing->first), "last", day(footing->last)));
	}
	return list;
}

/* Few devices are not told apart from none: that would tell whose they are. */
static json_t *
devices_json(uint64_t devices)
{
	return devices == 0 || devices >= SMALL_GROUP ? number(devices) : json_null();
}

static json_t *
recipient_json(const struct report_recipient *row)
{
	char class[2] = { row->class, '\0' };
	json_t *object = json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}",
	    "id", text(row->id), "service", text_known(row->service),
	    "entity", text_known(row->entity), "parent", text_known(row->parent),
	    "role", text_known(row->role), "class", text(class),
	    "country", text_known(row->country),
	    "onward_country", text_known(row->onward));

	json_object_set_new(object, "first", day(row->first));
	json_object_set_new(object, "last", day(row->last));
	json_object_set_new(object, "uploads", counts_json(&row->counts));
	json_object_set_new(object, "records", estimate_json(&row->records));
	json_object_set_new(object, "data_subjects", estimate_json(&row->subjects));
	json_object_set_new(object, "devices", devices_json(row->devices));
	json_object_set_new(object, "at_event", footings_json(row));
	json_object_set_new(object, "at_report", transfer_json(&row->now));
	json_object_set_new(object, "uploads_without_basis", number(row->without_basis));
	json_object_set_new(object, "status_since_corrected", number(row->changed));
	json_object_set_new(object, "address_countries", tally_json(&row->places));
	json_object_set_new(object, "hosts", tally_json(&row->hosts));
	return object;
}

static json_t *
country_json(const struct report_country *row)
{
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}",
	    "country", text_known(row->country),
	    "recipients", number(row->recipients),
	    "transfers", number(row->direct), "onward_transfers", number(row->onward),
	    "uploads", counts_json(&row->counts),
	    "data_subjects", estimate_json(&row->subjects),
	    "uploads_without_basis", number(row->without_basis),
	    "weakest_status", text(transfer_status_name(row->weakest)));
}

static json_t *
bucket_json(const struct bucket *bucket)
{
	return json_pack("{s:o,s:o,s:o,s:o,s:o}",
	    "from", day(bucket->from), "to", day(bucket->to),
	    "allowed", number(bucket->allowed), "logged", number(bucket->logged),
	    "blocked", number(bucket->blocked));
}

static json_t *
band_json(const struct band *band)
{
	static const char *const kinds[] = { "gap", "inside", "decision" };
	json_t *object = json_pack("{s:s,s:o,s:o}", "kind", kinds[band->kind],
	    "from", day(band->from), "to", day(band->to));

	if (band->kind == BAND_DECISION) {
		json_object_set_new(object, "name", text(band->period.name));
		json_object_set_new(object, "instrument", text(band->period.instrument));
		json_object_set_new(object, "test", text(band->period.test));
		json_object_set_new(object, "relied_on_until", day(band->period.to));
	}
	return object;
}

static json_t *
lane_json(const struct lane *lane)
{
	json_t *bands = json_array();

	for (size_t i = 0; i < lane->count; i++)
		json_array_append_new(bands, band_json(&lane->bands[i]));
	return json_pack("{s:o,s:o}", "country", text(lane->country), "bands", bands);
}

static json_t *
stats_json(const struct report *report)
{
	const struct stats *stats = &report->stats;
	json_t *unscanned = json_object();

	for (int i = 0; i < UNSCANNED_KINDS; i++)
		json_object_set_new(unscanned, unscanned_name((enum unscanned)i),
		    number(stats->unscanned[i]));
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}",
	    "captures", number(report->captures), "packets", number(stats->packets),
	    "bytes", number(stats->bytes), "flows", number(stats->flows),
	    "below_threshold", number(stats->below_threshold),
	    "unreadable", number(stats->unreadable), "unscanned", unscanned,
	    "truncated", text_known(stats->truncated));
}

static json_t *
summary_json(const struct report *report)
{
	return json_pack("{s:o,s:o,s:o,s:o,s:o}",
	    "uploads", counts_json(&report->counts),
	    "records", estimate_json(&report->records),
	    "data_subjects", estimate_json(&report->subjects),
	    "recipients_without_basis", number(report->without_basis),
	    "blocks_not_enforced", number(report->unenforced));
}

static json_t *
todos_json(const struct report *report)
{
	static const char *const kinds[] = {
		[DO_STOP] = "no-basis-now", [DO_IDENTIFY] = "identify-recipient",
		[DO_PAST] = "no-basis-then", [DO_CONFIRM] = "confirm-condition",
		[DO_DISCLOSE] = "basis-of-disclosure", [DO_ENFORCE] = "enforce-block",
		[DO_SCAN] = "unscanned", [DO_TRUNCATED] = "truncated-capture"
	};
	json_t *list = json_array();

	for (size_t i = 0; i < report->todo_count; i++) {
		const struct todo *todo = &report->todos[i];

		json_array_append_new(list, json_pack("{s:s,s:o,s:o}",
		    "kind", kinds[todo->kind], "recipient",
		    todo->recipient != NULL ? text(todo->recipient->id) : json_null(),
		    "number", number(todo->number)));
	}
	return list;
}

static json_t *
head_json(const struct report_request *request)
{
	return json_pack("{s:i,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}",
	    "model", MODEL_VERSION, "bookgate", VERSION,
	    "from", day(request->from), "to", day(request->to),
	    "date", day(request->today),
	    "controller", text_known(request->controller),
	    "country", text_known(request->country), "dpo", text_known(request->dpo),
	    "rules_digest", text_known(request->rules_digest),
	    "rules_date", day(request->rules_date),
	    "geo", text_known(request->geo_version));
}

static json_t *
model_json(const struct report *report)
{
	json_t *recipients = json_array(), *countries = json_array();
	json_t *buckets = json_array(), *lanes = json_array();

	for (size_t i = 0; i < report->recipient_count; i++)
		json_array_append_new(recipients, recipient_json(&report->recipients[i]));
	for (size_t i = 0; i < report->country_count; i++)
		json_array_append_new(countries, country_json(&report->countries[i]));
	for (size_t i = 0; i < report->bucket_count; i++)
		json_array_append_new(buckets, bucket_json(&report->buckets[i]));
	for (size_t i = 0; i < report->lane_count; i++)
		json_array_append_new(lanes, lane_json(&report->lanes[i]));
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}",
	    "report", head_json(report->request), "summary", summary_json(report),
	    "actions", todos_json(report), "captures", stats_json(report),
	    "recipients", recipients, "countries", countries,
	    "timeline", buckets, "legal_bands", lanes);
}

char *
report_json(const struct report *report)
{
	json_t *model = model_json(report);
	char *dump = json_dumps(model, JSON_COMPACT);

	json_decref(model);
	if (dump == NULL) {
		log_error("report", "out of memory");
		exit(3);
	}
	return dump;
}

bool
report_write_json(const struct report *report, FILE *out)
{
	json_t *model = model_json(report);
	json_t *head = json_object_get(model, "report");
	bool ok;

	json_object_set_new(head, "id", text(report->id));
	json_object_set_new(head, "language", text(report->request->language));
	ok = json_dumpf(model, out, JSON_INDENT(2)) == 0 && fputc('\n', out) != EOF;
	json_decref(model);
	return ok;
}
