/* SPDX-License-Identifier: Apache-2.0 */
/* One flow of one nDPI module, fed packet by packet, for the tests of app.c. */
#ifndef TESTS_UNIT_APP_SCENE_H
#define TESTS_UNIT_APP_SCENE_H

#include <netinet/in.h>
#include <string.h>

#include "classifiers/classifiers.h"

#define SYN 0x02
#define ACK 0x10

/* One flow of one module, fed packet by packet. */
struct scene {
	struct app *app;
	struct app_flow *state;
	struct flow flow;
	uint64_t now_us;
	uint32_t seq[2];
	char name[APP_NAME_MAX];
};

static inline void
scene_begin(struct scene *scene, uint8_t proto, const char *server, uint16_t port)
{
	memset(scene, 0, sizeof(*scene));
	scene->app = app_new();
	assert_non_null(scene->app);
	scene->flow.proto = proto;
	assert_true(addr_parse(server, &scene->flow.server));
	assert_true(addr_parse(scene->flow.server.family == 4 ? "192.0.2.7" :
	    "2001:db8::7", &scene->flow.client));
	scene->flow.client_port = 50123;
	scene->flow.server_port = port;
	scene->now_us = UINT64_C(1763700000000000);
}

static inline void
scene_end(struct scene *scene)
{
	app_finish(scene->app, &scene->state, &scene->flow);
	flow_fini(&scene->flow);
	app_free(scene->app);
}

static inline void
put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* Writes IP and transport headers before a payload; returns their length. */
static inline size_t
packet_head(const struct scene *scene, uint8_t *p, size_t len, uint8_t flags, enum dir dir)
{
	const struct flow *f = &scene->flow;
	const struct addr *src = dir == DIR_UP ? &f->client : &f->server;
	const struct addr *dst = dir == DIR_UP ? &f->server : &f->client;
	size_t ip = f->client.family == 4 ? 20 : 40, l4 = f->proto == IPPROTO_TCP ? 20 : 8;

	memset(p, 0, ip + l4);
	p[0] = ip == 20 ? 0x45 : 0x60;
	put16(p + (ip == 20 ? 2 : 4), (ip == 20 ? ip : 0) + l4 + len);
	p[ip == 20 ? 9 : 6] = f->proto;
	memcpy(p + (ip == 20 ? 12 : 8), src->bytes, ip == 20 ? 4 : 16);
	memcpy(p + (ip == 20 ? 16 : 24), dst->bytes, ip == 20 ? 4 : 16);
	put16(p + ip, dir == DIR_UP ? f->client_port : f->server_port);
	put16(p + ip + 2, dir == DIR_UP ? f->server_port : f->client_port);
	if (f->proto == IPPROTO_TCP) {
		put16(p + ip + 6, scene->seq[dir]);
		put16(p + ip + 10, scene->seq[!dir]);
		p[ip + 12] = 5 << 4;
		p[ip + 13] = flags;
	} else {
		put16(p + ip + 4, l4 + len);
	}
	return ip + l4;
}

static inline bool
scene_send(struct scene *scene, const void *data, size_t len, uint8_t flags, enum dir dir)
{
	static uint8_t packet[4096];
	size_t head = packet_head(scene, packet, len, flags, dir);

	assert_true(head + len <= sizeof(packet));
	if (len > 0)
		memcpy(packet + head, data, len);
	scene->seq[dir] += (uint32_t)len + ((flags & SYN) != 0);
	scene->flow.packets[dir]++;
	scene->now_us += 1000;
	return app_feed(scene->app, &scene->state, &scene->flow, packet, head + len,
	    scene->now_us, dir);
}

static inline bool
scene_up(struct scene *scene, const void *data, size_t len)
{
	return scene_send(scene, data, len, ACK, DIR_UP);
}

static inline const char *
scene_name(struct scene *scene)
{
	return app_name(scene->app, &scene->flow, scene->name);
}

static inline void
scene_handshake(struct scene *scene)
{
	assert_true(scene_send(scene, NULL, 0, SYN, DIR_UP));
	assert_true(scene_send(scene, NULL, 0, SYN | ACK, DIR_DOWN));
	assert_true(scene_send(scene, NULL, 0, ACK, DIR_UP));
}

static inline bool
is_42(void)
{
	return strncmp(app_version(), "4.2", 3) == 0;
}

/* A ClientHello of TLS 1.2 with a server name (RFC 5246 7.4.1.2, RFC 6066 3). */
static inline size_t
hello_make(uint8_t *p, const char *name)
{
	size_t n = strlen(name), ext = n + 9, body = 2 + 32 + 1 + 4 + 2 + 2 + ext;

	memset(p, 0, 5 + 4 + body);
	p[0] = 0x16;
	p[1] = 3;
	p[2] = 1;
	put16(p + 3, 4 + body);
	p[5] = 1;
	put16(p + 7, body);
	p[9] = 3;
	p[10] = 3;
	memset(p + 11, 0x5a, 32);
	put16(p + 44, 2);		/* one cipher suite */
	put16(p + 46, 0xc02f);
	p[48] = 1;			/* one compression method, null */
	put16(p + 50, ext);
	put16(p + 54, n + 5);		/* server_name, type 0 */
	put16(p + 56, n + 3);
	put16(p + 59, n);
	memcpy(p + 61, name, n);
	return 9 + body;
}

/* Sends a hello with this name to an address of nobody; the label it gets. */
static inline void
scene_hello(struct scene *scene, const char *name)
{
	uint8_t hello[512];

	scene_begin(scene, IPPROTO_TCP, "203.0.113.9", 443);
	scene_handshake(scene);
	scene_up(scene, hello, hello_make(hello, name));
}

#endif
