/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine for WebSocket after the switch from HTTP/1.1 (RFC 6455): frames
 * pass byte for byte. A client's message is held until its last byte is judged;
 * one that is to be stopped is dropped, and both ends are told goodbye.
 */
#include <stdlib.h>
#include <string.h>

#include "proxy/websocket_relay.h"

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

void
websocket_wake_at(struct dialog *dialog, struct websocket_relay *relay)
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

	/* Nothing follows a Close that has passed. */
	if (!relay->frames[to].closed)
		dialog_send(dialog, to, frame, len);
	dialog_finish(dialog, to);
}

/* Says goodbye to those who are not in the middle of a frame. */
void
websocket_goodbye_try(struct dialog *dialog, struct websocket_relay *relay)
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

void
websocket_goodbye(struct dialog *dialog, struct websocket_relay *relay, uint16_t client,
    uint16_t origin, const char *reason)
{
	relay->closing = true;
	relay->code[DIR_DOWN] = client;
	relay->code[DIR_UP] = origin;
	relay->reason = reason;
	websocket_wake_at(dialog, relay);
	websocket_goodbye_try(dialog, relay);
}

void
websocket_fault(struct dialog *dialog, struct websocket_relay *relay, enum dir dir)
{
	WEBSOCKET_COUNT(dialog, faults);
	/* A broken frame has no end to wait for; nothing of it was passed on. */
	relay->frames[dir].have = relay->frames[dir].need = 0;
	websocket_goodbye(dialog, relay, CLOSE_PROTOCOL, CLOSE_PROTOCOL, "");
}

void
websocket_block(struct dialog *dialog, struct websocket_relay *relay)
{
	WEBSOCKET_COUNT(dialog, blocked);
	websocket_goodbye(dialog, relay, CLOSE_POLICY, CLOSE_AWAY, reason_find(dialog));
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
			websocket_fault(dialog, relay, DIR_DOWN);
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
			websocket_goodbye_try(dialog, relay);
	}
}

/* ---- the engine ---------------------------------------------------------------------------- */

static void
websocket_feed(struct dialog *dialog, enum dir dir, const uint8_t *data, size_t len)
{
	struct websocket_relay *relay = dialog->state;

	if (dir == DIR_UP)
		websocket_up_feed(dialog, relay, data, len);
	else
		down_feed(dialog, relay, data, len);
}

static void
websocket_end(struct dialog *dialog, enum dir dir, bool truncated)
{
	struct websocket_relay *relay = dialog->state;

	if (dir == DIR_DOWN) {
		if (truncated)
			dialog_finish_cut(dialog, dir);
		else
			dialog_finish(dialog, dir);
		return;
	}
	/* A message without its end goes nowhere. */
	relay->leaving = true;
	websocket_up_drain(dialog, relay);
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
	} else if (!relay->leaving) {
		websocket_up_silent(dialog, relay);
	}
}

static void
websocket_pump(struct dialog *dialog, enum dir dir)
{
	struct websocket_relay *relay = dialog->state;

	if (dir == DIR_UP)
		websocket_up_drain(dialog, relay);
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
