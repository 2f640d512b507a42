/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The size models of the shipped rules, for tests of the volume row. Run from
 * the project's root.
 */
#ifndef TESTS_VOLUME_RULES_H
#define TESTS_VOLUME_RULES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "rules/rules.h"

static struct rules *volume_rules;

static inline int
volume_rules_open(void **state)
{
	struct problems problems = { 0 };

	(void)state;
	volume_rules = rules_load("rules", &problems);
	problems_print(&problems);
	problems_fini(&problems);
	return volume_rules == NULL;
}

static inline int
volume_rules_close(void **state)
{
	(void)state;
	rules_free(volume_rules);
	return 0;
}

/* The model of a call that has the shape, in a service. */
static inline const struct size_model *
model_shaped(const char *service_id, const char *call_id, enum shape shape)
{
	const struct service *service = rules_service_by_id(volume_rules, service_id);

	assert_non_null(service);
	for (size_t i = 0; i < service->call_count; i++) {
		const struct call *call = &service->calls[i];

		if (strcmp(call->id, call_id) == 0 && call->model.shape == shape)
			return &call->model;
	}
	fail_msg("no call %s", call_id);
	return NULL;
}

static inline const struct size_model *
model_of(const char *service_id, const char *call_id)
{
	return model_shaped(service_id, call_id, SHAPE_BURST);
}

#endif
