/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/names.h"

#include <stdlib.h>
#include <string.h>

#include "core/date.h"
#include "core/flow.h"
#include "core/mem.h"

/* uthash ends the program when memory is out unless it is told otherwise. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct name_key {
	struct addr client, server;
};

struct name {
	struct name_key key;
	uint64_t until_us;
	char *text;
	UT_hash_handle hh;
};

struct names {
	struct name *table;	/* in the order of arrival: the head is the oldest */
};

struct names *
names_new(void)
{
	return xcalloc(1, sizeof(struct names));
}

static void
name_drop(struct names *names, struct name *name)
{
	HASH_DEL(names->table, name);
	free(name->text);
	free(name);
}

void
names_free(struct names *names)
{
	if (names == NULL)
		return;
	while (names->table != NULL)
		name_drop(names, names->table);
	free(names);
}

static struct name *
name_find(const struct names *names, const struct addr *client, const struct addr *server)
{
	struct name_key key;
	struct name *name;

	memset(&key, 0, sizeof(key));
	key.client = *client;
	key.server = *server;
	HASH_FIND(hh, names->table, &key, sizeof(key), name);
	return name;
}

static struct name *
name_new(const struct addr *client, const struct addr *server)
{
	struct name *name = calloc(1, sizeof(*name));

	if (name != NULL) {
		name->key.client = *client;
		name->key.server = *server;
	}
	return name;
}

void
names_put(struct names *names, const struct addr *client, const struct addr *server,
    const char *text, size_t len, uint64_t ttl, uint64_t now_us)
{
	struct name *name = name_find(names, client, server);
	char *copy;

	if (len == 0 || len > HOST_MAX || (copy = strndup(text, len)) == NULL)
		return;
	if (name != NULL)
		name_drop(names, name);
	name = name_new(client, server);
	if (name == NULL) {
		free(copy);
		return;
	}
	if (ttl < NAME_LIFE_MIN)
		ttl = NAME_LIFE_MIN;
	name->until_us = now_us + (ttl < NAME_LIFE_MAX ? ttl : NAME_LIFE_MAX) * USEC_PER_SEC;
	name->text = copy;
	HASH_ADD(hh, names->table, key, sizeof(name->key), name);
	if (HASH_COUNT(names->table) > NAMES_MAX)
		name_drop(names, names->table);
}

const char *
names_get(const struct names *names, const struct addr *client, const struct addr *server,
    uint64_t now_us)
{
	const struct name *name;

	if (names->table == NULL)
		return NULL;
	name = name_find(names, client, server);
	return name != NULL && now_us <= name->until_us ? name->text : NULL;
}
