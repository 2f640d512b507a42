/* SPDX-License-Identifier: Apache-2.0 */
/*
 * services: the table that services.yaml becomes, between its loader
 * (services_load.c) and its look-ups (services.c).
 */
#ifndef RULES_SERVICES_H
#define RULES_SERVICES_H

#include <stddef.h>

#include "core/conf.h"
#include "rules/hosts.h"
#include "rules/nets.h"
#include "rules/table.h"

/* A name, as nDPI or a person gives it, and the service it stands for. */
struct service_name {
	const char *name;
	size_t index;
};

struct service_names {
	struct service_name *list;	/* sorted, case aside */
	size_t count;
};

struct services {
	struct conf_doc *doc;		/* owns the texts */
	struct service *list;
	size_t count;
	struct hosts *hosts;
	struct nets *nets;
	struct service_names ids, apps;
	void **owned;			/* lists that services and calls point to */
	size_t owned_count;
};

/*
 * Makes the table of a parsed services.yaml; the document is taken. False
 * after any problem.
 */
bool services_read(struct rules *rules, struct conf_doc *doc,
    struct problems *problems);

/* Keeps memory until services_fini(). Returns it. */
void *services_own(struct services *services, void *memory);

/* Adds a name; the list is sorted by service_names_sort(). */
void service_names_add(struct service_names *names, const char *name,
    size_t index);
void service_names_sort(struct service_names *names);

#endif
