/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nDPI reads packets. Those of a connection that ended here are gone, so
 * packets are made from its addresses and its first payloads; both doors
 * classify alike.
 */
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <string.h>

#include "proxy/worker.h"

#define HOPS 64

/* The network header, of the family of the flow; returns its length. */
static size_t
network_write(uint8_t *packet, const struct addr *from, const struct addr *to, size_t payload)
{
	struct iphdr ip = {
		.version = 4, .ihl = 5, .ttl = HOPS, .protocol = IPPROTO_TCP,
		.tot_len = htons((uint16_t)(sizeof(ip) + payload))
	};
	struct ip6_hdr ip6 = { 0 };

	if (from->family == 4) {
		memcpy(&ip.saddr, from->bytes, 4);
		memcpy(&ip.daddr, to->bytes, 4);
		memcpy(packet, &ip, sizeof(ip));
		return sizeof(ip);
	}
	ip6.ip6_flow = htonl(UINT32_C(6) << 28);
	ip6.ip6_plen = htons((uint16_t)payload);
	ip6.ip6_nxt = IPPROTO_TCP;
	ip6.ip6_hlim = HOPS;
	memcpy(&ip6.ip6_src, from->bytes, 16);
	memcpy(&ip6.ip6_dst, to->bytes, 16);
	memcpy(packet, &ip6, sizeof(ip6));
	return sizeof(ip6);
}

static void
packet_make(struct conn *conn, enum dir dir, const uint8_t *data, size_t len)
{
	struct flow *flow = &conn->flow;
	uint8_t *packet = conn->proxy->packet;
	bool up = dir == DIR_UP;
	struct tcphdr tcp = {
		.source = htons(up ? flow->client_port : flow->server_port),
		.dest = htons(up ? flow->server_port : flow->client_port),
		.seq = htonl(1 + conn->sequence[dir]), .ack_seq = htonl(1 + conn->sequence[!dir]),
		.doff = sizeof(tcp) / 4, .psh = 1, .ack = 1, .window = htons(65535)
	};
	size_t at = network_write(packet, up ? &flow->client : &flow->server,
	    up ? &flow->server : &flow->client, sizeof(tcp) + len);

	memcpy(packet + at, &tcp, sizeof(tcp));
	memcpy(packet + at + sizeof(tcp), data, len);
	conn->sequence[dir] += (uint32_t)len;
	conn->packets_made++;
	judge_packet(conn->proxy->home.judge, flow, packet, at + sizeof(tcp) + len,
	    conn->proxy->home.now_us, dir);
}

void
pretend_packets(struct conn *conn, enum dir dir, const uint8_t *data, size_t len)
{
	while (len > 0 && (conn->flow.wants & WANT_PACKETS) &&
	    conn->packets_made < PACKETS_MADE_MAX) {
		size_t part = len < READ_SIZE ? len : READ_SIZE;

		packet_make(conn, dir, data, part);
		data += part;
		len -= part;
	}
}
