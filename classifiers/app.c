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
#include "classifiers/classifiers.h"
#include "core/log.h"
#include "core/mem.h"

/*
 * Packets of a flow after which nDPI's reader gives up and guesses: labels
 * are compared with its, so the bounds are the same.
 */
#define APP_PACKETS_TCP 80
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

/* ---- which packets matter ---- */

/* Where the transport header starts, and where the IP packet ends. */
struct span {
	size_t transport, end;
};

/*
 * False where that is not plain to see (fragments, extension headers): such
 * packets are left to nDPI.
 */
static bool
span_find(const uint8_t *packet, size_t len, uint8_t proto, struct span *span)
{
	size_t total;

	if (len >= 20 && packet[0] >> 4 == 4) {
		span->transport = (packet[0] & 15u) * 4;
		total = (size_t)packet[2] << 8 | packet[3];
		if (packet[9] != proto || ((packet[6] & 0x3f) | packet[7]) != 0)
			return false;
	} else if (len >= 40 && packet[0] >> 4 == 6) {
		span->transport = 40;
		total = 40 + ((size_t)packet[4] << 8 | packet[5]);
		if (packet[6] != proto)
			return false;
	} else {
		return false;
	}
	span->end = total < len ? total : len;
	return span->transport < span->end;
}

/*
 * A TCP segment without payload (SYN, ACK, FIN, RST) changes no label: the
 * dissectors that count handshake flags want them together with bytes that
 * others recognise first. Skipping them also means that a flow has no state
 * before its first payload, and half-open connections never have one.
 */
static bool
segment_is_bare(const uint8_t *packet, size_t len)
{
	struct span span;

	return span_find(packet, len, IPPROTO_TCP, &span) &&
	    span.end - span.transport >= 20 &&
	    span.transport + (packet[span.transport + 12] >> 4) * 4u >= span.end;
}

static bool
flow_is_spent(const struct flow *flow)
{
	uint32_t seen = flow->packets[DIR_UP] + flow->packets[DIR_DOWN];

	return seen > (flow->proto == IPPROTO_UDP ? APP_PACKETS_UDP : APP_PACKETS_TCP);
}

/* ---- what was found ---- */

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

static void
flow_take_result(struct flow *flow, const struct bridge_result *result,
    const struct ndpi_flow_struct *found)
{
	flow->app_master = result->master;
	flow->app = result->app;
	flow->app_confidence = result->app == NDPI_PROTOCOL_UNKNOWN ?
	    (uint8_t)APP_NONE : (uint8_t)bridge_confidence(found);
}

/* The label is final: takes the name over and the memory back. */
static void
app_settle(struct app *app, struct app_flow **state, struct flow *flow)
{
	flow_take_host(flow, inner(*state));
	ndpi_free_flow_data(inner(*state));
	pool_put(&app->flows, *state);
	*state = OVER;
}

static void
app_give_up(struct app *app, struct app_flow **state, struct flow *flow)
{
	struct bridge_result result = bridge_giveup(app->module, inner(*state));

	flow_take_result(flow, &result, inner(*state));
	app_settle(app, state, flow);
}

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

bool
app_feed(struct app *app, struct app_flow **state, struct flow *flow,
    const uint8_t *packet, size_t len, uint64_t time_us, enum dir dir)
{
	bool more;

	(void)dir;
	if (*state == OVER)
		return false;
	if (flow->proto == IPPROTO_TCP && segment_is_bare(packet, len))
		return true;
	if (*state == NULL) {
		*state = pool_get(&app->flows);
		if (*state == NULL)
			return true;
	}
	if (time_us / 1000 > app->last_ms)
		app->last_ms = time_us / 1000;
	more = app_process(app, *state, flow, packet, len);
	if (more && !flow_is_spent(flow))
		return true;
	if (flow->app == NDPI_PROTOCOL_UNKNOWN)
		app_give_up(app, state, flow);
	else
		app_settle(app, state, flow);
	return false;
}

/* ---- flows that ended undecided ---- */

#define OPENING_MAX 60		/* IPv6 and TCP headers without options */

/*
 * A SYN from client to server, as nDPI would have seen it. Flows without any
 * payload were kept from it; to guess by address and port it needs one packet.
 */
static size_t
opening_make(const struct flow *flow, uint8_t packet[OPENING_MAX])
{
	size_t ip = flow->client.family == 4 ? 20 : 40, n = ip + 20;
	uint8_t *tcp = packet + ip;

	memset(packet, 0, OPENING_MAX);
	if (flow->client.family == 4) {		/* RFC 791 section 3.1 */
		packet[0] = 0x45;
		packet[3] = (uint8_t)n;
		packet[8] = 64;
		packet[9] = IPPROTO_TCP;
		memcpy(packet + 12, flow->client.bytes, 4);
		memcpy(packet + 16, flow->server.bytes, 4);
	} else {				/* RFC 8200 section 3 */
		packet[0] = 0x60;
		packet[5] = 20;
		packet[6] = IPPROTO_TCP;
		packet[7] = 64;
		memcpy(packet + 8, flow->client.bytes, 16);
		memcpy(packet + 24, flow->server.bytes, 16);
	}
	tcp[0] = (uint8_t)(flow->client_port >> 8);	/* RFC 9293 section 3.1 */
	tcp[1] = (uint8_t)flow->client_port;
	tcp[2] = (uint8_t)(flow->server_port >> 8);
	tcp[3] = (uint8_t)flow->server_port;
	tcp[12] = 5 << 4;
	tcp[13] = 0x02;
	return n;
}

void
app_finish(struct app *app, struct app_flow **state, struct flow *flow)
{
	uint8_t packet[OPENING_MAX];

	if (*state == OVER)
		return;
	if (*state == NULL && flow->proto == IPPROTO_TCP) {
		*state = pool_get(&app->flows);
		if (*state != NULL)
			app_process(app, *state, flow, packet,
			    opening_make(flow, packet));
	}
	if (*state != NULL)
		app_give_up(app, state, flow);
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
