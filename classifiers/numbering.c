/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbering plan: which digits can be somebody's number. Rule data may
 * hand down a better plan; without it the assigned country codes of ITU-T
 * E.164 (list of 1 November 2016 and later bulletins) and general lengths.
 */
#include "classifiers/body.h"

#include <stdio.h>
#include <string.h>

/* Assigned country codes by their first two digits: 2 = the two digits are a
 * code, 3 = some three-digit codes begin so, 0 = unassigned. */
static const char code_length[100] = {
	[20] = 2, [21] = 3, [22] = 3, [23] = 3, [24] = 3, [25] = 3, [26] = 3,
	[27] = 2, [29] = 3, [30] = 2, [31] = 2, [32] = 2, [33] = 2, [34] = 2,
	[35] = 3, [36] = 2, [37] = 3, [38] = 3, [39] = 2, [40] = 2, [41] = 2,
	[42] = 3, [43] = 2, [44] = 2, [45] = 2, [46] = 2, [47] = 2, [48] = 2,
	[49] = 2, [50] = 3, [51] = 2, [52] = 2, [53] = 2, [54] = 2, [55] = 2,
	[56] = 2, [57] = 2, [58] = 2, [59] = 3, [60] = 2, [61] = 2, [62] = 2,
	[63] = 2, [64] = 2, [65] = 2, [66] = 2, [67] = 3, [68] = 3, [80] = 3,
	[81] = 2, [82] = 2, [84] = 2, [85] = 3, [86] = 2, [87] = 3, [88] = 3,
	[90] = 2, [91] = 2, [92] = 2, [93] = 2, [94] = 2, [95] = 2, [96] = 3,
	[97] = 3, [98] = 2, [99] = 3
};

/* Third digits that are assigned after the two-digit beginning, as bits. */
struct code_tail { uint8_t head; uint16_t thirds; };
static const struct code_tail code_tails[] = {
	{ 21, 0x14e }, { 22, 0x3ff }, { 23, 0x3ff }, { 24, 0x3ff }, { 25, 0x1ff },
	{ 26, 0x3ff }, { 29, 0x383 }, { 35, 0x3ff }, { 37, 0x3ff }, { 38, 0x2ef },
	{ 42, 0x00b }, { 50, 0x3ff }, { 59, 0x3ff }, { 67, 0x3fd }, { 68, 0x3ff },
	{ 80, 0x101 }, { 85, 0x16d }, { 87, 0x101 }, { 88, 0x14f }, { 96, 0x1ff },
	{ 97, 0x2ff }, { 99, 0x17c }
};

/* Where national numbers of the regions around us go, before a plan is set. */
static const struct numbering_row built_in[] = {
	{ 43, "AT", 4, 13, "", "0" }, { 32, "BE", 8, 9, "", "0" },
	{ 359, "BG", 6, 9, "", "0" }, { 41, "CH", 9, 9, "", "0" },
	{ 357, "CY", 8, 8, "", "" }, { 420, "CZ", 9, 9, "", "" },
	{ 49, "DE", 6, 13, "", "0" }, { 45, "DK", 8, 8, "", "" },
	{ 372, "EE", 7, 8, "", "" }, { 34, "ES", 9, 9, "", "" },
	{ 358, "FI", 5, 12, "", "0" }, { 33, "FR", 9, 9, "", "0" },
	{ 44, "GB", 9, 10, "", "0" }, { 30, "GR", 10, 10, "", "" },
	{ 385, "HR", 8, 9, "", "0" }, { 36, "HU", 8, 9, "", "06" },
	{ 353, "IE", 7, 9, "", "0" }, { 354, "IS", 7, 9, "", "" },
	{ 39, "IT", 6, 11, "", "" }, { 423, "LI", 7, 9, "", "" },
	{ 370, "LT", 8, 8, "", "8" }, { 352, "LU", 5, 11, "", "" },
	{ 371, "LV", 8, 8, "", "" }, { 356, "MT", 8, 8, "", "" },
	{ 31, "NL", 9, 9, "", "0" }, { 47, "NO", 8, 8, "", "" },
	{ 48, "PL", 9, 9, "", "" }, { 351, "PT", 9, 9, "", "" },
	{ 40, "RO", 9, 9, "", "0" }, { 46, "SE", 7, 9, "", "0" },
	{ 386, "SI", 8, 8, "", "0" }, { 421, "SK", 9, 9, "", "0" },
	{ 1, "US", 10, 10, "", "1" }
};

static bool
code_assigned(unsigned two, unsigned third)
{
	size_t i;

	if (code_length[two] != 3)
		return code_length[two] == 2;
	for (i = 0; i < sizeof(code_tails) / sizeof(code_tails[0]); i++)
		if (code_tails[i].head == two)
			return code_tails[i].thirds >> third & 1;
	return false;
}

/* The plan in use. NULL: built_in for regions, general lengths for the rest. */
static const struct numbering_row *plan;
static size_t plan_count;

/* National digits by country code in that plan; most 0: unassigned. */
#define CODES 1000
static struct { uint8_t least, most; } plan_span[CODES];

void
contacts_numbering_set(const struct numbering_row *rows, size_t count)
{
	memset(plan_span, 0, sizeof(plan_span));
	plan = count > 0 ? rows : NULL;
	plan_count = plan ? count : 0;
	for (size_t i = 0; i < plan_count; i++) {
		unsigned code = rows[i].code;

		if (code >= CODES)
			continue;
		if (plan_span[code].most < rows[i].max_digits)
			plan_span[code].most = rows[i].max_digits;
		if (plan_span[code].least == 0 ||
		    plan_span[code].least > rows[i].min_digits)
			plan_span[code].least = rows[i].min_digits;
	}
}

static bool
plan_plausible(const char *digits, size_t len)
{
	unsigned code = 0;

	for (size_t i = 0; i < 3; i++) {
		code = code * 10 + (unsigned)(digits[i] - '0');
		if (plan_span[code].most == 0)
			continue;
		return len - i - 1 >= plan_span[code].least &&
		    len - i - 1 <= plan_span[code].most;
	}
	return false;
}

/*
 * A national number that begins with 0 is a trunk prefix in the wrong place,
 * but in Italy, Ivory Coast, Gabon and the Congo.
 */
static bool
national_zero(const char *digits)
{
	unsigned two = (unsigned)(digits[0] - '0') * 10 + (unsigned)(digits[1] - '0');
	size_t code = code_length[two] == 3 ? 3 : digits[0] == '7' ? 1 : 2;

	if (digits[code] != '0' || two == 39)
		return false;
	return !(two == 22 && digits[2] == '5') &&
	    !(two == 24 && (digits[2] == '1' || digits[2] == '2'));
}

bool
numbering_plausible(const char *digits, size_t len)
{
	if (len < NUMBER_MIN || len > NUMBER_MAX || digits[0] == '0')
		return false;
	/* The North American plan: area and exchange begin with 2..9. */
	if (digits[0] == '1')
		return len == 11 && digits[1] >= '2' && digits[4] >= '2';
	if (national_zero(digits))
		return false;
	if (plan != NULL)
		return plan_plausible(digits, len);
	if (digits[0] == '7')
		return len == 11;
	return code_assigned((unsigned)(digits[0] - '0') * 10 +
	    (unsigned)(digits[1] - '0'), (unsigned)(digits[2] - '0'));
}

static const struct numbering_row *
region_find(const char *region)
{
	const struct numbering_row *rows = plan ? plan : built_in;
	size_t i, count = plan ? plan_count : sizeof(built_in) / sizeof(built_in[0]);

	for (i = 0; i < count && region[0] != '\0'; i++)
		if (strcmp(rows[i].region, region) == 0)
			return &rows[i];
	return NULL;
}

/* Takes the number apart from the trunk prefix, where it begins with one. */
static void
trunk_strip(const char **digits, size_t *len, const char *trunk)
{
	size_t n = trunk ? strlen(trunk) : 0;

	if (n > 0 && *len > n && memcmp(*digits, trunk, n) == 0) {
		*digits += n;
		*len -= n;
	}
}

size_t
numbering_international(const char *digits, size_t len, const char *region,
    char *out)
{
	const struct numbering_row *row = region_find(region);
	char code[8];
	size_t n;

	if (row == NULL)
		return 0;
	trunk_strip(&digits, &len, row->trunk);
	n = (size_t)snprintf(code, sizeof(code), "%u", (unsigned)row->code);
	if (len < row->min_digits || len > row->max_digits || n + len > NUMBER_MAX)
		return 0;
	memcpy(out, code, n);
	memcpy(out + n, digits, len);
	return n + len;
}
