/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/judge.h"

#include <stdio.h>
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

/* A call that the server's name alone proves: the only one with hosts of its own that cover it. */
static const struct call *
call_by_host(const struct work *work)
{
	const struct call *found = NULL;

	if (work->service == NULL)
		return NULL;
	for (size_t i = 0; i < work->service->call_count; i++) {
		const struct call *call = &work->service->calls[i];

		if (call->hosts == NULL || call->hosts[0] == NULL ||
		    !call_covers(call, work->flow->host))
			continue;
		if (found != NULL)
			return NULL;
		found = call;
	}
	return found;
}

/*
 * The call of an upload: that of its size model; of one that was read, what
 * its request says, and only then what the name says. *service is set where
 * the request alone tells it.
 */
static const struct call *
upload_call(const struct work *work, const struct observation *seen,
    const struct service **service)
{
	const struct call *call = NULL;

	if (seen->upload->contacts.method != METHOD_CONTENT)
		return seen->number < work->call_count ?
		    &work->service->calls[work->calls[seen->number]] : NULL;
	if (seen->text != NULL)
		call = rules_call_by_request(work->judge->options.rules, service,
		    work->flow->host, seen->text, seen->text_len, seen->upload->media_type);
	return call ? call : call_by_host(work);
}

bool
judge_known_call(const struct task *task, const char *line, const char *media_type)
{
	const struct work *work = (const struct work *)task->listener;
	const struct service *service = work->service;

	return rules_call_by_request(work->judge->options.rules, &service,
	    work->flow->host, line, strlen(line), media_type) != NULL;
}

static const struct recipient *
upload_recipient(const struct work *work, const struct service *service,
    const struct call *call)
{
	const struct rules *rules = work->judge->options.rules;

	if (call != NULL && call->recipient != NULL)
		return rules_recipient_by_id(rules, call->recipient);
	return rules_recipient(rules, service, work->flow->host);
}

static struct verdict
upload_verdict(const struct work *work, const struct event_upload *event)
{
	const struct settings *settings = work->judge->options.settings;
	struct policy_case asked = {
		.group = settings_group(settings, &work->flow->client),
		.service = event->flow.service[0] ? event->flow.service : NULL,
		.call = event->call[0] ? event->call : NULL,
		.recipient = event->recipient,
		.country = event->country[0] ? event->country : NULL,
		.host = work->flow->host,
		.class = event->class,
		.contacts = event->upload.contacts,
		.transfer = event->transfer.status,
		.managed = -1,
		.minute = -1,
	};

	return policy_decide(settings->policy, &asked);
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
judge_upload(struct work *work, const struct observation *seen)
{
	struct judge *judge = work->judge;
	const struct upload *upload = seen->upload;
	const struct service *service = work->service;
	const struct call *call;
	const struct recipient *recipient;
	struct event_upload event;
	uint32_t sequence = work->sequence++;

	if (upload->contacts.best != CONTACTS_UNKNOWN &&
	    upload->contacts.best < judge->options.settings->bulk) {
		judge->stats.below_threshold++;
		return;
	}
	call = upload_call(work, seen, &service);
	memset(&event, 0, sizeof(event));
	event_flow_fill(judge, work->flow, &event.flow);
	COPY(event.flow.service, service ? service->id : NULL);
	event.flow.moment_us = upload->begin_us;
	event_id_make(event.flow.event_id, event.flow.flow_id, upload->begin_us, sequence + 1);
	event.door = judge->options.door;
	COPY(event.call, call ? call->id : NULL);
	recipient = upload_recipient(work, service, call);
	event_recipient_fill(&event, recipient);
	event.upload = *upload;
	event.bytes_forwarded = upload->bytes_up;
	event.transfer = law_transfer(judge->options.rules, recipient,
	    day_of_moment(upload->begin_us));
	event.verdict = upload_verdict(work, &event);
	if (event.verdict.action > (enum action)work->action)
		work->action = (uint8_t)event.verdict.action;
	if (call != NULL && service == work->service && service != NULL)
		work->flow->call = (uint16_t)(call - work->service->calls + 1);
	judge->stats.uploads++;
	judge->options.sink->upload(judge->options.sink, &event);
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
