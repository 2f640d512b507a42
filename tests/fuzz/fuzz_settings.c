/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a configuration, checked against the shipped rules; what is
 * accepted must be able to decide.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "rules/rules.h"

static const struct rules *
rules_once(void)
{
	static struct rules *rules;
	struct problems problems = { 0 };

	if (rules == NULL) {
		rules = rules_load("rules", &problems);
		problems_print(&problems);
		if (rules == NULL)
			exit(1);
	}
	return rules;
}

static void
settings_ask(const struct settings *settings, const struct rules *rules)
{
	char reason[REASON_MAX];
	struct addr addr = { .family = 4, .bytes = { 192, 0, 2, 1 } };
	const struct policy_case asked = {
		.group = settings_group(settings, &addr), .service = "signal",
		.call = "contact-discovery", .recipient = "signal",
		.country = "US", .host = "cdsi.signal.org", .class = 'A',
		.contacts = { 10, CONTACTS_UNKNOWN, 30, METHOD_SIZE,
		    CONFIDENCE_LOW },
		.transfer = TRANSFER_NONE, .managed = -1, .minute = 600,
	};
	struct verdict verdict = policy_decide(settings->policy, &asked);

	if (verdict.action == ACTION_NONE || verdict.rule[0] == '\0' ||
	    verdict.reason[0] == '\0')
		__builtin_trap();
	settings_opens(settings, rules, asked.group,
	    rules_service_by_id(rules, "signal"), asked.host,
	    settings->notice_since, reason);
	if (reason[0] == '\0')
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct rules *rules = rules_once();
	struct problems problems = { 0 };
	struct settings *settings;
	char path[40];
	int fd = memfd_create("conf", 0);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		exit(1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	settings = settings_load(path, rules, &problems);
	if ((settings == NULL) == (problems.count == 0))
		__builtin_trap();
	if (settings != NULL)
		settings_ask(settings, rules);
	settings_free(settings);
	free(settings_rules_folder(path));
	problems_fini(&problems);
	close(fd);
	return 0;
}
