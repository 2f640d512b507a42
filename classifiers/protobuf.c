/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protocol buffers (the encoding at protobuf.dev) without a schema. Fields of
 * the outer messages are read as they come; a field short enough for a contact
 * is held and read whole. A run of fields with one number is a list, and each
 * of its items a record. A body of nothing but eight-byte numbers is read, too.
 */
#include "classifiers/protobuf.h"

#include <string.h>

/* Messages around the lists. */
#define OUTER_MAX 8
/* Bytes that tell what a long field is. */
#define PEEK 32
/* Integers at the beginning that are all telephone numbers: a list of them. */
#define NUMBERS_MIN 4
/* Longer fields are no part of a body we would see. */
#define LENGTH_MAX ((uint64_t)1 << 30)

enum place { IN_TAG, IN_INTEGER, IN_LENGTH, IN_FIXED, IN_FIELD, IN_PEEK, IN_SKIP,
	IN_VECTOR, IN_VARINTS, BROKEN };

struct protobuf {
	struct parser parser;
	uint8_t place;		/* enum place */
	uint8_t number_len;	/* bytes of the number that is being read */
	uint8_t number[10];
	bool big;		/* the vector's numbers begin with the big end */
	bool pending;		/* a record waits for the field after it */
	unsigned outer;		/* open messages */
	uint64_t at;		/* bytes so far */
	uint64_t ends[OUTER_MAX];
	uint64_t tag, left;	/* of the field: bytes still to come */
	uint32_t shape;		/* of the open messages */
	struct person person;	/* the record that waits */
	uint64_t last;		/* digits in text, as protobuf_field() wants them */
	size_t held;
	uint8_t field[FIELD_MAX];
};

/* ---- records ------------------------------------------------------------------- */

/* Alone in its place it is no item of a list: the sender's own number, mostly. */
static void
pending_end(struct protobuf *proto, bool single)
{
	if (!proto->pending)
		return;
	proto->pending = false;
	proto->person.single = single;
	census_person(proto->parser.census, &proto->person);
}

static uint32_t
field_shape(const struct protobuf *proto)
{
	return proto->shape * 31 + (uint32_t)proto->tag;
}

/* A record that followed its like ends at once, the first of them waits. */
static void
record_begin(struct protobuf *proto)
{
	uint32_t shape = field_shape(proto);
	bool follows = proto->person.shape == shape;

	pending_end(proto, !follows);
	proto->person = (struct person){ .base = proto->parser.census->top,
	    .shape = shape, .single = !follows };
}

static void
record_end(struct protobuf *proto, bool name)
{
	proto->person.name = name;
	proto->pending = true;
	if (!proto->person.single)
		pending_end(proto, false);
}

static void
number_record(struct protobuf *proto, uint64_t value)
{
	uint64_t mark;

	if (!protobuf_number(value, &mark))
		return;
	record_begin(proto);
	census_push(proto->parser.census, mark);
	record_end(proto, false);
}

static void
field_record(struct protobuf *proto)
{
	bool name;

	record_begin(proto);
	protobuf_field(proto->parser.census, proto->field, proto->held,
	    field_shape(proto), &name, &proto->last);
	record_end(proto, name);
	explicit_bzero(proto->field, proto->held);
	proto->held = 0;
}

/* ---- fields ---------------------------------------------------------------------- */

static void
field_begin(struct protobuf *proto, uint64_t length)
{
	uint64_t room = proto->outer > 0 ?
	    proto->ends[proto->outer - 1] - proto->at : LENGTH_MAX;

	proto->left = length;
	proto->held = 0;
	if (length > room)
		proto->place = BROKEN;
	else if (length == 0)
		proto->place = IN_TAG;
	else
		proto->place = length <= FIELD_MAX ? IN_FIELD : IN_PEEK;
}

static void
tag_read(struct protobuf *proto, uint64_t tag)
{
	static const uint8_t places[8] = {
		[WIRE_VARINT] = IN_INTEGER, [WIRE_FIXED64] = IN_FIXED,
		[WIRE_BYTES] = IN_LENGTH, [WIRE_FIXED32] = IN_FIXED
	};

	proto->tag = tag;
	proto->held = 0;
	proto->left = (tag & 7) == WIRE_FIXED64 ? 8 : 4;
	proto->place = protobuf_tag_valid(tag) ? places[tag & 7] : BROKEN;
}

/* Messages that end here. */
static void
outer_close(struct protobuf *proto)
{
	while (proto->outer > 0 && proto->at >= proto->ends[proto->outer - 1]) {
		pending_end(proto, proto->person.single);
		proto->outer--;
		proto->shape = proto->outer;
	}
}

static void
number_byte(struct protobuf *proto, uint8_t c)
{
	uint64_t value;

	proto->number[proto->number_len++] = c;
	if (c & 0x80) {
		if (proto->number_len == sizeof(proto->number))
			proto->place = BROKEN;
		return;
	}
	protobuf_varint(proto->number, proto->number_len, &value);
	proto->number_len = 0;
	if (proto->place == IN_TAG) {
		tag_read(proto, value);
	} else if (proto->place == IN_LENGTH) {
		field_begin(proto, value);
	} else {
		proto->place = IN_TAG;
		number_record(proto, value);
	}
}

static void protobuf_feed(void *state, const char *data, size_t len);

/* Enough of a long field is there to see what it is. */
static void
peek_end(struct protobuf *proto)
{
	uint8_t seen[PEEK];
	uint64_t tag;

	memcpy(seen, proto->field, PEEK);
	proto->held = 0;
	proto->place = IN_SKIP;
	if (protobuf_vector(seen, PEEK, &proto->big)) {
		pending_end(proto, proto->person.single);
		proto->place = IN_VECTOR;
	} else if (protobuf_varints(seen, PEEK)) {
		pending_end(proto, proto->person.single);
		proto->place = IN_VARINTS;
	} else if (proto->outer < OUTER_MAX && protobuf_varint(seen, PEEK, &tag) > 0 &&
	    protobuf_tag_valid(tag)) {
		pending_end(proto, proto->person.single);
		/* The bytes seen are fed again, as what they are. */
		proto->at -= PEEK;
		proto->ends[proto->outer++] = proto->at + PEEK + proto->left;
		proto->shape = proto->outer;
		proto->place = IN_TAG;
		protobuf_feed(proto, (const char *)seen, PEEK);
		explicit_bzero(seen, PEEK);
		return;
	}
	if (proto->place == IN_VECTOR || proto->place == IN_VARINTS) {
		proto->left += PEEK;
		proto->at -= PEEK;
		protobuf_feed(proto, (const char *)seen, PEEK);
	}
	explicit_bzero(seen, PEEK);
}

static void
vector_add(struct protobuf *proto, uint64_t value)
{
	struct census *census = proto->parser.census;
	struct person person = { .base = census->top, .shape = field_shape(proto) };
	uint64_t mark;

	if (protobuf_number(value, &mark)) {
		census_push(census, mark);
		census_people(census, &person);
	} else {
		census->loose++;
	}
	proto->held = 0;
}

/* Takes what belongs to the field, up to `most` bytes held. */
static size_t
field_hold(struct protobuf *proto, const char *data, size_t len, size_t most)
{
	size_t n = most - proto->held;

	if (n > len)
		n = len;
	if (n > proto->left)
		n = (size_t)proto->left;
	memcpy(proto->field + proto->held, data, n);
	proto->held += n;
	proto->left -= n;
	proto->at += n;
	return n;
}

/* A byte of a packed varint; one that has no end ends the field's reading. */
static size_t
varint_hold(struct protobuf *proto, const char *data)
{
	uint64_t value;

	field_hold(proto, data, 1, sizeof(proto->number));
	if (!(proto->field[proto->held - 1] & 0x80)) {
		protobuf_varint(proto->field, proto->held, &value);
		vector_add(proto, value);
	} else if (proto->held == sizeof(proto->number)) {
		proto->place = IN_SKIP;
	}
	return 1;
}

static size_t
field_run(struct protobuf *proto, const char *data, size_t len)
{
	size_t n;

	switch ((enum place)proto->place) {
	case IN_PEEK:
		n = field_hold(proto, data, len, PEEK);
		if (proto->held == PEEK)
			peek_end(proto);
		return n;
	case IN_VECTOR:
		n = field_hold(proto, data, len, 8);
		if (proto->held == 8)
			vector_add(proto, protobuf_fixed64(proto->field, proto->big));
		break;
	case IN_VARINTS:
		n = varint_hold(proto, data);
		break;
	case IN_SKIP:
		n = len < proto->left ? len : (size_t)proto->left;
		proto->left -= n;
		proto->at += n;
		break;
	default:
		n = field_hold(proto, data, len, FIELD_MAX);
		if (proto->left > 0)
			return n;
		if (proto->place == IN_FIELD)
			field_record(proto);
		else if (proto->held == 8)
			number_record(proto, protobuf_fixed64(proto->field, false));
		break;
	}
	if (proto->left == 0)
		proto->place = IN_TAG;
	return n;
}

static void
protobuf_feed(void *state, const char *data, size_t len)
{
	struct protobuf *proto = state;

	while (len > 0 && proto->place != BROKEN) {
		size_t n = 1;

		if (proto->place == IN_TAG && proto->number_len == 0)
			outer_close(proto);
		if (proto->place <= IN_LENGTH) {
			proto->at++;
			number_byte(proto, (uint8_t)*data);
		} else {
			n = field_run(proto, data, len);
		}
		data += n;
		len -= n;
	}
}

/* ---- the row ---------------------------------------------------------------------- */

static bool
type_says(const struct sample *sample)
{
	return strstr(sample->media_type, "protobuf") != NULL ||
	    strstr(sample->media_type, "grpc") != NULL ||
	    strstr(sample->media_type, "x-proto") != NULL;
}

/* Control characters: text has none. */
static bool
is_binary(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (data[i] < ' ' && data[i] != '\t' && data[i] != '\n' &&
		    data[i] != '\r')
			return true;
	return false;
}

struct chain { const uint8_t *data; size_t at, len; unsigned fields, bytes, numbers; };

/* One field more. False: it is none, or not whole; *bad: no schema has it. */
static bool
chain_step(struct chain *chain, bool *bad)
{
	const uint8_t *at = chain->data + chain->at;
	size_t left = chain->len - chain->at, n, m = 8;
	uint64_t tag, value = 0, mark;

	n = protobuf_varint(at, left, &tag);
	*bad = n > 0 && !protobuf_tag_valid(tag);
	if (n == 0 || *bad)
		return false;
	if ((tag & 7) == WIRE_FIXED32)
		m = 4;
	else if ((tag & 7) != WIRE_FIXED64)
		m = protobuf_varint(at + n, left - n, &value);
	else if (left - n < m)
		m = 0;
	else
		value = protobuf_fixed64(at + n, false);
	if (m == 0)
		return false;
	if ((tag & 7) == WIRE_BYTES) {
		*bad = value > LENGTH_MAX;
		m += (size_t)value;
		chain->bytes++;
	} else if (protobuf_number(value, &mark)) {
		chain->numbers++;
	}
	chain->at += n + m;
	chain->fields++;
	return !*bad && chain->at < chain->len;
}

/* Tags and lengths chain through the sample; some field has bytes, or all numbers. */
static bool
fields_chain(const uint8_t *data, size_t len, bool whole)
{
	struct chain chain = { .data = data, .len = len };
	bool bad = false;

	while (chain_step(&chain, &bad))
		;
	if (bad || (chain.bytes == 0 && (chain.numbers < NUMBERS_MIN ||
	    chain.numbers < chain.fields)))
		return false;
	return whole ? chain.at == len : chain.fields >= 1;
}

static bool
protobuf_sniff(const struct sample *sample)
{
	const uint8_t *data = (const uint8_t *)sample->text;
	bool big;

	if (sample->field || sample->len < 8)
		return false;
	if (!is_binary(data, sample->len) && !type_says(sample))
		return false;
	if (sample->len >= 32 && protobuf_vector(data, sample->len, &big))
		return true;
	return fields_chain(data, sample->len, sample->whole);
}

static void
protobuf_start(void *state, const struct sample *sample)
{
	struct protobuf *proto = state;

	if (sample->len < 32 || !protobuf_vector((const uint8_t *)sample->text,
	    sample->len, &proto->big))
		return;
	proto->place = IN_VECTOR;
	proto->left = LENGTH_MAX;
}

/* Lengths cannot be found again. */
static void
protobuf_gap(void *state)
{
	struct protobuf *proto = state;

	pending_end(proto, proto->person.single);
	proto->place = BROKEN;
}

static void
protobuf_end(void *state)
{
	struct protobuf *proto = state;

	pending_end(proto, proto->person.single);
	explicit_bzero(proto->field, sizeof(proto->field));
}

const struct format_row format_protobuf = {
	FORMAT_PROTOBUF, "protobuf", sizeof(struct protobuf), protobuf_sniff,
	protobuf_start, protobuf_feed, protobuf_gap, protobuf_end
};
