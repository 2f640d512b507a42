/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signal's contact discovery. A WebSocket in TLS 1.3 carries a Noise session
 * into an enclave; inside, a protobuf request of 8 bytes a number (and 32 for
 * each recipient already known), and an answer of 40 bytes a number, whether
 * it was found or not (cdsi.proto of signalapp/ContactDiscoveryService-Icelake;
 * attested sessions of signalapp/libsignal, rust/attest). So both sizes are
 * linear, and the answer alone gives the number exactly.
 *
 * Turns: up the upgrade request; down the attestation (some 25 kB); up the
 * Noise handshake; down its end; up the request; down a token; up its
 * acknowledgement; down the answer.
 */
#include "classifiers/volume.h"

enum cdsi_phase {
	CDSI_OPEN,		/* upgrade and attestation */
	CDSI_HANDSHAKE,		/* the client's Noise message goes up */
	CDSI_READY,		/* its answer came down */
	CDSI_REQUEST,		/* the numbers go up */
	CDSI_TOKEN,		/* something came down since */
	CDSI_ANSWER		/* the token was acknowledged */
};

/* No attestation is smaller, no handshake answer as large. */
#define EVIDENCE_MIN 4096
/* Attestation, certificates and handshake together, where only they show. */
#define EVIDENCE_LOW 24000
#define EVIDENCE_HIGH 40000
/* Acknowledgement, ping, pong and close of the WebSocket are not longer. */
#define TURN_SMALL 64

#define NUMBER_UP 8		/* an E.164 number as a 64-bit integer */
#define KNOWN_UP 32		/* service id and access key of a known recipient */
#define NUMBER_DOWN 40		/* number, PNI and ACI */
/* Noise: messages of 65535 bytes, a 16-byte tag in each. */
#define NOISE_MAX 65535
#define NOISE_TAG 16
/* A request holds a WebSocket header, a tag and a field at the least. */
#define REQUEST_MIN 24
/* The acknowledgement of the token: header, tag, one boolean field. */
#define ACK_WIRE 24
/* Upgrade request, Noise handshake, and a request that must be more. */
#define HANDSHAKE_UP 2600
/* Bytes a number when one in five is a known recipient: a middle, no more. */
#define REQUEST_MEAN 14.4
/* What a lone message adds to its numbers: credits left, a close frame. */
#define OVER_ONE 12
/* Slack in the answer: token, credits left, a split into several messages. */
#define ANSWER_SLACK 6
/* More known recipients than this for the numbers asked is no such session. */
#define KNOWN_PER_NUMBER 4
#define KNOWN_FREE 1000

/* ---- turns ---------------------------------------------------------------- */

static void
cdsi_up(struct cdsi *cdsi, uint32_t len)
{
	switch ((enum cdsi_phase)cdsi->phase) {
	case CDSI_OPEN:
		if (cdsi->evidence >= EVIDENCE_MIN && len > TURN_SMALL)
			cdsi->phase = CDSI_HANDSHAKE;
		break;
	case CDSI_HANDSHAKE:
		break;
	case CDSI_READY:
		if (len < REQUEST_MIN)
			break;
		cdsi->phase = CDSI_REQUEST;
		/* fall through */
	case CDSI_REQUEST:
		cdsi->request += len;
		break;
	case CDSI_TOKEN:
		if (len > TURN_SMALL && cdsi->before <= TURN_SMALL) {
			/* A ping crossed the request. */
			cdsi->request += len;
			cdsi->before = 0;
			cdsi->phase = CDSI_REQUEST;
		} else {
			cdsi->phase = CDSI_ANSWER;
		}
		break;
	case CDSI_ANSWER:
		break;
	}
}

static void
cdsi_down(struct cdsi *cdsi, uint32_t len)
{
	switch ((enum cdsi_phase)cdsi->phase) {
	case CDSI_OPEN:
		cdsi->evidence += len;
		break;
	case CDSI_HANDSHAKE:
		if (len > TURN_SMALL)
			cdsi->phase = CDSI_READY;
		break;
	case CDSI_READY:
		break;
	case CDSI_REQUEST:
		cdsi->phase = CDSI_TOKEN;
		/* fall through */
	case CDSI_TOKEN:
		cdsi->before += len;
		break;
	case CDSI_ANSWER:
		cdsi->after += len;
		break;
	}
}

static void
cdsi_add(struct cdsi *cdsi, const struct volume_unit *unit)
{
	if (cdsi->phase < CDSI_REQUEST)
		cdsi->begin_us = unit->begin_us;
	cdsi->end_us = unit->end_us;
	if (unit->dir == DIR_UP) {
		cdsi->up += unit->len;
		if (++cdsi->ups > 2)
			cdsi->solo += unit->len;
		cdsi->last_up = unit->len;
		cdsi_up(cdsi, unit->len);
	} else {
		cdsi->down += unit->len;
		cdsi->downs++;
		cdsi_down(cdsi, unit->len);
	}
}

void
cdsi_unit(struct volume_slot *slot, const struct volume_unit *unit)
{
	cdsi_add(&slot->work->cdsi, unit);
}

/* ---- sizes ---------------------------------------------------------------- */

/* protobuf encoding, "Length-Delimited Records": tag, varint, bytes. */
static uint64_t
field_len(uint64_t bytes)
{
	uint64_t len = 1 + bytes;

	if (bytes == 0)
		return 0;
	for (uint64_t rest = bytes; rest > 0; rest >>= 7)
		len++;
	return len;
}

/* RFC 6455 section 5.2: header of a frame; the client's has a 4-byte mask. */
static uint64_t
frame_head_len(uint64_t payload, bool masked)
{
	uint64_t head = payload < 126 ? 2 : payload < 65536 ? 4 : 10;

	return masked ? head + 4 : head;
}

/* One tag for each full or begun Noise message. */
static uint64_t
sealed_len(uint64_t bytes)
{
	const uint64_t room = NOISE_MAX - NOISE_TAG;
	uint64_t messages = bytes == 0 ? 1 : (bytes + room - 1) / room;

	return bytes + messages * NOISE_TAG;
}

/* The protobuf bytes inside a masked frame of `wire` bytes; 0 for none. */
static uint64_t
request_inner_len(uint64_t wire)
{
	uint64_t head = wire < 6 + 126 ? 6 : wire < 8 + 65536 ? 8 : 14;
	uint64_t sealed = wire > head ? wire - head : 0;
	uint64_t tags = (sealed + NOISE_MAX - 1) / NOISE_MAX * NOISE_TAG;

	return sealed > tags ? sealed - tags : 0;
}

static uint64_t
answer_len(uint64_t numbers)
{
	uint64_t sealed = sealed_len(field_len(numbers * NUMBER_DOWN));

	return sealed + frame_head_len(sealed, false);
}

/* The most numbers an answer of `wire` bytes can be about. */
static uint64_t
answer_numbers(uint64_t wire)
{
	uint64_t numbers = wire / NUMBER_DOWN;

	while (numbers > 0 && answer_len(numbers) > wire)
		numbers--;
	return numbers;
}

/* Is `rest` the field of some known recipients (or of none) and no more? */
static bool
rest_is_known(uint64_t rest)
{
	return rest == field_len(rest / KNOWN_UP * KNOWN_UP);
}

static struct contacts
numbers_of(uint64_t low, uint64_t best, uint64_t high,
    enum confidence confidence)
{
	return (struct contacts){
		(int64_t)low, (int64_t)best, (int64_t)high, METHOD_SIZE, confidence
	};
}

/*
 * From the request alone: 8 N + 32 K. Without known recipients the bytes
 * above a multiple of 8 are one field's head; with them there are two.
 */
static struct contacts
request_estimate(uint64_t inner)
{
	uint64_t most = inner > 2 ? (inner - 2) / NUMBER_UP : 0;
	uint64_t least = inner / (NUMBER_UP + KNOWN_UP);

	while (most > 0 && field_len(most * NUMBER_UP) > inner)
		most--;
	if (field_len(most * NUMBER_UP) == inner)
		return numbers_of(least, most, most, CONFIDENCE_MEDIUM);
	return numbers_of(least, (uint64_t)((double)inner / REQUEST_MEAN), most,
	    CONFIDENCE_LOW);
}

/* Both sizes: the answer counts, the request must agree. */
static struct contacts
both_estimate(uint64_t inner, uint64_t wire)
{
	uint64_t most = answer_numbers(wire);
	uint64_t over = wire - answer_len(most);
	uint64_t known;

	for (uint64_t n = most; n > 0 && most - n < ANSWER_SLACK; n--)
		if (field_len(n * NUMBER_UP) == inner)
			return numbers_of(n, n, n, CONFIDENCE_HIGH);
	for (uint64_t n = most; n > 0 && most - n < ANSWER_SLACK; n--) {
		if (inner < field_len(n * NUMBER_UP) || (n < most && over <= OVER_ONE))
			continue;
		if (rest_is_known(inner - field_len(n * NUMBER_UP)))
			return numbers_of(n, n, n, CONFIDENCE_HIGH);
	}
	known = inner > most * NUMBER_UP ?
	    (inner - most * NUMBER_UP) / KNOWN_UP : 0;
	if (inner >= field_len(most * NUMBER_UP) &&
	    known <= KNOWN_FREE + KNOWN_PER_NUMBER * most)
		return numbers_of(over <= OVER_ONE || most < 2 ? most : most - 2, most,
		    most, over <= OVER_ONE ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM);
	if (inner / NUMBER_UP < most)
		return numbers_of(inner / (NUMBER_UP + KNOWN_UP), inner / NUMBER_UP,
		    most, CONFIDENCE_LOW);
	return numbers_of(most, most, inner / NUMBER_UP, CONFIDENCE_LOW);
}

struct contacts
cdsi_estimate(uint64_t request, uint64_t answer)
{
	uint64_t inner = request_inner_len(request);

	if (answer_numbers(answer) == 0)
		return request_estimate(inner);
	return both_estimate(inner, answer);
}

/* Only the server's bytes were seen: all of them, attestation included. */
static struct contacts
down_estimate(uint64_t down)
{
	uint64_t low = down > EVIDENCE_HIGH ? down - EVIDENCE_HIGH : 0;
	uint64_t middle = (EVIDENCE_LOW + EVIDENCE_HIGH) / 2;
	uint64_t best = down > middle ? down - middle : 0;

	return numbers_of(low / NUMBER_DOWN, best / NUMBER_DOWN,
	    (down - EVIDENCE_LOW) / NUMBER_DOWN, CONFIDENCE_LOW);
}

/* ---- the end of the session ----------------------------------------------- */

/* Fills the upload's bytes and contacts. False: nothing was asked. */
static bool
cdsi_upload(const struct volume_slot *slot, const struct cdsi *cdsi,
    struct upload *upload)
{
	if (cdsi->phase >= CDSI_REQUEST) {
		upload->bytes_up = cdsi->request;
		/* An answer that did not wait for the acknowledgement. */
		upload->bytes_down = cdsi->after >= answer_len(1) ? cdsi->after :
		    cdsi->before + cdsi->after;
		upload->contacts = cdsi_estimate(cdsi->request, upload->bytes_down);
		return true;
	}
	if (cdsi->downs == 0 && cdsi->solo > ACK_WIRE) {
		upload->bytes_up = cdsi->solo -
		    (cdsi->last_up == ACK_WIRE ? ACK_WIRE : 0);
		upload->contacts = cdsi_estimate(upload->bytes_up, 0);
		return true;
	}
	if (!slot->side[DIR_UP].seen && cdsi->down > EVIDENCE_LOW) {
		upload->bytes_down = cdsi->down;
		upload->contacts = down_estimate(cdsi->down);
		return true;
	}
	if (!slot->gapped || cdsi->up < HANDSHAKE_UP)
		return false;
	upload->bytes_up = cdsi->up;
	upload->bytes_down = cdsi->down;
	upload->contacts = (struct contacts){ CONTACTS_UNKNOWN, CONTACTS_UNKNOWN,
		CONTACTS_UNKNOWN, METHOD_ENDPOINT, CONFIDENCE_MEDIUM };
	return true;
}

/*
 * Before the answer: the least that the request alone will be taken for,
 * however it goes on. Its last record counts from its head on.
 */
bool
cdsi_peek(const struct volume_slot *slot, struct upload *upload)
{
	struct cdsi cdsi = slot->work->cdsi;
	struct volume_unit unit;
	uint64_t index, inner;
	const struct size_model *model = volume_model(slot->work, SHAPE_CDSI,
	    &index);

	if (volume_unit_open(slot, DIR_UP, &unit))
		cdsi_add(&cdsi, &unit);
	if (model == NULL || cdsi.phase < CDSI_REQUEST ||
	    (model->max_bytes != 0 && cdsi.request > model->max_bytes))
		return false;
	inner = request_inner_len(cdsi.request);
	upload->begin_us = cdsi.begin_us;
	upload->end_us = cdsi.end_us;
	upload->bytes_up = cdsi.request;
	upload->contacts = numbers_of(inner / (NUMBER_UP + KNOWN_UP),
	    (uint64_t)((double)inner / REQUEST_MEAN), 0, CONFIDENCE_LOW);
	upload->contacts.high = CONTACTS_UNKNOWN;
	return upload->contacts.best > 0;
}

void
cdsi_end(struct task *task, struct volume_slot *slot)
{
	const struct cdsi *cdsi = &slot->work->cdsi;
	struct upload upload = { 0 };
	uint64_t index;
	const struct size_model *model = volume_model(slot->work, SHAPE_CDSI,
	    &index);

	if (model == NULL || slot->framing != FRAMING_TLS ||
	    !cdsi_upload(slot, cdsi, &upload))
		return;
	if (upload.contacts.best == 0)
		return;
	if (model->max_bytes != 0 && upload.bytes_up > model->max_bytes)
		return;
	if (upload.contacts.confidence > model->confidence)
		upload.contacts.confidence = model->confidence;
	upload.begin_us = cdsi->begin_us;
	upload.end_us = cdsi->end_us;
	volume_tell(task, slot, SHAPE_CDSI, &upload);
	slot->work->visit.told = true;
}
