/* SPDX-License-Identifier: Apache-2.0 */
/* Opening captures of every kind, and reading those of the pcap format. */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "captures/captures.h"
#include "unit/reading.h"

#define MICRO 0xa1b2c3d4u
#define NANO 0xa1b23c4du
#define PATCHED 0xa1b2cd34u

static void
put_header(struct bytes *b, uint32_t magic, unsigned minor)
{
	bytes_u32(b, magic);
	bytes_u16(b, 2);
	bytes_u16(b, minor);
	bytes_u32(b, 0);
	bytes_u32(b, 0);
	bytes_u32(b, 100);		/* the snapshot length */
	bytes_u32(b, 0xf0000001);	/* Ethernet, with checksum bits on top */
}

static void
put_record(struct bytes *b, uint32_t seconds, uint32_t fraction,
    uint32_t caplen, uint32_t len)
{
	bytes_u32(b, seconds);
	bytes_u32(b, fraction);
	bytes_u32(b, caplen);
	bytes_u32(b, len);
}

/* A header, and two packets of four bytes. */
static struct bytes
two_packets(void)
{
	struct bytes b = { 0 };

	put_header(&b, MICRO, 4);
	put_record(&b, 10, 5, 4, 60);
	bytes_put(&b, "abcd", 4);
	put_record(&b, 9, 7, 4, 4);
	bytes_put(&b, "efgh", 4);
	return b;
}

/* Every variant in both byte orders: 10 s and 5 us, then 9 s, kept so. */
static void
test_variants(void **state)
{
	static const uint32_t magics[] = { MICRO, NANO, PATCHED };

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		struct bytes b = { .big = i % 2 };
		struct source *source;
		struct frame frame;

		put_header(&b, magics[i / 2], 4);
		for (unsigned k = 0; k < 2; k++) {
			put_record(&b, 10 - k, i / 2 == 1 ? 5999 : 5, 4, 60);
			if (i / 2 == 2)
				bytes_end(&b, 8);
			bytes_put(&b, "abcd", 4);
		}
		source = reading(&b);
		assert_int_equal(source_next(source, &frame), SOURCE_FRAME);
		assert_int_equal(frame.time_us, 10000005);
		assert_int_equal(frame.caplen, 4);
		assert_int_equal(frame.len, 60);
		assert_int_equal(frame.link, 1);
		assert_int_equal(frame.interface, 0);
		assert_memory_equal(frame.data, "abcd", 4);
		assert_int_equal(source_next(source, &frame), SOURCE_FRAME);
		assert_int_equal(frame.time_us, 9000005);
		expect_end(source, 0, SOURCE_END, "");
	}
}

static void
test_cut_in_header(void **state)
{
	struct bytes b = two_packets();

	(void)state;
	b.len = 23;
	expect_refused(&b, "cut off after 23 bytes");
	b = two_packets();
	b.len = 5;
	expect_refused(&b, "cut off after 5 bytes");
	b = two_packets();
	b.len = 24;
	expect_end(reading(&b), 0, SOURCE_END, "");
}

static void
test_cut_in_record(void **state)
{
	struct bytes b = two_packets();

	(void)state;
	b.len = 24 + 20 + 15;
	expect_damaged(&b, 1, "byte 44, packet 2: the file ends within the "
	    "packet's header");
	b = two_packets();
	b.len = 24 + 20 + 19;
	expect_damaged(&b, 1, "byte 44, packet 2: the file ends within the "
	    "packet's data");
}

static void
test_length_beyond_file(void **state)
{
	struct bytes b = two_packets();

	(void)state;
	b.data[24 + 8 + 1] = 1;		/* 260 bytes, of which 24 are there */
	expect_damaged(&b, 0, "byte 24, packet 1: the file ends within");
}

static void
test_length_over_limit(void **state)
{
	struct bytes b = two_packets();

	(void)state;
	b.data[44 + 8 + 3] = 0x7f;
	expect_damaged(&b, 1, "byte 44, packet 2: its captured length, "
	    "2130706436 bytes, is over the limit");
}

/* The largest frame is far over this file's snapshot length, and is read. */
static void
test_snapshot_length_lies(void **state)
{
	struct bytes b = { 0 };
	struct source *source;
	struct frame frame;

	(void)state;
	put_header(&b, MICRO, 4);
	put_record(&b, 1, 1, SOURCE_FRAME_MAX, SOURCE_FRAME_MAX);
	bytes_end(&b, SOURCE_FRAME_MAX)[SOURCE_FRAME_MAX - 1] = 9;
	source = reading(&b);
	assert_int_equal(source_next(source, &frame), SOURCE_FRAME);
	assert_int_equal(frame.caplen, SOURCE_FRAME_MAX);
	assert_int_equal(frame.data[SOURCE_FRAME_MAX - 1], 9);
	expect_end(source, 0, SOURCE_END, "");
}

/* More captured than was on the wire; before version 2.4, they changed places. */
static void
test_lengths_contradict(void **state)
{
	struct source *source;
	struct frame frame;

	(void)state;
	for (unsigned minor = 3; minor <= 4; minor++) {
		struct bytes b = { 0 };

		put_header(&b, MICRO, minor);
		put_record(&b, 1, 1, 8, 4);
		bytes_put(&b, "abcdefgh", minor == 4 ? 8 : 4);
		source = reading(&b);
		assert_int_equal(source_next(source, &frame), SOURCE_FRAME);
		assert_int_equal(frame.caplen, minor == 4 ? 8 : 4);
		assert_int_equal(frame.len, 8);
		expect_end(source, 0, SOURCE_END, "");
	}
}

static void
test_unknown_version(void **state)
{
	struct bytes b = two_packets();

	(void)state;
	b.data[4] = 7;
	expect_refused(&b, "version 7.4");
	b = two_packets();
	b.data[6] = 5;
	expect_refused(&b, "version 2.5");
}

static void
test_no_capture(void **state)
{
	static const struct { const char *bytes; size_t len; const char *words; }
	    rows[] = {
		{ "", 0, "is empty" },
		{ "x", 1, "neither a pcap nor a pcapng" },
		{ "timestamp,source,destination\n", 29, "neither a pcap" },
		{ "\x1f\x8b\x08\0\0\0\0\0", 8, "compressed with gzip" },
		{ "BZh91AY&", 8, "compressed with bzip2" },
		{ "\xfd" "7zXZ\0\0\4", 8, "compressed with xz" },
		{ "\x28\xb5\x2f\xfd\4\0\0\0", 8, "compressed with zstd" },
		{ "\x04\x22\x4d\x18\4\0\0\0", 8, "compressed with lz4" },
		{ "PK\3\4\0\0\0\0", 8, "a zip archive" },
		{ "snoop\0\0\0\0\0", 10, "a snoop capture" },
		{ "GMBU\0\0\0\0", 8, "Network Monitor" },
		{ "\xa1\xb2\xc3", 3, "neither a pcap nor a pcapng" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes b = { 0 };

		bytes_put(&b, rows[i].bytes, rows[i].len);
		expect_refused(&b, rows[i].words);
	}
}

static void
test_unreadable_paths(void **state)
{
	char path[] = P_tmpdir "/bookgate-XXXXXX", reason[SOURCE_REASON_MAX];
	int fd = mkstemp(path);
	uid_t me = geteuid();

	(void)state;
	assert_null(source_open("/", reason, sizeof(reason)));
	assert_non_null(strstr(reason, "is a directory"));
	assert_null(source_open("/nowhere/at/all", reason, sizeof(reason)));
	assert_non_null(strstr(reason, "No such file or directory"));
	/* Nothing is mapped at address 0, so reading there fails. */
	assert_null(source_open("/proc/self/mem", reason, sizeof(reason)));
	assert_non_null(strstr(reason, "cannot be read: Input/output error"));
	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0), 0);
	if (me == 0)			/* root may read anything */
		assert_int_equal(seteuid(65534), 0);
	assert_null(source_open(path, reason, sizeof(reason)));
	assert_non_null(strstr(reason, "Permission denied"));
	assert_int_equal(seteuid(me), 0);
	close(fd);
	unlink(path);
}

/* Frames of all sizes, so that some lie across the window's end. */
static void
test_window(void **state)
{
	struct bytes b = { 0 };
	struct source *source;
	struct frame frame;
	uint64_t done, total, size;

	(void)state;
	put_header(&b, MICRO, 4);
	b.data = realloc(b.data, 4u << 20);
	for (unsigned i = 0; i < 120; i++) {
		put_record(&b, i, 0, i * 300, i * 300);
		memset(bytes_end(&b, i * 300), (int)i, i * 300);
	}
	size = b.len;
	source = reading(&b);
	for (unsigned i = 0; i < 120; i++) {
		assert_int_equal(source_next(source, &frame), SOURCE_FRAME);
		assert_int_equal(frame.caplen, i * 300);
		for (size_t k = 0; k < frame.caplen; k++)
			assert_true(frame.data[k] == i);
		source_progress(source, &done, &total);
		assert_int_equal(total, size);
		assert_true(done <= total);
	}
	assert_int_equal(done, size);
	expect_end(source, 0, SOURCE_END, "");
}

static int pipe_ends[2];

/* Standard input becomes a pipe; returns what it was before. */
static int
stdin_pipe(void)
{
	int before = dup(STDIN_FILENO);

	assert_int_equal(pipe(pipe_ends), 0);
	assert_int_equal(dup2(pipe_ends[0], STDIN_FILENO), STDIN_FILENO);
	close(pipe_ends[0]);
	return before;
}

static void
stdin_restore(int before)
{
	dup2(before, STDIN_FILENO);
	close(before);
}

/* A child that writes the bytes into the pipe in parts, with pauses. */
static void
write_slowly(const struct bytes *b)
{
	if (fork() != 0)
		return;
	for (size_t at = 0; at < b->len; at += 25) {
		size_t left = b->len - at;

		usleep(5000);
		if (write(pipe_ends[1], b->data + at, left < 25 ? left : 25) < 0)
			_exit(1);
	}
	_exit(0);
}

/* A slow pipe that somebody has made non-blocking, as shells may. */
static void
test_standard_input(void **state)
{
	struct bytes b = two_packets();
	char reason[SOURCE_REASON_MAX];
	int before = stdin_pipe(), status;
	uint64_t done, total;
	struct source *source;

	(void)state;
	assert_int_equal(fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK), 0);
	write_slowly(&b);
	close(pipe_ends[1]);
	source = source_open("-", reason, sizeof(reason));
	assert_non_null(source);
	source_progress(source, &done, &total);
	assert_int_equal(done, 24);
	assert_int_equal(total, 0);
	expect_end(source, 2, SOURCE_END, "");
	assert_int_equal(fcntl(STDIN_FILENO, F_GETFD), 0);	/* still open */
	assert_true(wait(&status) > 0);
	assert_int_equal(status, 0);
	stdin_restore(before);
	bytes_fini(&b);
}

/* A file that grows while it is read: the bar never passes its end. */
static void
test_growing_file(void **state)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);
	struct bytes b = two_packets();
	char path[64], reason[SOURCE_REASON_MAX];
	uint64_t done, total;
	struct source *source;
	struct frame frame;

	(void)state;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(write(fd, b.data, 30), 30);
	source = source_open(path, reason, sizeof(reason));
	assert_non_null(source);
	source_progress(source, &done, &total);
	assert_int_equal(total, 30);
	assert_int_equal(write(fd, b.data + 30, b.len - 30), b.len - 30);
	assert_int_equal(source_next(source, &frame), SOURCE_FRAME);
	source_progress(source, &done, &total);
	assert_int_equal(done, 44);
	assert_int_equal(total, 44);
	expect_end(source, 1, SOURCE_END, "");
	close(fd);
	bytes_fini(&b);
}

static void
on_alarm(int number)
{
	(void)number;
}

/* Sends SIGALRM each so many microseconds; 0 ends that. */
static void
alarm_each(suseconds_t us)
{
	struct itimerval timer = { { 0, us }, { 0, us } };
	struct sigaction action = { .sa_handler = on_alarm };

	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

/* A signal while waiting for a pipe comes back to the caller, loses nothing. */
static void
test_interrupted(void **state)
{
	struct bytes b = two_packets();
	char reason[SOURCE_REASON_MAX];
	int before = stdin_pipe();
	struct source *source;
	struct frame frame;

	(void)state;
	alarm_each(20000);
	assert_null(source_open("-", reason, sizeof(reason)));
	assert_non_null(strstr(reason, "interrupted"));
	assert_int_equal(write(pipe_ends[1], b.data, 50), 50);
	source = source_open("-", reason, sizeof(reason));
	assert_non_null(source);
	assert_int_equal(source_next(source, &frame), SOURCE_FRAME);
	assert_int_equal(source_next(source, &frame), SOURCE_INTERRUPTED);
	assert_int_equal(source_next(source, &frame), SOURCE_INTERRUPTED);
	alarm_each(0);
	assert_int_equal(write(pipe_ends[1], b.data + 50, b.len - 50),
	    b.len - 50);
	close(pipe_ends[1]);
	assert_int_equal(source_next(source, &frame), SOURCE_FRAME);
	assert_memory_equal(frame.data, "efgh", 4);
	expect_end(source, 0, SOURCE_END, "");
	stdin_restore(before);
	bytes_fini(&b);
}

static void
test_link_names(void **state)
{
	char text[SOURCE_LINK_NAME_MAX];

	(void)state;
	assert_string_equal(source_link_name(1, text), "EN10MB");
	assert_string_equal(source_link_name(101, text), "RAW");
	assert_string_equal(source_link_name(0xfffe, text), "link type 65534");
	assert_non_null(strstr(captures_version(), "libpcap"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_variants),
		cmocka_unit_test(test_cut_in_header),
		cmocka_unit_test(test_cut_in_record),
		cmocka_unit_test(test_length_beyond_file),
		cmocka_unit_test(test_length_over_limit),
		cmocka_unit_test(test_snapshot_length_lies),
		cmocka_unit_test(test_lengths_contradict),
		cmocka_unit_test(test_unknown_version),
		cmocka_unit_test(test_no_capture),
		cmocka_unit_test(test_unreadable_paths),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_standard_input),
		cmocka_unit_test(test_growing_file),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_link_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
