/* SPDX-License-Identifier: Apache-2.0 */
/*
 * templates: the flows of a few captures, by the class of traffic they are,
 * for multiply.c to copy.
 */
#ifndef TESTS_BENCH_TEMPLATES_H
#define TESTS_BENCH_TEMPLATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the published comparison of peers took of a flow. */
#define PACKETS_MAX 12

#define TEMPLATES_MAX 20000	/* flows of all inputs together */
#define FRAME_MAX 65536

enum class { MESSAGING, TLS_OTHER, QUIC, VOIP, DNS, HTTP, CLASSES, UNUSED };

struct class_row {
	const char *name;
	unsigned weight;		/* percent of the flows */
};

extern const struct class_row classes[CLASSES];

/* Both ends of a flow in an order that both directions give. */
struct key {
	uint8_t low[16], high[16];
	uint16_t low_port, high_port;
	uint8_t proto, family, unused[2];
};

/* An IP packet, from its header. */
struct slice {
	uint8_t *data;
	uint32_t len;
	bool from_client;
};

struct template {
	struct key key;
	struct slice packets[PACKETS_MAX];
	unsigned count;
	uint8_t client[16];
	uint16_t client_port, server_port;
	enum class class;
};

extern struct template templates[TEMPLATES_MAX];

/* Template numbers by class; filled by templates_sort(). */
extern unsigned members[CLASSES][TEMPLATES_MAX], member_count[CLASSES];

/* An IP packet that has ports, as its fields lie. */
struct view {
	uint8_t *ip, *transport, *payload;
	size_t len, payload_len, address_len;
	uint8_t *src, *dst;
	uint8_t proto;
	bool whole;		/* captured to its end */
};

/* False for fragments, extension headers and what is neither TCP nor UDP. */
bool view_of(uint8_t *ip, size_t len, struct view *view);
uint16_t port_at(const uint8_t *p);

/* Adds a capture's flows. Ends the program when it cannot be read. */
void templates_read(const char *path);
void templates_sort(void);

__attribute__((noreturn))
void die(const char *what, const char *detail);

#endif
