/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IEEE 802.11 frames, bare or behind the headers that capture tools put
 * before them. Only whole unencrypted data frames hold an IP packet that can
 * be read; protected ones count as unreadable.
 */
#include "captures/decode.h"

/* Frame control, as two bytes in the order of the air (IEEE 802.11, 9.2.4.1). */
#define WLAN_TYPE_DATA 2
#define WLAN_NO_DATA 0x40		/* subtype bits in the first byte */
#define WLAN_QOS 0x80
#define WLAN_TO_DS 0x01			/* flags in the second byte */
#define WLAN_FROM_DS 0x02
#define WLAN_MORE_FRAGMENTS 0x04
#define WLAN_PROTECTED 0x40
#define WLAN_ORDER 0x80

#define WLAN_BASE_LEN 24
#define WLAN_ADDRESS_LEN 6
#define WLAN_QOS_LEN 2
#define WLAN_HT_LEN 4
#define WLAN_QOS_AGGREGATE 0x80		/* an A-MSDU: several frames in one */

/* Radiotap (radiotap.org): bits of the first `present` word, and Flags. */
#define RADIOTAP_HEADER_LEN 8
#define RADIOTAP_TSFT 0x01
#define RADIOTAP_FLAGS 0x02
#define RADIOTAP_EXTENDED 0x80000000u
#define RADIOTAP_FLAG_PADDED 0x20	/* header padded to a multiple of 4 */
#define RADIOTAP_FLAG_BAD 0x40		/* checksum failed */

static unsigned
wlan_u16(struct buf *b)
{
	return __builtin_bswap16(buf_u16(b));
}

static uint32_t
wlan_u32(struct buf *b)
{
	return __builtin_bswap32(buf_u32(b));
}

static size_t
wlan_header_len(uint8_t control, uint8_t flags)
{
	size_t len = WLAN_BASE_LEN;

	if ((flags & WLAN_TO_DS) && (flags & WLAN_FROM_DS))
		len += WLAN_ADDRESS_LEN;
	if (!(control & WLAN_QOS))
		return len;
	len += WLAN_QOS_LEN;
	/* In a QoS frame the order bit tells of one more field. */
	return flags & WLAN_ORDER ? len + WLAN_HT_LEN : len;
}

static enum packet_result
wlan_data(struct decode *decode, struct buf *b, bool padded)
{
	const uint8_t *head = b->at;
	size_t len = wlan_header_len(head[0], head[1]);
	size_t qos_at = WLAN_BASE_LEN;

	if (head[0] & WLAN_NO_DATA)
		return PACKET_OTHER;
	buf_skip(b, padded ? (len + 3) & ~(size_t)3 : len);
	if (!buf_ok(b) || (head[1] & WLAN_PROTECTED))
		return PACKET_UNREADABLE;
	/* Fragments of the link layer are not joined. */
	if ((head[1] & WLAN_MORE_FRAGMENTS) || (head[22] & 0x0f) != 0)
		return PACKET_UNREADABLE;
	if ((head[1] & WLAN_TO_DS) && (head[1] & WLAN_FROM_DS))
		qos_at += WLAN_ADDRESS_LEN;
	if ((head[0] & WLAN_QOS) && (head[qos_at] & WLAN_QOS_AGGREGATE))
		return PACKET_UNREADABLE;
	return link_llc(decode, b);
}

static enum packet_result
wlan_any(struct decode *decode, struct buf *b, bool padded)
{
	if (buf_left(b) < 2 || (b->at[0] & 3) != 0)
		return PACKET_UNREADABLE;
	if ((b->at[0] >> 2 & 3) != WLAN_TYPE_DATA)
		return PACKET_OTHER;
	return wlan_data(decode, b, padded);
}

enum packet_result
wlan_frame(struct decode *decode, struct buf *b)
{
	return wlan_any(decode, b, false);
}

/*
 * The Flags byte of a radiotap header, 0 where it has none. Fields follow the
 * last `present` word in the order of their bits, each at its alignment.
 */
static uint8_t
radiotap_flags(struct buf header)
{
	const uint8_t *begin = header.at;
	uint32_t first, present;

	buf_skip(&header, 4);
	first = present = wlan_u32(&header);
	while (present & RADIOTAP_EXTENDED)
		present = wlan_u32(&header);
	if (!(first & RADIOTAP_FLAGS) || !buf_ok(&header))
		return 0;
	if (first & RADIOTAP_TSFT)
		buf_skip(&header, (8 - (size_t)(header.at - begin) % 8) % 8 + 8);
	return buf_u8(&header);
}

enum packet_result
wlan_radiotap(struct decode *decode, struct buf *b)
{
	struct buf head = *b, header;
	uint8_t version = buf_u8(&head), flags;
	size_t len;

	buf_skip(&head, 1);
	len = wlan_u16(&head);
	header = buf_sub(b, len);
	if (!buf_ok(b) || version != 0 || len < RADIOTAP_HEADER_LEN)
		return PACKET_UNREADABLE;
	flags = radiotap_flags(header);
	if (flags & RADIOTAP_FLAG_BAD)
		return PACKET_UNREADABLE;
	return wlan_any(decode, b, flags & RADIOTAP_FLAG_PADDED);
}

/* Per-packet information: a header with its own length, then any link type. */
enum packet_result
wlan_ppi(struct decode *decode, struct buf *b)
{
	struct buf head = *b;
	layer *inner;
	size_t len;
	uint32_t link;

	buf_skip(&head, 2);
	len = wlan_u16(&head);
	link = wlan_u32(&head);
	if (!buf_ok(&head) || len < 8 || link > UINT16_MAX)
		return PACKET_UNREADABLE;
	buf_skip(b, len);
	inner = link_layer((uint16_t)link);
	if (!buf_ok(b) || inner == NULL || inner == wlan_ppi)
		return PACKET_UNREADABLE;
	return inner(decode, b);
}
