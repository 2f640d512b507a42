/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source: a capture file (pcap or pcapng) as frames, one after the other.
 *
 * Why not libpcap's reader: it refuses a pcapng whose interfaces differ in
 * link type, hides the decryption secrets blocks, and says of a damaged file
 * neither at which byte nor at which packet the damage lies. libpcap is used
 * for its names of link types alone.
 */
#ifndef CAPTURES_SOURCE_H
#define CAPTURES_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest frame that is believed; libpcap's own largest snapshot length. */
#define SOURCE_FRAME_MAX (256u << 10)

/* The longest pcapng block that is believed (a key log may be large). */
#define SOURCE_BLOCK_MAX (16u << 20)

/* More interfaces than this in one section is no capture of a network. */
#define SOURCE_INTERFACES_MAX 65536

/* Room for a reason, one sentence with its NUL; fits stats.truncated. */
#define SOURCE_REASON_MAX 160

/* Frames of an interface that was never declared have this link type. */
#define SOURCE_LINK_UNKNOWN 0xffff

struct frame {
	const uint8_t *data;	/* the source's, until its next call */
	size_t caplen;		/* bytes at data, at most SOURCE_FRAME_MAX */
	size_t len;		/* on the wire; never less than caplen */
	uint64_t time_us;	/* since 1970, at most the end of the year 9999 */
	uint32_t interface;	/* number within the section; 0 in a pcap */
	uint16_t link;		/* LINKTYPE_ value (tcpdump.org/linktypes.html) */
};

enum source_next {
	SOURCE_FRAME,
	SOURCE_END,		/* the file is read, and was sound */
	SOURCE_DAMAGED,		/* nothing more comes; source_reason() says why */
	SOURCE_INTERRUPTED	/* a signal came while waiting: call again, or stop */
};

struct source;

/*
 * Opens a capture; "-" is standard input. On failure returns NULL and writes
 * one sentence without the path into reason ("is a directory").
 */
struct source *source_open(const char *path, char *reason, size_t reason_len);

/*
 * The next frame. A file that is cut off, or whose lengths cannot be, gives
 * all frames before that place and then SOURCE_DAMAGED. Faults that leave the
 * next block findable (pcapng) are passed over: all other frames come, and
 * SOURCE_DAMAGED with the first fault stands in for SOURCE_END.
 */
enum source_next source_next(struct source *source, struct frame *frame);

/* One sentence with byte offset and packet number; "" while all is well. */
const char *source_reason(const struct source *source);

/* Bytes consumed, and the file's size (0: unknown, a pipe). */
void source_progress(const struct source *source, uint64_t *done,
    uint64_t *total);

/* Type of secrets whose data is NSS key log text (pcapng, section 4.7). */
#define SOURCE_SECRETS_TLS 0x544c534b

/*
 * Receives each decryption secrets block in the file's order, from within
 * source_next() and before the packets that follow it. data is the source's
 * and valid during the call.
 */
struct source_secrets {
	void (*take)(struct source_secrets *secrets, uint32_t type,
	    const uint8_t *data, size_t len);
};

/* Sets who receives secrets (NULL: nobody); before the first source_next(). */
void source_secrets_to(struct source *source, struct source_secrets *secrets);

/* Is it of a format that can hold secrets (pcapng)? */
bool source_may_hold_secrets(const struct source *source);

/* A link type's name ("EN10MB") or "link type 4711", in text; returns text. */
#define SOURCE_LINK_NAME_MAX 48
const char *source_link_name(uint16_t link, char text[SOURCE_LINK_NAME_MAX]);

void source_free(struct source *source);	/* NULL is allowed */

#endif
