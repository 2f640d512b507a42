/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs between nDPI 4.2 and 5.x, behind calls that do not. Only app.c
 * includes this file; build/ndpi_probe.h comes from probe-ndpi.sh.
 */
#ifndef CLASSIFIERS_APP_BRIDGE_H
#define CLASSIFIERS_APP_BRIDGE_H

#include <stdbool.h>
#include <stdint.h>

#include <ndpi_api.h>

#include "core/flow.h"
#include <ndpi_probe.h>

struct bridge_result {
	uint16_t master, app;
	bool classified;	/* the library itself says it is done (5.x) */
};

static inline struct ndpi_detection_module_struct *
bridge_init(void)
{
#if NDPI_HAS_CONTEXT
	return ndpi_init_detection_module(NULL);
#else
	return ndpi_init_detection_module(ndpi_no_prefs);
#endif
}

/*
 * Turns off fingerprints that only people read, where the library can be told
 * (4.10 and later). A release that lacks one of these keys refuses it, which
 * changes nothing. No label depends on them.
 */
static inline void
bridge_configure(struct ndpi_detection_module_struct *module)
{
#if NDPI_HAS_SET_CONFIG
	ndpi_set_config(module, "tls", "metadata.sha1_fingerprint", "0");
	ndpi_set_config(module, "tls", "metadata.ja3s_fingerprint", "0");
	ndpi_set_config(module, "tls", "metadata.ja4c_fingerprint", "0");
#else
	(void)module;
#endif
}

/*
 * Where those fingerprints cannot be turned off, most of the library's time on
 * a ClientHello goes into one (JA3, in decimal text); a hello with less in it
 * to print gets the same label sooner.
 */
static inline bool
bridge_wants_short_hello(void)
{
	return !NDPI_HAS_SET_CONFIG;
}

/* Enables every protocol (5.x does so by itself) and ends the set-up. */
static inline bool
bridge_finalize(struct ndpi_detection_module_struct *module)
{
#if NDPI_HAS_BITMASK
	NDPI_PROTOCOL_BITMASK all;

	NDPI_BITMASK_SET_ALL(all);
	ndpi_set_protocol_detection_bitmask2(module, &all);
#endif
#if NDPI_HAS_FINALIZE_RESULT
	return ndpi_finalize_initialization(module) == 0;
#else
	ndpi_finalize_initialization(module);
	return true;
#endif
}

static inline unsigned
bridge_protocol_count(struct ndpi_detection_module_struct *module)
{
#if NDPI_HAS_NUM_PROTOCOLS
	return ndpi_get_num_protocols(module);
#else
	return ndpi_get_num_supported_protocols(module);
#endif
}

static inline struct bridge_result
bridge_result_of(ndpi_protocol proto)
{
	struct bridge_result result = { 0 };

#if NDPI_HAS_NESTED_PROTO
	result.master = proto.proto.master_protocol;
	result.app = proto.proto.app_protocol;
#else
	result.master = proto.master_protocol;
	result.app = proto.app_protocol;
#endif
#if NDPI_HAS_STATE
	result.classified = proto.state == NDPI_STATE_CLASSIFIED;
#endif
	return result;
}

static inline struct bridge_result
bridge_process(struct ndpi_detection_module_struct *module,
    struct ndpi_flow_struct *flow, const uint8_t *packet, uint16_t len,
    uint64_t time_ms)
{
#if NDPI_HAS_INPUT_INFO
	return bridge_result_of(ndpi_detection_process_packet(module, flow,
	    packet, len, time_ms, NULL));
#else
	return bridge_result_of(ndpi_detection_process_packet(module, flow,
	    packet, len, time_ms));
#endif
}

/* The last word on a flow, guesses by port and address included. */
static inline struct bridge_result
bridge_giveup(struct ndpi_detection_module_struct *module,
    struct ndpi_flow_struct *flow)
{
#if NDPI_GIVEUP_GUESS
	uint8_t guessed;

	return bridge_result_of(ndpi_detection_giveup(module, flow, 1, &guessed));
#elif NDPI_GIVEUP_GUESSED
	uint8_t guessed;

	return bridge_result_of(ndpi_detection_giveup(module, flow, &guessed));
#else
	return bridge_result_of(ndpi_detection_giveup(module, flow));
#endif
}

/* Has every dissector said no? Then only a guess is left. */
static inline bool
bridge_is_hopeless(const struct ndpi_flow_struct *flow)
{
#if NDPI_HAS_FAIL_WITH_UNKNOWN
	return flow->fail_with_unknown;
#else
	(void)flow;
	return false;
#endif
}

/*
 * Can packets to come still change the label of a flow that has one? The
 * library goes on for what it calls extra dissection: certificates, answers,
 * passwords. Without a function to do it nothing more happens; a TLS name that
 * matched is not overruled by the certificate that follows, nor an HTTP host
 * by the answer.
 */
static inline bool
bridge_may_change(struct ndpi_detection_module_struct *module,
    struct ndpi_flow_struct *flow, const struct bridge_result *result)
{
#if NDPI_HAS_STATE
	(void)module;
	(void)flow;
	return !result->classified;
#else
#if NDPI_HAS_SUBPROTOCOL
	if (result->master == NDPI_PROTOCOL_TLS &&
	    flow->protos.tls_quic.subprotocol_detected)
		return false;
#endif
	if ((result->master == NDPI_PROTOCOL_HTTP || result->app == NDPI_PROTOCOL_HTTP) &&
	    flow->host_server_name[0] != '\0')
		return false;
#if NDPI_HAS_CHECK_EXTRA
	if (!flow->check_extra_packets)
		return false;
#endif
#if NDPI_HAS_EXTRA_FUNC
	if (flow->extra_packets_func == NULL)
		return false;
#endif
#if NDPI_HAS_EXTRA_POSSIBLE
	return ndpi_extra_dissection_possible(module, flow) != 0;
#else
	(void)module;
	return false;
#endif
#endif
}

/*
 * Is the flow TLS, so that what is still wanted is the server's certificate?
 * Where the result itself says when it is final, the library is not second-
 * guessed.
 */
static inline bool
bridge_awaits_certificate(uint16_t master, uint16_t app)
{
	return !NDPI_HAS_STATE && (master == NDPI_PROTOCOL_TLS || app == NDPI_PROTOCOL_TLS);
}

/*
 * The library's confidence in our words, by the names of its header. What an
 * old release does not have is not listed; what a newer one adds beyond these
 * is taken for what it is least likely to overstate, a port guess.
 */
static inline enum app_confidence
bridge_confidence(const struct ndpi_flow_struct *flow)
{
	switch (flow->confidence) {
	case NDPI_CONFIDENCE_UNKNOWN:
		return APP_NONE;
	case NDPI_CONFIDENCE_DPI:
#if NDPI_HAS_CONFIDENCE_DPI_PARTIAL
	case NDPI_CONFIDENCE_DPI_PARTIAL:
#endif
#if NDPI_HAS_CONFIDENCE_DPI_AGGRESSIVE
	case NDPI_CONFIDENCE_DPI_AGGRESSIVE:
#endif
		return APP_DPI;
	case NDPI_CONFIDENCE_DPI_CACHE:
#if NDPI_HAS_CONFIDENCE_DPI_PARTIAL_CACHE
	case NDPI_CONFIDENCE_DPI_PARTIAL_CACHE:
#endif
		return APP_CACHE;
	case NDPI_CONFIDENCE_MATCH_BY_IP:
		return APP_IP;
#if NDPI_HAS_CONFIDENCE_CUSTOM_RULE
	/* A rule of a protocols file: we load none. */
	case NDPI_CONFIDENCE_CUSTOM_RULE:
#endif
#if NDPI_HAS_CONFIDENCE_NBPF
	case NDPI_CONFIDENCE_NBPF:
#endif
	case NDPI_CONFIDENCE_MATCH_BY_PORT:
	default:
		return APP_PORT;
	}
}

#endif
