/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/templates.h"

#include <netinet/in.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The mix of the published comparison of peers, by weight of flows.
 */
const struct class_row classes[CLASSES] = {
	[MESSAGING] = { "TLS messaging", 38 },
	[TLS_OTHER] = { "TLS other", 20 },
	[QUIC] = { "QUIC", 20 },
	[VOIP] = { "VoIP/STUN", 8 },
	[DNS] = { "DNS", 8 },
	[HTTP] = { "HTTP", 6 },
};

/* Names in a ClientHello that make its flow one of a messenger. */
static const char *const messengers[] = {
	"whatsapp", "signal.org", "whispersystems", "telegram", "t.me", "viber",
	"threema", "wechat", "weixin", "kakao", "facebook", "fbcdn", "instagram",
	"snapchat", "discord", "skype", "teams", "line-apps", "matrix", "icloud",
	"messenger", "imo.im", "zoom", "webex", "carddav", "contacts", "people",
};

struct template templates[TEMPLATES_MAX];
static unsigned template_count;

unsigned members[CLASSES][TEMPLATES_MAX], member_count[CLASSES];

__attribute__((noreturn))
void
die(const char *what, const char *detail)
{
	fprintf(stderr, "multiply: %s: %s\n", what, detail);
	exit(1);
}

/* ---- reading ---- */

static bool
view_find_payload(struct view *view)
{
	size_t left = view->len - (size_t)(view->transport - view->ip);
	size_t head = 8;

	if (view->proto != IPPROTO_TCP && view->proto != IPPROTO_UDP)
		return false;
	if (view->proto == IPPROTO_TCP)
		head = left >= 20 ? (size_t)(view->transport[12] >> 4) * 4 : 20;
	if (head > left || head < 8)
		return false;
	view->payload = view->transport + head;
	view->payload_len = left - head;
	return true;
}

bool
view_of(uint8_t *ip, size_t len, struct view *view)
{
	size_t head = len > 0 && ip[0] >> 4 == 4 ? (ip[0] & 15u) * 4 : 40, total;

	memset(view, 0, sizeof(*view));
	if (len < 20 || len < head || head < 20)
		return false;
	view->ip = ip;
	if (ip[0] >> 4 == 4) {
		total = (size_t)ip[2] << 8 | ip[3];
		view->src = ip + 12;
		view->address_len = 4;
		view->proto = ip[9];
		if (((ip[6] & 0x3f) | ip[7]) != 0)
			return false;
	} else if (ip[0] >> 4 == 6) {
		total = 40 + ((size_t)ip[4] << 8 | ip[5]);
		view->src = ip + 8;
		view->address_len = 16;
		view->proto = ip[6];
	} else {
		return false;
	}
	if (total < head)
		return false;
	view->dst = view->src + view->address_len;
	view->whole = total <= len;
	view->len = total < len ? total : len;
	view->transport = ip + head;
	return view_find_payload(view);
}

uint16_t
port_at(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* Where IP starts in a frame, or 0 for frames that are left out. */
static size_t
frame_skip(int link, const uint8_t *frame, size_t len)
{
	size_t at = 14;
	unsigned type;

	if (link == DLT_RAW || link == DLT_IPV4 || link == DLT_IPV6)
		return 0;
	if (link == DLT_LINUX_SLL)
		return len > 16 ? 16 : len;
	if (link == DLT_NULL)
		return len > 4 ? 4 : len;
	if (link != DLT_EN10MB || len < 18)
		return len;
	type = port_at(frame + 12);
	while (type == 0x8100 && len >= at + 4) {
		type = port_at(frame + at + 2);
		at += 4;
	}
	return type == 0x0800 || type == 0x86dd ? at : len;
}

static void
key_make(struct key *key, const struct view *view)
{
	uint16_t sport = port_at(view->transport), dport = port_at(view->transport + 2);
	int order = memcmp(view->src, view->dst, view->address_len);
	bool low = order < 0 || (order == 0 && sport < dport);

	memset(key, 0, sizeof(*key));
	memcpy(key->low, low ? view->src : view->dst, view->address_len);
	memcpy(key->high, low ? view->dst : view->src, view->address_len);
	key->low_port = low ? sport : dport;
	key->high_port = low ? dport : sport;
	key->proto = view->proto;
	key->family = view->ip[0] >> 4;
}

/* The sender of the first packet is the client, unless its port is a server's. */
static void
template_begin(struct template *template, const struct view *view)
{
	uint16_t sport = port_at(view->transport), dport = port_at(view->transport + 2);
	bool swap = sport < 1024 && dport >= 1024;

	memcpy(template->client, swap ? view->dst : view->src, view->address_len);
	template->client_port = swap ? dport : sport;
	template->server_port = swap ? sport : dport;
	template->class = UNUSED;
}

static struct template *
template_find(unsigned first, const struct key *key)
{
	for (unsigned i = first; i < template_count; i++)
		if (memcmp(&templates[i].key, key, sizeof(*key)) == 0)
			return &templates[i];
	return NULL;
}

static void
template_add(unsigned first, const struct view *view)
{
	struct template *template;
	struct slice *slice;
	struct key key;

	key_make(&key, view);
	template = template_find(first, &key);
	if (template == NULL) {
		if (template_count == TEMPLATES_MAX)
			return;
		template = &templates[template_count++];
		template->key = key;
		template_begin(template, view);
	}
	if (template->count == PACKETS_MAX)
		return;
	slice = &template->packets[template->count];
	slice->data = malloc(view->len);
	if (slice->data == NULL)
		die("memory", "none left");
	memcpy(slice->data, view->ip, view->len);
	slice->len = (uint32_t)view->len;
	slice->from_client = port_at(view->transport) == template->client_port &&
	    memcmp(view->src, template->client, view->address_len) == 0;
	template->count++;
}

void
templates_read(const char *path)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(path, error);
	unsigned first = template_count;
	struct pcap_pkthdr *head;
	const uint8_t *frame;
	uint8_t *copy = malloc(FRAME_MAX);

	if (pcap == NULL || copy == NULL)
		die(path, pcap ? "no memory" : error);
	while (pcap_next_ex(pcap, &head, &frame) == 1) {
		size_t skip = frame_skip(pcap_datalink(pcap), frame, head->caplen);
		size_t len = head->caplen - skip;
		struct view view;

		if (skip >= head->caplen || len > FRAME_MAX)
			continue;
		memcpy(copy, frame + skip, len);
		if (view_of(copy, len, &view))
			template_add(first, &view);
	}
	free(copy);
	pcap_close(pcap);
}

/* ---- classes ---- */

static bool
bytes_have_messenger(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < sizeof(messengers) / sizeof(messengers[0]); i++)
		if (memmem(bytes, len, messengers[i], strlen(messengers[i])))
			return true;
	return false;
}

static enum class
class_of_udp(const struct template *template, const struct view *view)
{
	const uint8_t *p = view->payload;

	if (template->server_port == 53)
		return DNS;
	if (view->payload_len >= 20 && memcmp(p + 4, "\x21\x12\xa4\x42", 4) == 0)
		return VOIP;		/* RFC 5389 section 6: the magic cookie */
	if (template->server_port == 443 && view->payload_len >= 1200 && (p[0] & 0xc0) == 0xc0)
		return QUIC;		/* RFC 9000 section 17.2 and 14.1 */
	return UNUSED;
}

static enum class
class_of_tcp(const struct view *view)
{
	static const char *const methods[] = { "GET ", "POST ", "PUT ", "HEAD ", "REPORT " };
	const uint8_t *p = view->payload;

	if (view->payload_len < 8)
		return UNUSED;
	if (p[0] == 0x16 && p[1] == 3)	/* RFC 8446 section 5.1 */
		return bytes_have_messenger(p, view->payload_len) ? MESSAGING : TLS_OTHER;
	if (memcmp(p, "WA", 2) == 0 || memcmp(p, "ED\0\1", 4) == 0)
		return MESSAGING;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (memcmp(p, methods[i], strlen(methods[i])) == 0)
			return HTTP;
	return UNUSED;
}

/* By the first payload that the client sends. */
static enum class
template_class(struct template *template)
{
	for (unsigned i = 0; i < template->count; i++) {
		struct slice *slice = &template->packets[i];
		struct view view;

		if (!slice->from_client || !view_of(slice->data, slice->len, &view) ||
		    view.payload_len == 0)
			continue;
		return view.proto == IPPROTO_UDP ? class_of_udp(template, &view) :
		    class_of_tcp(&view);
	}
	return UNUSED;
}

void
templates_sort(void)
{
	for (unsigned i = 0; i < template_count; i++) {
		enum class class = template_class(&templates[i]);

		templates[i].class = class;
		if (class < CLASSES)
			members[class][member_count[class]++] = i;
	}
}
