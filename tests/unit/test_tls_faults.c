/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS that cannot be opened, or not wholly: loss, wrong keys, missing keys,
 * keys that come late, and what is no TLS. What stays closed is counted once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tls_hear.h"

#define SUITE_1_3 "TLS_CHACHA20_POLY1305_SHA256"
#define SUITE_1_2 "ECDHE-RSA-AES128-GCM-SHA256"

static struct talk talk;
static uint8_t upload[8000];

/* One connection with records of 1000 bytes going up; turns[first] is the first of them. */
static size_t
talk_records(int version, const char *suite)
{
	size_t first;

	for (size_t i = 0; i < sizeof(upload); i++)
		upload[i] = (uint8_t)(i * 5 + i / 253);
	talk_init(&talk, version, suite);
	talk_begin(&talk, NULL);
	assert_true(talk_shake(&talk));
	first = talk.turn_count;
	for (size_t i = 0; i < 8; i++)
		talk_say(&talk, DIR_UP, upload + 1000 * i, 1000);
	return first;
}

/* Feeds a turn without `cut` bytes from `at` on. */
static void
turn_cut(struct hearing *hearing, size_t index, size_t at, size_t cut)
{
	const struct talk_turn *turn = &talk.turns[index];
	const uint8_t *data = talk.bytes + turn->at;

	if (at > 0)
		hearing_bytes(hearing, turn->dir, data, at, 0);
	if (at + cut < turn->len)
		hearing_bytes(hearing, turn->dir, data + at + cut, turn->len - at - cut,
		    (uint32_t)cut);
}

/* All turns, one of them with bytes missing in it. */
static void
hear_cut(size_t index, size_t at, size_t cut)
{
	struct hearing hearing;

	hearing_begin(&hearing, talk.keylog);
	for (size_t i = 0; i < talk.turn_count; i++)
		turn_cut(&hearing, i, i == index ? at : talk.turns[i].len, i == index ? cut : 0);
	hearing_end(&hearing);
}

/* ---- loss ---- */

static void
one_lost_record_is_told_and_the_next_is_read(void **state)
{
	size_t first = talk_records(TLS1_2_VERSION, SUITE_1_2);

	(void)state;
	hear_cut(first + 3, 100, 500);
	assert_int_equal(heard.len[DIR_UP], 7000);
	assert_int_equal(heard.known_gap[DIR_UP], 1000);
	assert_memory_equal(heard.bytes[DIR_UP] + 3000, upload + 4000, 4000);
	talk_fini(&talk);
}

static void
what_padding_hides_is_a_gap_of_unknown_size(void **state)
{
	size_t first = talk_records(TLS1_3_VERSION, SUITE_1_3);

	(void)state;
	hear_cut(first + 3, 5, 1016);	/* all but the record's last byte */
	assert_int_equal(heard.len[DIR_UP], 7000);
	assert_int_equal(heard.unknown_gaps[DIR_UP], 1);
	assert_memory_equal(heard.bytes[DIR_UP] + 3000, upload + 4000, 4000);
	talk_fini(&talk);
}

static void
the_chain_of_cbc_before_1_1_ends_with_a_lost_record(void **state)
{
	size_t first = talk_records(TLS1_VERSION, "AES128-SHA");

	(void)state;
	hear_cut(first + 3, 100, 500);
	assert_int_equal(heard.len[DIR_UP], 3000);
	assert_int_equal(heard.unknown_gaps[DIR_UP], 1);
	talk_fini(&talk);
}

static void
loss_over_a_boundary_ends_the_reading(void **state)
{
	struct hearing hearing;
	size_t first = talk_records(TLS1_3_VERSION, SUITE_1_3);

	(void)state;
	hearing_begin(&hearing, talk.keylog);
	for (size_t i = 0; i < talk.turn_count; i++) {
		const struct talk_turn *turn = &talk.turns[i];
		bool lost = i == first + 3;

		if (!lost)
			hearing_bytes(&hearing, turn->dir, talk.bytes + turn->at, turn->len,
			    i == first + 4 ? (uint32_t)talk.turns[i - 1].len : 0);
	}
	hearing_end(&hearing);
	assert_int_equal(heard.len[DIR_UP], 3000);
	assert_int_equal(heard.unknown_gaps[DIR_UP], 1);
	assert_int_equal(counts.unscanned[UNSCANNED_ENCRYPTED], 0);
	talk_fini(&talk);
}

/* The server's certificate is the longest of what it says first. */
static void
a_certificate_may_be_lost(void **state)
{
	(void)state;
	for (int version = 0; version < 2; version++) {
		version ? talk_records(TLS1_3_VERSION, SUITE_1_3) :
		    talk_records(TLS1_2_VERSION, "AES128-SHA256");
		assert_int_equal(talk.turns[1].dir, DIR_DOWN);
		hear_cut(1, 300, 200);
		assert_int_equal(heard.len[DIR_UP], sizeof(upload));
		assert_memory_equal(heard.bytes[DIR_UP], upload, sizeof(upload));
		talk_fini(&talk);
	}
}

static void
a_changed_byte_ends_the_reading(void **state)
{
	size_t first = talk_records(TLS1_2_VERSION, "ECDHE-RSA-AES256-SHA384");

	(void)state;
	talk.bytes[talk.turns[first + 3].at + 500] ^= 1;
	hear(&talk, 1400);
	assert_int_equal(heard.len[DIR_UP], 3000);
	assert_memory_equal(heard.bytes[DIR_UP], upload, 3000);
	assert_int_equal(heard.unknown_gaps[DIR_UP], 1);
	talk_fini(&talk);
}

/* ---- keys ---- */

static void
wrong_keys_are_counted_once(void **state)
{
	char *digit;

	(void)state;
	for (int version = 0; version < 2; version++) {
		version ? talk_records(TLS1_3_VERSION, SUITE_1_3) :
		    talk_records(TLS1_2_VERSION, SUITE_1_2);
		for (digit = talk.keylog; *digit != '\0'; digit++)
			if (digit[1] == '\n')
				*digit = *digit == '0' ? '1' : '0';
		hear(&talk, 1400);
		assert_int_equal(heard.opened, 0);
		assert_int_equal(counts.unscanned[UNSCANNED_ENCRYPTED], 1);
		assert_int_equal(door.held_total, 0);
		talk_fini(&talk);
	}
}

static void
missing_keys_are_counted_once(void **state)
{
	(void)state;
	for (int version = 0; version < 2; version++) {
		version ? talk_records(TLS1_3_VERSION, SUITE_1_3) :
		    talk_records(TLS1_2_VERSION, SUITE_1_2);
		memset(strchr(talk.keylog, ' ') + 1, '0', 4);
		talk.keylog[0] = '#';
		for (char *line = talk.keylog; (line = strchr(line, '\n')) != NULL && line[1];)
			*++line = '#';
		hear(&talk, 1400);
		assert_int_equal(heard.opened, 0);
		assert_int_equal(counts.unscanned[UNSCANNED_ENCRYPTED], 1);
		talk_fini(&talk);
	}
}

static void
keys_may_come_late(void **state)
{
	struct hearing hearing;

	(void)state;
	for (int version = 0; version < 2; version++) {
		version ? talk_records(TLS1_3_VERSION, SUITE_1_3) :
		    talk_records(TLS1_2_VERSION, SUITE_1_2);
		hearing_begin(&hearing, "");
		door.more_secrets = true;
		hearing_talk(&hearing, &talk, 1400, 3);
		assert_int_equal(heard.opened, 0);
		secrets_add(hearing.secrets, "late", (uint8_t *)talk.keylog, strlen(talk.keylog));
		hearing_end(&hearing);
		assert_int_equal(heard.opened, 1);
		assert_int_equal(heard.len[DIR_UP], sizeof(upload));
		assert_memory_equal(heard.bytes[DIR_UP], upload, sizeof(upload));
		assert_int_equal(counts.unscanned[UNSCANNED_ENCRYPTED], 0);
		talk_fini(&talk);
	}
}

static void
what_waits_is_bounded(void **state)
{
	static const uint8_t record[1029] = { 23, 3, 3, 4, 0 };
	struct hearing hearing;

	(void)state;
	talk_records(TLS1_3_VERSION, SUITE_1_3);
	hearing_begin(&hearing, talk.keylog);
	hearing_bytes(&hearing, DIR_UP, talk.bytes, talk.turns[0].len, 0);
	for (int i = 0; i < 1000; i++) {
		hearing_bytes(&hearing, DIR_UP, record, sizeof(record), 0);
		assert_true(door.held_total <= TLS_HELD_MAX);
	}
	hearing_end(&hearing);
	assert_int_equal(door.held_total, 0);
	assert_int_equal(counts.unscanned[UNSCANNED_LIMIT], 1);
	talk_fini(&talk);
}

/* ---- beginnings ---- */

static void
tls_behind_a_proxys_connect_opens(void **state)
{
	static const char connect[] = "CONNECT contacts.example.org:443 HTTP/1.1\r\n\r\n";
	static const char okay[] = "HTTP/1.1 200 OK\r\n\r\n";
	struct hearing hearing;

	(void)state;
	talk_records(TLS1_3_VERSION, SUITE_1_3);
	hearing_begin(&hearing, talk.keylog);
	hearing_bytes(&hearing, DIR_UP, (const uint8_t *)connect, strlen(connect), 0);
	hearing_bytes(&hearing, DIR_DOWN, (const uint8_t *)okay, strlen(okay), 0);
	hearing_talk(&hearing, &talk, 1400, 3);
	hearing_end(&hearing);
	assert_int_equal(heard.len[DIR_UP], sizeof(upload));
	talk_fini(&talk);
}

static void
what_is_no_tls_is_let_go_and_not_counted(void **state)
{
	struct hearing hearing;
	uint8_t noise[1000];

	(void)state;
	for (int first = 0; first < 256; first += 2) {
		memset(noise, first, sizeof(noise));
		hearing_begin(&hearing, "");
		for (int i = 0; i < 40; i++)
			hearing_bytes(&hearing, i % 2 ? DIR_DOWN : DIR_UP, noise, sizeof(noise), 0);
		assert_true(tls_is_over(hearing.tls));
		hearing_end(&hearing);
		for (int i = 0; i < UNSCANNED_KINDS; i++)
			assert_int_equal(counts.unscanned[i], 0);
	}
}

static void
nobody_listening_ends_the_work(void **state)
{
	struct hearing hearing;

	(void)state;
	talk_records(TLS1_3_VERSION, SUITE_1_3);
	hearing_begin(&hearing, talk.keylog);
	heard.wants = 0;
	hearing_talk(&hearing, &talk, 1400, 3);
	assert_true(tls_is_over(hearing.tls));
	hearing_end(&hearing);
	assert_int_equal(heard.opened, 1);
	assert_int_equal(heard.len[DIR_UP], 0);
	talk_fini(&talk);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_lost_record_is_told_and_the_next_is_read),
		cmocka_unit_test(what_padding_hides_is_a_gap_of_unknown_size),
		cmocka_unit_test(the_chain_of_cbc_before_1_1_ends_with_a_lost_record),
		cmocka_unit_test(loss_over_a_boundary_ends_the_reading),
		cmocka_unit_test(a_certificate_may_be_lost),
		cmocka_unit_test(a_changed_byte_ends_the_reading),
		cmocka_unit_test(wrong_keys_are_counted_once),
		cmocka_unit_test(missing_keys_are_counted_once),
		cmocka_unit_test(keys_may_come_late),
		cmocka_unit_test(what_waits_is_bounded),
		cmocka_unit_test(tls_behind_a_proxys_connect_opens),
		cmocka_unit_test(what_is_no_tls_is_let_go_and_not_counted),
		cmocka_unit_test(nobody_listening_ends_the_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
