/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/conf.h"
#include "core/date.h"
#include "core/near.h"

/* The first problem of a text, or NULL; the caller frees. */
static char *
first_problem(const char *text)
{
	struct problems problems = { 0 };
	struct conf_doc *doc = conf_parse("f.yaml", text, strlen(text), &problems);
	char *first = problems.count ? strdup(problems.list[0].text) : NULL;

	assert_int_equal(doc == NULL, first != NULL);
	conf_free(doc);
	problems_fini(&problems);
	return first;
}

static void
assert_problem(const char *text, const char *want)
{
	char *got = first_problem(text);

	assert_non_null(got);
	assert_string_equal(got, want);
	free(got);
}

static void
test_positions(void **state)
{
	static const char text[] = "# head\na: 1\nb:\n  - x\n  - {c: 'd e'}\n";
	struct problems problems = { 0 };
	struct conf_doc *doc = conf_parse("f", text, strlen(text), &problems);
	const struct conf_node *b, *c;

	(void)state;
	assert_int_equal(problems.count, 0);
	b = conf_get(conf_root(doc), "b");
	assert_int_equal(b->kind, CONF_LIST);
	assert_int_equal(b->count, 2);
	assert_int_equal(b->key_line, 3);
	assert_int_equal(b->items[0].line, 4);
	assert_int_equal(b->items[0].column, 5);
	c = conf_get(&b->items[1], "c");
	assert_string_equal(c->text, "d e");
	assert_true(c->quoted);
	assert_int_equal(c->key_column, 6);
	assert_int_equal(c->column, 9);
	assert_null(conf_get(conf_root(doc), "missing"));
	assert_null(conf_get(b, "list"));
	conf_free(doc);
}

static void
test_columns_are_characters(void **state)
{
	(void)state;
	assert_problem("{\"\xc3\xa9\": 1, \"\xc3\xa9\": 2}", "f.yaml:1:10: the key "
	    "'\xc3\xa9' stands here a second time; first in line 1");
}

static void
test_empty(void **state)
{
	static const char *const empty[] = { "", "# only a comment\n", "---\n", "~" };
	struct problems problems = { 0 };
	struct conf_doc *doc;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		doc = conf_parse("f", empty[i], strlen(empty[i]), &problems);
		assert_non_null(doc);
		assert_int_equal(conf_root(doc)->kind, CONF_MAP);
		assert_int_equal(conf_root(doc)->count, 0);
		conf_free(doc);
	}
	assert_int_equal(problems.count, 0);
}

static void
test_refused(void **state)
{
	(void)state;
	assert_problem("a: 1\nb: 2\na: 3\n",
	    "f.yaml:3:1: the key 'a' stands here a second time; first in line 1");
	assert_problem("a: &x 1\nb: *x\n",
	    "f.yaml:1:4: anchors and aliases are not allowed here");
	assert_problem("b: *x\n",
	    "f.yaml:1:4: anchors and aliases are not allowed here");
	assert_problem("b: !!int 3\n", "f.yaml:1:4: tags are not allowed here");
	assert_problem("a: 1\n---\nb: 2\n",
	    "f.yaml:2:1: a second document begins here; one is allowed");
	assert_problem("? [a]\n: 1\n", "f.yaml:1:3: a key must be plain text");
	assert_problem("a: \"x\\0y\"\n", "f.yaml:1:4: a NUL character in this text");
}

static void
test_syntax(void **state)
{
	char *got = first_problem("a: [1, 2\nb: 3\n");

	(void)state;
	assert_non_null(got);
	assert_int_equal(strncmp(got, "f.yaml:2:", 9), 0);
	free(got);
	got = first_problem("a: \xff\n");
	assert_non_null(got);
	free(got);
}

static void
test_depth(void **state)
{
	char text[2 * (CONF_DEPTH_MAX + 1) + 1];

	(void)state;
	memset(text, '[', CONF_DEPTH_MAX);
	memset(text + CONF_DEPTH_MAX, ']', CONF_DEPTH_MAX);
	text[2 * CONF_DEPTH_MAX] = '\0';
	assert_null(first_problem(text));
	memset(text, '[', CONF_DEPTH_MAX + 1);
	memset(text + CONF_DEPTH_MAX + 1, ']', CONF_DEPTH_MAX + 1);
	text[2 * (CONF_DEPTH_MAX + 1)] = '\0';
	assert_problem(text, "f.yaml:1:33: nested deeper than 32");
}

static void
test_nodes(void **state)
{
	size_t len = 2 * (CONF_NODES_MAX + 1);
	char *text = malloc(len + 3), *got;

	(void)state;
	for (size_t i = 0; i < len; i += 2)
		memcpy(text + 1 + i, "1,", 2);
	text[0] = '[';
	strcpy(text + len, "]");
	got = first_problem(text);
	assert_non_null(strstr(got, "more than 200000 values"));
	free(got);
	free(text);
}

static const char *const colours[] = { "red", "green", NULL };

struct bound {
	const char *text;
	bool flag;
	int64_t number, span;
	day_t day;
	int colour;
	const struct conf_node *node;
};

static const struct conf_field fields[] = {
#define ROW(k, t, ...) { .key = #k, .type = t, .offset = offsetof(struct bound, k), __VA_ARGS__ }
	ROW(text, CONF_TEXT, .required = true),
	ROW(flag, CONF_BOOL),
	ROW(number, CONF_INT, .min = 1, .max = 9),
	ROW(span, CONF_SPAN),
	ROW(day, CONF_DAY),
	ROW(colour, CONF_CHOICE, .choices = colours),
	ROW(node, CONF_NODE),
	{ .key = NULL }
#undef ROW
};

static void
test_bind(void **state)
{
	static const char text[] = "text: 'null'\nflag: yes\nnumber: 7\n"
	    "span: 24m\nday: 2024-02-29\ncolour: green\nnode: [1]\n";
	struct problems problems = { 0 };
	struct conf_doc *doc = conf_parse("f", text, strlen(text), &problems);
	struct bound bound = { 0 };

	(void)state;
	assert_true(conf_bind(conf_root(doc), fields, &bound, &problems));
	assert_string_equal(bound.text, "null");
	assert_true(bound.flag);
	assert_int_equal(bound.number, 7);
	assert_int_equal(bound.span, INT64_C(24) * 30 * 86400);
	assert_int_equal(bound.day, day_of(2024, 2, 29));
	assert_int_equal(bound.colour, 1);
	assert_int_equal(bound.node->count, 1);
	conf_free(doc);
}

/* One wrong line each behind "text: x", and what is said of it. */
static const struct { const char *line, *want; } wrong[] = {
	{ "txet: y", "f:2:1: unknown key 'txet'; did you mean 'text'?" },
	{ "  ", NULL },
	{ "zzzzzzzz: y", "f:2:1: unknown key 'zzzzzzzz'" },
	{ "number: 10", "f:2:9: 'number' must be from 1 to 9" },
	{ "number: 7x", "f:2:9: 'number' must be a whole number, not '7x'" },
	{ "number: 99999999999999999999",
	    "f:2:9: 'number' must be a whole number, not '99999999999999999999'" },
	{ "span: 30", "f:2:7: 'span' must be a span like 12h, 30d or 24m (months), not '30'" },
	{ "day: 2023-02-29", "f:2:6: 'day' must be a day like 2026-09-01, not '2023-02-29'" },
	{ "colour: blue", "f:2:9: 'colour' must be one of: red, green; not 'blue'" },
	{ "flag: maybe", "f:2:7: 'flag' must be yes or no, not 'maybe'" },
	{ "flag: [yes]", "f:2:7: 'flag' needs a value, not a list" },
	{ "flag:", NULL },
};

static void
test_bind_wrong(void **state)
{
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct problems problems = { 0 };
		struct bound bound = { 0 };
		struct conf_doc *doc;

		snprintf(text, sizeof(text), "text: x\n%s\n", wrong[i].line);
		doc = conf_parse("f", text, strlen(text), &problems);
		assert_non_null(doc);
		assert_int_equal(conf_bind(conf_root(doc), fields, &bound, &problems),
		    wrong[i].want == NULL);
		assert_int_equal(problems.count, wrong[i].want != NULL);
		if (wrong[i].want != NULL)
			assert_string_equal(problems.list[0].text, wrong[i].want);
		conf_free(doc);
		problems_fini(&problems);
	}
}

static void
test_bind_required(void **state)
{
	static const char text[] = "node:\n  flag: no\n";
	struct problems problems = { 0 };
	struct conf_doc *doc = conf_parse("f", text, strlen(text), &problems);
	struct bound bound = { 0 };

	(void)state;
	assert_false(conf_bind(conf_get(conf_root(doc), "node"), fields, &bound,
	    &problems));
	assert_string_equal(problems.list[0].text,
	    "f:2:3: the key 'text' is missing here");
	conf_free(doc);
	problems_fini(&problems);
}

static void
test_spans(void **state)
{
	static const struct { const char *text; int64_t seconds; } spans[] = {
		{ "60s", 60 }, { "12h", 43200 }, { "30d", 2592000 }, { "0d", 0 },
		{ "2w", 1209600 }, { "24m", 62208000 }, { "7y", 220752000 },
	};
	static const char *const bad[] = { "", "d", "-1d", "1dd", "1 d", "1M",
		"9223372036854775807y", "99999999999d" };
	int64_t seconds;

	(void)state;
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		assert_true(conf_span_parse(spans[i].text, &seconds));
		assert_int_equal(seconds, spans[i].seconds);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(conf_span_parse(bad[i], &seconds));
}

static void
test_near(void **state)
{
	static const char *const known[] = { "organisation", "policy", "store", "bulk" };
	static const struct { const char *word, *want; } words[] = {
		{ "organization", "organisation" }, { "polciy", "policy" },
		{ "stroe", "store" }, { "bulks", "bulk" }, { "xylophone", NULL },
	};

	(void)state;
	for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++) {
		struct near near = near_of(words[w].word);

		for (size_t k = 0; k < 4; k++)
			near_try(&near, known[k]);
		if (words[w].want == NULL)
			assert_null(near.best);
		else
			assert_string_equal(near.best, words[w].want);
	}
}

static void
test_problem_bounds(void **state)
{
	struct problems problems = { 0 };

	(void)state;
	for (int i = 0; i < PROBLEMS_MAX + 5; i++)
		problem_add(&problems, "f", 1, 0, "esc \x1b[31m %d", i);
	assert_int_equal(problems.count, PROBLEMS_MAX + 5);
	assert_string_equal(problems.list[0].text, "f:1: esc ?[31m 0");
	problems_fini(&problems);
	assert_int_equal(problems.count, 0);
}

static void
test_file_missing(void **state)
{
	struct problems problems = { 0 };

	(void)state;
	assert_null(conf_load("/nonexistent/x.yaml", &problems));
	assert_string_equal(problems.list[0].text,
	    "/nonexistent/x.yaml: No such file or directory");
	problems_fini(&problems);
	assert_null(conf_load("/", &problems));
	assert_string_equal(problems.list[0].text, "/: is a folder, not a file");
	problems_fini(&problems);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_positions),
		cmocka_unit_test(test_columns_are_characters),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_syntax),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_bind),
		cmocka_unit_test(test_bind_wrong),
		cmocka_unit_test(test_bind_required),
		cmocka_unit_test(test_spans),
		cmocka_unit_test(test_near),
		cmocka_unit_test(test_problem_bounds),
		cmocka_unit_test(test_file_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
