/* SPDX-License-Identifier: Apache-2.0 */
/* Whose an upload is, and what the policy says of it. */
#include <string.h>

#include "rules/judge.h"
#include "rules/policy.h"

/* A call that the server's name alone proves: the only one with hosts of its own that cover it. */
static const struct call *
call_by_host(const struct work *work)
{
	const struct call *found = NULL;

	if (work->service == NULL)
		return NULL;
	for (size_t i = 0; i < work->service->call_count; i++) {
		const struct call *call = &work->service->calls[i];

		if (call->hosts == NULL || call->hosts[0] == NULL ||
		    !call_covers(call, work->flow->host))
			continue;
		if (found != NULL)
			return NULL;
		found = call;
	}
	return found;
}

/*
 * The call of an upload: that of its size model; of one that was read, what
 * its request says, and only then what the name says. *service is set where
 * the request alone tells it.
 */
static const struct call *
upload_call(const struct work *work, const struct observation *seen,
    const struct service **service)
{
	const struct call *call = NULL;

	if (seen->upload->contacts.method != METHOD_CONTENT)
		return seen->number < work->call_count ?
		    &work->service->calls[work->calls[seen->number]] : NULL;
	if (seen->text != NULL)
		call = rules_call_by_request(work->judge->options.rules, service,
		    work->flow->host, seen->text, seen->text_len, seen->upload->media_type);
	return call ? call : call_by_host(work);
}

bool
judge_known_call(const struct task *task, const char *line, const char *media_type)
{
	const struct work *work = (const struct work *)task->listener;
	const struct service *service = work->service;

	return rules_call_by_request(work->judge->options.rules, &service,
	    work->flow->host, line, strlen(line), media_type) != NULL;
}

static const struct recipient *
upload_recipient(const struct work *work, const struct service *service,
    const struct call *call)
{
	const struct rules *rules = work->judge->options.rules;

	if (call != NULL && call->recipient != NULL)
		return rules_recipient_by_id(rules, call->recipient);
	return rules_recipient(rules, service, work->flow->host);
}

static struct finding
finding_of(const struct work *work, const struct observation *seen)
{
	struct finding finding = { .service = work->service };

	finding.call = upload_call(work, seen, &finding.service);
	finding.recipient = upload_recipient(work, finding.service, finding.call);
	finding.transfer = law_transfer(work->judge->options.rules, finding.recipient,
	    day_of_moment(seen->upload->begin_us));
	return finding;
}

static struct policy_case
case_of(const struct work *work, const struct finding *finding,
    const struct contacts *contacts)
{
	const char *country = finding->recipient->country;

	return (struct policy_case){
		.group = settings_group(work->judge->options.settings, &work->flow->client),
		.service = finding->service ? finding->service->id : NULL,
		.call = finding->call ? finding->call->id : NULL,
		.recipient = finding->recipient->id,
		.country = country && country[0] ? country : NULL,
		.host = work->flow->host,
		.class = finding->recipient->class,
		.contacts = *contacts,
		.transfer = finding->transfer.status,
		.managed = -1,
		.minute = -1,
	};
}

struct verdict
judge_decide(const struct work *work, const struct observation *seen,
    struct finding *finding)
{
	const struct settings *settings = work->judge->options.settings;
	const struct contacts *contacts = &seen->upload->contacts;
	struct verdict none = { .action = ACTION_NONE };
	struct policy_case asked;

	if (contacts->best != CONTACTS_UNKNOWN && contacts->best < settings->bulk)
		return none;
	*finding = finding_of(work, seen);
	asked = case_of(work, finding, contacts);
	return policy_decide(settings->policy, &asked);
}

/* ---- before the body is read ------------------------------------------------ */

/* Does everything else that a rule asks for hold, contacts and confidence aside? */
static bool
rule_holds_apart(const struct rule *rule, const struct policy_case *asked)
{
	struct rule apart = *rule;
	struct policy alone = { &apart, 1 };

	apart.contacts.asked = false;
	apart.confidences = 0;
	return policy_decide(&alone, asked).action == rule->action;
}

static bool
blocks_at(const struct policy *policy, struct policy_case *asked, int64_t contacts,
    int64_t bulk)
{
	asked->contacts.best = asked->contacts.low = asked->contacts.high =
	    contacts > bulk ? contacts : bulk;
	for (int c = CONFIDENCE_LOW; c <= CONFIDENCE_HIGH; c++) {
		asked->contacts.confidence = (enum confidence)c;
		if (policy_decide(policy, asked).action == ACTION_BLOCK)
			return true;
	}
	return false;
}

/*
 * By its number of contacts alone, the first rule that holds changes only
 * where some rule's bounds begin or end: those numbers stand for all.
 */
static bool
policy_may_block(const struct policy *policy, struct policy_case *asked, int64_t bulk)
{
	bool any = false;

	for (size_t i = 0; policy != NULL && i < policy->count && !any; i++)
		any = policy->rules[i].action == ACTION_BLOCK &&
		    rule_holds_apart(&policy->rules[i], asked);
	if (!any)
		return false;
	if (blocks_at(policy, asked, bulk, bulk))
		return true;
	for (size_t i = 0; i < policy->count; i++) {
		const struct contact_bounds *bounds = &policy->rules[i].contacts;

		if (!bounds->asked)
			continue;
		if (blocks_at(policy, asked, bounds->low, bulk) ||
		    (bounds->high < CONTACTS_MANY &&
		    blocks_at(policy, asked, bounds->high + 1, bulk)))
			return true;
	}
	return false;
}

bool
judge_may_block(const struct work *work, const char *line, const char *media_type,
    uint64_t moment_us)
{
	const struct settings *settings = work->judge->options.settings;
	struct upload upload = {
		.begin_us = moment_us, .contacts.method = METHOD_CONTENT
	};
	struct observation seen = {
		.upload = &upload, .text = line, .text_len = strlen(line)
	};
	struct finding finding;
	struct policy_case asked;
	size_t len = strnlen(media_type, MEDIA_TYPE_MAX - 1);

	memcpy(upload.media_type, media_type, len);
	finding = finding_of(work, &seen);
	asked = case_of(work, &finding, &upload.contacts);
	return policy_may_block(settings->policy, &asked, settings->bulk);
}
