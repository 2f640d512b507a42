/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recipient: the legal entity that receives, and transfer: the footing on
 * which data may go to it on one day (chapter V GDPR).
 */
#ifndef CORE_RECIPIENT_H
#define CORE_RECIPIENT_H

#include <stdbool.h>

#include "core/date.h"

#define COUNTRY_MAX 3			/* ISO 3166-1 alpha-2 and NUL */

/*
 * A: direct recipient outside the EEA. B: EEA entity of an outside group
 * (disclosure to it, onward transfer by it). C: adequate country. D: inside.
 * All text is owned by the rules the recipient came from.
 */
struct recipient {
	const char *id;			/* "whatsapp" */
	const char *service;		/* name for people: "WhatsApp Messenger" */
	const char *entity;		/* who receives first: "WhatsApp Ireland Limited" */
	const char *country;		/* of that entity; "" unknown */
	const char *eea_entity;		/* "" none */
	const char *parent, *parent_country;
	const char *role;		/* controller, processor, either, self */
	char class;			/* 'A'..'D' */
	const char *mechanism;		/* as published: "dpf+scc", "adequacy:CH", "none" */
	const char *data_countries;	/* "US/IE" */
	day_t shield_from, shield_to;	/* on the Privacy Shield list; DAY_NONE not */
	day_t dpf_from;			/* on the DPF list since; DAY_NONE not */
	bool shield_about, dpf_about;	/* the day is approximate */
	const char *confidence;		/* of the legal columns: H, M, L */
	const char *upload;		/* perm, optin, default, none, managed */
	const char *form;		/* plain, hash, enclave, mixed, na */
	const char *opt_out;		/* y, n, p, na */
	const char *note;
};

enum transfer_status {
	TRANSFER_NONE,			/* no mechanism known */
	TRANSFER_ENDED,			/* the one relied on has ended */
	TRANSFER_CONDITIONAL,		/* holds if a condition, named in note, holds */
	TRANSFER_IN_FORCE
};

#define MECHANISM_MAX 32
#define INSTRUMENT_MAX 48
#define NOTE_MAX 256

/* Whether data leaves the EEA. Unknown is never "inside". */
enum outside { OUTSIDE_NO, OUTSIDE_YES, OUTSIDE_UNKNOWN };

struct transfer {
	enum outside outside;
	enum transfer_status status;
	/* safe_harbor privacy_shield dpf scc bcr adequacy bridge none inside */
	char mechanism[MECHANISM_MAX];
	char instrument[INSTRUMENT_MAX];	/* "(EU) 2023/1795"; "" none */
	day_t from, to;			/* of reliance; DAY_NONE open */
	char note[NOTE_MAX];		/* English; what must be confirmed, and why */
};

const char *transfer_status_name(enum transfer_status status);

#endif
