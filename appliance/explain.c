/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain: what the rules, the law and the policy make of a server's name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/appliance.h"
#include "appliance/explain.h"
#include "appliance/options.h"
#include "core/flow.h"
#include "core/near.h"

static const char usage[] =
"usage: bookgate explain [OPTION]... (--host NAME | --ip ADDRESS | --service ID)\n"
"Names the service, the recipient, the legal status of the transfer on a day,\n"
"whether the connection would be opened, and the rule that decides.\n\n"
"  -c, --config FILE    configuration (default: none, all defaults)\n"
"      --host NAME      the server's name\n"
"      --ip ADDRESS     the server's address\n"
"      --group G        the group of the device\n"
"      --service ID     the service, when the name does not tell\n"
"      --call ID        the kind of upload\n"
"      --contacts N     how many contacts (default: unknown)\n"
"      --method M       how that is known: content, size, endpoint\n"
"      --confidence C   of the number: low, medium, high\n"
"      --managed yes|no is the device managed? (default: unknown)\n"
"      --time HH:MM     local time (default: unknown)\n"
"      --date D         the day, 2019-05-01 (default: today)\n"
"      --json           one object instead of text\n"
"  -h, --help           this text\n";

/* The port that an address is taken to be asked at. */
#define HTTPS_PORT 443

struct options {
	const char *conf, *host, *ip, *group, *service, *call;
	int64_t contacts;
	int method, confidence, managed, minute;
	day_t on;
	bool json;
};

/* The words of an option, by the value they stand for. */
static const char *const methods[] = { "none", "endpoint", "size", "content", NULL };
static const char *const confidences[] = { "none", "low", "medium", "high", NULL };
static const char *const no_yes[] = { "no", "yes", NULL };

static bool
minute_take(const struct option_row *row, void *to, const char *value)
{
	int hour, min, used = 0;

	(void)row;
	if (sscanf(value, "%2d:%2d%n", &hour, &min, &used) != 2 ||
	    value[used] != '\0' || hour < 0 || hour > 23 || min < 0 || min > 59)
		return false;
	*(int *)to = hour * 60 + min;
	return true;
}

#define AT(field) .to = offsetof(struct options, field)

static const struct option_row rows[] = {
	OPTION_CONFIG(struct options),
	{ "host", 0, option_text, AT(host) },
	{ "ip", 0, option_text, AT(ip) },
	{ "group", 0, option_text, AT(group) },
	{ "service", 0, option_text, AT(service) },
	{ "call", 0, option_text, AT(call) },
	{ "contacts", 0, option_number, AT(contacts), .least = 0, .most = INT64_MAX },
	{ "method", 0, option_word, AT(method), .words = methods },
	{ "confidence", 0, option_word, AT(confidence), .words = confidences },
	{ "managed", 0, option_word, AT(managed), .words = no_yes },
	{ "time", 0, minute_take, AT(minute), .wanted = "a time HH:MM" },
	{ "date", 0, option_day, AT(on) },
	{ "json", 0, option_flag, AT(json) },
	{ 0 }
};

/* ---- what was asked for must exist ---------------------------------------- */

static bool
missing(const char *noun, const char *name, const struct near *near)
{
	fprintf(stderr, "bookgate explain: there is no %s \"%s\"", noun, name);
	if (near->best != NULL)
		fprintf(stderr, "; did you mean \"%s\"?", near->best);
	fputc('\n', stderr);
	return false;
}

static bool
group_check(const struct settings *settings, const char *name)
{
	struct near near = near_of(name ? name : "");
	size_t i;

	if (name == NULL)
		return true;
	for (i = 0; i < settings->group_count; i++) {
		if (strcmp(settings->groups[i].name, name) == 0)
			return true;
		near_try(&near, settings->groups[i].name);
	}
	return missing("group", name, &near);
}

static bool
service_find(const struct options *options, struct explanation *found)
{
	const struct rules *rules = found->rules;
	struct near near;
	size_t i;

	if (options->service != NULL) {
		found->service = rules_service_by_id(rules, options->service);
		if (found->service != NULL)
			return true;
		near = near_of(options->service);
		for (i = 0; i < rules_service_count(rules); i++)
			near_try(&near, rules_service(rules, i)->id);
		return missing("service", options->service, &near);
	}
	found->service = found->host != NULL ?
	    rules_service_by_host(rules, found->host) :
	    rules_service_by_addr(rules, &found->addr, HTTPS_PORT);
	return true;
}

/* The only call that the name allows, in one entry or more; of two none can be told. */
static const struct call *
call_of_host(const struct service *service, const char *host)
{
	const struct call *only = NULL;
	size_t i;

	for (i = 0; i < service->call_count; i++) {
		if (host != NULL && !call_covers(&service->calls[i], host))
			continue;
		if (only != NULL && strcmp(only->id, service->calls[i].id) != 0)
			return NULL;
		if (only == NULL)
			only = &service->calls[i];
	}
	return only;
}

static bool
call_find(const struct options *options, struct explanation *found)
{
	const struct service *service = found->service;
	struct near near = near_of(options->call ? options->call : "");
	size_t i;

	if (options->call == NULL) {
		if (service != NULL)
			found->call = call_of_host(service, found->host);
		return true;
	}
	for (i = 0; service != NULL && i < service->call_count; i++) {
		if (strcmp(service->calls[i].id, options->call) == 0) {
			found->call = &service->calls[i];
			return true;
		}
		near_try(&near, service->calls[i].id);
	}
	return missing("call of this service", options->call, &near);
}

/* Takes the name or address; a name is lower-cased, its final dot dropped. */
static bool
server_take(const struct options *options, struct flow *flow,
    struct explanation *found)
{
	size_t len = options->host != NULL ? strlen(options->host) : 0;

	if (len > 1 && options->host[len - 1] == '.')
		len--;
	if (options->host != NULL &&
	    !flow_host_set(flow, options->host, len, HOST_SNI)) {
		fprintf(stderr, "bookgate explain: that is no host name\n");
		return false;
	}
	found->host = flow->host;
	if (options->ip != NULL && !addr_parse(options->ip, &found->addr)) {
		fprintf(stderr, "bookgate explain: \"%s\" is no address\n",
		    options->ip);
		return false;
	}
	found->ip = options->ip;
	return true;
}

/* ---- the answer ---------------------------------------------------------------- */

static void
recipient_find(struct explanation *found)
{
	const struct rules *rules = found->rules;

	if (found->call != NULL && found->call->recipient != NULL)
		found->recipient = rules_recipient_by_id(rules,
		    found->call->recipient);
	if (found->recipient == NULL)
		found->recipient = rules_recipient(rules, found->service,
		    found->host);
	found->transfer = law_transfer(rules, found->recipient, found->on);
	found->transfer_today = law_transfer(rules, found->recipient,
	    found->today);
}

/* Has a call here a model: what its length, or being asked at all, says of it unread? */
static bool
call_is_measured(const struct explanation *found)
{
	const struct service *service = found->service;
	size_t i;

	if (found->call != NULL)
		return found->call->has_model;
	for (i = 0; service != NULL && i < service->call_count; i++) {
		if (service->calls[i].has_model &&
		    (found->host == NULL || call_covers(&service->calls[i], found->host)))
			return true;
	}
	return false;
}

/*
 * What is never opened and has no length to go by: no upload is ever found in
 * it, so the policy is never asked, and what it would say would only alarm.
 */
static bool
verdict_needless(struct explanation *found)
{
	if (found->never == NULL || found->measured)
		return false;
	found->verdict = (struct verdict){ .action = ACTION_ALLOW,
		.rule = "(never open)", .reason = "never read: passed on untouched; no upload "
		    "is found in it, so the policy is not asked" };
	return true;
}

static void
verdict_find(const struct options *options, const struct settings *settings,
    struct explanation *found)
{
	const struct recipient *r = found->recipient;
	const struct policy_case asked = {
		.group = found->group,
		.service = found->service ? found->service->id : NULL,
		.call = found->call ? found->call->id : NULL,
		.recipient = r->id,
		.country = r->country[0] ? r->country : NULL,
		.host = found->host,
		.class = r->class,
		.contacts = found->contacts,
		.transfer = found->transfer.status,
		.managed = options->managed,
		.minute = options->minute,
	};

	if (!verdict_needless(found))
		found->verdict = policy_decide(settings->policy, &asked);
}

static int
explain(const struct options *options, const struct setup *setup)
{
	struct flow flow = { 0 };
	struct explanation found = {
		.group = options->group, .rules = setup->rules,
		.on = options->on, .today = day_today(),
		.contacts = { options->contacts, options->contacts,
		    options->contacts, (enum method)options->method,
		    (enum confidence)options->confidence },
	};
	int code = EXIT_INPUT;

	if (!server_take(options, &flow, &found) ||
	    !group_check(setup->settings, options->group) ||
	    !service_find(options, &found) || !call_find(options, &found))
		goto out;
	recipient_find(&found);
	found.open = settings_opens(setup->settings, found.rules, found.group,
	    found.service, found.host, found.on, found.open_reason);
	found.measured = call_is_measured(&found);
	found.never = found.host != NULL ? rules_never_open(found.rules, found.host) : NULL;
	verdict_find(options, setup->settings, &found);
	code = EXIT_DONE;
	if (!options->json)
		explain_text(&found);
	else if (!explain_json(&found))
		code = EXIT_RESOURCE;
out:
	flow_fini(&flow);
	return code;
}

int
explain_main(int argc, char **argv)
{
	const struct command_line line = { .name = "explain", .usage = usage, .rows = rows };
	struct options options = { .contacts = CONTACTS_UNKNOWN, .managed = -1,
		.minute = -1, .on = day_today() };
	struct setup setup = { 0 };
	int code = options_read(&line, &options, argc, argv);

	if (code >= 0)
		return code;
	if (options.host && options.ip)
		return usage_refuse(line.name, usage, "--host and --ip exclude each other");
	if (!options.host && !options.ip && !options.service)
		return usage_refuse(line.name, usage, "--host, --ip or --service is needed");
	code = setup_load(&setup, options.conf);
	if (code == EXIT_DONE)
		code = explain(&options, &setup);
	setup_free(&setup);
	return code;
}
