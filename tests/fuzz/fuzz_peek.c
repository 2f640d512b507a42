/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a client's first: what is said of a beginning must fit what is said of more. */
#include <string.h>

#include "proxy/peek.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct peek_buffer buffer;
	struct peek part, whole;

	if (size < 2)
		return 0;
	/* The first byte says where it is cut. */
	size_t len = size - 1 < PEEK_MAX ? size - 1 : PEEK_MAX, cut = 1 + data[0] * len / 256;

	memcpy(buffer.data, data + 1, len);
	part = peek_look(&buffer, cut < len ? cut : len);
	whole = peek_look(&buffer, len);
	if (whole.alpn_len > PEEK_ALPN_MAX || whole.need > PEEK_MAX)
		__builtin_trap();
	if (whole.result == PEEK_MORE && whole.need <= len)
		__builtin_trap();
	if (part.result != PEEK_MORE &&
	    (part.result != whole.result || part.alpn_len != whole.alpn_len))
		__builtin_trap();
	return 0;
}
