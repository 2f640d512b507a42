/* SPDX-License-Identifier: Apache-2.0 */
#include "load_http2.h"

#include <string.h>

#define FRAME_HEAD 9
#define FRAME_HEADERS 1
#define FRAME_SETTINGS 4
#define FLAG_END_STREAM 1	/* of HEADERS and DATA; of SETTINGS: it is an acknowledgement */
#define FLAG_END_HEADERS 4
#define STREAM 1

static size_t
frame_put(unsigned char *at, unsigned char type, unsigned char flags, unsigned char stream,
    const void *payload, size_t len)
{
	const unsigned char head[FRAME_HEAD] = {
		(unsigned char)(len >> 16), (unsigned char)(len >> 8), (unsigned char)len,
		type, flags, 0, 0, 0, stream
	};

	memcpy(at, head, sizeof(head));
	if (len > 0)
		memcpy(at + sizeof(head), payload, len);
	return sizeof(head) + len;
}

/* RFC 7541 section 6.2.1: a field whose name is in the static table, to be remembered. */
static size_t
field_put(unsigned char *at, unsigned char index, const char *value)
{
	size_t len = strlen(value);

	at[0] = 0x40 | index;
	at[1] = (unsigned char)len;
	memcpy(at + 2, value, len);
	return 2 + len;
}

static bool
request_write(SSL *ssl, const char *name)
{
	static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
	unsigned char fields[512] = { 0x82, 0x87 };	/* :method GET, :scheme https */
	unsigned char text[1024];
	size_t n = 2, len = sizeof(preface) - 1;

	n += field_put(fields + n, 1, name);		/* :authority */
	n += field_put(fields + n, 4, "/100");		/* :path */
	n += field_put(fields + n, 58, "load");		/* user-agent */
	n += field_put(fields + n, 19, "*/*");		/* accept */
	memcpy(text, preface, len);
	len += frame_put(text + len, FRAME_SETTINGS, 0, 0, NULL, 0);
	len += frame_put(text + len, FRAME_HEADERS, FLAG_END_STREAM | FLAG_END_HEADERS, STREAM,
	    fields, n);
	return SSL_write(ssl, text, (int)len) == (int)len;
}

static bool
read_whole(SSL *ssl, unsigned char *to, size_t len)
{
	int n;

	for (; len > 0; to += n, len -= (size_t)n) {
		n = SSL_read(ssl, to, (int)len);
		if (n <= 0)
			return false;
	}
	return true;
}

/* :status 200, after the encoder's words on its table (RFC 7541 section 6.3), if any. */
static bool
status_good(const unsigned char *fields, size_t len)
{
	size_t at = 0;

	while (at < len && (fields[at] & 0xe0) == 0x20) {
		if ((fields[at] & 0x1f) == 0x1f)
			while (++at < len && fields[at] & 0x80)
				;
		at++;
	}
	return at < len && fields[at] == 0x88;
}

/* Reads until the stream is over; the other end's settings are acknowledged. */
static bool
answer_read(SSL *ssl)
{
	unsigned char head[FRAME_HEAD], text[1 << 14], ack[FRAME_HEAD];
	bool good = false, over = false;
	size_t len;

	while (!over) {
		if (!read_whole(ssl, head, sizeof(head)))
			return false;
		len = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
		if (len > sizeof(text) || !read_whole(ssl, text, len))
			return false;
		if (head[3] == FRAME_SETTINGS && !(head[4] & FLAG_END_STREAM) &&
		    SSL_write(ssl, ack, (int)frame_put(ack, FRAME_SETTINGS,
		    FLAG_END_STREAM, 0, NULL, 0)) != FRAME_HEAD)
			return false;
		if (head[3] == FRAME_HEADERS)
			good = status_good(text, len);
		over = head[8] == STREAM && head[4] & FLAG_END_STREAM;
	}
	return good;
}

bool
http2_ask(SSL *ssl, const char *name)
{
	return request_write(ssl, name) && answer_read(ssl);
}
