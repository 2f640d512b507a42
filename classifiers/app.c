/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nDPI, the library that names the protocol of a flow. Nothing outside this
 * file (and app_bridge.h) knows it.
 *
 * Its state is large (688 bytes and more a flow) and its work is most of what
 * classification costs, so this file gives it only packets that can change
 * the label, and takes the state back as soon as none can any more. What is
 * skipped was chosen by comparing labels with those of nDPI's own reader,
 * which feeds everything; tests/replay/labels.sh repeats the comparison.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "classifiers/app_bridge.h"
#include "classifiers/app_packet.h"
#include "classifiers/classifiers.h"
#include "core/log.h"
#include "core/mem.h"

/*
 * Packets of a flow after which its label is guessed. nDPI's reader goes on
 * for 80 over TCP (a login by Telnet); in none of the public captures did a
 * packet after the 24th change a label.
 */
#define APP_PACKETS_TCP 24
#define APP_PACKETS_UDP 24

/* nDPI takes a packet's length in 16 bits. */
#define APP_PACKET_MAX UINT16_MAX

struct app {
	struct ndpi_detection_module_struct *module;
	struct pool flows;		/* nDPI's states, of its own run-time size */
	uint64_t last_ms;		/* its clock must not run backwards */
};

/* In place of a state: this flow is settled, nothing more may be fed. */
static char app_flow_over;
#define OVER ((struct app_flow *)(void *)&app_flow_over)

/*
 * In place of a state: a TLS hello without a name that nDPI knows; only the
 * server's certificate could still say more. Half the flows of a phone are of
 * this kind, so they hold no state while they wait.
 */
static char app_flow_waits;
#define WAITS ((struct app_flow *)(void *)&app_flow_waits)

/* A state is nDPI's own struct; only this file looks inside. */
static struct ndpi_flow_struct *
inner(struct app_flow *state)
{
	return (struct ndpi_flow_struct *)(void *)state;
}

/* ---- the module ---- */

/*
 * One soname covers several layouts of nDPI's structs. Reading members of one
 * release in the memory of another would be silent corruption.
 */
static bool
app_check_version(void)
{
	if (ndpi_get_api_version() == (uint16_t)NDPI_API_VERSION &&
	    ndpi_detection_get_sizeof_ndpi_flow_struct() ==
	    sizeof(struct ndpi_flow_struct))
		return true;
	log_error("ndpi", "the library (%s, API %u) is not the one this program was "
	    "built for (API %u)", ndpi_revision(), (unsigned)ndpi_get_api_version(),
	    (unsigned)(uint16_t)NDPI_API_VERSION);
	return false;
}

struct app *
app_new(void)
{
	struct app *app;

	if (!app_check_version())
		return NULL;
	app = xcalloc(1, sizeof(*app));
	app->module = bridge_init();
	if (app->module == NULL) {
		log_error("ndpi", "the library refuses to start");
		free(app);
		return NULL;
	}
	bridge_configure(app->module);
	pool_init(&app->flows, ndpi_detection_get_sizeof_ndpi_flow_struct());
	if (!bridge_finalize(app->module)) {
		log_error("ndpi", "the library refuses its set-up");
		app_free(app);
		return NULL;
	}
	return app;
}

void
app_free(struct app *app)
{
	if (app == NULL)
		return;
	ndpi_exit_detection_module(app->module);
	pool_fini(&app->flows);
	free(app);
}

const char *
app_version(void)
{
	return ndpi_revision();
}

/* ---- what was found ---- */

/* Enough packets were seen: what the door counts, fed or not. */
static bool
flow_is_spent(const struct flow *flow)
{
	uint32_t seen = flow->packets[DIR_UP] + flow->packets[DIR_DOWN];

	return seen > (flow->proto == IPPROTO_UDP ? APP_PACKETS_UDP : APP_PACKETS_TCP);
}

/*
 * The whole ClientHello has gone by: our own reader, which sees each packet
 * first, has its name. What nDPI makes of it, it has made; otherwise it would
 * hold 4 KiB to wait for bytes that have come.
 */
static bool
quic_is_named(const struct flow *flow)
{
	return (flow->app == NDPI_PROTOCOL_QUIC || flow->app_master == NDPI_PROTOCOL_QUIC) &&
	    flow->host_source == HOST_QUIC;
}

static const struct {
	uint16_t master;
	enum host_source source;
} host_sources[] = {
	{ NDPI_PROTOCOL_TLS, HOST_SNI },
	{ NDPI_PROTOCOL_QUIC, HOST_QUIC },
	{ NDPI_PROTOCOL_HTTP, HOST_HTTP },
};

/*
 * The name nDPI read, where the protocol it read it from names the server
 * with it. In a DNS flow the name is what was asked for, not who was asked. A
 * name that fills nDPI's buffer has lost its beginning and is not used.
 */
static void
flow_take_host(struct flow *flow, const struct ndpi_flow_struct *found)
{
	size_t room = sizeof(found->host_server_name);
	size_t len = strnlen(found->host_server_name, room);

	if (len == 0 || len >= room - 1)
		return;
	for (size_t i = 0; i < sizeof(host_sources) / sizeof(host_sources[0]); i++) {
		uint16_t master = host_sources[i].master;

		if ((flow->app_master == master || flow->app == master) &&
		    flow->host_source < host_sources[i].source)
			flow_host_set(flow, found->host_server_name, len,
			    host_sources[i].source);
	}
}

/*
 * A label is not given up for none: the state that reads a certificate is a
 * new one, and may say less than the hello did.
 */
static void
flow_take_result(struct flow *flow, const struct bridge_result *result,
    const struct ndpi_flow_struct *found)
{
	if (result->app == NDPI_PROTOCOL_UNKNOWN && flow->app != NDPI_PROTOCOL_UNKNOWN)
		return;
	flow->app_master = result->master;
	flow->app = result->app;
	flow->app_confidence = result->app == NDPI_PROTOCOL_UNKNOWN ?
	    (uint8_t)APP_NONE : (uint8_t)bridge_confidence(found);
}

/* Takes the name over and the memory back; instead of a state stands `next`. */
static void
app_release(struct app *app, struct app_flow **state, struct flow *flow,
    struct app_flow *next)
{
	flow_take_host(flow, inner(*state));
	ndpi_free_flow_data(inner(*state));
	pool_put(&app->flows, *state);
	*state = next;
}

/* No more packets: what is still unknown is guessed. */
static void
app_close(struct app *app, struct app_flow **state, struct flow *flow)
{
	if (flow->app == NDPI_PROTOCOL_UNKNOWN) {
		struct bridge_result result = bridge_giveup(app->module, inner(*state));

		flow_take_result(flow, &result, inner(*state));
	}
	app_release(app, state, flow, OVER);
}

/* ---- feeding ---- */

/* Gives a packet to nDPI. Returns false when no other could change the label. */
static bool
app_process(struct app *app, struct app_flow *state, struct flow *flow,
    const uint8_t *packet, size_t len)
{
	struct bridge_result result;

	if (len > APP_PACKET_MAX)
		len = APP_PACKET_MAX;
	result = bridge_process(app->module, inner(state), packet, (uint16_t)len,
	    app->last_ms);
	flow_take_result(flow, &result, inner(state));
	if (result.app == NDPI_PROTOCOL_UNKNOWN)
		return !bridge_is_hopeless(inner(state)) && !result.classified;
	return bridge_may_change(app->module, inner(state), &result);
}

/* A packet that nDPI needs to see. Returns true while it wants more. */
static bool
app_advance(struct app *app, struct app_flow **state, struct flow *flow,
    const uint8_t *packet, size_t len)
{
	if (*state == NULL || *state == WAITS)
		*state = pool_get(&app->flows);
	if (*state == NULL)
		return true;
	if (app_process(app, *state, flow, packet, len) && !flow_is_spent(flow) &&
	    !quic_is_named(flow))
		return true;
	app_close(app, state, flow);
	return false;
}

/*
 * A flow that waits for a certificate. Returns true while it does; where the
 * certificate may come, a new state begins with the packet.
 */
static bool
app_wait(struct app *app, struct app_flow **state, struct flow *flow,
    const struct app_segment *segment, size_t len)
{
	enum app_answer answer = app_answer_of(segment);

	if (answer == ANSWER_READABLE)
		return app_advance(app, state, flow, segment->packet, len);
	if (answer == ANSWER_NOT_YET && !flow_is_spent(flow))
		return true;
	*state = OVER;
	return false;
}

static bool
app_feed_segment(struct app *app, struct app_flow **state, struct flow *flow,
    const struct app_segment *segment, size_t len)
{
	uint8_t hello[APP_HELLO_MAX];
	const uint8_t *packet = segment->packet;
	size_t hello_len = 0;

	if (*state == WAITS)
		return app_wait(app, state, flow, segment, len);
	if (*state == NULL && bridge_wants_short_hello())
		hello_len = app_hello_shorten(segment, hello);
	if (hello_len > 0) {
		packet = hello;
		len = hello_len;
	}
	if (flow->app != NDPI_PROTOCOL_UNKNOWN)
		return app_advance(app, state, flow, packet, len);
	if (!app_advance(app, state, flow, packet, len))
		return false;
	if (*state != NULL && bridge_awaits_certificate(flow->app_master, flow->app) &&
	    app_answer_of(segment) == ANSWER_NOT_YET)
		app_release(app, state, flow, WAITS);
	return true;
}

bool
app_feed(struct app *app, struct app_flow **state, struct flow *flow,
    const uint8_t *packet, size_t len, uint64_t time_us, enum dir dir)
{
	struct app_segment segment;

	(void)dir;
	if (*state == OVER)
		return false;
	if (time_us / 1000 > app->last_ms)
		app->last_ms = time_us / 1000;
	if (app_packet_is_cut(packet, len))
		return true;
	if (flow->proto != IPPROTO_TCP || !app_segment_of(packet, len, &segment))
		return app_advance(app, state, flow, packet, len);
	if (segment.payload_len == 0)
		return true;
	return app_feed_segment(app, state, flow, &segment, len);
}

/*
 * A flow without any payload, or with packets cut short only, was kept from
 * nDPI; to guess by address and port the library needs one packet.
 */
void
app_finish(struct app *app, struct app_flow **state, struct flow *flow)
{
	uint8_t opening[APP_OPENING_MAX];

	if (*state == NULL && (flow->proto == IPPROTO_TCP || flow->proto == IPPROTO_UDP)) {
		*state = pool_get(&app->flows);
		if (*state != NULL)
			app_process(app, *state, flow, opening,
			    app_opening_make(flow, opening));
	}
	if (*state != NULL && *state != OVER && *state != WAITS)
		app_close(app, state, flow);
	*state = OVER;
}

/* ---- names ---- */

static const char *
proto_name(const struct app *app, uint16_t number)
{
	const char *name = ndpi_get_proto_name(app->module, number);

	return name ? name : "Unknown";
}

const char *
app_name(const struct app *app, const struct flow *flow, char *text)
{
	uint16_t master = flow->app_master, last = flow->app;

	if (last == NDPI_PROTOCOL_UNKNOWN && master != NDPI_PROTOCOL_UNKNOWN)
		last = master;
	if (master == NDPI_PROTOCOL_UNKNOWN || master == last)
		snprintf(text, APP_NAME_MAX, "%s", proto_name(app, last));
	else
		snprintf(text, APP_NAME_MAX, "%s.%s", proto_name(app, master),
		    proto_name(app, last));
	return text;
}

int
app_number(const struct app *app, const char *name)
{
	unsigned count = bridge_protocol_count(app->module);

	for (unsigned i = 0; i < count && i <= UINT16_MAX; i++)
		if (strcasecmp(proto_name(app, (uint16_t)i), name) == 0)
			return (int)i;
	return -1;
}
