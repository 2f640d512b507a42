/* SPDX-License-Identifier: Apache-2.0 */
#include "captures/flows.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "captures/stream.h"
#include "core/digest.h"
#include "core/mem.h"

#define BUCKETS_MIN 1024u
#define WHEEL_SLOTS 1024u		/* seconds; more than the longest idle time */

_Static_assert(FLOW_IDLE_TCP < WHEEL_SLOTS, "idle times must fit the wheel");

/*
 * Endpoints in a fixed order, protocol and VLAN: equal for both directions.
 * IPv4 fills two words, so the compare and the hash of most flows are short.
 */
struct flow_key {
	uint64_t word[5];
};

struct entry {
	struct flow_key key;
	struct entry *chain;		/* same bucket */
	struct stream *stream;		/* while TCP bytes are wanted */
	uint32_t hash;
	uint16_t slot;			/* of the wheel */
	bool low_is_client;
	bool closed;
	uint8_t fins;			/* 1 << dir for each FIN seen */
	struct entry *older, *newer;	/* order of beginning */
	struct entry *before, *after;	/* same slot of the wheel */
	struct flow flow;
};

struct flows {
	struct judge *judge;
	struct streams streams;
	struct pool entries;
	struct entry **buckets;
	uint32_t mask;
	uint64_t seed[2];		/* a sender must not choose our buckets */
	struct entry *oldest, *newest;
	struct entry *wheel[WHEEL_SLOTS];
	uint64_t now_sec;		/* the traffic's clock; never goes back */
	uint64_t count;			/* flows begun */
};

/* ---- keys ---- */

/* Multiplies and folds: the high half carries what the low half loses. */
static uint64_t
hash_fold(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint32_t
key_hash(const struct flows *flows, const struct flow_key *key)
{
	uint64_t h = hash_fold(key->word[0] ^ flows->seed[0], key->word[1] ^ flows->seed[1]);

	if ((key->word[1] & 0xff) == 6) {
		h = hash_fold(h ^ key->word[2], key->word[3] ^ flows->seed[0]);
		h = hash_fold(h ^ key->word[4], flows->seed[1] | 1);
	}
	return (uint32_t)(h ^ h >> 32);
}

static uint64_t
load64(const uint8_t *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

/* Is the packet's source the lower of its two endpoints? */
static bool
packet_source_low(const struct packet *packet)
{
	int order = memcmp(packet->src.bytes, packet->dst.bytes, packet->family == 4 ? 4 : 16);

	return order < 0 || (order == 0 && packet->src_port <= packet->dst_port);
}

static void
key_make(struct flow_key *key, const struct packet *packet, bool src_low)
{
	const struct addr *low = src_low ? &packet->src : &packet->dst;
	const struct addr *high = src_low ? &packet->dst : &packet->src;
	uint64_t low_port = src_low ? packet->src_port : packet->dst_port;
	uint64_t high_port = src_low ? packet->dst_port : packet->src_port;

	key->word[1] = low_port << 48 | high_port << 32 | (uint64_t)packet->proto << 24 |
	    (uint64_t)(packet->vlan & 0xfff) << 8 | packet->family;
	if (packet->family == 4) {
		key->word[0] = (load64(low->bytes) & 0xffffffff) | load64(high->bytes) << 32;
		key->word[2] = key->word[3] = key->word[4] = 0;
	} else {
		key->word[0] = load64(low->bytes);
		key->word[2] = load64(low->bytes + 8);
		key->word[3] = load64(high->bytes);
		key->word[4] = load64(high->bytes + 8);
	}
}

/* ---- the table ---- */

static struct entry **
buckets_new(size_t count)
{
	return calloc(count, sizeof(struct entry *));
}

struct flows *
flows_new(struct judge *judge)
{
	struct flows *flows = calloc(1, sizeof(*flows));

	if (flows == NULL)
		return NULL;
	flows->buckets = buckets_new(BUCKETS_MIN);
	if (flows->buckets == NULL) {
		free(flows);
		return NULL;
	}
	flows->mask = BUCKETS_MIN - 1;
	flows->judge = judge;
	random_bytes(flows->seed, sizeof(flows->seed));
	streams_init(&flows->streams, judge);
	pool_init(&flows->entries, sizeof(struct entry));
	return flows;
}

void
flows_open_tls(struct flows *flows, struct tls_door *door)
{
	flows->streams.door = door;
}

static struct entry *
table_find(const struct flows *flows, const struct flow_key *key, uint32_t hash)
{
	struct entry *entry = flows->buckets[hash & flows->mask];

	while (entry != NULL && (entry->hash != hash ||
	    memcmp(&entry->key, key, sizeof(*key)) != 0))
		entry = entry->chain;
	return entry;
}

/* Doubles the buckets; without memory the chains just grow longer. */
static void
table_grow(struct flows *flows)
{
	size_t count = (size_t)2 * (flows->mask + 1);
	struct entry **buckets = buckets_new(count);

	if (buckets == NULL)
		return;
	free(flows->buckets);
	flows->buckets = buckets;
	flows->mask = (uint32_t)(count - 1);
	for (struct entry *entry = flows->oldest; entry != NULL; entry = entry->newer) {
		struct entry **bucket = &buckets[entry->hash & flows->mask];

		entry->chain = *bucket;
		*bucket = entry;
	}
}

static void
table_remove(struct flows *flows, struct entry *entry)
{
	struct entry **at = &flows->buckets[entry->hash & flows->mask];

	while (*at != entry)
		at = &(*at)->chain;
	*at = entry->chain;
}

static void
order_add(struct flows *flows, struct entry *entry)
{
	entry->older = flows->newest;
	entry->newer = NULL;
	*(flows->newest ? &flows->newest->newer : &flows->oldest) = entry;
	flows->newest = entry;
}

static void
order_remove(struct flows *flows, struct entry *entry)
{
	*(entry->older ? &entry->older->newer : &flows->oldest) = entry->newer;
	*(entry->newer ? &entry->newer->older : &flows->newest) = entry->older;
}

/* ---- the wheel: one slot a second; an entry moves on when its slot comes too early ---- */

static uint64_t
entry_deadline(const struct entry *entry)
{
	uint64_t idle = FLOW_IDLE_OTHER;

	if (entry->closed)
		idle = FLOW_IDLE_CLOSED;
	else if (entry->flow.proto == IPPROTO_TCP)
		idle = FLOW_IDLE_TCP;
	else if (entry->flow.proto == IPPROTO_UDP)
		idle = FLOW_IDLE_UDP;
	return entry->flow.end_us / USEC_PER_SEC + idle;
}

static void
wheel_add(struct flows *flows, struct entry *entry)
{
	uint64_t deadline = entry_deadline(entry);
	struct entry **head;

	if (deadline <= flows->now_sec)
		deadline = flows->now_sec + 1;
	entry->slot = (uint16_t)(deadline % WHEEL_SLOTS);
	head = &flows->wheel[entry->slot];
	entry->before = NULL;
	entry->after = *head;
	if (*head)
		(*head)->before = entry;
	*head = entry;
}

static void
wheel_remove(struct flows *flows, struct entry *entry)
{
	*(entry->before ? &entry->before->after : &flows->wheel[entry->slot]) = entry->after;
	if (entry->after)
		entry->after->before = entry->before;
}

static void
entry_end(struct flows *flows, struct entry *entry)
{
	if (entry->stream) {
		stream_finish(&flows->streams, entry->stream, &entry->flow);
		stream_free(&flows->streams, entry->stream);
	}
	judge_close(flows->judge, &entry->flow);
	flow_fini(&entry->flow);
	table_remove(flows, entry);
	order_remove(flows, entry);
	wheel_remove(flows, entry);
	pool_put(&flows->entries, entry);
}

static void
wheel_turn(struct flows *flows)
{
	struct entry *entry = flows->wheel[flows->now_sec % WHEEL_SLOTS], *after;

	for (; entry != NULL; entry = after) {
		after = entry->after;
		if (entry_deadline(entry) <= flows->now_sec) {
			entry_end(flows, entry);
		} else {
			wheel_remove(flows, entry);
			wheel_add(flows, entry);
		}
	}
}

/* Brings the traffic's clock forward; ends what has been idle too long. */
static void
clock_advance(struct flows *flows, uint64_t time_us)
{
	uint64_t sec = time_us / USEC_PER_SEC;

	if (flows->now_sec == 0 || sec > flows->now_sec + WHEEL_SLOTS) {
		/* A leap: every slot comes by once. */
		for (unsigned i = 0; i < WHEEL_SLOTS && flows->now_sec != 0; i++) {
			flows->now_sec = sec - WHEEL_SLOTS + i;
			wheel_turn(flows);
		}
		flows->now_sec = sec;
	}
	while (flows->now_sec < sec) {
		flows->now_sec++;
		wheel_turn(flows);
	}
}

/* ---- packets ---- */

/*
 * Ports that only servers of phone traffic use although they are above 1023:
 * XMPP and push (5222, 5223, 5228), STUN (3478), Viber (4244, 5242).
 */
static bool
port_is_server(uint16_t port)
{
	static const uint16_t known[] = { 3478, 4244, 5222, 5223, 5228, 5242, 8080, 8443 };

	if (port < 1024)
		return true;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (port == known[i])
			return true;
	return false;
}

/* Did the client send this first packet of a flow? */
static bool
packet_from_client(const struct packet *packet)
{
	if (packet->proto == IPPROTO_TCP && (packet->tcp_flags & TCP_SYN) != 0)
		return (packet->tcp_flags & TCP_ACK) == 0;
	return !port_is_server(packet->src_port) || port_is_server(packet->dst_port);
}

static void
flow_begin(struct flow *flow, const struct packet *packet, bool from_client, uint64_t time_us)
{
	flow->client = from_client ? packet->src : packet->dst;
	flow->server = from_client ? packet->dst : packet->src;
	flow->client_port = from_client ? packet->src_port : packet->dst_port;
	flow->server_port = from_client ? packet->dst_port : packet->src_port;
	flow->proto = packet->proto;
	flow->begin_us = flow->end_us = time_us;
}

static struct entry *
entry_new(struct flows *flows, const struct packet *packet, const struct flow_key *key,
    uint32_t hash, bool src_low, uint64_t time_us)
{
	bool from_client = packet_from_client(packet);
	struct entry *entry;

	if (flows->entries.used >= FLOWS_MAX)
		entry_end(flows, flows->oldest);
	entry = pool_get(&flows->entries);
	if (entry == NULL)
		return NULL;
	if (flows->entries.used > flows->mask)
		table_grow(flows);
	entry->key = *key;
	entry->hash = hash;
	entry->low_is_client = src_low == from_client;
	flow_begin(&entry->flow, packet, from_client, time_us);
	entry->chain = flows->buckets[hash & flows->mask];
	flows->buckets[hash & flows->mask] = entry;
	order_add(flows, entry);
	wheel_add(flows, entry);
	flows->count++;
	judge_open(flows->judge, &entry->flow);
	if (packet->proto == IPPROTO_TCP && (entry->flow.wants & WANT_BYTES))
		entry->stream = stream_new(&flows->streams);
	return entry;
}

/* Notes FIN and RST: a closed flow ends soon and makes room for its successor. */
static void
entry_note_close(struct flows *flows, struct entry *entry, const struct packet *packet,
    enum dir dir)
{
	if (packet->tcp_flags & TCP_FIN)
		entry->fins |= (uint8_t)(1u << dir);
	if (entry->closed || (entry->fins != 3 && !(packet->tcp_flags & TCP_RST)))
		return;
	entry->closed = true;
	wheel_remove(flows, entry);
	wheel_add(flows, entry);
}

static void
entry_bytes(struct flows *flows, struct entry *entry, const struct packet *packet,
    uint64_t time_us, enum dir dir)
{
	struct flow *flow = &entry->flow;

	if (entry->stream != NULL) {
		stream_segment(&flows->streams, entry->stream, flow, packet, time_us, dir);
		if (!stream_is_needed(entry->stream, flow)) {
			stream_free(&flows->streams, entry->stream);
			entry->stream = NULL;
		}
	} else if (packet->proto == IPPROTO_UDP && packet->payload_len > 0 &&
	    (flow->wants & (dir == DIR_UP ? WANT_UP : WANT_DOWN))) {
		struct chunk chunk = { packet->payload, packet->payload_len, time_us, dir, 0 };

		judge_feed(flows->judge, flow, &chunk);
	}
}

static void
entry_packet(struct flows *flows, struct entry *entry, const struct packet *packet,
    uint64_t time_us, enum dir dir)
{
	struct flow *flow = &entry->flow;

	flow->packets[dir]++;
	flow->bytes[dir] += packet->payload_wire;
	if (time_us > flow->end_us)
		flow->end_us = time_us;
	/* Bytes first: what they say may spare nDPI the rest. */
	if (entry->stream != NULL || (flow->wants & WANT_BYTES))
		entry_bytes(flows, entry, packet, time_us, dir);
	if (flow->wants & WANT_PACKETS)
		judge_packet(flows->judge, flow, packet->ip, packet->ip_len, time_us, dir);
	if (packet->proto == IPPROTO_TCP && (packet->tcp_flags & (TCP_FIN | TCP_RST)))
		entry_note_close(flows, entry, packet, dir);
}

/* A SYN on a closed connection begins the next one with the same ports. */
static bool
entry_is_over(const struct entry *entry, const struct packet *packet)
{
	return entry->closed && packet->proto == IPPROTO_TCP &&
	    (packet->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

void
flows_packet(struct flows *flows, const struct packet *packet, uint64_t time_us)
{
	bool src_low = packet_source_low(packet);
	struct flow_key key;
	struct entry *entry;
	uint32_t hash;

	key_make(&key, packet, src_low);
	hash = key_hash(flows, &key);
	clock_advance(flows, time_us);
	entry = table_find(flows, &key, hash);
	if (entry != NULL && entry_is_over(entry, packet)) {
		entry_end(flows, entry);
		entry = NULL;
	}
	if (entry == NULL)
		entry = entry_new(flows, packet, &key, hash, src_low, time_us);
	if (entry != NULL)
		entry_packet(flows, entry, packet, time_us,
		    src_low == entry->low_is_client ? DIR_UP : DIR_DOWN);
}

uint64_t
flows_free(struct flows *flows)
{
	uint64_t count = flows->count;

	while (flows->oldest != NULL)
		entry_end(flows, flows->oldest);
	streams_fini(&flows->streams);
	pool_fini(&flows->entries);
	free(flows->buckets);
	free(flows);
	return count;
}
