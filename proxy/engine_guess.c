/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/engine_guess.h"

#include <string.h>

/* As many first bytes as the longest method here and its blank. */
#define FIRST_MAX 16

struct guess {
	uint8_t first[FIRST_MAX];
	size_t len;
};

static const char *const methods[] = {
	"GET ", "POST ", "PUT ", "HEAD ", "OPTIONS ", "DELETE ", "PATCH ", "REPORT ",
	"PROPFIND ", "PROPPATCH ", "MKCOL ", "MKCALENDAR ", "MOVE ", "COPY ", "LOCK ",
	"UNLOCK ", "SEARCH ", "TRACE ", "CONNECT ", NULL
};

enum fit { FIT_NO, FIT_PERHAPS, FIT_YES };

static enum fit
method_fits(const uint8_t *data, size_t len)
{
	enum fit best = FIT_NO;

	for (size_t i = 0; methods[i] != NULL; i++) {
		size_t size = strlen(methods[i]), n = len < size ? len : size;

		if (memcmp(data, methods[i], n) != 0)
			continue;
		if (n == size)
			return FIT_YES;
		best = FIT_PERHAPS;
	}
	return best;
}

/* The engine is known: it gets what was kept, and the rest. */
static void
guessed(struct dialog *dialog, const struct engine *engine, enum dir dir,
    const uint8_t *data, size_t len)
{
	struct guess kept = *(struct guess *)dialog->state;

	if (!dialog_switch(dialog, engine, NULL, NULL))
		return;
	if (kept.len > 0)
		dialog_feed(dialog, DIR_UP, kept.first, kept.len);
	if (len > 0)
		dialog_feed(dialog, dir, data, len);
}

static void
guess_feed(struct dialog *dialog, enum dir dir, const uint8_t *data, size_t len)
{
	struct guess *guess = dialog->state;
	size_t n = FIRST_MAX - guess->len < len ? FIRST_MAX - guess->len : len;

	if (dir == DIR_DOWN) {
		guessed(dialog, &engine_bytes, dir, data, len);
		return;
	}
	memcpy(guess->first + guess->len, data, n);
	guess->len += n;
	switch (method_fits(guess->first, guess->len)) {
	case FIT_YES:
		guessed(dialog, &engine_http1, dir, data + n, len - n);
		break;
	case FIT_NO:
		guessed(dialog, &engine_bytes, dir, data + n, len - n);
		break;
	case FIT_PERHAPS:
		break;
	}
}

static void
guess_end(struct dialog *dialog, enum dir dir, bool truncated)
{
	guessed(dialog, &engine_bytes, dir, NULL, 0);
	dialog_end(dialog, dir, truncated);
}

static bool
guess_start(struct dialog *dialog)
{
	(void)dialog;
	return true;
}

static void
guess_pump(struct dialog *dialog, enum dir dir)
{
	(void)dialog;
	(void)dir;
}

static void
guess_stop(struct dialog *dialog)
{
	(void)dialog;
}

const struct engine engine_guess = {
	.name = "not yet known",
	.alpn = "",
	.size = sizeof(struct guess),
	.start = guess_start,
	.feed = guess_feed,
	.end = guess_end,
	.pump = guess_pump,
	.stop = guess_stop,
};
