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
/* Tells of a request and of its host. */
void request_tell(const struct request_facts *facts, const struct task *task);

/* ---- uploads -------------------------------------------------------------- */

struct series;

/* The uploads of a flow, newest first. All zero but for the two rules: none yet. */
struct uploads {
	struct series *first;
	uint32_t next;		/* name of the newest series */
	unsigned waiting_max;	/* series that wait for a further body at once */
	int64_t join_min;	/* a body with fewer new contacts ends its series */
};

/* A body begins: alone, or as a further one of a series that waits. */
struct series *uploads_begin(struct uploads *uploads, const struct task *task,
    const struct request_facts *facts, uint64_t begin_us, uint64_t time_us);
/* Bytes of a body as they were sent. */
void uploads_feed(struct series *series, const uint8_t *data, size_t len,
    uint64_t time_us);
/* Its two halves, for carriers that undo a coding: what was sent, what it meant. */
void uploads_carry(struct series *series, size_t len, uint64_t time_us);
void uploads_scan(struct series *series, const uint8_t *data, size_t len);
/* Bytes of the body itself that the capture lacks. */
void uploads_gap(struct series *series, uint64_t bytes);
/* Its name for uploads_answer(), also after the body; never 0. */
uint32_t uploads_name(const struct series *series);
/* The body is complete; its series may be gone afterwards. */
void uploads_end(struct uploads *uploads, const struct task *task,
    struct series *series);
/* The body will never be complete: its flow or stream ended inside it. */
void uploads_cut(struct uploads *uploads, const struct task *task,
    struct series *series);
/* A body is given up on: one body, one reason. Its series is still to be cut. */
void uploads_refuse(const struct task *task, struct series *series,
    enum unscanned why);
/* Bytes of an answer; name 0: to the newest series that waits. */
void uploads_answer(struct uploads *uploads, uint32_t name, uint64_t bytes);
bool uploads_waiting(const struct uploads *uploads);
/* Tells what is complete since a pause. */
void uploads_pause(struct uploads *uploads, const struct task *task,
    uint64_t time_us);
/* The end: open bodies are cut, all is told, all is freed. */
void uploads_close(struct uploads *uploads, const struct task *task);

#endif
