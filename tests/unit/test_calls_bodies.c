/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bodies of the documented upload calls, built for synthetic people in the
 * shape each service's client gives them: what the counter says must be the
 * number of people in them.
 */
#include "beings.h"
#include "body_kit.h"

/* ---- records -------------------------------------------------- */

static void
facebook(struct text_kit *kit, int i)
{
	struct being b = being(i);

	kit_add(kit, "{\"record_id\":\"%d\",\"modifier\":0,\"signature\":\"zk3Ua%dQ=\","
	    "\"name\":\"%s %s\",\"phones\":[{\"label\":\"mobile\",\"raw\":\"%s\"}],"
	    "\"emails\":[{\"label\":\"home\",\"raw\":\"%s\"}],\"first_name\":\"%s\","
	    "\"last_name\":\"%s\",\"address\":[],\"website\":[],\"relation\":[],"
	    "\"organization\":[],\"event\":[],\"instant_messaging\":[],"
	    "\"nick_names\":[],\"meta_data\":[{\"number_times_contacted\":%d,"
	    "\"starred\":false,\"last_time_contacted\":17000%08d}],"
	    "\"whatsapp_profile\":[]}", 100000 + i, i, b.first, b.last, b.phone,
	    b.mail, b.first, b.last, i % 9, i * 7919 % 99999999);
}

static void
instagram(struct text_kit *kit, int i)
{
	struct being b = being(i);

	kit_add(kit, "{\"phone_numbers\":[\"%s\"],\"email_addresses\":[\"%s\"],"
	    "\"first_name\":\"%s\",\"last_name\":\"%s\"}", b.phone, b.mail, b.first,
	    b.last);
}

static void
snapchat(struct text_kit *kit, int i)
{
	struct being b = being(i);

	kit_add(kit, "\"%s\":\"%s %s\"", b.phone, b.first, b.last);
}

static void
tiktok_two(struct text_kit *kit, int i)
{
	struct being b = being(i);
	char phone[96], name[96];

	kit_add(kit, "{\"phone_number\":\"%s\",\"name\":\"%s\"}",
	    digest("SHA256", b.phone + 3, 0, HEX, phone),
	    digest("SHA256", b.last, 0, HEX, name));
}

/* One more: the digest of the country code, the same in most records. */
static void
tiktok_three(struct text_kit *kit, int i)
{
	struct being b = being(i);
	char phone[96], name[96], code[96];

	kit_add(kit, "{\"c\":\"%s\",\"p\":\"%s\",\"n\":\"%s\"}",
	    digest("SHA256", "49", 0, HEX, code),
	    digest("SHA256", b.phone + 3, 0, HEX, phone),
	    digest("SHA256", b.last, 0, HEX, name));
}

static void
tiktok_plain(struct text_kit *kit, int i)
{
	struct being b = being(i);

	kit_add(kit, "{\"addresses\":[],\"emails\":[\"%s\"],"
	    "\"instant_message_addresses\":[],\"modification_date\":%d,"
	    "\"name\":\"%s %s\",\"phone_number\":[\"%s\"],\"urls\":[]}", b.mail,
	    1700000000 + i, b.first, b.last, b.phone);
}

static void
clubhouse(struct text_kit *kit, int i)
{
	kit_add(kit, "{\"phone_number\":\"%s\"}", being(i).phone);
}

static void
discord(struct text_kit *kit, int i)
{
	kit_add(kit, "{\"friend_id\":\"%s\"}", being(i).phone);
}

static void
phone_string(struct text_kit *kit, int i)
{
	kit_add(kit, "\"%s\"", being(i).phone);
}

/* As people wrote them into the telephone. */
static void
phone_written(struct text_kit *kit, int i)
{
	struct being b = being(i);

	kit_add(kit, "\"%.3s (0)%.3s %s\"", b.phone, b.phone + 3, b.phone + 6);
}

static void
vcard_string(struct text_kit *kit, int i)
{
	struct being b = being(i);

	kit_add(kit, "\"BEGIN:VCARD\\r\\nVERSION:3.0\\r\\nN:%s;%s;;;\\r\\nFN:%s %s"
	    "\\r\\nTEL;TYPE=CELL:%s\\r\\nEMAIL;TYPE=HOME:%s\\r\\nEND:VCARD\\r\\n\"",
	    b.last, b.first, b.first, b.last, b.phone, b.mail);
}

static void
threema(struct text_kit *kit, int i)
{
	char out[96];

	kit_add(kit, "\"%s\"", hmac(being(i).phone + 1, out));
}

static void
matrix_hashed(struct text_kit *kit, int i)
{
	struct being b = being(i);
	char text[64], out[96];

	snprintf(text, sizeof(text), "%.15s msisdn matrixrocks", b.phone + 1);
	kit_add(kit, "\"%s\"", digest("SHA256", text, 0, BASE64URL, out));
}

static void
matrix_clear(struct text_kit *kit, int i)
{
	struct being b = being(i);

	if (i % 2)
		kit_add(kit, "\"%s email\"", b.mail);
	else
		kit_add(kit, "\"%s msisdn\"", b.phone + 1);
}

static void
people(struct text_kit *kit, int i)
{
	struct being b = being(i);

	kit_add(kit, "{\"contactPerson\":{\"names\":[{\"givenName\":\"%s\","
	    "\"familyName\":\"%s\"}],\"phoneNumbers\":[{\"value\":\"%s\",\"type\":"
	    "\"mobile\"}],\"emailAddresses\":[{\"value\":\"%s\"}]}}", b.first,
	    b.last, b.phone, b.mail);
}

static void
graph(struct text_kit *kit, int i)
{
	struct being b = being(i);

	kit_add(kit, "{\"id\":\"%d\",\"method\":\"POST\",\"url\":\"/me/contacts\","
	    "\"headers\":{\"Content-Type\":\"application/json\"},\"body\":"
	    "{\"givenName\":\"%s\",\"surname\":\"%s\",\"displayName\":\"%s %s\","
	    "\"mobilePhone\":\"%s\",\"businessPhones\":[],\"emailAddresses\":"
	    "[{\"address\":\"%s\",\"name\":\"%s\"}]}}", i + 1, b.first, b.last,
	    b.first, b.last, b.phone, b.mail, b.first);
}

static void
truncated_sha1(struct text_kit *kit, int i)
{
	char out[96];

	kit_add(kit, "\"%s\"", digest("SHA1", being(i).phone, 10, BASE64_BARE, out));
}

static void
ndjson(struct text_kit *kit, int i)
{
	struct being b = being(i);

	kit_add(kit, "{\"name\":\"%s %s\",\"phone\":\"%s\"}\n", b.first, b.last,
	    b.phone);
}

static void
ews(struct text_kit *kit, int i)
{
	struct being b = being(i);

	kit_add(kit, "<t:Contact><t:GivenName>%s</t:GivenName><t:EmailAddresses>"
	    "<t:Entry Key=\"EmailAddress1\">%s</t:Entry></t:EmailAddresses>"
	    "<t:PhoneNumbers><t:Entry Key=\"MobilePhone\">%s</t:Entry>"
	    "</t:PhoneNumbers><t:Surname>%s</t:Surname></t:Contact>", b.first,
	    b.mail, b.phone, b.last);
}

static void
multiget(struct text_kit *kit, int i)
{
	struct being b = being(i);

	kit_add(kit, "<d:response><d:href>/card/%d.vcf</d:href><d:propstat><d:prop>"
	    "<d:getetag>&quot;%d&quot;</d:getetag><card:address-data>BEGIN:VCARD&#13;\n"
	    "VERSION:3.0&#13;\nUID:%d&#13;\nFN:%s %s&#13;\nTEL;TYPE=CELL:%s&#13;\n"
	    "EMAIL:%s&#13;\nEND:VCARD&#13;\n</card:address-data></d:prop><d:status>"
	    "HTTP/1.1 200 OK</d:status></d:propstat></d:response>", i, 1000 + i, i,
	    b.first, b.last, b.phone, b.mail);
}

static void
xcard(struct text_kit *kit, int i)
{
	struct being b = being(i);

	kit_add(kit, "<vcard><fn><text>%s %s</text></fn><tel><parameters><type>"
	    "<text>cell</text></type></parameters><uri>tel:%s</uri></tel><email>"
	    "<text>%s</text></email></vcard>", b.first, b.last, b.phone, b.mail);
}

/* ---- calls ---------------------------------------------------- */

struct call {
	const char *name, *type, *open, *between, *close;
	void (*add)(struct text_kit *kit, int i);
	int percent;		/* how far the count may be off */
	const char *form;	/* brackets around the percent-encoded value */
};

static const char form_type[] = "application/x-www-form-urlencoded";
static const char json_type[] = "application/json";

static const struct call calls[] = {
	{ "facebook continuous sync", form_type, "is_full_upload=true&flow=ci&"
	    "sim_country=DE&network_country=DE&phone_id=5f1c0a&contacts=", ",",
	    "&format=json&locale=de_DE", facebook, 2, "[]" },
	{ "facebook bulk contacts", form_type, "contacts_surface=friend_finder&"
	    "import_id=184467&contact_changes=", ",", "&locale=nl_NL", facebook, 2,
	    "[]" },
	{ "instagram", form_type, "_csrftoken=abcDEF&phone_id=1b2c&_uuid=77&module="
	    "find_friends_contacts&contacts=", ",", "", instagram, 2, "[]" },
	{ "tiktok, digests", form_type, "contact=", ",", "", tiktok_two, 10, "[]" },
	{ "tiktok, with country code", form_type, "contact=", ",", "&scene=1",
	    tiktok_three, 10, "[]" },
	{ "tiktok, clear", form_type, "contact=", ",", "", tiktok_plain, 2, "[]" },
	{ "snapchat, JSON", json_type, "{\"username\":\"someone\",\"countryCode\":"
	    "\"DE\",\"numbers\":{", ",", "},\"timestamp\":1700000000000}", snapchat,
	    2, NULL },
	{ "snapchat, form", form_type, "username=someone&countryCode=DE&req_token="
	    "5f2b&numbers=", ",", "&timestamp=1700000000000", snapchat, 2, "{}" },
	{ "clubhouse", json_type, "{\"club_id\":null,\"upload_contacts\":true,"
	    "\"contacts\":[", ",", "]}", clubhouse, 2, NULL },
	{ "discord", json_type, "{\"friend_list_entries\":[", ",", "],\"background\":"
	    "false,\"allowed_in_suggestions\":3,\"include_mutual_friends_count\":"
	    "true}", discord, 2, NULL },
	{ "bluesky", json_type, "{\"token\":\"eyJhbGciOiJFUzI1NksifQ.eyJpc3MiOiJk\","
	    "\"contacts\":[", ",", "]}", phone_string, 2, NULL },
	{ "whatsapp business", json_type, "{\"blocking\":\"wait\",\"contacts\":[",
	    ",", "],\"force_check\":true}", phone_written, 2, NULL },
	{ "x", json_type, "{\"vcards\":[", ",", "]}", vcard_string, 2, NULL },
	{ "threema", json_type, "{\"matchToken\":\"wuHcSg==\",\"emailHashes\":[],"
	    "\"mobileNoHashes\":[", ",", "]}", threema, 10, NULL },
	{ "matrix, hashed", json_type, "{\"algorithm\":\"sha256\",\"pepper\":"
	    "\"matrixrocks\",\"addresses\":[", ",", "]}", matrix_hashed, 10, NULL },
	{ "matrix, clear", json_type, "{\"algorithm\":\"none\",\"pepper\":"
	    "\"matrixrocks\",\"addresses\":[", ",", "]}", matrix_clear, 2, NULL },
	{ "google people", json_type, "{\"contacts\":[", ",", "],\"readMask\":"
	    "\"names\",\"sources\":[\"READ_SOURCE_TYPE_CONTACT\"]}", people, 2,
	    NULL },
	{ "graph batch", json_type, "{\"requests\":[", ",", "]}", graph, 2, NULL },
	{ "signal before 2018", json_type, "{\"contacts\":[", ",", "]}",
	    truncated_sha1, 10, NULL },
	{ "lines of JSON", "application/x-ndjson", "", "", "", ndjson, 2, NULL },
	{ "lines of JSON, untold", "", "", "", "", ndjson, 2, NULL },
	{ "exchange web services", "text/xml; charset=utf-8", "<?xml version=\"1.0\"?>"
	    "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\">"
	    "<s:Body><m:CreateItem><m:Items>", "",
	    "</m:Items></m:CreateItem></s:Body></s:Envelope>", ews, 2, NULL },
	{ "carddav multiget", "application/xml", "<?xml version=\"1.0\"?>\n"
	    "<d:multistatus xmlns:d=\"DAV:\" xmlns:card="
	    "\"urn:ietf:params:xml:ns:carddav\">", "", "</d:multistatus>", multiget,
	    2, NULL },
	{ "xCard", "application/vcard+xml", "<?xml version=\"1.0\"?><vcards xmlns="
	    "\"urn:ietf:params:xml:ns:vcard-4.0\">", "", "</vcards>", xcard, 2,
	    NULL },
};

/* What a browser leaves as it is, and what it writes as %XX (WHATWG URL). */
static void
form_add(struct text_kit *kit, const struct text_kit *value)
{
	for (size_t i = 0; i < value->len; i++) {
		unsigned char c = (unsigned char)value->data[i];

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		    (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_')
			kit_add(kit, "%c", c);
		else if (c == ' ')
			kit_add(kit, "+");
		else
			kit_add(kit, "%%%02X", c);
	}
}

static struct text_kit
call_body(const struct call *call, int count)
{
	struct text_kit kit = { 0 }, list = { 0 };

	kit_add(&kit, "%s", call->open);
	kit_add(&list, "%s", call->form ? (char[]){ call->form[0], 0 } : "");
	for (int i = 0; i < count; i++) {
		kit_add(&list, "%s", i ? call->between : "");
		call->add(&list, i);
	}
	kit_add(&list, "%s", call->form ? call->form + 1 : "");
	if (call->form)
		form_add(&kit, &list);
	else
		for (size_t i = 0; i < list.len; i += 512)
			kit_add(&kit, "%.512s", list.data + i);
	kit_free(&list);
	kit_add(&kit, "%s", call->close);
	return kit;
}

static int wrong;

static void
near(const char *name, const struct body_result *r, int count, int percent)
{
	long long off = llabs((long long)r->contacts.best - count);

	if (off * 100 <= (long long)count * percent && r->bulk)
		return;
	print_error("%s: %lld of %d; %s\n", name, (long long)r->contacts.best, count,
	    r->reason);
	wrong++;
}

static void
every_call(void **state)
{
	static const int counts[] = { 25, 240 };

	(void)state;
	wrong = 0;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		for (size_t k = 0; k < 2; k++) {
			struct text_kit kit = call_body(&calls[i], counts[k]);
			struct body_result r = kit_scan_step(kit.data, kit.len,
			    (struct scan_as){ calls[i].type, "", "DE" }, 0);
			struct body_result bytes = kit_scan_step(kit.data, kit.len,
			    (struct scan_as){ calls[i].type, "", "DE" }, 1);

			kit_assert_same(&r, &bytes);
			near(calls[i].name, &r, counts[k], calls[i].percent);
			kit_free(&kit);
		}
	assert_int_equal(wrong, 0);
}

/* Numbers in one list, addresses in the other: as many people as in the longer. */
static void
two_lists(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;
	char out[96];

	(void)state;
	kit_add(&kit, "{\"matchToken\":\"wuHcSg==\",\"emailHashes\":[");
	for (int i = 0; i < 60; i++)
		kit_add(&kit, "%s\"%s\"", i ? "," : "", hmac(being(i).mail, out));
	kit_add(&kit, "],\"mobileNoHashes\":[");
	for (int i = 0; i < 100; i++)
		kit_add(&kit, "%s\"%s\"", i ? "," : "", hmac(being(i).phone, out));
	kit_add(&kit, "]}");
	r = kit_scan_text(&kit, (struct scan_as){ json_type, "", "" });
	assert_int_equal(r.contacts.best, 100);
	assert_int_equal(r.contacts.high, 160);
	assert_int_equal(r.identifiers.hash, 160);
	assert_true(r.bulk);
}

/* Below the threshold no call is an upload in bulk. */
static void
few_are_no_bulk(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		struct text_kit kit = call_body(&calls[i], 12);
		struct body_result r = kit_scan_step(kit.data, kit.len,
		    (struct scan_as){ calls[i].type, "", "DE" }, 0);

		if (r.bulk)
			print_error("%s: %s\n", calls[i].name, r.reason);
		assert_false(r.bulk);
		kit_free(&kit);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call), cmocka_unit_test(few_are_no_bulk),
		cmocka_unit_test(two_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
