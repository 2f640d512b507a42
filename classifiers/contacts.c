/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contact counter's entry: a body is a pipe of decoders and a parser, and
 * a census that outlives it where several bodies make one upload.
 */
#include "classifiers/body.h"

#include <stdlib.h>
#include <string.h>

struct body {
	struct census census;
	struct pipe pipe;
	uint64_t decoded;	/* of bodies that ended */
};

struct body *
body_new(const struct body_facts *facts, int64_t threshold)
{
	struct body *body = calloc(1, sizeof(*body));

	if (body == NULL)
		return NULL;
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
body_peek_open(const struct body *body, const struct body *with,
    struct body_result *result)
{
	struct census all = body->census;
	struct census held = {
		.threshold = all.threshold, .call = all.call, .unscanned = -1,
		.credit = CREDIT_FLOOR
	};

	memcpy(held.region, all.region, sizeof(held.region));
	census_add_open(&all);
	if (pipe_peek(&body->pipe, &held)) {
		/* It is a beginning: that it does not end well says nothing. */
		held.unscanned = -1;
		census_add(&all, &held, tally_common(&all.tally, &held.tally));
	}
	if (with != NULL)
		census_add(&all, &with->census,
		    tally_common(&all.tally, &with->census.tally) +
		    tally_common(&held.tally, &with->census.tally));
	census_result(&all, result);
	result->decoded = body->decoded + body->pipe.decoded;
	tally_fini(&held.tally);
	explicit_bzero(&all, sizeof(all));
	explicit_bzero(&held, sizeof(held));
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
