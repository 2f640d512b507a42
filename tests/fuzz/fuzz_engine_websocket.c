/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two ends of a WebSocket. The first byte says what the judge wants to hear
 * (bits 0 and 1) and which extensions were agreed on; then records of one byte
 * that says who speaks (bit 0: the origin) and what happens first (bit 1: that
 * end says no more; bit 2: time goes by), two bytes of length, and what is
 * said. However it is cut the same must arrive.
 */
#include "proxy/websocket.h"
#include "tests/unit/dialog_scene.h"

#define JUDGE_MANY 20

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	unsigned wants, marks;
} asked;

void
judge_websocket(struct judge *judge, struct flow *flow, const struct request_words *words,
    uint64_t now_us)
{
	(void)judge, (void)now_us;
	if (words->target[0] != '/' || words->messages[0] != '\0')
		abort();
	flow->wants = (uint8_t)asked.wants;
}

enum action
judge_plain(struct judge *judge, struct flow *flow, const struct chunk *chunk)
{
	(void)judge, (void)flow;
	for (size_t i = 0; i < chunk->len && chunk->dir == DIR_UP; i++)
		asked.marks += chunk->data[i] == '#';
	return asked.marks >= JUDGE_MANY ? ACTION_BLOCK : ACTION_ALLOW;
}

void
judge_forwarded(struct judge *judge, struct flow *flow, uint64_t bytes)
{
	(void)judge, (void)flow, (void)bytes;
}

struct result {
	struct bytes out[2];
	struct proxy_counts counts;
	bool finish[2], cut[2], abort;
};

static void
begin(struct scene *scene, uint8_t how)
{
	static const char *const extensions[] = { "", "permessage-deflate", "x-other", "a, b;c" };
	struct websocket_switch begin = {
		{ .method = "GET", .target = "/ws", .host = "chat.example.org", .media_type = "",
		  .encoding = "", .transfer = "", .messages = "" }, extensions[how >> 2 & 3]
	};

	asked.marks = 0;
	asked.wants = (how & 1 ? WANT_PLAIN_UP : 0) | (how & 2 ? WANT_PLAIN_DOWN : 0);
	scene_open(scene, &engine_bytes);
	scene->settings.hold = 1000;
	if (!dialog_switch(&scene->dialog, &engine_websocket, websocket_switch_init, &begin))
		abort();
}

static struct result
hold(const uint8_t *data, size_t size, size_t piece)
{
	struct result result = { 0 };
	struct scene scene;

	begin(&scene, size ? data[0] : 0);
	for (size_t at = 1; size > at && size - at > 3;) {
		enum dir dir = data[at] & 1 ? DIR_DOWN : DIR_UP;
		size_t len = (size_t)(data[at + 1] << 8 | data[at + 2]);
		uint8_t how = data[at];

		at += 3;
		if (len > size - at)
			len = size - at;
		if (how & 4)
			scene_wait(&scene, DIALOG_HOLD_IDLE_US);
		if (how & 2)
			scene_end(&scene, dir, how & 8);
		if (!scene.dialog.ended[dir])
			scene_say(&scene, dir, data + at, len, piece);
		at += len;
	}
	for (int dir = 0; dir < 2; dir++) {
		bytes_add(&result.out[dir], scene.out[dir].data, scene.out[dir].len);
		result.finish[dir] = scene.dialog.finish[dir];
		result.cut[dir] = scene.dialog.cut[dir];
	}
	result.abort = scene.dialog.abort;
	result.counts = scene.counts;
	scene_close(&scene);
	return result;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct result whole = hold(data, size, SIZE_MAX), bytes = hold(data, size, 1);

	for (int dir = 0; dir < 2; dir++) {
		if (whole.out[dir].len != bytes.out[dir].len ||
		    memcmp(whole.out[dir].data, bytes.out[dir].data, whole.out[dir].len) != 0 ||
		    whole.finish[dir] != bytes.finish[dir] || whole.cut[dir] != bytes.cut[dir])
			abort();
		free(whole.out[dir].data);
		free(bytes.out[dir].data);
	}
	if (whole.abort != bytes.abort ||
	    memcmp(&whole.counts, &bytes.counts, sizeof(whole.counts)) != 0)
		abort();
	return 0;
}
