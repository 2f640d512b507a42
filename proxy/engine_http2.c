/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine for HTTP/2 (RFC 9113), where both ends agreed on "h2". Nothing is
 * translated: a session towards the client, a session towards the origin, and
 * what one hears the other says (h2_stream.h).
 */
#include "proxy/h2_stream.h"

#include <string.h>

static enum dir
dir_other(enum dir dir)
{
	return dir == DIR_UP ? DIR_DOWN : DIR_UP;
}

/* ---- what is to be said ----------------------------------------------------------- */

/* The session that hears dir speaks, as far as there is room. True: it did. */
static bool
session_speak(struct h2 *h2, enum dir dir)
{
	struct dialog *dialog = h2->dialog;
	enum dir to = dir_other(dir);
	const uint8_t *data;
	ssize_t n = 0;
	bool spoke = false;

	if (h2->over[dir] || (dir == DIR_DOWN && !h2->greeted))
		return false;
	while (!dialog->abort && dialog_room(dialog, to) > 0) {
		n = nghttp2_session_mem_send(h2->session[dir], &data);
		if (n <= 0)
			break;
		dialog_send(dialog, to, data, (size_t)n);
		spoke = true;
	}
	if (n < 0)
		dialog_abort(dialog);
	/* With room left, what still waits lacks a window. */
	if (!spoke && dialog_room(dialog, to) > 0)
		h2_data_bound(h2, to);
	return spoke;
}

/* ---- ends ---------------------------------------------------------------------- */

/* One end is gone: for the other its streams are over. */
static void
streams_lose(struct h2 *h2, enum dir dir, uint32_t code)
{
	for (struct h2_stream *s = h2->streams, *next; s != NULL; s = next) {
		next = s->next;
		if (s->open[dir])
			h2_stream_closed(s, dir, code);
		else if (dir == DIR_DOWN && s->course == H2_HOLDING)
			h2_stream_give_up(s, NGHTTP2_REFUSED_STREAM);
	}
}

static void
client_lose(struct h2 *h2)
{
	h2->over[DIR_UP] = true;
	streams_lose(h2, DIR_UP, NGHTTP2_CANCEL);
	/* The library sends no RST_STREAM once it says goodbye. */
	(void)session_speak(h2, DIR_DOWN);
	if (!h2->over[DIR_DOWN] && nghttp2_session_terminate_session(h2->session[DIR_DOWN],
	    NGHTTP2_NO_ERROR) != 0)
		dialog_abort(h2->dialog);
}

/* Answers that are complete still go to the client, then it is told to go. */
static void
origin_lose(struct h2 *h2)
{
	nghttp2_session *client = h2->session[DIR_UP];

	h2->over[DIR_DOWN] = true;
	if (h2->over[DIR_UP])
		return;
	streams_lose(h2, DIR_DOWN, NGHTTP2_INTERNAL_ERROR);
	if (h2->leaving)
		return;
	h2->leaving = true;
	if (nghttp2_submit_goaway(client, NGHTTP2_FLAG_NONE,
	    nghttp2_session_get_last_proc_stream_id(client), NGHTTP2_NO_ERROR, NULL, 0) != 0)
		dialog_abort(h2->dialog);
}

static bool
session_idle(nghttp2_session *session)
{
	return !nghttp2_session_want_read(session) && !nghttp2_session_want_write(session);
}

/* True: something has ended that was not over before. */
static bool
ends_check(struct h2 *h2)
{
	if (!h2->over[DIR_DOWN] && session_idle(h2->session[DIR_DOWN])) {
		origin_lose(h2);
		return true;
	}
	if (!h2->over[DIR_UP] && session_idle(h2->session[DIR_UP])) {
		client_lose(h2);
		return true;
	}
	return false;
}

static void
ends_finish(struct h2 *h2)
{
	if (!h2->over[DIR_UP])
		return;
	dialog_finish(h2->dialog, DIR_DOWN);
	if (h2->over[DIR_DOWN] || !h2->greeted ||
	    !nghttp2_session_want_write(h2->session[DIR_DOWN]))
		dialog_finish(h2->dialog, DIR_UP);
}

/* ---- both -------------------------------------------------------------------------- */

static void
sessions_speak(struct h2 *h2)
{
	bool more = true;

	while (more && !h2->dialog->abort) {
		h2_window_connection(h2, DIR_UP);
		h2_window_connection(h2, DIR_DOWN);
		more = session_speak(h2, DIR_DOWN);
		more |= session_speak(h2, DIR_UP);
		more = more || ends_check(h2);
	}
	ends_finish(h2);
}

/* ---- rest --------------------------------------------------------------------------- */

/* No frame is half sent. That a preface is still to be sent only `greeted` tells. */
static bool
session_rests(const struct h2 *h2, enum dir dir)
{
	return h2->over[dir] || ((dir == DIR_UP || h2->greeted) &&
	    nghttp2_session_want_read(h2->session[dir]) &&
	    !nghttp2_session_want_write(h2->session[dir]));
}

static bool
http2_rest(struct dialog *dialog)
{
	struct h2 *h2 = dialog->state;

	if (!session_rests(h2, DIR_UP) || !session_rests(h2, DIR_DOWN))
		return false;
	h2_memory_rest(&h2->memory);
	return true;
}

/* ---- the engine ------------------------------------------------------------------- */

static bool
http2_start(struct dialog *dialog)
{
	struct h2 *h2 = dialog->state;

	h2->dialog = dialog;
	if (!h2_session_start(h2))
		return false;
	dialog->paused[DIR_DOWN] = true;	/* until the origin is greeted */
	sessions_speak(h2);
	return !dialog->abort;
}

static void
http2_feed(struct dialog *dialog, enum dir dir, const uint8_t *data, size_t len)
{
	struct h2 *h2 = dialog->state;

	if (!h2->over[dir] && nghttp2_session_mem_recv(h2->session[dir], data, len) < 0) {
		/* No preface, a flood, or memory is out: there is nobody to talk to. */
		H2_COUNT(h2, faults);
		dialog_abort(dialog);
	}
	sessions_speak(h2);
}

static void
http2_end(struct dialog *dialog, enum dir dir, bool truncated)
{
	struct h2 *h2 = dialog->state;

	/* Frames tell whether something is missing, not how the connection ended. */
	(void)truncated;
	if (!h2->over[dir] && dir == DIR_UP)
		client_lose(h2);
	else if (!h2->over[dir])
		origin_lose(h2);
	sessions_speak(h2);
}

static void
http2_pump(struct dialog *dialog, enum dir dir)
{
	struct h2 *h2 = dialog->state;

	(void)dir;
	h2_judge_wake(h2);
	sessions_speak(h2);
}

static void
http2_stop(struct dialog *dialog)
{
	struct h2 *h2 = dialog->state;

	while (h2->streams != NULL) {
		h2_judge_cut(h2->streams);
		h2_stream_free(h2->streams);
	}
	nghttp2_session_del(h2->session[DIR_UP]);
	nghttp2_session_del(h2->session[DIR_DOWN]);
	h2_memory_fini(&h2->memory);
}

const struct engine engine_http2 = {
	.name = "http/2",
	.alpn = "h2",
	.size = sizeof(struct h2),
	.start = http2_start,
	.feed = http2_feed,
	.end = http2_end,
	.pump = http2_pump,
	.rest = http2_rest,
	.stop = http2_stop,
};
