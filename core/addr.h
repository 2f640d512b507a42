/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network addresses and prefixes, IPv4 and IPv6 in one type.
 */
#ifndef CORE_ADDR_H
#define CORE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for the longest text form of an address, with its NUL (RFC 5952). */
#define ADDR_TEXT_MAX 46

/*
 * An address in network order. IPv4 uses the first four bytes; the rest are
 * zero, so two equal addresses are equal by memcmp over the whole struct.
 */
struct addr {
	uint8_t bytes[16];
	uint8_t family;		/* 4, 6, or 0 for "none" */
};

struct prefix {
	struct addr addr;	/* host bits are zero */
	uint8_t bits;		/* 0..32 or 0..128 */
};

/* Makes an address from 4 (or 16) bytes in network order. */
struct addr addr_v4(const uint8_t bytes[4]);
struct addr addr_v6(const uint8_t bytes[16]);

/*
 * Writes the address as text (RFC 5952) into text, which has room for
 * ADDR_TEXT_MAX bytes, and returns text. Family 0 gives "".
 */
const char *addr_text(const struct addr *addr, char *text);

/* Parses a bare address. Returns false when the text is anything else. */
bool addr_parse(const char *text, struct addr *addr);

/* Parses "address" or "address/bits"; host bits must be zero. */
bool prefix_parse(const char *text, struct prefix *prefix);

bool prefix_has(const struct prefix *prefix, const struct addr *addr);

/*
 * True for addresses of special use that name no party on the Internet:
 * private, loopback, link-local, multicast, documentation, unspecified
 * (IANA special-purpose registries, RFC 6890).
 */
bool addr_is_special(const struct addr *addr);

#endif
