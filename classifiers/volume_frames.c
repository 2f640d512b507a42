/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WhatsApp on its own transport: each frame has its length in clear, then a
 * Noise message with a 16-byte tag (WhiskeySockets/Baileys: noise-handler,
 * WABinary/encode). A look-up of contacts is one frame that grows with each
 * number by 10 bytes and the number's characters, and by one byte once the
 * list has more than 255 members. Its answer is of the same order; messages,
 * keys and state that go up are answered by a few bytes.
 */
#include <math.h>
#include <string.h>

#include "classifiers/volume.h"

/* A frame whose answer takes longer was no question. */
#define FRAMES_WAIT_US (30 * USEC_PER_SEC)
/* An answer is between these shares of the question (it may be compressed). */
#define ANSWER_SHARE_MIN 0.15
#define ANSWER_SHARE_MAX 5.0
/* A fit at another length than expected counts when it is this near the mean. */
#define NEAR_SHARE 0.03
/* Without sight of answers, a login and its keys look like small books. */
#define BLIND_MIN 4096
/* The largest group whose members' devices one frame asks for. */
#define GROUP_MAX 1100
/* From this many members on, a list's head is one byte longer. */
#define LIST8_MAX 255

/* A number in a contact node, beside its own characters. */
#define NUMBER_NODE 10
/* The lengths that numbers of an address book have, with their "+". */
#define NUMBER_CHARS_MIN 11
#define NUMBER_CHARS_USUAL 12
#define NUMBER_CHARS_MAX 15
/* Digits packed two a byte: the least and the most a number then takes. */
#define PACKED_PER_LOW 16

/* Ways to ask, measured with the library's own encoder; bytes on the wire. */
struct frame_form {
	uint32_t base;
	uint32_t extra;		/* bytes a number beside node and characters */
	bool packed;		/* digits two a byte */
	double answer_min, answer_max;	/* the answer's size over the question's */
};

static const struct frame_form frame_forms[] = {
	/* one protocol: contact */
	{ 84, 0, false, 0, ANSWER_SHARE_MAX },
	/* contact, status, business, devices, ... */
	{ 131, 0, false, 0, ANSWER_SHARE_MAX },
	/* digits without "+": an answer repeats them unpacked */
	{ 84, 0, true, 1.6, ANSWER_SHARE_MAX },
	/* changes only, each with its type: 26 bytes up, at most 38 down */
	{ 132, 2, false, 0, 1.5 },
};
#define FRAME_FORMS (sizeof(frame_forms) / sizeof(frame_forms[0]))

/* A question for the devices of accounts, asked all day; no address book. */
#define QUERY_BASE 86
#define QUERY_PER_LOW 13
#define QUERY_PER_HIGH 15
/* Its answer lists every device of every account. */
#define QUERY_SHARE_MIN 1.9

/*
 * How long mobile numbers are, with "+" and country code, and their mean in a
 * book of the region (ITU-T E.202 lists; national plans).
 */
struct number_length {
	char region[3];
	uint8_t chars;
	double mean;
};

static const struct number_length number_lengths[] = {
	{ "AT", 14, 13.6 }, { "BE", 12, 12.1 }, { "BG", 13, 12.9 },
	{ "CH", 12, 12.2 }, { "CY", 12, 12.1 }, { "CZ", 13, 12.9 },
	{ "DE", 14, 13.6 }, { "DK", 11, 11.2 }, { "EE", 12, 11.9 },
	{ "ES", 12, 12.1 }, { "FI", 13, 12.9 }, { "FR", 12, 12.1 },
	{ "GB", 13, 12.9 }, { "GR", 13, 12.9 }, { "HR", 13, 12.8 },
	{ "HU", 12, 12.1 }, { "IE", 13, 12.9 }, { "IT", 13, 12.9 },
	{ "LI", 12, 12.2 }, { "LT", 12, 12.1 }, { "LU", 13, 12.8 },
	{ "LV", 12, 12.1 }, { "MT", 12, 12.1 }, { "NL", 12, 12.2 },
	{ "NO", 11, 11.3 }, { "PL", 12, 12.1 }, { "PT", 13, 12.9 },
	{ "RO", 12, 12.1 }, { "SE", 12, 12.1 }, { "SI", 12, 12.2 },
	{ "SK", 13, 12.9 }, { "US", 12, 12.1 },
};
static const struct number_length number_length_any = { "", 14, 13.5 };

static const struct number_length *
number_length_of(const char *region)
{
	size_t count = sizeof(number_lengths) / sizeof(number_lengths[0]);

	for (size_t i = 0; region != NULL && i < count; i++)
		if (strcmp(number_lengths[i].region, region) == 0)
			return &number_lengths[i];
	return &number_length_any;
}

static uint32_t
form_per(const struct frame_form *form, uint32_t chars)
{
	uint32_t digits = chars - 1;

	return NUMBER_NODE + form->extra +
	    (form->packed ? (digits + 1) / 2 : chars);
}

/* The number of members when every one takes `per` bytes; 0 for no such. */
static uint64_t
members_exact(uint64_t bytes, uint32_t base, uint32_t per)
{
	uint64_t rest = bytes > base ? bytes - base : 0;

	if (rest > (uint64_t)per * LIST8_MAX)
		rest--;
	return rest % per == 0 ? rest / per : 0;
}

/*
 * Does the plainest form fit at any usual length? Then digits two a byte,
 * which no app is known to send, are the worse explanation.
 */
static bool
plain_fits(uint64_t bytes)
{
	for (uint32_t chars = NUMBER_CHARS_USUAL; chars < NUMBER_CHARS_MAX; chars++)
		if (members_exact(bytes, frame_forms[0].base,
		    form_per(&frame_forms[0], chars)) > 0)
			return true;
	return false;
}

static uint64_t
forms_exact(uint64_t bytes, uint64_t answer, uint32_t chars)
{
	double share = (double)answer / (double)bytes;

	for (size_t i = 0; i < FRAME_FORMS; i++) {
		const struct frame_form *form = &frame_forms[i];
		uint64_t n;

		if (answer > 0 && (share < form->answer_min ||
		    share > form->answer_max))
			continue;
		if (form->packed && plain_fits(bytes))
			continue;
		n = members_exact(bytes, form->base, form_per(form, chars));
		if (n > 0)
			return n;
	}
	return 0;
}

/* The same over other lengths, those nearest the expected one first. */
static uint64_t
forms_exact_near(uint64_t bytes, uint64_t answer, uint32_t chars)
{
	for (uint32_t away = 1; away <= NUMBER_CHARS_MAX - NUMBER_CHARS_MIN; away++) {
		uint64_t n = 0;

		if (chars - away >= NUMBER_CHARS_MIN)
			n = forms_exact(bytes, answer, chars - away);
		if (n == 0 && chars + away <= NUMBER_CHARS_MAX)
			n = forms_exact(bytes, answer, chars + away);
		if (n > 0)
			return n;
	}
	return 0;
}

static uint64_t
query_members(uint64_t bytes)
{
	for (uint32_t per = QUERY_PER_HIGH; per >= QUERY_PER_LOW; per--) {
		uint64_t n = members_exact(bytes, QUERY_BASE, per);

		if (n > 0 && n <= GROUP_MAX)
			return n;
	}
	return 0;
}

enum frame_guess
frames_estimate(uint64_t bytes, uint64_t answer, const char *region,
    struct contacts *contacts)
{
	const struct number_length *length = number_length_of(region);
	const struct frame_form *least = &frame_forms[0];
	const struct frame_form *most = &frame_forms[FRAME_FORMS - 1];
	uint64_t expected, near, query;
	double mean = (double)(bytes - least->base) /
	    (NUMBER_NODE + length->mean);

	*contacts = (struct contacts){ .method = METHOD_SIZE };
	if (bytes <= most->base + 1)
		return FRAME_NOTHING;
	expected = forms_exact(bytes, answer, length->chars);
	near = forms_exact_near(bytes, answer, length->chars);
	query = answer == 0 || (double)answer >= QUERY_SHARE_MIN * (double)bytes ?
	    query_members(bytes) : 0;
	contacts->low = (int64_t)((bytes - most->base - 1) /
	    form_per(most, NUMBER_CHARS_MAX));
	contacts->high = (int64_t)((bytes - least->base) / PACKED_PER_LOW);
	contacts->best = (int64_t)round(mean);
	if (expected > 0)
		contacts->best = (int64_t)expected;
	else if (near > 0 && fabs((double)near - mean) <= NEAR_SHARE * mean)
		contacts->best = (int64_t)near;
	if (expected > 0 && query == 0)
		return FRAME_UPLOAD;
	if (expected == 0 && query > 0)
		return FRAME_QUERY;
	return FRAME_MIXED;
}

/* ---- frames that wait for an answer --------------------------------------- */

static void
frames_take(struct frames *frames, uint8_t index)
{
	frames->count--;
	memmove(&frames->waiting[index], &frames->waiting[index + 1],
	    (frames->count - index) * sizeof(frames->waiting[0]));
}

static void
frames_tell(struct task *task, struct volume_slot *slot,
    const struct exchange *asked, bool answered)
{
	uint64_t index;
	const struct size_model *model = volume_model(slot->work, SHAPE_FRAMES,
	    &index);
	struct upload upload = {
		.begin_us = asked->begin_us, .end_us = asked->end_us,
		.bytes_up = asked->up, .bytes_down = asked->down
	};
	enum frame_guess guess = frames_estimate(asked->up, asked->down,
	    task->region, &upload.contacts);

	if (model == NULL || guess == FRAME_NOTHING || guess == FRAME_QUERY)
		return;
	upload.contacts.confidence = guess == FRAME_UPLOAD && answered ?
	    model->confidence : CONFIDENCE_LOW;
	volume_tell(task, slot, SHAPE_FRAMES, &upload);
}

static void
frames_up(struct frames *frames, const struct size_model *model,
    const struct volume_unit *unit)
{
	if (unit->len < model->min_bytes ||
	    (model->max_bytes != 0 && unit->len > model->max_bytes))
		return;
	if (frames->count == FRAMES_WAITING_MAX)
		frames_take(frames, 0);
	frames->waiting[frames->count++] = (struct exchange){
		.up = unit->len, .begin_us = unit->begin_us,
		.end_us = unit->end_us, .before = unit->before
	};
}

static void
frames_down(struct task *task, struct volume_slot *slot,
    const struct volume_unit *unit)
{
	struct frames *frames = &slot->work->frames;

	for (uint8_t i = 0; i < frames->count; i++) {
		struct exchange asked = frames->waiting[i];
		double share = (double)unit->len / (double)asked.up;

		if (share < ANSWER_SHARE_MIN || share > ANSWER_SHARE_MAX)
			continue;
		asked.down = unit->len;
		asked.end_us = unit->end_us;
		frames_take(frames, i);
		frames_tell(task, slot, &asked, true);
		return;
	}
}

void
frames_unit(struct task *task, struct volume_slot *slot,
    const struct volume_unit *unit)
{
	struct frames *frames = &slot->work->frames;
	uint64_t index;
	const struct size_model *model = volume_model(slot->work, SHAPE_FRAMES,
	    &index);

	if (model == NULL)
		return;
	while (frames->count > 0 && slot->side[DIR_DOWN].seen &&
	    unit->begin_us > frames->waiting[0].end_us + FRAMES_WAIT_US)
		frames_take(frames, 0);
	if (unit->dir == DIR_UP)
		frames_up(frames, model, unit);
	else
		frames_down(task, slot, unit);
}

static bool
frame_may_be(const struct task *task, const struct size_model *model,
    const struct exchange *asked, struct observation *seen, struct upload *upload)
{
	struct contacts contacts;
	enum frame_guess guess;

	if (asked->up < BLIND_MIN || asked->up < model->min_bytes ||
	    (model->max_bytes != 0 && asked->up > model->max_bytes))
		return false;
	guess = frames_estimate(asked->up, 0, task->region, &contacts);
	if (guess == FRAME_NOTHING || query_members(asked->up) > 0 ||
	    contacts.best <= upload->contacts.best)
		return false;
	*upload = (struct upload){
		.begin_us = asked->begin_us, .end_us = asked->end_us,
		.bytes_up = asked->up, .contacts = contacts
	};
	upload->contacts.confidence = CONFIDENCE_LOW;
	seen->before = asked->before;
	return true;
}

/*
 * A frame tells its length before its bytes, but nobody has answered it: it is
 * taken for an upload where one that is never answered is (BLIND_MIN), and only
 * if it cannot be a question for devices: an app that is cut off asks that
 * again, and for ever. Some books have such a length too; the answer to those
 * tells, when they have gone.
 */
bool
frames_peek(const struct task *task, const struct volume_slot *slot,
    struct observation *seen, struct upload *upload)
{
	const struct frames *frames = &slot->work->frames;
	struct volume_unit unit;
	uint64_t index;
	const struct size_model *model = volume_model(slot->work, SHAPE_FRAMES,
	    &index);
	bool found = false;

	if (model == NULL)
		return false;
	if (volume_unit_open(slot, DIR_UP, &unit)) {
		struct exchange coming = {
			.up = unit.len, .before = unit.before,
			.begin_us = unit.begin_us, .end_us = unit.end_us
		};

		found = frame_may_be(task, model, &coming, seen, upload);
	}
	for (uint8_t i = 0; i < frames->count; i++)
		found = frame_may_be(task, model, &frames->waiting[i], seen, upload) ||
		    found;
	return found;
}

void
frames_end(struct task *task, struct volume_slot *slot)
{
	struct frames *frames = &slot->work->frames;
	bool blind = !slot->side[DIR_DOWN].seen ||
	    volume_side_dead(&slot->side[DIR_DOWN]);

	/* A question whose answer could be seen, and was not, was none. */
	for (uint8_t i = 0; blind && i < frames->count; i++)
		if (frames->waiting[i].up >= BLIND_MIN)
			frames_tell(task, slot, &frames->waiting[i], false);
	frames->count = 0;
}
