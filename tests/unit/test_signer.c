/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signer: bytes in, bytes out, whoever wrote them. What a worker in foreign
 * hands asks for beyond the constraints it does not get.
 */
#include "core/digest.h"
#include "proxy/signer.h"
#include "tests/unit/authority_kit.h"

static struct kit kit;
static struct signer *signer;
static struct authority *authority;
static EVP_PKEY *worker_key;
static uint8_t request[SIGNER_REQUEST_MAX], reply[SIGNER_REPLY_MAX];

/* Offsets in a request: see signer.h. */
enum { AT_VERSION, AT_TAG, AT_FROM = 5, AT_TO = 13, AT_POINT = 21, AT_HOST = 86 };

static int
setup(void **state)
{
	struct problems problems = { 0 };
	struct authority_plan plan;

	(void)state;
	kit_init(&kit);
	plan = kit_plan(&kit);
	kit_make(&plan, AUTHORITY_DONE, NULL);
	signer = signer_new(kit.folder, &problems);
	assert_non_null(signer);
	authority = kit_load(&kit);
	worker_key = leaf_key_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	signer_free(signer);
	authority_free(authority);
	EVP_PKEY_free(worker_key);
	kit_fini(&kit);
	return 0;
}

/* A good request for cdn.discord.com; returns its length. */
static size_t
request_make(uint32_t tag)
{
	static struct leaf_request leaf;

	memset(&leaf, 0, sizeof(leaf));
	strcpy(leaf.host, "cdn.discord.com");
	leaf.not_before = kit.now - KIT_DAY;
	leaf.not_after = kit.now + 90 * KIT_DAY;
	leaf_request_add(&leaf, "*.discord.com", 13);
	leaf_request_add(&leaf, "bank.example", 12);
	return signer_request_write(&leaf, worker_key, tag, request);
}

/* Answers and reads the answer, which must be well formed. */
static struct signer_reply
ask(size_t len)
{
	struct signer_reply read;
	size_t n = signer_answer(signer, request, len, kit.now, reply);

	assert_in_range(n, SIGNER_REPLY_HEAD, SIGNER_REPLY_MAX);
	assert_true(signer_reply_read(reply, n, &read));
	return read;
}

static void
ask_is(size_t len, enum leaf_result result)
{
	struct signer_reply read = ask(len);

	assert_int_equal(read.result, result);
	if (result != LEAF_DONE)
		assert_null(read.leaf);
	X509_free(read.leaf);
}

static void
signs(void **state)
{
	const uint64_t before = signer_counts(signer)[LEAF_DONE];
	struct signer_reply read = ask(request_make(0xdeadbeef));

	(void)state;
	assert_int_equal(read.tag, 0xdeadbeef);
	assert_int_equal(read.result, LEAF_DONE);
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(read.leaf), worker_key), 1);
	assert_int_equal(kit_verify(read.leaf, authority_gateway(authority),
	    authority_root(authority), "cdn.discord.com"), X509_V_OK);
	/* The bank was left out. */
	assert_int_equal(X509_check_host(read.leaf, "bank.example", 0, 0, NULL), 0);
	assert_int_equal(signer_counts(signer)[LEAF_DONE], before + 1);
	X509_free(read.leaf);
}

/* Request with host and names of the test's own, unchecked. */
static size_t
names_make(const char *host, const char *const *names, size_t count)
{
	size_t at = AT_HOST;

	request_make(1);
	request[at++] = (uint8_t)strlen(host);
	memcpy(request + at, host, strlen(host));
	at += strlen(host);
	request[at++] = (uint8_t)count;
	for (size_t i = 0; i < count && i < 8; i++) {
		request[at++] = (uint8_t)strlen(names[i]);
		memcpy(request + at, names[i], strlen(names[i]));
		at += strlen(names[i]);
	}
	return at;
}

static void
refuses_names(void **state)
{
	static const struct {
		const char *host, *names[3];
		enum leaf_result result;
	} cases[] = {
		{ "discord.com", { "discord.com" }, LEAF_DONE },
		{ "bank.example", { "bank.example" }, LEAF_NOT_PERMITTED },
		{ "bank.example", { "discord.com" }, LEAF_NOT_PERMITTED },
		{ "discord.com", { "bank.example" }, LEAF_NOT_COVERED },
		{ "discord.com", { "discord.com", "*" }, LEAF_BAD_REQUEST },
		{ "discord.com", { "discord.com", "203.0.113.7" }, LEAF_BAD_REQUEST },
		{ "discord.com", { "discord.com", "" }, LEAF_BAD_REQUEST },
		{ "discord.com", { NULL }, LEAF_BAD_REQUEST },
		{ "*.discord.com", { "*.discord.com" }, LEAF_BAD_REQUEST },
		{ "", { "discord.com" }, LEAF_BAD_REQUEST },
		{ "DISCORD.com", { "discord.com" }, LEAF_BAD_REQUEST },
		{ "keychain.icloud.com", { "*.icloud.com" }, LEAF_NOT_PERMITTED },
		{ "discord.com\nx", { "discord.com" }, LEAF_BAD_REQUEST },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t count = 0;

		while (count < 3 && cases[i].names[count] != NULL)
			count++;
		ask_is(names_make(cases[i].host, cases[i].names, count), cases[i].result);
	}
}

/* More names than allowed, and a count that promises more than there is. */
static void
refuses_counts(void **state)
{
	static const char *const names[] = { "discord.com" };
	size_t len = names_make("discord.com", names, 1);
	size_t at = AT_HOST + 12;

	(void)state;
	assert_int_equal(request[at], 1);
	for (unsigned count = 2; count < 256; count++) {
		request[at] = (uint8_t)count;
		ask_is(len, LEAF_BAD_REQUEST);
	}
	for (size_t i = 0; i <= LEAF_NAMES_MAX; i++) {
		char name[32];

		snprintf(name, sizeof(name), "n%03zu.discord.com", i);
		if (i == 0) {
			len = at + 1;
			strcpy(name, "discord.com");
		}
		request[len++] = (uint8_t)strlen(name);
		memcpy(request + len, name, strlen(name));
		len += strlen(name);
		request[at] = (uint8_t)(i + 1);
		ask_is(len, i < LEAF_NAMES_MAX ? LEAF_DONE : LEAF_BAD_REQUEST);
	}
}

static void
refuses_cut_and_grown(void **state)
{
	size_t len = request_make(9);

	(void)state;
	for (size_t n = 0; n < len; n++) {
		/* An exact block, so that a sanitiser sees one byte read too far. */
		uint8_t *copy = malloc(n > 0 ? n : 1);

		memcpy(copy, request, n);
		assert_int_equal(signer_answer(signer, copy, n, kit.now, reply),
		    SIGNER_REPLY_HEAD);
		assert_int_equal(reply[5], LEAF_BAD_REQUEST);
		free(copy);
	}
	ask_is(len + 1, LEAF_BAD_REQUEST);
	request[AT_VERSION] = 2;
	ask_is(len, LEAF_BAD_REQUEST);
}

static void
refuses_keys(void **state)
{
	size_t len = request_make(1);

	(void)state;
	request[AT_POINT + 40] ^= 1;	/* off the curve */
	ask_is(len, LEAF_BAD_KEY);
	request_make(1);
	request[AT_POINT] = 2;		/* compressed, and too long for it */
	ask_is(len, LEAF_BAD_KEY);
	memset(request + AT_POINT, 0, SIGNER_POINT_LEN);	/* infinity, padded */
	ask_is(len, LEAF_BAD_KEY);
	/* And again the same, which is kept. */
	ask_is(len, LEAF_BAD_KEY);
	request_make(1);
	ask_is(len, LEAF_DONE);
}

/* A worker asks for a thousand years, or for dates that never were. */
static void
clamps_dates(void **state)
{
	size_t len = request_make(1);
	struct signer_reply read;
	time_t from, to;

	(void)state;
	memset(request + AT_FROM, 0, 8);
	memset(request + AT_TO, 0xff, 8);
	request[AT_TO] = 0x7f;
	read = ask(len);
	assert_int_equal(read.result, LEAF_DONE);
	assert_true(authority_dates(read.leaf, &from, &to));
	assert_true(to - from < (time_t)LEAF_DAYS_MAX * KIT_DAY);
	assert_true(to - kit.now < (time_t)LEAF_DAYS_MAX * KIT_DAY);
	X509_free(read.leaf);
	request[AT_TO] = 0xff;		/* before 1970 */
	ask_is(len, LEAF_BAD_DATES);
	memset(request + AT_TO, 0, 8);
	ask_is(len, LEAF_BAD_DATES);
	memset(request + AT_FROM, 0x7f, 8);
	ask_is(len, LEAF_BAD_DATES);
}

/* Any bytes get an answer that can be read, and no certificate beyond the constraints. */
static void
random_bytes_are_answered(void **state)
{
	(void)state;
	for (int i = 0; i < 3000; i++) {
		size_t len = request_make(3);
		struct signer_reply read;
		uint16_t at;

		random_bytes(&at, sizeof(at));
		request[at % len] ^= (uint8_t)(1u << (i % 8));
		read = ask(len);
		if (read.leaf != NULL) {
			assert_int_equal(kit_verify(read.leaf, authority_gateway(authority),
			    authority_root(authority), NULL), X509_V_OK);
		}
		X509_free(read.leaf);
	}
}

static void
replies_are_read_with_care(void **state)
{
	size_t len = signer_answer(signer, request, request_make(5), kit.now, reply);
	struct signer_reply read;

	(void)state;
	for (size_t n = 0; n < len; n++) {
		uint8_t *copy = malloc(n > 0 ? n : 1);

		memcpy(copy, reply, n);
		assert_false(signer_reply_read(copy, n, &read));
		assert_null(read.leaf);
		free(copy);
	}
	assert_false(signer_reply_read(reply, len + 1, &read));
	reply[5] = LEAF_RESULTS;
	assert_false(signer_reply_read(reply, len, &read));
	reply[5] = LEAF_FAILED;		/* a refusal with a certificate */
	assert_false(signer_reply_read(reply, len, &read));
	assert_true(signer_reply_read(reply, SIGNER_REPLY_HEAD, &read));
	assert_int_equal(read.result, LEAF_FAILED);
	reply[0] = 9;
	assert_false(signer_reply_read(reply, SIGNER_REPLY_HEAD, &read));
}

static void
request_needs_p256(void **state)
{
	struct leaf_request leaf = { .host = "discord.com" };
	EVP_PKEY *key = EVP_EC_gen("P-384");

	(void)state;
	assert_int_equal(signer_request_write(&leaf, key, 1, request), 0);
	EVP_PKEY_free(key);
}

static void
needs_a_sound_authority(void **state)
{
	struct problems problems = { 0 };
	struct authority_plan plan;
	struct kit old;
	char *path;

	(void)state;
	kit_init(&old);
	assert_null(signer_new(old.folder, &problems));
	assert_int_equal(problems.count, 1);
	plan = kit_plan(&old);
	plan.now -= (time_t)(AUTHORITY_GATEWAY_DAYS + 1) * KIT_DAY;
	kit_make(&plan, AUTHORITY_DONE, NULL);
	assert_null(signer_new(old.folder, &problems));
	assert_int_equal(problems.count, 2);
	assert_non_null(strstr(problems.list[1].text, "not valid today"));
	plan.now = old.now;
	plan.replace = true;
	kit_make(&plan, AUTHORITY_DONE, NULL);
	path = kit_path(&old, "gateway.key");
	chmod(path, 0660);
	assert_null(signer_new(old.folder, &problems));
	assert_int_equal(problems.count, 3);
	free(path);
	problems_fini(&problems);
	kit_fini(&old);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs), cmocka_unit_test(refuses_names),
		cmocka_unit_test(refuses_counts), cmocka_unit_test(refuses_cut_and_grown),
		cmocka_unit_test(refuses_keys), cmocka_unit_test(clamps_dates),
		cmocka_unit_test(random_bytes_are_answered),
		cmocka_unit_test(replies_are_read_with_care),
		cmocka_unit_test(request_needs_p256),
		cmocka_unit_test(needs_a_sound_authority),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
