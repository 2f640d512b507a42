/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The constraints as they stand in a certificate: RFC 5280 section 4.2.1.10.
 *
 * A kind of name that is not mentioned is not restricted, so every kind that
 * could name a server or a person is. Addresses are excluded, all of them. For
 * mail names and URIs the standard has no form that means "all", and verifiers
 * read an empty one differently; so one host of each kind is permitted that
 * can never be (RFC 6761 section 6.4), which shuts out every other. It is
 * excluded as well: some verifiers look at the excluded URIs alone.
 */
#include <openssl/x509v3.h>
#include <string.h>

#include "core/mem.h"
#include "proxy/authority.h"

#define NOBODY "nobody.invalid"

/* Address and mask: all of IPv4, all of IPv6. */
#define ALL_V4 8
#define ALL_V6 32
static const unsigned char zeroes[ALL_V6];

typedef STACK_OF(GENERAL_SUBTREE) subtrees;

/* Takes the value, also when it fails. */
static bool
subtree_push(subtrees *list, int type, ASN1_STRING *value)
{
	GENERAL_SUBTREE *tree = GENERAL_SUBTREE_new();

	if (tree == NULL || value == NULL || tree->base == NULL)
		goto fail;
	GENERAL_NAME_set0_value(tree->base, type, value);
	value = NULL;
	if (sk_GENERAL_SUBTREE_push(list, tree) > 0)
		return true;
fail:
	ASN1_STRING_free(value);
	GENERAL_SUBTREE_free(tree);
	return false;
}

static bool
subtree_add(subtrees *list, int type, const void *data, size_t len)
{
	ASN1_STRING *value = ASN1_STRING_type_new(type == GEN_IPADD ?
	    V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);

	if (value != NULL && !ASN1_STRING_set(value, data, (int)len)) {
		ASN1_STRING_free(value);
		value = NULL;
	}
	return subtree_push(list, type, value);
}

static bool
domains_put(subtrees *list, const struct authority_domains *domains)
{
	for (size_t i = 0; i < domains->count; i++) {
		if (!subtree_add(list, GEN_DNS, domains->list[i],
		    strlen(domains->list[i])))
			return false;
	}
	return true;
}

bool
authority_names_put(const struct authority_names *names, X509 *cert)
{
	NAME_CONSTRAINTS *nc = NAME_CONSTRAINTS_new();
	bool done = false;

	if (nc == NULL)
		return false;
	nc->permittedSubtrees = sk_GENERAL_SUBTREE_new_null();
	nc->excludedSubtrees = sk_GENERAL_SUBTREE_new_null();
	if (nc->permittedSubtrees != NULL && nc->excludedSubtrees != NULL)
		done = domains_put(nc->permittedSubtrees, &names->permitted) &&
		    subtree_add(nc->permittedSubtrees, GEN_EMAIL, NOBODY, strlen(NOBODY)) &&
		    subtree_add(nc->permittedSubtrees, GEN_URI, NOBODY, strlen(NOBODY)) &&
		    domains_put(nc->excludedSubtrees, &names->excluded) &&
		    subtree_add(nc->excludedSubtrees, GEN_EMAIL, NOBODY, strlen(NOBODY)) &&
		    subtree_add(nc->excludedSubtrees, GEN_URI, NOBODY, strlen(NOBODY)) &&
		    subtree_add(nc->excludedSubtrees, GEN_IPADD, zeroes, ALL_V4) &&
		    subtree_add(nc->excludedSubtrees, GEN_IPADD, zeroes, ALL_V6) &&
		    X509_add1_ext_i2d(cert, NID_name_constraints, nc, 1,
		    X509V3_ADD_DEFAULT) == 1;
	NAME_CONSTRAINTS_free(nc);
	return done;
}

/* ---- reading -------------------------------------------------------------------- */

/* What a certificate must shut; a bit each. */
enum shut {
	SHUT_V4 = 1, SHUT_V6 = 2, SHUT_ALL = 63,
	SHUT_MAIL = 4, SHUT_URI = 8,		/* permitted: nobody */
	SHUT_MAIL_TOO = 16, SHUT_URI_TOO = 32	/* excluded: nobody either */
};

static bool
domain_read(struct authority_domains *domains, const ASN1_STRING *text)
{
	const char *data = (const char *)ASN1_STRING_get0_data(text);
	size_t len = (size_t)ASN1_STRING_length(text);

	/* A wildcard is a pattern of certificates, not of constraints. */
	if (!authority_name_valid(data, len) || data[0] == '*' ||
	    domains->count >= AUTHORITY_DOMAINS_MAX)
		return false;
	domains->list = xrealloc(domains->list, domains->count + 1,
	    sizeof(*domains->list));
	domains->list[domains->count++] = xstrndup(data, len);
	return true;
}

static bool
string_is(const ASN1_STRING *text, const void *data, size_t len)
{
	return (size_t)ASN1_STRING_length(text) == len &&
	    memcmp(ASN1_STRING_get0_data(text), data, len) == 0;
}

static unsigned
shut_of(int type, const ASN1_STRING *value, bool permitted)
{
	if (type != GEN_IPADD && string_is(value, NOBODY, strlen(NOBODY)))
		return type == GEN_EMAIL ? (permitted ? SHUT_MAIL : SHUT_MAIL_TOO) :
		    (permitted ? SHUT_URI : SHUT_URI_TOO);
	if (!permitted && type == GEN_IPADD && string_is(value, zeroes, ALL_V4))
		return SHUT_V4;
	if (!permitted && type == GEN_IPADD && string_is(value, zeroes, ALL_V6))
		return SHUT_V6;
	return 0;
}

/* Anything that this program would not have written is refused. */
static bool
subtrees_read(const subtrees *list, bool permitted,
    struct authority_domains *domains, unsigned *shut)
{
	for (int i = 0; i < sk_GENERAL_SUBTREE_num(list); i++) {
		const GENERAL_SUBTREE *tree = sk_GENERAL_SUBTREE_value(list, i);
		const int kind = tree->base->type;
		unsigned bit;

		if (tree->minimum != NULL || tree->maximum != NULL)
			return false;
		if (kind != GEN_DNS && kind != GEN_EMAIL && kind != GEN_URI &&
		    kind != GEN_IPADD)
			return false;
		if (kind == GEN_DNS) {
			if (!domain_read(domains, tree->base->d.dNSName))
				return false;
			continue;
		}
		bit = shut_of(kind, tree->base->d.ia5, permitted);
		if (bit == 0)
			return false;
		*shut |= bit;
	}
	return true;
}

bool
authority_names_get(X509 *cert, struct authority_names *names)
{
	int critical = 0;
	unsigned shut = 0;
	NAME_CONSTRAINTS *nc = X509_get_ext_d2i(cert, NID_name_constraints, &critical,
	    NULL);
	bool good;

	*names = (struct authority_names){ 0 };
	good = nc != NULL && critical == 1 &&
	    subtrees_read(nc->permittedSubtrees, true, &names->permitted, &shut) &&
	    subtrees_read(nc->excludedSubtrees, false, &names->excluded, &shut) &&
	    shut == SHUT_ALL && names->permitted.count > 0;
	NAME_CONSTRAINTS_free(nc);
	if (!good)
		authority_names_fini(names);
	return good;
}
