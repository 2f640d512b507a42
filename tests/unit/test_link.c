/* SPDX-License-Identifier: Apache-2.0 */
/* From a frame of each link type to the IP packet inside. */
#include "unit/decoding.h"

/* Headers that may stand between a link layer and IPv4. */
static void
test_link_headers(void **state)
{
	static const struct { unsigned link; const char *header; } rows[] = {
		{ 0, "02 00 00 00" }, { 0, "00 00 00 02" },
		{ 108, "00 00 00 02" }, { 108, "02 00 00 00" },
		{ 12, "" }, { 14, "" }, { 101, "" }, { 228, "" },
		{ 9, "ff 03 00 21" }, { 9, "00 21" }, { 9, "21" },
		{ 9, "02 81 00 01 01 40" }, { 50, "ff 03 00 21" }, { 50, "0f 00 08 00" },
		{ 104, "8f 00 08 00" }, { 204, "01 ff 03 00 21" },
		{ 51, "11 00 00 01 00 ff 00 21" },
		{ 113, "00 00 00 01 00 06 00 11 22 33 44 55 00 00 08 00" },
		{ 113, "00 00 00 01 00 06 00 11 22 33 44 55 00 00 81 00"
		    "00 05 08 00" },
		{ 113, "00 00 00 01 00 06 00 11 22 33 44 55 00 00 00 04"
		    "aa aa 03 00 00 00 08 00" },
		{ 276, "08 00 00 00 00 00 00 03 00 01 00 06 00 11 22 33 44 55"
		    "00 00" },
		{ 239, "02 00 00 05 08 00 01 00 08 00 00 00 05 00 0a 00 41 00"
		    "00 00 0c 00 09 00" },
		{ 239, "02 00 00 05 00 08 00 01 08 00 00 00 00 0c 00 09" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes b = udp_v4();

		wrap_hex(&b, rows[i].header);
		expect_udp(rows[i].link, &b, 4);
		assert_true(decoder_knows((uint16_t)rows[i].link));
	}
}

static void
test_link_headers_of_ipv6(void **state)
{
	static const struct { unsigned link; const char *header; } rows[] = {
		{ 9, "ff 03 00 57" }, { 101, "" }, { 229, "" }, { 12, "" },
		{ 113, "00 00 00 01 00 06 00 11 22 33 44 55 00 00 86 dd" },
		{ 276, "86 dd 00 00 00 00 00 03 00 01 00 06 00 11 22 33 44 55"
		    "00 00" },
		{ 239, "0a 00 00 05 08 00 09 00" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes b = udp_v6();

		wrap_hex(&b, rows[i].header);
		expect_udp(rows[i].link, &b, 6);
	}
}

static void
test_nflog_without_payload(void **state)
{
	struct bytes b = { 0 };

	(void)state;
	bytes_hex(&b, "02 00 00 05 08 00 01 00 08 00 00 00");
	expect_result(239, &b, PACKET_OTHER);
	bytes_hex(&b, "02 00 00 05 03 00 01 00");	/* no such length */
	expect_result(239, &b, PACKET_UNREADABLE);
	bytes_hex(&b, "02 00 00 05 40 00 01 00 08 00 00 00");
	expect_result(239, &b, PACKET_UNREADABLE);
}

/* Each system numbers IPv6 in its own way; both orders are met. */
static void
test_null_families(void **state)
{
	static const uint8_t families[] = { 10, 23, 24, 28, 30 };

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(families); i++) {
		struct bytes b = udp_v6();

		bytes_front(&b, 4)[i % 2 ? 3 : 0] = families[i / 2];
		expect_udp(i % 2 ? 108 : 0, &b, 6);
	}
	struct bytes b = udp_v6();
	wrap_hex(&b, "07 00 00 00");
	expect_result(0, &b, PACKET_OTHER);
}

static void
test_ethernet_tags(void **state)
{
	static const struct { const char *tags; unsigned vlan; } rows[] = {
		{ "08 00", 0 },
		{ "81 00 20 07 08 00", 7 },
		{ "88 a8 00 11 81 00 00 12 08 00", 17 },
		{ "91 00 00 11 91 00 00 12 81 00 00 13 08 00", 17 },
		{ "81 00 00 00 08 00", 0 },
		{ "88 47 00 01 00 40 00 02 01 40", 0 },
		{ "88 64 11 00 00 01 00 29 00 21", 0 },
		{ "81 00 00 05 88 64 11 00 00 01 00 29 00 21", 5 },
		{ "00 2f aa aa 03 00 00 00 08 00", 0 },
		{ "00 2f aa aa 03 00 00 f8 08 00", 0 },
	};
	struct packet packet;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes b = udp_v4();

		wrap_hex(&b, rows[i].tags);
		bytes_front(&b, 12);
		assert_int_equal(decode_cut(1, &b, b.len, &packet), PACKET_IP);
		assert_int_equal(packet.vlan, rows[i].vlan);
		expect_udp(1, &b, 4);
	}
}

/* Understood, but without IP inside; and what is no frame at all. */
static void
test_ethernet_without_ip(void **state)
{
	static const struct { const char *tail; enum packet_result want; } rows[] = {
		{ "08 06 00 01", PACKET_OTHER },		/* ARP */
		{ "88 cc 02 07", PACKET_OTHER },		/* LLDP */
		{ "00 03 42 42 03", PACKET_OTHER },		/* STP */
		{ "00 08 aa aa 03 00 00 0c 20 00", PACKET_OTHER },	/* CDP */
		{ "00 08 aa aa 03 00 00 00 00 10", PACKET_OTHER },
		{ "88 64 11 09 00 00 00 00", PACKET_OTHER },	/* discovery */
		{ "88 64 11 00 00 01 00 02 c0 21", PACKET_OTHER },	/* LCP */
		{ "88 64 11 00 00 01 00 02 00 fd", PACKET_UNREADABLE },
		{ "88 64 22 00 00 01 00 02 00 21", PACKET_UNREADABLE },
		{ "88 47 00 01 01 40 00 01 02 03", PACKET_OTHER },	/* pseudowire */
		{ "88 47 00 01 00 40", PACKET_UNREADABLE },
		{ "05 dd 00 00", PACKET_UNREADABLE },	/* neither length nor type */
		{ "81 00 00", PACKET_UNREADABLE },
		{ "08", PACKET_UNREADABLE },
		{ "08 00", PACKET_UNREADABLE },
		{ "86 dd 45 00", PACKET_UNREADABLE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes b = { 0 };

		bytes_end(&b, 12);
		bytes_hex(&b, rows[i].tail);
		expect_result(1, &b, rows[i].want);
	}
}

static void
test_tags_are_bounded(void **state)
{
	(void)state;
	for (unsigned count = 2; count < 40; count += 37) {
		struct bytes b = udp_v4();

		wrap_hex(&b, "08 00");
		for (unsigned i = 0; i < count; i++)
			wrap_hex(&b, "81 00 00 01");
		bytes_front(&b, 12);
		if (count == 2)
			expect_udp(1, &b, 4);
		else
			expect_result(1, &b, PACKET_UNREADABLE);
	}
}

static void
test_cooked_without_ip(void **state)
{
	struct bytes netlink = udp_v4(), raw = udp_v4();

	(void)state;
	wrap_hex(&netlink, "00 04 03 38 00 00 00 00 00 00 00 00 00 00 08 00");
	expect_result(113, &netlink, PACKET_OTHER);
	wrap_hex(&raw, "00 04 00 01 00 00 00 00 00 00 00 00 00 00 00 01");
	expect_result(113, &raw, PACKET_OTHER);
}

static void
test_unknown_link(void **state)
{
	static const unsigned links[] = { 147, 189, 0xffff };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct bytes b = udp_v4();

		expect_result(links[i], &b, PACKET_UNREADABLE);
		assert_false(decoder_knows((uint16_t)links[i]));
	}
}

#define ADDRESSES "00 00 02 00 00 00 00 01 02 00 00 00 00 02 02 00 00 00 00 03"
#define SEQUENCE " 10 00"
#define SNAP " aa aa 03 00 00 00 08 00"

static void
test_wlan(void **state)
{
	static const struct { const char *header; enum packet_result want; } rows[] = {
		{ "08 02 " ADDRESSES SEQUENCE SNAP, PACKET_IP },
		{ "88 01 " ADDRESSES SEQUENCE " 00 00" SNAP, PACKET_IP },
		{ "88 03 " ADDRESSES SEQUENCE " 02 00 00 00 00 04 00 00" SNAP,
		    PACKET_IP },
		{ "88 81 " ADDRESSES SEQUENCE " 00 00 00 00 00 00" SNAP,
		    PACKET_IP },		/* with HT control */
		{ "08 42 " ADDRESSES SEQUENCE SNAP, PACKET_UNREADABLE },
		{ "08 06 " ADDRESSES SEQUENCE SNAP, PACKET_UNREADABLE },
		{ "08 02 " ADDRESSES " 11 00" SNAP, PACKET_UNREADABLE },
		{ "88 01 " ADDRESSES SEQUENCE " 80 00" SNAP, PACKET_UNREADABLE },
		{ "48 01 " ADDRESSES SEQUENCE, PACKET_OTHER },	/* no data */
		{ "80 00 " ADDRESSES SEQUENCE, PACKET_OTHER },	/* beacon */
		{ "d4 00 00 00", PACKET_OTHER },		/* ACK */
		{ "09 02 " ADDRESSES SEQUENCE SNAP, PACKET_UNREADABLE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes b = udp_v4();

		wrap_hex(&b, rows[i].header);
		if (rows[i].want == PACKET_IP)
			expect_udp(105, &b, 4);
		else
			expect_result(105, &b, rows[i].want);
	}
}

static void
test_radiotap(void **state)
{
	static const struct { const char *header; enum packet_result want; } rows[] = {
		{ "00 00 08 00 00 00 00 00 08 02 ", PACKET_IP },
		{ "00 00 0a 00 02 00 00 00 00 00 08 02 ", PACKET_IP },
		/* time stamp, aligned after two present words, then flags */
		{ "00 00 1a 00 03 00 00 80 00 00 00 00 00 00 00 00 01 02 03 04"
		    "05 06 07 08 10 00 08 02", PACKET_IP },
		{ "00 00 09 00 02 00 00 00 40 08 02", PACKET_UNREADABLE },
		{ "01 00 08 00 00 00 00 00 08 02", PACKET_UNREADABLE },
		{ "00 00 07 00 00 00 00 00 08 02", PACKET_UNREADABLE },
		{ "00 00 ff ff 00 00 00 00 08 02", PACKET_UNREADABLE },
		{ "00 00 08 00 ff ff ff ff 08 02", PACKET_IP },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes b = udp_v4();

		wrap_hex(&b, ADDRESSES SEQUENCE SNAP);
		wrap_hex(&b, rows[i].header);
		if (rows[i].want == PACKET_IP)
			expect_udp(127, &b, 4);
		else
			expect_result(127, &b, rows[i].want);
	}
}

/* Some cards pad the 802.11 header to four bytes, and say so. */
static void
test_radiotap_padding(void **state)
{
	struct bytes b = udp_v4();

	(void)state;
	wrap_hex(&b, "88 01 " ADDRESSES SEQUENCE " 00 00 00 00" SNAP);
	wrap_hex(&b, "00 00 09 00 02 00 00 00 20");
	expect_udp(127, &b, 4);
}

static void
test_ppi(void **state)
{
	struct bytes good = udp_v4(), itself = udp_v4(), wide = udp_v4();

	(void)state;
	wrap_hex(&good, "08 02 " ADDRESSES SEQUENCE SNAP);
	wrap_hex(&good, "00 00 0c 00 69 00 00 00 01 02 03 04");
	expect_udp(192, &good, 4);
	wrap_hex(&itself, "00 00 08 00 c0 00 00 00");
	expect_result(192, &itself, PACKET_UNREADABLE);
	wrap_hex(&wide, "00 00 08 00 65 00 01 00");
	expect_result(192, &wide, PACKET_UNREADABLE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_link_headers),
		cmocka_unit_test(test_link_headers_of_ipv6),
		cmocka_unit_test(test_nflog_without_payload),
		cmocka_unit_test(test_null_families),
		cmocka_unit_test(test_ethernet_tags),
		cmocka_unit_test(test_ethernet_without_ip),
		cmocka_unit_test(test_tags_are_bounded),
		cmocka_unit_test(test_cooked_without_ip),
		cmocka_unit_test(test_unknown_link),
		cmocka_unit_test(test_wlan),
		cmocka_unit_test(test_radiotap),
		cmocka_unit_test(test_radiotap_padding),
		cmocka_unit_test(test_ppi),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
