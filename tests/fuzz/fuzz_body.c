/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies of any content. The first two bytes choose what the carrier says of
 * it and where it is cut: both ways must give the same answer.
 */
#include <stdlib.h>
#include <string.h>

#include "classifiers/classifiers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const types[] = {
	"", "text/vcard", "application/json", "text/csv",
	"application/x-www-form-urlencoded", "multipart/form-data", "text/ldif",
	"message/rfc822"
};
static const char *const encodings[] = {
	"", "gzip", "deflate", "base64", "zstd", "br", "gzip, zstd", "zstd, br"
};

static struct body_result
scan(const struct body_facts *facts, const uint8_t *data, size_t len, size_t step,
    size_t gap)
{
	struct body *body = body_new(facts, BULK_THRESHOLD);
	struct body_result result;

	for (size_t at = 0; at < len; at += step) {
		if (gap > 0 && at / step == gap)
			body_gap(body);
		body_feed(body, data + at, len - at < step ? len - at : step);
	}
	body_end(body, &result);
	return result;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct body_result whole, pieces;
	struct body_facts facts = { "", "", "NL" };
	size_t step;

	if (size < 3)
		return 0;
	facts.media_type = types[data[0] & 7];
	facts.encoding = encodings[(data[0] >> 3 & 3) | (data[1] >> 4 & 4)];
	step = data[1] % 64 + 1;
	whole = scan(&facts, data + 2, size - 2, size, 0);
	pieces = scan(&facts, data + 2, size - 2, step, 0);
	/* Where a bomb is stopped depends on the pieces. */
	if (whole.unscanned == UNSCANNED_LIMIT || pieces.unscanned == UNSCANNED_LIMIT)
		return 0;
	if (whole.contacts.best != pieces.contacts.best ||
	    memcmp(&whole.identifiers, &pieces.identifiers,
	    sizeof(whole.identifiers)) != 0 || whole.bulk != pieces.bulk ||
	    whole.format != pieces.format || whole.unscanned != pieces.unscanned)
		abort();
	scan(&facts, data + 2, size - 2, step, data[0] >> 5);
	return 0;
}
