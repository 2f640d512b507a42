/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Link layers, from the frame's first byte to the IP header. What each
 * LINKTYPE_ value looks like: tcpdump.org/linktypes.html.
 */
#include "captures/decode.h"

#define ETHERTYPE_MIN 0x0600		/* below: a length (IEEE 802.3) */
#define ETHERTYPE_LENGTH_MAX 1500
#define ETHERTYPE_PPPOE 0x8864

/* Ethernet, Linux's ARPHRD_ values, LLC. */
#define ARPHRD_NETLINK 824
#define SLL_LLC 4			/* protocol field of cooked captures */
#define LLC_SNAP 0xaa
#define LLC_UNNUMBERED 0x03

#define MPLS_BOTTOM 0x100		/* RFC 3032 section 2.1 */

/* One more header between frame and IP: false when there were too many. */
static bool
link_tag(struct decode *decode)
{
	return ++decode->tags <= PACKET_TAGS_MAX;
}

/* A VLAN tag (IEEE 802.1Q, and stacked 802.1ad); the outermost id counts. */
static unsigned
link_vlan(struct decode *decode, struct buf *b)
{
	unsigned id = buf_u16(b) & 0x0fff;

	if (decode->packet->vlan == 0)
		decode->packet->vlan = (uint16_t)id;
	return buf_u16(b);
}

/* MPLS names no protocol; below the bottom label the version tells IP. */
static enum packet_result
link_mpls(struct decode *decode, struct buf *b)
{
	uint32_t label;

	do {
		label = buf_u32(b);
		if (!buf_ok(b) || !link_tag(decode))
			return PACKET_UNREADABLE;
	} while (!(label & MPLS_BOTTOM));
	if (buf_left(b) > 0 && (b->at[0] >> 4 == 4 || b->at[0] >> 4 == 6))
		return ip_any(decode, b);
	return PACKET_OTHER;
}

/* A PPPoE session packet (RFC 2516 section 4). */
static enum packet_result
link_pppoe(struct decode *decode, struct buf *b)
{
	unsigned version = buf_u8(b), code = buf_u8(b);
	size_t len;

	buf_skip(b, 2);
	len = buf_u16(b);
	if (!buf_ok(b) || version != 0x11)
		return PACKET_UNREADABLE;
	if (code != 0)
		return PACKET_OTHER;
	decode_trim(decode, b, len);
	return link_ppp(decode, b);
}

enum packet_result
link_ethertype(struct decode *decode, struct buf *b, unsigned type)
{
	for (;;) {
		switch (type) {
		case ETHERTYPE_IPV4:
			return ip_v4(decode, b);
		case ETHERTYPE_IPV6:
			return ip_v6(decode, b);
		case 0x8100:
		case 0x88a8:
		case 0x9100:
		case 0x9200:
			type = link_vlan(decode, b);
			break;
		case 0x8847:
		case 0x8848:
			return link_mpls(decode, b);
		case ETHERTYPE_PPPOE:
			return link_pppoe(decode, b);
		case ETHERTYPE_BRIDGED:
			return link_ethernet(decode, b);
		default:
			if (type >= ETHERTYPE_MIN)
				return PACKET_OTHER;
			if (type > ETHERTYPE_LENGTH_MAX)
				return PACKET_UNREADABLE;
			decode_trim(decode, b, type);
			return link_llc(decode, b);
		}
		if (!buf_ok(b) || !link_tag(decode))
			return PACKET_UNREADABLE;
	}
}

enum packet_result
link_ethernet(struct decode *decode, struct buf *b)
{
	unsigned type;

	buf_skip(b, 12);
	type = buf_u16(b);
	if (!buf_ok(b) || !link_tag(decode))
		return PACKET_UNREADABLE;
	return link_ethertype(decode, b, type);
}

/* IEEE 802.2, of interest with the SNAP extension that names an EtherType. */
enum packet_result
link_llc(struct decode *decode, struct buf *b)
{
	unsigned dsap = buf_u8(b), ssap = buf_u8(b), control = buf_u8(b);
	unsigned type;
	uint32_t oui;

	if (!buf_ok(b) || !link_tag(decode))
		return PACKET_UNREADABLE;
	if (dsap != LLC_SNAP || ssap != LLC_SNAP || control != LLC_UNNUMBERED)
		return PACKET_OTHER;
	oui = buf_u24(b);
	type = buf_u16(b);
	if (!buf_ok(b))
		return PACKET_UNREADABLE;
	/* RFC 1042, and 802.1H's number for bridges. */
	if (oui != 0 && oui != 0x0000f8)
		return PACKET_OTHER;
	return type < ETHERTYPE_MIN ? PACKET_OTHER :
	    link_ethertype(decode, b, type);
}

/*
 * PPP (RFC 1661), with or without address and control (RFC 1662 section 3.1)
 * and with protocol numbers of one or two bytes (section 6.5).
 */
enum packet_result
link_ppp(struct decode *decode, struct buf *b)
{
	unsigned proto;

	if (buf_left(b) >= 2 && b->at[0] == 0xff && b->at[1] == 0x03)
		buf_skip(b, 2);
	proto = buf_u8(b);
	if (!(proto & 1))
		proto = proto << 8 | buf_u8(b);
	if (!buf_ok(b) || !link_tag(decode))
		return PACKET_UNREADABLE;
	switch (proto) {
	case 0x0021:
		return ip_v4(decode, b);
	case 0x0057:
		return ip_v6(decode, b);
	case 0x0281:
	case 0x0283:
		return link_mpls(decode, b);
	case 0x002d:			/* headers compressed, RFC 1144 */
	case 0x002f:
	case 0x0053:			/* encrypted */
	case 0x0055:
	case 0x00fb:			/* compressed */
	case 0x00fd:
		return PACKET_UNREADABLE;
	default:
		return PACKET_OTHER;
	}
}

/* PPP in frames like HDLC, or Cisco's HDLC, which has an EtherType. */
static enum packet_result
link_hdlc(struct decode *decode, struct buf *b)
{
	unsigned type;

	if (buf_left(b) > 0 && b->at[0] != 0x0f && b->at[0] != 0x8f)
		return link_ppp(decode, b);
	buf_skip(b, 2);
	type = buf_u16(b);
	if (!buf_ok(b))
		return PACKET_UNREADABLE;
	return type < ETHERTYPE_MIN ? PACKET_OTHER :
	    link_ethertype(decode, b, type);
}

/* PPP after a byte that tells the direction. */
static enum packet_result
link_ppp_direction(struct decode *decode, struct buf *b)
{
	buf_skip(b, 1);
	return link_ppp(decode, b);
}

/*
 * BSD loopback: an address family in the byte order of the machine that
 * captured (or in network order). IPv4 is 2 everywhere; for IPv6 every system
 * has its own: Linux 10, Windows 23, NetBSD and OpenBSD 24, FreeBSD 28,
 * Darwin 30.
 */
static enum packet_result
link_null(struct decode *decode, struct buf *b)
{
	uint32_t family = buf_u32(b);

	if (!buf_ok(b))
		return PACKET_UNREADABLE;
	if (family > 0xffff)
		family = __builtin_bswap32(family);
	switch (family) {
	case 2:
		return ip_v4(decode, b);
	case 10:
	case 23:
	case 24:
	case 28:
	case 30:
		return ip_v6(decode, b);
	default:
		return PACKET_OTHER;
	}
}

/* What a cooked capture carries, by hardware type and protocol field. */
static enum packet_result
link_cooked(struct decode *decode, struct buf *b, unsigned hardware,
    unsigned proto)
{
	if (!buf_ok(b))
		return PACKET_UNREADABLE;
	if (hardware == ARPHRD_NETLINK)
		return PACKET_OTHER;
	if (proto == SLL_LLC)
		return link_llc(decode, b);
	return proto < ETHERTYPE_MIN ? PACKET_OTHER :
	    link_ethertype(decode, b, proto);
}

/* Linux "cooked" capture, version 1. */
static enum packet_result
link_sll(struct decode *decode, struct buf *b)
{
	unsigned hardware;

	buf_skip(b, 2);
	hardware = buf_u16(b);
	buf_skip(b, 10);
	return link_cooked(decode, b, hardware, buf_u16(b));
}

/* Version 2: the protocol comes first, so that it is aligned. */
static enum packet_result
link_sll2(struct decode *decode, struct buf *b)
{
	unsigned proto = buf_u16(b), hardware;

	buf_skip(b, 6);
	hardware = buf_u16(b);
	buf_skip(b, 10);
	return link_cooked(decode, b, hardware, proto);
}

#define NFLOG_PAYLOAD 9			/* NFULA_PAYLOAD */

/*
 * What Linux's NFLOG target logs: family, version and group, then attributes
 * with length and type in the order of the machine; little-endian is taken
 * unless that gives an impossible length.
 */
static enum packet_result
link_nflog(struct decode *decode, struct buf *b)
{
	size_t len;
	unsigned type;

	buf_skip(b, 4);
	while (buf_ok(b) && buf_left(b) >= 4) {
		len = (size_t)(b->at[0] | b->at[1] << 8);
		type = (unsigned)(b->at[2] | b->at[3] << 8);
		if (type > 0xff) {
			len = (len & 0xff) << 8 | len >> 8;
			type = (type & 0xff) << 8 | type >> 8;
		}
		buf_skip(b, 4);
		if (!buf_ok(b) || len < 4)
			return PACKET_UNREADABLE;
		if (type == NFLOG_PAYLOAD)
			return ip_any(decode, b);
		len = ((len + 3) & ~(size_t)3) - 4;
		buf_skip(b, len);
	}
	return buf_ok(b) ? PACKET_OTHER : PACKET_UNREADABLE;
}

static const struct link {
	uint16_t type;
	layer *decode;
} links[] = {
	{ 1, link_ethernet },
	{ 113, link_sll },
	{ 276, link_sll2 },
	{ 101, ip_any },		/* RAW */
	{ 12, ip_any },			/* RAW, as most systems number it live */
	{ 14, ip_any },			/* RAW, as OpenBSD does */
	{ 228, ip_v4 },
	{ 229, ip_v6 },
	{ 0, link_null },		/* NULL */
	{ 108, link_null },		/* LOOP */
	{ 9, link_hdlc },		/* PPP */
	{ 50, link_hdlc },		/* PPP_HDLC */
	{ 51, link_pppoe },		/* PPP_ETHER */
	{ 104, link_hdlc },		/* C_HDLC */
	{ 204, link_ppp_direction },	/* PPP_WITH_DIR */
	{ 105, wlan_frame },		/* IEEE802_11 */
	{ 127, wlan_radiotap },		/* IEEE802_11_RADIOTAP */
	{ 192, wlan_ppi },		/* PPI */
	{ 239, link_nflog },		/* NFLOG */
};

layer *
link_layer(uint16_t type)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (links[i].type == type)
			return links[i].decode;
	return NULL;
}
