/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event: the flat, self-contained record of one upload (and of one flow, and
 * of one run). Made by the doors, written by the recorder; counts only.
 */
#ifndef CORE_EVENT_H
#define CORE_EVENT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/evidence.h"
#include "core/flow.h"
#include "core/recipient.h"
#include "core/verdict.h"

#define EVENT_ID_MAX 37			/* UUID text and NUL */
#define APP_NAME_MAX 48
#define ID_MAX 48			/* service, call, recipient ids */
#define ENTITY_MAX 128
#define AS_NAME_MAX 96
#define DEVICE_MAX 24			/* keyed pseudonym */
#define GATEWAY_MAX 64

enum event_type { EVENT_UPLOAD, EVENT_FLOW, EVENT_STATS, EVENT_BYPASS };

/* What every upload and flow event tells of its flow. */
struct event_flow {
	uint64_t moment_us;		/* "timestamp" */
	char event_id[EVENT_ID_MAX];
	char gateway[GATEWAY_MAX];
	uint64_t flow_id;
	char community_id[COMMUNITY_ID_MAX];	/* "" under pseudonyms: it is an unkeyed digest */
	struct addr src, dest;
	uint16_t src_port, dest_port;
	uint8_t proto;
	char device[DEVICE_MAX];	/* pseudonym; when set, src is not written */
	char app[APP_NAME_MAX];		/* nDPI's MASTER.APP */
	enum app_confidence app_confidence;
	char host[HOST_MAX + 1];
	enum host_source host_source;
	char service[ID_MAX];		/* "" unknown */
};

/* The address's country and network: evidence, never the legal location. */
struct geo {
	char country[COUNTRY_MAX];	/* "" unknown */
	uint32_t asn;			/* 0 unknown */
	char as_name[AS_NAME_MAX];
};

struct event_upload {
	struct event_flow flow;
	const char *door;		/* "replay", "live", "proxy": static text */
	char call[ID_MAX];		/* "" unknown */
	char recipient[ID_MAX];		/* "unknown" where none is known */
	char entity[ENTITY_MAX];
	char country[COUNTRY_MAX];
	char class;			/* 'A'..'D' */
	struct geo geo;
	struct upload upload;
	uint64_t bytes_forwarded;
	struct transfer transfer;
	struct verdict verdict;
};

struct event_flow_end {
	struct event_flow flow;
	uint64_t bytes[2];
	uint32_t packets[2];
	uint64_t begin_us, end_us;
	char ja4[JA4_MAX];
	bool opened;
	uint32_t requests;
};

/* Why the connections of a device to a host stopped being opened. */
enum bypass_reason {
	BYPASS_PINNED,		/* the client does not accept a certificate of ours */
	BYPASS_CLIENT_CERT,	/* the host asks for a certificate of the client */
	BYPASS_NOT_TLS,		/* what was spoken is no TLS */
	BYPASS_NEVER_OPEN, BYPASS_OPERATOR
};

struct event_bypass {
	struct event_flow flow;		/* the connection that showed it */
	enum bypass_reason reason;
	uint64_t until_us;		/* when it will be tried again */
};

const char *bypass_reason_name(enum bypass_reason reason);

/* Reasons why a body was given up on; names by unscanned_name(). */
enum unscanned {
	UNSCANNED_LIMIT, UNSCANNED_ENCRYPTED, UNSCANNED_CORRUPT, UNSCANNED_GAP,
	UNSCANNED_KINDS
};

#define TRUNCATED_REASON_MAX 160

struct stats {
	uint64_t packets, bytes, flows, uploads, below_threshold;
	uint64_t unreadable;			/* frames not decoded */
	uint64_t unscanned[UNSCANNED_KINDS];
	uint64_t first_us, last_us;		/* of the traffic; 0 without packets */
	char truncated[TRUNCATED_REASON_MAX];	/* "" read to the end */
};

const char *unscanned_name(enum unscanned reason);

/* Adds one run's counts to another's. The first reason for truncation stays. */
void stats_add(struct stats *sum, const struct stats *part);

/*
 * event_id: a UUID of version 7 (RFC 9562 section 5.7) whose time is the
 * event's and whose other bits are a digest of flow id, time and sequence
 * number within the flow, so that the same capture gives the same ids.
 */
void event_id_make(char id[EVENT_ID_MAX], uint64_t flow_id, uint64_t moment_us,
    uint32_t sequence);

/*
 * One JSON object in one line without newline, fields in the contract's
 * order. The caller frees the text. NULL when memory is out.
 */
char *event_upload_json(const struct event_upload *event);
char *event_flow_json(const struct event_flow_end *event);
char *event_stats_json(const struct stats *stats);
char *event_bypass_json(const struct event_bypass *event);

#endif
