/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One large upload inside a connection that carries much else: exchanges
 * (what goes up until the server answers), and runs of large ones. A book cut
 * into slices of equal size (Telegram for Android sends 500 contacts a
 * request) is one upload; many parts of 2^k KiB are a file; a crowd of
 * unequal large ones is telemetry or media. Both of the latter are none.
 */
#include <string.h>

#include "classifiers/volume.h"

/* Down: flow control, acknowledgements and settings of HTTP/2, MTProto acks. */
#define ANSWER_SMALL 80
/* A raw stream shows segments, not messages: an answer is more than this. */
#define ANSWER_RAW 192
/* Session tickets and settings that cross the first request of a flow. */
#define CROSSING_MAX 1500
#define CROSSING_BODY 2500
#define CROSSING_US (USEC_PER_SEC / 2)
/* A request that stalls longer than this was over. */
#define EXCHANGE_PAUSE_US (2 * USEC_PER_SEC)
/* Large exchanges further apart than this have nothing to do with each other. */
#define RUN_PAUSE_US (10 * USEC_PER_SEC)
/* After this pause, endpoint evidence is told and begins anew. */
#define VISIT_PAUSE_US (60 * USEC_PER_SEC)
/* The answer to a book is at least this; to a file part it is a bare "ok". */
#define ANSWER_MIN 40
#define ANSWER_MIN_RAW 200
/* Each part of a file is confirmed; one request is so once or twice. */
#define RAW_CROSSINGS_MAX 3
/* Answers larger than this many times the request belong to a download. */
#define ANSWER_TIMES_MAX 12
/* More large exchanges than this in a row are no address book. */
#define SLICES_MAX 40
/* Slices differ from each other by less than this share of the largest. */
#define SLICES_SPREAD 0.12
/* Unequal large exchanges in a row: with more than this, none is a book. */
#define UNEQUAL_MAX 3
/* A file part: 2^k bytes, at least 4 KiB, and what the protocol adds. */
#define PART_MIN 4096
#define PART_MAX (1u << 20)
#define PART_EXTRA_MAX 1400

/*
 * Telegram's frames, which are whole requests and answers. A frame up that is
 * shorter is a ping, a receipt, a word of chat; one down that is shorter is a
 * receipt or the "true" that confirms a part of a file (24 bytes and 64 or 80).
 */
#define MTPROTO_REQUEST_MIN 512
#define MTPROTO_ANSWER_SMALL 112

/* ---- frames that are requests --------------------------------------------- */

static bool
is_framed(const struct volume_slot *slot)
{
	return slot->framing == FRAMING_MTPROTO;
}

/* No lengths of messages, or the few that answer a book in Telegram. */
static bool
is_terse(const struct volume_slot *slot)
{
	return slot->framing == FRAMING_RAW || is_framed(slot);
}

/* Behind a part of a file comes its rest, or a small picture of it. */
static bool
belongs_to_file(const struct volume_slot *slot, const struct volume_unit *unit)
{
	return mtproto_is_file_part(unit->len) || (slot->work->file_us != 0 &&
	    unit->begin_us <= slot->work->file_us + RUN_PAUSE_US);
}

bool
burst_oversized(const struct volume_slot *slot, const struct size_model *model,
    const struct volume_unit *unit)
{
	return is_framed(slot) && unit->len >= model->stop_low &&
	    unit->len <= model->stop_high && !belongs_to_file(slot, unit);
}

/* Looks at one frame up, whose bytes the exchange has already. */
static void
framed_up(struct volume_slot *slot, const struct volume_unit *unit)
{
	struct volume_work *work = slot->work;
	uint64_t index;
	const struct size_model *model = volume_model(work, SHAPE_BURST, &index);

	if (mtproto_is_file_part(unit->len)) {
		work->file_us = unit->end_us;
		work->oversized.len = 0;
		return;
	}
	if (unit->len < MTPROTO_REQUEST_MIN || belongs_to_file(slot, unit))
		return;
	work->exchange.book += unit->len;
	work->exchange.requests++;
	if (model != NULL && unit->len > work->oversized.len &&
	    burst_oversized(slot, model, unit))
		work->oversized = *unit;
}

/* ---- endpoint evidence --------------------------------------------------- */

static void
visit_end(struct task *task, struct volume_slot *slot)
{
	struct visit *visit = &slot->work->visit;
	struct upload upload = { 0 };
	uint64_t index;
	const struct size_model *model = volume_model(slot->work,
	    SHAPE_ENDPOINT, &index);

	if (model != NULL && !visit->told && visit->up > 0 &&
	    visit->up >= model->min_bytes) {
		upload.begin_us = visit->begin_us;
		upload.end_us = visit->end_us;
		upload.bytes_up = visit->up;
		upload.bytes_down = visit->down;
		upload.contacts = (struct contacts){
			CONTACTS_UNKNOWN, CONTACTS_UNKNOWN, CONTACTS_UNKNOWN,
			METHOD_ENDPOINT, model->confidence
		};
		volume_tell(task, slot, SHAPE_ENDPOINT, &upload);
	}
	memset(visit, 0, sizeof(*visit));
}

static void
visit_exchange(struct task *task, struct volume_slot *slot,
    const struct exchange *exchange)
{
	struct visit *visit = &slot->work->visit;

	if (visit->up > 0 &&
	    exchange->begin_us > visit->end_us + VISIT_PAUSE_US)
		visit_end(task, slot);
	if (visit->up == 0)
		visit->begin_us = exchange->begin_us;
	visit->up += exchange->up;
	visit->down += exchange->down;
	visit->end_us = exchange->end_us;
}

/* ---- runs of large exchanges --------------------------------------------- */

static bool
size_is_part(uint64_t size)
{
	for (uint64_t part = PART_MIN; part <= PART_MAX; part *= 2)
		if (size >= part && size <= part + PART_EXTRA_MAX)
			return true;
	return false;
}

static bool
run_is_slices(const struct run *run)
{
	double largest = (double)run->largest;

	return run->count >= 2 && run->count <= SLICES_MAX &&
	    largest - (double)run->smallest <= SLICES_SPREAD * largest &&
	    (double)run->newest <= largest * (1 + SLICES_SPREAD);
}

/* Fills the upload a finished run stands for. False: it stands for none. */
static bool
run_upload(const struct run *run, const struct size_model *model,
    struct upload *upload)
{
	bool slices = run_is_slices(run);

	/* A file in parts; the short last slice of a book may look like one. */
	if (run->count >= 2 && run->parts >= run->count - 1 && size_is_part(run->largest))
		return false;
	if (!slices && run->count > UNEQUAL_MAX)
		return false;
	upload->begin_us = slices ? run->begin_us : run->top.begin_us;
	upload->end_us = slices ? run->end_us : run->top.end_us;
	upload->bytes_up = slices ? run->up : run->top.up;
	upload->bytes_down = slices ? run->down : run->top.down;
	if (model->max_bytes != 0 && upload->bytes_up > model->max_bytes)
		return false;
	upload->contacts = size_model_estimate_parts(model, upload->bytes_up,
	    slices ? run->requests : run->top.requests);
	if (run->count > 1 && !slices)
		upload->contacts.confidence = CONFIDENCE_LOW;
	return true;
}

static void
run_end(struct task *task, struct volume_slot *slot)
{
	struct run *run = &slot->work->run;
	struct upload upload = { 0 };
	uint64_t index;
	const struct size_model *model = volume_model(slot->work,
	    SHAPE_BURST, &index);

	if (run->count > 0 && model != NULL && run_upload(run, model, &upload)) {
		volume_tell(task, slot, SHAPE_BURST, &upload);
		slot->work->visit.told = true;
	}
	memset(run, 0, sizeof(*run));
}

/* The newest is compared only once another follows: the last may be short. */
static void
run_settle_newest(struct run *run)
{
	if (run->newest > run->largest)
		run->largest = run->newest;
	if (run->smallest == 0 || run->newest < run->smallest)
		run->smallest = run->newest;
}

static void
run_add(struct run *run, const struct exchange *exchange)
{
	if (run->count > 0)
		run_settle_newest(run);
	else
		run->begin_us = exchange->begin_us;
	run->count++;
	run->requests += exchange->requests;
	run->newest = exchange->up;
	run->up += exchange->up;
	run->down += exchange->down;
	run->end_us = exchange->end_us;
	if (size_is_part(exchange->up))
		run->parts++;
	if (exchange->up > run->top.up) {
		run->top.up = exchange->up;
		run->top.requests = exchange->requests;
		run->top.down = exchange->down;
		run->top.begin_us = exchange->begin_us;
		run->top.end_us = exchange->end_us;
	}
}

static bool
exchange_answered_like_a_book(const struct volume_slot *slot,
    const struct exchange *exchange)
{
	uint64_t least = is_terse(slot) ? ANSWER_MIN_RAW : ANSWER_MIN;

	if (!slot->side[DIR_DOWN].seen)
		return true;
	if (slot->framing == FRAMING_RAW &&
	    exchange->crossings > RAW_CROSSINGS_MAX)
		return false;
	/* What confirms and acknowledges is told from answers where frames show. */
	return (is_framed(slot) ? exchange->answer : exchange->down) >= least &&
	    exchange->down <= ANSWER_TIMES_MAX * exchange->up;
}

static void
run_exchange(struct task *task, struct volume_slot *slot,
    const struct exchange *exchange)
{
	struct run *run = &slot->work->run;
	uint64_t index;
	const struct size_model *model = volume_model(slot->work,
	    SHAPE_BURST, &index);
	uint64_t least;

	if (model == NULL)
		return;
	if (run->count > 0 && exchange->begin_us > run->end_us + RUN_PAUSE_US)
		run_end(task, slot);
	/* The rest of a sliced book may be as small as one contact. */
	least = run->count > 0 && run_is_slices(run) ?
	    model->min_bytes / 2 : model->min_bytes;
	if (exchange->up < least || exchange->up < (uint64_t)model->base_low)
		return;
	if (exchange_answered_like_a_book(slot, exchange))
		run_add(run, exchange);
}

/* ---- exchanges ------------------------------------------------------------ */

static void
exchange_end(struct task *task, struct volume_slot *slot)
{
	struct volume_work *work = slot->work;
	struct exchange done = work->exchange;

	memset(&work->exchange, 0, sizeof(work->exchange));
	if (done.up == 0)
		return;
	work->opened = true;
	work->oversized.len = 0;
	visit_exchange(task, slot, &done);
	if (is_framed(slot))
		done.up = done.book;
	else
		done.requests = 1;
	if (done.up == 0)
		return;
	if (!series_exchange(task, slot, &done))
		run_exchange(task, slot, &done);
}

/* Did only tickets and settings come down, across the flow's first request? */
static bool
exchange_crossed(const struct volume_slot *slot,
    const struct volume_unit *unit)
{
	const struct exchange *now = &slot->work->exchange;

	return !slot->work->opened && !is_terse(slot) &&
	    now->answer <= CROSSING_MAX && now->up >= CROSSING_BODY &&
	    unit->begin_us <= now->up_end_us + CROSSING_US;
}

static void
burst_up(struct task *task, struct volume_slot *slot,
    const struct volume_unit *unit)
{
	struct exchange *now = &slot->work->exchange;

	if (now->up > 0 && now->answered && exchange_crossed(slot, unit))
		slot->work->opened = true;
	else if (now->up > 0 && (now->answered ||
	    unit->begin_us > now->up_end_us + EXCHANGE_PAUSE_US))
		exchange_end(task, slot);
	else if (now->answer > 0)
		now->crossings++;
	if (now->up == 0)
		now->begin_us = unit->begin_us;
	now->up += unit->len;
	now->up_end_us = now->end_us = unit->end_us;
	now->answered = false;
	now->answer = 0;
	if (is_framed(slot))
		framed_up(slot, unit);
}

/* From this length on, a unit down may be an answer. */
static uint32_t
answer_small(const struct volume_slot *slot)
{
	switch (slot->framing) {
	case FRAMING_RAW:
		return 0;
	case FRAMING_MTPROTO:
		return MTPROTO_ANSWER_SMALL;
	default:
		return ANSWER_SMALL;
	}
}

void
burst_unit(struct task *task, struct volume_slot *slot,
    const struct volume_unit *unit)
{
	struct exchange *now = &slot->work->exchange;

	if (unit->dir == DIR_UP) {
		burst_up(task, slot, unit);
		return;
	}
	if (now->up == 0)
		return;
	now->down += unit->len;
	now->end_us = unit->end_us;
	if (unit->len > answer_small(slot))
		now->answer += unit->len < UINT16_MAX ? unit->len : UINT16_MAX;
	if (now->answer > (slot->framing == FRAMING_RAW ? ANSWER_RAW : 0))
		now->answered = true;
	if (now->answered)
		slot->work->oversized.len = 0;
	if (now->answer > UINT32_MAX / 2)
		now->answer = UINT32_MAX / 2;
}

void
burst_end(struct task *task, struct volume_slot *slot)
{
	exchange_end(task, slot);
	series_end(task, slot);
	run_end(task, slot);
	visit_end(task, slot);
}
