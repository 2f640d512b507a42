/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The subcommands of the program. Each takes its own argv (argv[0] is its
 * name) and returns the exit code.
 */
#ifndef APPLIANCE_APPLIANCE_H
#define APPLIANCE_APPLIANCE_H

#include <signal.h>

#include "rules/rules.h"

enum exit_code {
	EXIT_DONE = 0,
	EXIT_INPUT = 1,		/* the input or the configuration is wrong */
	EXIT_USAGE = 2,
	EXIT_RESOURCE = 3,	/* disk, interface, store */
	EXIT_SIGNAL = 128	/* plus the signal's number */
};

int ca_main(int argc, char **argv);
int check_main(int argc, char **argv);
int divert_main(int argc, char **argv);
int events_main(int argc, char **argv);
int explain_main(int argc, char **argv);
int replay_main(int argc, char **argv);
int report_main(int argc, char **argv);
int run_main(int argc, char **argv);
int scan_main(int argc, char **argv);
int status_main(int argc, char **argv);

/*
 * Says on standard error what is wrong with the command line, then the synopsis
 * alone, the first lines of the usage: the whole of it would push away what is
 * wrong. Returns EXIT_USAGE.
 */
int usage_refuse(const char *command, const char *text, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Rules and settings as every subcommand needs them. conf may be NULL. On
 * failure the problems are printed and the exit code is returned; on
 * EXIT_DONE both are set and the caller frees them with setup_free().
 */
struct setup {
	struct rules *rules;
	struct settings *settings;
};
int setup_load(struct setup *setup, const char *conf);
void setup_free(struct setup *setup);

/* Set by SIGINT and SIGTERM once signals_catch() was called: the signal's number. */
extern volatile sig_atomic_t signal_seen;
void signals_catch(void);

/*
 * Diversion, for the process that has the right to change it (CAP_NET_ADMIN).
 * Each runs nft and ip as children and waits for them, some milliseconds; exit
 * codes as above, reasons logged. apply replaces what is there in one
 * transaction and says that the appliance lives; alive says so again, every
 * NFT_ALIVE_EVERY seconds (proxy/nft.h), and puts the rules back where
 * somebody flushed them; ease takes no new connections, while those that were
 * taken go on; remove leaves no trace.
 */
int divert_apply(const struct settings *settings);
int divert_alive(const struct settings *settings);
int divert_ease(void);
int divert_remove(void);

/*
 * Where a data file of the program lies: in the source tree beside the
 * executable's folder, else installed. The caller frees; NULL when nowhere.
 */
char *data_file_find(const char *source_tree_path, const char *installed_name);

#endif
