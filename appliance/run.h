/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run: the monitor, which starts the other processes and looks after them. It
 * reads what root wrote, and never a byte of the traffic.
 *
 * A generation is one reading of configuration and rules, with the signer and
 * the workers that live by it. A reload makes a new one beside the current;
 * only when all of it is ready do the former workers stop taking connections,
 * and they live until their last one has ended. The recorder is one for all.
 */
#ifndef APPLIANCE_RUN_H
#define APPLIANCE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "appliance/process.h"

struct event;
struct event_base;

/* A process that is not set up by then never will be. */
#define RUN_START_MS 30000
/* At the end connections may end by themselves for so long. */
#define RUN_GRACE_S 10
/* Beyond its grace a process is ended by force. */
#define RUN_FORCE_MS 4000
/* A process that lived shorter died at once: the next attempt waits. */
#define RUN_LIVED_MS 10000
/* The wait, doubled with each such death. */
#define RUN_RETRY_FIRST_MS 1000
#define RUN_RETRY_MOST_MS 30000
/* Generations at a time: the current, one on its way, those that still drain. */
#define RUN_GENERATIONS 8

enum run_state {
	RUN_IDLE,		/* not started yet, or waiting for retry_ms */
	RUN_STARTING, RUN_READY,
	RUN_ENDING,		/* told to end */
	RUN_GONE		/* ended, and not to come back */
};

struct monitor;

struct run_process {
	struct monitor *monitor;
	struct generation *generation;	/* NULL: the recorder */
	enum process_role role;
	enum run_state state;
	pid_t pid;			/* 0 none */
	unsigned worker;		/* a worker's row */
	struct channel *orders;
	struct event *event;		/* of orders */
	int64_t since_ms;		/* it was started */
	int64_t retry_ms;		/* RUN_IDLE: not before */
	int64_t force_ms;		/* ended by force then; 0 never */
	unsigned failures;		/* deaths at once, in a row */
	unsigned restarts;		/* all deaths that were made good */
};

enum generation_state { GENERATION_NEW, GENERATION_CURRENT, GENERATION_FORMER };

struct generation {
	struct setup setup;
	unsigned number;		/* counted from 1 */
	enum generation_state state;
	struct run_process signer, *workers;
	size_t count;			/* of workers */
};

enum diversion { DIVERSION_NONE, DIVERSION_OFF, DIVERSION_ON };

struct monitor {
	const char *conf;		/* NULL: the defaults */
	struct event_base *base;
	struct event *signals[4], *tick, *control_event;
	struct proxy_shared *shared;
	struct process_board *board;
	int listener, control;
	char *control_path;
	struct run_process recorder;
	bool recorder_again;		/* it ends for a reload: start it anew */
	struct generation *generations[RUN_GENERATIONS];	/* NULL free */
	unsigned generation_last;
	uint8_t key[CHANNEL_KEY_LEN];	/* of the pseudonyms */
	bool has_key;
	enum diversion diversion;
	int64_t alive_ms;		/* when nft is told next that we live */
	int64_t watchdog_ms, watchdog_every_ms;
	uint64_t begin_us;		/* wall clock */
	bool started;			/* all was ready once */
	bool announced;			/* it works: at least once */
	bool told;			/* the service manager, since the last reload: ready */
	int divert;			/* enum divert */
	bool reload_again;		/* asked for while another was on its way */
	bool stopping;
	bool ending;			/* stopping has begun */
	int signal;			/* that asked to stop; 0 none */
	int code;			/* exit code without one: why it cannot start */
};

int64_t run_now_ms(void);

/* ---- run_process.c: one process's life --------------------------------------- */

void run_process_init(struct run_process *process, struct monitor *monitor,
    struct generation *generation, enum process_role role);
/* Starts it unless it has to wait. */
void run_process_start(struct run_process *process);
/* Tells it to end; grace_s 0: whenever its connections have. */
void run_process_end(struct run_process *process, unsigned grace_s);
void run_process_kill(struct run_process *process);
/* Looks whether it has died, or has had its time. */
void run_process_check(struct run_process *process);

/* ---- run_generation.c ----------------------------------------------------------- */

/* Loads and checks all. NULL with the problems printed, and *code set. */
struct generation *generation_load(struct monitor *monitor, int *code);
struct generation *generation_current(const struct monitor *monitor);
struct generation *generation_new(const struct monitor *monitor);
/* The reload of SIGHUP. */
void generation_reload(struct monitor *monitor);
/* All that live take no more connections, and end. */
void generations_end(struct monitor *monitor);
bool generations_none(const struct monitor *monitor);
/* Starts what is due, makes a finished one current, forgets those that are gone. */
void generations_progress(struct monitor *monitor);
void generation_free(struct generation *generation);
/* Calls each for every process there is. */
void processes_each(struct monitor *monitor,
    void (*each)(struct run_process *process, void *arg), void *arg);

/* ---- run_monitor.c ---------------------------------------------------------------- */

/*
 * Setting up has failed: of the first generation, then nothing runs and code
 * is the exit code; or of a later one, then what runs goes on.
 */
void monitor_give_up(struct monitor *monitor, int code);
/* Something has changed: what follows from it is done soon, outside of the caller. */
void monitor_wake(struct monitor *monitor);
/* Turns until all has ended. The exit code. */
int monitor_run(struct monitor *monitor);

/* ---- run_divert.c ------------------------------------------------------------------- */

/* Brings the diversion to where it should be, and keeps it alive. */
void diversion_progress(struct monitor *monitor);
/* Takes nobody new; takes all of it away. */
void diversion_ease(struct monitor *monitor);
void diversion_remove(struct monitor *monitor);
const char *diversion_name(enum diversion diversion);

/* ---- run_status.c -------------------------------------------------------------------- */

/* Opens the control socket. False with a message logged. */
bool control_open(struct monitor *monitor, const char *path);
/* Somebody asks: tells and hangs up, without waiting. */
void control_answer(struct monitor *monitor);
void control_close(struct monitor *monitor);

#endif
