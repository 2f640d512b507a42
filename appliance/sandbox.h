/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox: what a process of the appliance gives up once it is set up, one row
 * each. System calls that a row does not name end the process; files cannot be
 * opened any more, whoever asks; nothing it starts could gain rights.
 *
 * | row      | keeps                                  | cannot                         |
 * |----------|----------------------------------------|--------------------------------|
 * | monitor  | starting processes, nft, files of root | trace others, load code into   |
 * |          |                                        | the kernel, mount, new spaces  |
 * | proxy    | TCP out and in, what it has open       | open files, start, bind        |
 * | signer   | answering on sockets it has            | open files, any new socket     |
 * | recorder | reading and writing what it has open   | open files, any new socket     |
 */
#ifndef APPLIANCE_SANDBOX_H
#define APPLIANCE_SANDBOX_H

#include <stdbool.h>

enum sandbox_trait {
	SANDBOX_NETWORK = 1,	/* new TCP sockets */
	SANDBOX_MANY_FILES = 2,	/* as many descriptors as the system allows */
	SANDBOX_STARTS = 4,	/* other processes: the monitor alone */
};

struct sandbox_row {
	const char *name;	/* "proxy" */
	unsigned traits;
	const int *calls;	/* besides those all need; ends with -1 */
	const int *refused;	/* fail with EACCES, where a library asks and can live with it */
};

extern const struct sandbox_row sandbox_monitor, sandbox_proxy, sandbox_signer,
    sandbox_recorder;

/*
 * Enters the row, for good. False with a message logged: the process must not
 * go on. A kernel without Landlock is told of and lived with: the filter
 * already ends who opens a file.
 */
bool sandbox_enter(const struct sandbox_row *row);

/* ---- its parts ----------------------------------------------------------- */

bool sandbox_landlock(const struct sandbox_row *row);
bool sandbox_filter(const struct sandbox_row *row);

/* Version of libseccomp, for -V. text has room for 24 bytes. */
const char *sandbox_version(char *text);

#endif
