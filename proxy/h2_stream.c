/* SPDX-License-Identifier: Apache-2.0 */
/* Streams that belong together: what one session heard, the other says. */
#include "proxy/h2_stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static enum dir
dir_other(enum dir dir)
{
	return dir == DIR_UP ? DIR_DOWN : DIR_UP;
}

struct h2_stream *
h2_stream_new(struct h2 *h2, int32_t id)
{
	struct h2_stream *stream = NULL;

	if (h2->stream_count < H2_STREAMS_KEPT)
		stream = calloc(1, sizeof(*stream));
	if (stream == NULL)
		return NULL;
	stream->h2 = h2;
	stream->id[DIR_UP] = id;
	stream->open[DIR_UP] = true;
	stream->next = h2->streams;
	stream->link = &h2->streams;
	if (h2->streams != NULL)
		h2->streams->link = &stream->next;
	h2->streams = stream;
	h2->stream_count++;
	return stream;
}

static void
section_forget(struct h2 *h2, struct h2_section *section)
{
	h2->sections -= section->cost;
	h2_section_clear(section);
}

void
h2_stream_free(struct h2_stream *stream)
{
	struct h2 *h2 = stream->h2;

	for (enum dir dir = DIR_UP; dir <= DIR_DOWN; dir++) {
		h2_data_forget(stream, dir);
		section_forget(h2, &stream->half[dir].head);
		section_forget(h2, &stream->half[dir].trailer);
	}
	h2->idlers -= stream->idle;
	judged_free(stream->judged);
	*stream->link = stream->next;
	if (stream->next != NULL)
		stream->next->link = stream->link;
	h2->stream_count--;
	free(stream);
}

struct h2_section *
h2_stream_section(struct h2_stream *stream, enum dir dir)
{
	struct h2_half *half = &stream->half[dir];

	if (stream->course == H2_REFUSED)
		return NULL;
	return half->begun ? &half->trailer : &half->head;
}

void
h2_stream_reset(struct h2_stream *stream, enum dir dir, uint32_t code)
{
	struct h2 *h2 = stream->h2;

	if (stream->open[dir] && !h2->over[dir] && nghttp2_submit_rst_stream(h2->session[dir],
	    NGHTTP2_FLAG_NONE, stream->id[dir], code) != 0)
		dialog_abort(h2->dialog);
}

void
h2_stream_give_up(struct h2_stream *stream, uint32_t code)
{
	h2_judge_cut(stream);
	stream->course = H2_REFUSED;
	h2_data_forget(stream, DIR_UP);
	h2_data_forget(stream, DIR_DOWN);
	h2_stream_reset(stream, DIR_UP, code);
	h2_stream_reset(stream, DIR_DOWN, code);
}

void
h2_stream_resume(struct h2_stream *stream, enum dir dir)
{
	enum dir other = dir_other(dir);

	/* It fails when nothing was put off: then the frame is on its way. */
	if (stream->open[other] && stream->half[dir].begun)
		(void)nghttp2_session_resume_data(stream->h2->session[other], stream->id[other]);
}

/* ---- requests ------------------------------------------------------------------ */

void
h2_stream_ask(struct h2_stream *stream)
{
	struct h2 *h2 = stream->h2;
	struct h2_half *half = &stream->half[DIR_UP];
	nghttp2_data_provider body = { { .ptr = stream }, h2_data_reads[DIR_UP] };
	bool bare = half->ended && h2_data_ready(stream, DIR_UP) == 0 && half->trailer.count == 0;
	int32_t id = NGHTTP2_ERR_START_STREAM_NOT_ALLOWED;

	if (stream->id[DIR_DOWN] != 0 || !stream->open[DIR_UP])
		return;
	if (!h2->over[DIR_DOWN] && !h2->leaving)
		id = nghttp2_submit_request(h2->session[DIR_DOWN], NULL, half->head.fields,
		    half->head.count, bare ? NULL : &body, stream);
	if (id > 0) {
		stream->id[DIR_DOWN] = id;
		stream->open[DIR_DOWN] = true;
		return;
	}
	/* The origin has not seen it and never will: it is safe to ask again elsewhere. */
	h2_stream_give_up(stream, NGHTTP2_REFUSED_STREAM);
}

/* RFC 9113 section 8.3.1: Host must not name another host than :authority. */
static bool
hosts_agree(const struct h2_section *head)
{
	const char *authority = h2_section_value(head, ":authority");
	const char *host = h2_section_value(head, "host");

	return authority[0] == '\0' || host[0] == '\0' || strcasecmp(authority, host) == 0;
}

void
h2_stream_request(struct h2_stream *stream, bool end)
{
	struct h2_half *half = &stream->half[DIR_UP];

	h2_section_finish(&half->head);
	half->begun = true;
	half->ended = end;
	if (!hosts_agree(&half->head)) {
		h2_stream_give_up(stream, NGHTTP2_PROTOCOL_ERROR);
		return;
	}
	H2_COUNT(stream->h2, requests);
	if (h2_judge_begin(stream, end) && stream->course == H2_PASSING)
		h2_stream_ask(stream);
}

/* ---- answers -------------------------------------------------------------------- */

static void
answer_submit(struct h2_stream *stream)
{
	struct h2_half *half = &stream->half[DIR_DOWN];
	nghttp2_data_provider body = { { .ptr = stream }, h2_data_reads[DIR_DOWN] };
	bool bare = half->ended && h2_data_ready(stream, DIR_DOWN) == 0;

	half->begun = true;
	if (nghttp2_submit_response(stream->h2->session[DIR_UP], stream->id[DIR_UP],
	    half->head.fields, half->head.count, bare ? NULL : &body) != 0)
		dialog_abort(stream->h2->dialog);
}

/* 100 to 199: passed on, and the real answer is still to come (RFC 9113 section 8.1). */
static void
answer_inform(struct h2_stream *stream, struct h2_section *head)
{
	bool known = stream->continued &&
	    strcmp(h2_section_value(head, ":status"), "100") == 0;

	for (size_t i = 0; i < head->count; i++)
		head->fields[i].flags &= NGHTTP2_NV_FLAG_NO_INDEX;
	if (!known && nghttp2_submit_headers(stream->h2->session[DIR_UP], NGHTTP2_FLAG_NONE,
	    stream->id[DIR_UP], NULL, head->fields, head->count, NULL) < 0)
		dialog_abort(stream->h2->dialog);
	section_forget(stream->h2, head);
}

void
h2_stream_answer(struct h2_stream *stream, bool end)
{
	struct h2_half *half = &stream->half[DIR_DOWN];

	if (stream->course == H2_REFUSED)
		return;
	h2_section_finish(&half->head);
	if (!stream->open[DIR_UP]) {
		half->begun = true;
	} else if (h2_section_value(&half->head, ":status")[0] == '1' && !end) {
		answer_inform(stream, &half->head);
	} else {
		half->ended = end;
		answer_submit(stream);
	}
}

void
h2_stream_answer_self(struct h2_stream *stream, const char *status, const char *media_type,
    const char *body, size_t len)
{
	struct h2_half *half = &stream->half[DIR_DOWN];
	const struct settings *settings = stream->h2->dialog->home->settings;
	char length[24];
	bool ok;

	stream->course = H2_REFUSED;
	h2_data_forget(stream, DIR_UP);
	h2_stream_reset(stream, DIR_DOWN, NGHTTP2_CANCEL);
	if (half->begun) {
		/* The origin's answer was on its way already: no other can follow. */
		h2_stream_reset(stream, DIR_UP, NGHTTP2_CANCEL);
		return;
	}
	snprintf(length, sizeof(length), "%zu", len);
	section_forget(stream->h2, &half->head);
	ok = h2_section_text(&half->head, ":status", status) &&
	    h2_section_text(&half->head, "content-type", media_type) &&
	    h2_section_text(&half->head, "content-length", length) &&
	    h2_section_text(&half->head, "content-language", settings->organisation.language) &&
	    h2_section_text(&half->head, "cache-control", "no-store") &&
	    h2_data_keep(stream, DIR_DOWN, (const uint8_t *)body, len);
	stream->h2->sections += half->head.cost;
	if (!ok) {
		h2_stream_reset(stream, DIR_UP, NGHTTP2_INTERNAL_ERROR);
		return;
	}
	h2_section_finish(&half->head);
	half->ended = true;
	/* RFC 9113 section 8.1: an answer before the request is complete, then NO_ERROR. */
	half->reset = true;
	half->code = NGHTTP2_NO_ERROR;
	answer_submit(stream);
}

/* ---- both ----------------------------------------------------------------------- */

void
h2_stream_trailer(struct h2_stream *stream, enum dir dir)
{
	if (stream->course != H2_REFUSED)
		h2_section_finish(&stream->half[dir].trailer);
}

void
h2_stream_data(struct h2_stream *stream, enum dir dir, const uint8_t *data, size_t len)
{
	if (stream->course == H2_REFUSED || !stream->open[DIR_UP] || len == 0)
		return;
	if (dir == DIR_UP) {
		h2_judge_data(stream, data, len);
		return;
	}
	if (stream->judged != NULL && stream->settled)
		judged_answer(stream->judged, len);
	if (!h2_data_keep(stream, DIR_DOWN, data, len))
		dialog_abort(stream->h2->dialog);
	h2_stream_resume(stream, DIR_DOWN);
}

void
h2_stream_end(struct h2_stream *stream, enum dir dir)
{
	if (stream->course == H2_REFUSED && dir == DIR_DOWN)
		return;
	stream->half[dir].ended = true;
	if (stream->course == H2_REFUSED)
		return;
	if (dir == DIR_UP)
		h2_judge_end(stream);
	h2_stream_resume(stream, dir);
}

void
h2_stream_told(struct h2_stream *stream, enum dir dir)
{
	struct h2_half *half = &stream->half[dir_other(dir)];

	half->passed = true;
	if (half->reset && !stream->half[dir].ended)
		h2_stream_reset(stream, dir, half->code);
}

/* ---- ends ------------------------------------------------------------------------- */

/* The client is told after what the origin said before it. */
static void
stream_reset_after(struct h2_stream *stream, uint32_t code)
{
	struct h2_half *half = &stream->half[DIR_DOWN];

	half->reset = true;
	half->code = code;
	if (half->passed || (!half->ended && half->pipe.len == 0))
		h2_stream_reset(stream, DIR_UP, code);
}

static void
closed_by_client(struct h2_stream *stream, uint32_t code)
{
	bool complete = code == NGHTTP2_NO_ERROR && stream->half[DIR_UP].ended &&
	    stream->half[DIR_DOWN].passed;

	h2_data_forget(stream, DIR_DOWN);
	if (complete && stream->settled)
		return;
	h2_judge_cut(stream);
	h2_data_forget(stream, DIR_UP);
	h2_stream_reset(stream, DIR_DOWN, code ? code : NGHTTP2_CANCEL);
}

static void
closed_by_origin(struct h2_stream *stream, uint32_t code)
{
	struct h2_half *up = &stream->half[DIR_UP], *down = &stream->half[DIR_DOWN];

	h2_data_forget(stream, DIR_UP);
	if (stream->course == H2_REFUSED || !stream->open[DIR_UP])
		return;
	if (down->ended && up->passed && code == NGHTTP2_NO_ERROR)
		return;
	h2_judge_cut(stream);
	stream->course = H2_REFUSED;
	if (!stream->asked && !down->begun)
		code = NGHTTP2_REFUSED_STREAM;
	stream_reset_after(stream, code);
}

void
h2_stream_closed(struct h2_stream *stream, enum dir dir, uint32_t code)
{
	stream->open[dir] = false;
	if (dir == DIR_UP)
		closed_by_client(stream, code);
	else
		closed_by_origin(stream, code);
	if (!stream->open[DIR_UP] && !stream->open[DIR_DOWN])
		h2_stream_free(stream);
}
