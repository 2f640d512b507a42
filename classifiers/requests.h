/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the carriers of requests (HTTP/1.1, HTTP/2, WebSocket): what a
 * request says of its body (requests.c), and the uploads of a flow with the
 * series they form (uploads.c). A carrier knows framing; this knows bodies.
 */
#ifndef CLASSIFIERS_REQUESTS_H
#define CLASSIFIERS_REQUESTS_H

#include "classifiers/classifiers.h"
#include "classifiers/grpc.h"

/* Longest method: the registry's longest has 16 letters (UPDATEREDIRECTREF 17). */
#define REQUEST_METHOD_MAX 20
/* Of a target: what calls are known by stands within its first bytes. */
#define REQUEST_PATH_MAX 480
/* Method, a blank, the target. */
#define REQUEST_LINE_MAX (REQUEST_METHOD_MAX + REQUEST_PATH_MAX)
/* Content-Encoding and its like: room for a few codings. */
#define REQUEST_CODING_MAX 32
/* A pause that ends a series of uploads. */
#define UPLOADS_PAUSE_US (60 * UINT64_C(1000000))

struct request_facts {
	char method[REQUEST_METHOD_MAX];
	char path[REQUEST_PATH_MAX];	/* with its query; cut to fit */
	char host[HOST_MAX + 1];
	char media_type[MEDIA_TYPE_MAX];
	char encoding[REQUEST_CODING_MAX];
	char transfer[REQUEST_CODING_MAX];	/* applied after encoding */
	char messages[REQUEST_CODING_MAX];	/* of the messages of gRPC */
	bool decoded;		/* the carrier has undone encoding itself */
};

/* Each takes the value of a field as it came; what does not fit is cut. */
void request_method_set(struct request_facts *facts, const char *text, size_t len);
void request_host_set(struct request_facts *facts, const char *text, size_t len);
void request_type_set(struct request_facts *facts, const char *text, size_t len);
/* A coding, in lower case, into one of the three arrays. */
void request_coding_set(char to[REQUEST_CODING_MAX], const char *text, size_t len);
/* A target of any form (RFC 9112 section 3.2); an absolute one sets the host. */
void request_target_set(struct request_facts *facts, const char *text, size_t len);

/* ---- uploads -------------------------------------------------------------- */

/* The rest stands in classifiers.h: rules use it too. */

/* The halves of uploads_feed(), for carriers that undo a coding: what was sent, what it meant. */
void uploads_carry(struct series *series, size_t len, uint64_t time_us);
void uploads_scan(struct series *series, const uint8_t *data, size_t len);
/* Bytes of the body itself that the capture lacks. */
void uploads_gap(struct series *series, uint64_t bytes);
/* A body is given up on: one body, one reason. Its series is still to be cut. */
void uploads_refuse(const struct task *task, struct series *series,
    enum unscanned why);

#endif
