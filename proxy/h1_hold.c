/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hold until judged. Below the limit a request leaves whole or not at all. A
 * longer one, or one whose client waits for something, leaves from its front,
 * while what the judge has seen of it would pass.
 */
#include <stdlib.h>
#include <string.h>

#include "proxy/h1.h"

/* What is moved at once from a hold to a queue. */
#define MOVE_SIZE ((size_t)16 << 10)

/* ---- out ----------------------------------------------------------------------- */

/* The oldest bytes go to the origin, at most so many, as there is room. */
static void
release(struct dialog *dialog, struct h1_exchange *exchange, size_t most)
{
	uint8_t bytes[MOVE_SIZE];

	while (most > 0 && !dialog->abort) {
		size_t n = dialog_room(dialog, DIR_UP);
		long taken;

		n = n < most ? n : most;
		if (n == 0)
			return;
		taken = hold_take(exchange->hold, bytes, n < MOVE_SIZE ? n : MOVE_SIZE);
		/* What cannot be read back is not guessed, and its request is not whole. */
		if (taken <= 0) {
			dialog_abort(dialog);
			return;
		}
		dialog_send(dialog, DIR_UP, bytes, (size_t)taken);
		exchange->out += (size_t)taken;
		exchange->loose -= (size_t)taken < exchange->loose ?
		    (size_t)taken : exchange->loose;
		most -= (size_t)taken;
	}
}

/* So much of the body has gone; chunk heads are counted with it, but never more than it has. */
static void
forwarded_tell(struct h1_exchange *exchange)
{
	uint64_t gone = exchange->out > exchange->head_len ?
	    exchange->out - exchange->head_len : 0;

	judged_forwarded(exchange->judged, gone < exchange->body ? gone : exchange->body);
}

static void
free_on(struct dialog *dialog, struct h1_exchange *exchange)
{
	struct http1 *http = dialog->state;

	release(dialog, exchange, exchange->asks ? exchange->head_len -
	    (size_t)exchange->out : hold_length(exchange->hold));
	if (hold_length(exchange->hold) > 0)
		return;
	hold_free(exchange->hold);
	exchange->hold = NULL;
	http->freeing = NULL;
	h1_exchange_put(http, exchange);
}

/* ---- verdicts -------------------------------------------------------------------- */

struct verdict
h1_hold_cut(struct dialog *dialog, struct h1_exchange *exchange)
{
	if (exchange->judged == NULL || exchange->judged_end)
		return (struct verdict){ .action = ACTION_NONE };
	forwarded_tell(exchange);
	exchange->judged_end = true;
	return judged_cut(exchange->judged, dialog->home->now_us);
}

static void
end_tell(struct dialog *dialog, struct h1_exchange *exchange, struct verdict *verdict)
{
	forwarded_tell(exchange);
	*verdict = judged_end(exchange->judged, dialog->home->now_us);
	exchange->judged_end = true;
	/* An answer may have come before the end. */
	if (exchange->answer > 0)
		judged_answer(exchange->judged, exchange->answer);
	exchange->answer = 0;
}

/* Would what was read so far be stopped, were it all? Then it is. */
static bool
stopped(struct dialog *dialog, struct h1_exchange *exchange)
{
	struct verdict verdict = judged_peek(exchange->judged);

	if (verdict.action != ACTION_BLOCK)
		return false;
	(void)h1_hold_cut(dialog, exchange);
	h1_own_block(dialog, exchange, &verdict);
	return true;
}

/* No memory to hold it: then nothing of it leaves. */
static void
overflow(struct dialog *dialog, struct h1_exchange *exchange)
{
	struct verdict verdict = h1_hold_cut(dialog, exchange);

	if (verdict.action == ACTION_BLOCK)
		h1_own_block(dialog, exchange, &verdict);
	else
		h1_own_busy(dialog, exchange);
}

/* ---- in ---------------------------------------------------------------------------- */

void
h1_hold_begin(struct dialog *dialog, struct h1_exchange *exchange,
    const struct h1_request *request, struct h1_text head)
{
	size_t len = request->accept.len;

	exchange->course = H1_HOLDING;
	exchange->hold = hold_new(dialog->home->holds);
	if (request->accept.at != NULL)
		exchange->accept = strndup(request->accept.at,
		    len < H1_ACCEPT_MAX ? len : H1_ACCEPT_MAX);
	if (exchange->hold == NULL || !hold_add(exchange->hold, head.at, head.len)) {
		overflow(dialog, exchange);
		return;
	}
	/*
	 * The origin cannot be asked yet whether it wants the body, for it may not
	 * know of it; so we ask for it, and drop the origin's word afterwards.
	 */
	exchange->continue_due = exchange->swallow = request->expect;
	dialog_wake_at(dialog, dialog->home->now_us + DIALOG_HOLD_IDLE_US);
	h1_own_emit(dialog);
}

/* Beyond the limit: what is old enough, or was let loose, goes. */
static void
over_release(struct dialog *dialog, struct h1_exchange *exchange)
{
	size_t length = hold_length(exchange->hold), most = exchange->loose;

	if (length > DIALOG_HOLD_LAG && length - DIALOG_HOLD_LAG > most)
		most = length - DIALOG_HOLD_LAG;
	if (most > 0 && dialog_room(dialog, DIR_UP) > 0 && !stopped(dialog, exchange))
		release(dialog, exchange, most);
}

static void
held_bytes(struct dialog *dialog, struct h1_exchange *exchange, const uint8_t *data,
    size_t len)
{
	if (!hold_add(exchange->hold, data, len)) {
		overflow(dialog, exchange);
		return;
	}
	if (hold_length(exchange->hold) > (size_t)dialog->home->settings->hold)
		exchange->course = H1_OVER;
	if (exchange->course == H1_OVER)
		over_release(dialog, exchange);
}

static void
refused_bytes(struct dialog *dialog, size_t len)
{
	struct http1 *http = dialog->state;

	http->dropped += len;
	if (http->dropped > DIALOG_DRAIN_MAX)
		h1_close(dialog, http->current->out > 0, false);
}

void
h1_hold_bytes(struct dialog *dialog, const uint8_t *data, size_t len)
{
	struct http1 *http = dialog->state;
	struct h1_exchange *exchange = http->current;

	switch ((enum h1_course)exchange->course) {
	case H1_PASSING:
		dialog_send(dialog, DIR_UP, data, len);
		exchange->out += len;
		break;
	case H1_HOLDING:
	case H1_OVER:
		held_bytes(dialog, exchange, data, len);
		break;
	case H1_REFUSED:
		refused_bytes(dialog, len);
		break;
	case H1_FREED:
		break;
	}
}

void
h1_hold_end(struct dialog *dialog)
{
	struct http1 *http = dialog->state;
	struct h1_exchange *exchange = http->current;
	struct verdict verdict = { .action = ACTION_NONE };

	if (exchange->course != H1_REFUSED)
		end_tell(dialog, exchange, &verdict);
	if (exchange->course == H1_HOLDING || exchange->course == H1_OVER) {
		if (verdict.action == ACTION_BLOCK) {
			h1_own_block(dialog, exchange, &verdict);
		} else {
			exchange->course = H1_FREED;
			exchange->asks = exchange->swallow && exchange->out == 0;
			if (exchange->asks)
				dialog_wake_at(dialog, dialog->home->now_us + H1_CONTINUE_US);
			http->freeing = exchange;
		}
	}
	/* Our answer may have ended all. */
	if (http->reading != H1_BODIES)
		return;
	h1_exchange_asked(http);
	if (http->freeing != NULL)
		free_on(dialog, http->freeing);
}

void
h1_hold_wanted(struct dialog *dialog)
{
	struct http1 *http = dialog->state;

	if (http->freeing == NULL)
		return;
	http->freeing->asks = false;
	free_on(dialog, http->freeing);
}

/* What the body is not sent for cannot be followed by another request. */
void
h1_hold_unwanted(struct dialog *dialog)
{
	struct http1 *http = dialog->state;
	struct h1_exchange *exchange = http->freeing;

	if (exchange == NULL || !exchange->asks)
		return;
	hold_free(exchange->hold);
	exchange->hold = NULL;
	exchange->last = true;
	http->freeing = NULL;
	http->reading = H1_DROPPING;
}

/* ---- time and room --------------------------------------------------------------------- */

/* A body whose length was told, and is within the limit: it can wait to be whole. */
static bool
comes_whole(struct dialog *dialog, const struct h1_exchange *exchange)
{
	const struct http1 *http = dialog->state;
	const struct h1_body *body = &http->body[DIR_UP];
	uint64_t limit = (uint64_t)dialog->home->settings->hold;

	return body->step == H1_DATA && exchange->body <= limit &&
	    body->left <= limit - exchange->body;
}

/*
 * A client that says nothing more may wait for a word of the origin's (a
 * stream of messages): what was judged harmless goes. Who told how much there
 * will be waits for nothing before it has sent that.
 */
static void
idle_look(struct dialog *dialog, struct h1_exchange *exchange)
{
	uint64_t now_us = dialog->home->now_us;

	/* A client that we make wait is not idle. */
	if (dialog->paused[DIR_UP])
		exchange->seen_us = now_us;
	if (now_us < exchange->seen_us + DIALOG_HOLD_IDLE_US) {
		dialog_wake_at(dialog, exchange->seen_us + DIALOG_HOLD_IDLE_US);
		return;
	}
	if (stopped(dialog, exchange))
		return;
	if (!comes_whole(dialog, exchange)) {
		exchange->course = H1_OVER;
		exchange->loose = hold_length(exchange->hold);
	}
	/* Bytes that come later may be followed by silence again. */
	dialog_wake_at(dialog, now_us + DIALOG_HOLD_IDLE_US);
}

void
h1_hold_pump(struct dialog *dialog)
{
	struct http1 *http = dialog->state;
	struct h1_exchange *exchange = http->current;

	if (http->freeing != NULL && http->freeing->asks &&
	    dialog->home->now_us >= http->freeing->seen_us + H1_CONTINUE_US)
		http->freeing->asks = false;
	if (http->freeing != NULL)
		free_on(dialog, http->freeing);
	if (http->reading != H1_BODIES || exchange->hold == NULL)
		return;
	idle_look(dialog, exchange);
	if (http->reading == H1_BODIES && exchange->course == H1_OVER)
		over_release(dialog, exchange);
}

bool
h1_hold_full(const struct http1 *http)
{
	return http->reading == H1_BODIES && http->current->course == H1_OVER &&
	    hold_length(http->current->hold) > DIALOG_HOLD_LAG + DIALOG_QUEUE_HIGH;
}
