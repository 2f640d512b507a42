/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.1 requests in the clear (RFC 9112): framing, so that each body goes
 * to the contact counter. Only what the client sends is parsed. Answers are
 * counted while an upload waits for one, and looked at where a request asked
 * to switch protocols.
 */
#include "classifiers/http1.h"

#include <stdlib.h>
#include <string.h>

#include "classifiers/table.h"
#include "classifiers/websocket.h"
#include "core/mem.h"

enum http1_state {
	IN_REQUEST, IN_FIELDS, IN_BODY, IN_CHUNK_LINE, IN_CHUNK, IN_CHUNK_END,
	IN_TRAILER, IN_SWITCH, SWITCHED, STOPPED
};

/* "HTTP/1.1 101" */
#define STATUS_LEN 12

struct http1 {
	enum http1_state state;
	uint64_t left;			/* of the body or the chunk */
	uint64_t begin_us;		/* of the request */
	size_t head_bytes;
	unsigned fields;
	char *line;			/* a line that was cut by a piece's end */
	size_t line_len;
	char status[STATUS_LEN];	/* of the answer to a switch */
	unsigned status_len;
	struct http1_head *head;	/* owned; NULL once nobody needs it any more */
	struct series *body;		/* being read, or NULL */
	uint32_t answering;		/* name of the upload whose answer comes; 0 none */
	struct uploads uploads;
	const struct classifier *next;	/* reads on where the two have switched */
	void *next_slot;
	uint8_t head_tail;		/* how much of an answer's CR LF CR LF was seen */
};

/* Most connections idle between requests: none of them keeps a head. */
static void
head_drop(struct http1 *http)
{
	if (http->head != NULL)
		explicit_bzero(http->head, sizeof(*http->head));
	free(http->head);
	http->head = NULL;
}

/* Will the answer tell whether the connection goes on in another protocol? */
static bool
head_switches(const struct http1_head *head)
{
	return head != NULL && (head->connect || head->upgrade);
}

static void
http1_stop(struct http1 *http, const struct task *task)
{
	http->state = STOPPED;
	free(http->line);
	http->line = NULL;
	http->body = NULL;
	uploads_close(&http->uploads, task);
	head_drop(http);
}

static void
http1_refuse(struct http1 *http, const struct task *task, enum unscanned why)
{
	uploads_refuse(task, http->body, why);
	http1_stop(http, task);
}

/* ---- lines --------------------------------------------------------------------- */

static bool
line_keep(struct http1 *http, const char *data, size_t len)
{
	if (len > HTTP1_LINE_MAX - http->line_len)
		return false;
	http->line = xrealloc(http->line, http->line_len + len + 1, 1);
	memcpy(http->line + http->line_len, data, len);
	http->line_len += len;
	return true;
}

static void
request_line(struct http1 *http, const struct task *task, const char *line,
    size_t len, uint64_t time_us)
{
	/* Empty lines before a request are skipped (section 2.2). */
	if (len == 0)
		return;
	if (http->head == NULL)
		http->head = calloc(1, sizeof(*http->head));
	if (http->head == NULL || !http1_head_line(http->head, line, len)) {
		http1_stop(http, task);
		return;
	}
	http->begin_us = time_us;
	http->answering = 0;
	http->fields = 0;
	http->state = IN_FIELDS;
}

static void
request_end(struct http1 *http)
{
	http->head_bytes = 0;
	http->status_len = 0;
	http->head_tail = 0;
	http->state = head_switches(http->head) ? IN_SWITCH : IN_REQUEST;
	if (http->state == IN_REQUEST)
		head_drop(http);
}

static void
head_end(struct http1 *http, const struct task *task, uint64_t time_us)
{
	struct http1_head *head = http->head;

	http1_head_end(head);
	request_tell(&head->facts, task);
	if (head->broken) {
		http1_refuse(http, task, UNSCANNED_CORRUPT);
		return;
	}
	if (head->framing == LENGTH_NONE) {
		request_end(http);
		return;
	}
	http->body = uploads_begin(&http->uploads, task, &head->facts, http->begin_us,
	    time_us);
	if (http->body == NULL) {
		http1_refuse(http, task, UNSCANNED_LIMIT);
		return;
	}
	http->left = head->length;
	http->head_bytes = 0;
	http->state = head->framing == LENGTH_CHUNKED ? IN_CHUNK_LINE : IN_BODY;
	if (!head_switches(head))
		head_drop(http);
}

static void
field_line(struct http1 *http, const struct task *task, const char *line,
    size_t len, uint64_t time_us)
{
	if (len == 0)
		head_end(http, task, time_us);
	else if (++http->fields > HTTP1_FIELDS_MAX ||
	    !http1_head_field(http->head, line, len))
		http1_refuse(http, task, UNSCANNED_CORRUPT);
}

static void
chunk_line(struct http1 *http, const struct task *task, const char *line,
    size_t len)
{
	if (len > HTTP1_CHUNK_LINE_MAX || !http1_chunk_size(line, len, &http->left)) {
		http1_refuse(http, task, UNSCANNED_CORRUPT);
		return;
	}
	http->fields = 0;
	http->head_bytes = 0;
	http->state = http->left > 0 ? IN_CHUNK : IN_TRAILER;
}

static void
body_done(struct http1 *http, const struct task *task)
{
	const struct series *series = uploads_end(&http->uploads, task, http->body);

	http->answering = series ? uploads_name(series) : 0;
	http->body = NULL;
	request_end(http);
}

static void
trailer_line(struct http1 *http, const struct task *task, size_t len)
{
	if (len == 0)
		body_done(http, task);
	else if (++http->fields > HTTP1_FIELDS_MAX)
		http1_refuse(http, task, UNSCANNED_CORRUPT);
}

static void
line_take(struct http1 *http, const struct task *task, const char *line,
    size_t len, uint64_t time_us)
{
	/* A bare line feed ends a line too (section 2.2). */
	if (len > 0 && line[len - 1] == '\r')
		len--;
	switch (http->state) {
	case IN_REQUEST:
		request_line(http, task, line, len, time_us);
		break;
	case IN_FIELDS:
		field_line(http, task, line, len, time_us);
		break;
	case IN_CHUNK_LINE:
		chunk_line(http, task, line, len);
		break;
	case IN_CHUNK_END:
		http->state = IN_CHUNK_LINE;
		if (len > 0)
			http1_refuse(http, task, UNSCANNED_CORRUPT);
		break;
	case IN_TRAILER:
		trailer_line(http, task, len);
		break;
	case IN_BODY: case IN_CHUNK: case IN_SWITCH: case SWITCHED: case STOPPED:
		break;
	}
}

/* One line, or as much of it as there is. Returns the bytes used. */
static size_t
line_feed(struct http1 *http, const struct task *task, const char *data,
    size_t len, uint64_t time_us)
{
	const char *stop = memchr(data, '\n', len);
	size_t run = stop ? (size_t)(stop - data) : len, kept = http->line_len;

	http->head_bytes += run + 1;
	if (http->head_bytes > HTTP1_HEAD_MAX ||
	    ((stop == NULL || kept > 0) && !line_keep(http, data, run))) {
		http1_refuse(http, task, UNSCANNED_CORRUPT);
		return len;
	}
	if (stop == NULL)
		return run;
	http->line_len = 0;
	line_take(http, task, kept > 0 ? http->line : data, kept + run, time_us);
	if (http->line != NULL && http->state != STOPPED) {
		free(http->line);
		http->line = NULL;
	}
	return run + 1;
}

/* ---- bodies ---------------------------------------------------------------------- */

static void
body_advance(struct http1 *http, const struct task *task, uint64_t by)
{
	http->left -= by;
	if (http->left > 0)
		return;
	if (http->state == IN_CHUNK)
		http->state = IN_CHUNK_END;
	else
		body_done(http, task);
}

static size_t
data_feed(struct http1 *http, const struct task *task, const uint8_t *data,
    size_t len, uint64_t time_us)
{
	size_t n = len < http->left ? len : (size_t)http->left;

	uploads_feed(http->body, data, n, time_us);
	body_advance(http, task, n);
	return n;
}

/*
 * Lost bytes inside a body are stepped over, for its length is known. Lost
 * elsewhere they may have been anything: this flow is not read on.
 */
static void
gap_take(struct http1 *http, const struct task *task, uint32_t gap)
{
	if ((http->state != IN_BODY && http->state != IN_CHUNK) ||
	    gap == GAP_UNKNOWN || gap > http->left) {
		http1_refuse(http, task, UNSCANNED_GAP);
		return;
	}
	uploads_gap(http->body, gap);
	body_advance(http, task, gap);
}

/* ---- answers ----------------------------------------------------------------------- */

/* The flow goes on in another protocol, whose reader is fed from now on. */
static void
switch_to(struct http1 *http, const struct task *task)
{
	enum http1_upgrade upgrade = http->head ? http->head->upgrade : UPGRADE_NONE;

	http->next = upgrade == UPGRADE_HTTP2 ? &classifier_http2 :
	    upgrade == UPGRADE_WEBSOCKET ? &classifier_websocket : NULL;
	http->next_slot = http->next ? calloc(1, http->next->slot_size) : NULL;
	if (http->next_slot == NULL) {
		http1_stop(http, task);
		return;
	}
	if (http->next == &classifier_websocket)
		websocket_open(http->next_slot, &http->head->facts, http->begin_us);
	http->state = SWITCHED;
	uploads_close(&http->uploads, task);
	head_drop(http);
}

static unsigned
switched_feed(struct http1 *http, struct task *task, const struct chunk *chunk)
{
	return http->next->feed(task, http->next_slot, chunk);
}

/* Has the other side switched? 101, or any 2xx to CONNECT, ends HTTP here. */
static void
switch_answer(struct http1 *http, const struct task *task)
{
	const char *code = http->status + 9;

	if (memcmp(code, "101", 3) == 0)
		switch_to(http, task);
	else if ((http->head && http->head->connect && code[0] == '2') ||
	    memcmp(http->status, "HTTP/1.", 7) != 0)
		http1_stop(http, task);
	else if (code[0] != '1')
		http->state = IN_REQUEST;
}

static unsigned
http1_wants(const struct http1 *http)
{
	if (http->state == STOPPED)
		return 0;
	/* Answers matter to a switch, and to an upload that is complete. */
	if (http->state == IN_SWITCH || http->state == SWITCHED || http->answering != 0)
		return MORE_BOTH;
	return MORE_UP;
}

/*
 * What the server says to a switch: the status decides; where the head of the
 * answer ends, the new protocol begins. Interim answers (100) may come before.
 */
static unsigned
answer_feed(struct http1 *http, struct task *task, const struct chunk *chunk)
{
	static const char tail[] = "\r\n\r\n";
	struct chunk rest = *chunk;

	for (; rest.len > 0 && http->head_tail < 4; rest.data++, rest.len--) {
		char c = (char)*rest.data;

		http->head_tail = c == tail[http->head_tail] ?
		    (uint8_t)(http->head_tail + 1) : c == '\r';
		if (http->state != IN_SWITCH)
			continue;
		if (http->status_len < STATUS_LEN) {
			http->status[http->status_len++] = c;
			if (http->status_len == STATUS_LEN)
				switch_answer(http, task);
		} else if (http->head_tail == 4) {
			http->head_tail = 0;
			http->status_len = 0;
		}
	}
	return rest.len > 0 && http->state == SWITCHED ?
	    switched_feed(http, task, &rest) : http1_wants(http);
}

/* The client did not wait: it goes on in HTTP, or the answer was not seen. */
static void
switch_assume(struct http1 *http, const struct task *task, const struct chunk *chunk)
{
	if (http1_request_sniff((const char *)chunk->data, chunk->len) != INTEREST_NO)
		http->state = IN_REQUEST;
	else
		switch_to(http, task);
}

static unsigned
up_feed(struct http1 *http, struct task *task, const struct chunk *chunk)
{
	struct chunk rest = *chunk;

	while (rest.len > 0 && http->state != STOPPED) {
		size_t used = 0;

		if (http->state == IN_SWITCH)
			switch_assume(http, task, &rest);
		else if (http->state == SWITCHED)
			return switched_feed(http, task, &rest);
		else if (http->state == IN_BODY || http->state == IN_CHUNK)
			used = data_feed(http, task, rest.data, rest.len, rest.time_us);
		else
			used = line_feed(http, task, (const char *)rest.data, rest.len,
			    rest.time_us);
		rest.data += used;
		rest.len -= used;
		rest.gap = 0;
	}
	if (http->state == STOPPED)
		http1_stop(http, task);
	return http1_wants(http);
}

static unsigned
down_feed(struct http1 *http, struct task *task, const struct chunk *chunk)
{
	if (http->state == SWITCHED && (http->head_tail == 4 || chunk->gap > 0))
		return switched_feed(http, task, chunk);
	if (http->state == SWITCHED || http->state == IN_SWITCH)
		return answer_feed(http, task, chunk);
	uploads_answer(&http->uploads, http->answering, chunk->len);
	return http1_wants(http);
}

static unsigned
http1_feed(struct task *task, void *slot, const struct chunk *chunk)
{
	struct http1 *http = slot;

	http->uploads.waiting_max = UPLOADS_WAITING_ONE;
	if (chunk->dir == DIR_DOWN)
		return down_feed(http, task, chunk);
	if (http->state == SWITCHED)
		return switched_feed(http, task, chunk);
	/* What is complete is told after the pause, whatever comes then. */
	uploads_pause(&http->uploads, task, chunk->time_us);
	/* A capture may begin before the first request: nothing is lost then. */
	if (chunk->gap > 0 && (http->state != IN_REQUEST || http->begin_us > 0))
		gap_take(http, task, chunk->gap);
	return http->state == STOPPED ? 0 : up_feed(http, task, chunk);
}

static enum interest
http1_sniff(const struct flow *flow, const struct chunk *chunk)
{
	(void)flow;
	if (chunk->dir != DIR_UP || chunk->len == 0)
		return INTEREST_LATER;
	/* A first byte alone may be all of a piece; the line will tell. */
	return http1_request_sniff((const char *)chunk->data, chunk->len) ==
	    INTEREST_NO ? INTEREST_NO : INTEREST_YES;
}

static void
http1_close(struct task *task, void *slot)
{
	struct http1 *http = slot;

	if (http->next_slot != NULL) {
		http->next->close(task, http->next_slot);
		free(http->next_slot);
		http->next_slot = NULL;
	}
	if (http->state != STOPPED)
		http1_stop(http, task);
}

bool
http1_websocket(void *slot, const struct request_words *words, uint64_t now_us)
{
	struct request_facts *facts = request_facts_new(words);
	struct http1 *http = slot;

	http->next = &classifier_websocket;
	http->next_slot = facts ? calloc(1, http->next->slot_size) : NULL;
	if (http->next_slot != NULL) {
		websocket_open(http->next_slot, facts, now_us);
		http->state = SWITCHED;
		http->head_tail = 4;	/* of the answer, all was read */
	}
	request_facts_free(facts);
	return http->next_slot != NULL;
}

static bool
http1_peek(const struct task *task, const void *slot, struct observation *seen,
    struct upload *upload)
{
	const struct http1 *http = slot;

	if (http->next_slot != NULL && http->next->peek != NULL)
		return http->next->peek(task, http->next_slot, seen, upload);
	return uploads_peek_most(&http->uploads, seen, upload);
}

const struct classifier classifier_http1 = {
	.name = "http1",
	.transports = ON_TCP | ON_PLAIN,
	.slot_size = sizeof(struct http1),
	.sniff = http1_sniff,
	.feed = http1_feed,
	.close = http1_close,
	.peek = http1_peek,
};
