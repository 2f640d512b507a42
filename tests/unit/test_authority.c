/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The authority: its files, what a stolen key is worth, and what is refused
 * when the files are not its own.
 */
#include "tests/unit/authority_kit.h"

/* ---- making ------------------------------------------------------------------------------ */

static void
mode_check(const struct kit *kit, const char *name, mode_t mode)
{
	char *path = kit_path(kit, name);
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, mode);
	free(path);
}

static void
make_files(void **state)
{
	struct authority_plan plan;
	struct authority *authority;
	time_t from, to;
	struct kit kit;

	(void)state;
	kit_init(&kit);
	plan = kit_plan(&kit);
	kit_make(&plan, AUTHORITY_DONE, NULL);
	mode_check(&kit, "root.key", 0600);
	mode_check(&kit, "gateway.key", 0600);
	mode_check(&kit, "root.pem", 0644);
	mode_check(&kit, "gateway.pem", 0644);
	authority = kit_load(&kit);
	assert_non_null(authority);
	EVP_PKEY_free(kit_key(&kit, authority));
	assert_true(authority_valid(authority, kit.now));
	assert_true(authority_dates(authority_root(authority), &from, &to));
	assert_int_equal((to - kit.now) / KIT_DAY, AUTHORITY_ROOT_DAYS);
	assert_true(authority_dates(authority_gateway(authority), &from, &to));
	assert_int_equal((to - kit.now) / KIT_DAY, AUTHORITY_GATEWAY_DAYS);
	assert_false(authority_valid(authority, to + 1));
	assert_false(authority_valid(authority, from - 1));
	assert_int_equal(kit_verify(authority_gateway(authority), NULL,
	    authority_root(authority), NULL), X509_V_OK);
	authority_free(authority);
	/* A second time nothing is touched. */
	kit_make(&plan, AUTHORITY_WRONG, "exists");
	kit_fini(&kit);
}

static struct authority_names
names_of(const struct kit *kit, const char *service)
{
	struct authority_names names = { 0 };

	authority_names_add(&names, kit->rules, rules_service_by_id(kit->rules, service));
	authority_names_settle(&names);
	return names;
}

static void
make_renews(void **state)
{
	char before[AUTHORITY_PRINT_MAX], root[AUTHORITY_PRINT_MAX], text[AUTHORITY_PRINT_MAX];
	struct authority_names matrix, discord;
	struct authority *authority;
	struct authority_plan plan;
	struct kit kit;

	(void)state;
	kit_init(&kit);
	matrix = names_of(&kit, "matrix");
	discord = names_of(&kit, "discord");
	plan = kit_plan(&kit);
	plan.passphrase = "correct horse";
	kit_make(&plan, AUTHORITY_DONE, NULL);
	authority = kit_load(&kit);
	authority_print(authority_root(authority), root);
	authority_print(authority_gateway(authority), before);
	authority_free(authority);

	plan.renew = true;
	plan.gateway = &matrix;
	kit_make(&plan, AUTHORITY_WRONG, "does not permit element.io");
	plan.gateway = &discord;
	plan.passphrase = NULL;
	kit_make(&plan, AUTHORITY_WRONG, "passphrase");
	plan.passphrase = "wrong";
	kit_make(&plan, AUTHORITY_WRONG, "passphrase");
	plan.passphrase = "correct horse";
	kit_make(&plan, AUTHORITY_DONE, NULL);

	authority = kit_load(&kit);
	EVP_PKEY_free(kit_key(&kit, authority));
	assert_string_equal(authority_print(authority_root(authority), text), root);
	assert_string_not_equal(authority_print(authority_gateway(authority), text), before);
	assert_false(authority_permits(authority, "www.icloud.com"));
	assert_true(authority_permits(authority, "discord.com"));
	authority_free(authority);

	/* By force all is new. */
	plan.renew = false;
	plan.replace = true;
	kit_make(&plan, AUTHORITY_DONE, NULL);
	authority = kit_load(&kit);
	assert_string_not_equal(authority_print(authority_root(authority), text), root);
	authority_free(authority);
	authority_names_fini(&matrix);
	authority_names_fini(&discord);
	kit_fini(&kit);
}

static void
make_refuses(void **state)
{
	struct authority_names none = { 0 };
	struct authority_plan plan;
	struct kit kit;

	(void)state;
	kit_init(&kit);
	plan = kit_plan(&kit);
	plan.gateway = &none;
	kit_make(&plan, AUTHORITY_WRONG, "no server names");
	plan = kit_plan(&kit);
	plan.renew = true;
	kit_make(&plan, AUTHORITY_WRONG, "root.pem");
	plan = kit_plan(&kit);
	plan.folder = "/proc/no-such-folder";
	kit_make(&plan, AUTHORITY_FAILED, "/proc/no-such-folder");
	kit_fini(&kit);
}

/* ---- a stolen key -------------------------------------------------------------------------- */

/* The thief signs what he likes; whoever trusts the root does not believe it. */
static void
stolen_key_opens_nothing_else(void **state)
{
	static const struct {
		const char *subject, *names;
		int error;
	} cases[] = {
		{ NULL, "critical,DNS:discord.com", X509_V_OK },
		{ NULL, "critical,DNS:bank.example", X509_V_ERR_PERMITTED_VIOLATION },
		{ NULL, "critical,DNS:discord.com,DNS:bank.example",
		    X509_V_ERR_PERMITTED_VIOLATION },
		{ NULL, "critical,DNS:*.com", X509_V_ERR_PERMITTED_VIOLATION },
		{ NULL, "critical,DNS:keychain.icloud.com", X509_V_ERR_EXCLUDED_VIOLATION },
		{ NULL, "critical,IP:203.0.113.7", X509_V_ERR_EXCLUDED_VIOLATION },
		{ NULL, "critical,IP:2001:db8::7", X509_V_ERR_EXCLUDED_VIOLATION },
		{ NULL, "critical,email:someone@example.org", X509_V_ERR_PERMITTED_VIOLATION },
		{ NULL, "critical,URI:https://bank.example/", X509_V_ERR_PERMITTED_VIOLATION },
		{ "bank.example", NULL, X509_V_ERR_PERMITTED_VIOLATION },
	};
	struct authority_plan plan;
	struct authority *authority;
	EVP_PKEY *key, *own = leaf_key_new();
	struct kit kit;

	(void)state;
	kit_init(&kit);
	plan = kit_plan(&kit);
	kit_make(&plan, AUTHORITY_DONE, NULL);
	authority = kit_load(&kit);
	key = kit_key(&kit, authority);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct kit_ext exts[] = {
			{ NID_subject_alt_name, cases[i].names }, { 0, NULL }
		};
		X509 *leaf = kit_cert(cases[i].subject, exts, kit.now - 60, kit.now + 60, own,
		    authority_gateway(authority), key);
		int error = kit_verify(leaf, authority_gateway(authority),
		    authority_root(authority), NULL);

		if (error != cases[i].error)
			fail_msg("%s: %s", cases[i].names ? cases[i].names : cases[i].subject,
			    X509_verify_cert_error_string(error));
		X509_free(leaf);
	}
	EVP_PKEY_free(key);
	EVP_PKEY_free(own);
	authority_free(authority);
	kit_fini(&kit);
}

/* ---- files that are not right ----------------------------------------------------------------- */

static void
gateway_write(const struct kit *kit, X509 *first, X509 *second)
{
	char *path = kit_path(kit, "gateway.pem");
	FILE *out = fopen(path, "w");

	if (first != NULL)
		PEM_write_X509(out, first);
	if (second != NULL)
		PEM_write_X509(out, second);
	fclose(out);
	free(path);
}

static void
load_must_fail(const struct kit *kit, const char *words)
{
	struct problems problems = { 0 };

	assert_null(authority_load(kit->folder, &problems));
	assert_int_equal(problems.count, 1);
	if (strstr(problems.list[0].text, words) == NULL)
		fail_msg("%s", problems.list[0].text);
	problems_fini(&problems);
}

static void
load_refuses(void **state)
{
	static const struct kit_ext open_ca[] = {
		{ NID_basic_constraints, "critical,CA:TRUE,pathlen:0" },
		{ NID_key_usage, "critical,keyCertSign" }, { 0, NULL }
	};
	struct authority_plan plan;
	struct authority *authority;
	EVP_PKEY *own = leaf_key_new();
	X509 *open, *root, *gateway;
	struct kit kit;

	(void)state;
	kit_init(&kit);
	load_must_fail(&kit, "No such file");
	plan = kit_plan(&kit);
	kit_make(&plan, AUTHORITY_DONE, NULL);
	authority = kit_load(&kit);
	root = authority_root(authority);
	gateway = authority_gateway(authority);
	open = kit_cert("open", open_ca, kit.now - 60, kit.now + 60, own, NULL, NULL);
	gateway_write(&kit, NULL, NULL);
	load_must_fail(&kit, "no certificate of the gateway");
	gateway_write(&kit, gateway, NULL);
	load_must_fail(&kit, "no certificate of the root");
	gateway_write(&kit, root, gateway);
	load_must_fail(&kit, "the root did not sign itself");
	gateway_write(&kit, open, root);
	load_must_fail(&kit, "the root did not sign the gateway's");
	gateway_write(&kit, open, open);
	load_must_fail(&kit, "no critical name constraints");
	gateway_write(&kit, root, root);
	load_must_fail(&kit, "could make another authority");
	X509_free(open);
	EVP_PKEY_free(own);
	authority_free(authority);
	kit_fini(&kit);
}

static void
key_must_fail(const struct kit *kit, const struct authority *authority,
    const char *words)
{
	struct problems problems = { 0 };

	assert_null(authority_key_load(authority, kit->folder, &problems));
	assert_non_null(strstr(problems.list[0].text, words));
	problems_fini(&problems);
}

static void
key_refuses(void **state)
{
	struct authority_plan plan;
	struct authority *authority;
	struct kit kit;
	char *path, *root;

	(void)state;
	kit_init(&kit);
	plan = kit_plan(&kit);
	kit_make(&plan, AUTHORITY_DONE, NULL);
	authority = kit_load(&kit);
	path = kit_path(&kit, "gateway.key");
	root = kit_path(&kit, "root.key");
	chmod(path, 0640);
	key_must_fail(&kit, authority, "chmod 600");
	chmod(path, 0604);
	key_must_fail(&kit, authority, "chmod 600");
	unlink(path);
	key_must_fail(&kit, authority, "No such file");
	assert_int_equal(symlink("root.key", path), 0);
	key_must_fail(&kit, authority, path);
	unlink(path);
	assert_int_equal(rename(root, path), 0);
	key_must_fail(&kit, authority, "not the key of the certificate");
	free(path);
	free(root);
	authority_free(authority);
	kit_fini(&kit);
}

/* ---- export ---------------------------------------------------------------------------------------- */

static void
profile_is_the_same_and_escaped(void **state)
{
	static const uint8_t der[] = { 0x30, 0x03, 0x02, 0x01, 0x05 };
	char *one = authority_profile(der, sizeof(der), "A & <B>\001");
	char *two = authority_profile(der, sizeof(der), "A & <B>\001");
	char *other = authority_profile(der, sizeof(der) - 1, NULL);

	(void)state;
	assert_string_equal(one, two);
	assert_string_not_equal(one, other);
	assert_non_null(strstr(one, "<string>A &amp; &lt;B&gt; </string>"));
	assert_null(strstr(other, "PayloadOrganization"));
	assert_non_null(strstr(one, "\t\t\tMAMCAQU=\n"));
	assert_non_null(strstr(one, "<string>com.apple.security.root</string>"));
	free(one);
	free(two);
	free(other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(make_files),
		cmocka_unit_test(make_renews), cmocka_unit_test(make_refuses),
		cmocka_unit_test(stolen_key_opens_nothing_else),
		cmocka_unit_test(load_refuses), cmocka_unit_test(key_refuses),
		cmocka_unit_test(profile_is_the_same_and_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
