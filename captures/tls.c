/* SPDX-License-Identifier: Apache-2.0 */
#include "captures/tls_inner.h"

#include <stdlib.h>
#include <string.h>

#include "core/log.h"

/* A buffer that is empty is given back when it is larger than this. */
#define HELD_KEEP (32u << 10)

/*
 * TLS that begins behind something else (a proxy's CONNECT, STARTTLS) is looked
 * for at the start of each segment until this many bytes have passed.
 */
#define BEGIN_MAX 16384

static const char missing_bytes[] = "bytes are missing in the capture";

/* ---- life ---- */

struct tls *
tls_new(struct tls_door *door)
{
	struct tls *tls = calloc(1, sizeof(*tls));

	if (tls != NULL)
		tls->door = door;
	return tls;
}

static void
side_drop_held(struct tls *tls, struct tls_side *side)
{
	tls->door->held_total -= side->have;
	free(side->held);
	side->held = NULL;
	side->have = side->room = 0;
}

static void
side_fini(struct tls *tls, struct tls_side *side)
{
	side_drop_held(tls, side);
	free(side->messages.body);
	side->messages.body = NULL;
	tls_cipher_free(side->cipher);
	tls_cipher_free(side->next);
	side->cipher = side->next = NULL;
	explicit_bzero(&side->traffic, sizeof(side->traffic));
}

void
tls_free(struct tls *tls)
{
	if (tls == NULL)
		return;
	side_fini(tls, &tls->side[DIR_UP]);
	side_fini(tls, &tls->side[DIR_DOWN]);
	free(tls);
}

bool
tls_is_over(const struct tls *tls)
{
	return tls->over;
}

void
tls_fail(struct tls *tls, enum unscanned why, const char *reason)
{
	if (!tls->over) {
		tls->reason = reason;
		tls->why = (uint8_t)why;
	}
	tls->over = true;
}

/* Says once why a connection stays closed, and gives back what it held. */
static void
tls_close(struct tls *tls, const struct flow *flow)
{
	char text[ADDR_TEXT_MAX];

	if (tls->reason != NULL && !tls->opened) {
		tls->door->stats->unscanned[tls->why]++;
		log_info("replay", "TLS to %s port %u stays closed: %s",
		    addr_text(&flow->server, text), flow->server_port, tls->reason);
		if (tls->suite == NULL && tls->suite_id != 0)
			log_info("replay", "its suite is 0x%04x, its version 0x%04x",
			    tls->suite_id, tls->version);
	}
	tls->reason = NULL;
	side_fini(tls, &tls->side[DIR_UP]);
	side_fini(tls, &tls->side[DIR_DOWN]);
}

/* ---- plain bytes ---- */

static void
plain_give(struct tls *tls, struct flow *flow, const struct chunk *chunk)
{
	unsigned want = chunk->dir == DIR_UP ? WANT_PLAIN_UP : WANT_PLAIN_DOWN;

	if (!tls->opened) {
		tls->opened = true;
		judge_opened(tls->door->judge, flow);
	}
	if (flow->wants & want)
		judge_plain(tls->door->judge, flow, chunk);
	if (!(flow->wants & WANT_PLAIN))
		tls->over = true;
}

/*
 * A direction cannot be read any further. Who listens inside hears of it as a
 * gap without an end, and says which body it was.
 */
static void
side_stop(struct tls *tls, struct flow *flow, const struct chunk *at, enum dir dir,
    enum unscanned why, const char *reason)
{
	struct tls_side *side = &tls->side[dir], *other = &tls->side[!dir];
	struct chunk end = { (const uint8_t *)"", 0, at->time_us, dir, GAP_UNKNOWN };

	side->stopped = true;
	side_drop_held(tls, side);
	tls->changed = true;
	if (tls->opened)
		plain_give(tls, flow, &end);
	else if (other->stopped || !tls->answered)
		tls_fail(tls, why, reason);
	if (other->stopped)
		tls->over = true;
}

/* ---- records ---- */

/* Opens a record with the keys in force; after loss perhaps with the next ones. */
static bool
record_open(struct tls *tls, enum dir dir, const struct tls_record *record,
    size_t *len, uint8_t *type)
{
	struct tls_side *side = &tls->side[dir];

	/* What ends a level may have been lost; or nobody knows if there was early data. */
	bool blind = tls->version == TLS_1_3 &&
	    (side->messages.broken || tls->early == EARLY_OFFERED);

	while (!tls_cipher_open(side->cipher, record, tls->door->plain, len, type)) {
		if (!blind || side->level == LEVEL_TRAFFIC)
			return false;
		tls_level_set(tls, dir, side->level + 1);
		if (side->cipher == NULL)
			return false;
	}
	side->lenient = 0;
	return true;
}

static void
record_protected(struct tls *tls, struct flow *flow, const struct chunk *at,
    enum dir dir, const struct tls_record *record)
{
	struct tls_side *side = &tls->side[dir];
	uint8_t type;
	size_t len;

	if (!record_open(tls, dir, record, &len, &type)) {
		if (side->lenient > 0 && !side->stopped)
			side->lenient--;
		else
			side_stop(tls, flow, at, dir, UNSCANNED_ENCRYPTED,
			    "a record does not fit the keys");
		return;
	}
	if (type == TYPE_HANDSHAKE) {
		tls_messages_take(tls, dir, tls->door->plain, len);
	} else if (type == TYPE_DATA && (len > 0 || side->gap > 0)) {
		struct chunk chunk = { tls->door->plain, len, at->time_us, dir, side->gap };

		side->gap = 0;
		plain_give(tls, flow, &chunk);
	}
}

/* Before the keys, and in TLS 1.3 whatever is not protected for the looks of it. */
static void
record_clear(struct tls *tls, enum dir dir, const struct tls_record *record)
{
	if (record->type == TYPE_HANDSHAKE && tls->side[dir].level == LEVEL_CLEAR)
		tls_messages_take(tls, dir, record->body, record->len);
}

static void
record_take(struct tls *tls, struct flow *flow, const struct chunk *at, enum dir dir,
    const struct tls_record *record)
{
	struct tls_side *side = &tls->side[dir];

	if (tls->suite == NULL || !tls->answered) {
		if (side->cipher != NULL)
			record_protected(tls, flow, at, dir, record);
		else
			record_clear(tls, dir, record);
	} else if (tls->version == TLS_1_3) {
		if (record->type == TYPE_DATA && side->level == LEVEL_CLEAR && dir == DIR_UP)
			tls_client_begin(tls);
		if (record->type == TYPE_DATA && side->cipher != NULL)
			record_protected(tls, flow, at, dir, record);
		else
			record_clear(tls, dir, record);
	} else if (record->type == TYPE_CCS) {
		tls_change_cipher(tls, dir);
	} else if (side->cipher != NULL) {
		record_protected(tls, flow, at, dir, record);
	} else {
		record_clear(tls, dir, record);
	}
}

/*
 * Must this record wait for the other direction, or for keys? The client's
 * second flight needs the server's choice; whether early data was taken, the
 * server says in its first protected message.
 */
static bool
record_waits(const struct tls *tls, enum dir dir, uint8_t type)
{
	const struct tls_side *side = &tls->side[dir], *down = &tls->side[DIR_DOWN];

	if (tls->missing)
		return true;
	if (dir == DIR_DOWN)
		return !tls->hello_seen;
	if (!tls->hello_seen)
		return false;
	if (!tls->answered)
		return side->level == LEVEL_CLEAR || (type == TYPE_CCS && side->next == NULL);
	return tls->version == TLS_1_3 && type == TYPE_DATA && side->level == LEVEL_CLEAR &&
	    tls->early == EARLY_OFFERED && !down->stopped && down->level < LEVEL_TRAFFIC;
}

static bool
header_read(const uint8_t *at, struct tls_record *record)
{
	record->header = at;
	record->type = at[0];
	record->version = (uint16_t)(at[1] << 8 | at[2]);
	record->len = (uint16_t)(at[3] << 8 | at[4]);
	record->body = at + TLS_RECORD_HEADER;
	return at[0] >= TYPE_CCS && at[0] <= TYPE_HEARTBEAT && at[1] == 3 &&
	    record->len <= TLS_RECORD_MAX;
}

/* Gives back the bytes that were taken from the front of those held. */
static void
side_used(struct tls *tls, struct tls_side *side, uint32_t used)
{
	if (used == side->have && side->room > HELD_KEEP) {
		side_drop_held(tls, side);
		return;
	}
	if (used > 0)
		memmove(side->held, side->held + used, side->have - used);
	side->have -= used;
	tls->door->held_total -= used;
}

/* Takes the whole records that one direction holds. */
static void
side_run(struct tls *tls, struct flow *flow, const struct chunk *at, enum dir dir)
{
	struct tls_side *side = &tls->side[dir];
	struct tls_record record;
	uint32_t used = 0;
	bool waits = false;

	if (!side->begun)
		return;
	while (!tls->over && !side->stopped && side->have - used >= TLS_RECORD_HEADER) {
		if (!header_read(side->held + used, &record)) {
			side_stop(tls, flow, at, dir, UNSCANNED_CORRUPT,
			    tls->suite ? "what follows is no TLS record" : NULL);
			break;
		}
		waits = record_waits(tls, dir, record.type);
		if (waits || side->have - used < TLS_RECORD_HEADER + (uint32_t)record.len)
			break;
		used += TLS_RECORD_HEADER + (uint32_t)record.len;
		record_take(tls, flow, at, dir, &record);
	}
	if (side->stopped)
		return;
	side_used(tls, side, used);
	if (side->cut && !waits)
		side_stop(tls, flow, at, dir, UNSCANNED_GAP, missing_bytes);
}

/* ---- bytes in ---- */

static bool
side_hold(struct tls *tls, struct tls_side *side, const uint8_t *data, size_t len)
{
	size_t need = side->have + len;
	uint8_t *held;

	if (len == 0)
		return true;
	if (need > TLS_HELD_MAX || tls->door->held_total + len > TLS_HELD_TOTAL_MAX)
		return false;
	if (need > side->room) {
		size_t room = side->room * 2 > need ? side->room * 2 : need;

		held = realloc(side->held, room);
		if (held == NULL)
			return false;
		side->held = held;
		side->room = (uint32_t)room;
	}
	memcpy(side->held + side->have, data, len);
	side->have += (uint32_t)len;
	tls->door->held_total += len;
	return true;
}

/*
 * Bytes are missing before the next ones. When all of them belong to the
 * record that has begun, that record alone is lost and the next boundary is
 * known; otherwise nobody knows how many records there were. False: stop.
 */
static bool
side_gap(struct tls *tls, struct tls_side *side, uint32_t gap)
{
	struct tls_record record;
	uint32_t left, plain;

	if (gap <= side->skip) {
		side->skip -= gap;
		return true;
	}
	if (side->skip > 0 || side->have < TLS_RECORD_HEADER ||
	    !header_read(side->held, &record) ||
	    side->have > TLS_RECORD_HEADER + (uint32_t)record.len)
		return false;
	left = TLS_RECORD_HEADER + (uint32_t)record.len - side->have;
	if (gap > left)
		return false;
	side->skip = left - gap;
	if (side->level != LEVEL_TRAFFIC || side->messages.head_have > 0)
		side->messages.broken = true;
	if (side->cipher != NULL) {
		plain = tls_cipher_plain_len(side->cipher, record.len);
		if (plain == GAP_UNKNOWN || side->gap > GAP_UNKNOWN - plain)
			side->gap = GAP_UNKNOWN;
		else if (record.type == TYPE_DATA)
			side->gap += plain;
		tls_cipher_skip(side->cipher);
	}
	side_used(tls, side, side->have);
	return true;
}

/* A record, and in it the hello of that direction (RFC 8446 sections 4 and 5.1)? */
static bool
side_begins(const uint8_t *data, size_t len, enum dir dir)
{
	return len > TLS_RECORD_HEADER && data[0] == TYPE_HANDSHAKE && data[1] == 3 &&
	    data[5] == (dir == DIR_UP ? 1 : 2);
}

/*
 * Before the hello, whose first bytes may come one by one; what is none is let
 * pass. True when the direction has begun.
 */
static bool
side_search(struct tls *tls, const struct chunk *chunk)
{
	struct tls_side *side = &tls->side[chunk->dir];

	if (chunk->gap > 0 || (side->have == 0 && chunk->len > 0 &&
	    chunk->data[0] != TYPE_HANDSHAKE))
		side_drop_held(tls, side);
	if (side->have > 0 || (chunk->len > 0 && chunk->data[0] == TYPE_HANDSHAKE)) {
		if (!side_hold(tls, side, chunk->data, chunk->len))
			return false;
		side->begun = side_begins(side->held, side->have, chunk->dir);
		if (!side->begun && side->have > TLS_RECORD_HEADER)
			side_drop_held(tls, side);
	}
	if (!side->begun) {
		side->passed += (uint32_t)chunk->len;
		tls->over = side->passed > BEGIN_MAX;
	}
	return side->begun;
}

/* Bytes of a direction whose records are followed. */
static void
side_take(struct tls *tls, struct flow *flow, const struct chunk *chunk)
{
	struct tls_side *side = &tls->side[chunk->dir];
	const uint8_t *data = chunk->data;
	size_t len = chunk->len, skip;

	if (side->stopped || side->cut)
		return;
	if (chunk->gap > 0 && !side_gap(tls, side, chunk->gap)) {
		/* What came before the loss and waits may still be opened. */
		side->cut = true;
		side_run(tls, flow, chunk, chunk->dir);
		return;
	}
	skip = len < side->skip ? len : side->skip;
	side->skip -= (uint32_t)skip;
	if (len > skip && !side_hold(tls, side, data + skip, len - skip)) {
		side_stop(tls, flow, chunk, chunk->dir, UNSCANNED_LIMIT,
		    "too much waits for the other side");
		return;
	}
	side_run(tls, flow, chunk, chunk->dir);
}

/* What one direction learnt may let the other go on, and back. */
static void
tls_run(struct tls *tls, struct flow *flow, const struct chunk *at)
{
	while (tls->changed && !tls->over) {
		tls->changed = false;
		side_run(tls, flow, at, DIR_UP);
		side_run(tls, flow, at, DIR_DOWN);
	}
}

static void
keys_retry(struct tls *tls)
{
	if (tls->missing && secrets_count(tls->door->secrets) != tls->secrets_seen)
		tls_keys_find(tls);
}

void
tls_feed(struct tls *tls, struct flow *flow, const struct chunk *chunk)
{
	struct tls_side *side = &tls->side[chunk->dir];

	if (tls->over)
		return;
	keys_retry(tls);
	tls_run(tls, flow, chunk);
	if (tls->over) {
		tls_close(tls, flow);
		return;
	}
	if (side->begun)
		side_take(tls, flow, chunk);
	else if (side_search(tls, chunk))
		side_run(tls, flow, chunk, chunk->dir);
	tls_run(tls, flow, chunk);
	if (tls->over)
		tls_close(tls, flow);
}

void
tls_finish(struct tls *tls, struct flow *flow)
{
	struct chunk end = { (const uint8_t *)"", 0, flow->end_us, DIR_UP, 0 };

	if (tls->over)
		return;
	keys_retry(tls);
	tls_run(tls, flow, &end);
	if (!tls->over && tls->missing)
		tls_fail(tls, UNSCANNED_ENCRYPTED, "its keys are not in the key log");
	else if (!tls->over && tls->hello_seen && !tls->answered &&
	    tls->side[DIR_UP].have > 0)
		tls_fail(tls, UNSCANNED_GAP, "the server's hello is not in the capture");
	tls_close(tls, flow);
}
