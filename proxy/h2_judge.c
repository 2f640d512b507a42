/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hold until judged: a request that some policy could stop waits here, head
 * and body, until its last byte is read. Beyond the hold limit, or when its
 * client falls silent, the oldest bytes go while what was read is harmless.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "proxy/h2_stream.h"
#include "proxy/refusal.h"

/* All Content-Encoding fields as one list (RFC 9110 section 5.3). False: too long to be meant. */
static bool
encoding_join(const struct h2_section *head, char text[H2_ENCODING_MAX])
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < head->count; i++) {
		const nghttp2_nv *field = &head->fields[i];

		if (field->namelen != 16 || memcmp(field->name, "content-encoding", 16) != 0)
			continue;
		if (len + field->valuelen + 3 > H2_ENCODING_MAX)
			return false;
		if (len > 0) {
			memcpy(text + len, ", ", 2);
			len += 2;
		}
		memcpy(text + len, field->value, field->valuelen);
		len += field->valuelen;
		text[len] = '\0';
	}
	return true;
}

static struct request_words
words_of(const struct h2_section *head, const char *encoding)
{
	const char *host = h2_section_value(head, ":authority");

	return (struct request_words){
		.method = h2_section_value(head, ":method"),
		.target = h2_section_value(head, ":path"),
		.host = host[0] != '\0' ? host : h2_section_value(head, "host"),
		.media_type = h2_section_value(head, "content-type"),
		.encoding = encoding,
		.transfer = "",
		.messages = h2_section_value(head, "grpc-encoding"),
		.side_by_side = true,
	};
}

static void
judge_settle(struct h2_stream *stream)
{
	stream->settled = true;
	stream->h2->idlers -= stream->idle;
	stream->idle = false;
}

void
h2_judge_cut(struct h2_stream *stream)
{
	if (stream->settled)
		return;
	if (stream->judged != NULL) {
		judged_forwarded(stream->judged, stream->sent);
		(void)judged_cut(stream->judged, stream->h2->dialog->home->now_us);
	}
	judge_settle(stream);
}

static void
judge_refuse(struct h2_stream *stream, const struct verdict *verdict)
{
	const char *accept = h2_section_value(&stream->half[DIR_UP].head, "accept");
	struct refusal refusal = refusal_make(stream->h2->dialog->home->settings, accept, verdict);

	h2_judge_cut(stream);
	H2_COUNT(stream->h2, blocked);
	h2_stream_answer_self(stream, "403", refusal.body ? refusal.media_type : "text/plain",
	    refusal.body ? refusal.body : "", refusal.body ? refusal.len : 0);
	free(refusal.body);
}

/* What cannot be judged, because it cannot be kept, does not pass. */
static void
judge_full(struct h2_stream *stream)
{
	static const char text[] = "The gateway cannot hold this request now.\n";

	h2_judge_cut(stream);
	h2_stream_answer_self(stream, "503", "text/plain", text, sizeof(text) - 1);
}

/* ---- silence --------------------------------------------------------------------- */

static void
judge_wait(struct h2_stream *stream)
{
	struct dialog *dialog = stream->h2->dialog;

	stream->wake_us = dialog->home->now_us + DIALOG_HOLD_IDLE_US;
	if (!stream->idle)
		dialog_wake_at(dialog, stream->wake_us);
	stream->h2->idlers += !stream->idle;
	stream->idle = true;
}

/* A body whose length was told, and is within the limit: it can wait to be whole. */
static bool
judge_comes_whole(const struct h2_stream *stream)
{
	const char *told = h2_section_value(&stream->half[DIR_UP].head, "content-length");
	uint64_t limit = (uint64_t)stream->h2->dialog->home->settings->hold;

	/* A number too large for that function is beyond the limit all the same. */
	return stream->course == H2_HOLDING && *told != '\0' &&
	    strtoull(told, NULL, 10) <= limit;
}

/* Lets go what may go: all that was read, or (still coming) all but the lag. */
static void
judge_release(struct h2_stream *stream, bool silent)
{
	size_t held = stream->hold != NULL ? hold_length(stream->hold) : 0;
	size_t keep = silent ? 0 : DIALOG_HOLD_LAG;
	size_t may = held > keep ? held - keep : 0;
	struct verdict verdict;

	if (!silent && stream->course == H2_OVER && may < stream->loose + H2_PEEK_STEP)
		return;
	verdict = judged_peek(stream->judged);
	if (verdict.action == ACTION_BLOCK) {
		judge_refuse(stream, &verdict);
		return;
	}
	if (silent && judge_comes_whole(stream)) {
		judge_wait(stream);
		return;
	}
	stream->course = H2_OVER;
	if (may > stream->loose)
		stream->loose = may;
	h2_stream_ask(stream);
	h2_stream_resume(stream, DIR_UP);
	h2_window_stream(stream, DIR_UP);
}

void
h2_judge_wake(struct h2 *h2)
{
	struct dialog *dialog = h2->dialog;

	if (h2->idlers == 0 || dialog->wake)
		return;
	for (struct h2_stream *s = h2->streams, *next; s != NULL; s = next) {
		next = s->next;
		if (!s->idle)
			continue;
		if (s->wake_us > dialog->home->now_us) {
			dialog_wake_at(dialog, s->wake_us);
			continue;
		}
		s->idle = false;
		h2->idlers--;
		judge_release(s, true);
	}
}

/* ---- a request -------------------------------------------------------------------- */

/* Who waits to be asked for the body would wait for an origin that knows nothing yet. */
static void
judge_continue(struct h2_stream *stream)
{
	const nghttp2_nv status = { (uint8_t *)(uintptr_t)":status", (uint8_t *)(uintptr_t)"100",
		7, 3, NGHTTP2_NV_FLAG_NONE };

	if (strcasecmp(h2_section_value(&stream->half[DIR_UP].head, "expect"),
	    "100-continue") != 0)
		return;
	stream->continued = true;
	if (nghttp2_submit_headers(stream->h2->session[DIR_UP], NGHTTP2_FLAG_NONE,
	    stream->id[DIR_UP], NULL, &status, 1, NULL) < 0)
		dialog_abort(stream->h2->dialog);
}

bool
h2_judge_begin(struct h2_stream *stream, bool end)
{
	struct dialog *dialog = stream->h2->dialog;
	struct dialog_home *home = dialog->home;
	char encoding[H2_ENCODING_MAX];
	struct request_words words;

	if (!encoding_join(&stream->half[DIR_UP].head, encoding)) {
		h2_stream_give_up(stream, NGHTTP2_PROTOCOL_ERROR);
		return false;
	}
	words = words_of(&stream->half[DIR_UP].head, encoding);
	if (end) {
		judge_request_told(home->judge, dialog->flow, &words, home->now_us);
		stream->settled = true;
		return true;
	}
	stream->judged = judge_request(home->judge, dialog->flow, &words, home->now_us);
	if (stream->judged == NULL) {
		judge_full(stream);
		return false;
	}
	if (judged_may_block(stream->judged)) {
		stream->course = H2_HOLDING;
		judge_wait(stream);
		judge_continue(stream);
	}
	return true;
}

static void
judge_hold(struct h2_stream *stream, const uint8_t *data, size_t len)
{
	struct dialog_home *home = stream->h2->dialog->home;

	if (stream->hold == NULL)
		stream->hold = hold_new(home->holds);
	if (stream->hold == NULL || !hold_add(stream->hold, data, len)) {
		judge_full(stream);
		return;
	}
	stream->held += len;
	judge_wait(stream);
	if (stream->course == H2_OVER || stream->held > (uint64_t)home->settings->hold)
		judge_release(stream, false);
	else
		h2_window_stream(stream, DIR_UP);
}

void
h2_judge_data(struct h2_stream *stream, const uint8_t *data, size_t len)
{
	if (!stream->settled)
		judged_feed(stream->judged, data, len, stream->h2->dialog->home->now_us);
	if (stream->course == H2_HOLDING || stream->course == H2_OVER) {
		judge_hold(stream, data, len);
		return;
	}
	/* An origin that has gone reads no more of it. */
	if (!stream->open[DIR_DOWN])
		return;
	if (!h2_data_keep(stream, DIR_UP, data, len))
		dialog_abort(stream->h2->dialog);
	h2_stream_resume(stream, DIR_UP);
}

void
h2_judge_end(struct h2_stream *stream)
{
	struct verdict verdict;

	if (stream->settled)
		return;
	judged_forwarded(stream->judged, stream->sent);
	verdict = judged_end(stream->judged, stream->h2->dialog->home->now_us);
	judge_settle(stream);
	if (stream->course == H2_PASSING)
		return;
	if (verdict.action == ACTION_BLOCK) {
		judge_refuse(stream, &verdict);
		return;
	}
	stream->course = H2_FREED;
	h2_stream_ask(stream);
}
