/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Countries of real addresses, against what libloc's own tool said of them;
 * skipped where the database or the list is not there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "reports/reports.h"

#define EXPECTED "../shared/captures/expected/countries-libloc.csv"
#define EXPECTED_DATABASE "libloc 2022-10-29"

static struct geo
geo_of(struct geo_source *source, const char *text)
{
	struct addr addr;
	struct geo geo;

	assert_true(addr_parse(text, &addr));
	memset(&geo, 0xff, sizeof(geo));
	geo_find(source, &addr, &geo);
	return geo;
}

static void
test_without_a_database(void **state)
{
	struct geo geo = geo_of(NULL, "9.9.9.9");

	(void)state;
	assert_string_equal(geo.country, "");
	assert_int_equal(geo.asn, 0);
	assert_string_equal(geo_version(NULL), "none");
}

static void
test_special_addresses_are_nowhere(void **state)
{
	static const char *const texts[] = { "192.168.1.1", "127.0.0.1", "fe80::1", "::" };
	struct geo_source *source = geo_open();

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct geo geo = geo_of(source, texts[i]);

		assert_string_equal(geo.country, "");
	}
	geo_close(source);
}

/* One line "ip,country,eea,asn,...": 1 when it agrees. */
static int
line_check(struct geo_source *source, char *line)
{
	char *rest = line;
	const char *ip = strsep(&rest, ","), *country = strsep(&rest, ",");
	const char *eea = strsep(&rest, ","), *asn = strsep(&rest, ",");
	struct geo geo = geo_of(source, ip);

	assert_non_null(asn);
	if (strcmp(eea, "unknown") == 0)
		country = "";		/* "EU" names no country */
	if (strcmp(geo.country, country) == 0 &&
	    geo.asn == (uint32_t)strtoul(asn, NULL, 10))
		return 1;
	print_message("%s: %s AS%u, expected %s AS%s\n", ip, geo.country, geo.asn,
	    country, asn);
	return 0;
}

static void
test_against_libloc(void **state)
{
	struct geo_source *source = geo_open();
	FILE *file = fopen(EXPECTED, "r");
	int lines = 0, good = 0;
	char line[1024];

	(void)state;
	if (file == NULL || strcmp(geo_version(source), EXPECTED_DATABASE) != 0) {
		print_message("skipped: no %s, or the database is %s\n", EXPECTED,
		    geo_version(source));
		if (file != NULL)
			fclose(file);
		geo_close(source);
		skip();
	}
	assert_non_null(fgets(line, sizeof(line), file));	/* its header */
	while (fgets(line, sizeof(line), file) != NULL) {
		lines++;
		good += line_check(source, line);
	}
	fclose(file);
	geo_close(source);
	assert_true(lines > 700);
	assert_int_equal(good, lines);
}

static void
test_cache_gives_the_same(void **state)
{
	struct geo_source *source = geo_open();
	struct geo first = geo_of(source, "9.9.9.9"), again = geo_of(source, "9.9.9.9");

	(void)state;
	assert_memory_equal(&first, &again, sizeof(first));
	geo_close(source);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_a_database),
		cmocka_unit_test(test_special_addresses_are_nowhere),
		cmocka_unit_test(test_against_libloc),
		cmocka_unit_test(test_cache_gives_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
