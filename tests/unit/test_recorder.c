/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events on their way into the store: kept by the worker until they are on the
 * disk, said again to a recorder that replaces a dead one, counted where there
 * is no room. The recorder here is the real process, within its sandbox.
 */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sys/wait.h>
#include <time.h>

#include "appliance/process.h"
#include "appliance/recorder_post.h"
#include "core/channel_record.h"
#include "unit/upload_sample.h"

/* ---- the post alone ------------------------------------------------------------- */

struct far {			/* the recorder's end, played by the test */
	struct channel *channel;
	uint64_t first, last;
	size_t count;
};

static void
far_take(void *arg, const struct message *message)
{
	struct far *far = arg;

	if (far->count++ == 0)
		far->first = message->number;
	far->last = message->number;
}

/* Reads until nothing more comes. */
static void
far_drain(struct far *far, struct post *post)
{
	size_t before;
	int fd;

	do {
		before = far->count;
		fd = channel_fd(far->channel);
		while (poll(&(struct pollfd){ fd, POLLIN, 0 }, 1, 0) == 1)
			if (!channel_turn(far->channel))
				break;
		(void)post_turn(post);
	} while (far->count > before);
}

static void
upload_post(struct post *post, uint32_t number)
{
	struct event_upload event = upload_sample(number, day_of(2026, 1, 2));
	struct proxy_sink *sink = post_sink(post);

	sink->events.upload(&sink->events, &event);
}

static void
stored(struct far *far, uint64_t number)
{
	struct message message = { MESSAGE_STORED, number, NULL, 0, -1 };

	assert_true(channel_send(far->channel, &message));
}

static void
test_kept_until_stored(void **state)
{
	static struct far far;
	uint64_t waiting = 0, lost = 0;
	struct post *post = post_new(&waiting, &lost);
	int pair[2];

	(void)state;
	for (uint32_t i = 0; i < 10; i++)
		upload_post(post, i);
	assert_int_equal(waiting, 10);		/* nobody is there yet */
	assert_int_equal(post_fd(post), -1);
	assert_true(channel_pair(pair));
	assert_true(post_recorder_set(post, pair[0]));
	far = (struct far){ .channel = channel_new(pair[1], 4, far_take, &far) };
	far_drain(&far, post);
	assert_int_equal(far.count, 10);
	assert_int_equal(waiting, 10);		/* heard is not stored */
	stored(&far, 6);
	assert_true(post_turn(post));
	assert_int_equal(waiting, 3);
	stored(&far, 12);			/* never sent: no answer of ours */
	assert_true(post_turn(post));
	assert_int_equal(waiting, 3);

	/* Another one: what is not stored is said again, and only that. */
	channel_free(far.channel);
	assert_false(post_turn(post));
	assert_int_equal(post_fd(post), -1);
	upload_post(post, 10);
	assert_true(channel_pair(pair));
	assert_true(post_recorder_set(post, pair[0]));
	far = (struct far){ .channel = channel_new(pair[1], 4, far_take, &far) };
	far_drain(&far, post);
	assert_int_equal(far.count, 4);
	assert_int_equal(far.first, 7);
	assert_int_equal(far.last, 10);
	stored(&far, 10);
	assert_true(post_turn(post));
	assert_int_equal(waiting, 0);
	assert_int_equal(lost, 0);
	channel_free(far.channel);
	post_free(post);
}

static void
test_no_room_is_counted(void **state)
{
	static struct far far;
	uint64_t waiting = 0, lost = 0;
	struct post *post = post_new(&waiting, &lost);
	int pair[2];

	(void)state;
	for (uint32_t i = 0; i < POST_MAX + 5; i++)
		upload_post(post, i);
	assert_int_equal(waiting, POST_MAX);
	assert_int_equal(lost, 5);
	/* More than any socket holds at once: it goes on as there is room. */
	assert_true(channel_pair(pair));
	assert_true(post_recorder_set(post, pair[0]));
	far = (struct far){ .channel = channel_new(pair[1], 4, far_take, &far) };
	far_drain(&far, post);
	assert_int_equal(far.count, POST_MAX);
	assert_int_equal(far.last, POST_MAX - 1);
	stored(&far, POST_MAX - 1);
	assert_true(post_turn(post));
	assert_int_equal(waiting, 0);
	channel_free(far.channel);
	post_free(post);
}

/* ---- with the real one ------------------------------------------------------------- */

struct monitor_end {
	pid_t pid;
	struct channel *orders;
	bool ready;
	uint8_t key[CHANNEL_KEY_LEN];
};

static void
orders_take(void *arg, const struct message *message)
{
	struct monitor_end *end = arg;

	assert_int_equal(message->kind, MESSAGE_READY);
	assert_int_equal(message->len, CHANNEL_KEY_LEN);
	memcpy(end->key, message->body, CHANNEL_KEY_LEN);
	end->ready = true;
}

static void
recorder_start(struct monitor_end *end, const struct setup *setup)
{
	int pair[2];
	struct process_task task = { .setup = setup, .listener = -1 };

	assert_true(channel_pair(pair));
	*end = (struct monitor_end){ .orders = channel_new(pair[0], 8, orders_take, end) };
	task.orders = pair[1];
	end->pid = process_start(PROCESS_RECORDER, &task);
	close(pair[1]);
	for (int i = 0; i < 600 && !end->ready; i++) {
		poll(&(struct pollfd){ channel_fd(end->orders), POLLIN, 0 }, 1, 50);
		if (!channel_turn(end->orders))
			break;
	}
	assert_true(end->ready);
}

/* Gives the recorder a peer; returns the peer's end. */
static int
recorder_peer(struct monitor_end *end)
{
	struct message message = { .kind = MESSAGE_PEER };
	int pair[2];

	assert_true(channel_pair(pair));
	message.fd = pair[1];
	assert_true(channel_send(end->orders, &message));
	close(pair[1]);
	return pair[0];
}

static void
recorder_link(struct monitor_end *end, struct post *post)
{
	assert_true(post_recorder_set(post, recorder_peer(end)));
}

static int
recorder_end(struct monitor_end *end, int how)
{
	struct message message = { MESSAGE_DRAIN, 1, NULL, 0, -1 };
	int status;

	if (how != 0)
		kill(end->pid, how);
	else
		assert_true(channel_send(end->orders, &message));
	assert_int_equal(waitpid(end->pid, &status, 0), end->pid);
	channel_free(end->orders);
	return status;
}

/* Until all is stored; false after ten seconds. */
static bool
post_settle(struct post *post, const uint64_t *waiting)
{
	for (int i = 0; i < 200 && *waiting > 0; i++) {
		poll(&(struct pollfd){ post_fd(post), POLLIN, 0 }, 1, 50);
		if (!post_turn(post))
			return false;
	}
	return *waiting == 0;
}

static bool
count_json(void *arg, const char *json)
{
	assert_non_null(strstr(json, "\"dest_geo\""));
	++*(size_t *)arg;
	return true;
}

static size_t
stored_uploads(const char *path)
{
	struct store *store = store_open(path, STORE_READ);
	struct store_filter filter = { .type = "contact_upload" };
	size_t count = 0;

	assert_non_null(store);
	assert_true(store_each_json(store, &filter, count_json, &count));
	store_close(store);
	return count;
}

static void
now_post(struct post *post, uint32_t number)
{
	struct event_upload event = upload_sample(number, (day_t)(time(NULL) / 86400));
	struct proxy_sink *sink = post_sink(post);

	event.door = "proxy";
	sink->events.upload(&sink->events, &event);
}

static struct settings
settings_for(const struct sample_folder *sample)
{
	return (struct settings){ .store = sample->path, .keep_events = 86400 * 30,
		.keep_totals = 86400 * 60 };
}

/* Killed between hearing and storing, then replaced: each event is there, once. */
static void
test_nothing_is_lost(void **state)
{
	struct sample_folder *sample = *state;
	struct settings settings = settings_for(sample);
	struct setup setup = { .settings = &settings };
	struct monitor_end end;
	uint64_t waiting = 0, lost = 0;
	uint8_t key[CHANNEL_KEY_LEN];
	struct post *post = post_new(&waiting, &lost);
	uint32_t number = 0;

	recorder_start(&end, &setup);
	memcpy(key, end.key, sizeof(key));
	for (int round = 0; round < 3; round++) {
		recorder_link(&end, post);
		for (int i = 0; i < 100; i++)
			now_post(post, number++);
		/* Some are heard, few are stored. */
		poll(NULL, 0, 20 * round);
		if (round == 2)
			break;
		assert_true(WIFSIGNALED(recorder_end(&end, SIGKILL)));
		now_post(post, number++);	/* while there is none */
		recorder_start(&end, &setup);
		assert_memory_equal(key, end.key, sizeof(key));	/* pseudonyms live on */
	}
	assert_true(post_settle(post, &waiting));
	assert_int_equal(stored_uploads(sample->path), number);
	assert_int_equal(recorder_end(&end, 0), 0);
	assert_int_equal(stored_uploads(sample->path), number);
	assert_int_equal(lost, 0);
	post_free(post);
}

/* One event reaches the disk within about a second, and is committed at the end. */
static void
test_soon_on_disk(void **state)
{
	struct sample_folder *sample = *state;
	struct settings settings = settings_for(sample);
	struct setup setup = { .settings = &settings };
	struct monitor_end end;
	uint64_t waiting = 0, lost = 0;
	struct post *post = post_new(&waiting, &lost);
	struct timespec begin, done;

	recorder_start(&end, &setup);
	recorder_link(&end, post);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	now_post(post, 1);
	assert_true(post_settle(post, &waiting));
	clock_gettime(CLOCK_MONOTONIC, &done);
	assert_true(done.tv_sec - begin.tv_sec <= 3);
	now_post(post, 2);
	assert_int_equal(recorder_end(&end, 0), 0);	/* told to end: it commits */
	assert_int_equal(stored_uploads(sample->path), 2);
	post_free(post);
}

/* A worker in somebody else's hands: lies are dropped, truths are stored. */
static void
test_lies_are_dropped(void **state)
{
	struct sample_folder *sample = *state;
	struct settings settings = settings_for(sample);
	struct setup setup = { .settings = &settings };
	struct event_upload event = upload_sample(1, (day_t)(time(NULL) / 86400));
	uint8_t record[CHANNEL_BODY_MAX];
	struct message message;
	struct monitor_end end;
	struct channel *worker;
	size_t len;

	recorder_start(&end, &setup);
	worker = channel_new(recorder_peer(&end), 8, orders_take, &end);
	assert_non_null(worker);
	len = record_put_upload(&event, record);
	message = (struct message){ MESSAGE_UPLOAD, 1, record, len, -1 };
	memset(record + 40, 0xff, 200);
	assert_true(channel_send(worker, &message));
	message.kind = MESSAGE_DRAIN;			/* no order of a worker's */
	assert_true(channel_send(worker, &message));
	message.kind = MESSAGE_UPLOAD;
	message.len = 3;
	assert_true(channel_send(worker, &message));
	message.len = record_put_upload(&event, record);
	assert_true(channel_send(worker, &message));
	assert_int_equal(recorder_end(&end, 0), 0);
	assert_int_equal(stored_uploads(sample->path), 1);
	channel_free(worker);
}

int
main(void)
{
#define IN_FOLDER(TEST) \
	cmocka_unit_test_setup_teardown(TEST, sample_folder_make, sample_folder_remove)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kept_until_stored), cmocka_unit_test(test_no_room_is_counted),
		IN_FOLDER(test_nothing_is_lost), IN_FOLDER(test_soon_on_disk),
		IN_FOLDER(test_lies_are_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
