/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "captures/fragment.h"
#include "core/mem.h"

/* An IPv4 total length and an IPv6 payload length have 16 bits. */
#define DATAGRAM_MAX 65535

#define IPV6_HEADER_LEN 40

/* The first buffer of a datagram: room for two Ethernet frames. */
#define DATAGRAM_ROOM 3072

/* A stretch of the datagram that is there: [begin, end). */
struct piece {
	uint32_t begin, end;
};

/*
 * One datagram that is waited for. The buffer starts with FRAGMENT_HEADER_MAX
 * bytes of room, so that the header goes right before the data at the end.
 */
struct datagram {
	struct datagram *next;		/* of those handed out */
	struct fragment_key key;
	uint64_t begin_us;
	uint8_t *buffer;
	size_t room;			/* bytes of data that buffer holds */
	size_t total;			/* of the data; 0 while unknown */
	size_t header_len;		/* 0 while the first fragment is missing */
	uint8_t header[FRAGMENT_HEADER_MAX];
	struct piece pieces[FRAGMENT_PIECES_MAX];	/* ascending, apart */
	size_t piece_count;
	uint32_t frames;		/* held for it */
	bool dead;			/* kept so that its other fragments drop too */
};

struct fragments {
	struct datagram *waiting[FRAGMENT_DATAGRAMS_MAX];	/* oldest first */
	struct datagram *done;		/* handed out */
	size_t count, bytes;		/* of waiting */
	uint64_t lost;
};

struct fragments *
fragments_new(void)
{
	return xcalloc(1, sizeof(struct fragments));
}

static void
datagram_free(struct datagram *datagram)
{
	free(datagram->buffer);
	free(datagram);
}

/* Counts what was held as lost and frees the data; the entry stays. */
static void
datagram_kill(struct fragments *fragments, struct datagram *datagram)
{
	fragments->lost += datagram->frames;
	fragments->bytes -= datagram->room;
	free(datagram->buffer);
	datagram->buffer = NULL;
	datagram->room = 0;
	datagram->frames = 0;
	datagram->dead = true;
}

/* Takes one out of the row; it is the caller's then. */
static struct datagram *
datagram_take_out(struct fragments *fragments, size_t at)
{
	struct datagram **waiting = fragments->waiting;
	struct datagram *datagram = waiting[at];

	fragments->count--;
	for (; at < fragments->count; at++)
		waiting[at] = waiting[at + 1];
	return datagram;
}

static void
datagram_drop(struct fragments *fragments, size_t at)
{
	struct datagram *datagram = datagram_take_out(fragments, at);

	datagram_kill(fragments, datagram);
	datagram_free(datagram);
}

/* They stand in the order of arrival, so the first young one ends the walk. */
static void
fragments_expire(struct fragments *fragments, uint64_t now_us)
{
	while (fragments->count > 0 &&
	    now_us > fragments->waiting[0]->begin_us &&
	    now_us - fragments->waiting[0]->begin_us > FRAGMENT_AGE_US)
		datagram_drop(fragments, 0);
}

static bool
key_same(const struct fragment_key *a, const struct fragment_key *b)
{
	return a->id == b->id && a->proto == b->proto && a->vlan == b->vlan &&
	    memcmp(&a->src, &b->src, sizeof(a->src)) == 0 &&
	    memcmp(&a->dst, &b->dst, sizeof(a->dst)) == 0;
}

/* Where the datagram stands; fragments->count when it does not. */
static size_t
datagram_find(const struct fragments *fragments, const struct fragment_key *key)
{
	size_t at = 0;

	while (at < fragments->count &&
	    !key_same(&fragments->waiting[at]->key, key))
		at++;
	return at;
}

/* Adds one at the end, and says where that is. */
static size_t
datagram_open(struct fragments *fragments, const struct fragment *fragment)
{
	struct datagram *datagram = xcalloc(1, sizeof(*datagram));

	if (fragments->count == FRAGMENT_DATAGRAMS_MAX)
		datagram_drop(fragments, 0);
	datagram->key = fragment->key;
	datagram->begin_us = fragment->time_us;
	fragments->waiting[fragments->count] = datagram;
	return fragments->count++;
}

/* Makes room for `end` bytes of data, if need be at others' expense. */
static bool
datagram_reserve(struct fragments *fragments, struct datagram *datagram,
    size_t end)
{
	size_t room = datagram->room > 0 ? datagram->room : DATAGRAM_ROOM;
	size_t oldest;
	uint8_t *grown;

	if (end <= datagram->room)
		return true;
	while (room < end)
		room *= 2;
	while (fragments->bytes + room - datagram->room > FRAGMENT_BYTES_MAX) {
		oldest = fragments->waiting[0] == datagram ? 1 : 0;
		if (oldest >= fragments->count)
			return false;
		datagram_drop(fragments, oldest);
	}
	grown = realloc(datagram->buffer, FRAGMENT_HEADER_MAX + room);
	if (grown == NULL)
		return false;
	fragments->bytes += room - datagram->room;
	datagram->buffer = grown;
	datagram->room = room;
	return true;
}

static bool
datagram_overlaps(const struct datagram *datagram, size_t begin, size_t end)
{
	for (size_t i = 0; i < datagram->piece_count; i++)
		if (datagram->pieces[i].begin < end &&
		    begin < datagram->pieces[i].end)
			return true;
	return false;
}

/* Whether these very bytes are there already: the same packet seen twice. */
static bool
datagram_repeats(const struct datagram *datagram,
    const struct fragment *fragment)
{
	size_t begin = fragment->offset, end = begin + fragment->len;

	for (size_t i = 0; i < datagram->piece_count; i++)
		if (datagram->pieces[i].begin <= begin &&
		    end <= datagram->pieces[i].end)
			return memcmp(datagram->buffer + FRAGMENT_HEADER_MAX +
			    begin, fragment->data, fragment->len) == 0;
	return false;
}

/* Copies the bytes that no earlier fragment has brought. */
static void
datagram_copy(struct datagram *datagram, const struct fragment *fragment)
{
	uint8_t *data = datagram->buffer + FRAGMENT_HEADER_MAX;
	size_t at = fragment->offset, end = at + fragment->len;
	const struct piece *piece = datagram->pieces;
	const struct piece *behind = piece + datagram->piece_count;

	for (; piece < behind && piece->begin < end; piece++) {
		if (piece->begin > at)
			memcpy(data + at, fragment->data +
			    (at - fragment->offset), piece->begin - at);
		if (piece->end > at)
			at = piece->end;
	}
	if (at < end)
		memcpy(data + at, fragment->data + (at - fragment->offset),
		    end - at);
}

/* Adds [begin, end) to the pieces and melts those that now touch. */
static bool
datagram_cover(struct datagram *datagram, uint32_t begin, uint32_t end)
{
	struct piece *pieces = datagram->pieces;
	size_t first = 0, behind, count = datagram->piece_count;

	while (first < count && pieces[first].end < begin)
		first++;
	behind = first;
	while (behind < count && pieces[behind].begin <= end) {
		if (pieces[behind].begin < begin)
			begin = pieces[behind].begin;
		if (pieces[behind].end > end)
			end = pieces[behind].end;
		behind++;
	}
	if (behind == first && count == FRAGMENT_PIECES_MAX)
		return false;
	memmove(pieces + first + 1, pieces + behind,
	    (count - behind) * sizeof(*pieces));
	pieces[first] = (struct piece){ begin, end };
	datagram->piece_count = count + 1 - (behind - first);
	return true;
}

/*
 * Lengths that no sender makes: all but the last fragment carry a multiple of
 * eight bytes (RFC 791 section 3.2, RFC 8200 section 4.5), and nothing lies
 * beyond what a length field can say, which the "ping of death" tried.
 */
static bool
fragment_possible(const struct fragment *fragment)
{
	size_t end = fragment->offset + fragment->len;
	size_t counted = fragment->header_len;

	if (fragment->key.src.family == 6)
		counted -= IPV6_HEADER_LEN;
	return fragment->len > 0 && counted + end <= DATAGRAM_MAX &&
	    fragment->header_len <= FRAGMENT_HEADER_MAX &&
	    (!fragment->more || fragment->len % 8 == 0);
}

/* Whether the end that this fragment implies agrees with what is known. */
static bool
datagram_agrees(const struct datagram *datagram,
    const struct fragment *fragment)
{
	size_t end = fragment->offset + fragment->len;
	size_t known = datagram->piece_count > 0 ?
	    datagram->pieces[datagram->piece_count - 1].end : 0;

	if (!fragment->more && datagram->total == 0)
		return end >= known;
	if (!fragment->more)
		return end == datagram->total;
	return datagram->total == 0 || end <= datagram->total;
}

/* True when it was taken; false when the datagram cannot be trusted. */
static bool
datagram_take(struct fragments *fragments, struct datagram *datagram,
    const struct fragment *fragment)
{
	size_t begin = fragment->offset, end = begin + fragment->len;

	if (!datagram_agrees(datagram, fragment) ||
	    !datagram_reserve(fragments, datagram, end))
		return false;
	if (fragment->key.src.family == 6 &&
	    datagram_overlaps(datagram, begin, end) &&
	    !datagram_repeats(datagram, fragment))
		return false;
	datagram_copy(datagram, fragment);
	if (!datagram_cover(datagram, (uint32_t)begin, (uint32_t)end))
		return false;
	if (!fragment->more)
		datagram->total = end;
	if (begin == 0 && datagram->header_len == 0) {
		datagram->header_len = fragment->header_len;
		memcpy(datagram->header, fragment->header,
		    fragment->header_len);
		if (fragment->key.src.family == 6)
			datagram->header[fragment->next_at] = fragment->next;
	}
	return true;
}

static bool
datagram_complete(const struct datagram *datagram)
{
	return datagram->header_len > 0 && datagram->total > 0 &&
	    datagram->piece_count == 1 && datagram->pieces[0].begin == 0 &&
	    datagram->pieces[0].end == datagram->total;
}

/* Puts the header before the data and makes it that of a whole datagram. */
static const uint8_t *
datagram_finish(struct datagram *datagram, size_t *ip_len)
{
	uint8_t *ip = datagram->buffer + FRAGMENT_HEADER_MAX -
	    datagram->header_len;
	size_t len = datagram->header_len + datagram->total;

	memcpy(ip, datagram->header, datagram->header_len);
	*ip_len = len;
	if (datagram->key.src.family == 4) {
		ip[2] = (uint8_t)(len >> 8);
		ip[3] = (uint8_t)len;
		ip[6] = ip[7] = 0;	/* no flags, offset 0 */
	} else {
		len -= IPV6_HEADER_LEN;
		ip[4] = (uint8_t)(len >> 8);
		ip[5] = (uint8_t)len;
	}
	return ip;
}

/* Hands a complete datagram out. */
static const uint8_t *
fragments_hand_out(struct fragments *fragments, struct datagram *datagram,
    size_t *ip_len)
{
	datagram_take_out(fragments,
	    datagram_find(fragments, &datagram->key));
	fragments->bytes -= datagram->room;
	datagram->next = fragments->done;
	fragments->done = datagram;
	return datagram_finish(datagram, ip_len);
}

enum fragment_result
fragment_add(struct fragments *fragments, const struct fragment *fragment,
    const uint8_t **ip, size_t *ip_len)
{
	struct datagram *datagram;
	size_t at;

	fragments_expire(fragments, fragment->time_us);
	if (!fragment_possible(fragment))
		return FRAGMENT_REFUSED;
	at = datagram_find(fragments, &fragment->key);
	if (at == fragments->count)
		at = datagram_open(fragments, fragment);
	datagram = fragments->waiting[at];
	if (datagram->dead)
		return FRAGMENT_REFUSED;
	if (!datagram_take(fragments, datagram, fragment)) {
		datagram_kill(fragments, datagram);
		return FRAGMENT_REFUSED;
	}
	if (!datagram_complete(datagram)) {
		datagram->frames++;
		return FRAGMENT_HELD;
	}
	*ip = fragments_hand_out(fragments, datagram, ip_len);
	return FRAGMENT_WHOLE;
}

void
fragments_release(struct fragments *fragments)
{
	struct datagram *datagram;

	while ((datagram = fragments->done) != NULL) {
		fragments->done = datagram->next;
		datagram_free(datagram);
	}
}

void
fragments_drop(struct fragments *fragments)
{
	while (fragments->count > 0)
		datagram_drop(fragments, fragments->count - 1);
}

uint64_t
fragments_lost(const struct fragments *fragments)
{
	return fragments->lost;
}

void
fragments_free(struct fragments *fragments)
{
	if (fragments == NULL)
		return;
	fragments_drop(fragments);
	fragments_release(fragments);
	free(fragments);
}
