/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The index is a hash table of what a pattern ends with, asked once for every
 * label of a name: a look-up costs a few probes, however many patterns there
 * are, because it runs for every flow.
 */
#include "rules/hosts.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/flow.h"
#include "core/mem.h"

/* The order is the order of preference at an equal number of labels. */
enum pattern_kind { PATTERN_SUFFIX = 1, PATTERN_FORM, PATTERN_EXACT };

/* A pattern taken apart; nothing is copied. */
struct pattern {
	enum pattern_kind kind;
	const char *form;		/* the label with '*', before tail */
	size_t form_len;
	const char *tail;		/* what the name must end with */
	size_t tail_len;
	unsigned labels;		/* of the whole pattern */
};

struct host_entry {
	struct pattern pattern;
	const char *text;
	int32_t value;
	int32_t next;			/* in the bucket; -1 the last */
};

struct hosts {
	struct host_entry *entries;
	int32_t *buckets;		/* first entry; -1 empty */
	size_t count, room, bucket_count;	/* a power of two */
};

static struct pattern
pattern_of(const char *text)
{
	struct pattern p = { .kind = PATTERN_SUFFIX, .tail = text, .labels = 1 };
	const char *dot = strchr(text, '.');

	if (text[0] == '=') {
		p.kind = PATTERN_EXACT;
		p.tail++;
	} else if (dot != NULL && memchr(text, '*', (size_t)(dot - text))) {
		p.kind = PATTERN_FORM;
		p.form = text;
		p.form_len = (size_t)(dot - text);
		p.tail = dot + 1;
		p.labels++;
	}
	p.tail_len = strlen(p.tail);
	for (const char *c = p.tail; *c != '\0'; c++)
		p.labels += *c == '.';
	return p;
}

const char *
host_pattern_domain(const char *pattern)
{
	return pattern_of(pattern).tail;
}

/* RFC 1123 section 2.1, and '_' because names in use have it. */
const char *
host_pattern_fault(const char *pattern)
{
	struct pattern p = pattern_of(pattern);
	size_t label = 0;

	if (p.tail_len == 0 || p.tail_len > HOST_MAX)
		return "is empty or too long";
	if (p.kind == PATTERN_FORM &&
	    memchr(strchr(p.form, '*') + 1, '*', p.form_len -
	    (size_t)(strchr(p.form, '*') + 1 - p.form)) != NULL)
		return "has more than one '*' in its first label";
	if (p.kind != PATTERN_EXACT && strchr(p.tail, '.') == NULL)
		return "would cover a whole top-level domain";
	for (const char *c = p.tail;; c++) {
		if (*c == '.' || *c == '\0') {
			if (label == 0 || label > 63)
				return "has an empty or overlong label";
			label = 0;
		} else if (!islower((unsigned char)*c) &&
		    !isdigit((unsigned char)*c) && *c != '-' && *c != '_') {
			return "has a character that no lower-case host name has";
		} else {
			label++;
		}
		if (*c == '\0')
			return NULL;
	}
}

/* Does a label have the form "a*b"? At least one character for the star. */
static bool
label_has_form(const char *label, size_t len, const char *form, size_t form_len)
{
	const char *star = memchr(form, '*', form_len);
	size_t head = (size_t)(star - form);
	size_t foot = form_len - head - 1;

	return len > head + foot && strncasecmp(label, form, head) == 0 &&
	    strncasecmp(label + len - foot, star + 1, foot) == 0;
}

/* Length without a final dot (RFC 1034 section 3.1), at most HOST_MAX. */
static size_t
host_len(const char *host)
{
	size_t len = strnlen(host, HOST_MAX + 1);

	if (len > HOST_MAX)
		return 0;
	return len > 0 && host[len - 1] == '.' ? len - 1 : len;
}

/*
 * The rank of a pattern whose tail is known to stand at host + at, with a
 * label's boundary before it.
 */
static unsigned
pattern_rank_at(const struct pattern *p, const char *host, size_t at)
{
	size_t label;

	if (p->kind == PATTERN_EXACT && at != 0)
		return 0;
	if (p->kind == PATTERN_FORM) {
		if (at == 0)
			return 0;
		label = at - 1;
		while (label > 0 && host[label - 1] != '.')
			label--;
		if (label != 0 || !label_has_form(host, at - 1, p->form, p->form_len))
			return 0;
	}
	return p->labels * 4 + (unsigned)p->kind;
}

unsigned
host_pattern_rank(const char *pattern, const char *host)
{
	struct pattern p = pattern_of(pattern);
	size_t len = host_len(host);
	size_t at;

	if (len < p.tail_len)
		return 0;
	at = len - p.tail_len;
	if (strncasecmp(host + at, p.tail, p.tail_len) != 0 ||
	    (at > 0 && host[at - 1] != '.'))
		return 0;
	return pattern_rank_at(&p, host, at);
}

/* ---- the index -------------------------------------------------------------- */

/* FNV-1a over the text from its end, so that one pass gives every suffix's. */
#define HASH_START 2166136261u

static uint32_t
hash_step(uint32_t hash, char c)
{
	return (hash ^ (uint8_t)tolower((unsigned char)c)) * 16777619u;
}

static uint32_t
hash_back(const char *text, size_t len)
{
	uint32_t hash = HASH_START;

	while (len > 0)
		hash = hash_step(hash, text[--len]);
	return hash;
}

struct hosts *
hosts_new(void)
{
	return xcalloc(1, sizeof(struct hosts));
}

void
hosts_free(struct hosts *hosts)
{
	if (hosts == NULL)
		return;
	free(hosts->entries);
	free(hosts->buckets);
	free(hosts);
}

static int32_t *
hosts_bucket(const struct hosts *hosts, uint32_t hash)
{
	hash ^= hash >> 15;
	return &hosts->buckets[hash & (hosts->bucket_count - 1)];
}

static void
hosts_link(struct hosts *hosts, size_t index)
{
	struct host_entry *entry = &hosts->entries[index];
	int32_t *bucket = hosts_bucket(hosts,
	    hash_back(entry->pattern.tail, entry->pattern.tail_len));

	entry->next = *bucket;
	*bucket = (int32_t)index;
}

static void
hosts_grow(struct hosts *hosts)
{
	if (hosts->count < hosts->room)
		return;
	hosts->room = hosts->room ? hosts->room * 2 : 64;
	hosts->entries = xrealloc(hosts->entries, hosts->room,
	    sizeof(*hosts->entries));
	hosts->bucket_count = hosts->room * 2;
	hosts->buckets = xrealloc(hosts->buckets, hosts->bucket_count,
	    sizeof(*hosts->buckets));
	for (size_t i = 0; i < hosts->bucket_count; i++)
		hosts->buckets[i] = -1;
	for (size_t i = 0; i < hosts->count; i++)
		hosts_link(hosts, i);
}

int32_t
hosts_add(struct hosts *hosts, const char *pattern, int32_t value)
{
	struct pattern p = pattern_of(pattern);
	int32_t i = hosts->count == 0 ? -1 :
	    *hosts_bucket(hosts, hash_back(p.tail, p.tail_len));

	for (; i >= 0; i = hosts->entries[i].next)
		if (strcmp(hosts->entries[i].text, pattern) == 0)
			return hosts->entries[i].value;
	hosts_grow(hosts);
	hosts->entries[hosts->count] = (struct host_entry){
		.pattern = p, .text = pattern, .value = value
	};
	hosts_link(hosts, hosts->count++);
	return -1;
}

/* Looks through one bucket for patterns whose tail stands at host + at. */
static void
hosts_probe(const struct hosts *hosts, uint32_t hash, const char *host,
    size_t len, size_t at, unsigned *rank, int32_t *value)
{
	for (int32_t i = *hosts_bucket(hosts, hash); i >= 0;
	    i = hosts->entries[i].next) {
		const struct host_entry *entry = &hosts->entries[i];
		unsigned found;

		if (entry->pattern.tail_len != len - at ||
		    strncasecmp(host + at, entry->pattern.tail, len - at) != 0)
			continue;
		found = pattern_rank_at(&entry->pattern, host, at);
		if (found > *rank) {
			*rank = found;
			*value = entry->value;
		}
	}
}

int32_t
hosts_find(const struct hosts *hosts, const char *host)
{
	size_t len = host_len(host);
	uint32_t hash = HASH_START;
	unsigned rank = 0;
	int32_t value = -1;

	if (hosts->count == 0)
		return -1;
	for (size_t at = len; at > 0; at--) {
		hash = hash_step(hash, host[at - 1]);
		if (at == 1 || host[at - 2] == '.')
			hosts_probe(hosts, hash, host, len, at - 1, &rank, &value);
	}
	return value;
}

const char *
hosts_at(const struct hosts *hosts, size_t i, int32_t *value)
{
	if (i >= hosts->count)
		return NULL;
	*value = hosts->entries[i].value;
	return hosts->entries[i].text;
}
