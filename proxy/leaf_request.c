/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a leaf shall say: names and dates of the origin's certificate, read by
 * the library alone, and what of it the authority may sign.
 */
#include <ctype.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "proxy/leaf.h"

const char *
leaf_request_name(const struct leaf_request *request, size_t i)
{
	return request->text + request->name[i];
}

/* Lower case; out has room for len + 1. */
static void
name_lower(char *out, const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (char)tolower((unsigned char)name[i]);
	out[len] = '\0';
}

static bool
request_has(const struct leaf_request *request, const char *name)
{
	for (size_t i = 0; i < request->count; i++) {
		if (strcmp(leaf_request_name(request, i), name) == 0)
			return true;
	}
	return false;
}

bool
leaf_request_add(struct leaf_request *request, const char *name, size_t len)
{
	char lower[HOST_MAX + 1];

	if (len == 0 || len > HOST_MAX)
		return false;
	name_lower(lower, name, len);
	if (!authority_name_valid(lower, len))
		return false;
	if (request_has(request, lower))
		return true;
	if (request->count >= LEAF_NAMES_MAX ||
	    len + 1 > sizeof(request->text) - request->used)
		return false;
	memcpy(request->text + request->used, lower, len + 1);
	request->name[request->count++] = request->used;
	request->used = (uint16_t)(request->used + len + 1);
	return true;
}

/* The first that stands for the host, or -1. */
static int
names_find(const GENERAL_NAMES *names, const char *host)
{
	struct leaf_request one;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type != GEN_DNS)
			continue;
		one.count = one.used = 0;
		if (leaf_request_add(&one, (const char *)
		    ASN1_STRING_get0_data(name->d.dNSName),
		    (size_t)ASN1_STRING_length(name->d.dNSName)) &&
		    authority_name_covers(one.text, host))
			return i;
	}
	return -1;
}

static void
name_take(struct leaf_request *request, const GENERAL_NAMES *names, int i)
{
	const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

	if (name->type == GEN_DNS)
		leaf_request_add(request, (const char *)
		    ASN1_STRING_get0_data(name->d.dNSName),
		    (size_t)ASN1_STRING_length(name->d.dNSName));
}

/* The name that matters comes first: then no limit can cut it off. */
static bool
names_take(struct leaf_request *request, X509 *origin)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(origin, NID_subject_alt_name, NULL, NULL);
	int first;

	ERR_clear_error();
	if (names == NULL)
		return false;
	first = names_find(names, request->host);
	if (first >= 0)
		name_take(request, names, first);
	for (int i = 0; i < sk_GENERAL_NAME_num(names) &&
	    request->count < LEAF_NAMES_MAX; i++)
		name_take(request, names, i);
	GENERAL_NAMES_free(names);
	return first >= 0;
}

enum leaf_result
leaf_request_from(struct leaf_request *request, X509 *origin, const char *host)
{
	size_t len = strnlen(host, HOST_MAX + 1);
	bool named, covered;

	name_lower(request->host, host, len <= HOST_MAX ? len : 0);
	named = authority_name_valid(request->host, strlen(request->host)) &&
	    host[0] != '*';
	if (!named)
		request->host[0] = '\0';
	request->count = request->used = 0;
	/* Dates that cannot be read are the beginning of time, and long over. */
	if (!authority_dates(origin, &request->not_before, &request->not_after))
		request->not_before = request->not_after = 0;
	covered = names_take(request, origin);
	return !named ? LEAF_BAD_REQUEST : covered ? LEAF_DONE : LEAF_NOT_COVERED;
}

enum leaf_result
leaf_request_permit(struct leaf_request *request, const struct authority *authority)
{
	const struct leaf_request asked = *request;
	bool covered = false;
	const char *name;

	if (!authority_permits(authority, request->host))
		return LEAF_NOT_PERMITTED;
	for (size_t i = 0; i < asked.count && !covered; i++)
		covered = authority_name_covers(leaf_request_name(&asked, i), asked.host);
	if (!covered)
		return LEAF_NOT_COVERED;
	request->count = request->used = 0;
	for (size_t i = 0; i < asked.count; i++) {
		name = leaf_request_name(&asked, i);
		if (authority_name_covers(name, asked.host) &&
		    authority_permits(authority, name))
			leaf_request_add(request, name, strlen(name));
	}
	/* A wildcard that would reach a closed name gives way to the host alone. */
	if (request->count == 0)
		leaf_request_add(request, asked.host, strlen(asked.host));
	for (size_t i = 0; i < asked.count; i++) {
		name = leaf_request_name(&asked, i);
		if (authority_permits(authority, name))
			leaf_request_add(request, name, strlen(name));
	}
	return LEAF_DONE;
}
