/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which service a flow belongs to: by server name, address, nDPI's word.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/mem.h"
#include "rules/services.h"

void *
services_own(struct services *services, void *memory)
{
	services->owned = xrealloc(services->owned, services->owned_count + 1,
	    sizeof(*services->owned));
	services->owned[services->owned_count++] = memory;
	return memory;
}

void
service_names_add(struct service_names *names, const char *name, size_t index)
{
	names->list = xrealloc(names->list, names->count + 1,
	    sizeof(*names->list));
	names->list[names->count++] = (struct service_name){ name, index };
}

static int
service_name_compare(const void *a, const void *b)
{
	const struct service_name *x = a, *y = b;

	return strcasecmp(x->name, y->name);
}

void
service_names_sort(struct service_names *names)
{
	if (names->count > 0)
		qsort(names->list, names->count, sizeof(*names->list),
		    service_name_compare);
}

static const struct service *
service_by_name(const struct services *services,
    const struct service_names *names, const char *name)
{
	const struct service_name key = { .name = name };
	const struct service_name *found;

	if (name == NULL || names->count == 0)
		return NULL;
	found = bsearch(&key, names->list, names->count, sizeof(*names->list),
	    service_name_compare);
	return found == NULL ? NULL : &services->list[found->index];
}

size_t
rules_service_count(const struct rules *rules)
{
	return rules->services->count;
}

const struct service *
rules_service(const struct rules *rules, size_t index)
{
	return index < rules->services->count ?
	    &rules->services->list[index] : NULL;
}

const struct service *
rules_service_by_id(const struct rules *rules, const char *id)
{
	return service_by_name(rules->services, &rules->services->ids, id);
}

const struct service *
rules_service_by_app(const struct rules *rules, const char *ndpi_name)
{
	return service_by_name(rules->services, &rules->services->apps, ndpi_name);
}

const struct service *
rules_service_by_host(const struct rules *rules, const char *host)
{
	const struct services *services = rules->services;
	int32_t found;

	if (host == NULL)
		return NULL;
	found = hosts_find(services->hosts, host);
	return found < 0 ? NULL : &services->list[found];
}

const struct service *
rules_service_by_addr(const struct rules *rules, const struct addr *addr,
    uint16_t port)
{
	const struct services *services = rules->services;
	int32_t found = nets_find(services->nets, addr, port);

	return found < 0 ? NULL : &services->list[found];
}

const char *
rules_watched_domain(const struct rules *rules, size_t i,
    const struct service **service)
{
	const struct services *services = rules->services;
	int32_t value = 0;
	const char *pattern = hosts_at(services->hosts, i, &value);

	if (pattern == NULL)
		return NULL;
	*service = &services->list[value];
	return host_pattern_domain(pattern);
}

static unsigned
patterns_rank(const char *const *patterns, const char *host)
{
	unsigned best = 0;

	for (; patterns != NULL && *patterns != NULL; patterns++) {
		unsigned rank = host_pattern_rank(*patterns, host);

		if (rank > best)
			best = rank;
	}
	return best;
}

bool
call_covers(const struct call *call, const char *host)
{
	unsigned rank = 0, except;

	if (host == NULL || host[0] == '\0')
		return call->hosts == NULL;
	if (call->hosts != NULL) {
		rank = patterns_rank(call->hosts, host);
		if (rank == 0)
			return false;
	}
	except = patterns_rank(call->except, host);
	return except == 0 || except < rank;
}

void
services_fini(struct rules *rules)
{
	struct services *services = rules->services;

	if (services == NULL)
		return;
	for (size_t i = 0; i < services->owned_count; i++)
		free(services->owned[i]);
	free(services->owned);
	free(services->ids.list);
	free(services->apps.list);
	free(services->list);
	hosts_free(services->hosts);
	nets_free(services->nets);
	conf_free(services->doc);
	free(services);
	rules->services = NULL;
}
