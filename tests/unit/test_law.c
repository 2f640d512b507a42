/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The law on the day, over the shipped tables: every first and last day of an
 * act or a listing, and the days beside them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/recipient.h"
#include "tests/unit/rules_kit.h"

static day_t
day(const char *text)
{
	day_t d;

	assert_true(day_parse(text, &d));
	return d;
}

#define SH "2000/520/EC"
#define PS "(EU) 2016/1250"
#define DPF "(EU) 2023/1795"
#define SCC4 "2001/497/EC + 2004/915/EC"
#define SCC21 "(EU) 2021/914"
#define GB1 "(EU) 2021/1772"

enum { NO = OUTSIDE_NO, YES = OUTSIDE_YES, UNKNOWN = OUTSIDE_UNKNOWN };
enum { NONE = TRANSFER_NONE, ENDED = TRANSFER_ENDED, COND = TRANSFER_CONDITIONAL,
	FORCE = TRANSFER_IN_FORCE };

static const struct {
	const char *id, *on;
	int outside, status;
	const char *mechanism, *instrument, *from, *to;
} table[] = {
	/* Facebook: on the Shield list since 2016-09-30, on the DPF list since 2023-09-07 */
	{ "facebook", "1998-10-23", UNKNOWN, NONE, "none", "", "", "" },
	{ "facebook", "2000-10-31", YES, NONE, "none", "", "", "" },
	{ "facebook", "2000-11-01", YES, COND, "safe_harbor", SH, "2000-11-01", "2015-10-06" },
	{ "facebook", "2015-10-06", YES, COND, "safe_harbor", SH, "2000-11-01", "2015-10-06" },
	{ "facebook", "2015-10-07", YES, ENDED, "safe_harbor", SH, "2000-11-01", "2015-10-06" },
	{ "facebook", "2016-07-31", YES, ENDED, "safe_harbor", SH, "2000-11-01", "2015-10-06" },
	{ "facebook", "2016-08-01", YES, ENDED, "safe_harbor", SH, "2000-11-01", "2015-10-06" },
	{ "facebook", "2016-09-29", YES, ENDED, "safe_harbor", SH, "2000-11-01", "2015-10-06" },
	{ "facebook", "2016-09-30", YES, FORCE, "privacy_shield", PS, "2016-09-30", "2020-07-16" },
	{ "facebook", "2019-05-01", YES, FORCE, "privacy_shield", PS, "2016-09-30", "2020-07-16" },
	{ "facebook", "2020-07-16", YES, FORCE, "privacy_shield", PS, "2016-09-30", "2020-07-16" },
	{ "facebook", "2020-07-17", YES, ENDED, "privacy_shield", PS, "2016-09-30", "2020-07-16" },
	{ "facebook", "2021-05-01", YES, ENDED, "privacy_shield", PS, "2016-09-30", "2020-07-16" },
	{ "facebook", "2023-07-09", YES, ENDED, "privacy_shield", PS, "2016-09-30", "2020-07-16" },
	{ "facebook", "2023-07-10", YES, ENDED, "privacy_shield", PS, "2016-09-30", "2020-07-16" },
	{ "facebook", "2023-09-06", YES, ENDED, "privacy_shield", PS, "2016-09-30", "2020-07-16" },
	{ "facebook", "2023-09-07", YES, FORCE, "dpf", DPF, "2023-09-07", "" },
	{ "facebook", "2024-05-01", YES, FORCE, "dpf", DPF, "2023-09-07", "" },
	/* Signal: no EEA entity and no mechanism, whatever the year */
	{ "signal", "2005-01-01", YES, NONE, "none", "", "", "" },
	{ "signal", "2016-01-01", YES, NONE, "none", "", "", "" },
	{ "signal", "2019-05-01", YES, NONE, "none", "", "", "" },
	{ "signal", "2021-05-01", YES, NONE, "none", "", "", "" },
	{ "signal", "2024-05-01", YES, NONE, "none", "", "", "" },
	/* WhatsApp: listings whose day is approximate */
	{ "whatsapp", "2018-01-15", YES, ENDED, "safe_harbor", SH, "2000-11-01", "2015-10-06" },
	{ "whatsapp", "2018-01-16", YES, FORCE, "privacy_shield", PS, "2018-01-16", "2020-07-16" },
	{ "whatsapp", "2024-02-15", YES, ENDED, "privacy_shield", PS, "2018-01-16", "2020-07-16" },
	{ "whatsapp", "2024-02-16", YES, FORCE, "dpf", DPF, "2024-02-16", "" },
	/* Snap: its listing outlived the Shield, which counts only to its own end */
	{ "snapchat", "2016-11-29", YES, ENDED, "safe_harbor", SH, "2000-11-01", "2015-10-06" },
	{ "snapchat", "2016-11-30", YES, FORCE, "privacy_shield", PS, "2016-11-30", "2020-07-16" },
	{ "snapchat", "2020-07-17", YES, ENDED, "privacy_shield", PS, "2016-11-30", "2020-07-16" },
	{ "snapchat", "2020-10-05", YES, ENDED, "privacy_shield", PS, "2016-11-30", "2020-07-16" },
	{ "snapchat", "2023-11-05", YES, ENDED, "privacy_shield", PS, "2016-11-30", "2020-07-16" },
	{ "snapchat", "2023-11-06", YES, FORCE, "dpf", DPF, "2023-11-06", "" },
	/* Instagram: no entry on the Shield list is recorded */
	{ "instagram", "2012-01-01", YES, COND, "safe_harbor", SH, "2000-11-01", "2015-10-06" },
	{ "instagram", "2019-05-01", YES, COND, "scc", SCC4, "2005-04-01", "2021-06-26" },
	{ "instagram", "2021-05-01", YES, ENDED, "privacy_shield", PS, "2016-08-01", "2020-07-16" },
	{ "instagram", "2023-09-07", YES, FORCE, "dpf", DPF, "2023-09-07", "" },
	/* X: on the Shield list, not on the DPF list: clauses remain */
	{ "x", "2019-05-01", YES, FORCE, "privacy_shield", PS, "2016-12-31", "2020-07-16" },
	{ "x", "2021-05-01", YES, ENDED, "privacy_shield", PS, "2016-12-31", "2020-07-16" },
	{ "x", "2024-05-01", YES, COND, "scc", SCC21, "2021-06-27", "" },
	/* Apple and Telegram: clauses alone, by the set of the day */
	{ "icloud", "2001-09-02", YES, NONE, "none", "", "", "" },
	{ "icloud", "2001-09-03", YES, COND, "scc", "2001/497/EC", "2001-09-03", "2005-03-31" },
	{ "icloud", "2005-04-01", YES, COND, "scc", SCC4, "2005-04-01", "2021-06-26" },
	{ "icloud", "2020-07-17", YES, COND, "scc", SCC4, "2005-04-01", "2021-06-26" },
	{ "icloud", "2021-06-26", YES, COND, "scc", SCC4, "2005-04-01", "2021-06-26" },
	{ "icloud", "2021-06-27", YES, COND, "scc", SCC21, "2021-06-27", "" },
	{ "telegram", "2019-05-01", YES, COND, "scc", SCC4, "2005-04-01", "2021-06-26" },
	{ "telegram", "2024-05-01", YES, COND, "scc", SCC21, "2021-06-27", "" },
	{ "tiktok", "2024-05-01", YES, COND, "scc", SCC21, "2021-06-27", "" },
	/* The United Kingdom in each of its phases */
	{ "element", "2019-05-01", NO, FORCE, "inside", "", "", "" },
	{ "element", "2020-01-31", NO, FORCE, "inside", "", "", "" },
	{ "element", "2020-12-31", NO, FORCE, "inside", "", "", "" },
	{ "element", "2021-01-01", YES, FORCE, "bridge", "TCA FINPROV.10A", "2021-01-01", "2021-06-28" },
	{ "element", "2021-06-27", YES, FORCE, "bridge", "TCA FINPROV.10A", "2021-01-01", "2021-06-28" },
	{ "element", "2021-06-28", YES, FORCE, "adequacy", GB1, "2021-06-28", "2025-06-27" },
	{ "element", "2025-06-27", YES, FORCE, "adequacy", GB1, "2021-06-28", "2025-06-27" },
	{ "element", "2025-06-28", YES, FORCE, "adequacy", "(EU) 2025/1226", "2025-06-28", "2025-12-27" },
	{ "element", "2025-12-27", YES, FORCE, "adequacy", "(EU) 2025/1226", "2025-06-28", "2025-12-27" },
	{ "element", "2025-12-28", YES, FORCE, "adequacy", "(EU) 2025/2574", "2025-12-28", "2031-12-27" },
	{ "element", "2031-12-27", YES, FORCE, "adequacy", "(EU) 2025/2574", "2025-12-28", "2031-12-27" },
	{ "element", "2031-12-28", YES, ENDED, "adequacy", "(EU) 2025/2574", "2025-12-28", "2031-12-27" },
	/* Other adequate countries: whole, or by the recipient's sector */
	{ "threema", "2000-07-25", YES, NONE, "none", "", "", "" },
	{ "threema", "2000-07-26", YES, FORCE, "adequacy", "2000/518/EC", "2000-07-26", "" },
	{ "threema", "2024-05-01", YES, FORCE, "adequacy", "2000/518/EC", "2000-07-26", "" },
	{ "line", "2019-01-22", YES, NONE, "none", "", "", "" },
	{ "line", "2019-01-23", YES, COND, "adequacy", "(EU) 2019/419", "2019-01-23", "" },
	{ "kakaotalk", "2021-12-16", YES, NONE, "none", "", "", "" },
	{ "kakaotalk", "2021-12-17", YES, COND, "adequacy", "(EU) 2022/254", "2021-12-17", "" },
	{ "viber", "2019-01-22", YES, COND, "scc", SCC4, "2005-04-01", "2021-06-26" },
	{ "viber", "2024-05-01", YES, COND, "adequacy", "(EU) 2019/419", "2019-01-23", "" },
	/* A first step out of the EEA, when it is the weaker one */
	{ "webex", "2019-05-01", YES, FORCE, "privacy_shield", PS, "2016-09-30", "2020-07-16" },
	{ "webex", "2024-05-01", YES, FORCE, "dpf", DPF, "2023-07-10", "" },
	{ "webex", "2032-01-01", YES, ENDED, "adequacy", "(EU) 2025/2574", "2025-12-28", "2031-12-27" },
	/* The head of the group sits inside, the first recipient did not */
	{ "starleaf", "2021-07-01", YES, FORCE, "adequacy", GB1, "2021-06-28", "2025-06-27" },
	/* Inside, and unknown */
	{ "truecaller", "2024-05-01", NO, FORCE, "inside", "", "", "" },
	{ "truecaller-noneu", "2024-05-01", YES, NONE, "none", "", "", "" },
	{ "jitsi-own", "2024-05-01", NO, FORCE, "inside", "", "", "" },
	{ "unknown", "2019-05-01", UNKNOWN, NONE, "none", "", "", "" },
	{ "carddav", "2024-05-01", UNKNOWN, NONE, "none", "", "", "" },
	{ "clubhouse", "2021-05-01", YES, NONE, "none", "", "", "" },
	{ "wechat", "2024-05-01", YES, COND, "scc", SCC21, "2021-06-27", "" },
	{ "zoom", "2018-01-01", YES, FORCE, "privacy_shield", PS, "2017-12-31", "2020-07-16" },
	{ "slack", "2021-05-01", YES, ENDED, "privacy_shield", PS, "2016-10-31", "2020-07-16" },
};

#define TABLE (sizeof(table) / sizeof(table[0]))

static void
row_check(size_t i)
{
	const struct recipient *recipient = rules_recipient_by_id(rules, table[i].id);
	char from[DAY_TEXT_MAX], to[DAY_TEXT_MAX], got[200], want[200];
	struct transfer t;

	assert_non_null(recipient);
	t = law_transfer(rules, recipient, day(table[i].on));
	snprintf(got, sizeof(got), "%s %s: %d %s %s %s %s %s", table[i].id,
	    table[i].on, t.outside, transfer_status_name(t.status), t.mechanism,
	    t.instrument, day_text(t.from, from), day_text(t.to, to));
	snprintf(want, sizeof(want), "%s %s: %d %s %s %s %s %s", table[i].id,
	    table[i].on, table[i].outside,
	    transfer_status_name((enum transfer_status)table[i].status),
	    table[i].mechanism, table[i].instrument, table[i].from, table[i].to);
	assert_string_equal(got, want);
	assert_string_not_equal(t.note, "");
}

static void
test_table(void **state)
{
	(void)state;
	assert_true(TABLE >= 60);
	for (size_t i = 0; i < TABLE; i++)
		row_check(i);
}

static void
assert_note(const char *id, const char *on, const char *part)
{
	struct transfer t = law_transfer(rules, rules_recipient_by_id(rules, id),
	    day(on));

	if (strstr(t.note, part) == NULL)
		fail_msg("%s %s: no \"%s\" in \"%s\"", id, on, part, t.note);
}

static void
test_notes(void **state)
{
	(void)state;
	assert_note("facebook", "2019-05-01", "Listed since 2016-09-30;");
	assert_note("whatsapp", "2019-05-01", "Listed since about 2018-01-16;");
	assert_note("facebook", "2021-05-01", "C-311/18");
	assert_note("facebook", "2021-05-01", "What remains: SCC,");
	assert_note("slack", "2021-05-01", "What remains: SCC or BCR,");
	assert_note("snapchat", "2021-05-01", "No other mechanism");
	assert_note("facebook", "2023-08-01", "only since 2023-09-07");
	assert_note("facebook", "2019-05-01", "Onward transfer from IE to US");
	assert_note("instagram", "2021-05-01", "not recorded on that list");
	assert_note("facebook", "2010-05-01", "Under Directive 95/46/EC.");
	assert_note("signal", "2019-05-01", "names no mechanism");
	assert_note("imo", "2019-05-01", "No mechanism is established");
	assert_note("imo", "2019-05-01", "Low confidence.");
	assert_note("line", "2024-05-01", "Only if");
	assert_note("webex", "2032-01-01", "First step, to GB");
	assert_note("unknown", "2024-05-01", "not known");
}

/* After the day of the last check nothing can be said of the day. */
static void
test_after_the_data(void **state)
{
	char want[40], text[DAY_TEXT_MAX], on[DAY_TEXT_MAX];
	day_t date = law_date(rules);
	const struct recipient *facebook = rules_recipient_by_id(rules, "facebook");
	struct transfer t;

	(void)state;
	assert_true(date >= day("2026-09-30"));
	snprintf(want, sizeof(want), "Not known after %s.", day_text(date, text));
	assert_note("facebook", day_text(date + 1, on), want);
	t = law_transfer(rules, facebook, date);
	assert_null(strstr(t.note, "Not known after"));
}

/* No note of any recipient on any boundary day is cut short. */
static void
test_notes_fit(void **state)
{
	size_t longest = 0;

	(void)state;
	for (size_t r = 0; r < rules_recipient_count(rules); r++) {
		for (size_t i = 0; i < TABLE; i++) {
			struct transfer t = law_transfer(rules,
			    rules_recipient_at(rules, r), day(table[i].on));

			if (strlen(t.note) > longest)
				longest = strlen(t.note);
			if (t.note[strlen(t.note) - 1] != '.')
				fail_msg("cut: %s", t.note);
		}
	}
	assert_true(longest < NOTE_MAX - 1);
}

static const struct { const char *code, *on; enum outside want; } places[] = {
	{ "NL", "2024-05-01", OUTSIDE_NO }, { "IS", "2024-05-01", OUTSIDE_NO },
	{ "NO", "2018-06-01", OUTSIDE_NO }, { "NO", "2000-06-30", OUTSIDE_YES },
	{ "PL", "2004-04-30", OUTSIDE_YES }, { "PL", "2004-05-01", OUTSIDE_NO },
	{ "HR", "2013-06-30", OUTSIDE_YES }, { "HR", "2013-07-01", OUTSIDE_NO },
	{ "GB", "2020-12-31", OUTSIDE_NO }, { "GB", "2021-01-01", OUTSIDE_YES },
	{ "UK", "2020-12-31", OUTSIDE_NO }, { "UK", "2021-01-01", OUTSIDE_YES },
	{ "EL", "2024-05-01", OUTSIDE_NO }, { "IC", "2024-05-01", OUTSIDE_NO },
	{ "GI", "2020-12-31", OUTSIDE_NO }, { "GI", "2021-01-01", OUTSIDE_YES },
	{ "RE", "2024-05-01", OUTSIDE_NO }, { "GF", "2024-05-01", OUTSIDE_NO },
	{ "YT", "2013-12-31", OUTSIDE_YES }, { "YT", "2014-01-01", OUTSIDE_NO },
	{ "NC", "2024-05-01", OUTSIDE_YES }, { "PF", "2024-05-01", OUTSIDE_YES },
	{ "AW", "2024-05-01", OUTSIDE_YES }, { "CW", "2024-05-01", OUTSIDE_YES },
	{ "BQ", "2024-05-01", OUTSIDE_YES }, { "GL", "2024-05-01", OUTSIDE_YES },
	{ "FO", "2024-05-01", OUTSIDE_YES }, { "GG", "2019-05-01", OUTSIDE_YES },
	{ "SJ", "2024-05-01", OUTSIDE_NO }, { "XK", "2024-05-01", OUTSIDE_YES },
	{ "US", "2024-05-01", OUTSIDE_YES }, { "MC", "2024-05-01", OUTSIDE_YES },
	{ "EU", "2024-05-01", OUTSIDE_UNKNOWN }, { "AP", "2024-05-01", OUTSIDE_UNKNOWN },
	{ "A1", "2024-05-01", OUTSIDE_UNKNOWN }, { "ZZ", "2024-05-01", OUTSIDE_UNKNOWN },
	{ "XX", "2024-05-01", OUTSIDE_UNKNOWN }, { "QM", "2024-05-01", OUTSIDE_UNKNOWN },
	{ "", "2024-05-01", OUTSIDE_UNKNOWN }, { "NLD", "2024-05-01", OUTSIDE_UNKNOWN },
	{ "nl", "2024-05-01", OUTSIDE_UNKNOWN }, { "NL", "1998-10-23", OUTSIDE_UNKNOWN },
	{ "NL", "1998-10-24", OUTSIDE_NO },
};

static void
test_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		enum outside got = law_outside(rules, places[i].code,
		    day(places[i].on));

		if (got != places[i].want)
			fail_msg("%s on %s: %d", places[i].code, places[i].on, got);
	}
	assert_int_equal(law_outside(rules, NULL, day("2024-05-01")),
	    OUTSIDE_UNKNOWN);
}

/* Every adequate country, by a recipient made up for it. */
static void
test_countries(void **state)
{
	static const struct { const char *code, *on; int status; } countries[] = {
		{ "AR", "2003-06-29", NONE }, { "AR", "2003-06-30", FORCE },
		{ "GG", "2003-11-21", FORCE }, { "IM", "2004-04-28", FORCE },
		{ "JE", "2008-05-07", NONE }, { "JE", "2008-05-08", FORCE },
		{ "FO", "2010-03-05", FORCE }, { "AD", "2010-10-19", FORCE },
		{ "IL", "2011-01-30", NONE }, { "IL", "2011-01-31", FORCE },
		{ "UY", "2012-08-21", FORCE }, { "NZ", "2012-12-19", FORCE },
		{ "CA", "2001-12-19", NONE }, { "CA", "2001-12-20", COND },
		{ "CA", "2008-01-01", COND }, { "BR", "2026-01-25", NONE },
		{ "BR", "2026-01-26", COND }, { "HU", "2000-07-26", FORCE },
		{ "HU", "2004-04-30", FORCE }, { "HU", "2004-05-01", FORCE },
		{ "US", "2024-05-01", NONE }, { "US", "2005-01-01", NONE },
		{ "GI", "2021-01-01", NONE }, { "AU", "2024-05-01", NONE },
		{ "UK", "2021-06-28", FORCE },
	};
	struct recipient made = *rules_recipient_by_id(rules, "threema");

	(void)state;
	made.mechanism = "unknown";
	for (size_t i = 0; i < sizeof(countries) / sizeof(countries[0]); i++) {
		struct transfer t;

		made.country = countries[i].code;
		t = law_transfer(rules, &made, day(countries[i].on));
		if ((int)t.status != countries[i].status)
			fail_msg("%s on %s: %s", countries[i].code, countries[i].on,
			    transfer_status_name(t.status));
	}
}

static void
test_periods(void **state)
{
	size_t us = 0;

	(void)state;
	for (size_t i = 0; i < law_period_count(rules); i++) {
		struct legal_period p = law_period(rules, i);

		assert_true(p.from != DAY_NONE);
		assert_string_not_equal(p.kind, "none");
		assert_string_not_equal(p.country, "*");
		us += strcmp(p.country, "US") == 0;
	}
	assert_int_equal(us, 3);	/* Safe Harbor, Shield, DPF */
}

/* Every recipient that the services of the time need. */
static void
test_recipients(void **state)
{
	static const char *const ids[] = { "whatsapp", "whatsapp-business",
		"whatsapp-platform", "facebook", "messenger", "instagram", "threads",
		"signal", "telegram", "viber", "snapchat", "linkedin", "tiktok",
		"clubhouse", "skype", "teams", "zoom", "webex", "google-meet",
		"gotomeeting", "jitsi", "starleaf", "slack", "discord", "icloud",
		"google-contacts", "threema", "wire", "matrix", "element", "line",
		"kakaotalk", "wechat", "truecaller", "truecaller-noneu", "x",
		"bluesky", "imo", "carddav", "exchange", "microsoft-365", "unknown" };

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		assert_non_null(rules_recipient_by_id(rules, ids[i]));
	assert_null(rules_recipient_by_id(rules, "nobody"));
	assert_null(rules_recipient_by_id(rules, NULL));
	assert_string_equal(rules_recipient(rules, NULL, "example.org")->id, "unknown");
	assert_string_equal(rules_recipient_by_id(rules, "signal")->eea_entity, "");
	assert_int_equal(rules_recipient_by_id(rules, "signal")->class, 'A');
}

static void
test_digest(void **state)
{
	(void)state;
	assert_int_equal(strlen(rules_digest(rules)), 64);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_after_the_data),
		cmocka_unit_test(test_notes_fit),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_countries),
		cmocka_unit_test(test_periods),
		cmocka_unit_test(test_recipients),
		cmocka_unit_test(test_digest),
	};

	return cmocka_run_group_tests(tests, rules_setup, rules_teardown);
}
