/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which names the authority may sign: lists of domains, from the rules or from
 * a certificate's constraints, and the question whether a name is among them.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/mem.h"
#include "proxy/authority.h"

/* A label of a name (RFC 1035 section 2.3.4). */
#define LABEL_MAX 63
/* A whole name, in text (the same). */
#define NAME_MAX_DNS 253

static void
domains_add(struct authority_domains *domains, const char *name)
{
	domains->list = xrealloc(domains->list, domains->count + 1,
	    sizeof(*domains->list));
	domains->list[domains->count++] = xstrdup(name);
}

static void
domains_fini(struct authority_domains *domains)
{
	for (size_t i = 0; i < domains->count; i++)
		free(domains->list[i]);
	free(domains->list);
	*domains = (struct authority_domains){ 0 };
}

void
authority_names_fini(struct authority_names *names)
{
	domains_fini(&names->permitted);
	domains_fini(&names->excluded);
}

/* RFC 5280 section 4.2.1.10: the domain itself, and labels added on its left. */
static bool
name_below(const char *name, const char *domain)
{
	size_t len = strlen(name), domain_len = strlen(domain);

	if (len < domain_len || strcasecmp(name + len - domain_len, domain) != 0)
		return false;
	return len == domain_len || name[len - domain_len - 1] == '.';
}

static bool
domains_cover(const struct authority_domains *domains, const char *name)
{
	for (size_t i = 0; i < domains->count; i++) {
		if (name_below(name, domains->list[i]))
			return true;
	}
	return false;
}

/* ---- from the rules --------------------------------------------------------- */

static void
closed_add(struct authority_names *names, const struct rules *rules,
    const char *domain)
{
	const char *closed;

	for (size_t i = 0; (closed = rules_closed_domain(rules, i)) != NULL; i++) {
		if (name_below(closed, domain))
			domains_add(&names->excluded, closed);
	}
}

void
authority_names_add(struct authority_names *names, const struct rules *rules,
    const struct service *service)
{
	const struct service *of;
	const char *domain;

	for (size_t i = 0; (domain = rules_watched_domain(rules, i, &of)) != NULL; i++) {
		/* One label would permit a whole top-level domain. */
		if (of != service || strchr(domain, '.') == NULL ||
		    rules_never_open(rules, domain) != NULL)
			continue;
		domains_add(&names->permitted, domain);
		closed_add(names, rules, domain);
	}
}

static int
domain_compare(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* Is list[i] covered by another, or a later twin of one? */
static bool
domain_spare(const struct authority_domains *domains, size_t i)
{
	for (size_t k = 0; k < domains->count; k++) {
		if (k == i || !name_below(domains->list[i], domains->list[k]))
			continue;
		if (k < i || strcmp(domains->list[i], domains->list[k]) != 0)
			return true;
	}
	return false;
}

static void
domains_settle(struct authority_domains *domains)
{
	bool *spare = xcalloc(domains->count + 1, sizeof(*spare));
	size_t kept = 0;

	if (domains->count > 0)
		qsort(domains->list, domains->count, sizeof(*domains->list),
		    domain_compare);
	for (size_t i = 0; i < domains->count; i++)
		spare[i] = domain_spare(domains, i);
	for (size_t i = 0; i < domains->count; i++) {
		if (spare[i])
			free(domains->list[i]);
		else
			domains->list[kept++] = domains->list[i];
	}
	domains->count = kept;
	free(spare);
}

void
authority_names_settle(struct authority_names *names)
{
	domains_settle(&names->permitted);
	domains_settle(&names->excluded);
}

/* ---- questions ---------------------------------------------------------------- */

/* The length of a label up to a dot or the end; 0 when it is none. */
static size_t
label_len(const char *at, size_t left)
{
	size_t n = 0;

	while (n < left && at[n] != '.') {
		if (!islower((unsigned char)at[n]) && !isdigit((unsigned char)at[n]) &&
		    at[n] != '-' && at[n] != '_')
			return 0;
		n++;
	}
	return n <= LABEL_MAX ? n : 0;
}

/* Four numbers are an address, whatever a certificate calls them. */
static bool
name_is_address(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!isdigit((unsigned char)name[i]) && name[i] != '.')
			return false;
	}
	return true;
}

bool
authority_name_valid(const char *name, size_t len)
{
	size_t labels = 0, at = 0, n;

	if (len == 0 || len > NAME_MAX_DNS || name_is_address(name, len))
		return false;
	if (len > 2 && name[0] == '*' && name[1] == '.')
		at = 2;
	while ((n = label_len(name + at, len - at)) > 0) {
		labels++;
		at += n;
		if (at == len)
			return labels >= 2;
		at++;
	}
	return false;
}

bool
authority_name_covers(const char *name, const char *host)
{
	const char *dot = strchr(host, '.');

	if (strcasecmp(name, host) == 0)
		return true;
	return name[0] == '*' && name[1] == '.' && dot != NULL && dot != host &&
	    strcasecmp(name + 1, dot) == 0;
}

bool
authority_names_permit(const struct authority_names *names, const char *name)
{
	const bool wild = name[0] == '*';
	const char *base = wild ? name + 2 : name;

	if (!authority_name_valid(name, strlen(name)) ||
	    !domains_cover(&names->permitted, base) ||
	    domains_cover(&names->excluded, base))
		return false;
	for (size_t i = 0; wild && i < names->excluded.count; i++) {
		if (authority_name_covers(name, names->excluded.list[i]))
			return false;
	}
	return true;
}
