/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape of nDPI 4.12 (December 2024): a result nests its two protocols, and
 * what the caller tells of a flow is written to.
 */
#ifndef NDPI_API_H
#define NDPI_API_H

#include "../shape.h"

#define NDPI_API_VERSION 11500

struct ndpi_global_context;
typedef int ndpi_cfg_error;

typedef struct { uint32_t fds_bits[16]; } NDPI_PROTOCOL_BITMASK;
#define NDPI_BITMASK_SET_ALL(mask) __builtin_memset(&(mask), 0xff, sizeof(mask))

typedef struct {
	uint16_t master_protocol, app_protocol;
} ndpi_master_app_protocol;

typedef struct {
	ndpi_master_app_protocol proto;
	uint16_t protocol_by_ip;
	int category;
	void *custom_category_userdata;
} ndpi_protocol;

typedef enum {
	NDPI_CONFIDENCE_UNKNOWN, NDPI_CONFIDENCE_MATCH_BY_PORT, NDPI_CONFIDENCE_NBPF,
	NDPI_CONFIDENCE_DPI_PARTIAL, NDPI_CONFIDENCE_DPI_PARTIAL_CACHE,
	NDPI_CONFIDENCE_DPI_CACHE, NDPI_CONFIDENCE_DPI, NDPI_CONFIDENCE_MATCH_BY_IP,
	NDPI_CONFIDENCE_DPI_AGGRESSIVE, NDPI_CONFIDENCE_CUSTOM_RULE,
	NDPI_CONFIDENCE_MAX
} ndpi_confidence_t;

struct ndpi_flow_input_info;

struct ndpi_flow_struct {
	uint8_t fail_with_unknown:1;
	ndpi_confidence_t confidence;
	int (*extra_packets_func)(struct ndpi_detection_module_struct *,
	    struct ndpi_flow_struct *);
	char host_server_name[80];
	union {
		struct { uint8_t subprotocol_detected:1; } tls_quic;
	} protos;
};

struct ndpi_detection_module_struct *ndpi_init_detection_module(struct ndpi_global_context *context);
int ndpi_set_protocol_detection_bitmask2(struct ndpi_detection_module_struct *module,
    const NDPI_PROTOCOL_BITMASK *mask);
int ndpi_finalize_initialization(struct ndpi_detection_module_struct *module);
ndpi_protocol ndpi_detection_process_packet(struct ndpi_detection_module_struct *module,
    struct ndpi_flow_struct *flow, const unsigned char *packet, const unsigned short len,
    const uint64_t time_ms, struct ndpi_flow_input_info *input);
ndpi_protocol ndpi_detection_giveup(struct ndpi_detection_module_struct *module,
    struct ndpi_flow_struct *flow, uint8_t *guessed);
ndpi_cfg_error ndpi_set_config(struct ndpi_detection_module_struct *module,
    const char *proto, const char *param, const char *value);
uint8_t ndpi_extra_dissection_possible(struct ndpi_detection_module_struct *module,
    struct ndpi_flow_struct *flow);
char *ndpi_get_proto_name(struct ndpi_detection_module_struct *module, uint16_t id);
unsigned ndpi_get_num_supported_protocols(struct ndpi_detection_module_struct *module);

#endif
