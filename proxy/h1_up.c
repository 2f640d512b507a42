/* SPDX-License-Identifier: Apache-2.0 */
/* What the client says: heads that must be right, and bodies for the judge. */
#include <stdlib.h>
#include <string.h>

#include "proxy/h1.h"

/* ---- heads ------------------------------------------------------------------- */

static void
head_refuse(struct dialog *dialog)
{
	struct h1_exchange *exchange = h1_exchange_new(dialog);

	if (exchange != NULL)
		h1_own_fault(dialog, exchange);
}

/* Once the two speak something else, the judge may want to know who asked for it. */
static bool
words_keep(struct h1_exchange *exchange, const struct h1_words *words,
    const struct h1_request *request)
{
	if (request->upgrade.len == 0 || request->upgrade.at == NULL)
		return true;
	exchange->words = malloc(sizeof(*words));
	if (exchange->words == NULL)
		return false;
	*exchange->words = *words;
	return true;
}

static void
request_pass(struct dialog *dialog, struct h1_exchange *exchange, struct h1_text head)
{
	dialog_send(dialog, DIR_UP, head.at, head.len);
	exchange->out = head.len;
}

static void
request_begin(struct dialog *dialog, struct h1_exchange *exchange,
    const struct h1_request *request, struct h1_text head)
{
	struct http1 *http = dialog->state;
	struct dialog_home *home = dialog->home;
	struct h1_words words;
	struct request_words view;

	h1_words_take(&words, request);
	view = h1_words_view(&words);
	if (!words_keep(exchange, &words, request)) {
		dialog_abort(dialog);
		return;
	}
	if (request->framing == H1_NO_BODY) {
		judge_request_told(home->judge, dialog->flow, &view, home->now_us);
		request_pass(dialog, exchange, head);
		h1_exchange_asked(http);
		return;
	}
	http->reading = H1_BODIES;
	h1_body_begin(&http->body[DIR_UP], request->framing, request->length, false);
	exchange->judged = judge_request(home->judge, dialog->flow, &view, home->now_us);
	if (exchange->judged == NULL)
		h1_own_busy(dialog, exchange);
	else if (judged_may_block(exchange->judged))
		h1_hold_begin(dialog, exchange, request, head);
	else
		request_pass(dialog, exchange, head);
}

static void
head_take(struct dialog *dialog, struct h1_text head)
{
	struct h1_request request;
	struct h1_exchange *exchange;

	if (!h1_request_read(&request, head.at, head.len)) {
		head_refuse(dialog);
		return;
	}
	exchange = h1_exchange_new(dialog);
	if (exchange == NULL)
		return;
	H1_COUNT(dialog, requests);
	exchange->head = request.head;
	exchange->connect = request.connect;
	exchange->close = request.close || request.old;
	exchange->head_len = head.len;
	exchange->seen_us = dialog->home->now_us;
	request_begin(dialog, exchange, &request, head);
}

static size_t
head_feed(struct dialog *dialog, const uint8_t *data, size_t len)
{
	struct http1 *http = dialog->state;
	struct h1_text head;
	size_t used;

	switch (h1_kept_head(http, DIR_UP, data, len, &head, &used)) {
	case H1_MORE:
		return used;
	case H1_WHOLE:
		head_take(dialog, head);
		break;
	case H1_BAD:
		head_refuse(dialog);
		break;
	}
	h1_kept_drop(http, DIR_UP);
	return used;
}

/* ---- bodies -------------------------------------------------------------------- */

/* A request that breaks within its body: it is as if it had never come. */
static void
body_refuse(struct dialog *dialog)
{
	struct http1 *http = dialog->state;
	struct h1_exchange *exchange = http->current;

	if (exchange->course == H1_REFUSED) {
		/* It has its answer, but nobody knows where it ends. */
		exchange->last = true;
		http->reading = H1_DROPPING;
		if (exchange->answered)
			h1_close(dialog, exchange->out > 0, false);
		return;
	}
	(void)h1_hold_cut(dialog, exchange);
	h1_own_fault(dialog, exchange);
}

/* The bytes of the body among those of one piece go to the judge. Returns bytes used. */
static size_t
body_judge(struct dialog *dialog, const uint8_t *data, size_t len)
{
	struct http1 *http = dialog->state;
	struct h1_exchange *exchange = http->current;
	struct h1_body *body = &http->body[DIR_UP];
	struct h1_span span;
	size_t used = 0;

	while (used < len && h1_body_more(body)) {
		used += h1_body_feed(body, data + used, len - used, &span);
		exchange->body += span.len;
		if (span.len > 0 && exchange->course != H1_REFUSED)
			judged_feed(exchange->judged, span.at, span.len,
			    dialog->home->now_us);
	}
	return used;
}

static size_t
request_body_feed(struct dialog *dialog, const uint8_t *data, size_t len)
{
	struct http1 *http = dialog->state;
	struct h1_exchange *exchange = http->current;
	size_t used = body_judge(dialog, data, len);

	exchange->seen_us = dialog->home->now_us;
	h1_hold_bytes(dialog, data, used);
	if (http->reading != H1_BODIES)
		return len;
	if (h1_body_broken(&http->body[DIR_UP])) {
		body_refuse(dialog);
		return len;
	}
	if (!h1_body_more(&http->body[DIR_UP]))
		h1_hold_end(dialog);
	return used;
}

/* ---- both ------------------------------------------------------------------------ */

/* What comes next must wait until something before it is done. */
static bool
up_waits(const struct http1 *http)
{
	return http->reading == H1_HEADS && (http->switching != NULL ||
	    http->freeing != NULL || http->count >= H1_PIPELINE_MAX);
}

static void
later_add(struct dialog *dialog, const uint8_t *data, size_t len)
{
	struct http1 *http = dialog->state;
	uint8_t *more = NULL;

	if (http->later_len + len <= H1_LATER_MAX)
		more = realloc(http->later, http->later_len + len);
	if (more == NULL) {
		dialog_abort(dialog);
		return;
	}
	memcpy(more + http->later_len, data, len);
	http->later = more;
	http->later_len += len;
}

static void
drop(struct dialog *dialog, size_t len)
{
	struct http1 *http = dialog->state;

	http->dropped += len;
	if (http->dropped > DIALOG_DRAIN_MAX)
		h1_close(dialog, false, false);
}

void
h1_up_feed(struct dialog *dialog, const uint8_t *data, size_t len)
{
	struct http1 *http = dialog->state;

	while (len > 0 && !dialog->abort) {
		size_t used = len;

		if (up_waits(http)) {
			later_add(dialog, data, len);
			return;
		}
		if (http->reading == H1_DROPPING)
			drop(dialog, len);
		else if (http->reading == H1_BODIES)
			used = request_body_feed(dialog, data, len);
		else
			used = head_feed(dialog, data, len);
		data += used;
		len -= used;
	}
}

/* What waited is read, unless it must wait on. */
static void
later_feed(struct dialog *dialog)
{
	struct http1 *http = dialog->state;
	uint8_t *data = http->later;
	size_t len = http->later_len;

	if (data == NULL || up_waits(http))
		return;
	http->later = NULL;
	http->later_len = 0;
	h1_up_feed(dialog, data, len);
	free(data);
}

/* The client is gone in the middle of a request: what was held of it stays here. */
static void
end_within(struct dialog *dialog)
{
	struct http1 *http = dialog->state;
	struct h1_exchange *exchange = http->current;
	bool part = exchange->out > 0;

	if (exchange->course != H1_REFUSED)
		(void)h1_hold_cut(dialog, exchange);
	hold_free(exchange->hold);
	exchange->hold = NULL;
	http->reading = H1_DROPPING;
	if (http->first == exchange && !part)
		h1_close(dialog, false, false);
	else if (part)
		dialog_finish_cut(dialog, DIR_UP);
	else
		dialog_finish(dialog, DIR_UP);
}

static void
end_take(struct dialog *dialog)
{
	struct http1 *http = dialog->state;

	if (!dialog->ended[DIR_UP] || dialog->finish[DIR_UP] || http->later != NULL ||
	    http->freeing != NULL)
		return;
	h1_kept_drop(http, DIR_UP);
	if (http->reading == H1_BODIES)
		end_within(dialog);
	else if (dialog->truncated[DIR_UP])
		dialog_finish_cut(dialog, DIR_UP);
	else
		dialog_finish(dialog, DIR_UP);
}

void
h1_up_go_on(struct dialog *dialog)
{
	struct http1 *http = dialog->state;

	if (dialog->abort)
		return;
	later_feed(dialog);
	if (dialog->abort)
		return;
	end_take(dialog);
	dialog->paused[DIR_UP] = http->later != NULL || up_waits(http) ||
	    h1_hold_full(http);
}
