/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two ends talk HTTP/2 through the engine. Records of one byte that says who
 * speaks (bit 0: the origin) and what happens first (bit 1: that end says no
 * more; bit 2: time goes by; bit 4: nothing is taken that way, bit 5: it is
 * again), two bytes of length, and what is said after the prefaces. Whatever
 * comes in, what goes to the origin keeps the rules of the library's own
 * server, and of an upload to be stopped too little for it to be one.
 */
#include <nghttp2/nghttp2.h>

#include "tests/unit/dialog_kit.h"

#define MARKS_MAX 20
#define STREAMS_MAX 512
#define WINDOW_MAX 0x7fffffff

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An origin that only listens. */
struct hearer {
	nghttp2_session *session;
	unsigned marks[STREAMS_MAX];
	bool watched[STREAMS_MAX];
};

static int
listen_bad(nghttp2_session *session, const nghttp2_frame *frame, int error, void *arg)
{
	(void)session, (void)frame, (void)error, (void)arg;
	abort();
}

static int
listen_begin(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	(void)arg;
	/* What it allows was said by the fuzzer, not by it. */
	nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
	    WINDOW_MAX);
	return 0;
}

static int
listen_field(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
    size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags, void *arg)
{
	struct hearer *hearer = arg;
	int32_t id = frame->hd.stream_id;

	(void)session, (void)flags;
	if (id < STREAMS_MAX && name_len == 5 && memcmp(name, ":path", 5) == 0)
		hearer->watched[id] = value_len >= 8 && memcmp(value, "/watched", 8) == 0;
	return 0;
}

static int
listen_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data, size_t len,
    void *arg)
{
	struct hearer *hearer = arg;

	(void)session, (void)flags;
	for (size_t i = 0; i < len && id < STREAMS_MAX; i++)
		hearer->marks[id] += data[i] == '#';
	if (id < STREAMS_MAX && hearer->watched[id] && hearer->marks[id] >= MARKS_MAX)
		abort();
	return 0;
}

static void
hearer_init(struct hearer *hearer)
{
	nghttp2_session_callbacks *calls;
	nghttp2_option *option;

	memset(hearer, 0, sizeof(*hearer));
	if (nghttp2_session_callbacks_new(&calls) != 0 || nghttp2_option_new(&option) != 0)
		abort();
	nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(calls, listen_bad);
	nghttp2_session_callbacks_set_on_begin_headers_callback(calls, listen_begin);
	nghttp2_session_callbacks_set_on_header_callback(calls, listen_field);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(calls, listen_data);
	nghttp2_option_set_stream_reset_rate_limit(option, 1000000, 1000000);
	if (nghttp2_session_server_new2(&hearer->session, calls, hearer, option) != 0)
		abort();
	nghttp2_session_set_local_window_size(hearer->session, NGHTTP2_FLAG_NONE, 0, WINDOW_MAX);
	nghttp2_session_callbacks_del(calls);
	nghttp2_option_del(option);
}

/* The origin's bytes are the fuzzer's, so acknowledgements answer nothing the hearer said. */
static void
hearer_hear(struct hearer *hearer, struct bytes *said)
{
	const uint8_t *data = (const uint8_t *)said->data;
	size_t at = 24;

	if (said->len < at)
		return;
	if (nghttp2_session_mem_recv(hearer->session, data, at) < 0)
		abort();
	while (said->len - at >= 9) {
		size_t len = 9 + ((size_t)data[at] << 16 | (size_t)data[at + 1] << 8 | data[at + 2]);
		bool ack = data[at + 3] == NGHTTP2_SETTINGS && data[at + 4] & NGHTTP2_FLAG_ACK;

		if (len > said->len - at)
			abort();
		if (!ack && nghttp2_session_mem_recv(hearer->session, data + at, len) < 0)
			abort();
		at += len;
	}
	if (at != said->len)
		abort();
}

static void
step(struct scene *scene, uint8_t how, const uint8_t *data, size_t len, size_t piece)
{
	enum dir dir = how & 1 ? DIR_DOWN : DIR_UP;

	if (how & 0x30) {
		scene->stuck[dir] = how & 0x10;
		dialog_pump(&scene->dialog, dir);
		scene_drain(scene);
	}
	if (how & 4)
		scene_wait(scene, DIALOG_HOLD_IDLE_US);
	if (how & 2)
		scene_end(scene, dir, how & 8);
	if (!scene->dialog.ended[dir])
		scene_say(scene, dir, data, len, piece);
}

static void
talk(const uint8_t *data, size_t size, size_t piece)
{
	static const char client[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";
	static const char origin[] = "\0\0\0\4\0\0\0\0\0";
	struct hearer hearer;
	struct scene scene;

	scene_init(&scene, &engine_http2);
	scene.settings.hold = 2000;
	scene_say(&scene, DIR_UP, client, sizeof(client) - 1, SIZE_MAX);
	scene_say(&scene, DIR_DOWN, origin, sizeof(origin) - 1, SIZE_MAX);
	for (size_t at = 0; size - at > 3;) {
		size_t len = (size_t)(data[at + 1] << 8 | data[at + 2]);
		uint8_t how = data[at];

		at += 3;
		if (len > size - at)
			len = size - at;
		step(&scene, how, data + at, len, piece);
		at += len;
	}
	scene.stuck[DIR_UP] = scene.stuck[DIR_DOWN] = false;
	scene_drain(&scene);
	if (!scene.dialog.abort) {
		hearer_init(&hearer);
		hearer_hear(&hearer, &scene.out[DIR_UP]);
		nghttp2_session_del(hearer.session);
	}
	scene_fini(&scene);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	talk(data, size, SIZE_MAX);
	talk(data, size, 1);
	return 0;
}
