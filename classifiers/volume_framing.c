/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where records and frames begin and end. Followed from a flow's first byte,
 * so that lengths are known when the service is; bytes that are missing are
 * stepped over where the header said how long the body is, looked for where
 * TLS lets itself be recognised, and given up on where nothing does.
 */
#include <string.h>

#include "classifiers/volume.h"
#include "core/buf.h"

/* RFC 8446 section 5.1: the record header. */
#define TLS_HEAD 5
#define TLS_CCS 20
#define TLS_HANDSHAKE 22
#define TLS_DATA 23
#define TLS_TYPE_LAST 24
/* RFC 5246 section 6.2.3: 2^14 and 2048 for what protection adds. */
#define TLS_RECORD_MAX (16384 + 2048)

/* RFC 8446 section 5.2: content type and a 16-byte tag. */
#define TLS13_EXTRA 17
/* RFC 5288 section 3: 8 bytes of nonce and a 16-byte tag. */
#define TLS12_EXTRA 24
/* A TLS 1.2 Finished under any common cipher; a second ClientHello is longer. */
#define TLS12_FINISHED_MAX 112
/* A TLS 1.3 Finished: 4 + 32 or 48 bytes, and what a record adds. */
#define TLS13_FINISHED_SHA256 53
#define TLS13_FINISHED_SHA384 69

/* After this many bytes without a record header there are no records. */
#define SEEK_MAX (256u << 10)

/* A larger hole than this is another conversation, not lost segments. */
#define LOST_MAX (16u << 20)

/* WhatsApp: "WA", version, dictionary; "ED", 0, 1 before routing data. */
#define WA_PREFACE 4
#define WA_ROUTING 7
#define WA_HEAD 3

/*
 * RFC 9000 section 17.3: short header packets; first byte, connection id,
 * packet number, tag and the stream frame's own header, about.
 */
#define QUIC_LONG 0x80
#define QUIC_EXTRA 36

bool
volume_side_dead(const struct volume_side *side)
{
	return side->state == SIDE_DEAD;
}

/* `gap` bytes are missing, and with them the next boundary. */
static void
side_lose(struct volume_slot *slot, struct volume_side *side, uint32_t gap)
{
	slot->gapped = true;
	side->lost = side->state == SIDE_BODY ? side->length - side->left : 0;
	if (gap <= LOST_MAX)
		side->lost += gap;
	side->have = 0;
	side->left = 0;
	side->sought = 0;
	side->state = slot->framing == FRAMING_TLS ? SIDE_SEEK : SIDE_DEAD;
}

/* ---- TLS ----------------------------------------------------------------- */

static bool
tls_head_plausible(const uint8_t *head)
{
	return head[0] >= TLS_CCS && head[0] <= TLS_TYPE_LAST && head[1] == 3 &&
	    head[2] <= 4 && (head[3] << 8 | head[4]) <= TLS_RECORD_MAX;
}

/*
 * RFC 8446 appendix D.4 makes TLS 1.3 look like 1.2, but for this: after
 * change_cipher_spec the older version still sends its Finished as a
 * handshake record.
 */
static void
tls_handshake_seen(struct volume_side *side, uint32_t len)
{
	if (side->type == TLS_CCS)
		side->ccs = true;
	else if (side->type == TLS_HANDSHAKE && side->ccs &&
	    len <= TLS12_FINISHED_MAX)
		side->tls12 = true;
}

/* True when an application data record of TLS 1.3 is part of the handshake. */
static bool
tls_hidden_handshake(const struct volume_slot *slot,
    const struct volume_side *side, enum dir dir, uint32_t len)
{
	if (side->tls12)
		return false;
	if (dir == DIR_UP)
		return !side->data && (len == TLS13_FINISHED_SHA256 ||
		    len == TLS13_FINISHED_SHA384);
	return slot->side[DIR_UP].seen && !slot->side[DIR_UP].data;
}

/* A record of which len bytes passed is over. */
static void
tls_record_end(struct task *task, struct volume_slot *slot, enum dir dir,
    uint64_t time_us)
{
	struct volume_side *side = &slot->side[dir];
	uint32_t len = side->length;
	uint32_t extra = side->tls12 ? TLS12_EXTRA : TLS13_EXTRA;
	struct volume_unit unit = {
		.begin_us = side->begin_us, .end_us = time_us, .dir = dir
	};
	bool hidden;

	side->have = 0;
	side->state = SIDE_HEAD;
	if (side->type != TLS_DATA) {
		tls_handshake_seen(side, len);
		return;
	}
	hidden = tls_hidden_handshake(slot, side, dir, len);
	side->data = true;
	if (hidden || len <= extra)
		return;
	unit.len = len - extra;
	volume_unit(task, slot, &unit);
}

/* Bytes without boundaries count as one unit: somebody sent them. */
static void
tls_found(struct task *task, struct volume_slot *slot, enum dir dir,
    uint64_t time_us)
{
	struct volume_side *side = &slot->side[dir];
	struct volume_unit unit = {
		.begin_us = time_us, .end_us = time_us, .dir = dir,
		.len = side->lost + side->sought
	};

	side->state = SIDE_HEAD;
	if (side->data && unit.len > 0)
		volume_unit(task, slot, &unit);
}

static void
tls_seek(struct task *task, struct volume_slot *slot, enum dir dir,
    struct buf *in, uint64_t time_us)
{
	struct volume_side *side = &slot->side[dir];

	while (buf_left(in) >= TLS_HEAD) {
		if (tls_head_plausible(in->at)) {
			tls_found(task, slot, dir, time_us);
			return;
		}
		buf_skip(in, 1);
		side->sought++;
	}
	side->sought += (uint32_t)buf_left(in);
	buf_skip(in, buf_left(in));
	if (side->sought > SEEK_MAX)
		side->state = SIDE_DEAD;
}

static void
side_head_fill(struct volume_side *side, struct buf *in, uint8_t want)
{
	while (side->have < want && buf_left(in) > 0)
		side->head[side->have++] = buf_u8(in);
}

static void
tls_head(struct volume_slot *slot, struct volume_side *side, struct buf *in,
    uint64_t time_us)
{
	if (side->have == 0)
		side->begin_us = time_us;
	side_head_fill(side, in, TLS_HEAD);
	if (side->have < TLS_HEAD)
		return;
	if (!tls_head_plausible(side->head)) {
		side_lose(slot, side, 0);
		return;
	}
	side->type = side->head[0];
	side->length = side->left = (uint32_t)(side->head[3] << 8 | side->head[4]);
	side->state = SIDE_BODY;
}

/* ---- WhatsApp ------------------------------------------------------------ */

/*
 * The client's opening bytes: routing data with its length where there is
 * any, then four bytes that name protocol and dictionary.
 */
static void
wa_preface(struct volume_slot *slot, struct volume_side *side, struct buf *in)
{
	uint8_t want = side->have >= 2 && side->head[0] == 'E' ?
	    WA_ROUTING : WA_PREFACE;

	side_head_fill(side, in, want);
	if (side->have < want)
		return;
	if (side->head[0] == 'E' && want == WA_PREFACE)
		return;		/* asked again with the longer header */
	if (side->head[0] == 'E') {
		side->left = (uint32_t)side->head[4] << 16 |
		    (uint32_t)side->head[5] << 8 | side->head[6];
		side->type = 'E';
		side->state = SIDE_BODY;
	} else if (side->head[0] == 'W' && side->head[1] == 'A') {
		side->preface = true;
	} else {
		side_lose(slot, side, 0);
	}
	side->have = 0;
}

static void
wa_head(struct volume_side *side, struct buf *in, uint64_t passed, uint64_t time_us)
{
	if (side->have == 0) {
		side->begin_us = time_us;
		side->begin_at = passed - buf_left(in);
	}
	side_head_fill(side, in, WA_HEAD);
	if (side->have < WA_HEAD)
		return;
	side->length = side->left = (uint32_t)side->head[0] << 16 |
	    (uint32_t)side->head[1] << 8 | side->head[2];
	side->type = 0;
	side->state = SIDE_BODY;
}

static void
wa_frame_end(struct task *task, struct volume_slot *slot, enum dir dir,
    uint64_t time_us)
{
	struct volume_side *side = &slot->side[dir];
	struct volume_unit unit = {
		.begin_us = side->begin_us, .end_us = time_us,
		.before = side->begin_at, .len = side->length + WA_HEAD, .dir = dir
	};

	side->have = 0;
	side->state = SIDE_HEAD;
	if (side->type != 'E')
		volume_unit(task, slot, &unit);
}

/* ---- both ---------------------------------------------------------------- */

static void
side_head(struct volume_slot *slot, enum dir dir, struct buf *in,
    uint64_t time_us)
{
	struct volume_side *side = &slot->side[dir];

	if (slot->framing == FRAMING_TLS)
		tls_head(slot, side, in, time_us);
	else if (dir == DIR_UP && !side->preface)
		wa_preface(slot, side, in);
	else
		wa_head(side, in, slot->passed[dir], time_us);
}

static void
side_body(struct task *task, struct volume_slot *slot, enum dir dir,
    struct buf *in, uint64_t time_us)
{
	struct volume_side *side = &slot->side[dir];
	size_t len = buf_left(in);

	if (len > side->left)
		len = side->left;
	buf_skip(in, len);
	side->left -= (uint32_t)len;
	if (side->left > 0)
		return;
	if (slot->framing == FRAMING_TLS)
		tls_record_end(task, slot, dir, time_us);
	else
		wa_frame_end(task, slot, dir, time_us);
}

/* Steps over missing bytes when they lie inside one body. */
static void
side_gap(struct task *task, struct volume_slot *slot, const struct chunk *chunk)
{
	struct volume_side *side = &slot->side[chunk->dir];
	struct buf none = buf_of(chunk->data, 0);

	slot->gapped = true;
	if (side->state != SIDE_BODY || chunk->gap > side->left) {
		side_lose(slot, side, chunk->gap);
		return;
	}
	side->left -= chunk->gap;
	side_body(task, slot, chunk->dir, &none, chunk->time_us);
}

static void
frame_records(struct task *task, struct volume_slot *slot,
    const struct chunk *chunk)
{
	struct volume_side *side = &slot->side[chunk->dir];
	struct buf in = buf_of(chunk->data, chunk->len);

	if (chunk->gap != 0 && side->state != SIDE_DEAD)
		side_gap(task, slot, chunk);
	while (side->state != SIDE_DEAD) {
		if (side->state == SIDE_BODY)
			side_body(task, slot, chunk->dir, &in, chunk->time_us);
		else if (buf_left(&in) == 0)
			break;
		else if (side->state == SIDE_SEEK)
			tls_seek(task, slot, chunk->dir, &in, chunk->time_us);
		else
			side_head(slot, chunk->dir, &in, chunk->time_us);
		if (side->state == SIDE_BODY && side->left > 0 &&
		    buf_left(&in) == 0)
			break;
	}
}

bool
volume_unit_open(const struct volume_slot *slot, enum dir dir,
    struct volume_unit *unit)
{
	const struct volume_side *side = &slot->side[dir];
	uint32_t extra = side->tls12 ? TLS12_EXTRA : TLS13_EXTRA;

	if (side->state != SIDE_BODY)
		return false;
	*unit = (struct volume_unit){
		.begin_us = side->begin_us, .end_us = side->begin_us,
		.before = side->begin_at, .dir = dir
	};
	if (slot->framing == FRAMING_MTPROTO) {
		unit->len = side->length + side->have;
		return side->type != 0;
	}
	if (slot->framing == FRAMING_WHATSAPP) {
		unit->len = side->length + WA_HEAD;
		return side->type != 'E';
	}
	unit->len = side->length > extra ? side->length - extra : 0;
	return side->type == TLS_DATA && unit->len > 0 &&
	    !tls_hidden_handshake(slot, side, dir, side->length);
}

void
volume_frame_raw(struct task *task, struct volume_slot *slot,
    const struct chunk *chunk)
{
	struct volume_unit unit = {
		.begin_us = chunk->time_us, .end_us = chunk->time_us,
		.len = (uint32_t)chunk->len, .dir = chunk->dir
	};

	if (slot->framing == FRAMING_DATAGRAM) {
		if (chunk->len <= QUIC_EXTRA || (chunk->data[0] & QUIC_LONG))
			return;
		unit.len -= QUIC_EXTRA;
	} else if (chunk->gap != 0) {
		slot->gapped = true;
		if (chunk->gap != GAP_UNKNOWN)
			unit.len += chunk->gap;
	}
	volume_unit(task, slot, &unit);
}

static bool
begins_like(const struct chunk *chunk, const char *text, size_t len)
{
	return memcmp(chunk->data, text, chunk->len < len ? chunk->len : len) == 0;
}

/*
 * What the first bytes of a TCP flow, of either side, say it is. A first
 * segment may be as short as one byte.
 */
static enum framing
framing_guess(const struct chunk *chunk)
{
	if (chunk->len >= TLS_HEAD && tls_head_plausible(chunk->data))
		return FRAMING_TLS;
	if (chunk->gap != 0)
		return FRAMING_RAW;
	if (chunk->len < TLS_HEAD && begins_like(chunk, "\x16\x03", 2))
		return FRAMING_TLS;
	if (chunk->dir == DIR_UP && (begins_like(chunk, "WA\6", 3) ||
	    begins_like(chunk, "WA\5", 3) || begins_like(chunk, "WA\7", 3) ||
	    begins_like(chunk, "ED\0\1", 4)))
		return FRAMING_WHATSAPP;
	return chunk->dir == DIR_UP ? FRAMING_OPENING : FRAMING_RAW;
}

void
volume_frame(struct task *task, struct volume_slot *slot,
    const struct chunk *chunk)
{
	if (chunk->len == 0 && chunk->gap == 0)
		return;
	if (slot->framing == FRAMING_NONE)
		slot->framing = (uint8_t)framing_guess(chunk);
	switch (slot->framing) {
	case FRAMING_TLS:
	case FRAMING_WHATSAPP:
		frame_records(task, slot, chunk);
		break;
	case FRAMING_OPENING:
	case FRAMING_MTPROTO:
		volume_mtproto(task, slot, chunk);
		break;
	default:
		volume_frame_raw(task, slot, chunk);
	}
}
