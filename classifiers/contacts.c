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

/* One more record: of the shape that most have, so that it changes no judgement. */
static void
open_add(struct census *census, uint64_t mark, uint64_t marks)
{
	struct record_shape *most = census->shapes;

	for (unsigned i = 1; i < census->shape_count; i++)
		if (census->shapes[i].marks > most->marks)
			most = &census->shapes[i];
	if (census->shape_count == 0)
		census->shape_count = 1;
	most->marks += marks;
	census->records++;
	census->again += tally_has_contact(&census->tally, mark);
}

static bool
marks_have(const uint64_t *marks, unsigned count, uint64_t mark)
{
	for (unsigned i = 0; i < count; i++)
		if (marks[i] == mark)
			return true;
	return false;
}

/* The marks of open records: one person's, or, where they are too many, people. */
static void
open_add_all(struct census *census)
{
	const uint64_t *marks = census->marks;
	unsigned top = census->top;

	if (top > 0 && top <= PERSON_MAX && !census->people) {
		open_add(census, top == 1 ? marks[0] : census_sum(marks, top), top);
		return;
	}
	for (unsigned i = 0; i < top; i++)
		if (!marks_have(marks, i, marks[i]))
			open_add(census, marks[i], 1);
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
	open_add_all(&all);
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
