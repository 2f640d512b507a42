/* SPDX-License-Identifier: Apache-2.0 */
/* IP headers, the transports above them, and tunnels. */
#include "unit/decoding.h"

static void
test_tcp_fields(void **state)
{
	struct bytes b = tcp_v4();
	struct decoder *decoder = decoder_new();
	struct frame frame;
	struct packet packet;

	(void)state;
	wrap_ethernet(&b, 0x0800);
	bytes_end(&b, 5);		/* Ethernet pads short frames */
	frame = (struct frame){ b.data, b.len, b.len, 0, 0, 1 };
	assert_int_equal(decoder_decode(decoder, &frame, &packet), PACKET_IP);
	assert_int_equal(packet.src_port, 40000);
	assert_int_equal(packet.dst_port, 443);
	assert_int_equal(packet.seq, 0x01020304);
	assert_int_equal(packet.ack, 0x05060708);
	assert_int_equal(packet.tcp_flags, TCP_PSH | TCP_ACK);
	assert_ptr_equal(packet.ip, b.data + 14);
	assert_int_equal(packet.ip_len, 40 + TEXT_LEN);
	assert_int_equal(packet.payload_len, TEXT_LEN);
	assert_memory_equal(packet.payload, TEXT, TEXT_LEN);
	assert_false(packet.reassembled);
	assert_int_equal(packet.vlan, 0);
	decoder_free(decoder);
	bytes_fini(&b);
}

static void
test_snapshot_cuts_payload(void **state)
{
	struct bytes b = tcp_v4();
	struct packet packet;

	(void)state;
	assert_int_equal(decode_cut(101, &b, 44, &packet), PACKET_IP);
	assert_int_equal(packet.payload_len, 4);
	assert_int_equal(packet.payload_wire, TEXT_LEN);
	assert_int_equal(decode_cut(101, &b, 39, &packet), PACKET_UNREADABLE);
	bytes_fini(&b);
}

static void
test_snapshot_cuts_tcp_options(void **state)
{
	struct bytes b = tcp_v4();
	struct packet packet;

	(void)state;
	b.data[32] = 0x70;		/* eight bytes of options */
	assert_int_equal(decode_cut(101, &b, 42, &packet), PACKET_IP);
	assert_int_equal(packet.payload_len, 0);
	assert_int_equal(packet.payload_wire, TEXT_LEN - 8);
	bytes_fini(&b);
}

static void
test_tcp_header_lies(void **state)
{
	static const uint8_t lengths[] = { 0x00, 0x40, 0xf0 };

	(void)state;
	for (size_t i = 0; i < sizeof(lengths); i++) {
		struct bytes b = tcp_v4();

		b.data[32] = lengths[i];
		expect_result(101, &b, PACKET_UNREADABLE);
	}
}

static void
test_ip_length_beyond_wire(void **state)
{
	struct bytes b = tcp_v4();
	struct packet packet;

	(void)state;
	set_u16(b.data + 2, 5000);
	assert_int_equal(decode_all(101, &b, &packet), PACKET_IP);
	assert_int_equal(packet.payload_len, TEXT_LEN);
	assert_int_equal(packet.payload_wire, TEXT_LEN);
}

static void
test_ip_length_zero(void **state)
{
	struct bytes four = udp_v4(), six = udp_v6();

	(void)state;
	set_u16(four.data + 2, 0);
	set_u16(six.data + 4, 0);
	expect_udp(101, &four, 4);
	expect_udp(101, &six, 6);
}

static void
test_ip_header_lies(void **state)
{
	static const struct { size_t at; uint8_t value; } lies[] = {
		{ 0, 0x44 },		/* header shorter than a header */
		{ 0, 0x4f },		/* header longer than the packet */
		{ 0, 0x55 },		/* no such version */
		{ 3, 19 },		/* packet shorter than its header */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct bytes b = udp_v4();

		b.data[2] = 0;
		b.data[lies[i].at] = lies[i].value;
		expect_result(228, &b, PACKET_UNREADABLE);
	}
}

static void
test_ipv4_options(void **state)
{
	struct bytes b = udp_text();

	(void)state;
	wrap_hex(&b, "94 04 00 00");	/* router alert, RFC 2113 */
	wrap_ipv4(&b, 17);
	b.data[0] = 0x46;
	expect_udp(228, &b, 4);
}

static void
test_udp_length(void **state)
{
	static const struct { unsigned len; size_t want; } rows[] = {
		{ 0, TEXT_LEN }, { 8, 0 }, { 12, 4 }, { 9999, TEXT_LEN },
	};
	struct packet packet;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes b = udp_v4();

		set_u16(b.data + 24, rows[i].len);
		assert_int_equal(decode_all(228, &b, &packet), PACKET_IP);
		assert_int_equal(packet.payload_len, rows[i].want);
		assert_int_equal(packet.payload_wire, rows[i].want);
	}
	struct bytes b = udp_v4();
	set_u16(b.data + 24, 7);
	expect_result(228, &b, PACKET_UNREADABLE);
}

static void
test_other_transports(void **state)
{
	static const struct { unsigned proto, port; } rows[] = {
		{ 132, 1000 }, { 33, 1000 }, { 136, 1000 },	/* SCTP, ... */
		{ 1, 0 }, { 50, 0 }, { 2, 0 }, { 59, 0 },
	};
	struct packet packet;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes b = udp_text();

		wrap_ipv4(&b, rows[i].proto);
		assert_int_equal(decode_all(228, &b, &packet), PACKET_IP);
		assert_int_equal(packet.proto, rows[i].proto);
		assert_int_equal(packet.src_port, rows[i].port);
		assert_int_equal(packet.payload_len, 8 + TEXT_LEN);
	}
	struct bytes b = { 0 };
	bytes_put(&b, "abc", 3);
	wrap_ipv4(&b, 132);
	expect_result(228, &b, PACKET_UNREADABLE);
}

static void
test_ipv6_extensions(void **state)
{
	static const struct { unsigned proto; const char *header; } rows[] = {
		{ 0, "11 00 01 04 00 00 00 00" },	/* hop by hop */
		{ 43, "11 01 04 00 00 00 00 00 00 00 00 00 00 00 00 00" },
		{ 60, "11 00 01 04 00 00 00 00" },	/* destination options */
		{ 51, "11 01 00 00 00 00 00 01 00 00 00 01" },	/* AH */
		{ 135, "11 00 00 00 00 00 00 00" },
		{ 44, "11 00 00 06 00 00 00 09" },	/* atomic fragment */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes b = udp_text();

		wrap_hex(&b, rows[i].header);
		wrap_ipv6(&b, rows[i].proto);
		expect_udp(229, &b, 6);
	}
}

static void
test_ipv6_chain_is_bounded(void **state)
{
	(void)state;
	for (unsigned count = PACKET_EXTENSIONS_MAX - 1;
	    count <= PACKET_EXTENSIONS_MAX; count++) {
		struct bytes b = udp_text();
		unsigned next = 17;

		for (unsigned i = 0; i < count; i++) {
			wrap_hex(&b, "00 00 01 04 00 00 00 00");
			b.data[0] = (uint8_t)next;
			next = 60;
		}
		wrap_ipv6(&b, next);
		if (count < PACKET_EXTENSIONS_MAX)
			expect_udp(229, &b, 6);
		else
			expect_result(229, &b, PACKET_UNREADABLE);
	}
}

static void
test_ipv6_no_next_header(void **state)
{
	struct bytes b = { 0 };
	struct packet packet;

	(void)state;
	wrap_ipv6(&b, 59);
	assert_int_equal(decode_all(229, &b, &packet), PACKET_IP);
	assert_int_equal(packet.proto, 59);
	assert_int_equal(packet.payload_len, 0);
}

static void
test_ipv4_authentication_header(void **state)
{
	struct bytes b = udp_text();

	(void)state;
	wrap_hex(&b, "11 01 00 00 00 00 00 01 00 00 00 01");
	wrap_ipv4(&b, 51);
	expect_udp(228, &b, 4);
}

static void
test_ip_in_ip(void **state)
{
	struct bytes four = udp_v4(), six = udp_v6();
	struct bytes four_in_six = udp_v4(), six_in_six = udp_v6();

	(void)state;
	wrap_ipv4(&four, 4);
	expect_udp(228, &four, 4);
	wrap_ipv4(&six, 41);
	expect_udp(228, &six, 6);
	wrap_ipv6(&four_in_six, 4);
	expect_udp(229, &four_in_six, 4);
	wrap_ipv6(&six_in_six, 41);
	expect_udp(229, &six_in_six, 6);
}

static void
test_broken_inner_packet(void **state)
{
	struct bytes b = udp_v6();

	(void)state;
	wrap_ipv4(&b, 4);		/* says version 4, is version 6 */
	expect_result(228, &b, PACKET_UNREADABLE);
}

static void
test_gre(void **state)
{
	static const char *const headers[] = {
		"00 00 08 00",
		"80 00 08 00 12 34 00 00",			/* checksum */
		"20 00 08 00 00 00 00 07",			/* key */
		"b0 00 08 00 12 34 00 00 00 00 00 07 00 00 00 01",
		"00 00 65 58 00 00 00 00 00 00 00 00 00 00 00 00 08 00",
		/* PPTP: 41 bytes of PPP, with acknowledgement, then without */
		"30 81 88 0b 00 2b 00 01 00 00 00 01 00 00 00 02 ff 03 00 21",
		"30 01 88 0b 00 28 00 01 00 00 00 01 21",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		struct bytes b = udp_v4();

		wrap_hex(&b, headers[i]);
		wrap_ipv4(&b, 47);
		expect_udp(228, &b, 4);
	}
	struct bytes six = udp_v6();
	wrap_hex(&six, "00 00 86 dd");
	wrap_ipv6(&six, 47);
	expect_udp(229, &six, 6);
}

/* What cannot be opened is its own packet: nothing is lost from sight. */
static void
test_gre_left_closed(void **state)
{
	static const char *const headers[] = {
		"40 00 08 00 00 00 00 00",			/* routing */
		"00 00 88 be",					/* ERSPAN */
		"20 81 88 0b 00 00 00 01 00 00 00 02",		/* PPTP, no data */
		"30 01 88 0b 00 04 00 01 00 00 00 01 c0 21 01 01",	/* LCP */
		"30 01 88 0b 00 04 00 01 00 00 00 01 00 fd 01 01",	/* MPPE */
		"00 03 08 00",					/* version 3 */
		"20",
	};
	struct packet packet;

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		struct bytes b = { 0 };

		bytes_hex(&b, headers[i]);
		wrap_ipv4(&b, 47);
		assert_int_equal(decode_all(228, &b, &packet), PACKET_IP);
		assert_int_equal(packet.proto, 47);
		assert_int_equal(packet.dst.bytes[0], 198);
		assert_int_equal(packet.src_port, 0);
	}
}

static void
test_gre_bridged_without_ip(void **state)
{
	struct bytes b = { 0 };

	(void)state;
	bytes_hex(&b, "00 00 65 58 00 00 00 00 00 00 00 00 00 00 00 00 08 06");
	wrap_ipv4(&b, 47);
	expect_result(228, &b, PACKET_OTHER);
}

static void
test_vxlan(void **state)
{
	struct bytes b = udp_v6();

	(void)state;
	wrap_ethernet(&b, 0x86dd);
	wrap_hex(&b, "08 00 00 00 00 00 2a 00");
	wrap_udp(&b, 50000, 4789);
	wrap_ipv4(&b, 17);
	wrap_ethernet(&b, 0x0800);
	expect_udp(1, &b, 6);
}

static void
test_vxlan_port_alone(void **state)
{
	static const char *const payloads[] = {
		"08 00 00 00 00 00 2a",
		"00 00 00 00 00 00 2a 00 45",
		"08 00 00 00 00 00 2a 01 45",
		/* a sound header with ARP inside */
		"08 00 00 00 00 00 2a 00 00 00 00 00 00 00 00 00 00 00 00 00"
		    "08 06 00",
	};
	struct packet packet;

	(void)state;
	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
		struct bytes b = { 0 };
		size_t len;

		bytes_hex(&b, payloads[i]);
		len = b.len;
		wrap_udp(&b, 50000, 4789);
		wrap_ipv4(&b, 17);
		assert_int_equal(decode_all(228, &b, &packet), PACKET_IP);
		assert_int_equal(packet.dst_port, 4789);
		assert_int_equal(packet.payload_len, len);
	}
}

static void
test_depth_is_bounded(void **state)
{
	struct packet packet;

	(void)state;
	for (unsigned depth = PACKET_DEPTH_MAX; depth < PACKET_DEPTH_MAX + 2;
	    depth++) {
		struct bytes b = udp_v4();

		for (unsigned i = 0; i < depth; i++)
			wrap_ipv4(&b, 4);
		assert_int_equal(decode_cut(228, &b, b.len, &packet), PACKET_IP);
		assert_int_equal(packet.proto,
		    depth > PACKET_DEPTH_MAX ? 4 : 17);
		bytes_fini(&b);
	}
}

static void
test_depth_of_gre_and_vxlan(void **state)
{
	struct bytes gre = udp_v4(), vxlan = udp_v4();
	struct packet packet;

	(void)state;
	for (unsigned i = 0; i < PACKET_DEPTH_MAX + 1; i++) {
		wrap_hex(&gre, "00 00 08 00");
		wrap_ipv4(&gre, 47);
		wrap_ethernet(&vxlan, 0x0800);
		wrap_hex(&vxlan, "08 00 00 00 00 00 2a 00");
		wrap_udp(&vxlan, 50000, 4789);
		wrap_ipv4(&vxlan, 17);
	}
	assert_int_equal(decode_all(228, &gre, &packet), PACKET_IP);
	assert_int_equal(packet.proto, 47);
	assert_int_equal(decode_all(228, &vxlan, &packet), PACKET_IP);
	assert_int_equal(packet.dst_port, 4789);
}

/* A frame whose lengths contradict each other gives no number below zero. */
static void
test_wire_shorter_than_captured(void **state)
{
	struct bytes b = udp_v4();
	struct decoder *decoder = decoder_new();
	struct frame frame = { b.data, b.len, 10, 0, 0, 101 };
	struct packet packet;

	(void)state;
	assert_int_equal(decoder_decode(decoder, &frame, &packet), PACKET_IP);
	assert_int_equal(packet.payload_wire, TEXT_LEN);
	decoder_free(decoder);
	bytes_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcp_fields),
		cmocka_unit_test(test_snapshot_cuts_payload),
		cmocka_unit_test(test_snapshot_cuts_tcp_options),
		cmocka_unit_test(test_tcp_header_lies),
		cmocka_unit_test(test_ip_length_beyond_wire),
		cmocka_unit_test(test_ip_length_zero),
		cmocka_unit_test(test_ip_header_lies),
		cmocka_unit_test(test_ipv4_options),
		cmocka_unit_test(test_udp_length),
		cmocka_unit_test(test_other_transports),
		cmocka_unit_test(test_ipv6_extensions),
		cmocka_unit_test(test_ipv6_chain_is_bounded),
		cmocka_unit_test(test_ipv6_no_next_header),
		cmocka_unit_test(test_ipv4_authentication_header),
		cmocka_unit_test(test_ip_in_ip),
		cmocka_unit_test(test_broken_inner_packet),
		cmocka_unit_test(test_gre),
		cmocka_unit_test(test_gre_left_closed),
		cmocka_unit_test(test_gre_bridged_without_ip),
		cmocka_unit_test(test_vxlan),
		cmocka_unit_test(test_vxlan_port_alone),
		cmocka_unit_test(test_depth_is_bounded),
		cmocka_unit_test(test_depth_of_gre_and_vxlan),
		cmocka_unit_test(test_wire_shorter_than_captured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
