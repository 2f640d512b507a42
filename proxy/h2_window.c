/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flow control, end to end (RFC 9113 section 5.2). A speaker gets as much
 * credit as its listener has given us, less what waits here: so what comes can
 * go on at once, windows are as large as the ends themselves chose, and next
 * to nothing is stored. Levels are compared, not updates counted, so padding,
 * resets and our own answers cannot make the two ends drift apart.
 */
#include "proxy/h2_stream.h"

static void
credit_give(struct h2 *h2, enum dir dir, int32_t id, int64_t want, int32_t have, int32_t step)
{
	int64_t more = want - have;

	if (more <= 0 || (more < step && have >= H2_CREDIT_STEP))
		return;
	if (nghttp2_submit_window_update(h2->session[dir], NGHTTP2_FLAG_NONE, id,
	    (int32_t)more) != 0)
		dialog_abort(h2->dialog);
}

static int32_t
window_clamp(int32_t window, int32_t least)
{
	return window < least ? least : window > H2_WINDOW_MAX ? H2_WINDOW_MAX : window;
}

void
h2_window_connection(struct h2 *h2, enum dir dir)
{
	enum dir other = dir == DIR_UP ? DIR_DOWN : DIR_UP;
	int64_t want;

	if (h2->over[dir] || h2->over[other])
		return;
	want = window_clamp(nghttp2_session_get_remote_window_size(h2->session[other]),
	    H2_WINDOW_MIN) - (int64_t)h2->piped[dir];
	credit_give(h2, dir, 0, want, nghttp2_session_get_local_window_size(h2->session[dir]),
	    H2_CREDIT_STEP);
}

/* What a client may send of a body that is being judged. */
static int64_t
window_held(const struct h2_stream *stream, int32_t onward)
{
	if (stream->course == H2_HOLDING)
		return H2_WINDOW_HELD;
	return (int64_t)window_clamp(onward, 0) + (int64_t)DIALOG_HOLD_LAG -
	    (int64_t)(stream->hold != NULL ? hold_length(stream->hold) : 0);
}

void
h2_window_stream(struct h2_stream *stream, enum dir dir)
{
	struct h2 *h2 = stream->h2;
	enum dir other = dir == DIR_UP ? DIR_DOWN : DIR_UP;
	bool held = dir == DIR_UP && stream->course != H2_PASSING;
	int32_t onward = -1, have;
	int64_t want;

	/* While new settings are under way nobody knows what that end counts with. */
	if (!stream->open[dir] || stream->half[dir].ended || h2->resizing[dir] > 0 ||
	    stream->course == H2_REFUSED || h2->over[dir])
		return;
	if (stream->open[other] && !h2->over[other])
		onward = nghttp2_session_get_stream_remote_window_size(h2->session[other],
		    stream->id[other]);
	if (onward < 0 && !held)
		return;
	want = held ? window_held(stream, onward) :
	    window_clamp(onward, 0) - (int64_t)stream->half[dir].pipe.len;
	have = nghttp2_session_get_stream_local_window_size(h2->session[dir], stream->id[dir]);
	credit_give(h2, dir, stream->id[dir], want, have,
	    held ? H2_CREDIT_STEP_HELD : H2_CREDIT_STEP);
}

void
h2_window_all(struct h2 *h2, enum dir dir)
{
	for (struct h2_stream *s = h2->streams; s != NULL; s = s->next)
		h2_window_stream(s, dir);
}
