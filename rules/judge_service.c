/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/judge.h"

#include <string.h>

/* The service nDPI's label stands for. Answers are kept: labels are few. */
static const struct service *
service_by_app(struct judge *judge, const struct flow *flow)
{
	const struct rules *rules = judge->options.rules;
	const struct service *service;
	char label[APP_NAME_MAX], *dot;
	uint16_t *known;

	if (flow->app == 0 || flow->app >= APPS_MAX || flow->app_confidence == APP_NONE)
		return NULL;
	known = &judge->app_service[flow->app];
	if (*known == 0) {
		app_name(judge->app, flow, label);
		dot = strchr(label, '.');
		service = rules_service_by_app(rules, dot ? dot + 1 : label);
		*known = service ? (uint16_t)(service->index + 2) : 1;
	}
	return *known == 1 ? NULL : rules_service(rules, *known - 2u);
}

/* Sets the models of the calls that the flow's name allows. */
void
judge_service_models(struct work *work)
{
	const struct service *service = work->service;
	void *slot = work->rows.slot[CLASSIFIER_VOLUME];
	const struct size_model *models[SIZE_MODELS_MAX];

	if (slot == NULL || service == NULL)
		return;
	work->call_count = 0;
	for (size_t i = 0; i < service->call_count && i <= UINT8_MAX &&
	    work->call_count < SIZE_MODELS_MAX; i++) {
		const struct call *call = &service->calls[i];

		if (!call->has_model || !call_covers(call, work->flow->host))
			continue;
		models[work->call_count] = &call->model;
		work->calls[work->call_count++] = (uint8_t)i;
	}
	volume_models_set(slot, models, work->call_count);
}

static void
service_take(struct work *work, const struct service *service, enum service_trust trust)
{
	if (service == NULL || (enum service_trust)work->service_trust > trust)
		return;
	work->service = service;
	work->service_trust = (uint8_t)trust;
	work->flow->service = (uint16_t)(service->index + 1);
	judge_service_models(work);
}

/*
 * A name the server was called by beats its address, which beats the opening
 * bytes, which beat nDPI's label. A name that is trusted and in no service's
 * list takes back what an address or an older name suggested.
 */
void
judge_service_update(struct work *work)
{
	struct judge *judge = work->judge;
	const struct rules *rules = judge->options.rules;
	const struct flow *flow = work->flow;
	const struct service *service;

	if (flow->host != NULL) {
		enum service_trust trust = flow->host_source == HOST_DNS ? TRUST_DNS : TRUST_HOST;

		service = rules_service_by_host(rules, flow->host);
		if (service == NULL && trust == TRUST_HOST) {
			work->service = NULL;
			work->flow->service = 0;
			work->service_trust = TRUST_HOST;
		}
		service_take(work, service, trust);
	}
	if (work->service_trust < TRUST_ADDRESS)
		service_take(work, rules_service_by_addr(rules, &flow->server,
		    flow->server_port), TRUST_ADDRESS);
	if (work->service_trust <= TRUST_APP)
		service_take(work, service_by_app(judge, flow), TRUST_APP);
}

void
judge_service_preface(struct work *work, const char *id, size_t len)
{
	char text[ID_MAX];

	if (len >= sizeof(text))
		return;
	memcpy(text, id, len);
	text[len] = '\0';
	service_take(work, rules_service_by_id(work->judge->options.rules, text), TRUST_PREFACE);
}
