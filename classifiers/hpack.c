/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HPACK by nghttp2's inflater. The client's encoder begins with a table of
 * 4096 bytes and says itself, in the section, when it uses another size that
 * the server's settings allow (RFC 7541 sections 4.2 and 6.3); so nothing need
 * be read from the server, and settings that shrink the table are followed
 * when the client obeys them, not when they happen to pass us.
 */
#include "classifiers/hpack.h"

#include <stdlib.h>
#include <nghttp2/nghttp2.h>

#include "classifiers/classifiers.h"

struct hpack {
	nghttp2_hd_inflater *inflater;
	unsigned fields;	/* of this section */
	size_t decoded;
};

struct hpack *
hpack_new(void)
{
	struct hpack *hpack = calloc(1, sizeof(*hpack));

	if (hpack == NULL || nghttp2_hd_inflate_new(&hpack->inflater) != 0) {
		free(hpack);
		return NULL;
	}
	nghttp2_hd_inflate_change_table_size(hpack->inflater, HPACK_TABLE_MAX);
	return hpack;
}

void
hpack_free(struct hpack *hpack)
{
	if (hpack == NULL)
		return;
	nghttp2_hd_inflate_del(hpack->inflater);
	free(hpack);
}

static int
hpack_run(struct hpack *hpack, const uint8_t *data, size_t len, int final,
    hpack_out *out, void *to)
{
	nghttp2_nv field;
	int flags = 0;

	do {
		ssize_t used = nghttp2_hd_inflate_hd2(hpack->inflater, &field, &flags,
		    data, len, final);

		if (used < 0)
			return UNSCANNED_CORRUPT;
		data += used;
		len -= (size_t)used;
		if ((flags & NGHTTP2_HD_INFLATE_EMIT) == 0)
			continue;
		hpack->decoded += field.namelen + field.valuelen;
		if (++hpack->fields > HPACK_FIELDS_MAX ||
		    hpack->decoded > HPACK_DECODED_MAX)
			return UNSCANNED_LIMIT;
		out(to, (const char *)field.name, field.namelen,
		    (const char *)field.value, field.valuelen);
	} while (len > 0 || (flags & NGHTTP2_HD_INFLATE_EMIT) != 0);
	if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) {
		nghttp2_hd_inflate_end_headers(hpack->inflater);
		hpack->fields = 0;
		hpack->decoded = 0;
	}
	return -1;
}

int
hpack_feed(struct hpack *hpack, const uint8_t *data, size_t len, hpack_out *out,
    void *to)
{
	return len > 0 ? hpack_run(hpack, data, len, 0, out, to) : -1;
}

int
hpack_end(struct hpack *hpack, hpack_out *out, void *to)
{
	static const uint8_t none[1] = { 0 };

	return hpack_run(hpack, none, 0, 1, out, to);
}

const char *
hpack_version(void)
{
	return nghttp2_version(0)->version_str;
}
