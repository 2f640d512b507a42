/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Classifiers: bytes in, observations out. A classifier knows one format; it
 * knows no rule, no law and no policy. Content never leaves this folder:
 * observations are kinds, counts and server names.
 */
#ifndef CLASSIFIERS_CLASSIFIERS_H
#define CLASSIFIERS_CLASSIFIERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/event.h"
#include "core/evidence.h"
#include "core/flow.h"

/* ---- what a door hands over ---------------------------------------- */

/*
 * A piece of one direction of a flow, in order. For UDP one datagram. gap
 * tells how many bytes are missing just before it (loss, or a capture that
 * began midway: GAP_UNKNOWN).
 */
#define GAP_UNKNOWN UINT32_MAX
struct chunk {
	const uint8_t *data;
	size_t len;
	uint64_t time_us;
	enum dir dir;
	uint32_t gap;
};

/* ---- what a classifier finds ---------------------------------------- */

enum observation_kind {
	OBSERVED_HOST,		/* text, source: the server's name */
	OBSERVED_HELLO,		/* a ClientHello was parsed: number = TLS version offered */
	OBSERVED_JA4,		/* text */
	OBSERVED_ECH,		/* the hello carries encrypted_client_hello */
	OBSERVED_ANSWER,	/* text, addr: a DNS answer maps addr to text; number = TTL, s */
	OBSERVED_PREFACE,	/* text: service id the opening bytes belong to ("whatsapp") */
	OBSERVED_REQUEST,	/* one HTTP request head was read */
	OBSERVED_UPLOAD,	/* upload: one upload is complete; number = index of its size model;
				   text: "METHOD /path" of the fullest request read */
	OBSERVED_UNSCANNED	/* number = enum unscanned: a body was given up on */
};

struct observation {
	enum observation_kind kind;
	enum confidence confidence;
	uint64_t number;
	const char *text;		/* bounded, not terminated, valid during the call */
	size_t text_len;
	enum host_source source;
	const struct addr *addr;
	const struct upload *upload;
	const struct uploads *uploads;	/* among which the upload was counted; NULL by size */
	uint32_t series;		/* its name among them */
	uint64_t before;		/* bytes the client sent before it; 0: not known */
};

/* Who listens. observe must not keep pointers of the observation. */
struct listener {
	void (*observe)(struct listener *listener, const struct observation *seen);
};

/* ---- the table -------------------------------------------------------- */

enum interest {
	INTEREST_NO,		/* not my format: never call again for this flow */
	INTEREST_LATER,		/* cannot tell from these bytes; ask again */
	INTEREST_YES		/* mine: make a slot and feed */
};

/* A row's answer to feed: bits of what it still wants. 0 means done. */
#define MORE_UP WANT_UP
#define MORE_DOWN WANT_DOWN
#define MORE_BOTH WANT_BYTES

struct task {
	const struct flow *flow;
	struct listener *listener;
	bool want_ja4;			/* somebody will print it */
	const char *region;		/* default region for phone numbers, "NL" */
	/*
	 * Is "METHOD /path" of that media type known to upload address books?
	 * NULL: nobody knows any. Nothing of the line is kept.
	 */
	bool (*known_call)(const struct task *task, const char *line,
	    const char *media_type);
};

/* ON_PLAIN: the ordered bytes inside TLS, where a door has opened it. */
enum transport { ON_TCP = 1, ON_UDP = 2, ON_PLAIN = 4 };

struct classifier {
	const char *name;
	unsigned transports;		/* enum transport bits */
	size_t slot_size;		/* zeroed memory the flow keeps for this row */
	/* Looks at a first chunk; no slot yet. */
	enum interest (*sniff)(const struct flow *flow, const struct chunk *chunk);
	/* Takes a chunk (the sniffed one first). Returns what it still wants. */
	unsigned (*feed)(struct task *task, void *slot, const struct chunk *chunk);
	/*
	 * Called once for every slot, after feed answered 0 or when the flow
	 * ends: say what is still to be said, free what the slot holds.
	 */
	void (*close)(struct task *task, void *slot);
	/*
	 * The upload that is under way, or complete and not yet told, were the
	 * flow to go on as it must: an estimate that can only grow. Fills *upload
	 * and, of *seen, what an OBSERVED_UPLOAD has. False: none. NULL: the row
	 * knows uploads only when they are over.
	 */
	bool (*peek)(const struct task *task, const void *slot,
	    struct observation *seen, struct upload *upload);
};

enum classifier_id {
	CLASSIFIER_HELLO, CLASSIFIER_QUIC, CLASSIFIER_DNS, CLASSIFIER_PREFACE,
	CLASSIFIER_HTTP1, CLASSIFIER_HTTP2, CLASSIFIER_VOLUME, CLASSIFIERS
};

extern const struct classifier *const classifier_table[CLASSIFIERS];

/* ---- sizes: volume.c --------------------------------------------------- */

/*
 * How an upload shows in lengths. Figures are rule data (rules/services.yaml)
 * and their source stands there.
 */
enum shape {
	SHAPE_ENDPOINT,		/* any upload to this server alone says it happened */
	SHAPE_CDSI,		/* Signal: WebSocket in TLS 1.3, request 8N, answer 40N */
	SHAPE_FRAMES,		/* WhatsApp: 3-byte clear frame lengths on raw TCP */
	SHAPE_BURST,		/* one large upload: base + per * N */
	SHAPE_SERIES		/* many small uploads of nearly equal size: N = their count */
};

struct size_model {
	enum shape shape;
	double base_low, base_high;		/* bytes apart from the contacts */
	double per_low, per_best, per_high;	/* bytes a contact; best 0: no best is known */
	uint64_t min_bytes, max_bytes;		/* outside: no upload; max 0 = no bound */
	uint64_t stop_low, stop_high;		/* such a frame is a book before its answer */
	enum confidence confidence;		/* of the estimate at best */
};

#define SIZE_MODELS_MAX 4	/* calls one server name can have */

/*
 * Tells the slot of classifier_volume which models to try, as soon as the
 * service is known; again, when a better name gives other models (the same
 * ones change nothing). It may come before the first chunk. Models are the
 * caller's and outlive the slot; those past SIZE_MODELS_MAX are ignored.
 * count 0 leaves it without models until others are set; the row ends its
 * feed by itself once application data has gone both ways like that.
 */
void volume_models_set(void *slot, const struct size_model *const *models,
    size_t count);

/*
 * N from bytes by a linear model, bounded below by 0 (SHAPE_BURST); best is
 * CONTACTS_UNKNOWN when the model has none.
 */
struct contacts size_model_estimate(const struct size_model *model,
    uint64_t bytes);

/* ---- numbering plans: what a telephone number may look like -------------- */

/*
 * One region of one country code (ITU-T E.164). Several regions may share a
 * code. Digits are those of the national significant number: without country
 * code and without trunk prefix.
 */
struct numbering_row {
	uint16_t code;			/* 1..999 */
	char region[3];			/* ISO 3166-1 alpha-2; "" for a shared or global code */
	uint8_t min_digits, max_digits;
	const char *mobile;		/* leading digits of mobiles, '/' between; "" unknown */
	const char *trunk;		/* dialled before a national number: "0"; "" none */
};

/*
 * Hands the plan down to the classifiers that judge telephone numbers. Rows
 * are sorted by code and stay the caller's until others (or none) are set.
 */
void contacts_numbering_set(const struct numbering_row *rows, size_t count);

/* ---- HPACK: hpack.c ------------------------------------------------------- */

/* The version of the library that undoes it, "1.52.0". */
const char *hpack_version(void);

/* ---- lexicon: what keys mean ----------------------------------------------- */

/* Words beyond these are ignored. */
#define CONTACTS_WORDS_MAX 64

/*
 * Keys (of JSON, forms, XML) under which services are known to put address
 * books, besides those that the program knows. Case, digits and punctuation do
 * not count. The words are copied; a further call replaces all.
 */
void contacts_words_set(const char *const *words, size_t count);

/* ---- nDPI: app.c -------------------------------------------------------- */

struct app;			/* one per process: nDPI is not thread-safe */
struct app_flow;		/* nDPI's state of one flow */

/* NULL with a message logged when the library refuses. */
struct app *app_new(void);
void app_free(struct app *app);
const char *app_version(void);

/*
 * Feeds one IP packet (from its IP header; len bytes were captured) and
 * stores what is known into flow->app_*, and the server's name by
 * flow_host_set(). *state is made at need. Returns true while nDPI wants
 * more; on false the state has been freed.
 */
bool app_feed(struct app *app, struct app_flow **state, struct flow *flow,
    const uint8_t *packet, size_t len, uint64_t time_us, enum dir dir);

/* Ends a flow that is still undecided: nDPI guesses, and the state is freed. */
void app_finish(struct app *app, struct app_flow **state, struct flow *flow);

/* "TLS.Signal", "Unknown"; text has room for APP_NAME_MAX. Returns text. */
const char *app_name(const struct app *app, const struct flow *flow, char *text);

/* nDPI's number of a protocol by its name ("WhatsApp"), or -1. */
int app_number(const struct app *app, const char *name);

/* ---- contact data inside a body: contacts.c ----------------------------- */

struct body;			/* one body in flight */

struct body_facts {		/* what the carrier says of the body */
	const char *media_type;		/* "" unknown */
	const char *encoding;		/* Content-Encoding, "" none */
	const char *region;		/* default region for national numbers, "" none */
};

struct body_result {
	struct contacts contacts;
	struct identifiers identifiers;
	enum format format;
	bool bulk;			/* the detector's answer: an address book */
	int unscanned;			/* enum unscanned, or -1 */
	uint64_t decoded;		/* bytes that were left after decoding */
	char reason[REASON_MAX];	/* one sentence a person can check */
};

/* "zlib 1.2.13\nbrotli 1.0.9\nZstandard 1.5.4": text is filled and returned. */
const char *body_versions(char *text, size_t size);

/* Starts (NULL: memory is out), feeds in pieces of any size, ends (frees) a body. */
struct body *body_new(const struct body_facts *facts, int64_t threshold);
void body_feed(struct body *body, const uint8_t *data, size_t len);
/* Bytes were lost here; counting goes on after them. */
void body_gap(struct body *body);
/* A further body of the same upload begins (a series): its contacts add up. */
void body_next(struct body *body, const struct body_facts *facts);
/*
 * The request is one that is known to carry an address book: what stands in
 * its lists is people, however unlike its records are. Traffic stays traffic.
 */
void body_known_call(struct body *body);
/*
 * Between two bodies of an upload: what another one found is added, distinct
 * contacts over both, and that one is freed.
 */
void body_merge(struct body *body, struct body *other);
/* The result so far, decoded bytes and open records not included. */
void body_peek(const struct body *body, struct body_result *result);
/*
 * The result were the body to end here: bytes still held back to recognise the
 * format, and people whose records are open, count. A value, line or part
 * whose end has not come does not, nor does what a decoder or an archive (a
 * spreadsheet's texts and rows) holds unread. with (NULL none): a body whose
 * contacts add up, distinct over both; its records are closed.
 */
void body_peek_open(const struct body *body, const struct body *with,
    struct body_result *result);
void body_end(struct body *body, struct body_result *result);

/* ---- bodies of requests, and the uploads they are: uploads.c ------------- */

/*
 * What one request's head says of it. Each NUL-terminated, "" for none, in the
 * field's own spelling (case does not matter, parameters are ignored).
 */
struct request_words {
	const char *method, *target, *host;
	const char *media_type;		/* Content-Type */
	const char *encoding;		/* Content-Encoding */
	const char *transfer;		/* transfer codings that nobody has undone */
	const char *messages;		/* grpc-encoding */
	bool side_by_side;		/* one of many at once (HTTP/2), not one after the other */
};

struct request_facts;		/* the same, as it counts for the body */

/* NULL: memory is out. */
struct request_facts *request_facts_new(const struct request_words *words);
void request_facts_free(struct request_facts *facts);
/* "METHOD /path?query", bounded. */
const char *request_facts_line(const struct request_facts *facts, char *text, size_t size);
const char *request_facts_type(const struct request_facts *facts);
/* Tells of a request and of its host. */
void request_tell(const struct request_facts *facts, const struct task *task);

struct series;			/* one upload: bodies of a kind that follow each other */

/* Series that wait for a further body where requests come one by one, or side by side. */
#define UPLOADS_WAITING_ONE 1
#define UPLOADS_WAITING_SIDE 4

/* The uploads of a flow, newest first. All zero but for the two rules: none yet. */
struct uploads {
	struct series *first;
	uint32_t next;		/* name of the newest series */
	unsigned waiting_max;	/* series that wait for a further body at once */
	int64_t join_min;	/* a body with fewer new contacts ends its series */
};

/* A body begins: alone, or as a further one of a series that waits. NULL: memory is out. */
struct series *uploads_begin(struct uploads *uploads, const struct task *task,
    const struct request_facts *facts, uint64_t begin_us, uint64_t time_us);
/* Bytes of a body as they were sent. */
void uploads_feed(struct series *series, const uint8_t *data, size_t len,
    uint64_t time_us);
/* Its name for uploads_answer(), also after the body; never 0. */
uint32_t uploads_name(const struct series *series);
/*
 * The body is complete. Returns the series it is a part of now, which may be
 * another than before; NULL: it had nothing to tell.
 */
struct series *uploads_end(struct uploads *uploads, const struct task *task,
    struct series *series);
/* The body will never be complete: its flow or stream ended inside it. As above. */
struct series *uploads_cut(struct uploads *uploads, const struct task *task,
    struct series *series);
/* Bytes of an answer to a body of that series. */
void uploads_answer(struct uploads *uploads, uint32_t name, uint64_t bytes);
/* Nothing more comes for it: it is told now, if no further body can join it. */
void uploads_settle(struct uploads *uploads, const struct task *task, uint32_t name);
/*
 * What would be told of a series if its body ended here: as OBSERVED_UPLOAD.
 * False: nothing. A body that is a part of another series once it ends is
 * looked at together with it.
 */
bool uploads_peek(const struct uploads *uploads, const struct series *series,
    struct observation *seen, struct upload *upload);
/* The same of the series with most contacts. */
bool uploads_peek_most(const struct uploads *uploads, struct observation *seen,
    struct upload *upload);
/* It was acted upon: it will be told, whatever it comes to in the end. */
void uploads_keep(struct series *series);
/*
 * Calls visit with the request line and media type of each series a body like
 * this may become a part of, until it returns true; returns what it did.
 */
bool uploads_visit(const struct uploads *uploads, const struct request_facts *facts,
    bool (*visit)(void *arg, const char *line, const char *media_type), void *arg);
/* Tells what is complete since a pause. */
void uploads_pause(struct uploads *uploads, const struct task *task,
    uint64_t time_us);
/* The end: open bodies are cut, all is told, all is freed. */
void uploads_close(struct uploads *uploads, const struct task *task);

/*
 * Makes a fresh slot of classifier_http1 read WebSocket frames from its first
 * byte on, both ways: somebody else has read the switch. False: memory is out.
 */
bool http1_websocket(void *slot, const struct request_words *words, uint64_t now_us);

#endif
