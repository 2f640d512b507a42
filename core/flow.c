/* SPDX-License-Identifier: Apache-2.0 */
#include "core/flow.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/digest.h"

/* Appends a value in network order to the bytes of a digest's input. */
static size_t
put_be(uint8_t *at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
	return bytes;
}

uint64_t
flow_id(const struct flow *flow, const uint8_t *key)
{
	uint8_t in[64], out[SHA256_LEN];
	size_t n = 0;
	uint64_t id = 0;

	memcpy(in, flow->client.bytes, 16);
	memcpy(in + 16, flow->server.bytes, 16);
	n = 32;
	n += put_be(in + n, flow->client_port, 2);
	n += put_be(in + n, flow->server_port, 2);
	in[n++] = flow->proto;
	in[n++] = flow->client.family;
	n += put_be(in + n, flow->begin_us, 8);
	if (key)
		digest_hmac(key, 32, in, n, out);
	else
		digest_sha256(in, n, out);
	for (int i = 0; i < 8; i++)
		id = id << 8 | out[i];
	return id >> 11;
}

/*
 * ICMP has no ports; the specification puts type and code in their place and
 * pairs the types of question and answer. Our flows keep no type, so both
 * are 0: a form that the specification defines for other protocols without
 * ports, by leaving them out.
 */
const char *
flow_community_id(const struct flow *flow, char *text)
{
	uint8_t in[44], out[SHA1_LEN];
	size_t len = flow->client.family == 4 ? 4 : 16, n = 0;
	int order = memcmp(flow->client.bytes, flow->server.bytes, len);
	bool client_first = order < 0 || (order == 0 && flow->client_port <= flow->server_port);
	const struct addr *a = client_first ? &flow->client : &flow->server;
	const struct addr *b = client_first ? &flow->server : &flow->client;

	n += put_be(in, 0, 2);
	memcpy(in + n, a->bytes, len);
	memcpy(in + n + len, b->bytes, len);
	n += 2 * len;
	in[n++] = flow->proto;
	in[n++] = 0;
	if (flow->client_port || flow->server_port) {
		n += put_be(in + n, client_first ? flow->client_port : flow->server_port, 2);
		n += put_be(in + n, client_first ? flow->server_port : flow->client_port, 2);
	}
	digest_sha1(in, n, out);
	text[0] = '1';
	text[1] = ':';
	base64_text(out, SHA1_LEN, text + 2);
	return text;
}

static bool
host_char_ok(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
	    c == '.' || c == '_';
}

/* Lower-cases name into out; false when it is no host name. */
static bool
host_clean(const char *name, size_t len, char out[HOST_MAX + 1])
{
	bool dot = false;

	if (len > 0 && name[len - 1] == '.')
		len--;
	if (len == 0 || len > HOST_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)name[i];

		if (c >= 'A' && c <= 'Z')
			c = (unsigned char)(c - 'A' + 'a');
		if (!host_char_ok(c) || (c == '.' && dot))
			return false;
		dot = c == '.';
		out[i] = (char)c;
	}
	out[len] = '\0';
	return out[0] != '.';
}

bool
flow_host_set(struct flow *flow, const char *name, size_t len, enum host_source source)
{
	char clean[HOST_MAX + 1];
	char *copy;

	if (source < flow->host_source || !host_clean(name, len, clean))
		return false;
	if (flow->host == NULL || strcmp(flow->host, clean) != 0) {
		copy = strdup(clean);
		if (copy == NULL)
			return false;
		free(flow->host);
		flow->host = copy;
	}
	flow->host_source = (uint8_t)source;
	return true;
}

const char *
host_source_name(enum host_source source)
{
	static const char *const names[] = { "none", "dns", "http", "quic", "sni" };

	return names[source];
}

const char *
app_confidence_name(enum app_confidence confidence)
{
	static const char *const names[] = { "none", "port", "ip", "cache", "dpi" };

	return names[confidence];
}

const char *
flow_proto_name(uint8_t proto)
{
	static char number[4];

	switch (proto) {
	case IPPROTO_TCP: return "TCP";
	case IPPROTO_UDP: return "UDP";
	case IPPROTO_ICMP: return "ICMP";
	case IPPROTO_ICMPV6: return "IPv6-ICMP";
	case IPPROTO_IGMP: return "IGMP";
	case IPPROTO_SCTP: return "SCTP";
	case IPPROTO_GRE: return "GRE";
	case IPPROTO_ESP: return "ESP";
	default:
		snprintf(number, sizeof(number), "%u", proto);
		return number;
	}
}

void
flow_fini(struct flow *flow)
{
	free(flow->host);
	free(flow->ja4);
	flow->host = flow->ja4 = NULL;
}
