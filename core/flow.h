/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow: one conversation between two endpoints, seen by one door. It holds
 * what was learnt; what a classifier needs while it is still looking lives in
 * flow->work, which the judge frees as soon as nobody looks any more.
 */
#ifndef CORE_FLOW_H
#define CORE_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"

#define HOST_MAX 255			/* RFC 1035 section 2.3.4 */
#define JA4_MAX 37			/* 36 characters and NUL */

enum dir { DIR_UP = 0, DIR_DOWN = 1 };	/* up: from the client */

enum host_source {	/* the order is the order of trust */
	HOST_NONE, HOST_DNS, HOST_HTTP, HOST_QUIC, HOST_SNI
};

/* nDPI's own words on how it knows; the same in every release of nDPI. */
enum app_confidence { APP_NONE, APP_PORT, APP_IP, APP_CACHE, APP_DPI };

/* What the flow's door should still hand to the judge. */
enum flow_want {
	WANT_PACKETS = 1,		/* whole IP packets (nDPI) */
	WANT_UP = 2,			/* ordered payload from the client */
	WANT_DOWN = 4,			/* ordered payload from the server */
	WANT_BYTES = WANT_UP | WANT_DOWN,
	WANT_PLAIN_UP = 8,		/* what TLS hides, from a door that opens it */
	WANT_PLAIN_DOWN = 16,
	WANT_PLAIN = WANT_PLAIN_UP | WANT_PLAIN_DOWN,
};

struct flow {
	struct addr client, server;
	uint16_t client_port, server_port;	/* host order; 0 without ports */
	uint8_t proto;				/* IANA protocol number */
	uint8_t wants;				/* enum flow_want, set by the judge */
	uint8_t host_source;			/* enum host_source */
	uint8_t app_confidence;			/* enum app_confidence */
	uint16_t app_master, app;		/* nDPI's numbers; 0 unknown */
	uint16_t service, call;			/* index + 1 into the rules; 0 none */
	bool opened;				/* TLS was read with keys */
	bool ech;				/* ClientHello carried ECH (real or GREASE) */
	uint32_t requests;			/* HTTP requests read inside */
	uint32_t packets[2];			/* by enum dir */
	uint64_t bytes[2];			/* IP payload of the transport, by enum dir */
	uint64_t begin_us, end_us;		/* first and last packet */
	char *host;				/* owned; NULL unknown; lower case */
	char *ja4;				/* owned; NULL unless asked for and seen */
	void *work;				/* the judge's; NULL once settled */
};

/*
 * flow_id: a digest of the endpoints and the first packet's time, so that the
 * same capture gives the same number. key may be NULL; with a key (32 bytes)
 * nobody without it can test which address a number stands for. 53 bits are
 * kept: JSON readers that hold numbers as doubles then keep it exact.
 */
uint64_t flow_id(const struct flow *flow, const uint8_t *key);

/*
 * Community ID version 1 with seed 0 (github.com/corelight/community-id-spec):
 * "1:" and base64 of a SHA-1, in text of at least COMMUNITY_ID_MAX bytes.
 */
#define COMMUNITY_ID_MAX 31
const char *flow_community_id(const struct flow *flow, char *text);

/*
 * Sets the server's name when `source` is trusted at least as much as the one
 * known. The name is lower-cased and checked; one that is no host name (RFC
 * 1123 letters, digits, '-', '_', '.') is refused. True when it was taken.
 */
bool flow_host_set(struct flow *flow, const char *name, size_t len,
    enum host_source source);

const char *host_source_name(enum host_source source);
const char *app_confidence_name(enum app_confidence confidence);
const char *flow_proto_name(uint8_t proto);	/* "TCP", "UDP", "ICMP", ... or "47" */

void flow_fini(struct flow *flow);		/* frees host and ja4 */

#endif
