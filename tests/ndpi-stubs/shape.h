/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the stubs of all releases have in common. The stubs are no nDPI: they
 * have the shape of what app.c uses (argument counts, members, what is
 * missing) and nothing behind it, so that the bridge can be compiled against
 * releases that are not installed.
 */
#ifndef TESTS_NDPI_STUBS_SHAPE_H
#define TESTS_NDPI_STUBS_SHAPE_H

#include <stdint.h>

struct ndpi_detection_module_struct;
struct ndpi_flow_struct;

enum {
	NDPI_PROTOCOL_UNKNOWN = 0, NDPI_PROTOCOL_HTTP = 7,
	NDPI_PROTOCOL_TLS = 91, NDPI_PROTOCOL_QUIC = 188
};

uint32_t ndpi_detection_get_sizeof_ndpi_flow_struct(void);
uint16_t ndpi_get_api_version(void);
char *ndpi_revision(void);
void ndpi_exit_detection_module(struct ndpi_detection_module_struct *module);
void ndpi_free_flow_data(struct ndpi_flow_struct *flow);

#endif
