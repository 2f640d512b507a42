/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Uploads that the door was told to stop, until they are told. What was
 * decided on must stand in the event, even if the rest of a series, or its
 * absence, would have it decided otherwise.
 */
#include <stdlib.h>

#include "rules/judge.h"

struct stop *
judge_stop_new(const struct observation *seen, const struct finding *finding,
    const struct verdict *verdict)
{
	struct stop *stop = calloc(1, sizeof(*stop));

	if (stop == NULL)
		return NULL;
	stop->uploads = seen->uploads;
	stop->series = seen->series;
	stop->before = seen->before;
	stop->finding = *finding;
	stop->upload = *seen->upload;
	stop->verdict = *verdict;
	stop->verdict.enforced = true;
	return stop;
}

static struct stop **
stop_find(struct work *work, const struct uploads *uploads, uint32_t series)
{
	struct stop **link = &work->stops;

	while (*link != NULL && ((*link)->uploads != uploads || (*link)->series != series))
		link = &(*link)->next;
	return link;
}

void
judge_stop_put(struct work *work, struct stop *stop)
{
	struct stop **link = stop_find(work, stop->uploads, stop->series), *old = *link;

	if (old != NULL) {
		stop->kept_back += old->kept_back;
		stop->next = old->next;
		free(old);
	}
	*link = stop;
}

void
judge_stop_rename(struct work *work, const struct uploads *uploads, uint32_t series,
    uint32_t to)
{
	struct stop **link = stop_find(work, uploads, series), *stop = *link;

	if (stop == NULL || series == to)
		return;
	*link = stop->next;
	stop->next = NULL;
	stop->series = to;
	judge_stop_put(work, stop);
}

struct stop *
judge_stop_take(struct work *work, const struct observation *seen)
{
	struct stop **link = stop_find(work, seen->uploads, seen->series), *stop = *link;

	if (stop != NULL)
		*link = stop->next;
	return stop;
}

static bool
row_look(struct work *work, const struct rows *rows, int id)
{
	const struct classifier *classifier = classifier_table[id];
	struct task task = judge_task(work);
	struct observation seen = { .kind = OBSERVED_UPLOAD };
	struct upload upload = { .begin_us = 0 };
	struct finding finding;
	struct verdict verdict;
	struct stop *stop;

	if (rows->state[id] != ROW_ACTIVE || classifier->peek == NULL ||
	    !classifier->peek(&task, rows->slot[id], &seen, &upload))
		return false;
	seen.upload = &upload;
	verdict = judge_decide(work, &seen, &finding);
	if (verdict.action != ACTION_BLOCK)
		return false;
	work->action = ACTION_BLOCK;
	stop = judge_stop_new(&seen, &finding, &verdict);
	if (stop != NULL) {
		stop->in_flight = true;
		judge_stop_put(work, stop);
	}
	return true;
}

void
judge_stop_look(struct work *work, const struct rows *rows)
{
	for (int i = 0; i < CLASSIFIERS; i++)
		if (row_look(work, rows, i))
			return;
}

void
judge_stops_tell(struct work *work)
{
	struct stop *stop;

	while ((stop = work->stops) != NULL) {
		uint64_t bytes = stop->upload.bytes_up, gone = stop->forwarded;

		work->stops = stop->next;
		work->sequence++;
		if (!stop->in_flight)
			gone = stop->kept_back < bytes ? bytes - stop->kept_back : 0;
		judge_event_tell(work, &stop->finding, &stop->upload, &stop->verdict,
		    gone < bytes ? gone : bytes);
		free(stop);
	}
}

void
judge_forwarded(struct judge *judge, struct flow *flow, uint64_t bytes)
{
	struct work *work = flow->work;

	(void)judge;
	for (struct stop *stop = work ? work->stops : NULL; stop != NULL; stop = stop->next) {
		if (!stop->in_flight)
			continue;
		if (stop->before > 0)
			stop->forwarded = bytes > stop->before ? bytes - stop->before : 0;
		/* Of one that began with the chunk that stopped it nothing has gone. */
		else if (stop->upload.begin_us < work->now_us)
			stop->forwarded = bytes;
	}
}
