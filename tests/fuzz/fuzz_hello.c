/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as what a client sends over TCP: in one piece and in pieces, whose
 * sizes follow from the first byte, they must say the same.
 */
#include "tests/unit/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
feed(struct run *run, const uint8_t *data, size_t size, size_t step)
{
	run_begin(run, &classifier_hello, IPPROTO_TCP, 443);
	for (size_t at = 0; at < size; at += step)
		run_up(run, data + at, size - at < step ? size - at : step);
	run_end(run);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct run whole, pieces;

	/* After a CONNECT it matters where a chunk begins. */
	if (size < 2 || data[1] == 'C')
		return 0;
	feed(&whole, data + 1, size - 1, size);
	feed(&pieces, data + 1, size - 1, (size_t)data[0] + 1);
	if (whole.heard.hellos != pieces.heard.hellos || whole.heard.hellos > 1 ||
	    whole.heard.hosts != pieces.heard.hosts ||
	    whole.heard.echs != pieces.heard.echs ||
	    whole.heard.version != pieces.heard.version ||
	    strcmp(whole.heard.host, pieces.heard.host) != 0 ||
	    strcmp(whole.heard.ja4, pieces.heard.ja4) != 0)
		__builtin_trap();
	if (whole.heard.ja4s > 0 && strlen(whole.heard.ja4) != JA4_MAX - 1)
		__builtin_trap();
	return 0;
}
