/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's name in the client's first flight of QUIC: Initial packets of
 * RFC 9000, RFC 9369 and their drafts, and Google's own versions before them.
 */
#include <string.h>

#include "classifiers/hello.h"
#include "classifiers/quic_crypto.h"
#include "classifiers/quic_stream.h"
#include "classifiers/table.h"

/*
 * Packets of a flow that are tried. A first flight has two or three; with
 * each sent again several times this still sees every one.
 */
#define QUIC_PACKETS_MAX 32
/* Datagrams of a client that are looked at; a hello is long over by then. */
#define QUIC_DATAGRAMS_MAX 64
/* The largest packet opened: a jumbo frame. */
#define QUIC_PACKET_MAX 9216
/* A connection ID of the versions known here (RFC 9000 section 17.2). */
#define QUIC_CID_MAX 20
/* Datagrams of the server alone after which no client will be seen. */
#define QUIC_WAIT_MAX 8

/* How a version lays out what it sends. */
enum layout { LAYOUT_INITIAL, LAYOUT_Q046 };

struct version {
	uint32_t first, last;		/* range of version numbers */
	enum layout layout;
	uint8_t initial;		/* type bits of an Initial packet */
	uint8_t crypto;			/* type of a CRYPTO frame */
	struct quic_schedule schedule;
};

#define LABELS_V1 "quic key", "quic iv", "quic hp"
#define LABELS_V2 "quicv2 key", "quicv2 iv", "quicv2 hp"
#define SALT_DRAFT_22 { 0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, \
	0x3a, 0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a }
#define SALT_DRAFT_23 { 0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, \
	0xa7, 0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02 }
#define SALT_DRAFT_29 { 0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, \
	0x97, 0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99 }
#define SALT_V1 { 0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, \
	0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a }
#define SALT_V2 { 0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, \
	0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9 }
#define SALT_Q050 { 0x50, 0x45, 0x74, 0xef, 0xd0, 0x66, 0xfe, 0x2f, 0x9d, \
	0x94, 0x5c, 0xfc, 0xdb, 0xd3, 0xa7, 0xf0, 0xd3, 0xb5, 0x6b, 0x45 }
#define SALT_T050 { 0x7f, 0xf5, 0x79, 0xe5, 0xac, 0xd0, 0x72, 0x91, 0x55, \
	0x80, 0x30, 0x4c, 0x43, 0xa2, 0x36, 0x7c, 0x60, 0x48, 0x83, 0x10 }
#define SALT_T051 { 0x7a, 0x4e, 0xde, 0xf4, 0xe7, 0xcc, 0xee, 0x5f, 0xa4, \
	0x50, 0x6c, 0x19, 0x12, 0x4f, 0xc8, 0xcc, 0xda, 0x6e, 0x03, 0x3d }

/*
 * RFC 9001 section 5.2, RFC 9369 section 3 and the drafts of both; mvfst's
 * and Google's numbers from their own sources. A salt that does not fit shows
 * at once: no packet opens with it.
 */
static const struct version versions[] = {
	{ 0x00000001, 0x00000001, LAYOUT_INITIAL, 0x00, 0x06, { SALT_V1, LABELS_V1 } },
	{ 0x6b3343cf, 0x6b3343cf, LAYOUT_INITIAL, 0x10, 0x06, { SALT_V2, LABELS_V2 } },
	{ 0xff000016, 0xff000016, LAYOUT_INITIAL, 0x00, 0x06, { SALT_DRAFT_22, LABELS_V1 } },
	{ 0xff000017, 0xff00001c, LAYOUT_INITIAL, 0x00, 0x06, { SALT_DRAFT_23, LABELS_V1 } },
	{ 0xff00001d, 0xff000020, LAYOUT_INITIAL, 0x00, 0x06, { SALT_DRAFT_29, LABELS_V1 } },
	{ 0xff000021, 0xff000022, LAYOUT_INITIAL, 0x00, 0x06, { SALT_V1, LABELS_V1 } },
	{ 0xfaceb001, 0xfaceb001, LAYOUT_INITIAL, 0x00, 0x06, { SALT_DRAFT_22, LABELS_V1 } },
	{ 0xfaceb002, 0xfaceb0ff, LAYOUT_INITIAL, 0x00, 0x06, { SALT_DRAFT_23, LABELS_V1 } },
	{ 0x51303530, 0x51303530, LAYOUT_INITIAL, 0x00, 0x08, { SALT_Q050, LABELS_V1 } },
	{ 0x54303530, 0x54303530, LAYOUT_INITIAL, 0x00, 0x08, { SALT_T050, LABELS_V1 } },
	{ 0x54303531, 0x54303531, LAYOUT_INITIAL, 0x00, 0x08, { SALT_T051, LABELS_V1 } },
	{ 0x51303436, 0x51303436, LAYOUT_Q046, 0, 0, { { 0 }, NULL, NULL, NULL } },
};

struct quic_slot {
	const struct version *version;	/* of the last packet; NULL none yet */
	struct quic_keys keys;
	uint8_t dcid[QUIC_CID_MAX];	/* the keys follow from this */
	uint8_t dcid_len;
	bool keyed, done;
	uint8_t packets, datagrams;	/* tried and looked at so far */
	struct quic_stream stream;
};

static const struct version *
version_find(uint32_t number)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (number >= versions[i].first && number <= versions[i].last)
			return &versions[i];
	return NULL;
}

/* ---- what was found --------------------------------------------------- */

static void
quic_say_host(struct task *task, const uint8_t *host, size_t len)
{
	const struct observation seen = {
		.kind = OBSERVED_HOST,
		.confidence = CONFIDENCE_HIGH,
		.text = (const char *)host,
		.text_len = len,
		.source = HOST_QUIC,
	};

	if (len > 0 && len <= HOST_MAX)
		task->listener->observe(task->listener, &seen);
}

/* Reports a message, or as much of it as there is. */
static void
quic_message(struct task *task, const uint8_t *message, size_t len)
{
	struct hello hello;
	const uint8_t *host;
	size_t host_len;

	if (quic_chlo(message, len)) {
		host = quic_chlo_host(message, len, &host_len);
		if (host != NULL)
			quic_say_host(task, host, host_len);
	} else if (hello_parse(&hello, message, len)) {
		hello_observe(task, &hello, HOST_QUIC, HELLO_ON_QUIC);
	}
}

/* The flow has no more to say: what came of the message is reported. */
static void
quic_finish(struct task *task, struct quic_slot *slot)
{
	if (!slot->done && slot->stream.have > 0)
		quic_message(task, slot->stream.bytes, slot->stream.have);
	slot->done = true;
	quic_stream_fini(&slot->stream);
}

/* ---- frames ----------------------------------------------------------- */

/* A variable-length integer (RFC 9000 section 16). */
static uint64_t
quic_number(struct buf *in)
{
	uint8_t first = buf_u8(in);
	uint64_t value = first & 0x3f;

	for (int more = (1 << (first >> 6)) - 1; more > 0; more--)
		value = value << 8 | buf_u8(in);
	return value;
}

/* ACK (RFC 9000 section 19.3), after its type. */
static void
quic_skip_ack(struct buf *in, bool ecn)
{
	uint64_t ranges;

	quic_number(in);			/* largest acknowledged */
	quic_number(in);			/* delay */
	ranges = quic_number(in);
	quic_number(in);			/* first range */
	for (; ranges > 0 && buf_ok(in); ranges--) {
		quic_number(in);
		quic_number(in);
	}
	for (int i = 0; ecn && i < 3; i++)
		quic_number(in);
}

/*
 * One CRYPTO frame, after its type. The usual hello lies whole in one frame
 * and is read there; only pieces are copied.
 */
static void
quic_crypto_frame(struct task *task, struct quic_slot *slot, struct buf *in)
{
	uint64_t offset = quic_number(in), len = quic_number(in);
	const uint8_t *data = buf_take(in, len);
	uint32_t need;

	if (data == NULL)
		return;
	if (offset == 0 && slot->stream.have == 0 &&
	    quic_message_need(data, len, &need) && need != 0 && need <= len) {
		quic_message(task, data, len);
		slot->done = true;
		return;
	}
	if (!quic_stream_put(&slot->stream, offset, data, len)) {
		quic_finish(task, slot);
		return;
	}
	if (!quic_message_need(slot->stream.bytes, slot->stream.have, &need) ||
	    (need != 0 && need <= slot->stream.have))
		quic_finish(task, slot);
}

/* An Initial packet may hold few kinds of frames (RFC 9000 section 12.4). */
static void
quic_frames(struct task *task, struct quic_slot *slot, const uint8_t *plain,
    size_t len)
{
	struct buf in = buf_of(plain, len);
	uint8_t type;

	while (buf_left(&in) > 0 && !slot->done) {
		type = buf_u8(&in);
		if (type == slot->version->crypto)
			quic_crypto_frame(task, slot, &in);
		else if (type == 0x02 || type == 0x03)
			quic_skip_ack(&in, type == 0x03);
		/* 0 PADDING, 1 PING; 7 is PING in Google's numbering. */
		else if (type > 1 && !(type == 7 && slot->version->crypto == 8))
			break;
	}
}

/* ---- packets ---------------------------------------------------------- */

/*
 * Opens a packet with the keys of its own connection ID. They are kept only if
 * that works: a forged packet must not displace good ones.
 */
static long
quic_rekey(struct quic_slot *slot, const struct quic_packet *packet,
    const uint8_t *dcid, uint8_t dcid_len, uint8_t *plain)
{
	struct quic_keys keys;
	long len = -1;

	if (quic_keys_derive(&keys, &slot->version->schedule, dcid, dcid_len))
		len = quic_packet_open(&keys, packet, plain);
	if (len < 0)
		return len;
	slot->keys = keys;
	slot->keyed = true;
	memcpy(slot->dcid, dcid, dcid_len);
	slot->dcid_len = dcid_len;
	quic_stream_fini(&slot->stream);
	return len;
}

/*
 * Opens an Initial packet. The keys follow from the connection ID of the first
 * one; later ones carry an ID the server chose, but the same keys, unless the
 * server asked for a retry (RFC 9001 section 5.2) or another connection began.
 */
static void
quic_initial(struct task *task, struct quic_slot *slot,
    const struct quic_packet *packet, const uint8_t *dcid, uint8_t dcid_len)
{
	uint8_t plain[QUIC_PACKET_MAX];
	bool same = slot->keyed && dcid_len == slot->dcid_len &&
	    memcmp(dcid, slot->dcid, dcid_len) == 0;
	long len = -1;

	if (packet->len > sizeof(plain))
		return;
	if (++slot->packets == QUIC_PACKETS_MAX) {
		quic_finish(task, slot);
		return;
	}
	if (slot->keyed)
		len = quic_packet_open(&slot->keys, packet, plain);
	if (len < 0 && !same)
		len = quic_rekey(slot, packet, dcid, dcid_len, plain);
	if (len > 0)
		quic_frames(task, slot, plain, (size_t)len);
}

/*
 * Reads one long-header packet (RFC 9000 section 17.2) from its version on.
 * False when the rest of the datagram cannot be read.
 */
static bool
quic_long(struct task *task, struct quic_slot *slot, struct buf *in,
    const uint8_t *begin)
{
	uint8_t type = begin[0] & 0x30, dcid_len, scid_len;
	bool initial = type == slot->version->initial;
	struct quic_packet packet = { .data = begin };
	const uint8_t *dcid;
	uint64_t len;

	dcid_len = buf_u8(in);
	dcid = buf_take(in, dcid_len);
	scid_len = buf_u8(in);
	buf_skip(in, scid_len);
	/* Retry comes from the server only; v2 turned the types by one. */
	if (dcid_len > QUIC_CID_MAX || scid_len > QUIC_CID_MAX ||
	    type == ((slot->version->initial + 0x30) & 0x30))
		return false;
	if (initial)
		buf_skip(in, quic_number(in));		/* token */
	len = quic_number(in);
	packet.head = (size_t)(in->at - begin);
	if (buf_take(in, len) == NULL)
		return false;
	packet.len = packet.head + len;
	if (initial)
		quic_initial(task, slot, &packet, dcid, dcid_len);
	else if (type == ((slot->version->initial + 0x20) & 0x30))
		quic_finish(task, slot);	/* Handshake: the hello is over */
	return !slot->done;
}

/* ---- Google's own, in the clear ---------------------------------------- */

/*
 * The frames of a clear packet: the first is a STREAM frame (1fdoooss) of
 * stream 1, and a CHLO starts its content; a second CHLO, after a rejection,
 * has an offset (Google's "QUIC wire layout" of Q010 to Q046).
 */
static void
quic_google_frames(struct task *task, struct quic_slot *slot, struct buf *in)
{
	uint8_t type, offset_len, stream_len;
	size_t len;

	type = buf_u8(in);
	offset_len = type >> 2 & 7;
	if (offset_len != 0)
		offset_len++;
	stream_len = (type & 3) + 1;
	slot->done = true;
	if (!(type & 0x80))
		return;
	buf_skip(in, stream_len + offset_len);
	if (type & 0x20)
		buf_skip(in, 2);		/* length: the CHLO has its own */
	len = buf_left(in);
	if (buf_ok(in) && quic_chlo(in->at, len))
		quic_message(task, in->at, len);
}

/* Q046: a long header whose connection IDs share one byte of lengths. */
static void
quic_q046(struct task *task, struct quic_slot *slot, struct buf *in,
    uint8_t first)
{
	uint8_t lengths = buf_u8(in), to = lengths >> 4, from = lengths & 15;

	buf_skip(in, (to != 0 ? to + 3u : 0) + (from != 0 ? from + 3u : 0));
	buf_skip(in, (first & 3u) + 1);		/* packet number */
	buf_skip(in, 12);			/* hash of the packet */
	quic_google_frames(task, slot, in);
}

/*
 * Q010 to Q043: public flags, connection ID, version, packet number. Gives the
 * version's number for a client's packet of these, and 0 for all else.
 */
static int
quic_public(const uint8_t *data, size_t len)
{
	int number;

	if (len <= 13 || (data[0] & 0xc9) != 0x09 || data[9] != 'Q' ||
	    data[10] != '0' || data[11] < '1' || data[11] > '4' ||
	    data[12] < '0' || data[12] > '9')
		return 0;
	number = (data[11] - '0') * 10 + data[12] - '0';
	return number <= 43 ? number : 0;
}

static void
quic_public_packet(struct task *task, struct quic_slot *slot,
    const struct chunk *chunk, int version)
{
	static const uint8_t number_len[] = { 1, 2, 4, 6 };
	struct buf in = buf_of(chunk->data, chunk->len);

	buf_skip(&in, 13u + number_len[chunk->data[0] >> 4 & 3]);
	buf_skip(&in, 12);			/* hash of the packet */
	if (version < 34)
		buf_skip(&in, 1);		/* private flags */
	quic_google_frames(task, slot, &in);
}

/* ---- the row ----------------------------------------------------------- */

/* Takes the version of a packet; another than before starts anew. */
static bool
quic_version_set(struct quic_slot *slot, uint32_t number)
{
	const struct version *version = version_find(number);

	if (version == NULL)
		return false;
	if (version != slot->version) {
		slot->keyed = false;
		quic_stream_fini(&slot->stream);
	}
	slot->version = version;
	return true;
}

/* A datagram may hold several packets (RFC 9000 section 12.2). */
static void
quic_datagram(struct task *task, struct quic_slot *slot, struct buf in)
{
	const uint8_t *begin;
	uint32_t number;

	while (buf_left(&in) > 0) {
		begin = in.at;
		buf_skip(&in, 1);
		number = buf_u32(&in);
		if (!(begin[0] & 0x80) || !quic_version_set(slot, number))
			return;
		if (slot->version->layout == LAYOUT_Q046) {
			quic_q046(task, slot, &in, begin[0]);
			return;
		}
		if (!quic_long(task, slot, &in, begin))
			return;
	}
}

static unsigned
quic_feed(struct task *task, void *memory, const struct chunk *chunk)
{
	struct quic_slot *slot = memory;
	int version;

	if (chunk->dir != DIR_UP || chunk->len == 0)
		return slot->done ? 0 : MORE_UP;
	version = quic_public(chunk->data, chunk->len);
	if (version != 0)
		quic_public_packet(task, slot, chunk, version);
	else if (++slot->datagrams == QUIC_DATAGRAMS_MAX)
		quic_finish(task, slot);
	else if (!(chunk->data[0] & 0x80) && slot->version != NULL)
		quic_finish(task, slot);	/* 1-RTT: the hello is over */
	else
		quic_datagram(task, slot, buf_of(chunk->data, chunk->len));
	return slot->done ? 0 : MORE_UP;
}

static void
quic_close(struct task *task, void *memory)
{
	quic_finish(task, memory);
}

static enum interest
quic_sniff(const struct flow *flow, const struct chunk *chunk)
{
	const uint8_t *p = chunk->data;
	uint32_t number;

	if (chunk->dir != DIR_UP)
		return flow->packets[DIR_DOWN] > QUIC_WAIT_MAX ? INTEREST_NO :
		    INTEREST_LATER;
	if (chunk->len < 21)
		return INTEREST_NO;
	if (!(p[0] & 0x80))
		return quic_public(p, chunk->len) != 0 ? INTEREST_YES : INTEREST_NO;
	number = (uint32_t)p[1] << 24 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 8 | p[4];
	return version_find(number) != NULL ? INTEREST_YES : INTEREST_NO;
}

const struct classifier classifier_quic = {
	.name = "quic",
	.transports = ON_UDP,
	.slot_size = sizeof(struct quic_slot),
	.sniff = quic_sniff,
	.feed = quic_feed,
	.close = quic_close,
};
