/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recorder_post: a worker's events on their way to the store. Each is kept
 * until the recorder has called it stored, and said again to the recorder that
 * replaces a dead one; the store leaves alone what it has already. So an event
 * is lost only when there is no more room, which is counted, or when its
 * worker dies before it was sent.
 */
#ifndef APPLIANCE_RECORDER_POST_H
#define APPLIANCE_RECORDER_POST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/event.h"
#include "proxy/proxy.h"

/* Events kept: minutes of a busy office, in at most 2 MiB. */
#define POST_MAX 1024

struct post;

/*
 * waiting and lost, both 0, may be read by another process: events that are
 * not yet stored, events there was no room for. NULL when memory is out.
 */
struct post *post_new(uint64_t *waiting, uint64_t *lost);
void post_free(struct post *post);

/* Where events come from: a proxy's sink. */
struct proxy_sink *post_sink(struct post *post);

/* A recorder is there: takes the socket over and says all that is not yet stored. */
bool post_recorder_set(struct post *post, int socket);

/* To be watched for reading; -1 while there is no recorder. */
int post_fd(const struct post *post);
/* When it can be read. False: the recorder is gone. */
bool post_turn(struct post *post);

#endif
