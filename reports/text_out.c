/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report as plain text, 80 columns of UTF-8, for a terminal and for mail.
 */
#include "reports/report.h"

#include <string.h>

#define COLUMNS 80
#define FIELD 34		/* where values begin */
#define BAR 30

struct sheet {
	FILE *out;
	const struct report *report;
	struct terms *terms;
};

#define T(KEY) terms_get(sheet->terms, KEY)

/* ---- lines ------------------------------------------------------------------ */

/* Columns a text takes: one a character, which holds for the four languages. */
static size_t
width_of(const char *text, size_t len)
{
	size_t width = 0;

	for (size_t i = 0; i < len; i++)
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	return width;
}

/* Text of others goes to a terminal here: nothing may steer it. */
static void
put(struct sheet *sheet, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		fputc(c < 0x20 || c == 0x7f ? '?' : c, sheet->out);
	}
}

static void
spaces(struct sheet *sheet, size_t count)
{
	while (count-- > 0)
		fputc(' ', sheet->out);
}

/* The bytes of the first `columns` characters of a text of len bytes. */
static size_t
bytes_of(const char *text, size_t len, size_t columns)
{
	size_t i = 0;

	for (; i < len; i++)
		if (((unsigned char)text[i] & 0xc0) != 0x80 && columns-- == 0)
			break;
	return i;
}

/*
 * Wraps at blanks, and cuts a word that is longer than a line; every line but
 * the first begins at `indent`.
 */
static void
wrap(struct sheet *sheet, const char *text, size_t at, size_t indent)
{
	bool blank = false;

	while (*text != '\0') {
		size_t len = bytes_of(text, strcspn(text, " "), COLUMNS - indent);
		size_t width = width_of(text, len);

		if (at > indent && at + blank + width > COLUMNS) {
			fputc('\n', sheet->out);
			spaces(sheet, indent);
			at = indent;
			blank = false;
		}
		spaces(sheet, blank);
		put(sheet, text, len);
		at += blank + width;
		text += len;
		blank = *text == ' ';
		text += strspn(text, " ");
	}
	fputc('\n', sheet->out);
}

static void
paragraph(struct sheet *sheet, const char *text)
{
	wrap(sheet, text, 0, 0);
	fputc('\n', sheet->out);
}

static void
item(struct sheet *sheet, const char *mark, const char *text)
{
	size_t len = strlen(mark);

	put(sheet, mark, len);
	wrap(sheet, text, len, len);
}

static void
field(struct sheet *sheet, const char *name, const char *value)
{
	size_t width = width_of(name, strlen(name));

	put(sheet, name, strlen(name));
	if (width + 1 >= FIELD) {
		fputc('\n', sheet->out);
		width = 0;
	}
	spaces(sheet, FIELD - width);
	wrap(sheet, value[0] != '\0' ? value : "–", FIELD, FIELD);
}

static void
title(struct sheet *sheet, const char *text, const char *line)
{
	size_t width = width_of(text, strlen(text));

	fputc('\n', sheet->out);
	put(sheet, text, strlen(text));
	fputc('\n', sheet->out);
	for (size_t i = 0; i < width && i < COLUMNS; i++)
		fputs(line, sheet->out);
	fputs("\n\n", sheet->out);
}

static const char *
number(struct sheet *sheet, uint64_t value)
{
	return terms_number(sheet->terms, (int64_t)value);
}

/* ---- sections ----------------------------------------------------------------- */

static void
text_cover(struct sheet *sheet)
{
	const struct report_request *request = sheet->report->request;
	struct terms *terms = sheet->terms;

	title(sheet, T("report_title"), "═");
	field(sheet, T("controller"), *request->controller ? request->controller :
	    T("not_configured"));
	field(sheet, T("dpo"), *request->dpo ? request->dpo : T("not_configured"));
	field(sheet, T("report_period"), terms_text(terms, "%s – %s",
	    word_day(sheet->report, request->from), word_day(sheet->report, request->to)));
	field(sheet, T("report_generated"), word_day(sheet->report, request->today));
	field(sheet, T("program_version"), "bookgate " VERSION);
	field(sheet, T("refdata_date"), word_day(sheet->report, request->rules_date));
	field(sheet, T("rules_digest"), request->rules_digest);
	field(sheet, T("geo_database"), request->geo_version);
	field(sheet, T("report_id"), sheet->report->id);
	fputc('\n', sheet->out);
	paragraph(sheet, terms_phrase(terms, "cover_note",
	    word_day(sheet->report, request->rules_date), NULL, NULL));
	field(sheet, T("sign_place"), "________________________________________");
	field(sheet, T("signature"), "________________________________________");
}

static void
estimate_field(struct sheet *sheet, const char *key, const struct estimate *estimate)
{
	const char *how = word_how(sheet->report, estimate);

	field(sheet, T(key), terms_text(sheet->terms, "%s%s%s%s",
	    word_range(sheet->report, estimate), *how ? " (" : "", how, *how ? ")" : ""));
}

/* How many, and what had left by then. */
static const char *
prevented_text(struct sheet *sheet)
{
	const struct counts *counts = &sheet->report->counts;
	const char *many = number(sheet, counts->prevented);

	if (counts->prevented == 0)
		return many;
	return terms_text(sheet->terms, "%s (%s)", many, terms_phrase(sheet->terms,
	    "before_block", word_bytes(sheet->report, counts->bytes_before_block),
	    NULL, NULL));
}

static void
text_summary(struct sheet *sheet)
{
	const struct report *report = sheet->report;

	field(sheet, T("fig_attempted"), number(sheet, report->counts.attempted));
	field(sheet, T("fig_prevented"), prevented_text(sheet));
	field(sheet, T("fig_completed"), number(sheet, report->counts.completed));
	estimate_field(sheet, "est_subjects", &report->subjects);
	field(sheet, T("fig_without_basis"), number(sheet, report->without_basis));
	fputc('\n', sheet->out);
	paragraph(sheet, T("summary_counting"));
	if (report->counts.attempted == 0)
		paragraph(sheet, T("summary_empty"));
	paragraph(sheet, terms_text(sheet->terms, "%s:", T("action_needed")));
	if (report->todo_count == 0)
		paragraph(sheet, T("todo_nothing"));
	for (size_t i = 0; i < report->todo_count; i++)
		item(sheet, "[ ] ", word_todo(report, &report->todos[i]));
}

static void
text_scope(struct sheet *sheet)
{
	static const char *const limits[] = {
		"limit_people", "limit_private", "limit_encrypted", "limit_elsewhere",
		"limit_address", "limit_zero", "limit_law",
	};
	static const char *const unscanned[UNSCANNED_KINDS] = {
		[UNSCANNED_LIMIT] = "unscanned_limit",
		[UNSCANNED_ENCRYPTED] = "unscanned_encrypted",
		[UNSCANNED_CORRUPT] = "unscanned_corrupt",
		[UNSCANNED_GAP] = "unscanned_gap",
	};
	const struct stats *stats = &sheet->report->stats;

	field(sheet, T("scope_captures"), number(sheet, sheet->report->captures));
	field(sheet, T("scope_packets"), number(sheet, stats->packets));
	field(sheet, T("scope_flows"), number(sheet, stats->flows));
	field(sheet, T("scope_below"), number(sheet, stats->below_threshold));
	field(sheet, T("scope_unreadable"), number(sheet, stats->unreadable));
	for (int i = 0; i < UNSCANNED_KINDS; i++)
		field(sheet, T(unscanned[i]), number(sheet, stats->unscanned[i]));
	fputc('\n', sheet->out);
	if (stats->truncated[0] != '\0')
		paragraph(sheet, terms_phrase(sheet->terms, "scope_truncated",
		    stats->truncated, NULL, NULL));
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		item(sheet, "  - ", T(limits[i]));
}

static void
text_footing(struct sheet *sheet, const struct transfer *transfer, const char *when,
    const char *uploads)
{
	const struct report *report = sheet->report;

	item(sheet, "    ", terms_text(sheet->terms, "%s: %s%s%s – %s; %s %s%s%s", when,
	    word_mechanism(report, transfer), *transfer->instrument ? " " : "",
	    transfer->instrument, word_status(report, transfer), T("relied_on_until"),
	    word_day(report, transfer->to), *uploads ? "; " : "", uploads));
}

static void
text_recipient(struct sheet *sheet, const struct report_recipient *row)
{
	const struct report *report = sheet->report;
	struct terms *terms = sheet->terms;

	item(sheet, row->class == '?' ? "[?] " : terms_text(terms, "[%c] ", row->class),
	    terms_text(terms, "%s – %s, %s%s%s",
	    row->class == '?' ? T("recipient_unidentified") :
	    row->service[0] != '\0' ? row->service : row->id,
	    row->entity[0] != '\0' ? row->entity : T("unknown"),
	    word_country(report, row->country), row->onward[0] != '\0' ? " → " : "",
	    row->onward[0] != '\0' ? word_country(report, row->onward) : ""));
	item(sheet, "    ", word_class(report, row->class));
	item(sheet, "    ", terms_text(terms, "%s: %s", T("col_uploads"),
	    terms_phrase(terms, "counts_line", number(sheet, row->counts.attempted),
	    number(sheet, row->counts.prevented), number(sheet, row->counts.completed))));
	item(sheet, "    ", terms_text(terms, "%s: %s (%s)", T("est_subjects"),
	    word_range(report, &row->subjects), word_how(report, &row->subjects)));
	item(sheet, "    ", terms_text(terms, "%s: %s", T("address_country"),
	    word_tally(report, &row->places)));
	if (row->class == '?')
		item(sheet, "    ", terms_text(terms, "%s: %s", T("hosts_seen"),
		    word_tally(report, &row->hosts)));
	for (size_t i = 0; i < row->footing_count; i++)
		text_footing(sheet, &row->footings[i].transfer, terms_text(terms,
		    "%s – %s", word_day(report, row->footings[i].first),
		    word_day(report, row->footings[i].last)),
		    terms_count(terms, (int64_t)row->footings[i].events, "upload"));
	text_footing(sheet, &row->now, terms_phrase(terms, "on_report_date",
	    word_day(report, report->request->today), NULL, NULL), "");
	fputc('\n', sheet->out);
}

static void
text_recipients(struct sheet *sheet)
{
	if (sheet->report->recipient_count == 0)
		paragraph(sheet, T("no_uploads"));
	for (size_t i = 0; i < sheet->report->recipient_count; i++)
		text_recipient(sheet, &sheet->report->recipients[i]);
}

static void
bar(struct sheet *sheet, uint64_t count, uint64_t most, const char *mark)
{
	uint64_t cells = count == 0 ? 0 : (count * BAR + most - 1) / most;

	while (cells-- > 0)
		fputs(mark, sheet->out);
}

static uint64_t
bucket_total(const struct bucket *bucket)
{
	return bucket->allowed + bucket->logged + bucket->blocked;
}

static void
text_timeline(struct sheet *sheet)
{
	const struct report *report = sheet->report;
	uint64_t most = 1;

	for (size_t i = 0; i < report->bucket_count; i++)
		if (bucket_total(&report->buckets[i]) > most)
			most = bucket_total(&report->buckets[i]);
	for (size_t i = 0; i < report->bucket_count; i++) {
		const struct bucket *bucket = &report->buckets[i];

		if (bucket_total(bucket) == 0)
			continue;
		fprintf(sheet->out, "%s  %6s  ", word_day(report, bucket->from),
		    number(sheet, bucket_total(bucket)));
		bar(sheet, bucket->blocked, most, "█");
		bar(sheet, bucket->logged, most, "▒");
		bar(sheet, bucket->allowed, most, "░");
		fputc('\n', sheet->out);
	}
	fprintf(sheet->out, "\n█ %s   ▒ %s   ░ %s\n\n", T("blocked"), T("logged"),
	    T("allowed"));
	for (size_t i = 0; i < report->lane_count; i++)
		for (size_t j = 0; j < report->lanes[i].count; j++) {
			const struct band *band = &report->lanes[i].bands[j];

			item(sheet, terms_text(sheet->terms, "%s  ", report->lanes[i].country),
			    terms_text(sheet->terms, "%s – %s  %s",
			    word_day(report, band->from), word_day(report, band->to),
			    word_band(report, band)));
		}
}

static void
text_countries(struct sheet *sheet)
{
	const struct report *report = sheet->report;

	if (report->country_count == 0)
		paragraph(sheet, T("no_transfers"));
	for (size_t i = 0; i < report->country_count; i++) {
		const struct report_country *row = &report->countries[i];

		field(sheet, word_country(report, row->country),
		    terms_text(sheet->terms, "%s %s, %s %s; %s: %s",
		    T("col_direct"), number(sheet, row->direct), T("col_onward"),
		    number(sheet, row->onward), T("est_subjects"),
		    word_range(report, &row->subjects)));
	}
}

static void
text_annex(struct sheet *sheet)
{
	static const char *const glossary[] = {
		"glossary_A", "glossary_B", "glossary_C", "glossary_D", "glossary_unknown"
	};

	for (size_t i = 0; i < sizeof(glossary) / sizeof(glossary[0]); i++)
		item(sheet, terms_text(sheet->terms, "[%c] ", "ABCD?"[i]), T(glossary[i]));
	fputc('\n', sheet->out);
	paragraph(sheet, T("report_id_note"));
}

static const struct section {
	const char *key;
	void (*write)(struct sheet *sheet);
} sections[] = {
	{ "summary", text_summary },
	{ "section_scope", text_scope },
	{ "section_recipients", text_recipients },
	{ "section_timeline", text_timeline },
	{ "section_countries", text_countries },
	{ "section_annex", text_annex },
};

bool
report_write_text(const struct report *report, FILE *out)
{
	struct sheet sheet = { out, report, report->terms };

	text_cover(&sheet);
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		title(&sheet, terms_text(sheet.terms, "%zu  %s", i + 1,
		    terms_get(sheet.terms, sections[i].key)), "─");
		sections[i].write(&sheet);
	}
	return !ferror(out);
}
