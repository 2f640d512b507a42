/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "classifiers/quic_crypto.h"
#include "tests/unit/hello_build.h"
#include "tests/unit/names.h"
#include "tests/unit/quic_seal.h"

static const uint8_t salt_v1[20] = { 0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34,
	0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a };
static const uint8_t salt_v2[20] = { 0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6,
	0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9 };
static const uint8_t salt_29[20] = { 0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2,
	0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99 };
static const uint8_t salt_23[20] = { 0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb,
	0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02 };
/* The connection ID of both RFCs' examples. */
static const uint8_t rfc_dcid[8] = { 0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08 };
static const uint8_t other_dcid[4] = { 9, 8, 7, 6 };

/* The CRYPTO frame of RFC 9001 appendix A.2; RFC 9369 uses it again. */
#define RFC_FRAME "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e8" \
	"6804fe3a47f06a2b69484c00000413011302010000c000000010000e00000b6578616d70" \
	"6c652e636f6dff01000100000a00080006001d0017001800100007000504616c706e0005" \
	"00050100000000003300260024001d00209370b2c9caa47fbabaf4559fedba753de171fa" \
	"71f50f1ce15d43e994ec74d748002b0003020304000d0010000e04030503060302030804" \
	"08050806002d00020101001c00024001003900320408ffffffffffffffff05048000ffff" \
	"07048000ffff0801100104800075300901100f088394c8f03e51570806048000ffff"
#define RFC_PAYLOAD_LEN 1162

static struct run run;
static struct seal seal;
static struct sealed packet, second;
static uint8_t frame[RFC_PAYLOAD_LEN], payload[SEAL_MAX];
static uint8_t hello[512];
static size_t hello_len;

static int
setup(void **state)
{
	size_t len;

	(void)state;
	memset(frame, 0, sizeof(frame));
	len = bytes_of_hex(RFC_FRAME, frame);
	hello_len = len - 4;			/* without type, offset, length */
	memcpy(hello, frame + 4, hello_len);
	seal = (struct seal){ 1, 0xc0, salt_v1, "quic", rfc_dcid, 8, rfc_dcid, 8, 0, 2 };
	return 0;
}

static void
begin(void)
{
	run_begin(&run, &classifier_quic, IPPROTO_UDP, 443);
}

static void
up(const struct sealed *sealed)
{
	run_up(&run, sealed->bytes, sealed->len);
}

static void
heard_rfc(void)
{
	assert_int_equal(run.more, 0);
	assert_int_equal(run.heard.hosts, 1);
	assert_int_equal(run.heard.hellos, 1);
	assert_string_equal(run.heard.host, "example.com");
	assert_int_equal(run.heard.source, HOST_QUIC);
	assert_int_equal(run.heard.version, 0x0304);
	assert_memory_equal(run.heard.ja4, "q13d0211an_", 11);
}

/* Puts a part of the hello into a padded packet and seals it. */
static void
part(struct sealed *out, size_t from, size_t to)
{
	size_t len;

	memset(payload, 0, 1162);
	len = seal_crypto(payload, 6, from, hello + from, to - from);
	seal_packet(&seal, payload, len < 1162 ? 1162 : len, out);
}

static void
check_keys(const struct quic_schedule *schedule, const char *key,
    const char *iv, const char *hp)
{
	struct quic_keys keys;
	uint8_t want[16];

	assert_true(quic_keys_derive(&keys, schedule, rfc_dcid, 8));
	bytes_of_hex(key, want);
	assert_memory_equal(keys.key, want, 16);
	bytes_of_hex(iv, want);
	assert_memory_equal(keys.iv, want, 12);
	bytes_of_hex(hp, want);
	assert_memory_equal(keys.hp, want, 16);
}

/* RFC 9001 appendix A.1 and RFC 9369 appendix A.1. */
static void
rfc_keys(void **state)
{
	struct quic_schedule v1 = { .key = "quic key", .iv = "quic iv",
	    .hp = "quic hp" };
	struct quic_schedule v2 = { .key = "quicv2 key", .iv = "quicv2 iv",
	    .hp = "quicv2 hp" };

	(void)state;
	memcpy(v1.salt, salt_v1, 20);
	memcpy(v2.salt, salt_v2, 20);
	check_keys(&v1, "1f369613dd76d5467730efcbe3b1a22d",
	    "fa044b2f42a3fd3b46fb255c", "9f50449e04a0e810283a1e9933adedd2");
	check_keys(&v2, "8b1a0bc121284290a29e0971b5cd045d",
	    "91f73e2351d8fa91660e909f", "45b95e15235d6f45a6b19cbcb0294ba9");
}

/*
 * The packet as printed in the RFC: its start and, with the tag at its end
 * that no other bytes between them would give, the whole of it.
 */
static void
check_rfc_packet(const char *head, const char *tag)
{
	uint8_t want[32];
	size_t len = bytes_of_hex(head, want);

	seal_packet(&seal, frame, sizeof(frame), &packet);
	assert_int_equal(packet.len, 1200);
	assert_memory_equal(packet.bytes, want, len);
	bytes_of_hex(tag, want);
	assert_memory_equal(packet.bytes + 1184, want, 16);
	begin();
	up(&packet);
	heard_rfc();
	run_end(&run);
}

static void
rfc_packets(void **state)
{
	(void)state;
	check_rfc_packet("c000000001088394c8f03e5157080000449e7b9aec34",
	    "e221af44860018ab0856972e194cd934");
	seal.version = 0x6b3343cf;
	seal.type = 0xd0;
	seal.salt = salt_v2;
	seal.prefix = "quicv2";
	check_rfc_packet("d76b3343cf088394c8f03e5157080000449ea0c95e82",
	    "a18b2faa745b6fe189cf772a9f84cbfc");
}

static void
drafts(void **state)
{
	static const struct { uint32_t version; const uint8_t *salt; } rows[] = {
		{ 0xff000017, salt_23 }, { 0xff00001b, salt_23 },
		{ 0xff00001c, salt_23 }, { 0xff00001d, salt_29 },
		{ 0xff000020, salt_29 }, { 0xff000021, salt_v1 },
		{ 0xff000022, salt_v1 }, { 0xfaceb002, salt_23 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		seal.version = rows[i].version;
		seal.salt = rows[i].salt;
		seal_packet(&seal, frame, sizeof(frame), &packet);
		begin();
		up(&packet);
		heard_rfc();
		run_end(&run);
	}
}

/* Two packets in either order, cut at every byte, with one sent twice. */
static void
cut_anywhere(void **state)
{
	(void)state;
	for (size_t cut = 1; cut < hello_len; cut++) {
		seal.number = 0;
		part(&packet, 0, cut);
		seal.number = 1;
		part(&second, cut, hello_len);
		begin();
		up(cut % 2 ? &packet : &second);
		assert_int_equal(run.heard.hellos, 0);
		up(cut % 2 ? &packet : &second);
		assert_int_equal(run.heard.hellos, 0);
		up(cut % 2 ? &second : &packet);
		heard_rfc();
		run_end(&run);
	}
}

/* A byte a frame, from the last to the first, with other frames between. */
static void
shuffled_frames(void **state)
{
	size_t len = 0;

	(void)state;
	for (size_t at = hello_len; at-- > 0;) {
		len += seal_crypto(payload + len, 6, at, hello + at, 1);
		payload[len++] = 0;			/* PADDING */
		payload[len++] = 1;			/* PING */
		/* ACK of two ranges, then one with ECN counts */
		memcpy(payload + len, "\x02\x05\x00\x01\x00\x01\x01", 7);
		len += 7;
		memcpy(payload + len, "\x03\x05\x00\x00\x00\x01\x02\x03", 8);
		len += 8;
	}
	seal_packet(&seal, payload, len, &packet);
	begin();
	up(&packet);
	heard_rfc();
	run_end(&run);
}

/* Both halves in one datagram, with a 0-RTT packet between them. */
static void
coalesced(void **state)
{
	static const uint8_t zero_rtt[] = { 0xd0, 0, 0, 0, 1, 0, 0, 4, 1, 2, 3, 4 };
	static uint8_t datagram[3 * SEAL_MAX];
	size_t len = 0;

	(void)state;
	part(&packet, 100, hello_len);
	seal.number = 9;
	part(&second, 0, 100);
	memcpy(datagram, packet.bytes, packet.len);
	len += packet.len;
	memcpy(datagram + len, zero_rtt, sizeof(zero_rtt));
	len += sizeof(zero_rtt);
	memcpy(datagram + len, second.bytes, second.len);
	len += second.len;
	begin();
	run_up(&run, datagram, len);
	heard_rfc();
	run_end(&run);
}

/* After a Retry the client uses the server's ID, for its keys too. */
static void
after_retry(void **state)
{
	(void)state;
	part(&packet, 0, 100);
	begin();
	up(&packet);
	seal.dcid = seal.key_dcid = other_dcid;
	seal.dcid_len = seal.key_dcid_len = 4;
	seal.token_len = 90;
	part(&packet, 0, hello_len);
	up(&packet);
	heard_rfc();
	run_end(&run);
}

/* Once the server has answered its ID is in the header, the keys remain. */
static void
server_id(void **state)
{
	(void)state;
	part(&packet, 0, 100);
	begin();
	up(&packet);
	seal.dcid = other_dcid;
	seal.dcid_len = 4;
	part(&packet, 100, hello_len);
	up(&packet);
	heard_rfc();
	run_end(&run);
}

/* A forged Initial between the halves changes nothing. */
static void
forged(void **state)
{
	(void)state;
	part(&packet, 0, 100);
	begin();
	up(&packet);
	part(&second, 0, 100);
	second.bytes[8] ^= 1;
	up(&second);
	part(&packet, 100, hello_len);
	up(&packet);
	heard_rfc();
	run_end(&run);
}

static void
damaged(void **state)
{
	uint8_t *copy = malloc(1200);

	(void)state;
	for (size_t at = 0; at < 1200; at++) {
		seal_packet(&seal, frame, sizeof(frame), &packet);
		memcpy(copy, packet.bytes, 1200);
		copy[at] ^= 0xff;
		begin();
		run_up(&run, copy, 1200);
		run_end(&run);
		assert_int_equal(run.heard.hosts, 0);
	}
	free(copy);
}

/* Not decided for ever: a flow's packets are tried a bounded number of times. */
static void
bounded(void **state)
{
	unsigned sent = 0;

	(void)state;
	part(&packet, 0, 10);
	begin();
	do
		up(&packet);
	while (++sent < 100 && run.more != 0);
	assert_in_range(sent, 10, 40);
	run_end(&run);
	/* Nor are datagrams that hold nothing to try. */
	packet.bytes[0] = 0xd0;			/* 0-RTT */
	begin();
	for (sent = 0; sent < 100 && (sent == 0 || run.more != 0); sent++)
		up(&packet);
	assert_in_range(sent, 10, 80);
	run_end(&run);
}

/* What of a hello came before the flow ended, and nothing beyond. */
static void
cut_for_good(void **state)
{
	(void)state;
	part(&packet, 0, 80);
	begin();
	up(&packet);
	run_end(&run);
	assert_string_equal(run.heard.host, "example.com");
	assert_int_equal(run.heard.version, 0);
	assert_int_equal(run.heard.ja4s, 0);
	part(&packet, 0, 60);
	begin();
	up(&packet);
	run_up(&run, "\x40\x01\x02\x03", 4);	/* 1-RTT: no more will come */
	assert_int_equal(run.more, 0);
	run_end(&run);
	assert_int_equal(run.heard.hosts, 0);
}

static void
too_far(void **state)
{
	(void)state;
	begin();
	seal_packet(&seal, (const uint8_t *)"\x06\x80\x01\x00\x00\x01\x01", 7, &packet);
	up(&packet);
	assert_int_equal(run.more, 0);
	assert_int_equal(run.heard.hellos, 0);
	run_end(&run);
}

static void
not_quic(void **state)
{
	static const struct { const char *bytes; } rows[] = {
		{ "\xc0\x00\x00\x00\x00\x08" },		/* version negotiation */
		{ "\xc0\x1a\x2a\x3a\x4a\x08" },		/* reserved version */
		{ "\x40\x00\x00\x00\x01\x08" },		/* short header */
		{ "\x00\x01\x00\x00\x21\x12" },		/* STUN */
	};
	uint8_t bytes[40] = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memcpy(bytes, rows[i].bytes, 6);
		begin();
		run_up(&run, bytes, sizeof(bytes));
		assert_int_equal(run.interest, INTEREST_NO);
		run_end(&run);
	}
}

/* A CHLO with padding, the name and a version, in Google's form. */
static size_t
chlo(uint8_t *out)
{
	static const uint8_t head[] = "CHLO\x03\0\0\0PAD\0\x04\0\0\0SNI\0\x13\0\0\0"
	    "VER\0\x17\0\0\0----old.example.comQ046";

	memcpy(out, head, sizeof(head) - 1);
	return sizeof(head) - 1;
}

static void
heard_chlo(void)
{
	assert_int_equal(run.more, 0);
	assert_int_equal(run.heard.hosts, 1);
	assert_string_equal(run.heard.host, "old.example.com");
	assert_int_equal(run.heard.source, HOST_QUIC);
	assert_int_equal(run.heard.hellos, 0);
}

/* header, number, hash, frame: one row a layout in the clear. */
static void
google_clear(void **state)
{
	static const struct { const char *hex; } rows[] = {
		{ "0d0102030405060708" "51303235" "01" "000102030405060708090a0b"
		  "00" "a0010004" },
		{ "090102030405060708" "51303339" "01" "000102030405060708090a0b"
		  "a0010004" },
		{ "190102030405060708" "51303433" "0001" "000102030405060708090a0b"
		  "a401040004" "00" },
		{ "c3" "51303436" "50" "0102030405060708" "00000001"
		  "000102030405060708090a0b" "a0010004" },
		{ "c0" "51303436" "05" "0102030405060708" "01"
		  "000102030405060708090a0b" "80" "01" },
	};
	uint8_t bytes[256];
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		len = bytes_of_hex(rows[i].hex, bytes);
		len += chlo(bytes + len);
		begin();
		run_up(&run, bytes, len);
		heard_chlo();
		run_end(&run);
	}
}

/* Q050: the CHLO in CRYPTO frames of type 8, cut at every byte. */
static void
google_sealed(void **state)
{
	static const uint8_t salt[20] = { 0x50, 0x45, 0x74, 0xef, 0xd0, 0x66, 0xfe,
	    0x2f, 0x9d, 0x94, 0x5c, 0xfc, 0xdb, 0xd3, 0xa7, 0xf0, 0xd3, 0xb5, 0x6b, 0x45 };
	uint8_t message[128];
	size_t len = chlo(message), used;

	(void)state;
	seal.version = 0x51303530;
	seal.salt = salt;
	for (size_t cut = 1; cut < len; cut++) {
		used = seal_crypto(payload, 8, cut, message + cut, len - cut);
		payload[used++] = 7;			/* PING of Q050 */
		used += seal_crypto(payload + used, 8, 0, message, cut);
		seal_packet(&seal, payload, used, &packet);
		begin();
		up(&packet);
		heard_chlo();
		run_end(&run);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(rfc_keys, setup),
		cmocka_unit_test_setup(rfc_packets, setup),
		cmocka_unit_test_setup(drafts, setup),
		cmocka_unit_test_setup(cut_anywhere, setup),
		cmocka_unit_test_setup(shuffled_frames, setup),
		cmocka_unit_test_setup(coalesced, setup),
		cmocka_unit_test_setup(after_retry, setup),
		cmocka_unit_test_setup(server_id, setup),
		cmocka_unit_test_setup(forged, setup),
		cmocka_unit_test_setup(damaged, setup),
		cmocka_unit_test_setup(bounded, setup),
		cmocka_unit_test_setup(cut_for_good, setup),
		cmocka_unit_test_setup(too_far, setup),
		cmocka_unit_test_setup(not_quic, setup),
		cmocka_unit_test_setup(google_clear, setup),
		cmocka_unit_test_setup(google_sealed, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
