/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers of DNS: which addresses a client was given for the name it asked
 * for (RFC 1035; over TCP RFC 7766). They name the server of a later flow that
 * does not name it itself.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "classifiers/table.h"
#include "core/buf.h"

#define DNS_PORT 53
/* Records of one message that are looked at; real answers have few. */
#define DNS_RECORDS_MAX 128
/* Addresses of one message that are reported. */
#define DNS_ANSWERS_MAX 64
/* Aliases followed from the name asked for; resolvers stop at about as many. */
#define DNS_CHAIN_MAX 16
/* Compression pointers followed in one name: each must point back, and this few. */
#define DNS_POINTERS_MAX 32
#define DNS_LABEL_MAX 63		/* RFC 1035 section 2.3.4 */
#define DNS_HEADER 12

enum {
	TYPE_A = 1, TYPE_CNAME = 5, TYPE_AAAA = 28,	/* RFC 1035, RFC 3596 */
	TYPE_SVCB = 64, TYPE_HTTPS = 65			/* RFC 9460 */
};

#define CLASS_IN 1
/* SvcParamKeys (RFC 9460 section 14.3.2). */
#define HINT_IPV4 4
#define HINT_IPV6 6

struct name {
	size_t len;
	char text[HOST_MAX + 1];	/* lower case, no dot at the end */
};

struct record {
	size_t owner, data;		/* where they are in the message */
	uint16_t type, data_len;
	uint32_t ttl;
};

struct message {
	const uint8_t *bytes;
	size_t len;
	struct task *task;
	struct name asked;		/* as the client asked */
	uint16_t asked_type;
	struct name holder;		/* at the end of the aliases */
	size_t count, said;		/* records; addresses reported */
	struct record records[DNS_RECORDS_MAX];
};

/* Only a flow over TCP has something to keep: a message in pieces. */
struct dns_slot {
	uint8_t *bytes;			/* owned */
	uint32_t have, room;		/* bytes held; bytes there is room for */
	uint32_t need;			/* the message's length; 0 not known yet */
	uint8_t head[2];
	bool begun;
};

/* ---- names ------------------------------------------------------------- */

static bool
name_char(struct name *name, uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		c = (uint8_t)(c - 'A' + 'a');
	if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' &&
	    c != '_')
		return false;
	if (name->len == HOST_MAX)
		return false;
	name->text[name->len++] = (char)c;
	return true;
}

static bool
name_label(struct name *name, const uint8_t *label, size_t len)
{
	if (name->len > 0) {
		if (name->len == HOST_MAX)
			return false;
		name->text[name->len++] = '.';
	}
	for (size_t i = 0; i < len; i++)
		if (!name_char(name, label[i]))
			return false;
	return true;
}

/*
 * Reads the name at `at` and sets *next to what follows it there. False when
 * it is damaged or no name of a host. Pointers (RFC 1035 section 4.1.4) must
 * lead back, so they cannot go round.
 */
static bool
name_read(const struct message *message, size_t at, struct name *name,
    size_t *next)
{
	size_t lowest = at;
	int pointers = 0;
	uint8_t len;

	name->len = 0;
	for (;;) {
		if (at >= message->len)
			return false;
		len = message->bytes[at];
		if (len <= DNS_LABEL_MAX) {
			if (pointers == 0)
				*next = at + 1 + len;
			if (len == 0)
				break;
			if (len >= message->len - at ||
			    !name_label(name, message->bytes + at + 1, len))
				return false;
			at += 1u + len;
			continue;
		}
		if (len < 0xc0 || at + 1 >= message->len)
			return false;
		if (pointers++ == 0)
			*next = at + 2;
		at = (size_t)(len & 0x3f) << 8 | message->bytes[at + 1];
		if (at >= lowest || pointers > DNS_POINTERS_MAX)
			return false;
		lowest = at;
	}
	name->text[name->len] = '\0';
	return name->len > 0;
}

static bool
name_equal(const struct name *a, const struct name *b)
{
	return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

/* Steps over a name of any form; false when it runs out of the message. */
static bool
name_skip(const struct message *message, size_t *at)
{
	uint8_t len;

	while (*at < message->len) {
		len = message->bytes[*at];
		if (len > DNS_LABEL_MAX) {
			*at += 2;
			return len >= 0xc0 && *at <= message->len;
		}
		*at += 1u + len;
		if (len == 0)
			return *at <= message->len;
	}
	return false;
}

/* ---- records ----------------------------------------------------------- */

/* Lists the answers; a message cut short gives those before the cut. */
static void
records_read(struct message *message, size_t at, unsigned count)
{
	struct record *record;
	struct buf in;
	uint16_t class;

	for (; count > 0 && message->count < DNS_RECORDS_MAX; count--) {
		record = &message->records[message->count];
		record->owner = at;
		if (!name_skip(message, &at))
			return;
		in = buf_of(message->bytes + at, message->len - at);
		record->type = buf_u16(&in);
		class = buf_u16(&in);
		record->ttl = buf_u32(&in);
		record->data_len = buf_u16(&in);
		record->data = (size_t)(in.at - message->bytes);
		if (buf_take(&in, record->data_len) == NULL)
			return;
		at = record->data + record->data_len;
		if (class == CLASS_IN)
			message->count++;
	}
}

static bool
record_of(const struct message *message, const struct record *record,
    const struct name *owner)
{
	struct name name;
	size_t next;

	return name_read(message, record->owner, &name, &next) &&
	    name_equal(&name, owner);
}

/* Follows CNAMEs (RFC 1034 section 3.6.2) in whatever order they come. */
static void
records_follow(struct message *message)
{
	const struct record *record;
	struct name target;
	size_t next;
	int steps = 0;
	bool moved = true;

	message->holder = message->asked;
	while (moved) {
		moved = false;
		for (size_t i = 0; i < message->count; i++) {
			record = &message->records[i];
			if (record->type != TYPE_CNAME ||
			    !record_of(message, record, &message->holder))
				continue;
			if (!name_read(message, record->data, &target, &next) ||
			    ++steps > DNS_CHAIN_MAX)
				return;
			message->holder = target;
			moved = true;
		}
	}
}

/* ---- answers ----------------------------------------------------------- */

/*
 * The host a service's records are asked for: its leading labels name port
 * and scheme, "_8443._https.example.com" (RFC 9460 section 2.3).
 */
static void
asked_host(const struct message *message, const char **text, size_t *len)
{
	const char *at = message->asked.text, *dot;

	while (*at == '_' && (message->asked_type == TYPE_SVCB ||
	    message->asked_type == TYPE_HTTPS)) {
		dot = strchr(at, '.');
		if (dot == NULL)
			break;
		at = dot + 1;
	}
	*text = at;
	*len = message->asked.len - (size_t)(at - message->asked.text);
}

static void
answer_say(struct message *message, const struct addr *addr, uint32_t ttl)
{
	struct observation seen = {
		.kind = OBSERVED_ANSWER,
		.confidence = CONFIDENCE_HIGH,
		.number = ttl,
		.source = HOST_DNS,
		.addr = addr,
	};

	if (message->said == DNS_ANSWERS_MAX)
		return;
	message->said++;
	asked_host(message, &seen.text, &seen.text_len);
	message->task->listener->observe(message->task->listener, &seen);
}

/* Reports each of the addresses that lie one after the other in `in`. */
static void
answer_addresses(struct message *message, struct buf in, size_t size,
    uint32_t ttl)
{
	const uint8_t *bytes;
	struct addr addr;

	while (buf_left(&in) >= size) {
		bytes = buf_take(&in, size);
		addr = size == 4 ? addr_v4(bytes) : addr_v6(bytes);
		answer_say(message, &addr, ttl);
	}
}

/* SvcPriority, TargetName, then parameters by key (RFC 9460 section 2.2). */
static void
answer_service(struct message *message, const struct record *record)
{
	size_t at = record->data + 2, end = record->data + record->data_len;
	struct buf in, value;
	uint16_t key;

	if (record->data_len < 3 || !name_skip(message, &at) || at > end)
		return;
	in = buf_of(message->bytes + at, end - at);
	while (buf_left(&in) > 0) {
		key = buf_u16(&in);
		value = buf_sub(&in, buf_u16(&in));
		if (!buf_ok(&in))
			return;
		if (key == HINT_IPV4)
			answer_addresses(message, value, 4, record->ttl);
		else if (key == HINT_IPV6)
			answer_addresses(message, value, 16, record->ttl);
	}
}

static void
answer_record(struct message *message, const struct record *record)
{
	struct buf in = buf_of(message->bytes + record->data, record->data_len);

	if (record->type == TYPE_A && record->data_len == 4)
		answer_addresses(message, in, 4, record->ttl);
	else if (record->type == TYPE_AAAA && record->data_len == 16)
		answer_addresses(message, in, 16, record->ttl);
	else if (record->type == TYPE_SVCB || record->type == TYPE_HTTPS)
		answer_service(message, record);
}

/*
 * Reads one message. Only an answer (QR) to a plain query (opcode 0) that
 * went well (RCODE 0) and has one question counts (RFC 1035 section 4.1.1).
 */
static void
dns_message(struct task *task, const uint8_t *bytes, size_t len)
{
	struct message message;
	struct buf in = buf_of(bytes, len);
	uint16_t flags, questions, answers;
	size_t at;

	buf_skip(&in, 2);
	flags = buf_u16(&in);
	questions = buf_u16(&in);
	answers = buf_u16(&in);
	if (len < DNS_HEADER || (flags & 0xf80f) != 0x8000 || questions != 1 ||
	    answers == 0)
		return;
	message.bytes = bytes;
	message.len = len;
	message.task = task;
	message.count = message.said = 0;
	if (!name_read(&message, DNS_HEADER, &message.asked, &at) ||
	    at > len || len - at < 4)
		return;
	message.asked_type = (uint16_t)(bytes[at] << 8 | bytes[at + 1]);
	records_read(&message, at + 4, answers);
	records_follow(&message);
	for (size_t i = 0; i < message.count; i++)
		if (message.records[i].type != TYPE_CNAME &&
		    record_of(&message, &message.records[i], &message.holder))
			answer_record(&message, &message.records[i]);
}

/* ---- the row ------------------------------------------------------------ */

/* Makes room for len bytes more. The declared length alone costs no memory. */
static bool
dns_grow(struct dns_slot *slot, size_t len)
{
	size_t room = slot->room * 2;
	uint8_t *bytes;

	if (slot->have + len <= slot->room)
		return true;
	if (room < slot->have + len)
		room = slot->have + len;
	bytes = realloc(slot->bytes, room);
	if (bytes == NULL)
		return false;
	slot->bytes = bytes;
	slot->room = (uint32_t)room;
	return true;
}

static void
dns_forget(struct dns_slot *slot)
{
	free(slot->bytes);
	slot->bytes = NULL;
	slot->have = slot->room = slot->need = 0;
}

/* Takes a byte of the two that tell a message's length (RFC 1035 4.2.2). */
static void
dns_length(struct task *task, struct dns_slot *slot, struct buf *in)
{
	slot->head[slot->have++] = buf_u8(in);
	if (slot->have < 2)
		return;
	slot->need = (uint32_t)(slot->head[0] << 8 | slot->head[1]);
	slot->have = 0;
	if (buf_left(in) < slot->need)
		return;
	dns_message(task, in->at, slot->need);
	buf_skip(in, slot->need);
	slot->need = 0;
}

/* Takes bytes of a message that did not come whole. */
static bool
dns_piece(struct task *task, struct dns_slot *slot, struct buf *in)
{
	size_t len = slot->need - slot->have;

	if (len > buf_left(in))
		len = buf_left(in);
	if (!dns_grow(slot, len))
		return false;
	memcpy(slot->bytes + slot->have, buf_take(in, len), len);
	slot->have += (uint32_t)len;
	if (slot->have < slot->need)
		return true;
	dns_message(task, slot->bytes, slot->need);
	dns_forget(slot);
	return true;
}

/* After lost bytes it is unknown where a message starts: no more is read. */
static bool
dns_stream(struct task *task, struct dns_slot *slot, const struct chunk *chunk)
{
	struct buf in = buf_of(chunk->data, chunk->len);

	if (slot->begun && chunk->gap != 0)
		return false;
	slot->begun = true;
	while (buf_left(&in) > 0) {
		if (slot->need == 0)
			dns_length(task, slot, &in);
		else if (!dns_piece(task, slot, &in))
			return false;
	}
	return true;
}

/* The direction in which the server of this flow answers. */
static enum dir
dns_answers(const struct flow *flow)
{
	return flow->server_port == DNS_PORT ? DIR_DOWN : DIR_UP;
}

static unsigned
dns_feed(struct task *task, void *memory, const struct chunk *chunk)
{
	enum dir answers = dns_answers(task->flow);
	struct dns_slot *slot = memory;

	if (chunk->dir == answers) {
		if (task->flow->proto == IPPROTO_UDP) {
			dns_message(task, chunk->data, chunk->len);
		} else if (!dns_stream(task, slot, chunk)) {
			dns_forget(slot);
			return 0;
		}
	}
	return answers == DIR_DOWN ? MORE_DOWN : MORE_UP;
}

static void
dns_close(struct task *task, void *memory)
{
	struct dns_slot *slot = memory;

	/* A message cut short still answers with what came of it. */
	if (slot->bytes != NULL)
		dns_message(task, slot->bytes, slot->have);
	dns_forget(slot);
}

static enum interest
dns_sniff(const struct flow *flow, const struct chunk *chunk)
{
	(void)chunk;
	return flow->server_port == DNS_PORT || flow->client_port == DNS_PORT ?
	    INTEREST_YES : INTEREST_NO;
}

const struct classifier classifier_dns = {
	.name = "dns",
	.transports = ON_TCP | ON_UDP,
	.slot_size = sizeof(struct dns_slot),
	.sniff = dns_sniff,
	.feed = dns_feed,
	.close = dns_close,
};
