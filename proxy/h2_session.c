/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two sessions of the library: what they may do, and what they tell. A
 * session checks what it hears (RFC 9113 section 8: names, values, order of
 * pseudo fields, content-length); what fails is reset and never passed on.
 */
#include <string.h>

#include "proxy/h2_stream.h"

/* Which session this is: by who speaks to it. */
static enum dir
session_dir(const struct h2 *h2, const nghttp2_session *session)
{
	return session == h2->session[DIR_UP] ? DIR_UP : DIR_DOWN;
}

static struct h2_stream *
session_stream(nghttp2_session *session, int32_t id)
{
	return id > 0 ? nghttp2_session_get_stream_user_data(session, id) : NULL;
}

void
h2_flood(struct h2 *h2, enum dir dir)
{
	if (h2->over[dir])
		return;
	if (nghttp2_session_terminate_session(h2->session[dir], NGHTTP2_ENHANCE_YOUR_CALM) != 0)
		dialog_abort(h2->dialog);
}

/* ---- settings --------------------------------------------------------------- */

static void
settings_send(struct h2 *h2, enum dir to, const nghttp2_settings_entry *entries, size_t count)
{
	h2->unsettled[to]++;
	for (size_t i = 0; i < count; i++)
		if (entries[i].settings_id == NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE)
			h2->resizing[to] = h2->unsettled[to];
	if (nghttp2_submit_settings(h2->session[to], NGHTTP2_FLAG_NONE, entries, count) != 0)
		dialog_abort(h2->dialog);
}

/*
 * The origin's preface waits for the client's settings, to pass them on at once.
 * Until then nothing of the origin's is read: the acknowledgement of its settings
 * would be said before ours (RFC 9113 section 3.4: SETTINGS come first).
 */
static void
origin_greet(struct h2 *h2)
{
	const nghttp2_settings_entry entries[] = {
		{ NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, H2_SECTION_MAX },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, (uint32_t)h2->initial[DIR_DOWN] },
	};

	h2->greeted = true;
	h2->dialog->paused[DIR_DOWN] = false;
	settings_send(h2, DIR_DOWN, entries, sizeof(entries) / sizeof(entries[0]));
}

/* RFC 9218 section 2.1: the tree of priorities is not used; the field is passed on. */
static void
client_greet(struct h2 *h2)
{
	static const nghttp2_settings_entry entries[] = {
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, H2_STREAMS_MAX },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, H2_SECTION_MAX },
		{ NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1 },
	};

	settings_send(h2, DIR_UP, entries, sizeof(entries) / sizeof(entries[0]));
}

static int32_t
window_told(nghttp2_session *session)
{
	uint32_t window = nghttp2_session_get_remote_settings(session,
	    NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE);

	return window < (uint32_t)H2_WINDOW_MAX ? (int32_t)window : H2_WINDOW_MAX;
}

/* What one end set, as far as it concerns the other. */
static void
settings_mirror(struct h2 *h2, enum dir from)
{
	enum dir to = from == DIR_UP ? DIR_DOWN : DIR_UP;
	nghttp2_settings_entry entries[2];
	uint32_t allowed = nghttp2_session_get_remote_settings(h2->session[from],
	    NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
	int32_t window = window_told(h2->session[from]);
	size_t count = 0;

	if (window != h2->initial[to])
		entries[count++] = (nghttp2_settings_entry){
			NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, (uint32_t)window };
	h2->initial[to] = window;
	allowed = allowed < H2_STREAMS_MAX ? allowed : H2_STREAMS_MAX;
	if (from == DIR_DOWN && allowed != h2->allowed) {
		h2->allowed = allowed;
		entries[count++] = (nghttp2_settings_entry){
			NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, allowed };
	}
	if (from == DIR_UP && !h2->greeted)
		origin_greet(h2);
	else if (count > 0)
		settings_send(h2, to, entries, count);
}

static void
settings_heard(struct h2 *h2, enum dir dir, uint8_t flags)
{
	if (!(flags & NGHTTP2_FLAG_ACK)) {
		settings_mirror(h2, dir);
		return;
	}
	h2->unsettled[dir] -= h2->unsettled[dir] > 0;
	if (h2->resizing[dir] > 0 && --h2->resizing[dir] == 0)
		h2_window_all(h2, dir);
}

/* ---- what a session hears ------------------------------------------------------ */

static int
heard_begin(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct h2 *h2 = arg;
	struct h2_stream *stream;

	if (session_dir(h2, session) != DIR_UP ||
	    frame->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	stream = h2_stream_new(h2, frame->hd.stream_id);
	if (stream != NULL && nghttp2_session_set_stream_user_data(session,
	    frame->hd.stream_id, stream) == 0)
		return 0;
	if (stream != NULL)
		h2_stream_free(stream);
	nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
	    NGHTTP2_REFUSED_STREAM);
	return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

static int
stream_faulty(nghttp2_session *session, const struct h2_stream *stream, enum dir dir,
    uint32_t code)
{
	nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream->id[dir], code);
	return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

static int
heard_field(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
    size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags, void *arg)
{
	struct h2 *h2 = arg;
	enum dir dir = session_dir(h2, session);
	struct h2_stream *stream = session_stream(session, frame->hd.stream_id);
	struct h2_section *section;
	size_t before;

	if (stream == NULL)
		return 0;
	section = h2_stream_section(stream, dir);
	if (section == NULL)
		return 0;
	before = section->cost;
	if (!h2_section_add(section, name, name_len, value, value_len, flags))
		return stream_faulty(session, stream, dir, NGHTTP2_ENHANCE_YOUR_CALM);
	h2->sections += section->cost - before;
	if (h2->sections > H2_SECTIONS_MAX)
		return stream_faulty(session, stream, dir, NGHTTP2_ENHANCE_YOUR_CALM);
	return 0;
}

/* A field that the library would leave out: then the message is not whole. */
static int
heard_bad_field(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
    size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags, void *arg)
{
	struct h2 *h2 = arg;
	struct h2_stream *stream = session_stream(session, frame->hd.stream_id);

	(void)name, (void)name_len, (void)value, (void)value_len, (void)flags;
	if (stream == NULL)
		return 0;
	return stream_faulty(session, stream, session_dir(h2, session),
	    NGHTTP2_PROTOCOL_ERROR);
}

static int
heard_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
    size_t len, void *arg)
{
	struct h2 *h2 = arg;
	struct h2_stream *stream = session_stream(session, id);

	(void)flags;
	if (stream != NULL)
		h2_stream_data(stream, session_dir(h2, session), data, len);
	return 0;
}

static void
headers_heard(struct h2_stream *stream, enum dir dir, const nghttp2_frame *frame)
{
	bool end = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;

	if (stream->half[dir].begun)
		h2_stream_trailer(stream, dir);
	else if (dir == DIR_UP)
		h2_stream_request(stream, end);
	else
		h2_stream_answer(stream, end);
	if (end)
		h2_stream_end(stream, dir);
}

static void
goaway_heard(struct h2 *h2, enum dir dir, const nghttp2_goaway *goaway)
{
	nghttp2_session *client = h2->session[DIR_UP];
	size_t debug = goaway->opaque_data_len;

	/* The client's concerns pushed streams, of which there are none. */
	if (dir == DIR_UP || h2->leaving)
		return;
	h2->leaving = true;
	for (struct h2_stream *s = h2->streams, *next; s != NULL; s = next) {
		next = s->next;
		if (s->asked || s->course == H2_REFUSED)
			continue;
		/* It never will be asked: the client may try another connection. */
		h2_stream_give_up(s, NGHTTP2_REFUSED_STREAM);
	}
	if (nghttp2_submit_goaway(client, NGHTTP2_FLAG_NONE,
	    nghttp2_session_get_last_proc_stream_id(client), goaway->error_code,
	    goaway->opaque_data, debug < H2_DEBUG_MAX ? debug : H2_DEBUG_MAX) != 0)
		dialog_abort(h2->dialog);
}

static bool
frame_costs_nothing(const nghttp2_frame *frame)
{
	switch (frame->hd.type) {
	case NGHTTP2_PING:
	case NGHTTP2_SETTINGS:
		return !(frame->hd.flags & NGHTTP2_FLAG_ACK);
	case NGHTTP2_PRIORITY:
		return true;
	case NGHTTP2_DATA:
		return frame->hd.length == 0 && !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM);
	default:
		return false;
	}
}

static void
control_heard(struct h2 *h2, enum dir dir, const nghttp2_frame *frame)
{
	uint64_t now = h2->dialog->home->now_us;

	if (frame_costs_nothing(frame) &&
	    !h2_bucket_take(&h2->controls[dir], now, H2_CONTROLS_BURST, H2_CONTROLS_RATE))
		h2_flood(h2, dir);
	if (frame->hd.type == NGHTTP2_RST_STREAM && dir == DIR_UP &&
	    !h2_bucket_take(&h2->resets, now, H2_RESETS_BURST, H2_RESETS_RATE))
		h2_flood(h2, dir);
}

static int
heard_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct h2 *h2 = arg;
	enum dir dir = session_dir(h2, session), other = dir == DIR_UP ? DIR_DOWN : DIR_UP;
	struct h2_stream *stream = session_stream(session, frame->hd.stream_id);

	control_heard(h2, dir, frame);
	switch (frame->hd.type) {
	case NGHTTP2_HEADERS:
		if (stream != NULL)
			headers_heard(stream, dir, frame);
		break;
	case NGHTTP2_DATA:
		if (stream != NULL && frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
			h2_stream_end(stream, dir);
		break;
	case NGHTTP2_SETTINGS:
		settings_heard(h2, dir, frame->hd.flags);
		break;
	case NGHTTP2_WINDOW_UPDATE:
		if (stream != NULL)
			h2_window_stream(stream, other);
		break;
	case NGHTTP2_GOAWAY:
		goaway_heard(h2, dir, &frame->goaway);
		break;
	default:
		break;
	}
	return 0;
}

/* We, or the library, have reset what the client said: not for the origin's or its own sake. */
static void
fault_sent(struct h2 *h2, const struct h2_stream *stream, uint32_t code)
{
	if (code == NGHTTP2_NO_ERROR || code == NGHTTP2_REFUSED_STREAM ||
	    code == NGHTTP2_CANCEL || (stream != NULL && stream->half[DIR_DOWN].reset))
		return;
	H2_COUNT(h2, faults);
	/* Who makes us reset streams floods as well as who resets them (CVE-2025-8671). */
	if (!h2_bucket_take(&h2->resets, h2->dialog->home->now_us, H2_RESETS_BURST,
	    H2_RESETS_RATE))
		h2_flood(h2, DIR_UP);
}

static int
sent_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct h2 *h2 = arg;
	enum dir dir = session_dir(h2, session);
	struct h2_stream *stream = session_stream(session, frame->hd.stream_id);

	if (frame->hd.type == NGHTTP2_RST_STREAM && dir == DIR_UP)
		fault_sent(h2, stream, frame->rst_stream.error_code);
	if (frame->hd.type == NGHTTP2_GOAWAY && dir == DIR_UP && !h2->leaving &&
	    frame->goaway.error_code != NGHTTP2_NO_ERROR)
		H2_COUNT(h2, faults);
	if (stream == NULL ||
	    (frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS))
		return 0;
	if (dir == DIR_DOWN)
		stream->asked = true;
	if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
		h2_stream_told(stream, dir);
	h2_window_stream(stream, dir == DIR_UP ? DIR_DOWN : DIR_UP);
	return 0;
}

static int
closed_stream(nghttp2_session *session, int32_t id, uint32_t code, void *arg)
{
	struct h2_stream *stream = session_stream(session, id);

	if (stream != NULL)
		h2_stream_closed(stream, session_dir(arg, session), code);
	return 0;
}

/* ---- set-up ------------------------------------------------------------------------ */

static nghttp2_session_callbacks *
callbacks_new(void)
{
	nghttp2_session_callbacks *calls;

	if (nghttp2_session_callbacks_new(&calls) != 0)
		return NULL;
	nghttp2_session_callbacks_set_on_begin_headers_callback(calls, heard_begin);
	nghttp2_session_callbacks_set_on_header_callback(calls, heard_field);
	nghttp2_session_callbacks_set_on_invalid_header_callback(calls, heard_bad_field);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(calls, heard_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(calls, heard_frame);
	nghttp2_session_callbacks_set_on_frame_send_callback(calls, sent_frame);
	nghttp2_session_callbacks_set_on_stream_close_callback(calls, closed_stream);
	nghttp2_session_callbacks_set_send_data_callback(calls, h2_data_send);
	return calls;
}

static nghttp2_option *
option_new(void)
{
	nghttp2_option *option;

	if (nghttp2_option_new(&option) != 0)
		return NULL;
	nghttp2_option_set_no_auto_window_update(option, 1);
	nghttp2_option_set_no_closed_streams(option, 1);
	nghttp2_option_set_max_outbound_ack(option, H2_ACKS_MAX);
	nghttp2_option_set_peer_max_concurrent_streams(option, H2_STREAMS_MAX);
	return option;
}

bool
h2_session_start(struct h2 *h2)
{
	nghttp2_session_callbacks *calls = callbacks_new();
	nghttp2_option *option = option_new();
	nghttp2_mem memory = h2_memory_calls(&h2->memory);
	bool ok = calls != NULL && option != NULL;

	h2_memory_init(&h2->memory);
	h2->initial[DIR_UP] = h2->initial[DIR_DOWN] = NGHTTP2_INITIAL_WINDOW_SIZE;
	h2->allowed = H2_STREAMS_MAX;
	ok = ok && nghttp2_session_server_new3(&h2->session[DIR_UP], calls, h2, option,
	    &memory) == 0 && nghttp2_session_client_new3(&h2->session[DIR_DOWN], calls, h2,
	    option, &memory) == 0;
	h2_memory_settle(&h2->memory);
	if (ok)
		client_greet(h2);
	nghttp2_option_del(option);
	nghttp2_session_callbacks_del(calls);
	return ok;
}
