/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pcap format: one header, then records back to back (IETF
 * draft-ietf-opsawg-pcap). Nothing marks where a record begins, so after an
 * impossible length nothing further can be found.
 */
#include <stdio.h>

#include "captures/reader.h"
#include "core/date.h"

#define PCAP_HEADER_LEN 24
#define PCAP_RECORD_LEN 16

/*
 * Kernels with Alexey Kuznetzov's patch (and old Red Hat ones) add interface,
 * protocol and packet type to each record: eight more bytes.
 */
#define PCAP_PATCHED_RECORD_LEN 24

static const struct variant {
	uint32_t magic;
	size_t record_len;
	bool nano;
} variants[] = {
	{ 0xa1b2c3d4, PCAP_RECORD_LEN, false },
	{ 0xa1b23c4d, PCAP_RECORD_LEN, true },
	{ 0xa1b2cd34, PCAP_PATCHED_RECORD_LEN, false },
};

/* Finds the variant, and with it the byte order. */
static bool
pcap_variant(struct source *source, const uint8_t *header)
{
	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
		uint32_t magic = variants[i].magic;

		source->big = false;
		if (source_u32(source, header) == __builtin_bswap32(magic))
			source->big = true;
		if (source_u32(source, header) != magic)
			continue;
		source->record_len = variants[i].record_len;
		source->nano = variants[i].nano;
		return true;
	}
	return false;
}

static bool
pcap_open(struct source *source)
{
	enum source_need need = source_need(source, PCAP_HEADER_LEN);
	const uint8_t *header;
	unsigned major, minor;

	if (need != NEED_OK)
		return source_short_header(source, need);
	header = source_at(source);
	if (!pcap_variant(source, header))
		return false;
	major = source_u16(source, header + 4);
	minor = source_u16(source, header + 6);
	if (major != 2 || minor > 4) {
		snprintf(source->reason, sizeof(source->reason),
		    "is a pcap file of version %u.%u; 2.0 to 2.4 are known",
		    major, minor);
		return false;
	}
	source->old_order = minor < 4;
	/* The upper half tells of the checksum's length, not of the link. */
	source->link = (uint16_t)source_u32(source, header + 20);
	source_step(source, PCAP_HEADER_LEN);
	return true;
}

static void
pcap_fill(struct source *source, struct frame *frame, uint32_t caplen,
    uint32_t len)
{
	const uint8_t *record = source_at(source);
	uint32_t fraction = source_u32(source, record + 4);

	frame->data = record + source->record_len;
	frame->caplen = caplen;
	/* Some writers claim a wire length shorter than what they wrote. */
	frame->len = len < caplen ? caplen : len;
	frame->time_us = source_u32(source, record) * USEC_PER_SEC +
	    (source->nano ? fraction / 1000 : fraction);
	frame->link = source->link;
	frame->interface = 0;
}

static enum source_next
pcap_next(struct source *source, struct frame *frame)
{
	enum source_need need = source_need(source, source->record_len);
	uint32_t caplen, len, swap;

	if (need != NEED_OK)
		return source_short(source, need, "the packet's header");
	caplen = source_u32(source, source_at(source) + 8);
	len = source_u32(source, source_at(source) + 12);
	if (source->old_order && caplen > len) {
		swap = caplen;
		caplen = len;
		len = swap;
	}
	if (caplen > SOURCE_FRAME_MAX)
		return source_damage(source, "its captured length, %u bytes, is "
		    "over the limit of %u", caplen, SOURCE_FRAME_MAX);
	need = source_need(source, source->record_len + caplen);
	if (need != NEED_OK)
		return source_short(source, need, "the packet's data");
	pcap_fill(source, frame, caplen, len);
	source_step(source, source->record_len + caplen);
	source->packets++;
	return SOURCE_FRAME;
}

const struct source_format pcap_format = { "pcap", pcap_open, pcap_next };
