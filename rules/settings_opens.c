/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is brought to the proxy, and would it be opened? Off until the
 * organisation has done its homework, never for what must stay closed, and
 * only what is listed.
 */
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "rules/policy.h"

/* The first entry that lists the two, or NULL. */
static const struct inspect *
inspect_lists(const struct settings *settings, const char *group,
    const struct service *service)
{
	const struct inspect *inspect = settings->inspect;
	size_t i;

	for (i = 0; i < settings->inspect_count; i++, inspect++) {
		if (words_have(&inspect->groups, group) &&
		    words_have(&inspect->services, service->id))
			return inspect;
	}
	return NULL;
}

bool
settings_must_inspect(const struct settings *settings, const char *group,
    const struct service *service)
{
	const struct inspect *inspect = group != NULL && service != NULL ?
	    inspect_lists(settings, group, service) : NULL;

	return inspect != NULL && inspect->must;
}

bool
settings_inspects(const struct settings *settings, const char *group)
{
	size_t i;

	for (i = 0; i < settings->inspect_count; i++) {
		if (words_have(&settings->inspect[i].groups, group))
			return true;
	}
	return false;
}

/* A reference names a document: an empty pair of quotes is none. */
static bool
refers(const char *text)
{
	return text != NULL && text[strspn(text, " \t\r\n")] != '\0';
}

/* One sentence of all that is not configured. */
static const char *
lacking(const struct settings *settings, char text[REASON_MAX])
{
	const struct {
		bool there;
		const char *what;
	} rows[] = {
		{ refers(settings->dpia), "the DPIA (dpia)" },
		{ refers(settings->works_council),
		    "the works council's reference (works_council)" },
		{ settings->notice_since != DAY_NONE,
		    "the day of the notice to the staff (notice_since)" },
	};
	size_t i, len = 0;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!rows[i].there)
			len += (size_t)snprintf(text + len, REASON_MAX - len, "%s%s",
			    len ? ", " : "not configured: ", rows[i].what);
	}
	return len ? text : NULL;
}

const char *
settings_gate(const struct settings *settings, day_t today)
{
	static _Thread_local char text[REASON_MAX];
	char day[DAY_TEXT_MAX];

	if (lacking(settings, text) != NULL)
		return text;
	if (settings->notice_since <= today)
		return NULL;
	snprintf(text, sizeof(text), "the notice to the staff holds only since "
	    "%s (notice_since)", day_text(settings->notice_since, day));
	return text;
}

bool
settings_opens(const struct settings *settings, const struct rules *rules,
    const char *group, const struct service *service, const char *host,
    day_t today, char reason[REASON_MAX])
{
	const char *never = host ? rules_never_open(rules, host) : NULL;
	const char *gate = settings_gate(settings, today);
	bool opens = false;

	if (never != NULL) {
		snprintf(reason, REASON_MAX, "never opened: the name belongs to "
		    "the category %s", never);
	} else if (gate != NULL) {
		snprintf(reason, REASON_MAX, "not opened: %s", gate);
	} else if (service == NULL) {
		snprintf(reason, REASON_MAX, "not opened: no service of the rules "
		    "has this name");
	} else if (group == NULL) {
		snprintf(reason, REASON_MAX, "not opened: the device belongs to no "
		    "configured group");
	} else {
		opens = inspect_lists(settings, group, service) != NULL;
		snprintf(reason, REASON_MAX, "%s: inspect %s %s for the group %s",
		    opens ? "opened" : "not opened", opens ? "lists" :
		    "does not list", service->id, group);
	}
	utf8_trim(reason);
	return opens;
}
