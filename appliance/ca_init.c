/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ca init: which services, and then what to do with the files.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/ca.h"
#include "core/file.h"

/* A passphrase longer than this is another file. */
#define PASSPHRASE_MAX 1024

/* Services to permit; all of them for a root that is not narrow. */
static void
names_gather(const struct ca_options *options, const struct setup *setup, bool all,
    struct authority_names *names)
{
	for (size_t i = 0; i < rules_service_count(setup->rules); i++) {
		const struct service *service = rules_service(setup->rules, i);

		if (all || ca_service_asked(options, setup, service))
			authority_names_add(names, setup->rules, service);
	}
	authority_names_settle(names);
}

/* The first line of a file; the caller wipes and frees. */
static char *
passphrase_read(const char *file, struct problems *problems)
{
	size_t len;
	char *text = file_read(file, PASSPHRASE_MAX, &len, problems);

	if (text == NULL)
		return NULL;
	text[strcspn(text, "\r\n")] = '\0';
	if (text[0] != '\0')
		return text;
	problem_add(problems, file, 1, 0, "the passphrase is empty");
	free(text);
	return NULL;
}

static void
passphrase_free(char *passphrase)
{
	if (passphrase != NULL)
		explicit_bzero(passphrase, strlen(passphrase));
	free(passphrase);
}

static void
advice_print(const struct ca_options *options, const struct authority_names *gateway)
{
	printf("%s/gateway.pem, gateway.key: the gateway may sign for %zu domains\n",
	    options->folder, gateway->permitted.count);
	if (options->renew) {
		printf("%s/root.key: take it offline again\n", options->folder);
		return;
	}
	printf("%s/root.pem: for the phones; see \"bookgate ca export\"\n"
	    "%s/root.key: move it to a medium that stays offline. It is needed only\n"
	    "  to renew the gateway's certificate, every second year%s\n",
	    options->folder, options->folder, options->passphrase_file != NULL ? "" :
	    ".\n  It is not encrypted: see --passphrase-file");
}

int
ca_init(const struct ca_options *options, const struct setup *setup)
{
	struct problems problems = { 0 };
	struct authority_names root = { 0 }, gateway = { 0 };
	enum authority_result result = AUTHORITY_WRONG;
	char *passphrase = NULL;
	const struct authority_plan plan = {
		.folder = options->folder, .root = &root, .gateway = &gateway,
		.organisation = setup->settings->organisation.name,
		.now = time(NULL), .replace = options->force, .renew = options->renew,
	};
	struct authority_plan sealed = plan;

	names_gather(options, setup, false, &gateway);
	names_gather(options, setup, !options->narrow, &root);
	if (options->passphrase_file != NULL)
		passphrase = passphrase_read(options->passphrase_file, &problems);
	sealed.passphrase = passphrase;
	if (options->passphrase_file == NULL || passphrase != NULL)
		result = authority_make(&sealed, &problems);
	if (result == AUTHORITY_DONE)
		advice_print(options, &gateway);
	passphrase_free(passphrase);
	authority_names_fini(&root);
	authority_names_fini(&gateway);
	return ca_report(result, &problems);
}
