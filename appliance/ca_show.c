/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ca show: what the authority is, what it permits, and what is not as it
 * should be.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "appliance/ca.h"
#include "core/date.h"

#define DAY 86400

/* Gathered once, printed as text or JSON. */
struct showing {
	const struct ca_options *options;
	const struct setup *setup;
	const struct authority *authority;
	time_t now;
	struct problems warnings;
	size_t unnamed;			/* services shut out that nobody asked for by name */
};

static void
seconds_text(time_t at, char text[MOMENT_TEXT_MAX])
{
	moment_text((uint64_t)(at > 0 ? at : 0) * USEC_PER_SEC, text);
}

/* ---- warnings --------------------------------------------------------------------- */

static void
dates_warn(struct showing *s, X509 *cert, const char *whose)
{
	time_t from, to;

	if (!authority_dates(cert, &from, &to) || s->now > to)
		problem_add(&s->warnings, whose, 0, 0, "the certificate is over");
	else if (s->now < from)
		problem_add(&s->warnings, whose, 0, 0,
		    "the certificate has not begun; is the clock right?");
	else if (to - s->now < (time_t)AUTHORITY_WARN_DAYS * DAY)
		problem_add(&s->warnings, whose, 0, 0, "the certificate ends in %lld days; "
		    "\"bookgate ca init --renew\" makes the gateway's anew",
		    (long long)((to - s->now) / DAY));
}

/* One line a service: how many of its domains are shut out, and one of them. */
static void
service_warn(struct showing *s, const struct service *service)
{
	struct authority_names watched = { 0 };
	const char *first = NULL;
	size_t missing = 0;

	authority_names_add(&watched, s->setup->rules, service);
	authority_names_settle(&watched);
	for (size_t i = 0; i < watched.permitted.count; i++) {
		if (authority_permits(s->authority, watched.permitted.list[i]))
			continue;
		if (missing++ == 0)
			first = watched.permitted.list[i];
	}
	/* Without a configuration a service left out as a whole was left out on purpose. */
	if (s->options->conf == NULL && missing == watched.permitted.count)
		s->unnamed += missing > 0;
	else if (missing > 0)
		problem_add(&s->warnings, service->id, 0, 0, "the rules watch %s%s, which "
		    "this authority does not permit (%zu of %zu domains)", first,
		    missing > 1 ? " and more" : "", missing, watched.permitted.count);
	authority_names_fini(&watched);
}

/* What is permitted and no rule watches any more is a door left open. */
static void
spare_warn(struct showing *s)
{
	const struct authority_names *names = authority_names(s->authority);

	for (size_t i = 0; i < names->permitted.count; i++) {
		const char *domain = names->permitted.list[i], *watched;
		const struct service *service;
		bool found = false;

		for (size_t k = 0; !found && (watched = rules_watched_domain(
		    s->setup->rules, k, &service)) != NULL; k++)
			found = strcmp(watched, domain) == 0;
		if (!found)
			problem_add(&s->warnings, domain, 0, 0,
			    "permitted, and no rule watches it any more");
	}
}

static void
keys_warn(struct showing *s)
{
	struct problems faults = { 0 };
	char *path = authority_path(s->options->folder, "root.key");

	if (access(path, F_OK) == 0)
		problem_add(&s->warnings, path, 0, 0, "the root's key lies here; move it to "
		    "a medium that stays offline");
	free(path);
	EVP_PKEY_free(authority_key_load(s->authority, s->options->folder, &faults));
	for (size_t i = 0; i < faults.count; i++)
		problem_add(&s->warnings, "gateway", 0, 0, "%s", faults.list[i].text);
	problems_fini(&faults);
}

static void
warnings_gather(struct showing *s)
{
	dates_warn(s, authority_root(s->authority), "root");
	dates_warn(s, authority_gateway(s->authority), "gateway");
	keys_warn(s);
	for (size_t i = 0; i < rules_service_count(s->setup->rules); i++) {
		const struct service *service = rules_service(s->setup->rules, i);

		if (ca_service_asked(s->options, s->setup, service))
			service_warn(s, service);
	}
	if (s->unnamed > 0)
		problem_add(&s->warnings, "services", 0, 0, "%zu that the rules watch are not "
		    "permitted at all; with -c only what \"inspect\" names is looked at",
		    s->unnamed);
	spare_warn(s);
}

/* Beyond PROBLEMS_MAX they are counted, not kept. */
static size_t
warnings_kept(const struct showing *s)
{
	return s->warnings.count < PROBLEMS_MAX ? s->warnings.count : PROBLEMS_MAX;
}

/* ---- text --------------------------------------------------------------------------- */

static void
cert_print(X509 *cert, const char *whose)
{
	char print[AUTHORITY_PRINT_MAX], from_text[MOMENT_TEXT_MAX], to_text[MOMENT_TEXT_MAX];
	char *subject = authority_subject(cert);
	time_t from = 0, to = 0;

	authority_dates(cert, &from, &to);
	seconds_text(from, from_text);
	seconds_text(to, to_text);
	printf("%-9s %s\n  sha256  %s\n  valid   %.10s to %.10s\n", whose, subject,
	    authority_print(cert, print), from_text, to_text);
	free(subject);
}

static void
domains_print(const char *what, const struct authority_domains *domains)
{
	printf("%s\n", what);
	for (size_t i = 0; i < domains->count; i++)
		printf("  %s\n", domains->list[i]);
}

static bool
text_print(const struct showing *s)
{
	const struct authority_names *names = authority_names(s->authority);

	cert_print(authority_root(s->authority), "root");
	cert_print(authority_gateway(s->authority), "gateway");
	domains_print("permitted to the gateway, with all names below", &names->permitted);
	domains_print("excluded, with all addresses, mail names and URIs", &names->excluded);
	for (size_t i = 0; i < warnings_kept(s); i++)
		printf("warning: %s\n", s->warnings.list[i].text);
	return true;
}

/* ---- JSON --------------------------------------------------------------------------- */

static json_t *
domains_json(const struct authority_domains *domains)
{
	json_t *list = json_array();

	for (size_t i = 0; i < domains->count; i++)
		json_array_append_new(list, json_string(domains->list[i]));
	return list;
}

static json_t *
cert_json(X509 *cert, const struct authority_names *names)
{
	char print[AUTHORITY_PRINT_MAX], from_text[MOMENT_TEXT_MAX], to_text[MOMENT_TEXT_MAX];
	char *subject = authority_subject(cert);
	time_t from = 0, to = 0;
	json_t *object;

	authority_dates(cert, &from, &to);
	seconds_text(from, from_text);
	seconds_text(to, to_text);
	object = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "subject", subject, "sha256",
	    authority_print(cert, print), "not_before", from_text, "not_after", to_text,
	    "permitted", domains_json(&names->permitted), "excluded",
	    domains_json(&names->excluded));
	free(subject);
	return object;
}

static bool
json_print(const struct showing *s)
{
	json_t *warnings = json_array(), *object;
	bool done;

	for (size_t i = 0; i < warnings_kept(s); i++)
		json_array_append_new(warnings, json_string(s->warnings.list[i].text));
	object = json_pack("{s:s, s:o, s:o, s:o}", "folder", s->options->folder, "root",
	    cert_json(authority_root(s->authority), authority_root_names(s->authority)),
	    "gateway", cert_json(authority_gateway(s->authority),
	    authority_names(s->authority)), "warnings", warnings);
	done = object != NULL && json_dumpf(object, stdout, JSON_COMPACT) == 0 &&
	    putchar('\n') != EOF;
	json_decref(object);
	return done;
}

int
ca_show(const struct ca_options *options, const struct setup *setup)
{
	struct problems problems = { 0 };
	struct authority *authority = authority_load(options->folder, &problems);
	struct showing s = { .options = options, .setup = setup, .authority = authority,
		.now = time(NULL) };
	enum authority_result result = AUTHORITY_WRONG;

	if (authority != NULL) {
		warnings_gather(&s);
		if (options->json ? json_print(&s) : text_print(&s))
			result = AUTHORITY_DONE;
		else
			result = AUTHORITY_FAILED;
	}
	problems_fini(&s.warnings);
	authority_free(authority);
	return ca_report(result, &problems);
}
