/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as what a DNS server sends: as one datagram, or over TCP in one
 * piece and in pieces, which must say the same. Names said are names of hosts.
 */
#include "tests/unit/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
feed(struct run *run, uint8_t proto, const uint8_t *data, size_t size,
    size_t step)
{
	run_begin(run, &classifier_dns, proto, 53);
	for (size_t at = 0; at < size; at += step)
		run_chunk(run, DIR_DOWN, data + at,
		    size - at < step ? size - at : step, 0);
	run_end(run);
}

static void
check_names(const struct heard *heard)
{
	struct flow flow = { .proto = IPPROTO_UDP };

	for (unsigned i = 0; i < heard->answers && i < HEARD_ANSWERS_MAX; i++)
		if (!flow_host_set(&flow, heard->answer[i].name,
		    strlen(heard->answer[i].name), HOST_DNS))
			__builtin_trap();
	flow_fini(&flow);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct run whole, pieces;

	if (size < 2)
		return 0;
	if (data[0] & 0x80) {
		feed(&whole, IPPROTO_UDP, data + 1, size - 1, size);
	} else {
		feed(&whole, IPPROTO_TCP, data + 1, size - 1, size);
		feed(&pieces, IPPROTO_TCP, data + 1, size - 1, (size_t)data[0] + 1);
		if (whole.heard.answers != pieces.heard.answers ||
		    memcmp(whole.heard.answer, pieces.heard.answer,
		    sizeof(whole.heard.answer)) != 0)
			__builtin_trap();
	}
	check_names(&whole.heard);
	return 0;
}
