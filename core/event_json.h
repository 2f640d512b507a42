/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of events as JSON values, shared by events and by explain --json.
 * Each returns a new reference, or NULL when memory is out.
 */
#ifndef CORE_EVENT_JSON_H
#define CORE_EVENT_JSON_H

#include <jansson.h>

#include "core/event.h"

json_t *json_text(const char *text);		/* null for NULL and "" */
json_t *json_day(day_t day);			/* null for DAY_NONE */
json_t *json_recipient(const char *id, const char *entity, const char *country, char class);
json_t *json_contacts(const struct contacts *contacts);
json_t *json_transfer(const struct transfer *transfer);
json_t *json_verdict(const struct verdict *verdict);

/* The version of jansson, "2.14". */
const char *json_version(void);

/* One line without newline; frees value. The caller frees the text. */
char *json_line(json_t *value);

#endif
