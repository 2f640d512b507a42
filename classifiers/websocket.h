/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFIERS_WEBSOCKET_H
#define CLASSIFIERS_WEBSOCKET_H

#include "classifiers/requests.h"

/*
 * Readies a zeroed slot of classifier_websocket: the request that asked for
 * the switch, and when. The facts are copied.
 */
void websocket_open(void *slot, const struct request_facts *facts,
    uint64_t begin_us);

#endif
