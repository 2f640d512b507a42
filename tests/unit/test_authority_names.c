/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which names the authority may sign: from the rules, into a certificate's
 * constraints, and back.
 */
#include "tests/unit/authority_kit.h"

/* ---- names ------------------------------------------------------------------------- */

static void
names_valid(void **state)
{
	static const struct {
		const char *name;
		size_t len;
		bool valid;
	} cases[] = {
		{ "discord.com", 11, true }, { "*.discord.com", 13, true },
		{ "a_b.example.org", 15, true }, { "xn--bcher-kva.example", 21, true },
		{ "localhost", 9, false }, { "*.com", 5, false }, { "*", 1, false },
		{ "*.*.example.org", 15, false }, { "a.*.example.org", 15, false },
		{ "w*.example.org", 14, false }, { "", 0, false },
		{ ".example.org", 12, false }, { "example.org.", 12, false },
		{ "a..example.org", 14, false }, { "192.0.2.1", 9, false },
		{ "Discord.com", 11, false }, { "a b.example.org", 15, false },
		{ "a\0.example.org", 14, false }, { "b\303\274cher.example", 15, false },
		{ "@example.org", 12, false }, { "2001:db8::1", 11, false },
	};
	char label[80], name[400] = "";

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (authority_name_valid(cases[i].name, cases[i].len) != cases[i].valid)
			fail_msg("%s", cases[i].name);
	}
	memset(label, 'a', sizeof(label));
	for (size_t len = 63; len <= 64; len++) {
		snprintf(name, sizeof(name), "%.*s.org", (int)len, label);
		assert_int_equal(authority_name_valid(name, strlen(name)), len == 63);
	}
	name[0] = '\0';
	while (strlen(name) < 252)
		strcat(name, "a.");
	strcat(name, "b");
	assert_int_equal(strlen(name), 253);
	assert_true(authority_name_valid(name, 253));
	strcat(name, "b");
	assert_false(authority_name_valid(name, 254));
}

static void
names_cover(void **state)
{
	(void)state;
	assert_true(authority_name_covers("www.example.org", "WWW.example.org"));
	assert_true(authority_name_covers("*.example.org", "www.example.org"));
	assert_false(authority_name_covers("*.example.org", "example.org"));
	assert_false(authority_name_covers("*.example.org", "a.b.example.org"));
	assert_false(authority_name_covers("*.example.org", ".example.org"));
	assert_false(authority_name_covers("example.org", "www.example.org"));
}

static void
names_permit(void **state)
{
	static const struct {
		const char *name;
		bool permitted;
	} cases[] = {
		{ "discord.com", true }, { "cdn.discord.com", true },
		{ "*.discord.com", true }, { "gateway.discord.gg", true },
		{ "notdiscord.com", false }, { "discord.com.example", false },
		{ "com", false }, { "*.com", false }, { "bank.example", false },
		{ "icloud.com", true }, { "www.icloud.com", true },
		{ "keychain.icloud.com", false }, { "a.keychain.icloud.com", false },
		{ "*.keychain.icloud.com", false },
		/* It would stand for keychain.icloud.com. */
		{ "*.icloud.com", false }, { "*.www.icloud.com", true },
		{ "203.0.113.7", false }, { "", false },
	};
	struct kit kit;

	(void)state;
	kit_init(&kit);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (authority_names_permit(&kit.names, cases[i].name) != cases[i].permitted)
			fail_msg("%s", cases[i].name);
	}
	kit_fini(&kit);
}

/* Every service: each name the rules open may be signed, and none that stays closed. */
static void
names_of_all_services(void **state)
{
	struct authority_names all = { 0 };
	const struct service *service;
	const char *domain;
	struct kit kit;
	size_t seen = 0;

	(void)state;
	kit_init(&kit);
	for (size_t i = 0; i < rules_service_count(kit.rules); i++)
		authority_names_add(&all, kit.rules, rules_service(kit.rules, i));
	authority_names_settle(&all);
	for (size_t i = 0; (domain = rules_watched_domain(kit.rules, i, &service)) != NULL;
	    i++, seen++) {
		if (!authority_names_permit(&all, domain))
			fail_msg("%s of %s", domain, service->id);
	}
	assert_true(seen > 100 && all.permitted.count > 100);
	assert_true(all.permitted.count <= AUTHORITY_DOMAINS_MAX);
	for (size_t i = 0; (domain = rules_closed_domain(kit.rules, i)) != NULL; i++) {
		if (rules_never_open(kit.rules, domain) != NULL &&
		    authority_names_permit(&all, domain))
			fail_msg("%s", domain);
	}
	/* Settled: sorted, and nothing twice. */
	for (size_t i = 1; i < all.permitted.count; i++)
		assert_true(strcmp(all.permitted.list[i - 1], all.permitted.list[i]) < 0);
	authority_names_fini(&all);
	kit_fini(&kit);
}

/* ---- constraints ---------------------------------------------------------------------- */

static void
constraints_there_and_back(void **state)
{
	struct authority_names read;
	X509 *cert = X509_new();
	struct kit kit;

	(void)state;
	kit_init(&kit);
	assert_true(authority_names_put(&kit.names, cert));
	assert_true(authority_names_get(cert, &read));
	assert_int_equal(read.permitted.count, kit.names.permitted.count);
	for (size_t i = 0; i < read.permitted.count; i++)
		assert_string_equal(read.permitted.list[i], kit.names.permitted.list[i]);
	assert_int_equal(read.excluded.count, 1);
	assert_string_equal(read.excluded.list[0], "keychain.icloud.com");
	authority_names_fini(&read);
	X509_free(cert);
	kit_fini(&kit);
}

#define NOBODY_EITHER ",excluded;email:nobody.invalid,excluded;URI:nobody.invalid"
#define SHUT ",excluded;IP:0.0.0.0/0.0.0.0,excluded;IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0" \
    ",permitted;email:nobody.invalid,permitted;URI:nobody.invalid" NOBODY_EITHER

/* Anything weaker than what this program writes is no authority of ours. */
static void
constraints_refused(void **state)
{
	static const struct {
		const char *value;
		bool good;
	} cases[] = {
		{ "critical,permitted;DNS:discord.com" SHUT, true },
		{ "permitted;DNS:discord.com" SHUT, false },
		{ "critical" SHUT, false },
		{ "critical,permitted;DNS:discord.com", false },
		{ "critical,permitted;DNS:discord.com,excluded;IP:0.0.0.0/0.0.0.0,"
		    "permitted;email:nobody.invalid,permitted;URI:nobody.invalid"
		    NOBODY_EITHER, false },
		{ "critical,permitted;DNS:discord.com,permitted;email:example.org" SHUT, false },
		{ "critical,permitted;DNS:discord.com,permitted;URI:.example.org" SHUT, false },
		{ "critical,permitted;DNS:com" SHUT, false },
		{ "critical,permitted;DNS:.discord.com" SHUT, false },
		{ "critical,permitted;DNS:*.discord.com" SHUT, false },
		{ "critical,permitted;DNS:discord.com,permitted;IP:10.0.0.0/255.0.0.0" SHUT,
		    false },
		{ "critical,permitted;DNS:discord.com,permitted;RID:1.2.3" SHUT, false },
	};
	EVP_PKEY *key = leaf_key_new();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct kit_ext exts[] = {
			{ NID_name_constraints, cases[i].value }, { 0, NULL }
		};
		X509 *cert = kit_cert("x", exts, 0, 1, key, NULL, NULL);
		struct authority_names names;

		if (authority_names_get(cert, &names) != cases[i].good)
			fail_msg("%s", cases[i].value);
		authority_names_fini(&names);
		X509_free(cert);
	}
	EVP_PKEY_free(key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_valid), cmocka_unit_test(names_cover),
		cmocka_unit_test(names_permit), cmocka_unit_test(names_of_all_services),
		cmocka_unit_test(constraints_there_and_back),
		cmocka_unit_test(constraints_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
