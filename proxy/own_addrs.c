/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gateway's own addresses.
 */
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/mem.h"
#include "proxy/origdst.h"

static int
addr_compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct addr));
}

/* Family 0 for what has no IP address: a bridge's link layer, a tunnel without. */
static struct addr
addr_of_interface(const struct sockaddr *sa)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (sa != NULL && sa->sa_family == AF_INET) {
		memcpy(&v4, sa, sizeof(v4));
		return addr_v4((const uint8_t *)&v4.sin_addr);
	}
	if (sa != NULL && sa->sa_family == AF_INET6) {
		memcpy(&v6, sa, sizeof(v6));
		return addr_v6(v6.sin6_addr.s6_addr);
	}
	return (struct addr){ .family = 0 };
}

bool
own_addrs_init(struct own_addrs *own)
{
	struct ifaddrs *all, *at;
	struct addr addr;
	size_t count = 0;

	*own = (struct own_addrs){ NULL, 0 };
	if (getifaddrs(&all) != 0)
		return false;
	for (at = all; at != NULL; at = at->ifa_next)
		count++;
	if (count > OWN_ADDRS_MAX) {
		freeifaddrs(all);
		errno = E2BIG;
		return false;
	}
	own->list = xcalloc(count ? count : 1, sizeof(*own->list));
	for (at = all; at != NULL; at = at->ifa_next) {
		addr = addr_of_interface(at->ifa_addr);
		if (addr.family != 0)
			own->list[own->count++] = addr;
	}
	freeifaddrs(all);
	qsort(own->list, own->count, sizeof(*own->list), addr_compare);
	return true;
}

void
own_addrs_fini(struct own_addrs *own)
{
	free(own->list);
	*own = (struct own_addrs){ NULL, 0 };
}

/* 127.0.0.0/8 and ::1 (RFC 6890); 0.0.0.0 and :: connect to ourselves too. */
static bool
addr_is_here(const struct addr *addr)
{
	static const uint8_t zero[16];
	const size_t last = addr->family == 4 ? 3 : 15;

	if (addr->family == 4 && addr->bytes[0] == 127)
		return true;
	return memcmp(addr->bytes, zero, last) == 0 &&
	    (addr->bytes[last] == 0 || (addr->family == 6 && addr->bytes[last] == 1));
}

bool
own_addrs_have(const struct own_addrs *own, const struct addr *addr)
{
	if (addr->family == 0)
		return false;
	return addr_is_here(addr) || (own->count > 0 && bsearch(addr, own->list,
	    own->count, sizeof(*addr), addr_compare) != NULL);
}
