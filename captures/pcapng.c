/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pcapng format: a chain of blocks, each with its length at both ends
 * (IETF draft-ietf-opsawg-pcapng). A block whose content is wrong is passed
 * over and remembered; one whose length is wrong ends the reading, because
 * the next cannot be found.
 */
#include <stdio.h>

#include "captures/reader.h"
#include "core/date.h"
#include "core/mem.h"

#define BLOCK_SECTION 0x0a0d0d0a	/* reads the same in both byte orders */
#define BLOCK_FRAMING 12		/* type and the two lengths */
#define SECTION_MARK 0x1a2b3c4d
#define SECTION_LEN_MIN 28
#define PACKET_FIELDS_LEN 20		/* of both timed packet blocks */

#define OPTION_END 0
#define OPTION_RESOLUTION 9
#define OPTION_OFFSET 14
#define RESOLUTION_MICRO 6		/* 10^-6, where no option says otherwise */

enum block_result { BLOCK_FRAME, BLOCK_DONE, BLOCK_DAMAGED };

typedef enum block_result block_reader(struct source *source,
    const uint8_t *body, size_t len, struct frame *frame);

/* Remembers the first fault of a block that can be passed over. */
#define FAULT(source, ...) \
	((source)->faulty = true, (void)source_damage((source), __VA_ARGS__))

static uint64_t
power_of_ten(unsigned exponent)
{
	uint64_t power = 1;

	while (exponent-- > 0)
		power *= 10;
	return power;
}

/* Units of 2^-n s as microseconds: n from 0 to 127 (section 4.2, if_tsresol). */
static uint64_t
binary_to_us(uint64_t units, unsigned n)
{
	uint64_t seconds = n < 64 ? units >> n : 0;
	uint64_t rest = n < 64 ? units - (seconds << n) : units;

	/* 10^6 < 2^20: with more than 44 bits the product would not fit. */
	if (n > 44) {
		rest = n - 44 < 64 ? rest >> (n - 44) : 0;
		n = 44;
	}
	return seconds * USEC_PER_SEC + (rest * USEC_PER_SEC >> n);
}

static uint64_t
units_to_us(uint64_t units, uint8_t resolution)
{
	unsigned n = resolution & 0x7f;
	uint64_t factor;

	if (resolution & 0x80)
		return binary_to_us(units, n);
	if (n > RESOLUTION_MICRO + 19)
		return 0;		/* 10^20 is over 2^64: nothing is left */
	if (n >= RESOLUTION_MICRO)
		return units / power_of_ten(n - RESOLUTION_MICRO);
	factor = power_of_ten(RESOLUTION_MICRO - n);
	return units > SOURCE_TIME_MAX / factor ? SOURCE_TIME_MAX :
	    units * factor;
}

/* A packet's time, kept between 1970 and the year 9999. */
static uint64_t
packet_time(const struct source_interface *interface, uint64_t units)
{
	uint64_t us = interface->resolution == RESOLUTION_MICRO ? units :
	    units_to_us(units, interface->resolution);
	int64_t offset = interface->offset_s;

	if (us > SOURCE_TIME_MAX)
		us = SOURCE_TIME_MAX;
	if (offset < 0 && us < (uint64_t)-offset * USEC_PER_SEC)
		return 0;
	us += (uint64_t)offset * USEC_PER_SEC;
	return us > SOURCE_TIME_MAX ? SOURCE_TIME_MAX : us;
}

/*
 * Fills the frame. available is what the block has for the packet's data;
 * a captured length beyond it, or beyond the limit, is a lie, and then nobody
 * can tell packet from options: such a frame goes out with no link type.
 */
static enum block_result
frame_fill(struct source *source, struct frame *frame, const uint8_t *data,
    size_t available, uint32_t caplen, uint32_t len)
{
	size_t room = available < SOURCE_FRAME_MAX ? available : SOURCE_FRAME_MAX;

	if (frame->interface >= source->interface_count) {
		FAULT(source, "its interface, %u, was never declared",
		    frame->interface);
		frame->link = SOURCE_LINK_UNKNOWN;
	} else {
		frame->link = source->interfaces[frame->interface].link;
	}
	if (caplen > room) {
		FAULT(source, "its captured length, %u bytes, is over the %s of "
		    "%zu", caplen, caplen > available ? "block's room" : "limit",
		    room);
		frame->link = SOURCE_LINK_UNKNOWN;
		caplen = (uint32_t)room;
	}
	frame->data = data;
	frame->caplen = caplen;
	frame->len = len < caplen ? caplen : len;
	source->last_us = frame->time_us;
	source->packets++;
	return BLOCK_FRAME;
}

/* The five words that both timed packet blocks end their head with. */
static enum block_result
timed_packet(struct source *source, const uint8_t *body, size_t len,
    struct frame *frame)
{
	static const struct source_interface unknown = {
		.resolution = RESOLUTION_MICRO
	};
	const struct source_interface *interface = &unknown;
	uint64_t units = (uint64_t)source_u32(source, body + 4) << 32 |
	    source_u32(source, body + 8);

	if (frame->interface < source->interface_count)
		interface = &source->interfaces[frame->interface];
	frame->time_us = packet_time(interface, units);
	return frame_fill(source, frame, body + PACKET_FIELDS_LEN,
	    len - PACKET_FIELDS_LEN, source_u32(source, body + 12),
	    source_u32(source, body + 16));
}

/* Enhanced packet block, section 4.3. */
static enum block_result
read_enhanced(struct source *source, const uint8_t *body, size_t len,
    struct frame *frame)
{
	frame->interface = source_u32(source, body);
	return timed_packet(source, body, len, frame);
}

/* Packet block, appendix A: obsolete; a drop count follows the interface. */
static enum block_result
read_obsolete(struct source *source, const uint8_t *body, size_t len,
    struct frame *frame)
{
	frame->interface = source_u16(source, body);
	return timed_packet(source, body, len, frame);
}

/*
 * Simple packet block, section 4.4: interface 0, no time (the last packet's
 * stands in), and a captured length that follows from the snapshot length.
 */
static enum block_result
read_simple(struct source *source, const uint8_t *body, size_t len,
    struct frame *frame)
{
	uint32_t wire = source_u32(source, body), caplen = wire;

	if (source->interface_count > 0 && source->interfaces[0].snaplen > 0 &&
	    caplen > source->interfaces[0].snaplen)
		caplen = source->interfaces[0].snaplen;
	frame->interface = 0;
	frame->time_us = source->last_us;
	return frame_fill(source, frame, body + 4, len - 4, caplen, wire);
}

/* The interface's options: a bounded walk that stops at the first lie. */
static void
read_interface_options(struct source *source, const uint8_t *at, size_t left,
    struct source_interface *interface)
{
	while (left >= 4) {
		unsigned code = source_u16(source, at);
		size_t len = source_u16(source, at + 2);
		size_t padded = (len + 3) & ~(size_t)3;

		if (code == OPTION_END || padded > left - 4)
			return;
		if (code == OPTION_RESOLUTION && len == 1)
			interface->resolution = at[4];
		if (code == OPTION_OFFSET && len == 8)
			interface->offset_s = source_s64(source, at + 4);
		at += 4 + padded;
		left -= 4 + padded;
	}
}

/* Offsets beyond this many seconds are hostile, and would overflow. */
#define OFFSET_MAX INT64_C(253402300799)

/* Interface description block, section 4.2. */
static enum block_result
read_interface(struct source *source, const uint8_t *body, size_t len,
    struct frame *frame)
{
	struct source_interface interface = { .resolution = RESOLUTION_MICRO };
	size_t room = source->interface_room;

	(void)frame;
	if (source->interface_count == SOURCE_INTERFACES_MAX) {
		FAULT(source, "more than %u interfaces in one section",
		    SOURCE_INTERFACES_MAX);
		return BLOCK_DONE;
	}
	interface.link = source_u16(source, body);
	interface.snaplen = source_u32(source, body + 4);
	read_interface_options(source, body + 8, len - 8, &interface);
	if (interface.offset_s > OFFSET_MAX || interface.offset_s < -OFFSET_MAX)
		interface.offset_s = 0;
	if (source->interface_count == room) {
		room = room > 0 ? room * 2 : 8;
		source->interfaces = xrealloc(source->interfaces, room,
		    sizeof(*source->interfaces));
		source->interface_room = room;
	}
	source->interfaces[source->interface_count++] = interface;
	return BLOCK_DONE;
}

/* Decryption secrets block, section 4.7. */
static enum block_result
read_secrets(struct source *source, const uint8_t *body, size_t len,
    struct frame *frame)
{
	uint32_t secrets_len = source_u32(source, body + 4);

	(void)frame;
	if (secrets_len > len - 8)
		FAULT(source, "secrets of %u bytes in a block with room for %zu",
		    secrets_len, len - 8);
	else if (source->secrets != NULL)
		source->secrets->take(source->secrets,
		    source_u32(source, body), body + 8, secrets_len);
	return BLOCK_DONE;
}

/* Section header block, section 4.1: interfaces are numbered anew. */
static enum block_result
read_section(struct source *source, const uint8_t *body, size_t len,
    struct frame *frame)
{
	unsigned major = source_u16(source, body + 4);

	(void)len;
	(void)frame;
	if (major != 1) {
		source_damage(source, "a section of pcapng version %u; only 1 is "
		    "known", major);
		return BLOCK_DAMAGED;
	}
	source->interface_count = 0;
	return BLOCK_DONE;
}

static const struct block {
	uint32_t type;
	size_t body_min;
	block_reader *read;
} blocks[] = {
	{ 6, PACKET_FIELDS_LEN, read_enhanced },
	{ 3, 4, read_simple },
	{ 2, PACKET_FIELDS_LEN, read_obsolete },
	{ 1, 8, read_interface },
	{ 10, 8, read_secrets },
	{ BLOCK_SECTION, SECTION_LEN_MIN - BLOCK_FRAMING, read_section },
};

/* Blocks of other types (names, statistics, private ones) are stepped over. */
static enum block_result
block_read(struct source *source, uint32_t type, size_t total,
    struct frame *frame)
{
	const uint8_t *body = source_at(source) + 8;
	size_t len = total - BLOCK_FRAMING;

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		if (blocks[i].type != type)
			continue;
		if (len >= blocks[i].body_min)
			return blocks[i].read(source, body, len, frame);
		FAULT(source, "a block of type %u with only %zu bytes", type,
		    total);
		return BLOCK_DONE;
	}
	return BLOCK_DONE;
}

/* Takes a section's byte order from its mark. */
static bool
section_order(struct source *source, const uint8_t *mark)
{
	source->big = false;
	if (source_u32(source, mark) == __builtin_bswap32(SECTION_MARK))
		source->big = true;
	return source_u32(source, mark) == SECTION_MARK;
}

/*
 * Brings one whole block into the window and checks its lengths: total is set
 * with NEED_OK. NEED_FAILED: the reason is set.
 */
static enum source_need
block_need(struct source *source, uint32_t *type, size_t *total)
{
	enum source_need need = source_need(source, BLOCK_FRAMING);
	const uint8_t *at;

	if (need != NEED_OK)
		return need;
	at = source_at(source);
	*type = source_u32(source, at);
	if (*type == BLOCK_SECTION && !section_order(source, at + 8)) {
		source_damage(source, "a section's byte-order mark is wrong");
		return NEED_FAILED;
	}
	*total = source_u32(source, at + 4);
	if (*total < BLOCK_FRAMING || *total % 4 != 0 ||
	    *total > SOURCE_BLOCK_MAX) {
		source_damage(source, "a block of %zu bytes: lengths are "
		    "multiples of 4 from 12 to %u", *total, SOURCE_BLOCK_MAX);
		return NEED_FAILED;
	}
	need = source_need(source, *total);
	if (need == NEED_OK &&
	    source_u32(source, source_at(source) + *total - 4) != *total) {
		source_damage(source, "a block's two lengths differ");
		return NEED_FAILED;
	}
	return need;
}

static enum source_next
pcapng_next(struct source *source, struct frame *frame)
{
	enum block_result result = BLOCK_DONE;
	enum source_need need;
	uint32_t type = 0;
	size_t total = 0;

	while (result == BLOCK_DONE) {
		need = block_need(source, &type, &total);
		if (need != NEED_OK)
			return source_short(source, need, "a block");
		result = block_read(source, type, total, frame);
		source_step(source, total);
	}
	return result == BLOCK_FRAME ? SOURCE_FRAME : SOURCE_DAMAGED;
}

/* Looks at the first section header, and leaves it for pcapng_next(). */
static bool
pcapng_open(struct source *source)
{
	enum source_need need = source_need(source, SECTION_LEN_MIN);
	const uint8_t *at;

	if (need != NEED_OK)
		return source_short_header(source, need);
	at = source_at(source);
	if (!section_order(source, at + 8)) {
		snprintf(source->reason, sizeof(source->reason), "begins like a "
		    "pcapng file, but its byte-order mark is wrong");
		return false;
	}
	if (source_u16(source, at + 12) != 1) {
		snprintf(source->reason, sizeof(source->reason), "is a pcapng "
		    "file of version %u; only 1 is known",
		    source_u16(source, at + 12));
		return false;
	}
	return true;
}

const struct source_format pcapng_format = {
	"pcapng", pcapng_open, pcapng_next
};
