/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kind of geo database: one row of the table in geo.c each.
 */
#ifndef REPORTS_GEO_SOURCE_H
#define REPORTS_GEO_SOURCE_H

#include "reports/reports.h"

#define GEO_VERSION_MAX 48

struct geo_kind {
	const char *name;
	/* The library itself, not its data: "libmaxminddb 1.7.1". */
	void (*library)(char text[GEO_VERSION_MAX]);
	/* Opens the database; NULL where there is none. Fills its version. */
	void *(*open)(char version[GEO_VERSION_MAX]);
	void (*close)(void *handle);
	/* geo is empty on entry; what is not known stays so. */
	void (*find)(void *handle, const struct addr *addr, struct geo *geo);
};

extern const struct geo_kind geo_loc;	/* libloc: geo_loc.c */
extern const struct geo_kind geo_mmdb;	/* libmaxminddb: geo_mmdb.c */

#endif
