/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recipients.csv: who receives, as a table sorted by id.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/csv.h"
#include "core/mem.h"
#include "rules/law.h"
#include "rules/table.h"

/* The row that rules_recipient() falls back to must be in the file. */
#define UNKNOWN_ID "unknown"

struct recipients {
	struct csv *csv;		/* owns every text */
	struct recipient *list;		/* sorted by id */
	size_t count;
	const struct recipient *unknown;
};

/* Texts that go into a field of struct recipient as they stand. */
static const struct text_column {
	const char *name;
	size_t offset;
	size_t max;			/* 0: any length; else the event's room */
	const char *const *words;	/* NULL: free text */
} text_columns[] = {
	{ "id", offsetof(struct recipient, id), ID_MAX - 1, NULL },
	{ "service", offsetof(struct recipient, service), 0, NULL },
	{ "role", offsetof(struct recipient, role), 0,
	    (const char *const[]){ "controller", "processor", "either", "self", NULL } },
	{ "entity", offsetof(struct recipient, entity), ENTITY_MAX - 1, NULL },
	{ "eea_entity", offsetof(struct recipient, eea_entity), ENTITY_MAX - 1, NULL },
	{ "parent", offsetof(struct recipient, parent), ENTITY_MAX - 1, NULL },
	{ "data_countries", offsetof(struct recipient, data_countries), 0, NULL },
	{ "upload", offsetof(struct recipient, upload), 0,
	    (const char *const[]){ "perm", "optin", "default", "managed", "none", NULL } },
	{ "form", offsetof(struct recipient, form), 0,
	    (const char *const[]){ "plain", "hash", "enclave", "mixed", "na", NULL } },
	{ "opt_out", offsetof(struct recipient, opt_out), 0,
	    (const char *const[]){ "y", "n", "p", "na", NULL } },
	{ "confidence", offsetof(struct recipient, confidence), 0,
	    (const char *const[]){ "H", "M", "L", NULL } },
	{ "note", offsetof(struct recipient, note), 0, NULL },
};

#define TEXT_COLUMNS (sizeof(text_columns) / sizeof(text_columns[0]))

static const char *const country_columns[] = { "country", "parent_country" };
static const size_t country_offsets[] = {
	offsetof(struct recipient, country),
	offsetof(struct recipient, parent_country),
};

enum { COLUMN_CLASS, COLUMN_MECHANISM, COLUMN_SHIELD_FROM, COLUMN_SHIELD_TO,
	COLUMN_DPF_FROM, COLUMN_CHECKED, COLUMNS };

static const char *const column_names[COLUMNS] = {
	"class", "mechanism", "shield_from", "shield_to", "dpf_from", "checked",
};

struct loader {
	const struct csv *csv;
	struct problems *problems;
	int texts[TEXT_COLUMNS], countries[2], columns[COLUMNS];
	day_t newest;
};

static bool
loader_columns(struct loader *l)
{
	const size_t before = l->problems->count;
	size_t i;

	for (i = 0; i < TEXT_COLUMNS; i++)
		l->texts[i] = csv_column(l->csv, text_columns[i].name, l->problems);
	for (i = 0; i < 2; i++)
		l->countries[i] = csv_column(l->csv, country_columns[i], l->problems);
	for (i = 0; i < COLUMNS; i++)
		l->columns[i] = csv_column(l->csv, column_names[i], l->problems);
	return l->problems->count == before;
}

static void
cell_problem(const struct loader *l, const struct csv_row *row, int column,
    const char *what)
{
	const struct csv_cell *cell = &row->cells[column];

	problem_add(l->problems, l->csv->file, row->line, cell->column,
	    "'%s' %s", cell->text, what);
}

static void
text_read(const struct loader *l, const struct csv_row *row, size_t i,
    struct recipient *recipient)
{
	const struct text_column *column = &text_columns[i];
	const char *text = row->cells[l->texts[i]].text;
	size_t w;

	*(const char **)((char *)recipient + column->offset) = text;
	if (column->max != 0 && strlen(text) > column->max)
		cell_problem(l, row, l->texts[i], "is too long");
	if (column->words == NULL)
		return;
	for (w = 0; column->words[w] != NULL; w++) {
		if (strcmp(text, column->words[w]) == 0)
			return;
	}
	cell_problem(l, row, l->texts[i], "is no word of this column; "
	    "the head of the file lists them");
}

static void
country_read(const struct loader *l, const struct csv_row *row, size_t i,
    struct recipient *recipient)
{
	const char *text = row->cells[l->countries[i]].text;

	*(const char **)((char *)recipient + country_offsets[i]) = text;
	if (text[0] != '\0' && !country_is_code(text))
		cell_problem(l, row, l->countries[i],
		    "is no country code of two capital letters");
}

/* "2024-02-16", "2024-02-16~" (about), or nothing. */
static void
day_read(const struct loader *l, const struct csv_row *row, int column,
    day_t *day, bool *about)
{
	const char *text = row->cells[l->columns[column]].text;
	char bare[DAY_TEXT_MAX];
	size_t len = strlen(text);

	*day = DAY_NONE;
	if (len == 0)
		return;
	if (len == DAY_TEXT_MAX && text[len - 1] == '~') {
		*about = true;
		len--;
	}
	if (len == DAY_TEXT_MAX - 1) {
		memcpy(bare, text, len);
		bare[len] = '\0';
		if (day_parse(bare, day))
			return;
	}
	cell_problem(l, row, l->columns[column],
	    "is no day like 2024-02-16, or 2024-02-16~ for about");
}

static void
mechanism_read(const struct loader *l, const struct csv_row *row,
    struct recipient *recipient)
{
	static const char *const words[] = { "dpf", "scc", "bcr", "adequacy",
		"none", "unknown", "na" };
	const char *p = row->cells[l->columns[COLUMN_MECHANISM]].text;
	size_t i, len;

	recipient->mechanism = p;
	for (;; p += len + 1) {
		len = strcspn(p, "+");
		for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			if (strlen(words[i]) == len && memcmp(p, words[i], len) == 0)
				break;
		}
		if (i == sizeof(words) / sizeof(words[0])) {
			cell_problem(l, row, l->columns[COLUMN_MECHANISM],
			    "names a mechanism that is not known here");
			return;
		}
		if (p[len] == '\0')
			return;
	}
}

static void
class_read(const struct loader *l, const struct csv_row *row,
    struct recipient *recipient)
{
	const char *text = row->cells[l->columns[COLUMN_CLASS]].text;

	if (strlen(text) != 1 || text[0] < 'A' || text[0] > 'D')
		cell_problem(l, row, l->columns[COLUMN_CLASS],
		    "is no class; A, B, C or D was expected");
	recipient->class = text[0];
	if (recipient->class == 'B' && recipient->parent_country[0] == '\0')
		cell_problem(l, row, l->columns[COLUMN_CLASS],
		    "needs a parent_country: the onward transfer goes there");
	if ((recipient->class == 'B' || recipient->class == 'C') &&
	    recipient->country[0] == '\0')
		cell_problem(l, row, l->columns[COLUMN_CLASS],
		    "needs the country of its entity");
}

static void
checked_read(struct loader *l, const struct csv_row *row)
{
	bool about = false;
	day_t day;

	day_read(l, row, COLUMN_CHECKED, &day, &about);
	if (day == DAY_NONE)
		cell_problem(l, row, l->columns[COLUMN_CHECKED],
		    "must be the day of the last check");
	else if (day > l->newest)
		l->newest = day;
}

static void
row_read(struct loader *l, const struct csv_row *row, struct recipient *recipient)
{
	bool about = false;
	size_t i;

	for (i = 0; i < TEXT_COLUMNS; i++)
		text_read(l, row, i, recipient);
	for (i = 0; i < 2; i++)
		country_read(l, row, i, recipient);
	if (recipient->id[0] == '\0')
		cell_problem(l, row, l->texts[0], "is no id");
	class_read(l, row, recipient);
	mechanism_read(l, row, recipient);
	day_read(l, row, COLUMN_SHIELD_FROM, &recipient->shield_from,
	    &recipient->shield_about);
	day_read(l, row, COLUMN_SHIELD_TO, &recipient->shield_to, &about);
	day_read(l, row, COLUMN_DPF_FROM, &recipient->dpf_from,
	    &recipient->dpf_about);
	if (recipient->shield_to != DAY_NONE &&
	    recipient->shield_to < recipient->shield_from)
		cell_problem(l, row, l->columns[COLUMN_SHIELD_TO],
		    "lies before shield_from");
	checked_read(l, row);
}

static int
recipient_compare(const void *a, const void *b)
{
	const struct recipient *x = a, *y = b;

	return strcmp(x->id, y->id);
}

static void
duplicates_check(const struct recipients *table, struct problems *problems)
{
	size_t i;

	for (i = 1; i < table->count; i++) {
		if (strcmp(table->list[i - 1].id, table->list[i].id) == 0)
			problem_add(problems, table->csv->file, 0, 0,
			    "two rows have the id '%s'", table->list[i].id);
	}
}

static void
table_read(struct recipients *table, struct loader *l)
{
	size_t i;

	table->count = table->csv->count;
	table->list = xcalloc(table->count, sizeof(*table->list));
	for (i = 0; i < table->count; i++)
		row_read(l, &table->csv->rows[i], &table->list[i]);
	qsort(table->list, table->count, sizeof(*table->list), recipient_compare);
	duplicates_check(table, l->problems);
}

bool
recipients_load(struct rules *rules, const char *folder,
    struct problems *problems)
{
	struct recipients *table = xcalloc(1, sizeof(*table));
	struct loader l = { .problems = problems, .newest = DAY_NONE };
	const size_t before = problems->count;
	char *path = rules_path(folder, "recipients.csv");

	rules->recipients = table;
	table->csv = csv_load(path, problems);
	l.csv = table->csv;
	if (table->csv == NULL || !loader_columns(&l))
		goto out;
	table_read(table, &l);
	table->unknown = rules_recipient_by_id(rules, UNKNOWN_ID);
	if (table->unknown == NULL)
		problem_add(problems, path, 0, 0, "the row '%s' is missing: it "
		    "stands for every recipient that is not known", UNKNOWN_ID);
	if (l.newest > rules->date)
		rules->date = l.newest;
out:
	free(path);
	return problems->count == before;
}

void
recipients_fini(struct rules *rules)
{
	if (rules->recipients == NULL)
		return;
	free(rules->recipients->list);
	csv_free(rules->recipients->csv);
	free(rules->recipients);
	rules->recipients = NULL;
}

const struct recipient *
rules_recipient_by_id(const struct rules *rules, const char *id)
{
	const struct recipient key = { .id = id };
	const struct recipients *table = rules->recipients;

	if (id == NULL || table->count == 0)
		return NULL;
	return bsearch(&key, table->list, table->count, sizeof(*table->list),
	    recipient_compare);
}

size_t
rules_recipient_count(const struct rules *rules)
{
	return rules->recipients->count;
}

const struct recipient *
rules_recipient_at(const struct rules *rules, size_t index)
{
	return &rules->recipients->list[index];
}

/* A call may send elsewhere than its service; a name decides which call. */
static const char *
recipient_id_of(const struct service *service, const char *host)
{
	size_t i;

	for (i = 0; host != NULL && i < service->call_count; i++) {
		if (service->calls[i].recipient != NULL &&
		    call_covers(&service->calls[i], host))
			return service->calls[i].recipient;
	}
	return service->recipient;
}

const struct recipient *
rules_recipient(const struct rules *rules, const struct service *service,
    const char *host)
{
	const struct recipient *found = NULL;

	if (service != NULL)
		found = rules_recipient_by_id(rules, recipient_id_of(service, host));
	return found != NULL ? found : rules->recipients->unknown;
}
