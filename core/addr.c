/* SPDX-License-Identifier: Apache-2.0 */
#include "core/addr.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

struct addr
addr_v4(const uint8_t bytes[4])
{
	struct addr addr = { .family = 4 };

	memcpy(addr.bytes, bytes, 4);
	return addr;
}

struct addr
addr_v6(const uint8_t bytes[16])
{
	struct addr addr = { .family = 6 };

	memcpy(addr.bytes, bytes, 16);
	return addr;
}

const char *
addr_text(const struct addr *addr, char *text)
{
	text[0] = '\0';
	if (addr->family != 0)
		inet_ntop(addr->family == 4 ? AF_INET : AF_INET6, addr->bytes,
		    text, ADDR_TEXT_MAX);
	return text;
}

bool
addr_parse(const char *text, struct addr *addr)
{
	memset(addr, 0, sizeof(*addr));
	if (inet_pton(AF_INET, text, addr->bytes) == 1)
		addr->family = 4;
	else if (inet_pton(AF_INET6, text, addr->bytes) == 1)
		addr->family = 6;
	return addr->family != 0;
}

/* Clears the bits of byte i that lie after the prefix. */
static uint8_t
byte_masked(const struct addr *addr, unsigned i, unsigned bits)
{
	if (bits >= 8 * (i + 1))
		return addr->bytes[i];
	if (bits <= 8 * i)
		return 0;
	return addr->bytes[i] & (uint8_t)(0xff00 >> (bits - 8 * i));
}

static bool
prefix_bits_parse(const char *text, unsigned max, uint8_t *bits)
{
	char *end;
	unsigned long value;

	if (text[0] < '0' || text[0] > '9')
		return false;
	value = strtoul(text, &end, 10);
	if (*end != '\0' || value > max)
		return false;
	*bits = (uint8_t)value;
	return true;
}

bool
prefix_parse(const char *text, struct prefix *prefix)
{
	char bare[ADDR_TEXT_MAX];
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	unsigned max;

	if (len >= sizeof(bare))
		return false;
	memcpy(bare, text, len);
	bare[len] = '\0';
	if (!addr_parse(bare, &prefix->addr))
		return false;
	max = prefix->addr.family == 4 ? 32 : 128;
	prefix->bits = (uint8_t)max;
	if (slash && !prefix_bits_parse(slash + 1, max, &prefix->bits))
		return false;
	for (unsigned i = 0; i < 16; i++)
		if (byte_masked(&prefix->addr, i, prefix->bits) != prefix->addr.bytes[i])
			return false;
	return true;
}

bool
prefix_has(const struct prefix *prefix, const struct addr *addr)
{
	if (prefix->addr.family != addr->family)
		return false;
	for (unsigned i = 0; 8 * i < prefix->bits; i++)
		if (byte_masked(addr, i, prefix->bits) != prefix->addr.bytes[i])
			return false;
	return true;
}

bool
addr_is_special(const struct addr *addr)
{
	/* IANA special-purpose address registries, and multicast. */
	static const char *const special[] = {
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8",
		"169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
		"192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "224.0.0.0/3", "::/127", "::ffff:0:0/96",
		"100::/64", "2001:db8::/32", "fc00::/7", "fe80::/10", "ff00::/8",
	};
	struct prefix prefix;

	if (addr->family == 0)
		return true;
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if (prefix_parse(special[i], &prefix) && prefix_has(&prefix, addr))
			return true;
	return false;
}
