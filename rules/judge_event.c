/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/digest.h"

#define COPY(field, text) snprintf(field, sizeof(field), "%s", (text) ? (text) : "")

/* "d-" and 12 hex digits of a keyed digest: 48 bits tell the devices of one office apart. */
static void
device_name(const uint8_t *key, const struct addr *addr, char device[DEVICE_MAX])
{
	uint8_t out[SHA256_LEN];
	char hex[13];

	digest_hmac(key, 32, addr, sizeof(*addr), out);
	snprintf(device, DEVICE_MAX, "d-%s", hex_text(out, 6, hex));
}

static void
event_flow_fill(const struct judge *judge, const struct flow *flow, struct event_flow *event)
{
	const struct judge_options *options = &judge->options;
	const struct service *service = flow->service ?
	    rules_service(options->rules, flow->service - 1u) : NULL;

	COPY(event->gateway, options->gateway);
	event->flow_id = flow_id(flow, options->identity_key);
	if (options->identity_key)
		device_name(options->identity_key, &flow->client, event->device);
	else
		flow_community_id(flow, event->community_id);
	event->src = flow->client;
	event->dest = flow->server;
	event->src_port = flow->client_port;
	event->dest_port = flow->server_port;
	event->proto = flow->proto;
	app_name(judge->app, flow, event->app);
	event->app_confidence = (enum app_confidence)flow->app_confidence;
	COPY(event->host, flow->host);
	event->host_source = (enum host_source)flow->host_source;
	COPY(event->service, service ? service->id : NULL);
}

static void
event_recipient_fill(struct event_upload *event, const struct recipient *recipient)
{
	COPY(event->recipient, recipient->id);
	COPY(event->entity, recipient->entity);
	COPY(event->country, recipient->country);
	event->class = recipient->class;
}

void
judge_event_tell(struct work *work, const struct finding *finding,
    const struct upload *upload, const struct verdict *verdict, uint64_t forwarded)
{
	struct judge *judge = work->judge;
	const struct service *service = finding->service;
	struct event_upload event;

	memset(&event, 0, sizeof(event));
	event_flow_fill(judge, work->flow, &event.flow);
	COPY(event.flow.service, service ? service->id : NULL);
	event.flow.moment_us = upload->begin_us;
	event_id_make(event.flow.event_id, event.flow.flow_id, upload->begin_us, work->sequence);
	event.door = judge->options.door;
	COPY(event.call, finding->call ? finding->call->id : NULL);
	event_recipient_fill(&event, finding->recipient);
	event.upload = *upload;
	event.bytes_forwarded = forwarded;
	event.transfer = finding->transfer;
	event.verdict = *verdict;
	if (finding->call != NULL && service == work->service && service != NULL)
		work->flow->call = (uint16_t)(finding->call - service->calls + 1);
	judge->stats.uploads++;
	judge->options.sink->upload(judge->options.sink, &event);
}

/* Bytes of a stopped upload that have reached the recipient. */
static uint64_t
stop_forwarded(const struct stop *stop, uint64_t bytes)
{
	if (stop->in_flight)
		return stop->forwarded < bytes ? stop->forwarded : bytes;
	return stop->kept_back < bytes ? bytes - stop->kept_back : 0;
}

/*
 * Of an upload that was stopped the event says so, and what was known then
 * where the rest of it made that look otherwise.
 */
static void
stop_apply(const struct stop *stop, struct upload *upload, struct finding *finding,
    struct verdict *verdict)
{
	if (verdict->action != ACTION_BLOCK) {
		upload->contacts = stop->upload.contacts;
		upload->identifiers = stop->upload.identifiers;
		upload->format = stop->upload.format;
		*finding = stop->finding;
		*verdict = stop->verdict;
	}
	verdict->enforced = true;
}

void
judge_upload(struct work *work, const struct observation *seen)
{
	struct stop *stop = judge_stop_take(work, seen);
	struct upload upload = *seen->upload;
	uint64_t forwarded = upload.bytes_up;
	struct finding finding = { .service = NULL };
	struct verdict verdict = judge_decide(work, seen, &finding);

	work->sequence++;
	if (stop != NULL) {
		stop_apply(stop, &upload, &finding, &verdict);
		forwarded = stop_forwarded(stop, upload.bytes_up);
		free(stop);
	}
	if (verdict.action == ACTION_NONE) {
		work->judge->stats.below_threshold++;
		return;
	}
	/* One request that is stopped leaves the others of its connection alone. */
	if (!judge_asked_has(work, seen->uploads) &&
	    verdict.action > (enum action)work->action)
		work->action = (uint8_t)verdict.action;
	judge_event_tell(work, &finding, &upload, &verdict, forwarded);
}

void
judge_flow_end(struct judge *judge, const struct flow *flow)
{
	struct event_flow_end event;

	if (judge->options.sink->flow_end == NULL)
		return;
	memset(&event, 0, sizeof(event));
	event_flow_fill(judge, flow, &event.flow);
	event.flow.moment_us = flow->begin_us;
	event_id_make(event.flow.event_id, event.flow.flow_id, flow->begin_us, 0);
	memcpy(event.bytes, flow->bytes, sizeof(event.bytes));
	memcpy(event.packets, flow->packets, sizeof(event.packets));
	event.begin_us = flow->begin_us;
	event.end_us = flow->end_us;
	COPY(event.ja4, flow->ja4);
	event.opened = flow->opened;
	event.requests = flow->requests;
	judge->options.sink->flow_end(judge->options.sink, &event);
}

void
judge_event_flow(const struct judge *judge, const struct flow *flow, uint64_t moment_us,
    struct event_flow *event)
{
	memset(event, 0, sizeof(*event));
	event_flow_fill(judge, flow, event);
	event->moment_us = moment_us;
	event_id_make(event->event_id, event->flow_id, moment_us, UINT32_MAX);
}
