/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Networks by longest prefix: a binary trie for each address family.
 */
#ifndef RULES_NETS_H
#define RULES_NETS_H

#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"

struct nets;

struct nets *nets_new(void);
void nets_free(struct nets *nets);

/*
 * Adds a network with the ports it counts for (none: all); the ports stay the
 * caller's. Of equal networks with the same port the first added wins.
 */
void nets_add(struct nets *nets, const struct prefix *prefix,
    const uint16_t *ports, size_t port_count, int32_t value);

/* The value of the longest network that has the address and port, or -1. */
int32_t nets_find(const struct nets *nets, const struct addr *addr,
    uint16_t port);

#endif
