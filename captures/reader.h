/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader: what source.c shares with the two file formats, pcap.c and
 * pcapng.c. Nobody else includes it.
 */
#ifndef CAPTURES_READER_H
#define CAPTURES_READER_H

#include <stdbool.h>
#include <string.h>

#include "captures/source.h"

/* One interface of a pcapng section. */
struct source_interface {
	int64_t offset_s;	/* added to each time */
	uint32_t snaplen;	/* 0: no limit */
	uint16_t link;
	uint8_t resolution;	/* if_tsresol as it stands in the file */
};

struct source_format {
	const char *name;
	/*
	 * Reads the file's header. False: source->reason is set.
	 */
	bool (*open)(struct source *source);
	enum source_next (*next)(struct source *source, struct frame *frame);
};

struct source {
	/* The window: file bytes from `done` on are buffer[begin..end). */
	uint8_t *buffer;
	size_t capacity, begin, end;
	uint64_t done, size;
	int fd;
	bool owned;		/* close fd at the end */
	bool ended;		/* read() has said end of file */

	const struct source_format *format;
	bool big;		/* numbers are big-endian */
	uint64_t packets;	/* frames delivered */
	enum source_next last;	/* of source_next(); the last two kinds stay */
	struct source_secrets *secrets;

	/* pcap */
	size_t record_len;	/* of a record's header */
	uint16_t link;
	bool nano;
	bool old_order;		/* before version 2.4 the lengths may be swapped */

	/* pcapng */
	struct source_interface *interfaces;
	size_t interface_count, interface_room;
	uint64_t last_us;	/* simple packet blocks have no time */
	bool faulty;		/* reason tells of a fault that was passed over */

	char reason[SOURCE_REASON_MAX];
};

extern const struct source_format pcap_format, pcapng_format;

enum source_need {
	NEED_OK,		/* the bytes are at source_at() */
	NEED_END,		/* not one byte is left */
	NEED_CUT,		/* some are left, fewer than asked for */
	NEED_FAILED,		/* source->reason is set */
	NEED_INTERRUPTED
};

/* Reads on until the window holds len bytes; source_need() in the slow case. */
enum source_need source_fill(struct source *source, size_t len);

static inline enum source_need
source_need(struct source *source, size_t len)
{
	return source->end - source->begin >= len ? NEED_OK :
	    source_fill(source, len);
}

static inline const uint8_t *
source_at(const struct source *source)
{
	return source->buffer + source->begin;
}

/* Steps over len bytes of the window. Pointers into it stay valid. */
static inline void
source_step(struct source *source, size_t len)
{
	source->begin += len;
	source->done += len;
}

/*
 * Sets the reason to "byte B, packet N: TEXT" for damage at the window's
 * start, and returns SOURCE_DAMAGED. A reason that stands already is kept.
 */
enum source_next source_damage(struct source *source, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * What a need that was not met means in the middle of a file: the end, a
 * wait, or damage ("the file ends within WHAT").
 */
enum source_next source_short(struct source *source, enum source_need need,
    const char *what);

/* What it means within the file's header, for format->open: false, and the reason. */
bool source_short_header(struct source *source, enum source_need need);

/* Times later than this are hostile: no text form has room for them. */
#define SOURCE_TIME_MAX UINT64_C(253402300799999999)

/* A 32-bit number in the file's (or the section's) byte order. */
static inline uint32_t
source_u32(const struct source *source, const uint8_t *p)
{
	uint32_t little = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;

	return source->big ? __builtin_bswap32(little) : little;
}

static inline uint16_t
source_u16(const struct source *source, const uint8_t *p)
{
	return (uint16_t)(source->big ? p[0] << 8 | p[1] : p[1] << 8 | p[0]);
}

static inline int64_t
source_s64(const struct source *source, const uint8_t *p)
{
	uint64_t first = source_u32(source, p), second = source_u32(source, p + 4);

	return (int64_t)(source->big ? first << 32 | second :
	    second << 32 | first);
}

#endif
