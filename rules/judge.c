/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/judge.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* ---- the judge ---- */

static void work_observe(struct listener *listener, const struct observation *seen);

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

static struct task
work_task(struct work *work)
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
	struct task task = work_task(work);

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
	task = work_task(work);
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
	work->listener.observe = work_observe;
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
	if (work->inside != NULL)
		rows_close(work, work->inside);
	rows_close(work, &work->rows);
	free(work->inside);
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
 * Volume waits for a service; when every row that could name one is done and
 * nDPI too, there will be none, and the flow is settled.
 */
static void
work_settle(struct work *work)
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
	if (wants == 0)
		work_free(work);
}

static void
work_observe(struct listener *listener, const struct observation *seen)
{
	struct work *work = (struct work *)listener;
	struct flow *flow = work->flow;

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
	work_settle(work);
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
	work_settle(work);
}

static enum action
work_feed(struct work *work, struct rows *rows, const struct chunk *chunk)
{
	enum action action;

	work->now_us = chunk->time_us;
	for (int i = 0; i < CLASSIFIERS; i++)
		row_feed(work, rows, i, chunk);
	action = (enum action)work->action;
	work_settle(work);
	return action;
}

enum action
judge_feed(struct judge *judge, struct flow *flow, const struct chunk *chunk)
{
	struct work *work = flow->work;

	(void)judge;
	return work == NULL ? ACTION_ALLOW : work_feed(work, &work->rows, chunk);
}

void
judge_opened(struct judge *judge, struct flow *flow)
{
	struct work *work = flow->work;

	(void)judge;
	flow->opened = true;
	if (work == NULL && (work = work_new(judge, flow)) != NULL) {
		rows_init(&work->rows, 0);	/* outside, all was said */
		flow->work = work;
	}
	if (work == NULL || work->inside != NULL)
		return;
	work->inside = calloc(1, sizeof(*work->inside));
	if (work->inside != NULL)
		rows_init(work->inside, ON_PLAIN);
	work_settle(work);
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
		if (flow->wants & WANT_PACKETS) {
			app_finish(judge->app, &work->app, flow);
			flow->wants &= (uint8_t)~WANT_PACKETS;
			judge_service_update(work);
		}
		work_free(work);
	}
	judge_flow_end(judge, flow);
}
