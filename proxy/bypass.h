/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bypass: which pairs of device and name are not opened any more, and how that
 * is learnt. All workers share it (proxy_shared), so everything is in words
 * that are read and written whole, without locks; keys are digests under a key
 * that this run alone has.
 *
 * A client that does not accept our certificate says so by an alert, or just
 * goes. One that goes may have been a browser's connection on speculation; so
 * weak signs must repeat, and count for nothing where the same device accepted
 * the same name before: who pins never does. And nothing is learnt of a device that has not
 * accepted our certificate anywhere: there the CA is missing, not pinned.
 */
#ifndef PROXY_BYPASS_H
#define PROXY_BYPASS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/addr.h"
#include "core/event.h"
#include "proxy/proxy.h"

/* What was learnt is tried again after that. */
#define BYPASS_KEEP_US (UINT64_C(12) * 3600 * 1000000)
/* Signs older than that are forgotten. */
#define BYPASS_SIGN_US (UINT64_C(600) * 1000000)
/* An alert counts two, going away one; so many make a bypass. */
#define BYPASS_ALERT 2
#define BYPASS_GONE 1
#define BYPASS_SCORE 2

/* Is the pair bypassed at that time? *until_us and *reason are set when it is. */
bool bypass_has(const struct proxy_shared *shared, const struct addr *device,
    const char *host, uint64_t now_us, uint64_t *until_us);
/* The device accepted a certificate of ours, for this name. */
void bypass_succeeded(struct proxy_shared *shared, const struct addr *device,
    const char *host, uint64_t now_us);
/* A sign that it does not, for this name. True: enough, the pair is bypassed from now on. */
bool bypass_sign(struct proxy_shared *shared, const struct addr *device,
    const char *host, unsigned weight, uint64_t now_us, uint64_t *until_us);
/* Bypasses a pair at once: no sign is needed. False: it was so before. */
bool bypass_set(struct proxy_shared *shared, const struct addr *device,
    const char *host, uint64_t now_us, uint64_t *until_us);
/* ---- shared.c, for this folder -------------------------------------------------- */

#define TICKET_KEYS_LEN 80

struct bypass_row { uint64_t key, when_us, score; };

/* Rows of each table, a power of two: an office has hundreds of devices, each few such names. */
#define BYPASS_ROWS 16384
/* Rows looked at for one key. */
#define BYPASS_PROBES 16

struct proxy_shared {
	struct proxy_counts counts[PROXY_WORKERS_MAX];
	uint8_t key[32];			/* of the digests below */
	uint8_t tickets[TICKET_KEYS_LEN];	/* clients resume at any worker */
	struct bypass_row pairs[BYPASS_ROWS];	/* when_us: until; 0 free */
	struct bypass_row signs[BYPASS_ROWS];	/* when_us: of the last sign */
	/* when_us: of the last success, of devices and of pairs */
	struct bypass_row devices[BYPASS_ROWS];
};

#endif
