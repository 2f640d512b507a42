/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table of the model as CSV (RFC 4180), for a spreadsheet: column names
 * stay the same in every language, numbers are plain, dates ISO 8601.
 */
#include "reports/report.h"

#include <inttypes.h>
#include <string.h>

#include "core/log.h"

/* One line in the making. */
struct line {
	FILE *out;
	bool begun;
};

/*
 * A cell that begins with one of these is a formula to a spreadsheet (OWASP,
 * CSV injection): an apostrophe keeps it text.
 */
static bool
cell_is_formula(const char *text)
{
	return text[0] != '\0' && strchr("=+-@\t\r\n", text[0]) != NULL;
}

static void
cell(struct line *line, const char *text)
{
	bool quoted = cell_is_formula(text) || strpbrk(text, ",\"\r\n") != NULL;

	if (line->begun)
		fputc(',', line->out);
	line->begun = true;
	if (!quoted) {
		fputs(text, line->out);
		return;
	}
	fputc('"', line->out);
	if (cell_is_formula(text))
		fputc('\'', line->out);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			fputc('"', line->out);
		fputc(*text, line->out);
	}
	fputc('"', line->out);
}

static void
cell_number(struct line *line, uint64_t number)
{
	fprintf(line->out, "%s%" PRIu64, line->begun ? "," : "", number);
	line->begun = true;
}

/* An unknown number is an empty cell, never a nought. */
static void
cell_known(struct line *line, bool known, int64_t number)
{
	if (known && number >= 0)
		cell_number(line, (uint64_t)number);
	else
		cell(line, "");
}

static void
cell_day(struct line *line, day_t day)
{
	char text[DAY_TEXT_MAX];

	cell(line, day_text(day, text));
}

static void
line_end(struct line *line)
{
	fputs("\r\n", line->out);
	line->begun = false;
}

static void
cells_counts(struct line *line, const struct counts *counts)
{
	cell_number(line, counts->attempted);
	cell_number(line, counts->prevented);
	cell_number(line, counts->completed);
	cell_number(line, counts->bytes_before_block);
}

static void
cells_estimate(struct line *line, const struct estimate *estimate)
{
	bool known = estimate->sized > 0;

	cell_known(line, known, estimate->low);
	cell_known(line, known, estimate->best);
	cell_known(line, known, estimate->high);
	cell(line, confidence_name(estimate->weakest));
	cell_number(line, estimate->unsized);
}

static void
cells_transfer(struct line *line, const struct transfer *transfer)
{
	cell(line, transfer->mechanism);
	cell(line, transfer->instrument);
	cell(line, transfer_status_name(transfer->status));
	cell_day(line, transfer->to);
}

static void
cells_recipient(struct line *line, const struct report_recipient *row)
{
	char class[2] = { row->class, '\0' };

	cell(line, row->id);
	cell(line, row->service);
	cell(line, row->entity);
	cell(line, row->parent);
	cell(line, row->role);
	cell(line, class);
	cell(line, row->country);
	cell(line, row->onward);
}

static void
table_recipients(const struct report *report, struct line *line)
{
	for (size_t i = 0; i < report->recipient_count; i++) {
		const struct report_recipient *row = &report->recipients[i];

		cells_recipient(line, row);
		cells_counts(line, &row->counts);
		cells_estimate(line, &row->subjects);
		cells_estimate(line, &row->records);
		cell_number(line, row->without_basis);
		cells_transfer(line, &row->now);
		cell_day(line, row->first);
		cell_day(line, row->last);
		line_end(line);
	}
}

static void
table_footings(const struct report *report, struct line *line)
{
	for (size_t i = 0; i < report->recipient_count; i++) {
		const struct report_recipient *row = &report->recipients[i];

		for (size_t j = 0; j < row->footing_count; j++) {
			const struct footing *footing = &row->footings[j];

			cell(line, row->id);
			cells_transfer(line, &footing->transfer);
			cell_number(line, footing->events);
			cell_day(line, footing->first);
			cell_day(line, footing->last);
			cell(line, transfer_status_name(row->now.status));
			line_end(line);
		}
	}
}

static void
table_places(const struct report *report, struct line *line)
{
	for (size_t i = 0; i < report->recipient_count; i++) {
		const struct report_recipient *row = &report->recipients[i];

		for (size_t j = 0; j < row->places.used; j++) {
			cell(line, row->id);
			cell(line, row->places.entries[j].name);
			cell_number(line, row->places.entries[j].count);
			line_end(line);
		}
	}
}

static void
table_countries(const struct report *report, struct line *line)
{
	for (size_t i = 0; i < report->country_count; i++) {
		const struct report_country *row = &report->countries[i];

		cell(line, row->country);
		cell_number(line, row->recipients);
		cell_number(line, row->direct);
		cell_number(line, row->onward);
		cells_counts(line, &row->counts);
		cells_estimate(line, &row->subjects);
		cell_number(line, row->without_basis);
		cell(line, transfer_status_name(row->weakest));
		line_end(line);
	}
}

static void
table_timeline(const struct report *report, struct line *line)
{
	for (size_t i = 0; i < report->bucket_count; i++) {
		const struct bucket *bucket = &report->buckets[i];

		cell_day(line, bucket->from);
		cell_day(line, bucket->to);
		cell_number(line, bucket->allowed);
		cell_number(line, bucket->logged);
		cell_number(line, bucket->blocked);
		line_end(line);
	}
}

static void
table_bands(const struct report *report, struct line *line)
{
	static const char *const kinds[] = { "gap", "inside", "decision" };

	for (size_t i = 0; i < report->lane_count; i++)
		for (size_t j = 0; j < report->lanes[i].count; j++) {
			const struct band *band = &report->lanes[i].bands[j];
			bool act = band->kind == BAND_DECISION;

			cell(line, report->lanes[i].country);
			cell(line, kinds[band->kind]);
			cell_day(line, band->from);
			cell_day(line, band->to);
			cell(line, act ? band->period.instrument : "");
			cell(line, act ? band->period.test : "");
			cell_day(line, act ? band->period.to : DAY_NONE);
			line_end(line);
		}
}

static void
row_summary(struct line *line, const char *key, const char *value)
{
	cell(line, key);
	cell(line, value);
	line_end(line);
}

static void
row_number(struct line *line, const char *key, uint64_t number)
{
	cell(line, key);
	cell_number(line, number);
	line_end(line);
}

static void
rows_head(const struct report *report, struct line *line)
{
	const struct report_request *request = report->request;
	char text[DAY_TEXT_MAX];

	row_summary(line, "report_id", report->id);
	row_summary(line, "controller", request->controller);
	row_summary(line, "from", day_text(request->from, text));
	row_summary(line, "to", day_text(request->to, text));
	row_summary(line, "date", day_text(request->today, text));
	row_summary(line, "version", VERSION);
	row_summary(line, "rules_digest", request->rules_digest);
	row_summary(line, "rules_date", day_text(request->rules_date, text));
	row_summary(line, "geo", request->geo_version);
}

static void
table_summary(const struct report *report, struct line *line)
{
	const struct counts *counts = &report->counts;
	const struct stats *stats = &report->stats;

	rows_head(report, line);
	row_number(line, "attempted", counts->attempted);
	row_number(line, "prevented", counts->prevented);
	row_number(line, "completed", counts->completed);
	row_number(line, "bytes_before_block", counts->bytes_before_block);
	if (report->subjects.sized > 0) {
		row_number(line, "subjects_low", (uint64_t)report->subjects.low);
		row_number(line, "subjects_high", (uint64_t)report->subjects.high);
	}
	row_number(line, "uploads_without_number", report->subjects.unsized);
	row_number(line, "recipients_without_basis", report->without_basis);
	row_number(line, "blocks_not_enforced", report->unenforced);
	row_number(line, "captures", report->captures);
	row_number(line, "packets", stats->packets);
	row_number(line, "flows", stats->flows);
	row_number(line, "unreadable", stats->unreadable);
	row_number(line, "below_threshold", stats->below_threshold);
	for (int i = 0; i < UNSCANNED_KINDS; i++) {
		fputs("unscanned_", line->out);
		row_number(line, unscanned_name((enum unscanned)i), stats->unscanned[i]);
	}
	row_summary(line, "truncated", stats->truncated);
}

#define COUNTS "attempted,prevented,completed,bytes_before_block"
#define ESTIMATE(NAME) NAME "_low," NAME "_best," NAME "_high," \
	NAME "_confidence," NAME "_uploads_without_number"
#define TRANSFER(NAME) NAME "_mechanism," NAME "_instrument," NAME "_status," \
	NAME "_relied_on_until"

static const struct table {
	const char *name, *columns;
	void (*write)(const struct report *report, struct line *line);
} tables[] = {
	{ "recipients", "recipient,service,entity,parent,role,class,country,"
	    "onward_country," COUNTS "," ESTIMATE("subjects") "," ESTIMATE("records")
	    ",uploads_without_basis," TRANSFER("report_date") ",first,last",
	    table_recipients },
	{ "footings", "recipient," TRANSFER("event_date") ",uploads,first,last,"
	    "report_date_status", table_footings },
	{ "places", "recipient,address_country,uploads", table_places },
	{ "countries", "country,recipients,transfers,onward_transfers," COUNTS ","
	    ESTIMATE("subjects") ",uploads_without_basis,weakest_status",
	    table_countries },
	{ "timeline", "from,to,allowed,logged,blocked", table_timeline },
	{ "bands", "country,kind,from,to,instrument,test,relied_on_until", table_bands },
	{ "summary", "key,value", table_summary },
};

const char *
report_table_name(size_t index)
{
	return index < sizeof(tables) / sizeof(tables[0]) ? tables[index].name : NULL;
}

bool
report_write_csv(const struct report *report, FILE *out)
{
	const char *wanted = report->request->table;
	struct line line = { out, false };

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if (strcmp(wanted != NULL ? wanted : tables[0].name, tables[i].name) != 0)
			continue;
		fprintf(out, "%s\r\n", tables[i].columns);
		tables[i].write(report, &line);
		return !ferror(out);
	}
	log_error("report", "no table \"%s\"", wanted);
	return false;
}
