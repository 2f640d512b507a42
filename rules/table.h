/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rule table, inside: what the loaders of this folder fill and the
 * look-ups read. Included only from rules/.
 */
#ifndef RULES_TABLE_H
#define RULES_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/date.h"
#include "core/digest.h"
#include "core/problem.h"
#include "rules/rules.h"

struct services;	/* services.c: services.yaml and its indexes */
struct never_open;	/* services.c: never-open.yaml */
struct numbering;	/* services.c: numbering.csv */
struct recipients;	/* recipients.c: recipients.csv */
struct law;		/* law_load.c: eea.csv and adequacy.csv */

struct rules {
	struct services *services;
	struct never_open *never_open;
	struct numbering *numbering;
	struct recipients *recipients;
	struct law *law;
	char digest[2 * SHA256_LEN + 1];
	day_t date;
};

/*
 * Loaders: each reads its file from the folder, adds problems with their
 * positions, and returns false after any. What was made stays in the table
 * and is freed by fini, which also takes a table that was never filled.
 * recipients_load() runs before services_load(), so that the services may
 * check the recipients they name with rules_recipient_by_id().
 */
bool recipients_load(struct rules *rules, const char *folder,
    struct problems *problems);
void recipients_fini(struct rules *rules);

bool law_load(struct rules *rules, const char *folder,
    struct problems *problems);
void law_fini(struct rules *rules);

bool services_load(struct rules *rules, const char *folder,
    struct problems *problems);
void services_fini(struct rules *rules);

bool never_open_load(struct rules *rules, const char *folder,
    struct problems *problems);
void never_open_fini(struct rules *rules);

bool numbering_load(struct rules *rules, const char *folder,
    struct problems *problems);
void numbering_fini(struct rules *rules);

/* "folder/name"; the caller frees. */
char *rules_path(const char *folder, const char *name);

#endif
