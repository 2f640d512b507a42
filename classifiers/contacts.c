/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One body: layers of decoders, then a parser. The carrier's Content-Encoding
 * is undone first; then the first bytes tell whether there is one more layer
 * and which format it is. Those first bytes are held back until SAMPLE_MAX of
 * them are there, or the end, so the answer does not depend on how the body
 * was cut into pieces.
 */
#include "classifiers/body.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/mem.h"

struct layer {
	const struct decoder_row *row;
	void *state;
	struct body *body;
	unsigned index;
	uint8_t sample[SAMPLE_MAX];
	size_t held;		/* bytes held back in sample */
	bool settled;		/* what follows this layer is known */
};

struct body {
	struct census census;
	char media_type[MEDIA_TYPE_MAX];
	char encoding[2 * ENCODING_MAX];
	unsigned coded;		/* layers the carrier named */
	unsigned layers;
	/* layers[i] holds the bytes that come out of i decoders. */
	struct layer layer[LAYERS_MAX + 1];
	struct parser *parser;
	uint64_t decoded;	/* bytes that reached the parser */
	bool finished;		/* given up on: no more is looked at */
};

static void layer_take(void *to, const char *data, size_t len);

static void
text_set(char *to, size_t size, const char *from, char stop)
{
	size_t n = 0;

	while (*from == ' ' || *from == '\t')
		from++;
	for (; from[n] != '\0' && from[n] != stop && n + 1 < size; n++)
		to[n] = (char)tolower((unsigned char)from[n]);
	while (n > 0 && (to[n - 1] == ' ' || to[n - 1] == '\t'))
		n--;
	to[n] = '\0';
}

static void
body_give_up(struct body *body, int why)
{
	if (body->census.unscanned < 0)
		body->census.unscanned = why;
	body->finished = true;
}

/* The next coding to undo: the last one named was applied last (RFC 9110 8.4). */
static const struct decoder_row *
coding_next(struct body *body, bool *unknown)
{
	char *comma, *name;

	for (;;) {
		comma = strrchr(body->encoding, ',');
		name = comma ? comma + 1 : body->encoding;
		name += strspn(name, " \t");
		if (*name == '\0' && comma == NULL)
			return NULL;
		if (*name != '\0' && strcmp(name, "identity") != 0)
			break;
		*(comma ? comma : body->encoding) = '\0';
	}
	const struct decoder_row *row = decoder_by_name(name, strcspn(name, " \t"));

	*unknown = row == NULL;
	*(comma ? comma : body->encoding) = '\0';
	return row;
}

static void
layer_decode(struct layer *layer, const uint8_t *data, size_t len)
{
	struct body *body = layer->body;
	int why = layer->row->feed(layer->state, data, len, layer_take,
	    &body->layer[layer->index + 1]);

	if (why >= 0)
		body_give_up(body, why);
}

/* Puts a decoder behind this layer. */
static void
layer_stack(struct layer *layer, const struct decoder_row *row)
{
	struct body *body = layer->body;
	struct layer *next;

	if (layer->index == LAYERS_MAX) {
		body_give_up(body, UNSCANNED_LIMIT);
		return;
	}
	layer->row = row;
	layer->state = row->start();
	if (layer->state == NULL) {
		body_give_up(body, UNSCANNED_LIMIT);
		return;
	}
	next = &body->layer[layer->index + 1];
	*next = (struct layer){ .body = body, .index = layer->index + 1 };
	body->layers = next->index + 1;
}

static void
layer_parse(struct layer *layer, bool whole)
{
	struct body *body = layer->body;
	struct sample sample = {
		(const char *)layer->sample, layer->held, body->media_type, whole, 0
	};

	body->parser = parser_new(&body->census, &sample, false);
}

static void
layer_pass(struct layer *layer, const uint8_t *data, size_t len)
{
	struct body *body = layer->body;

	if (body->finished)
		return;
	if (layer->row != NULL) {
		layer_decode(layer, data, len);
		return;
	}
	body->decoded += len;
	if (body->parser != NULL)
		parser_feed(body->parser, (const char *)data, len);
}

/* The sample is complete: what comes next? */
static void
layer_settle(struct layer *layer, bool whole)
{
	struct body *body = layer->body;
	const struct decoder_row *row;
	bool unknown = false;

	layer->settled = true;
	row = coding_next(body, &unknown);
	if (unknown) {
		body_give_up(body, UNSCANNED_LIMIT);
		return;
	}
	if (row == NULL)
		row = decoder_by_magic(layer->sample, layer->held);
	if (row != NULL)
		layer_stack(layer, row);
	else
		layer_parse(layer, whole);
	layer_pass(layer, layer->sample, layer->held);
	explicit_bzero(layer->sample, layer->held);
	layer->held = 0;
}

static void
layer_take(void *to, const char *data, size_t len)
{
	struct layer *layer = to;

	if (!layer->settled) {
		size_t n = SAMPLE_MAX - layer->held;

		if (n > len)
			n = len;
		memcpy(layer->sample + layer->held, data, n);
		layer->held += n;
		data += n;
		len -= n;
		if (layer->held < SAMPLE_MAX)
			return;
		layer_settle(layer, false);
	}
	if (len > 0)
		layer_pass(layer, (const uint8_t *)data, len);
}

/* ---- one document after another -------------------------------------------------- */

static void
document_begin(struct body *body, const struct body_facts *facts)
{
	text_set(body->media_type, sizeof(body->media_type), facts->media_type, ';');
	text_set(body->encoding, sizeof(body->encoding), facts->encoding, '\0');
	body->layers = 1;
	body->layer[0] = (struct layer){ .body = body };
	body->parser = NULL;
	body->finished = false;
}

/* Layers end from the outside in: each may still give bytes to the next. */
static void
document_end(struct body *body)
{
	for (unsigned i = 0; i < body->layers; i++) {
		struct layer *layer = &body->layer[i];

		if (!layer->settled && !body->finished)
			layer_settle(layer, true);
		if (layer->row != NULL && layer->state != NULL) {
			int why = layer->row->end(layer->state, layer_take, layer + 1);

			if (why >= 0)
				body_give_up(body, why);
		}
		explicit_bzero(layer->sample, sizeof(layer->sample));
	}
	if (body->parser != NULL)
		parser_end(body->parser);
	body->parser = NULL;
	body->layers = 0;
}

struct body *
body_new(const struct body_facts *facts, int64_t threshold)
{
	struct body *body = xcalloc(1, sizeof(*body));

	body->census.threshold = threshold;
	body->census.unscanned = -1;
	if (strlen(facts->region) == 2)
		memcpy(body->census.region, facts->region, 3);
	document_begin(body, facts);
	return body;
}

void
body_next(struct body *body, const struct body_facts *facts)
{
	document_end(body);
	document_begin(body, facts);
}

void
body_feed(struct body *body, const uint8_t *data, size_t len)
{
	if (!body->finished && len > 0)
		layer_take(&body->layer[0], (const char *)data, len);
}

void
body_gap(struct body *body)
{
	struct layer *last = &body->layer[body->layers - 1];

	body->census.gap = true;
	if (body->finished)
		return;
	/* A compressed stream cannot be taken up again. */
	if (body->layers > 1 || body->encoding[0] != '\0') {
		body_give_up(body, UNSCANNED_GAP);
		return;
	}
	if (!last->settled)
		layer_settle(last, false);
	if (body->parser != NULL)
		parser_gap(body->parser);
}

void
body_peek(const struct body *body, struct body_result *result)
{
	census_result(&body->census, result);
}

void
body_end(struct body *body, struct body_result *result)
{
	document_end(body);
	census_result(&body->census, result);
	result->decoded = body->decoded;
	tally_fini(&body->census.tally);
	explicit_bzero(body, sizeof(*body));
	free(body);
}
