/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tunnels that say little of themselves: GRE (RFC 2784, RFC 2890, and RFC
 * 2637 for PPTP) and VXLAN (RFC 7348). One that cannot be opened, because it
 * carries something else or lies too deep, is left to be its own packet.
 */
#include "captures/decode.h"

#define VXLAN_PORT 4789
#define VXLAN_HEADER_LEN 8

#define GRE_CHECKSUM 0x8000
#define GRE_ROUTING 0x4000		/* dropped from the protocol by RFC 2784 */
#define GRE_KEY 0x2000
#define GRE_SEQUENCE 0x1000
#define GRE_ACK 0x0080			/* version 1 only */
#define GRE_VERSION 0x0007
#define GRE_PPP 0x880b

/* GRE carries these; others (WCCP, ERSPAN, LLDP, ...) stay closed. */
static bool
gre_opens(unsigned type)
{
	return type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6 ||
	    type == ETHERTYPE_BRIDGED;
}

/* Version 0: which optional words follow is told by flags. */
static bool
gre_plain(struct decode *decode, struct buf *b, unsigned flags,
    enum packet_result *result)
{
	unsigned type = buf_u16(b);

	if ((flags & GRE_ROUTING) || !gre_opens(type))
		return false;
	if (flags & GRE_CHECKSUM)
		buf_skip(b, 4);
	if (flags & GRE_KEY)
		buf_skip(b, 4);
	if (flags & GRE_SEQUENCE)
		buf_skip(b, 4);
	if (!buf_ok(b))
		return false;
	*result = link_ethertype(decode, b, type);
	return true;
}

/*
 * Version 1, PPTP: a length, a call number, and PPP when a sequence number is
 * there (else it only acknowledges). PPP that is compressed, encrypted or
 * talks of itself stays closed.
 */
static bool
gre_pptp(struct decode *decode, struct buf *b, unsigned flags,
    enum packet_result *result)
{
	size_t len;

	if (buf_u16(b) != GRE_PPP || !(flags & GRE_SEQUENCE))
		return false;
	len = buf_u16(b);
	buf_skip(b, 2 + 4);
	if (flags & GRE_ACK)
		buf_skip(b, 4);
	if (!buf_ok(b))
		return false;
	decode_trim(decode, b, len);
	*result = link_ppp(decode, b);
	return *result == PACKET_IP || *result == PACKET_FRAGMENT;
}

bool
tunnel_gre(struct decode *decode, const struct buf *b,
    enum packet_result *result)
{
	struct packet outer = *decode->packet;
	struct decode before = *decode;
	struct buf inner = *b;
	unsigned flags = buf_u16(&inner);
	bool opened = false;

	if (!buf_ok(&inner) || decode->depth >= PACKET_DEPTH_MAX)
		return false;
	decode->depth++;
	if ((flags & GRE_VERSION) == 0)
		opened = gre_plain(decode, &inner, flags, result);
	else if ((flags & GRE_VERSION) == 1)
		opened = gre_pptp(decode, &inner, flags, result);
	if (opened)
		return true;
	*decode = before;
	*decode->packet = outer;
	return false;
}

/*
 * The port alone proves nothing, so the header must be as RFC 7348 section 5
 * has it, reserved bits zero, and IP must be found inside.
 */
static bool
vxlan_open(struct decode *decode, struct buf *b, enum packet_result *result)
{
	const uint8_t *head = buf_take(b, VXLAN_HEADER_LEN);

	if (head == NULL || head[0] != 0x08 || head[1] != 0 || head[2] != 0 ||
	    head[3] != 0 || head[7] != 0)
		return false;
	*result = link_ethernet(decode, b);
	return *result == PACKET_IP || *result == PACKET_FRAGMENT;
}

bool
tunnel_udp(struct decode *decode, const struct buf *b,
    enum packet_result *result)
{
	struct packet outer;
	struct decode before;
	struct buf inner = *b;

	if (decode->packet->dst_port != VXLAN_PORT ||
	    decode->depth >= PACKET_DEPTH_MAX)
		return false;
	outer = *decode->packet;
	before = *decode;
	decode->depth++;
	if (vxlan_open(decode, &inner, result))
		return true;
	*decode = before;
	*decode->packet = outer;
	return false;
}
