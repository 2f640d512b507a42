/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyring: the keys for one capture, those given and those in the capture
 * itself. A capture may hold keys behind the packets they open, so a file is
 * looked through for them first.
 */
#ifndef CAPTURES_KEYRING_H
#define CAPTURES_KEYRING_H

#include "captures/flows.h"
#include "captures/secrets.h"
#include "captures/source.h"
#include "captures/tls.h"

/*
 * Frames at the front of a pcapng that are looked through for keys. When there
 * is one, or keys were given, the whole file is looked through before it is
 * replayed; otherwise no time is lost, and keys that come later still open the
 * connections that begin after them.
 */
#define KEYRING_LOOK_FRAMES 16384

struct keyring {
	struct source_secrets take;	/* first: what takes secrets is its keyring */
	struct secrets *secrets;	/* the capture's, above those given */
	struct flows *flows;		/* told when the first key is there */
	const char *path;
	bool complete;			/* all keys of the file are known */
	struct tls_door door;
};

void keyring_init(struct keyring *keyring, const char *path, const struct secrets *given);
void keyring_fini(struct keyring *keyring);

/* Looks ahead in a regular pcapng file. */
void keyring_look(struct keyring *keyring, const volatile int *stop);

/* The replay begins: connects source, flows and counts. */
void keyring_begin(struct keyring *keyring, struct source *source, struct flows *flows,
    struct judge *judge, struct stats *stats);

#endif
