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

/* Would a connection be opened (TLS intercepted)? reason gets one sentence. */
bool settings_opens(const struct settings *settings, const struct rules *rules,
    const char *group, const struct service *service, const char *host,
    char reason[REASON_MAX]);

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

/* Ordered payload, while flow->wants has that direction. */
enum action judge_feed(struct judge *judge, struct flow *flow, const struct chunk *chunk);

/*
 * The door can open the flow's TLS (a key log; interception): from now on
 * flow->wants has WANT_PLAIN bits while somebody listens inside. Called
 * between judge_open and judge_close, at most once, before any judge_plain.
 */
void judge_opened(struct judge *judge, struct flow *flow);

/* Ordered plain bytes from inside, while flow->wants has that direction's WANT_PLAIN bit. */
enum action judge_plain(struct judge *judge, struct flow *flow, const struct chunk *chunk);

/* The flow is over: last observations, flow event; flow->work is freed. The door frees the flow. */
void judge_close(struct judge *judge, struct flow *flow);

/* Counts of uploads, below-threshold and unscanned bodies so far (the judge's part of stats). */
void judge_stats(const struct judge *judge, struct stats *stats);

#endif
