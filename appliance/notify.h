/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify: what the service manager is told (sd_notify(3)): datagrams of lines
 * "KEY=VALUE" to the socket that $NOTIFY_SOCKET names. Without one: nothing.
 */
#ifndef APPLIANCE_NOTIFY_H
#define APPLIANCE_NOTIFY_H

#include <stdint.h>

/* Sends the text; what cannot be sent is nobody's loss. */
void notify_send(const char *text);

/* RELOADING=1 needs the time of the same clock (sd_notify(3)). */
void notify_reloading(void);

/* How often WATCHDOG=1 must be said, in microseconds, by $WATCHDOG_USEC; 0 not at all. */
uint64_t notify_watchdog_us(void);

#endif
