/* SPDX-License-Identifier: Apache-2.0 */
#include "classifiers/quic_stream.h"

#include <stdlib.h>
#include <string.h>

#include "classifiers/hello.h"
#include "core/buf.h"

/* Room grows in steps of this, so that most flights take one or two. */
#define QUIC_STREAM_STEP 2048
/* QUIC Crypto allows at most this many tags in a message. */
#define CHLO_TAGS_MAX 128
#define CHLO_HEADER 8			/* tag, count, padding */

static bool
stream_grow(struct quic_stream *stream, uint32_t end)
{
	uint32_t room = (end + QUIC_STREAM_STEP - 1) / QUIC_STREAM_STEP *
	    QUIC_STREAM_STEP;
	uint8_t *bytes, *seen;

	if (end <= stream->room)
		return true;
	bytes = realloc(stream->bytes, room);
	if (bytes == NULL)
		return false;
	stream->bytes = bytes;
	seen = realloc(stream->seen, room / 8);
	if (seen == NULL)
		return false;
	stream->seen = seen;
	memset(seen + stream->room / 8, 0, (room - stream->room) / 8);
	stream->room = room;
	return true;
}

/* Marks bytes as seen, eight at a time where they fill a byte of the map. */
static void
stream_mark(struct quic_stream *stream, uint32_t at, uint32_t end)
{
	while (at < end) {
		if (at % 8 == 0 && end - at >= 8) {
			stream->seen[at / 8] = 0xff;
			at += 8;
		} else {
			stream->seen[at / 8] |= (uint8_t)(1u << at % 8);
			at++;
		}
	}
	at = stream->have;
	while (at < stream->room) {
		if (at % 8 == 0 && stream->seen[at / 8] == 0xff)
			at += 8;
		else if (stream->seen[at / 8] & 1u << at % 8)
			at++;
		else
			break;
	}
	stream->have = at;
}

bool
quic_stream_put(struct quic_stream *stream, uint64_t offset,
    const uint8_t *data, size_t len)
{
	if (offset > QUIC_STREAM_MAX || len > QUIC_STREAM_MAX - offset)
		return false;
	if (len == 0)
		return true;
	if (!stream_grow(stream, (uint32_t)(offset + len)))
		return false;
	memcpy(stream->bytes + offset, data, len);
	stream_mark(stream, (uint32_t)offset, (uint32_t)(offset + len));
	return true;
}

void
quic_stream_fini(struct quic_stream *stream)
{
	free(stream->bytes);
	free(stream->seen);
	memset(stream, 0, sizeof(*stream));
}

/* Google's messages count with the low byte first. */
static uint32_t
little_u32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

bool
quic_chlo(const uint8_t *message, size_t len)
{
	return len >= 4 && memcmp(message, "CHLO", 4) == 0;
}

/* The header's size with its table of tags; 0 when it is not all there. */
static size_t
chlo_table(const uint8_t *message, size_t len)
{
	size_t count;

	if (len < CHLO_HEADER || !quic_chlo(message, len))
		return 0;
	count = message[4] | (size_t)message[5] << 8;
	if (count == 0 || count > CHLO_TAGS_MAX || len < CHLO_HEADER + 8 * count)
		return 0;
	return CHLO_HEADER + 8 * count;
}

const uint8_t *
quic_chlo_host(const uint8_t *message, size_t len, size_t *host_len)
{
	static const uint8_t sni[4] = { 'S', 'N', 'I', 0 };
	size_t table = chlo_table(message, len), begin = 0, end;

	for (size_t at = CHLO_HEADER; at < table; at += 8, begin = end) {
		end = little_u32(message + at + 4);
		if (end < begin || end > len - table)
			return NULL;
		if (memcmp(message + at, sni, sizeof(sni)) != 0)
			continue;
		*host_len = end - begin;
		return message + table + begin;
	}
	return NULL;
}

static bool
chlo_need(const uint8_t *bytes, size_t have, uint32_t *need)
{
	size_t table = chlo_table(bytes, have);
	uint32_t values;

	if (have >= CHLO_HEADER && ((bytes[4] | bytes[5] << 8) == 0 ||
	    (bytes[4] | bytes[5] << 8) > CHLO_TAGS_MAX))
		return false;
	if (table == 0)
		return true;
	values = little_u32(bytes + table - 4);
	if (values > QUIC_STREAM_MAX - table)
		return false;
	*need = (uint32_t)table + values;
	return true;
}

bool
quic_message_need(const uint8_t *bytes, size_t have, uint32_t *need)
{
	*need = 0;
	if (have < HANDSHAKE_HEADER)
		return true;
	if (quic_chlo(bytes, have))
		return chlo_need(bytes, have, need);
	*need = HANDSHAKE_HEADER +
	    ((uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3]);
	return bytes[0] == HANDSHAKE_CLIENT_HELLO && *need <= QUIC_STREAM_MAX;
}
