/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine of HTTP/1.1 (RFC 9112), without sockets: requests are read
 * strictly and held until judged where a rule may stop them, answers are read
 * for their ends; all bytes pass as they came. The parts are told of in h1.h.
 */
#include "proxy/h1.h"

static void
http1_feed(struct dialog *dialog, enum dir dir, const uint8_t *data, size_t len)
{
	if (dir == DIR_UP)
		h1_up_feed(dialog, data, len);
	else if (!h1_down_feed(dialog, data, len))
		return;
	h1_up_go_on(dialog);
}

static void
http1_end(struct dialog *dialog, enum dir dir, bool truncated)
{
	if (dir == DIR_DOWN)
		h1_down_end(dialog, truncated);
	else
		h1_up_go_on(dialog);
}

static void
http1_pump(struct dialog *dialog, enum dir dir)
{
	if (dir == DIR_DOWN)
		return;
	h1_hold_pump(dialog);
	h1_up_go_on(dialog);
}

static void
http1_stop(struct dialog *dialog)
{
	h1_stop(dialog->state);
}

const struct engine engine_http1 = {
	.name = "http/1.1",
	.alpn = "http/1.1",
	.size = sizeof(struct http1),
	.feed = http1_feed,
	.end = http1_end,
	.pump = http1_pump,
	.stop = http1_stop,
};
