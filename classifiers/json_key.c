/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of JSON: what they mean, which is remembered, and those that are
 * identifiers themselves.
 */
#include "classifiers/identify.h"
#include "classifiers/json_trail.h"

static uint64_t
word_at(const char *text, size_t len)
{
	uint32_t first = 0, last = 0;

	if (len >= sizeof(first)) {
		memcpy(&first, text, sizeof(first));
		memcpy(&last, text + len - sizeof(last), sizeof(last));
	} else {
		memcpy(&first, text, len);
	}
	return (uint64_t)last << 32 | first;
}

/* Eight bytes at a time: keys are as frequent as values. 2^64 by the golden ratio. */
static uint32_t
hash_text(const char *text, size_t len)
{
	const uint64_t factor = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t hash = len * factor, word;

	for (; len > sizeof(word); len -= sizeof(word), text += sizeof(word)) {
		memcpy(&word, text, sizeof(word));
		hash = (hash ^ word) * factor;
		hash ^= hash >> 32;
	}
	hash = (hash ^ word_at(text, len)) * factor;
	return (uint32_t)(hash >> 32);
}

/*
 * Programs' own keys hardly hold digits or blanks: one that does is an id or a name
 * in a map, whose members are alike as the items of a list are.
 */
static bool
key_counts(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (is_digit(text[i]) || text[i] == ' ')
			return true;
	return false;
}

/* Two places a key may be remembered in; the one met last stands first. */
static const struct json_key *
key_find(struct json *json, const char *text, size_t len)
{
	uint32_t hash = json->key_hash;
	struct json_key *pair = &json->cache[hash % (JSON_CACHE_SIZE / 2) * 2];
	enum word word;

	if (pair[0].hash == hash)
		return &pair[0];
	if (pair[1].hash == hash)
		return &pair[1];
	word = lexicon_word(text, len);
	/* Only JSContact's "@type" tells a type. */
	if (word == WORD_TYPE && text[0] != '@')
		word = WORD_NONE;
	pair[1] = pair[0];
	pair[0] = (struct json_key){ hash, (uint8_t)word,
	    word == WORD_EMAIL || memmem(text, len, "mail", 4) != NULL,
	    word == WORD_NONE && key_counts(text, len) };
	return &pair[0];
}

/*
 * A key that may be a number itself, {"+49...": "Name"}, or in a book a digest.
 * False: it is neither.
 */
static bool
key_value(struct json *json, const struct json_frame *frame, const char *text,
    size_t len)
{
	struct census *census = json->parser.census;
	struct person person = {
		.base = census->top, .shape = frame->path + 1, .name = true
	};
	uint64_t mark;

	if (identify(text, len, frame->book ? HINT_BOOK : HINT_NONE,
	    census->region, &mark) < 0)
		return false;
	census_push(census, mark);
	census_person(census, &person);
	return true;
}

static bool
key_may_identify(const struct json_frame *frame, const char *text, size_t len)
{
	return text[0] == '+' || (frame->book && ((len > NUMBER_MIN &&
	    is_digit(text[0])) || identify_digest_length(len)));
}

bool
json_key_take(struct json *json, const char *text, size_t len)
{
	struct json_frame *frame = json_record_top(json);
	const struct json_key *known;

	json->word = WORD_NONE;
	json->key_hash = 0;
	json->item = false;
	if (len == 0 || frame == NULL)
		return false;
	json->key_hash = hash_text(text, len);
	known = key_find(json, text, len);
	json->word = known->word;
	json->mail = known->mail;
	json->item = known->item;
	return !key_may_identify(frame, text, len) || !key_value(json, frame, text, len);
}

bool
json_key_is_brief(const struct json *json)
{
	return json->key_hash == hash_text("p", 1);
}
