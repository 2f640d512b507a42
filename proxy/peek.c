/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/peek.h"

#include <string.h>

#include "core/buf.h"

#define RECORD_HEAD 5
#define RECORD_HANDSHAKE 22
/* RFC 8446 section 5.1: 2^14 bytes in a plain record. */
#define RECORD_MAX 16384
#define MESSAGE_HEAD 4
#define MESSAGE_CLIENT_HELLO 1
#define EXTENSION_ALPN 16
/* legacy_version and random (RFC 8446 section 4.1.2). */
#define HELLO_FIXED 34

/* Does it begin like a record of a handshake? Fewer bytes than a head: as far as they say. */
static bool
record_fits(const uint8_t *data, size_t len)
{
	size_t size = len >= RECORD_HEAD ? (size_t)data[3] << 8 | data[4] : 1;

	return (len < 1 || data[0] == RECORD_HANDSHAKE) && (len < 2 || data[1] == 3) &&
	    size >= 1 && size <= RECORD_MAX;
}

/* The size of the message whose head is there, head included. */
static size_t
message_size(const uint8_t *message)
{
	return MESSAGE_HEAD + ((size_t)message[1] << 16 | (size_t)message[2] << 8 | message[3]);
}

/* A protocol name, when it is one of ours. */
static void
alpn_take(struct peek *peek, const uint8_t *name, size_t len)
{
	bool ours = (len == 2 && memcmp(name, "h2", 2) == 0) ||
	    (len == 8 && memcmp(name, "http/1.1", 8) == 0);

	if (!ours || peek->alpn_len + len + 1 > PEEK_ALPN_MAX)
		return;
	peek->alpn[peek->alpn_len++] = (uint8_t)len;
	memcpy(peek->alpn + peek->alpn_len, name, len);
	peek->alpn_len = (uint8_t)(peek->alpn_len + len);
}

/* RFC 7301 section 3.1 */
static void
alpn_read(struct peek *peek, struct buf extension)
{
	struct buf list = buf_sub(&extension, buf_u16(&extension));

	peek->offered = true;
	while (buf_left(&list) > 0) {
		size_t len = buf_u8(&list);
		const uint8_t *name = buf_take(&list, len);

		if (name == NULL)
			return;
		alpn_take(peek, name, len);
	}
}

/* The hello's extensions, of which one matters here; the judge reads the rest. */
static bool
hello_read(struct peek *peek, const uint8_t *message, size_t len)
{
	struct buf buf = buf_of(message + MESSAGE_HEAD, len - MESSAGE_HEAD), extensions;

	buf_skip(&buf, HELLO_FIXED);
	buf_skip(&buf, buf_u8(&buf));		/* legacy_session_id */
	buf_skip(&buf, buf_u16(&buf));		/* cipher_suites */
	buf_skip(&buf, buf_u8(&buf));		/* legacy_compression_methods */
	if (!buf_ok(&buf))
		return false;
	if (buf_left(&buf) == 0)
		return true;			/* TLS 1.2 without extensions */
	extensions = buf_sub(&buf, buf_u16(&buf));
	while (buf_left(&extensions) > 0) {
		uint16_t type = buf_u16(&extensions);
		struct buf body = buf_sub(&extensions, buf_u16(&extensions));

		if (type == EXTENSION_ALPN && buf_ok(&body))
			alpn_read(peek, body);
	}
	return buf_ok(&extensions);
}

static struct peek
peek_more(size_t need)
{
	return (struct peek){
		.result = need > PEEK_MAX ? PEEK_OVERSIZE : PEEK_MORE, .need = need
	};
}

/* A message is there as a whole. */
static struct peek
peek_message(const uint8_t *message, size_t len)
{
	struct peek peek = { .result = PEEK_HELLO };

	if (message[0] != MESSAGE_CLIENT_HELLO || !hello_read(&peek, message, len))
		peek.result = PEEK_OTHER;
	return peek;
}

struct peek
peek_look(struct peek_buffer *buffer, size_t len)
{
	size_t at = 0, have = 0;

	for (;;) {
		const uint8_t *record = buffer->data + at;
		size_t left = len - at, size, part;

		if (!record_fits(record, left))
			return (struct peek){ .result = PEEK_OTHER };
		if (left < RECORD_HEAD)
			return peek_more(at + RECORD_HEAD + (have == 0 ? MESSAGE_HEAD : 0));
		size = (size_t)record[3] << 8 | record[4];
		part = left - RECORD_HEAD < size ? left - RECORD_HEAD : size;
		memcpy(buffer->message + have, record + RECORD_HEAD, part);
		have += part;
		if (have > 0 && buffer->message[0] != MESSAGE_CLIENT_HELLO)
			return (struct peek){ .result = PEEK_OTHER };
		if (have >= MESSAGE_HEAD && message_size(buffer->message) > PEEK_MAX)
			return (struct peek){ .result = PEEK_OVERSIZE };
		if (have >= MESSAGE_HEAD && have >= message_size(buffer->message))
			return peek_message(buffer->message, message_size(buffer->message));
		at += RECORD_HEAD + size;
		if (part < size)
			return peek_more(at);
	}
}
