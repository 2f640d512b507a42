/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdict: what the policy says of an upload, passed by value. Within a flow
 * it may tighten (allow, log, block), never loosen.
 */
#ifndef CORE_VERDICT_H
#define CORE_VERDICT_H

#include <stdbool.h>

enum action { ACTION_NONE, ACTION_ALLOW, ACTION_LOG, ACTION_BLOCK };

#define RULE_NAME_MAX 64
#define REASON_MAX 192

struct verdict {
	enum action action;
	bool enforced;			/* the door acted on it (proxy) */
	char rule[RULE_NAME_MAX];	/* name of the deciding rule */
	char reason[REASON_MAX];	/* one sentence a person can check */
};

const char *action_name(enum action action);

#endif
