/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts distinct identifiers without keeping them: a set of 37-bit
 * fingerprints under a random key of this process, wiped when it is freed.
 * When the largest table is full only every second, fourth, ... fingerprint
 * is kept (Wegman's adaptive sampling), so counts become estimates with a
 * known error and memory stays bounded.
 */
#include "classifiers/identify.h"

#include <stdlib.h>
#include <string.h>

#include "core/digest.h"

/*
 * Sizes of the table in slots of five bytes. Two neighbours together, which
 * exist while growing, stay under 51.3 KiB.
 */
static const uint32_t tally_sizes[] = { 32, 512, 9984 };
#define TALLY_SIZES (sizeof(tally_sizes) / sizeof(tally_sizes[0]))

#define TAG_KIND 3u
#define TAG_CONTACT 4u
#define TAG_MORE 0xf8u		/* further bits of the fingerprint */

/* A sample coarser than this would tell nothing. */
#define LEVEL_MAX 20

/* Drawn when the first mark is made; the first of them is then not 0. */
static uint64_t tally_key[4];

/* Both halves of a product, joined: every bit of either factor is in every bit. */
static inline uint64_t
product_low(uint64_t a, uint64_t b, uint64_t *high)
{
#ifdef __SIZEOF_INT128__
	__extension__ const unsigned __int128 product =
	    (unsigned __int128)a * b;

	*high = (uint64_t)(product >> 64);
	return (uint64_t)product;
#else
	uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
	uint64_t middle = a1 * b0 + (a0 * b0 >> 32), other = a0 * b1 + (uint32_t)middle;

	*high = a1 * b1 + (middle >> 32) + (other >> 32);
	return a * b;
#endif
}

static inline uint64_t
fold(uint64_t a, uint64_t b)
{
	uint64_t high, low = product_low(a, b, &high);

	return low ^ high;
}

/* A to Z become a to z, the other bytes stay: eight at a time. */
static inline uint64_t
word_lower(uint64_t word)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t low = word & (ones * 0x7f);
	uint64_t from_a = low + ones * (0x80 - 'A'), past_z = low + ones * (0x7f - 'Z');

	return word | ((from_a & ~past_z & ~word & (ones * 0x80)) >> 2);
}

static inline uint64_t
word_get(const uint8_t *data, bool lower)
{
	uint64_t word;

	memcpy(&word, data, sizeof(word));
	return lower ? word_lower(word) : word;
}

/* Up to eight bytes, the rest 0. */
static inline uint64_t
word_few(const uint8_t *data, size_t len, bool lower)
{
	uint8_t few[8] = { 0 };

	memcpy(few, data, len);
	return word_get(few, lower);
}

/*
 * A keyed hash of products, in the way of Wang Yi's wyhash: sixteen bytes a
 * multiplication, then one more for the last sixteen, which may have been
 * read already. The key never leaves this process.
 */
__attribute__((always_inline)) static inline uint64_t
hash_keyed(const uint8_t *data, size_t len, bool lower)
{
	uint64_t state = tally_key[0] ^ len, a, b = 0, high, low;
	const uint8_t *end = data + len;

	for (; end - data > 16; data += 16)
		state = fold(word_get(data, lower) ^ tally_key[1],
		    word_get(data + 8, lower) ^ state);
	if (len >= 16) {
		a = word_get(end - 16, lower);
		b = word_get(end - 8, lower);
	} else if (len >= 8) {
		a = word_get(data, lower);
		b = word_get(end - 8, lower);
	} else {
		a = word_few(data, len, lower);
	}
	low = product_low(a ^ tally_key[1], b ^ state, &high);
	return fold(low ^ tally_key[2], high ^ tally_key[3]);
}

static inline void
key_need(void)
{
	while (tally_key[0] == 0)
		random_bytes(tally_key, sizeof(tally_key));
}

uint64_t
tally_mark(enum kind kind, const void *data, size_t len)
{
	key_need();
	return (hash_keyed(data, len, false) & ~(uint64_t)3) | kind;
}

uint64_t
tally_mark_word(enum kind kind, uint64_t word)
{
	uint64_t high, low;

	key_need();
	low = product_low(word ^ tally_key[1], tally_key[0], &high);
	return (fold(low ^ tally_key[2], high ^ tally_key[3]) & ~(uint64_t)3) | kind;
}

uint64_t
tally_mark_lower(enum kind kind, const char *text, size_t len)
{
	key_need();
	return (hash_keyed((const uint8_t *)text, len, true) & ~(uint64_t)3) | kind;
}

static uint32_t
tally_home(const struct tally *tally, uint32_t print)
{
	return (uint32_t)((uint64_t)print * tally->slots >> 32);
}

static uint32_t
tally_next(const struct tally *tally, uint32_t slot)
{
	return slot + 1 == tally->slots ? 0 : slot + 1;
}

/* The slot of a fingerprint, or the free one where it belongs. */
static uint32_t
tally_find(const struct tally *tally, uint32_t print, uint8_t tag)
{
	uint32_t slot = tally_home(tally, print);

	while (tally->prints[slot] != 0 &&
	    (tally->prints[slot] != print ||
	    ((tally->tags[slot] ^ tag) & (uint8_t)~TAG_CONTACT) != 0))
		slot = tally_next(tally, slot);
	return slot;
}

static void
tally_account(struct tally *tally, uint8_t tag, int by)
{
	tally->count[tag & TAG_KIND] += (uint32_t)by;
	if (tag & TAG_CONTACT)
		tally->contacts += (uint32_t)by;
}

static void
tally_wipe(uint32_t *prints, uint8_t *tags, uint32_t slots)
{
	if (prints != NULL)
		explicit_bzero(prints, slots * sizeof(*prints));
	if (tags != NULL)
		explicit_bzero(tags, slots);
	free(prints);
	free(tags);
}

/* Moves into the next larger table. False: there is none. */
static bool
tally_grow(struct tally *tally)
{
	struct tally old = *tally;
	unsigned step = old.slots == 0 ? 0 : old.step + 1;
	uint32_t slots = step < TALLY_SIZES ? tally_sizes[step] : 0;
	uint32_t *prints;
	uint8_t *tags;

	if (tally->most != 0 && slots > tally->most)
		slots = tally->most;
	if (slots <= old.slots)
		return false;
	prints = calloc(slots, sizeof(*prints));
	tags = calloc(slots, 1);
	if (prints == NULL || tags == NULL) {
		free(prints);
		free(tags);
		return false;
	}
	tally->prints = prints;
	tally->tags = tags;
	tally->slots = slots;
	tally->step = step;
	for (uint32_t i = 0; i < old.slots; i++) {
		uint32_t slot;

		if (old.prints[i] == 0)
			continue;
		slot = tally_find(tally, old.prints[i], old.tags[i]);
		prints[slot] = old.prints[i];
		tags[slot] = old.tags[i];
	}
	tally_wipe(old.prints, old.tags, old.slots);
	return true;
}

static bool
tally_keeps(const struct tally *tally, uint32_t print)
{
	return (print & ((1u << tally->level) - 1)) == 0;
}

/* Puts what stands in a slot where it belongs now, or leaves it out. */
static void
tally_settle(struct tally *tally, uint32_t slot)
{
	uint32_t print = tally->prints[slot];
	uint8_t tag = tally->tags[slot];

	tally->prints[slot] = 0;
	tally->tags[slot] = 0;
	if (!tally_keeps(tally, print)) {
		tally_account(tally, tag, -1);
		tally->used--;
		return;
	}
	slot = tally_find(tally, print, tag);
	tally->prints[slot] = print;
	tally->tags[slot] = tag;
}

/*
 * Halves the sample. From a free slot on, each is settled in turn: what stands
 * before it is already where it will be found, and none moves to behind it.
 */
static void
tally_thin(struct tally *tally)
{
	uint32_t first = 0, slot;

	tally->level++;
	if (tally->used == 0)
		return;
	while (tally->prints[first] != 0)
		first = tally_next(tally, first);
	for (slot = tally_next(tally, first); slot != first;
	    slot = tally_next(tally, slot))
		if (tally->prints[slot] != 0)
			tally_settle(tally, slot);
}

static bool
tally_room(struct tally *tally)
{
	/* Full at 15/16: linear probing still ends soon. */
	if (tally->used < tally->slots - tally->slots / 16)
		return true;
	if (tally_grow(tally))
		return true;
	if (tally->slots == 0 || tally->level == LEVEL_MAX)
		return false;
	tally_thin(tally);
	return tally->used < tally->slots - tally->slots / 16;
}

static enum tally_answer
tally_put(struct tally *tally, uint32_t print, uint8_t tag, bool contact)
{
	uint32_t slot;

	if (!tally_keeps(tally, print) || !tally_room(tally) ||
	    !tally_keeps(tally, print))
		return TALLY_SKIPPED;
	slot = tally_find(tally, print, tag);
	if (tally->prints[slot] != 0) {
		if (!contact || (tally->tags[slot] & TAG_CONTACT))
			return TALLY_KNOWN;
		tally->tags[slot] |= TAG_CONTACT;
		tally->contacts++;
		return TALLY_NEW;
	}
	tally->prints[slot] = print;
	tally->tags[slot] = (uint8_t)(tag | (contact ? TAG_CONTACT : 0));
	tally->used++;
	tally_account(tally, tally->tags[slot], 1);
	return TALLY_NEW;
}

/* Its fingerprint: 0 marks a free slot; 2^31 passes every level's sieve as 0 does. */
static uint32_t
tally_print(uint64_t mark, uint8_t *tag)
{
	uint32_t print = (uint32_t)(mark >> 32);

	*tag = (uint8_t)((mark >> 24 & TAG_MORE) | (mark & TAG_KIND));
	return print != 0 ? print : 1u << 31;
}

enum tally_answer
tally_add(struct tally *tally, uint64_t mark, bool contact)
{
	uint8_t tag;
	uint32_t print;

	if (tally_skips(tally, mark))
		return TALLY_SKIPPED;
	print = tally_print(mark, &tag);
	return tally_put(tally, print, tag, contact);
}

uint64_t
tally_merge(struct tally *into, const struct tally *from)
{
	uint64_t known = 0;

	while (into->level < from->level)
		tally_thin(into);
	for (unsigned kind = 0; kind < KINDS; kind++)
		into->more[kind] += from->more[kind];
	for (uint32_t i = 0; i < from->slots; i++) {
		bool contact = (from->tags[i] & TAG_CONTACT) != 0;

		if (from->prints[i] != 0 && tally_put(into, from->prints[i],
		    (uint8_t)(from->tags[i] & ~TAG_CONTACT), contact) == TALLY_KNOWN)
			/* The sample may be halved between two of them. */
			known += (uint64_t)contact << into->level;
	}
	return known;
}

uint64_t
tally_common(const struct tally *tally, const struct tally *other)
{
	unsigned level = tally->level > other->level ? tally->level : other->level;
	uint64_t known = 0;

	for (uint32_t i = 0; tally->slots > 0 && i < other->slots; i++) {
		uint32_t slot;

		if (other->prints[i] == 0 || !(other->tags[i] & TAG_CONTACT))
			continue;
		slot = tally_find(tally, other->prints[i], other->tags[i]);
		known += tally->prints[slot] != 0 && (tally->tags[slot] & TAG_CONTACT);
	}
	return known << level;
}

bool
tally_has_contact(const struct tally *tally, uint64_t mark)
{
	uint8_t tag;
	uint32_t print = tally_print(mark, &tag), slot;

	if (tally->slots == 0)
		return false;
	slot = tally_find(tally, print, tag);
	return tally->prints[slot] != 0 && (tally->tags[slot] & TAG_CONTACT);
}

uint64_t
tally_count(const struct tally *tally, enum kind kind)
{
	return ((uint64_t)tally->count[kind] << tally->level) + tally->more[kind];
}

void
tally_fini(struct tally *tally)
{
	tally_wipe(tally->prints, tally->tags, tally->slots);
	explicit_bzero(tally, sizeof(*tally));
}
