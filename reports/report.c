/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report: the model is built once, and one writer walks it.
 */
#include "reports/report.h"

#include <string.h>

#include "core/log.h"

static const struct writer {
	const char *name;
	enum report_format format;
	bool (*write)(const struct report *report, FILE *out);
} writers[] = {
	{ "html", REPORT_HTML, report_write_html },
	{ "text", REPORT_TEXT, report_write_text },
	{ "csv", REPORT_CSV, report_write_csv },
	{ "json", REPORT_JSON, report_write_json },
};

static const char *const languages[] = { "en", "nl", "de", "pl" };

int
report_format_of(const char *name)
{
	for (size_t i = 0; i < sizeof(writers) / sizeof(writers[0]); i++)
		if (strcmp(writers[i].name, name) == 0)
			return (int)writers[i].format;
	return -1;
}

bool
report_language_known(const char *language)
{
	for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++)
		if (strcmp(languages[i], language) == 0)
			return true;
	return false;
}

static bool
report_print(const struct report *report, FILE *out)
{
	for (size_t i = 0; i < sizeof(writers) / sizeof(writers[0]); i++)
		if (writers[i].format == report->request->format)
			return writers[i].write(report, out);
	return false;
}

bool
report_write(struct store *store, const struct report_request *request, FILE *out)
{
	struct terms *terms = terms_load(request->terms, request->language);
	struct report report;
	bool ok;

	if (terms == NULL)
		return false;
	ok = report_build(&report, store, request);
	report.terms = terms;
	if (ok) {
		ok = report_print(&report, out) && fflush(out) == 0 && !ferror(out);
		if (!ok)
			log_error("report", "cannot write the report");
	}
	if (terms_missing(terms) > 0) {
		log_error("report", "%zu words are missing in %s", terms_missing(terms),
		    request->terms);
		ok = false;
	}
	report_fini(&report);
	terms_free(terms);
	return ok;
}
