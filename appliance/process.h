/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processes of a running appliance, a row each. The monitor starts them
 * all, by fork alone: what a process needs it has inherited or is handed over
 * its orders, and nothing else of the monitor stays open in it.
 *
 * | process  | holds                                   | reads                        |
 * |----------|-----------------------------------------|------------------------------|
 * | monitor  | root, three capabilities, the listener  | configuration, rules         |
 * | recorder | the store, the key of the pseudonyms    | events of workers            |
 * | signer   | the authority's key                     | requests of workers          |
 * | proxy    | the listener, connections               | the traffic                  |
 *
 * All but the monitor run as the user bookgate, or nobody where there is none.
 */
#ifndef APPLIANCE_PROCESS_H
#define APPLIANCE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "appliance/appliance.h"
#include "appliance/sandbox.h"
#include "core/channel.h"
#include "proxy/proxy.h"

/* The order is the order of starting. */
enum process_role { PROCESS_RECORDER, PROCESS_SIGNER, PROCESS_PROXY, PROCESS_ROLES };

/* Messages that may wait in the orders of one process. */
#define PROCESS_ORDERS 256
/* Workers that a signer or the recorder serves at once, those of former rules with them. */
#define PROCESS_PEERS PROXY_WORKERS_MAX

/* What workers tell the monitor in shared memory; each row is written by one worker. */
struct process_board {
	struct {
		uint64_t waiting;	/* events that are not yet stored */
		uint64_t lost;		/* events for which there was no room */
	} events[PROXY_WORKERS_MAX];
};

/* What a process is started with. Descriptors are its own; -1 none. */
struct process_task {
	const struct setup *setup;
	struct proxy_shared *shared;
	struct process_board *board;
	const uint8_t *identity_key;	/* proxy: CHANNEL_KEY_LEN bytes; NULL: no pseudonyms */
	unsigned worker;		/* proxy: its row in shared and board */
	int orders;			/* of the monitor */
	int listener;			/* proxy */
};

struct process_row {
	const char *name;		/* "proxy", in messages and in `status` */
	const char *title;		/* as ps shows it: at most 15 bytes */
	const struct sandbox_row *sandbox;
	/* Sets up, confines itself, says that it is ready, works. The exit code. */
	int (*run)(const struct process_task *task);
};

extern const struct process_row process_rows[PROCESS_ROLES];

/*
 * Starts a process. Its descriptors stay open here as well: the caller closes
 * them. -1 with errno.
 */
pid_t process_start(enum process_role role, const struct process_task *task);

int recorder_run(const struct process_task *task);
int signer_run(const struct process_task *task);
int worker_run(const struct process_task *task);

/* ---- within a process --------------------------------------------------------- */

/* Gives up root, then enters the row's sandbox. False with a message logged. */
bool process_confine(enum process_role role);

/* Tells the monitor; body may be NULL. */
bool process_ready(struct channel *orders, const void *body, size_t len);

/* ---- rights: process_rights.c --------------------------------------------------- */

/*
 * For the monitor, once at its start: of root's rights it keeps CAP_NET_ADMIN
 * (nftables, TPROXY's listener), CAP_SETUID (so that what it starts is not
 * root) and CAP_KILL (so that it can end it all the same), and of the files
 * those that root owns. bind: also CAP_NET_BIND_SERVICE, until called again
 * without. Not root: nothing is there to give up. False with a message logged.
 */
bool rights_keep(bool bind);

/* For the others: become the user for good. False with a message logged. */
bool rights_drop(const char *name);

#endif
