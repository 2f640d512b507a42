/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What explain was asked and what it found, for its two ways of printing.
 */
#ifndef APPLIANCE_EXPLAIN_H
#define APPLIANCE_EXPLAIN_H

#include <stdbool.h>

#include "core/addr.h"
#include "core/recipient.h"
#include "core/verdict.h"
#include "rules/rules.h"

struct explanation {
	/* asked; NULL where it was not */
	const char *host, *ip, *group;
	struct addr addr;		/* of ip */
	struct contacts contacts;
	day_t on, today;
	/* found */
	const struct rules *rules;
	const struct service *service;	/* NULL unknown */
	const struct call *call;	/* NULL unknown */
	const struct recipient *recipient;
	struct transfer transfer, transfer_today;
	bool open;
	bool measured;			/* unopened, the wire may still tell an upload */
	const char *never;		/* the category for which it is never opened; NULL */
	char open_reason[REASON_MAX];
	struct verdict verdict;
};

void explain_text(const struct explanation *found);

/* Prints one object in one line. False when memory is out. */
bool explain_json(const struct explanation *found);

#endif
