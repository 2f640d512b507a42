/* SPDX-License-Identifier: Apache-2.0 */
/* Requests in flight, heads that came in pieces, words for the judge. */
#include <stdlib.h>
#include <string.h>

#include "proxy/h1.h"

/* ---- words ------------------------------------------------------------------- */

static void
word_take(char *to, size_t size, struct h1_text text)
{
	size_t len = text.len < size ? text.len : size - 1;

	if (text.at == NULL)
		len = 0;
	else
		memcpy(to, text.at, len);
	to[len] = '\0';
}

void
h1_words_take(struct h1_words *words, const struct h1_request *request)
{
#define TAKE(field) word_take(words->field, sizeof(words->field), request->field)
	TAKE(method);
	TAKE(target);
	TAKE(host);
	TAKE(media_type);
	TAKE(encoding);
	TAKE(transfer);
	TAKE(messages);
	TAKE(upgrade);
#undef TAKE
}

struct request_words
h1_words_view(const struct h1_words *words)
{
	return (struct request_words){
		.method = words->method, .target = words->target, .host = words->host,
		.media_type = words->media_type, .encoding = words->encoding,
		.transfer = words->transfer, .messages = words->messages
	};
}

/* ---- exchanges --------------------------------------------------------------- */

struct h1_exchange *
h1_exchange_new(struct dialog *dialog)
{
	struct http1 *http = dialog->state;
	struct h1_exchange *exchange = calloc(1, sizeof(*exchange));

	if (exchange == NULL) {
		dialog_abort(dialog);
		return NULL;
	}
	if (http->first == NULL)
		http->first = exchange;
	else
		http->last->next = exchange;
	http->last = exchange;
	http->current = exchange;
	http->count++;
	return exchange;
}

static void
h1_exchange_free(struct h1_exchange *exchange)
{
	judged_free(exchange->judged);
	hold_free(exchange->hold);
	free(exchange->words);
	free(exchange->accept);
	free(exchange->own);
	free(exchange);
}

void
h1_exchange_put(struct http1 *http, struct h1_exchange *exchange)
{
	if (exchange->answered && exchange != http->current && exchange != http->freeing)
		h1_exchange_free(exchange);
}

void
h1_exchange_answered(struct http1 *http)
{
	struct h1_exchange *exchange = http->first;

	http->first = exchange->next;
	if (http->first == NULL)
		http->last = NULL;
	http->count--;
	exchange->next = NULL;
	exchange->answered = true;
	if (http->switching == exchange)
		http->switching = NULL;
	h1_exchange_put(http, exchange);
}

void
h1_exchange_asked(struct http1 *http)
{
	struct h1_exchange *exchange = http->current;

	exchange->asked = true;
	http->current = NULL;
	http->dropped = 0;
	http->reading = H1_HEADS;
	if ((exchange->words != NULL || exchange->connect) && !exchange->answered)
		http->switching = exchange;
	h1_exchange_put(http, exchange);
}

static void
exchanges_free(struct http1 *http)
{
	while (http->first != NULL)
		h1_exchange_answered(http);
	/* What is left has been answered early. */
	if (http->freeing != NULL && http->freeing != http->current)
		h1_exchange_free(http->freeing);
	if (http->current != NULL)
		h1_exchange_free(http->current);
	http->freeing = http->current = http->switching = NULL;
}

void
h1_stop(struct http1 *http)
{
	http->reading = H1_DROPPING;
	http->in_answer = false;
	exchanges_free(http);
	h1_kept_drop(http, DIR_UP);
	h1_kept_drop(http, DIR_DOWN);
	free(http->later);
	http->later = NULL;
	http->later_len = 0;
}

void
h1_close(struct dialog *dialog, bool cut_up, bool cut_down)
{
	(cut_up ? dialog_finish_cut : dialog_finish)(dialog, DIR_UP);
	(cut_down ? dialog_finish_cut : dialog_finish)(dialog, DIR_DOWN);
	h1_stop(dialog->state);
}

/* ---- heads ----------------------------------------------------------------------- */

void
h1_kept_drop(struct http1 *http, enum dir dir)
{
	struct h1_kept *kept = &http->kept[dir];

	/* Heads hold cookies and tokens. */
	if (kept->data != NULL)
		explicit_bzero(kept->data, kept->len);
	free(kept->data);
	*kept = (struct h1_kept){ NULL, 0, 0 };
	http->scan[dir] = (struct h1_scan){ 0 };
}

static bool
kept_add(struct h1_kept *kept, const uint8_t *data, size_t len)
{
	size_t need = kept->len + len, size = kept->size ? kept->size : 512;

	while (size < need)
		size *= 2;
	if (size > kept->size) {
		char *more = realloc(kept->data, size);

		if (more == NULL)
			return false;
		kept->data = more;
		kept->size = (uint32_t)size;
	}
	memcpy(kept->data + kept->len, data, len);
	kept->len = (uint32_t)need;
	return true;
}

enum h1_found
h1_kept_head(struct http1 *http, enum dir dir, const uint8_t *data, size_t len,
    struct h1_text *head, size_t *used)
{
	struct h1_kept *kept = &http->kept[dir];
	struct h1_scan *scan = &http->scan[dir];
	size_t before = kept->len;
	enum h1_found found;

	*used = len;
	*head = (struct h1_text){ (const char *)data, len };
	if (before > 0) {
		if (!kept_add(kept, data, len))
			return H1_BAD;
		*head = (struct h1_text){ kept->data, kept->len };
	}
	found = h1_scan(scan, head->at, head->len);
	if (found == H1_WHOLE) {
		head->len = scan->at;
		*used = scan->at - before;
	} else if (found == H1_MORE && before == 0 && !kept_add(kept, data, len)) {
		return H1_BAD;
	}
	return found;
}
