/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a tool of the system (nft, ip): no shell, no environment of ours, no
 * descriptor of ours.
 */
#ifndef APPLIANCE_TOOL_H
#define APPLIANCE_TOOL_H

#include <stddef.h>

/* A tool that takes longer hangs; it is ended. */
#define TOOL_SECONDS 10

/* What a tool said that is kept: nft's message with the lines it is about. */
#define TOOL_OUTPUT_MAX 4096

struct tool {
	const char *name;		/* "nft" */
	const char *const *paths;	/* where it may be; ends with NULL */
};

extern const struct tool tool_nft, tool_ip;

/*
 * Runs the tool with these arguments (argv[0] is its name; NULL at the end)
 * and input (NULL: none) and waits. Returns its exit code, or -1 when it could
 * not run or was ended; said gets what it said, a text. It waits for its own
 * child: who waits for any child meanwhile may find none.
 */
int tool_run(const struct tool *tool, const char *const *argv, const char *input,
    char said[TOOL_OUTPUT_MAX]);

#endif
