/* SPDX-License-Identifier: Apache-2.0 */
/* The requests by which a call is known; part of services.yaml. */
#ifndef RULES_CALLS_H
#define RULES_CALLS_H

#include "rules/services.h"

/*
 * One form of a call's request. Texts are the document's. In patterns "*"
 * stands for anything within a part of the path, "**" for anything at all;
 * case does not count, for servers differ in it.
 */
struct call_request {
	const char *method;		/* NULL: any */
	const char *path;		/* pattern of the path without the query */
	const char *media;		/* pattern of the media type; NULL: any */
	const char *const *query;	/* patterns of parameters, all of them there; NULL: any */
	const char *const *fields;	/* keys that hold the address book; NULL: none is known */
	bool anywhere;			/* the path alone tells the service, at any host */
};

/*
 * Reads a list of requests; services keeps the memory. What is wrong becomes a
 * problem at its place. Returns the array, or NULL for an absent or broken one.
 */
const struct call_request *call_requests_read(struct services *services,
    const struct conf_node *list, struct problems *problems, size_t *count);

/* Hands all fields of all calls down to those who read bodies. */
void call_fields_publish(const struct services *services);

/* Does a pattern match all of a text? */
bool call_pattern_matches(const char *pattern, const char *text, size_t len);

#endif
