/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refusal: what a client is told whose upload was stopped, and the notice page
 * of the gateway. Bodies come in three types and four languages; every word
 * that is not ours (names from the configuration) is escaped.
 */
#ifndef PROXY_REFUSAL_H
#define PROXY_REFUSAL_H

#include <stddef.h>

#include "rules/rules.h"

struct refusal {
	const char *media_type;		/* "application/json", ...; static text */
	char *body;			/* owned; NULL: memory is out */
	size_t len;
};

/*
 * The body of a 403 for an upload that a rule stopped: in the type that Accept
 * prefers (accept may be "" or NULL; text/plain when nothing fits better), in
 * the organisation's language, naming the rule, the organisation and its data
 * protection officer. The caller frees body.
 */
struct refusal refusal_make(const struct settings *settings, const char *accept,
    const struct verdict *verdict);

/* The body of a 400, for a request whose form has two readings (RFC 9112 section 11.2). */
struct refusal refusal_fault(const char *accept);

/*
 * The gateway's answer to a request made to itself: head and body of the page
 * that tells what is inspected, by whom, on what footing, in the language that
 * language ("" or NULL none: the value of Accept-Language) prefers among four.
 * The caller frees the text. NULL: memory is out.
 */
char *notice_answer(const struct settings *settings, const struct rules *rules,
    const char *request, size_t request_len, size_t *len);

#endif
