/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nftables rules that bring traffic to the proxy, as text for `nft -f -`.
 * All of it lies in one table of our own, so that taking the table away leaves
 * no trace.
 */
#ifndef PROXY_NFT_H
#define PROXY_NFT_H

#include "rules/rules.h"

#define NFT_TABLE "inet bookgate"

/*
 * With `on_failure: open` the rules match only while the appliance lives: it
 * says so again and again, each time for this many seconds. A dead one lets
 * traffic pass by itself after at most that long. Three words may be lost.
 */
#define NFT_ALIVE_SECONDS 10
#define NFT_ALIVE_EVERY 3

/*
 * One transaction that puts our table in place of the one that is there, if
 * any. alive_s > 0 says at once that the appliance lives. NULL: memory is out.
 * The caller frees, here and below.
 */
char *nft_apply_text(const struct settings *settings, unsigned alive_s);

/* Says that the appliance lives, for alive_s seconds from now. */
char *nft_alive_text(unsigned alive_s);

/*
 * Nobody new is taken any more, in one transaction; what was taken goes on.
 * Without the table it could not: the kernel translates addresses only while
 * somebody's NAT chain is there, and TPROXY's later packets need their rule.
 */
char *nft_ease_text(void);

/* Takes the table away, whether it is there or not. */
char *nft_remove_text(void);

#endif
