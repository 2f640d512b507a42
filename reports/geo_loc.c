/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IPFire Location (libloc): a free, signed database of countries and networks
 * that Debian packages.
 */
#include "reports/geo_source.h"

#include <dlfcn.h>
#include <libloc/as.h>
#include <libloc/database.h>
#include <libloc/libloc.h>
#include <libloc/network.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/mem.h"

#define LOC_DATABASE "/var/lib/location/database.db"

struct loc_handle {
	struct loc_ctx *ctx;
	struct loc_database *database;
};

static void
loc_close(void *handle)
{
	struct loc_handle *loc = handle;

	if (loc->database != NULL)
		loc_database_unref(loc->database);
	if (loc->ctx != NULL)
		loc_unref(loc->ctx);
	free(loc);
}

static void
version_write(struct loc_handle *loc, char version[GEO_VERSION_MAX])
{
	time_t made = loc_database_created_at(loc->database);
	struct tm tm;
	char day[16];

	if (gmtime_r(&made, &tm) == NULL ||
	    strftime(day, sizeof(day), "%Y-%m-%d", &tm) == 0)
		snprintf(day, sizeof(day), "undated");
	snprintf(version, GEO_VERSION_MAX, "libloc %s", day);
}

static void *
loc_open(char version[GEO_VERSION_MAX])
{
	FILE *file = fopen(LOC_DATABASE, "re");
	struct loc_handle *loc;
	bool ok;

	if (file == NULL)
		return NULL;
	loc = xcalloc(1, sizeof(*loc));
	ok = loc_new(&loc->ctx) == 0 &&
	    loc_database_new(loc->ctx, &loc->database, file) == 0;
	fclose(file);			/* the library maps its own copy */
	if (!ok) {
		loc_close(loc);
		return NULL;
	}
	version_write(loc, version);
	return loc;
}

/* The library takes IPv4 as IPv4-mapped IPv6 (RFC 4291 section 2.5.5.2). */
static void
address_map(const struct addr *addr, struct in6_addr *out)
{
	memset(out, 0, sizeof(*out));
	if (addr->family == 4) {
		out->s6_addr[10] = 0xff;
		out->s6_addr[11] = 0xff;
		memcpy(out->s6_addr + 12, addr->bytes, 4);
	} else {
		memcpy(out->s6_addr, addr->bytes, 16);
	}
}

static void
as_name_find(struct loc_handle *loc, struct geo *geo)
{
	struct loc_as *as = NULL;
	const char *name;

	if (geo->asn == 0 ||
	    loc_database_get_as(loc->database, &as, geo->asn) != 0 || as == NULL)
		return;
	name = loc_as_get_name(as);
	if (name != NULL)
		snprintf(geo->as_name, sizeof(geo->as_name), "%s", name);
	loc_as_unref(as);
}

static void
loc_find(void *handle, const struct addr *addr, struct geo *geo)
{
	struct loc_handle *loc = handle;
	struct loc_network *network = NULL;
	struct in6_addr in6;
	const char *code;

	address_map(addr, &in6);
	if (loc_database_lookup(loc->database, &in6, &network) != 0 ||
	    network == NULL)
		return;
	code = loc_network_get_country_code(network);
	if (code != NULL && strlen(code) == 2)
		memcpy(geo->country, code, 3);
	geo->asn = loc_network_get_asn(network);
	as_name_find(loc, geo);
	loc_network_unref(network);
}

/* It tells no version: its file's name does, by the ABI, "libloc.so.1.0.2". */
static void
loc_library(char text[GEO_VERSION_MAX])
{
	Dl_info found;
	char *path = dladdr((void *)(uintptr_t)loc_new, &found) != 0 && found.dli_fname != NULL ?
	    realpath(found.dli_fname, NULL) : NULL;
	const char *name = path != NULL ? strrchr(path, '/') : NULL;

	snprintf(text, GEO_VERSION_MAX, "%s", name != NULL ? name + 1 : "libloc");
	free(path);
}

const struct geo_kind geo_loc = { "libloc", loc_library, loc_open, loc_close, loc_find };
