/* SPDX-License-Identifier: Apache-2.0 */
#include "appliance/recorder_post.h"

#include <stdlib.h>
#include <string.h>

#include "core/channel_record.h"
#include "core/log.h"

/* Messages in the channel's own queue: the rest waits here. */
#define POST_WINDOW 16

struct letter {
	enum message_kind kind;
	size_t len;
	uint8_t *record;		/* owned */
};

/* Numbers count all events of this worker; letter n lies at n % POST_MAX. */
struct post {
	struct proxy_sink sink;		/* first: a sink is its post */
	struct channel *channel;	/* NULL: there is no recorder */
	uint64_t first, next, end;	/* not yet stored; not yet sent; the next to come */
	uint64_t *waiting, *lost;
	struct letter letters[POST_MAX];
};

static struct letter *
post_letter(struct post *post, uint64_t number)
{
	return &post->letters[number % POST_MAX];
}

/* Hands the channel as much as it takes. */
static void
post_push(struct post *post)
{
	while (post->channel != NULL && post->next < post->end &&
	    channel_room(post->channel) > 0) {
		const struct letter *letter = post_letter(post, post->next);
		struct message message = { letter->kind, post->next, letter->record,
			letter->len, -1 };

		if (!channel_send(post->channel, &message))
			return;
		post->next++;
	}
}

static void
post_count(struct post *post)
{
	__atomic_store_n(post->waiting, post->end - post->first, __ATOMIC_RELAXED);
}

static void
post_lose(struct post *post)
{
	if (__atomic_fetch_add(post->lost, 1, __ATOMIC_RELAXED) == 0)
		log_error("proxy", "the recorder does not keep up: an event is lost; "
		    "further ones are counted (bookgate status)");
}

static void
post_add(struct post *post, enum message_kind kind, const uint8_t *record, size_t len)
{
	struct letter *letter = post_letter(post, post->end);
	uint8_t *copy = post->end - post->first < POST_MAX ? malloc(len) : NULL;

	if (copy == NULL) {
		post_lose(post);
		return;
	}
	memcpy(copy, record, len);
	*letter = (struct letter){ kind, len, copy };
	post->end++;
	post_count(post);
	post_push(post);
}

static void
post_upload(struct event_sink *sink, struct event_upload *event)
{
	uint8_t record[CHANNEL_BODY_MAX];
	size_t len = record_put_upload(event, record);

	post_add((struct post *)sink, MESSAGE_UPLOAD, record, len);
}

static void
post_bypass(struct proxy_sink *sink, const struct event_bypass *event)
{
	uint8_t record[CHANNEL_BODY_MAX];
	size_t len = record_put_bypass(event, record);

	post_add((struct post *)sink, MESSAGE_BYPASS, record, len);
}

/* What has reached the disk is forgotten. */
static void
post_take(void *arg, const struct message *message)
{
	struct post *post = arg;

	if (message->kind != MESSAGE_STORED || message->number >= post->next)
		return;
	while (post->first <= message->number) {
		struct letter *letter = post_letter(post, post->first++);

		free(letter->record);
		letter->record = NULL;
	}
	post_count(post);
}

/* ---- the outside ---------------------------------------------------------------- */

struct post *
post_new(uint64_t *waiting, uint64_t *lost)
{
	struct post *post = calloc(1, sizeof(*post));

	if (post != NULL) {
		post->waiting = waiting;
		post->lost = lost;
		post->sink.events.upload = post_upload;
		post->sink.bypass = post_bypass;
	}
	return post;
}

void
post_free(struct post *post)
{
	if (post == NULL)
		return;
	for (; post->first < post->end; post->first++)
		free(post_letter(post, post->first)->record);
	channel_free(post->channel);
	free(post);
}

struct proxy_sink *
post_sink(struct post *post)
{
	return &post->sink;
}

static void
post_hang_up(struct post *post)
{
	channel_free(post->channel);
	post->channel = NULL;
	post->next = post->first;	/* all of it will be said again */
}

bool
post_recorder_set(struct post *post, int socket)
{
	post_hang_up(post);
	post->channel = channel_new(socket, POST_WINDOW, post_take, post);
	if (post->channel == NULL)
		log_error("proxy", "out of memory or descriptors: events wait");
	post_push(post);
	return post->channel != NULL;
}

int
post_fd(const struct post *post)
{
	return post->channel != NULL ? channel_fd(post->channel) : -1;
}

bool
post_turn(struct post *post)
{
	if (post->channel == NULL)
		return false;
	if (channel_turn(post->channel)) {
		post_push(post);
		return true;
	}
	post_hang_up(post);
	return false;
}
