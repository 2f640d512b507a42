/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Real captures: the public test captures of nDPI, where they lie beside the
 * project. The conversations found must be those that ndpiReader 4.2 lists,
 * but for those named below, each with its reason.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "captures/packet.h"
#include "core/csv.h"

#define FOLDER "../shared/captures/"
#define SKIPPED 77
#define TUPLES_MAX 512

/* One conversation; the two ends stand in a fixed order. */
struct tuple {
	struct addr ends[2];
	uint16_t ports[2];
	uint8_t proto;
	bool seen;
};

struct tuples {
	struct tuple list[TUPLES_MAX];
	size_t count;
};

/* How many conversations one side has and the other has not, and why. */
static const struct difference {
	const char *file;
	unsigned missing, extra;
} differences[] = {
	/* ndpiReader leaves VXLAN packed. */
	{ "ndpi/vxlan.pcap", 9, 4 },
	/* It writes two :: into one address, which then is none. */
	{ "ndpi/stun.pcap", 0, 1 },
	/* It reads ports out of fragments, here of garbage; we join them. */
	{ "ndpi/ip_fragmented_garbage.pcap", 1, 2 },
	/* Fuzzed headers: it goes on where lengths contradict each other. */
	{ "ndpi/fuzz-2006-06-26-2594.pcap", 7, 5 },
	{ "ndpi/fuzz-2006-09-29-28586.pcap", 3, 0 },
	{ "ndpi/kerberos_fuzz.pcapng", 1, 0 },
	{ "ndpi/quic-fuzz-overflow.pcapng", 1, 0 },
	/* It gives up on GTP with a cut header; we see the UDP around it. */
	{ "ndpi/fuzz-2021-06-07-c6c72a0a56.pcap", 0, 1 },
};

static void
tuple_order(struct tuple *tuple)
{
	struct tuple swapped = *tuple;
	int order = memcmp(&tuple->ends[0], &tuple->ends[1],
	    sizeof(tuple->ends[0]));

	if (order < 0 || (order == 0 && tuple->ports[0] <= tuple->ports[1]))
		return;
	for (int i = 0; i < 2; i++) {
		tuple->ends[i] = swapped.ends[1 - i];
		tuple->ports[i] = swapped.ports[1 - i];
	}
}

static struct tuple *
tuples_find(struct tuples *tuples, const struct tuple *tuple)
{
	for (size_t i = 0; i < tuples->count; i++) {
		struct tuple *at = &tuples->list[i];

		if (at->proto == tuple->proto &&
		    memcmp(at->ports, tuple->ports, sizeof(at->ports)) == 0 &&
		    memcmp(at->ends, tuple->ends, sizeof(at->ends)) == 0)
			return at;
	}
	return NULL;
}

static struct tuple *
tuples_add(struct tuples *tuples, struct tuple *tuple)
{
	struct tuple *at;

	tuple_order(tuple);
	at = tuples_find(tuples, tuple);
	if (at != NULL)
		return at;
	assert_true(tuples->count < TUPLES_MAX);
	tuples->list[tuples->count] = *tuple;
	return &tuples->list[tuples->count++];
}

/* Columns of the list: l4,src,sport,dst,dport are the second to sixth. */
static void
expected_add(struct tuples *tuples, const struct csv_row *row)
{
	struct tuple tuple = { .proto = (uint8_t)atoi(row->cells[1].text) };

	for (int i = 0; i < 2; i++) {
		if (!addr_parse(row->cells[2 + 2 * i].text, &tuple.ends[i]))
			return;
		tuple.ports[i] = (uint16_t)atoi(row->cells[3 + 2 * i].text);
	}
	tuples_add(tuples, &tuple);
}

/* Decodes a capture to its end; returns conversations that nobody expected. */
static unsigned
capture_compare(const char *path, struct tuples *tuples)
{
	char reason[SOURCE_REASON_MAX] = "";
	struct source *source = source_open(path, reason, sizeof(reason));
	struct decoder *decoder = decoder_new();
	size_t expected = tuples->count;
	enum source_next next;
	struct packet packet;
	struct frame frame;

	assert_string_equal(reason, "");
	while ((next = source_next(source, &frame)) == SOURCE_FRAME) {
		struct tuple tuple = { 0 };

		if (decoder_decode(decoder, &frame, &packet) != PACKET_IP)
			continue;
		tuple.proto = packet.proto;
		tuple.ends[0] = packet.src;
		tuple.ends[1] = packet.dst;
		tuple.ports[0] = packet.src_port;
		tuple.ports[1] = packet.dst_port;
		tuples_add(tuples, &tuple)->seen = true;
	}
	/* The one file that is cut off in the middle. */
	if (strstr(path, "fuzz-2021-10-13") != NULL)
		assert_int_equal(next, SOURCE_DAMAGED);
	else
		assert_int_equal(next, SOURCE_END);
	decoder_free(decoder);
	source_free(source);
	return (unsigned)(tuples->count - expected);
}

static void
file_check(const char *file, struct tuples *tuples)
{
	static const struct difference none = { "", 0, 0 };
	const struct difference *known = &none;
	unsigned missing = 0, extra;
	char path[256];

	for (size_t i = 0; i < sizeof(differences) / sizeof(differences[0]); i++)
		if (strcmp(differences[i].file, file) == 0)
			known = &differences[i];
	snprintf(path, sizeof(path), "%s%s", FOLDER, file);
	extra = capture_compare(path, tuples);
	for (size_t i = 0; i < tuples->count; i++)
		missing += !tuples->list[i].seen;
	if (missing != known->missing || extra != known->extra)
		fail_msg("%s: %u conversations are missing, %u are new; %u and %u "
		    "are known to be", file, missing, extra, known->missing,
		    known->extra);
}

/* Checks every file of the list; its rows stand file by file. */
static void
list_check(const char *list)
{
	struct problems problems = { 0 };
	struct csv *csv = csv_load(list, &problems);
	struct tuples *tuples = calloc(1, sizeof(*tuples));

	assert_non_null(csv);
	assert_non_null(tuples);
	assert_int_equal(problems.count, 0);
	for (size_t i = 0; i < csv->count; i++) {
		const char *file = csv->rows[i].cells[0].text;

		expected_add(tuples, &csv->rows[i]);
		if (i + 1 < csv->count &&
		    strcmp(csv->rows[i + 1].cells[0].text, file) == 0)
			continue;
		file_check(file, tuples);
		memset(tuples, 0, sizeof(*tuples));
	}
	free(tuples);
	csv_free(csv);
	problems_fini(&problems);
}

static void
test_conversations(void **state)
{
	(void)state;
	list_check(FOLDER "expected/ndpi.ndpi42.csv");
	list_check(FOLDER "expected/ndpi-4.2.ndpi42.csv");
}

/* Files in which ndpiReader found no conversation at all. */
static void
test_files_without_conversations(void **state)
{
	struct tuples *tuples = calloc(1, sizeof(*tuples));

	(void)state;
	assert_non_null(tuples);
	file_check("ndpi/badpackets.pcap", tuples);
	file_check("ndpi/fuzz-2021-06-07-c6c72a0a56.pcap", tuples);
	free(tuples);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conversations),
		cmocka_unit_test(test_files_without_conversations),
	};

	if (access(FOLDER "expected/ndpi.ndpi42.csv", R_OK) != 0) {
		puts("no real captures at " FOLDER);
		return SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
