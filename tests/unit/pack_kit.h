/* SPDX-License-Identifier: Apache-2.0 */
/* For tests: bodies packed by zlib. */
#ifndef TESTS_UNIT_PACK_KIT_H
#define TESTS_UNIT_PACK_KIT_H

#include "unit/body_kit.h"

#include <zlib.h>

/* What window stands for: the form that zlib writes. */
enum { PACK_RAW = -15, PACK_ZLIB = 15, PACK_GZIP = 31 };

static inline struct text_kit
kit_pack(const struct text_kit *plain, int window)
{
	struct text_kit out = { 0 };
	z_stream stream = { .next_in = (Bytef *)plain->data, .avail_in = (uInt)plain->len };

	assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
	out.size = deflateBound(&stream, plain->len);
	out.data = malloc(out.size);
	assert_non_null(out.data);
	stream.next_out = (Bytef *)out.data;
	stream.avail_out = (uInt)out.size;
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	out.len = out.size - stream.avail_out;
	deflateEnd(&stream);
	return out;
}

#endif
