/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies between the sessions. The library asks how much there is when windows
 * allow a frame, and has us write the frame ourselves: from where the bytes
 * wait (a pipe, or what was held) into the other end's queue.
 */
#include "proxy/h2_stream.h"

#include <string.h>

/* What is taken out of a hold at once. */
#define TAKE_SIZE 4096
/* RFC 9113 section 4.1 */
#define FRAME_HEAD 9

bool
h2_data_keep(struct h2_stream *stream, enum dir dir, const uint8_t *data, size_t len)
{
	if (!h2_pipe_add(&stream->half[dir].pipe, data, len))
		return false;
	stream->h2->piped[dir] += len;
	return true;
}

void
h2_data_forget(struct h2_stream *stream, enum dir dir)
{
	stream->h2->piped[dir] -= stream->half[dir].pipe.len;
	h2_pipe_clear(&stream->half[dir].pipe);
	if (dir == DIR_UP) {
		hold_free(stream->hold);
		stream->hold = NULL;
	}
}

size_t
h2_data_ready(const struct h2_stream *stream, enum dir dir)
{
	size_t held;

	if (dir == DIR_DOWN || stream->hold == NULL)
		return stream->half[dir].pipe.len;
	held = hold_length(stream->hold);
	return stream->course == H2_FREED || held < stream->loose ? held : stream->loose;
}

/* Is what is ready all there will ever be? */
static bool
data_whole(const struct h2_stream *stream, enum dir dir)
{
	return stream->half[dir].ended &&
	    (dir == DIR_DOWN || stream->hold == NULL || stream->course == H2_FREED);
}

/* The body's last frame is next; trailers follow it (RFC 9113 section 8.1). */
static bool
data_finish(nghttp2_session *session, int32_t id, struct h2_half *half, uint32_t *flags)
{
	*flags |= NGHTTP2_DATA_FLAG_EOF;
	if (half->trailer.count == 0)
		return true;
	*flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
	return nghttp2_submit_trailer(session, id, half->trailer.fields,
	    half->trailer.count) == 0;
}

static ssize_t
data_read(nghttp2_session *session, int32_t id, size_t room, uint32_t *flags,
    struct h2_stream *stream, enum dir dir)
{
	struct h2_half *half = &stream->half[dir];
	size_t ready = h2_data_ready(stream, dir), n = ready < room ? ready : room;
	bool last = n == ready && data_whole(stream, dir);

	if (n == 0 && !last) {
		if (half->reset)
			h2_stream_reset(stream, DIR_UP, half->code);
		return NGHTTP2_ERR_DEFERRED;
	}
	*flags |= NGHTTP2_DATA_FLAG_NO_COPY;
	if (last && !data_finish(session, id, half, flags))
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	return (ssize_t)n;
}

static ssize_t
request_read(nghttp2_session *session, int32_t id, uint8_t *buffer, size_t room,
    uint32_t *flags, nghttp2_data_source *source, void *arg)
{
	(void)buffer, (void)arg;
	return data_read(session, id, room, flags, source->ptr, DIR_UP);
}

static ssize_t
answer_read(nghttp2_session *session, int32_t id, uint8_t *buffer, size_t room,
    uint32_t *flags, nghttp2_data_source *source, void *arg)
{
	(void)buffer, (void)arg;
	return data_read(session, id, room, flags, source->ptr, DIR_DOWN);
}

const nghttp2_data_source_read_callback h2_data_reads[2] = { request_read, answer_read };

/* From the hold into the queue. False: it cannot be read back. */
static bool
data_send_held(struct h2_stream *stream, size_t len)
{
	uint8_t piece[TAKE_SIZE];
	long n;

	for (; len > 0; len -= (size_t)n) {
		n = hold_take(stream->hold, piece, len < sizeof(piece) ? len : sizeof(piece));
		if (n <= 0)
			break;
		dialog_send(stream->h2->dialog, DIR_UP, piece, (size_t)n);
		if (stream->loose >= (size_t)n)
			stream->loose -= (size_t)n;
	}
	explicit_bzero(piece, sizeof(piece));
	return len == 0;
}

int
h2_data_send(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *head,
    size_t len, nghttp2_data_source *source, void *arg)
{
	struct h2 *h2 = arg;
	struct h2_stream *stream = source->ptr;
	enum dir dir = session == h2->session[DIR_UP] ? DIR_DOWN : DIR_UP;

	(void)frame;
	if (dialog_room(h2->dialog, dir) == 0)
		return NGHTTP2_ERR_WOULDBLOCK;
	/* Since the library asked, the stream may have been given up. */
	if (h2_data_ready(stream, dir) < len)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	dialog_send(h2->dialog, dir, head, FRAME_HEAD);
	if (dir == DIR_UP)
		stream->sent += len;
	if (dir == DIR_UP && stream->hold != NULL) {
		/* A frame that lacks bytes cannot be mended. */
		if (!data_send_held(stream, len))
			dialog_abort(h2->dialog);
		return 0;
	}
	if (len > 0) {
		dialog_send(h2->dialog, dir, h2_pipe_front(&stream->half[dir].pipe), len);
		h2_pipe_drop(&stream->half[dir].pipe, len);
		h2->piped[dir] -= len;
	}
	return 0;
}

static struct h2_stream *
data_largest(struct h2 *h2, enum dir dir)
{
	struct h2_stream *largest = h2->streams;

	for (struct h2_stream *s = h2->streams; s != NULL; s = s->next)
		if (s->half[dir].pipe.len > largest->half[dir].pipe.len)
			largest = s;
	return largest;
}

void
h2_data_bound(struct h2 *h2, enum dir dir)
{
	while (h2->piped[dir] > H2_PIPED_MAX)
		h2_stream_give_up(data_largest(h2, dir), NGHTTP2_FLOW_CONTROL_ERROR);
}
