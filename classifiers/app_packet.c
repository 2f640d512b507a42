/* SPDX-License-Identifier: Apache-2.0 */
#include "classifiers/app_packet.h"

#include <netinet/in.h>
#include <string.h>

#include "core/buf.h"

#define TCP_HEAD 20
#define UDP_HEAD 8

/* TLS record and handshake types (RFC 8446 sections 5.1 and 4). */
enum {
	RECORD_CHANGE_CIPHER = 20, RECORD_ALERT = 21, RECORD_HANDSHAKE = 22,
	RECORD_DATA = 23
};
enum { CLIENT_HELLO = 1, SERVER_HELLO = 2 };

/* Extensions (IANA, TLS ExtensionType Values). */
enum { EXT_SERVER_NAME = 0, EXT_ALPN = 16, EXT_VERSIONS = 43 };

#define TLS_1_3 0x0304

/* ---- headers ---- */

bool
app_packet_is_cut(const uint8_t *packet, size_t len)
{
	if (len >= 20 && packet[0] >> 4 == 4)
		return ((size_t)packet[2] << 8 | packet[3]) > len;
	if (len >= 40 && packet[0] >> 4 == 6)
		return 40 + ((size_t)packet[4] << 8 | packet[5]) > len;
	return true;
}

bool
app_segment_of(const uint8_t *packet, size_t len, struct app_segment *segment)
{
	size_t head, end;

	if (len >= 20 && packet[0] >> 4 == 4) {		/* RFC 791 section 3.1 */
		head = (packet[0] & 15u) * 4;
		end = (size_t)packet[2] << 8 | packet[3];
		if (packet[9] != IPPROTO_TCP || ((packet[6] & 0x3f) | packet[7]) != 0)
			return false;
	} else if (len >= 40 && packet[0] >> 4 == 6) {	/* RFC 8200 section 3 */
		head = 40;
		end = 40 + ((size_t)packet[4] << 8 | packet[5]);
		if (packet[6] != IPPROTO_TCP)
			return false;
	} else {
		return false;
	}
	if (end > len)
		end = len;
	if (head < 20 || end < head + TCP_HEAD)
		return false;
	segment->packet = packet;
	segment->transport = head;
	head += (packet[head + 12] >> 4) * 4u;		/* RFC 9293 section 3.1 */
	segment->payload = packet + (head < end ? head : end);
	segment->payload_len = head < end ? end - head : 0;
	return true;
}

static uint8_t *
put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return at + 2;
}

static uint8_t *
put_bytes(uint8_t *at, const void *from, size_t len)
{
	memcpy(at, from, len);
	return at + len;
}

/* ---- TLS ---- */

/* Opens the one handshake message of the record that the payload starts with. */
static struct buf
record_message(const struct app_segment *segment, uint8_t type)
{
	struct buf payload = buf_of(segment->payload, segment->payload_len);
	struct buf record;

	payload.failed = buf_u8(&payload) != RECORD_HANDSHAKE || buf_u8(&payload) != 3;
	buf_skip(&payload, 1);
	record = buf_sub(&payload, buf_u16(&payload));
	if (buf_u8(&record) != type)
		record.failed = true;
	return buf_sub(&record, buf_u24(&record));
}

/* The next extension of a list; false at its end. */
static bool
extension_next(struct buf *list, uint16_t *type, struct buf *body)
{
	if (buf_left(list) == 0)
		return false;
	*type = buf_u16(list);
	*body = buf_sub(list, buf_u16(list));
	return buf_ok(body);
}

/* RFC 8446 section 4.1.3; 1.3 shows in an extension alone. */
static bool
server_hello_is_13(struct buf hello)
{
	struct buf list, body;
	uint16_t type;

	buf_skip(&hello, 2 + 32);
	buf_skip(&hello, buf_u8(&hello));
	buf_skip(&hello, 2 + 1);
	list = buf_sub(&hello, buf_u16(&hello));
	while (extension_next(&list, &type, &body))
		if (type == EXT_VERSIONS)
			return buf_u16(&body) >= TLS_1_3;
	return false;
}

/*
 * A ServerHello that is cut by the segment's end is taken for an old one: the
 * certificate is then looked for in vain, which costs time and no label.
 */
enum app_answer
app_answer_of(const struct app_segment *segment)
{
	const uint8_t *p = segment->payload;
	struct buf hello;

	if (segment->payload_len < 6 || p[1] != 3)
		return ANSWER_NOT_YET;
	switch (p[0]) {
	case RECORD_CHANGE_CIPHER:
	case RECORD_ALERT:
	case RECORD_DATA:
		return ANSWER_HIDDEN;
	case RECORD_HANDSHAKE:
		if (p[5] != SERVER_HELLO)
			return ANSWER_NOT_YET;
		hello = record_message(segment, SERVER_HELLO);
		return buf_ok(&hello) && server_hello_is_13(hello) ?
		    ANSWER_HIDDEN : ANSWER_READABLE;
	default:
		return ANSWER_NOT_YET;
	}
}

/* Copies the extensions that tell names and versions; NULL without room. */
static uint8_t *
extensions_copy(struct buf list, uint8_t *at, const uint8_t *end)
{
	struct buf body;
	uint16_t type;

	while (extension_next(&list, &type, &body)) {
		size_t len = buf_left(&body);

		if (type != EXT_SERVER_NAME && type != EXT_ALPN && type != EXT_VERSIONS)
			continue;
		if ((size_t)(end - at) < 4 + len)
			return NULL;
		at = put16(put16(at, type), len);
		at = put_bytes(at, body.at, len);
	}
	return buf_ok(&list) ? at : NULL;
}

/* Headers of a segment again, without TCP options, for another payload length. */
static size_t
headers_copy(const struct app_segment *segment, size_t payload_len, uint8_t *out)
{
	size_t ip = segment->transport;

	memcpy(out, segment->packet, ip + TCP_HEAD);
	if (out[0] >> 4 == 4)
		put16(out + 2, ip + TCP_HEAD + payload_len);
	else
		put16(out + 4, TCP_HEAD + payload_len);
	out[ip + 12] = TCP_HEAD / 4 << 4;
	return ip + TCP_HEAD;
}

/* ClientHello: RFC 8446 section 4.1.2, the same fields since TLS 1.0. */
size_t
app_hello_shorten(const struct app_segment *segment, uint8_t out[APP_HELLO_MAX])
{
	struct buf hello = record_message(segment, CLIENT_HELLO), suites, list;
	const uint8_t *p = segment->payload, *fixed;
	size_t head = segment->transport + TCP_HEAD;
	uint8_t *start, *at, *extensions;

	if (!buf_ok(&hello) || buf_left(&hello) + 9 != segment->payload_len)
		return 0;
	fixed = buf_take(&hello, 2 + 32);
	buf_skip(&hello, buf_u8(&hello));
	suites = buf_sub(&hello, buf_u16(&hello));
	buf_skip(&hello, buf_u8(&hello));
	list = buf_sub(&hello, buf_u16(&hello));
	if (!buf_ok(&list) || buf_left(&suites) < 2 || buf_left(&hello) != 0)
		return 0;
	start = out + head;
	at = put_bytes(start, p, 9);			/* both headers */
	at = put_bytes(at, fixed, 2 + 32);
	*at++ = 0;					/* no session id */
	at = put_bytes(put16(at, 2), suites.at, 2);
	at = put_bytes(at, "\1", 2);			/* null compression */
	extensions = at;
	at = extensions_copy(list, at + 2, out + APP_HELLO_MAX);
	if (at == NULL)
		return 0;
	put16(extensions, (size_t)(at - extensions) - 2);
	put16(start + 3, (size_t)(at - start) - 5);
	put16(start + 7, (size_t)(at - start) - 9);	/* the 24 bits' lower two bytes */
	start[6] = 0;
	return headers_copy(segment, (size_t)(at - start), out) + (size_t)(at - start);
}

/* ---- openings ---- */

size_t
app_opening_make(const struct flow *flow, uint8_t *out)
{
	bool v4 = flow->client.family == 4, tcp = flow->proto == IPPROTO_TCP;
	size_t ip = v4 ? 20 : 40, head = tcp ? TCP_HEAD : UDP_HEAD;
	uint8_t *at = out + ip;

	memset(out, 0, APP_OPENING_MAX);
	out[0] = v4 ? 0x45 : 0x60;
	put16(out + (v4 ? 2 : 4), (v4 ? ip : 0) + head);
	out[v4 ? 9 : 6] = flow->proto;
	memcpy(out + (v4 ? 12 : 8), flow->client.bytes, v4 ? 4 : 16);
	memcpy(out + (v4 ? 16 : 24), flow->server.bytes, v4 ? 4 : 16);
	at = put16(put16(at, flow->client_port), flow->server_port);
	if (tcp) {
		at[8] = TCP_HEAD / 4 << 4;
		at[9] = 0x02;				/* SYN */
	} else {
		put16(at, UDP_HEAD);
	}
	return ip + head;
}
