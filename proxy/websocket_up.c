/* SPDX-License-Identifier: Apache-2.0 */
/* What a client says in a WebSocket: to the judge, into the hold, and on. */
#include <string.h>

#include "proxy/websocket_relay.h"

/* What is taken out of a hold at once. */
#define TAKE_SIZE 4096

/* ---- what is held ---------------------------------------------------------------- */

void
websocket_up_drain(struct dialog *dialog, struct websocket_relay *relay)
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
		websocket_goodbye_try(dialog, relay);
	else if (relay->leaving && (relay->ragged || dialog->truncated[DIR_UP]))
		dialog_finish_cut(dialog, DIR_UP);
	else if (relay->leaving)
		dialog_finish(dialog, DIR_UP);
}

/* Lets go what may go: all, or all but what a decoder may not have read yet. part: of a message. */
static void
hold_release(struct dialog *dialog, struct websocket_relay *relay, size_t keep, bool part)
{
	size_t held = relay->hold != NULL ? hold_length(relay->hold) : 0;
	size_t may = held > keep ? held - keep : 0;

	if (may > relay->loose) {
		relay->gone += may - relay->loose;
		relay->loose = may;
		relay->ragged |= part;
	}
	websocket_up_drain(dialog, relay);
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
		websocket_goodbye(dialog, relay, CLOSE_LATER, CLOSE_AWAY, "");
		return;
	}
	websocket_wake_at(dialog, relay);
	if (!relay_listens(dialog)) {
		hold_release(dialog, relay, 0, true);
	} else if (relay->message > (uint64_t)dialog->home->settings->hold) {
		hold_release(dialog, relay, DIALOG_HOLD_LAG, true);
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
	/* Of a message in part only what is out is out. */
	if (relay->ragged)
		relay->loose = 0;
	websocket_block(dialog, relay);
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
		hold_release(dialog, relay, 0, false);
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
		hold_release(dialog, relay, 0, false);
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
		websocket_fault(dialog, relay, DIR_UP);
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

void
websocket_up_feed(struct dialog *dialog, struct websocket_relay *relay, const uint8_t *data,
    size_t len)
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

void
websocket_up_silent(struct dialog *dialog, struct websocket_relay *relay)
{
	hold_release(dialog, relay, 0, true);
}
