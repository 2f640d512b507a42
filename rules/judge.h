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

struct work {
	struct listener listener;	/* first: a listener is its work */
	struct judge *judge;
	struct flow *flow;
	struct app_flow *app;
	const struct service *service;
	struct rows *inside;		/* over plain bytes; NULL: not opened */
	struct rows rows;
	uint64_t now_us;
	uint32_t sequence;		/* uploads of this flow so far */
	uint8_t calls[SIZE_MODELS_MAX];	/* behind the models set: the service's, by index */
	uint8_t call_count;
	uint8_t service_trust;		/* enum service_trust */
	uint8_t action;			/* enum action, the strictest so far */
	bool readable;			/* a clear HTTP request was read */
	bool preface;			/* the opening says what nDPI may not know */
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

/* judge_event.c: an upload, or the end of a flow, becomes an event for the sink. */
void judge_upload(struct work *work, const struct observation *seen);
/* For carriers: is the request one of a call of the flow's service, or of any? */
bool judge_known_call(const struct task *task, const char *line, const char *media_type);
void judge_flow_end(struct judge *judge, const struct flow *flow);

/* judge_service.c: decides which service a flow belongs to, and sets its size models. */
void judge_service_update(struct work *work);
void judge_service_models(struct work *work);
void judge_service_preface(struct work *work, const char *id, size_t len);

#endif
