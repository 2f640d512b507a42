/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In which country and network an address lies, by an offline database. This
 * is evidence beside the recipient's legal seat, never in place of it.
 */
#include "reports/geo_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

/* The first kind that finds a database is used. */
static const struct geo_kind *const kinds[] = { &geo_mmdb, &geo_loc };

/* One office talks to few servers; a lookup costs a walk of up to 128 bits. */
#define GEO_CACHE_SLOTS 512

struct geo_slot {
	struct addr addr;
	struct geo geo;
};

struct geo_source {
	const struct geo_kind *kind;
	void *handle;
	char version[GEO_VERSION_MAX];
	struct geo_slot slots[GEO_CACHE_SLOTS];
};

/*
 * Codes that some databases use for "somewhere": they name no country, and
 * must not make an address look as if it were inside the EEA.
 */
static const char *const no_countries[] = {
	"EU", "AP", "A1", "A2", "A3", "XD", "T1", "O1", "XX", "ZZ"
};

struct geo_source *
geo_open(void)
{
	struct geo_source *source = xcalloc(1, sizeof(*source));

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		source->kind = kinds[i];
		source->handle = kinds[i]->open(source->version);
		if (source->handle != NULL)
			return source;
	}
	free(source);
	return NULL;
}

const char *
geo_libraries(char text[GEO_LIBRARIES_MAX])
{
	char one[GEO_VERSION_MAX];
	size_t used = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		kinds[i]->library(one);
		used += (size_t)snprintf(text + used, GEO_LIBRARIES_MAX - used, "%s%s",
		    i > 0 ? "\n" : "", one);
	}
	return text;
}

void
geo_close(struct geo_source *source)
{
	if (source == NULL)
		return;
	source->kind->close(source->handle);
	free(source);
}

/* Two capital letters that may name a country; all else becomes unknown. */
static void
country_check(struct geo *geo)
{
	const char *code = geo->country;
	bool known = strlen(code) == 2;

	for (size_t i = 0; known && i < 2; i++)
		known = code[i] >= 'A' && code[i] <= 'Z';
	for (size_t i = 0; known && i < sizeof(no_countries) / sizeof(no_countries[0]); i++)
		known = strcmp(code, no_countries[i]) != 0;
	if (!known)
		memset(geo->country, 0, sizeof(geo->country));
}

/* FNV-1a over the address (www.isthe.com/chongo/tech/comp/fnv). */
static size_t
slot_of(const struct addr *addr)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < sizeof(addr->bytes); i++)
		hash = (hash ^ addr->bytes[i]) * 16777619u;
	return hash % GEO_CACHE_SLOTS;
}

void
geo_find(struct geo_source *source, const struct addr *addr, struct geo *geo)
{
	struct geo_slot *slot;

	memset(geo, 0, sizeof(*geo));
	if (source == NULL || addr->family == 0 || addr_is_special(addr))
		return;
	slot = &source->slots[slot_of(addr)];
	if (memcmp(&slot->addr, addr, sizeof(*addr)) != 0) {
		memset(slot, 0, sizeof(*slot));
		source->kind->find(source->handle, addr, &slot->geo);
		country_check(&slot->geo);
		slot->addr = *addr;
	}
	*geo = slot->geo;
}

const char *
geo_version(struct geo_source *source)
{
	return source != NULL ? source->version : "none";
}
