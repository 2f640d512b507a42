/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names: which name a client was last told an address has. DNS answers come
 * in, later flows ask. Only the client that got the answer is served by it:
 * one address of a content network has many names.
 */
#ifndef RULES_NAMES_H
#define RULES_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"

/* Answers kept at once; the oldest goes first. About 150 bytes each. */
#define NAMES_MAX 65536
/*
 * Phones go on using an answer after its TTL has run out; an answer is
 * believed for at least this long and at most a day.
 */
#define NAME_LIFE_MIN 300u
#define NAME_LIFE_MAX 86400u

struct names;

struct names *names_new(void);
void names_free(struct names *names);

/* name is not terminated; ttl in seconds. */
void names_put(struct names *names, const struct addr *client,
    const struct addr *server, const char *name, size_t len, uint64_t ttl,
    uint64_t now_us);

/* The name, or NULL. Valid until the next put. */
const char *names_get(const struct names *names, const struct addr *client,
    const struct addr *server, uint64_t now_us);

#endif
