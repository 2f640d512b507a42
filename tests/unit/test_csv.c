/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/csv.h"
#include "core/file.h"

static struct csv *
parse(const char *text, struct problems *problems)
{
	return csv_parse("t.csv", text, strlen(text), problems);
}

static void
test_quotes(void **state)
{
	struct problems problems = { 0 };
	struct csv *csv = parse("\xef\xbb\xbf# c\r\na,b,c\r\n1,\"x, \"\"y\"\"\",\r\n"
	    "\n# between\n2,\"two\nlines\",z", &problems);

	(void)state;
	assert_int_equal(problems.count, 0);
	assert_int_equal(csv->columns, 3);
	assert_int_equal(csv->count, 2);
	assert_string_equal(csv->rows[0].cells[1].text, "x, \"y\"");
	assert_string_equal(csv->rows[0].cells[2].text, "");
	assert_int_equal(csv->rows[0].line, 3);
	assert_int_equal(csv->rows[0].cells[1].column, 3);
	assert_string_equal(csv->rows[1].cells[1].text, "two\nlines");
	assert_string_equal(csv->rows[1].cells[2].text, "z");
	assert_int_equal(csv->rows[1].line, 6);
	csv_free(csv);
}

/* Columns count characters, not bytes. */
static void
test_column_utf8(void **state)
{
	struct problems problems = { 0 };
	struct csv *csv = parse("a,b\n\xc3\xa9\xc3\xa9,x\n", &problems);

	(void)state;
	assert_int_equal(csv->rows[0].cells[1].column, 4);
	csv_free(csv);
}

static void
test_header(void **state)
{
	struct problems problems = { 0 };
	struct csv *csv = parse("a,b\n", &problems);

	(void)state;
	assert_int_equal(csv_column(csv, "b", &problems), 1);
	assert_int_equal(problems.count, 0);
	assert_int_equal(csv_column(csv, "c", &problems), -1);
	assert_string_equal(problems.list[0].text,
	    "t.csv:1:1: the header has no column 'c'");
	problems_fini(&problems);
	csv_free(csv);
	assert_null(parse("# nothing\n", &problems));
	assert_string_equal(problems.list[0].text, "t.csv: has no header line");
	problems_fini(&problems);
}

static const struct { const char *text, *want; size_t rows; } wrong[] = {
	{ "a,b\n1\n2,3\n", "t.csv:2:1: 1 cells in this row, but the header has 2", 1 },
	{ "a,b\n1,2,3\n4,5\n", "t.csv:2:1: 3 cells in this row, but the header has 2", 1 },
	{ "a,b\n1,\"x\n2,3\n", "t.csv:2:3: the quote that opens here never closes", 0 },
	{ "a,b\n1,\"x\"y\n2,3\n", "t.csv:2:3: text follows the closing quote of this cell", 1 },
	{ "a,b\n1,x\"y\n2,3\n", "t.csv:2:3: a quote inside a cell that does not begin with one", 1 },
};

static void
test_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct problems problems = { 0 };
		struct csv *csv = parse(wrong[i].text, &problems);

		assert_int_equal(problems.count, 1);
		assert_string_equal(problems.list[0].text, wrong[i].want);
		assert_int_equal(csv->count, wrong[i].rows);
		csv_free(csv);
		problems_fini(&problems);
	}
}

static void
test_not_text(void **state)
{
	struct problems problems = { 0 };

	(void)state;
	assert_null(csv_parse("t.csv", "a,b\n1,\0\n", 9, &problems));
	assert_string_equal(problems.list[0].text, "t.csv:2: not UTF-8 text");
	problems_fini(&problems);
	assert_null(parse("a,b\n\n1,\xc0\xaf\n", &problems));
	assert_string_equal(problems.list[0].text, "t.csv:3: not UTF-8 text");
	problems_fini(&problems);
}

static void
test_many_cells(void **state)
{
	struct problems problems = { 0 };
	char text[600];

	(void)state;
	memset(text, ',', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_null(parse(text, &problems));
	assert_string_equal(problems.list[0].text,
	    "t.csv:1:257: too many cells in this row");
	problems_fini(&problems);
}

/* RFC 3629: overlong forms, surrogates and what lies beyond U+10FFFF. */
static void
test_utf8(void **state)
{
	static const char *const good[] = { "a", "\xc3\xa9", "\xe2\x82\xac",
		"\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf" };
	static const char *const bad[] = { "\x80", "\xc1\x81", "\xe0\x80\x80",
		"\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xe2\x82" };
	char cut[] = "ab\xe2\x82";

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_null(utf8_bad(good[i], strlen(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_ptr_equal(utf8_bad(bad[i], strlen(bad[i])), bad[i]);
	utf8_trim(cut);
	assert_string_equal(cut, "ab");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_column_utf8),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_not_text),
		cmocka_unit_test(test_many_cells),
		cmocka_unit_test(test_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
