/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts distinct identifiers without keeping them: a set of 37-bit
 * fingerprints under a random key of this process, wiped when it is freed.
 * When the largest table is full only every second, fourth, ... fingerprint
 * is kept (Wegman's adaptive sampling), so counts become estimates with a
 * known error and memory stays bounded.
 */
#include "classifiers/body.h"

#include <stdlib.h>
#include <string.h>

#include "core/digest.h"

/*
 * Sizes of the table in slots of five bytes. Two neighbours together, which
 * exist while growing, stay under 55.1 KiB.
 */
static const uint32_t tally_sizes[] = { 32, 512, 10752 };
#define TALLY_SIZES (sizeof(tally_sizes) / sizeof(tally_sizes[0]))

#define TAG_KIND 3u
#define TAG_CONTACT 4u
#define TAG_MORE 0xf8u		/* further bits of the fingerprint */

/* A sample coarser than this would tell nothing. */
#define LEVEL_MAX 20

static uint64_t tally_key[2];

/* One round of SipHash (Aumasson and Bernstein, 2012). */
static void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = (v[1] << 13 | v[1] >> 51) ^ v[0];
	v[0] = v[0] << 32 | v[0] >> 32;
	v[2] += v[3];
	v[3] = (v[3] << 16 | v[3] >> 48) ^ v[2];
	v[0] += v[3];
	v[3] = (v[3] << 21 | v[3] >> 43) ^ v[0];
	v[2] += v[1];
	v[1] = (v[1] << 17 | v[1] >> 47) ^ v[2];
	v[2] = v[2] << 32 | v[2] >> 32;
}

static void
sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	sip_round(v);
	v[0] ^= word;
}

/* SipHash-2-4 over whole words; the length stands in the last one's top byte. */
static uint64_t
sip_hash(const uint8_t *data, size_t len)
{
	uint64_t v[4] = {
		tally_key[0] ^ 0x736f6d6570736575, tally_key[1] ^ 0x646f72616e646f6d,
		tally_key[0] ^ 0x6c7967656e657261, tally_key[1] ^ 0x7465646279746573
	};
	uint64_t word;
	size_t at;

	for (at = 0; at + 8 <= len; at += 8) {
		memcpy(&word, data + at, 8);
		sip_word(v, word);
	}
	word = 0;
	memcpy(&word, data + at, len - at);
	sip_word(v, word | (uint64_t)len << 56);
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t
tally_mark(enum kind kind, const void *data, size_t len)
{
	while (tally_key[0] == 0)
		random_bytes(tally_key, sizeof(tally_key));
	return (sip_hash(data, len) & ~(uint64_t)3) | kind;
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
	uint32_t *prints;
	uint8_t *tags;

	if (step >= TALLY_SIZES)
		return false;
	prints = calloc(tally_sizes[step], sizeof(*prints));
	tags = calloc(tally_sizes[step], 1);
	if (prints == NULL || tags == NULL) {
		free(prints);
		free(tags);
		return false;
	}
	tally->prints = prints;
	tally->tags = tags;
	tally->slots = tally_sizes[step];
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

/* Frees a slot and moves back those after it that would no longer be found. */
static void
tally_remove(struct tally *tally, uint32_t hole)
{
	uint32_t slot = hole;

	tally_account(tally, tally->tags[hole], -1);
	tally->used--;
	for (;;) {
		uint32_t home, reach, gap;

		slot = tally_next(tally, slot);
		if (tally->prints[slot] == 0)
			break;
		home = tally_home(tally, tally->prints[slot]);
		reach = (slot + tally->slots - home) % tally->slots;
		gap = (slot + tally->slots - hole) % tally->slots;
		if (reach < gap)
			continue;
		tally->prints[hole] = tally->prints[slot];
		tally->tags[hole] = tally->tags[slot];
		hole = slot;
	}
	tally->prints[hole] = 0;
	tally->tags[hole] = 0;
}

static bool
tally_keeps(const struct tally *tally, uint32_t print)
{
	return (print & ((1u << tally->level) - 1)) == 0;
}

/* Halves the sample. A slot is asked again after something moved into it. */
static void
tally_thin(struct tally *tally)
{
	uint32_t slot = 0;

	tally->level++;
	while (slot < tally->slots) {
		if (tally->prints[slot] != 0 &&
		    !tally_keeps(tally, tally->prints[slot]))
			tally_remove(tally, slot);
		else
			slot++;
	}
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

enum tally_answer
tally_add(struct tally *tally, uint64_t mark, bool contact)
{
	uint32_t print = (uint32_t)(mark >> 32);
	uint8_t tag = (uint8_t)((mark >> 24 & TAG_MORE) | (mark & TAG_KIND));

	/* 0 marks a free slot; 2^31 passes every level's sieve as 0 does. */
	if (print == 0)
		print = 1u << 31;
	return tally_put(tally, print, tag, contact);
}

uint64_t
tally_merge(struct tally *into, const struct tally *from)
{
	uint64_t known = 0;

	while (into->level < from->level)
		tally_thin(into);
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
tally_count(const struct tally *tally, enum kind kind)
{
	return (uint64_t)tally->count[kind] << tally->level;
}

void
tally_fini(struct tally *tally)
{
	tally_wipe(tally->prints, tally->tags, tally->slots);
	explicit_bzero(tally, sizeof(*tally));
}
