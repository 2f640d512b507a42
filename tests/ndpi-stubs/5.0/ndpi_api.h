/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape of nDPI 5.0 (November 2025): no bit masks (all protocols are on), a
 * result says itself whether it is final, and giving up takes two arguments.
 */
#ifndef NDPI_API_H
#define NDPI_API_H

#include "../shape.h"

#define NDPI_API_VERSION 12000

struct ndpi_global_context;
typedef int ndpi_cfg_error;

typedef enum {
	NDPI_STATE_INSPECTING, NDPI_STATE_PARTIAL, NDPI_STATE_MONITORING,
	NDPI_STATE_CLASSIFIED
} ndpi_classification_state;

typedef struct {
	uint16_t master_protocol, app_protocol;
} ndpi_master_app_protocol;

typedef struct {
	ndpi_master_app_protocol proto;
	uint16_t protocol_by_ip;
	int category;
	void *custom_category_userdata;
	ndpi_classification_state state;
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
	ndpi_confidence_t confidence;
	int (*extra_packets_func)(struct ndpi_detection_module_struct *,
	    struct ndpi_flow_struct *);
	char host_server_name[80];
};

struct ndpi_detection_module_struct *ndpi_init_detection_module(struct ndpi_global_context *context);
int ndpi_finalize_initialization(struct ndpi_detection_module_struct *module);
ndpi_protocol ndpi_detection_process_packet(struct ndpi_detection_module_struct *module,
    struct ndpi_flow_struct *flow, const unsigned char *packet, const unsigned short len,
    const uint64_t time_ms, struct ndpi_flow_input_info *input);
ndpi_protocol ndpi_detection_giveup(struct ndpi_detection_module_struct *module,
    struct ndpi_flow_struct *flow);
ndpi_cfg_error ndpi_set_config(struct ndpi_detection_module_struct *module,
    const char *proto, const char *param, const char *value);
char *ndpi_get_proto_name(struct ndpi_detection_module_struct *module, uint16_t id);
unsigned ndpi_get_num_protocols(struct ndpi_detection_module_struct *module);

#endif
