/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of digests in every spelling, and what only looks like them. */
#include "beings.h"
#include "body_kit.h"

static const char json_type[] = "application/json";

struct digest_case { const char *algorithm; size_t keep; enum spelling spelling; };

static const struct digest_case digests[] = {
	{ "MD5", 0, HEX }, { "SHA1", 0, HEX }, { "SHA256", 0, HEX },
	{ "MD5", 0, UPPER_HEX }, { "SHA1", 0, UPPER_HEX }, { "SHA256", 0, UPPER_HEX },
	{ "MD5", 0, BASE64 }, { "SHA1", 0, BASE64 }, { "SHA256", 0, BASE64 },
	{ "MD5", 0, BASE64URL }, { "SHA1", 0, BASE64URL }, { "SHA256", 0, BASE64URL },
	{ "SHA1", 10, BASE64_BARE }, { "SHA1", 10, BASE64URL },
};

static void
digest_lists(void **state)
{
	static const char *const keys[] = { "contacts", "hashes", "phone_hashes" };
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < 3 * sizeof(digests) / sizeof(digests[0]); i++) {
		const struct digest_case *how = &digests[i / 3];
		struct text_kit kit = { 0 };
		struct body_result r;
		char out[96], name[64];

		kit_add(&kit, "{\"%s\":[", keys[i % 3]);
		for (int k = 0; k < 240; k++)
			kit_add(&kit, "%s\"%s\"", k ? "," : "", digest(how->algorithm,
			    being(k).phone, how->keep, how->spelling, out));
		kit_add(&kit, "]}");
		snprintf(name, sizeof(name), "%s spelling %d under %s",
		    how->algorithm, how->spelling, keys[i % 3]);
		r = kit_scan_text(&kit, (struct scan_as){ json_type, "", "" });
		if (!r.bulk || llabs((long long)r.contacts.best - 240) > 24 ||
		    r.identifiers.hash < 216 || r.identifiers.phone > 0) {
			print_error("%s: %s\n", name, r.reason);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

/* As keys, whatever they begin with; of files they are none. */
static void
digest_keys(void **state)
{
	static const char *const keys[] = { "contacts", "hashes", "phone_hashes", "files" };
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < 4 * 12; i++) {
		const struct digest_case *how = &digests[i / 4];
		bool book = i % 4 < 3 && how->keep == 0;
		struct text_kit kit = { 0 };
		struct body_result r;
		char out[96];

		/* Shorter ones than SHA-256 in base64 may be names of anything. */
		if (how->spelling >= BASE64 && strcmp(how->algorithm, "SHA256") != 0)
			continue;
		kit_add(&kit, "{\"%s\":{", keys[i % 4]);
		for (int k = 0; k < 240; k++)
			kit_add(&kit, "%s\"%s\":{\"at\":%d}", k ? "," : "",
			    digest(how->algorithm, being(k).phone, how->keep,
			    how->spelling, out), k);
		kit_add(&kit, "}}");
		r = kit_scan_text(&kit, (struct scan_as){ json_type, "", "" });
		if (r.bulk != book || llabs((long long)r.contacts.best - 240 * book) > 5) {
			print_error("%s %d under %s: %s\n", how->algorithm,
			    how->spelling, keys[i % 4], r.reason);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

/* What customer lists for advertisers are like, and what only has their keys. */
static void
digest_rows(void **state)
{
	static const struct { const char *open, *before, *after, *close; bool book; }
	shapes[] = {
		{ "{\"payload\":{\"schema\":[\"PHONE\",\"FN\"],\"data\":[", "[\"",
		    "\",\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"]",
		    "]}}", true },
		{ "{\"schema\":\"PHONE_SHA256\",\"data\":[", "\"", "\"", "]}", true },
		{ "{\"users\":[{\"schema\":[\"EMAIL_SHA256\"],\"data\":[", "[\"", "\"]",
		    "]}]}", true },
		{ "{\"schema\":\"v2\",\"data\":[", "\"", "\"", "]}", false },
		{ "{\"schema\":[\"path\",\"sha256\"],\"data\":[", "[\"/a\",\"", "\"]",
		    "]}", false },
		{ "{\"a\":{\"schema\":[\"PHONE\"]},\"data\":[", "\"", "\"", "]}", false },
		{ "{\"schema\":{\"a\":\"phone\"},\"data\":[", "\"", "\"", "]}", false },
		{ "{\"schema\":[[\"phone\"]],\"data\":[", "\"", "\"", "]}", false },
	};
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		struct text_kit kit = { 0 };
		struct body_result r;
		char out[96];

		kit_add(&kit, "%s", shapes[i].open);
		for (int k = 0; k < 240; k++)
			kit_add(&kit, "%s%s%s%s", k ? "," : "", shapes[i].before,
			    digest("SHA256", being(k).phone, 0, HEX, out),
			    shapes[i].after);
		kit_add(&kit, "%s", shapes[i].close);
		r = kit_scan_text(&kit, (struct scan_as){ json_type, "", "" });
		if (r.bulk != shapes[i].book || r.contacts.best != 240 * shapes[i].book) {
			print_error("%s: %s\n", shapes[i].open, r.reason);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

/* Ids and words of a digest's length are none. */
static void
not_digests(void **state)
{
	static const char *const words[] = { "ContactManager", "ReadAllMembers",
		"SyncedFromHost", "anonymousgroup", "20261121T09300" };
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	kit_add(&kit, "{\"contacts\":[");
	for (int i = 0; i < 40; i++)
		kit_add(&kit, "%s\"%.12s%02d\"", i ? "," : "", words[i % 5], i);
	kit_add(&kit, "]}");
	r = kit_scan_text(&kit, (struct scan_as){ json_type, "", "" });
	assert_int_equal(r.identifiers.hash, 0);
	assert_false(r.bulk);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digest_lists), cmocka_unit_test(digest_keys),
		cmocka_unit_test(digest_rows),
		cmocka_unit_test(not_digests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
