/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The flow table: finds the flow of a packet, hands packets and bytes to the
 * judge while it wants them, and ends flows by their idle time in the
 * traffic's own clock.
 */
#ifndef CAPTURES_FLOWS_H
#define CAPTURES_FLOWS_H

#include <stddef.h>
#include <stdint.h>

#include "captures/packet.h"
#include "rules/rules.h"

/* Flows at once; at the cap the oldest ends first. */
#define FLOWS_MAX (4u << 20)
/* Idle times after which a flow ends, in seconds of the traffic's clock. */
#define FLOW_IDLE_TCP 600		/* longer than a phone's keep-alive */
#define FLOW_IDLE_UDP 180		/* NAT's usual bound (RFC 4787: >= 120 s) */
#define FLOW_IDLE_OTHER 60
#define FLOW_IDLE_CLOSED 5		/* after FIN both ways, or RST: late segments */

struct flows;
struct tls_door;

/* NULL when memory is out. */
struct flows *flows_new(struct judge *judge);

/* TLS of connections that begin from now on is opened by the door (NULL: no longer). */
void flows_open_tls(struct flows *flows, struct tls_door *door);

/* Takes one packet in the order of the capture. */
void flows_packet(struct flows *flows, const struct packet *packet, uint64_t time_us);

/* Ends every flow, oldest first, and frees the table. Returns how many flows there were. */
uint64_t flows_free(struct flows *flows);

#endif
