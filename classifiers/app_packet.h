/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the nDPI adapter sees in a packet before nDPI does: whether it matters
 * at all, and whether less of it would do. Only app.c includes this file; it
 * knows nothing of nDPI.
 */
#ifndef CLASSIFIERS_APP_PACKET_H
#define CLASSIFIERS_APP_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/flow.h"

/*
 * Does the IP header tell of more bytes than were captured? nDPI refuses such
 * a packet whole.
 */
bool app_packet_is_cut(const uint8_t *packet, size_t len);

/* A TCP segment whose headers are plain to see. */
struct app_segment {
	const uint8_t *packet;		/* from the IP header */
	size_t transport;		/* where TCP starts */
	const uint8_t *payload;
	size_t payload_len;		/* captured, and within the IP packet */
};

/*
 * False where the headers are not plain to see (fragments, extension headers,
 * cut or impossible lengths) and where the packet is not TCP: such packets
 * are left to nDPI as they are.
 */
bool app_segment_of(const uint8_t *packet, size_t len, struct app_segment *segment);

/* What a segment says of the certificate that a ClientHello waits for. */
enum app_answer {
	ANSWER_NOT_YET,		/* no answer to the hello */
	ANSWER_READABLE,	/* TLS 1.2 or older: the certificate follows in clear */
	ANSWER_HIDDEN		/* TLS 1.3, resumed or failed: no certificate to read */
};

enum app_answer app_answer_of(const struct app_segment *segment);

/* Room for a shortened hello: headers, fixed fields, two kept extensions. */
#define APP_HELLO_MAX 2048

/*
 * If the segment is one whole ClientHello, writes a packet with the same ends
 * and the same server name, application protocols and versions, but one
 * cipher suite and no other extension, and returns its length. Else 0.
 */
size_t app_hello_shorten(const struct app_segment *segment, uint8_t out[APP_HELLO_MAX]);

/* Room for an opening: IPv6 and TCP headers without options. */
#define APP_OPENING_MAX 60

/*
 * Writes a SYN, or an empty datagram, from client to server into
 * APP_OPENING_MAX bytes and returns its length.
 */
size_t app_opening_make(const struct flow *flow, uint8_t *out);

#endif
