/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MaxMind DB files (GeoLite2, DB-IP and others): for an operator who points
 * BOOKGATE_MMDB at them. Country and network often come as two files, so up
 * to MMDB_FILES are read, colon-separated, and each fills what it knows.
 */
#include "reports/geo_source.h"

#include <maxminddb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/log.h"
#include "core/mem.h"

#define MMDB_FILES 2

struct mmdb_handle {
	MMDB_s files[MMDB_FILES];
	size_t count;
};

static void
mmdb_close(void *handle)
{
	struct mmdb_handle *mmdb = handle;

	for (size_t i = 0; i < mmdb->count; i++)
		MMDB_close(&mmdb->files[i]);
	free(mmdb);
}

static void
mmdb_open_one(struct mmdb_handle *mmdb, const char *path)
{
	int code = MMDB_open(path, MMDB_MODE_MMAP, &mmdb->files[mmdb->count]);

	if (code == MMDB_SUCCESS)
		mmdb->count++;
	else
		log_warn("geo", "%s: %s", path, MMDB_strerror(code));
}

static void
mmdb_version(const struct mmdb_handle *mmdb, char version[GEO_VERSION_MAX])
{
	const MMDB_metadata_s *metadata = &mmdb->files[0].metadata;
	time_t made = (time_t)metadata->build_epoch;
	struct tm tm;
	char day[16];

	if (gmtime_r(&made, &tm) == NULL ||
	    strftime(day, sizeof(day), "%Y-%m-%d", &tm) == 0)
		snprintf(day, sizeof(day), "undated");
	snprintf(version, GEO_VERSION_MAX, "%.31s %s", metadata->database_type, day);
}

static void *
mmdb_open(char version[GEO_VERSION_MAX])
{
	const char *paths = getenv("BOOKGATE_MMDB");
	struct mmdb_handle *mmdb;
	char *copy, *rest = NULL, *path;

	if (paths == NULL || paths[0] == '\0')
		return NULL;
	mmdb = xcalloc(1, sizeof(*mmdb));
	copy = xstrdup(paths);
	for (path = strtok_r(copy, ":", &rest); path != NULL && mmdb->count < MMDB_FILES;
	    path = strtok_r(NULL, ":", &rest))
		mmdb_open_one(mmdb, path);
	free(copy);
	if (mmdb->count == 0) {
		mmdb_close(mmdb);
		return NULL;
	}
	mmdb_version(mmdb, version);
	return mmdb;
}

static void
address_fill(const struct addr *addr, struct sockaddr_storage *out)
{
	struct sockaddr_in *in = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (addr->family == 4) {
		in->sin_family = AF_INET;
		memcpy(&in->sin_addr, addr->bytes, 4);
	} else {
		in6->sin6_family = AF_INET6;
		memcpy(&in6->sin6_addr, addr->bytes, 16);
	}
}

/*
 * Where makers put the same fact: GeoLite2 and DB-IP nest it, the free tables
 * of ip-location-db (of IPtoASN and others) are flat.
 */
static const char *const country_paths[][3] = {
	{ "country", "iso_code", NULL }, { "country_code", NULL, NULL },
	{ NULL, NULL, NULL }
};
static const char *const as_name_paths[][3] = {
	{ "autonomous_system_organization", NULL, NULL }, { NULL, NULL, NULL }
};
static const char *const asn_path[] = { "autonomous_system_number", NULL };

static void
text_take(MMDB_entry_s *entry, const char *const (*paths)[3], char *text, size_t size)
{
	MMDB_entry_data_s data;

	for (; (*paths)[0] != NULL; paths++)
		if (MMDB_aget_value(entry, &data, *paths) == MMDB_SUCCESS &&
		    data.has_data && data.type == MMDB_DATA_TYPE_UTF8_STRING &&
		    data.data_size < size) {
			snprintf(text, size, "%.*s", (int)data.data_size,
			    data.utf8_string);
			return;
		}
}

static void
entry_take(MMDB_entry_s *entry, struct geo *geo)
{
	MMDB_entry_data_s data;

	text_take(entry, country_paths, geo->country, sizeof(geo->country));
	text_take(entry, as_name_paths, geo->as_name, sizeof(geo->as_name));
	if (MMDB_aget_value(entry, &data, asn_path) == MMDB_SUCCESS && data.has_data &&
	    data.type == MMDB_DATA_TYPE_UINT32)
		geo->asn = data.uint32;
}

static void
mmdb_find(void *handle, const struct addr *addr, struct geo *geo)
{
	struct mmdb_handle *mmdb = handle;
	struct sockaddr_storage address;

	address_fill(addr, &address);
	for (size_t i = 0; i < mmdb->count; i++) {
		int error = MMDB_SUCCESS;
		MMDB_lookup_result_s found = MMDB_lookup_sockaddr(&mmdb->files[i],
		    (const struct sockaddr *)&address, &error);

		if (error == MMDB_SUCCESS && found.found_entry)
			entry_take(&found.entry, geo);
	}
}

static void
mmdb_library(char text[GEO_VERSION_MAX])
{
	snprintf(text, GEO_VERSION_MAX, "libmaxminddb %s", MMDB_lib_version());
}

const struct geo_kind geo_mmdb = { "mmdb", mmdb_library, mmdb_open, mmdb_close, mmdb_find };
