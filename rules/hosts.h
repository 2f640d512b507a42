/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns of server names, and an index over many of them.
 *
 *   name.example     the name and every name below it
 *   =name.example    that name alone
 *   a*b.example      one label of the form a...b, right before the rest
 *
 * Where several match, the one with the most labels wins; at the same number
 * an exact name beats a form, and a form beats a suffix.
 */
#ifndef RULES_HOSTS_H
#define RULES_HOSTS_H

#include <stddef.h>
#include <stdint.h>

/* What is wrong with a pattern, as words after "pattern 'x' "; NULL: nothing. */
const char *host_pattern_fault(const char *pattern);

/* How well a pattern matches a name: 0 not at all; more is longer. */
unsigned host_pattern_rank(const char *pattern, const char *host);

/* The literal domain a pattern ends with, without "=" and without the label with '*'. */
const char *host_pattern_domain(const char *pattern);

struct hosts;

struct hosts *hosts_new(void);
void hosts_free(struct hosts *hosts);

/*
 * Adds a pattern without fault; the text stays the caller's. Returns -1, or
 * the value that the very same pattern already has (and keeps).
 */
int32_t hosts_add(struct hosts *hosts, const char *pattern, int32_t value);

/* The value of the best match, or -1. Case and a final dot do not matter. */
int32_t hosts_find(const struct hosts *hosts, const char *host);

/* Pattern i in the order of adding, and its value; NULL after the last. */
const char *hosts_at(const struct hosts *hosts, size_t i, int32_t *value);

#endif
