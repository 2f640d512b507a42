/* SPDX-License-Identifier: Apache-2.0 */
/* What every engine shares: its start and end, its queues, its clock. */
#include "proxy/dialog.h"

#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

bool
dialog_start(struct dialog *dialog, const struct engine *engine)
{
	dialog->engine = engine;
	dialog->state = calloc(1, engine->size ? engine->size : 1);
	if (dialog->state == NULL)
		return false;
	return engine->start == NULL || engine->start(dialog);
}

void
dialog_feed(struct dialog *dialog, enum dir dir, const uint8_t *data, size_t len)
{
	dialog->rested = false;
	if (!dialog->abort && len > 0)
		dialog->engine->feed(dialog, dir, data, len);
}

void
dialog_end(struct dialog *dialog, enum dir dir, bool truncated)
{
	if (dialog->abort || dialog->ended[dir])
		return;
	dialog->rested = false;
	dialog->ended[dir] = true;
	dialog->truncated[dir] = truncated;
	dialog->engine->end(dialog, dir, truncated);
}

void
dialog_pump(struct dialog *dialog, enum dir dir)
{
	if (dir == DIR_UP && dialog->wake && dialog->home->now_us >= dialog->wake_us)
		dialog->wake = false;
	dialog->rested = false;
	if (!dialog->abort && dialog->engine->pump != NULL)
		dialog->engine->pump(dialog, dir);
}

void
dialog_rest(struct dialog *dialog)
{
	if (!dialog->abort && !dialog->rested && dialog->engine->rest != NULL)
		dialog->rested = dialog->engine->rest(dialog);
}

void
dialog_stop(struct dialog *dialog)
{
	if (dialog->state != NULL && dialog->engine->stop != NULL)
		dialog->engine->stop(dialog);
	free(dialog->state);
	dialog->state = NULL;
}

bool
dialog_switch(struct dialog *dialog, const struct engine *engine,
    void (*init)(void *state, const void *arg), const void *arg)
{
	void *state = calloc(1, engine->size ? engine->size : 1);

	if (state == NULL) {
		dialog->abort = true;
		return false;
	}
	if (init != NULL)
		init(state, arg);
	dialog_stop(dialog);
	dialog->engine = engine;
	dialog->state = state;
	memset(dialog->paused, 0, sizeof(dialog->paused));
	dialog->wake = false;
	if (engine->start != NULL && !engine->start(dialog)) {
		dialog->abort = true;
		return false;
	}
	/* What has already ended will not be told again by the connection. */
	for (enum dir dir = DIR_UP; dir <= DIR_DOWN; dir++)
		if (dialog->ended[dir])
			engine->end(dialog, dir, dialog->truncated[dir]);
	return true;
}

void
dialog_send(struct dialog *dialog, enum dir dir, const void *data, size_t len)
{
	if (!dialog->finish[dir] && evbuffer_add(dialog->queue[dir], data, len) != 0)
		dialog->abort = true;
}

size_t
dialog_room(const struct dialog *dialog, enum dir dir)
{
	size_t queued = evbuffer_get_length(dialog->queue[dir]);

	return queued < DIALOG_QUEUE_HIGH ? DIALOG_QUEUE_HIGH - queued : 0;
}

void
dialog_finish(struct dialog *dialog, enum dir dir)
{
	dialog->finish[dir] = true;
}

void
dialog_finish_cut(struct dialog *dialog, enum dir dir)
{
	dialog->cut[dir] |= !dialog->finish[dir];
	dialog->finish[dir] = true;
}

void
dialog_abort(struct dialog *dialog)
{
	dialog->abort = true;
}

void
dialog_wake_at(struct dialog *dialog, uint64_t when_us)
{
	if (!dialog->wake || when_us < dialog->wake_us)
		dialog->wake_us = when_us;
	dialog->wake = true;
}
