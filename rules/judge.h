/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judge, inside. struct work is what a flow needs while somebody is still
 * looking at it; it hangs on flow->work and goes when all have looked enough.
 */
#ifndef RULES_JUDGE_H
#define RULES_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/mem.h"
#include "rules/names.h"
#include "rules/rules.h"

/* nDPI numbers its protocols below this in every release so far (432 in 5.0). */
#define APPS_MAX 1024

enum row_state { ROW_PENDING, ROW_ACTIVE, ROW_DONE };

/* The table's rows over one flow, or inside its TLS; packed, for there are many flows. */
struct rows {
	void *slot[CLASSIFIERS];	/* while ROW_ACTIVE */
	uint8_t state[CLASSIFIERS];	/* enum row_state */
	uint8_t more[CLASSIFIERS];	/* what each wants, WANT_ bits */
};

/* Whose an upload is. */
struct finding {
	const struct service *service;	/* NULL unknown; the request alone may tell it */
	const struct call *call;	/* NULL unknown */
	const struct recipient *recipient;
	struct transfer transfer;
};

/* An upload that the door was told to stop; it becomes an event whatever follows. */
struct stop {
	struct stop *next;
	const struct uploads *uploads;	/* which one it is: see struct observation */
	uint32_t series;
	bool in_flight;			/* seen by a row; the door tells what has gone out */
	uint64_t forwarded;		/* of it, where in_flight */
	uint64_t before;		/* bytes up before it, where in_flight; 0: not known */
	uint64_t kept_back;		/* of bodies that did not pass, where not */
	struct finding finding;
	struct upload upload;		/* as it was when it was stopped */
	struct verdict verdict;
};

struct asked;			/* requests that the door reads: judge_request.c */

struct work {
	struct listener listener;	/* first: a listener is its work */
	struct judge *judge;
	struct flow *flow;
	struct app_flow *app;
	const struct service *service;
	struct rows *inside;		/* over plain bytes; NULL: not opened */
	struct asked *asked;		/* NULL: no request is in flight, no upload waits */
	struct stop *stops;
	struct rows rows;
	uint64_t now_us;
	uint32_t sequence;		/* uploads of this flow so far */
	uint8_t calls[SIZE_MODELS_MAX];	/* behind the models set: the service's, by index */
	uint8_t call_count;
	uint8_t service_trust;		/* enum service_trust */
	uint8_t action;			/* enum action, the strictest so far */
	bool readable;			/* a clear HTTP request was read */
	bool preface;			/* the opening says what nDPI may not know */
	bool muted;			/* rows end whose flow somebody else reads on */
};

/* Where the service of a flow is known from; more is better. */
enum service_trust {
	TRUST_NONE, TRUST_APP, TRUST_PREFACE, TRUST_ADDRESS, TRUST_DNS, TRUST_HOST
};

struct judge {
	struct judge_options options;
	struct app *app;
	struct names *names;
	struct pool works;
	struct stats stats;		/* uploads, below_threshold, unscanned */
	uint16_t app_service[APPS_MAX];	/* service index + 2; 1 none; 0 not asked yet */
};

/* judge.c: the flow's work, made anew where it was settled; NULL: memory is out. */
struct work *judge_work_take(struct judge *judge, struct flow *flow);
/* Says what the flow wants now; frees the work when that is nothing. */
void judge_work_settle(struct work *work);
struct task judge_task(struct work *work);
/* The rows outside TLS end without a word. */
void judge_rows_quiet(struct work *work);
/* Rows inside are told how late it is. */
void judge_rows_tick(struct work *work);
void judge_observe(struct listener *listener, const struct observation *seen);

/*
 * judge_verdict.c: what the policy says of an upload. ACTION_NONE: of so few
 * contacts that it is not asked.
 */
struct verdict judge_decide(const struct work *work, const struct observation *seen,
    struct finding *finding);
/* Could it say block of a request like this, whatever its body holds? */
bool judge_may_block(const struct work *work, const char *line,
    const char *media_type, uint64_t moment_us);

/* judge_stop.c: NULL where memory is out; not yet in the work's list. */
struct stop *judge_stop_new(const struct observation *seen, const struct finding *finding,
    const struct verdict *verdict);
/* Into the list; one that is there for the same upload takes what this one has. */
void judge_stop_put(struct work *work, struct stop *stop);
/* That series became a part of another one. */
void judge_stop_rename(struct work *work, const struct uploads *uploads, uint32_t series,
    uint32_t to);
/* Out of the list, for whoever tells that upload; NULL: it was not stopped. */
struct stop *judge_stop_take(struct work *work, const struct observation *seen);
/* A row's upload in flight is looked at: the door may be told to stop it. */
void judge_stop_look(struct work *work, const struct rows *rows);
/* What nobody has told. */
void judge_stops_tell(struct work *work);

/* judge_request.c: the flow ends, and with it all requests. */
void judge_asked_close(struct work *work);
/* Are these the uploads of its requests? */
bool judge_asked_has(const struct work *work, const struct uploads *uploads);

/* judge_event.c: an upload, or the end of a flow, becomes an event for the sink. */
void judge_upload(struct work *work, const struct observation *seen);
void judge_event_tell(struct work *work, const struct finding *finding,
    const struct upload *upload, const struct verdict *verdict, uint64_t forwarded);
/* For carriers: is the request one of a call of the flow's service, or of any? */
bool judge_known_call(const struct task *task, const char *line, const char *media_type);
void judge_flow_end(struct judge *judge, const struct flow *flow);

/* judge_service.c: decides which service a flow belongs to, and sets its size models. */
void judge_service_update(struct work *work);
void judge_service_models(struct work *work);
void judge_service_preface(struct work *work, const char *id, size_t len);

#endif
