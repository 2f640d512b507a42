/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports: the store that only the recorder writes, and what is read from it.
 */
#ifndef REPORTS_REPORTS_H
#define REPORTS_REPORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/event.h"
#include "core/recipient.h"

/* ---- store: store.c, the only file with SQL -------------------------------- */

struct store;

enum store_mode { STORE_READ, STORE_WRITE };

/*
 * Opens (STORE_WRITE: makes at need, mode 0600) an SQLite store in WAL mode.
 * NULL with a message logged; errno is then EBADMSG when the file is no store
 * of this program (exit code 1), anything else when a resource failed (3).
 */
struct store *store_open(const char *path, enum store_mode mode);
void store_close(struct store *store);

/*
 * Events are written inside a transaction; commit makes them all visible at
 * once. An event_id that is there already is left alone. False with a message
 * logged when the disk or the store fails; the transaction is then undone.
 */
bool store_begin(struct store *store);
bool store_put_upload(struct store *store, const struct event_upload *event);
bool store_put_flow(struct store *store, const struct event_flow_end *event);
bool store_put_bypass(struct store *store, const struct event_bypass *event);
/* digest: SHA-256 hex of the capture, so that a capture counts once. */
bool store_put_stats(struct store *store, const struct stats *stats, const char *digest);
bool store_commit(struct store *store);
void store_rollback(struct store *store);

/*
 * Retention: forgets events of before events_us, and counts of captures that
 * ended before totals_us (0: none), in a transaction of its own, and then the
 * journal, which would still hold them. *gone: how many events. False with a
 * message logged; nothing is then forgotten.
 */
bool store_expire(struct store *store, uint64_t events_us, uint64_t totals_us, uint64_t *gone);

/*
 * Folds the journal into the store and empties it, unless a reader still
 * needs it: then a later call does. Opens no file.
 */
void store_fold(struct store *store);

/* The key for device pseudonyms of this store, made at first use (32 bytes). */
bool store_identity_key(struct store *store, uint8_t key[32]);

struct store_filter {
	uint64_t from_us, to_us;	/* half open; 0 = no bound */
	const char *service, *recipient, *action, *type;	/* NULL any */
	int64_t after, upto;		/* marks: after < stored <= upto; 0 = no bound */
	int64_t limit;			/* only the newest so many; 0 = all */
};

/* A mark that all events stored until now lie at or before; -1 on failure. */
int64_t store_mark(struct store *store);

/* True when another connection has committed since the last call. */
bool store_changed(struct store *store);

/* Calls each for every stored event's JSON in time order until it returns false. */
bool store_each_json(struct store *store, const struct store_filter *filter,
    bool (*each)(void *arg, const char *json), void *arg);

/*
 * The same for uploads as structs: all fields but the server's address, and
 * the client's only where no pseudonym stands for it.
 */
bool store_each_upload(struct store *store, const struct store_filter *filter,
    bool (*each)(void *arg, const struct event_upload *event), void *arg);

/* Sum of the stats of captures that overlap the span, and their count. */
bool store_stats(struct store *store, const struct store_filter *filter,
    struct stats *sum, size_t *captures);

const char *store_version(void);

/* ---- geo: geo.c ---------------------------------------------------------------- */

struct geo_source;
struct geo_source *geo_open(void);	/* NULL where no database is installed */
void geo_close(struct geo_source *source);
/* Fills geo; unknown fields stay empty. source may be NULL. */
void geo_find(struct geo_source *source, const struct addr *addr, struct geo *geo);
const char *geo_version(struct geo_source *source);	/* "libloc 2022-10-29" or "none" */

/* The libraries that read such databases, a line each, without a newline at the end. */
#define GEO_LIBRARIES_MAX 128
const char *geo_libraries(char text[GEO_LIBRARIES_MAX]);

/* ---- report ---------------------------------------------------------------------- */

enum report_format { REPORT_HTML, REPORT_TEXT, REPORT_CSV, REPORT_JSON };

/* The law, asked through the caller: reports know no rules. */
struct report_law {
	void *arg;
	const struct recipient *(*recipient)(void *arg, const char *id);	/* NULL unknown */
	struct transfer (*transfer)(void *arg, const char *recipient_id, day_t on);
	/* NULL: not asked */
	enum outside (*outside)(void *arg, const char *country, day_t on);
	size_t periods;
	struct report_period {
		const char *country, *name, *kind, *instrument, *test;
		day_t from, to;
	} (*period)(void *arg, size_t index);
};

struct report_request {
	day_t from, to;			/* first and last day, inclusive */
	day_t today;			/* the report's date */
	const char *language;		/* en, nl, de, pl */
	enum report_format format;
	const char *controller, *country, *dpo;	/* "" where not configured */
	const char *terms;		/* path of terms.csv */
	const char *rules_digest;
	day_t rules_date;
	const char *geo_version;
	const char *table;		/* csv: which table; NULL: recipients */
	struct report_law law;
};

/* Writes the whole report to out. False with a message logged on failure. */
bool report_write(struct store *store, const struct report_request *request, FILE *out);

/* -1 for an unknown name. */
int report_format_of(const char *name);
bool report_language_known(const char *language);
/* Name of a csv table by index, NULL past the last. */
const char *report_table_name(size_t index);

#endif
