/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Large spreadsheets, whatever the order of their parts and strings: how they
 * are counted, and what one of them holds in memory while it is read.
 */
#include "beings.h"
#include "zip_kit.h"

#include <malloc.h>

/* Beyond the decoder's window. */
#define BODY_BYTES_MAX (64 << 10)

#if defined(__SANITIZE_ADDRESS__)
#define CAN_MEASURE false
static void heap_begin(void) { }
static long heap_end(void) { return 0; }
#else
#define CAN_MEASURE true
static struct { bool counts; long now, peak; } heap;

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void __libc_free(void *);

static void
heap_count(void *at, int sign)
{
	if (!heap.counts || at == NULL)
		return;
	heap.now += sign * (long)malloc_usable_size(at);
	if (heap.now > heap.peak)
		heap.peak = heap.now;
}

void *
malloc(size_t size)
{
	void *at = __libc_malloc(size);

	heap_count(at, 1);
	return at;
}

void *
calloc(size_t count, size_t size)
{
	void *at = __libc_calloc(count, size);

	heap_count(at, 1);
	return at;
}

void *
realloc(void *old, size_t size)
{
	void *at;

	heap_count(old, -1);
	at = __libc_realloc(old, size);
	heap_count(at, 1);
	return at;
}

void
free(void *at)
{
	heap_count(at, -1);
	__libc_free(at);
}

static void
heap_begin(void)
{
	heap.now = heap.peak = 0;
	heap.counts = true;
}

static long
heap_end(void)
{
	heap.counts = false;
	return heap.peak;
}
#endif

/* ---- workbooks -------------------------------------------------------------- */

enum strings { FIRST, LAST, INSIDE };
enum order { BY_ROW, BY_COLUMN, SHUFFLED };
enum phones { INTERNATIONAL, NATIONAL, NUMBERS };

struct plan {
	const char *name;
	enum strings strings;
	enum order order;
	enum phones phones;
	int no_mail, no_phone;	/* one in so many has none; 0: all have */
	int remark;		/* one in so many has a remark instead of a number */
	int again;		/* one in so many rows comes twice */
};

static bool
one_in(int i, int of)
{
	/* Spread out: no period of its own. */
	return of > 0 && (uint32_t)i * 2654435761u % 65521u % (uint32_t)of == 0;
}

/* The text of a cell; "" none. Columns: name, telephone, mail. */
static void
field(const struct plan *plan, int i, int column, char *to)
{
	struct being b = being(i);

	*to = '\0';
	if (column == 0)
		sprintf(to, "%s %s", b.first, b.last);
	else if (column == 1 && one_in(i, plan->remark))
		sprintf(to, "see remark");
	else if (column == 1 && !one_in(i + 1, plan->no_phone))
		sprintf(to, plan->phones == NATIONAL ? "0%.3s %s" : "+49%.3s%s",
		    b.phone + 3, b.phone + 6);
	else if (column == 2 && !one_in(i + 2, plan->no_mail))
		sprintf(to, "%s", b.mail);
}

static bool
is_number(const struct plan *plan, int i, int column)
{
	return plan->phones == NUMBERS && column == 1 && !one_in(i, plan->remark);
}

/* Places of a table's strings; titles first, the remark fourth, 0 none. */
static uint32_t *
places(const struct plan *plan, int count, struct text_kit *xml)
{
	uint32_t *place = calloc((size_t)count * 3, sizeof(*place)), next = 4;
	bool by_row = plan->order != BY_COLUMN;
	char text[96];

	assert_non_null(place);
	kit_add(xml, "<sst><si><t>Name</t></si><si><t>Telefon</t></si>"
	    "<si><t>E-Mail</t></si><si><t>see remark</t></si>");
	for (int k = 0; k < 3 * count; k++) {
		int i = by_row ? k / 3 : k % count, column = by_row ? k % 3 : k / count;

		field(plan, i, column, text);
		if (*text == '\0' || is_number(plan, i, column))
			continue;
		if (column == 1 && one_in(i, plan->remark)) {
			place[3 * i + column] = 3;
			continue;
		}
		place[3 * i + column] = next++;
		kit_add(xml, "<si><t>%s</t></si>", text);
	}
	kit_add(xml, "</sst>");
	return place;
}

static void
sheet_cell(const struct plan *plan, const uint32_t *place, int i, int column,
    struct text_kit *xml)
{
	char text[96];

	field(plan, i, column, text);
	if (*text == '\0')
		return;
	if (is_number(plan, i, column))
		kit_add(xml, "<c r=\"%c%d\"><v>%s</v></c>", 'A' + column, i + 2, text + 1);
	else if (plan->strings == INSIDE)
		kit_add(xml, "<c r=\"%c%d\" t=\"inlineStr\"><is><t>%s</t></is></c>",
		    'A' + column, i + 2, text);
	else
		kit_add(xml, "<c r=\"%c%d\" t=\"s\"><v>%u</v></c>", 'A' + column, i + 2,
		    place[3 * i + column]);
}

static struct text_kit
sheet_xml(const struct plan *plan, int count, const uint32_t *place)
{
	struct text_kit xml = { 0 };
	bool inside = plan->strings == INSIDE;

	kit_add(&xml, "<worksheet><sheetData><row r=\"1\">%s</row>", inside ?
	    "<c t=\"str\"><v>Name</v></c><c t=\"str\"><v>Telefon</v></c>"
	    "<c t=\"str\"><v>E-Mail</v></c>" :
	    "<c t=\"s\"><v>0</v></c><c t=\"s\"><v>1</v></c><c t=\"s\"><v>2</v></c>");
	for (int k = 0; k < count; k++) {
		int i = plan->order == SHUFFLED ?
		    (int)((uint64_t)k * 7919 % (uint64_t)count) : k;

		for (int twice = 0; twice <= one_in(i + 3, plan->again); twice++) {
			kit_add(&xml, "<row>");
			for (int column = 0; column < 3; column++)
				sheet_cell(plan, place, i, column, &xml);
			kit_add(&xml, "</row>");
		}
	}
	kit_add(&xml, "</sheetData></worksheet>");
	return xml;
}

static struct text_kit
workbook(const struct plan *plan, int count)
{
	struct text_kit zip = { 0 }, strings = { 0 }, sheet;
	uint32_t *place = places(plan, count, &strings);

	sheet = sheet_xml(plan, count, place);
	text_entry(&zip, "[Content_Types].xml", "<Types/>", DEFLATED);
	if (plan->strings == FIRST)
		entry(&zip, "xl/sharedStrings.xml", &strings, DEFLATED);
	entry(&zip, "xl/worksheets/sheet1.xml", &sheet, DEFLATED);
	if (plan->strings == LAST)
		entry(&zip, "xl/sharedStrings.xml", &strings, DEFLATED);
	directory(&zip);
	kit_free(&strings);
	free(place);
	return zip;
}

/* People with a number or an address. */
static int
contacts(const struct plan *plan, int count)
{
	int with = 0;

	for (int i = 0; i < count; i++)
		with += (!one_in(i, plan->remark) && !one_in(i + 1, plan->no_phone)) ||
		    !one_in(i + 2, plan->no_mail);
	return with;
}

static const struct plan plans[] = {
	{ "strings last", LAST, BY_ROW, INTERNATIONAL, 0, 0, 0, 0 },
	{ "strings first", FIRST, BY_ROW, INTERNATIONAL, 0, 0, 0, 0 },
	{ "strings inside", INSIDE, BY_ROW, INTERNATIONAL, 0, 0, 0, 0 },
	{ "last, by column", LAST, BY_COLUMN, NATIONAL, 3, 0, 0, 0 },
	{ "first, by column", FIRST, BY_COLUMN, NATIONAL, 3, 0, 0, 0 },
	{ "last, shuffled", LAST, SHUFFLED, INTERNATIONAL, 3, 4, 0, 0 },
	{ "first, shuffled", FIRST, SHUFFLED, NATIONAL, 3, 4, 0, 0 },
	{ "last, numbers", LAST, BY_ROW, NUMBERS, 3, 4, 0, 0 },
	{ "first, numbers", FIRST, SHUFFLED, NUMBERS, 3, 4, 0, 0 },
	{ "last, no mail but a remark", LAST, BY_ROW, INTERNATIONAL, 1, 0, 3, 0 },
	{ "first, no mail but a remark", FIRST, BY_COLUMN, NATIONAL, 1, 0, 3, 0 },
	{ "last, some twice", LAST, BY_ROW, INTERNATIONAL, 3, 0, 0, 20 },
	{ "first, some twice", FIRST, SHUFFLED, INTERNATIONAL, 3, 0, 0, 20 },
};
#define PLANS (sizeof(plans) / sizeof(plans[0]))

/* ---- counts ------------------------------------------------------- */

static struct body_result
scan(const struct plan *plan, int count, size_t step)
{
	struct text_kit zip = workbook(plan, count);
	struct body_result r = kit_scan_step(zip.data, zip.len,
	    (struct scan_as){ "", "", "DE" }, step);

	kit_free(&zip);
	return r;
}

/* How far off is the count, in percent? */
static double
off(const struct plan *plan, const struct body_result *r, int truth)
{
	double percent = 100.0 * (double)(r->contacts.best - truth) / truth;

	if (percent > 2 || percent < -2 || r->contacts.low > truth ||
	    (r->contacts.high != CONTACTS_UNKNOWN && r->contacts.high < truth))
		print_error("%s: %lld (%lld to %lld) of %d: %s\n", plan->name,
		    (long long)r->contacts.best, (long long)r->contacts.low,
		    (long long)r->contacts.high, truth, r->reason);
	return percent < 0 ? -percent : percent;
}

static void
exact(void **state)
{
	static const int counts[] = { 19, 20, 250, 1000 };

	(void)state;
	for (size_t p = 0; p < PLANS; p++)
		for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
			int truth = contacts(&plans[p], counts[c]);
			struct body_result r = scan(&plans[p], counts[c], 1000);

			if (r.contacts.best != truth)
				off(&plans[p], &r, truth);
			assert_int_equal(r.contacts.best, truth);
			assert_int_equal(r.contacts.high, truth);
			assert_int_equal(r.unscanned, -1);
			assert_int_equal(r.bulk, truth >= 20);
		}
}

static void
estimated(void **state)
{
	static const int counts[] = { 3000, 20000 };

	(void)state;
	for (size_t p = 0; p < PLANS; p++)
		for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
			int truth = contacts(&plans[p], counts[c]);
			struct body_result r = scan(&plans[p], counts[c], 0);

			assert_true(off(&plans[p], &r, truth) <= 2);
			assert_in_range(truth, r.contacts.low, r.contacts.high);
			assert_int_equal(r.unscanned, -1);
			assert_true(r.bulk);
			assert_in_range(r.identifiers.name, truth * 95 / 100,
			    truth * 105 / 100);
		}
}

/* However it is cut, the estimate is the same. */
static void
cut(void **state)
{
	(void)state;
	for (size_t p = 0; p < PLANS; p++) {
		struct body_result whole = scan(&plans[p], 4000, 0);
		struct body_result bytes = scan(&plans[p], 4000, 7);

		kit_assert_same(&whole, &bytes);
	}
}

/* Calls: two hundred numbers again and again are no contacts. */
static void
calls(void **state)
{
	struct text_kit zip = { 0 }, sheet = { 0 }, strings = { 0 };
	struct body_result r;

	(void)state;
	kit_add(&strings, "<sst><si><t>Zeit</t></si><si><t>Telefon</t></si>");
	kit_add(&sheet, "<worksheet><row><c t=\"s\"><v>0</v></c><c t=\"s\"><v>1</v></c></row>");
	for (int i = 0; i < 200; i++)
		kit_add(&strings, "<si><t>%s</t></si>", being(i).phone);
	for (int i = 0; i < 30000; i++) {
		kit_add(&strings, "<si><t>at %d</t></si>", i);
		kit_add(&sheet, "<row><c t=\"s\"><v>%d</v></c><c t=\"s\"><v>%d</v></c></row>",
		    202 + i, 2 + (int)((uint32_t)i * 2654435761u % 65521u % 200u));
	}
	kit_add(&strings, "</sst>");
	kit_add(&sheet, "</worksheet>");
	entry(&zip, "xl/worksheets/sheet1.xml", &sheet, DEFLATED);
	entry(&zip, "xl/sharedStrings.xml", &strings, DEFLATED);
	directory(&zip);
	r = kit_scan_step(zip.data, zip.len, (struct scan_as){ 0 }, 0);
	assert_false(r.bulk);
	assert_int_equal(r.contacts.best, 0);
	assert_int_equal(r.identifiers.phone, 200);
	kit_free(&zip);
}

/* ---- memory ------------------------------------------------------- */

/* What zlib holds for a window and its state. */
static long
window_bytes(void)
{
	struct text_kit zeros = { calloc(1, 1 << 20), 1 << 20, 0 }, data;
	static uint8_t out[1 << 16];
	z_stream stream = { 0 };

	zeros.size = zeros.len;
	data = kit_pack(&zeros, PACK_RAW);
	heap_begin();
	inflateInit2(&stream, -15);
	stream.next_in = (Bytef *)data.data;
	stream.avail_in = (uInt)data.len;
	do {
		stream.next_out = out;
		stream.avail_out = sizeof(out);
	} while (inflate(&stream, Z_NO_FLUSH) == Z_OK);
	inflateEnd(&stream);
	kit_free(&zeros);
	kit_free(&data);
	return heap_end();
}

/* As a browser sends it: the file in a form (RFC 7578). */
static void
wrap(struct text_kit *zip)
{
	struct text_kit form = { 0 };

	kit_add(&form, "--limit\r\nContent-Disposition: form-data; name=\"file\"; "
	    "filename=\"contacts.xlsx\"\r\nContent-Type: application/vnd.openxmlformats-"
	    "officedocument.spreadsheetml.sheet\r\n\r\n");
	kit_bytes(&form, zip->data, zip->len);
	kit_add(&form, "\r\n--limit--\r\n");
	kit_free(zip);
	*zip = form;
}

/* The most that a body in flight holds; after: one with a full tally went before. */
static long
held(const struct plan *plan, int count, bool after)
{
	struct text_kit zip = workbook(plan, count), csv = { 0 };
	struct body_facts facts = { "", "", "DE" };
	struct body_result result;
	struct body *body;
	long peak;

	for (int i = 0; i < 30000 && after; i++)
		kit_add(&csv, "+4916%09d;%s\n", i * 3571, being(i).last);
	wrap(&zip);
	heap_begin();
	body = body_new(&facts, BULK_THRESHOLD);
	body_feed(body, (const uint8_t *)csv.data, csv.len);
	if (after)
		body_next(body, &facts);
	for (size_t at = 0; at < zip.len; at += 4096)
		body_feed(body, (const uint8_t *)zip.data + at,
		    zip.len - at < 4096 ? zip.len - at : 4096);
	body_end(body, &result);
	peak = heap_end();
	assert_true(result.bulk);
	assert_in_range(result.contacts.best, after ? 30000 : count * 3 / 5, count + 31000);
	kit_free(&zip);
	kit_free(&csv);
	return peak;
}

static long
held_most(const struct plan *plan, int count, bool after, long window)
{
	long bytes = held(plan, count, after) - window;

	if (bytes > BODY_BYTES_MAX)
		print_error("%s, %d contacts%s: %ld bytes\n", plan->name, count,
		    after ? ", after others" : "", bytes);
	return bytes;
}

static void
memory(void **state)
{
	static const int counts[] = { 1000, 1500, 2000 };
	long window, most = 0;

	(void)state;
	if (!CAN_MEASURE)
		skip();
	window = window_bytes();
	assert_true(window > 32 << 10);
	for (size_t p = 0; p < PLANS; p++) {
		/* A hundred thousand: as the parts may stand, each once. */
		for (int after = 0; after < 2; after++)
			for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
				long bytes = held_most(&plans[p], counts[c], after, window);

				most = bytes > most ? bytes : most;
			}
		if (p < 3 || p == 6) {
			long bytes = held_most(&plans[p], 100000, false, window);

			most = bytes > most ? bytes : most;
		}
	}
	print_message("at most %ld bytes beyond the window of %ld\n", most, window);
	assert_in_range(most, 1, BODY_BYTES_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact), cmocka_unit_test(estimated),
		cmocka_unit_test(cut), cmocka_unit_test(calls),
		cmocka_unit_test(memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
