/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the origin says: read for where answers end, and passed as it came. An
 * answer whose end is not certain ends the connection; it is never guessed.
 */
#include "proxy/h1.h"

/* The final answer has come to its end. */
static void
answer_done(struct dialog *dialog)
{
	struct http1 *http = dialog->state;
	bool last = http->first->last;

	http->in_answer = false;
	h1_exchange_answered(http);
	if (last)
		h1_close(dialog, true, false);
	else
		h1_own_emit(dialog);
}

static void
answer_count(struct h1_exchange *exchange, size_t len)
{
	if (exchange->judged != NULL && exchange->judged_end)
		judged_answer(exchange->judged, len);
	else if (exchange->judged != NULL)
		exchange->answer += len;
}

static size_t
answer_body_feed(struct dialog *dialog, const uint8_t *data, size_t len)
{
	struct http1 *http = dialog->state;
	struct h1_body *body = &http->body[DIR_DOWN];
	struct h1_span span;
	size_t used = 0;

	while (used < len && h1_body_more(body))
		used += h1_body_feed(body, data + used, len - used, &span);
	answer_count(http->first, used);
	dialog_send(dialog, DIR_DOWN, data, used);
	if (h1_body_broken(body))
		dialog_abort(dialog);
	else if (!h1_body_more(body))
		answer_done(dialog);
	return used;
}

/* 1xx: more than one may come before the final answer (RFC 9110 section 15.2). */
static void
interim_take(struct dialog *dialog, const struct h1_answer *answer, struct h1_text head)
{
	struct http1 *http = dialog->state;

	if (answer->status == 100 && http->first->swallow) {
		http->first->swallow = false;
		if (http->freeing == http->first)
			h1_hold_wanted(dialog);
	} else {
		dialog_send(dialog, DIR_DOWN, head.at, head.len);
	}
}

static void
final_take(struct dialog *dialog, const struct h1_answer *answer, struct h1_text head)
{
	struct http1 *http = dialog->state;

	http->first->begun = true;
	http->first->continue_due = false;
	if (http->freeing == http->first)
		h1_hold_unwanted(dialog);
	answer_count(http->first, head.len);
	dialog_send(dialog, DIR_DOWN, head.at, head.len);
	h1_body_begin(&http->body[DIR_DOWN], answer->framing, answer->length, true);
	http->in_answer = h1_body_more(&http->body[DIR_DOWN]);
	if (!http->in_answer)
		answer_done(dialog);
}

/* False: another engine speaks now. rest: what came behind the head. */
static bool
head_take(struct dialog *dialog, struct h1_text head, const uint8_t *rest, size_t len)
{
	struct http1 *http = dialog->state;
	struct h1_exchange *exchange = http->first;
	struct h1_answer answer;

	if (!h1_answer_read(&answer, head.at, head.len, exchange->head, exchange->connect))
		dialog_abort(dialog);
	else if (answer.status == 101 || answer.framing == H1_TUNNEL)
		return !h1_switch_take(dialog, &answer, head, rest, len);
	else if (answer.status < 200)
		interim_take(dialog, &answer, head);
	else
		final_take(dialog, &answer, head);
	return true;
}

/* Whose answer comes now? Only a request that the origin has seen can have one. */
static bool
answer_awaited(const struct http1 *http)
{
	return http->first != NULL && http->first->out > 0 && http->first->own == NULL;
}

/* False: another engine speaks now. */
static bool
head_feed(struct dialog *dialog, const uint8_t *data, size_t len, size_t *used)
{
	struct http1 *http = dialog->state;
	struct h1_text head;

	/*
	 * An answer that nobody asked for, mostly a word of farewell: the next
	 * request must not take it for its own.
	 */
	if (!answer_awaited(http)) {
		h1_close(dialog, false, false);
		return true;
	}
	switch (h1_kept_head(http, DIR_DOWN, data, len, &head, used)) {
	case H1_MORE:
		return true;
	case H1_WHOLE:
		if (!head_take(dialog, head, data + *used, len - *used))
			return false;
		break;
	case H1_BAD:
		dialog_abort(dialog);
		break;
	}
	h1_kept_drop(http, DIR_DOWN);
	return true;
}

bool
h1_down_feed(struct dialog *dialog, const uint8_t *data, size_t len)
{
	struct http1 *http = dialog->state;

	while (len > 0 && !dialog->abort && !dialog->finish[DIR_DOWN]) {
		size_t used = 0;

		if (http->in_answer)
			used = answer_body_feed(dialog, data, len);
		else if (!head_feed(dialog, data, len, &used))
			return false;
		data += used;
		len -= used;
	}
	return true;
}

/*
 * The origin is gone, and with it all answers that have not come. The client
 * sees an answer without a length end here; if it did not end with a goodbye,
 * neither does ours (RFC 9112 section 9.8).
 */
void
h1_down_end(struct dialog *dialog, bool truncated)
{
	struct http1 *http = dialog->state;
	bool missing = http->kept[DIR_DOWN].len > 0;

	if (http->in_answer)
		missing = truncated || http->body[DIR_DOWN].step != H1_FOREVER;
	h1_close(dialog, false, missing);
}
