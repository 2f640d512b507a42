/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WebSocket after the switch from HTTP/1.1 (RFC 6455): the frames of the
 * client are unmasked, the fragments of a message joined, compressed messages
 * inflated. Each message is a body. Messages that name two people or more
 * each are one upload together when they follow each other; a chat about one
 * person after the other is none.
 */
#include "classifiers/websocket.h"

#include <string.h>

#include "classifiers/table.h"
#include "classifiers/websocket_deflate.h"
#include "core/buf.h"

/* Two bytes, a length of up to eight, the mask (section 5.2). */
#define FRAME_HEAD_MAX 14
#define MASK_LEN 4
/* Bytes unmasked at a time. */
#define PIECE 1024
/* New contacts a message must bring to be a part of a longer upload. */
#define JOIN_MIN 2

#define FLAG_FIN 0x80
#define FLAG_DEFLATED 0x40	/* RSV1: the only registered use is RFC 7692 */
#define FLAGS_UNKNOWN 0x30
#define FLAG_MASKED 0x80

enum opcode { OP_CONTINUATION, OP_TEXT, OP_BINARY, OP_CLOSE = 8, OP_PING, OP_PONG };

struct websocket {
	uint8_t head[FRAME_HEAD_MAX];
	uint8_t have, need;	/* bytes of the head */
	uint8_t mask[MASK_LEN];
	uint8_t mask_at;
	bool stopped;
	bool deflated;		/* the message is */
	uint64_t left;		/* of the payload */
	uint64_t now_us;
	struct series *body;	/* of the message; NULL between messages */
	uint32_t answering;	/* name of the newest upload; what comes down is its answer */
	struct message_inflater *inflater;
	struct uploads uploads;
	struct request_facts facts;
};

void
websocket_open(void *slot, const struct request_facts *facts, uint64_t begin_us)
{
	struct websocket *socket = slot;

	socket->facts = *facts;
	socket->facts.media_type[0] = '\0';
	socket->facts.encoding[0] = '\0';
	socket->facts.transfer[0] = '\0';
	socket->facts.decoded = true;
	socket->now_us = begin_us;
	socket->uploads.waiting_max = UPLOADS_WAITING_ONE;
	socket->uploads.join_min = JOIN_MIN;
}

static void
websocket_stop(struct websocket *socket, const struct task *task)
{
	socket->stopped = true;
	socket->body = NULL;
	uploads_close(&socket->uploads, task);
	message_inflater_free(socket->inflater);
	socket->inflater = NULL;
	explicit_bzero(&socket->facts, sizeof(socket->facts));
}

static void
websocket_refuse(struct websocket *socket, const struct task *task,
    enum unscanned why)
{
	uploads_refuse(task, socket->body, why);
	websocket_stop(socket, task);
}

/* ---- messages ----------------------------------------------------------------- */

static bool
message_begin(struct websocket *socket, const struct task *task, uint8_t flags)
{
	socket->deflated = (flags & FLAG_DEFLATED) != 0;
	if (socket->deflated && socket->inflater == NULL)
		socket->inflater = message_inflater_new();
	if (socket->deflated && socket->inflater == NULL)
		return false;
	request_coding_set(socket->facts.encoding, "deflate",
	    socket->deflated ? strlen("deflate") : 0);
	socket->body = uploads_begin(&socket->uploads, task, &socket->facts,
	    socket->now_us, socket->now_us);
	return socket->body != NULL;
}

static void
inflated_take(void *to, const uint8_t *data, size_t len)
{
	uploads_scan(to, data, len);
}

static void
message_feed(struct websocket *socket, const struct task *task,
    const uint8_t *data, size_t len)
{
	int why;

	if (!socket->deflated) {
		uploads_feed(socket->body, data, len, socket->now_us);
		return;
	}
	uploads_carry(socket->body, len, socket->now_us);
	why = message_inflate(socket->inflater, data, len, inflated_take, socket->body);
	if (why >= 0)
		websocket_refuse(socket, task, (enum unscanned)why);
}

static void
message_end(struct websocket *socket, const struct task *task)
{
	const struct series *series;
	int why = -1;

	if (socket->deflated)
		why = message_inflate_end(socket->inflater, inflated_take,
		    socket->body);
	if (why >= 0) {
		websocket_refuse(socket, task, (enum unscanned)why);
		return;
	}
	series = uploads_end(&socket->uploads, task, socket->body);
	socket->answering = series ? uploads_name(series) : 0;
	socket->body = NULL;
}

/* ---- frames -------------------------------------------------------------------- */

static uint8_t
frame_opcode(const struct websocket *socket)
{
	return socket->head[0] & 15;
}

static bool
frame_is_control(const struct websocket *socket)
{
	return (socket->head[0] & 8) != 0;
}

/* How long the head is, once its second byte is known. */
static uint8_t
head_length(uint8_t second)
{
	uint8_t length = second & 127;

	return (uint8_t)(2 + (length == 126 ? 2 : length == 127 ? 8 : 0) +
	    (second & FLAG_MASKED ? MASK_LEN : 0));
}

static uint64_t
payload_length(const struct websocket *socket)
{
	struct buf b = buf_of(socket->head + 2, FRAME_HEAD_MAX - 2);
	uint8_t length = socket->head[1] & 127;
	uint64_t high;

	if (length < 126)
		return length;
	if (length == 126)
		return buf_u16(&b);
	high = buf_u32(&b);
	return high << 32 | buf_u32(&b);
}

/* What RFC 6455 demands of a client's frame. */
static bool
frame_valid(const struct websocket *socket)
{
	uint8_t first = socket->head[0], opcode = frame_opcode(socket);

	if (!(socket->head[1] & FLAG_MASKED) || socket->left >> 63 != 0)
		return false;
	if (frame_is_control(socket))
		return opcode <= OP_PONG && socket->left < 126 &&
		    (first & (FLAG_FIN | FLAG_DEFLATED)) == FLAG_FIN;
	if (opcode == OP_CONTINUATION)
		return socket->body != NULL && !(first & FLAG_DEFLATED);
	return opcode <= OP_BINARY && socket->body == NULL;
}

static void
frame_begin(struct websocket *socket, const struct task *task)
{
	uint8_t first = socket->head[0];

	socket->left = payload_length(socket);
	if ((first & FLAGS_UNKNOWN) != 0 || !frame_valid(socket)) {
		websocket_refuse(socket, task, first & FLAGS_UNKNOWN ?
		    UNSCANNED_LIMIT : UNSCANNED_CORRUPT);
		return;
	}
	memcpy(socket->mask, socket->head + socket->need - MASK_LEN, MASK_LEN);
	socket->mask_at = 0;
	if (!frame_is_control(socket) && frame_opcode(socket) != OP_CONTINUATION &&
	    !message_begin(socket, task, first))
		websocket_refuse(socket, task, UNSCANNED_LIMIT);
}

static void
frame_end(struct websocket *socket, const struct task *task)
{
	socket->have = 0;
	if (frame_opcode(socket) == OP_CLOSE)
		websocket_stop(socket, task);	/* nothing may follow (section 5.5.1) */
	else if (!frame_is_control(socket) && (socket->head[0] & FLAG_FIN))
		message_end(socket, task);
}

static size_t
head_feed(struct websocket *socket, const struct task *task, const uint8_t *data)
{
	socket->head[socket->have++] = *data;
	if (socket->have == 2)
		socket->need = head_length(*data);
	/* A head without a mask is at least two bytes, and refused when complete. */
	if (socket->have >= 2 && socket->have == socket->need)
		frame_begin(socket, task);
	return 1;
}

static size_t
payload_feed(struct websocket *socket, const struct task *task,
    const uint8_t *data, size_t len)
{
	uint8_t piece[PIECE];
	size_t n = len < socket->left ? len : (size_t)socket->left;

	if (n > sizeof(piece))
		n = sizeof(piece);
	socket->left -= n;
	if (frame_is_control(socket))
		return n;
	for (size_t i = 0; i < n; i++)
		piece[i] = data[i] ^ socket->mask[(socket->mask_at + i) % MASK_LEN];
	socket->mask_at = (uint8_t)((socket->mask_at + n) % MASK_LEN);
	message_feed(socket, task, piece, n);
	explicit_bzero(piece, n);
	return n;
}

static bool
head_complete(const struct websocket *socket)
{
	return socket->have >= 2 && socket->have == socket->need;
}

static void
up_feed(struct websocket *socket, const struct task *task, const uint8_t *data,
    size_t len)
{
	while (len > 0 && !socket->stopped) {
		size_t n = head_complete(socket) ?
		    payload_feed(socket, task, data, len) :
		    head_feed(socket, task, data);

		data += n;
		len -= n;
		if (!socket->stopped && head_complete(socket) && socket->left == 0)
			frame_end(socket, task);
	}
}

/* Lost bytes of a plain payload are stepped over; a compressed one needs them all. */
static void
gap_take(struct websocket *socket, const struct task *task, uint32_t gap)
{
	bool data = !frame_is_control(socket);

	if (!head_complete(socket) || gap == GAP_UNKNOWN || gap >= socket->left ||
	    (data && socket->deflated)) {
		websocket_refuse(socket, task, UNSCANNED_GAP);
		return;
	}
	socket->left -= gap;
	socket->mask_at = (uint8_t)((socket->mask_at + gap) % MASK_LEN);
	if (data)
		uploads_gap(socket->body, gap);
}

/* ---- the row --------------------------------------------------------------------- */

static unsigned
websocket_wants(const struct websocket *socket)
{
	return socket->stopped ? 0 : MORE_BOTH;
}

static unsigned
websocket_feed(struct task *task, void *slot, const struct chunk *chunk)
{
	struct websocket *socket = slot;

	if (socket->stopped)
		return 0;
	if (chunk->dir == DIR_DOWN) {
		uploads_answer(&socket->uploads, socket->answering, chunk->len);
		return websocket_wants(socket);
	}
	socket->now_us = chunk->time_us;
	uploads_pause(&socket->uploads, task, chunk->time_us);
	if (chunk->gap > 0)
		gap_take(socket, task, chunk->gap);
	up_feed(socket, task, chunk->data, chunk->len);
	return websocket_wants(socket);
}

/* Frames alone look like anything: only the switch from HTTP/1.1 leads here. */
static enum interest
websocket_sniff(const struct flow *flow, const struct chunk *chunk)
{
	(void)flow;
	(void)chunk;
	return INTEREST_NO;
}

static void
websocket_close(struct task *task, void *slot)
{
	struct websocket *socket = slot;

	if (!socket->stopped)
		websocket_stop(socket, task);
}

static bool
websocket_peek(const struct task *task, const void *slot, struct observation *seen,
    struct upload *upload)
{
	const struct websocket *socket = slot;

	(void)task;
	return uploads_peek_most(&socket->uploads, seen, upload);
}

const struct classifier classifier_websocket = {
	.name = "websocket",
	.transports = 0,
	.slot_size = sizeof(struct websocket),
	.sniff = websocket_sniff,
	.feed = websocket_feed,
	.close = websocket_close,
	.peek = websocket_peek,
};
