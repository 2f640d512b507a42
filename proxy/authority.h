/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificate authority of the gateway: an offline root, and an
 * intermediate that the signer holds. Both carry critical name constraints
 * (RFC 5280 section 4.2.1.10), so that whoever steals the gateway's key can
 * open the watched services and nothing else.
 *
 * A folder holds it: root.key, root.pem, gateway.key, gateway.pem (the
 * gateway's certificate, then the root's). Messages go to `struct problems`.
 */
#ifndef PROXY_AUTHORITY_H
#define PROXY_AUTHORITY_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "core/problem.h"
#include "rules/rules.h"

/* The root is on every phone: ten years, two of them leap years. */
#define AUTHORITY_ROOT_DAYS 3652
/* The key that is online is replaced every second year. */
#define AUTHORITY_GATEWAY_DAYS 730
/* `ca show` warns when less is left. */
#define AUTHORITY_WARN_DAYS 60
/* Clocks of phones may be behind: both begin this long ago. */
#define AUTHORITY_BACKDATE 86400
/*
 * Domains in one certificate: the gateway's goes out with every handshake,
 * and a verifier multiplies them with the names of the leaf.
 */
#define AUTHORITY_DOMAINS_MAX 512
/* A file of the folder: larger is none of ours. */
#define AUTHORITY_FILE_MAX (256 * 1024)

/* How an operation ended; the exit codes of the program. */
enum authority_result {
	AUTHORITY_DONE,
	AUTHORITY_WRONG,	/* what is there, or what was asked, is wrong */
	AUTHORITY_FAILED,	/* disk, memory, the crypto library */
};

/* ---- names: authority_names.c --------------------------------------------- */

/* DNS domains, lower case: each stands for itself and all below it. */
struct authority_domains {
	char **list;
	size_t count;
};

/* permitted, less excluded. */
struct authority_names {
	struct authority_domains permitted, excluded;
};

void authority_names_fini(struct authority_names *names);

/*
 * What the rules watch: of one service, added to names (which begins zeroed).
 * Never-open names below are excluded; never-open domains are left out.
 */
void authority_names_add(struct authority_names *names, const struct rules *rules,
    const struct service *service);

/* Sorts, and drops what another domain covers. Call after the last add. */
void authority_names_settle(struct authority_names *names);

/*
 * May a certificate name this? name is a DNS name, or "*." and one. A wildcard
 * that would reach an excluded name is not permitted: verifiers do not see
 * that it does. False for what is no DNS name.
 */
bool authority_names_permit(const struct authority_names *names, const char *name);

/*
 * May it stand in a certificate: lower case, RFC 1034 section 3.5 and '_', two
 * labels or more, "*." before them; no address?
 */
bool authority_name_valid(const char *name, size_t len);

/* Does a certificate's name, perhaps a wildcard (RFC 6125 section 6.4.3), stand for the host? */
bool authority_name_covers(const char *name, const char *host);

/*
 * authority_constraints.c: adds the constraints to a certificate, and reads
 * them from one; names is freed by the caller. get gives false when there are
 * none, when they are not critical, or when they leave any address, mail name
 * or URI open.
 */
bool authority_names_put(const struct authority_names *names, X509 *cert);
bool authority_names_get(X509 *cert, struct authority_names *names);

/* ---- making: authority_make.c --------------------------------------------- */

struct authority_plan {
	const char *folder;		/* made, 0700, when it is not there */
	const char *organisation;	/* for the subjects; NULL: none */
	const struct authority_names *root, *gateway;	/* settled; root unused to renew */
	const char *passphrase;		/* of root.key; NULL: not encrypted */
	time_t now;
	bool replace;			/* existing files are overwritten */
	bool renew;			/* the root stays, the gateway is made anew */
};

/*
 * Makes the files, each by rename; without replace or renew, never over
 * another. To renew, root.key and root.pem must lie in the folder.
 */
enum authority_result authority_make(const struct authority_plan *plan,
    struct problems *problems);

/* ---- reading: authority.c -------------------------------------------------- */

/* The public half: what a worker presents, and what it may ask for. */
struct authority;

/*
 * Reads gateway.pem. Checks signatures, CA flags and constraints; not the
 * validity, which authority_valid() tells. NULL with a problem added.
 */
struct authority *authority_load(const char *folder, struct problems *problems);
void authority_free(struct authority *authority);

/* The authority's own; not to be freed. */
X509 *authority_gateway(const struct authority *authority);
X509 *authority_root(const struct authority *authority);

/* Is the name permitted by the gateway's and by the root's constraints? */
bool authority_permits(const struct authority *authority, const char *name);

/* Do both certificates hold at that time? */
bool authority_valid(const struct authority *authority, time_t now);

/* The gateway's constraints, and the root's. */
const struct authority_names *authority_names(const struct authority *authority);
const struct authority_names *authority_root_names(const struct authority *authority);

/*
 * Reads the gateway's key and checks that it fits, and that nobody but its
 * owner may read the file. NULL with a problem added. The caller frees.
 */
EVP_PKEY *authority_key_load(const struct authority *authority, const char *folder,
    struct problems *problems);

/* Validity in seconds since 1970; false when the certificate's dates make no sense. */
bool authority_dates(const X509 *cert, time_t *not_before, time_t *not_after);

/* SHA-256 of the DER, upper-case hex with colons. */
#define AUTHORITY_PRINT_MAX 96
const char *authority_print(const X509 *cert, char text[AUTHORITY_PRINT_MAX]);

/* ---- files: authority_file.c ------------------------------------------------ */

/* "folder/name"; the caller frees. */
char *authority_path(const char *folder, const char *name);

/* A file that will stand under its name only when it is whole. */
struct authority_file {
	char *path, *draft;
};

/*
 * Writes a draft beside the path, synced. False with a problem added; fini
 * removes what was not put.
 */
bool authority_file_write(struct authority_file *file, const char *path,
    const void *data, size_t len, mode_t mode, struct problems *problems);
/* Renames it into place; without replace, never over another. */
bool authority_file_put(struct authority_file *file, bool replace,
    struct problems *problems);
void authority_file_fini(struct authority_file *file);

/* ---- export: authority_export.c, authority_profile.c -------------------------- */

/* A form of the root for phones and computers. */
struct authority_format {
	const char *name;		/* "pem" */
	/* *len bytes that the caller frees; NULL: memory is out. organisation: NULL none. */
	char *(*write)(X509 *root, const char *organisation, size_t *len);
};

/* Format i, NULL after the last; and by name, NULL: unknown. */
const struct authority_format *authority_format(size_t i);
const struct authority_format *authority_format_by_name(const char *name);

/*
 * DER as an Apple configuration profile by an organisation (NULL: none), the
 * same bytes for the same root. The caller frees; NULL when memory is out.
 */
char *authority_profile(const uint8_t *der, size_t len, const char *organisation);

/* A certificate's subject in one line, UTF-8 without control characters. The caller frees. */
char *authority_subject(const X509 *cert);

#endif
