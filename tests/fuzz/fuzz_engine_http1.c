/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two ends talk HTTP/1.1 through the engine. Records of one byte that says who
 * speaks (bit 0: the origin) and what happens first (bit 1: that end says no
 * more; bit 2: time goes by), two bytes of length, and what is said. However it
 * is cut the same must arrive, and what arrives is what was said, unless
 * something was refused.
 */
#include <strings.h>

#include "tests/unit/dialog_kit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct result {
	struct bytes out[2], said[2];
	struct proxy_counts counts;
	bool finish[2], cut[2], abort;
};

static struct result
hold(const uint8_t *data, size_t size, size_t piece)
{
	struct result result = { 0 };
	struct scene scene;

	scene_init(&scene, &engine_http1);
	scene.settings.hold = 2000;
	for (size_t at = 0; size - at > 3;) {
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
		if (!scene.dialog.ended[dir]) {
			scene_say(&scene, dir, data + at, len, piece);
			bytes_add(&result.said[dir], data + at, len);
		}
		at += len;
	}
	for (int dir = 0; dir < 2; dir++) {
		bytes_add(&result.out[dir], scene.out[dir].data, scene.out[dir].len);
		bytes_add(&result.said[dir], "", 0);
		result.finish[dir] = scene.dialog.finish[dir];
		result.cut[dir] = scene.dialog.cut[dir];
	}
	result.abort = scene.dialog.abort;
	result.counts = scene.counts;
	scene_fini(&scene);
	return result;
}

static void
result_free(struct result *result)
{
	for (int dir = 0; dir < 2; dir++) {
		free(result->out[dir].data);
		free(result->said[dir].data);
	}
}

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static bool
begins(const struct bytes *whole, const struct bytes *part)
{
	return part->len <= whole->len && memcmp(whole->data, part->data, part->len) == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct result whole = hold(data, size, SIZE_MAX), bytes = hold(data, size, 1);
	const struct proxy_counts *counts = &whole.counts;

	for (int dir = 0; dir < 2; dir++)
		check(whole.out[dir].len == bytes.out[dir].len &&
		    begins(&whole.out[dir], &bytes.out[dir]));
	check(whole.abort == bytes.abort);
	check(memcmp(whole.finish, bytes.finish, sizeof(whole.finish)) == 0);
	check(memcmp(whole.cut, bytes.cut, sizeof(whole.cut)) == 0);
	check(memcmp(counts, &bytes.counts, sizeof(*counts)) == 0);
	if (counts->faults == 0 && counts->blocked == 0 && counts->refused == 0) {
		check(begins(&whole.said[DIR_UP], &whole.out[DIR_UP]));
		/* A 100 of ours stands among the origin's words. */
		check(strcasestr(whole.said[DIR_UP].data, "expect") != NULL ||
		    begins(&whole.said[DIR_DOWN], &whole.out[DIR_DOWN]));
	}
	result_free(&whole);
	result_free(&bytes);
	return 0;
}
