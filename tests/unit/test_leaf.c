/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leaves: what is mirrored from an origin, what is not, and what clients make
 * of it. A bad origin's is refused as its own was.
 */
#include "tests/unit/authority_kit.h"

static struct kit kit;
static struct authority *authority;
static EVP_PKEY *gateway_key, *worker_key;

static int
setup(void **state)
{
	struct authority_plan plan;

	(void)state;
	kit_init(&kit);
	plan = kit_plan(&kit);
	kit_make(&plan, AUTHORITY_DONE, NULL);
	authority = kit_load(&kit);
	gateway_key = kit_key(&kit, authority);
	worker_key = leaf_key_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	EVP_PKEY_free(gateway_key);
	EVP_PKEY_free(worker_key);
	authority_free(authority);
	kit_fini(&kit);
	return 0;
}

/* Of a request; the leaf is the caller's. */
static enum leaf_result
build(const struct leaf_request *request, const struct leaf_issuer *issuer,
    EVP_PKEY *key, time_t now, X509 **leaf)
{
	uint8_t der[LEAF_DER_MAX];
	const unsigned char *at = der;
	enum leaf_result result;
	size_t len;

	*leaf = NULL;
	result = leaf_build(request, issuer, key, now, der, &len);
	if (result == LEAF_DONE)
		*leaf = d2i_X509(NULL, &at, (long)len);
	assert_int_equal(*leaf != NULL, result == LEAF_DONE);
	return result;
}

/* As the signer does it; the leaf is the caller's. */
static enum leaf_result
leaf_of(X509 *origin, const char *host, X509 **leaf)
{
	const struct leaf_issuer issuer = {
		authority_gateway(authority), gateway_key, true
	};
	struct leaf_request request;
	enum leaf_result result = leaf_request_from(&request, origin, host);

	*leaf = NULL;
	if (result == LEAF_DONE)
		result = leaf_request_permit(&request, authority);
	if (result == LEAF_DONE)
		result = build(&request, &issuer, worker_key, kit.now, leaf);
	return result;
}

/* Its names, joined by commas. */
static const char *
names_text(X509 *leaf)
{
	static char text[16384];
	GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);

	text[0] = '\0';
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		assert_int_equal(name->type, GEN_DNS);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%.*s",
		    i > 0 ? "," : "", ASN1_STRING_length(name->d.dNSName),
		    (const char *)ASN1_STRING_get0_data(name->d.dNSName));
	}
	GENERAL_NAMES_free(names);
	return text;
}

static void
names_are_mirrored(void **state)
{
	static const struct {
		const char *origin, *host;
		enum leaf_result result;
		const char *names;
	} cases[] = {
		{ "DNS:discord.com,DNS:*.discord.com", "discord.com", LEAF_DONE,
		    "discord.com,*.discord.com" },
		{ "DNS:discord.com,DNS:*.discord.com", "cdn.discord.com", LEAF_DONE,
		    "*.discord.com,discord.com" },
		{ "DNS:Discord.COM,IP:203.0.113.7,email:a@example.org", "DISCORD.com",
		    LEAF_DONE, "discord.com" },
		{ "DNS:bank.example,DNS:discord.gg,DNS:discord.com,DNS:*.example.org",
		    "discord.com", LEAF_DONE, "discord.com,discord.gg" },
		/* The wildcard would stand for a name that is never opened. */
		{ "DNS:*.icloud.com,DNS:icloud.com", "www.icloud.com", LEAF_DONE,
		    "www.icloud.com,icloud.com" },
		{ "DNS:*.icloud.com", "keychain.icloud.com", LEAF_NOT_PERMITTED, NULL },
		{ "DNS:bank.example", "bank.example", LEAF_NOT_PERMITTED, NULL },
		{ "DNS:discord.gg", "discord.com", LEAF_NOT_COVERED, NULL },
		{ "DNS:*.discord.com", "discord.com", LEAF_NOT_COVERED, NULL },
		{ "IP:203.0.113.7", "discord.com", LEAF_NOT_COVERED, NULL },
		{ "DNS:discord.com", "203.0.113.7", LEAF_BAD_REQUEST, NULL },
		{ "DNS:discord.com", "*.discord.com", LEAF_BAD_REQUEST, NULL },
		{ "DNS:discord.com", "", LEAF_BAD_REQUEST, NULL },
		{ "DNS:discord.com", "localhost", LEAF_BAD_REQUEST, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		X509 *origin = kit_origin(cases[i].origin, kit.now - KIT_DAY,
		    kit.now + 90 * KIT_DAY);
		X509 *leaf;

		if (leaf_of(origin, cases[i].host, &leaf) != cases[i].result)
			fail_msg("%s", cases[i].host);
		if (cases[i].result == LEAF_DONE) {
			assert_string_equal(names_text(leaf), cases[i].names);
			assert_int_equal(kit_verify(leaf, authority_gateway(authority),
			    authority_root(authority), cases[i].host), X509_V_OK);
		} else {
			assert_null(leaf);
		}
		X509_free(leaf);
		X509_free(origin);
	}
}

/* Pitfall 22: an origin with a thousand names; the one that matters is the last. */
static void
many_names_are_bounded(void **state)
{
	static char text[40000];
	X509 *origin, *leaf;

	(void)state;
	for (int i = 0; i < 1000; i++)
		sprintf(text + strlen(text), "DNS:s%d.discord.com,", i);
	strcat(text, "DNS:last.discord.com");
	origin = kit_origin(text, kit.now - KIT_DAY, kit.now + 90 * KIT_DAY);
	assert_int_equal(leaf_of(origin, "last.discord.com", &leaf), LEAF_DONE);
	assert_int_equal(strncmp(names_text(leaf), "last.discord.com,s0.", 20), 0);
	assert_true(i2d_X509(leaf, NULL) <= LEAF_DER_MAX);
	assert_int_equal(kit_verify(leaf, authority_gateway(authority),
	    authority_root(authority), "last.discord.com"), X509_V_OK);
	X509_free(leaf);
	X509_free(origin);
}

static void
request_takes_no_more_than_fits(void **state)
{
	static struct leaf_request request;
	char name[HOST_MAX + 8];
	size_t n;

	(void)state;
	memset(name, 'a', sizeof(name));
	for (n = 0; n < LEAF_NAMES_MAX + 5; n++) {
		/* 60.60.60.3: 186 characters, told apart by the last three. */
		name[60] = name[121] = name[182] = '.';
		snprintf(name + 183, 4, "x%02zx", n);
		if (!leaf_request_add(&request, name, 186))
			break;
	}
	assert_int_equal(n, LEAF_TEXT_MAX / 187);
	assert_int_equal(request.count, n);
	assert_true(request.used <= LEAF_TEXT_MAX);
	assert_false(leaf_request_add(&request, name, 300));
	assert_true(leaf_request_add(&request, leaf_request_name(&request, 0), 186));
	assert_int_equal(request.count, n);
}

/* ---- form ------------------------------------------------------------------------------- */

static void
only_our_extensions(void **state)
{
	static const int nids[] = { NID_subject_alt_name, NID_key_usage, NID_ext_key_usage,
		NID_subject_key_identifier, NID_authority_key_identifier };
	/* Must-staple, revocation, OCSP, policies, and an SCT list of two bytes. */
	static const struct kit_ext exts[] = {
		{ NID_subject_alt_name, "DNS:discord.com" }, { NID_tlsfeature, "status_request" },
		{ NID_crl_distribution_points, "URI:http://crl.example/c" },
		{ NID_info_access, "OCSP;URI:http://ocsp.example/" },
		{ NID_certificate_policies, "DER:300a3008060667810c010201" },
		{ NID_ct_precert_scts, "DER:04020000" },
		{ NID_basic_constraints, "critical,CA:TRUE" },
		{ NID_key_usage, "critical,keyEncipherment,keyCertSign" },
		{ 0, NULL }
	};
	EVP_PKEY *rsa = EVP_RSA_gen(2048);
	X509 *origin = kit_cert("discord.com", exts, kit.now - KIT_DAY,
	    kit.now + 90 * KIT_DAY, rsa, NULL, NULL);
	X509 *leaf;

	(void)state;
	assert_int_equal(leaf_of(origin, "discord.com", &leaf), LEAF_DONE);
	assert_int_equal(X509_get_ext_count(leaf), sizeof(nids) / sizeof(nids[0]));
	for (size_t i = 0; i < sizeof(nids) / sizeof(nids[0]); i++)
		assert_true(X509_get_ext_by_NID(leaf, nids[i], -1) >= 0);
	assert_int_equal(X509_get_key_usage(leaf), KU_DIGITAL_SIGNATURE);
	assert_int_equal(X509_get_extended_key_usage(leaf), XKU_SSL_SERVER);
	assert_int_equal(X509_check_ca(leaf), 0);
	assert_int_equal(X509_get_version(leaf), X509_VERSION_3);
	assert_int_equal(X509_get_signature_nid(leaf), NID_ecdsa_with_SHA256);
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(leaf), worker_key), 1);
	assert_int_equal(ASN1_OCTET_STRING_cmp(X509_get0_authority_key_id(leaf),
	    X509_get0_subject_key_id(authority_gateway(authority))), 0);
	X509_free(leaf);
	X509_free(origin);
	EVP_PKEY_free(rsa);
}

static void
serials_are_large_and_differ(void **state)
{
	X509 *origin = kit_origin("DNS:discord.com", kit.now - KIT_DAY, kit.now + KIT_DAY);
	X509 *one, *two;

	(void)state;
	assert_int_equal(leaf_of(origin, "discord.com", &one), LEAF_DONE);
	assert_int_equal(leaf_of(origin, "discord.com", &two), LEAF_DONE);
	assert_int_equal(ASN1_STRING_length(X509_get0_serialNumber(one)), 16);
	assert_int_equal(ASN1_STRING_type(X509_get0_serialNumber(one)), V_ASN1_INTEGER);
	assert_int_not_equal(ASN1_INTEGER_cmp(X509_get0_serialNumber(one),
	    X509_get0_serialNumber(two)), 0);
	X509_free(one);
	X509_free(two);
	X509_free(origin);
}

/* Pitfall 22: no common name beyond 64 characters; then the names are critical. */
static void
long_name_has_no_subject(void **state)
{
	static const char format[] = "DNS:%.*s.discord.com";
	char pad[64], text[128];

	(void)state;
	memset(pad, 'a', sizeof(pad));
	/* ".discord.com" has 12 characters. */
	for (int len = 52; len <= 53; len++) {
		int critical = -1;
		X509 *origin, *leaf;

		snprintf(text, sizeof(text), format, len, pad);
		origin = kit_origin(text, kit.now - KIT_DAY, kit.now + KIT_DAY);
		assert_int_equal(leaf_of(origin, text + 4, &leaf), LEAF_DONE);
		assert_int_equal(X509_NAME_entry_count(X509_get_subject_name(leaf)),
		    len == 52);
		GENERAL_NAMES_free(X509_get_ext_d2i(leaf, NID_subject_alt_name, &critical,
		    NULL));
		assert_int_equal(critical, len == 53);
		assert_int_equal(kit_verify(leaf, authority_gateway(authority),
		    authority_root(authority), text + 4), X509_V_OK);
		X509_free(leaf);
		X509_free(origin);
	}
}

/* ---- dates ------------------------------------------------------------------------------- */

/* In days from now: the origin's, and the leaf's. */
static void
dates_are_mirrored_and_clamped(void **state)
{
	const int end = LEAF_DAYS_MAX - LEAF_BACKDATE / KIT_DAY;
	const struct {
		int from, to;
		enum leaf_result result;
		int leaf_from, leaf_to;	/* the authority itself began a day ago */
	} cases[] = {
		{ 0, 6, LEAF_DONE, 0, 6 },
		{ -1, 90, LEAF_DONE, -1, 90 },
		{ -300, 65, LEAF_DONE, -1, 65 },
		{ -1, 398, LEAF_DONE, -1, end },
		{ -5000, 5000, LEAF_DONE, -1, end },
		{ 1, 90, LEAF_BAD_DATES, 0, 0 },
		{ -90, -1, LEAF_BAD_DATES, 0, 0 },
		{ 90, -90, LEAF_BAD_DATES, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		X509 *origin = kit_origin("DNS:discord.com", kit.now + cases[i].from * KIT_DAY,
		    kit.now + (time_t)cases[i].to * KIT_DAY);
		time_t from, to;
		X509 *leaf;

		assert_int_equal(leaf_of(origin, "discord.com", &leaf), cases[i].result);
		if (leaf != NULL) {
			assert_true(authority_dates(leaf, &from, &to));
			assert_int_equal((from - kit.now) / KIT_DAY, cases[i].leaf_from);
			assert_in_range(kit.now + (time_t)cases[i].leaf_to * KIT_DAY - to, 0, 1);
			assert_true(from <= kit.now && kit.now <= to);
			assert_true(to - from + 1 <= (time_t)LEAF_DAYS_MAX * KIT_DAY);
		}
		X509_free(leaf);
		X509_free(origin);
	}
}

/* Later in the authority's life: 199 days back as well, and not past its end. */
static void
dates_within_the_issuer(void **state)
{
	const struct leaf_issuer issuer = {
		authority_gateway(authority), gateway_key, true
	};
	struct leaf_request request = { .not_before = 0, .not_after = INT64_MAX };
	time_t issuer_from, issuer_to, from, to, now;
	X509 *leaf;

	(void)state;
	assert_true(leaf_request_add(&request, "discord.com", 11));
	assert_true(authority_dates(issuer.cert, &issuer_from, &issuer_to));
	for (now = issuer_from; now <= issuer_to; now += 5 * KIT_DAY) {
		assert_int_equal(build(&request, &issuer, worker_key, now, &leaf),
		    LEAF_DONE);
		assert_true(authority_dates(leaf, &from, &to));
		assert_true(from >= issuer_from && to <= issuer_to);
		assert_true(from <= now && now <= to);
		assert_true(to - from + 1 <= (time_t)LEAF_DAYS_MAX * KIT_DAY);
		X509_free(leaf);
	}
	assert_int_equal(build(&request, &issuer, worker_key, issuer_to + 1, &leaf),
	    LEAF_BAD_DATES);
	assert_int_equal(build(&request, &issuer, worker_key, issuer_from - 1, &leaf),
	    LEAF_BAD_DATES);
}

static void
only_p256(void **state)
{
	const struct leaf_issuer issuer = {
		authority_gateway(authority), gateway_key, true
	};
	struct leaf_request request = { .not_before = 0, .not_after = INT64_MAX };
	EVP_PKEY *keys[] = { EVP_EC_gen("P-384"), EVP_RSA_gen(2048),
		EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") };
	X509 *leaf;

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		assert_non_null(keys[i]);
		assert_int_equal(build(&request, &issuer, keys[i], kit.now, &leaf),
		    LEAF_BAD_KEY);
		assert_null(leaf);
		EVP_PKEY_free(keys[i]);
	}
}

/* ---- not trusted ------------------------------------------------------------------------------ */

static void
bad_origin_stays_bad(void **state)
{
	struct leaf_untrusted *untrusted = leaf_untrusted_new();
	X509 *origin = kit_origin("DNS:bank.example,DNS:*.bank.example",
	    kit.now - 400 * KIT_DAY, kit.now - 3 * KIT_DAY);
	struct leaf_request request;
	time_t from, to;
	char *issuer;
	X509 *leaf;

	(void)state;
	assert_int_equal(leaf_request_from(&request, origin, "wrong.example"),
	    LEAF_NOT_COVERED);
	assert_int_equal(leaf_untrusted_build(untrusted, &request, worker_key, kit.now,
	    &leaf), LEAF_DONE);
	assert_string_equal(names_text(leaf), "bank.example,*.bank.example");
	assert_true(authority_dates(leaf, &from, &to));
	assert_int_equal(from, kit.now - 400 * KIT_DAY);
	assert_int_equal(to, kit.now - 3 * KIT_DAY);
	/* Who trusts the gateway's root does not trust this, and is told why. */
	assert_int_equal(kit_verify(leaf, leaf_untrusted_cert(untrusted),
	    authority_root(authority), "bank.example"),
	    X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN);
	issuer = authority_subject(leaf_untrusted_cert(untrusted));
	assert_non_null(strstr(issuer, "the server's certificate is not valid"));
	free(issuer);
	/* Nor would trust help: it is over, and of another name. */
	assert_int_equal(kit_verify(leaf, NULL, leaf_untrusted_cert(untrusted),
	    "bank.example"), X509_V_ERR_CERT_HAS_EXPIRED);
	X509_free(leaf);
	X509_free(origin);
	leaf_untrusted_free(untrusted);
}

static void
origin_without_names(void **state)
{
	struct leaf_untrusted *untrusted = leaf_untrusted_new();
	EVP_PKEY *key = leaf_key_new();
	X509 *origin = kit_cert("discord.com", NULL, kit.now - KIT_DAY, kit.now + KIT_DAY, key,
	    NULL, NULL);
	struct leaf_request request;
	X509 *leaf;

	(void)state;
	/* A common name is no name any more (RFC 9525 section 2). */
	assert_int_equal(leaf_request_from(&request, origin, "discord.com"),
	    LEAF_NOT_COVERED);
	assert_int_equal(request.count, 0);
	assert_int_equal(leaf_untrusted_build(untrusted, &request, worker_key, kit.now,
	    &leaf), LEAF_DONE);
	assert_string_equal(names_text(leaf), "");
	X509_free(leaf);
	/* Nor is an address asked for a reason to invent one. */
	assert_int_equal(leaf_request_from(&request, origin, "203.0.113.7"),
	    LEAF_BAD_REQUEST);
	assert_string_equal(request.host, "");
	assert_int_equal(leaf_untrusted_build(untrusted, &request, worker_key, kit.now,
	    &leaf), LEAF_DONE);
	assert_string_equal(names_text(leaf), "");
	X509_free(leaf);
	X509_free(origin);
	EVP_PKEY_free(key);
	leaf_untrusted_free(untrusted);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_mirrored), cmocka_unit_test(many_names_are_bounded),
		cmocka_unit_test(request_takes_no_more_than_fits),
		cmocka_unit_test(only_our_extensions),
		cmocka_unit_test(serials_are_large_and_differ),
		cmocka_unit_test(long_name_has_no_subject),
		cmocka_unit_test(dates_are_mirrored_and_clamped),
		cmocka_unit_test(dates_within_the_issuer), cmocka_unit_test(only_p256),
		cmocka_unit_test(bad_origin_stays_bad), cmocka_unit_test(origin_without_names),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
