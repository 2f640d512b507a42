/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/judge.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* ---- the judge ---- */

struct judge *
judge_new(const struct judge_options *options)
{
	struct judge *judge = xcalloc(1, sizeof(*judge));

	judge->options = *options;
	judge->app = app_new();
	if (judge->app == NULL) {
		free(judge);
		return NULL;
	}
	judge->names = names_new();
	pool_init(&judge->works, sizeof(struct work));
	return judge;
}

void
judge_free(struct judge *judge)
{
	if (judge == NULL)
		return;
	names_free(judge->names);
	pool_fini(&judge->works);
	app_free(judge->app);
	free(judge);
}

void
judge_stats(const struct judge *judge, struct stats *stats)
{
	stats_add(stats, &judge->stats);
}

/* ---- rows ---- */

struct task
judge_task(struct work *work)
{
	const struct judge_options *options = &work->judge->options;

	return (struct task){ work->flow, &work->listener,
	    options->sink->flow_end != NULL, options->settings->organisation.country,
	    judge_known_call };
}

static void
row_done(struct rows *rows, int id)
{
	free(rows->slot[id]);
	rows->slot[id] = NULL;
	rows->more[id] = 0;
	rows->state[id] = ROW_DONE;
}

static void
row_close(struct work *work, struct rows *rows, int id)
{
	struct task task = judge_task(work);

	if (rows->state[id] == ROW_ACTIVE && classifier_table[id]->close)
		classifier_table[id]->close(&task, rows->slot[id]);
	row_done(rows, id);
}

/* Asks a row whether a first chunk is its own. */
static void
row_sniff(struct work *work, struct rows *rows, int id, const struct chunk *chunk)
{
	const struct classifier *classifier = classifier_table[id];

	switch (classifier->sniff(work->flow, chunk)) {
	case INTEREST_NO:
		row_done(rows, id);
		break;
	case INTEREST_LATER:
		break;
	case INTEREST_YES:
		rows->slot[id] = calloc(1, classifier->slot_size);
		rows->state[id] = rows->slot[id] ? ROW_ACTIVE : ROW_DONE;
		rows->more[id] = rows->slot[id] ? WANT_BYTES : 0;
		if (id == CLASSIFIER_VOLUME)
			judge_service_models(work);
		break;
	}
}

static void
row_feed(struct work *work, struct rows *rows, int id, const struct chunk *chunk)
{
	struct task task;

	if (rows->state[id] == ROW_PENDING)
		row_sniff(work, rows, id, chunk);
	if (rows->state[id] != ROW_ACTIVE ||
	    !(rows->more[id] & (chunk->dir == DIR_UP ? WANT_UP : WANT_DOWN)))
		return;
	task = judge_task(work);
	rows->more[id] = (uint8_t)classifier_table[id]->feed(&task, rows->slot[id], chunk);
	if (rows->more[id] == 0)
		row_close(work, rows, id);
}

static void
rows_init(struct rows *rows, unsigned transport)
{
	for (int i = 0; i < CLASSIFIERS; i++) {
		bool fits = (classifier_table[i]->transports & transport) != 0;

		rows->state[i] = fits ? ROW_PENDING : ROW_DONE;
		rows->more[i] = fits ? WANT_BYTES : 0;
	}
}

static void
rows_close(struct work *work, struct rows *rows)
{
	for (int i = 0; i < CLASSIFIERS; i++)
		row_close(work, rows, i);
}

/* ---- work ---- */

static struct work *
work_new(struct judge *judge, struct flow *flow)
{
	struct work *work = pool_get(&judge->works);
	unsigned transport = flow->proto == IPPROTO_TCP ? ON_TCP :
	    flow->proto == IPPROTO_UDP ? ON_UDP : 0;

	if (work == NULL)
		return NULL;
	work->listener.observe = judge_observe;
	work->judge = judge;
	work->flow = flow;
	work->now_us = flow->begin_us;
	work->action = ACTION_ALLOW;
	rows_init(&work->rows, transport);
	return work;
}

static void
work_free(struct work *work)
{
	judge_asked_close(work);
	if (work->inside != NULL)
		rows_close(work, work->inside);
	rows_close(work, &work->rows);
	free(work->inside);
	judge_stops_tell(work);
	work->flow->work = NULL;
	pool_put(&work->judge->works, work);
}

/* Bodies can be read: what their size would say is said better, so volume says nothing. */
static void
work_hush_volume(struct work *work)
{
	void *slot = work->rows.slot[CLASSIFIER_VOLUME];

	if (slot != NULL)
		volume_models_set(slot, NULL, 0);
	work->call_count = 0;
	row_close(work, &work->rows, CLASSIFIER_VOLUME);
}

/* What the rows inside TLS want, as WANT_PLAIN bits. */
static unsigned
work_wants_inside(const struct work *work)
{
	unsigned wants = 0;

	for (int i = 0; work->inside != NULL && i < CLASSIFIERS; i++)
		wants |= work->inside->more[i];
	return (wants & WANT_UP ? WANT_PLAIN_UP : 0) | (wants & WANT_DOWN ? WANT_PLAIN_DOWN : 0);
}

/*
 * Is there something to be told yet? The number of an upload within its flow
 * is a part of its event's id: a door that makes work anew must not lose it.
 */
static bool
work_holds(const struct work *work)
{
	return work->asked != NULL || work->stops != NULL ||
	    (work->judge->options.enforces && work->sequence > 0);
}

/*
 * Volume waits for a service; when every row that could name one is done and
 * nDPI too, there will be none, and the flow is settled.
 */
void
judge_work_settle(struct work *work)
{
	struct flow *flow = work->flow;
	bool naming = (flow->wants & WANT_PACKETS) != 0;
	unsigned wants = (flow->wants & WANT_PACKETS) | work_wants_inside(work);

	if (work->readable)
		work_hush_volume(work);
	for (int i = 0; i < CLASSIFIERS; i++) {
		if (i == CLASSIFIER_VOLUME)
			continue;
		naming = naming || (i != CLASSIFIER_HTTP1 && i != CLASSIFIER_HTTP2 &&
		    work->rows.state[i] != ROW_DONE);
		wants |= work->rows.more[i];
	}
	if (work->service == NULL && (!naming || flow->host_source >= HOST_QUIC))
		row_close(work, &work->rows, CLASSIFIER_VOLUME);
	wants |= work->rows.more[CLASSIFIER_VOLUME];
	flow->wants = (uint8_t)wants;
	if (wants == 0 && !work_holds(work))
		work_free(work);
}

void
judge_observe(struct listener *listener, const struct observation *seen)
{
	struct work *work = (struct work *)listener;
	struct flow *flow = work->flow;

	if (work->muted)
		return;
	switch (seen->kind) {
	case OBSERVED_HOST:
		if (flow_host_set(flow, seen->text, seen->text_len, seen->source))
			judge_service_update(work);
		break;
	case OBSERVED_HELLO:
		break;
	case OBSERVED_JA4:
		free(flow->ja4);
		flow->ja4 = strndup(seen->text, seen->text_len);
		break;
	case OBSERVED_ECH:
		flow->ech = true;
		break;
	case OBSERVED_ANSWER:
		names_put(work->judge->names, &flow->client, seen->addr, seen->text,
		    seen->text_len, seen->number, work->now_us);
		break;
	case OBSERVED_PREFACE:
		work->preface = true;
		judge_service_preface(work, seen->text, seen->text_len);
		break;
	case OBSERVED_REQUEST:
		flow->requests++;
		work->readable = true;
		break;
	case OBSERVED_UPLOAD:
		judge_upload(work, seen);
		break;
	case OBSERVED_UNSCANNED:
		if (seen->number < UNSCANNED_KINDS)
			work->judge->stats.unscanned[seen->number]++;
		break;
	}
}

/* The service the flow was found to belong to, by whatever was known then. */
static void
work_service_again(struct work *work)
{
	judge_service_update(work);
	if (work->service != NULL || work->flow->service == 0)
		return;
	work->service = rules_service(work->judge->options.rules, work->flow->service - 1u);
	work->service_trust = TRUST_APP;
}

struct work *
judge_work_take(struct judge *judge, struct flow *flow)
{
	struct work *work = flow->work;

	if (work != NULL || (work = work_new(judge, flow)) == NULL)
		return work;
	rows_init(&work->rows, 0);	/* outside, all was said */
	flow->work = work;
	work_service_again(work);
	return work;
}

void
judge_rows_quiet(struct work *work)
{
	work->muted = true;
	work_hush_volume(work);
	rows_close(work, &work->rows);
	work->muted = false;
}

void
judge_rows_tick(struct work *work)
{
	struct chunk none = { .data = NULL, .time_us = work->now_us, .dir = DIR_UP };

	for (int i = 0; work->inside != NULL && i < CLASSIFIERS; i++)
		if (work->inside->state[i] == ROW_ACTIVE)
			row_feed(work, work->inside, i, &none);
}

/* ---- the door ---- */

enum action
judge_open(struct judge *judge, struct flow *flow)
{
	struct work *work = work_new(judge, flow);
	const char *name;

	flow->work = work;
	flow->wants = 0;
	if (work == NULL)
		return ACTION_ALLOW;
	name = names_get(judge->names, &flow->client, &flow->server, flow->begin_us);
	if (name != NULL)
		flow_host_set(flow, name, strlen(name), HOST_DNS);
	flow->wants = WANT_PACKETS;
	judge_service_update(work);
	judge_work_settle(work);
	return ACTION_ALLOW;
}

void
judge_packet(struct judge *judge, struct flow *flow, const uint8_t *packet, size_t len,
    uint64_t time_us, enum dir dir)
{
	struct work *work = flow->work;

	if (work == NULL)
		return;
	if (app_feed(judge->app, &work->app, flow, packet, len, time_us, dir)) {
		if (!work->preface)
			return;
		/* Its opening names it: nDPI had that packet too, and will not say more. */
		app_finish(judge->app, &work->app, flow);
	}
	flow->wants &= (uint8_t)~WANT_PACKETS;
	judge_service_update(work);
	judge_work_settle(work);
}

static enum action
work_feed(struct work *work, struct rows *rows, const struct chunk *chunk)
{
	enum action action;

	bool enforces = work->judge->options.enforces;

	/* A flow that is to be stopped goes nowhere: nobody looks at the rest. */
	if (enforces && work->action == ACTION_BLOCK)
		return ACTION_BLOCK;
	work->now_us = chunk->time_us;
	for (int i = 0; i < CLASSIFIERS; i++)
		row_feed(work, rows, i, chunk);
	if (enforces && work->action != ACTION_BLOCK)
		judge_stop_look(work, rows);
	action = (enum action)work->action;
	judge_work_settle(work);
	return action;
}

enum action
judge_feed(struct judge *judge, struct flow *flow, const struct chunk *chunk)
{
	struct work *work = flow->work;

	(void)judge;
	return work == NULL ? ACTION_ALLOW : work_feed(work, &work->rows, chunk);
}

/* nDPI has no more to say: the flow is over, or the door will show it no packet. */
static void
work_app_finish(struct work *work)
{
	struct flow *flow = work->flow;

	if (!(flow->wants & WANT_PACKETS))
		return;
	app_finish(work->judge->app, &work->app, flow);
	flow->wants &= (uint8_t)~WANT_PACKETS;
	judge_service_update(work);
}

static bool
work_inside_new(struct work *work, unsigned transport)
{
	work->inside = calloc(1, sizeof(*work->inside));
	if (work->inside != NULL)
		rows_init(work->inside, transport);
	return work->inside != NULL;
}

void
judge_opened(struct judge *judge, struct flow *flow)
{
	bool enforces = judge->options.enforces;
	struct work *work = enforces ? flow->work : judge_work_take(judge, flow);

	flow->opened = true;
	if (work == NULL || work->inside != NULL)
		return;
	if (enforces) {
		work_app_finish(work);
		judge_rows_quiet(work);
	} else {
		work_inside_new(work, ON_PLAIN);
	}
	judge_work_settle(work);
}

void
judge_websocket(struct judge *judge, struct flow *flow, const struct request_words *words,
    uint64_t now_us)
{
	struct work *work = judge_work_take(judge, flow);
	void *slot = NULL;

	if (work != NULL && work->inside == NULL && work_inside_new(work, 0))
		slot = calloc(1, classifier_table[CLASSIFIER_HTTP1]->slot_size);
	if (slot == NULL || !http1_websocket(slot, words, now_us)) {
		judge->stats.unscanned[UNSCANNED_LIMIT]++;
		free(slot);
	} else {
		work->inside->slot[CLASSIFIER_HTTP1] = slot;
		work->inside->state[CLASSIFIER_HTTP1] = ROW_ACTIVE;
		work->inside->more[CLASSIFIER_HTTP1] = WANT_BYTES;
	}
	if (work == NULL)
		return;
	judge_rows_quiet(work);
	judge_work_settle(work);
}

enum action
judge_plain(struct judge *judge, struct flow *flow, const struct chunk *chunk)
{
	struct work *work = flow->work;

	(void)judge;
	if (work == NULL || work->inside == NULL)
		return ACTION_ALLOW;
	return work_feed(work, work->inside, chunk);
}

void
judge_close(struct judge *judge, struct flow *flow)
{
	struct work *work = flow->work;

	if (work != NULL) {
		work_app_finish(work);
		work_free(work);
	}
	judge_flow_end(judge, flow);
}
