/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules: what the organisation, the law and the services are, as data; the
 * pure policy over it; and the judge, the one door that both doors use.
 */
#ifndef RULES_RULES_H
#define RULES_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classifiers/classifiers.h"
#include "core/conf.h"
#include "core/event.h"
#include "core/problem.h"

/* ---- rule data --------------------------------------------------------- */

struct call {
	const char *id;			/* "contact-discovery" */
	const char *const *hosts;	/* patterns; NULL-terminated; none = all of the service */
	const char *const *except;	/* patterns it does not cover: media, telemetry; as above */
	const char *recipient;		/* id, where it differs from the service's; NULL */
	const struct call_request *requests;	/* by which a readable one is known */
	size_t request_count;
	bool has_model;
	struct size_model model;
};

struct service {
	const char *id, *name;		/* "signal", "Signal" */
	const char *recipient;		/* id of the default recipient */
	const struct call *calls;
	size_t call_count;
	uint16_t index;			/* in the rules */
};

struct rules;				/* one table, replaced as a whole */

/*
 * Loads every file of a rules folder: services.yaml, recipients.csv, eea.csv,
 * adequacy.csv, never-open.yaml, numbering.csv. Problems are added with their
 * positions; NULL when any was found.
 */
struct rules *rules_load(const char *folder, struct problems *problems);
void rules_free(struct rules *rules);

/*
 * Where the rules are: the configured folder, else $BOOKGATE_RULES, else the
 * rules beside the executable's folder, else the installed ones. The caller
 * frees. configured may be NULL.
 */
char *rules_folder_find(const char *configured);

/* SHA-256 over the files in fixed order, hex; and the newest data date. */
const char *rules_digest(const struct rules *rules);
day_t rules_date(const struct rules *rules);

size_t rules_service_count(const struct rules *rules);
const struct service *rules_service(const struct rules *rules, size_t index);
const struct service *rules_service_by_id(const struct rules *rules, const char *id);
const struct service *rules_service_by_host(const struct rules *rules, const char *host);
const struct service *rules_service_by_addr(const struct rules *rules,
    const struct addr *addr, uint16_t port);
const struct service *rules_service_by_app(const struct rules *rules, const char *ndpi_name);

/*
 * Does a call's host list (or, without one, its service) cover the name? host
 * may be NULL: then only a call without a list covers it. Where patterns of
 * `hosts` and of `except` both match, the longer one decides, else `except`.
 */
bool call_covers(const struct call *call, const char *host);

/*
 * The call a request belongs to, by "METHOD /path?query" and media type ("" if
 * none was given): of the service that host gave, or, where *service is NULL,
 * of any service that such a request proves at any host; then *service is set.
 * NULL: no call is known by it.
 */
const struct call *rules_call_by_request(const struct rules *rules,
    const struct service **service, const char *host, const char *line, size_t len,
    const char *media_type);

/*
 * The recipient of uploads to a service at a host (host may be NULL). Never
 * NULL: falls back to "unknown".
 */
const struct recipient *rules_recipient(const struct rules *rules,
    const struct service *service, const char *host);
const struct recipient *rules_recipient_by_id(const struct rules *rules, const char *id);
size_t rules_recipient_count(const struct rules *rules);
const struct recipient *rules_recipient_at(const struct rules *rules, size_t index);

/* The category ("banking") that forbids opening a name, or NULL. */
const char *rules_never_open(const struct rules *rules, const char *host);

/*
 * The domains that the patterns end with, one by one from 0, NULL after the
 * last: of the services' host lists, with the service, and of the never-open
 * lists. A domain may come more than once. Theirs to keep.
 */
const char *rules_watched_domain(const struct rules *rules, size_t i,
    const struct service **service);
const char *rules_closed_domain(const struct rules *rules, size_t i);

/* ---- the law on the day: law.c ------------------------------------------ */

/* Is a country inside the EEA (or treated so) on that day? */
enum outside law_outside(const struct rules *rules, const char *country, day_t on);

/*
 * The footing of a transfer to the recipient on that day. Adequacy that rests
 * on a list needs the recipient on it that day (facts/sources in adequacy.csv).
 */
struct transfer law_transfer(const struct rules *rules,
    const struct recipient *recipient, day_t on);

/* The day up to which the legal data were compared with published sources. */
day_t law_date(const struct rules *rules);

/* One legal period, for the report's bands. */
struct legal_period {
	const char *country, *name, *kind, *instrument, *test;
	day_t from, to;
};
size_t law_period_count(const struct rules *rules);
struct legal_period law_period(const struct rules *rules, size_t index);

/* ---- the organisation's configuration: settings.c ------------------------ */

struct group {
	const char *name;
	const struct prefix *networks;
	size_t count;
};

struct organisation {
	const char *name, *country, *language, *dpo;
};

/* How traffic is brought to the proxy. */
enum divert { DIVERT_REDIRECT, DIVERT_TPROXY, DIVERT_NONE };

/* The port of HTTPS, and of QUIC. */
#define PORT_HTTPS 443

struct settings {
	struct organisation organisation;
	const char *gateway;		/* name in events */
	const char *store;		/* path */
	const char *rules;		/* folder; NULL: the installed one */
	int identity;			/* 0 address, 1 pseudonym, -1 the command's default */
	int64_t bulk;			/* threshold in contacts */
	const char *const *interfaces;	/* capture; NULL-terminated, or NULL */
	const char *dpia, *works_council;	/* interception; NULL until configured */
	day_t notice_since;		/* DAY_NONE until configured */
	int64_t listen;			/* the proxy's port; 0 none */
	int divert;			/* enum divert */
	const uint16_t *ports;		/* TCP ports that are diverted */
	size_t port_count;
	const char *control;		/* the status socket; beside the store by default */
	const char *ca;			/* the CA's folder; beside the store by default */
	const char *trust;		/* PEM bundle: roots that origins are verified by */
	int64_t workers;		/* proxy processes; one a core by default */
	int64_t hold;			/* bytes of a body that are held until judged */
	int64_t hold_total;		/* bytes of memory for all held bodies together */
	const char *spool;		/* folder of the unlinked file for what is beyond it */
	const char *leases, *inventory;	/* devices: files, or NULL */
	int64_t keep_events, keep_totals;	/* retention in seconds */
	const char *console;		/* "127.0.0.1:8600", or NULL */
	int on_failure;			/* 0 open, 1 closed */
	struct group *groups;
	size_t group_count;
	struct policy *policy;		/* compiled `policy:` */
	struct inspect *inspect;	/* compiled `inspect:` */
	size_t inspect_count;
	struct conf_doc *doc;		/* owns the text */
	char *own_control, *own_ca;	/* their text where it is not in doc */
};

/*
 * Loads the configuration (file NULL: the defaults) and checks it against the
 * rules: unknown services, groups, recipients and overlapping policy names are
 * problems. NULL when any was found.
 */
struct settings *settings_load(const char *file, const struct rules *rules,
    struct problems *problems);
void settings_free(struct settings *settings);

/* The rules folder a configuration names, before rules are loaded; NULL none. The caller frees. */
char *settings_rules_folder(const char *file);

/* Name of the group an address belongs to, or NULL. First match. */
const char *settings_group(const struct settings *settings, const struct addr *addr);

/* Does `inspect` name the group? Then its connections are brought to the proxy. */
bool settings_inspects(const struct settings *settings, const char *group);
/* Does it name the service, for any group? */
bool settings_inspects_service(const struct settings *settings, const char *service);

/*
 * NULL when interception may start on that day; else a phrase that names all
 * that is missing, kept until this thread asks again.
 */
const char *settings_gate(const struct settings *settings, day_t today);

/* ---- policy: policy.c; pure, no clock, no I/O ----------------------------- */

/* All that a rule may ask of one upload. Unknown text is NULL. */
struct policy_case {
	const char *group, *service, *call, *recipient, *country, *host;
	char class;
	struct contacts contacts;
	enum transfer_status transfer;
	int managed;			/* 1, 0, or -1 unknown */
	int minute;			/* local minute of the day, or -1 unknown */
};

/* First rule whose conditions all hold; without one: log, rule "(default)". */
struct verdict policy_decide(const struct policy *policy, const struct policy_case *asked);
size_t policy_rule_count(const struct policy *policy);

/*
 * Would a connection be opened (TLS intercepted) on that day? reason gets one
 * sentence. Nothing is opened before the day the staff were told.
 */
bool settings_opens(const struct settings *settings, const struct rules *rules,
    const char *group, const struct service *service, const char *host,
    day_t today, char reason[REASON_MAX]);

/*
 * Does the entry of `inspect` that opens it say `must: true`? Then a client
 * that does not accept our certificate is stopped; it is never passed unopened.
 */
bool settings_must_inspect(const struct settings *settings, const char *group,
    const struct service *service);

/* ---- the judge: judge.c ----------------------------------------------------- */

/* Where events go. The sink copies what it keeps. */
struct event_sink {
	void (*upload)(struct event_sink *sink, struct event_upload *event);
	/* NULL: not wanted */
	void (*flow_end)(struct event_sink *sink, struct event_flow_end *event);
};

struct judge;

struct judge_options {
	const struct rules *rules;
	const struct settings *settings;
	const char *door;		/* "replay" */
	const char *gateway;
	const uint8_t *identity_key;	/* 32 bytes: pseudonyms; NULL: addresses */
	struct event_sink *sink;
	bool enforces;			/* the door does what a verdict of block says */
};

/* NULL with a message logged when nDPI refuses. Options are copied; what they point to is not. */
struct judge *judge_new(const struct judge_options *options);
void judge_free(struct judge *judge);

/*
 * A flow begins: endpoints, proto and begin_us are set. Sets flow->wants.
 * The action may be tightened by later calls, never loosened; the whole
 * verdict is in the upload's event.
 */
enum action judge_open(struct judge *judge, struct flow *flow);

/* An IP packet of the flow, while flow->wants has WANT_PACKETS. */
void judge_packet(struct judge *judge, struct flow *flow, const uint8_t *packet,
    size_t len, uint64_t time_us, enum dir dir);

/*
 * Ordered payload, while flow->wants has that direction. For a door that
 * enforces, ACTION_BLOCK comes as soon as the policy would stop what goes up:
 * by the length at the head of a WhatsApp frame or of the record that begins
 * Signal's request, by what has gone to an endpoint of uploads; of other
 * bursts when somebody answers them, since until then a photograph looks the
 * same. This chunk is not to be forwarded then, and the flow to be closed: all
 * later answers are ACTION_BLOCK too. What was known too late stands in its
 * event as not enforced.
 */
enum action judge_feed(struct judge *judge, struct flow *flow, const struct chunk *chunk);

/*
 * Of what judge_feed() or judge_plain() was given, so many bytes had gone out
 * before the policy stopped it: the event's bytes.forwarded, as far as they
 * can be the upload's (none of one that began with the last chunk).
 * Called between their ACTION_BLOCK and judge_close().
 */
void judge_forwarded(struct judge *judge, struct flow *flow, uint64_t bytes);

/*
 * The door can open the flow's TLS (a key log; interception): from now on
 * flow->wants has WANT_PLAIN bits while somebody listens inside. Called
 * between judge_open and judge_close, at most once, before any judge_plain.
 * For a door that enforces, and reads requests itself, nobody listens inside
 * until judge_websocket().
 */
void judge_opened(struct judge *judge, struct flow *flow);

/*
 * Ordered plain bytes from inside, while flow->wants has that direction's
 * WANT_PLAIN bit. ACTION_BLOCK as for judge_feed().
 */
enum action judge_plain(struct judge *judge, struct flow *flow, const struct chunk *chunk);

/* The flow is over: last observations, flow event; flow->work is freed. The door frees the flow. */
void judge_close(struct judge *judge, struct flow *flow);

/* Counts of uploads, below-threshold and unscanned bodies so far (the judge's part of stats). */
void judge_stats(const struct judge *judge, struct stats *stats);

/* ---- requests that the door reads itself: judge_request.c ---------------- */

/* struct request_words, a request's head, stands in classifiers.h; it is copied. */
struct judged;				/* one request with a body, in flight */

/* A request without a body: counted, its host noted. */
void judge_request_told(struct judge *judge, struct flow *flow,
    const struct request_words *words, uint64_t now_us);

/*
 * A request with a body begins. The flow stays open until judged_free().
 * NULL: memory is out (the door lets nothing of it pass).
 */
struct judged *judge_request(struct judge *judge, struct flow *flow,
    const struct request_words *words, uint64_t now_us);

/*
 * Could any number of contacts make the policy stop this request? False: the
 * door need not hold it.
 */
bool judged_may_block(const struct judged *judged);

/* Bytes of the body as they were sent, without chunk heads or frames, in pieces of any size. */
void judged_feed(struct judged *judged, const uint8_t *data, size_t len, uint64_t now_us);

/*
 * The verdict on what was read so far, were it all; records that are still
 * open count, and so does what waits of the same series. Of JSON, vCards, CSV,
 * forms and lists, plain or compressed, a contact counts as soon as its last
 * byte is read. Nobody can say more than what is readable by then shows:
 *  - a spreadsheet (XLSX) has its texts apart from its rows, and counts when
 *    both were there; other files of a ZIP and parts of a multipart body count
 *    from their 512th byte or their end on;
 *  - a compressor may keep its last block to itself;
 *  - what looks like a log (identifiers scattered, or the same ones again and
 *    again) is none until it does not.
 * A block is final for judged_cut(), whatever the rest might have been; for
 * judged_end() the whole body decides. If memory ran out: block, rule "".
 */
struct verdict judged_peek(struct judged *judged);

/*
 * The body is complete: the final verdict. With fewer contacts than are an
 * upload in bulk, also together with what waits of its series, that is allow,
 * and nothing is told. A block stands in the event of the series, enforced,
 * whatever its further bodies make of it.
 */
struct verdict judged_end(struct judged *judged, uint64_t now_us);

/*
 * The body will never be complete (the client is gone, or the door stopped
 * reading): the final verdict on what was read.
 */
struct verdict judged_cut(struct judged *judged, uint64_t now_us);

/*
 * Bytes of the body that have reached the recipient so far (0 for a held one);
 * the event's bytes.forwarded of an upload that is stopped. Called before
 * judged_end() or judged_cut().
 */
void judged_forwarded(struct judged *judged, uint64_t bytes);

/*
 * Bytes of its answer, as they come from the origin: of HTTP/1.1 all that comes
 * after the request's end, the head included; of HTTP/2 the payloads of the
 * stream's HEADERS and DATA frames, without padding, at any time.
 */
void judged_answer(struct judged *judged, uint64_t bytes);

/* The exchange is over. A body that did not end is cut. NULL is allowed. */
void judged_free(struct judged *judged);

/*
 * From now on judge_plain() gets this flow's WebSocket frames, both ways, with
 * the heads of the switch left out. words: of the request that asked for it.
 */
void judge_websocket(struct judge *judge, struct flow *flow,
    const struct request_words *words, uint64_t now_us);

/*
 * What an event of the door's own tells of a flow (a bypass): its flow part,
 * with an id of its own.
 */
void judge_event_flow(const struct judge *judge, const struct flow *flow,
    uint64_t moment_us, struct event_flow *event);

/* Time passes: series that a pause ended are told. Cheap when there are none. */
void judge_tick(struct judge *judge, struct flow *flow, uint64_t now_us);

#endif
