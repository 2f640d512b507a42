/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recorder: the only process that writes the store. Events come from the
 * workers; a transaction gathers them for at most a second, and only when it
 * is on the disk does the worker hear that it may forget them.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "appliance/process.h"
#include "core/channel_record.h"
#include "core/log.h"
#include "reports/reports.h"

/* After the first event of a transaction it is committed at the latest. */
#define RECORDER_COMMIT_MS 1000
/* Events in one transaction: beyond, it is committed at once. */
#define RECORDER_BATCH 256
/* Messages that wait for a worker: it reads one each second at most. */
#define RECORDER_ROOM 4
/* How often old events are looked for. */
#define RECORDER_EXPIRE_MS (INT64_C(86400) * 1000)

struct source {
	struct recorder *recorder;
	struct channel *channel;
	uint64_t last;			/* number of the newest event taken */
	bool told;			/* last is on the disk, and the worker knows */
};

struct recorder {
	const struct settings *settings;
	struct store *store;
	struct geo_source *geo;
	struct channel *orders;
	struct source *sources[PROCESS_PEERS];
	size_t source_count;
	size_t batch;			/* events in the open transaction */
	int64_t commit_ms, expire_ms;	/* when, by the monotonic clock */
	uint64_t faults;		/* records that were none */
	bool ending, failed;
};

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- events ------------------------------------------------------------------------ */

static bool
recorder_begin(struct recorder *recorder)
{
	if (recorder->batch == 0) {
		recorder->failed = !store_begin(recorder->store);
		recorder->commit_ms = now_ms() + RECORDER_COMMIT_MS;
	}
	return !recorder->failed;
}

static bool
upload_store(struct recorder *recorder, const struct message *message)
{
	struct event_upload event;

	if (!record_get_upload(message->body, message->len, &event)) {
		recorder->faults++;
		return true;
	}
	geo_find(recorder->geo, &event.flow.dest, &event.geo);
	return store_put_upload(recorder->store, &event);
}

static bool
bypass_store(struct recorder *recorder, const struct message *message)
{
	struct event_bypass event;

	if (!record_get_bypass(message->body, message->len, &event)) {
		recorder->faults++;
		return true;
	}
	return store_put_bypass(recorder->store, &event);
}

static void
source_take(void *arg, const struct message *message)
{
	struct source *source = arg;
	struct recorder *recorder = source->recorder;
	bool ok;

	if (message->kind != MESSAGE_UPLOAD && message->kind != MESSAGE_BYPASS) {
		recorder->faults++;
		return;
	}
	if (recorder->failed || !recorder_begin(recorder))
		return;
	ok = message->kind == MESSAGE_UPLOAD ? upload_store(recorder, message) :
	    bypass_store(recorder, message);
	recorder->failed = !ok;
	recorder->batch++;
	source->last = message->number;
	source->told = false;
}

/* ---- transactions ------------------------------------------------------------------- */

static void
sources_tell(struct recorder *recorder)
{
	for (size_t i = 0; i < recorder->source_count; i++) {
		struct source *source = recorder->sources[i];
		struct message message = { MESSAGE_STORED, source->last, NULL, 0, -1 };

		if (!source->told)
			source->told = channel_send(source->channel, &message);
	}
}

static void
recorder_commit(struct recorder *recorder)
{
	if (recorder->batch == 0 || recorder->failed)
		return;
	recorder->failed = !store_commit(recorder->store);
	recorder->batch = 0;
	if (!recorder->failed)
		sources_tell(recorder);
	if (recorder->faults > 0)
		log_warn("recorder", "%llu messages of workers were no events",
		    (unsigned long long)recorder->faults);
	recorder->faults = 0;
}

/* By the wall clock, as the events' times are. */
static uint64_t
moment_before(int64_t seconds)
{
	int64_t then = (int64_t)time(NULL) - seconds;

	return then > 0 ? (uint64_t)then * USEC_PER_SEC : 0;
}

static bool
recorder_expire(struct recorder *recorder)
{
	uint64_t gone;

	recorder->expire_ms = now_ms() + RECORDER_EXPIRE_MS;
	if (!store_expire(recorder->store, moment_before(recorder->settings->keep_events),
	    moment_before(recorder->settings->keep_totals), &gone))
		return false;
	if (gone > 0)
		log_info("recorder", "%llu events were older than is kept, and are deleted",
		    (unsigned long long)gone);
	return true;
}

/* ---- workers come and go --------------------------------------------------------------- */

static void
source_add(struct recorder *recorder, int socket)
{
	struct source *source = calloc(1, sizeof(*source));

	if (source == NULL || recorder->source_count == PROCESS_PEERS) {
		log_error("recorder", "too many workers, or out of memory");
		free(source);
		close(socket);
		return;
	}
	source->recorder = recorder;
	source->told = true;
	source->channel = channel_new(socket, RECORDER_ROOM, source_take, source);
	if (source->channel == NULL) {
		log_error("recorder", "a worker's channel: %s", strerror(errno));
		free(source);
		return;
	}
	recorder->sources[recorder->source_count++] = source;
}

static void
source_drop(struct recorder *recorder, size_t i)
{
	struct source *source = recorder->sources[i];

	recorder->sources[i] = recorder->sources[--recorder->source_count];
	channel_free(source->channel);
	free(source);
}

static void
orders_take(void *arg, const struct message *message)
{
	struct recorder *recorder = arg;

	if (message->kind == MESSAGE_PEER)
		source_add(recorder, message->fd);
	else if (message->kind == MESSAGE_DRAIN)
		recorder->ending = true;
}

/* ---- the loop ---------------------------------------------------------------------------- */

static int
recorder_patience(const struct recorder *recorder)
{
	int64_t until = recorder->batch > 0 && recorder->commit_ms < recorder->expire_ms ?
	    recorder->commit_ms : recorder->expire_ms;
	int64_t left = until - now_ms();

	return left < 0 ? 0 : (int)left;
}

static void
recorder_poll(struct recorder *recorder)
{
	struct pollfd wait[PROCESS_PEERS + 1];
	size_t count = recorder->source_count;

	for (size_t i = 0; i < count; i++)
		wait[i] = (struct pollfd){ channel_fd(recorder->sources[i]->channel), POLLIN, 0 };
	wait[count] = (struct pollfd){ channel_fd(recorder->orders), POLLIN, 0 };
	if (poll(wait, count + 1, recorder_patience(recorder)) <= 0)
		return;
	/* From the last: a source that is dropped is replaced by one behind it. */
	for (size_t i = count; i-- > 0; )
		if (wait[i].revents != 0 && !channel_turn(recorder->sources[i]->channel))
			source_drop(recorder, i);
	if (wait[count].revents != 0 && !channel_turn(recorder->orders))
		recorder->ending = true;
}

/*
 * Told to end, it takes what the workers have sent, and then no more: what
 * they say from now on they will say again to whoever comes next.
 */
static void
recorder_finish(struct recorder *recorder)
{
	for (size_t i = recorder->source_count; i-- > 0; )
		(void)channel_turn(recorder->sources[i]->channel);
	recorder_commit(recorder);
	store_fold(recorder->store);
}

static void
recorder_loop(struct recorder *recorder)
{
	while (!recorder->ending && !recorder->failed) {
		recorder_poll(recorder);
		if (recorder->batch >= RECORDER_BATCH ||
		    (recorder->batch > 0 && now_ms() >= recorder->commit_ms))
			recorder_commit(recorder);
		if (!recorder->failed && recorder->batch == 0 &&
		    now_ms() >= recorder->expire_ms)
			recorder->failed = !recorder_expire(recorder);
	}
	if (!recorder->failed)
		recorder_finish(recorder);
}

/* ---- the process --------------------------------------------------------------------------- */

/* All files are opened here; the first write makes SQLite's journal, too. */
static int
recorder_open(struct recorder *recorder, uint8_t key[CHANNEL_KEY_LEN])
{
	recorder->store = store_open(recorder->settings->store, STORE_WRITE);
	if (recorder->store == NULL)
		return errno == EBADMSG ? EXIT_INPUT : EXIT_RESOURCE;
	recorder->geo = geo_open();
	if (!store_identity_key(recorder->store, key) || !recorder_expire(recorder))
		return EXIT_RESOURCE;
	return EXIT_DONE;
}

int
recorder_run(const struct process_task *task)
{
	struct recorder recorder = { .settings = task->setup->settings };
	uint8_t key[CHANNEL_KEY_LEN];
	int code = recorder_open(&recorder, key);

	if (code != EXIT_DONE)
		return code;
	recorder.orders = channel_new(task->orders, PROCESS_ORDERS, orders_take, &recorder);
	if (recorder.orders == NULL || !process_confine(PROCESS_RECORDER) ||
	    !process_ready(recorder.orders, key, sizeof(key)))
		return EXIT_RESOURCE;
	explicit_bzero(key, sizeof(key));
	recorder_loop(&recorder);
	/* The store is not closed: that would look for its journal by name. */
	return recorder.failed ? EXIT_RESOURCE : EXIT_DONE;
}
