/* SPDX-License-Identifier: Apache-2.0 */
/* A connection that goes on in another protocol: Upgrade and CONNECT. */
#include <stdlib.h>
#include <string.h>

#include "proxy/h1.h"
#include "proxy/websocket.h"

/* What both ends said behind the switch belongs to the next engine. */
struct rest {
	struct h1_text head;
	const uint8_t *down;
	size_t down_len;
};

static void
engine_change(struct dialog *dialog, const struct engine *engine,
    void (*init)(void *state, const void *arg), const void *arg, struct rest rest)
{
	struct http1 *http = dialog->state;
	uint8_t *up = http->later;
	size_t up_len = http->later_len;
	char *kept = http->kept[DIR_DOWN].data;

	/* Both outlive the state: the head may stand in what was kept of it. */
	http->later = NULL;
	http->later_len = 0;
	http->kept[DIR_DOWN].data = NULL;
	dialog_send(dialog, DIR_DOWN, rest.head.at, rest.head.len);
	if (dialog_switch(dialog, engine, init, arg)) {
		dialog_feed(dialog, DIR_DOWN, rest.down, rest.down_len);
		dialog_feed(dialog, DIR_UP, up, up_len);
	}
	free(kept);
	free(up);
}

static bool
websocket_begin(struct dialog *dialog, const struct h1_answer *answer, struct rest rest)
{
	struct http1 *http = dialog->state;
	char extensions[256];
	size_t len = answer->extensions.at ? answer->extensions.len : 0;
	struct websocket_switch begin;

	/* What does not fit is no extension that anybody has offered. */
	if (len >= sizeof(extensions)) {
		dialog_abort(dialog);
		return false;
	}
	if (len > 0)
		memcpy(extensions, answer->extensions.at, len);
	extensions[len] = '\0';
	begin = (struct websocket_switch){
		h1_words_view(http->first->words), extensions
	};
	engine_change(dialog, &engine_websocket, websocket_switch_init, &begin, rest);
	return true;
}

/* Is it what was asked for? (RFC 9110 section 15.2.2) */
static bool
switch_was_asked(const struct http1 *http, const struct h1_answer *answer)
{
	const struct h1_exchange *exchange = http->first;
	char name[sizeof(exchange->words->upgrade)];

	if (exchange != http->switching)
		return false;
	if (answer->framing == H1_TUNNEL)
		return exchange->connect;
	if (exchange->words == NULL || answer->upgrade.at == NULL ||
	    answer->upgrade.len >= sizeof(name))
		return false;
	memcpy(name, answer->upgrade.at, answer->upgrade.len);
	name[answer->upgrade.len] = '\0';
	return h1_text_has((struct h1_text){ exchange->words->upgrade,
	    strlen(exchange->words->upgrade) }, name);
}

bool
h1_switch_take(struct dialog *dialog, const struct h1_answer *answer,
    struct h1_text head, const uint8_t *data, size_t len)
{
	struct http1 *http = dialog->state;
	struct rest rest = { head, data, len };

	if (!switch_was_asked(http, answer)) {
		dialog_abort(dialog);
		return false;
	}
	if (answer->framing != H1_TUNNEL && h1_text_is(answer->upgrade, "websocket"))
		return websocket_begin(dialog, answer, rest);
	engine_change(dialog, &engine_bytes, NULL, NULL, rest);
	return true;
}
