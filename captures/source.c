/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening a capture, finding its format, and a window over its bytes that
 * works alike for files and pipes. The window is filled by read(): a mapped
 * file that somebody cuts short would end the program with SIGBUS.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "captures/captures.h"
#include "captures/reader.h"
#include "core/mem.h"

/* First size of the window; holds any frame, and grows only for blocks. */
#define SOURCE_WINDOW (512u << 10)

/* The longest of the magic numbers below. */
#define MAGIC_MAX 8

/* How files begin: ours, and those that people take for captures. */
static const struct magic {
	const char *bytes;
	size_t len;
	const struct source_format *format;
	const char *what;		/* of a foreign format */
} magics[] = {
	{ "\xd4\xc3\xb2\xa1", 4, &pcap_format, NULL },
	{ "\xa1\xb2\xc3\xd4", 4, &pcap_format, NULL },
	{ "\x4d\x3c\xb2\xa1", 4, &pcap_format, NULL },
	{ "\xa1\xb2\x3c\x4d", 4, &pcap_format, NULL },
	{ "\x34\xcd\xb2\xa1", 4, &pcap_format, NULL },
	{ "\xa1\xb2\xcd\x34", 4, &pcap_format, NULL },
	{ "\x0a\x0d\x0d\x0a", 4, &pcapng_format, NULL },
	{ "\x1f\x8b", 2, NULL, "compressed with gzip: unpack it first, "
	    "or pipe it: gunzip -c FILE | bookgate replay -" },
	{ "BZh", 3, NULL, "compressed with bzip2: unpack it first, "
	    "or pipe it: bunzip2 -c FILE | bookgate replay -" },
	{ "\xfd" "7zXZ", 5, NULL, "compressed with xz: unpack it first, "
	    "or pipe it: unxz -c FILE | bookgate replay -" },
	{ "\x28\xb5\x2f\xfd", 4, NULL, "compressed with zstd: unpack it "
	    "first, or pipe it: unzstd -c FILE | bookgate replay -" },
	{ "\x04\x22\x4d\x18", 4, NULL, "compressed with lz4: unpack it "
	    "first, or pipe it: unlz4 -c FILE | bookgate replay -" },
	{ "PK\x03\x04", 4, NULL, "a zip archive: unpack it first" },
	{ "snoop\0\0\0", 8, NULL, "a snoop capture: convert it to pcapng, "
	    "with editcap for example" },
	{ "GMBU", 4, NULL, "a Microsoft Network Monitor capture: convert it "
	    "to pcapng, with editcap for example" },
};

static void
source_reason_set(struct source *source, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
source_reason_set(struct source *source, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(source->reason, sizeof(source->reason), format, args);
	va_end(args);
}

/* Makes room for len bytes from `begin` on. Lengths come from hostile files. */
static bool
source_make_room(struct source *source, size_t len)
{
	size_t left = source->end - source->begin;
	size_t capacity = source->capacity;
	uint8_t *grown;

	if (source->begin > 0)
		memmove(source->buffer, source_at(source), left);
	source->begin = 0;
	source->end = left;
	while (capacity < len)
		capacity *= 2;
	if (capacity == source->capacity)
		return true;
	grown = realloc(source->buffer, capacity);
	if (grown == NULL) {
		source_reason_set(source, "out of memory for a block of %zu "
		    "bytes", len);
		return false;
	}
	source->buffer = grown;
	source->capacity = capacity;
	return true;
}

/* Waits for a pipe that somebody made non-blocking. False: see errno. */
static bool
source_wait(int fd)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };

	return poll(&poller, 1, -1) >= 0;
}

enum source_need
source_fill(struct source *source, size_t len)
{
	ssize_t got;

	if (!source->ended && !source_make_room(source, len))
		return NEED_FAILED;
	while (!source->ended && source->end - source->begin < len) {
		got = read(source->fd, source->buffer + source->end,
		    source->capacity - source->end);
		if (got < 0 && errno == EAGAIN && source_wait(source->fd))
			continue;
		if (got < 0 && errno == EINTR)
			return NEED_INTERRUPTED;
		if (got < 0) {
			source_reason_set(source, "cannot be read: %s",
			    strerror(errno));
			return NEED_FAILED;
		}
		source->ended = got == 0;
		source->end += (size_t)got;
	}
	if (source->end - source->begin >= len)
		return NEED_OK;
	return source->end == source->begin ? NEED_END : NEED_CUT;
}

enum source_next
source_damage(struct source *source, const char *format, ...)
{
	va_list args;
	int at;

	if (source->reason[0] != '\0')
		return SOURCE_DAMAGED;
	at = snprintf(source->reason, sizeof(source->reason),
	    "byte %llu, packet %llu: ", (unsigned long long)source->done,
	    (unsigned long long)source->packets + 1);
	va_start(args, format);
	vsnprintf(source->reason + at, sizeof(source->reason) - (size_t)at,
	    format, args);
	va_end(args);
	return SOURCE_DAMAGED;
}

enum source_next
source_short(struct source *source, enum source_need need, const char *what)
{
	if (need == NEED_END)
		return SOURCE_END;
	if (need == NEED_INTERRUPTED)
		return SOURCE_INTERRUPTED;
	if (need == NEED_CUT)
		return source_damage(source, "the file ends within %s", what);
	return SOURCE_DAMAGED;
}

bool
source_short_header(struct source *source, enum source_need need)
{
	if (need == NEED_INTERRUPTED)
		source_reason_set(source, "interrupted while waiting for data");
	else if (need != NEED_FAILED)
		source_reason_set(source, "cut off after %zu bytes, within the "
		    "file header: no packet is left",
		    source->end - source->begin);
	return false;
}

static const struct magic *
source_magic(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (len >= magics[i].len &&
		    memcmp(data, magics[i].bytes, magics[i].len) == 0)
			return &magics[i];
	return NULL;
}

/* Finds the format and reads the file's header. */
static bool
source_sniff(struct source *source)
{
	enum source_need need = source_need(source, MAGIC_MAX);
	const struct magic *magic;

	if (need == NEED_END) {
		source_reason_set(source, "is empty");
		return false;
	}
	if (need == NEED_FAILED || need == NEED_INTERRUPTED)
		return source_short_header(source, need);
	magic = source_magic(source_at(source), source->end - source->begin);
	if (magic == NULL) {
		source_reason_set(source, "is neither a pcap nor a pcapng file");
		return false;
	}
	if (magic->format == NULL) {
		source_reason_set(source, "is %s", magic->what);
		return false;
	}
	source->format = magic->format;
	return source->format->open(source);
}

static bool
source_open_file(struct source *source, const char *path)
{
	struct stat st;

	source->owned = strcmp(path, "-") != 0;
	source->fd = source->owned ? open(path, O_RDONLY | O_CLOEXEC) :
	    STDIN_FILENO;
	if (source->fd < 0 || fstat(source->fd, &st) < 0) {
		source_reason_set(source, "cannot be opened: %s",
		    strerror(errno));
		return false;
	}
	if (S_ISDIR(st.st_mode)) {
		source_reason_set(source, "is a directory, not a capture file");
		return false;
	}
	if (S_ISREG(st.st_mode) && st.st_size > 0)
		source->size = (uint64_t)st.st_size;
	return true;
}

struct source *
source_open(const char *path, char *reason, size_t reason_len)
{
	struct source *source = xcalloc(1, sizeof(*source));

	source->fd = -1;
	source->last = SOURCE_FRAME;
	source->capacity = SOURCE_WINDOW;
	source->buffer = xcalloc(1, source->capacity);
	if (source_open_file(source, path) && source_sniff(source))
		return source;
	snprintf(reason, reason_len, "%s", source->reason);
	source_free(source);
	return NULL;
}

enum source_next
source_next(struct source *source, struct frame *frame)
{
	enum source_next next = source->last;

	if (next == SOURCE_END || next == SOURCE_DAMAGED)
		return next;
	next = source->format->next(source, frame);
	if (next == SOURCE_END && source->faulty)
		next = SOURCE_DAMAGED;
	source->last = next;
	return next;
}

const char *
source_reason(const struct source *source)
{
	return source->reason;
}

void
source_progress(const struct source *source, uint64_t *done, uint64_t *total)
{
	*done = source->done;
	*total = source->size;
	/* A file that is still being written may have outgrown its size. */
	if (*total != 0 && *total < *done)
		*total = *done;
}

void
source_secrets_to(struct source *source, struct source_secrets *secrets)
{
	source->secrets = secrets;
}

bool
source_may_hold_secrets(const struct source *source)
{
	return source->format == &pcapng_format;
}

const char *
source_link_name(uint16_t link, char text[SOURCE_LINK_NAME_MAX])
{
	/* LINKTYPE_RAW; the library's own number for it differs by system. */
	const char *name = link == 101 ? "RAW" : pcap_datalink_val_to_name(link);

	if (name != NULL)
		snprintf(text, SOURCE_LINK_NAME_MAX, "%s", name);
	else
		snprintf(text, SOURCE_LINK_NAME_MAX, "link type %u", link);
	return text;
}

const char *
captures_version(void)
{
	return pcap_lib_version();
}

void
source_free(struct source *source)
{
	if (source == NULL)
		return;
	if (source->owned && source->fd >= 0)
		close(source->fd);
	free(source->interfaces);
	free(source->buffer);
	free(source);
}
