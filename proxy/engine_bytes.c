/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine for what nobody here understands: a protocol agreed on by
 * Upgrade or CONNECT, or one that never was HTTP. Everything passes both ways.
 */
#include "proxy/dialog.h"

static void
bytes_feed(struct dialog *dialog, enum dir dir, const uint8_t *data, size_t len)
{
	dialog_send(dialog, dir, data, len);
}

/* One end may stop speaking and still listen. */
static void
bytes_end(struct dialog *dialog, enum dir dir, bool truncated)
{
	if (truncated)
		dialog_finish_cut(dialog, dir);
	else
		dialog_finish(dialog, dir);
}

const struct engine engine_bytes = {
	.name = "bytes",
	.alpn = "",
	.feed = bytes_feed,
	.end = bytes_end,
};
