/* SPDX-License-Identifier: Apache-2.0 */
#include "core/event_json.h"

json_t *
json_text(const char *text)
{
	return text && *text ? json_string(text) : json_null();
}

static json_t *
json_count(int64_t value)
{
	return value == CONTACTS_UNKNOWN ? json_null() : json_integer(value);
}

json_t *
json_day(day_t day)
{
	char text[DAY_TEXT_MAX];

	return json_text(day_text(day, text));
}

json_t *
json_recipient(const char *id, const char *entity, const char *country, char class)
{
	return json_pack("{s:s, s:o, s:o, s:s#}", "id", id, "entity", json_text(entity),
	    "country", json_text(country), "class", &class, (size_t)1);
}

json_t *
json_contacts(const struct contacts *contacts)
{
	/* Of an event both are always known; asked of explain they need not be. */
	return json_pack("{s:o, s:o, s:o, s:o, s:o}",
	    "low", json_count(contacts->low), "best", json_count(contacts->best),
	    "high", json_count(contacts->high), "method", contacts->method == METHOD_NONE ?
	    json_null() : json_string(method_name(contacts->method)),
	    "confidence", contacts->confidence == CONFIDENCE_NONE ?
	    json_null() : json_string(confidence_name(contacts->confidence)));
}

json_t *
json_transfer(const struct transfer *transfer)
{
	/* An unknown country is never inside: it is written as outside. */
	return json_pack("{s:b, s:s, s:o, s:s, s:o, s:o, s:o}",
	    "outside_eea", transfer->outside != OUTSIDE_NO,
	    "mechanism", transfer->mechanism,
	    "instrument", json_text(transfer->instrument),
	    "status", transfer_status_name(transfer->status),
	    "from", json_day(transfer->from), "to", json_day(transfer->to),
	    "note", json_text(transfer->note));
}

json_t *
json_verdict(const struct verdict *verdict)
{
	return json_pack("{s:s, s:s, s:b, s:s}", "action", action_name(verdict->action),
	    "rule", verdict->rule, "enforced", verdict->enforced, "reason", verdict->reason);
}

const char *
json_version(void)
{
	return jansson_version_str();
}

char *
json_line(json_t *value)
{
	char *line;

	if (value == NULL)
		return NULL;
	line = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(15));
	json_decref(value);
	return line;
}

/* ---- whole events ---- */

static json_t *
json_geo(const struct geo *geo)
{
	return json_pack("{s:o, s:o, s:o}", "country", json_text(geo->country),
	    "asn", geo->asn ? json_integer(geo->asn) : json_null(),
	    "as_name", json_text(geo->as_name));
}

static json_t *
json_identifiers(const struct identifiers *ids)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I}",
	    "phone", (json_int_t)ids->phone, "email", (json_int_t)ids->email,
	    "hash", (json_int_t)ids->hash, "name", (json_int_t)ids->name,
	    "vcard", (json_int_t)ids->vcard);
}

static json_t *
json_payload(const struct upload *upload)
{
	return json_pack("{s:o, s:o, s:o}", "media_type", json_text(upload->media_type),
	    "encoding", json_text(upload->encoding),
	    "format", json_text(format_name(upload->format)));
}

static void
json_set_endpoints(json_t *object, const struct event_flow *flow)
{
	char text[ADDR_TEXT_MAX];

	if (flow->device[0])
		json_object_set_new(object, "device", json_string(flow->device));
	else
		json_object_set_new(object, "src_ip", json_string(addr_text(&flow->src, text)));
	json_object_set_new(object, "src_port", json_integer(flow->src_port));
	json_object_set_new(object, "dest_ip", json_string(addr_text(&flow->dest, text)));
	json_object_set_new(object, "dest_port", json_integer(flow->dest_port));
	json_object_set_new(object, "proto", json_string(flow_proto_name(flow->proto)));
}

/* What upload and flow events begin with, in the contract's order. */
static json_t *
json_flow_head(const struct event_flow *flow, const char *type)
{
	char text[MOMENT_TEXT_MAX];
	json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:I, s:o}",
	    "timestamp", moment_text(flow->moment_us, text), "event_type", type,
	    "event_id", flow->event_id, "gateway", flow->gateway,
	    "flow_id", (json_int_t)flow->flow_id, "community_id", json_text(flow->community_id));

	if (object != NULL)
		json_set_endpoints(object, flow);
	return object;
}

static void
json_set_app(json_t *object, const struct event_flow *flow)
{
	json_object_set_new(object, "app", json_pack("{s:s, s:s}", "ndpi", flow->app,
	    "confidence", app_confidence_name(flow->app_confidence)));
	json_object_set_new(object, "host", json_text(flow->host));
	json_object_set_new(object, "host_source",
	    json_string(host_source_name(flow->host_source)));
	json_object_set_new(object, "service", json_text(flow->service));
}

char *
event_upload_json(const struct event_upload *event)
{
	const struct upload *upload = &event->upload;
	json_t *object = json_flow_head(&event->flow, "contact_upload");

	if (object == NULL)
		return NULL;
	json_object_set_new(object, "door", json_string(event->door));
	json_set_app(object, &event->flow);
	json_object_set_new(object, "call", json_text(event->call));
	json_object_set_new(object, "recipient", json_recipient(event->recipient,
	    event->entity, event->country, event->class));
	json_object_set_new(object, "dest_geo", json_geo(&event->geo));
	json_object_set_new(object, "contacts", json_contacts(&upload->contacts));
	if (upload->contacts.method == METHOD_CONTENT) {
		json_object_set_new(object, "identifiers", json_identifiers(&upload->identifiers));
		json_object_set_new(object, "payload", json_payload(upload));
	}
	json_object_set_new(object, "bytes", json_pack("{s:I, s:I, s:I}",
	    "up", (json_int_t)upload->bytes_up, "down", (json_int_t)upload->bytes_down,
	    "forwarded", (json_int_t)event->bytes_forwarded));
	json_object_set_new(object, "transfer", json_transfer(&event->transfer));
	json_object_set_new(object, "verdict", json_verdict(&event->verdict));
	return json_line(object);
}

char *
event_flow_json(const struct event_flow_end *event)
{
	char text[MOMENT_TEXT_MAX];
	json_t *object = json_flow_head(&event->flow, "flow");

	if (object == NULL)
		return NULL;
	json_set_app(object, &event->flow);
	json_object_set_new(object, "bytes", json_pack("{s:I, s:I}",
	    "up", (json_int_t)event->bytes[DIR_UP], "down", (json_int_t)event->bytes[DIR_DOWN]));
	json_object_set_new(object, "packets", json_pack("{s:I, s:I}",
	    "up", (json_int_t)event->packets[DIR_UP],
	    "down", (json_int_t)event->packets[DIR_DOWN]));
	json_object_set_new(object, "start", json_string(moment_text(event->begin_us, text)));
	json_object_set_new(object, "end", json_string(moment_text(event->end_us, text)));
	json_object_set_new(object, "ja4", json_text(event->ja4));
	json_object_set_new(object, "opened", json_boolean(event->opened));
	json_object_set_new(object, "requests", json_integer(event->requests));
	return json_line(object);
}

char *
event_bypass_json(const struct event_bypass *event)
{
	char text[MOMENT_TEXT_MAX];
	json_t *object = json_flow_head(&event->flow, "bypass");

	if (object == NULL)
		return NULL;
	json_set_app(object, &event->flow);
	json_object_set_new(object, "reason", json_string(bypass_reason_name(event->reason)));
	json_object_set_new(object, "until", json_string(moment_text(event->until_us, text)));
	return json_line(object);
}

static json_t *
json_unscanned(const struct stats *stats)
{
	json_t *object = json_object();

	for (int i = 0; i < UNSCANNED_KINDS; i++)
		json_object_set_new(object, unscanned_name((enum unscanned)i),
		    json_integer((json_int_t)stats->unscanned[i]));
	return object;
}

char *
event_stats_json(const struct stats *stats)
{
	char text[MOMENT_TEXT_MAX];
	double seconds = (double)(stats->last_us - stats->first_us) / (double)USEC_PER_SEC;
	json_t *object = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:b, s:f}",
	    "timestamp", moment_text(stats->last_us, text), "event_type", "stats",
	    "packets", (json_int_t)stats->packets, "bytes", (json_int_t)stats->bytes,
	    "flows", (json_int_t)stats->flows, "uploads", (json_int_t)stats->uploads,
	    "below_threshold", (json_int_t)stats->below_threshold,
	    "unreadable", (json_int_t)stats->unreadable, "unscanned", json_unscanned(stats),
	    "truncated", stats->truncated[0] != '\0', "seconds", seconds);

	if (object != NULL && stats->truncated[0])
		json_object_set_new(object, "reason", json_string(stats->truncated));
	return json_line(object);
}
