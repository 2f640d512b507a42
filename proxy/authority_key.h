/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys in files, between authority.c and authority_make.c. */
#ifndef PROXY_AUTHORITY_KEY_H
#define PROXY_AUTHORITY_KEY_H

#include <openssl/evp.h>

#include "core/problem.h"

/* PEM of a P-256 key, encrypted or not: a few hundred bytes. */
#define AUTHORITY_KEY_MAX 8192

/*
 * Reads a private key that nobody but its owner may read. passphrase may be
 * NULL. NULL with a problem added. The caller frees.
 */
EVP_PKEY *authority_key_read(const char *path, const char *passphrase,
    struct problems *problems);

#endif
