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

struct walk {
	struct census *census;
	uint32_t shape;
	unsigned depth;
	bool name;
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
	if (len <= VALUE_MAX)
		census_value(census, sample.text, len, HINT_NONE);
	return census->top > top;
}

/*
 * Bytes of a digest's length that are no text. Alone they prove nothing, for
 * files and keys have digests too: they belong to no contact.
 */
static void
digest_read(struct walk *walk, const uint8_t *data, size_t len)
{
	unsigned base = walk->census->top;

	if (len != 10 && len != 16 && len != 20 && len != 32)
		return;
	census_push(walk->census, tally_mark(KIND_HASH, data, len));
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
		struct walk inner = { walk->census, walk->shape * 31 +
		    (uint32_t)item.tag, walk->depth, false };
		struct person person = { .base = walk->census->top,
		    .shape = inner.shape };

		item_read(&inner, &item);
		if (tags_list(&tags, item.tag)) {
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
	else if (len >= 2 && walk->depth < DEPTH_MAX && protobuf_message(data, len))
		message_read(walk, data, len);
	else if (text)
		walk->name = true;
	else
		digest_read(walk, data, len);
}

void
protobuf_field(struct census *census, const uint8_t *data, size_t len,
    uint32_t shape, bool *name)
{
	struct walk walk = { census, shape, 0, false };

	bytes_read(&walk, data, len);
	*name = walk.name;
}
