/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bookgate report: the transfer report from a store, with the law asked of the
 * rules.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "appliance/appliance.h"
#include "appliance/options.h"
#include "core/log.h"
#include "core/mem.h"
#include "reports/reports.h"

static const char usage[] =
    "usage: bookgate report [-s STORE] --from DATE --to DATE [OPTION]...\n"
    "\n"
    "Writes the report on transfers of contact data from the stored events.\n"
    "\n"
    "  -s, --store STORE    the store to read (default: as configured)\n"
    "      --from DATE      first day of the period, YYYY-MM-DD\n"
    "      --to DATE        last day of the period, YYYY-MM-DD\n"
    "      --lang LANGUAGE  en, nl, de or pl (default: as configured)\n"
    "      --format FORMAT  html, text, csv or json (default: html)\n"
    "      --table TABLE    which table of csv: recipients (the default), footings,\n"
    "                       places, countries, timeline, bands or summary\n"
    "  -o, --output FILE    write to FILE, which appears only when complete\n"
    "  -c, --config CONF    the configuration\n"
    "      --date DATE      the report's own date (default: today)\n"
    "  -h, --help           print this\n"
    "\n"
    "Exit codes: 0 done, 1 the input is wrong, 2 usage, 3 a resource failed.\n";

struct options {
	const char *store, *language, *output, *conf, *table;
	day_t from, to, date;
	int format;
};

/* ---- options ------------------------------------------------------------- */

static bool
table_take(const struct option_row *row, void *to, const char *value)
{
	(void)row;
	*(const char **)to = value;
	for (size_t i = 0; report_table_name(i) != NULL; i++) {
		if (strcmp(report_table_name(i), value) == 0)
			return true;
	}
	return false;
}

static bool
language_take(const struct option_row *row, void *to, const char *value)
{
	(void)row;
	*(const char **)to = value;
	return report_language_known(value);
}

static bool
format_take(const struct option_row *row, void *to, const char *value)
{
	(void)row;
	return (*(int *)to = report_format_of(value)) >= 0;
}

#define AT(field) .to = offsetof(struct options, field)

static const struct option_row rows[] = {
	OPTION_CONFIG(struct options),
	{ "store", 's', option_text, AT(store) },
	{ "from", 0, option_day, AT(from) },
	{ "to", 0, option_day, AT(to) },
	{ "date", 0, option_day, AT(date) },
	{ "lang", 0, language_take, AT(language), .wanted = "en, nl, de or pl" },
	{ "format", 0, format_take, AT(format), .wanted = "html, text, csv or json" },
	{ "table", 0, table_take, AT(table), .wanted = "recipients, footings, "
	    "places, countries, timeline, bands or summary" },
	{ "output", 'o', option_text, AT(output) },
	{ 0 }
};

static bool
options_check(const struct options *options)
{
	if (options->from == DAY_NONE || options->to == DAY_NONE)
		fputs("bookgate report: --from and --to are needed\n", stderr);
	else if (options->from > options->to)
		fputs("bookgate report: --from is after --to\n", stderr);
	else if (options->table != NULL && options->format != REPORT_CSV)
		fputs("bookgate report: --table goes with --format csv\n", stderr);
	else
		return true;
	return false;
}

/* ---- the law, for the report ------------------------------------------------- */

static const struct recipient *
law_ask_recipient(void *arg, const char *id)
{
	return rules_recipient_by_id(arg, id);
}

static struct transfer
law_ask_transfer(void *arg, const char *id, day_t on)
{
	return law_transfer(arg, rules_recipient_by_id(arg, id), on);
}

static enum outside
law_ask_outside(void *arg, const char *country, day_t on)
{
	return law_outside(arg, country, on);
}

static struct report_period
law_ask_period(void *arg, size_t index)
{
	struct legal_period period = law_period(arg, index);

	return (struct report_period){ period.country, period.name, period.kind,
		period.instrument, period.test, period.from, period.to };
}

static void
request_fill(struct report_request *request, const struct options *options,
    const struct setup *setup, const char *terms)
{
	const struct organisation *org = &setup->settings->organisation;

	*request = (struct report_request){
		.from = options->from, .to = options->to,
		.today = options->date != DAY_NONE ? options->date : day_today(),
		.language = options->language,
		.format = (enum report_format)options->format,
		.controller = org->name != NULL ? org->name : "",
		.country = org->country != NULL ? org->country : "",
		.dpo = org->dpo != NULL ? org->dpo : "",
		.terms = terms, .table = options->table,
		.rules_digest = rules_digest(setup->rules),
		.rules_date = law_date(setup->rules),
		.law = { setup->rules, law_ask_recipient, law_ask_transfer,
			law_ask_outside, law_period_count(setup->rules),
			law_ask_period },
	};
	if (request->language == NULL)
		request->language = org->language != NULL &&
		    report_language_known(org->language) ? org->language : "en";
}

/* ---- the file ------------------------------------------------------------------ */

/* Opens FILE.XXXXXX beside the wanted file; *temp is freed by the caller. */
static FILE *
temp_open(const char *path, char **temp)
{
	size_t size = strlen(path) + sizeof(".XXXXXX");
	mode_t mask = umask(0);
	FILE *out = NULL;
	int fd;

	umask(mask);
	*temp = xcalloc(size, 1);
	snprintf(*temp, size, "%s.XXXXXX", path);
	fd = mkstemp(*temp);
	if (fd >= 0 && fchmod(fd, 0666 & ~mask) == 0)
		out = fdopen(fd, "w");
	if (out == NULL) {
		log_error("report", "%s: %s", path, strerror(errno));
		if (fd >= 0) {
			close(fd);
			unlink(*temp);
		}
	}
	return out;
}

static bool
temp_finish(FILE *out, const char *temp, const char *path, bool ok)
{
	if (ok && fsync(fileno(out)) != 0) {
		log_error("report", "%s: %s", path, strerror(errno));
		ok = false;
	}
	if (fclose(out) != 0 && ok) {
		log_error("report", "%s: %s", path, strerror(errno));
		ok = false;
	}
	if (ok && rename(temp, path) != 0) {
		log_error("report", "%s: %s", path, strerror(errno));
		ok = false;
	}
	if (!ok)
		unlink(temp);
	return ok;
}

static int
report_to(struct store *store, const struct report_request *request, const char *path)
{
	char *temp = NULL;
	FILE *out;
	bool ok;

	if (path == NULL)
		return report_write(store, request, stdout) ? EXIT_DONE : EXIT_RESOURCE;
	out = temp_open(path, &temp);
	ok = out != NULL &&
	    temp_finish(out, temp, path, report_write(store, request, out));
	free(temp);
	return ok ? EXIT_DONE : EXIT_RESOURCE;
}

static int
report_run(const struct options *options, const struct setup *setup)
{
	const char *path = options->store != NULL ? options->store :
	    setup->settings->store;
	char *terms = data_file_find("reports/terms.csv", "terms.csv");
	struct geo_source *geo = geo_open();
	struct report_request request;
	struct store *store = NULL;
	int code = EXIT_RESOURCE;

	if (terms == NULL) {
		log_error("report", "terms.csv is not installed");
	} else if ((store = store_open(path, STORE_READ)) == NULL) {
		code = errno == EBADMSG ? EXIT_INPUT : EXIT_RESOURCE;
	} else {
		request_fill(&request, options, setup, terms);
		request.geo_version = geo_version(geo);
		code = report_to(store, &request, options->output);
	}
	store_close(store);
	geo_close(geo);
	free(terms);
	return code;
}

int
report_main(int argc, char **argv)
{
	const struct command_line line = { .name = "report", .usage = usage, .rows = rows };
	struct options options = { .from = DAY_NONE, .to = DAY_NONE, .date = DAY_NONE,
		.format = REPORT_HTML };
	struct setup setup;
	int code = options_read(&line, &options, argc, argv);

	if (code >= 0)
		return code;
	if (!options_check(&options))
		return EXIT_USAGE;
	code = setup_load(&setup, options.conf);
	if (code != EXIT_DONE)
		return code;
	code = report_run(&options, &setup);
	setup_free(&setup);
	return code;
}
