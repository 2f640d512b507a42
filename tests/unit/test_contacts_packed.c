/* SPDX-License-Identifier: Apache-2.0 */
/* Packed bodies: every coding, alone and in chains; bombs; damaged streams. */
#include "pack_kit.h"

#include <brotli/encode.h>
#include <zstd.h>

static struct text_kit
book(int count)
{
	struct text_kit kit = { 0 };

	kit_add(&kit, "{\"contacts\":[");
	for (int i = 0; i < count; i++)
		kit_add(&kit, "%s{\"first_name\":\"Anna %d\",\"phone_numbers\":[\""
		    KIT_PHONE "\"]}", i ? "," : "", i * 7919 % 1000, i);
	kit_add(&kit, "]}");
	return kit;
}

/* Packs and frees what it is given. */
typedef struct text_kit packer(struct text_kit *plain);

static struct text_kit
room_for(size_t size)
{
	struct text_kit kit = { malloc(size), 0, size };

	assert_non_null(kit.data);
	return kit;
}

static struct text_kit
pack_zstd(struct text_kit *plain)
{
	struct text_kit out = room_for(ZSTD_compressBound(plain->len));

	out.len = ZSTD_compress(out.data, out.size, plain->data, plain->len, 3);
	assert_false(ZSTD_isError(out.len));
	kit_free(plain);
	return out;
}

static struct text_kit
pack_brotli_at(struct text_kit *plain, int quality)
{
	struct text_kit out = room_for(BrotliEncoderMaxCompressedSize(plain->len) + 64);

	out.len = out.size;
	assert_true(BrotliEncoderCompress(quality, 22, BROTLI_MODE_TEXT, plain->len,
	    (const uint8_t *)plain->data, &out.len, (uint8_t *)out.data));
	kit_free(plain);
	return out;
}

static struct text_kit
pack_brotli(struct text_kit *plain)
{
	return pack_brotli_at(plain, 5);
}

static struct text_kit
pack_zlib(struct text_kit *plain, int window)
{
	struct text_kit out = kit_pack(plain, window);

	kit_free(plain);
	return out;
}

static struct text_kit
pack_gzip(struct text_kit *plain)
{
	return pack_zlib(plain, PACK_GZIP);
}

static struct text_kit
pack_bare(struct text_kit *plain)
{
	return pack_zlib(plain, PACK_RAW);
}

struct chain { const char *encoding; packer *packers[3]; };

static const struct chain chains[] = {
	{ "zstd", { pack_zstd } }, { "", { pack_zstd } },
	{ "br", { pack_brotli } }, { "gzip", { pack_gzip } },
	{ "deflate", { pack_bare } },
	{ "br, gzip", { pack_brotli, pack_gzip } },
	{ "gzip, zstd", { pack_gzip, pack_zstd } },
	{ "zstd, br", { pack_zstd, pack_brotli } },
	{ "zstd,gzip , br", { pack_zstd, pack_gzip, pack_brotli } },
	/* Undeclared inside declared. */
	{ "br", { pack_zstd, pack_brotli } },
	{ "identity", { pack_gzip, pack_zstd } },
};
#define CHAINS (sizeof(chains) / sizeof(chains[0]))

static struct text_kit
pack_chain(const struct chain *chain, struct text_kit kit)
{
	for (size_t i = 0; i < 3 && chain->packers[i] != NULL; i++)
		kit = chain->packers[i](&kit);
	return kit;
}

static void
every_chain(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHAINS; i++) {
		struct text_kit kit = pack_chain(&chains[i], book(60));
		struct body_result r = kit_scan_text(&kit, (struct scan_as){
		    "application/json", chains[i].encoding, NULL });

		assert_int_equal(r.unscanned, -1);
		assert_int_equal(r.format, FORMAT_JSON);
		assert_int_equal(r.contacts.best, 60);
	}
}

static struct text_kit
pack_base64(struct text_kit *plain)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct text_kit out = { 0 };

	for (size_t i = 0; i + 2 < plain->len; i += 3) {
		unsigned bits = (unsigned)(uint8_t)plain->data[i] << 16 |
		    (unsigned)(uint8_t)plain->data[i + 1] << 8 |
		    (uint8_t)plain->data[i + 2];

		kit_add(&out, "%c%c%c%c%s", digits[bits >> 18], digits[bits >> 12 & 63],
		    digits[bits >> 6 & 63], digits[bits & 63],
		    i % 57 == 54 ? "\r\n" : "");
	}
	kit_free(plain);
	return out;
}

/* What has no magic number is known by trying, also of a short body. */
static void
coded_without_a_name(void **state)
{
	static const struct chain unnamed[] = {
		{ "", { pack_brotli } }, { "", { pack_bare } }, { "", { pack_base64 } },
		{ "", { pack_gzip, pack_base64 } }, { "", { pack_base64, pack_gzip } },
		{ "zstd", { pack_bare, pack_zstd } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(unnamed) / sizeof(unnamed[0]); i++) {
		for (int count = 24; count <= 600; count *= 25) {
			struct text_kit kit = pack_chain(&unnamed[i], book(count));
			struct body_result r = kit_scan_text(&kit, (struct scan_as){
			    "application/octet-stream", unnamed[i].encoding, NULL });

			assert_int_equal(r.unscanned, -1);
			assert_int_equal(r.contacts.best, count);
		}
	}
}

static uint64_t
drawn(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *state >> 33;
}

/* Brotli's tables for a large book are longer than what is held back to see it. */
static void
long_head(void **state)
{
	static const char *const names[] = { "Anna", "Bartosz", "Chiara", "Dieter",
		"F\xc3\xa1tima", "Grzegorz", "J\xc3\xbcrgen", "Ma\xc5\x82gorzata",
		"O'Brien", "S\xc3\xb8ren", "W\xc3\xb3jcik", "Zo\xc3\xab" };
	struct text_kit kit = { 0 };
	struct body_result r;
	uint64_t seed = 11;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		const char *first = names[drawn(&seed) % 12], *last = names[drawn(&seed) % 12];

		kit_add(&kit, "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:%s %s\r\nREV:%08x%08x\r\n"
		    "TEL;VALUE=uri:tel:+4917%09u\r\nEMAIL:%c%c.%u@example.%s\r\n"
		    "END:VCARD\r\n", first, last, (unsigned)drawn(&seed),
		    (unsigned)drawn(&seed), (unsigned)(drawn(&seed) % 1000000000),
		    first[0], last[0], i, drawn(&seed) % 3 ? "org" : "net");
	}
	kit = pack_brotli_at(&kit, 11);
	r = kit_scan_step(kit.data, kit.len, (struct scan_as){ 0 }, 0);
	assert_int_equal(r.contacts.best, 3000);
	r = kit_scan_step(kit.data, kit.len, (struct scan_as){ 0 }, 7);
	assert_int_equal(r.contacts.best, 3000);
	/* Once it is read, that it is damaged is told. */
	r = kit_scan_step(kit.data, kit.len - 1000, (struct scan_as){ 0 }, 0);
	assert_int_equal(r.unscanned, UNSCANNED_CORRUPT);
	kit_free(&kit);
}

/* Random bytes are taken for it at times, and then not told of as damaged. */
static void
no_head(void **state)
{
	uint64_t seed = 5;
	uint8_t bytes[4096];

	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct body_result r;

		for (size_t k = 0; k < sizeof(bytes); k++)
			bytes[k] = (uint8_t)drawn(&seed);
		r = kit_scan_step(bytes, sizeof(bytes), (struct scan_as){ 0 }, 0);
		assert_int_equal(r.unscanned, -1);
		assert_int_equal(r.contacts.best, 0);
	}
}

/* Text behind a few odd bytes, digits, a list of digests: nothing to decode. */
static void
not_coded(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	for (int i = 0; i < 60; i++)
		kit_add(&kit, KIT_PHONE "\n", i);
	r = kit_scan_text(&kit, (struct scan_as){ "", NULL, NULL });
	assert_int_equal(r.contacts.best, 60);
	kit_add(&kit, "{\"phone_hashes\":[");
	for (int i = 0; i < 60; i++)
		kit_add(&kit, "%s\"%08x%056x\"", i ? "," : "", i + 1, i * 7919);
	kit_add(&kit, "]}");
	r = kit_scan_text(&kit, (struct scan_as){ "", NULL, NULL });
	assert_int_equal(r.contacts.best, 60);
}

/* Most servers do not look at Content-Encoding: what is there is counted. */
static void
named_wrongly(void **state)
{
	static const struct { const char *encoding; int unscanned; } names[] = {
		{ "gzip", UNSCANNED_CORRUPT }, { "zstd", UNSCANNED_CORRUPT },
		{ "br", UNSCANNED_CORRUPT }, { "deflate", UNSCANNED_CORRUPT },
		{ "gzip, br", UNSCANNED_CORRUPT }, { "snappy", UNSCANNED_LIMIT },
		{ "aes128gcm, identity", UNSCANNED_LIMIT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct text_kit kit = book(60);
		struct body_result r = kit_scan_text(&kit, (struct scan_as){
		    "application/json", names[i].encoding, NULL });

		assert_int_equal(r.unscanned, names[i].unscanned);
		assert_true(r.bulk);
		assert_int_equal(r.contacts.best, 60);
		assert_true(r.contacts.high == CONTACTS_UNKNOWN);
	}
}

/* A stream that ends early counts what was there, and says it was damaged. */
static void
cut_short(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHAINS; i++) {
		struct text_kit kit = pack_chain(&chains[i], book(4000));
		struct body_result r;

		kit.len -= kit.len / 4;
		r = kit_scan_step(kit.data, kit.len, (struct scan_as){
		    "application/json", chains[i].encoding, NULL }, 1000);
		assert_int_equal(r.unscanned, UNSCANNED_CORRUPT);
		assert_true(r.contacts.high == CONTACTS_UNKNOWN);
		kit_free(&kit);
	}
}

static void
damaged(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHAINS; i++) {
		struct text_kit kit;
		struct body_result r;

		/* Bare deflate checks nothing: other bytes are other text. */
		if (strcmp(chains[i].encoding, "deflate") == 0)
			continue;
		kit = pack_chain(&chains[i], book(4000));
		memset(kit.data + kit.len / 2, 0xff, kit.len / 4);
		r = kit_scan_step(kit.data, kit.len, (struct scan_as){
		    "application/json", chains[i].encoding, NULL }, 1000);
		assert_int_equal(r.unscanned, UNSCANNED_CORRUPT);
		kit_free(&kit);
	}
}

/* 512 MiB of blanks in 16 KiB of zstd. */
static struct text_kit
bomb_zstd(void)
{
	static const char blanks[1 << 16] = { 0 };
	struct text_kit out = room_for(1 << 20);
	ZSTD_CCtx *context = ZSTD_createCCtx();
	ZSTD_outBuffer to = { out.data, out.size, 0 };

	for (int i = 0; i < 8192; i++) {
		ZSTD_inBuffer from = { blanks, sizeof(blanks), 0 };

		while (from.pos < from.size)
			assert_false(ZSTD_isError(ZSTD_compressStream2(context, &to,
			    &from, ZSTD_e_continue)));
	}
	assert_int_equal(ZSTD_compressStream2(context, &to,
	    &(ZSTD_inBuffer){ NULL, 0, 0 }, ZSTD_e_end), 0);
	ZSTD_freeCCtx(context);
	out.len = to.pos;
	return out;
}

static void
bomb_is_bounded(void **state)
{
	static const char *const encodings[] = { "", "zstd", "br", "gzip, zstd" };
	struct text_kit kit;
	struct body_result r;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		kit = bomb_zstd();
		assert_in_range(kit.len, 1, 65536);
		if (strcmp(encodings[i], "br") == 0)
			kit = pack_brotli(&kit);
		r = kit_scan_step(kit.data, kit.len,
		    (struct scan_as){ "", encodings[i], NULL }, 0);
		kit_free(&kit);
		/* Zeros are no gzip: the last is damaged, not a bomb. */
		assert_int_equal(r.unscanned, i == 3 ? UNSCANNED_CORRUPT :
		    UNSCANNED_LIMIT);
		assert_in_range(r.decoded, 0, 12 << 20);
	}
}

static void
part_begin(struct text_kit *kit, const char *type)
{
	kit_add(kit, "--b\r\nContent-Type: %s\r\n\r\n", type);
}

static void
part_add(struct text_kit *kit, const struct text_kit *what)
{
	char *grown = realloc(kit->data, kit->len + what->len + 4096);

	assert_non_null(grown);
	kit->data = grown;
	kit->size = kit->len + what->len + 4096;
	memcpy(kit->data + kit->len, what->data, what->len);
	kit->len += what->len;
	kit_add(kit, "\r\n");
}

/* A bomb in one part: the parts after it are read all the same. */
static void
rest_goes_on(void **state)
{
	struct text_kit kit = { 0 }, bomb = bomb_zstd(), plain = book(30);
	struct text_kit small = book(50), packed = pack_gzip(&small);
	struct body_result r;

	(void)state;
	part_begin(&kit, "application/octet-stream");
	part_add(&kit, &bomb);
	part_begin(&kit, "application/json");
	part_add(&kit, &plain);
	part_begin(&kit, "application/json");
	part_add(&kit, &packed);
	kit_add(&kit, "--b--\r\n");
	r = kit_scan_step(kit.data, kit.len,
	    (struct scan_as){ "multipart/form-data; boundary=b", NULL, NULL }, 4096);
	assert_int_equal(r.unscanned, UNSCANNED_LIMIT);
	assert_int_equal(r.contacts.best, 50);
	kit_free(&kit);
	kit_free(&bomb);
	kit_free(&plain);
	kit_free(&packed);
}

static void
layers_end(void **state)
{
	struct text_kit kit = book(30);
	struct body_result r;

	(void)state;
	for (int i = 0; i < 9; i++)
		kit = pack_gzip(&kit);
	r = kit_scan_text(&kit, (struct scan_as){ "", "gzip", NULL });
	assert_int_equal(r.unscanned, UNSCANNED_LIMIT);
	assert_int_equal(r.contacts.best, 0);
}

/* A window of 128 MiB is more than a sender may ask for (RFC 9659). */
static void
wide_window(void **state)
{
	static const uint8_t frame[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x88, 1, 0, 0 };
	struct body_result r;

	(void)state;
	r = kit_scan(frame, sizeof(frame), (struct scan_as){ "", "zstd", NULL });
	assert_int_equal(r.unscanned, UNSCANNED_LIMIT);
}

static void
deep_json(void **state)
{
	struct text_kit kit = { 0 };
	struct body_result r;

	(void)state;
	for (int i = 0; i < 100000; i++)
		kit_add(&kit, "%s", i % 2 ? "{\"a\":" : "[");
	kit_add(&kit, "\"" KIT_PHONE "\"", 1);
	for (int i = 99999; i >= 0; i--)
		kit_add(&kit, "%s", i % 2 ? "}" : "]");
	kit_add(&kit, "\n{\"contacts\":[");
	for (int i = 0; i < 25; i++)
		kit_add(&kit, "%s\"" KIT_PHONE "\"", i ? "," : "", i);
	kit_add(&kit, "]}");
	r = kit_scan_step(kit.data, kit.len, (struct scan_as){ 0 }, 100);
	assert_int_equal(r.contacts.best, 25);
	kit_free(&kit);
}

/* No delimiter ends it, and it goes on for ever. */
static void
endless_part(void **state)
{
	struct body_facts facts = { "multipart/form-data; boundary=b", "", "" };
	struct text_kit kit = { 0 }, plain = book(30);
	struct body *body = body_new(&facts, BULK_THRESHOLD);
	struct body_result r;

	(void)state;
	part_begin(&kit, "application/json");
	part_add(&kit, &plain);
	body_feed(body, (const uint8_t *)kit.data, kit.len);
	for (int i = 0; i < 4000; i++)
		body_feed(body, (const uint8_t *)"\r\n--a\r\n--", 9);
	body_end(body, &r);
	assert_int_equal(r.contacts.best, 30);
	kit_free(&kit);
	kit_free(&plain);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_chain), cmocka_unit_test(coded_without_a_name),
		cmocka_unit_test(long_head), cmocka_unit_test(no_head),
		cmocka_unit_test(not_coded), cmocka_unit_test(named_wrongly),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(damaged), cmocka_unit_test(bomb_is_bounded),
		cmocka_unit_test(rest_goes_on), cmocka_unit_test(layers_end),
		cmocka_unit_test(wide_window), cmocka_unit_test(deep_json),
		cmocka_unit_test(endless_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
