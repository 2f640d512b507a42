/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls: TLS over TCP opened with keys that a key log holds: TLS 1.3 (RFC 8446),
 * TLS 1.2 (RFC 5246) and the two before it. Ordered bytes in, plain bytes to
 * the judge.
 */
#ifndef CAPTURES_TLS_H
#define CAPTURES_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "captures/secrets.h"
#include "core/event.h"
#include "rules/rules.h"

/* The longest body of a record: 2^14 and what protection may add (RFC 5246 section 6.2.3). */
#define TLS_RECORD_MAX ((16u << 10) + 2048)

/*
 * Bytes one direction may keep: a record that is not whole yet, and what waits
 * for the other direction's hello or for keys.
 */
#define TLS_HELD_MAX (512u << 10)
/* All directions of all flows together. */
#define TLS_HELD_TOTAL_MAX (64u << 20)

/* What all connections of a replay share. */
struct tls_door {
	struct judge *judge;
	const struct secrets *secrets;
	struct stats *stats;		/* what stays closed is counted here */
	bool more_secrets;		/* a pipe may bring keys after the packets they open */
	size_t held_total;
	uint8_t plain[TLS_RECORD_MAX];	/* one opened record */
};

struct tls;

/* NULL when memory is out: the flow then stays closed. */
struct tls *tls_new(struct tls_door *door);
void tls_free(struct tls *tls);		/* NULL is allowed */

/* Takes ordered bytes of a flow; opened ones go to the judge. */
void tls_feed(struct tls *tls, struct flow *flow, const struct chunk *chunk);

/* The flow ends: tries what waited for keys, and says what stays closed. */
void tls_finish(struct tls *tls, struct flow *flow);

/* Nothing more will come of it: it is no TLS, has failed, or nobody listens. */
bool tls_is_over(const struct tls *tls);

#endif
