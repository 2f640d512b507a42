/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IPv4 (RFC 791), IPv6 with its extension headers (RFC 8200), and the heads
 * of the transports above them.
 */
#include <netinet/in.h>
#include <string.h>

#include "captures/decode.h"

#define IPV4_HEADER_MIN 20
#define IPV6_HEADER_LEN 40
#define TCP_HEADER_MIN 20
#define UDP_HEADER_LEN 8

#define IPV4_OFFSET_MASK 0x1fff
#define IPV4_MORE 0x2000

/* Protocol numbers that the C library has no names for. */
#define PROTO_HIP 139			/* RFC 7401 */
#define PROTO_SHIM6 140			/* RFC 5533 */

/* The rest of the packet, once ports and the like have been read. */
static enum packet_result
ip_deliver(struct decode *decode, const struct buf *b)
{
	struct packet *packet = decode->packet;

	packet->payload = b->at;
	packet->payload_len = buf_left(b);
	packet->payload_wire = packet->payload_len + decode->cut;
	return PACKET_IP;
}

/*
 * RFC 9293 section 3.1. Options that the snapshot length cut off do no harm:
 * the payload is then all cut off.
 */
static enum packet_result
ip_tcp(struct decode *decode, struct buf *b)
{
	struct packet *packet = decode->packet;
	const uint8_t *head = b->at;
	size_t wire = buf_left(b) + decode->cut, header_len;

	if (buf_left(b) < TCP_HEADER_MIN)
		return PACKET_UNREADABLE;
	packet->src_port = buf_u16(b);
	packet->dst_port = buf_u16(b);
	packet->seq = buf_u32(b);
	packet->ack = buf_u32(b);
	header_len = (size_t)(head[12] >> 4) * 4;
	packet->tcp_flags = head[13];
	if (header_len < TCP_HEADER_MIN || header_len > wire)
		return PACKET_UNREADABLE;
	if (header_len <= (size_t)(b->end - head)) {
		b->at = head + header_len;
	} else {
		decode->cut = wire - header_len;
		b->at = b->end;
	}
	return ip_deliver(decode, b);
}

/*
 * RFC 768. A length of 0 stands for "to the end of the packet" (RFC 2675
 * section 4, and segmentation left to the card); a longer one is not believed.
 */
static enum packet_result
ip_udp(struct decode *decode, struct buf *b)
{
	struct packet *packet = decode->packet;
	enum packet_result result;
	size_t len;

	if (buf_left(b) < UDP_HEADER_LEN)
		return PACKET_UNREADABLE;
	packet->src_port = buf_u16(b);
	packet->dst_port = buf_u16(b);
	len = buf_u16(b);
	buf_skip(b, 2);
	if (len != 0 && len < UDP_HEADER_LEN)
		return PACKET_UNREADABLE;
	if (len != 0)
		decode_trim(decode, b, len - UDP_HEADER_LEN);
	if (tunnel_udp(decode, b, &result))
		return result;
	return ip_deliver(decode, b);
}

/* SCTP (RFC 9260), DCCP (RFC 4340) and UDP-Lite (RFC 3828) begin with ports. */
static enum packet_result
ip_ports(struct decode *decode, struct buf *b)
{
	struct buf head = *b;

	if (buf_left(b) < 4)
		return PACKET_UNREADABLE;
	decode->packet->src_port = buf_u16(&head);
	decode->packet->dst_port = buf_u16(&head);
	return ip_deliver(decode, b);
}

/* IP in IP (RFC 2003, RFC 4213, RFC 2473). */
static enum packet_result
ip_in_ip(struct decode *decode, struct buf *b, layer *inner)
{
	if (decode->depth >= PACKET_DEPTH_MAX)
		return ip_deliver(decode, b);
	decode->depth++;
	return inner(decode, b);
}

static enum packet_result
ip_transport(struct decode *decode, struct buf *b, uint8_t proto)
{
	enum packet_result result;

	decode->packet->proto = proto;
	switch (proto) {
	case IPPROTO_TCP:
		return ip_tcp(decode, b);
	case IPPROTO_UDP:
		return ip_udp(decode, b);
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
	case IPPROTO_UDPLITE:
		return ip_ports(decode, b);
	case IPPROTO_IPIP:
		return ip_in_ip(decode, b, ip_v4);
	case IPPROTO_IPV6:
		return ip_in_ip(decode, b, ip_v6);
	case IPPROTO_GRE:
		if (tunnel_gre(decode, b, &result))
			return result;
		break;
	default:
		break;
	}
	return ip_deliver(decode, b);
}

/* Whether the packet is as long as its header says: fragments must be. */
static bool
ip_whole(const struct packet *packet)
{
	const uint8_t *ip = packet->ip;

	if (packet->family == 4)
		return packet->ip_len == (size_t)(ip[2] << 8 | ip[3]);
	return packet->ip_len == (size_t)(ip[4] << 8 | ip[5]) + IPV6_HEADER_LEN;
}

/* Hands a fragment in; a datagram that is complete with it is decoded. */
static enum packet_result
ip_join(struct decode *decode, struct fragment *fragment, const struct buf *b)
{
	enum fragment_result result;
	struct buf whole;
	const uint8_t *ip;
	size_t len;

	/* Bytes that were never captured cannot be waited for. */
	if (!ip_whole(decode->packet) || decode->depth >= PACKET_DEPTH_MAX)
		return PACKET_UNREADABLE;
	fragment->key.src = decode->packet->src;
	fragment->key.dst = decode->packet->dst;
	fragment->key.vlan = decode->packet->vlan;
	fragment->header = decode->packet->ip;
	fragment->data = b->at;
	fragment->len = buf_left(b);
	fragment->time_us = decode->time_us;
	result = fragment_add(decode->fragments, fragment, &ip, &len);
	if (result != FRAGMENT_WHOLE)
		return result == FRAGMENT_HELD ? PACKET_FRAGMENT :
		    PACKET_UNREADABLE;
	decode->depth++;
	decode->packet->reassembled = true;
	whole = buf_of(ip, len);
	return ip_any(decode, &whole);
}

static enum packet_result
ip_v4_fragment(struct decode *decode, const struct buf *b)
{
	const uint8_t *ip = decode->packet->ip;
	unsigned word = (unsigned)(ip[6] << 8 | ip[7]);
	struct fragment fragment;

	memset(&fragment, 0, sizeof(fragment));
	fragment.key.proto = ip[9];
	fragment.key.id = (uint32_t)(ip[4] << 8 | ip[5]);
	fragment.header_len = (size_t)(ip[0] & 15) * 4;
	fragment.offset = (size_t)(word & IPV4_OFFSET_MASK) * 8;
	fragment.more = (word & IPV4_MORE) != 0;
	return ip_join(decode, &fragment, b);
}

/*
 * Steps over one header of the chain and gives the next one's number. Lengths
 * count 8 bytes beyond the first 8, and for AH 4 beyond the first 8 (RFC 4302
 * section 2.2). False when it is cut off.
 */
static bool
ip_step(struct buf *b, uint8_t *proto)
{
	uint8_t current = *proto;
	size_t len;

	*proto = buf_u8(b);
	len = buf_u8(b);
	len = current == IPPROTO_AH ? (len + 2) * 4 : (len + 1) * 8;
	buf_skip(b, len - 2);
	return buf_ok(b);
}

static enum packet_result
ip_v6_fragment(struct decode *decode, struct buf *b, size_t next_at)
{
	const uint8_t *ip = decode->packet->ip;
	struct fragment fragment;
	unsigned word;

	memset(&fragment, 0, sizeof(fragment));
	fragment.header_len = (size_t)(b->at - ip);
	fragment.next_at = next_at;
	fragment.next = buf_u8(b);
	buf_skip(b, 1);
	word = buf_u16(b);
	fragment.key.id = buf_u32(b);
	fragment.offset = word & 0xfff8;
	fragment.more = (word & 1) != 0;
	if (!buf_ok(b))
		return PACKET_UNREADABLE;
	return ip_join(decode, &fragment, b);
}

/* Whether the fragment header at the reader covers the whole packet already. */
static bool
ip_v6_atomic(const struct buf *b)
{
	/* Offset 0 and no more to come: RFC 6946. */
	return b->end - b->at >= 8 && b->at[2] == 0 && (b->at[3] & 0xf9) == 0;
}

/* The chain of extension headers (RFC 8200 section 4). */
static enum packet_result
ip_v6_chain(struct decode *decode, struct buf *b, uint8_t proto)
{
	const uint8_t *ip = decode->packet->ip;
	size_t next_at = 6;		/* where the number of this header stood */

	for (unsigned i = 0; i < PACKET_EXTENSIONS_MAX; i++) {
		size_t here = (size_t)(b->at - ip);

		switch (proto) {
		case IPPROTO_FRAGMENT:
			if (!ip_v6_atomic(b))
				return ip_v6_fragment(decode, b, next_at);
			proto = buf_u8(b);
			buf_skip(b, 7);
			break;
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
		case IPPROTO_MH:
		case PROTO_HIP:
		case PROTO_SHIM6:
		case IPPROTO_AH:
			if (!ip_step(b, &proto))
				return PACKET_UNREADABLE;
			break;
		default:
			return ip_transport(decode, b, proto);
		}
		next_at = here;
	}
	return PACKET_UNREADABLE;
}

static void
ip_addr_set(struct addr *addr, const uint8_t *bytes, uint8_t family)
{
	memset(addr, 0, sizeof(*addr));
	memcpy(addr->bytes, bytes, family == 4 ? 4 : 16);
	addr->family = family;
}

/* What both versions share. `total` is the packet's length by its header. */
static void
ip_head_set(struct decode *decode, struct buf *b, uint8_t family, size_t total)
{
	struct packet *packet = decode->packet;
	const uint8_t *ip = b->at;

	decode_trim(decode, b, total);
	packet->ip = ip;
	packet->ip_len = buf_left(b);
	packet->family = family;
	ip_addr_set(&packet->src, ip + (family == 4 ? 12 : 8), family);
	ip_addr_set(&packet->dst, ip + (family == 4 ? 16 : 24), family);
}

enum packet_result
ip_v4(struct decode *decode, struct buf *b)
{
	const uint8_t *ip = b->at;
	size_t header_len, total;
	uint8_t proto;

	if (buf_left(b) < IPV4_HEADER_MIN || ip[0] >> 4 != 4)
		return PACKET_UNREADABLE;
	header_len = (size_t)(ip[0] & 15) * 4;
	total = (size_t)(ip[2] << 8 | ip[3]);
	/* 0: the card was to cut the packet up, and to fill in the length. */
	if (total == 0)
		total = buf_left(b) + decode->cut;
	if (header_len < IPV4_HEADER_MIN || total < header_len)
		return PACKET_UNREADABLE;
	ip_head_set(decode, b, 4, total);
	buf_skip(b, header_len);
	if (!buf_ok(b))
		return PACKET_UNREADABLE;
	proto = ip[9];
	decode->packet->proto = proto;
	if ((ip[6] & 0x3f) != 0 || ip[7] != 0)
		return ip_v4_fragment(decode, b);
	if (proto == IPPROTO_AH && !ip_step(b, &proto))
		return PACKET_UNREADABLE;
	return ip_transport(decode, b, proto);
}

enum packet_result
ip_v6(struct decode *decode, struct buf *b)
{
	const uint8_t *ip = b->at;
	size_t len;

	if (buf_left(b) < IPV6_HEADER_LEN || ip[0] >> 4 != 6)
		return PACKET_UNREADABLE;
	len = (size_t)(ip[4] << 8 | ip[5]) + IPV6_HEADER_LEN;
	/* 0: a jumbogram (RFC 2675), or the card was to fill it in. */
	if (len == IPV6_HEADER_LEN && ip[6] != IPPROTO_NONE)
		len = buf_left(b) + decode->cut;
	ip_head_set(decode, b, 6, len);
	buf_skip(b, IPV6_HEADER_LEN);
	return ip_v6_chain(decode, b, ip[6]);
}

enum packet_result
ip_any(struct decode *decode, struct buf *b)
{
	if (buf_left(b) > 0 && b->at[0] >> 4 == 6)
		return ip_v6(decode, b);
	return ip_v4(decode, b);
}
