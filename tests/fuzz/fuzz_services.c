/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A services.yaml of any content, and look-ups of names that stand in it. The
 * recipients are the shipped ones: run from the project's root.
 */
#include <stdlib.h>
#include <string.h>

#include "rules/services.h"

static void
look_up(const struct rules *rules, const uint8_t *data, size_t size)
{
	char host[300];
	size_t len = size < sizeof(host) - 1 ? size : sizeof(host) - 1;
	const struct service *service;

	memcpy(host, data + size - len, len);
	host[len] = '\0';
	service = rules_service_by_host(rules, host);
	for (size_t i = 0; service != NULL && i < service->call_count; i++)
		call_covers(&service->calls[i], host);
	rules_service_by_app(rules, host);
	rules_service_by_id(rules, host);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rules rules;
	struct problems problems = { 0 };
	struct conf_doc *doc;

	if (rules.recipients == NULL &&
	    !recipients_load(&rules, "rules", &problems))
		abort();
	doc = conf_parse("services.yaml", (const char *)data, size, &problems);
	if (doc != NULL) {
		services_read(&rules, doc, &problems);
		look_up(&rules, data, size);
		services_fini(&rules);
	}
	problems_fini(&problems);
	return 0;
}
