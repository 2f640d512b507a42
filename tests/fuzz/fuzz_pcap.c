/* SPDX-License-Identifier: Apache-2.0 */
/* A whole capture file of any kind: opened, read to its end, decoded. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "captures/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile unsigned sink;

/* Reads every byte, so that a sanitiser sees one that is not there. */
static void
touch(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sink += data[i];
}

static void
secrets_take(struct source_secrets *secrets, uint32_t type,
    const uint8_t *data, size_t len)
{
	(void)secrets;
	sink += type;
	touch(data, len);
}

static void
check(int holds)
{
	if (!holds)
		abort();
}

static void
read_all(struct source *source)
{
	struct source_secrets secrets = { secrets_take };
	struct decoder *decoder = decoder_new();
	enum source_next next;
	struct packet packet;
	struct frame frame;
	uint64_t held = 0;

	source_secrets_to(source, &secrets);
	while ((next = source_next(source, &frame)) == SOURCE_FRAME) {
		check(frame.caplen <= SOURCE_FRAME_MAX);
		check(frame.len >= frame.caplen);
		touch(frame.data, frame.caplen);
		switch (decoder_decode(decoder, &frame, &packet)) {
		case PACKET_IP:
			check(packet.payload_wire >= packet.payload_len);
			touch(packet.ip, packet.ip_len);
			touch(packet.payload, packet.payload_len);
			break;
		case PACKET_FRAGMENT:
			held++;
			break;
		case PACKET_OTHER:
		case PACKET_UNREADABLE:
			break;
		}
	}
	check(next == SOURCE_END || next == SOURCE_DAMAGED);
	check((next == SOURCE_DAMAGED) == (source_reason(source)[0] != '\0'));
	decoder_finish(decoder);
	check(decoder_unreadable(decoder) <= held);
	decoder_free(decoder);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64], reason[SOURCE_REASON_MAX] = "";
	int fd = memfd_create("capture", MFD_CLOEXEC);
	struct source *source;

	if (fd < 0)
		return 0;
	check(write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	source = source_open(path, reason, sizeof(reason));
	check((source == NULL) == (reason[0] != '\0'));
	if (source != NULL)
		read_all(source);
	source_free(source);
	close(fd);
	return 0;
}
