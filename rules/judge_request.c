/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests whose carrier the door reads itself. Their bodies become uploads in
 * the same way as those a row takes out of a flow: alone, or as a series; the
 * door is told what the policy says before it lets them go.
 */
#include <stdio.h>
#include <stdlib.h>

#include "rules/judge.h"

struct asked {
	struct uploads uploads;
	struct judged *first;		/* in flight, newest first */
};

struct judged {
	struct judged *next;
	struct work *work;		/* NULL: the flow is over */
	struct request_facts *facts;
	struct series *series;		/* while its body is read; NULL before and after */
	uint32_t name;			/* of its series; 0 none */
	bool side_by_side, ended;
	bool failed;			/* memory was out: nobody has read it */
	uint64_t begin_us;
	uint64_t bytes, forwarded;	/* of its body */
	struct stop *stop;		/* the door was told to stop it, before its end */
	struct verdict verdict;		/* once ended */
};

/* ---- the flow's requests ---- */

static struct asked *
asked_take(struct work *work, bool side_by_side)
{
	if (work->asked == NULL)
		work->asked = calloc(1, sizeof(*work->asked));
	if (work->asked != NULL)
		work->asked->uploads.waiting_max = side_by_side ?
		    UPLOADS_WAITING_SIDE : UPLOADS_WAITING_ONE;
	return work->asked;
}

/* Nothing in flight and nothing waits: no memory for it. */
static void
asked_release(struct work *work)
{
	struct asked *asked = work->asked;

	if (asked == NULL || asked->first != NULL || asked->uploads.first != NULL)
		return;
	free(asked);
	work->asked = NULL;
}

bool
judge_asked_has(const struct work *work, const struct uploads *uploads)
{
	return work->asked != NULL && uploads == &work->asked->uploads;
}

static void
asked_pause(struct work *work, uint64_t now_us)
{
	struct task task = judge_task(work);

	work->now_us = now_us;
	if (work->asked != NULL)
		uploads_pause(&work->asked->uploads, &task, now_us);
}

/* ---- verdicts ---- */

/* What is no upload in bulk passes, and no event tells of it. */
static struct verdict
verdict_pass(void)
{
	struct verdict verdict = { .action = ACTION_ALLOW };

	snprintf(verdict.reason, sizeof(verdict.reason),
	    "no contacts, or fewer than an upload in bulk has");
	return verdict;
}

static struct verdict
verdict_failed(void)
{
	struct verdict verdict = { .action = ACTION_BLOCK };

	snprintf(verdict.reason, sizeof(verdict.reason),
	    "memory is out: nobody could read the body");
	return verdict;
}

/* The verdict on a series as it is; for one to be stopped *stop gets what is known now. */
static struct verdict
series_decide(const struct work *work, const struct series *series, struct stop **stop)
{
	bool enforces = work->judge->options.enforces;
	struct verdict verdict = { .action = ACTION_NONE };
	struct observation seen;
	struct finding finding;
	struct upload upload;

	if (uploads_peek(&work->asked->uploads, series, &seen, &upload))
		verdict = judge_decide(work, &seen, &finding);
	if (verdict.action == ACTION_NONE)
		return verdict_pass();
	verdict.enforced = enforces && verdict.action == ACTION_BLOCK;
	if (verdict.enforced && *stop == NULL)
		*stop = judge_stop_new(&seen, &finding, &verdict);
	return verdict;
}

/* ---- a request ---- */

/* False: memory is out. */
static bool
judged_begin(struct judged *judged, uint64_t now_us)
{
	struct work *work = judged->work;
	struct task task = judge_task(work);

	judged->series = uploads_begin(&work->asked->uploads, &task, judged->facts,
	    judged->begin_us, now_us);
	judged->failed = judged->series == NULL;
	return !judged->failed;
}

static void
judged_unlink(struct judged *judged)
{
	struct judged **link = &judged->work->asked->first;

	while (*link != NULL && *link != judged)
		link = &(*link)->next;
	if (*link != NULL)
		*link = judged->next;
}

static void
judged_drop(struct judged *judged)
{
	request_facts_free(judged->facts);
	free(judged->stop);
	free(judged);
}

static struct judged *
judged_new(struct work *work, const struct request_words *words, uint64_t now_us)
{
	struct asked *asked = asked_take(work, words->side_by_side);
	struct judged *judged = asked ? calloc(1, sizeof(*judged)) : NULL;

	if (judged == NULL)
		return NULL;
	judged->facts = request_facts_new(words);
	if (judged->facts == NULL) {
		free(judged);
		return NULL;
	}
	judged->work = work;
	judged->begin_us = now_us;
	judged->side_by_side = words->side_by_side;
	judged->next = asked->first;
	asked->first = judged;
	return judged;
}

void
judge_request_told(struct judge *judge, struct flow *flow,
    const struct request_words *words, uint64_t now_us)
{
	struct work brief = {
		.listener.observe = judge_observe, .judge = judge, .flow = flow
	};
	struct work *work = flow->work ? flow->work : &brief;
	struct request_facts *facts = request_facts_new(words);
	struct task task = judge_task(work);

	asked_pause(work, now_us);
	if (facts != NULL)
		request_tell(facts, &task);
	else
		flow->requests++;
	request_facts_free(facts);
	if (work == &brief)
		return;
	judge_rows_quiet(work);
	asked_release(work);
	judge_work_settle(work);
}

struct judged *
judge_request(struct judge *judge, struct flow *flow, const struct request_words *words,
    uint64_t now_us)
{
	struct work *work = judge_work_take(judge, flow);
	struct judged *judged;
	struct task task;

	if (work == NULL)
		return NULL;
	task = judge_task(work);
	asked_pause(work, now_us);
	judge_rows_quiet(work);
	judged = judged_new(work, words, now_us);
	if (judged != NULL) {
		request_tell(judged->facts, &task);
		/* As the rows do: see http2_streams.c, stream_begin(). */
		if (words->side_by_side || judged_begin(judged, now_us))
			return judged;
		judged_unlink(judged);
		judged_drop(judged);
	}
	asked_release(work);
	judge_work_settle(work);
	return NULL;
}

struct visit { const struct work *work; uint64_t moment_us; };

static bool
visit_may_block(void *arg, const char *line, const char *media_type)
{
	const struct visit *visit = arg;

	return judge_may_block(visit->work, line, media_type, visit->moment_us);
}

bool
judged_may_block(const struct judged *judged)
{
	struct visit visit = { judged->work, judged->begin_us };
	char line[1024];

	if (judged->work == NULL)
		return false;
	request_facts_line(judged->facts, line, sizeof(line));
	return visit_may_block(&visit, line, request_facts_type(judged->facts)) ||
	    uploads_visit(&judged->work->asked->uploads, judged->facts,
	    visit_may_block, &visit);
}

void
judged_feed(struct judged *judged, const uint8_t *data, size_t len, uint64_t now_us)
{
	if (judged->work == NULL || judged->ended || judged->failed || len == 0)
		return;
	asked_pause(judged->work, now_us);
	if (judged->series == NULL && !judged_begin(judged, now_us)) {
		judged->work->judge->stats.unscanned[UNSCANNED_LIMIT]++;
		return;
	}
	uploads_feed(judged->series, data, len, now_us);
	judged->bytes += len;
}

void
judged_forwarded(struct judged *judged, uint64_t bytes)
{
	judged->forwarded = bytes;
}

struct verdict
judged_peek(struct judged *judged)
{
	if (judged->ended)
		return judged->verdict;
	if (judged->failed)
		return verdict_failed();
	if (judged->work == NULL || judged->series == NULL)
		return verdict_pass();
	return series_decide(judged->work, judged->series, &judged->stop);
}

/* What was decided on goes to the event: the newest of what is known, and the bytes. */
static void
judged_stop(struct judged *judged, struct stop *stop)
{
	uint64_t gone = judged->forwarded < judged->bytes ? judged->forwarded : judged->bytes;

	stop->series = judged->name;
	stop->kept_back = judged->bytes - gone;
	judge_stop_put(judged->work, stop);
}

typedef struct series *series_over(struct uploads *uploads, const struct task *task,
    struct series *series);

static struct verdict
judged_over(struct judged *judged, series_over *over)
{
	struct work *work = judged->work;
	struct task task = judge_task(work);
	struct uploads *uploads = &work->asked->uploads;
	uint32_t before = uploads_name(judged->series);
	const struct series *series = over(uploads, &task, judged->series);
	struct stop *stop = NULL;
	struct verdict verdict = verdict_pass();

	judged->series = NULL;
	if (series != NULL) {
		judged->name = uploads_name(series);
		judge_stop_rename(work, uploads, before, judged->name);
		verdict = series_decide(work, series, &stop);
	}
	/* The door stopped reading, for what it was told: that stays. */
	if (over == uploads_cut && verdict.action != ACTION_BLOCK && judged->stop != NULL) {
		stop = judged->stop;
		judged->stop = NULL;
		verdict = stop->verdict;
	}
	if (stop != NULL)
		judged_stop(judged, stop);
	return verdict;
}

static struct verdict
judged_finish(struct judged *judged, uint64_t now_us, series_over *over)
{
	if (judged->ended)
		return judged->verdict;
	judged->ended = true;
	if (judged->work == NULL || judged->series == NULL) {
		judged->verdict = judged->failed ? verdict_failed() : verdict_pass();
		return judged->verdict;
	}
	judged->work->now_us = now_us;
	/* Whatever the end makes of it, its event must come. */
	if (over == uploads_cut && judged->stop != NULL)
		uploads_keep(judged->series);
	judged->verdict = judged_over(judged, over);
	return judged->verdict;
}

struct verdict
judged_end(struct judged *judged, uint64_t now_us)
{
	return judged_finish(judged, now_us, uploads_end);
}

struct verdict
judged_cut(struct judged *judged, uint64_t now_us)
{
	return judged_finish(judged, now_us, uploads_cut);
}

void
judged_answer(struct judged *judged, uint64_t bytes)
{
	struct work *work = judged->work;
	uint32_t name = judged->series ? uploads_name(judged->series) : judged->name;

	/* As the rows count it: of HTTP/1.1 what comes after the request's end. */
	if (work != NULL && (judged->ended || judged->side_by_side) && name != 0)
		uploads_answer(&work->asked->uploads, name, bytes);
}

/* Does another exchange, still under way, belong to the same upload? */
static bool
judged_shared(const struct judged *judged)
{
	for (const struct judged *j = judged->work->asked->first; j != NULL; j = j->next)
		if (j != judged && j->name == judged->name)
			return true;
	return false;
}

void
judged_free(struct judged *judged)
{
	struct work *work = judged ? judged->work : NULL;
	struct task task;

	if (judged == NULL)
		return;
	if (work != NULL) {
		task = judge_task(work);
		judged_cut(judged, work->now_us);
		if (judged->name != 0 && !judged_shared(judged))
			uploads_settle(&work->asked->uploads, &task, judged->name);
		judged_unlink(judged);
		asked_release(work);
		judge_work_settle(work);
	}
	judged_drop(judged);
}

void
judge_asked_close(struct work *work)
{
	struct asked *asked = work->asked;
	struct task task = judge_task(work);

	if (asked == NULL)
		return;
	for (struct judged *j = asked->first; j != NULL; j = j->next)
		judged_cut(j, work->now_us);
	for (struct judged *j = asked->first; j != NULL; j = j->next)
		j->work = NULL;
	uploads_close(&asked->uploads, &task);
	free(asked);
	work->asked = NULL;
}

void
judge_tick(struct judge *judge, struct flow *flow, uint64_t now_us)
{
	struct work *work = flow->work;

	(void)judge;
	if (work == NULL)
		return;
	asked_pause(work, now_us);
	asked_release(work);
	judge_rows_tick(work);
	judge_work_settle(work);
}
