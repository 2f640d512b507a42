/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report's form: languages, escaping, formats.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <jansson.h>

#include "core/csv.h"
#include "reports/report.h"
#include "unit/upload_sample.h"

#define TERMS "reports/terms.csv"

static const char *const languages[] = { "en", "nl", "de", "pl" };

/* ---- words --------------------------------------------------------------------- */

static void
test_every_word_in_four_languages(void **state)
{
	struct problems problems = { 0 };
	struct csv *csv = csv_load(TERMS, &problems);

	(void)state;
	assert_non_null(csv);
	assert_int_equal(problems.count, 0);
	assert_int_equal(csv->columns, 5);
	assert_true(csv->count > 300);
	for (size_t i = 0; i < csv->count; i++)
		for (size_t c = 0; c < csv->columns; c++)
			assert_string_not_equal(csv->rows[i].cells[c].text, "");
	csv_free(csv);
	for (size_t i = 0; i < 4; i++) {
		struct terms *terms = terms_load(TERMS, languages[i]);

		assert_non_null(terms);
		terms_free(terms);
	}
}

/* The same placeholders in each language, or a figure would go missing. */
static void
test_placeholders_agree(void **state)
{
	static const char *const places[] = { "{0}", "{1}", "{2}" };
	struct problems problems = { 0 };
	struct csv *csv = csv_load(TERMS, &problems);

	(void)state;
	for (size_t i = 0; i < csv->count; i++)
		for (size_t p = 0; p < 3; p++)
			for (size_t c = 2; c < csv->columns; c++) {
				bool en = strstr(csv->rows[i].cells[1].text, places[p]);
				bool it = strstr(csv->rows[i].cells[c].text, places[p]);

				if (en != it)
					fail_msg("%s: %s", csv->rows[i].cells[0].text,
					    places[p]);
			}
	csv_free(csv);
}

static void
test_numbers(void **state)
{
	static const char *const wanted[] = {
		"1,234,567", "1.234.567", "1.234.567", "1\u00a0234\u00a0567"
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct terms *terms = terms_load(TERMS, languages[i]);

		assert_string_equal(terms_number(terms, 1234567), wanted[i]);
		assert_string_equal(terms_number(terms, 0), "0");
		assert_string_equal(terms_number(terms, 999), "999");
		terms_free(terms);
	}
}

static void
test_dates(void **state)
{
	static const char *const wanted[] = {
		"5\u00a0August\u00a02026", "5\u00a0augustus\u00a02026",
		"5.\u00a0August\u00a02026", "5\u00a0sierpnia\u00a02026"
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct terms *terms = terms_load(TERMS, languages[i]);

		assert_string_equal(terms_date(terms, day_of(2026, 8, 5)), wanted[i]);
		assert_string_equal(terms_date(terms, DAY_NONE), "");
		terms_free(terms);
	}
}

static void
test_plurals(void **state)
{
	static const struct { int64_t n; const char *form; } polish[] = {
		{ 0, "many" }, { 1, "one" }, { 2, "few" }, { 4, "few" }, { 5, "many" },
		{ 11, "many" }, { 12, "many" }, { 14, "many" }, { 21, "many" },
		{ 22, "few" }, { 25, "many" }, { 102, "few" }, { 112, "many" },
	};
	struct terms *terms = terms_load(TERMS, "pl");

	(void)state;
	for (size_t i = 0; i < sizeof(polish) / sizeof(polish[0]); i++)
		assert_string_equal(plural_form("pl", polish[i].n), polish[i].form);
	assert_string_equal(plural_form("de", 1), "one");
	assert_string_equal(plural_form("nl", 0), "few");
	assert_string_equal(terms_count(terms, 22, "contact"), "22\u00a0kontakty");
	assert_string_equal(terms_count(terms, 25, "contact"), "25\u00a0kontaktów");
	terms_free(terms);
}

static void
test_bad_tables_are_refused(void **state)
{
	struct sample_folder *sample = *state;
	FILE *file = fopen(sample->path, "w");

	fputs("key,en,nl,de,pl\nsummary,Summary,,Zusammenfassung,Podsumowanie\n", file);
	fclose(file);
	assert_null(terms_load(sample->path, "en"));
	file = fopen(sample->path, "w");
	fputs("key,en,nl,de,pl\na,1,2,3,4\na,1,2,3,4\n", file);
	fclose(file);
	assert_null(terms_load(sample->path, "en"));
	assert_null(terms_load(TERMS, "fr"));
}

/* ---- formats ------------------------------------------------------------------------ */

static struct report_request
request_of(const char *language, enum report_format format)
{
	return (struct report_request){
		.from = day_of(2024, 1, 1), .to = day_of(2024, 12, 31),
		.today = day_of(2026, 11, 21), .language = language,
		.format = format, .controller = "Büro & <Partner>", .country = "NL",
		.dpo = "", .terms = TERMS, .rules_digest = "00ff",
		.rules_date = day_of(2026, 11, 1), .geo_version = "none",
	};
}

/* An upload whose every name tries to break out of its place. */
static struct store *
hostile_store(struct sample_folder *sample)
{
	struct store *store = sample_store(sample);
	struct event_upload event = upload_sample(1, day_of(2024, 3, 4));

	strcpy(event.recipient, "unknown");
	strcpy(event.flow.service, "=HYPERLINK(\"http://x.example\")");
	strcpy(event.flow.host, "<script>alert('1')</script>\"&.example");
	strcpy(event.entity, "+A,\"B\"\n\x1b[2Jend");
	strcpy(event.geo.country, "<>");
	assert_true(store_begin(store));
	assert_true(store_put_upload(store, &event));
	assert_true(store_commit(store));
	return store;
}

static char *
report_text(struct store *store, const struct report_request *request)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_true(report_write(store, request, out));
	fclose(out);
	return text;
}

static void
test_html_is_escaped(void **state)
{
	struct store *store = hostile_store(*state);
	struct report_request request = request_of("en", REPORT_HTML);
	char *text = report_text(store, &request);

	assert_null(strstr(text, "<script"));
	assert_null(strstr(text, "<Partner"));
	assert_null(strchr(text, '\x1b'));
	assert_non_null(strstr(text, "&lt;script&gt;alert(&#39;1&#39;)"));
	assert_non_null(strstr(text, "Büro &amp; &lt;Partner&gt;"));
	assert_null(strstr(text, "http://"));
	assert_null(strstr(text, "https://"));
	assert_null(strstr(text, "url(\""));
	free(text);
	store_close(store);
}

static void
test_html_replaces_bad_utf8(void **state)
{
	struct store *store = hostile_store(*state);
	struct report_request request = request_of("en", REPORT_HTML);
	char *text;

	request.controller = "bad \xff\xc3 end";
	text = report_text(store, &request);
	assert_non_null(strstr(text, "bad \xef\xbf\xbd\xef\xbf\xbd end"));
	free(text);
	store_close(store);
}

static void
test_csv_is_no_formula(void **state)
{
	struct store *store = hostile_store(*state);
	struct report_request request = request_of("en", REPORT_CSV);
	char *text = report_text(store, &request);

	assert_null(strstr(text, ",=HYPERLINK"));
	assert_non_null(strstr(text, ",\"'=HYPERLINK(\"\"http://x.example\"\")\","));
	assert_non_null(strstr(text, ",\"'+A,\"\"B\"\"\n"));
	free(text);
	store_close(store);
}

static void
test_text_steers_no_terminal(void **state)
{
	struct store *store = hostile_store(*state);
	struct report_request request = request_of("en", REPORT_TEXT);
	char *text = report_text(store, &request);

	assert_null(strchr(text, '\x1b'));
	assert_non_null(strstr(text, "?[2Jend"));
	free(text);
	store_close(store);
}

static void
test_json_parses(void **state)
{
	struct store *store = hostile_store(*state);
	struct report_request request = request_of("nl", REPORT_JSON);
	char *text = report_text(store, &request);
	json_t *root = json_loads(text, 0, NULL), *row;

	assert_non_null(root);
	assert_string_equal(json_string_value(json_object_get(
	    json_object_get(root, "report"), "language")), "nl");
	row = json_array_get(json_object_get(root, "recipients"), 0);
	assert_string_equal(json_string_value(json_object_get(row, "class")), "?");
	/* One device: a small group, which is not told. */
	assert_true(json_is_null(json_object_get(row, "devices")));
	json_decref(root);
	free(text);
	store_close(store);
}

static void
test_every_language_and_format(void **state)
{
	struct store *store = hostile_store(*state);

	for (size_t i = 0; i < 4; i++)
		for (int format = REPORT_HTML; format <= REPORT_JSON; format++) {
			struct report_request request = request_of(languages[i],
			    (enum report_format)format);
			char *first = report_text(store, &request);
			char *again = report_text(store, &request);

			assert_string_equal(first, again);
			free(first);
			free(again);
		}
	store_close(store);
}

static void
test_every_csv_table(void **state)
{
	struct store *store = hostile_store(*state);
	struct report_request request = request_of("en", REPORT_CSV);
	size_t i;

	for (i = 0; report_table_name(i) != NULL; i++) {
		char *text;

		request.table = report_table_name(i);
		text = report_text(store, &request);
		assert_non_null(strstr(text, "\r\n"));
		free(text);
	}
	assert_true(i >= 6);
	store_close(store);
}

static size_t
widest_line(const char *text)
{
	size_t width = 0, widest = 0;

	for (; *text != '\0'; text++) {
		width = *text == '\n' ? 0 :
		    width + (((unsigned char)*text & 0xc0) != 0x80);
		widest = width > widest ? width : widest;
	}
	return widest;
}

static void
test_text_fits_80_columns(void **state)
{
	struct store *store = hostile_store(*state);

	for (size_t i = 0; i < 4; i++) {
		struct report_request request = request_of(languages[i], REPORT_TEXT);
		char *text = report_text(store, &request);

		assert_true(widest_line(text) <= 80);
		free(text);
	}
	store_close(store);
}

static void
test_empty_store(void **state)
{
	struct sample_folder *sample = *state;
	struct store *store = sample_store(sample);

	for (int format = REPORT_HTML; format <= REPORT_JSON; format++) {
		struct report_request request = request_of("pl", (enum report_format)format);
		char *text = report_text(store, &request);

		assert_true(strlen(text) > 40);
		free(text);
	}
	store_close(store);
}

static void
test_names(void **state)
{
	(void)state;
	assert_int_equal(report_format_of("csv"), REPORT_CSV);
	assert_int_equal(report_format_of("pdf"), -1);
	assert_true(report_language_known("pl"));
	assert_false(report_language_known("fr"));
}

#define TEST(FUNCTION) \
	cmocka_unit_test_setup_teardown(FUNCTION, sample_folder_make, sample_folder_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_word_in_four_languages),
		cmocka_unit_test(test_placeholders_agree),
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_dates),
		cmocka_unit_test(test_plurals), cmocka_unit_test(test_names),
		TEST(test_bad_tables_are_refused), TEST(test_html_is_escaped),
		TEST(test_html_replaces_bad_utf8), TEST(test_csv_is_no_formula),
		TEST(test_text_steers_no_terminal), TEST(test_json_parses),
		TEST(test_every_language_and_format), TEST(test_every_csv_table),
		TEST(test_text_fits_80_columns), TEST(test_empty_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
