/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events as they cross a channel: the struct as it lies in memory, behind a
 * version. The receiver checks every field, before it reads it as what it is:
 * lengths, ends of texts, UTF-8, ranges. No pointer crosses.
 */
#ifndef CORE_CHANNEL_RECORD_H
#define CORE_CHANNEL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/channel.h"
#include "core/event.h"

/* Raised with every change of the structs or of what is checked. */
#define RECORD_VERSION 1

/* Writes an event's record; returns its length. */
size_t record_put_upload(const struct event_upload *event, uint8_t record[CHANNEL_BODY_MAX]);
size_t record_put_bypass(const struct event_bypass *event, uint8_t record[CHANNEL_BODY_MAX]);

/* False: it is no record of this kind; *event is then not to be used. */
bool record_get_upload(const void *record, size_t len, struct event_upload *event);
bool record_get_bypass(const void *record, size_t len, struct event_bypass *event);

#endif
