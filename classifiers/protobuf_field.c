/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One field of a protocol buffer, without its schema: text, a message, a
 * vector of telephone numbers, a digest, or nothing of ours.
 */
#include "classifiers/protobuf.h"

#include <stdio.h>

#include "classifiers/identify.h"

/* Messages inside messages. */
#define DEPTH_MAX 6
/* Field numbers counted in one message. */
#define FIELDS_MAX 16
/* Integers below are times in seconds and short ids. */
#define INTEGER_MIN UINT64_C(10000000000)
/* Numbers in text, without "+": so many digits, so many in one record. */
#define DIGITS_MIN 11
#define DIGITS_MAX 15
#define WRITTEN_MAX 4
/* Ids that are given out one after the other are nearer than numbers of people. */
#define NEAR 1000
/* What digits that cannot be a number weigh against those that can. */
#define STRANGE_WEIGHT 3

size_t
protobuf_varint(const uint8_t *data, size_t len, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < len && i < 10; i++) {
		*value |= (uint64_t)(data[i] & 0x7f) << (7 * i);
		if (!(data[i] & 0x80))
			return i + 1;
	}
	return 0;
}

bool
protobuf_tag_valid(uint64_t tag)
{
	uint64_t wire = tag & 7, field = tag >> 3;

	return field > 0 && field <= NUMBER_OF_FIELD_MAX && (wire == WIRE_VARINT ||
	    wire == WIRE_FIXED64 || wire == WIRE_BYTES || wire == WIRE_FIXED32);
}

bool
protobuf_number(uint64_t value, uint64_t *mark)
{
	char digits[24];
	int len;

	if (value < INTEGER_MIN)
		return false;
	len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
	return numbering_plausible(digits, (size_t)len) &&
	    number_mark(digits, (size_t)len, false, mark) >= 0;
}

uint64_t
protobuf_fixed64(const uint8_t *data, bool big)
{
	uint64_t value = 0;

	for (size_t i = 0; i < 8; i++)
		value = value << 8 | data[big ? i : 7 - i];
	return value;
}

bool
protobuf_vector(const uint8_t *data, size_t len, bool *big)
{
	uint64_t mark;

	for (int way = 0; way < 2 && len >= 16; way++) {
		size_t at = 0;

		*big = way == 0;
		while (at + 8 <= len && at < 32 &&
		    protobuf_number(protobuf_fixed64(data + at, *big), &mark))
			at += 8;
		if (at + 8 > len || at == 32)
			return true;
	}
	return false;
}

bool
protobuf_varints(const uint8_t *data, size_t len)
{
	unsigned count = 0;
	uint64_t value, mark;

	for (size_t at = 0, n; at < len && count < 4; at += n, count++) {
		n = protobuf_varint(data + at, len - at, &value);
		if (n == 0 || !protobuf_number(value, &mark))
			return false;
	}
	return count >= 2;
}

/* ---- walking over the fields of a message ------------------------------------ */

struct item {
	uint64_t tag, value;	/* value: of an integer; of bytes their number */
	const uint8_t *data;	/* of bytes */
};

/* Takes the next field off. False: there is none, or none that is whole. */
static bool
item_next(const uint8_t **data, size_t *len, struct item *item)
{
	size_t n = protobuf_varint(*data, *len, &item->tag), m = 0;
	const uint8_t *at = *data + n;
	size_t left = *len - n;

	if (n == 0 || !protobuf_tag_valid(item->tag))
		return false;
	switch (item->tag & 7) {
	case WIRE_VARINT: case WIRE_BYTES:
		m = protobuf_varint(at, left, &item->value);
		if (m == 0)
			return false;
		break;
	case WIRE_FIXED64:
		if (left < 8)
			return false;
		m = 8;
		item->value = protobuf_fixed64(at, false);
		break;
	case WIRE_FIXED32:
		if (left < 4)
			return false;
		m = 4;
		item->value = 0;
		break;
	}
	item->data = at + m;
	left -= m;
	if ((item->tag & 7) == WIRE_BYTES) {
		if (item->value > left)
			return false;
		left -= (size_t)item->value;
	}
	*data += *len - left;
	*len = left;
	return true;
}

/* Is all of it fields, one after the other? */
static bool
protobuf_message(const uint8_t *data, size_t len)
{
	struct item item;

	while (len > 0)
		if (!item_next(&data, &len, &item))
			return false;
	return true;
}

/* How often each field of bytes comes: often is a list. */
struct tags { uint64_t tag[FIELDS_MAX]; unsigned count[FIELDS_MAX], used; };

static void
tags_count(struct tags *tags, const uint8_t *data, size_t len)
{
	struct item item;
	unsigned i;

	tags->used = 0;
	while (len > 0 && item_next(&data, &len, &item)) {
		for (i = 0; i < tags->used && tags->tag[i] != item.tag; i++)
			;
		if (i == FIELDS_MAX)
			continue;
		if (i == tags->used) {
			tags->tag[i] = item.tag;
			tags->count[i] = 0;
			tags->used++;
		}
		tags->count[i]++;
	}
}

static bool
tags_list(const struct tags *tags, uint64_t tag)
{
	for (unsigned i = 0; i < tags->used; i++)
		if (tags->tag[i] == tag)
			return tags->count[i] > PERSON_MAX;
	return false;
}

/* ---- what bytes are -------------------------------------------------------------- */

/* Digits written in the text of one record: a number, where a person is named. */
struct written {
	uint64_t value[WRITTEN_MAX];
	unsigned count;
	bool person;
};

struct walk {
	struct census *census;
	uint32_t shape;
	unsigned depth;
	bool name;
	struct written *written;
	uint64_t *last;
};

/* UTF-8 or nearly: no control characters but those of text. */
static bool
is_text(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (data[i] == 0x7f || (data[i] < ' ' && data[i] != '\n' &&
		    data[i] != '\r' && data[i] != '\t'))
			return false;
	return len > 0;
}

/* Letters, and what stands between those of a name. */
static bool
is_person(const uint8_t *data, size_t len)
{
	if (len < 2 || len > KEY_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (data[i] < 0x80 && !is_alpha((char)data[i]) &&
		    memchr(" .,-'()", data[i], 7) == NULL)
			return false;
	return true;
}

static bool
is_digits(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!is_digit((char)data[i]))
			return false;
	return len >= DIGITS_MIN && len <= DIGITS_MAX;
}

/* Times in seconds and milliseconds begin with 1; such numbers have eleven digits. */
static void
written_add(struct written *written, const char *digits, size_t len)
{
	uint64_t value = 0;

	if ((digits[0] == '1' && len != 11) || written->count == WRITTEN_MAX)
		return;
	for (size_t i = 0; i < len; i++)
		value = value * 10 + (uint64_t)(digits[i] - '0');
	written->value[written->count++] = value;
}

/*
 * The record ends. Ids in text look like numbers, three in four of them: they
 * count beside a name alone, where nothing else reaches that person, and those
 * that nobody can have weigh against them.
 */
static void
written_end(struct walk *walk, unsigned base)
{
	struct census *census = walk->census;
	struct written *written = walk->written;
	uint64_t mark;

	if (!written->person || census->top > base)
		return;
	for (unsigned i = 0; i < written->count; i++) {
		uint64_t value = written->value[i], last = *walk->last;

		*walk->last = value;
		if (!(value < last + NEAR && last < value + NEAR) &&
		    protobuf_number(value, &mark))
			census_push(census, mark);
		else
			census->loose += STRANGE_WEIGHT;
	}
}

/* Text that is an identifier, or a format with some inside. */
static bool
text_read(struct walk *walk, const uint8_t *data, size_t len)
{
	struct census *census = walk->census;
	struct sample sample = { (const char *)data, len, "", true, true };
	unsigned top = census->top;
	struct parser *child;

	if (value_may_nest(sample.text, len) &&
	    (child = parser_new(census, &sample, false)) != NULL) {
		parser_feed(child, sample.text, len);
		parser_end(child);
		return true;
	}
	/* A known call carries people: what could be an id is a number there. */
	if (len <= VALUE_MAX)
		census_value(census, sample.text, len,
		    census->call ? HINT_BOOK : HINT_NONE);
	if (census->top == top && is_digits(data, len))
		written_add(walk->written, sample.text, len);
	walk->written->person |= census->top == top && is_person(data, len);
	return census->top > top;
}

/*
 * Bytes of a digest's length that are no text. Alone they prove nothing, for
 * files and keys have digests too: they belong to no contact, except where the
 * call is known to carry contacts.
 */
static void
digest_read(struct walk *walk, const uint8_t *data, size_t len)
{
	unsigned base = walk->census->top;

	if (len != 10 && len != 16 && len != 20 && len != 32)
		return;
	census_push(walk->census, tally_mark(KIND_HASH, data, len));
	if (!walk->census->call)
		census_drop(walk->census, base);
}

static void
vector_read(struct walk *walk, const uint8_t *data, size_t len, bool big)
{
	struct person person = { .base = walk->census->top, .shape = walk->shape };
	uint64_t mark;

	for (; len >= 8; data += 8, len -= 8) {
		if (!protobuf_number(protobuf_fixed64(data, big), &mark))
			continue;
		census_push(walk->census, mark);
		census_people(walk->census, &person);
	}
}

static void
varints_read(struct walk *walk, const uint8_t *data, size_t len)
{
	struct person person = { .base = walk->census->top, .shape = walk->shape };
	uint64_t value, mark;
	size_t n;

	for (; (n = protobuf_varint(data, len, &value)) > 0; data += n, len -= n) {
		if (!protobuf_number(value, &mark))
			continue;
		census_push(walk->census, mark);
		census_people(walk->census, &person);
	}
}

static void bytes_read(struct walk *walk, const uint8_t *data, size_t len);

static void
item_read(struct walk *walk, const struct item *item)
{
	uint64_t mark;

	if ((item->tag & 7) == WIRE_BYTES)
		bytes_read(walk, item->data, (size_t)item->value);
	else if (protobuf_number(item->value, &mark))
		census_push(walk->census, mark);
}

/* Items of a list are people each; the rest is one record's. */
static void
message_read(struct walk *walk, const uint8_t *data, size_t len)
{
	struct tags tags;
	struct item item;

	tags_count(&tags, data, len);
	walk->depth++;
	while (len > 0 && item_next(&data, &len, &item)) {
		bool listed = tags_list(&tags, item.tag);
		struct written own = { .count = 0 };
		struct walk inner = { walk->census, walk->shape * 31 +
		    (uint32_t)item.tag, walk->depth, false,
		    listed ? &own : walk->written, walk->last };
		struct person person = { .base = walk->census->top,
		    .shape = inner.shape };

		item_read(&inner, &item);
		if (listed) {
			written_end(&inner, person.base);
			explicit_bzero(&own, sizeof(own));
			person.name = inner.name;
			census_person(walk->census, &person);
		} else {
			walk->name |= inner.name;
		}
	}
	walk->depth--;
}

/* A number first, for a message may look like text, and text like a message. */
static void
bytes_read(struct walk *walk, const uint8_t *data, size_t len)
{
	bool text = is_text(data, len), big;

	if (text && text_read(walk, data, len))
		return;
	if (protobuf_vector(data, len, &big) && len % 8 == 0)
		vector_read(walk, data, len, big);
	else if (protobuf_varints(data, len))
		varints_read(walk, data, len);
	else if (len >= 2 && walk->depth < DEPTH_MAX && protobuf_message(data, len))
		message_read(walk, data, len);
	else if (text)
		walk->name = true;
	else
		digest_read(walk, data, len);
}

void
protobuf_field(struct census *census, const uint8_t *data, size_t len,
    uint32_t shape, bool *name, uint64_t *last)
{
	struct written written = { .count = 0 };
	struct walk walk = { census, shape, 0, false, &written, last };
	unsigned base = census->top;

	bytes_read(&walk, data, len);
	written_end(&walk, base);
	explicit_bzero(&written, sizeof(written));
	*name = walk.name;
}
