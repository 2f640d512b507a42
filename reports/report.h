/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report's model: built once from the store, then walked by each writer.
 * It is the same whatever the language and the format.
 */
#ifndef REPORTS_REPORT_H
#define REPORTS_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/digest.h"
#include "reports/reports.h"
#include "reports/terms.h"

/* Device counts below this are not told: one could tell whose phone it is. */
#define SMALL_GROUP 5

/*
 * A number of contacts as the report may give it: a range, how it was found,
 * how sure, and over how many uploads; `unsized` more gave no number.
 */
struct estimate {
	int64_t low, high;
	int64_t best;			/* CONTACTS_UNKNOWN where none can be given */
	uint64_t sized, unsized;
	unsigned int methods;		/* bits 1 << enum method */
	enum confidence weakest;
};

struct counts {
	uint64_t attempted;		/* all uploads seen */
	uint64_t prevented;		/* blocked, and the door acted on it */
	uint64_t completed;
	uint64_t allowed, logged, blocked;	/* by the rule's word */
	uint64_t bytes;			/* of completed uploads */
	uint64_t bytes_before_block;	/* got out before a block */
};

/* Names with how often they were met, most often first. */
#define TALLY_MAX 12
struct tally {
	struct tally_entry {
		char name[HOST_MAX + 1];
		uint64_t count;
	} entries[TALLY_MAX];
	size_t used;
	uint64_t others;		/* met when the table was full */
};

/* One basis on which a recipient's uploads stood on their day. */
struct footing {
	struct transfer transfer;	/* status as on the event's day */
	uint64_t events;
	day_t first, last;
};

struct report_recipient {
	char id[ID_MAX];
	char service[ENTITY_MAX], entity[ENTITY_MAX], parent[ENTITY_MAX];
	char role[16];
	char country[COUNTRY_MAX];		/* of the entity; "" unknown */
	char onward[COUNTRY_MAX];		/* class B: of the parent */
	char class;				/* 'A'..'D'; '?' unidentified */
	struct counts counts;
	struct estimate records, subjects;	/* of completed uploads */
	uint64_t devices;
	struct footing *footings;
	size_t footing_count;
	struct transfer now;			/* on the report's date */
	uint64_t without_basis;			/* events without one on their day */
	uint64_t changed;			/* events whose status was stored otherwise */
	struct tally places, hosts;		/* address countries; server names */
	day_t first, last;
};

/* What went towards one country outside the EEA. */
struct report_country {
	char country[COUNTRY_MAX];		/* "" unknown */
	struct counts counts;
	struct estimate subjects;
	uint64_t direct, onward;		/* events of class A and C; of class B */
	uint64_t recipients, without_basis;
	enum transfer_status weakest;		/* on the events' days */
};

/* One bar of the timeline. */
struct bucket {
	day_t from, to;				/* first and last day */
	uint64_t allowed, logged, blocked;
};
enum bucket_unit { BUCKET_DAY, BUCKET_MONTH, BUCKET_YEAR };

enum band_kind { BAND_GAP, BAND_INSIDE, BAND_DECISION };
struct band {
	day_t from, to;				/* within the period */
	enum band_kind kind;
	struct report_period period;		/* BAND_DECISION */
};
struct lane {
	char country[COUNTRY_MAX];
	struct band *bands;
	size_t count;
};

/* What the reader is asked to do. */
enum action_kind {
	DO_STOP, DO_IDENTIFY, DO_PAST, DO_CONFIRM, DO_DISCLOSE, DO_ENFORCE, DO_SCAN,
	DO_TRUNCATED
};
struct todo {
	enum action_kind kind;
	const struct report_recipient *recipient;	/* NULL: of the whole */
	uint64_t number;
};

struct report {
	const struct report_request *request;
	struct terms *terms;			/* of the request's language */
	char id[2 * SHA256_LEN + 1];		/* digest of the model */
	struct counts counts;
	struct estimate records, subjects;
	uint64_t unenforced;			/* blocking rule met, not acted on */
	uint64_t without_basis;			/* recipients */
	struct stats stats;
	size_t captures;
	struct report_recipient *recipients;	/* most uploads first */
	size_t recipient_count;
	struct report_country *countries;
	size_t country_count;
	struct bucket *buckets;
	size_t bucket_count;
	enum bucket_unit unit;
	struct lane *lanes;
	size_t lane_count;
	struct todo *todos;
	size_t todo_count;
};

/* ---- model.c, model_time.c, model_law.c ------------------------------------- */

/* False with a message logged when the store cannot be read. */
bool report_build(struct report *report, struct store *store,
    const struct report_request *request);
void report_fini(struct report *report);

/* Parts of report_build(). */
void report_make_buckets(struct report *report);
void report_count_day(struct report *report, day_t day, enum action action);
void report_make_lanes(struct report *report);
void report_make_countries(struct report *report);
void report_make_todos(struct report *report);

bool transfer_lacks_basis(const struct transfer *transfer);

/* ---- sums.c ------------------------------------------------------------------- */

struct counts counts_of(const struct event_upload *event);
void counts_add(struct counts *sum, const struct counts *part);
void met_add(struct tally *tally, const char *name);
void met_sort(struct tally *tally);

/* One upload's number. */
struct estimate estimate_of(const struct contacts *contacts);
/* Records sent: every upload counts, so ends and best guesses add up. */
void estimate_sum(struct estimate *sum, const struct estimate *part);
/* The same device again: the largest upload stands for all. */
void estimate_largest(struct estimate *sum, const struct estimate *part);
/* Data subjects of several parties: overlap unknown, so largest .. sum. */
void estimate_join(struct estimate *sum, const struct estimate *part);

/* ---- words.c: the model in words, for every writer ---------------------------- */

const char *word_class(const struct report *report, char class);
const char *word_role(const struct report *report, const char *role);
const char *word_status(const struct report *report, const struct transfer *transfer);
const char *word_mechanism(const struct report *report, const struct transfer *transfer);
const char *word_country(const struct report *report, const char *code);
const char *word_devices(const struct report *report, uint64_t devices);
const char *word_todo(const struct report *report, const struct todo *todo);
const char *word_band(const struct report *report, const struct band *band);
/* "180–420", "unknown", "at least 180"; without method and confidence. */
const char *word_range(const struct report *report, const struct estimate *estimate);
/* "best estimate 300 · size · medium · 2 uploads without a number". */
const char *word_how(const struct report *report, const struct estimate *estimate);
const char *word_bytes(const struct report *report, uint64_t bytes);
/* "IE 12, US 3". */
const char *word_tally(const struct report *report, const struct tally *tally);
/* "2026-11-21" or a dash for an open end. */
const char *word_day(const struct report *report, day_t day);

/* ---- writers: one row each in report.c ------------------------------------------ */

bool report_write_html(const struct report *report, FILE *out);
bool report_write_text(const struct report *report, FILE *out);
bool report_write_csv(const struct report *report, FILE *out);
bool report_write_json(const struct report *report, FILE *out);

/* The model as JSON text without its id and language: what the id digests. Caller frees. */
char *report_json(const struct report *report);

#endif
