/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine for WebSocket after the switch from HTTP/1.1 (RFC 6455): frames
 * pass byte for byte. A client's message is held until its last byte is judged;
 * one that is to be stopped is dropped, and both ends are told goodbye.
 */
#include <stdlib.h>
#include <string.h>

#include "proxy/proxy.h"
#include "proxy/websocket.h"
#include "proxy/websocket_frame.h"

/* What is taken out of a hold at once. */
#define TAKE_SIZE 4096
/* RFC 6455 section 7.4.1 */
#define CLOSE_AWAY 1001
#define CLOSE_PROTOCOL 1002
#define CLOSE_POLICY 1008
#define CLOSE_LATER 1013	/* RFC 6455 section 11.7, as registered since */

#define COUNT(dialog, field) \
	__atomic_fetch_add(&(dialog)->home->counts->field, 1, __ATOMIC_RELAXED)

struct websocket_relay {
	struct websocket_frames frames[2];	/* by who speaks */
	struct hold *hold;		/* what the client said and the origin has not been told */
	size_t loose;			/* of it, bytes that may go */
	uint64_t message;		/* bytes of the client's message so far */
	uint64_t gone;			/* of it, those the origin was told */
	bool ragged;			/* a part of a message has gone, that may end within a frame */
	uint8_t control[WEBSOCKET_HEAD_MAX + WEBSOCKET_CONTROL_MAX];
	size_t control_len;		/* of a control frame that is not complete */
	bool closing;			/* goodbye is said, or waits for a frame's end */
	bool leaving;			/* the client says no more: neither will we, after the hold */
	uint16_t code[2];		/* by who is told */
	const char *reason;
	uint64_t wake_us;		/* 0 none */
	char *copied;			/* the request's words, until the start; owned */
	struct request_words words;	/* point into it */
};

/* ---- the start ------------------------------------------------------------------ */

/* Copies the words into one block. False: memory is out. */
static bool
words_copy(struct websocket_relay *relay, const struct request_words *from)
{
	const char *texts[] = { from->method, from->target, from->host, from->media_type,
		from->encoding, from->transfer, from->messages };
	const char **to[] = { &relay->words.method, &relay->words.target, &relay->words.host,
		&relay->words.media_type, &relay->words.encoding, &relay->words.transfer,
		&relay->words.messages };
	size_t count = sizeof(texts) / sizeof(texts[0]), size = 0, len;
	char *at;

	for (size_t i = 0; i < count; i++)
		size += strlen(texts[i]) + 1;
	relay->words = *from;
	at = relay->copied = malloc(size);
	for (size_t i = 0; at != NULL && i < count; i++) {
		len = strlen(texts[i]) + 1;
		*to[i] = memcpy(at, texts[i], len);
		at += len;
	}
	return at != NULL;
}

void
websocket_switch_init(void *state, const void *arg)
{
	const struct websocket_switch *begin = arg;
	struct websocket_relay *relay = state;

	websocket_frames_init(&relay->frames[DIR_UP], true, begin->extensions);
	websocket_frames_init(&relay->frames[DIR_DOWN], false, begin->extensions);
	(void)words_copy(relay, &begin->words);
}

static bool
websocket_start(struct dialog *dialog)
{
	struct websocket_relay *relay = dialog->state;

	if (relay->copied == NULL)
		return false;
	judge_websocket(dialog->home->judge, dialog->flow, &relay->words, dialog->home->now_us);
	free(relay->copied);
	relay->copied = NULL;
	return true;
}

/* ---- goodbye -------------------------------------------------------------------- */

/* In the organisation's language; short enough for a control frame. */
static const struct {
	const char *language, *text;
} reasons[] = {
	{ "en", "Stopped: this upload is against the organisation's policy." },
	{ "nl", "Gestopt: deze upload is in strijd met het beleid van de organisatie." },
	{ "de", "Gestoppt: Dieser Upload verstößt gegen die Richtlinie der Organisation." },
	{ "pl", "Zatrzymano: to przesłanie narusza zasady organizacji." },
};

static const char *
reason_find(const struct dialog *dialog)
{
	const char *language = dialog->home->settings->organisation.language;

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(reasons[i].language, language) == 0)
			return reasons[i].text;
	return reasons[0].text;
}

static void
wake_at(struct dialog *dialog, struct websocket_relay *relay)
{
	relay->wake_us = dialog->home->now_us + DIALOG_HOLD_IDLE_US;
	dialog_wake_at(dialog, relay->wake_us);
}

static void
close_send(struct dialog *dialog, struct websocket_relay *relay, enum dir to)
{
	/* RFC 6455 section 5.3: a mask no page could choose; the origin has seen its like. */
	const uint8_t *mask = relay->frames[DIR_UP].head + WEBSOCKET_HEAD_MAX - 4;
	uint8_t frame[WEBSOCKET_CLOSE_MAX];
	size_t len = websocket_close_write(frame, relay->code[to], to == DIR_DOWN ?
	    relay->reason : "", to == DIR_UP ? mask : NULL);

	dialog_send(dialog, to, frame, len);
	dialog_finish(dialog, to);
}

/* Says goodbye to those who are not in the middle of a frame. */
static void
close_try(struct dialog *dialog, struct websocket_relay *relay)
{
	if (!dialog->finish[DIR_UP] && relay->loose == 0) {
		if (relay->ragged)
			dialog_finish_cut(dialog, DIR_UP);
		else
			close_send(dialog, relay, DIR_UP);
	}
	if (!dialog->finish[DIR_DOWN] && !websocket_frame_open(&relay->frames[DIR_DOWN]))
		close_send(dialog, relay, DIR_DOWN);
}

static void
close_begin(struct dialog *dialog, struct websocket_relay *relay, uint16_t client,
    uint16_t origin, const char *reason)
{
	relay->closing = true;
	relay->code[DIR_DOWN] = client;
	relay->code[DIR_UP] = origin;
	relay->reason = reason;
	wake_at(dialog, relay);
	close_try(dialog, relay);
}

static void
relay_fault(struct dialog *dialog, struct websocket_relay *relay, enum dir dir)
{
	COUNT(dialog, faults);
	/* A broken frame has no end to wait for; nothing of it was passed on. */
	relay->frames[dir].have = relay->frames[dir].need = 0;
	close_begin(dialog, relay, CLOSE_PROTOCOL, CLOSE_PROTOCOL, "");
}

/* ---- what is held ---------------------------------------------------------------- */

static void
hold_drain(struct dialog *dialog, struct websocket_relay *relay)
{
	uint8_t piece[TAKE_SIZE];
	size_t room;
	long n;

	while (relay->loose > 0 && (room = dialog_room(dialog, DIR_UP)) > 0) {
		size_t want = relay->loose < sizeof(piece) ? relay->loose : sizeof(piece);

		n = hold_take(relay->hold, piece, want < room ? want : room);
		if (n <= 0) {
			dialog_abort(dialog);
			break;
		}
		dialog_send(dialog, DIR_UP, piece, (size_t)n);
		relay->loose -= (size_t)n;
	}
	explicit_bzero(piece, sizeof(piece));
	if (relay->loose > 0)
		return;
	if (relay->closing)
		close_try(dialog, relay);
	else if (relay->leaving)
		dialog_finish(dialog, DIR_UP);
}

/* Lets go what may go: all, or all but what a decoder may not have read yet. */
static void
hold_release(struct dialog *dialog, struct websocket_relay *relay, size_t keep)
{
	size_t held = relay->hold != NULL ? hold_length(relay->hold) : 0;
	size_t may = held > keep ? held - keep : 0;

	if (may > relay->loose) {
		relay->gone += may - relay->loose;
		relay->loose = may;
	}
	hold_drain(dialog, relay);
}

static bool
relay_listens(const struct dialog *dialog)
{
	return (dialog->flow->wants & WANT_PLAIN_UP) != 0;
}

static void
hold_put(struct dialog *dialog, struct websocket_relay *relay, const uint8_t *data, size_t len)
{
	bool empty = relay->hold == NULL || hold_length(relay->hold) == 0;

	if (empty && !relay_listens(dialog)) {
		relay->ragged = true;
		dialog_send(dialog, DIR_UP, data, len);
		return;
	}
	if (relay->hold == NULL)
		relay->hold = hold_new(dialog->home->holds);
	if (relay->hold == NULL || !hold_add(relay->hold, data, len)) {
		close_begin(dialog, relay, CLOSE_LATER, CLOSE_AWAY, "");
		return;
	}
	wake_at(dialog, relay);
	if (!relay_listens(dialog)) {
		hold_release(dialog, relay, 0);
	} else if (relay->message > (uint64_t)dialog->home->settings->hold) {
		relay->ragged = true;
		hold_release(dialog, relay, DIALOG_HOLD_LAG);
	}
}

/* ---- the client speaks -------------------------------------------------------------- */

/* Tells the judge. False: that was too much. */
static bool
up_judge(struct dialog *dialog, struct websocket_relay *relay, const uint8_t *data, size_t len)
{
	struct chunk chunk = { data, len, dialog->home->now_us, DIR_UP, 0 };
	struct dialog_home *home = dialog->home;

	if (!relay_listens(dialog) ||
	    judge_plain(home->judge, dialog->flow, &chunk) != ACTION_BLOCK)
		return true;
	judge_forwarded(home->judge, dialog->flow,
	    relay->gone > relay->loose ? relay->gone - relay->loose : 0);
	COUNT(dialog, blocked);
	/* Of a message in part only what is out is out. */
	if (relay->ragged)
		relay->loose = 0;
	close_begin(dialog, relay, CLOSE_POLICY, CLOSE_AWAY, reason_find(dialog));
	return false;
}

/* A whole control frame passes at once, where it would not stand inside another frame. */
static void
control_pass(struct dialog *dialog, struct websocket_relay *relay)
{
	size_t len = relay->control_len;
	bool judged = relay->hold != NULL && hold_length(relay->hold) == relay->loose;

	relay->control_len = 0;
	if (relay->loose == 0 && !relay->ragged)
		dialog_send(dialog, DIR_UP, relay->control, len);
	else
		hold_put(dialog, relay, relay->control, len);
	/* After Close nothing follows, so nothing more will be judged. */
	if (judged || (relay->frames[DIR_UP].closed && relay->ragged))
		hold_release(dialog, relay, 0);
	explicit_bzero(relay->control, len);
}

static void
up_put(struct dialog *dialog, struct websocket_relay *relay, const uint8_t *data, size_t len)
{
	if (!websocket_frame_control(&relay->frames[DIR_UP])) {
		relay->message += len;
		hold_put(dialog, relay, data, len);
		return;
	}
	memcpy(relay->control + relay->control_len, data, len);
	relay->control_len += len;
}

static void
up_frame_end(struct dialog *dialog, struct websocket_relay *relay)
{
	struct websocket_frames *frames = &relay->frames[DIR_UP];
	bool control = websocket_frame_control(frames);
	bool last;

	/* Where close_send() finds a mask. */
	memmove(frames->head + WEBSOCKET_HEAD_MAX - 4, frames->head + frames->need - 4, 4);
	last = websocket_frame_end(frames);
	if (control) {
		control_pass(dialog, relay);
		return;
	}
	if (last) {
		hold_release(dialog, relay, 0);
		relay->message = relay->gone = 0;
		relay->wake_us = 0;
	}
	/* All that came has gone, or will go before anything else. */
	if (last || relay->hold == NULL || hold_length(relay->hold) == 0)
		relay->ragged = false;
}

/* The head of a frame. Returns bytes taken, 0 when no more are wanted. */
static size_t
up_head(struct dialog *dialog, struct websocket_relay *relay, const uint8_t *data, size_t len)
{
	struct websocket_frames *frames = &relay->frames[DIR_UP];
	long n = websocket_frame_head(frames, data, len);

	if (n < 0) {
		relay_fault(dialog, relay, DIR_UP);
		return 0;
	}
	if (!websocket_frame_open(frames))
		return (size_t)n;
	if (!up_judge(dialog, relay, frames->head, frames->have))
		return 0;
	up_put(dialog, relay, frames->head, frames->have);
	return (size_t)n;
}

static size_t
up_payload(struct dialog *dialog, struct websocket_relay *relay, const uint8_t *data, size_t len)
{
	struct websocket_frames *frames = &relay->frames[DIR_UP];
	size_t n = len < frames->left ? len : (size_t)frames->left;

	if (!up_judge(dialog, relay, data, n))
		return 0;
	frames->left -= n;
	up_put(dialog, relay, data, n);
	return n;
}

static void
up_feed(struct dialog *dialog, struct websocket_relay *relay, const uint8_t *data, size_t len)
{
	struct websocket_frames *frames = &relay->frames[DIR_UP];

	while (len > 0 && !relay->closing && !frames->closed && !dialog->abort) {
		size_t n = websocket_frame_open(frames) ? up_payload(dialog, relay, data, len) :
		    up_head(dialog, relay, data, len);

		data += n;
		len -= n;
		if (!relay->closing && websocket_frame_open(frames) && frames->left == 0)
			up_frame_end(dialog, relay);
	}
}

/* ---- the origin speaks ----------------------------------------------------------------- */

static void
down_pass(struct dialog *dialog, const uint8_t *data, size_t len)
{
	struct chunk chunk = { data, len, dialog->home->now_us, DIR_DOWN, 0 };

	if (len == 0)
		return;
	if (dialog->flow->wants & WANT_PLAIN_DOWN)
		(void)judge_plain(dialog->home->judge, dialog->flow, &chunk);
	dialog_send(dialog, DIR_DOWN, data, len);
}

/* Returns bytes taken, 0 when no more are wanted. */
static size_t
down_take(struct dialog *dialog, struct websocket_relay *relay, const uint8_t *data, size_t len)
{
	struct websocket_frames *frames = &relay->frames[DIR_DOWN];
	size_t n;

	if (!websocket_frame_open(frames)) {
		long head = websocket_frame_head(frames, data, len);

		if (head < 0)
			relay_fault(dialog, relay, DIR_DOWN);
		else if (websocket_frame_open(frames))
			down_pass(dialog, frames->head, frames->have);
		return head < 0 ? 0 : (size_t)head;
	}
	n = len < frames->left ? len : (size_t)frames->left;
	down_pass(dialog, data, n);
	frames->left -= n;
	return n;
}

static void
down_feed(struct dialog *dialog, struct websocket_relay *relay, const uint8_t *data, size_t len)
{
	struct websocket_frames *frames = &relay->frames[DIR_DOWN];

	while (len > 0 && !dialog->finish[DIR_DOWN] && !frames->closed) {
		size_t n = down_take(dialog, relay, data, len);

		data += n;
		len -= n;
		if (websocket_frame_open(frames) && frames->left == 0)
			(void)websocket_frame_end(frames);
		if (relay->closing)
			close_try(dialog, relay);
	}
}

/* ---- the engine ---------------------------------------------------------------------------- */

static void
websocket_feed(struct dialog *dialog, enum dir dir, const uint8_t *data, size_t len)
{
	struct websocket_relay *relay = dialog->state;

	if (dir == DIR_UP)
		up_feed(dialog, relay, data, len);
	else
		down_feed(dialog, relay, data, len);
}

static void
websocket_end(struct dialog *dialog, enum dir dir, bool truncated)
{
	struct websocket_relay *relay = dialog->state;

	if (dir == DIR_DOWN || truncated || relay->ragged) {
		if (truncated || (dir == DIR_UP && relay->ragged))
			dialog_finish_cut(dialog, dir);
		else
			dialog_finish(dialog, dir);
		return;
	}
	/* A message without its end goes nowhere. */
	relay->leaving = true;
	hold_drain(dialog, relay);
}

static void
websocket_wake(struct dialog *dialog, struct websocket_relay *relay)
{
	if (relay->wake_us == 0)
		return;
	if (dialog->home->now_us < relay->wake_us) {
		dialog_wake_at(dialog, relay->wake_us);
		return;
	}
	relay->wake_us = 0;
	if (relay->closing) {
		dialog_finish_cut(dialog, DIR_UP);
		dialog_finish_cut(dialog, DIR_DOWN);
	} else if (!relay->leaving && relay->hold != NULL &&
	    hold_length(relay->hold) > relay->loose) {
		/* A message that stands still goes as far as it was harmless. */
		relay->ragged = true;
		hold_release(dialog, relay, 0);
	}
}

static void
websocket_pump(struct dialog *dialog, enum dir dir)
{
	struct websocket_relay *relay = dialog->state;

	if (dir == DIR_UP)
		hold_drain(dialog, relay);
	if (dir == DIR_UP && !dialog->wake)
		websocket_wake(dialog, relay);
}

static void
websocket_stop(struct dialog *dialog)
{
	struct websocket_relay *relay = dialog->state;

	free(relay->copied);
	hold_free(relay->hold);
}

const struct engine engine_websocket = {
	.name = "websocket",
	.alpn = "",
	.size = sizeof(struct websocket_relay),
	.start = websocket_start,
	.feed = websocket_feed,
	.end = websocket_end,
	.pump = websocket_pump,
	.stop = websocket_stop,
};
