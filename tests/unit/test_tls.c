/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS opened with its keys, against what OpenSSL's own client and server said
 * to each other: every suite they can agree on, every way to change keys.
 *
 *	test_tls CAPTURE KEYLOG		prints what comes out of a capture: for each
 *					direction client port, dir, bytes, SHA-256
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/digest.h"
#include "core/mem.h"
#include "tls_hear.h"

static struct talk talk;
static uint8_t upload[40000], answer[3000];

static void
bytes_fill(void)
{
	for (size_t i = 0; i < sizeof(upload); i++)
		upload[i] = (uint8_t)(i * 7 + i / 251);
	for (size_t i = 0; i < sizeof(answer); i++)
		answer[i] = (uint8_t)(i * 3 + i / 241);
}

static void
assert_heard_talk(const char *what)
{
	if (heard.opened != 1 || heard.len[DIR_UP] != sizeof(upload) ||
	    heard.len[DIR_DOWN] != sizeof(answer))
		fail_msg("%s: opened %u, %zu up, %zu down", what, heard.opened,
		    heard.len[DIR_UP], heard.len[DIR_DOWN]);
	assert_memory_equal(heard.bytes[DIR_UP], upload, sizeof(upload));
	assert_memory_equal(heard.bytes[DIR_DOWN], answer, sizeof(answer));
	assert_int_equal(heard.unknown_gaps[0] + heard.unknown_gaps[1], 0);
	assert_int_equal(counts.unscanned[UNSCANNED_ENCRYPTED], 0);
	assert_int_equal(door.held_total, 0);
}

static void
talk_whole(void)
{
	talk_say(&talk, DIR_UP, upload, sizeof(upload));
	talk_say(&talk, DIR_DOWN, answer, sizeof(answer));
}

static unsigned
talk_psk_client(SSL *ssl, const char *hint, char *identity, unsigned room,
    unsigned char *psk, unsigned psk_room)
{
	(void)ssl, (void)hint, (void)psk_room;
	snprintf(identity, room, "phone");
	memset(psk, 7, 16);
	return 16;
}

static unsigned
talk_psk_server(SSL *ssl, const char *identity, unsigned char *psk, unsigned room)
{
	(void)ssl, (void)identity, (void)room;
	memset(psk, 7, 16);
	return 16;
}

static void
talk_psk(void)
{
	SSL_CTX_set_psk_client_callback(talk.contexts[DIR_UP], talk_psk_client);
	SSL_CTX_set_psk_server_callback(talk.contexts[DIR_DOWN], talk_psk_server);
}

/* One suite, agreed on, used, opened. False when libssl's ends do not agree on it. */
static bool
suite_opens(int version, const char *name, uint64_t options)
{
	bool agreed;

	talk_init(&talk, version, name);
	talk_psk();
	SSL_CTX_set_options(talk.contexts[DIR_UP], options);
	talk_begin(&talk, NULL);
	agreed = talk_shake(&talk);
	if (agreed) {
		talk_whole();
		hear(&talk, 1400);
		assert_heard_talk(name);
	}
	talk_fini(&talk);
	return agreed;
}

/* ---- suites ---- */

/* Names of all suites of libssl for a version, or of those whose name has a part. */
static unsigned
suites_open(int version, const char *part, uint64_t options)
{
	SSL_CTX *all = SSL_CTX_new(TLS_client_method());
	STACK_OF(SSL_CIPHER) *list;
	unsigned opened = 0;

	SSL_CTX_set_security_level(all, 0);
	SSL_CTX_set_cipher_list(all, "ALL:COMPLEMENTOFALL");
	list = SSL_CTX_get_ciphers(all);
	for (int i = 0; i < sk_SSL_CIPHER_num(list); i++) {
		const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(list, i);
		const char *name = SSL_CIPHER_get_name(cipher);
		bool last = SSL_CIPHER_get_protocol_id(cipher) >> 8 == 0x13;

		if (last == (version == TLS1_3_VERSION) && (!part || strstr(name, part)))
			opened += suite_opens(version, name, options);
	}
	SSL_CTX_free(all);
	return opened;
}

static void
every_suite_of_tls_1_2_opens(void **state)
{
	(void)state;
	/* Without DSS and SRP, whose records are those of others. */
	assert_true(suites_open(TLS1_2_VERSION, NULL, 0) >= 120);
}

static void
cbc_opens_with_the_mac_inside(void **state)
{
	(void)state;
	assert_true(suites_open(TLS1_2_VERSION, "SHA", SSL_OP_NO_ENCRYPT_THEN_MAC) > 60);
}

static void
older_versions_open(void **state)
{
	(void)state;
	assert_true(suites_open(TLS1_VERSION, "-SHA", 0) > 15);
	assert_true(suites_open(TLS1_VERSION, "-SHA", SSL_OP_NO_ENCRYPT_THEN_MAC) > 15);
	assert_true(suites_open(TLS1_1_VERSION, "-SHA", 0) > 15);
}

static void
every_suite_of_tls_1_3_opens(void **state)
{
	(void)state;
	assert_true(suite_opens(TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", 0));
	assert_true(suite_opens(TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", 0));
	assert_true(suite_opens(TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256", 0));
	assert_true(suite_opens(TLS1_3_VERSION, "TLS_AES_128_CCM_SHA256", 0));
	assert_true(suite_opens(TLS1_3_VERSION, "TLS_AES_128_CCM_8_SHA256", 0));
}

/* ---- the ways of a connection ---- */

#define SUITE_1_3 "TLS_AES_128_GCM_SHA256"
#define SUITE_1_2 "ECDHE-RSA-AES128-GCM-SHA256"

static void
begin_1_3(void)
{
	talk_init(&talk, TLS1_3_VERSION, SUITE_1_3);
	talk_begin(&talk, NULL);
}

static void
begin_1_2(const char *suite)
{
	talk_init(&talk, TLS1_2_VERSION, suite);
	talk_begin(&talk, NULL);
}

static void
pieces_of_any_size_give_the_same(void **state)
{
	static const size_t pieces[] = { 1, 2, 3, 5, 7, 100, 4096, 1 << 20 };

	(void)state;
	for (int version = 0; version < 2; version++) {
		version ? begin_1_3() : begin_1_2(SUITE_1_2);
		assert_true(talk_shake(&talk));
		talk_whole();
		for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
			hear(&talk, pieces[i]);
			assert_heard_talk("pieces");
		}
		talk_fini(&talk);
	}
}

static void
one_direction_may_come_first(void **state)
{
	struct hearing hearing;

	(void)state;
	for (int i = 0; i < 4; i++) {
		i / 2 ? begin_1_3() : begin_1_2(SUITE_1_2);
		assert_true(talk_shake(&talk));
		talk_whole();
		hearing_begin(&hearing, talk.keylog);
		hearing_talk(&hearing, &talk, 1400, i % 2 ? 1 : 2);
		hearing_talk(&hearing, &talk, 1400, i % 2 ? 2 : 1);
		hearing_end(&hearing);
		assert_heard_talk("one direction first");
		talk_fini(&talk);
	}
}

static void
keys_are_updated_both_ways(void **state)
{
	(void)state;
	begin_1_3();
	assert_true(talk_shake(&talk));
	talk_say(&talk, DIR_UP, upload, 100);
	SSL_key_update(talk.ends[DIR_UP], SSL_KEY_UPDATE_REQUESTED);
	talk_say(&talk, DIR_UP, upload + 100, 100);
	talk_say(&talk, DIR_DOWN, answer, 100);
	SSL_key_update(talk.ends[DIR_DOWN], SSL_KEY_UPDATE_NOT_REQUESTED);
	talk_say(&talk, DIR_DOWN, answer + 100, sizeof(answer) - 100);
	SSL_key_update(talk.ends[DIR_UP], SSL_KEY_UPDATE_NOT_REQUESTED);
	talk_say(&talk, DIR_UP, upload + 200, sizeof(upload) - 200);
	hear(&talk, 1400);
	assert_heard_talk("key update");
	talk_fini(&talk);
}

static void
a_retried_hello_opens(void **state)
{
	(void)state;
	begin_1_3();
	SSL_set1_groups_list(talk.ends[DIR_UP], "X25519:P-384");
	SSL_set1_groups_list(talk.ends[DIR_DOWN], "P-384");
	assert_true(talk_shake(&talk));
	talk_whole();
	hear(&talk, 1400);
	assert_heard_talk("hello retry");
	talk_fini(&talk);
}

static void
padding_is_removed(void **state)
{
	(void)state;
	begin_1_3();
	SSL_set_block_padding(talk.ends[DIR_UP], 512);
	SSL_set_block_padding(talk.ends[DIR_DOWN], 100);
	assert_true(talk_shake(&talk));
	talk_whole();
	hear(&talk, 1400);
	assert_heard_talk("padding");
	talk_fini(&talk);
}

static void
a_renegotiated_connection_opens(void **state)
{
	uint8_t sink[10];

	(void)state;
	begin_1_2("ECDHE-RSA-AES256-SHA384");
	SSL_set_options(talk.ends[DIR_DOWN], SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
	assert_true(talk_shake(&talk));
	talk_say(&talk, DIR_UP, upload, 100);
	SSL_renegotiate(talk.ends[DIR_UP]);
	SSL_do_handshake(talk.ends[DIR_UP]);
	for (int i = 0; i < 10; i++) {
		talk_carry_all(&talk);
		assert_true(SSL_read(talk.ends[DIR_DOWN], sink, sizeof(sink)) <= 0);
		talk_carry_all(&talk);
		assert_true(SSL_read(talk.ends[DIR_UP], sink, sizeof(sink)) <= 0);
	}
	assert_int_equal(SSL_num_renegotiations(talk.ends[DIR_UP]), 1);
	talk_say(&talk, DIR_UP, upload + 100, sizeof(upload) - 100);
	talk_say(&talk, DIR_DOWN, answer, sizeof(answer));
	hear(&talk, 1400);
	assert_heard_talk("renegotiation");
	talk_fini(&talk);
}

static void
a_resumed_session_opens(void **state)
{
	SSL_SESSION *session;

	(void)state;
	for (int version = 0; version < 2; version++) {
		version ? begin_1_3() : begin_1_2(SUITE_1_2);
		assert_true(talk_shake(&talk));
		talk_whole();
		session = SSL_get1_session(talk.ends[DIR_UP]);
		talk_begin(&talk, session);
		assert_true(talk_shake(&talk));
		assert_true(SSL_session_reused(talk.ends[DIR_UP]));
		talk_whole();
		hear(&talk, 1400);
		assert_heard_talk("resumption");
		SSL_SESSION_free(session);
		talk_fini(&talk);
	}
}

/* ---- early data ---- */

static void
early_talk(uint32_t server_takes)
{
	SSL_SESSION *session;
	uint8_t sink[1000];
	size_t n;

	talk_init(&talk, TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384");
	SSL_CTX_set_max_early_data(talk.contexts[DIR_DOWN], 16384);
	talk_begin(&talk, NULL);
	assert_true(talk_shake(&talk));
	talk_whole();
	session = SSL_get1_session(talk.ends[DIR_UP]);
	SSL_CTX_set_max_early_data(talk.contexts[DIR_DOWN], server_takes);
	talk_begin(&talk, session);
	assert_int_equal(SSL_write_early_data(talk.ends[DIR_UP], upload, 900, &n), 1);
	talk_carry_all(&talk);
	while (SSL_read_early_data(talk.ends[DIR_DOWN], sink, sizeof(sink), &n) ==
	    SSL_READ_EARLY_DATA_SUCCESS)
		;
	talk_carry_all(&talk);
	assert_true(talk_shake(&talk));
	SSL_SESSION_free(session);
}

static void
early_data_is_read_once(void **state)
{
	(void)state;
	early_talk(16384);
	assert_int_equal(SSL_get_early_data_status(talk.ends[DIR_UP]), SSL_EARLY_DATA_ACCEPTED);
	talk_say(&talk, DIR_UP, upload + 900, sizeof(upload) - 900);
	talk_say(&talk, DIR_DOWN, answer, sizeof(answer));
	hear(&talk, 1400);
	assert_heard_talk("early data");
	talk_fini(&talk);
}

static void
refused_early_data_is_not_read(void **state)
{
	(void)state;
	early_talk(0);
	assert_int_equal(SSL_get_early_data_status(talk.ends[DIR_UP]), SSL_EARLY_DATA_REJECTED);
	talk_whole();
	hear(&talk, 1400);
	assert_heard_talk("early data refused");
	talk_fini(&talk);
}

/* Takes the lines that begin with a label out of the key log. */
static void
keylog_drop(char *log, const char *label)
{
	char *at = log, *end;

	while (*at != '\0') {
		end = strchr(at, '\n') + 1;
		if (strncmp(at, label, strlen(label)) == 0)
			memmove(at, end, strlen(end) + 1);
		else
			at = end;
	}
}

static void
early_data_without_its_key_costs_only_itself(void **state)
{
	(void)state;
	early_talk(16384);
	talk_whole();
	keylog_drop(talk.keylog, "CLIENT_EARLY");
	hear(&talk, 1400);
	assert_heard_talk("no early key");
	talk_fini(&talk);
}

static void
traffic_keys_alone_are_enough(void **state)
{
	(void)state;
	begin_1_3();
	assert_true(talk_shake(&talk));
	talk_whole();
	keylog_drop(talk.keylog, "CLIENT_HANDSHAKE");
	keylog_drop(talk.keylog, "SERVER_HANDSHAKE");
	hear(&talk, 1400);
	assert_heard_talk("traffic keys alone");
	keylog_drop(talk.keylog, "SERVER_TRAFFIC");
	hear(&talk, 1400);
	assert_int_equal(heard.len[DIR_UP], sizeof(upload));
	assert_int_equal(heard.len[DIR_DOWN], 0);
	talk_fini(&talk);
}

/* ---- a capture's flows, printed ---- */

struct dumped {
	struct digest *digest[2];
	size_t len[2];
};

static void
dump_plain(struct flow *flow, const struct chunk *chunk)
{
	struct dumped *dumped = flow->work;

	if (dumped == NULL) {
		flow->work = dumped = xcalloc(1, sizeof(*dumped));
		dumped->digest[0] = digest_new();
		dumped->digest[1] = digest_new();
	}
	digest_update(dumped->digest[chunk->dir], chunk->data, chunk->len);
	dumped->len[chunk->dir] += chunk->len;
}

static void
dump_close(struct flow *flow)
{
	struct dumped *dumped = flow->work;
	uint8_t digest[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];

	for (int dir = 0; dir < 2 && dumped != NULL; dir++) {
		digest_final(dumped->digest[dir], digest);
		printf("%u %s %zu %s\n", flow->client_port, dir == DIR_UP ? "up" : "down",
		    dumped->len[dir], hex_text(digest, sizeof(digest), hex));
	}
	free(dumped);
}

static int
dump(const char *capture, const char *keylog)
{
	struct secrets *secrets = secrets_new(NULL);
	struct replay_options options = { .secrets = secrets };
	enum replay_result result;

	heard.wants = WANT_PLAIN;
	hear_plain = dump_plain;
	hear_close = dump_close;
	secrets_load(secrets, keylog);
	result = capture_replay(capture, &options, &counts);
	secrets_free(secrets);
	return result != REPLAY_DONE;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_suite_of_tls_1_2_opens),
		cmocka_unit_test(cbc_opens_with_the_mac_inside),
		cmocka_unit_test(older_versions_open),
		cmocka_unit_test(every_suite_of_tls_1_3_opens),
		cmocka_unit_test(pieces_of_any_size_give_the_same),
		cmocka_unit_test(one_direction_may_come_first),
		cmocka_unit_test(keys_are_updated_both_ways),
		cmocka_unit_test(a_retried_hello_opens),
		cmocka_unit_test(padding_is_removed),
		cmocka_unit_test(a_renegotiated_connection_opens),
		cmocka_unit_test(a_resumed_session_opens),
		cmocka_unit_test(early_data_is_read_once),
		cmocka_unit_test(refused_early_data_is_not_read),
		cmocka_unit_test(early_data_without_its_key_costs_only_itself),
		cmocka_unit_test(traffic_keys_alone_are_enough),
	};

	if (argc == 3)
		return dump(argv[1], argv[2]);
	bytes_fill();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
