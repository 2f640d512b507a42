/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening bytes: what is recognised, and what must not be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classifiers/table.h"
#include "unit/mtproto_kit.h"

struct heard {
	struct listener listener;
	char text[32];
	unsigned count;
};

static void
heard_observe(struct listener *listener, const struct observation *seen)
{
	struct heard *heard = (struct heard *)listener;

	assert_int_equal(seen->kind, OBSERVED_PREFACE);
	assert_true(seen->text_len < sizeof(heard->text));
	memcpy(heard->text, seen->text, seen->text_len);
	heard->text[seen->text_len] = '\0';
	heard->count++;
}

/* What is said of a client's first bytes, in pieces of the given size. */
static const char *
preface_in_pieces(const void *data, size_t len, size_t piece)
{
	static struct heard heard;
	struct flow flow = { .proto = 6 };
	struct task task = { .flow = &flow, .listener = &heard.listener };
	void *slot = NULL;

	memset(&heard, 0, sizeof(heard));
	heard.listener.observe = heard_observe;
	for (size_t at = 0; at < len; at += piece) {
		struct chunk chunk = {
			.data = (const uint8_t *)data + at,
			.len = len - at < piece ? len - at : piece
		};

		if (slot == NULL &&
		    classifier_preface.sniff(&flow, &chunk) == INTEREST_NO)
			return "";
		if (slot == NULL)
			slot = calloc(1, classifier_preface.slot_size);
		if (classifier_preface.feed(&task, slot, &chunk) == 0)
			break;
	}
	if (slot != NULL)
		classifier_preface.close(&task, slot);
	free(slot);
	assert_true(heard.count <= 1);
	return heard.text;
}

static const char *
preface_of(const void *data, size_t len)
{
	return preface_in_pieces(data, len, len);
}

/* A session taken up again opens with a message of more than a segment. */
static void
a_long_first_message_is_whatsapp_too(void **state)
{
	uint8_t data[1400] = { 'E', 'D', 0, 1, 0, 0, 4, 8, 8, 9, 5,
		'W', 'A', 5, 2, 0, 4, 0xe7 };

	(void)state;
	for (size_t piece = 1; piece <= 1400; piece = piece * 3 + 1)
		assert_string_equal(preface_in_pieces(data, 18 + 0x4e7, piece),
		    "whatsapp");
	assert_string_equal(preface_of(data, 18 + 0x4e7 + 1), "");
}

/* "WA", version, dictionary, length, and a message that fills the rest. */
static size_t
whatsapp_make(uint8_t *out, bool routed, uint8_t version, uint8_t dictionary)
{
	static const uint8_t route[] = { 'E', 'D', 0, 1, 0, 0, 8,
		8, 2, 8, 9, 1, 2, 3, 4 };
	const uint8_t open[] = { 'W', 'A', version, dictionary, 0, 0, 42 };
	size_t len = 0;

	if (routed) {
		memcpy(out, route, sizeof(route));
		len = sizeof(route);
	}
	memcpy(out + len, open, sizeof(open));
	len += sizeof(open);
	memset(out + len, 0x5a, 42);
	return len + 42;
}

static void
whatsapp_is_recognised(void **state)
{
	uint8_t data[128];

	(void)state;
	for (uint8_t version = 5; version <= 7; version++)
		for (int routed = 0; routed < 2; routed++)
			for (uint8_t dictionary = 2; dictionary <= 3; dictionary++) {
				size_t len = whatsapp_make(data, routed, version,
				    dictionary);

				for (size_t piece = 1; piece <= len; piece += 4)
					assert_string_equal(preface_in_pieces(data, len,
					    piece), "whatsapp");
			}
}

static void
whatsapp_must_be_whole(void **state)
{
	uint8_t data[128];
	size_t len = whatsapp_make(data, false, 6, 3);

	(void)state;
	assert_string_equal(preface_of(data, len - 1), "");
	assert_string_equal(preface_of(data, len + 1), "");
	data[6] = 200;
	assert_string_equal(preface_of(data, len), "");
	whatsapp_make(data, false, 9, 3);
	assert_string_equal(preface_of(data, len), "");
	whatsapp_make(data, false, 6, 77);
	assert_string_equal(preface_of(data, len), "");
}

/* The unencrypted first message of a key exchange, after the transport's head. */
static size_t
telegram_make(uint8_t *out, const uint8_t *head, size_t head_len, size_t pad)
{
	static const uint8_t body[] = { 0, 0, 0, 0, 0, 0, 0, 0,
		1, 2, 3, 4, 5, 6, 7, 8, 20, 0, 0, 0, 0xf1, 0x8e, 0x7e, 0xbe };

	memcpy(out, head, head_len);
	memcpy(out + head_len, body, sizeof(body));
	memset(out + head_len + sizeof(body), 0x77, 16 + pad);
	return head_len + sizeof(body) + 16 + pad;
}

static void
telegram_is_recognised(void **state)
{
	static const uint8_t abridged[] = { 0xef, 10 };
	static const uint8_t intermediate[] = { 0xee, 0xee, 0xee, 0xee, 40, 0, 0, 0 };
	static const uint8_t padded[] = { 0xdd, 0xdd, 0xdd, 0xdd, 47, 0, 0, 0 };
	uint8_t data[128];
	size_t len;

	(void)state;
	len = telegram_make(data, abridged, 2, 0);
	assert_string_equal(preface_of(data, len), "telegram");
	assert_string_equal(preface_in_pieces(data, len, 1), "telegram");
	len = telegram_make(data, intermediate, 8, 0);
	assert_string_equal(preface_of(data, len), "telegram");
	len = telegram_make(data, padded, 8, 7);
	assert_string_equal(preface_of(data, len), "telegram");
}

/* A first byte of 0xef is chance; nDPI 4.2 took such streams for Telegram. */
static void
random_streams_are_nothing(void **state)
{
	uint32_t noise = 99;
	uint8_t data[256];

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		for (size_t k = 0; k < 64; k++) {
			noise = noise * 1664525u + 1013904223u;
			data[k] = (uint8_t)(noise >> 16);
		}
		if (i % 4 == 0)
			data[0] = 0xef;
		if (i % 4 == 1)
			memset(data, 0xee, 4);
		if (i % 4 == 2)
			memcpy(data, "WA", 2);
		assert_string_equal(preface_of(data, 64), "");
	}
}

static void
other_protocols_are_nothing(void **state)
{
	static const struct { const char *data; size_t len; } others[] = {
		{ "GET / HTTP/1.1\r\nHost: example.org\r\n\r\n", 37 },
		{ "WATCH list HTTP/1.1\r\n\r\n", 23 },
		{ "EHLO mail.example.org\r\n", 23 },
		{ "WARNING: not this\r\n", 19 },
		{ "EDIT file\r\n", 11 },
		{ "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11 },
		{ "SSH-2.0-OpenSSH_9.2\r\n", 21 },
		{ "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24 },
		{ "\x05\x01\x00", 3 }, { "\xef\xbb\xbf<?xml version=\"1.0\"?>", 24 },
		{ "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_string_equal(preface_of(others[i].data, others[i].len), "");
}

static void
servers_and_late_bytes_are_not_asked(void **state)
{
	struct flow flow = { .proto = 6 };
	uint8_t data[128];
	struct chunk chunk = { .data = data, .dir = DIR_DOWN };

	(void)state;
	chunk.len = whatsapp_make(data, false, 6, 3);
	assert_int_equal(classifier_preface.sniff(&flow, &chunk), INTEREST_NO);
	chunk.dir = DIR_UP;
	chunk.gap = GAP_UNKNOWN;
	assert_int_equal(classifier_preface.sniff(&flow, &chunk), INTEREST_NO);
}

/* Noise that names a transport, alone or with whatever behind it, in any pieces. */
static void
telegram_is_recognised_behind_its_noise(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		for (uint32_t seed = 1; seed < 9; seed++) {
			struct tg tg;

			tg_init(&tg, seed);
			tg_open(&tg, (enum mtproto_transport)i, true);
			assert_string_equal(preface_of(tg.out[0], 63), "");
			assert_string_equal(preface_of(tg.out[0], 64), "telegram");
			tg_frame(&tg, DIR_UP, tg_message(9000));
			for (size_t piece = 1; piece < 70; piece += 3)
				assert_string_equal(preface_in_pieces(tg.out[0],
				    tg.len[0], piece), "telegram");
			assert_string_equal(preface_of(tg.out[0], tg.len[0]), "telegram");
			/* One bit elsewhere, and it names nothing. */
			tg.out[0][57] ^= 1;
			assert_string_equal(preface_of(tg.out[0], tg.len[0]), "");
			tg_fini(&tg);
		}
}

/* A short binary exchange is let go with its answer, not kept until its end. */
static void
who_is_answered_is_not_waited_for(void **state)
{
	struct heard heard = { .listener.observe = heard_observe };
	struct flow flow = { .proto = 6 };
	struct task task = { .flow = &flow, .listener = &heard.listener };
	uint8_t bytes[] = { 7, 0, 1, 9 };
	struct chunk chunk = { .data = bytes, .len = sizeof(bytes) };
	void *slot = calloc(1, classifier_preface.slot_size);

	(void)state;
	assert_int_equal(classifier_preface.sniff(&flow, &chunk), INTEREST_YES);
	assert_int_equal(classifier_preface.feed(&task, slot, &chunk), MORE_BOTH);
	chunk.dir = DIR_DOWN;
	assert_int_equal(classifier_preface.feed(&task, slot, &chunk), 0);
	classifier_preface.close(&task, slot);
	free(slot);
	assert_int_equal(heard.count, 0);
}

static void
text_and_tls_are_not_waited_for(void **state)
{
	static const char *const openings[] = {
		"SSH-2.0-OpenSSH_9.2", "GET /some/where", "\x16\x03\x01\x02\x05\x01"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(openings) / sizeof(openings[0]); i++) {
		struct flow flow = { .proto = 6 };
		struct chunk chunk = { .data = (const uint8_t *)openings[i],
			.len = strlen(openings[i]) };

		assert_int_equal(classifier_preface.sniff(&flow, &chunk), INTEREST_NO);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(telegram_is_recognised_behind_its_noise),
		cmocka_unit_test(who_is_answered_is_not_waited_for),
		cmocka_unit_test(text_and_tls_are_not_waited_for),
		cmocka_unit_test(whatsapp_is_recognised),
		cmocka_unit_test(whatsapp_must_be_whole),
		cmocka_unit_test(a_long_first_message_is_whatsapp_too),
		cmocka_unit_test(telegram_is_recognised),
		cmocka_unit_test(random_streams_are_nothing),
		cmocka_unit_test(other_protocols_are_nothing),
		cmocka_unit_test(servers_and_late_bytes_are_not_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
