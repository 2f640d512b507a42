/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layers of decoders, then a parser. The codings that the carrier names are
 * undone first; then the first bytes tell whether there is one more layer (by its
 * magic, or by trying) and which format it is. Those first bytes are held back
 * until SAMPLE_MAX of them are there, or the end, so the answer does not depend on
 * how the body was cut into pieces.
 */
#include "classifiers/body.h"

#include <ctype.h>
#include <string.h>

static bool layer_take(void *to, const char *data, size_t len);

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

/* Something of the body could not be looked at; what can be is. */
static void
pipe_miss(struct pipe *pipe, int why)
{
	if (pipe->census->unscanned < 0)
		pipe->census->unscanned = why;
}

/* That a guess was wrong takes nothing away: there was no format of ours. */
static void
pipe_give_up(struct pipe *pipe, int why)
{
	if (!pipe->guess)
		pipe_miss(pipe, why);
	pipe->finished = true;
}

/* The next coding to undo: the last one named was applied last (RFC 9110 8.4). */
static const struct decoder_row *
coding_next(struct pipe *pipe, bool *unknown)
{
	char *comma, *name;

	for (;;) {
		comma = strrchr(pipe->encoding, ',');
		name = comma ? comma + 1 : pipe->encoding;
		name += strspn(name, " \t");
		if (*name == '\0' && comma == NULL)
			return NULL;
		if (*name != '\0' && strcmp(name, "identity") != 0)
			break;
		*(comma ? comma : pipe->encoding) = '\0';
	}
	const struct decoder_row *row = decoder_by_name(name, strcspn(name, " \t"));

	*unknown = row == NULL;
	*(comma ? comma : pipe->encoding) = '\0';
	return row;
}

static void
layer_decode(struct layer *layer, const uint8_t *data, size_t len)
{
	struct pipe *pipe = layer->pipe;
	int why = layer->row->feed(layer->state, data, len, layer_take,
	    &pipe->layer[layer->index + 1]);

	if (why >= 0)
		pipe_give_up(pipe, why);
}

/* Puts a decoder behind this layer. */
static void
layer_stack(struct layer *layer, const struct decoder_row *row)
{
	struct pipe *pipe = layer->pipe;
	struct layer *next;

	if (layer->index == LAYERS_MAX) {
		pipe_give_up(pipe, UNSCANNED_LIMIT);
		return;
	}
	layer->row = row;
	layer->state = row->start();
	if (layer->state == NULL) {
		pipe_give_up(pipe, UNSCANNED_LIMIT);
		return;
	}
	next = &pipe->layer[layer->index + 1];
	*next = (struct layer){ .pipe = pipe, .index = layer->index + 1 };
	pipe->layers = next->index + 1;
}

static void
layer_parse(struct layer *layer, bool whole)
{
	struct pipe *pipe = layer->pipe;
	struct sample sample = {
		(const char *)layer->sample, layer->held, pipe->media_type, whole, false
	};

	pipe->parser = parser_new(pipe->census, &sample, pipe->book);
}

static void
layer_pass(struct layer *layer, const uint8_t *data, size_t len)
{
	struct pipe *pipe = layer->pipe;

	if (pipe->finished)
		return;
	if (layer->row != NULL) {
		layer_decode(layer, data, len);
		return;
	}
	pipe->decoded += len;
	if (pipe->parser != NULL)
		parser_feed(pipe->parser, (const char *)data, len);
}

/*
 * How these bytes are coded. A name that is unknown or plainly wrong is told of,
 * and the bytes are taken for what they show: many servers look at nothing else.
 */
static const struct decoder_row *
layer_coding(struct layer *layer, bool whole)
{
	struct pipe *pipe = layer->pipe;
	bool unknown = false;
	const struct decoder_row *row = coding_next(pipe, &unknown);

	if (unknown) {
		pipe_miss(pipe, UNSCANNED_LIMIT);
	} else if (row != NULL && decoder_refuses(row, layer->sample, layer->held)) {
		pipe_miss(pipe, UNSCANNED_CORRUPT);
		row = NULL;
	}
	if (row == NULL)
		row = decoder_by_magic(layer->sample, layer->held);
	if (row == NULL)
		row = decoder_by_trial(layer->sample, layer->held, whole);
	return row;
}

/* UTF-8's mark (RFC 3629 section 6) stands before anything, and says nothing. */
static void
layer_unmark(struct layer *layer)
{
	static const uint8_t mark[3] = { 0xef, 0xbb, 0xbf };

	if (layer->held < sizeof(mark) || layer->pipe->encoding[0] != '\0' ||
	    memcmp(layer->sample, mark, sizeof(mark)) != 0)
		return;
	layer->held -= sizeof(mark);
	memmove(layer->sample, layer->sample + sizeof(mark), layer->held);
	layer->pipe->decoded += sizeof(mark);
}

/* The sample is complete: what comes next? */
static void
layer_settle(struct layer *layer, bool whole)
{
	const struct decoder_row *row;

	layer->settled = true;
	layer_unmark(layer);
	row = layer_coding(layer, whole);
	if (row == NULL)
		layer_parse(layer, whole);
	if (row == NULL && layer->pipe->parser == NULL && !whole && !layer->pipe->guess) {
		row = decoder_by_head(layer->sample, layer->held);
		layer->pipe->guess = row != NULL;
	}
	if (row != NULL)
		layer_stack(layer, row);
	else if (layer->pipe->parser != NULL)
		layer->pipe->guess = false;
	layer_pass(layer, layer->sample, layer->held);
	explicit_bzero(layer->sample, layer->held);
	layer->held = 0;
}

bool
census_pay(struct census *census, size_t len)
{
	census->credit -= (int64_t)len;
	if (census->credit >= 0)
		return true;
	census->credit = 0;
	return false;
}

/* What comes out of decoders is paid for; a bomb cannot. */
static bool
layer_pay(struct layer *layer, size_t len)
{
	if (layer->index == 0 || census_pay(layer->pipe->census, len))
		return true;
	pipe_give_up(layer->pipe, UNSCANNED_LIMIT);
	return false;
}

static bool
layer_take(void *to, const char *data, size_t len)
{
	struct layer *layer = to;

	if (layer->pipe->finished || !layer_pay(layer, len))
		return false;
	if (!layer->settled) {
		size_t n = SAMPLE_MAX - layer->held;

		if (n > len)
			n = len;
		memcpy(layer->sample + layer->held, data, n);
		layer->held += n;
		data += n;
		len -= n;
		if (layer->held < SAMPLE_MAX)
			return true;
		layer_settle(layer, false);
	}
	if (len > 0)
		layer_pass(layer, (const uint8_t *)data, len);
	return !layer->pipe->finished;
}

void
pipe_begin(struct pipe *pipe, struct census *census, const char *media_type,
    const char *encoding, bool book)
{
	memset(pipe, 0, sizeof(*pipe));
	pipe->census = census;
	pipe->book = book;
	text_set(pipe->media_type, sizeof(pipe->media_type), media_type, ';');
	text_set(pipe->encoding, sizeof(pipe->encoding), encoding, '\0');
	if (pipe->encoding[strspn(pipe->encoding, ", \t")] == '\0')
		pipe->encoding[0] = '\0';
	pipe->layers = 1;
	pipe->layer[0].pipe = pipe;
}

void
pipe_feed(struct pipe *pipe, const char *data, size_t len)
{
	if (!pipe->finished && len > 0)
		layer_take(&pipe->layer[0], data, len);
}

void
pipe_gap(struct pipe *pipe)
{
	struct layer *last = &pipe->layer[pipe->layers - 1];

	if (pipe->finished)
		return;
	/* A compressed stream cannot be taken up again. */
	if (pipe->layers > 1 || pipe->encoding[0] != '\0') {
		pipe_give_up(pipe, UNSCANNED_GAP);
		return;
	}
	if (!last->settled)
		layer_settle(last, false);
	if (pipe->parser != NULL)
		parser_gap(pipe->parser);
}

bool
pipe_peek(const struct pipe *pipe, struct census *held)
{
	const struct layer *last;
	struct pipe scratch;

	if (pipe->layers == 0 || pipe->finished)
		return false;
	last = &pipe->layer[pipe->layers - 1];
	if (last->settled || last->held == 0)
		return false;
	pipe_begin(&scratch, held, pipe->media_type, pipe->encoding, pipe->book);
	pipe_feed(&scratch, (const char *)last->sample, last->held);
	pipe_end(&scratch);
	return true;
}

/* Layers end from the outside in: each may still give bytes to the next. */
void
pipe_end(struct pipe *pipe)
{
	for (unsigned i = 0; i < pipe->layers; i++) {
		struct layer *layer = &pipe->layer[i];

		if (!layer->settled && !pipe->finished)
			layer_settle(layer, true);
		if (layer->row != NULL && layer->state != NULL) {
			int why = layer->row->end(layer->state, layer_take, layer + 1);

			if (why >= 0)
				pipe_give_up(pipe, why);
		}
		explicit_bzero(layer->sample, sizeof(layer->sample));
	}
	if (pipe->parser != NULL)
		parser_end(pipe->parser);
	pipe->parser = NULL;
	pipe->layers = 0;
}
