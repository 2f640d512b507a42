/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's name in the ClientHello of TLS over TCP. The first chunk of
 * nearly every TLS flow holds the whole hello and is read where it lies; one
 * that comes in pieces, over segments or records, is gathered first.
 */
#include "classifiers/hello.h"

#include <stdlib.h>
#include <string.h>

#include "classifiers/table.h"

/*
 * The largest hello followed. Post-quantum key shares make 2 KiB usual, and
 * 64 KiB is what TLS stacks accept at most by default.
 */
#define HELLO_MAX 65536
/* Room for the first piece of a hello whose length is not known yet. */
#define HELLO_ROOM_MIN 64
/*
 * A hello that comes late (the server spoke first, or the client first asked
 * a proxy to connect) is waited for until the server has sent this much.
 */
#define HELLO_WAIT_MAX 16384

/* TLSPlaintext: type, version, length (RFC 8446 section 5.1). */
#define RECORD_HEADER 5
#define RECORD_HANDSHAKE 22
#define RECORD_MAX 16384
#define RECORD_MINOR_MAX 4		/* of the version; TLS 1.3 says 1 or 3 */

enum {
	EXTENSION_SERVER_NAME = 0x0000,		/* RFC 6066 section 3 */
	EXTENSION_ALGORITHMS = 0x000d,		/* RFC 8446 section 4.2.3 */
	EXTENSION_ALPN = 0x0010,		/* RFC 7301 section 3.1 */
	EXTENSION_VERSIONS = 0x002b,		/* RFC 8446 section 4.2.1 */
	EXTENSION_ECH = 0xfe0d,			/* RFC 9849 */
	EXTENSION_ESNI = 0xffce			/* draft-ietf-tls-esni-06 and before */
};

struct hello_slot {
	uint8_t *bytes;			/* the handshake message so far; owned */
	uint32_t have, room;		/* bytes held; bytes there is room for */
	uint32_t left;			/* of the record being read */
	uint8_t head[RECORD_HEADER];	/* of the next record, while it comes */
	uint8_t head_have;
	bool begun;			/* something was taken */
};

/* ---- the message ------------------------------------------------------ */

static void
hello_server_name(struct hello *hello, struct buf body)
{
	struct buf list = buf_sub(&body, buf_u16(&body));
	uint8_t type;
	size_t len;
	const uint8_t *name;

	hello->server_name = true;
	while (buf_left(&list) > 0) {
		type = buf_u8(&list);
		len = buf_u16(&list);
		name = buf_take(&list, len);
		if (name == NULL || type != 0 || hello->host != NULL)
			continue;
		if (len > 0 && len <= HOST_MAX) {
			hello->host = name;
			hello->host_len = (uint16_t)len;
		}
	}
}

static void
hello_alpn(struct hello *hello, struct buf body)
{
	struct buf list = buf_sub(&body, buf_u16(&body));
	uint8_t len;
	const uint8_t *name;

	while (buf_left(&list) > 0 && hello->alpn == NULL) {
		len = buf_u8(&list);
		name = buf_take(&list, len);
		if (name == NULL || len == 0)
			continue;
		if (len == 2 && hello_grease((uint16_t)(name[0] << 8 | name[1])))
			continue;
		hello->alpn = name;
		hello->alpn_len = len;
	}
}

static void
hello_versions(struct hello *hello, struct buf body)
{
	struct buf list = buf_sub(&body, buf_u8(&body));
	uint16_t highest = 0, version;

	while (buf_left(&list) > 1) {
		version = buf_u16(&list);
		if (!hello_grease(version) && version > highest)
			highest = version;
	}
	if (highest != 0) {
		hello->version = highest;
		hello->versions = true;
	}
}

static void
hello_extension(struct hello *hello, uint16_t type, struct buf body)
{
	switch (type) {
	case EXTENSION_SERVER_NAME:
		hello_server_name(hello, body);
		break;
	case EXTENSION_ALGORITHMS:
		hello->algorithms = buf_sub(&body, buf_u16(&body));
		break;
	case EXTENSION_ALPN:
		hello_alpn(hello, body);
		break;
	case EXTENSION_VERSIONS:
		hello_versions(hello, body);
		break;
	case EXTENSION_ECH:
	case EXTENSION_ESNI:
		hello->ech = true;
		break;
	default:
		break;
	}
}

/* True when the block was read to its declared end. */
static bool
hello_extensions(struct hello *hello, struct buf *in)
{
	size_t declared = buf_u16(in), left = buf_left(in);
	struct buf list, body;
	uint16_t type;

	if (!buf_ok(in))
		return false;
	list = buf_sub(in, declared < left ? declared : left);
	hello->extensions = list;
	while (buf_left(&list) > 0) {
		type = buf_u16(&list);
		body = buf_sub(&list, buf_u16(&list));
		if (!buf_ok(&list))
			return false;
		hello_extension(hello, type, body);
	}
	return declared <= left;
}

bool
hello_parse(struct hello *hello, const uint8_t *message, size_t len)
{
	struct buf in = buf_of(message, len);
	size_t declared;

	memset(hello, 0, sizeof(*hello));
	if (buf_u8(&in) != HANDSHAKE_CLIENT_HELLO)
		return false;
	declared = buf_u24(&in);
	if (buf_left(&in) > declared)
		in = buf_sub(&in, declared);
	hello->version = buf_u16(&in);
	buf_skip(&in, 32);			/* random */
	buf_skip(&in, buf_u8(&in));		/* legacy_session_id */
	hello->ciphers = buf_sub(&in, buf_u16(&in));
	if (!buf_ok(&in) || hello->version >> 8 != 3)
		return false;
	buf_skip(&in, buf_u8(&in));		/* legacy_compression_methods */
	if (!buf_ok(&in))
		return true;
	/* A hello without extensions simply ends here (RFC 5246 7.4.1.2). */
	if (len >= HANDSHAKE_HEADER + declared && buf_left(&in) == 0)
		hello->whole = true;
	else
		hello->whole = hello_extensions(hello, &in);
	return true;
}

static void
hello_say(struct task *task, enum observation_kind kind, uint64_t number,
    const void *text, size_t len, enum host_source source)
{
	const struct observation seen = {
		.kind = kind,
		.confidence = CONFIDENCE_HIGH,
		.number = number,
		.text = text,
		.text_len = len,
		.source = source,
	};

	task->listener->observe(task->listener, &seen);
}

void
hello_observe(struct task *task, const struct hello *hello,
    enum host_source source, enum hello_carrier carrier)
{
	/* Of a hello cut short the version is known only if the list was seen. */
	bool version_known = hello->whole || hello->versions;
	char ja4[JA4_MAX];

	hello_say(task, OBSERVED_HELLO, version_known ? hello->version : 0, NULL,
	    0, HOST_NONE);
	if (hello->ech)
		hello_say(task, OBSERVED_ECH, 0, NULL, 0, HOST_NONE);
	if (task->want_ja4 && hello->whole && ja4_text(hello, carrier, ja4))
		hello_say(task, OBSERVED_JA4, 0, ja4, strlen(ja4), HOST_NONE);
	/* Last: a listener that waits for the name has all else by then. */
	if (hello->host != NULL)
		hello_say(task, OBSERVED_HOST, 0, hello->host, hello->host_len,
		    source);
}

/* ---- in pieces ------------------------------------------------------- */

/* The message's whole size with its header; 0 while that is not known. */
static uint32_t
hello_need(const uint8_t *bytes, size_t have)
{
	if (have < HANDSHAKE_HEADER)
		return 0;
	return HANDSHAKE_HEADER +
	    ((uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3]);
}

/* Reports a message, or the start of one, and frees it. */
static void
hello_finish(struct task *task, struct hello_slot *slot)
{
	struct hello hello;

	if (slot->have > 0 && hello_parse(&hello, slot->bytes, slot->have))
		hello_observe(task, &hello, HOST_SNI, HELLO_ON_TCP);
	free(slot->bytes);
	slot->bytes = NULL;
	slot->have = slot->room = 0;
}

/* Makes room for len bytes more, at most for the declared length. */
static bool
hello_grow(struct hello_slot *slot, uint32_t len, uint32_t need)
{
	uint32_t room = slot->room * 2;
	uint8_t *bytes;

	if (slot->have + len <= slot->room)
		return true;
	if (room < HELLO_ROOM_MIN)
		room = HELLO_ROOM_MIN;
	if (room < slot->have + len)
		room = slot->have + len;
	if (need != 0 && room > need)
		room = need;
	bytes = realloc(slot->bytes, room);
	if (bytes == NULL)
		return false;
	slot->bytes = bytes;
	slot->room = room;
	return true;
}

/* Takes some of a record's content. False when the hello cannot be had. */
static bool
hello_gather(struct hello_slot *slot, struct buf *in)
{
	uint32_t need = hello_need(slot->bytes, slot->have);
	uint32_t want = (need != 0 ? need : HANDSHAKE_HEADER) - slot->have;
	uint32_t len = (uint32_t)buf_left(in);

	if (len > slot->left)
		len = slot->left;
	if (len > want)
		len = want;
	if (!hello_grow(slot, len, need))
		return false;
	memcpy(slot->bytes + slot->have, buf_take(in, len), len);
	slot->have += len;
	slot->left -= len;
	return slot->bytes[0] == HANDSHAKE_CLIENT_HELLO &&
	    hello_need(slot->bytes, slot->have) <= HANDSHAKE_HEADER + HELLO_MAX;
}

/* Takes one byte of a record's header. False when it is no such record. */
static bool
hello_record(struct hello_slot *slot, struct buf *in)
{
	const uint8_t *head = slot->head;

	slot->head[slot->head_have++] = buf_u8(in);
	if (slot->head_have < RECORD_HEADER)
		return true;
	slot->head_have = 0;
	slot->left = (uint32_t)(head[3] << 8 | head[4]);
	/* An empty handshake record is forbidden (RFC 8446 section 5.1). */
	return head[0] == RECORD_HANDSHAKE && head[1] == 3 &&
	    head[2] <= RECORD_MINOR_MAX && slot->left > 0 &&
	    slot->left <= RECORD_MAX;
}

/* Reads a hello that lies whole in one record of one chunk. */
static bool
hello_at_once(struct task *task, const struct chunk *chunk)
{
	struct buf in = buf_of(chunk->data, chunk->len);
	struct hello hello;
	struct buf record;

	buf_skip(&in, 3);
	record = buf_sub(&in, buf_u16(&in));
	if (!buf_ok(&record) || buf_left(&record) < HANDSHAKE_HEADER ||
	    buf_left(&record) > RECORD_MAX ||
	    hello_need(record.at, HANDSHAKE_HEADER) > buf_left(&record))
		return false;
	if (hello_parse(&hello, record.at, buf_left(&record)))
		hello_observe(task, &hello, HOST_SNI, HELLO_ON_TCP);
	return true;
}

static unsigned
hello_feed(struct task *task, void *memory, const struct chunk *chunk)
{
	struct hello_slot *slot = memory;
	struct buf in = buf_of(chunk->data, chunk->len);
	bool first = !slot->begun, going = true;

	if (chunk->dir != DIR_UP)
		return MORE_UP;
	slot->begun = true;
	if (first && hello_at_once(task, chunk))
		return 0;
	if (!first && chunk->gap != 0)
		going = false;
	while (going && buf_left(&in) > 0) {
		going = slot->left == 0 ? hello_record(slot, &in) :
		    hello_gather(slot, &in);
		if (slot->have > 0 &&
		    slot->have == hello_need(slot->bytes, slot->have))
			going = false;
	}
	if (going)
		return MORE_UP;
	hello_finish(task, slot);
	return 0;
}

static void
hello_close(struct task *task, void *memory)
{
	hello_finish(task, memory);
}

/* ---- the first look -------------------------------------------------- */

/* A request to a proxy (RFC 9110 section 9.3.6): the hello follows the answer. */
static bool
hello_connect(const struct chunk *chunk)
{
	return chunk->len >= 8 && memcmp(chunk->data, "CONNECT ", 8) == 0;
}

static enum interest
hello_sniff(const struct flow *flow, const struct chunk *chunk)
{
	const uint8_t *p = chunk->data;

	if (chunk->dir != DIR_UP || chunk->len == 0)
		return flow->bytes[DIR_DOWN] > HELLO_WAIT_MAX ? INTEREST_NO :
		    INTEREST_LATER;
	if (p[0] != RECORD_HANDSHAKE)
		return hello_connect(chunk) ? INTEREST_LATER : INTEREST_NO;
	if ((chunk->len > 1 && p[1] != 3) ||
	    (chunk->len > 2 && p[2] > RECORD_MINOR_MAX) ||
	    (chunk->len > RECORD_HEADER && p[RECORD_HEADER] != HANDSHAKE_CLIENT_HELLO))
		return INTEREST_NO;
	return INTEREST_YES;
}

const struct classifier classifier_hello = {
	.name = "hello",
	.transports = ON_TCP,
	.slot_size = sizeof(struct hello_slot),
	.sniff = hello_sniff,
	.feed = hello_feed,
	.close = hello_close,
};
