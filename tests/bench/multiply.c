/* SPDX-License-Identifier: Apache-2.0 */
/*
 * multiply: makes a capture of many concurrent flows from the flows of a few
 * captures, for the benchmark.
 *
 *	multiply -n FLOWS [-s SEED] -o OUT.pcap CAPTURE...
 *
 * Every flow of the captures is a template of at most PACKETS_MAX packets.
 * Copies are drawn by the weights of the classes below; the client gets an
 * address and a port of its own, the server keeps its own, so that labels by
 * address hold. Packet k of copy i is sent in round k at i / FLOWS of the
 * round: all flows begin in the first round, and none has ended before the
 * last has begun. The same seed and captures give the same bytes.
 */
#include <getopt.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/templates.h"

#define ROUND_US 16000000u	/* 12 rounds: 192 s, every flow alive all the time */
#define START_S 1763700000u	/* a day in November 2025 */

/* Devices behind a gateway have a few flows each at a time. */
#define FLOWS_A_PHONE 20

/* ---- drawing ---- */

/* splitmix64 (Steele, Lea, Flood 2014): a number for copy i, without a state. */
static uint64_t
draw(uint64_t seed, uint64_t i)
{
	uint64_t z = seed + (i + 1) * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Weights of classes without a template go to the others in proportion. */
static unsigned
copy_template(uint64_t seed, uint64_t i)
{
	uint64_t number = draw(seed, i);
	unsigned total = 0, at;
	int class;

	for (class = 0; class < CLASSES; class++)
		total += member_count[class] ? classes[class].weight : 0;
	at = (unsigned)(number % total);
	for (class = 0; class < CLASSES; class++) {
		unsigned weight = member_count[class] ? classes[class].weight : 0;

		if (at < weight)
			break;
		at -= weight;
	}
	return members[class][(number >> 32) % member_count[class]];
}

/* ---- writing ---- */

/* RFC 1071, over bytes in network order. */
static uint32_t
sum_add(uint32_t sum, const uint8_t *data, size_t len)
{
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)data[i] << 8 | data[i + 1];
	if (i < len)
		sum += (uint32_t)data[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void
put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void
view_fix_checksums(struct view *view)
{
	size_t len = view->len - (size_t)(view->transport - view->ip);
	uint8_t *at = view->transport + (view->proto == IPPROTO_TCP ? 16 : 6);
	uint32_t sum;

	if (view->address_len == 4) {
		put16(view->ip + 10, 0);
		put16(view->ip + 10, ~sum_add(0, view->ip,
		    (size_t)(view->transport - view->ip)) & 0xffff);
	}
	if (!view->whole)
		return;		/* a checksum over bytes that were not captured */
	put16(at, 0);
	sum = sum_add((uint32_t)len + view->proto, view->src, 2 * view->address_len);
	sum = ~sum_add(sum, view->transport, len) & 0xffff;
	put16(at, sum == 0 && view->proto == IPPROTO_UDP ? 0xffff : sum);
}

/*
 * Copy i's client: phones in 10.0.0.0/8 or fd00::/8 with some flows each.
 * Protocols with a fixed port on both sides keep it, on a phone of their own.
 */
static void
copy_client(const struct template *template, uint64_t i, uint8_t address[16], uint16_t *port)
{
	bool fixed = template->client_port < 1024 ||
	    template->client_port == template->server_port;
	uint32_t phone = (uint32_t)(fixed ? 0x800000 + i : i / FLOWS_A_PHONE);
	unsigned last = template->key.family == 4 ? 3 : 15;

	memset(address, 0, 16);
	address[0] = template->key.family == 4 ? 10 : 0xfd;
	address[last - 2] = (uint8_t)(phone >> 16);
	address[last - 1] = (uint8_t)(phone >> 8);
	address[last] = (uint8_t)phone;
	*port = fixed ? template->client_port :
	    (uint16_t)(32768 + i % FLOWS_A_PHONE * 1000 + i % 997);
}

static void
write_packet(FILE *out, const struct slice *slice, const struct template *template,
    uint64_t i, uint64_t time_us)
{
	static uint8_t frame[14 + FRAME_MAX];
	uint8_t address[16];
	uint16_t port;
	uint32_t head[4] = { (uint32_t)(START_S + time_us / 1000000),
	    (uint32_t)(time_us % 1000000), slice->len + 14, slice->len + 14 };
	struct view view;

	memcpy(frame + 14, slice->data, slice->len);
	if (!view_of(frame + 14, slice->len, &view))
		die("template", "cannot be read again");
	copy_client(template, i, address, &port);
	memcpy(slice->from_client ? view.src : view.dst, address, view.address_len);
	put16(view.transport + (slice->from_client ? 0 : 2), port);
	view_fix_checksums(&view);
	memset(frame, slice->from_client ? 2 : 6, 12);
	put16(frame + 12, view.address_len == 4 ? 0x0800 : 0x86dd);
	if (!view.whole) {	/* keep the wire length that the IP header tells */
		size_t total = view.address_len == 4 ? port_at(view.ip + 2) :
		    40u + port_at(view.ip + 4);
		head[3] = (uint32_t)total + 14;
	}
	if (fwrite(head, sizeof(head), 1, out) != 1 ||
	    fwrite(frame, slice->len + 14, 1, out) != 1)
		die("output", "cannot be written");
}

static void
capture_write(const char *path, uint64_t flows, uint64_t seed)
{
	/* pcap's file header: magic, version 2.4, zone, accuracy, length, link. */
	static const uint32_t head[6] = { 0xa1b2c3d4, 4 << 16 | 2, 0, 0, FRAME_MAX + 14, 1 };
	uint64_t packets = 0;
	unsigned drawn[CLASSES] = { 0 };
	FILE *out = fopen(path, "wb");

	if (out == NULL || fwrite(head, sizeof(head), 1, out) != 1)
		die(path, "cannot be written");
	for (unsigned round = 0; round < PACKETS_MAX; round++) {
		for (uint64_t i = 0; i < flows; i++) {
			const struct template *t = &templates[copy_template(seed, i)];

			drawn[t->class] += round == 0;
			if (round >= t->count)
				continue;
			write_packet(out, &t->packets[round], t, i,
			    (uint64_t)round * ROUND_US + i * ROUND_US / flows);
			packets++;
		}
	}
	if (fclose(out) != 0)
		die(path, "cannot be written");
	printf("%llu flows, %llu packets:", (unsigned long long)flows,
	    (unsigned long long)packets);
	for (int class = 0; class < CLASSES; class++)
		printf("%s %.1f %% %s (%u templates)", class ? "," : "",
		    100.0 * drawn[class] / (double)flows, classes[class].name,
		    member_count[class]);
	printf("\n");
}

int
main(int argc, char **argv)
{
	uint64_t flows = 0, seed = 1;
	const char *out = NULL;
	unsigned usable = 0;
	int c;

	while ((c = getopt(argc, argv, "n:s:o:")) != -1) {
		if (c == 'n')
			flows = strtoull(optarg, NULL, 10);
		else if (c == 's')
			seed = strtoull(optarg, NULL, 10);
		else if (c == 'o')
			out = optarg;
		else
			return 2;
	}
	if (flows == 0 || flows > 0x800000 || out == NULL || optind == argc) {
		fprintf(stderr, "usage: multiply -n FLOWS [-s SEED] -o OUT.pcap CAPTURE...\n");
		return 2;
	}
	for (int i = optind; i < argc; i++)
		templates_read(argv[i]);
	templates_sort();
	for (int class = 0; class < CLASSES; class++)
		usable += member_count[class];
	if (usable == 0)
		die("captures", "no flow of a class that is wanted");
	capture_write(out, flows, seed);
	return 0;
}
