/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers of ours: 100, 400, 403, 503. They are sent when all requests before
 * have been answered, for a client tells answers by their order.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/h1.h"
#include "proxy/refusal.h"

/* Room for the head of an answer of ours. */
#define OWN_HEAD_MAX 512
/* When a client may try again whose body we had no memory to hold. */
#define RETRY_S 30

struct own {
	const char *status;		/* "403 Forbidden" */
	const char *language;
	unsigned retry_s;		/* 0: nothing is said of it */
	struct refusal text;
};

/*
 * The head and the body in one block. 403 is not stored by anyone: the next
 * upload may be another.
 */
static void
own_set(struct dialog *dialog, struct h1_exchange *exchange, const struct own *own)
{
	char retry[40] = "", *text = malloc(OWN_HEAD_MAX + own->text.len);
	int head;

	if (text == NULL || own->text.body == NULL) {
		free(text);
		dialog_abort(dialog);
		return;
	}
	if (own->retry_s > 0)
		snprintf(retry, sizeof(retry), "Retry-After: %u\r\n", own->retry_s);
	head = snprintf(text, OWN_HEAD_MAX, "HTTP/1.1 %s\r\nContent-Type: %s\r\n"
	    "Content-Language: %s\r\nContent-Length: %zu\r\nCache-Control: no-store\r\n"
	    "%s%s\r\n", own->status, own->text.media_type, own->language, own->text.len,
	    retry, exchange->last ? "Connection: close\r\n" : "");
	exchange->own_len = (size_t)head;
	/* An answer to HEAD is a head (RFC 9110 section 9.3.2). */
	if (!exchange->head) {
		memcpy(text + head, own->text.body, own->text.len);
		exchange->own_len += own->text.len;
	}
	exchange->own = text;
}

/* It is answered here. What was held of it is forgotten. */
static void
own_give(struct dialog *dialog, struct h1_exchange *exchange, struct own *own)
{
	struct http1 *http = dialog->state;

	hold_free(exchange->hold);
	exchange->hold = NULL;
	exchange->continue_due = false;
	exchange->course = H1_REFUSED;
	http->dropped = 0;
	if (exchange->begun || exchange->answered) {
		/* The origin was quicker: its answer cannot be taken back. */
		h1_close(dialog, true, !exchange->answered);
	} else {
		own_set(dialog, exchange, own);
		if (exchange->last)
			http->reading = H1_DROPPING;
		h1_own_emit(dialog);
	}
	free(own->text.body);
}

void
h1_own_block(struct dialog *dialog, struct h1_exchange *exchange,
    const struct verdict *verdict)
{
	const struct settings *settings = dialog->home->settings;
	struct own own = {
		"403 Forbidden", settings->organisation.language, 0,
		refusal_make(settings, exchange->accept, verdict)
	};

	H1_COUNT(dialog, blocked);
	/* Where a part has left, the origin waits for a rest that will not come. */
	exchange->last = exchange->close || exchange->out > 0;
	own_give(dialog, exchange, &own);
}

void
h1_own_fault(struct dialog *dialog, struct h1_exchange *exchange)
{
	struct own own = { "400 Bad Request", "en", 0, refusal_fault(exchange->accept) };

	H1_COUNT(dialog, faults);
	exchange->last = true;
	own_give(dialog, exchange, &own);
}

void
h1_own_busy(struct dialog *dialog, struct h1_exchange *exchange)
{
	static const char text[] = "The gateway cannot look at this upload now, "
	    "so it was not sent on. Please try again later.\n";
	struct own own = {
		"503 Service Unavailable", "en", RETRY_S,
		{ "text/plain; charset=utf-8", strdup(text), sizeof(text) - 1 }
	};

	H1_COUNT(dialog, refused);
	exchange->last = true;
	own_give(dialog, exchange, &own);
}

/* ---- their turn ----------------------------------------------------------------- */

static void
continue_emit(struct dialog *dialog, struct h1_exchange *exchange)
{
	static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";

	if (!exchange->continue_due)
		return;
	exchange->continue_due = false;
	dialog_send(dialog, DIR_DOWN, text, sizeof(text) - 1);
}

void
h1_own_emit(struct dialog *dialog)
{
	struct http1 *http = dialog->state;

	while (http->first != NULL && http->first->own != NULL && !dialog->abort) {
		struct h1_exchange *exchange = http->first;
		bool last = exchange->last, part = exchange->out > 0;

		dialog_send(dialog, DIR_DOWN, exchange->own, exchange->own_len);
		h1_exchange_answered(http);
		if (last) {
			h1_close(dialog, part, false);
			return;
		}
	}
	if (http->first != NULL)
		continue_emit(dialog, http->first);
}
