/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of both file formats share: a file to read, and what comes. */
#ifndef TESTS_UNIT_READING_H
#define TESTS_UNIT_READING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "captures/source.h"
#include "unit/bytes.h"

/* Opens the bytes as a file that is in memory alone; frees them. */
static inline struct source *
reading_open(struct bytes *b, char *reason)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);
	char path[64];
	struct source *source;

	assert_true(fd >= 0);
	if (b->len > 0)
		assert_int_equal(write(fd, b->data, b->len), b->len);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	reason[0] = '\0';
	source = source_open(path, reason, SOURCE_REASON_MAX);
	close(fd);
	bytes_fini(b);
	return source;
}

static inline struct source *
reading(struct bytes *b)
{
	char reason[SOURCE_REASON_MAX];
	struct source *source = reading_open(b, reason);

	assert_string_equal(reason, "");
	assert_non_null(source);
	return source;
}

/* The file is refused, and the reason has these words. */
static inline void
expect_refused(struct bytes *b, const char *words)
{
	char reason[SOURCE_REASON_MAX];

	assert_null(reading_open(b, reason));
	if (strstr(reason, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", reason, words);
}

/* After `frames` frames comes `last`, again and again, for this reason. */
static inline void
expect_end(struct source *source, unsigned frames, enum source_next last,
    const char *words)
{
	struct frame frame;

	for (unsigned i = 0; i < frames; i++)
		assert_int_equal(source_next(source, &frame), SOURCE_FRAME);
	assert_int_equal(source_next(source, &frame), last);
	assert_int_equal(source_next(source, &frame), last);
	if (strstr(source_reason(source), words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", source_reason(source),
		    words);
	source_free(source);
}

static inline void
expect_damaged(struct bytes *b, unsigned frames, const char *words)
{
	expect_end(reading(b), frames, SOURCE_DAMAGED, words);
}

#endif
