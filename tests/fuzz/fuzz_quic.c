/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as QUIC. They are cut into pieces by a length in front of each; a
 * piece is a datagram as it lies or, where the length's highest bit is set,
 * the frames of an Initial packet that is sealed first: without that no input
 * would ever get past the packet protection.
 */
#include "core/buf.h"
#include "tests/unit/names.h"
#include "tests/unit/quic_seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t salt_v1[20] = { 0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34,
	0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a };
static const uint8_t salt_q050[20] = { 0x50, 0x45, 0x74, 0xef, 0xd0, 0x66, 0xfe,
	0x2f, 0x9d, 0x94, 0x5c, 0xfc, 0xdb, 0xd3, 0xa7, 0xf0, 0xd3, 0xb5, 0x6b, 0x45 };
static const uint8_t ids[2][8] = { { 1, 2, 3, 4, 5, 6, 7, 8 }, { 8, 7, 6, 5 } };

static void
feed_sealed(struct run *run, const uint8_t *frames, size_t len, bool google,
    bool other)
{
	static struct sealed packet;
	const struct seal seal = {
		.version = google ? 0x51303530 : 1,
		.type = 0xc0,
		.salt = google ? salt_q050 : salt_v1,
		.prefix = "quic",
		.key_dcid = ids[other], .key_dcid_len = 8,
		.dcid = ids[other], .dcid_len = 8,
	};

	seal_packet(&seal, frames, len, &packet);
	run_up(run, packet.bytes, packet.len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct run run;
	struct buf in = buf_of(data, size);
	unsigned head;
	size_t len;
	const uint8_t *piece;

	run_begin(&run, &classifier_quic, IPPROTO_UDP, 443);
	while (buf_left(&in) > 2) {
		head = buf_u16(&in);
		len = head & 0x1fff;
		if (len > buf_left(&in))
			len = buf_left(&in);
		piece = buf_take(&in, len);
		if (head & 0x8000)
			feed_sealed(&run, piece, len, head & 0x4000, head & 0x2000);
		else
			run_chunk(&run, head & 0x4000 ? DIR_DOWN : DIR_UP, piece,
			    len, 0);
	}
	run_end(&run);
	if (run.heard.hellos > 1 || run.heard.hosts > 1 || run.heard.others > 0)
		__builtin_trap();
	return 0;
}
