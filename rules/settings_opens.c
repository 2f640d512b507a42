/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Would a connection be opened? Off until the organisation has done its
 * homework, never for what must stay closed, and only what is listed.
 */
#include <stdio.h>

#include "core/file.h"
#include "rules/policy.h"

static bool
inspect_lists(const struct settings *settings, const char *group,
    const struct service *service)
{
	const struct inspect *inspect = settings->inspect;
	size_t i;

	for (i = 0; i < settings->inspect_count; i++, inspect++) {
		if (words_have(&inspect->groups, group) &&
		    words_have(&inspect->services, service->id))
			return true;
	}
	return false;
}

static bool
interception_configured(const struct settings *settings)
{
	return settings->dpia != NULL && settings->works_council != NULL &&
	    settings->notice_since != DAY_NONE;
}

bool
settings_opens(const struct settings *settings, const struct rules *rules,
    const char *group, const struct service *service, const char *host,
    char reason[REASON_MAX])
{
	const char *never = host ? rules_never_open(rules, host) : NULL;
	bool opens = false;

	if (never != NULL) {
		snprintf(reason, REASON_MAX, "never opened: the name belongs to "
		    "the category %s", never);
	} else if (!interception_configured(settings)) {
		snprintf(reason, REASON_MAX, "not opened: the organisation's DPIA, "
		    "works council and notice references are not configured");
	} else if (service == NULL) {
		snprintf(reason, REASON_MAX, "not opened: no service of the rules "
		    "has this name");
	} else if (group == NULL) {
		snprintf(reason, REASON_MAX, "not opened: the device belongs to no "
		    "configured group");
	} else {
		opens = inspect_lists(settings, group, service);
		snprintf(reason, REASON_MAX, "%s: inspect %s %s for the group %s",
		    opens ? "opened" : "not opened", opens ? "lists" :
		    "does not list", service->id, group);
	}
	utf8_trim(reason);
	return opens;
}
