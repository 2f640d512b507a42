/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROXY_ENGINE_GUESS_H
#define PROXY_ENGINE_GUESS_H

#include "proxy/dialog.h"

/*
 * No protocol was agreed on: the first bytes tell. A request of HTTP/1 goes to
 * its engine; everything else, and a server that speaks first, passes as it is
 * (RFC 9110 has methods of letters; nobody is answered in HTTP who has not
 * asked in it).
 */
extern const struct engine engine_guess;

#endif
