/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contact counter's entry: a body is a pipe of decoders and a parser, and
 * a census that outlives it where several bodies make one upload.
 */
#include "classifiers/body.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

struct body {
	struct census census;
	struct pipe pipe;
	uint64_t decoded;	/* of bodies that ended */
};

struct body *
body_new(const struct body_facts *facts, int64_t threshold)
{
	struct body *body = xcalloc(1, sizeof(*body));

	body->census.threshold = threshold;
	body->census.unscanned = -1;
	body->census.credit = CREDIT_FLOOR;
	if (strlen(facts->region) == 2)
		memcpy(body->census.region, facts->region, 3);
	pipe_begin(&body->pipe, &body->census, facts->media_type,
	    facts->encoding, false);
	return body;
}

void
body_next(struct body *body, const struct body_facts *facts)
{
	pipe_end(&body->pipe);
	body->decoded += body->pipe.decoded;
	pipe_begin(&body->pipe, &body->census, facts->media_type,
	    facts->encoding, false);
}

void
body_feed(struct body *body, const uint8_t *data, size_t len)
{
	struct census *census = &body->census;

	if (census->credit > CREDIT_FLOOR)
		census->credit = CREDIT_FLOOR;
	census->credit += (int64_t)len * CREDIT_RATIO;
	pipe_feed(&body->pipe, (const char *)data, len);
}

void
body_gap(struct body *body)
{
	body->census.gap = true;
	pipe_gap(&body->pipe);
}

void
body_known_call(struct body *body)
{
	body->census.call = true;
}

void
body_merge(struct body *body, struct body *other)
{
	struct body_result unused;

	census_merge(&body->census, &other->census);
	body_end(other, &unused);
	body->decoded += unused.decoded;
}

void
body_peek(const struct body *body, struct body_result *result)
{
	census_result(&body->census, result);
}

void
body_end(struct body *body, struct body_result *result)
{
	pipe_end(&body->pipe);
	census_result(&body->census, result);
	result->decoded = body->decoded + body->pipe.decoded;
	tally_fini(&body->census.tally);
	explicit_bzero(body, sizeof(*body));
	free(body);
}
