/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/nets.h"

#include <stdbool.h>
#include <stdlib.h>

#include "core/mem.h"

/* A step of the trie. 0 is no child: node 0 and 1 are the roots. */
struct net_node {
	uint32_t child[2];
	int32_t first;		/* network + 1; 0 none */
};

struct net {
	const uint16_t *ports;
	size_t port_count;
	int32_t value;
	int32_t next;		/* the same prefix, network + 1; 0 none */
};

struct nets {
	struct net_node *nodes;
	struct net *list;
	size_t node_count, count;
};

static uint32_t
nets_node_new(struct nets *nets)
{
	nets->nodes = xrealloc(nets->nodes, nets->node_count + 1,
	    sizeof(*nets->nodes));
	nets->nodes[nets->node_count] = (struct net_node){ .first = 0 };
	return (uint32_t)nets->node_count++;
}

struct nets *
nets_new(void)
{
	struct nets *nets = xcalloc(1, sizeof(*nets));

	nets_node_new(nets);
	nets_node_new(nets);
	return nets;
}

void
nets_free(struct nets *nets)
{
	if (nets == NULL)
		return;
	free(nets->nodes);
	free(nets->list);
	free(nets);
}

static unsigned
addr_bit(const struct addr *addr, unsigned bit)
{
	return addr->bytes[bit / 8] >> (7 - bit % 8) & 1;
}

static uint32_t
nets_root(const struct addr *addr)
{
	return addr->family == 6 ? 1 : 0;
}

void
nets_add(struct nets *nets, const struct prefix *prefix,
    const uint16_t *ports, size_t port_count, int32_t value)
{
	uint32_t at = nets_root(&prefix->addr);
	int32_t *end;

	for (unsigned bit = 0; bit < prefix->bits; bit++) {
		unsigned side = addr_bit(&prefix->addr, bit);

		if (nets->nodes[at].child[side] == 0) {
			uint32_t made = nets_node_new(nets);

			nets->nodes[at].child[side] = made;
		}
		at = nets->nodes[at].child[side];
	}
	nets->list = xrealloc(nets->list, nets->count + 1, sizeof(*nets->list));
	nets->list[nets->count++] = (struct net){
		.ports = ports, .port_count = port_count, .value = value
	};
	end = &nets->nodes[at].first;
	while (*end != 0)
		end = &nets->list[*end - 1].next;
	*end = (int32_t)nets->count;
}

static bool
net_has_port(const struct net *net, uint16_t port)
{
	for (size_t i = 0; i < net->port_count; i++)
		if (net->ports[i] == port)
			return true;
	return net->port_count == 0;
}

static int32_t
nets_value_at(const struct nets *nets, uint32_t at, uint16_t port,
    int32_t otherwise)
{
	for (int32_t i = nets->nodes[at].first; i != 0; i = nets->list[i - 1].next)
		if (net_has_port(&nets->list[i - 1], port))
			return nets->list[i - 1].value;
	return otherwise;
}

int32_t
nets_find(const struct nets *nets, const struct addr *addr, uint16_t port)
{
	unsigned bits = addr->family == 6 ? 128 : addr->family == 4 ? 32 : 0;
	uint32_t at = nets_root(addr);
	int32_t value = -1;

	if (bits == 0)
		return -1;
	value = nets_value_at(nets, at, port, value);
	for (unsigned bit = 0; bit < bits; bit++) {
		at = nets->nodes[at].child[addr_bit(addr, bit)];
		if (at == 0)
			break;
		value = nets_value_at(nets, at, port, value);
	}
	return value;
}
