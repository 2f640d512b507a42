/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages between processes: order, room, a dead end, descriptors that ride
 * along; and records of events, in which every field may be a lie.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "core/channel.h"
#include "core/channel_record.h"
#include "unit/upload_sample.h"

/* ---- two ends in one process ------------------------------------------------- */

struct heard {
	size_t count;
	uint64_t last, sum;
	enum message_kind kind;
	size_t len;
	uint8_t body[CHANNEL_BODY_MAX];
	int fd;
};

static void
hear(void *arg, const struct message *message)
{
	struct heard *heard = arg;

	heard->count++;
	heard->kind = message->kind;
	assert_true(message->number >= heard->last);	/* in order */
	heard->last = message->number;
	heard->sum += message->number;
	heard->len = message->len;
	memcpy(heard->body, message->body, message->len);
	heard->fd = message->fd;
}

struct ends {
	struct channel *a, *b;
	struct heard heard;		/* by b */
	int raw_a, raw_b;
};

static int
ends_make(void **state)
{
	struct ends *ends = calloc(1, sizeof(*ends));
	int pair[2];

	if (!channel_pair(pair))
		return -1;
	ends->raw_a = pair[0];
	ends->raw_b = pair[1];
	ends->a = channel_new(pair[0], 8, hear, &ends->heard);
	ends->b = channel_new(pair[1], 8, hear, &ends->heard);
	*state = ends;
	return ends->a == NULL || ends->b == NULL;
}

static int
ends_drop(void **state)
{
	struct ends *ends = *state;

	channel_free(ends->a);
	channel_free(ends->b);
	free(ends);
	return 0;
}

static bool
readable(const struct channel *channel)
{
	struct pollfd wait = { .fd = channel_fd(channel), .events = POLLIN };

	return poll(&wait, 1, 0) == 1;
}

static struct message
numbered(uint64_t number)
{
	return (struct message){ .kind = MESSAGE_STORED, .number = number, .fd = -1 };
}

static void
test_message_crosses(void **state)
{
	struct ends *ends = *state;
	struct message message = { MESSAGE_UPLOAD, 7, "abc", 3, -1 };

	assert_false(readable(ends->b));
	assert_true(channel_send(ends->a, &message));
	assert_true(readable(ends->b));
	assert_true(channel_turn(ends->b));
	assert_int_equal(ends->heard.count, 1);
	assert_int_equal(ends->heard.kind, MESSAGE_UPLOAD);
	assert_int_equal(ends->heard.len, 3);
	assert_memory_equal(ends->heard.body, "abc", 3);
	assert_int_equal(ends->heard.fd, -1);
	assert_false(readable(ends->b));
}

/* The socket fills, then the queue, then messages are lost and counted; what was taken arrives. */
static void
test_full(void **state)
{
	struct ends *ends = *state;
	static uint8_t body[CHANNEL_BODY_MAX];
	struct message message = { MESSAGE_UPLOAD, 0, body, sizeof(body), -1 };
	uint64_t sent = 0;

	while (channel_send(ends->a, &message)) {
		message.number = ++sent;
		assert_true(sent < 100000);
	}
	assert_int_equal(channel_room(ends->a), 0);
	assert_int_equal(channel_waiting(ends->a), 8);
	assert_int_equal(channel_lost(ends->a), 1);
	assert_false(readable(ends->a));
	for (int i = 0; i < 1000 && ends->heard.count < sent; i++) {
		assert_true(channel_turn(ends->b));
		if (readable(ends->a))		/* room to write wakes it */
			assert_true(channel_turn(ends->a));
	}
	assert_int_equal(ends->heard.count, sent);
	assert_int_equal(ends->heard.last, sent - 1);
	assert_int_equal(channel_room(ends->a), 8);
	assert_false(readable(ends->a));
}

static void
test_death_is_seen(void **state)
{
	struct ends *ends = *state;
	struct message message = numbered(1);

	assert_true(channel_send(ends->a, &message));
	channel_free(ends->a);
	ends->a = NULL;
	assert_true(readable(ends->b));
	assert_false(channel_turn(ends->b));
	assert_int_equal(ends->heard.count, 1);		/* its last words were heard */
	assert_false(channel_send(ends->b, &message));
	assert_int_equal(channel_lost(ends->b), 1);
	assert_int_equal(channel_room(ends->b), 0);
}

/* Even when it was noticed by sending first. */
static void
test_last_words_after_deafness(void **state)
{
	struct ends *ends = *state;
	struct message message = numbered(1);

	assert_true(channel_send(ends->a, &message));
	channel_free(ends->a);
	ends->a = NULL;
	assert_false(channel_send(ends->b, &message));
	assert_false(channel_turn(ends->b));
	assert_int_equal(ends->heard.count, 1);
}

static void
test_descriptor_rides(void **state)
{
	struct ends *ends = *state;
	int pipe_ends[2];
	char c = 0;
	struct message message = { .kind = MESSAGE_PEER };

	assert_int_equal(pipe(pipe_ends), 0);
	message.fd = pipe_ends[1];
	assert_true(channel_send(ends->a, &message));
	close(pipe_ends[1]);
	assert_true(channel_turn(ends->b));
	assert_true(ends->heard.fd >= 0);
	assert_true((fcntl(ends->heard.fd, F_GETFD) & FD_CLOEXEC) != 0);
	assert_int_equal(write(ends->heard.fd, "x", 1), 1);
	assert_int_equal(read(pipe_ends[0], &c, 1), 1);
	close(ends->heard.fd);
	close(pipe_ends[0]);
}

/* ---- lies ------------------------------------------------------------------------ */

static void
send_raw(struct ends *ends, const void *data, size_t len, int fd)
{
	char control[CMSG_SPACE(2 * sizeof(int))] = { 0 };
	struct iovec part = { (void *)data, len };
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1 };
	int fds[2] = { fd, fd };

	if (fd >= 0) {
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
		CMSG_FIRSTHDR(&msg)->cmsg_level = SOL_SOCKET;
		CMSG_FIRSTHDR(&msg)->cmsg_type = SCM_RIGHTS;
		CMSG_FIRSTHDR(&msg)->cmsg_len = CMSG_LEN(sizeof(fds));
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&msg)), fds, sizeof(fds));
	}
	assert_int_equal(sendmsg(ends->raw_a, &msg, 0), len);
}

static void
test_not_a_message(void **state)
{
	struct ends *ends = *state;
	struct channel_head heads[] = {
		{ 0, MESSAGE_STORED, 0, 0, 1 },
		{ CHANNEL_VERSION + 1, MESSAGE_STORED, 0, 0, 1 },
		{ CHANNEL_VERSION, MESSAGE_NONE, 0, 0, 1 },
		{ CHANNEL_VERSION, MESSAGE_KINDS, 0, 0, 1 },
		{ CHANNEL_VERSION, MESSAGE_STORED, 1, 0, 1 },
		{ CHANNEL_VERSION, MESSAGE_STORED, 0, 1, 1 },
		{ CHANNEL_VERSION, MESSAGE_PEER, 0, 0, 1 },	/* without what it promises */
	};
	static uint8_t large[2 * CHANNEL_PACKET_MAX];
	size_t count = sizeof(heads) / sizeof(heads[0]);

	for (size_t i = 0; i < count; i++)
		send_raw(ends, &heads[i], sizeof(heads[i]), -1);
	send_raw(ends, &heads[0], 3, -1);
	send_raw(ends, large, sizeof(large), -1);
	assert_true(channel_turn(ends->b));
	assert_int_equal(ends->heard.count, 0);
	assert_int_equal(channel_faults(ends->b), count + 2);
}

static int
descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) != -1;
	return count;
}

/* Descriptors nobody asked for are closed, not kept. */
static void
test_descriptors_do_not_pile_up(void **state)
{
	struct ends *ends = *state;
	struct channel_head stored = { CHANNEL_VERSION, MESSAGE_STORED, 0, 0, 1 };
	struct channel_head peer = { CHANNEL_VERSION, MESSAGE_PEER, 0, 0, 1 };
	int before = descriptors();

	for (int i = 0; i < 5; i++)
		send_raw(ends, &stored, sizeof(stored), 0);
	assert_true(channel_turn(ends->b));
	assert_int_equal(ends->heard.count, 0);
	assert_int_equal(descriptors(), before);
	send_raw(ends, &peer, sizeof(peer), 0);		/* two ride: one is taken */
	assert_true(channel_turn(ends->b));
	assert_int_equal(descriptors(), before + 1);
	close(ends->heard.fd);
}

/* ---- records ------------------------------------------------------------------------ */

static uint8_t record[CHANNEL_BODY_MAX];

/* Where the struct starts in a record. */
#define BODY(LEN, TYPE) (record + (LEN) - sizeof(TYPE))

static void
test_upload_record(void **state)
{
	struct event_upload in = upload_sample(3, day_of(2026, 1, 2)), out;
	size_t len;

	(void)state;
	in.door = "proxy";
	in.verdict.enforced = true;
	len = record_put_upload(&in, record);
	memset(&out, 0xee, sizeof(out));
	assert_true(record_get_upload(record, len, &out));
	assert_string_equal(out.door, "proxy");
	out.door = in.door;
	assert_memory_equal(&out, &in, sizeof(in));
	assert_false(record_get_upload(record, len - 1, &out));
	assert_false(record_get_upload(record, 0, &out));
	assert_false(record_get_bypass(record, len, &(struct event_bypass){ 0 }));
}

/* A text that snprintf() cut within a character still crosses, without its half. */
static void
test_cut_text(void **state)
{
	struct event_upload in = upload_sample(3, 20000), out;
	size_t len;

	(void)state;
	memset(in.entity, 'a', sizeof(in.entity));
	memcpy(in.entity + sizeof(in.entity) - 2, "\xc3", 2);
	len = record_put_upload(&in, record);
	assert_true(record_get_upload(record, len, &out));
	assert_int_equal(strlen(out.entity), sizeof(out.entity) - 2);
}

/* One field is overwritten; the record must be refused. */
static void
refused(size_t offset, const uint8_t *lie, size_t lie_len)
{
	struct event_upload sample = upload_sample(3, 20000), out;
	size_t len = record_put_upload(&sample, record);

	memcpy(BODY(len, sample) + offset, lie, lie_len);
	assert_false(record_get_upload(record, len, &out));
}

#define REFUSED(MEMBER, ...) refused(offsetof(struct event_upload, MEMBER), \
	(const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static void
test_lies_in_an_upload(void **state)
{
	(void)state;
	REFUSED(flow.app_confidence, APP_DPI + 1);
	REFUSED(flow.host_source, 0, 0, 0, 0x80);
	REFUSED(flow.src.family, 5);
	REFUSED(flow.dest.bytes[15], 1);
	REFUSED(flow.moment_us, 0, 0, 0, 0, 0, 0, 0, 0x7f);
	REFUSED(flow.host, 0xff, 0xfe, 0);
	REFUSED(flow.event_id, '"');
	REFUSED(class, 'E');
	REFUSED(upload.contacts.low, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
	REFUSED(upload.contacts.low, 101);
	REFUSED(upload.contacts.method, METHOD_CONTENT + 1);
	REFUSED(upload.format, FORMAT_TEXT + 1);
	REFUSED(transfer.status, 4);
	REFUSED(transfer.from, 1, 0, 0, 0x80);
	REFUSED(verdict.action, 4);
	REFUSED(verdict.enforced, 2);
	REFUSED(bytes_forwarded, 0, 0, 0, 0, 0, 0, 0, 0x80);
}

static void
test_lies_about_an_upload(void **state)
{
	struct event_upload sample = upload_sample(3, 20000), out;
	size_t len;

	(void)state;
	/* A text without an end. */
	len = record_put_upload(&sample, record);
	memset(BODY(len, out) + offsetof(struct event_upload, verdict.reason), 'a', REASON_MAX);
	assert_false(record_get_upload(record, len, &out));
	/* A door nobody knows, another version. */
	record_put_upload(&sample, record);
	record[4] = 3;
	assert_false(record_get_upload(record, len, &out));
	record_put_upload(&sample, record);
	record[0]++;
	assert_false(record_get_upload(record, len, &out));
}

static void
test_bypass_record(void **state)
{
	struct event_upload sample = upload_sample(3, 20000);
	struct event_bypass in, out;
	size_t len;

	(void)state;
	memset(&in, 0, sizeof(in));
	in.flow = sample.flow;
	in.reason = BYPASS_CLIENT_CERT;
	in.until_us = in.flow.moment_us + 1;
	len = record_put_bypass(&in, record);
	assert_true(record_get_bypass(record, len, &out));
	assert_memory_equal(&in, &out, sizeof(in));
	BODY(len, in)[offsetof(struct event_bypass, reason)] = BYPASS_OPERATOR + 1;
	assert_false(record_get_bypass(record, len, &out));
}

static void
test_bypass_json(void **state)
{
	struct event_upload sample = upload_sample(3, 20000);
	struct event_bypass in;
	char *json;

	(void)state;
	memset(&in, 0, sizeof(in));
	in.flow = sample.flow;
	in.until_us = (uint64_t)20001 * USEC_PER_DAY;
	json = event_bypass_json(&in);
	assert_non_null(strstr(json, "\"event_type\":\"bypass\""));
	assert_non_null(strstr(json, "\"reason\":\"pinned\",\"until\":\"2024-10-05T00:00:00.000000Z\""));
	free(json);
	assert_string_equal(bypass_reason_name(BYPASS_OPERATOR), "operator");
	assert_string_equal(bypass_reason_name(BYPASS_NOT_TLS), "not_tls");
}

int
main(void)
{
#define ENDS(TEST) cmocka_unit_test_setup_teardown(TEST, ends_make, ends_drop)
	const struct CMUnitTest tests[] = {
		ENDS(test_message_crosses), ENDS(test_full), ENDS(test_death_is_seen),
		ENDS(test_last_words_after_deafness), ENDS(test_descriptor_rides),
		ENDS(test_not_a_message), ENDS(test_descriptors_do_not_pile_up),
		cmocka_unit_test(test_upload_record), cmocka_unit_test(test_cut_text),
		cmocka_unit_test(test_lies_in_an_upload),
		cmocka_unit_test(test_lies_about_an_upload), cmocka_unit_test(test_bypass_record),
		cmocka_unit_test(test_bypass_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
