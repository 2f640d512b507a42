/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames of one link type through one decoder. The input: two bytes of link
 * type (little-endian), then frames, each after two bytes of length, one of
 * bytes cut off on the wire and one of seconds that pass.
 */
#include <stdlib.h>
#include <string.h>

#include "captures/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile unsigned sink;

static void
touch(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sink += data[i];
}

static void
check_packet(const struct packet *packet)
{
	if (packet->payload_wire < packet->payload_len ||
	    (packet->family != 4 && packet->family != 6) ||
	    packet->payload < packet->ip ||
	    packet->payload + packet->payload_len > packet->ip + packet->ip_len)
		abort();
	touch(packet->ip, packet->ip_len);
	touch(packet->payload, packet->payload_len);
}

/* Each frame lies in a block of its own, so that one byte too far is seen. */
static void
decode_copy(struct decoder *decoder, struct frame *frame)
{
	uint8_t *copy = malloc(frame->caplen > 0 ? frame->caplen : 1);
	struct packet packet;

	if (copy == NULL)
		abort();
	memcpy(copy, frame->data, frame->caplen);
	frame->data = copy;
	if (decoder_decode(decoder, frame, &packet) == PACKET_IP)
		check_packet(&packet);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct decoder *decoder;
	struct frame frame = { 0 };

	if (size < 2)
		return 0;
	decoder = decoder_new();
	frame.link = (uint16_t)(data[0] | data[1] << 8);
	data += 2;
	size -= 2;
	while (size >= 4) {
		size_t len = (size_t)(data[0] | data[1] << 8);

		if (len > size - 4)
			len = size - 4;
		frame.data = data + 4;
		frame.caplen = len;
		frame.len = len + data[2];
		frame.time_us += (uint64_t)data[3] * 1000000;
		data += 4 + len;
		size -= 4 + len;
		decode_copy(decoder, &frame);
	}
	decoder_finish(decoder);
	decoder_free(decoder);
	return 0;
}
