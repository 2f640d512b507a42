/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of the HTTP/2 engine: both ends of a connection, each a session of
 * the library, with the engine between them and a judge that the test commands.
 * Bytes are carried by hand, in pieces of any size.
 */
#ifndef TESTS_UNIT_H2_ENDS_H
#define TESTS_UNIT_H2_ENDS_H

#include <nghttp2/nghttp2.h>

#include "h2_judging.h"

/* ---- what an end saw of a stream --------------------------------------------------- */

struct seen {
	int32_t id;
	char text[4096];		/* fields, in order; "!" before one never to be indexed */
	size_t text_len;
	uint8_t *body;
	size_t len, size;
	bool ended, closed;
	uint32_t code;			/* of RST_STREAM, with closed */
	/* what it says itself */
	const uint8_t *say;
	size_t say_len, said;
	nghttp2_nv trailer[1];
	bool trails, wait;		/* wait: no end until told */
};

#define SEEN_MAX 400

struct peer {
	nghttp2_session *session;
	struct seen streams[SEEN_MAX];
	size_t count;
	bool consume;			/* gives windows back */
	uint32_t goaway, goaway_last;
	bool left;
	void (*answer)(struct peer *peer, struct seen *seen);
	unsigned resets;
};

static inline void
seen_add(struct seen *seen, const char *text)
{
	size_t n = strlen(text);

	if (seen->text_len + n < sizeof(seen->text)) {
		memcpy(seen->text + seen->text_len, text, n + 1);
		seen->text_len += n;
	}
}

static inline struct seen *
peer_seen(struct peer *peer, int32_t id)
{
	for (size_t i = 0; i < peer->count; i++)
		if (peer->streams[i].id == id)
			return &peer->streams[i];
	assert_true(peer->count < SEEN_MAX);
	peer->streams[peer->count].id = id;
	return &peer->streams[peer->count++];
}

static inline int
peer_field(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
    size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags, void *arg)
{
	char line[1024];

	(void)session;
	snprintf(line, sizeof(line), "%s%.*s=%.*s\n", flags & NGHTTP2_NV_FLAG_NO_INDEX ? "!" : "",
	    (int)name_len, (const char *)name, value_len > 500 ? 500 : (int)value_len,
	    (const char *)value);
	seen_add(peer_seen(arg, frame->hd.stream_id), line);
	return 0;
}

static inline int
peer_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data, size_t len,
    void *arg)
{
	struct peer *peer = arg;
	struct seen *seen = peer_seen(peer, id);

	(void)flags;
	if (seen->len + len > seen->size) {
		seen->size = (seen->len + len) * 2;
		seen->body = realloc(seen->body, seen->size);
	}
	memcpy(seen->body + seen->len, data, len);
	seen->len += len;
	if (peer->consume)
		nghttp2_session_consume(session, id, len);
	return 0;
}

static inline int
peer_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct peer *peer = arg;
	struct seen *seen;

	(void)session;
	switch (frame->hd.type) {
	case NGHTTP2_GOAWAY:
		peer->left = true;
		peer->goaway = frame->goaway.error_code;
		peer->goaway_last = (uint32_t)frame->goaway.last_stream_id;
		break;
	case NGHTTP2_HEADERS:
		seen_add(peer_seen(peer, frame->hd.stream_id), "--\n");
		/* fallthrough */
	case NGHTTP2_DATA:
		seen = peer_seen(peer, frame->hd.stream_id);
		seen->ended |= (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
		if (peer->answer != NULL)
			peer->answer(peer, seen);
		break;
	case NGHTTP2_RST_STREAM:
		peer->resets++;
		break;
	default:
		break;
	}
	return 0;
}

static inline int
peer_closed(nghttp2_session *session, int32_t id, uint32_t code, void *arg)
{
	struct seen *seen = peer_seen(arg, id);

	(void)session;
	seen->closed = true;
	seen->code = code;
	return 0;
}

static inline void
peer_init(struct peer *peer, bool server, const nghttp2_settings_entry *entries, size_t count)
{
	nghttp2_session_callbacks *calls;
	nghttp2_option *option;

	memset(peer, 0, sizeof(*peer));
	peer->consume = true;
	assert_int_equal(nghttp2_session_callbacks_new(&calls), 0);
	assert_int_equal(nghttp2_option_new(&option), 0);
	nghttp2_option_set_no_auto_window_update(option, 1);
	nghttp2_session_callbacks_set_on_header_callback(calls, peer_field);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(calls, peer_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(calls, peer_frame);
	nghttp2_session_callbacks_set_on_stream_close_callback(calls, peer_closed);
	if (server)
		nghttp2_session_server_new2(&peer->session, calls, peer, option);
	else
		nghttp2_session_client_new2(&peer->session, calls, peer, option);
	nghttp2_submit_settings(peer->session, NGHTTP2_FLAG_NONE, entries, count);
	nghttp2_option_del(option);
	nghttp2_session_callbacks_del(calls);
}

static inline void
peer_fini(struct peer *peer)
{
	nghttp2_session_del(peer->session);
	for (size_t i = 0; i < peer->count; i++)
		free(peer->streams[i].body);
}

/* ---- what an end says ------------------------------------------------------------------ */

#define NV(name, value) { (uint8_t *)(uintptr_t)(name), (uint8_t *)(uintptr_t)(value), \
    strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE }

static inline ssize_t
peer_says(nghttp2_session *session, int32_t id, uint8_t *buffer, size_t room, uint32_t *flags,
    nghttp2_data_source *source, void *arg)
{
	struct seen *seen = peer_seen(arg, id);
	size_t left = seen->say_len - seen->said, n = left < room ? left : room;

	(void)source;
	if (n == 0 && seen->wait)
		return NGHTTP2_ERR_DEFERRED;
	if (n > 0)
		memcpy(buffer, seen->say + seen->said, n);
	seen->said += n;
	if (seen->said < seen->say_len || seen->wait)
		return (ssize_t)n;
	*flags |= NGHTTP2_DATA_FLAG_EOF;
	if (seen->trails) {
		*flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
		nghttp2_submit_trailer(session, id, seen->trailer, 1);
	}
	return (ssize_t)n;
}

static inline void
seen_say(struct seen *seen, const void *data, size_t len)
{
	seen->say = data;
	seen->say_len = len;
	seen->said = 0;
}

/* Asks for a path; body NULL: none. Returns the stream. */
static inline struct seen *
client_ask_with(struct peer *client, const char *path, const void *body, size_t len,
    const nghttp2_nv *more, size_t more_count)
{
	nghttp2_nv fields[24] = {
		NV(":method", body ? "POST" : "GET"), NV(":scheme", "https"),
		NV(":authority", "api.example.org"), NV(":path", path),
		NV("x-first", "1"), NV("authorization", "secret")
	};
	nghttp2_data_provider provider = { { .ptr = NULL }, peer_says };
	struct seen *seen;
	int32_t id;

	fields[5].flags = NGHTTP2_NV_FLAG_NO_INDEX;
	if (more_count > 0)
		memcpy(fields + 6, more, more_count * sizeof(*more));
	id = nghttp2_submit_request(client->session, NULL, fields, 6 + more_count,
	    body ? &provider : NULL, NULL);
	assert_true(id > 0);
	seen = peer_seen(client, id);
	seen_say(seen, body, len);
	return seen;
}

static inline struct seen *
client_ask(struct peer *client, const char *path, const void *body, size_t len)
{
	return client_ask_with(client, path, body, len, NULL, 0);
}

static inline void
origin_answer_with(struct peer *origin, struct seen *seen, const char *status, const void *body,
    size_t len)
{
	nghttp2_nv fields[] = { NV(":status", status), NV("content-type", "text/plain"),
		NV("x-origin", "yes"), NV("set-cookie", "a=b") };
	nghttp2_data_provider provider = { { .ptr = NULL }, peer_says };

	fields[3].flags = NGHTTP2_NV_FLAG_NO_INDEX;
	seen_say(seen, body, len);
	assert_int_equal(nghttp2_submit_response(origin->session, seen->id, fields, 4,
	    body ? &provider : NULL), 0);
}

/* Says what it heard, when it has heard all. */
static inline void
origin_echo(struct peer *origin, struct seen *seen)
{
	if (seen->ended)
		origin_answer_with(origin, seen, "200", seen->body ? seen->body : (const uint8_t *)"",
		    seen->len);
}

/* ---- the connection ------------------------------------------------------------------------ */

struct ends {
	struct peer client, origin;
	struct dialog dialog;
	struct dialog_home home;
	struct settings settings;
	struct proxy_counts counts;
	struct flow flow;
	size_t piece;			/* bytes handed over at once */
	bool stuck[2];			/* nobody takes what is queued that way */
	bool sleepy;			/* it rests whenever it is asked nothing for a moment */
	size_t most[2];			/* the longest a queue was */
};

static inline void
ends_init_with(struct ends *ends, size_t piece, const nghttp2_settings_entry *client, size_t client_n,
    const nghttp2_settings_entry *origin, size_t origin_n)
{
	memset(ends, 0, sizeof(*ends));
	memset(&asked, 0, sizeof(asked));
	ends->piece = piece;
	peer_init(&ends->client, false, client, client_n);
	peer_init(&ends->origin, true, origin, origin_n);
	ends->origin.answer = origin_echo;
	ends->settings.hold = 1 << 20;
	ends->settings.organisation.language = "nl";
	ends->home = (struct dialog_home){ .settings = &ends->settings, .counts = &ends->counts,
		.holds = hold_pool_new((size_t)16 << 20, -1), .now_us = UINT64_C(1700000000000000) };
	ends->dialog.home = &ends->home;
	ends->dialog.flow = &ends->flow;
	ends->dialog.queue[DIR_UP] = evbuffer_new();
	ends->dialog.queue[DIR_DOWN] = evbuffer_new();
	assert_true(dialog_start(&ends->dialog, &engine_http2));
}

static inline void
ends_init(struct ends *ends, size_t piece)
{
	ends_init_with(ends, piece, NULL, 0, NULL, 0);
}

static inline void
ends_fini(struct ends *ends)
{
	dialog_stop(&ends->dialog);
	assert_int_equal(asked.begun, asked.freed);
	assert_int_equal(asked.begun, asked.ended + asked.cut);
	assert_int_equal(hold_pool_memory(ends->home.holds), 0);
	hold_pool_free(ends->home.holds);
	evbuffer_free(ends->dialog.queue[DIR_UP]);
	evbuffer_free(ends->dialog.queue[DIR_DOWN]);
	peer_fini(&ends->client);
	peer_fini(&ends->origin);
}

/* One end speaks, as long as its connection is read. True: it had something to say. */
static inline bool
ends_speak(struct ends *ends, enum dir dir)
{
	struct peer *peer = dir == DIR_UP ? &ends->client : &ends->origin;
	const uint8_t *data;
	ssize_t n;
	bool spoke = false;

	while (dialog_room(&ends->dialog, dir) > 0 && !ends->dialog.paused[dir] &&
	    !ends->dialog.abort && (n = nghttp2_session_mem_send(peer->session, &data)) > 0) {
		for (size_t at = 0, step; at < (size_t)n; at += step) {
			step = (size_t)n - at < ends->piece ? (size_t)n - at : ends->piece;
			dialog_feed(&ends->dialog, dir, data + at, step);
			if (ends->sleepy)
				dialog_rest(&ends->dialog);
			if (evbuffer_get_length(ends->dialog.queue[dir]) > ends->most[dir])
				ends->most[dir] = evbuffer_get_length(ends->dialog.queue[dir]);
		}
		spoke = true;
	}
	return spoke;
}

static inline bool
ends_listen(struct ends *ends, enum dir dir)
{
	struct peer *peer = dir == DIR_UP ? &ends->origin : &ends->client;
	uint8_t data[4096];
	bool heard = false;
	int n;

	while (!ends->stuck[dir] &&
	    (n = evbuffer_remove(ends->dialog.queue[dir], data, sizeof(data))) > 0) {
		assert_int_equal(nghttp2_session_mem_recv(peer->session, data, (size_t)n), n);
		dialog_pump(&ends->dialog, dir);
		if (ends->sleepy)
			dialog_rest(&ends->dialog);
		heard = true;
	}
	return heard;
}

/* Until nobody has anything to say. */
static inline void
ends_run(struct ends *ends)
{
	bool more = true;

	while (more) {
		more = ends_speak(ends, DIR_UP);
		more |= ends_listen(ends, DIR_UP);
		more |= ends_speak(ends, DIR_DOWN);
		more |= ends_listen(ends, DIR_DOWN);
	}
}

#endif
