/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Long lines and fields of identifiers, counts of books larger than the tally,
 * parts of multipart bodies, and more of what is no address book.
 */
#include "body_kit.h"

#define ROWS 60

static void
numbers_add(struct text_kit *kit, const char *between)
{
	for (int i = 0; i < ROWS; i++)
		kit_add(kit, "%s" KIT_PHONE, i ? between : "", i);
}

static struct body_result
scan(struct text_kit *kit, const char *type)
{
	return kit_scan_text(kit, (struct scan_as){ type, NULL, NULL });
}

static void
assert_counted(struct text_kit *kit, const char *type)
{
	struct body_result r = scan(kit, type);

	assert_true(r.bulk);
	assert_int_equal(r.contacts.best, ROWS);
}

static void
assert_refused(struct text_kit *kit, const char *type)
{
	struct body_result r = scan(kit, type);

	assert_false(r.bulk);
	assert_int_equal(r.contacts.best, 0);
}

static void
one_line(void **state)
{
	static const char *const between[] = { ",", ", ", "; ", ",\n", ",\r\n" };
	struct text_kit kit = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(between) / sizeof(between[0]); i++) {
		numbers_add(&kit, between[i]);
		kit_add(&kit, "\r\n");
		assert_counted(&kit, "text/plain");
	}
}

static void
long_field(void **state)
{
	struct text_kit kit = { 0 };

	(void)state;
	kit_add(&kit, "v=3&phone_hashes=");
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, "%s%08x%056x", i ? "%2C" : "", i + 1, i * 7919);
	kit_add(&kit, "&end=1");
	assert_counted(&kit, "application/x-www-form-urlencoded");
	kit_add(&kit, "{\"contacts\":\"");
	numbers_add(&kit, ",");
	kit_add(&kit, "\"}");
	assert_counted(&kit, "application/json");
}

/* Under a name for numbers or addresses, with or without their names. */
static void
long_field_of_numbers(void **state)
{
	static const struct { const char *key, *between, *before, *after; } fields[] = {
		{ "phones", ",", "", "" }, { "phone_numbers", "\\n", "", "" },
		{ "phonebook", "|", "", ":Anna" }, { "contacts", ";", "Anna=", "" },
		{ "mobile", "; ", "", "" }, { "contacts", "|", "Anna:", "" },
	};
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		kit_add(&kit, "{\"%s\":\"", fields[i].key);
		for (int n = 0; n < ROWS; n++)
			kit_add(&kit, "%s%s" KIT_PHONE "%s", n ? fields[i].between : "",
			    fields[i].before, n, fields[i].after);
		kit_add(&kit, "\"}");
		assert_counted(&kit, "application/json");
	}
	/* As dialled at home. */
	kit_add(&kit, "{\"phones\":\"");
	for (int n = 0; n < ROWS; n++)
		kit_add(&kit, "%s0151 %07d", n ? ", " : "", n);
	kit_add(&kit, "\"}");
	assert_counted(&kit, "application/json");
	/* No longer than one field may be, and of one person each. */
	for (size_t i = 0; i < 2; i++) {
		kit_add(&kit, i == 0 ? "{\"phones\":\"" : "[");
		for (int n = 0; n < 20; n++)
			kit_add(&kit, i == 0 ? "%s" KIT_PHONE :
			    "%s{\"name\":\"Anna\",\"phones\":\"" KIT_PHONE ", 030 %07d\"}",
			    n ? "," : "", n, n);
		kit_add(&kit, i == 0 ? "\"}" : "]");
		r = scan(&kit, "application/json");
		assert_int_equal(r.contacts.best, 20);
		assert_int_equal(r.identifiers.phone, 20 << i);
	}
	kit_add(&kit, "{\"emails\":\"");
	for (int n = 0; n < ROWS; n++)
		kit_add(&kit, "%sa%d@example.org", n ? ", " : "", n);
	kit_add(&kit, "\"}");
	assert_counted(&kit, "application/json");
}

/* The receivers of one mail, and a field whose name says nothing. */
static void
long_field_elsewhere(void **state)
{
	struct text_kit kit = { 0 };

	(void)state;
	kit_add(&kit, "subject=News&to=");
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, "%sg%d%%40example.org", i ? "%2C" : "", i);
	assert_refused(&kit, "application/x-www-form-urlencoded");
	kit_add(&kit, "{\"note\":\"");
	numbers_add(&kit, ",");
	kit_add(&kit, "\"}");
	assert_refused(&kit, "application/json");
	kit_add(&kit, "{\"to\":{\"phones\":\"");
	numbers_add(&kit, ",");
	kit_add(&kit, "\"},\"text\":\"Hello\"}");
	assert_refused(&kit, "application/json");
	/* All of a letter may stand under "email". */
	kit_add(&kit, "{\"email\":\"Dear all,\\n");
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, "this is for g%d@example.org,\\n", i);
	kit_add(&kit, "yours\"}");
	assert_refused(&kit, "application/json");
}

/* The whole book and what is new in it; numbers here, numbers with names there. */
static void
list_beside_list(void **state)
{
	struct text_kit kit = { 0 };

	(void)state;
	for (size_t which = 0; which < 2; which++) {
		kit_add(&kit, "{\"all\":[");
		for (int i = 0; i < ROWS; i++)
			kit_add(&kit, "%s{\"name\":\"Anna\",\"phone\":\"" KIT_PHONE
			    "\"}", i ? "," : "", i);
		kit_add(&kit, "],\"new\":[");
		for (int i = 0; i < ROWS; i++) {
			kit_add(&kit, "%s", i ? "," : "");
			if (which == 0)
				kit_add(&kit, "{\"name\":\"Anna\",\"phone\":\"" KIT_PHONE "\"}", i);
			else
				kit_add(&kit, "\"" KIT_PHONE "\"", i);
		}
		kit_add(&kit, "]}");
		assert_counted(&kit, "application/json");
	}
}

/* More people than marks may be open, in what could be one person's record. */
static void
long_in_json(void **state)
{
	static const struct { const char *open, *before, *after, *close; bool keys; }
	shapes[] = {
		{ "{\"params\":[[", "", "", "]]}", false },
		{ "{\"a\":[{\"b\":[[", "", "", "]]}]}", false },
		{ "{\"contacts\":{", "", "", "}}", true },
		{ "{", "", "", "}", true },
		{ "{\"u\":{", "{\"phone\":", "}", "}}", true },
		{ "[[{\"x\":[", "{\"phones\":{\"a\":", "}}", "]}]]", false },
	};
	static const int sizes[] = { 25, 64, 65, 70, 240, 3000 };
	struct text_kit kit = { 0 };

	(void)state;
	for (size_t i = 0; i < 6 * sizeof(shapes) / sizeof(shapes[0]); i++) {
		struct body_result r;

		kit_add(&kit, "%s", shapes[i / 6].open);
		for (int n = 0; n < sizes[i % 6]; n++) {
			kit_add(&kit, "%s", n ? "," : "");
			if (shapes[i / 6].keys)
				kit_add(&kit, "\"Anna %d\":", n);
			kit_add(&kit, "%s\"" KIT_PHONE "\"%s", shapes[i / 6].before, n,
			    shapes[i / 6].after);
		}
		kit_add(&kit, "%s", shapes[i / 6].close);
		r = scan(&kit, "application/json");
		assert_true(r.bulk);
		assert_int_equal(r.contacts.best, sizes[i % 6]);
		assert_int_equal(r.contacts.high, sizes[i % 6]);
	}
}

/* Each person under an id or a name of their own. */
static void
maps(void **state)
{
	static const struct { const char *open, *key, *before, *after, *close; } shapes[] = {
		{ "{", "c", "{\"fn\":\"Anna\",\"tel\":", "}", "}" },
		{ "{\"contacts\":{", "Anna ", "[", "]", "}}" },
		{ "{\"users\":{", "7c9e66-", "{\"name\":\"Anna\",\"phones\":[", "]}", "}}" },
	};
	struct text_kit kit = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		struct body_result r;

		kit_add(&kit, "%s", shapes[i].open);
		for (int n = 0; n < 25; n++)
			kit_add(&kit, "%s\"%s%d\":%s\"" KIT_PHONE "\"%s", n ? "," : "",
			    shapes[i].key, n, shapes[i].before, n, shapes[i].after);
		kit_add(&kit, "%s", shapes[i].close);
		r = scan(&kit, "application/json");
		assert_true(r.bulk);
		assert_int_equal(r.contacts.best, 25);
	}
}

/* Integers with their country codes, where the place is one for numbers. */
static void
integers(void **state)
{
	static const struct { const char *open, *before, *after, *close; } shapes[] = {
		{ "{\"numbers\":[", "", "", "]}" },
		{ "{\"contacts\":[", " ", "\n", "]}" },
		{ "{\"phones\":[", "", "", "]}" },
		{ "{\"contacts\":[", "{\"n\":\"Anna\",\"p\":", "}", "]}" },
		{ "{\"contacts\":[", "{\"number\":", ",\"name\":\"Anna\"}", "]}" },
	};
	struct text_kit kit = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		kit_add(&kit, "%s", shapes[i].open);
		for (int n = 0; n < ROWS; n++)
			kit_add(&kit, "%s%s4915%09d%s", n ? "," : "", shapes[i].before, n,
			    shapes[i].after);
		/* One mistake is none of the list's. */
		kit_add(&kit, "%s%s", i < 3 ? ",17" : "", shapes[i].close);
		assert_counted(&kit, "application/json");
	}
}

/* As a chat shows its members: the number first. */
static void
number_then_name(void **state)
{
	struct text_kit kit = { 0 };

	(void)state;
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, KIT_PHONE ": Anna Muster\n", i);
	assert_counted(&kit, "text/plain");
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, KIT_PHONE ":30 +02:00\n", i);
	assert_refused(&kit, "text/plain");
}

/* Sixty numbers, drawn in no order, repeat from the start: a log of something. */
static void
drawn_at_will(void **state)
{
	struct text_kit kit = { 0 };
	uint32_t draw = 1;

	(void)state;
	kit_add(&kit, "[");
	for (int i = 0; i < 4 * ROWS; i++) {
		draw = draw * 1664525u + 1013904223u;
		kit_add(&kit, "%s{\"id\":%d,\"number\":\"" KIT_PHONE "\"}", i ? "," : "",
		    i, (int)(draw >> 16) % ROWS);
	}
	kit_add(&kit, "]");
	assert_refused(&kit, "application/json");
}

/* Three marks each: far more than the tally holds; one in fifty comes twice. */
static void
large_book(void **state)
{
	const int people = 12000, again = people / 50;
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	kit_add(&kit, "Name;Mobile;E-mail\n");
	for (int i = 0; i < people + again; i++)
		kit_add(&kit, "Anna %d;" KIT_PHONE ";a%d@example.org\n", i, i % people,
		    i % people);
	r = kit_scan_step(kit.data, kit.len, (struct scan_as){ "text/csv", NULL, NULL },
	    0);
	kit_free(&kit);
	assert_in_range(r.contacts.best, people * 99 / 100, people * 101 / 100);
	assert_in_range(people, r.contacts.low, r.contacts.high);
	assert_in_range(r.contacts.high - r.contacts.low, 1, people / 20);
}

static void
large_book_once(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	kit_add(&kit, "Name;Mobile;E-mail\n");
	for (int i = 0; i < 12000; i++)
		kit_add(&kit, "Anna %d;" KIT_PHONE ";a%d@example.org\n", i, i, i);
	r = kit_scan_step(kit.data, kit.len, (struct scan_as){ "text/csv", NULL, NULL },
	    0);
	kit_free(&kit);
	assert_int_equal(r.contacts.best, 12000);
	assert_int_equal(r.contacts.high, 12000);
}

static void
part_quoted(void **state)
{
	struct text_kit kit = { 0 };

	(void)state;
	kit_add(&kit, "--b\r\nContent-Type: application/json\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n{\"contacts\":[");
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, "%s{\"phone\":\"+4915=\r\n%09d\"}", i ? "," : "", i);
	kit_add(&kit, "]}\r\n--b--\r\n");
	assert_counted(&kit, "multipart/form-data");
}

/* Every byte of the part counts, and none of the delimiter. */
static void
part_ends(void **state)
{
	static const char *const ends[] = { "\r\n", "\n", "\r\r\n", "\r\n\r\n" };
	struct text_kit kit = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		kit_add(&kit, "--b\r\nContent-Type: text/plain\r\n\r\n");
		numbers_add(&kit, "\r\n");
		kit_add(&kit, "%s--b--\r\n", ends[i]);
		assert_counted(&kit, "multipart/form-data");
	}
}

static void
history(void **state)
{
	struct text_kit kit = { 0 };

	(void)state;
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, "commit %040x\nAuthor: Anna %d <a%d@example.org>\n"
		    "Date:   Sat Nov 21 10:00:00 2026 +0100\n\n    Fix it\n\n", i, i, i);
	assert_refused(&kit, NULL);
	kit_add(&kit, "{\"commits\":[");
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, "%s{\"author\":{\"name\":\"A\",\"email\":\"a%d@example.org"
		    "\"}}", i ? "," : "", i);
	kit_add(&kit, "]}");
	assert_refused(&kit, NULL);
}

/* A name, a number and an address on lines of their own are a book. */
static void
blocks(void **state)
{
	struct text_kit kit = { 0 };

	(void)state;
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, "Anna Muster %d\n" KIT_PHONE "\n\n", i, i);
	assert_counted(&kit, "text/plain");
}

/* More identifiers than one record may hold, in a form and in attributes. */
static void
many_fields(void **state)
{
	struct text_kit kit = { 0 };

	(void)state;
	for (int i = 0; i < 3 * ROWS; i++)
		kit_add(&kit, "%scontacts[%d][phone]=%%2B4915%09d", i ? "&" : "", i,
		    i / 3);
	assert_counted(&kit, "application/x-www-form-urlencoded");
	kit_add(&kit, "<?xml version=\"1.0\"?><contacts>");
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, "<contact name=\"Anna %d\" phone=\"" KIT_PHONE "\"/>", i, i);
	kit_add(&kit, "</contacts>");
	assert_counted(&kit, "application/xml");
}

static void
titles(void **state)
{
	static const char *const heads[] = {
		"Nombre;Teléfono móvil\n", "Prénom;Téléphone\n", "Nome;Cellulare\n"
	};
	struct text_kit kit = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		kit_add(&kit, "%s", heads[i]);
		for (int n = 0; n < ROWS; n++)
			kit_add(&kit, "Anna;0151 %07d\n", n);
		assert_counted(&kit, "text/csv");
	}
}

static void
digests_of_files(void **state)
{
	struct text_kit kit = { 0 };

	(void)state;
	kit_add(&kit, "{\"hashTable\":{");
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, "%s\"/a/%d.js\":\"%08x%032x\"", i ? "," : "", i, i, i * 31);
	kit_add(&kit, "},\"files\":[");
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, "%s{\"hash\":\"%08x%056x\"}", i ? "," : "", i, i * 31);
	kit_add(&kit, "]}");
	assert_refused(&kit, NULL);
}

static void
invitations(void **state)
{
	struct text_kit kit = { 0 };

	(void)state;
	kit_add(&kit, "{\"attendees\":[");
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, "%s{\"email\":\"a%d@example.org\",\"displayName\":\"A\"}",
		    i ? "," : "", i);
	kit_add(&kit, "]}");
	assert_refused(&kit, NULL);
	kit_add(&kit, "{\"orders\":[");
	for (int i = 0; i < ROWS; i++)
		kit_add(&kit, "%s{\"customer\":{\"first_name\":\"A\",\"phone\":\""
		    KIT_PHONE "\"}}", i ? "," : "", i);
	kit_add(&kit, "]}");
	assert_refused(&kit, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_line), cmocka_unit_test(long_field),
		cmocka_unit_test(long_field_of_numbers),
		cmocka_unit_test(long_field_elsewhere),
		cmocka_unit_test(long_in_json), cmocka_unit_test(integers), cmocka_unit_test(maps),
		cmocka_unit_test(number_then_name), cmocka_unit_test(list_beside_list),
		cmocka_unit_test(drawn_at_will), cmocka_unit_test(large_book),
		cmocka_unit_test(large_book_once), cmocka_unit_test(part_quoted),
		cmocka_unit_test(part_ends), cmocka_unit_test(history),
		cmocka_unit_test(blocks), cmocka_unit_test(digests_of_files),
		cmocka_unit_test(invitations), cmocka_unit_test(many_fields),
		cmocka_unit_test(titles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
