/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of a stream between two sessions; and how much of a thing is too much. */
#include <stdlib.h>
#include <string.h>

#include "proxy/h2_stream.h"

/* A pipe that is empty keeps no more than this. */
#define PIPE_KEPT 4096
#define TOKEN UINT64_C(1000000)

bool
h2_pipe_add(struct h2_pipe *pipe, const uint8_t *data, size_t len)
{
	size_t size = pipe->size ? pipe->size : PIPE_KEPT;
	uint8_t *larger;

	if (pipe->at > 0 && pipe->at + pipe->len + len > pipe->size) {
		memmove(pipe->data, pipe->data + pipe->at, pipe->len);
		pipe->at = 0;
	}
	if (pipe->len + len > pipe->size) {
		while (size < pipe->len + len)
			size *= 2;
		larger = realloc(pipe->data, size);
		if (larger == NULL)
			return false;
		pipe->data = larger;
		pipe->size = size;
	}
	memcpy(pipe->data + pipe->at + pipe->len, data, len);
	pipe->len += len;
	return true;
}

const uint8_t *
h2_pipe_front(const struct h2_pipe *pipe)
{
	return pipe->data + pipe->at;
}

void
h2_pipe_drop(struct h2_pipe *pipe, size_t len)
{
	pipe->at += len;
	pipe->len -= len;
	if (pipe->len > 0)
		return;
	pipe->at = 0;
	if (pipe->size > PIPE_KEPT)
		h2_pipe_clear(pipe);
}

void
h2_pipe_clear(struct h2_pipe *pipe)
{
	free(pipe->data);
	memset(pipe, 0, sizeof(*pipe));
}

bool
h2_bucket_take(struct h2_bucket *bucket, uint64_t now_us, unsigned burst, unsigned rate)
{
	uint64_t passed = now_us > bucket->seen_us ? now_us - bucket->seen_us : 0;
	uint64_t back;

	/* More than a bucket's worth of time is a whole bucket. */
	back = passed > burst * TOKEN / rate ? burst * TOKEN : passed * rate;
	bucket->seen_us = now_us;
	bucket->spent = bucket->spent > back ? bucket->spent - back : 0;
	if (bucket->spent + TOKEN > burst * TOKEN)
		return false;
	bucket->spent += TOKEN;
	return true;
}
